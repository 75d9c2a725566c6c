"""Checkpoints that are either whole or not there.

A checkpoint is written to a folder of another name, synced, marked complete, then moved into place. Only the newest
one carries what is needed to go on (optimizer, schedule, random numbers): the others wait to be chosen.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

MARKER = "complete.json"
RESUME_FILES = ("optimizer.pt", "scheduler.pt", "rng_state.pth")


@dataclass(frozen=True)
class Checkpoint:
    """One whole checkpoint of a stage."""

    path: Path
    step: int

    @property
    def resumable(self) -> bool:
        """Whether training can go on from here, not only be measured."""
        return all((self.path / name).exists() for name in RESUME_FILES)


def folder_for(stage_folder: Path, step: int) -> Path:
    """Name the folder of a step."""
    return stage_folder / "checkpoints" / f"step-{step:06d}"


def whole(stage_folder: Path) -> list[Checkpoint]:
    """List the whole checkpoints of a stage, by step. Whatever a killed save left is not among them."""
    found = []
    for path in sorted((stage_folder / "checkpoints").glob("step-*")):
        if is_whole(path):
            found.append(Checkpoint(path, int(path.name.removeprefix("step-"))))
    return found


def is_whole(folder: Path) -> bool:
    """Say whether every file the marker names is there at its size, as after a copy between machines."""
    try:
        sizes = json.loads((folder / MARKER).read_text())["sizes"]
    except (FileNotFoundError, json.JSONDecodeError):
        return False
    return all(
        (folder / name).exists() and (folder / name).stat().st_size == size
        for name, size in sizes.items()
    )


def newest_resumable(stage_folder: Path) -> Checkpoint | None:
    """Give the checkpoint to go on from; None where the stage starts anew."""
    usable = [checkpoint for checkpoint in whole(stage_folder) if checkpoint.resumable]
    return usable[-1] if usable else None


def write_folder(target: Path, fill: Callable[[Path], None]) -> None:
    """Let `fill` write a folder and make it appear whole under its name, or not at all.

    An older folder of that name is replaced. Raises what `fill` raises, with nothing left behind.
    """
    draft = target.with_name(f".{target.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        fill(draft)
        sizes = {
            str(path.relative_to(draft)): path.stat().st_size
            for path in sorted(draft.rglob("*"))
            if path.is_file() and path.name not in RESUME_FILES
        }
        (draft / MARKER).write_text(json.dumps({"sizes": sizes}), encoding="utf-8")
        for path in [*draft.rglob("*"), draft]:
            _sync(path)
        if target.exists():
            shutil.rmtree(target)
        draft.rename(target)
        _sync(target.parent)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def prune(stage_folder: Path, *, keep_steps: frozenset[int]) -> None:
    """Free what is no longer needed once a newer checkpoint is whole.

    Older ones lose their optimizer state; those that are not waiting to be chosen go altogether.
    """
    newest = newest_resumable(stage_folder)
    if newest is None:
        return
    for checkpoint in whole(stage_folder):
        if checkpoint.step >= newest.step:
            continue
        if checkpoint.step not in keep_steps:
            shutil.rmtree(checkpoint.path)
            continue
        for name in RESUME_FILES:
            (checkpoint.path / name).unlink(missing_ok=True)


def forget_after(stage_folder: Path, step: int) -> None:
    """Remove checkpoints later than a step: training went back to it."""
    for checkpoint in whole(stage_folder):
        if checkpoint.step > step:
            shutil.rmtree(checkpoint.path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
