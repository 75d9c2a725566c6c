"""`python -m tools.jobs.supervisor RUN_DIR FD`: wait for a free slot, run the trainer, go on after a crash.

Where the trainer's own packages are still being installed, it waits for them first.

The trainer keeps the run's own lock and writes everything the person sees; the supervisor only starts it.
Killed, it takes nobody with it: the trainer goes on and its slot stays taken until it ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tools import training_half
from tools.jobs.local import environment, mark_stopped
from tools.machine import look
from training.rundir import FINISHED, RunDir

MAX_ATTEMPTS = 4
"""Starts of one trainer before the run is left as lost: a crash that comes back is not worth a fifth."""
ORDERLY_EXITS = frozenset({0, 2, 3})
"""Done or stopped, refused, or another process has the run: nothing to start again."""


def main(run: RunDir, ready: int) -> int:
    """Carry the run to its end. `ready` is told `ok` once the supervisor's lock is held."""
    lock = _take(run.path / "supervisor.lock")
    if lock is None or run.is_locked():
        os.write(ready, b"alive")
        return 0
    os.write(ready, b"ok")
    os.close(ready)
    training_half.wait(run.stop_requested)
    with slot(run) as (name, descriptor):
        if run.stop_requested() and run.status() is None:
            mark_stopped(run)
            return 0
        for _ in range(MAX_ATTEMPTS):
            code = _train(run, name, descriptor)
            status = run.status()
            if code in ORDERLY_EXITS or (status is not None and status.state in FINISHED):
                return 0
    return 1


def _train(run: RunDir, slot_name: str, descriptor: int) -> int:
    env = environment(run)
    if slot_name.startswith("gpu-"):
        env |= {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": slot_name[4:]}
    with (run.path / "log.txt").open("ab") as log:
        return subprocess.call(
            [sys.executable, "-P", "-m", "training", str(run.path)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=run.path,
            env=env,
            pass_fds=[descriptor],
        )


@contextlib.contextmanager
def slot(run: RunDir) -> Iterator[tuple[str, int]]:
    """Wait for a free GPU, or for the processor's slot where there is none; yield its name and lock.

    First come, first served as far as the locks go: each waiter tries every slot in turn. Ends waiting early
    when the run is asked to stop.
    """
    places = slot_files(run.path.parent.parent, len(look().gpus))
    for path in places.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        for name, path in places.items():
            descriptor = _take(path)
            if descriptor is not None:
                yield name, descriptor
                os.close(descriptor)
                return
        if run.stop_requested():
            yield "none", os.open(os.devnull, os.O_RDONLY)
            return
        time.sleep(0.3)


def slot_files(home: Path, num_gpus: int) -> dict[str, Path]:
    """Give the lock of each slot: of the machine for a GPU, of the home for the processor.

    Two runs on one GPU run out of memory together, whoever's homes they lie in. Two on the processor are only slower, and
    who keeps two homes keeps them apart on purpose.
    """
    if not num_gpus:
        return {"processor": home / "slots" / "processor.lock"}
    shared = Path(tempfile.gettempdir()) / f"tunesmith-{os.getuid()}"
    return {f"gpu-{index}": shared / f"gpu-{index}.lock" for index in range(num_gpus)}


def _take(path: Path) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


if __name__ == "__main__":
    if os.fork():  # the second fork hands us to init: whoever started us has no zombie to reap
        os._exit(0)
    sys.exit(main(RunDir(Path(sys.argv[1])), int(sys.argv[2])))
