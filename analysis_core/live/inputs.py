"""What a person hands in, as a batch; and what the model was never trained on, to choose from."""

from __future__ import annotations

import base64
import io
from binascii import Error as Base64Error
from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis_core.data.batches import Batch
from analysis_core.data.examples import ExampleSet
from analysis_core.errors import DataError

LONGEST_TEXT = 4000
KINDS: Mapping[str, str] = {"text": "text", "image": "picture", "sound": "sound", "observations": "play"}
"""Column that a model reads -> what a person hands in."""
MOST_EXAMPLES = 12


def kind_of(columns: tuple[str, ...]) -> str | None:
    """What a person hands in to a model that reads these columns; None where that is nothing simple."""
    found = [kind for column, kind in KINDS.items() if column in columns]
    simple = set(columns) - {"target_text", "actions", "label"} <= set(KINDS)
    return found[0] if len(found) == 1 and simple else None


def batch_of(model: Any, given: Mapping[str, Any]) -> Batch:
    """One example of what a person handed in.

    Args:
        model: reads examples.
        given: ``{"text": …}``, or ``{"picture": …}`` or ``{"sound": …}`` with a file in base 64.

    Raises:
        DataError: there is nothing in it, it is too long, or it cannot be read.
    """
    row: dict[str, Any] = {}
    for column, kind in KINDS.items():
        if kind in given:
            row[column] = _checked_text(given[kind]) if kind == "text" else _decoded(given[kind])
    if not row:
        raise DataError("There is nothing to read.", remedy="Give a text, a picture or a sound.")
    if "target_text" in model.columns:  # never looked at: the model writes its own
        row["target_text"] = row.get("text", "a")
    found: Batch = next(iter(model.batches(ExampleSet(pd.DataFrame([row]), "your input"), 1)))
    return found


def examples_to_show(examples: ExampleSet, kind: str) -> list[dict[str, Any]]:
    """A few test examples, as :func:`batch_of` takes them, with what is true of them in words."""
    shown = []
    for _, row in examples.head(MOST_EXAMPLES, seed=1).frame.iterrows():
        found: dict[str, Any] = {}
        for column, name in KINDS.items():
            if name == kind and column in row:
                found[name] = _shown(row[column], kind)
        if "label" in row and examples.class_names:
            found["truth"] = examples.class_names[int(row["label"])]
        elif "target_text" in row:
            found["truth"] = str(row["target_text"])
        shown.append(found)
    return shown


def _shown(content: Any, kind: str) -> str:
    """A text as it is; a file in base 64. Sounds become WAV files: browsers fail to play very short FLAC files."""
    if kind == "text":
        return str(content)
    if kind == "sound":
        import soundfile  # type: ignore[import-untyped,unused-ignore]  # ships no types

        samples, rate_hz = soundfile.read(io.BytesIO(content))
        file = io.BytesIO()
        soundfile.write(file, samples, rate_hz, format="WAV", subtype="PCM_16")
        content = file.getvalue()
    return base64.b64encode(content).decode()


def _checked_text(text: Any) -> str:
    if not isinstance(text, str) or not text.strip():
        raise DataError("The text is empty.", remedy="Type a sentence.")
    if len(text) > LONGEST_TEXT:
        raise DataError(f"The text is longer than {LONGEST_TEXT} characters.", remedy="Use a shorter one.")
    return text


def _decoded(encoded: Any) -> bytes:
    try:
        return base64.b64decode(str(encoded), validate=True)
    except (Base64Error, ValueError) as error:
        raise DataError("The file arrived damaged.", remedy="Hand it in again.") from error
