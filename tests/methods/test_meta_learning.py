"""The learned method: its features, its prediction against scikit-learn, when it is silent, and the shipped card."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from analysis_core.methods import METHODS
from analysis_core.methods import meta_learning as learned
from analysis_core.methods.meta_learning import CHEAP_METHODS, FEATURES, MetaCard, MetaLearning
from analysis_core.results import Layer, MethodResult
from analysis_core.vocabulary import LayerKind
from analysis_core.zoo.meta import analyses, regression, training
from tests.methods.contract import result_of
from tests.toys import image_batches, tiny_bert, tiny_convolutional, token_batches

PLANTED = "fisher_information"


def layers_of(count: int, sizes: tuple[int, ...] = (), kinds: tuple[LayerKind, ...] = ()) -> list[Layer]:
    return [
        Layer(i, f"block.{i}", kinds[i] if kinds else LayerKind.TRANSFORMER, "Block", sizes[i] if sizes else 100)
        for i in range(count)
    ]


def synthetic_run(model: int, layers: int = 8, noise: float = 0.1) -> analyses.Run:
    """Ablation follows one method's scores; that method's unit differs from model to model."""
    random = np.random.default_rng(model)
    scores = {name: random.lognormal(size=layers) for name in CHEAP_METHODS}
    ablation = np.exp(learned.standardised(scores[PLANTED]) + noise * random.normal(size=layers))
    scores[PLANTED] = scores[PLANTED] * 1000.0**model
    features = learned.layer_features(scores, layers_of(layers))
    return analyses.Run(f"m{model}", "text classification", "block", "0" * 64, features, ablation, scores)


def synthetic_runs(models: int = 5) -> list[analyses.Run]:
    return [synthetic_run(model, layers=6 + model) for model in range(models)]


def written(folder: Path, **changes: Any) -> Path:
    """A card with made-up coefficients."""
    values = np.linspace(-1, 1, len(FEATURES))
    card = {
        "regressor": {"features": FEATURES, "coefficients": list(values), "scales": list(1 + values**2)},
        "residuals": {"std": 0.7, "half_width_95": 1.3},
        "rank_correlation": {"mean": 0.5}, "best_single": {"method": PLANTED, "mean": 0.4},
        "leave_one_family_out": None,
        "verdict": "It does.", "date": "2026-01-01", "runs": [{}, {}], "models": ["m"],
    } | changes  # fmt: skip
    path = folder / "card.json"
    path.write_text(json.dumps(card))
    return path


def test_recovers_a_planted_relation() -> None:
    runs = synthetic_runs(10)
    regressor = regression.fitted(runs, regression.chosen(runs))
    assert FEATURES[int(np.abs(regressor.coefficients).argmax())] == PLANTED
    assert np.mean([held.correlation for held in regression.held_out(runs)]) > 0.85


@pytest.mark.parametrize("inputs", regression.INPUTS)
def test_prediction_is_that_of_scikit_learn(inputs: str) -> None:
    runs = synthetic_runs()
    setting = regression.Setting(inputs, "z(asinh)", 10.0)
    scaler, ridge = StandardScaler(with_mean=False), Ridge(alpha=10.0, fit_intercept=False)
    columns = [FEATURES.index(name) for name in regression.INPUTS[inputs]]
    rows = scaler.fit_transform(np.concatenate([run.features[:, columns] for run in runs]))
    ridge.fit(rows, np.concatenate([learned.standardised(run.ablation) for run in runs]))
    unseen = synthetic_run(9).features
    found = regression.fitted(runs, setting).predict(unseen)
    np.testing.assert_allclose(found, ridge.predict(scaler.transform(unseen[:, columns])), rtol=1e-10, atol=1e-12)
    assert np.ptp(found) > 0


def test_a_held_out_model_is_never_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was measured of it does not move what is foretold of it, and moves what is foretold of others."""
    monkeypatch.setattr(regression, "SETTINGS", regression.SETTINGS[:3])
    runs = synthetic_runs(4)
    runs.append(replace(synthetic_run(2), model="m2"))  # another draw of the third model
    random = np.random.default_rng(0)
    spoilt = [replace(run, ablation=random.normal(size=len(run.ablation))) if run.model == "m2" else run
              for run in runs]  # fmt: skip
    before, after = regression.held_out(runs), regression.held_out(spoilt)
    for one, other in zip(before, after, strict=True):
        assert one.run.model == other.run.model
        assert np.array_equal(one.prediction, other.prediction) == (one.run.model == "m2")


