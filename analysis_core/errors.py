"""One family of errors. Each says what went wrong, where, and what to do about it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import ClassVar

MODEL_FAULTS = (RuntimeError, TypeError, ValueError, IndexError, KeyError, AttributeError)
"""What a model's own code may raise that is fed, or built, otherwise than it expects."""


class LayerwiseError(Exception):
    """The base of every error that a person can do something about.

    Args:
        what: one sentence that says what went wrong.
        where: the model, layer, file, run or argument concerned; may be empty.
        remedy: one sentence that says what to do; may be empty.

    Attributes:
        input_at_fault: whether it lies in what was asked for or handed in, so that the same again would fail again.
    """

    input_at_fault: ClassVar[bool] = True

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        """The whole message on one line, as the app and the command line show it."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head} {self.remedy}".strip()

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders; keyword-only arguments need help to be pickled.
        return (_rebuild, (type(self), self.what, self.where, self.remedy))


def _rebuild(cls: type[LayerwiseError], what: str, where: str, remedy: str) -> LayerwiseError:
    error = cls.__new__(cls)
    LayerwiseError.__init__(error, what, where=where, remedy=remedy)
    return error


class UnknownNameError(LayerwiseError):
    """A name that nobody registered; proposes the nearest ones that exist."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        known = sorted(known)
        near = max(known, key=lambda other: _likeness(name, other), default="")
        if near and _likeness(name, near) >= 0.6:
            remedy = f"Did you mean '{near}'?"
        else:
            remedy = f"Known: {', '.join(known)}." if known else "None is registered."
        super().__init__(f"Unknown {kind} '{name}'.", remedy=remedy)


def _likeness(name: str, known: str) -> float:
    """How alike two names are, 0 … 1; being like one word of a longer name counts almost as much."""
    words = [word for word in re.split(r"[^a-z0-9]+", known.lower()) if len(word) > 2]
    whole = difflib.SequenceMatcher(None, name.lower(), known.lower()).ratio()
    return max([whole, *(0.9 * difflib.SequenceMatcher(None, name.lower(), word).ratio() for word in words)])


class ConfigurationError(LayerwiseError):
    """Settings that contradict each other or lie outside what is possible."""


class ModelError(LayerwiseError):
    """A model that cannot be loaded, or cannot be taken apart."""


class UnsafeFileError(ModelError):
    """A file that is refused because reading it could run code or exhaust the machine."""


class NoLayersError(ModelError):
    """A model in which no layers could be found."""


class DataError(LayerwiseError):
    """Examples that are missing, malformed or do not fit the model."""


class NumericalError(LayerwiseError):
    """A loss or a statistic that is not a finite number."""


class PlanError(LayerwiseError):
    """A compression that cannot be planned as asked."""


class SurgeryError(LayerwiseError):
    """Layers that cannot be removed from a model."""


class NothingToCutError(SurgeryError):
    """A model of which no layer can be removed."""


class ExportError(LayerwiseError):
    """A compressed model that could not be written, or did not come back equal."""

    input_at_fault = False


class StorageError(LayerwiseError):
    """A store or an artefact that could not be read or written whole."""

    input_at_fault = False


class RunError(LayerwiseError):
    """A run that ended without a result."""

    input_at_fault = False


class CancelledError(LayerwiseError):
    """Raised inside a computation after somebody asked it to stop."""

    input_at_fault = False


def first_line(error: BaseException, otherwise: str | None = None) -> str:
    """The first line of what another library's error says; where it says nothing, ``otherwise`` or its name."""
    return (str(error).splitlines() or [repr(error) if otherwise is None else otherwise])[0]
