"""The words and the loading script that go with an exported model."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any

from analysis_core.compression.exporting.compact_export import inserted, is_compact
from analysis_core.compression.removal.cut_out import cuts_of
from analysis_core.models.base import UniversalModel
from analysis_core.models.cuts import CUTS, shorten, take_out
from analysis_core.models.libraries import BUILT_FROM_ARGUMENTS, LIBRARIES, NETS, source_of
from analysis_core.models.sublayers import in_blocks
from analysis_core.results import CompressionPlan, Measurement
from analysis_core.vocabulary import Quantization

TIMM_SCRIPT = '''"""Load the model in this folder. Needs: pip install timm safetensors"""

import json
from pathlib import Path

import timm
from safetensors.torch import load_model


def load(folder=Path(__file__).resolve().parent):
    """The model in evaluation mode; config.json says how pictures are prepared ("pretrained_cfg")."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    model = timm.create_model(config["architecture"], pretrained=False, **config["model_args"])
    load_model(model, folder / "model.safetensors")
    return model.eval()


if __name__ == "__main__":
    model = load()
    print(f"{type(model).__name__} with {sum(p.numel() for p in model.parameters()):,} parameters")
'''

LIBRARY_SCRIPT = '''"""Load the model in this folder. Needs: pip install {package} safetensors"""

import json
{imported}
from pathlib import Path

from safetensors.torch import load_model
{more}

def load(folder=Path(__file__).resolve().parent):
    """The model in evaluation mode; config.json names its class and what it is built with."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    model = getattr({library}, config["architecture"])(**config["model_args"])
    load_model(model, folder / "model.safetensors")
    return model.eval()


if __name__ == "__main__":
    model = load()
    print(f"{{type(model).__name__}} with {{sum(p.numel() for p in model.parameters()):,}} parameters")
'''

NET_SOURCE = "net.py"
_NEEDED = re.compile(r"Needs: pip install ([\w \-]+)")
"""What a network of this project's own says of itself in its first line."""
_OWN_NET = '''

def own_net(folder):
    """The module net.py, which defines the network."""
    spec = spec_from_file_location("net", folder / "net.py")
    net = module_from_spec(spec)
    spec.loader.exec_module(net)
    return net
'''

MODULE_SCRIPT = '''"""Fill your own smaller module with these weights. Needs: pip install torch safetensors"""

from pathlib import Path

from safetensors.torch import load_model


def load(model, folder=Path(__file__).resolve().parent):
    """Fill a module that your code built with the numbers of blocks in config.json."""
    load_model(model, folder / "model.safetensors")
    return model.eval()
'''


def loading_script(library: str, description: Mapping[str, Any]) -> str:
    """The script that builds and fills a model of a library that builds from plain arguments."""
    script = _script_of(library, description)
    return with_cuts(script, f'config["{CUTS}"]') if description.get(CUTS) else script


def with_cuts(script: str, steps: str) -> str:
    """A loading script that takes blocks out before it fills the model.

    Args:
        script: which builds the whole model.
        steps: how the list of steps is called in its ``load``.
    """
    functions = "\n\n".join(inspect.getsource(function) for function in (take_out, shorten))
    return inserted(
        script,
        {
            "import json\n": "from __future__ import annotations\n\n",
            "def load(": f"from torch import nn\n\n\n{functions}\n\n",
            "    load_model(model": f"    for cut in {steps}:\n        shorten(model, cut)\n",
        },
    )


def _script_of(library: str, description: Mapping[str, Any]) -> str:
    if library == "timm":
        return TIMM_SCRIPT
    if library == NETS:
        imported = "from importlib.util import module_from_spec, spec_from_file_location"
        source = source_of(description)
        needed = _NEEDED.search(source.read_text(encoding="utf-8")) if source else None
        package = needed.group(1) if needed else "torch"
        return LIBRARY_SCRIPT.format(package=package, imported=imported, library="own_net(folder)", more=_OWN_NET)
    imported = "from importlib import import_module"
    found = f'import_module("{LIBRARIES[library]}")'
    return LIBRARY_SCRIPT.format(package=library, imported=imported, library=found, more="")


def loading_lines(model: UniversalModel, library: str) -> str:
    """The few lines of Python that load an exported model."""
    class_name = type(model.module).__name__
    by_script = is_compact(model.module) or bool(cuts_of(model.module))
    if library == "transformers" and not by_script:
        names = [class_name] if getattr(model, "tokenizer", None) is None else ["AutoTokenizer", class_name]
        loads = [f'{name}.from_pretrained("path/to/this/folder")' for name in names]
        targets = ["tokenizer", "model"][-len(names) :]
        imported = f"from transformers import {', '.join(names)}"
        return "\n".join([imported, "", *(f"{t} = {load}" for t, load in zip(targets, loads, strict=True))])
    if library in BUILT_FROM_ARGUMENTS or library == "transformers":
        return "from load import load  # load.py in this folder\nmodel = load()"
    return f"from load import load  # load.py in this folder\nmodel = load(your_smaller_{class_name})"


