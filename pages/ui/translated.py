"""What the core names in English - methods, their results, embedded models - in the reader's language.

What is stored stays as it is: only what a page shows is replaced, and what has no translation keeps its English.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from analysis_core.models.catalog import ModelCard, card_of
from analysis_core.report.methods_chinese import CHINESE as METHODS_CHINESE
from analysis_core.report.methods_chinese import MethodWords
from analysis_core.report.phrases import method_title as plain_title
from pages.ui import language
from pages.ui.sentences import sentence
from pages.ui.words.models_chinese import CHINESE as MODELS_CHINESE
from pages.ui.words.models_chinese import LICENCES, ModelWords

if TYPE_CHECKING:
    from analysis_core.results import AnalysisReport, MethodResult


def method(name: str) -> MethodWords:
    """Title, question, caveat, cost and unit of a registered method."""
    known = METHODS_CHINESE.get(name) if _is_chinese() else None
    if known is not None:
        return known
    from analysis_core.methods import METHODS  # with numpy: a headline does without

    found = METHODS.get(name)
    return MethodWords(found.title, found.question, found.caveat, found.cost, found.unit)


def method_title(name: str) -> str:
    """A method's name for people, also where it is not registered here."""
    from analysis_core.methods import METHODS

    return method(name).title if name in METHODS else plain_title(name, language.phrases())


def result(found: MethodResult) -> MethodResult:
    """What a method found, with its title, unit and reasons to be shown."""
    if not _is_chinese():
        return found
    known = METHODS_CHINESE.get(found.method)
    title, unit = (known.title, known.unit) if known is not None else (found.title, found.unit)
    reasons = tuple(reason and sentence(reason) for reason in found.reasons)
    why = found.not_applicable and sentence(found.not_applicable)
    return replace(found, reasons=reasons, not_applicable=why, title=title, unit=unit)


def report(found: AnalysisReport) -> AnalysisReport:
    """An analysis with the titles, units and reasons to be shown."""
    if not _is_chinese():
        return found
    told = replace(
        found,
        methods={name: result(item) for name, item in found.methods.items()},
        layers=tuple(replace(layer, why_not=layer.why_not and sentence(layer.why_not)) for layer in found.layers),
        trust={
            name: replace(item, why_not=item.why_not and sentence(item.why_not)) for name, item in found.trust.items()
        },
    )
    known = MODELS_CHINESE.get(str(found.model.get("id")))
    if known is None:
        return told
    return replace(told, model={**found.model, "title": known.title}, provenance=_of_data(found, known))


def card(found: ModelCard) -> ModelCard:
    """An embedded model with the words to be shown."""
    known = MODELS_CHINESE.get(found.id) if _is_chinese() else None
    return found if known is None else _in_words(found, known)


def model_title(found: ModelCard) -> str:
    """An embedded model's name for people."""
    return card(found).title


def _of_data(found: AnalysisReport, words: ModelWords) -> Mapping[str, Any]:
    """Where an analysis comes from; data of one's own keep their name."""
    data, known = found.provenance.get("data"), card_of(found.model.get("id"))
    sample = known.data.get("name") if known is not None else None
    if not isinstance(data, Mapping) or sample is None or data.get("name") != sample:
        return found.provenance
    return {**found.provenance, "data": {**data, "name": words.data}}


def _in_words(found: ModelCard, words: ModelWords) -> ModelCard:
    data = {**found.data, "name": words.data, "description": words.data_description}
    if "licence" in data:
        data["licence"] = LICENCES.get(str(data["licence"]), data["licence"])
    trivial = {**found.trivial, "how": words.trivial} if found.trivial else found.trivial
    return replace(found, title=words.title, description=words.description, trivial=trivial, data=data)


def _is_chinese() -> bool:
    return language.current() == "zh"
