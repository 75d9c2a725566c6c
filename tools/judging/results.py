"""The report: what a run gained and lost, and what follows. Made from `measured.json` and `plan.json`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tools.choice import Choice
from tools.plan import Plan
from training.document import Document, Section
from training.measured import (
    Candidate,
    Difference,
    Invention,
    NamedScore,
    ProbeRecord,
    Retention,
    Robustness,
    Sample,
    Score,
    StageRecord,
)
from training.text import Text

Verdict = Literal["ship", "do_not_ship", "inconclusive", "not_trained"]


class Diagnosis(Section):
    """A finding, with the evidence it rests on."""

    code: str
    text: Text
    evidence: Text


class NextStep(Section):
    """One thing to do now; `settings` are `--set` values where it is another run."""

    text: Text
    command: str | None = None
    settings: dict[str, Any] = Field(default_factory=dict)


class VoteTally(Section):
    """What people preferred when they did not know which model wrote which answer."""

    votes: int
    """Test items voted on."""
    tuned: int
    base: int
    same: int
    score: Score
    """Share of the votes for the tuned model, of those that preferred one side."""
    difference: Difference
    """Votes for the tuned model minus those for the untouched one, as a share of all votes; the p is the sign test's."""


class Report(Document):
    """What came of it: verdict first."""

    kind: Literal["report"] = "report"
    run: str
    verdict: Verdict
    because: Text
    baseline: Score | None = None
    baselines: tuple[NamedScore, ...] = ()
    tuned: Score | None = None
    difference: Difference | None = None
    retention: Retention | None = None
    robustness: Robustness | None = None
    invention: Invention | None = None
    """Invented facts, before and after; None where the data carry none."""
    checkpoint: Choice[str] | None = None
    candidates: tuple[Candidate, ...] = ()
    probe: ProbeRecord | None = None
    """What short trainings before the first stage chose; None where there were none."""
    stages: tuple[StageRecord, ...] = ()
    predicted: dict[str, Any] = Field(default_factory=dict)
    spent: dict[str, Any] = Field(default_factory=dict)
    serving: dict[str, Any] = Field(default_factory=dict)
    samples: tuple[Sample, ...] = ()
    diagnosis: tuple[Diagnosis, ...] = ()
    next: tuple[NextStep, ...] = ()
    plan: Plan | None = None
    per_label: dict[str, dict[str, float]] = Field(default_factory=dict)
    confusion: tuple[tuple[str, str, int], ...] = ()
    notes: tuple[Text, ...] = ()
    votes: VoteTally | None = None
    """The blind vote; None where nobody has voted."""

    @property
    def markdown(self) -> str:
        """The report as a document, in English."""
        from tools.judging.report import markdown  # noqa: PLC0415 (the document is made from this model)

        return markdown(self)
