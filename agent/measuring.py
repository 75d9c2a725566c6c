"""What measuring the untouched model takes, and the order for it where it takes long."""

from __future__ import annotations

import hashlib

from tools.compose import SOURCES
from tools.evaluation import ATTEMPT_QUESTIONS, ATTEMPTS_EACH, PROMPT_ITEMS
from tools.machine import Machine
from tools.models import card_of
from tools.plan import Order, Plan
from training.text import Text

FREE_MEASUREMENT_MINUTES = 2.0
"""A measurement estimated under this, on this machine, without a download, needs no order (our default)."""


def measurement_minutes(plan: Plan, items: int, machine: Machine) -> float:
    """Estimate the time to ask the test items in each way, the other prompts and attempts, and the general probes.

    The practice model: start-up 8 s and about 8 ms an item on two CPU cores (measured). Others by the size of
    their weights against it, a thirtieth of that on a graphics card (a guess; not tuned).
    """
    params = card_of(plan.model.value).params
    tried = plan.evaluation.prompt_variants.value if plan.evaluation.prompt_variants else 0
    asked = min(items, 1000) * (3 if tried else 2) + tried * PROMPT_ITEMS + 400
    if "rft" in plan.decision.pipeline:
        asked += ATTEMPT_QUESTIONS * ATTEMPTS_EACH
    seconds = 8 + asked * 0.008 * max(1.0, params / 2e6)
    return seconds / 60 / (30 if machine.gpus else 1)


def preparing_minutes(plan: Plan, machine: Machine) -> float:
    """Estimate what a training begins with: the general questions, and the conversations that the model writes.

    The practice model on two CPU cores: 10 ms a conversation and 6 ms a question (measured); others as above.
    """
    params = card_of(plan.model.value).params
    rows = plan.mixture.min_rows.value if _writes_itself(plan) and plan.mixture.min_rows else 0
    final = plan.evaluation.final_probe_items or plan.evaluation.probe_items
    asked = plan.evaluation.probe_items.value + final.value
    seconds = (3 + rows * 0.010 + asked * 0.006) * max(1.0, params / 2e6)
    return seconds / 60 / (30 if machine.gpus else 1)


def prepares(plan: Plan, items: int, machine: Machine) -> bool:
    """Say whether the measurement also does what the plan's training begins with: where both together need no order."""
    if not plan.stages or plan.order is None:
        return False
    together = measurement_minutes(plan, items, machine) + preparing_minutes(plan, machine)
    return together <= FREE_MEASUREMENT_MINUTES


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
