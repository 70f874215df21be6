"""Which variables reach a run."""

from __future__ import annotations

import os

import pytest

from analysis_core.runs.environment import environment_replaced, without_secrets


@pytest.mark.parametrize(
    "name",
    [
        "PATH",
        "HOME",
        "LC_ALL",
        "HF_HOME",
        "CUDA_VISIBLE_DEVICES",
        "OMP_NUM_THREADS",
        "LAYERWISE_HOME",
        "https_proxy",
    ],
)
def test_what_a_run_needs_is_kept(name: str) -> None:
    assert without_secrets({name: "value"}) == {name: "value"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HF_TOKEN", "x"),
        ("HUGGINGFACE_API_KEY", "x"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("PYTHON_DB_PASSWORD", "x"),
        ("LAYERWISE_STORE", "postgresql://u@h/d"),
        ("https_proxy", "http://user:pass@proxy:8080"),
        ("ANYTHING_ELSE", "x"),
    ],
)
def test_secrets_and_the_unknown_are_dropped(name: str, value: str) -> None:
    assert without_secrets({name: value}) == {}


def test_the_environment_comes_back_also_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOMETHING", "before")
    before = dict(os.environ)
    with environment_replaced({"ONLY": "this"}):
        assert dict(os.environ) == {"ONLY": "this"}
    with pytest.raises(ZeroDivisionError), environment_replaced({}):
        1 / 0  # noqa: B018 - any error
    assert dict(os.environ) == before
