"""An hour of training that is told as it would be, without training: steps, checkpoints, a line of log each second."""

from __future__ import annotations

import math
from pathlib import Path

from training.document import write_json
from training.rundir import Event, RunDir, Status
from training.text import Text

SECONDS = 3600
CHECKPOINT_EVERY = 360
BEGIN = 1_800_000_000


def stamp(second: int) -> str:
    """The time of a second of the hour."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(BEGIN + second, UTC).isoformat(timespec="milliseconds")


def tell(folder: Path, second: int) -> None:
    """Write what a trainer has written after this second; it tells every step, more often than ours does."""
    run = RunDir(folder)
    if second == 0:
        run.append_event(_event(run, 1, "stage_started", 0, second, steps=SECONDS))
    loss = 2.0 * math.exp(-second / 900)
    facts = {"loss": loss, "seconds_left": float(SECONDS - second)}
    run.append_event(
        _event(run, 2 + second + second // CHECKPOINT_EVERY, "step", second, second, **facts)
    )
    if second % CHECKPOINT_EVERY == CHECKPOINT_EVERY - 1:
        share = second / SECONDS
        kept = {"task": 0.2 + 0.6 * share, "retention": 1.0 - 0.03 * share}
        run.append_event(
            _event(
                run, 3 + second + second // CHECKPOINT_EVERY, "checkpoint", second, second, **kept
            )
        )
    run.write_status(Status(run=run.id, state="training", stage="1-sft", step=second, steps=SECONDS, at=stamp(second), text=Text("Learning.")))  # fmt: skip
    write_json(folder / "spent.json", {"minutes": second / 60})
    with (folder / "log.txt").open("a", encoding="utf-8") as log:
        log.write(f"step {second} loss {loss:.3f}\n")


def _event(run: RunDir, n: int, code: str, step: int, second: int, **facts: float) -> Event:
    return Event(n=n, at=stamp(second), run=run.id, stage="1-sft", step=step, code=code, text=Text("Step {step:,}.", step=step), facts=facts)  # fmt: skip
