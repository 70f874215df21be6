"""Pairs of pictures and texts, and captions with the pixels that they describe."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tiny_models
import torch
from PIL import Image
from transformers import CLIPConfig, CLIPModel, GPT2Config, GPT2LMHeadModel

from analysis_core.compression.exporting.export import export
from analysis_core.compression.plan import plan_from_removed
from analysis_core.compression.removal.surgery import compressed_model, remove_layers
from analysis_core.config import AnalysisConfig
from analysis_core.data.batches import Batch
from analysis_core.data.examples import ExampleSet
from analysis_core.data.pictures import png_of
from analysis_core.errors import DataError, ModelError
from analysis_core.methods import METHODS
from analysis_core.models.loading import load_model
from analysis_core.models.picture_pairs import CANDIDATES, PICTURE_TOWER, TEXT_TOWER, alike
from analysis_core.models.pixels import PIXEL_SETTINGS, PixelGrid
from analysis_core.models.preprocessing import PICTURE_CONFIG, Preprocessing
from analysis_core.tasks import NO_TARGET, task_for
from analysis_core.vocabulary import ModalityType, TaskType
from analysis_core.workflow.analysis import analyze

SIDE, LEVELS = 8, 4
WORDS = [*tiny_models.WORDS, "good film", "one", "two", "three", "four"]
SETTINGS = Preprocessing(1, SIDE, SIDE, (0.5,), (0.25,), keeps_proportions=False).to_transformers()
TEXTS = ["good film", "a very bad film", "the film", "bad", "a good good film", "very very good film the"]


def clip_config() -> CLIPConfig:
    tower = {"hidden_size": 8, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 16}
    return CLIPConfig(
        text_config=tower | {"vocab_size": len(WORDS), "max_position_embeddings": 12, "eos_token_id": 3},
        vision_config=tower | {"image_size": SIDE, "patch_size": 4, "num_channels": 1},
        projection_dim=8,
        initializer_factor=8.0,
    )


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("clip")
    torch.manual_seed(0)
    CLIPModel(clip_config()).save_pretrained(folder)
    tiny_models.tokenizer(WORDS).save_pretrained(folder)
    (folder / PICTURE_CONFIG).write_text(json.dumps(SETTINGS))
    return load_model(str(folder), device="cpu")


@pytest.fixture(scope="module")
def pixel_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pixels")
    config = GPT2Config(
        vocab_size=len(WORDS) + LEVELS, n_positions=16, n_embd=8, n_layer=4, n_head=2, initializer_range=0.3,
        bos_token_id=2, eos_token_id=3,
    )  # fmt: skip
    torch.manual_seed(0)
    GPT2LMHeadModel(config).save_pretrained(folder)
    tokenizer = tiny_models.tokenizer(WORDS)
    tokenizer.add_special_tokens({"eos_token": "[SEP]"})
    tokenizer.save_pretrained(folder)
    (folder / PIXEL_SETTINGS).write_text(json.dumps({"height": 3, "width": 2, "levels": LEVELS, "caption_tokens": 5}))
    return folder


@pytest.fixture(scope="module")
def pixels(pixel_folder: Path) -> Any:
    return load_pixels(pixel_folder)


def load_pixels(folder: Path) -> Any:
    return load_model(str(folder), task=TaskType.GENERATION, modality=ModalityType.MULTIMODAL, device="cpu")


def pictures(count: int, size: tuple[int, int] = (SIDE, SIDE)) -> list[bytes]:
    generator = np.random.default_rng(0)
    return [png_of(generator.integers(0, 256, size, dtype=np.uint8)) for _ in range(count)]


def pairs(count: int = 6) -> ExampleSet:
    return ExampleSet(pd.DataFrame({"image": pictures(count), "text": TEXTS[:count]}), "pairs")


def losses(model: Any, batches: list[Batch]) -> np.ndarray:
    task = task_for(model.task, model.modality)
    with torch.no_grad():
        return np.concatenate([task.losses(model.forward(batch), batch).numpy() for batch in batches])


def test_both_towers_are_found_and_every_layer_named(clip: Any) -> None:
    assert (clip.task, clip.modality) == (TaskType.RETRIEVAL, ModalityType.MULTIMODAL)
    towers = {layer.name.split(".")[0] for layer in clip.layers}
    assert towers == {TEXT_TOWER, PICTURE_TOWER}
    assert len(clip.layers) == 6 and all(layer.removable for layer in clip.layers)


def test_an_example_brings_its_own_pair_first_and_fixed_others(clip: Any) -> None:
    whole = list(clip.batches(pairs(), 4))
    assert [batch.size for batch in whole] == [4, 2] and {batch.pieces for batch in whole} == {6}
    assert whole[0].inputs["pixel_values"].shape == (4, 6, 1, SIDE, SIDE)
    tokens = whole[0].inputs["input_ids"].shape[2]
    assert whole[0].stack_masks[TEXT_TOWER].shape == (4, 6 * tokens)
    assert whole[0].stack_masks[PICTURE_TOWER] is None and whole[0].padding_mask is None
    own = clip.preprocessing.tensor(Image.open(io.BytesIO(pictures(3)[2])))
    torch.testing.assert_close(whole[0].inputs["pixel_values"][2, 0], own)
    assert whole[0].targets.tolist() == [0] * 4
    assert CANDIDATES == 10


def test_losses_do_not_depend_on_batch_size_or_padding(clip: Any) -> None:
    together, alone = list(clip.batches(pairs(), 6)), list(clip.batches(pairs(), 1))
    np.testing.assert_allclose(losses(clip, together), losses(clip, alone), rtol=1e-4)
    part = together[0].select(2, 4)
    np.testing.assert_allclose(losses(clip, [part]), losses(clip, together)[2:4], rtol=1e-5)


def test_the_same_picture_or_the_same_text_is_no_rival() -> None:
    first, second, third = pictures(3)
    rows = pd.DataFrame({"image": [first, first, second, third], "text": ["a", "b", "b", "c"]})
    numbers = alike(rows)
    assert numbers[0] == numbers[1] == numbers[2] != numbers[3]


def test_outputs_are_those_of_the_library_alone(clip: Any) -> None:
    [batch] = clip.batches(pairs(2), 2)
    found = clip.forward(batch)
    inputs = {name: value[:, 0] for name, value in batch.inputs.items()}
    with torch.no_grad():
        expected = clip.module(**inputs)
    torch.testing.assert_close(found["image_embeds"][:, 0], expected.image_embeds)
    torch.testing.assert_close(found["text_embeds"][:, 0], expected.text_embeds)
    torch.testing.assert_close(found["logit_scale"], clip.module.logit_scale.exp())


def test_every_method_scores_the_layers_of_both_towers(clip: Any) -> None:
    batches = list(clip.batches(pairs(), 3))
    names = [name for name in METHODS.names() if name != "meta_learning"]
    report = analyze(
        clip, batches, AnalysisConfig(analysis_methods=tuple(names)), {name: METHODS.get(name) for name in names}
    )
    for name, result in report.methods.items():
        if result.not_applicable is None:
            reasons = dict(enumerate(result.reasons))
            missing = [i for i, score in enumerate(result.scores) if score is None and not reasons.get(i)]
            assert not missing, (name, missing)
    noise = report["causal_analysis"]
    assert noise.not_applicable is not None or noise.extras["noise"]["where"].endswith("of each tower")


def test_layers_go_from_each_tower_alone_and_the_export_comes_back(clip: Any, tmp_path: Path) -> None:
    by_tower = {word: [x.index for x in clip.layers if x.name.startswith(word)] for word in (TEXT_TOWER, PICTURE_TOWER)}
    for word, indices in by_tower.items():
        removed = (indices[1],)
        smaller = compressed_model(clip, remove_layers(clip, removed), removed)
        assert len([x for x in smaller.layers if x.name.startswith(word)]) == 2
        folder = export(smaller, tmp_path / word, plan=plan_from_removed(clip.layers, removed))
        again = load_model(str(folder), device="cpu")
        batches = list(clip.batches(pairs(), 6))
        np.testing.assert_allclose(losses(again, batches), losses(smaller, batches), rtol=1e-5)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ({"image": pictures(2), "text": ["good", " "]}, "Example 1 has no 'text'"),
        ({"image": [pictures(1)[0], b""], "text": ["good", "bad"]}, "picture 1: The picture is empty"),
        ({"image": [pictures(1)[0], b"RIFF....WAVEfmt "], "text": ["good", "bad"]}, "it is a WAV sound"),
        ({"image": pictures(1) * 2, "text": ["good", "bad"]}, "nothing to choose from"),
        ({"image": pictures(1), "text": ["good"]}, "nothing to choose from"),
        ({"text": ["good"]}, "reads a column 'image'"),
    ],
)
def test_pairs_that_do_not_fit_are_named(clip: Any, rows: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        list(clip.batches(ExampleSet(pd.DataFrame(rows), "pairs"), 4))


def captions() -> ExampleSet:
    rows = {"text": TEXTS[:3], "image": pictures(3, (3, 2))}
    return ExampleSet(pd.DataFrame(rows), "captions")


def test_captions_and_pixels_become_one_sequence(pixels: Any) -> None:
    grey = np.array([[0, 85], [170, 255], [90, 0]], dtype=np.uint8)
    [batch] = pixels.batches(ExampleSet(pd.DataFrame({"text": ["good film"], "image": [png_of(grey)]})), 1)
    first = pixels.first_pixel
    assert first == len(WORDS)
    good, film = (WORDS.index(word) for word in ("good", "film"))
    assert batch.inputs["input_ids"][0].tolist() == [good, film, 0, 0, 0, 3, *(first + x for x in (0, 1, 2, 3, 1))]
    assert batch.inputs["attention_mask"][0].tolist() == [1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1]
    assert batch.targets[0].tolist() == [NO_TARGET] * 5 + [first + x for x in (0, 1, 2, 3, 1, 0)]


def test_bits_per_pixel_of_a_model_that_knows_nothing() -> None:
    grid = PixelGrid(3, 2, LEVELS, 5)
    assert grid.levels_of(grid.picture_of(torch.tensor([0, 1, 2, 3, 1, 0]))).tolist() == [0, 1, 2, 3, 1, 0]
    task = task_for(TaskType.GENERATION, ModalityType.MULTIMODAL)
    batch = Batch(torch.zeros(1, 6), torch.tensor([[1, 2, 3, 0, 1, 2]]), 1)
    even = task.predictions(torch.zeros(1, 6, LEVELS), batch)
    assert task.metrics(even, batch.targets)["bits_per_pixel"] == pytest.approx(2.0)


def test_pixel_losses_do_not_depend_on_batch_size(pixels: Any) -> None:
    together, alone = list(pixels.batches(captions(), 3)), list(pixels.batches(captions(), 1))
    np.testing.assert_allclose(losses(pixels, together), losses(pixels, alone), rtol=1e-5)


def test_a_picture_is_drawn_from_a_caption_with_and_without_some_layers(pixels: Any) -> None:
    smaller = compressed_model(pixels, remove_layers(pixels, (1, 2)), (1, 2))
    for model in (pixels, smaller):
        drawn = model.picture("good film", seed=1)
        assert drawn.size == (2, 3) and drawn.mode == "L"
        assert drawn.tobytes() == model.picture("good film", seed=1).tobytes()
        likeliest = model.picture("good film", temperature=0.0)
        assert model.grid.levels_of(likeliest).tolist() == without_cache(model, "good film")
    with pytest.raises(DataError, match="caption is empty"):
        pixels.picture(" ")


def without_cache(model: Any, caption: str) -> list[int]:
    """The likeliest levels, each found by a whole pass of its own."""
    levels: list[int] = []
    for _ in range(model.grid.pixels):
        known = torch.tensor([[*levels, *[0] * (model.grid.pixels - len(levels))]])
        tokens, mask = model._captions([caption])
        with torch.no_grad():
            logits = model.module(**model._inputs(tokens, mask, known)).logits[0, tokens.shape[1] - 1 + len(levels)]
        levels.append(int(logits[model.first_pixel :].argmax()))
    return levels


def test_settings_of_pixels_that_make_no_sense_are_refused(pixel_folder: Path, tmp_path: Path) -> None:
    for values in ({}, {"height": 0, "width": 2, "levels": 4, "caption_tokens": 5}, {"height": "x"}):
        with pytest.raises(ModelError, match="does not say how pictures become tokens"):
            PixelGrid.from_settings(values)
    folder = Path(shutil.copytree(pixel_folder, tmp_path / "few"))
    tiny_models.change_json(folder / PIXEL_SETTINGS, levels=LEVELS + 1)
    with pytest.raises(ModelError, match="too few for the tokenizer"):
        load_pixels(folder)


def test_a_caption_that_is_empty_is_named(pixels: Any) -> None:
    rows = pd.DataFrame({"text": ["good", ""], "image": pictures(2, (3, 2))})
    with pytest.raises(DataError, match="Example 1 has no 'text'"):
        list(pixels.batches(ExampleSet(rows, "captions"), 2))
