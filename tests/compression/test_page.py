"""The page of an export: whole in itself, honest about what is missing, and readable without its picture."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

from analysis_core.compression.exporting.export import export
from analysis_core.compression.plan import plan_from_removed
from analysis_core.compression.removal.surgery import compressed_model, remove_layers
from analysis_core.results import HealReport, LinearChange, Measurement
from tests.compression import models
from tests.compression.test_export import MEASUREMENT

COUNTED = replace(
    MEASUREMENT, flops_original=2000, flops_compressed=1000, flops_uncounted=("aten.exp",), peak_bytes_original=800,
    peak_bytes_compressed=600,
)  # fmt: skip


class Links(HTMLParser):
    """What a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.found += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "data")]


def exported(folder: Path, measurement: Measurement | None = COUNTED, **facts: object) -> str:
    model = models.bert()
    twin, plan = compressed_model(model, remove_layers(model, [1, 2]), [1, 2]), plan_from_removed(model.layers, [1, 2])
    export(twin, folder, plan=plan, measurement=measurement, **facts)  # type: ignore[arg-type]  # as each test names
    return (folder / "report.html").read_text(encoding="utf-8")


def test_a_page_fetches_nothing(tmp_path: Path) -> None:
    page, links = exported(tmp_path / "out"), Links()
    links.feed(page)
    assert links.found == [] and "script" not in links.tags and "link" not in links.tags
    assert "url(" not in page and "@import" not in page and "prefers-color-scheme: dark" in page


def test_everything_that_was_measured_is_on_it(tmp_path: Path) -> None:
    data = {"test": {"name": "sample", "examples": 500, "sha256": "ab" * 32}}
    page = exported(
        tmp_path / "out",
        provenance={"seed": 3, "data": data, "command": "layerwise compress zoo/text-bert --ratio 2 --out smaller"},
        heal=HealReport("distill", False, 0.5, 0.6, 100, 7, 12.0),
        linear=(LinearChange("a.b", True, 3, 0.987),),
    )
    for said in (
        "Removed layers: 1, 2.", "Kept layers: 0, 3.", "95.0 %", "92.0 to 98.0 %", "2.00×", "10.00 ms", "aten.exp",
        "2,000", "600", "distill", "It did not help", "two thin ones of rank 3, 98.7% of its outputs", "ab" * 32,
        "layerwise compress zoo/text-bert --ratio 2 --out smaller", "BertForSequenceClassification.from_pretrained",
    ):  # fmt: skip
        assert said in page, said
    assert page.count('class="keep"') == 2 and page.count('class="gone"') == 2
    record = json.loads((tmp_path / "out" / "compression.json").read_text(encoding="utf-8"))
    assert record["sha256"]["model.safetensors"] in page and record["versions"]["torch"] in page
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "| FLOPs, batch of 32 | 2,000 | 1,000 |" in card and "| peak bytes, batch of 32 | 800 | 600 |" in card
    assert "Not among the FLOPs" in card and "`aten.exp`" in card


def test_what_was_not_measured_is_not_claimed(tmp_path: Path) -> None:
    page = exported(tmp_path / "out", measurement=None)
    assert "Measured" not in page and "FLOPs" not in page and "left as it was cut" in page
    assert "plan_from_removed(model.layers, [1, 2])" in page, "lines of Python stand in for a command"
    old = exported(tmp_path / "old", measurement=MEASUREMENT)
    assert "FLOPs" not in old and "Peak" not in old and "Latency" in old


def test_a_name_cannot_write_into_the_page(tmp_path: Path) -> None:
    model = models.bert()
    model.name = "<script>alert(1)</script>"
    folder = export(model, tmp_path / "out", plan=plan_from_removed(model.layers, []))
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page and "&lt;script&gt;" in page
