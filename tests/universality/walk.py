"""The whole walk, written to ``assets/universality.json``.

Usage: ``uv run python -m tests.universality.walk [timm] [transformers] [--only NAME …] [--failed]``. Without a part
both are walked, which may take an hour. ``--only`` and ``--failed`` walk some entries anew and leave the others in the
record as they are.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

from analysis_core.provenance import provenance
from tests.universality.cases import Cases, Entry
from tests.universality.walking import walk

RECORD = Path(__file__).parents[2] / "assets" / "universality.json"
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
    parser.add_argument("--record", type=Path, default=RECORD, help="the file that is written")
    asked = parser.parse_args(arguments)
    for part in asked.parts or PARTS:
        if part not in PARTS:
            parser.error(f"'{part}' is no part; choose from {', '.join(PARTS)}.")
        walk_part(part, asked.record, only=asked.only, failed=asked.failed)


def walk_part(part: str, record: Path, *, only: Sequence[str] = (), failed: bool = False) -> None:
    """Walk one part and write its section of the record, entry by entry."""
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    cases: Cases = import_module(PARTS[part]).cases()
    known: dict[str, Any] = {entry["name"]: entry for entry in _read(record).get(part, {}).get("entries", ())}
    chosen = {
        name: build
        for name, build in cases.items()
        if (not only or name in only) and not (failed and known.get(name, {}).get("passed"))
    }
    entries = {name: known[name] for name in cases if name in known} if only or failed else {}

    def keep(entry: Entry) -> None:
        entries[entry.name] = entry.to_dict()
        listed = [entries[name] for name in cases if name in entries]
        section = {**provenance(), "totals": totals(listed), "entries": listed}
        # Read again: the other part may be written at the same time.
        record.write_text(json.dumps({**_read(record), part: section}, indent=1, ensure_ascii=False) + "\n")
        print(f"{entry.name}: {entry.reason or entry.reached} ({entry.seconds:.0f} s)", flush=True)

    walk(chosen, tell=keep)


def totals(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How many came how far."""
    passed = sum(entry["passed"] for entry in entries)
    return {
        "entries": len(entries),
        "passed": passed,
        "share": round(passed / len(entries), 4) if entries else None,
        "analysed": sum(bool(entry["methods"]) for entry in entries),
        "nothing_to_cut": sum(entry["passed"] and entry["removed"] is None for entry in entries),
        "layer_removed": sum(entry["removed"] is not None for entry in entries),
        "reload_equal": sum(entry["reload_equal"] is True for entry in entries),
        "seconds": round(sum(entry["seconds"] for entry in entries)),
    }


def _read(record: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    return found


if __name__ == "__main__":
    main()
