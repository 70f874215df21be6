"""What every page says: the frame, figures, where they come from, Home."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        # frame
        "brand": "Layerwise",
        "page_title": "{page} · Layerwise",
        "nav_home": "Home",
        "nav_explore": "Explore",
        "nav_what_if": "What if",
        "nav_compare": "Compare",
        "nav_live": "Live",
        "nav_runs": "Runs",
        "nav_learn": "Learn",
        "error_title": "This did not work",
        "unexpected_title": "Something unexpected happened",
        "unexpected_hint": "Nothing that was stored is lost. Reload the page; if it happens again, the server's log "
        "says what it was.",
        # figures and provenance
        "quality_kept": "{metric} kept",
        "speed_up": "Speed-up",
        "speed_unknown": "known once it is measured",
        "speed_guess": "interpolated",
        "parameters": "Parameters",
        "size_on_disk": "Size on disk",
        "size_guess": "as parameters",
        "tag_measured": "measured",
        "tag_estimated": "estimated",
        "tag_counted": "counted",
        "ratio_of": "{ratio} · {kept} layers",
        "analysed": "Analysed: {facts}.",
        "measured_on": "Measured: {examples} test examples, batches of {batch}, {machine}, {when}.",
        "examples_of": "{count} examples",
        "examples_of_data": "{count} examples of {name}",
        "seed_of": "seed {seed}",
        # home
        "home_title": "Which layers matter, and what do you lose if you drop the others?",
        "home_lead": "Rank every layer of a neural network, drop the expendable ones, measure what is left. This is a "
        "real result: move the slider.",
        "home_slider": "Compression ratio (layers before / after)",
        "home_slider_help": "Every stop is a smaller model that was really built and measured.",
        "home_veiled": "Veiled: layers {layers}, taken out by a greedy measured search",
        "home_all_layers": "Rows are methods, columns are layers; nothing is taken out yet",
        "way_explore": "Rank the layers of a model",
        "way_explore_text": "Pick a model and methods, watch the scores arrive, and click on any layer for its "
        "details.",
        "way_explore_link": "Explore",
        "way_what_if": "Drop layers, see the price",
        "way_what_if_text": "Choose a ratio or click layers out. The estimate comes at once, the measured truth on "
        "request, the smaller model as a download.",
        "way_what_if_link": "What if",
        "way_own": "Bring your own model",
        "way_own_text": "Upload a model's folder, name one of the hub, or hand in any torch.nn.Module from Python: the "
        "same methods, the same compression.",
        "way_own_upload": "Bring it to Explore",
        "way_own_link": "Show the six lines",
    }
)

CHINESE: Mapping[str, str] = MappingProxyType(
    {
        "nav_home": "首页",
        "nav_explore": "探索",
        "nav_what_if": "假设",
        "nav_compare": "比较",
        "nav_live": "实时",
        "nav_runs": "运行",
        "nav_learn": "学习",
    }
)
