"""The method of one's own in the README: by hand, and as an installed package offers it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from analysis_core import create_analyzer
from analysis_core.methods.base import ImportanceAnalyzer
from tests.methods.contract import assert_complete
from tests.toys import tiny_bert, token_batches

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def source() -> str:
    """The file as the README shows it."""
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    return next(block for block in blocks if "(ImportanceAnalyzer)" in block)


def package(folder: Path, source: str, target: str = "my_methods:WeightNorm") -> dict[str, str]:
    """A package as an installer would leave it, and the environment in which Python finds it."""
    (folder / "my_methods.py").write_text(source)
    about = folder / "my_methods-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: my-methods\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[analysis_core.methods]\nweight_norm = {target}\n")
    return {**os.environ, "PYTHONPATH": str(folder)}


def described(environment: dict[str, str]) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "analysis_core.cli", "methods", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_the_readmes_method_is_short_and_scores(source: str) -> None:
    assert len(source.strip().splitlines()) <= 40
    names: dict[str, Any] = {}
    exec(source, names)  # noqa: S102 - our own README
    assert issubclass(names["WeightNorm"], ImportanceAnalyzer)
    adapter = create_analyzer(analysis_methods=["block_influence"])
    adapter.load_model(tiny_bert().module)
    adapter.registry.add_method("weight_norm", names["WeightNorm"])
    result = adapter.analyze_importance(token_batches())["weight_norm"]
    assert_complete(result, 4)
    weights = [w.detach().double() for w in adapter.model.layer_modules[1].parameters()]
    squares = sum(float(w.square().sum()) for w in weights) / sum(w.numel() for w in weights)
    assert result[1] == pytest.approx(squares**0.5)


def test_an_installed_method_stands_beside_the_built_in_ones(source: str, tmp_path: Path) -> None:
    found = {method["name"]: method for method in described(package(tmp_path, source))}
    assert found["weight_norm"]["question"] == "How large are this layer's weights?"
    assert "layer_ablation" in found


def test_a_broken_package_takes_nothing_with_it(source: str, tmp_path: Path) -> None:
    found = {method["name"] for method in described(package(tmp_path, source, "my_methods:Missing"))}
    assert "layer_ablation" in found
    assert "weight_norm" not in found
