"""The run directories of a home: find, describe, judge, stop, take over, delete.

Whoever looks first at a run that has ended makes its report: `results.json`, `report.md` and `report.html` are
written from `measured.json` and `plan.json`, and can be made again at any time.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agent.engine import Standing, Tried
from agent.runs.files import readable, write_parts
from agent.runs.models import export, try_out
from agent.settings import Settings
from tools import training_half
from tools.errors import RunError
from tools.jobs import Backend
from tools.jobs.create import no_room
from tools.jobs.handover import hand_over, keep
from tools.jobs.local import processes
from tools.judging.report import markdown
from tools.judging.report_html import html
from tools.judging.results import Report
from tools.marking import judges as judging
from tools.marking import votes
from tools.plan import Plan
from tools.verdict import report as judge
from training.measured import Measured
from training.rundir import FINISHED, Event, RunDir, Status, now
from training.text import Text

LAST_PROCESS_S = 10.0
"""A supervisor ends a moment after its trainer; longer means that something hangs."""


@dataclass(frozen=True)
class Runs:
    """All runs of one home."""

    settings: Settings
    backend: Backend

    def all(self, *, measurements: bool = False) -> list[RunDir]:
        """The runs, newest first; plain measurements are left out unless asked for."""
        found = [RunDir(path.parent) for path in self.settings.runs.glob("*/run.json")]
        shown = [run for run in found if measurements or not run.id.startswith("measure-")]
        return sorted(shown, key=lambda run: (run.path / "run.json").stat().st_mtime, reverse=True)

    def summaries(self) -> list[dict[str, Any]]:
        """A short description of each run, newest first."""
        return [self._summary(run) for run in self.all()]

    def _summary(self, run: RunDir) -> dict[str, Any]:
        """Describe the run; one with a damaged file must not hide the others."""
        try:
            return self.describe(run)
        except RunError as error:
            return {"kind": "run_status", "schema": 1, "run": run.id, "state": "damaged", "text": error.what, "folder": str(run.path)}  # fmt: skip

    def find(self, name: str) -> RunDir:
        """The run of this name, or the only one that begins with it. Raises RunError.

        A name is one folder inside `runs`: `..`, `.` and paths name no run, so that none can be deleted by them.
        """
        exact = RunDir(self.settings.runs / name)
        if is_run_name(name) and exact.path.is_dir():
            return exact
        matches = [run for run in self.all(measurements=True) if name and run.id.startswith(name)]
        if len(matches) == 1:
            return matches[0]
        what = Text("There is no run called {name!r}.", name=name)
        if matches:
            what = Text("Several runs begin with {name!r}.", name=name)
        raise RunError(
            what,
            where=str(self.settings.runs),
            what_to_do=Text("See their names with: tunesmith runs list"),
        )

    def is_attended(self, run: RunDir) -> bool:
        """Say whether a supervisor or a trainer is at work on the run, or waits for a free slot."""
        return run.is_locked() or bool(processes(run))

    def submit(self, run: RunDir) -> None:
        """Start the run unless it has ended or lives already."""
        if run.reading() not in FINISHED:
            self.backend.submit(run)

    def resume(self, run: RunDir) -> None:
        """Go on with a run that was stopped, failed or was lost. Raises RunError where it is done."""
        with readable(run):
            state = run.reading()
        if state == "done":
            raise RunError(
                Text("This run has ended; there is nothing to go on with."),
                where=run.id,
                what_to_do=Text("Read its report with: tunesmith report {run}", run=run.id),
            )
        if state in FINISHED:
            self._wait_for_last_process(run)
        if not self.is_attended(run):  # a stop that was asked for before must not end it again
            (run.path / "stop").unlink(missing_ok=True)
        if state in FINISHED:
            _forget_end(run)
        self.backend.submit(run)

    def _wait_for_last_process(self, run: RunDir) -> None:
        """Let the supervisor of a run that has ended end too: until then it would keep a new one away."""
        deadline = time.monotonic() + LAST_PROCESS_S
        while self.is_attended(run):
            if time.monotonic() > deadline:
                raise RunError(
                    Text("The run has ended, but one of its processes has not."), where=run.id,
                    what_to_do=Text("Try again in a minute."),
                )  # fmt: skip
            time.sleep(0.05)

    def standing(self, run: RunDir) -> Standing:
        """How the run stands, read off its directory."""
        last, left = run.last_heard()
        status = run.status()
        if status is None or status.state != "training":
            left = None  # it was of the training alone
        reading = run.reading()
        held = reading == "queued" and not training_half.is_ready()
        return Standing(
            run.id, reading, status, left, last, training_half.WAITING if held else None
        )

    def describe(self, run: RunDir) -> dict[str, Any]:
        """How the run stands, as the JSON document of `runs show`. Raises RunError where its files are damaged."""
        with readable(run):
            standing = self.standing(run)
            run.config()
        status = standing.status
        return {
            "kind": "run_status",
            "schema": 1,
            "run": run.id,
            "state": standing.reading,
            "stage": status.stage if status else None,
            "step": status.step if status else 0,
            "steps": status.steps if status else 0,
            "text": status.text
            if status
            else standing.waits_for or Text("Waiting for a free place to run."),
            "error": status.error if status else None,
            "minutes_left": standing.minutes_left,
            "last_event": standing.last_event,
            "folder": str(run.path),
            "disk_gib": _size_gib(run.path),
        }

    def measured(self, run: RunDir) -> Measured | None:
        """What the run has measured so far; None before anything."""
        path = run.path / "measured.json"
        with readable(run):
            return Measured.load(path) if path.exists() else None

    def plan(self, run: RunDir) -> Plan | None:
        """The plan the run was made from."""
        path = run.path / "plan.json"
        with readable(run):
            return Plan.load(path) if path.exists() else None

    def events(self, run: RunDir) -> list[Event]:
        """Everything that the run has said. Raises RunError where the file is damaged."""
        with readable(run):
            return list(run.events())

    def report(self, run: RunDir) -> Report:
        """Judge the run and write the report beside its measurements. Raises RunError where it cannot be judged."""
        with readable(run):
            status, state, task = run.status(), run.reading(), run.config().task
        if status is not None and status.state == "failed":
            raise failure(run, status)
        measured = self.measured(run)
        if measured is None or state not in FINISHED:
            what_to_do = Text("Follow it with: tunesmith runs logs {run}", run=run.id)
            if not self.is_attended(run):
                what_to_do = Text("Go on with it: tunesmith runs resume {run}", run=run.id)
            raise RunError(
                Text("This run has no results yet: it is {state}.", state=state),
                where=run.id,
                what_to_do=what_to_do,
            )
        task = run.config().task
        made = judge(self.plan(run), measured, task=task, votes=votes.tally(run.path))
        judged = tuple(one.text for one in judging.load(run.path / "rewards"))
        made = made.model_copy(update={"notes": (*made.notes, *judged)})
        made.save(run.path / "results.json")
        write_parts(run.path, made)
        language = self.settings.language
        (run.path / "report.md").write_text(markdown(made, language), encoding="utf-8")
        (run.path / "report.html").write_text(self.page(run, made, language), encoding="utf-8")
        return made

    def page(self, run: RunDir, report: Report, language: str) -> str:
        """The one-page report."""
        return html(report, language, self.events(run))

    def adopt(self, run: RunDir, measured_run: str | None) -> None:
        """Carry over what a measurement, or any earlier run with the same model, did of this run's work.

        The trainer makes again whatever does not fit.
        """
        measured = RunDir(self.settings.runs / measured_run) if measured_run is not None else None
        try:
            hand_over(self.settings.home, run, measured=measured)
        except OSError as error:
            raise no_room(run.path, error) from error

    def keep(self, run: RunDir) -> None:
        """Keep for later runs what a measurement learnt of its model, where there is room: else they do it again."""
        with contextlib.suppress(OSError):
            keep(self.settings.home, run)

    def finish_untrained(self, run: RunDir, measured: Measured) -> None:
        """Write what a run without training has measured, as its trainer would have."""
        lock = run.lock()
        try:
            measured.save(run.path / "measured.json")
            said = Text("Nothing was trained: the plan advises against it.")
            run.write_status(Status(run=run.id, state="done", at=now(), text=said))
        finally:
            os.close(lock)

    def stop(self, run: RunDir) -> None:
        """Stop a run and wait until it has ended. Raises RunError where it has ended before."""
        if run.reading() in FINISHED:
            raise RunError(
                Text("This run has already ended."), where=run.id,
                what_to_do=Text("Read its report with: tunesmith report {run}", run=run.id),
            )  # fmt: skip
        self.backend.stop(run)

    def delete(self, run: RunDir) -> None:
        """Delete a run's directory. Raises RunError while it lives."""
        if self.is_attended(run):
            raise RunError(
                Text("This run is still going."), where=run.id,
                what_to_do=Text("Stop it first with: tunesmith runs stop {run}", run=run.id),
            )  # fmt: skip
        shutil.rmtree(run.path)

    def take_over(self, folder: Path) -> RunDir:
        """Copy a run directory that was carried out elsewhere into this home. Raises RunError."""
        try:
            name = RunDir(folder).config().run
        except (OSError, ValueError) as error:
            raise RunError(
                Text("This folder is not a run directory."), where=str(folder),
                what_to_do=Text("Name the folder that holds run.json."),
            ) from error  # fmt: skip
        if not is_run_name(name):
            raise RunError(
                Text("A run cannot be called {name!r}.", name=name), where=str(folder / "run.json"),
                what_to_do=Text("Name the folder that holds run.json."),
            )  # fmt: skip
        target = self.settings.runs / name
        if target.exists():
            raise RunError(
                Text("A run of this name is here already."), where=str(target),
                what_to_do=Text("Delete it first with: tunesmith runs delete {run}", run=name),
            )  # fmt: skip
        locks = shutil.ignore_patterns("lock", "supervisor.lock", "claim.lock")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(folder, target, symlinks=False, ignore=locks)
        except OSError as error:  # shutil.Error is one
            shutil.rmtree(target, ignore_errors=True)
            raise RunError(
                Text("The run could not be copied: {reason}.", reason=error.strerror or str(error)[:200]),
                where=str(target), what_to_do=Text("Free some disk space, or choose another folder with TUNESMITH_HOME, then try again."),
            ) from error  # fmt: skip
        return RunDir(target)

    def compare(self, runs: Sequence[RunDir]) -> dict[str, Any]:
        """Set runs side by side: scores, retention, what they took, and the settings in which they differ."""
        rows = []
        settings: list[dict[str, str]] = []
        for run in runs:
            made = self.report(run)
            rows.append({
                "run": run.id,
                "verdict": made.verdict,
                "baseline": made.baseline.model_dump(mode="json") if made.baseline else None,
                "tuned": made.tuned.model_dump(mode="json") if made.tuned else None,
                "retention": made.retention.value if made.retention else None,
                "minutes": made.spent.get("minutes"),
                "cost_usd": made.spent.get("cost_usd"),
            })  # fmt: skip
            settings.append(_settings(run))
        names = sorted({name for each in settings for name in each})
        differing = {
            name: [each.get(name, "") for each in settings]
            for name in names
            if len({each.get(name, "") for each in settings}) > 1
        }
        return {"kind": "comparison", "schema": 1, "runs": rows, "differences": differing}

    def try_out(self, run: RunDir, prompts: Sequence[str]) -> list[Tried]:
        """Let the untouched and the tuned model answer the same prompts. Raises RunError."""
        return try_out(run, prompts)

    def export(self, run: RunDir, to: Path, form: str) -> Path:
        """Write the chosen model to a folder. Raises RunError."""
        return export(run, to, form)


