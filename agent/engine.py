"""What the conversation needs from the rest: one protocol, so that it can be played against recorded runs.

The nodes of the graph call nothing else that reads data, decides, or spends. Every method may be called from
any thread. Errors are `TuningError`s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from tools.brief import Brief
from tools.judging.results import Report
from tools.plan import Order, Plan
from tools.profile import Profile
from training.config import Metric, Technique
from training.measured import NamedScore
from training.rundir import Event, Reading, Status
from training.text import Text

if TYPE_CHECKING:  # pandas, numpy and the rest: only where data are read
    from agent.teachers.teaching import Job
    from tools.dataset import Dataset
    from tools.judging.run_answers import Answered
    from tools.marking.kept import KeptItem
    from tools.marking.marks import Mark
    from tools.marking.votes import Choice as VoteChoice
    from tools.marking.votes import Pair

ExportFormat = Literal["adapter", "merged", "gguf"]


@dataclass(frozen=True)
class PlanRequest:
    """Everything a decision is made from, but for the machine, which the engine knows."""

    brief: Brief
    profile: Profile | None = None
    """None: no data yet."""
    files: tuple[Path, ...] = ()
    eval_file: Path | None = None
    general_file: Path | None = None
    columns: Mapping[str, str | list[str]] = field(default_factory=dict)
    """Column roles that the person corrected."""
    baselines: tuple[NamedScore, ...] = ()
    measured_run: str | None = None
    """The run that measured the untouched model, where there was one."""
    compared_run: str | None = None
    """The run in which several untouched models answered the same rows; None where it is `measured_run`."""
    overrides: Mapping[str, Any] = field(default_factory=dict)
    """`stage.key` or `key` -> value, as `--set` gives them."""
    insist: tuple[Technique, ...] | None = None
    model: str | None = None
    reward: str | None = None
    metric: Metric | None = None
    target: float | None = None
    """The score wanted, 0 to 1."""
    max_forgetting: float | None = None
    budget_minutes: float | None = None
    budget_usd: float | None = None
    gpu: tuple[str, int] | None = None
    """Name and count of the cards to plan for, instead of what this machine has."""
    seed: int = 0
    kept: tuple[KeptItem, ...] = ()
    """Questions that the person kept for this data; the engine looks them up."""
    skip_broken: bool = False
    """Leave out rows that cannot be read or have no answer, instead of stopping at them."""
    marks: tuple[Mark, ...] = ()
    """Answers that the person marked good or bad: the test of the plan's grader."""
    marks_agreed: int = 0
    """With how many of them the grader agreed that was chosen by them."""
    language: str | None = None
    what_if: Mapping[str, Any] = field(default_factory=dict)
    """Facts to suppose: `rows` (a factor), `gpu` (name), `gib`, `num_gpus`. Nothing is stored."""


@dataclass(frozen=True)
class Measurement:
    """Whether the untouched model can be measured before deciding, and whether that needs a yes."""

    possible: bool
    because: Text
    minutes: float = 0.0
    order: Order | None = None
    """None: it stays on this machine, downloads nothing, and takes under two minutes: no yes is needed."""


@dataclass(frozen=True)
class Standing:
    """How a run stands, read off its directory."""

    run: str
    reading: Reading
    status: Status | None = None
    minutes_left: float | None = None
    last_event: int = 0
    waits_for: Text | None = None
    """What keeps a queued run from beginning, where it is not another run."""


@dataclass(frozen=True)
class Tried:
    """One prompt, answered by both."""

    prompt: str
    base: str
    tuned: str


