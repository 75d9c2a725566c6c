"""General data against forgetting: what the untouched model writes itself, or the person's own file."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.rows import Row, read_rows, write_rows
from training.text import Text
from training.work import Work

DRIFT_ROWS = 64
"""Rows the base wrote that are kept from training: the loss on them measures drift (CF-22). Our default."""


@dataclass(frozen=True)
class Replay:
    """General rows to learn, and rows of the same kind that are never learnt."""

    rows: Sequence[Row]
    held_out: Sequence[Row]


def gather_replay(work: Work) -> Replay:
    """Give the replay rows, written by the untouched model now where they are not yet."""
    config = work.config.replay
    if config.source == "none":
        return Replay([], [])
    rows = work.rows("replay") if config.source == "file" else _own_writing(work)
    if not rows:
        work.note(
            Text(
                "There was no general data to mix in, so nothing but the choice of checkpoint works against forgetting."
            )
        )
        return Replay([], [])
    shuffled = list(rows)
    random.Random(work.config.seed).shuffle(shuffled)
    held_out = min(DRIFT_ROWS, len(shuffled) // 10)
    return Replay(shuffled[held_out:], shuffled[:held_out])


def _own_writing(work: Work) -> list[Row]:
    from training.replay import write_replay  # noqa: PLC0415

    path = work.run.path / "phases" / "replay.jsonl"
    if path.exists():
        return read_rows(path)
    wanted = max(1, work.config.replay.min_rows)
    work.telemetry.progress(
        "measuring",
        Text("The untouched model writes {rows:,} conversations to rehearse.", rows=wanted),
    )
    began = work.telemetry.elapsed_s()
    rows = write_replay(
        work.loaded.model, work.loaded.tokenizer, rows=wanted, seed=work.config.seed
    )
    _write_whole(path, rows)
    work.telemetry.event(
        "replay_written",
        Text(
            "The untouched model wrote {rows:,} conversations; rehearsing them keeps what it can do.",
            rows=len(rows),
        ),
        rows=len(rows), seconds=round(work.telemetry.elapsed_s() - began, 1),
    )  # fmt: skip
    return rows


def _write_whole(path: Path, rows: Sequence[Row]) -> None:
    draft = path.with_suffix(".draft")
    path.parent.mkdir(exist_ok=True)
    write_rows(draft, rows)
    draft.replace(path)
