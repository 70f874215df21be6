"""Write a smaller model as ``model.onnx`` too, where torch's exporter manages, and say why where it does not.

What was written counts only when onnxruntime computes with it what torch computes, on the example it was traced with
and on one of another size. Axes that vary are tried first: examples and tokens, then examples alone, then none.
"""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from analysis_core.compression.exporting.onnx_trace import TracedInputs, TracedModule, other_size, trace, ways
from analysis_core.compression.shrinking.compact import Int8Linear
from analysis_core.data.batches import Batch
from analysis_core.models.base import UniversalModel
from analysis_core.probe.hooks import preserved
from analysis_core.results import OnnxReport

ONNX_FILE = "model.onnx"
TOLERANCE = 1e-4
"""Largest difference of any output number, as a share of the largest output (of 1 where all are smaller)."""
HALF_TOLERANCE = 1e-2
"""The same for models in half precision, whose numbers have three digits."""
EXAMPLES = 4
MOST_LETTERS = 200
REMEDY = "Install the extra: pip install 'universal-layerwise-adapter[onnx]'."


def write_onnx(model: UniversalModel, folder: Path, batch: Batch) -> OnnxReport:
    """Write ``model.onnx`` into a folder, if the model can be said in ONNX.

    Args:
        model: the smaller model; stays as it is.
        folder: where the file goes; left as it was where nothing comes of it.
        batch: some examples; the first four are traced.

    Returns:
        What was written and how far it agrees with torch, or the reason why it was not.

    Raises:
        OSError: the file cannot be written.
    """
    if find_spec("onnx") is None or find_spec("onnxscript") is None:
        return OnnxReport(reason=f"The packages onnx and onnxscript are not installed. {REMEDY}")
    if any(isinstance(part, Int8Linear) for part in model.module.modules()):
        return OnnxReport(reason="Its int8 layers are made for torch alone. Compress it without int8 for ONNX.")
    batch = batch.select(0, min(EXAMPLES, batch.size))
    reason = ""
    with preserved(model.module), torch.no_grad(), _quiet():
        model.module.eval()
        inputs = TracedInputs.of(model, batch)
        for axes in ways(inputs, model.modality):
            traced = TracedModule(model.module, inputs)
            try:
                program = trace(traced, inputs, axes)
            except Exception as error:  # noqa: BLE001 - the exporter, and models under it, fail in ways of their own
                reason = reason or f"torch's exporter gave up: {_first_words(error)}"
                continue
            path = folder / ONNX_FILE
            program.save(path)
            report = _checked(traced, model, batch, path)
            if report.reason is None:
                return report
            reason = report.reason
            _remove(path)
    return OnnxReport(reason=reason)


def _checked(traced: TracedModule, model: UniversalModel, batch: Batch, path: Path) -> OnnxReport:
    """What was written, run by onnxruntime where that is installed."""
    import onnx

    described = onnx.load(path, load_external_data=False)
    shapes = {
        value.name: [dim.dim_param for dim in value.type.tensor_type.shape.dim] for value in described.graph.input
    }
    facts: dict[str, Any] = {
        "axes": tuple(dict.fromkeys(name for names in shapes.values() for name in names if name)),
        "opset": described.opset_import[0].version,
    }
    if find_spec("onnxruntime") is None:
        return OnnxReport(file=path.name, **facts)
    is_half = any(weight.dtype in (torch.float16, torch.bfloat16) for weight in model.module.parameters())
    tolerance = HALF_TOLERANCE if is_half else TOLERANCE
    try:
        differences = _differences(traced, [TracedInputs.of(model, batch), other_size(model, batch, shapes)], path)
    except Exception as error:  # noqa: BLE001 - onnxruntime has errors of its own for each stage
        return OnnxReport(reason=f"onnxruntime does not run what was written: {_first_words(error)}")
    worst = max(differences)
    if not worst <= tolerance:
        return OnnxReport(reason=f"onnxruntime computes something else: {worst:.1g} apart, {tolerance:g} is allowed.")
    return OnnxReport(
        file=path.name, **facts, largest_difference=worst, tolerance=tolerance,
        checked_with=f"onnxruntime {version('onnxruntime')}",
    )  # fmt: skip


def _differences(traced: TracedModule, cases: Sequence[TracedInputs], path: Path) -> list[float]:
    import onnxruntime  # type: ignore[import-untyped]  # it ships no types

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = torch.get_num_threads(), 4
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    found: list[float] = []
    for inputs in cases:
        fed = {item.name: inputs.tensors[item.name].cpu().numpy() for item in session.get_inputs()}
        theirs = [torch.as_tensor(output) for output in session.run(None, fed)]
        ours = traced(*inputs.tensors.values())
        found += [_difference(mine.cpu(), other) for mine, other in zip(ours, theirs, strict=True)]
    return found


def _difference(ours: Tensor, theirs: Tensor) -> float:
    """Largest difference as a share of the largest finite output; infinite where shapes or infinities differ."""
    if ours.shape != theirs.shape:
        return float("inf")
    ours, theirs = ours.double(), theirs.double()
    apart = (ours - theirs).abs()[ours != theirs]
    if not apart.numel():
        return 0.0
    scale = max(1.0, float(ours[ours.isfinite()].abs().amax()))
    return float(apart.amax()) / scale if bool(apart.isfinite().all()) else float("inf")


def _first_words(error: BaseException) -> str:
    """The first line of what lies at the root of an error, as the end of a sentence."""
    while error.__cause__ is not None:
        error = error.__cause__
    lines = [re.sub(r"\s+", " ", line).strip() for line in str(error).splitlines()]
    line = next((line for line in lines if line), type(error).__name__)
    line = line if len(line) <= MOST_LETTERS else f"{line[:MOST_LETTERS].rstrip()} …"
    return line.rstrip(".:") + "."


def _remove(path: Path) -> None:
    for part in path.parent.glob(f"{path.name}*"):  # the weights of large models lie in a file of their own
        part.unlink()


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter warns of its own deprecations and unfolded constants, and prints whole graphs when it gives up."""
    disabled, nowhere = logging.root.manager.disable, io.StringIO()
    with warnings.catch_warnings(), redirect_stdout(nowhere), redirect_stderr(nowhere):
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        try:
            yield
        finally:
            logging.disable(disabled)
