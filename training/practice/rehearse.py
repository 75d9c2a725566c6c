"""Let the practice model write the conversations that come with it: run once after each build.

    python -m training.practice.rehearse

A run rehearses up to `ROWS` of them and used to wait for them: 97 seconds on two cores, each time on a fresh machine.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from training.config import ModelConfig
from training.model import load
from training.practice import MODEL_DIR
from training.rehearsed import pack
from training.replay import write_replay

ROWS = 9_000
"""As many as any plan for the practice model wants (`tools.deciding.mixing`)."""
SEED = 0
"""Of the plans that nobody gave another seed."""


def rehearse(folder: Path = MODEL_DIR, *, rows: int = ROWS) -> Path:
    """Write the conversations of the model in `folder` beside its weights."""
    config = ModelConfig(name="practice", source=str(folder), dtype="float32")  # as runs load it
    loaded = load(config, device="cpu")
    with tempfile.TemporaryDirectory() as drafts:
        blocks = Path(drafts)
        written = write_replay(loaded.model, loaded.tokenizer, rows=rows, seed=SEED, cache=blocks)
        return pack(blocks, folder, rows={SEED: len(written.rows)})


if __name__ == "__main__":
    rehearse()