def readme(model: UniversalModel, library: str, plan: CompressionPlan, measurement: Measurement | None) -> str:
    """The card of an exported model, as Markdown."""
    parts = [
        f"# {model.name}, {plan.compressed_layers} of {plan.original_layers} layers",
        f"Made from `{model.name}` by taking out {_listed(plan.remove)}, chosen by `{plan.strategy}` "
        f"({plan.ratio:.3g}x fewer layers). {rest_of(plan)}",
    ]
    if measurement is not None:
        parts.append(_table(measurement))
    parts.append(f"## Load it\n\n```python\n{loading_lines(model, library)}\n```")
    if library == "torch":
        parts.append(
            f"`{type(model.module).__name__}` is code of your own, which is not in this folder: build it "
            "with the numbers of blocks that `config.json` names, and `load` fills it."
        )
    parts.append("`compression.json` holds the plan, the measurement and what is needed to repeat both.")
    return "\n\n".join(parts) + "\n"


def rest_of(plan: CompressionPlan) -> str:
    """What became of the weights of the layers that stay."""
    if plan.keeps_weights:
        return "No other weight was changed."
    thin = f"became two thin ones with {plan.low_rank:.0%} of its weights" if plan.low_rank is not None else ""
    int8 = "stores its weights as int8" if plan.quantize is Quantization.INT8 else ""
    changes = " and ".join(filter(None, (thin, int8)))
    limit = ", so the model only infers: it cannot be trained" if int8 else ""
    return f"Each linear layer that could be replaced {changes}{limit}."


def module_description(model: UniversalModel) -> dict[str, Any]:
    """What can be said of a module that no library builds: its class, and the blocks in each container."""
    counts: dict[str, int] = {}
    for layer in in_blocks(model).layers:
        container = layer.name.rpartition(".")[0]
        counts[container] = counts.get(container, 0) + 1
    cls = type(model.module)
    return {"library": "torch", "class": f"{cls.__module__}.{cls.__qualname__}", "blocks": counts}


def _table(measurement: Measurement) -> str:
    retention, speedup = measurement.retention, measurement.speedup
    rows = [
        ("", "original", "this model"),
        ("---", "---", "---"),
        (measurement.metric, f"{measurement.original:.4f}", f"{measurement.compressed:.4f}"),
        ("parameters", f"{measurement.parameters_original:,}", f"{measurement.parameters_compressed:,}"),
        ("bytes of weights", f"{measurement.bytes_original:,}", f"{measurement.bytes_compressed:,}"),
        (
            f"latency, batch of {measurement.batch_size} (median)",
            f"{measurement.latency_original.median_ms:.2f} ms",
            f"{measurement.latency_compressed.median_ms:.2f} ms",
        ),
        *_counted(measurement),
    ]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return (
        f"## Measured\n\n{table}\n\n"
        f"It keeps {retention.value:.1%} of the {measurement.metric} (95 % interval {retention.low:.1%} to "
        f"{retention.high:.1%}, {measurement.examples} examples that chose nothing) "
        f"and is {speedup.value:.2f}x as fast ({speedup.low:.2f} to {speedup.high:.2f}) "
        f"on {measurement.machine}, {measurement.measured_at}.{_uncounted(measurement)}"
    )


def _counted(found: Measurement) -> list[tuple[str, str, str]]:
    """What one forward pass costs whatever the machine; nothing in measurements that did not count it."""
    rows = [
        (f"FLOPs, batch of {found.batch_size}", found.flops_original, found.flops_compressed),
        (f"peak bytes, batch of {found.batch_size}", found.peak_bytes_original, found.peak_bytes_compressed),
    ]
    return [(name, f"{a:,}", f"{b:,}") for name, a, b in rows if a is not None and b is not None]


def _uncounted(found: Measurement) -> str:
    """What its FLOPs leave out, as a paragraph."""
    if not found.flops_uncounted:
        return ""
    names = ", ".join(f"`{name}`" for name in found.flops_uncounted)
    return f"\n\nNot among the FLOPs, which are those of matrix products, convolutions and attention: {names}."


def _listed(layers: Sequence[int]) -> str:
    if not layers:
        return "no layer"
    return f"layer{'s' if len(layers) > 1 else ''} {', '.join(map(str, layers))} (counted from 0)"
