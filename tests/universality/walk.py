"""The whole walk, written to ``assets/universality.json``.

Usage: ``uv run python -m tests.universality.walk [timm] [transformers] [--only NAME …] [--failed] [--missing]``.
Without a part both are walked, which may take an hour and more. ``--only``, ``--failed`` and ``--missing`` walk some
entries anew and leave the others in the record as they are.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from analysis_core.provenance import provenance
from tests.universality.cases import Cases, Entry
from tests.universality.walking import walk

RECORD = Path(__file__).parents[2] / "assets" / "universality.json"
NAMES_A_PROCESS, SECONDS_A_PROCESS = 40, 3600
PARTS = {
    "timm": "tests.universality.timm_families",
    "transformers": "tests.universality.transformers_types",
}
"""Each part's module has a function ``cases()``."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Walk what is asked for and keep every entry as soon as it is there."""
    parser = argparse.ArgumentParser(description="Walk all timm families and all transformers model types.")
    parser.add_argument("parts", nargs="*", help=f"{' and '.join(PARTS)}; both when left out")
    parser.add_argument("--only", nargs="+", default=(), help="names of entries to walk anew")
    parser.add_argument("--failed", action="store_true", help="walk only what did not come through last time")
    parser.add_argument("--missing", action="store_true", help="walk only what the record does not hold yet")
    parser.add_argument("--record", type=Path, default=RECORD, help="the file that is written")
    asked = parser.parse_args(arguments)
    for part in asked.parts or PARTS:
        if part not in PARTS:
            parser.error(f"'{part}' is no part; choose from {', '.join(PARTS)}.")
        names = chosen_names(part, asked.record, only=asked.only, failed=asked.failed, missing=asked.missing)
        if asked.only:
            walk_part(part, asked.record, names)
        else:
            walk_in_processes(part, asked.record, names)


def chosen_names(
    part: str, record: Path, *, only: Sequence[str] = (), failed: bool = False, missing: bool = False
) -> list[str]:
    """Which cases to walk."""
    known = {entry["name"]: entry for entry in _read(record).get(part, {}).get("entries", ())}
    cases: Cases = import_module(PARTS[part]).cases()
    return [
        name
        for name in cases
        if (not only or name in only)
        and not (failed and known.get(name, {}).get("passed"))
        and not (missing and name in known)
    ]


def walk_in_processes(part: str, record: Path, names: Sequence[str]) -> None:
    """Walk in processes of ``NAMES_A_PROCESS`` each, so that a crash or a leak costs a few entries at most."""
    for start in range(0, len(names), NAMES_A_PROCESS):
        chunk = names[start : start + NAMES_A_PROCESS]
        _walk_in_process(part, record, chunk)
        for name in _without_entry(part, record, chunk):
            _walk_in_process(part, record, [name])
        for name in _without_entry(part, record, chunk):
            _keep(part, record, Entry(name, reason="The process ended while this was walked."))


def _walk_in_process(part: str, record: Path, names: Sequence[str]) -> None:
    command = [sys.executable, "-m", "tests.universality.walk", part, "--record", str(record), "--only", *names]
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(command, check=False, timeout=SECONDS_A_PROCESS)


def _without_entry(part: str, record: Path, names: Sequence[str]) -> list[str]:
    known = {entry["name"] for entry in _read(record).get(part, {}).get("entries", ())}
    return [name for name in names if name not in known]


def walk_part(part: str, record: Path, names: Sequence[str]) -> None:
    """Walk some cases of a part and write their entries into its section of the record, one by one."""
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    cases: Cases = import_module(PARTS[part]).cases()

    def keep(entry: Entry) -> None:
        _keep(part, record, entry)
        print(f"{entry.name}: {entry.reason or entry.reached} ({entry.seconds:.0f} s)", flush=True)

    walk({name: cases[name] for name in names}, tell=keep)


def _keep(part: str, record: Path, entry: Entry) -> None:
    known = _read(record)  # anew each time: the other part may be written at the same time
    entries = {other["name"]: other for other in known.get(part, {}).get("entries", ())}
    entries[entry.name] = entry.to_dict()
    cases = import_module(PARTS[part]).cases()
    listed = [entries[name] for name in cases if name in entries]
    section = {**provenance(), "cases": len(cases), "totals": totals(listed), "entries": listed}
    record.write_text(json.dumps({**known, part: section}, indent=1, ensure_ascii=False) + "\n")


def totals(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How many came how far, and between which times; the share is of those that build."""
    passed = sum(entry["passed"] for entry in entries)
    built = sum(entry.get("builds", True) for entry in entries)
    return {
        "entries": len(entries),
        "build": built,
        "passed": passed,
        "share": round(passed / built, 4) if built else None,
        "analysed": sum(bool(entry["methods"]) for entry in entries),
        "nothing_to_cut": sum(entry["passed"] and entry["removed"] is None for entry in entries),
        "layer_removed": sum(entry["removed"] is not None for entry in entries),
        "reload_equal": sum(entry["reload_equal"] is True for entry in entries),
        "seconds": round(sum(entry["seconds"] for entry in entries)),
        "walked": [pick((entry["at"] for entry in entries), default=None) for pick in (min, max)],
    }


def _read(record: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    return found


if __name__ == "__main__":
    main()
