"""The copy of an adapter that TRL puts beside it as the starting point: `ref`.

TRL makes it for every trainer that is given an adapter, wanted or not, and cannot make it twice: a second stage, or a
stage that goes back to its last good checkpoint, would fail. It would be saved with every checkpoint, too.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

NAME = "ref"


def forget_reference(model: Any) -> None:
    """Take the copy off the model; nothing happens where there is none."""
    if NAME in getattr(model, "peft_config", {}):
        model.delete_adapter(NAME)


def forget_saved_reference(folder: Path) -> None:
    """Take the copy out of a checkpoint."""
    shutil.rmtree(folder / NAME, ignore_errors=True)
