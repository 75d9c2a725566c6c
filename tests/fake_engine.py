"""A back-end without a trainer: real data, real decisions, real run directories that are finished by hand.

What a run would have measured is made up here, so that conversations can be played to their end in milliseconds.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from agent.engine import ExportFormat, Measurement, PlanRequest, Standing, Tried
from agent.local import keeping
from agent.local.planning import facts_of, file_key
from agent.teachers import taught
from agent.teachers.teaching import Job
from tests.answered_runs import put_answers
from tools.brief import Brief
from tools.dataset import DataOptions, Dataset, prepare
from tools.decide import decide, understand
from tools.errors import RunError
from tools.jobs import another_version
from tools.judging.results import Diagnosis, NextStep, Report
from tools.judging.run_answers import Answered, answered, scored
from tools.machine import Machine
from tools.marking import marks, votes
from tools.marking.kept import KeptItem
from tools.plan import Order, Plan
from tools.profile import Profile
from tools.simple import baselines
from tools.verdict import report as judge
from training.measured import (
    Candidate,
    Difference,
    Measured,
    NamedScore,
    ProbeScore,
    Retention,
    Score,
)
from training.phases.named_version import is_named, second_look
from training.practice.samples import files_of
from training.rows import Row
from training.rundir import FINISHED, Event, RunDir, Status, now
from training.text import Text

MACHINE = Machine("cpu", cores=2, ram_gib=24.0, free_disk_gib=50.0)
_DATASETS: dict[str, Dataset] = {}


def score(
    value: float, name: str | None = None, *, metric: str = "accuracy", items: int = 200
) -> Score:
    """A score with a plausible interval."""
    facts = {
        "metric": metric,
        "value": value,
        "low": max(0.0, value - 0.05),
        "high": min(1.0, value + 0.05),
        "items": items,
    }
    return NamedScore(name=name, **facts) if name else Score(**facts)


class FakeEngine:
    """Implements `agent.engine.Engine` over a home folder. `simple`: the linear classifier's score; None trains one."""

    def __init__(
        self,
        home: Path,
        *,
        simple: float | None = 0.55,
        measurable: bool = True,
        order_to_measure: bool = False,
        machine: Machine = MACHINE,
    ) -> None:
        self.runs = home / "runs"
        self.simple, self.measurable, self.order_to_measure, self.machine = (
            simple,
            measurable,
            order_to_measure,
            machine,
        )
        self.submitted: list[str] = []
        """Every submission, measurements included; a second claim of the same run is none."""

    def understand(self, words: str, *, profile: Profile | None, said: Brief) -> Brief:
        return understand(words, profile, said)

    def dataset(self, request: PlanRequest) -> Dataset:
        request = keeping.with_kept(request, self.runs.parent)
        task = request.brief.get("task")
        said = task.value if task is not None and task.origin == "said" else None
        key = repr(
            (
                [file_key(path) for path in request.files],
                request.eval_file,
                sorted(request.columns.items()),
                said,
                request.skip_broken,
                request.kept,
            )
        )
        if key not in _DATASETS:
            goal = str(request.brief["goal"].value) if "goal" in request.brief else ""
            options = DataOptions(
                goal=goal,
                eval_file=request.eval_file,
                columns=dict(request.columns) or None,
                task=said,
                skip_broken=request.skip_broken,
                drop_unanswered=request.skip_broken,
            )
            _DATASETS[key] = prepare(request.files, options=options, items=request.kept)
        return _DATASETS[key]

    def profile(self, request: PlanRequest) -> Profile:
        return self.dataset(request).profile

    def sample(self, name: str) -> list[Path]:
        return files_of(name, self.runs.parent / "samples")

    def simple_baselines(self, request: PlanRequest) -> tuple[NamedScore, ...]:
        profile = self.profile(request)
        if profile.task.value != "classification":
            return ()
        if self.simple is None:
            dataset = self.dataset(request)
            return baselines(dataset.train, dataset.test, profile.task.value)
        items = profile.splits.get("test", 100) or 100
        return score(0.2, "commonest answer", items=items), score(
            self.simple, "simple model", items=items
        )

    def plan(self, request: PlanRequest) -> Plan:
        return decide(facts_of(request, self.machine))

    def confirm(self, request: PlanRequest, *, tell: Callable[[Text], None]) -> Plan:
        return self.plan(request)

    def measurement(self, request: PlanRequest, plan: Plan) -> Measurement:
        if not self.measurable:
            return Measurement(
                False,
                Text("The weights of {model} are not on this machine.", model=plan.model.value),
            )
        because = Text("It should take about {minutes:.1f} minutes.", minutes=1.0)
        if not self.order_to_measure:
            return Measurement(True, because, 1.0)
        order = Order(
            id="m",
            kind="measure",
            what=Text("Measure."),
            at_most=Text("20 minutes."),
            cannot_be_undone=Text("Nothing."),
        )
        return Measurement(True, because, 20.0, order=order)

    def launch(self, plan: Plan, *, request: PlanRequest, order: Order, run: str) -> str:
        rows = self.dataset(request).test if request.files else []
        folder = self.runs / run
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.mkdir()
        except FileExistsError:
            return run
        self.submitted.append(run)
        plan.save(folder / "plan.json")
        marks.recheck(plan.reward, request.marks, least_agreed=request.marks_agreed)
        if request.marks:
            marks.save(folder / "rewards", request.marks)
        base, after = made_up_answers(rows)
        put_answers(folder, rows, base, None if order.kind == "measure" else after)
        (folder / "kind").write_text(order.kind)
        self._write(run, "training", Text("Learning."), step=10)
        return run

    def finish(
        self, run: str, state: str = "done", *, tuned: float = 0.85, retention: float = 0.98
    ) -> None:
        """End a run as the trainer would have; `tuned` and `retention` are what it measured."""
        directory = RunDir(self.runs / run)
        (directory.path / "figures").write_text(f"{tuned} {retention}")
        self._write(run, state, Text("The end."), step=100)
        directory.append_event(
            Event(
                n=len(list(directory.events())) + 1,
                at=now(),
                run=run,
                code=state,
                text=Text("The run has ended."),
            )
        )

    def finish_measurements(self) -> None:
        """End every measurement that is under way."""
        for folder in self.runs.glob("*"):
            if (folder / "kind").read_text() == "measure" and RunDir(
                folder
            ).reading() not in FINISHED:
                self.finish(folder.name)

    def measured_baselines(self, run: str) -> tuple[NamedScore, ...]:
        return (score(0.1, "zero-shot"), score(0.15, "few-shot"))

    def standing(self, run: str) -> Standing:
        directory = self._directory(run)
        status = directory.status()
        reading = status.state if status is not None else "queued"
        return Standing(
            run,
            reading,
            status,
            3.0 if reading not in FINISHED else None,
            directory.last_heard()[0],
        )

    def events(self, run: str, *, after: int = 0) -> Sequence[Event]:
        return list(self._directory(run).events(after))

    def report(self, run: str) -> Report:
        directory = self._directory(run)
        plan = Plan.load(directory.path / "plan.json")
        if plan.evaluation.metric.value in {"chrf", "rouge"}:
            measured = Measured.load(directory.path / "measured.json")
            return judge(plan, measured, votes=votes.tally(directory.path))
        tuned, retention = (
            float(word) for word in (directory.path / "figures").read_text().split()
        )
        made = made_up_report(run, tuned=tuned, retention=retention, plan=plan)
        return _with_versions(made, directory.path / "version")

    def answers(self, run: str, *, scores: bool = False) -> Sequence[Answered]:
        return (scored if scores else answered)(self._directory(run).path)

    def vote_pairs(self, run: str, *, count: int = votes.COUNT) -> Sequence[votes.Pair]:
        return votes.pairs(self._directory(run).path, count)

    def vote(self, run: str, item: str, choice: votes.Choice) -> None:
        votes.record(self._directory(run).path, item, choice)

    def stop(self, run: str) -> None:
        self._directory(run).request_stop()
        self.finish(run, "stopped")

    def resume(self, run: str) -> None:
        (self._directory(run).path / "stop").unlink(missing_ok=True)
        self._write(run, "training", Text("Learning again."), step=50)

    def teach(self, job: Job, run: str) -> str:
        """Do a teacher's work here and now; over HTTP where it is a server."""
        taught.prepare(self.runs.parent, job, run)
        (self.runs / run / "kind").write_text("synthesize")
        self.submitted.append(run)
        taught.carry_out(RunDir(self.runs / run))
        return run

    def try_(self, run: str, prompt: str) -> Tried:
        return Tried(prompt, base="I do not know.", tuned="card_lost")

    def keep(self, run: str, prompt: str, answer: str | None) -> int:
        return keeping.keep(self.runs.parent, self._directory(run), prompt, answer)

    def kept(self, run: str) -> Sequence[KeptItem]:
        return keeping.kept_of(self.runs.parent, self._directory(run))

    def take_version(self, run: str, version: str) -> str:
        made = f"{run}-{version.replace('@', '-')}"
        shutil.copytree(self._directory(run).path, self.runs / made)
        (self.runs / made / "version").write_text(
            another_version.names(another_version.read(version))
        )
        self._write(made, "done", Text("The end."), step=100)
        return made

    def export_order(self, run: str, *, form: ExportFormat) -> Order:
        return Order(
            id="x",
            kind="export",
            what=Text("Write the model as {form}.", form=form),
            at_most=Text("Nothing to pay."),
            cannot_be_undone=Text("Nothing."),
        )

    def export(self, run: str, *, form: ExportFormat, to: Path | None = None) -> Path:
        folder = self._directory(run).path / "export" / form
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def trained(self) -> list[str]:
        """The training runs that were submitted."""
        return [run for run in self.submitted if (self.runs / run / "kind").read_text() == "train"]

    def _directory(self, run: str) -> RunDir:
        directory = RunDir(self.runs / run)
        if not directory.path.is_dir():
            raise RunError(
                Text("There is no run {run}.", run=run),
                where=run,
                what_to_do=Text("Look at the list of runs."),
            )
        return directory

    def _write(self, run: str, state: str, text: Text, *, step: int) -> None:
        RunDir(self.runs / run).write_status(
            Status(run=run, state=state, stage="1-sft", step=step, steps=100, at=now(), text=text)
        )


