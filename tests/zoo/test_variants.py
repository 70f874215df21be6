"""Variants are trained small, named apart, loadable like any folder, and kept once they are complete."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis_core.data.loading import load_examples
from analysis_core.errors import ConfigurationError
from analysis_core.models.loading import load_model
from analysis_core.zoo import Variation
from analysis_core.zoo.card import CARD, SPLITS, WEIGHTS, read_json
from analysis_core.zoo.training import shared_out
from analysis_core.zoo.variants import VARIANTS, VARIED, Variant, train_variants, trained_variants


@pytest.fixture(scope="module", params=sorted(VARIED))
def variant(request: pytest.FixtureRequest) -> Variant:
    return Variant(str(request.param), seed=1, variation=Variation(depth=3, steps=4, data_share=0.5))


def test_variant_is_loaded_and_fed_like_any_folder(variant: Variant, tmp_path: Path) -> None:
    told: list[float] = []
    (trained,) = train_variants(tmp_path, lambda share, _: told.append(share), [variant], quick=True)
    model = load_model(str(trained.folder))
    examples = load_examples(model, trained.sample)
    assert len(model.layers) == 3
    assert [part for part in SPLITS if len(examples.split(part)) > 300] == list(SPLITS)
    outputs = model.forward(next(iter(model.batches(examples.split("search"), 4))))  # type: ignore[attr-defined]
    assert getattr(outputs, "logits", outputs).shape == (4, len(model.summary["labels"]))
    assert told == sorted(told) and 0 <= min(told) <= max(told) <= 1

    card = read_json(trained.folder / CARD)
    assert card["id"] == f"variants/{variant.name}"
    assert card["layers"] == 3 and card["seed"] == 1
    assert card["variation"] == {"depth": 3, "steps": 4, "data_share": 0.5}
    assert [file.name for file in tmp_path.iterdir()] == [variant.name]


def test_complete_variants_are_kept_and_half_ones_made_again(tmp_path: Path) -> None:
    variant = Variant("vision-vit", seed=1, variation=Variation(depth=1, steps=2))
    (first,) = train_variants(tmp_path, None, [variant], quick=True)
    written = (first.folder / WEIGHTS).stat().st_mtime_ns
    (second,) = train_variants(tmp_path, None, [variant], quick=True)
    assert second == first and (first.folder / WEIGHTS).stat().st_mtime_ns == written
    assert trained_variants(tmp_path, [variant, *VARIANTS]) == (first,)

    longer = Variant("vision-vit", seed=1, variation=Variation(depth=1, steps=3))
    assert longer.name == variant.name and trained_variants(tmp_path, [longer]) == ()

    (first.folder / CARD).unlink()
    assert trained_variants(tmp_path, [variant]) == ()
    (third,) = train_variants(tmp_path, None, [variant], quick=True)
    assert third == first


def test_variants_differ_in_name_and_span_depths() -> None:
    assert len({variant.name for variant in VARIANTS}) == len(VARIANTS)
    for recipe, fewest in (("vision-vit", 6), ("text-bert", 4)):
        depths = [variant.variation.depth for variant in VARIANTS if variant.recipe == recipe]
        assert len(depths) >= fewest
        assert (min(filter(None, depths)), max(filter(None, depths))) == (4, 12)


def test_a_share_is_seeded_and_a_whole_one_is_everything() -> None:
    assert shared_out(7, 1.0, seed=3) == list(range(7))
    half = shared_out(100, 0.5, seed=3)
    assert len(set(half)) == 50 and half == sorted(half) == shared_out(100, 0.5, seed=3)
    assert half != shared_out(100, 0.5, seed=4)
    assert len(shared_out(10, 0.001, seed=0)) == 1


@pytest.mark.parametrize("wrong", [{"depth": 0}, {"steps": -1}, {"data_share": 0.0}, {"data_share": 1.5}])
def test_impossible_variations_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        Variation(**wrong)  # type: ignore[arg-type]
