"""Chinese says all that English says of figures and findings, with the same values and its own punctuation."""

from __future__ import annotations

import re
import string

import pytest

from analysis_core.methods import METHODS
from analysis_core.models.catalog import catalog
from analysis_core.report import figures, findings
from analysis_core.report.beside import BESIDE, offered
from analysis_core.report.figures.curve import strategy_title
from analysis_core.report.frontier import measured_point
from analysis_core.report.insight_findings import agreement_finding, trust_finding
from analysis_core.report.methods_chinese import CHINESE as METHODS_CHINESE
from analysis_core.report.palette import LIGHT
from analysis_core.report.phrases import CHINESE, ENGLISH, layer_list, metric_name
from analysis_core.results import AnalysisReport
from pages.ui.words.models_chinese import CHINESE as MODELS_CHINESE
from tests.pages import beside, synthetic
from tests.report.test_findings import with_drops

CHINESE_SIGN = re.compile(r"[\u4e00-\u9fff]")
MIXED = re.compile(r"[\u4e00-\u9fff][,;:()!?.]|[,;:()!?](?=[\u4e00-\u9fff])|，，|。。|。，|\{|\}")
ENGLISH_RUN = re.compile(r"(?:[A-Za-z]{2,} ){3}[A-Za-z]{2,}")


def fields(phrase: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(phrase) if name is not None}


def well_formed(said: str) -> bool:
    """Chinese, without Latin punctuation beside Chinese signs, without a run of English words."""
    return bool(CHINESE_SIGN.search(said)) and not MIXED.search(said) and not ENGLISH_RUN.search(said)


def test_nothing_is_left_in_english() -> None:
    same = {key for key, phrase in ENGLISH.items() if CHINESE[key] == phrase and re.search(r"[A-Za-z]{3,}", phrase)}
    said = {key: re.sub(r"{[^}]*}", "", ENGLISH[key]) for key in same}
    assert {key for key, words in said.items() if len(re.findall(r"[A-Za-z]{2,}", words)) > 2} == set()


def test_a_translation_takes_no_other_values() -> None:
    assert [key for key in ENGLISH if not fields(CHINESE[key]) <= fields(ENGLISH[key])] == []


def test_chinese_has_its_own_punctuation() -> None:
    mixed = re.compile(r"[\u4e00-\u9fff][,;:()!?.]|[,;:()!?](?=[\u4e00-\u9fff])")
    assert {key: phrase for key, phrase in CHINESE.items() if mixed.search(phrase)} == {}


@pytest.mark.parametrize(
    ("indices", "said"), [((), ""), ((3,), "3"), ((3, 4), "3 和 4"), ((4, 5, 6, 8, 11), "4–6、8 和 11")]
)
def test_layers_are_listed_as_chinese_lists_them(indices: tuple[int, ...], said: str) -> None:
    assert layer_list(indices, CHINESE) == said


DROPS = [
    {0: 0.3, 1: 0.1, 4: 0.001, 5: 0.0, 6: 0.002, 7: 0.02, 11: 0.2},
    {0: 0.3, 4: 0.0},
    {0: 0.3, 4: 0.0, 5: 0.0},
    {4: 0.0, 5: 0.0},
    {0: 0.3, 1: 0.03, 11: 0.2},
    {0: 0.3, 1: 0.2},
    {0: 0.03},
]


@pytest.mark.parametrize("drops", DROPS, ids=str)
@pytest.mark.parametrize("error", [0.001, 0.02])
def test_headlines_are_well_formed(drops: dict[int, float], error: float) -> None:
    report = with_drops(drops, error)
    said = [findings.layers_finding(report, CHINESE)]
    said += [findings.layer_finding(report, layer, CHINESE) for layer in (0, 1, 4, 10)]
    assert [sentence for sentence in said if not well_formed(sentence)] == []


def test_a_headline_in_chinese() -> None:
    report = with_drops(DROPS[0])
    assert findings.layers_finding(report, CHINESE) == "第 4–6 层中的任一层可以去掉；第 0、1 和 11 层不能"
    assert findings.layer_finding(report, 0, CHINESE) == "去掉第 0 层，准确率下降 30.0 个百分点"


@pytest.fixture(scope="module")
def report() -> AnalysisReport:
    return beside.full_report(tuple(BESIDE))


@pytest.mark.parametrize("method", list(BESIDE))
def test_every_figure_is_told_in_chinese(method: str, report: AnalysisReport) -> None:
    told = [findings.method_finding(report[method], CHINESE)]
    for item, scene in offered(report, method, 3):
        told += [str(item.draw(scene, LIGHT, CHINESE).layout.title.text), CHINESE[item.explained]]
    told = [re.sub(r"<[^>]+>", "", sentence) for sentence in told]
    assert [sentence for sentence in told if not well_formed(sentence)] == []


def test_what_several_methods_say_is_told_in_chinese(report: AnalysisReport) -> None:
    assert report.agreement is not None
    told = [findings.consensus_finding(report.consensus, CHINESE), trust_finding(report, CHINESE)]
    told.append(agreement_finding(report, report.agreement, CHINESE))
    assert all(CHINESE_SIGN.search(sentence) and "{" not in sentence for sentence in told)


def test_the_curve_is_told_in_chinese() -> None:
    points = [measured_point(outcome) for outcome in synthetic.greedy_path()]
    assert well_formed(findings.curve_finding(points, "accuracy", CHINESE))
    assert well_formed(figures.curve_text(points, "accuracy", CHINESE))
    assert findings.curve_finding([], "accuracy", CHINESE) == "尚无实测结果"


@pytest.mark.parametrize(
    ("strategy", "title"),
    [
        ("greedy", "贪心搜索"),
        ("beam, distilled, int8", "集束搜索、蒸馏、int8"),
        ("consensus, linear patch, 25% low rank", "共识、线性修补、低秩 25%"),
        ("fisher_information", "费舍尔信息"),
        ("my_method", "My method"),
    ],
)
def test_strategies_and_treatments_have_chinese_names(strategy: str, title: str) -> None:
    assert strategy_title(strategy, CHINESE) == title


def test_every_method_is_explained_in_chinese() -> None:
    assert set(METHODS_CHINESE) == set(METHODS)
    for name, said in METHODS_CHINESE.items():
        assert well_formed(said.question), name
        assert all(CHINESE_SIGN.search(words) for words in (said.title, said.caveat, said.cost)), name


def test_every_embedded_model_has_chinese_words() -> None:
    cards = catalog()
    assert {card.id for card in cards} <= set(MODELS_CHINESE)
    metrics = {card.metric for card in cards}
    assert {name for name in metrics if not CHINESE_SIGN.search(metric_name(name, CHINESE))} == set()
    for card in cards:
        words = MODELS_CHINESE[card.id]
        assert str(card.title).split(",")[0].split()[0] in words.title or CHINESE_SIGN.search(words.title), card.id
        assert well_formed(words.description), card.id
