"""What there is to judge of a run, and the shape of a reason for a verdict. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tools.facts import ATTEMPTS
from tools.judging.results import Verdict, VoteTally
from tools.plan import Plan
from training.config import Task
from training.measured import Difference, Measured, NamedScore, Score
from training.text import Text

MAX_FORGETTING = 0.05  # CF-23 [P], where there is no plan to say otherwise
LIKENESS = frozenset({"chrf", "rouge"})
"""Metrics that compare wordings: an orientation where many answers are right."""
TASKS_JUDGED_BY_LIKENESS: frozenset[Task] = frozenset({"translation"})


@dataclass(frozen=True)
class Case:
    """What there is to judge."""

    plan: Plan | None
    measured: Measured
    versus: Mapping[str, Difference] = field(default_factory=dict)
    """Tuned minus a baseline on the same items, by the baseline's name."""
    votes: VoteTally | None = None
    """The blind vote on the answers."""

    @property
    def is_open_ended(self) -> bool:
        """Whether many answers are right: then people's votes decide, and likeness is an orientation."""
        tuned = self.measured.tuned
        return (
            tuned is not None
            and tuned.metric in LIKENESS
            and self.task not in TASKS_JUDGED_BY_LIKENESS
        )

    @property
    def baselines(self) -> tuple[NamedScore, ...]:
        """The whole table: what needs no language model, then the untouched model."""
        known = {score.name for score in self.measured.baselines}
        planned = self.plan.baselines if self.plan else ()
        every = (*(score for score in planned if score.name not in known), *self.measured.baselines)
        return tuple(score for score in every if score.name != ATTEMPTS)

    @property
    def baseline(self) -> NamedScore | None:
        """The untouched model, asked in the way that served it best."""
        for score in self.measured.baselines:
            if score.name == self.measured.baseline_chosen:
                return score
        return None

    @property
    def target(self) -> float | None:
        """What the person called good enough."""
        return self.plan.evaluation.target.value if self.plan else None

    @property
    def max_forgetting(self) -> float:
        """The largest drop of general abilities that is acceptable."""
        return self.plan.evaluation.max_forgetting.value if self.plan else MAX_FORGETTING

    @property
    def asked_for_probes(self) -> bool:
        """General probes were planned; a run then has none only where the untouched model can do none."""
        if self.plan is None:
            return False
        how = self.plan.evaluation
        return (how.final_probe_items or how.probe_items).value > 0

    @property
    def task(self) -> Task | None:
        """The task, as the brief has it."""
        entry = self.plan.brief.get("task") if self.plan else None
        return entry.value if entry else None


@dataclass(frozen=True)
class Finding:
    """One reason for a verdict. `lead` says it where it comes first, `also` where it follows another."""

    verdict: Verdict
    lead: Text
    also: Text


def shown(score: Score, value: float | None = None) -> str:
    """Write a score, or another value of its metric, as a person reads it."""
    number = score.value if value is None else value
    if score.metric in LIKENESS or score.metric in ("bits_per_byte", "reward"):
        return f"{number:.3f}"
    return f"{100 * number:.1f}%"
