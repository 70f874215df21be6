"""The walk itself: it must tell what fails, and where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from torch import Tensor, nn

from analysis_core.compression.removal import possible
from tests.universality import walk as command
from tests.universality import walking
from tests.universality.cases import Built
from tests.universality.preparing import CLASSES, pooled
from tests.universality.walking import walk

METHODS = ("layer_ablation",)
ARGUMENTS = {"img_size": 16, "patch_size": 8, "embed_dim": 12, "depth": 3, "num_heads": 2, "num_classes": 4}


def vit(architecture: str = "vit_tiny_patch16_224") -> Built:
    module = timm.create_model("vit_tiny_patch16_224", **ARGUMENTS)
    description = {"library": "timm", "architecture": architecture, "model_args": ARGUMENTS}
    return Built(module, torch.randn(4, 3, 16, 16), 4, library="timm", config_dict=description)


def widening() -> Built:
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 5))
    return Built(net, torch.randn(4, 2), 4)


def broken() -> Built:
    raise OSError("no such net\nand more")


def unloadable() -> Built:
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2))
    return Built(net, torch.randn(4, 2), 4)


def test_each_stage_is_told_and_the_walk_goes_on() -> None:
    told: list[str] = []
    cases = {"broken": broken, "vit": vit, "widening": widening, "unloadable": unloadable}
    entries = walk(cases, methods=METHODS, tell=lambda entry: told.append(entry.name))
    failed, whole, uncut, foreign = entries
    assert told == list(cases)
    assert (failed.reached, failed.reason, failed.passed) == ("nothing", "OSError: no such net", False)
    assert (whole.layers, whole.removable, whole.removed) == (3, 3, "blocks.1")
    assert whole.reached == "loaded again" and whole.reload_equal and whole.equals_skipping and whole.passed
    assert (uncut.layers, uncut.removable, uncut.removed, uncut.reached) == (3, 0, None, "analysed")
    assert uncut.passed and uncut.methods == ["layer_ablation"]
    assert foreign.reached == "saved" and not foreign.passed
    assert str(foreign.reason).startswith("Loading again: TypeError")  # nobody else can build a class of one's own
    summary = command.totals([entry.to_dict() for entry in entries])
    assert (summary["entries"], summary["passed"], summary["share"]) == (4, 2, 0.5)
    assert (summary["nothing_to_cut"], summary["layer_removed"], summary["reload_equal"]) == (1, 2, 1)


def test_surgery_that_computes_something_else_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(model: Any, candidates: Any) -> Any:
        index, smaller = possible.first_cut(model, candidates)
        head: Any = smaller.get_submodule("head")
        with torch.no_grad():
            head.bias.add_(torch.arange(4.0))
        return index, smaller

    monkeypatch.setattr(walking, "first_cut", careless)
    (entry,) = walk({"vit": vit}, methods=METHODS)
    assert entry.reached == "layer removed" and entry.equals_skipping is False
    assert "with it skipped" in str(entry.reason)


class ByNumber(nn.Module):
    """Calls each block by a number that is written into its code."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(4, 4), nn.Tanh()) for _ in range(3)])

    def forward(self, x: Tensor) -> Tensor:
        for number in range(3):
            x = self.blocks[number](x)
        return x


def test_a_net_whose_layers_are_all_refused_says_that_nothing_can_be_cut() -> None:
    (entry,) = walk({"by number": lambda: Built(ByNumber(), torch.randn(4, 4), 4)}, methods=METHODS)
    assert (entry.removable, entry.removed, entry.reached, entry.passed) == (3, None, "analysed", True)
    assert "No layer of this model can be taken out" in str(entry.nothing_to_cut)


def test_time_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless() -> Built:
        while True:
            pass

    monkeypatch.setattr(walking, "SECONDS_A_MODEL", 1)
    (entry,) = walk({"endless": endless})
    assert entry.reason == "TimeoutError: It took longer than 1 seconds of the processor's time."


def test_the_command_keeps_what_it_does_not_walk_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = tmp_path / "record.json"
    parts = {"broken": broken, "widening": widening, "later": widening}
    monkeypatch.setattr(command, "import_module", lambda name: type(name, (), {"cases": staticmethod(lambda: parts)}))
    command.main(["timm", "--record", str(record), "--only", "broken", "widening"])
    before = json.loads(record.read_text())["timm"]
    assert [entry["reason"] for entry in before["entries"]] == ["OSError: no such net", None]
    assert command.chosen_names("timm", record, failed=True) == ["broken", "later"]
    assert command.chosen_names("timm", record, missing=True) == ["later"]
    parts["broken"] = widening
    command.main(["timm", "--record", str(record), "--only", "broken"])
    after = json.loads(record.read_text())["timm"]
    assert [(entry["name"], entry["reason"]) for entry in after["entries"]] == [("broken", None), ("widening", None)]
    assert after["entries"][1] == before["entries"][1] and after["totals"] == command.totals(after["entries"])
    with pytest.raises(SystemExit):
        command.main(["tim", "--record", str(record)])


class Outputs(dict[str, Tensor]):
    """As some models return them."""


def test_outputs_of_any_form_become_logits() -> None:
    rows = torch.arange(12.0).reshape(2, 6)
    assert torch.equal(pooled(rows, 2), torch.tensor([[0.5, 2.5, 4.0, 5.0], [6.5, 8.5, 10.0, 11.0]]))
    several = Outputs(scores=rows, hidden=rows.reshape(2, 3, 2), other=torch.zeros(7), places=torch.tensor([1, 2]))
    assert torch.equal(pooled(several, 2), 2 * pooled(rows, 2))
    assert pooled((torch.tensor([3.0, float("-inf")]),), 2).tolist() == [[3.0] * CLASSES, [0.0] * CLASSES]
    assert torch.equal(pooled({"scores": rows, "hidden_states": (rows, rows + 1)}, 2), pooled(rows, 2))
    with pytest.raises(ValueError, match="one row for each example"):
        pooled({"other": torch.zeros(7)}, 2)
