"""What both models said to each test item of a run, read off its directory. Reads only.

The trainer keeps every answer it asked for under `phases/`: the untouched model's as `base-NAME.json`, those of the
chosen weights as `final-KEY.json`. They stand in the order of `data/test.jsonl`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tools.errors import RunError
from training.measured import Candidate, Measured
from training.metrics import score_answers
from training.rows import Row, read_rows
from training.rundir import RunDir
from training.text import Text

PHASES = "phases"


@dataclass(frozen=True)
class Answered:
    """One test item with what the untouched model said, and the tuned one where there is one."""

    row: Row
    base: str
    tuned: str | None = None
    base_score: float | None = None
    """What the run's metric gives the answer, 0 to 1; None where it was not asked for or needs a grader."""
    tuned_score: float | None = None

    @property
    def prompt(self) -> str:
        """The person's last turn."""
        asked = [message.content for message in self.row.prompt if message.role == "user"]
        return asked[-1] if asked else self.row.text or ""


def answered(run_dir: Path) -> list[Answered]:
    """Give every test item with the answers to it. Raises RunError where the run has kept none."""
    try:
        rows = read_rows(run_dir / "data" / "test.jsonl")
        measured = Measured.load(run_dir / "measured.json")
    except (OSError, ValueError) as error:
        raise _nothing(run_dir) from error
    base = _values(run_dir, f"base-{(measured.baseline_chosen or '').replace(' ', '-')}")
    if base is None or len(base) != len(rows):
        raise _nothing(run_dir)
    chosen = next((one for one in measured.candidates if one.chosen), None)
    tuned = None if chosen is None else _values(run_dir, f"final-{_key(chosen)}")
    if tuned is None or len(tuned) != len(rows):
        return [Answered(row, said) for row, said in zip(rows, base, strict=True)]
    return [
        Answered(row, before, after) for row, before, after in zip(rows, base, tuned, strict=True)
    ]


def scored(run_dir: Path) -> list[Answered]:
    """Give every test item with both answers and what the run's metric gives each. Raises RunError.

    The scores are None where the metric needs a grader or is not read off answers.
    """
    found = answered(run_dir)
    try:
        task = RunDir(run_dir).config().task
        rows = [one.row for one in found]
        base = score_answers(task, rows, [one.base for one in found])
        tuned = score_answers(task, rows, [one.tuned or "" for one in found])
    except (OSError, ValueError):  # no configuration, or a metric that is not read off answers
        return found
    return [
        replace(one, base_score=before, tuned_score=after if one.tuned is not None else None)
        for one, before, after in zip(found, base, tuned, strict=True)
    ]


def _key(candidate: Candidate) -> str:
    """Name a candidate as `training.phases.candidates` names its files."""
    return f"{candidate.stage}-{candidate.step:06d}-{candidate.interpolation:g}"


def _values(run_dir: Path, name: str) -> list[str] | None:
    try:
        stored: Any = json.loads((run_dir / PHASES / f"{name}.json").read_text(encoding="utf-8"))
        values = stored["value"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return values if isinstance(values, list) else None


def _nothing(run_dir: Path) -> RunError:
    return RunError(
        Text("This run has kept no answers to look at."),
        where=str(run_dir),
        what_to_do=Text("Choose a run that has measured the untouched model to its end."),
    )
