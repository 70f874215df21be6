"""The language of the interface: which one a reader gets, what switching keeps, and that none is mixed into another."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analysis_core.config import CompressionConfig
from analysis_core.report import methods_chinese, phrases
from analysis_core.report.beside import BESIDE
from pages.ui import language, sentences, strings
from pages.ui.frame import PAGES
from pages.ui.words.sentences_chinese import CHINESE as CORE
from pages.ui.words.sentences_chinese import INSERTED
from tests.pages import beside, filling, synthetic
from tests.pages.conftest import ROOT, Open
from tests.pages.reading import charts, links, words

MOST_WORDS = 3
"""Names, units and code may be of this many English words; a longer run of them is a phrase."""
TABLES = ((strings.ENGLISH, strings.CHINESE), (phrases.ENGLISH, phrases.CHINESE))


def english() -> list[str]:
    """What English says between the values it takes, where Chinese says something else."""
    found = set()
    for table, other in TABLES:
        for key, phrase in table.items():
            if other.get(key) != phrase:
                found |= {part.strip(" .,;:") for part, _, _, _ in string.Formatter().parse(phrase)}
    return sorted(part for part in found if len(re.findall(r"[A-Za-z]{2,}", part)) > MOST_WORDS)


def everything(test: AppTest) -> str:
    """All that the browser is sent, help texts and figures with it; code and formulas are the same in any language."""
    sent = "\n".join(str(element.proto) for element in elements(test._tree) if "<style>" not in str(element.proto))
    return re.sub(r"`[^`]*`|<code>.*?</code>", "", sent)


def elements(block: Any) -> Iterator[Any]:
    for child in block.children.values():
        if hasattr(child, "children"):
            yield from elements(child)
        if getattr(child, "proto", None) is not None:
            yield child


def analysed(methods: tuple[str, ...] = tuple(BESIDE)) -> str:
    report = beside.full_report(methods)
    return filling.finished(filling.analysis(methods), report)


def browser(monkeypatch: pytest.MonkeyPatch, locale: str | None, **cookies: str) -> None:
    """A browser that asks for a language, and sends these cookies."""
    theme = SimpleNamespace(type="light")
    context = SimpleNamespace(locale=locale, cookies=cookies, theme=theme, timezone="UTC")
    monkeypatch.setattr("streamlit.context", context)


def shown_in(test: AppTest) -> str:
    """Code of the language, by the word on the switch, which names the other one."""
    other = test.button(key=language.SWITCH).label
    return next(code for code, name in language.NAMES.items() if name != other)


@pytest.mark.parametrize("page", list(PAGES))
@pytest.mark.usefixtures("shipped")
def test_a_page_says_in_chinese_what_chinese_has_words_for(page: str, open_page: Open) -> None:
    test = open_page(page, lang="zh")
    assert not test.exception
    said = everything(test)
    assert [part for part in english() if part in said] == []


@pytest.mark.parametrize(
    ("page", "parameters"),
    [
        ("explore", {"layer": "3", "method": "spectral_analysis"}),
        ("explore", {"method": "topology_analysis", "rule": "borda"}),
        ("what_if", {"removed": "4-5"}),
        ("what_if", {"strategy": "consensus", "ratio": "2"}),
        ("runs", {}),
        ("compare", {}),
    ],
)
def test_a_result_says_it_in_chinese(page: str, parameters: dict[str, str], open_page: Open) -> None:
    run = analysed()
    analysed(("fisher_information", "layer_ablation"))
    test = open_page(page, lang="zh", run=run, **parameters)
    assert not test.exception
    said = everything(test)
    assert [part for part in english() if part in said] == []


@pytest.mark.parametrize("method", list(BESIDE))
def test_every_figure_of_a_method_is_drawn_in_chinese(method: str, open_page: Open) -> None:
    run = analysed((method, "layer_ablation") if method != "layer_ablation" else ("layer_ablation",))
    test = open_page("explore", lang="zh", run=run, method=method, layer="3")
    assert not test.exception
    title = methods_chinese.CHINESE[method].title
    assert any(title in alt for alt in charts(test))
    for alt in charts(test):
        assert not re.search(r"(?:[A-Za-z]{2,} ){3}[A-Za-z]{2,}", alt), alt


@pytest.mark.parametrize("state", ["failed", "running"])
def test_a_run_in_any_state_is_told_in_chinese(state: str, open_page: Open) -> None:
    config, partial = filling.analysis(tuple(synthetic.TITLES)), (synthetic.method("fisher_information"),)
    run = filling.failed(config, "Out of memory.", partial) if state == "failed" else filling.running(config, partial)
    test = open_page("explore", lang="zh", run=run)
    assert not test.exception
    said = everything(test)
    assert [part for part in english() if part in said] == []


def test_switching_keeps_the_run_and_the_layer(open_page: Open) -> None:
    run = analysed(("fisher_information", "layer_ablation"))
    test = open_page("explore", run=run, layer="3")
    before = dict(test.query_params)
    test.button(key=language.SWITCH).click().run()
    assert not test.exception
    assert shown_in(test) == "zh"
    assert dict(test.query_params) == before, "nothing is written into a link that is shared"
    assert test.session_state[f"result-layer-{run}"] == 3


def test_switching_back_and_forth_changes_nothing_else(open_page: Open) -> None:
    test = open_page("explore", model="zoo/vision-vit", modality="vision")
    before, title = dict(test.query_params), test.title[0].value
    for code in ("zh", "en", "zh", "en"):
        test.button(key=language.SWITCH).click().run()
        assert not test.exception
        assert shown_in(test) == code
        assert dict(test.query_params) == before
    assert test.title[0].value == title


def test_a_language_in_the_address_follows_the_switch(open_page: Open) -> None:
    test = open_page("explore", lang="zh", task="classification")
    test.button(key=language.SWITCH).click().run()
    assert shown_in(test) == "en"
    assert test.query_params["lang"] == "en"
    assert test.query_params["task"] == "classification"


def test_the_language_stays_over_the_pages_of_a_visit(open_page: Open) -> None:
    test = open_page("home")
    test.button(key=language.SWITCH).click().run()
    test.switch_page(str(ROOT / PAGES["learn"])).run()
    assert shown_in(test) == "zh"
    assert all(f"nav_{name}" in strings.CHINESE for name in PAGES)
    assert strings.CHINESE["nav_learn"] in links(test)


def test_an_unknown_language_in_the_address_is_no_language(open_page: Open) -> None:
    test = open_page("explore", lang="xx")
    assert not test.exception
    assert shown_in(test) == "en"


@pytest.mark.parametrize(
    ("locale", "cookies", "code"),
    [
        ("zh-CN", {}, "zh"),
        ("zh", {}, "zh"),
        ("ZH-TW", {}, "zh"),
        ("de-DE", {}, "en"),
        (None, {}, "en"),
        ("zh-CN", {language.COOKIE: "en"}, "en"),
        ("en-GB", {language.COOKIE: "zh"}, "zh"),
        ("en-GB", {language.COOKIE: "xx"}, "en"),
    ],
)
def test_the_browser_is_asked_and_what_was_chosen_before_comes_first(
    locale: str | None, cookies: dict[str, str], code: str, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser(monkeypatch, locale, **cookies)
    assert shown_in(open_page("explore")) == code
    assert shown_in(open_page("explore", lang="zh")) == "zh"


def test_the_browser_is_told_of_the_language_and_of_a_choice(open_page: Open) -> None:
    test = open_page("home")
    assert 'documentElement.lang="en"' in words(test)
    assert "cookie" not in words(test), "nothing is kept of a reader who chose nothing"
    test.button(key=language.SWITCH).click().run()
    assert 'documentElement.lang="zh-Hans"' in words(test)
    assert f'document.cookie="{language.COOKIE}=zh;' in words(test)


def test_a_method_of_ones_own_keeps_its_name(open_page: Open) -> None:
    run = filling.finished(filling.analysis(("my_method",)), synthetic.report(("my_method",)))
    test = open_page("explore", lang="zh", run=run, method="my_method")
    assert not test.exception
    assert any("my_method" in alt for alt in charts(test))


@pytest.mark.parametrize(
    ("said", "chinese"),
    [
        ("Loading the model", "正在加载模型"),
        ("Shared pass: 3 of 64 examples", "共享传播：3 / 64 个样本"),
        ("Of what fits, the most useful for its time that looks at attention heads: about 3 s more.",
         "放得下的方法中，考察注意力头且单位时间最有用的一个：约增加 3 s。"),
        ("Something that a plug-in says.", "Something that a plug-in says."),
    ],
)  # fmt: skip
def test_what_the_core_says_is_told_in_chinese(said: str, chinese: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sentences.sentence(said) == said
    monkeypatch.setattr(language, "current", lambda: "zh")
    assert sentences.sentence(said) == chinese


def test_sentences_of_the_core_are_really_its_own() -> None:
    """Every sentence that has a translation stands in the core, and its translation takes the same values."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "analysis_core").rglob("*.py")))
    source = re.sub(r'"\s*\n\s*f?"', "", source)
    for said, chinese in CORE:
        longest = max(re.split(r"{\w+}", said), key=len).strip(" :,")
        assert longest.removesuffix(": batch").removesuffix(" layers: batch") in source, said
        assert set(re.findall(r"{\w+}", chinese)) <= set(re.findall(r"{\w+}", said))
    assert all(words in source for words in INSERTED)


@pytest.mark.parametrize(
    ("config", "title"),
    [
        (filling.analysis(("all",)), "zoo/text-bert · 全部方法"),
        (filling.analysis(("fisher_information",)), "zoo/text-bert · 费舍尔信息"),
        (filling.analysis(("fisher_information", "layer_ablation")), "zoo/text-bert · 2 种方法"),
        (CompressionConfig(model_name="zoo/text-bert", remove=(3, 4, 5, 7)), "zoo/text-bert · 去掉第 3–5 和 7 层"),
        (CompressionConfig(model_name="zoo/text-bert", remove=()), "zoo/text-bert · 未去掉任何层"),
        (CompressionConfig(model_name="zoo/text-bert", target_ratio=1.5), "zoo/text-bert · 1.5x 贪心搜索"),
    ],
)
def test_runs_are_named_in_chinese(config: Any, title: str, open_page: Open) -> None:
    filling.queued(config)
    assert title in everything_readable(open_page("explore", lang="zh"))


def everything_readable(test: AppTest) -> str:
    return "\n".join(links(test))
