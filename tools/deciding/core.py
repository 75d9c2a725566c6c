"""The parts of a plan before questions, counterfactuals and the order: what one try of a decision gives."""

from __future__ import annotations

from dataclasses import dataclass

from tools.choice import Choice
from tools.deciding.advice import Advice
from tools.deciding.mixing import Mix
from tools.deciding.stages import Stage
from tools.facts import Facts
from tools.plan import EvaluationPlan, PlanWarning, ProbePlan
from tools.resources import Minutes
from training.catalog import ModelCard


@dataclass(frozen=True)
class Core:
    """One decision, as far as anybody needs it to compare it with another."""

    facts: Facts
    card: ModelCard
    model: Choice[str]
    advice: Advice
    evaluation: EvaluationPlan
    stages: tuple[Stage, ...]
    mix: Mix | None
    minutes: Minutes
    usd: float
    peak: float
    """GiB."""
    warnings: tuple[PlanWarning, ...] = ()
    probe: ProbePlan | None = None
