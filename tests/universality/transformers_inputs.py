"""Example inputs for any Hugging Face model, from the names in its forward's signature.

What a name stands for is mostly known (``input_ids``, ``pixel_values``), its layout is not: sound features come as
``[examples, bands, frames]`` or the other way round, pictures with or without a dimension of frames. So every name has
one or more makers, and the first combination that the model accepts is taken.
"""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from transformers import PreTrainedModel

from tests.universality.cases import DoesNotBuildError
from tests.universality.feeder import EXAMPLES, Feeder
from tests.universality.makers import EXTRA, FLAT, GRIDS, MAKERS, SPARE, Maker
from tests.universality.own_inputs import ALONE, OWN_INPUTS
from tests.universality.preparing import pooled

MOST_TRIES = 30
SESSION = "inference_session"
FEATURES = re.compile(r"tokens\D*(\d+)\D*features\D*(\d+)", re.IGNORECASE)


def example_inputs(module: PreTrainedModel) -> tuple[dict[str, Any], int]:
    """Inputs that the model accepts, and how many examples they are.

    Raises:
        DoesNotBuildError: its forward takes no tensors to be fed with.
        ValueError: none of the tries was accepted; says what the model has against the first.
    """
    if SESSION in _needed(module):
        raise DoesNotBuildError(f"{type(module).__name__} reads the session of a video, filled frame by frame.")
    first: Exception | None = None
    for feeder, makers in _attempts(module):
        try:
            return _accepted(feeder, makers), feeder.examples
        except TimeoutError:
            raise
        except Exception as error:  # noqa: BLE001 - a model refuses what does not fit it in its own way
            first = first or error
    needed = ", ".join(name for name in _needed(module) if name not in MAKERS)
    raise ValueError(f"No example inputs fit: {type(first).__name__}: {first}" if first else f"It asks for {needed}.")


def _attempts(module: PreTrainedModel) -> Iterator[tuple[Feeder, Mapping[str, Maker]]]:
    """The type's own inputs first; then, for each choice of names, the combinations of what may stand for them."""
    if own := OWN_INPUTS.get(module.config.model_type):
        for examples in (1,) if module.config.model_type in ALONE else (EXAMPLES, 1):
            yield Feeder(module, examples), own
    for feeder, names in _plans(module):
        makers_of = [FLAT.get(name, ()) if set(GRIDS) & set(names) and name in FLAT else MAKERS[name] for name in names]
        for makers in itertools.islice(itertools.product(*makers_of), MOST_TRIES):
            yield feeder, dict(zip(names, makers, strict=True))


def _needed(module: PreTrainedModel) -> list[str]:
    parameters = inspect.signature(module.forward).parameters.values()
    plain = [p.name for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    return [*plain, *EXTRA.get(module.config.model_type, ())]


def _plans(module: PreTrainedModel) -> Iterator[tuple[Feeder, list[str]]]:
    """Which inputs to try: all that are known, then only what the model cannot do without."""
    needed = _needed(module)
    main = module.main_input_name
    accepted = list(inspect.signature(module.forward).parameters)
    known = [name for name in accepted if name in MAKERS and (name in needed or name not in SPARE)]
    if "input_ids" not in known:
        known = [name for name in known if name != "attention_mask" or name in needed]
    least = [*needed, *([main] if isinstance(main, str) else main)]
    words = [name for name in known if "input_ids" in name or name == "attention_mask"]
    alone = [name for name in ("input_values", "input_features", "pixel_values") if name in accepted]
    answers = [name for name in ("decoder_input_ids",) if name in accepted]
    lists = [known, [*needed, *words], least, [name for name in accepted if name in FLAT or name in GRIDS]]
    lists += [[*needed, name, *answers] for name in alone]
    for names in (list(dict.fromkeys(names)) for names in lists):
        if not names or any(name not in MAKERS for name in [*names, *needed]) or set(needed) - set(names):
            continue
        for examples in (1,) if set(GRIDS) & set(names) else (EXAMPLES, 1):
            yield Feeder(module, examples), [name for name in names if name in accepted]


def _accepted(feeder: Feeder, makers: Mapping[str, Maker]) -> dict[str, Any]:
    feeder.placeholders = 0
    for _ in range(3):
        inputs = {name: make(feeder) for name, make in makers.items()}
        if "use_cache" in inspect.signature(feeder.module.forward).parameters:
            inputs["use_cache"] = False
        try:
            with torch.no_grad():
                outputs = feeder.module(**inputs)
            pooled(outputs, feeder.examples)  # else the layout is wrong, or it reads one example at a time
        except Exception as error:
            counts = FEATURES.search(str(error))
            if counts is None or "input_ids" not in inputs:
                raise
            wanted = int(counts[2]) // feeder.examples
            if wanted == feeder.placeholders or wanted > 512:
                raise
            feeder.placeholders = wanted
        else:
            return inputs
    raise ValueError("The number of placeholders was not found.")
