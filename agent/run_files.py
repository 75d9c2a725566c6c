"""Reading the files of a run, which may be damaged: half written by a full disk, or changed by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tools.errors import RunError
from training.rundir import RunDir
from training.text import Text


@contextmanager
def readable(run: RunDir) -> Iterator[None]:
    """Raise RunError where the run's files cannot be read inside; an error that has its words already passes."""
    try:
        yield
    except (
        ValueError,
        KeyError,
        TypeError,
        OSError,
    ) as error:  # pydantic's and JSON's are ValueErrors
        raise damaged(run, error) from error


def damaged(run: RunDir, error: Exception) -> RunError:
    """Say that a run's files cannot be read, and why."""
    reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    name = getattr(error, "filename", None)
    return RunError(
        Text("Its files are damaged: {reason}.", reason=reason.rstrip(": ")),
        where=str(name or run.path),
        what_to_do=Text(
            "Put the file back from a copy, or delete the run with: tunesmith runs delete {run}",
            run=run.id,
        ),
    )
