"""The recipes of pictures and captions run again, from nothing, and learn within seconds."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis_core import zoo
from analysis_core.models.loading import load_model
from analysis_core.models.pixels import PixelModel
from analysis_core.vocabulary import ModalityType, TaskType
from analysis_core.zoo.card import CARD, CONFIG, SAMPLE, WEIGHTS, read_json


@pytest.mark.parametrize("name", ["multimodal-clip", "multimodal-pixels"])
def test_a_quick_recipe_beats_the_answer_that_takes_no_model(name: str, tmp_path: Path) -> None:
    told: list[float] = []
    card = zoo.train(name, tmp_path / name, lambda share, _: told.append(share), quick=True)
    gain = card["baseline"][card["metric"]] - card["trivial"]["value"]
    assert gain > 0.1 if card["metric_direction"] == "higher" else gain < -0.1
    assert told == sorted(told) and told[0] >= 0.0 and told[-1] <= 1.0
    assert card == read_json(tmp_path / name / CARD)
    assert {WEIGHTS, CONFIG, SAMPLE, CARD} <= {file.name for file in (tmp_path / name).iterdir()}


def test_a_shipped_model_draws_what_its_caption_says() -> None:
    """A large zero has a hole in its middle, and a small digit at the bottom leaves the top empty."""
    model = load_model("zoo/multimodal-pixels", device="cpu")
    assert isinstance(model, PixelModel)
    assert (model.task, model.modality) == (TaskType.GENERATION, ModalityType.MULTIMODAL)
    zero = model.grid.levels_of(model.picture("a large zero", temperature=0.0)).reshape(8, 8)
    assert zero[3:5, 3:5].float().mean() + 2 < zero[3:5, [2, 5]].float().mean()
    small = model.grid.levels_of(model.picture("a small five at the bottom left", temperature=0.0)).reshape(8, 8)
    assert small[3:].sum() > 10 and small[:3].sum() == 0
