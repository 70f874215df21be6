"""What else is done to the layers that stay: mending the gap, and smaller weights; and what that came to."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from analysis_core.report import frontier, numbers
from analysis_core.report.phrases import sentence_case
from analysis_core.report.recipes import HEALED, Treatment
from analysis_core.results import CompressionOutcome, CompressionPlan, HealReport, LinearChange
from analysis_core.vocabulary import HealWay, Quantization
from pages.ui import address, markup, units
from pages.ui.strings import metric_name, text
from pages.ui.terms.entries import helped
from pages.ui.what_if import wishes
from pages.ui.what_if.choice import Source

HEAL_WORDS = {
    "none": "measure_unhealed",
    "linear": "measure_patch",
    "distill": "measure_distill",
    "lora": "measure_lora",
}
STORED_WORDS = {Quantization.NONE: "measure_floats", Quantization.INT8: "measure_int8"}
WHOLE = 1.0
RANKS = (WHOLE, 0.75, 0.5, 0.25)
INSTANT = (HealWay.NONE, HealWay.LINEAR)
"""Ways to heal that take no time worth limiting."""


class Names(NamedTuple):
    """Session-state keys, one set an analysis."""

    heal: str
    seconds: str
    quantize: str
    low_rank: str


def names(source: Source) -> Names:
    """The keys for this analysis."""
    return Names(*(f"what-if-{part}-{source.name}" for part in Names._fields))


def chosen(source: Source) -> Treatment:
    """What the controls say; the address is their memory when the page is opened."""
    keys, state = names(source), st.session_state
    if keys.heal not in state:
        asked = address.read("heal"), address.read("quantize"), address.read_number("low_rank")
        state[keys.heal] = HealWay(asked[0]) if asked[0] in ways(source) else HealWay.NONE
        state[keys.quantize] = Quantization(asked[1]) if asked[1] in list(Quantization) else Quantization.NONE
        state[keys.low_rank] = asked[2] if asked[2] in RANKS else WHOLE
        state[keys.seconds] = wishes.HEAL_SECONDS
    share = state[keys.low_rank]
    return Treatment(state[keys.heal], state[keys.quantize], None if share == WHOLE else share)


def ways(source: Source) -> list[HealWay]:
    """The ways to heal that there are; a linear patch stands for whole blocks."""
    return [way for way in HealWay if way is not HealWay.LINEAR or units.counts_blocks(source.report)]


def seconds(source: Source) -> float:
    """How long healing may take."""
    return float(st.session_state.get(names(source).seconds) or wishes.HEAL_SECONDS)


def wanted(source: Source, plan: CompressionPlan) -> bool:
    """Whether more is asked for than a cut; a model left whole has no gap to mend."""
    treatment = chosen(source)
    return not treatment.keeps_weights or (bool(plan.remove) and treatment.heal is not HealWay.NONE)


def draw(source: Source) -> None:
    """The controls; closed until somebody wants more than a cut."""
    keys, treatment = names(source), chosen(source)
    with st.expander(text("measure_more"), expanded=not treatment.is_plain):
        mend, store, thin = st.columns(3)
        with mend:
            st.selectbox(
                text("measure_heal"), ways(source), key=keys.heal, format_func=_way,
                help=helped(text("measure_heal_help"), "heal", "patch", "distillation", "lora"),
                on_change=_changed, args=(keys,), persist_state="session",
            )  # fmt: skip
        with store:
            st.selectbox(
                text("measure_store"), list(Quantization), key=keys.quantize,
                format_func=lambda way: text(STORED_WORDS[way]), help=helped(text("measure_store_help"), "int8"),
                on_change=_changed, args=(keys,), persist_state="session",
            )  # fmt: skip
        with thin:
            st.selectbox(
                text("measure_rank"), RANKS, key=keys.low_rank, format_func=_share,
                help=helped(text("measure_rank_help"), "low_rank"),
                on_change=_changed, args=(keys,), persist_state="session",
            )  # fmt: skip
        if HealWay.LINEAR not in ways(source):
            markup.note(text("no_patch"))
        if treatment.heal not in INSTANT:
            st.slider(
                text("measure_seconds"), 5.0, 300.0, step=5.0, key=keys.seconds, format="%d s",
                help=text("measure_seconds_help"), persist_state="session",
            )  # fmt: skip


def told(source: Source, outcome: CompressionOutcome) -> None:
    """What healing and smaller weights changed in a measured model."""
    if outcome.heal is not None:
        markup.note(_healed(outcome.heal), *_beside_the_cut(source, outcome))
    if outcome.linear:
        markup.note(_smaller(outcome.linear))


def _healed(report: HealReport) -> str:
    words = {"before": numbers.significant(report.loss_before), "after": numbers.significant(report.loss_reached)}
    form = "measure_healed" if report.helped else "measure_in_vain"
    return text(form, way=HEALED.get(report.way, report.way), seconds=numbers.seconds(report.seconds), **words)


def _beside_the_cut(source: Source, outcome: CompressionOutcome) -> list[str]:
    """The same layers without healing, where that was measured too, in the same kind of weights."""
    heal = outcome.heal
    if heal is None or not heal.helped:
        return []
    unhealed = Treatment(HealWay.NONE, outcome.plan.quantize, outcome.plan.low_rank)
    cut = frontier.outcome_of(source.outcomes, outcome.plan.remove, unhealed)
    if cut is None:
        return []
    kept = [numbers.percent(frontier.retained(item.measurement).value) for item in (cut, outcome)]
    name = sentence_case(metric_name(outcome.measurement.metric))
    return [text("measure_beside", metric=name, before=kept[0], after=kept[1])]


def _smaller(changes: tuple[LinearChange, ...]) -> str:
    """How many linear layers became smaller, and how much of their outputs thin ones keep at least."""
    int8, energies = sum(change.int8 for change in changes), [c.energy for c in changes if c.energy is not None]
    said = [text("measure_count_int8", count=int8)] if int8 else []
    if energies:
        said.append(text("measure_count_thin", count=len(energies), least=numbers.percent(min(energies))))
    return " ".join(said)


def _changed(keys: Names) -> None:
    state = st.session_state
    heal, quantize, share = state[keys.heal], state[keys.quantize], state[keys.low_rank]
    address.write(
        heal=None if heal == HealWay.NONE else str(heal),
        quantize=None if quantize == Quantization.NONE else str(quantize),
        low_rank=None if share == WHOLE else f"{share:g}",
    )


def _way(way: str) -> str:
    return text(HEAL_WORDS[way]) if way in HEAL_WORDS else way.replace("_", " ").capitalize()


def _share(share: float) -> str:
    return text("measure_whole") if share == WHOLE else text("measure_thin", share=f"{share:.0%}")