def _forget_end(run: RunDir) -> None:
    """Take the ended status away, unless somebody else has just gone on with the run."""
    try:
        lock = run.lock()
    except BlockingIOError:
        return
    try:
        status = run.status()
        if status is not None and status.state in FINISHED:
            (run.path / "status.json").unlink()
    finally:
        os.close(lock)


def is_run_name(name: str) -> bool:
    """Say whether this is the name of one folder, and not a way out of the runs' folder."""
    return name not in ("", ".", "..") and not set(name) & {"/", "\\", "\0"}


def failure(run: RunDir, status: Status) -> RunError:
    """The error of a failed run, from the trainer's last words."""
    said = status.error or {}
    again = Text(
        "Read the end of {log}, put it right, then: tunesmith runs resume {run}",
        log=str(run.path / "log.txt"),
        run=run.id,
    )
    advice = said.get("what_to_do")
    return RunError(
        Text.plain(said.get("what") or status.text),
        where=said.get("where", run.id),
        what_to_do=Text.plain(advice) if advice else again,
    )


def _settings(run: RunDir) -> dict[str, str]:
    """The run's settings as flat names, but for what differs in every run."""
    flat: dict[str, str] = {}

    def walk(name: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(f"{name}.{key}" if name else key, inner)
        elif isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
            for index, inner in enumerate(value, start=1):
                walk(f"{name}.{index}", inner)
        else:
            flat[name] = json.dumps(value, ensure_ascii=False)

    try:
        config = run.config().as_json()
    except (OSError, ValidationError):
        return {}
    for name in ("run", "kind", "schema"):
        config.pop(name)
    walk("", config)
    return flat


def _size_gib(folder: Path) -> float:
    """What the folder holds now; a trainer replaces and deletes files under our eyes, and those count nothing."""
    held = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                held += (Path(where) / name).stat().st_size
    return held / 1024**3
