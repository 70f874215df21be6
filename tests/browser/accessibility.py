"""What axe-core finds on a page, without what Streamlit's own elements bring with them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

HEAVY = ("serious", "critical")
OF_STREAMLIT: Mapping[str, str] = MappingProxyType({})
"""Rule -> why it cannot be kept from outside of Streamlit's own elements."""


def serious(page: Page) -> list[str]:
    """Serious and critical findings, a line for each place."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{rule['id']}: {_place(node)}"
        for rule in found
        if rule["impact"] in HEAVY and rule["id"] not in OF_STREAMLIT
        for node in rule["nodes"]
    ]


def _place(node: Mapping[str, Any]) -> str:
    return f"{node['html'][:200]} ({node.get('failureSummary', '')})"