def test_settings_are_chosen_without_the_held_out_model(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[set[str]] = []

    def choose(runs: Any) -> regression.Setting:
        seen.append({run.model for run in runs})
        return regression.SETTINGS[0]

    monkeypatch.setattr(regression, "chosen", choose)
    for held, models in zip(regression.held_out(synthetic_runs(4)), seen, strict=True):
        assert models == {"m0", "m1", "m2", "m3"} - {held.run.model}


def test_features_by_hand() -> None:
    layers = layers_of(3, (100, 0, 400), (LayerKind.ATTENTION, LayerKind.MLP, LayerKind.MLP))
    table = learned.layer_features({PLANTED: np.array([1.0, np.nan, 3.0])}, layers)
    column = dict(zip(FEATURES, table.T, strict=True))
    np.testing.assert_allclose(column[PLANTED], [-1, 0, 1], atol=1e-12)  # two values: one deviation below and above
    np.testing.assert_allclose(column["gradient_based"], 0, atol=1e-12)
    np.testing.assert_allclose(column["depth"], [-0.5, 0, 0.5], atol=1e-12)
    np.testing.assert_allclose(column["first"], [2 / 3, -1 / 3, -1 / 3], atol=1e-12)
    np.testing.assert_allclose(column["kind_mlp"], [-2 / 3, 1 / 3, 1 / 3], atol=1e-12)
    np.testing.assert_allclose(
        column["log_size"], [-np.log(2), 0, np.log(2)], atol=1e-12
    )  # no weights: the average size


@given(st.lists(st.floats(-1e3, 1e3).filter(lambda x: abs(x) > 1e-3), min_size=3, max_size=9), st.floats(1e-6, 1e6))
def test_units_cancel(values: list[float], unit: float) -> None:
    one = learned.standardised(np.array(values))
    np.testing.assert_allclose(one, learned.standardised(unit * np.array(values)), rtol=1e-6, atol=1e-6)
    assert one.mean() == pytest.approx(0, abs=1e-9) and (one.std() == pytest.approx(1) or not one.any())
    assert (np.diff(one[np.argsort(values)]) >= -1e-12).all()


def test_nothing_to_standardise_is_neutral() -> None:
    for values in ([np.nan] * 3, [0.0] * 3, [2.0, 2.0 + 1e-9, 2.0]):
        assert not learned.standardised(np.array(values)).any()


def test_its_scores_are_made_of_the_other_methods_scores(tmp_path: Path) -> None:
    model, batches = tiny_bert(), token_batches()
    card = MetaCard.read(learned.shipped_card())
    scores = {name: np.array(result_of(name, model, batches).scores, dtype=float) for name in CHEAP_METHODS}
    table = learned.layer_features(scores, model.layers)
    found = result_of("meta_learning", model, batches)
    expected = [sum(c * x / s for c, x, s in zip(card.coefficients, row, card.scales, strict=True)) for row in table]
    np.testing.assert_allclose(found.scores, expected, rtol=1e-4, atol=1e-4)
    parts = np.array([found.extras["contributions"][name] for name in FEATURES])
    np.testing.assert_allclose(parts.sum(0), found.scores, atol=1e-12)
    np.testing.assert_allclose(np.subtract(found.extras["high"], found.scores), card.half_width)
    assert found.std_errors == (card.residual_std,) * len(model.layers)
    assert found.replays == 0 and found.passes == 3


def test_missing_scores_are_filled_in_and_said() -> None:
    found = result_of("meta_learning", tiny_convolutional(), image_batches())
    assert found.not_applicable is None
    assert "attention_analysis does not apply; every layer counts as average." in found.extras["notes"]
    assert "block_influence has no score for layers 2; they count as average." in found.extras["notes"]


def test_too_little_to_go_by(tmp_path: Path) -> None:
    card = MetaCard.read(written(tmp_path))
    said = {name: np.full(4, np.nan) for name in CHEAP_METHODS}
    said |= {name: np.arange(4.0) for name in CHEAP_METHODS[: learned.FEWEST_METHODS - 1]}
    assert "only 3 of the 9 methods" in str(learned.predicted(card, said, layers_of(4)).not_applicable)
    said[CHEAP_METHODS[-1]] = np.arange(4.0)
    assert learned.predicted(card, said, layers_of(4)).not_applicable is None


def of_card(path: Path, layers: int = 4) -> MethodResult:
    """The method with another card, on statistics that were measured once."""
    name = f"meta_of_{path.name}"
    methods = METHODS.copy()
    methods.add(name, MetaLearning(name, path))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tests.methods.contract.METHODS", methods)
        return result_of(name, tiny_bert(layers=layers), token_batches())


def test_silent_without_a_usable_card(tmp_path: Path) -> None:
    assert "missing" in str(of_card(tmp_path / "none.json").not_applicable)
    assert of_card(written(tmp_path)).not_applicable is None
    assert "needs 3" in str(of_card(written(tmp_path), layers=2).not_applicable)
    holes, ones = [float("nan")] * len(FEATURES), [1.0] * len(FEATURES)
    bad = {
        "cannot be read": {"residuals": {}},
        "other features": {"regressor": {"features": ["a"], "coefficients": [1.0], "scales": [1.0]}},
        "trained coefficients": {"regressor": {"features": FEATURES, "coefficients": holes, "scales": ones}},
    }
    for words, changes in bad.items():
        assert words in str(of_card(written(tmp_path, **changes)).not_applicable)
    (tmp_path / "card.json").write_text("no JSON")
    assert "cannot be read" in str(of_card(tmp_path / "card.json").not_applicable)


def test_the_shipped_card_is_honest() -> None:
    facts = MetaCard.read(learned.shipped_card()).facts
    own, best, difference = facts["rank_correlation"], facts["best_single"], facts["difference"]
    assert set(own["models"]) == set(best["models"]) == set(facts["models"]) == {run["model"] for run in facts["runs"]}
    assert {"zoo/text-bert", "zoo/vision-vit"} < set(own["models"])
    assert own["mean"] == pytest.approx(np.mean(list(own["models"].values())))
    assert best["mean"] == max(single["mean"] for single in facts["singles"].values())
    assert set(facts["singles"]) == set(CHEAP_METHODS)
    assert difference["mean"] == pytest.approx(own["mean"] - best["mean"])
    assert facts["verdict"] == training.verdict(difference, best["method"])
    assert set(facts["leave_one_family_out"]["models"]) == set(own["models"])
    assert all(len(run["sha256"]) == 64 for run in facts["runs"])
    assert len({run["sha256"] for run in facts["runs"]}) == len(facts["runs"])
