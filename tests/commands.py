"""The command line without a process of its own: starting one takes longer than most commands."""

from __future__ import annotations

import re
import sys

import pytest

from analysis_core.cli import main


class Command:
    """``layerwise …`` in this process; runs go to the session's worker as ever."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *arguments: str) -> tuple[int, str, list[str]]:
        """Exit code, standard output, and the lines of standard error that tell no progress."""
        self._capsys.readouterr()  # what was said before is no concern of the command
        self._monkeypatch.setattr(sys, "argv", ["layerwise", *arguments])
        with pytest.raises(SystemExit) as ended:  # also when all is well
            main()
        out, err = self._capsys.readouterr()
        said = [line for line in err.splitlines() if line.strip() and not re.match(r"\s*\d+ %  ", line)]
        return int(ended.value.code or 0), out, said
