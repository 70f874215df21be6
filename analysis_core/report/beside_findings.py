"""What stands beside the scores says, in one sentence computed from its numbers."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import accumulate, combinations, pairwise

from analysis_core.report import numbers
from analysis_core.report.layer_names import named, named_list
from analysis_core.report.phrases import ENGLISH, Phrases, sentence_case
from analysis_core.report.scene import Scene, present
from analysis_core.results import Layer

ALIKE = 0.95
"""CKA from which two layers are said to hold nearly one representation."""
FEWEST_ALIKE = 3
TRAINED_ALPHA = (2.0, 6.0)
"""Exponents seen in well-trained matrices (Martin and Mahoney 2021)."""
SAME_SCALE = 0.02
"""Relative change of the scale of a cloud that is not worth naming."""
STANDS_OUT = 2.0
"""Standard errors from which a share is called larger than another number."""


def cka_finding(scene: Scene, phrases: Phrases = ENGLISH) -> str:
    """The longest run of neighbours that are all alike, or where the representation changes most."""
    table, layers = scene.extras["cka_map"], scene.report.layers
    run = _longest_alike(table)
    if len(run) >= FEWEST_ALIKE:
        least = min(table[one][other] for one, other in combinations(run, 2))
        said = phrases["many_layers"].format(layers=named_list(run, layers, phrases))
        return phrases["cka_alike"].format(layers=sentence_case(said), least=numbers.significant(least, 2))
    steps = [(table[one][other], one, other) for one, other in pairwise(range(len(table)))]
    known = [step for step in steps if step[0] is not None]
    if not known:
        return phrases["cka_none"]
    value, before, after = min(known)
    turn = {"before": named(before, layers, phrases), "after": named(after, layers, phrases)}
    return phrases["cka_turn"].format(**turn, value=numbers.significant(value, 2))


def head_finding(scene: Scene, phrases: Phrases = ENGLISH) -> str:
    """How few heads carry half of all importance, and which one carries most."""
    found = [
        (value, layer, head)
        for layer, heads in enumerate(scene.extras["head_importance"])
        for head, value in enumerate(heads or ())
        if value is not None
    ]
    values = sorted((value for value, _, _ in found), reverse=True)
    total = sum(values)
    if total <= 0:
        return phrases["head_none"]
    some = next(place for place, reached in enumerate(accumulate(values), 1) if reached >= total / 2)
    _, layer, head = max(found)
    most = named(layer, scene.report.layers, phrases)
    return phrases["head_half"].format(some=some, all=len(values), layer=most, head=head)


def spectrum_finding(layer: int, alpha: float, phrases: Phrases = ENGLISH, layers: Sequence[Layer] = ()) -> str:
    """What the exponent of a layer's largest matrix is a sign of."""
    low, high = TRAINED_ALPHA
    form = "spectrum_tight" if alpha < low else "spectrum_raw" if alpha > high else "spectrum_trained"
    return phrases[form].format(layer=named(layer, layers, phrases), alpha=numbers.significant(alpha))


def diagram_finding(scene: Scene, layer: int, phrases: Phrases = ENGLISH) -> str:
    """Whether a layer draws the cloud together, and what becomes of its loops."""
    before, after = scene.extras["diagrams"][layer : layer + 2]
    scales = [median_merge(bars) for bars in (before, after)]
    change = scales[1] / scales[0] - 1 if scales[0] else 0.0
    form = "diagram_same" if abs(change) < SAME_SCALE else "diagram_tighter" if change < 0 else "diagram_looser"
    return phrases[form].format(
        layer=named(layer, scene.report.layers, phrases),
        before=numbers.significant(scales[0], 2),
        after=numbers.significant(scales[1], 2),
        loops_before=sum(bar[0] == 1 for bar in before),
        loops_after=sum(bar[0] == 1 for bar in after),
    )


def median_merge(bars: Sequence[Sequence[float]]) -> float:
    """The scale at which half of the components have merged; the one that never dies is left out."""
    deaths = [death for dimension, _, death in bars if dimension == 0][1:]
    return statistics.median(deaths) if deaths else 0.0


def betti_finding(scene: Scene, layer: int, phrases: Phrases = ENGLISH) -> str:
    """Where a layer's output has half of its components left, and how many loops it ever has."""
    curves = scene.extras["betti_curves"]
    components, loops = curves["components"][layer + 1], curves["loops"][layer + 1]
    halved = next(
        scale for scale, count in zip(curves["scales"], components, strict=True) if count <= components[0] / 2
    )
    said = {"scale": numbers.significant(halved, 2), "loops": max(loops)}
    return phrases["betti_finding"].format(layer=named(layer, scene.report.layers, phrases), **said)


