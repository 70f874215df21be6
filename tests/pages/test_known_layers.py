"""Runs and the Live page name layers by their stacks where only the model's card, or the run's own note, knows them."""

from __future__ import annotations

import pytest

from analysis_core.config import AnalysisConfig, CompressionConfig
from analysis_core.runs import archive
from analysis_core.runs.store import RunStore
from analysis_core.vocabulary import Granularity
from pages.ui import known_layers
from tests.pages import filling, synthetic
from tests.pages.conftest import Open
from tests.pages.reading import links, words

T5 = "zoo/text-t5"  # eight blocks in its encoder, four in its decoder


def test_a_card_tells_of_blocks_only() -> None:
    layers = known_layers.of_card({"model_name": T5})
    assert [layer.stack for layer in layers] == ["encoder.block"] * 8 + ["decoder.block"] * 4
    assert known_layers.of_card({"model_name": T5, "granularity": Granularity.SUBLAYER}) == ()
    assert known_layers.of_card({"model_name": "mine"}) == ()


def test_a_compression_counts_what_its_analysis_has_written_down() -> None:
    run = filling.finished(AnalysisConfig(T5, analysis_methods=("layer_ablation",)), synthetic.report())
    settings = {"model_name": T5, "source_run": run}
    assert known_layers.of_compression(settings) == (), "an older run has not"
    archive.keep_layers(RunStore.open(), run, synthetic.parts())
    assert known_layers.of_compression(settings) == synthetic.parts()


@pytest.mark.parametrize(
    ("lang", "title", "note"),
    [
        ("en", f"{T5} · without layers encoder 4 and decoder 1", "Without layers encoder 4 and decoder 1; 10 layers"),
        ("zh", f"{T5} · 去掉编码器第 4 层和解码器第 1 层", "去掉编码器第 4 层和解码器第 1 层；保留 10 层"),
    ],
)
def test_a_run_is_called_by_the_stacks_of_what_it_removed(lang: str, title: str, note: str, open_page: Open) -> None:
    outcome = synthetic.outcome([4, 9], "manual")
    run = filling.finished(CompressionConfig(T5, remove=(4, 9)), outcome)
    test = open_page("runs", run=run, lang=lang)
    assert not test.exception
    assert title in links(test)
    assert note in words(test)