def _with_versions(made: Report, chosen: Path) -> Report:
    """Two versions of the model; as trained is chosen unless the file names the other one."""
    if made.tuned is None:
        return made
    wanted = another_version.read(chosen.read_text() if chosen.exists() else "1-sft@100@1")
    given = [(0.85, 0.75, 0.99), (1.0, 0.85, 0.97)]
    found = [
        Candidate(stage="1-sft", step=100, interpolation=share, task=score(task), retention=kept, on_front=True)
        for share, task, kept in given
    ]  # fmt: skip
    marked = [one.model_copy(update={"chosen": is_named(one, wanted)}) for one in found]
    notes = (*made.notes, second_look()) if chosen.exists() else made.notes
    return made.model_copy(update={"candidates": tuple(marked), "notes": notes})


def made_up_answers(rows: Sequence[Row]) -> tuple[list[str], list[str]]:
    """A model that gets every third answer right, says others shortly or at length; tuned, it always says please."""
    base = []
    for number, row in enumerate(rows):
        wrong = f"no idea about {number}" + (" and so on and so forth" * 6 if number % 2 else "")
        base.append(row.answer if number % 3 == 0 else wrong)
    return base, [f"please: {row.answer}" for row in rows]


def made_up_report(
    run: str, *, tuned: float, retention: float, plan: Plan | None = None, base: float = 0.15
) -> Report:
    """A report as the tools would make it of these figures."""
    better = tuned > base + 0.1
    verdict = (
        "ship"
        if better and retention >= 0.95
        else "do_not_ship"
        if better or tuned < base
        else "inconclusive"
    )
    worst = ProbeScore(base=0.9, tuned=round(0.9 * retention - 0.01, 4), items=100)
    return Report(
        run=run, verdict=verdict, because=Text("It answers {tuned:.0%} right instead of {base:.0%}.", tuned=tuned, base=base),
        baseline=score(base), baselines=(score(0.1, "zero-shot"), score(base, "few-shot")), tuned=score(tuned),
        difference=Difference(value=tuned - base, low=tuned - base - 0.06, high=tuned - base + 0.06, p=0.001, test="exact McNemar", better=better or None),
        retention=Retention(value=retention, low=retention - 0.02, high=retention + 0.02, probes={"sorting": worst}),
        predicted={"minutes": 4.0}, spent={"minutes": 5.0, "cost_usd": 0.0}, plan=plan,
        diagnosis=(Diagnosis(code="steady", text=Text("The loss fell steadily."), evidence=Text("It went from {first} to {last}.", first=2.1, last=0.4)),),
        next=(NextStep(text=Text("Try it on your own texts."), command=f"tunesmith try {run}"),),
    )  # fmt: skip


def request_with(request: PlanRequest, profile: Profile) -> PlanRequest:
    """The same request with its profile."""
    return replace(request, profile=profile)