def plane_finding(scene: Scene, phrases: Phrases = ENGLISH) -> str:
    """How knowledge of the answer and of the input change from the first layer's input to the last output."""
    points = scene.extras["information_plane"]
    known = [index for index, point in enumerate(points) if point["with_y"] is not None]
    kept = numbers.percent(points[known[-1]]["with_x"])
    gains = [(points[after]["with_y"] - points[before]["with_y"], after - 1) for before, after in pairwise(known)]
    gain, layer = max(gains, default=(0.0, 0))
    if gain <= 0:
        return phrases["plane_falls"].format(kept=kept)
    ends = {"first": points[known[0]]["with_y"], "last": points[known[-1]]["with_y"]}
    said = {name: numbers.significant(value, 2) for name, value in ends.items()}
    return phrases["plane_finding"].format(**said, layer=named(layer, scene.report.layers, phrases), kept=kept)


def patch_finding(scene: Scene, phrases: Phrases = ENGLISH) -> str:
    """Which layer's clean contribution repairs most."""
    scores = scene.result.scores
    best = max(present(scores), key=lambda layer: scores[layer] or 0.0, default=None)
    share = 0.0 if best is None else scores[best] or 0.0
    if share <= 0:
        return phrases["patch_none"]
    most = named(best or 0, scene.report.layers, phrases)
    return phrases["patch_finding"].format(layer=most, share=numbers.percent(share))


def flow_finding(scene: Scene, phrases: Phrases = ENGLISH) -> str:
    """Where the learning signal vanishes or explodes, or how steady it is."""
    for flag, form in (("exploding", "flow_explodes"), ("vanishing", "flow_vanishes")):
        flagged = [layer for layer, is_so in enumerate(scene.extras[flag]) if is_so]
        if flagged:
            one = phrases["one_layer" if len(flagged) == 1 else "many_layers"]
            return phrases[form].format(layers=one.format(layers=named_list(flagged, scene.report.layers, phrases)))
    rms = [value for value in scene.extras["rms"] if value]
    factor = max(rms) / min(rms) if rms else 1.0
    return phrases["flow_steady"].format(factor=numbers.significant(factor, 2))


def width_finding(scene: Scene, phrases: Phrases = ENGLISH) -> str:
    """Where units are dead, or, where none is, how much of the width is in use."""
    dead = scene.extras["dead_fraction"]
    worst = max(present(dead), key=lambda layer: dead[layer] or 0.0, default=None)
    if worst is not None and dead[worst] > 0:
        most = named(worst, scene.report.layers, phrases)
        return phrases["width_dead_finding"].format(layer=most, share=numbers.percent(dead[worst]))
    used = scene.result.scores
    order = sorted(present(used), key=lambda layer: used[layer] or 0.0)
    ends = {"least": numbers.percent(used[order[0]]), "most": numbers.percent(used[order[-1]])}
    first, last = (named(layer, scene.report.layers, phrases) for layer in (order[0], order[-1]))
    return phrases["width_finding"].format(**ends, first=first, last=last)


def single_losses(scene: Scene) -> dict[int, float]:
    """What skipping each layer alone costs, on the examples that its Shapley value saw; nats."""
    subsets = scene.extras["subsets"]
    return {row["removed"][0]: row["loss_increase"] for row in subsets if len(row["removed"]) == 1}


def share_finding(scene: Scene, alone: dict[int, float], phrases: Phrases = ENGLISH) -> str:
    """Which layers are worth clearly more together with others than skipping them alone shows."""
    scores, errors = scene.result.scores, scene.result.std_errors
    hidden = [
        layer
        for layer, cost in alone.items()
        if (scores[layer] or 0.0) - cost > STANDS_OUT * (errors[layer] or 0.0) and scores[layer] is not None
    ]
    if not hidden:
        return phrases["share_even"]
    if len(hidden) == len(alone) > 1:
        return phrases["share_all"]
    form = phrases["one_layer" if len(hidden) == 1 else "many_layers"]
    said = form.format(layers=named_list(hidden, scene.report.layers, phrases))
    return phrases["share_hidden"].format(layers=sentence_case(said))


def companion_finding(
    title: str, values: Sequence[float | None], phrases: Phrases = ENGLISH, layers: Sequence[Layer] = ()
) -> str:
    """The two ends of a list of numbers by layer, of which ``title`` is the name; `layers` give the layers theirs."""
    order = sorted(present(values), key=lambda layer: values[layer] or 0.0)
    if not order:
        return phrases["nothing_scored"]
    ends = {"least": numbers.significant(values[order[0]]), "most": numbers.significant(values[order[-1]])}
    first, last = (named(layer, layers, phrases) for layer in (order[-1], order[0]))
    return phrases["companion_finding"].format(title=title, **ends, first=first, last=last)


def _longest_alike(table: Sequence[Sequence[float | None]]) -> list[int]:
    """The longest stretch of layers of which every two are alike; the first of several."""
    best: list[int] = []
    for start in range(len(table)):
        run = [start]
        for layer in range(start + 1, len(table)):
            if any((table[layer][other] or 0.0) < ALIKE for other in run):
                break
            run.append(layer)
        best = max(best, run, key=len)
    return best
