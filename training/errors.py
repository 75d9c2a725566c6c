"""What the trainer raises when a person can put it right. `training/__main__` leaves it in `status.json`."""

from __future__ import annotations

from training.text import Text


class TrainingError(Exception):
    """The run cannot go on as it stands: what is wrong, where, and what to do now."""

    def __init__(self, what: Text, *, where: str, what_to_do: Text) -> None:
        super().__init__(f"{what} ({where}) {what_to_do}")
        self.what = what
        self.where = where
        self.what_to_do = what_to_do


class NothingToLearnError(TrainingError):
    """The stage would teach nothing: a gate before it is closed."""


class Interrupted(BaseException):
    """The process was asked to end (SIGTERM) where nothing has to be saved. Not an error: nothing catches it early."""


class OutOfMemoryError(Exception):
    """A training step did not fit in memory, whatever the library called it."""


def is_out_of_memory(error: RuntimeError) -> bool:
    """Say whether a step failed for memory: CUDA has a class of its own for it, the processor's allocator only words."""
    said = str(error).lower()
    return (
        type(error).__name__ == "OutOfMemoryError"
        or "can't allocate memory" in said
        or "out of memory" in said
    )
