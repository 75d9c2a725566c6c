"""Make a run directory: the claim on its name, the canonical rows, the plan, and the hashes of all of it."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tools.errors import RunError
from tools.marking import judges as judging
from tools.marking import marks
from tools.marking.grading import copy_files
from tools.marking.judges import Judged
from tools.marking.marks import Mark
from tools.plan import Plan
from training.config import RunConfig
from training.document import write_json
from training.rows import Row, write_rows
from training.rundir import RunDir
from training.text import Text

COMPLETE = "run.json"
"""Written last: a directory without it is a launch that was interrupted, and is taken up again."""

CLAIM = "claim.lock"
"""Held by whoever fills the directory."""


@dataclass(frozen=True)
class Splits:
    """The rows of one run, by the file they go into."""

    train: tuple[Row, ...]
    dev: tuple[Row, ...]
    test: tuple[Row, ...]
    replay: tuple[Row, ...] = ()
    simple: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """What needs no language model: by its name, whether each test item came out right."""
    marks: tuple[Mark, ...] = ()
    """Answers that the person marked: they test the run's grader, and are hashed with it."""
    judged: tuple[Judged, ...] = ()
    """How the run's judges did on a person's marks."""


def new_run_id(goal: str, today: datetime, *, otherwise: str = "run") -> str:
    """Name a run after the day and the goal, with a random end so that no two are the same.

    A goal without Latin words, such as one in Chinese, gives way to `otherwise`.

    >>> import datetime
    >>> new_run_id("Sort our tickets!", datetime.datetime(2026, 11, 20))[:-4]
    '2026-11-20-sort-our-tickets-'
    """
    words = re.findall(r"[a-z0-9]+", goal.lower())[:3]
    if not any(len(word) > 1 and word.isalpha() for word in words):
        words = re.findall(r"[a-z0-9]+", otherwise.lower())[:3] or ["run"]
    return f"{today:%Y-%m-%d}-{'-'.join(words)[:32]}-{secrets.token_hex(2)}"


def create(home: Path, plan: Plan, config: RunConfig, splits: Splits) -> RunDir:
    """Claim the directory and fill it, one process at a time.

    Creating the same run again returns the one that is there: two approvals of one order are one run, and two
    processes that measure the same model on the same rows share one. Raises RunError where the disk is full or not writable.
    """
    run = RunDir(home / "runs" / config.run)
    try:
        run.path.parent.mkdir(parents=True, exist_ok=True)
        with claimed(run.path):
            if not (run.path / COMPLETE).exists():
                _fill(run, plan, config, splits)
    except OSError as error:
        raise no_room(run.path, error) from error
    return run


@contextlib.contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Make the folder and hold a lock on it; whoever comes second waits until it is filled, or gone again."""
    while True:
        folder.mkdir(exist_ok=True)
        lock = folder / CLAIM
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
        except FileNotFoundError:
            continue  # the one before us failed and took the folder away
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if not (lock.exists() and os.path.samestat(os.fstat(descriptor), lock.stat())):
                continue  # as above
            try:
                yield
            except OSError:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            return
        finally:
            os.close(descriptor)


def _fill(run: RunDir, plan: Plan, config: RunConfig, splits: Splits) -> None:
    run.data.mkdir(exist_ok=True)
    for name in ("train", "dev", "test", "replay"):
        rows = getattr(splits, name)
        if rows:
            write_rows(run.data / f"{name}.jsonl", rows)
    if splits.simple:
        right = {name: list(values) for name, values in splits.simple.items()}
        write_json(run.data / "simple.json", right)
    graders = run.path / "rewards"
    copy_files(plan.reward, graders)
    if splits.marks:
        marks.save(graders, splits.marks)
    judging.save(graders, splits.judged)
    hashes = {path.name: file_hash(path) for path in sorted(run.data.iterdir())}
    hashes |= {f"../rewards/{path.name}": file_hash(path) for path in sorted(graders.glob("*"))}
    plan.save(run.path / "plan.json")
    config.model_copy(update={"hashes": hashes}).save(run.path / COMPLETE)


def file_hash(path: Path) -> str:
    """The sha256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def no_room(path: Path, error: OSError) -> RunError:
    """Say that a run's files cannot be written."""
    return RunError(
        Text(
            "The run's files could not be written: {reason}.", reason=error.strerror or str(error)
        ),
        where=str(path),
        what_to_do=Text(
            "Free some disk space, or choose another folder with TUNESMITH_HOME, then try again."
        ),
    )
