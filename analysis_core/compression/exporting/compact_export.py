"""What an export with compact linear layers needs beside its weights: their code, where they go, how to load them.

The files are named for what they are and not as libraries expect, so that nothing loads the folder by mistake without
its compact layers, and fills the gaps with random numbers.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from analysis_core.compression.shrinking import compact
from analysis_core.compression.shrinking.compact import compact_layers

COMPACT_WEIGHTS, COMPACT_LAYERS, COMPACT_SOURCE = "compact.safetensors", "compact.json", "compact.py"

TRANSFORMERS_SCRIPT = '''"""Load the model in this folder. Needs: pip install transformers safetensors"""

import json
from importlib import import_module
from pathlib import Path

from safetensors.torch import load_model
from transformers import GenerationConfig


def load(folder=Path(__file__).resolve().parent):
    """The model in evaluation mode; config.json describes it before its linear layers were made smaller."""
    model_class = import_module("{module}").{name}
    model = model_class(model_class.config_class.from_pretrained(folder))
    if (folder / "generation_config.json").exists():
        model.generation_config = GenerationConfig.from_pretrained(folder)
    load_model(model, folder / "model.safetensors")
    return model.eval()


if __name__ == "__main__":
    model = load()
    print(f"{{type(model).__name__}} with {{sum(p.numel() for p in model.parameters()):,}} parameters")
'''

_IMPORTED = "from importlib.util import module_from_spec, spec_from_file_location\n"
_SWAP = f'''def with_compact_layers(model, folder):
    """The model with the layers that {COMPACT_LAYERS} lists, as {COMPACT_SOURCE} defines them."""
    spec = spec_from_file_location("compact", folder / "{COMPACT_SOURCE}")
    source = module_from_spec(spec)
    spec.loader.exec_module(source)
    return source.swap_in(model, json.loads((folder / "{COMPACT_LAYERS}").read_text(encoding="utf-8")))
'''


def is_compact(module: nn.Module) -> bool:
    """Whether a model holds linear layers that no library builds."""
    return any(isinstance(part, tuple(compact.COMPACT.values())) for part in module.modules())


def transformers_script(module: nn.Module) -> str:
    """The script that loads a transformers model with compact layers, not yet knowing of these."""
    cls = type(module)
    return TRANSFORMERS_SCRIPT.format(module=cls.__module__, name=cls.__name__)


def with_compact_layers(script: str) -> str:
    """A loading script that puts the compact layers in their places before it fills the model."""
    imported = "".join(line for line in ("import json\n", _IMPORTED) if line not in script)
    script = inserted(
        script,
        {
            "from pathlib import Path\n": imported,
            "def load(": f"{_SWAP}\n\n",
            "    load_model(model": "    with_compact_layers(model, folder)\n",
        },
    )
    return script.replace("model.safetensors", COMPACT_WEIGHTS)


def inserted(script: str, before: Mapping[str, str]) -> str:
    """A script with more text before the first appearance of some of its own."""
    for place, more in before.items():
        script = script.replace(place, more + place, 1)
    return script


def write_compact_layers(module: nn.Module, folder: Path) -> None:
    """Write where compact layers stand in a model, and the code that defines them."""
    listed = json.dumps(compact_layers(module), indent=1)
    (folder / COMPACT_LAYERS).write_text(f"{listed}\n", encoding="utf-8")
    shutil.copyfile(Path(compact.__file__), folder / COMPACT_SOURCE)


def write_configuration(module: Any, folder: Path) -> None:
    """Write what a transformers model's ``save_pretrained`` writes beside the weights."""
    module.config.dtype = str(module.dtype).removeprefix("torch.")
    module.config.architectures = [type(module).__name__]
    module.config.save_pretrained(folder)
    if module.can_generate():
        module.generation_config.save_pretrained(folder)
