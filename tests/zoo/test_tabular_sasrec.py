"""The recommender's recipe runs from nothing and learns more than what is popular."""

from __future__ import annotations

from pathlib import Path

from analysis_core import zoo
from analysis_core.models.loading import load_model
from analysis_core.models.sequences import SequenceModel
from analysis_core.vocabulary import ModalityType, TaskType
from analysis_core.zoo import tabular_sasrec
from analysis_core.zoo.card import CARD, CONFIG, SAMPLE, WEIGHTS, read_json


def test_the_quick_recipe_learns_and_ships(tmp_path: Path) -> None:
    told: list[float] = []
    shallow = zoo.Variation(depth=3)
    card = tabular_sasrec.train(tmp_path, quick=True, progress=lambda done, _: told.append(done), variation=shallow)
    assert card["baseline"]["ndcg@10"] > card["trivial"]["value"] + 0.02
    assert told == sorted(told) and card == read_json(tmp_path / CARD)
    assert {WEIGHTS, CONFIG, SAMPLE, CARD} <= {file.name for file in tmp_path.iterdir()}
    model = load_model(str(tmp_path), task=TaskType.RECOMMENDATION, modality=ModalityType.TABULAR, device="cpu")
    assert isinstance(model, SequenceModel)
    assert model.items == len(card["labels"]) and len(model.layers) == card["layers"] == 3
