"""Checking a judge for a person: the sheet to mark, the yes where words leave the machine, and what came of it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from agent import commands, show
from agent.local.engine import LocalEngine
from tools.errors import PlanError, RunError
from tools.marking import judges as judging
from tools.marking.judges import Judged
from tools.marking.mark_files import read_marks, write_sheet
from tools.marking.marks import Mark
from training.errors import TrainingError
from training.rewards.judge import Ask, JudgeSettings
from training.text import Text


@dataclass(frozen=True)
class Ready:
    """A judge, the marks it is checked on, and what asking it takes."""

    settings: JudgeSettings
    marks: tuple[Mark, ...]
    open_ones: int
    """Rows of the sheet without a mark: they are left out."""

    @property
    def says(self) -> list[Text]:
        """What is said before the yes."""
        said = judging.says(self.settings, self.marks)
        if self.open_ones:
            said.append(Text("{count:,} {count:row of the sheet has no mark and is|rows of the sheet have no mark and are} left out.", count=self.open_ones))  # fmt: skip
        return said


def sheet(engine: LocalEngine, run: str | None, out: Path, *, count: int) -> dict[str, Any]:
    """Write the sheet. Raises RunError where no run has kept answers, and where the file is there or cannot be written."""
    name = run or _last_measured(engine)
    found = engine.answers(name)
    if out.exists():
        raise RunError(
            Text("{name} is there already.", name=out.name), where="--out",
            what_to_do=Text("Name a file that is not there yet."),
        )  # fmt: skip
    written = 0

    def write() -> None:
        nonlocal written
        written = write_sheet(out, found, count)

    commands.write_to(out, write)
    return {"kind": "sheet", "schema": 1, "run": name, "file": str(out), "answers": written}


def said_of_sheet(made: dict[str, Any]) -> Text:
    """Say how to go on from a sheet."""
    return Text(
        "{count:,} answers of {run} are in {file}. Write yes or no into the column called is_good, then: tunesmith judge check JUDGE.json --marks {file}",
        count=made["answers"], run=made["run"], file=made["file"],
    )  # fmt: skip


def prepared(settings: Path, marks: Path) -> Ready:
    """Read both files. Raises PlanError and DataError, before anybody is asked."""
    try:
        read = judging.settings_of(f"judge:{settings.expanduser().resolve()}")
    except TrainingError as error:
        raise PlanError(error.what, where=str(settings), what_to_do=error.what_to_do) from error
    given, open_ones = read_marks(marks.expanduser())
    judging.refuse_few(given)
    return Ready(read, given, open_ones)


def agree(ready: Ready, *, yes: bool, language: str | None) -> None:
    """Ask for a yes where words leave this machine. Raises RunError where nobody agreed."""
    if yes or not judging.leaves_machine(ready.settings):
        return
    terminal = sys.stdin.isatty() and sys.stderr.isatty()
    asked = show.say(Text("Shall I ask the judge?"), language)
    if not terminal or not typer.confirm(asked, default=False, err=True):
        raise RunError(
            Text("The judge was not asked."), where="judge",
            what_to_do=Text("Add --yes if you mean it: nothing is sent without a clear yes."),
        )  # fmt: skip


def carry_out(ready: Ready, home: Path, *, ask: Ask | None = None) -> Judged:
    """Check the judge and keep what was found. Raises RunError where it cannot be asked. `ask` stands in for the network."""
    try:
        found = judging.check(ready.settings, ready.marks, ask=ask)
    except TrainingError as error:
        raise RunError(error.what, where=error.where, what_to_do=error.what_to_do) from error
    judging.keep(home, found)
    return found


def _last_measured(engine: LocalEngine) -> str:
    """The newest run that has kept what the untouched model said. Raises RunError where there is none."""
    for run in engine.runs.all(measurements=True):
        try:
            engine.answers(run.id)
        except RunError:
            continue
        return run.id
    raise RunError(
        Text("No run has kept answers of a model yet."), where="--run",
        what_to_do=Text("Make a plan first: tunesmith plan measures the untouched model where that is quick and free."),
    )  # fmt: skip
