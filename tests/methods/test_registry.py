"""What every registered method owes its readers, and how methods are found."""

from __future__ import annotations

import subprocess
import sys

import pytest

from analysis_core.errors import ConfigurationError, UnknownNameError
from analysis_core.methods import METHODS
from analysis_core.methods.base import explanation


@pytest.mark.parametrize("name", METHODS.names())
def test_every_method_explains_itself(name: str) -> None:
    described = METHODS.get(name).describe()
    assert described["name"] == name
    assert described["question"].endswith("?")
    assert "=" in described["formula"]
    assert any(year in described["paper"] for year in map(str, range(1990, 2027)))
    assert all(described[key] for key in ("title", "caveat", "unit", "cost"))


def test_a_misspelt_name_gets_a_proposal() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown method 'fischer'. Did you mean 'fisher_information'\?"):
        METHODS.get("fischer")


def test_a_taken_name_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="already taken"):
        METHODS.add("layer_ablation", METHODS.get("block_influence"))


def test_a_docstring_without_its_parts_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="lacks formula, paper"):
        explanation("Title.\n\nQuestion: why?\nCaveat: none")


def test_methods_bring_in_no_torch() -> None:
    code = "import sys, analysis_core.methods; print('torch' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        == "False"
    )
