"""Reading the files of a run, which may be damaged: half written by a full disk, or changed by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from tools.errors import RunError
from tools.judging.results import Report
from training.document import write_json
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
    if isinstance(error, ValidationError) and _of_another_version(error):
        return RunError(
            Text("It was written by another version of Tunesmith, and this one cannot read it."),
            where=str(run.path),
            what_to_do=Text(
                "Open it with the version that wrote it, usually a newer one, or delete the run with: tunesmith runs delete {run}",
                run=run.id,
            ),
        )
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


def _of_another_version(error: ValidationError) -> bool:
    """Whether a document is whole but holds more than this version knows: then nobody damaged it."""
    found = {one["type"] for one in error.errors()}
    return "missing" not in found and bool(found & {"extra_forbidden", "literal_error"})


def write_parts(folder: Path, report: Report) -> None:
    """Write two parts of a report for those who read no whole one.

    `baseline.json` has the score the tuned model was compared with, and all references; `samples.jsonl` one
    answer a line, before and after.
    """
    known = report.as_json()
    kept = {name: known[name] for name in ("run", "baseline", "baselines")}
    write_json(folder / "baseline.json", {"kind": "baseline", "schema": 1, **kept})
    lines = (json.dumps(one, ensure_ascii=False) + "\n" for one in known["samples"])
    (folder / "samples.jsonl").write_text("".join(lines), encoding="utf-8")
