"""Uploaders speak the reader's language: what Streamlit says in English is replaced by a style sheet."""

from __future__ import annotations

import json
import re

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.strings import CHINESE
from tests.pages.conftest import ROOT, Open


def sheets(test: AppTest) -> list[str]:
    """Styles of uploaders."""
    found = [element.proto.body for element in test.get("html")]
    return [body for body in found if body.startswith("<style>.st-key-")]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_uploaders_of_explore_are_in_the_readers_language(lang: str, open_page: Open) -> None:
    test = open_page("explore", lang=lang)
    assert not test.exception and len(test.file_uploader) > 0
    found = sheets(test)
    assert len(found) == (len(test.file_uploader) if lang == "zh" else 0), "English is Streamlit's own"
    assert all("选择文件" in sheet and "每个文件不超过 200 MB" in sheet for sheet in found)


def drawn() -> None:
    import streamlit as st

    from pages.ui.uploading import uploader

    st.session_state["language"] = "zh"
    uploader('Say "x"', key="live-file-zoo/audio a", most_mb=8, types=["png", "jpg"])
    uploader("B", key="second", most_mb=20, several=True)


def test_each_uploader_says_its_own_limit_and_endings() -> None:
    test = AppTest.from_function(drawn).run()
    assert not test.exception
    first, second = sheets(test)
    assert "不超过 8 MB，PNG、JPG" in first and ".st-key-live-file-zoo-audio-a " in first
    assert "每个文件不超过 20 MB" in second and ".st-key-second " in second
    assert [element.proto.max_upload_size_mb for element in test.get("file_uploader")] == [8, 20]


def test_its_rules_are_balanced_and_close_no_style() -> None:
    (first, _) = sheets(AppTest.from_function(drawn).run())
    inner = first.removeprefix("<style>").partition("</style>")[0]
    assert inner.count("{") == inner.count("}") == 5
    assert not re.search(r"<", inner)


def test_its_button_is_named_for_those_who_hear_it() -> None:
    (first, _) = sheets(AppTest.from_function(drawn).run())
    script = first.partition("<script>")[2].removesuffix("</script>")
    assert json.dumps(CHINESE["upload_choose"]) in script
    assert "WHERE" not in script and "NAME" not in script and "<" not in script


def test_every_uploader_is_made_here() -> None:
    callers = [path.name for path in (ROOT / "pages").rglob("*.py") if "st.file_uploader(" in path.read_text("utf-8")]
    assert callers == ["uploading.py"]
