"""Scenes of digits: what is said of them is what is on them."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from analysis_core.zoo.digits import load_splits
from analysis_core.zoo.little_pictures import SMALL, draw_little
from analysis_core.zoo.multimodal_clip import shared_targets
from analysis_core.zoo.scene_samples import MEAN, STD, scene_sample, scenes_as_tensor
from analysis_core.zoo.scenes import BACKGROUND, INK, SCENE, Placed, Scene, SceneKind, caption_of, draw_scenes
from analysis_core.zoo.vision_yolos import NO_OBJECT, PATCH, patch_answers


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return draw_scenes(*load_splits().train, 60, np.random.default_rng(0), SceneKind(noise=0.0))


def test_a_box_surrounds_exactly_the_ink_of_its_digit(scenes: list[Scene]) -> None:
    assert {len(scene.digits) for scene in scenes} == {1, 2, 3}
    for scene in scenes:
        inside = np.zeros((SCENE, SCENE), dtype=bool)
        for digit in scene.digits:
            area = np.zeros_like(inside)
            area[digit.top : digit.bottom, digit.left : digit.right] = True
            assert not (inside & area).any(), "boxes overlap"
            inside |= area
            ink = np.argwhere((scene.mask == digit.digit + 1) & area)
            assert ink.min(0).tolist() == [digit.top, digit.left]
            assert ink.max(0).tolist() == [digit.bottom - 1, digit.right - 1]
        assert (scene.mask[~inside] == BACKGROUND).all()


def test_pixels_with_a_class_are_bright_and_others_dark(scenes: list[Scene]) -> None:
    for scene in scenes:
        ink = scene.mask != BACKGROUND
        assert scene.pixels[ink].min() >= int(INK * 255)
        assert scene.pixels[~ink].max() <= round(INK * 255)


def test_objects_are_shares_of_the_scene() -> None:
    digit = Placed(7, large=True, left=8, top=4, right=16, bottom=20)
    assert digit.object == [7.0, 12 / 32, 12 / 32, 8 / 32, 16 / 32]


def placed(digit: int, large: bool, across: int, down: int) -> Placed:
    return Placed(digit, large, across - 4, down - 4, across + 4, down + 4)


@pytest.mark.parametrize(
    ("digits", "caption"),
    [
        ([placed(7, False, 8, 8)], "a small seven"),
        ([placed(7, False, 8, 8), placed(2, True, 24, 12)], "a small seven left of a large two"),
        ([placed(7, False, 8, 20), placed(2, True, 12, 6)], "a large two above a small seven"),
        (
            [placed(0, True, 5, 5), placed(1, True, 15, 25), placed(9, False, 26, 5)],
            "a large zero left of a large one left of a small nine",
        ),
    ],
)
def test_captions_say_what_how_large_and_where(digits: list[Placed], caption: str) -> None:
    assert caption_of(digits) == caption


def test_the_same_seed_draws_the_same_scenes_and_parts_have_writers_of_their_own() -> None:
    splits = load_splits()
    first, second = (draw_scenes(*splits.train, 5, np.random.default_rng(3), SceneKind()) for _ in range(2))
    assert all(np.array_equal(a.pixels, b.pixels) and a.digits == b.digits for a, b in zip(first, second, strict=True))
    sample = scene_sample(splits, 0, SceneKind(), lambda scene: {"text": scene.caption}, quick=True)
    assert sample["split"].value_counts().to_dict() == {"search": 60, "test": 60, "heal": 20}


def test_scenes_are_normalised(scenes: list[Scene]) -> None:
    tensor = scenes_as_tensor(scenes[:2])
    assert tensor.shape == (2, 1, SCENE, SCENE)
    assert tensor[0, 0, 0, 0] == pytest.approx((scenes[0].pixels[0, 0] / 255 - MEAN) / STD, abs=1e-6)


def test_a_patch_answers_for_the_digit_in_whose_box_its_middle_lies() -> None:
    digit = Placed(3, large=False, left=5, top=0, right=11, bottom=7)  # middles at 2, 6, 10, 14 …
    scene = Scene(np.zeros((SCENE, SCENE), np.uint8), np.zeros((SCENE, SCENE), np.uint8), (digit,))
    classes, boxes = patch_answers(scene)
    table = classes.reshape(SCENE // PATCH, SCENE // PATCH)
    assert table[:2, 1:3].unique().tolist() == [3]
    assert int((table != NO_OBJECT).sum()) == 4
    torch.testing.assert_close(boxes[1], torch.tensor(digit.object[1:]))


def test_alike_captions_share_the_probability() -> None:
    expected = torch.tensor([[0.5, 0.0, 0.5], [0.0, 1.0, 0.0], [0.5, 0.0, 0.5]])
    torch.testing.assert_close(shared_targets(["a", "b", "a"]), expected)


def test_little_pictures_show_what_their_captions_say() -> None:
    digits, labels = load_splits().train
    drawn = draw_little(digits, labels, 80, np.random.default_rng(0))
    corners = {"top left": (0, 0), "top right": (0, 1), "bottom left": (1, 0), "bottom right": (1, 1)}
    for picture in drawn:
        assert picture.pixels.shape == (8, 8)
        if "small" in picture.caption:
            low, right = corners[picture.caption.split(" at the ")[1]]
            ink = np.argwhere(picture.pixels)
            span = [slice(8 - SMALL, 8) if end else slice(0, SMALL) for end in (low, right)]
            inside = np.zeros((8, 8), dtype=bool)
            inside[span[0], span[1]] = True
            assert inside[tuple(ink.T)].all()
        else:
            assert picture.caption.startswith("a large ") and " at " not in picture.caption
    assert {"a large" in picture.caption for picture in drawn} == {True, False}


def test_pictures_are_png_files_that_open_as_they_were_drawn(scenes: list[Scene]) -> None:
    from analysis_core.zoo.scene_samples import picture_of

    opened = Image.open(io.BytesIO(picture_of(scenes[0])))
    assert opened.format == "PNG" and np.array_equal(np.asarray(opened), scenes[0].pixels)
