"""Places that can carry out a run directory. Progress is read from the directory, never asked of the place."""

from __future__ import annotations

from typing import Protocol

from training.rundir import RunDir


class Backend(Protocol):
    """Starts `python -m training RUN_DIR` somewhere and can end it. Submitting twice starts one run."""

    name: str

    def submit(self, run: RunDir) -> None:
        """Start the run, or go on with it where it was interrupted. Does nothing where it lives already.

        Raises tools.errors.RunError where it cannot be started.
        """
        ...

    def stop(self, run: RunDir, *, grace_s: float = 30.0) -> None:
        """Ask the run to stop and keep its best checkpoint; end every process of it that was silent for the grace."""
        ...
