"""What the untouched model did once is handed on from run to run: its answers, and the conversations that it wrote.

A measurement before the plan does the work that its training would else begin with. What rests on the model alone, not on
anybody's data, also goes to the home's `known/`, where the next data set finds it. Files are only copied here: each carries
the hash of what it rests on, and the trainer makes again whatever does not fit.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from training.config import RunConfig
from training.rundir import RunDir

PHASES = "phases"
"""The trainer's folder of finished pieces of work, each a file that is whole or not there."""
KNOWN = "known"
"""Folder of the home."""
OF_THE_MODEL = (
    "probe-cells.json", "probes-final-base.json", "probes-choosing-base.json", "samples.json", "nll-base.json",
    "replay/*.json",
)  # fmt: skip
"""Pieces in which nothing of the person's data stands."""
OF_THE_PLAN = ("base-*.json", "prompt-*.json", "candidate-*.json", "teacher/*.safetensors")
"""Pieces that hold the person's items, or are large and fit one plan."""


def hand_over(home: Path, run: RunDir, *, measured: RunDir | None = None) -> None:
    """Give a run what its measurement did, then what any earlier run with the same model did.

    Nothing that the run has already is replaced. What the measurement learnt of the model is kept for later runs.
    """
    target, shared = run.path / PHASES, _shared(home, run.config())
    if measured is not None:
        keep(home, measured)
        _copy(measured.path / PHASES, target, (*OF_THE_PLAN, *OF_THE_MODEL))
    _copy(shared, target, OF_THE_MODEL)


def keep(home: Path, run: RunDir) -> None:
    """Keep what a run learnt of its untouched model, for every later run with the same one."""
    _copy(run.path / PHASES, _shared(home, run.config()), OF_THE_MODEL, replace=True)


def _shared(home: Path, config: RunConfig) -> Path:
    """One folder for each model as it is loaded, seed and language of the questions."""
    said = f"{config.model.model_dump_json()} {config.seed} {config.device} {config.task.language}"
    return home / KNOWN / hashlib.sha256(said.encode("utf-8")).hexdigest()[:16]


def _copy(source: Path, target: Path, patterns: tuple[str, ...], *, replace: bool = False) -> None:
    for path in _found(source, patterns):
        place = target / path.relative_to(source)
        if place.exists() and not replace:
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        draft = place.with_name(f"{place.name}.{os.getpid()}.tmp")
        try:
            os.link(
                path, draft
            )  # pieces are replaced whole, never written into: one copy serves both
        except OSError:
            shutil.copyfile(path, draft)
        draft.replace(place)
        draft.unlink(missing_ok=True)  # a move onto the same file does nothing


def _found(source: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    for pattern in patterns:
        yield from sorted(source.glob(pattern))
