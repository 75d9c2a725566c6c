"""By what it is known again: weights, rows and settings as short hashes, so that work done once is taken over only where it fits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from training.rows import Row

_SAMPLED_VALUES = 4096


def model_hash(model: Any) -> str:
    """Hash the weights: names, shapes, and up to 4,096 evenly spaced values of each tensor, so that it stays quick."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        flat = tensor.detach().reshape(-1)
        some = flat[:: max(1, flat.numel() // _SAMPLED_VALUES)][:_SAMPLED_VALUES]
        digest.update(f"{name}{tuple(tensor.shape)}{tensor.dtype}".encode())
        digest.update(some.float().cpu().numpy().tobytes())
    return digest.hexdigest()


def content_hash(rows: Iterable[Row]) -> str:
    """Hash rows in order."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(row.model_dump_json(exclude_defaults=True).encode())
    return digest.hexdigest()


def hash_of(*parts: Any) -> str:
    """Hash plain JSON values, in order."""
    said = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode("utf-8")).hexdigest()
