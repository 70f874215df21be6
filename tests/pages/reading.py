"""What a page says, read from a test of the app."""

from __future__ import annotations

import json
import re
from typing import Any

from streamlit.testing.v1 import AppTest

TIP = r'<span class="lw-term-tip".*?</span>'
"""What a help mark tells."""


def words(test: AppTest) -> str:
    """Everything on a page that can be read, without its style sheet."""
    parts = [element.value for kind in ("title", "markdown", "subheader") for element in getattr(test, kind)]
    html = [unmarked(element.proto.body) for element in test.get("html")]
    labels = [element.proto.label for element in test.get("page_link")]
    return "\n".join(str(part) for part in [*parts, *html, *labels] if "<style>" not in str(part))


def unmarked(body: str) -> str:
    """Markup without the help marks on its terms."""
    return re.sub(r'<span class="lw-term" .*?>(.*?)</span>', r"\1", re.sub(TIP, "", body))


def charts(test: AppTest) -> dict[str, dict[str, Any]]:
    """The figures on a page by their text alternative."""
    return {element.proto.alt: json.loads(element.proto.spec) for element in test.get("plotly_chart")}


def links(test: AppTest) -> dict[str, str]:
    """The links on a page: label -> query string."""
    return {element.proto.label: element.proto.query_string for element in test.get("page_link")}
