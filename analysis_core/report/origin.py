"""Where figures come from, as pairs of a name and a value for people: run, time, machine, examples, versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analysis_core.report import numbers
from analysis_core.report.phrases import ENGLISH, Phrases


def origin(run: str | None, facts: Mapping[str, Any], phrases: Phrases = ENGLISH) -> list[tuple[str, str]]:
    """Every known fact; what is not known is left out.

    Args:
        run: the stored run; None where there is none.
        facts: the provenance of a result.
        phrases: the words.
    """
    machine, versions = facts.get("machine", ""), facts.get("versions", {})
    parts = list(_parts(facts.get("data")))
    pairs: list[tuple[str, Any]] = [
        ("page_run", run),
        ("page_when", facts.get("at")),
        ("page_took", _number(facts.get("seconds"), numbers.seconds)),
        ("page_passes", _number(facts.get("passes"), numbers.significant)),
        ("page_machine", machine if isinstance(machine, str) else ", ".join(map(str, machine.values()))),
        ("page_seed", facts.get("seed")),
        *([] if parts else [("page_data", facts.get("examples"))]),
    ]
    for part in parts:
        words = {"count": part.get("examples", ""), "name": part.get("name", ""), "split": part.get("split", "")}
        pairs += [("page_data", phrases["page_data_of"].format(**words)), ("page_checksum", part.get("sha256"))]
    pairs.append(("page_versions", ", ".join(f"{package} {number}" for package, number in versions.items())))
    return [(phrases[name], str(value)) for name, value in pairs if value not in (None, "")]


def _parts(data: Any) -> Iterator[Mapping[str, Any]]:
    """The examples that were used: one part of an analysis, one a purpose of a compression."""
    if not isinstance(data, Mapping):
        return
    if "name" in data or "sha256" in data:
        yield data
    else:
        yield from (part for part in data.values() if isinstance(part, Mapping))


def _number(value: Any, written: Any) -> str | None:
    return written(float(value)) if isinstance(value, int | float) else None
