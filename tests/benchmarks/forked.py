"""Runs in processes forked from this one, which has the libraries already: a run begins at once instead of after ten processor
seconds of imports.

Every child is a process of its own, on one thread, and may kill itself; this process never computes, so that what it hands
on is the libraries alone.
"""

from __future__ import annotations

import importlib
import os
import pickle
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
LIBRARIES = ("training.__main__", "training.pipeline", "training.sft", "training.dpo", "training.rft", "transformers")  # fmt: skip
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "TOKENIZERS_PARALLELISM": "false", "CI": "1",
    "HF_HUB_OFFLINE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
}  # fmt: skip


def load() -> None:
    """Import what runs need, once. The environment is set before: libraries read it as they are imported."""
    os.environ.update(ENVIRONMENT)
    for module in LIBRARIES:
        importlib.import_module(module)


def train(run: Path, *, first: Callable[[], None] | None = None) -> int:
    """Carry a run out in a child, after `first` in the run's folder; give its exit status, or minus the signal that ended it."""
    load()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = _train_here(run.resolve(), first)
        except Exception:  # noqa: BLE001 - the edge of a forked process: it is told, then the process ends
            traceback.print_exc()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def compute(work: Callable[[], T]) -> T:
    """Give what `work` gives, computed in a child. Raises ChildProcessError where it fails; the child has told why."""
    load()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reading)
            with os.fdopen(writing, "wb") as pipe:
                pickle.dump(work(), pipe)
            status = 0
        except Exception:  # noqa: BLE001 - as above
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if ended:
        raise ChildProcessError(f"the forked process ended with {ended}")
    found: T = pickle.loads(said)
    return found


def _train_here(run: Path, first: Callable[[], None] | None) -> int:
    """Carry the run out in this process, its clock beginning now."""
    os.chdir(run)
    if first is not None:
        first()
    trainer = importlib.import_module("training.__main__")
    trainer.STARTED = time.monotonic()  # type: ignore[attr-defined]
    status: int = trainer.main([str(run)])
    return status
