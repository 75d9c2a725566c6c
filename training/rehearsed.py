"""Conversations that come with a model's folder: it wrote them once, and nobody waits for them again.

They are the very blocks that `training.replay` writes, each named by a hash of the weights, the template, the settings and the
seed. So a folder whose weights were changed brings none, and the model writes its own.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

FILE = "rehearsal.zip"
"""Inside the model's folder."""
_SAME_TIME = (1980, 1, 1, 0, 0, 0)
"""Of every entry, so that equal blocks make an equal file."""


def read_blocks(folder: Path) -> dict[str, str]:
    """Read what comes with a model's folder, by the names of the blocks; empty where nothing does, or it cannot be read."""
    try:
        with zipfile.ZipFile(folder / FILE) as packed:
            return {name: packed.read(name).decode("utf-8") for name in packed.namelist()}
    except (OSError, zipfile.BadZipFile, UnicodeDecodeError):
        return {}


def rows_with(folder: Path, *, seed: int) -> int:
    """Count the conversations of this seed that come with a model's folder, without looking at its weights."""
    try:
        with zipfile.ZipFile(folder / FILE) as packed:
            rows: dict[str, int] = json.loads(packed.comment or b"{}")
    except (OSError, zipfile.BadZipFile):
        return 0
    return rows.get(str(seed), 0)


def pack(written: Path, folder: Path, *, rows: dict[int, int]) -> Path:
    """Put the blocks in `written` beside the weights in `folder`; `rows` counts the conversations of each seed."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for block in sorted(written.glob("*.json")):
            said = json.loads(block.read_text(encoding="utf-8"))
            entry = zipfile.ZipInfo(block.name, _SAME_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, json.dumps(said, ensure_ascii=False, separators=(",", ":")))
        packed.comment = json.dumps(rows, sort_keys=True).encode("ascii")
    target = folder / FILE
    target.write_bytes(made.getvalue())
    return target
