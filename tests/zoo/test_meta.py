"""The recipe of the learned method, on made-up analyses of made-up models."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from analysis_core.errors import ConfigurationError
from analysis_core.insight.trust import YARDSTICK
from analysis_core.methods.meta_learning import CHEAP_METHODS, FEATURES, MetaCard
from analysis_core.results import AnalysisReport, Layer, MethodResult
from analysis_core.vocabulary import Direction, Granularity, LayerKind
from analysis_core.zoo.card import CARD, WEIGHTS
from analysis_core.zoo.meta import analyses, regression, training
from analysis_core.zoo.variants import TrainedVariant, Variant, Variation

PLANTED = "block_influence"


def report(folder: Path, granularity: Granularity, seed: int) -> AnalysisReport:
    """Ablation is what one method says, in other units; the others are noise."""
    random = np.random.default_rng([int(folder.name[1:]), seed, len(granularity)])
    layers = 7
    scores = {name: tuple(random.lognormal(size=layers).tolist()) for name in CHEAP_METHODS}
    scores[YARDSTICK] = tuple(3 * score for score in scores[PLANTED])
    text = int(folder.name[1:]) % 2
    return AnalysisReport(
        model={"modality": "text" if text else "vision", "task": "classification"},
        layers=tuple(Layer(i, f"layer.{i}", LayerKind.TRANSFORMER, "Block", 10) for i in range(layers)),
        methods={name: MethodResult(name, name, row, (None,) * layers, "") for name, row in scores.items()},
        consensus=(None,) * layers,
        baseline={"loss": 1.0},
        metric="accuracy",
        metric_direction=Direction.HIGHER_IS_BETTER,
    )


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, int]]:
    """What was analysed, in order."""
    seen: list[tuple[str, str, int]] = []

    def analyse(folder: Path, granularity: Granularity, seed: int) -> AnalysisReport:
        seen.append((folder.name, granularity.value, seed))
        return report(folder, granularity, seed)

    monkeypatch.setattr(analyses, "_analysed", analyse)
    monkeypatch.setattr(regression, "SETTINGS", tuple(s for s in regression.SETTINGS if s.alpha == 10.0))
    return seen


def model_folders(root: Path, count: int) -> list[Path]:
    folders = [root / f"m{number}" for number in range(count)]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / CARD).write_text(json.dumps({"id": f"zoo/{folder.name}", "sha256": {WEIGHTS: "ab" * 32}}))
    return folders


def test_quick_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, analysed: list[tuple[str, str, int]]) -> None:
    model_folders(tmp_path / "zoo", 5)
    monkeypatch.setattr(analyses, "zoo_folder", lambda: tmp_path / "zoo")
    monkeypatch.setattr(analyses, "VARIED", tuple(f"m{n}" for n in range(5)))
    told: list[float] = []
    out, runs = tmp_path / "card.json", tmp_path / "runs"
    card = training.make_card(out, None, runs, lambda share, _: told.append(share))
    assert analysed == [(f"m{n}", granularity, seed) for n in range(5) for granularity, seed in analyses.DRAWS]
    assert told == sorted(told) and told[0] == 0 and told[-1] < 1

    found = MetaCard.read(out)
    assert found.facts == json.loads(json.dumps(card))
    assert FEATURES[int(np.abs(found.coefficients).argmax())] == PLANTED
    assert card["models"] == [f"zoo/m{n}" for n in range(5)]
    assert {run["sha256"] for run in card["runs"]} == {
        hashlib.sha256(path.read_bytes()).hexdigest() for path in runs.iterdir()
    }
    assert card["rank_correlation"]["mean"] > 0.8
    assert card["best_single"]["method"] == PLANTED and card["best_single"]["mean"] == pytest.approx(1.0)
    assert card["verdict"] == f"It does not beat the best single method, {PLANTED}."
    assert len(card["leave_one_family_out"]["models"]) == 5

    assert abs(card["repeatability"]["mean"]) < 0.6  # each draw's ablation was drawn anew

    analysed.clear()
    again = training.make_card(out, None, runs)
    assert not analysed and again == card


def test_an_analysis_that_broke_off_is_made_again(tmp_path: Path, analysed: list[tuple[str, str, int]]) -> None:
    folders = model_folders(tmp_path / "zoo", 1)
    paths = list(analyses.analyse(folders, tmp_path / "runs"))
    paths[1].unlink()
    analysed.clear()
    assert list(analyses.analyse(folders, tmp_path / "runs")) == paths
    assert analysed == [("m0", *analyses.DRAWS[1])]


def test_variants_that_never_learnt_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(0.5, 0.1), (0.21, 0.1), (0.19, 0.1)]
    variants = [
        TrainedVariant(Variant("vision-vit", n, Variation()), tmp_path / f"v{n}", *row) for n, row in enumerate(rows)
    ]
    monkeypatch.setattr(analyses, "trained_variants", lambda _folder: tuple(variants))
    shipped = analyses.models(None)
    assert [folder.name for folder in shipped] == ["text-bert", "vision-vit"]
    assert analyses.models(tmp_path) == [*shipped, tmp_path / "v0", tmp_path / "v1"]


def test_too_few_models_are_refused(tmp_path: Path, analysed: list[tuple[str, str, int]]) -> None:
    paths = list(analyses.analyse(model_folders(tmp_path / "zoo", 3), tmp_path / "runs"))
    with pytest.raises(ConfigurationError, match="There are 3 models"):
        training.trained([analyses.Run.read(path) for path in paths])


def test_spread_and_verdict_by_hand() -> None:
    found = training.spread({"a": 0.1, "b": 0.3, "c": 0.5})
    assert (found["mean"], found["std"]) == (pytest.approx(0.3), pytest.approx(0.2))
    assert found["high"] - found["mean"] == pytest.approx(4.302653 * 0.2 / 3**0.5)  # t of 2 degrees of freedom
    assert "does not beat" in training.verdict({"mean": 0.0, "low": -0.1}, "m")
    assert "chance" in training.verdict({"mean": 0.1, "low": -0.1}, "m")
    assert training.verdict({"mean": 0.1, "low": 0.01}, "m").startswith("It beats the best single method, m,")


def test_rank_correlation_without_ranks_is_none() -> None:
    assert regression.rank_correlation(np.ones(4), np.arange(4.0)) == 0
    assert regression.rank_correlation(np.array([1.0, np.nan, 3.0]), np.array([1.0, 9.0, 2.0])) == pytest.approx(1.0)


def test_repeatability_by_hand() -> None:
    def run(model: str, granularity: str, *ablation: float) -> analyses.Run:
        return analyses.Run(model, "text", granularity, "", np.zeros((3, len(FEATURES))), np.array(ablation), {})

    runs = [run("a", "block", 1, 2, 3), run("a", "block", 1, 3, 2), run("a", "sublayer", 3, 2, 1)]
    runs += [run("b", "block", 1, 2, 3), run("b", "block", 4, 5, 6)]
    assert training.repeatability(runs)["models"] == {"a": pytest.approx(0.5), "b": pytest.approx(1.0)}
