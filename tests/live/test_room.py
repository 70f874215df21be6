"""What a live session's process answers: at any depth, for whatever a person hands in."""

from __future__ import annotations

import base64
import io
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from analysis_core.errors import ConfigurationError, DataError
from analysis_core.live.answers import answers
from analysis_core.live.inputs import batch_of, kind_of
from analysis_core.live.room import LiveRoom, make_room
from tests.runs.conftest import until

ORDERS = {
    "zoo/vision-resnet": (1,),
    "zoo/audio-conformer": (3, 4),
    "zoo/text-t5": (2, 6),
    "zoo/rl-cartpole-policy": (3, 4),
}


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, LiveRoom]]:
    before, folder = torch.get_num_threads(), tmp_path_factory.mktemp("notes")
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analysis_core.live.room.QUALITY_EXAMPLES", 16)
        yield {name: make_room(name, order, folder, lambda _words: None) for name, order in ORDERS.items()}
    torch.set_num_threads(before)


def first_input(room: LiveRoom) -> dict[str, Any]:
    described = room.handle({"do": "describe"})
    return {described["kind"]: described["examples"][0][described["kind"]]}


@pytest.mark.parametrize("name", ["zoo/vision-resnet", "zoo/audio-conformer"])
def test_classes_at_two_depths(rooms: dict[str, LiveRoom], name: str) -> None:
    room = rooms[name]
    given, smallest = first_input(room), min(room.dynamic.keep_sets)
    found = room.handle({"do": "answer", "input": given, "depth": smallest})
    model = room.dynamic.at(smallest)
    with torch.inference_mode():
        returned: Any = model.forward(batch_of(model, given))
    expected = getattr(returned, "logits", returned).softmax(-1).max()
    assert found["answer"]["classes"][0][1] == pytest.approx(float(expected), abs=1e-5)
    assert sum(share for _, share in found["whole"]["classes"]) <= 1 + 1e-6
    assert found["answer"]["latency_ms"] > 0
    whole = room.handle({"do": "answer", "input": given, "depth": max(room.dynamic.keep_sets)})
    assert dict(whole["answer"]["classes"]) == pytest.approx(dict(found["whole"]["classes"]))


def test_a_translation_is_written_at_every_depth(rooms: dict[str, LiveRoom]) -> None:
    room = rooms["zoo/text-t5"]
    for depth in room.dynamic.keep_sets:
        found = room.handle({"do": "answer", "input": {"text": "Turkey and Finland"}, "depth": depth})
        assert found["answer"]["kind"] == "text"
        assert found["answer"]["text"]


def test_a_stream_is_served_by_a_controller_or_at_a_fixed_depth(rooms: dict[str, LiveRoom]) -> None:
    room = rooms["zoo/audio-conformer"]
    fixed = {"do": "stream", "stream": "me", "at_once": 2, "calls": 4, "target_ms": 5000, "depth": 7}
    served = [depth for depth, _ in room.handle(fixed)["calls"]]
    assert served == [7] * len(served) and served
    held = room.handle({**fixed, "depth": None, "stream": "a", "target_ms": 0.001, "calls": 9})
    assert held["calls"][-1][0] == 6
    assert not held["in_reach"]
    assert room.handle({**fixed, "depth": None, "stream": "b"})["in_reach"]


def test_the_policy_plays_on_and_begins_again_when_it_falls(rooms: dict[str, LiveRoom]) -> None:
    room = rooms["zoo/rl-cartpole-policy"]
    ask = {"do": "play", "stream": "me", "depth": 8, "steps": 30, "seed": 3}
    first, second = room.handle(ask), room.handle({**ask, "depth": 6})
    assert (first["reward"], len(first["frames"]), first["ended"]) == (30.0, 30, False)
    assert second["reward"] == 60.0
    ended = False
    for _ in range(20):
        ended = ended or room.handle({**ask, "steps": 100})["ended"]
    assert ended, "an episode is 500 steps at the most"
    assert room.handle({**ask, "stream": "somebody else", "steps": 5})["reward"] == 5.0


def test_qualities_come_in_and_are_kept(rooms: dict[str, LiveRoom], tmp_path: Path) -> None:
    room = rooms["zoo/rl-cartpole-policy"]
    until(lambda: len(room.dynamic.qualities) == 3)
    again = make_room("zoo/rl-cartpole-policy", None, Path(room._notes._path).parent, lambda _words: None)
    assert again.handle({"do": "describe"})["qualities"] == room.dynamic.qualities
    assert again.dynamic.keep_sets == room.dynamic.keep_sets, "the order was noted"


def test_without_an_order_one_is_found(tmp_path: Path) -> None:
    said: list[str] = []
    room = make_room("zoo/rl-cartpole-policy", None, tmp_path, said.append)
    assert min(room.dynamic.keep_sets) == 2
    assert all({0, 7} <= set(kept) for kept in room.dynamic.keep_sets.values())
    assert any("which layers can go" in words for words in said)


def test_bad_requests_are_refused(rooms: dict[str, LiveRoom]) -> None:
    room = rooms["zoo/text-t5"]
    refused = [
        ({"do": "fly"}, ConfigurationError, "cannot do 'fly'"),
        ({"do": "answer", "input": {}}, DataError, "nothing to read"),
        ({"do": "answer", "input": {"text": "  "}}, DataError, "text is empty"),
        ({"do": "answer", "input": {"text": "x" * 5000}}, DataError, "longer than 4000"),
        ({"do": "answer", "input": {"text": "a"}, "depth": 3}, ConfigurationError, "no depth 3"),
        ({"do": "answer", "input": {"text": "a"}, "depth": "3"}, ConfigurationError, "whole number"),
        ({"do": "stream", "target_ms": -1}, ConfigurationError, "positive number"),
        ({"do": "play"}, DataError, "does not act"),
    ]
    for request, error, words in refused:
        with pytest.raises(error, match=words):
            room.handle(request)
    picture = base64.b64encode(b"no picture").decode()
    with pytest.raises(DataError):
        rooms["zoo/vision-resnet"].handle({"do": "answer", "input": {"picture": picture}, "depth": 12})
    with pytest.raises(DataError, match="arrived damaged"):
        rooms["zoo/vision-resnet"].handle({"do": "answer", "input": {"picture": "%%"}, "depth": 12})


def test_a_sound_of_ones_own(rooms: dict[str, LiveRoom]) -> None:
    room, file = rooms["zoo/audio-conformer"], io.BytesIO()
    tone = (8000 * np.sin(np.arange(4000) / 8)).astype("<i2")
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(8000)
        written.writeframes(tone.tobytes())
    given = {"sound": base64.b64encode(file.getvalue()).decode()}
    assert room.handle({"do": "answer", "input": given, "depth": 8})["answer"]["classes"]


def test_only_what_a_person_can_hand_in_is_a_kind() -> None:
    assert kind_of(("text",)) == "text"
    assert kind_of(("sound", "target_text")) == "sound"
    assert kind_of(("observations", "actions")) == "play"
    assert kind_of(("question", "context")) is None
    assert kind_of(("image", "text")) is None
    assert kind_of(()) is None


def test_a_model_that_neither_tells_nor_writes_is_refused(rooms: dict[str, LiveRoom]) -> None:
    room = rooms["zoo/rl-cartpole-policy"]
    with pytest.raises(DataError, match="neither tells classes nor writes"):
        answers([room.dynamic.at(8)], room._requests(1), ())
