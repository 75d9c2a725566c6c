"""`python -P -m training RUN_DIR`: carry out one run. The one command that a GPU node runs.

Ends with 0 when the run is done or stopped, 1 when it failed (`status.json` says why), 2 when there is nothing to run,
3 when another process has the run. Started again after any end but `done`, it goes on where it was.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import gc
import os
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

STARTED = time.monotonic()

from training.errors import Interrupted, TrainingError  # noqa: E402 - the clock starts before the imports
from training.room import is_full  # noqa: E402
from training.rundir import RunDir  # noqa: E402
from training.stopping import Stopping  # noqa: E402
from training.telemetry import Telemetry  # noqa: E402
from training.text import Text  # noqa: E402

NO_ROOM = {
    errno.ENOSPC: Text("The disk is full."),
    errno.EDQUOT: Text("Your share of the disk is full."),
    errno.EFBIG: Text("A file has reached the size that is allowed here."),
}
DONE, FAILED, NOTHING_TO_RUN, LOCKED = 0, 1, 2, 3


def main(arguments: list[str] | None = None) -> int:
    """Run, and give the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m training", description="Carry out a run directory."
    )
    parser.add_argument("run", type=Path, help="the run directory")
    parser.add_argument("--lock-descriptor", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    run = RunDir(options.run.resolve())
    if not (run.path / "run.json").exists():
        sys.stderr.write(f"There is no run.json in {run.path}. Give a run directory.\n")
        return NOTHING_TO_RUN
    try:
        descriptor = run.lock() if options.lock_descriptor is None else options.lock_descriptor
    except BlockingIOError:
        sys.stderr.write(f"Another process carries out {run.path}.\n")
        return LOCKED
    with contextlib.closing(os.fdopen(descriptor, "r+")):
        _print_to(run.path / "log.txt")
        return _carry_out(run, descriptor)


@contextlib.contextmanager
def no_collection() -> Iterator[None]:
    """Collect no garbage inside.

    Imports make a million objects that all stay, and looking through them again and again takes a fifth of the time
    (measured: 4.5 s of processor time with, 3.6 s without).
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def restart(descriptor: int) -> None:
    """Replace this process by a fresh one that already has the lock. Never returns."""
    os.set_inheritable(descriptor, True)
    own = [word for word in sys.orig_argv if not word.startswith("--lock-descriptor")]
    os.execv(sys.executable, [*own, f"--lock-descriptor={descriptor}"])


def _carry_out(run: RunDir, descriptor: int) -> int:
    try:
        config = run.config()
        _set_environment(offline=Path(config.model.source).is_dir(), threads=config.threads)
        usd_per_hour = config.budget.usd_per_hour
    except Exception as error:  # noqa: BLE001 - the trainer process's edge: last words instead of silence
        with Telemetry(run, started=STARTED) as telemetry:
            return _last_words(telemetry, error)
    with Telemetry(run, started=STARTED, usd_per_hour=usd_per_hour) as telemetry:
        stopping = Stopping(run, telemetry, config.budget, restart=lambda: restart(descriptor))
        stopping.listen()
        try:
            with no_collection():  # seconds of imports: after the lock and the first status
                from training.pipeline import carry_out, load_libraries

                load_libraries(config)
            carry_out(run, telemetry, stopping)
        except Interrupted:
            text = Text("The run was ended; start it again to go on from here.")
            telemetry.event("stopped", text)
            telemetry.progress("stopped", text)
        except Exception as error:  # noqa: BLE001 - the same edge
            return _last_words(telemetry, error)
    return DONE


def _last_words(telemetry: Telemetry, error: Exception) -> int:
    traceback.print_exception(error)
    words = _words(error)
    text = Text("The run failed: {what}", what=words["what"])
    try:
        telemetry.fail(text, words)
        telemetry.event("failed", text, error=words)
    except (
        OSError
    ):  # the disk is full: the status before stands, the lock is free, so it reads as lost
        traceback.print_exc()
    return FAILED


def _words(error: Exception) -> dict[str, str]:
    if isinstance(error, TrainingError):
        return {"what": str(error.what), "where": error.where, "what_to_do": str(error.what_to_do)}
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = f"{Path(last[0].filename).name} line {last[0].lineno}" if last else "training"
    number = error.errno if isinstance(error, OSError) else None
    if number in NO_ROOM or is_full(error):
        what_to_do = Text(
            "Free some space, then resume the run; it goes on from its last whole checkpoint."
        )
        return {
            "what": str(NO_ROOM.get(number or errno.ENOSPC, NO_ROOM[errno.ENOSPC])),
            "where": str(getattr(error, "filename", None) or where),
            "what_to_do": str(what_to_do),
        }
    said = str(error).strip().splitlines()
    what = f"{type(error).__name__}: {said[0]}" if said else type(error).__name__
    what_to_do = Text(
        "The whole story is in log.txt of the run. Resume the run to try again from its last checkpoint."
    )
    return {"what": what, "where": where, "what_to_do": str(what_to_do)}


def _set_environment(*, offline: bool, threads: int | None) -> None:
    """Say before any heavy import what it reads from the environment: no telemetry, no network for local weights."""
    os.environ |= {
        "HF_HUB_DISABLE_TELEMETRY": "1", "TOKENIZERS_PARALLELISM": "false", "OMP_WAIT_POLICY": "PASSIVE",
        "DO_NOT_TRACK": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    }  # fmt: skip
    if offline:
        os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    if threads is not None:
        os.environ["OMP_NUM_THREADS"] = str(threads)


def _print_to(path: Path) -> None:
    """Send everything printed, by any library, to the end of the log."""
    sys.stdout.flush()
    sys.stderr.flush()
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)


if __name__ == "__main__":
    sys.exit(main())
