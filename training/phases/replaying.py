"""General data against forgetting: what the untouched model writes itself, or the person's own file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from training.identity import hash_of
from training.rehearsed import read_blocks
from training.replay import write_replay, write_samples
from training.rows import Row, read_rows, write_rows
from training.text import Text
from training.work import Work

BLOCKS = "replay"
"""Folder of what the model wrote, inside `phases/`."""
DRIFT_SAMPLES = 64
"""Conversations of the base on which the rise of the loss measures drift (CF-22). Our default."""


@dataclass(frozen=True)
class Replay:
    """General rows to learn, and the base's own samples, never learnt, that show how far training moved it."""

    rows: Sequence[Row]
    samples: Sequence[Row]
    interrupted: bool = False
    """Whether there was no time for all of them; a later run goes on from there."""
    written: int = 0
    """Of the rows, now and not before."""
    writing_s: float = 0.0


def gather_replay(work: Work) -> Replay:
    """Give the replay rows, written by the untouched model now where they are not yet."""
    config = work.config.replay
    if config.source == "none":
        return Replay([], [])
    if config.source == "file":
        replay = Replay(work.rows("replay"), [])
    else:
        replay = replace(_own_writing(work), samples=_samples(work))
    if not replay.rows and not replay.interrupted:
        work.note(
            Text(
                "There was no general data to mix in, so nothing but the choice of checkpoint works against forgetting."
            )
        )
    return replay


def _own_writing(work: Work) -> Replay:
    """Write as many as are wanted, or as there is time for.

    Those that another run wrote with the same weights and seed, or that come with the model's folder, are taken over.
    """
    path = work.run.path / "phases" / "replay.jsonl"
    if path.exists():
        return Replay(read_rows(path), [])
    wanted = max(1, work.config.replay.min_rows)
    work.telemetry.progress(
        "measuring",
        Text("The untouched model writes {rows:,} conversations to rehearse.", rows=wanted),
    )
    began, until = work.telemetry.elapsed_s(), work.config.replay.write_until_s
    loaded = work.loaded
    written = write_replay(
        loaded.model, loaded.tokenizer, rows=wanted, seed=work.config.seed,
        cache=work.run.path / "phases" / BLOCKS, shipped=read_blocks(Path(work.config.model.source)),
        go_on=lambda: until is None or work.telemetry.elapsed_s() < until, note=work.note,
    )  # fmt: skip
    if not written.interrupted:
        _write_whole(path, written.rows)
    text = Text(
        "The untouched model wrote {rows:,} conversations; rehearsing them keeps what it can do.",
        rows=len(written.rows),
    )
    if written.interrupted:
        text = Text(
            "The untouched model wrote {rows:,} of {wanted:,} conversations to rehearse in the time there was; a training writes the others.",
            rows=len(written.rows), wanted=wanted,
        )  # fmt: skip
    elif written.known and written.known == len(written.rows):
        text = Text(
            "All {rows:,} conversations to rehearse were written before.", rows=written.known
        )
    elif written.known:
        text = Text(
            "Of {rows:,} conversations to rehearse, {known:,} were written before; the rest was added now.",
            rows=len(written.rows), known=written.known,
        )  # fmt: skip
    took_s = work.telemetry.elapsed_s() - began
    work.telemetry.event(
        "replay_written",
        text,
        rows=len(written.rows),
        known=written.known,
        seconds=round(took_s, 1),
    )
    return Replay(written.rows, [], written.interrupted, len(written.rows) - written.known, took_s)


def _samples(work: Work) -> list[Row]:
    loaded, seed = work.loaded, work.config.seed + 1

    def write() -> list[Any]:
        rows = write_samples(loaded.model, loaded.tokenizer, rows=DRIFT_SAMPLES, seed=seed)
        return [row.model_dump(mode="json", exclude_defaults=True) for row in rows]

    key = hash_of(work.model_key, seed, DRIFT_SAMPLES)
    return [Row.model_validate(row) for row in work.once("samples", write, key=key)]


def _write_whole(path: Path, rows: Sequence[Row]) -> None:
    draft = path.with_suffix(".draft")
    path.parent.mkdir(exist_ok=True)
    write_rows(draft, rows)
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(path)