class Engine(Protocol):
    """The tools, as the conversation sees them."""

    def understand(self, words: str, *, profile: Profile | None, said: Brief) -> Brief:
        """Add to the brief what the words and the data show; what was said before is kept."""
        ...

    def profile(self, request: PlanRequest) -> Profile:
        """Read and describe the files. Seconds; cached by content. Raises DataError."""
        ...

    def dataset(self, request: PlanRequest) -> Dataset:
        """The rows behind the profile, as they would be learnt from. Seconds; cached by content. Raises DataError."""
        ...

    def sample(self, name: str) -> list[Path]:
        """The files of a built-in sample, written where they are not yet. Raises KeyError."""
        ...

    def simple_baselines(self, request: PlanRequest) -> tuple[NamedScore, ...]:
        """Score what needs no language model (commonest answer, linear classifier). Seconds."""
        ...

    def plan(self, request: PlanRequest) -> Plan:
        """Decide. Pure and fast (under 20 ms): also for what-if and for choosing questions. Raises PlanError."""
        ...

    def confirm(self, request: PlanRequest, *, tell: Callable[[Text], None]) -> Plan:
        """Decide after trying out the memory of one step, where the plan is for a card. Seconds, once. Raises PlanError."""
        ...

    def measurement(self, request: PlanRequest, plan: Plan) -> Measurement:
        """Say whether the plan's model can be measured now, and at what price."""
        ...

    def launch(self, plan: Plan, *, request: PlanRequest, order: Order, run: str) -> str:
        """Start `run` (`order.kind` measure: without its stages) and return its id.

        The same run id twice is the same run: the directory is claimed by an exclusive `mkdir`, and a directory
        that was claimed but not submitted is submitted. Raises RunError and PlanError.
        """
        ...

    def measured_baselines(self, run: str) -> tuple[NamedScore, ...]:
        """Read what a run has measured of the untouched model."""
        ...

    def standing(self, run: str) -> Standing:
        """Read how a run stands. Raises RunError where there is none."""
        ...

    def events(self, run: str, *, after: int = 0) -> Sequence[Event]:
        """Read the events numbered above `after`."""
        ...

    def report(self, run: str) -> Report:
        """Judge a finished run. Raises RunError where it has measured nothing."""
        ...

    def teach(self, job: Job, run: str) -> str:
        """Start a teacher's work that was agreed to, as `run`; the same run again is the same job. Raises RunError."""
        ...

    def stop(self, run: str) -> None:
        """Ask the run to stop and keep its best checkpoint. Raises RunError."""
        ...

    def resume(self, run: str) -> None:
        """Carry on from the last good checkpoint. Raises RunError."""
        ...

    def try_(self, run: str, prompt: str) -> Tried:
        """Let the untouched and the tuned model answer one prompt. Raises RunError."""
        ...

    def answers(self, run: str, *, scores: bool = False) -> Sequence[Answered]:
        """What the models said to each test item of a run, with what the metric gives it where asked. Raises RunError."""
        ...

    def vote_pairs(self, run: str, *, count: int = 20) -> Sequence[Pair]:
        """Pairs of answers for a blind vote, sides shuffled. Raises RunError."""
        ...

    def vote(self, run: str, item: str, choice: VoteChoice) -> None:
        """Count a blind vote; the report follows it. Raises RunError."""
        ...

    def keep(self, run: str, prompt: str, answer: str | None) -> int:
        """Keep a question with its right answer as a test item of the next plan of the run's data; say how many there are.

        No answer: it is kept no longer. Raises RunError and DataError.
        """
        ...

    def kept(self, run: str) -> Sequence[KeptItem]:
        """The questions kept for the run's data. Raises RunError."""
        ...

    def take_version(self, run: str, version: str) -> str:
        """Begin a run that makes another version (`stage@step@share`) of a trained run the one to use; give its id.

        It trains nothing and measures the version on the test items, a second look. Raises RunError.
        """
        ...

    def export_order(self, run: str, *, form: ExportFormat) -> Order:
        """Say what taking the tuned model away costs. Raises RunError."""
        ...

    def export(self, run: str, *, form: ExportFormat, to: Path | None = None) -> Path:
        """Write the tuned model to a folder and return it. Raises RunError."""
        ...
