"""This machine as a place to train: a supervisor for each run that outlives whoever started it.

Liveness is a lock, not a process id (ids are used again). A GPU is a lock too, inherited by the trainer, so
it is free exactly when its last holder has died, whoever was killed. Every process of a run carries
`TUNESMITH_RUN=<its folder>` in its environment, so that none is left behind.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

import training
from tools.errors import RunError
from training.rundir import FINISHED, RunDir, Status, now
from training.text import Text

COOKIE = "TUNESMITH_RUN"
START_TIMEOUT_S = 30.0
MOST_GRACES = 20
"""Ten minutes at the grace of 30 s. Our default."""
DEATH_TIMEOUT_S = 10.0


class LocalBackend:
    """Run trainers on this machine, one run for each free GPU (or one at a time on the processor)."""

    name = "local"

    def submit(self, run: RunDir) -> None:
        """Start a supervisor for the run; returns when it holds the run's supervisor lock.

        Raises RunError where it does not come up.
        """
        ready, child_end = os.pipe()
        os.set_inheritable(child_end, True)
        command = [
            sys.executable,
            "-P",
            "-m",
            "tools.jobs.supervisor",
            str(run.path),
            str(child_end),
        ]
        try:
            with (run.path / "supervisor.log").open("ab") as log:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    pass_fds=[child_end],
                    cwd=run.path,
                    env=environment(run),
                )
            os.close(child_end)
            child_end = -1
            answer = os.read(ready, 8)
            process.wait(START_TIMEOUT_S)  # it forks once more: no zombie is left to us
        except OSError as error:
            raise RunError(
                Text("The run could not be started: {reason}.", reason=error.strerror or str(error)),
                where=str(run.path), what_to_do=Text("Put that right, then start the run again with: tunesmith runs resume {run}", run=run.id),
            ) from error  # fmt: skip
        finally:
            for descriptor in (ready, child_end):
                if descriptor >= 0:
                    os.close(descriptor)
        if answer not in (b"ok", b"alive"):
            raise RunError(
                Text("The run could not be started."),
                where=str(run.path / "supervisor.log"),
                what_to_do=Text(
                    "Read that file, then start the run again with: tunesmith runs resume {run}",
                    run=run.id,
                ),
            )

    def stop(self, run: RunDir, *, grace_s: float = 30.0) -> None:
        """Leave a durable request, tell the trainer, and end what is left of it when it has been silent for the grace.

        A trainer that still says something is choosing and measuring its best checkpoint: it is let finish, up
        to MOST_GRACES times the grace.
        """
        run.request_stop()
        begun = deadline = time.monotonic()
        said: object = None
        while (alive := processes(run)) and time.monotonic() - deadline < grace_s:
            status = run.status()
            if status is not None and status.state in FINISHED and not run.is_locked():
                break
            last_words = (status, _size(run.path / "events.jsonl"))
            if last_words != said and time.monotonic() - begun < MOST_GRACES * grace_s:
                said, deadline = last_words, time.monotonic()
            time.sleep(0.1)
        for process in alive:
            _kill(process)
        psutil.wait_procs(alive, timeout=DEATH_TIMEOUT_S)  # the run's lock is free only then
        mark_stopped(run)


def mark_stopped(run: RunDir) -> None:
    """Write `stopped` for a run whose trainer had no time or no chance to do so itself."""
    status = run.status()
    if status is not None and status.state in FINISHED:
        return
    try:
        lock = run.lock()
    except BlockingIOError:
        return  # it lives, and will write its own last words
    said = Text("The run was stopped because you asked for it.")
    run.write_status(Status(run=run.id, state="stopped", at=now(), text=said))
    os.close(lock)


def environment(run: RunDir) -> dict[str, str]:
    """The environment of a run's processes: our packages found whatever the person's folder holds."""
    ours = str(Path(training.__file__).resolve().parents[1])
    return os.environ | {COOKIE: _cookie(run), "PYTHONPATH": ours, "PYTHONUNBUFFERED": "1"}


def processes(run: RunDir) -> list[psutil.Process]:
    """Every living process of the run, wherever it hangs in the tree, but the caller itself."""
    found, cookie = [], _cookie(run)
    for process in psutil.process_iter():
        try:
            alive = process.status() != psutil.STATUS_ZOMBIE and process.pid != os.getpid()
            if alive and process.environ().get(COOKIE) == cookie:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _cookie(run: RunDir) -> str:
    """The folder, not the name: another home can hold a run of the same name."""
    return str(run.path.resolve())


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()  # psutil compares creation times: a used-again id is not hit
    except psutil.NoSuchProcess:
        return
