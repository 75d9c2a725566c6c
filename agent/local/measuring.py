"""What measuring the untouched model takes, and the order for it where it takes long."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tools.deciding.compose import SOURCES
from tools.deciding.evaluation import ATTEMPT_QUESTIONS, ATTEMPTS_EACH, PROMPT_ITEMS
from tools.deciding.models import card_of
from tools.machine import Machine
from tools.plan import Order, Plan
from training.catalog import PRACTICE
from training.practice import MODEL_DIR
from training.rehearsed import rows_with
from training.text import Text

FREE_MEASUREMENT_MINUTES = 2.0
"""A measurement estimated under this, on this machine, without a download, needs no order (our default)."""


def measurement_minutes(plan: Plan, items: int, machine: Machine) -> float:
    """Estimate the time to ask the test items in each way, the other prompts and attempts, and the general probes.

    The practice model: start-up 8 s and about 8 ms an item on two CPU cores (measured: 4 without examples, 9 with,
    15 with examples looked up). Others by the size of their weights against it, a thirtieth of that on a graphics card
    (a guess; not tuned).
    """
    tried = plan.evaluation.prompt_variants.value if plan.evaluation.prompt_variants else 0
    asked = items * (3 if tried else 2) + tried * PROMPT_ITEMS + 400
    if "rft" in plan.decision.pipeline:
        asked += ATTEMPT_QUESTIONS * ATTEMPTS_EACH
    return _minutes(plan, machine, asked * 0.008, start_s=8)


def preparing_minutes(plan: Plan, machine: Machine) -> float:
    """Estimate what a training begins with: the general questions, and the conversations that the model writes.

    The practice model on two CPU cores: 10 ms a conversation to be written, 1 ms to note how it would answer there, and
    6 ms a question (measured); others as above. What comes with the model need not be written.
    """
    rows = plan.mixture.min_rows.value if _writes_itself(plan) and plan.mixture.min_rows else 0
    name = plan.model.value
    there = rows_with(MODEL_DIR if name == PRACTICE else Path(name), seed=plan.seed)
    seconds = max(rows - there, 0) * 0.010 + rows * 0.001
    return questions_minutes(plan, machine) + _minutes(plan, machine, seconds)


def questions_minutes(plan: Plan, machine: Machine) -> float:
    """Estimate the part of preparing that is no conversation: the general questions."""
    final = plan.evaluation.final_probe_items or plan.evaluation.probe_items
    return _minutes(plan, machine, 3 + (plan.evaluation.probe_items.value + final.value) * 0.006)


def prepares(plan: Plan, items: int, machine: Machine) -> bool:
    """Say whether the measurement also does what the plan's training begins with: where there is time for the questions.

    Conversations are then written as long as there is time; the training goes on from them.
    """
    if not plan.stages or plan.order is None:
        return False
    return minutes_taken(plan, items, machine) <= FREE_MEASUREMENT_MINUTES


def minutes_taken(plan: Plan, items: int, machine: Machine) -> float:
    """Estimate what the measurement takes: with all the preparing where that needs no order, else with the questions only."""
    asked = measurement_minutes(plan, items, machine)
    if not plan.stages or plan.order is None:
        return asked
    whole = asked + preparing_minutes(plan, machine)
    return whole if whole <= FREE_MEASUREMENT_MINUTES else asked + questions_minutes(plan, machine)


def _minutes(plan: Plan, machine: Machine, seconds: float, *, start_s: float = 0.0) -> float:
    """Minutes of what takes the practice model so many seconds here."""
    weights = max(1.0, card_of(plan.model.value).params / 2e6)
    return (start_s + seconds * weights) / 60 / (30 if machine.gpus else 1)


def _writes_itself(plan: Plan) -> bool:
    return any(
        source.name in SOURCES and SOURCES[source.name] == "self" and source.share.value > 0
        for source in plan.mixture.sources
    )


def measuring_order(plan: Plan, items: int, minutes: float) -> Order:
    """Put the measurement up for approval."""
    return Order(
        id=hashlib.sha256(
            f"measure {plan.model.value} {items} {plan.data_hashes}".encode()
        ).hexdigest()[:12],
        kind="measure",
        what=Text(
            "Measure the untouched model {model} on {items:,} test items.",
            model=plan.model.value,
            items=items,
        ),
        at_most=Text(
            "It takes about {minutes:.0f} minutes on this machine and costs nothing else.",
            minutes=minutes,
        ),
        cannot_be_undone=Text("Nothing is lost: it only reads."),
        max_minutes=2 * minutes,
    )
