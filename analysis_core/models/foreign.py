"""Call a library's own loader: its reports are kept off the screen, and what it raises becomes one sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from transformers.utils import logging as transformers_logging

from analysis_core.errors import LayerwiseError, ModelError

Result = TypeVar("Result")


def or_refuse(build: Callable[[], Result], what: str, name: str) -> Result:
    """Run a library's own loader; whatever it raises becomes one sentence."""
    try:
        return build()
    except LayerwiseError:
        raise
    except Exception as error:  # each of 800 architectures fails in its own way
        first_line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ModelError(
            f"The model {what}: {first_line}",
            where=name,
            remedy="Save it again with a recent version of transformers.",
        ) from error


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers' reports and progress bars off the screen: what they say is raised as errors."""
    verbosity, bars = transformers_logging.get_verbosity(), transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity(transformers_logging.CRITICAL)
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        if bars:
            transformers_logging.enable_progress_bar()
