"""What tests of the Compare page share: analyses that differ, the page opened, what it shows."""

from __future__ import annotations

from dataclasses import replace

from streamlit.testing.v1 import AppTest

from analysis_core.config import AnalysisConfig
from analysis_core.results import AnalysisReport
from tests.pages import filling, synthetic
from tests.pages.conftest import Open
from tests.pages.reading import charts, words

METHODS = tuple(synthetic.TITLES)
LINES, CELLS, PARALLEL = "Lines of", "Heatmap of differences", "Parallel coordinates"


def analysed(
    methods: tuple[str, ...] = METHODS, *, seed: int = 0, model: str = "zoo/text-bert", layers: int = 12
) -> str:
    """A finished analysis; of fewer layers or of another model where asked."""
    report = synthetic.report(methods)
    if layers < len(report.layers):
        report = shorter(report, layers)
    report = replace(
        report,
        model={**report.model, "id": model, **({} if model == "zoo/text-bert" else {"title": model.title()})},
        provenance={**report.provenance, "seed": seed, "data": {"name": "Docstrings", "sha256": f"{seed}" * 64}},
    )
    config = AnalysisConfig(model_name=model, analysis_methods=methods, max_samples=500, seed=seed)
    return filling.finished(config, report)


def shorter(report: AnalysisReport, layers: int) -> AnalysisReport:
    methods = {
        name: replace(result, scores=result.scores[:layers], std_errors=result.std_errors[:layers])
        for name, result in report.methods.items()
    }
    return replace(report, layers=report.layers[:layers], methods=methods, consensus=report.consensus[:layers])


def opened(open_page: Open, **parameters: str) -> AppTest:
    test = open_page("compare", **parameters)
    assert not test.exception
    assert "Something unexpected" not in words(test)
    return test


def chart(test: AppTest, beginning: str) -> dict[str, object]:
    return next(figure for alt, figure in charts(test).items() if alt.startswith(beginning))


def title(test: AppTest, beginning: str) -> str:
    return str(chart(test, beginning)["layout"]["title"]["text"])  # type: ignore[index]


def marked(test: AppTest) -> str:
    """The table of the marked place."""
    return next((body for body in words(test).split("<div") if "Scores and ranks at the marked place" in body), "")


def shown(test: AppTest) -> list[str]:
    """The runs in the list of choice."""
    return list(test.multiselect[0].value)
