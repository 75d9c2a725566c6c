"""The working parts behind every front end: data in, plan out; plan in, run out; run in, report out.

Pages, the terminal, scripts and the conversation's graph call this and nothing below it. Everything that lasts
lives in the run directories, so any process can go on where another one ended; what is kept here is only a cache.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from agent.engine import ExportFormat, Measurement, PlanRequest, Standing, Tried
from agent.local import keeping
from agent.local.comparing import comparison, most_minutes
from agent.local.measurements import Measurements
from agent.local.measuring import (
    measuring_order,
    minutes_taken,
    prepares,
)
from agent.local.plan_files import check_data, read_plan, refuse_second_run
from agent.local.planning import (
    facts_of,
    request_of,
)
from agent.local.prepared import Prepared
from agent.runs.directories import Runs
from agent.settings import Settings
from agent.teachers import taught
from agent.teachers.teaching import Job
from tools import simple, training_half
from tools.brief import Brief
from tools.confirming import Try, confirm
from tools.dataset import Dataset, refuse_unusable
from tools.decide import decide, understand
from tools.deciding import evaluation
from tools.deciding.compose import measure_config, run_config
from tools.dry_run import DryRun, dry_run
from tools.errors import PlanError
from tools.facts import Facts
from tools.fetch import HUB, Hub
from tools.jobs import Backend, another_version
from tools.jobs.create import create, new_run_id
from tools.judging.results import Report
from tools.judging.run_answers import Answered, answered, scored
from tools.machine import Machine, look
from tools.marking import grading, marks, votes
from tools.marking import judges as judging
from tools.marking.kept import KeptItem
from tools.orders import export_order
from tools.plan import Order, Plan
from tools.profile import Profile
from training.measured import Measured, NamedScore
from training.practice.samples import files_of
from training.rundir import FINISHED, Event, RunDir
from training.text import Text

Tell = Callable[[Text], None]
POLL_S = 0.2
STEP_TOLD_EVERY_S = 15.0
"""Training steps are told no more often: every step stands in `events.jsonl`."""


def silent(text: Text) -> None:
    """Say nothing: for callers that do not listen."""


class LocalEngine:
    """Profile, plan, run and report on this machine. Usable from several threads."""

    def __init__(self, settings: Settings, backend: Backend, *, try_memory: Try = dry_run) -> None:
        """`try_memory` traces one step of a training for a card."""
        self.settings = settings
        self._try_memory = try_memory
        self._dry_runs: dict[str, DryRun] = {}
        self.runs = Runs(settings, backend)
        self._backend = backend
        self._hub = Hub(settings.hub or HUB, settings.hub_token)
        self._prepared = Prepared()
        self._machine: Machine | None = None
        self._measurements = Measurements(settings, self.runs, self._prepared, lambda: self.machine)

    @property
    def machine(self) -> Machine:
        """What this machine has; looked at once."""
        if self._machine is None:
            self._machine = look(self.settings.home)
        return self._machine

    def understand(self, words: str, *, profile: Profile | None, said: Brief) -> Brief:
        """Add to the brief what the words and the data show; what was said before is kept."""
        return understand(words, profile, said)

    def dataset(self, request: PlanRequest) -> Dataset:
        """Read and describe the data; kept by content. Raises DataError."""
        return self._prepared.dataset(keeping.with_kept(request, self.settings.home))

    def profile(self, request: PlanRequest) -> Profile:
        """Read and describe the files. Raises DataError."""
        return self.dataset(request).profile

    def sample(self, name: str) -> list[Path]:
        """Give the files of a built-in sample, written where they are not yet. Raises KeyError."""
        return files_of(name, self.settings.home / "samples")

    def simple_baselines(self, request: PlanRequest) -> tuple[NamedScore, ...]:
        """Score what needs no language model, on the test items."""
        dataset = self.dataset(request)
        metric = evaluation.metric(self._facts(request)).value
        return simple.rescored(self._prepared.simply(dataset), dataset.test, metric)

    def plan(self, request: PlanRequest) -> Plan:
        """Decide on what is known now; measures nothing. Raises PlanError."""
        return decide(self._facts(request))

    def confirm(self, request: PlanRequest, *, tell: Tell = silent) -> Plan:
        """Decide after trying out the memory of one step, where the plan is for a card. Seconds, once. Raises PlanError."""
        facts = self._facts(request)
        if facts.on_gpu and not training_half.is_ready():
            tell(Text("The memory of one step is reckoned only: it can be tried out when the training half is installed."))  # fmt: skip
            return decide(facts)
        tried, said = confirm(facts, self._try_memory)
        self._dry_runs |= tried.dry_runs
        for text in said:
            tell(text)
        return decide(tried)

    def plan_unmeasured(self, request: PlanRequest) -> Plan:
        """Decide on the data alone. Raises DataError and PlanError."""
        return self.confirm(self._known(request))

    def plan_measured(
        self, request: PlanRequest, *, tell: Tell = silent
    ) -> tuple[PlanRequest, Plan]:
        """Decide after measuring what needs no order; also return the request with what was measured in it.

        Raises DataError and PlanError.
        """
        known = self._known(request, tell)
        profile = self.profile(request)
        tell(
            Text(
                "Read {rows:,} rows; {usable:,} of them can be used.",
                rows=profile.rows,
                usable=profile.usable,
            )
        )
        known = replace(known, baselines=self.simple_baselines(known))
        first = self.plan(known)
        offered = self.measurement(known, first)
        if not offered.possible or offered.order is not None:
            return known, self.confirm(known, tell=tell)
        items = self.dataset(known).profile.splits.get("test", 0)
        said = Text(
            "Measuring the untouched model on {items:,} test items. This costs nothing and can be stopped.",
            items=items,
        )
        if prepares(first, items, self.machine):
            said = Text(
                "Measuring the untouched model on {items:,} test items, and doing what a training would begin with. This costs nothing and can be stopped.",
                items=items,
            )
        tell(said)
        simply = known.baselines
        known = self._measured_now(known, first, simply, tell)
        chosen = self.plan(known)
        if chosen.model.value != first.model.value and self.measurement(known, chosen).possible:
            tell(
                Text("{model} did best for its size, so it answers the test items too.", model=chosen.model.value)
            )  # fmt: skip
            asked = replace(known, compared_run=known.measured_run)
            known = self._measured_now(asked, chosen, simply, tell)
        return known, self.confirm(known, tell=tell)

    def _measured_now(
        self, known: PlanRequest, plan: Plan, simply: tuple[NamedScore, ...], tell: Tell
    ) -> PlanRequest:
        """Measure the plan's model, and give the request with what came of it beside what needs no model."""
        run = self._measurements.run_for(known, plan)
        for event in self.follow(run):
            tell(event.text)
        self.runs.keep(run)
        measured = self.measured_baselines(run.id)
        return replace(known, baselines=simply + measured, measured_run=run.id)

    def _facts(self, request: PlanRequest) -> Facts:
        known = keeping.with_kept(request, self.settings.home)
        if known.kept or (request.profile is not None and request.profile.kept):
            request = replace(known, profile=self.profile(known))  # kept since it was read
        return facts_of(
            request, self.machine, self._hub, dry_runs=self._dry_runs, measured=self._measurements.found_out(request)
        )  # fmt: skip

    def measurement(self, request: PlanRequest, plan: Plan) -> Measurement:
        """Say whether the plan's model can be measured now, and whether that needs a yes."""
        name = plan.model.value
        local = name == "practice" or Path(name).is_dir() or name in self.machine.models_here
        if not local:
            return Measurement(
                False, Text("The weights of {model} are not on this machine.", model=name)
            )
        items = request.profile.splits.get("test", 0) if request.profile is not None else 0
        if not items:
            return Measurement(False, Text("There are no test items to measure with."))
        minutes = minutes_taken(plan, items, self.machine)
        assert request.profile is not None, "a profile with test items"
        minutes += comparison(plan, request.profile, self.machine, minutes_taken=minutes).minutes
        because = Text(
            "It stays on this machine, downloads nothing, and should take about {minutes:.1f} minutes.",
            minutes=minutes,
        )
        if minutes <= most_minutes(plan):
            return Measurement(True, because, minutes)
        return Measurement(True, because, minutes, order=measuring_order(plan, items, minutes))

    def launch(self, plan: Plan, *, request: PlanRequest, order: Order, run: str) -> str:
        """Start `run`; the same run id twice is the same run. Raises RunError, PlanError and DataError."""
        dataset = self.dataset(request)
        if order.kind == "measure":
            return self._measurements.start(plan, dataset, run).id
        marks.recheck(plan.reward, request.marks, least_agreed=request.marks_agreed)
        return self.start(
            plan, dataset, run=run, measured_run=request.measured_run, marked=request.marks
        ).id

    def start(
        self, plan: Plan, dataset: Dataset, *, run: str, measured_run: str | None = None, marked: Sequence[marks.Mark] = ()
    ) -> RunDir:  # fmt: skip
        """Claim the run's directory and start it, with what was measured before and the person's marks carried over."""
        if not plan.stages or plan.order is None:
            raise PlanError(
                Text("This plan starts no training: {because}", because=plan.decision.because),
                where="decision.pipeline",
                what_to_do=Text("To train all the same, name the technique: --technique sft"),
            )
        refuse_unusable(dataset.profile)
        judged = judging.known(self.settings.home, plan.reward)
        answered_simply = self._prepared.simply(dataset)
        scores = simple.rescored(answered_simply, dataset.test, plan.evaluation.metric.value)
        plan = simple.with_scores(plan, scores)
        config = run_config(plan, dataset.profile, run=run)
        splits = replace(self._prepared.splits(dataset), marks=tuple(marked), judged=judged)
        made = create(self.settings.home, plan, config, splits)
        self.runs.adopt(made, measured_run)
        self.runs.submit(made)
        return made

    def read_plan(self, path: Path) -> Plan:
        """Read a plan file, edited by hand or not. Raises PlanError, naming the value that is wrong."""
        return read_plan(path)

    def refuse_second_run(self, plan: Plan) -> None:
        """Raise RunError where this very plan was run before, saying how that went on and how to run it once more."""
        refuse_second_run(self.runs, plan)

    def start_plan(self, plan: Plan) -> RunDir:
        """Start a plan that was read from a file. Raises DataError where the data changed since."""
        check_data(plan)
        request = request_of(plan)
        run = self.new_run(plan)
        known = replace(request, profile=self.profile(request))
        measured = self._measurements.before(known, plan)
        return self.start(
            plan, self.dataset(request), run=run, measured_run=measured.id if measured else None
        )

    def keep_untrained(self, request: PlanRequest, plan: Plan) -> RunDir:
        """Keep a plan that trains nothing as a finished run, so that it can be shown, compared and reported."""
        dataset = self.dataset(request)
        config = measure_config(plan, dataset.profile, run=self.new_run(plan))
        made = create(self.settings.home, plan, config, self._prepared.splits(dataset))
        self.runs.adopt(made, request.measured_run)
        self.runs.finish_untrained(
            made, Measured(run=made.id, baselines=plan.baselines, complete=True)
        )
        return made

    def follow(self, run: RunDir, after: int = 0) -> Iterator[Event]:
        """Yield a run's events as they come, until it has ended or nobody carries it out."""
        while True:
            state = run.reading()
            attended = self.runs.is_attended(run)
            for event in run.events(after):
                after = event.n
                yield event
            if state in FINISHED or (state in ("queued", "lost") and not attended):
                return
            time.sleep(POLL_S)

    def wait(self, run: RunDir, tell: Tell = silent) -> Report:
        """Stay with a run until it has ended and give its report. Raises RunError where it failed."""
        told = 0.0
        for event in self.follow(run):
            if event.code == "step" and time.monotonic() - told < STEP_TOLD_EVERY_S:
                continue
            told = time.monotonic()
            tell(event.text)
        return self.runs.report(run)

    def measured_baselines(self, run: str) -> tuple[NamedScore, ...]:
        """Read what a run has measured of the untouched model."""
        measured = self.runs.measured(self.runs.find(run))
        return measured.baselines if measured is not None else ()

    def standing(self, run: str) -> Standing:
        """Read how a run stands. Raises RunError where there is none."""
        return self.runs.standing(self.runs.find(run))

    def events(self, run: str, *, after: int = 0) -> Sequence[Event]:
        """Read the events numbered above `after`."""
        return list(self.runs.find(run).events(after))

    def report(self, run: str) -> Report:
        """Judge a finished run. Raises RunError where it has measured nothing."""
        return self.runs.report(self.runs.find(run))

    def stop(self, run: str) -> None:
        """Ask the run to stop and keep its best checkpoint; returns at once. Raises RunError."""
        self.runs.find(run).request_stop()

    def resume(self, run: str) -> None:
        """Carry on from the last good checkpoint. Raises RunError."""
        found = self.runs.find(run)
        if taught.is_one(found):
            taught.submit(found)
        else:
            self.runs.resume(found)

    def teach(self, job: Job, run: str) -> str:
        """Start a teacher's work in a process of its own. Raises RunError."""
        return taught.start(self.settings.home, job, run)

    def try_(self, run: str, prompt: str) -> Tried:
        """Let the untouched and the tuned model answer one prompt. Raises RunError."""
        return self.runs.try_out(self.runs.find(run), [prompt])[0]

    def answers(self, run: str, *, scores: bool = False) -> Sequence[Answered]:
        """What the models said to each test item of a run, scored where asked. Raises RunError."""
        return (scored if scores else answered)(self.runs.find(run).path)

    def vote_pairs(self, run: str, *, count: int = votes.COUNT) -> Sequence[votes.Pair]:
        """Pairs of answers for a blind vote. Raises RunError."""
        return votes.pairs(self.runs.find(run).path, count)

    def vote(self, run: str, item: str, choice: votes.Choice) -> None:
        """Count a blind vote. Raises RunError."""
        votes.record(self.runs.find(run).path, item, choice)

    def keep(self, run: str, prompt: str, answer: str | None) -> int:
        """Keep a question as a test item of the next plan of the run's data, or no longer. Raises RunError and DataError."""
        return keeping.keep(self.settings.home, self.runs.find(run), prompt, answer)

    def kept(self, run: str) -> Sequence[KeptItem]:
        """The questions kept for the run's data. Raises RunError."""
        return keeping.kept_of(self.settings.home, self.runs.find(run))

    def take_version(self, run: str, version: str) -> str:
        """Begin a run that makes another version of a trained run the one to use. Raises RunError."""
        made = another_version.derive(self.runs.find(run), another_version.read(version))
        self.runs.submit(made)
        return made.id

    def export_order(self, run: str, *, form: ExportFormat) -> Order:
        """Say what taking the tuned model away costs. Raises RunError."""
        return export_order(self.runs.find(run).id, form)

    def export(self, run: str, *, form: ExportFormat, to: Path | None = None) -> Path:
        """Write the tuned model to a folder and return it. Raises RunError."""
        found = self.runs.find(run)
        return self.runs.export(found, to or found.path / "export" / form, form)

    def new_run(self, plan: Plan) -> str:
        """A name for a run of this plan that no other run has."""
        goal = str(plan.brief["goal"].value) if "goal" in plan.brief else ""
        task = str(plan.brief["task"].value) if "task" in plan.brief else "run"
        named = f"{Path(plan.data[0]).stem} {task}" if plan.data else task
        return new_run_id(goal, datetime.now(), otherwise=named.replace("_", " "))

    def _known(self, request: PlanRequest, tell: Tell = silent) -> PlanRequest:
        profile = self.profile(request)
        refuse_unusable(profile)
        for judged in judging.known(self.settings.home, request.reward):
            tell(judged.text)
        trusted = bool(request.overrides.get("reward.trusted", False))
        grading.try_out(request.reward, self.dataset(request).train, trusted=trusted)
        goal = str(request.brief["goal"].value) if "goal" in request.brief else ""
        brief = self.understand(goal, profile=profile, said=request.brief)
        return replace(request, profile=profile, brief=brief)
