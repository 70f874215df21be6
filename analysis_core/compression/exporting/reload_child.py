"""Load an exported folder as a stranger would, and run it: a script for a fresh process, without this
project.

Usage: ``python -I reload_child.py FOLDER EXCHANGE``. ``EXCHANGE`` holds ``inputs.safetensors`` and
``inputs.json``; ``outputs.safetensors`` is written there. :func:`flatten_outputs` is also what the parent
process compares with.
"""

import importlib
import importlib.util
import json
import pkgutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FORBIDDEN = "analysis_core"
GENERATED_TOKENS = 4
SEED = 0
"""Some models draw random numbers whenever they run, such as which patches of a picture they look at."""


class Guard:
    """An import hook that refuses this project: what loads here loads anywhere."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        """Refuse the project; know nothing of other modules."""
        if name.partition(".")[0] == FORBIDDEN:
            raise ImportError(f"The exported model asks for {name}.")


def flatten_outputs(outputs: Any) -> dict[str, Any]:
    """All tensors in what a model returns, by their place in it."""
    if hasattr(outputs, "detach"):
        return {"": outputs.detach()}
    if isinstance(outputs, Mapping):
        items = list(outputs.items())
    elif isinstance(outputs, (tuple, list)):
        items = list(enumerate(outputs))
    else:
        return {}
    return {
        f"{key}.{name}".rstrip("."): tensor for key, item in items for name, tensor in flatten_outputs(item).items()
    }


def load(folder: Path) -> Any:
    """The exported model, by the means that its own files name."""
    if (folder / "load.py").exists():
        spec = importlib.util.spec_from_file_location("load", folder / "load.py")
        if spec is None or spec.loader is None:
            raise ImportError(f"{folder / 'load.py'} cannot be read.")
        script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(script)
        return script.load()

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    model_class = class_of(config["architectures"][0], config["model_type"])
    model, report = model_class.from_pretrained(
        folder, local_files_only=True, use_safetensors=True, output_loading_info=True
    )
    wrong = {name: sorted(map(str, keys)) for name, keys in report.items() if keys}
    if wrong:
        raise ValueError(f"Weights and configuration do not fit: {wrong}")
    return model


def class_of(name: str, model_type: str) -> Any:
    """A class of transformers by its name; parts of larger models stand in their modules only."""
    import transformers

    if hasattr(transformers, name):
        return getattr(transformers, name)
    package = importlib.import_module(transformers.CONFIG_MAPPING[model_type].__module__.rpartition(".")[0])
    for module in pkgutil.iter_modules(package.__path__):
        if module.name.startswith("modeling_"):
            found = getattr(importlib.import_module(f"{package.__name__}.{module.name}"), name, None)
            if found is not None:
                return found
    raise ImportError(f"transformers has no class {name}.")


def run(model: Any, exchange: Path) -> dict[str, Any]:
    """The model's outputs for the stored inputs."""
    import torch
    from safetensors.torch import load_file

    settings = json.loads((exchange / "inputs.json").read_text(encoding="utf-8"))
    torch.set_num_threads(settings["threads"])
    tensors = load_file(exchange / "inputs.safetensors", device=settings["device"])
    positional = [tensors[name] for name in settings["positional"]]
    keywords = {name: tensors[name] for name in settings["keywords"]} | settings["constants"]
    torch.manual_seed(SEED)
    with torch.inference_mode():
        outputs = flatten_outputs(model.to(settings["device"]).eval()(*positional, **keywords))
    if settings.get("cache", True) and "input_ids" in keywords and getattr(model, "can_generate", bool)():
        check_cache(model, keywords["input_ids"])
    return {name: tensor.cpu().contiguous().clone() for name, tensor in outputs.items()}


def check_cache(model: Any, tokens: Any) -> None:
    """Generation must give the same tokens with and without the key-value cache.

    A model that cannot go on from tokens alone, because it needs a picture or a hidden state as well, has nothing
    to compare.
    """
    import torch

    tokens = tokens[:, : max(1, tokens.shape[1] - GENERATED_TOKENS)]  # leave positions for the new ones
    settings = {
        "max_new_tokens": GENERATED_TOKENS,
        "do_sample": False,
        "attention_mask": torch.ones(tokens.shape[:2], dtype=tokens.dtype, device=tokens.device),
        **start_token(model),
    }
    try:
        plain = model.generate(tokens, use_cache=False, **settings)
    except Exception:  # noqa: BLE001 - each model asks for what it misses in its own way
        return
    cached = model.generate(tokens, use_cache=True, **settings)
    if isinstance(plain, torch.Tensor) and not torch.equal(cached, plain):
        raise ValueError("generate() gives other tokens with the key-value cache than without it.")


def start_token(model: Any) -> dict[str, int]:
    """What a decoder starts with, where neither the model nor its configuration says."""
    if not getattr(getattr(model, "config", None), "is_encoder_decoder", False):
        return {}
    known = model.generation_config
    return {"decoder_start_token_id": 0} if known.decoder_start_token_id is known.bos_token_id is None else {}


def main(folder: Path, exchange: Path) -> None:
    """Load, run, and leave the outputs behind."""
    sys.meta_path.insert(0, Guard)
    from safetensors.torch import save_file

    save_file(run(load(folder), exchange), exchange / "outputs.safetensors")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
