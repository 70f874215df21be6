"""The app's process never imports torch, whatever is opened."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pages import filling, synthetic
from tests.pages.conftest import PAGES, ROOT

FORBIDDEN = ("torch", "transformers", "timm", "torchvision", "tokenizers", "sklearn")
SCRIPT = f"""
import sys
from streamlit.testing.v1 import AppTest

test = AppTest.from_file(sys.argv[1], default_timeout=120)
if sys.argv[2] != sys.argv[1]:
    test.switch_page(sys.argv[2])
for part in sys.argv[3:]:
    name, _, value = part.partition("=")
    test.query_params[name] = value
test.run()
assert not test.exception, test.exception
assert len(test.get("plotly_chart")) >= 1 or not sys.argv[3:], "the result was not drawn"
found = [name for name in {FORBIDDEN!r} if name in sys.modules]
assert not found, found
"""


@pytest.mark.parametrize("page", [page for page in PAGES if page != "live"])  # which shows no result
def test_a_page_with_a_result_brings_in_no_torch(page: str, shipped: Path, home: Path) -> None:
    run = filling.finished(filling.analysis(tuple(synthetic.TITLES)), synthetic.report())
    filling.finished(filling.compression(run, (4, 5)), synthetic.outcome([4, 5], "manual"))
    command = [sys.executable, "-c", SCRIPT, str(ROOT / "app.py"), str(ROOT / PAGES[page]), f"run={run}", "layer=3"]
    environment = {**os.environ, "LAYERWISE_HOME": str(home), "LAYERWISE_SHOWCASE": str(shipped)}
    ended = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]


def test_choosing_a_model_brings_in_no_torch(home: Path) -> None:
    command = [sys.executable, "-c", SCRIPT, str(ROOT / "app.py"), str(ROOT / PAGES["explore"])]
    environment = {**os.environ, "LAYERWISE_HOME": str(home)}
    ended = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
