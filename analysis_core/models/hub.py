"""Fetch a model from the Hugging Face hub into a folder, or say clearly why that is not possible."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import huggingface_hub
from huggingface_hub import constants, errors
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from analysis_core.errors import ModelError
from analysis_core.models.catalog import catalog, local_hub_cache

_PATTERNS = ("*.safetensors", "*.safetensors.index.json", "config.json", "preprocessor_config.json",
             "processor_config.json",
             "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
             "vocab.txt", "vocab.json", "merges.txt", "spiece.model", "tokenizer.model",
             "sentencepiece.bpe.model", "modules.json", "config_sentence_transformers.json",
             "sentence_bert_config.json", "*_Pooling/config.json")  # fmt: skip
"""What is fetched: nothing that could run code."""
_SHOWN = 8
_PATIENCE_SECONDS = 5
_NETWORK_FAILURES = (OSError, errors.HTTPError)  # type: ignore[attr-defined]  # not re-exported, but meant
"""The second is the HTTP client's own base class, whichever client is in use."""


def fetch(repository: str, revision: str | None = None) -> Path:
    """A local folder with the files of a hub model: from the cache if it is there, else from the network.

    Args:
        repository: hub id, e.g. ``"google-bert/bert-base-uncased"``.
        revision: branch, tag or commit; None takes the main branch.

    Raises:
        ModelError: there is no such model, or the hub is out of reach.
    """
    try:
        cached = _snapshot(repository, revision, local_files_only=True)
        if any(cached.glob("*.safetensors")) and (cached / "config.json").is_file():
            return cached
    except (LocalEntryNotFoundError, FileNotFoundError):
        pass  # not in the cache, or not whole: ask the network
    except HFValidationError:
        raise _unknown(repository) from None
    if not constants.HF_HUB_OFFLINE:
        _require_network(repository)
    with _in_sentences(repository):
        fetched = _snapshot(repository, revision, local_files_only=False)
    if not any(fetched.glob("*.safetensors")):
        raise ModelError(
            "It offers no weights as safetensors; other formats are refused, for reading one could run code.",
            where=repository,
            remedy="Choose a model with model.safetensors, or convert this one where you trust it.",
        )
    return fetched


def look_up(repository: str) -> Path:
    """The configuration of a hub model, fetched into the local cache without its weights.

    Raises:
        ModelError: there is no such model, or the hub is out of reach.
    """
    _require_network(repository)
    with _in_sentences(repository), without_telemetry():
        return Path(huggingface_hub.hf_hub_download(repository, "config.json", etag_timeout=_PATIENCE_SECONDS))


@contextmanager
def without_telemetry() -> Iterator[None]:
    """The hub's client counts its users unless told not to."""
    before = constants.HF_HUB_DISABLE_TELEMETRY
    constants.HF_HUB_DISABLE_TELEMETRY = True
    try:
        yield
    finally:
        constants.HF_HUB_DISABLE_TELEMETRY = before


def commit_of(folder: Path) -> str | None:
    """The commit that a fetched folder holds; the cache names its folders by commit."""
    return folder.name if folder.parent.name == "snapshots" else None


def _require_network(repository: str) -> None:
    """Ask once whether the hub answers at all: its own client asks for half a minute before it gives up.

    Raises:
        ModelError: it does not.
    """
    if constants.HF_HUB_OFFLINE:
        raise _out_of_reach(repository)
    request = urllib.request.Request(constants.ENDPOINT, method="HEAD")  # noqa: S310 - the hub's own address
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS):  # noqa: S310
            return
    except urllib.error.HTTPError:
        return  # it answers, if only to complain
    except (OSError, ValueError) as error:
        raise _out_of_reach(repository) from error


@contextmanager
def _in_sentences(repository: str) -> Iterator[None]:
    """What the hub's client raises, as sentences."""
    try:
        yield
    except HFValidationError:
        raise _unknown(repository) from None
    except GatedRepoError as error:
        raise ModelError(
            "The model's owner asks for consent before it may be fetched.",
            where=repository,
            remedy="Accept the terms on its page, log in with `hf auth login`, and try again.",
        ) from error
    except (RepositoryNotFoundError, RevisionNotFoundError, EntryNotFoundError) as error:
        if isinstance(error, LocalEntryNotFoundError):
            raise _out_of_reach(repository) from error
        raise _unknown(repository) from error
    except _NETWORK_FAILURES as error:
        raise _out_of_reach(repository) from error


def _snapshot(repository: str, revision: str | None, *, local_files_only: bool) -> Path:
    return Path(
        huggingface_hub.snapshot_download(
            repository, revision=revision, allow_patterns=list(_PATTERNS), local_files_only=local_files_only
        )
    )


def _unknown(repository: str) -> ModelError:
    return ModelError(
        f"'{repository}' is no embedded model, no folder, and no model on the Hugging Face hub.",
        remedy=f"Check the name; {_offer()}",
    )


def _out_of_reach(repository: str) -> ModelError:
    return ModelError(
        f"The Hugging Face hub is out of reach, and '{repository}' is not in the local cache.",
        remedy=f"Connect to the network, give a local folder, or choose what is already here; {_offer()}",
    )


def _offer() -> str:
    return f"in the cache: {_listed(local_hub_cache())}; embedded: {_listed(card.id for card in catalog())}."


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    shown = ", ".join(names[:_SHOWN]) or "nothing"
    return shown + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
