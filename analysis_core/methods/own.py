"""Methods of your own beside the built-in ones."""

from __future__ import annotations

from analysis_core.methods import METHODS
from analysis_core.methods.base import ImportanceAnalyzer, as_analyzer
from analysis_core.registry import Registry


class MethodRegistry:
    """The methods that one adapter can run: the built-in ones and its user's own."""

    def __init__(self) -> None:
        self._methods: Registry[ImportanceAnalyzer] = METHODS.copy()

    def add_method(self, name: str, method: type[ImportanceAnalyzer] | ImportanceAnalyzer) -> None:
        """Add a method of your own; analyses from now on run it too.

        Args:
            name: under which its scores are found in reports.
            method: a subclass of :class:`ImportanceAnalyzer`, or an instance of one.

        Raises:
            ConfigurationError: it is no such thing, or the name is taken.
        """
        self._methods.add(name, as_analyzer(name, method))

    def get(self, name: str) -> ImportanceAnalyzer:
        """The method of that name.

        Raises:
            UnknownNameError: there is none; the message proposes the nearest one.
        """
        return self._methods.get(name)

    def names(self) -> list[str]:
        """All names."""
        return self._methods.names()
