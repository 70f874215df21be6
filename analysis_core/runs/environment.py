"""Which environment variables a run may see: what finds programs, libraries and caches, and no secrets."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_ALLOWED = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TEMP|TMP|VIRTUAL_ENV|LD_LIBRARY_PATH"
    r"|PYTHON\w*|XDG_\w+|SSL_CERT_\w+|REQUESTS_CA_BUNDLE|\w+_proxy|\w+_PROXY"
    r"|(CUDA|NVIDIA|OMP|MKL|OPENBLAS|KMP|TORCH|PYTORCH|HF|HUGGINGFACE|TRANSFORMERS|LAYERWISE)_\w+"
)
_SECRET_NAME = re.compile(r"TOKEN|SECRET|PASSW|CREDENTIAL|(^|_)API_?KEY|ACCESS_?KEY|LAYERWISE_STORE", re.IGNORECASE)
_SECRET_VALUE = re.compile(r"://[^/\s]*@")


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """The part of an environment that a run may see.

    Names are allowed one by one; of those, what is called a secret, and addresses that carry a
    password, are left out.
    """
    return {
        name: value
        for name, value in environment.items()
        if _ALLOWED.fullmatch(name) and not _SECRET_NAME.search(name) and not _SECRET_VALUE.search(value)
    }


@contextmanager
def environment_replaced(environment: Mapping[str, str]) -> Iterator[None]:
    """Give this process another environment for the duration of the block."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
