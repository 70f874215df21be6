"""Methods proposed for a time budget, and what the ticked ones will cost: said before the start, with its source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from analysis_core import service
from analysis_core.config import AnalysisConfig
from analysis_core.errors import LayerwiseError
from analysis_core.methods import METHODS, ProbeMethod
from analysis_core.report import forecast, numbers
from analysis_core.results import MethodChoice, RunView
from analysis_core.vocabulary import Granularity, LayerKind, ModalityType, RunKind, RunState, TaskType
from pages.ui import markup, moments, translated
from pages.ui.sentences import sentence
from pages.ui.strings import text

if TYPE_CHECKING:
    from analysis_core.insight.cost import Calibration
    from analysis_core.insight.selection import ModelFacts
    from analysis_core.results import AnalysisReport

BUDGETS_SECONDS = (5, 10, 20, 30, 60, 120, 300, 600)
FIRST_BUDGET = 30
BUDGET, PROPOSAL = "pick-budget", "method-proposal"
LOOKED_AT = 20
"""So many of the model's newest runs are looked through for one that tells its speed."""
PARTS_OF_A_BLOCK = 2


@dataclass(frozen=True)
class Task:
    """What is to be analysed, without the methods.

    Args:
        model: name by which it is loaded.
        modality, task: what it reads and does.
        layers, parameters: how many; None where that shows only once it is loaded.
        examples: at most so many are used.
        granularity: what counts as one layer.
    """

    model: str
    modality: ModalityType
    task: TaskType
    layers: int | None
    parameters: int | None
    examples: int
    granularity: Granularity

    @property
    def key(self) -> str:
        """The same for tasks that take the same time."""
        return f"{self.model} {self.task} {self.examples} {self.granularity}"


@dataclass(frozen=True)
class Speed:
    """How fast a model is, and how that is known.

    Args:
        calibration: of the model.
        report, when: the earlier run that showed it; None where its size is all that is known.
    """

    calibration: Calibration
    report: AnalysisReport | None = None
    when: float | None = None


def tick_key(method: str) -> str:
    """Session-state key of a method's check box."""
    return f"pick-method-{method}"


def draw(task: Task) -> None:
    """The budget, the button, and what was proposed, with reasons."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.select_slider(
            text("budget"), options=BUDGETS_SECONDS, value=FIRST_BUDGET, key=BUDGET, help=text("budget_help"),
            format_func=numbers.seconds, width=380,
        )  # fmt: skip
        st.button(
            text("propose"), key="propose", icon=":material/auto_awesome:", on_click=_propose, args=(task,),
            disabled=speed_of(task) is None,
        )  # fmt: skip
    made: tuple[str, MethodChoice] | None = st.session_state.get(PROPOSAL)
    if made is None:
        return
    if made[0] != task.key:
        markup.note(text("proposal_stale"))
        return
    _show(made[1])


def cost_line(task: Task, methods: Sequence[str]) -> str:
    """What the ticked methods will take, and how that is known."""
    speed = speed_of(task)
    if speed is None:
        return text("about_unknown")
    seconds = numbers.seconds(forecast.about_seconds(methods, speed.calibration, task.examples))
    if speed.when is None:
        said = text("about_size", time=seconds)
    else:
        said = text("about_run", time=seconds, when=moments.clock(speed.when))
    own = [name for name in methods if not isinstance(METHODS.get(name), ProbeMethod)]
    return f"{said} {text('about_own')}" if own else said


def speed_of(task: Task) -> Speed | None:
    """From the model's earlier run with the most methods; else from its size; None where neither is known."""
    for view in _earlier_runs(task):
        try:
            report = service.report(view.id)
        except LayerwiseError:
            continue  # a damaged result is no reason to offer nothing
        calibration = forecast.from_report(report)
        if calibration is not None:
            return Speed(calibration, report, view.ended_at)
    if task.layers is None or task.parameters is None:
        return None
    parts = PARTS_OF_A_BLOCK if task.granularity is Granularity.SUBLAYER else 1
    return Speed(forecast.from_size(parts * task.layers, task.parameters))


def _earlier_runs(task: Task) -> list[RunView]:
    views = service.runs(search=task.model, kind=RunKind.ANALYSIS, limit=LOOKED_AT)
    fitting = [
        view
        for view in views
        if view.state == RunState.FINISHED
        and view.config.get("model_name") == task.model
        and view.config.get("granularity", Granularity.BLOCK) == task.granularity
    ]
    return sorted(fitting, key=_breadth, reverse=True)  # of equals, the newest stays first


def _breadth(view: RunView) -> int:
    names = AnalysisConfig.from_dict(view.config).analysis_methods
    return len(METHODS) if names == ("all",) else len(names)


def _propose(task: Task) -> None:
    """Choose, tick what was chosen, and keep the reasons."""
    from analysis_core.insight.selection import select_methods  # brings in scipy, which the first paint does without

    speed = speed_of(task)
    if speed is None:
        return
    methods = {name: METHODS.get(name) for name in METHODS}
    budget = float(st.session_state[BUDGET])
    choice = select_methods(_facts(task, speed), task.examples, budget, speed.calibration, methods)
    for name in methods:
        st.session_state[tick_key(name)] = name in choice.methods
    st.session_state[PROPOSAL] = (task.key, choice)


def _facts(task: Task, speed: Speed) -> ModelFacts:
    from analysis_core.insight.selection import ModelFacts

    seen = speed.report.layers if speed.report else ()
    attentive = {LayerKind.TRANSFORMER, LayerKind.ATTENTION}
    # A card does not say whether there is attention; a method that finds none says so itself.
    has_attention = not seen or any(layer.kind in attentive for layer in seen)
    return ModelFacts(
        layers=speed.calibration.layers,
        parameters=task.parameters or sum(layer.parameters for layer in seen),
        has_attention=has_attention,
        modality=task.modality,
        task=task.task,
    )


def _show(choice: MethodChoice) -> None:
    budget = numbers.seconds(choice.budget_seconds)
    if not choice.methods:
        markup.note(text("proposal_none", budget=budget))
    else:
        predicted = numbers.seconds(choice.predicted_seconds)
        markup.note(text("proposal_title", chosen=len(choice.methods), predicted=predicted, budget=budget))
    with st.expander(text("proposal_table")):
        rows = [
            [
                translated.method_title(decision.method),
                text("proposed") if decision.chosen else text("left_out"),
                numbers.EN_DASH if decision.seconds is None else numbers.seconds(decision.seconds),
                sentence(decision.reason),
            ]
            for decision in choice.decisions
        ]
        head = [text("method"), text("choice"), text("seconds_more"), text("why")]
        markup.table(head, rows, text("proposal_table"), words=(1, 3))
