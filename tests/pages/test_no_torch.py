"""The app's process never imports torch, whatever is opened."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from pages.ui.frame import PAGES
from tests.pages import filling, synthetic
from tests.pages.conftest import ROOT

FORBIDDEN = ("torch", "transformers", "timm", "torchvision", "tokenizers", "sklearn")
SCRIPT = f"""
import json, sys
from streamlit.testing.v1 import AppTest

app, views = sys.argv[1], json.loads(sys.argv[2])
for page, parameters in views:
    test = AppTest.from_file(app, default_timeout=120)
    if page != app:
        test.switch_page(page)
    for name, value in parameters.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception, (page, test.exception)
    assert len(test.get("plotly_chart")) >= 1 or not parameters, (page, "the result was not drawn")
    found = [name for name in {FORBIDDEN!r} if name in sys.modules]
    assert not found, (page, parameters, found)
"""


def test_neither_choosing_a_model_nor_any_page_with_a_result_brings_in_torch(shipped: Path, home: Path) -> None:
    """One process opens them all: the first that brings something in is named."""
    run = filling.finished(filling.analysis(tuple(synthetic.TITLES)), synthetic.report())
    filling.finished(filling.compression(run, (4, 5)), synthetic.outcome([4, 5], "manual"))
    with_result = {"run": run, "layer": "3"}
    views: list[tuple[str, dict[str, str]]] = [(str(ROOT / PAGES["explore"]), {})]
    views += [(str(ROOT / PAGES[page]), with_result) for page in PAGES if page != "live"]  # which shows no result
    command = [sys.executable, "-c", SCRIPT, str(ROOT / "app.py"), json.dumps(views)]
    environment = {**os.environ, "LAYERWISE_HOME": str(home), "LAYERWISE_SHOWCASE": str(shipped)}
    ended = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert ended.returncode == 0, ended.stderr[-2000:]
