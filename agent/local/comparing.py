"""Which untouched models are asked beside the plan's own before it is settled, on how many rows, and how long that takes.

Those that the person names; else the usual models whose weights lie on this machine already. Whatever would need a download,
more memory than there is, or more time than needs no yes, is left out: `tools.deciding.sizes` says so beside its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.local.measuring import FREE_MEASUREMENT_MINUTES
from tools.deciding.compose import candidate_config
from tools.deciding.models import CPU_BILLIONS, card_of, fits
from tools.machine import Machine
from tools.plan import Plan
from tools.profile import Profile
from training.catalog import BY_ID, PRACTICE, ModelCard
from training.config import CandidateConfig, RunConfig, Task

LEAST_ITEMS, MOST_ITEMS = 30, 120
"""Rows each candidate answers: fewer show only differences of 20 points (ST-08), more are kept for choosing checkpoints."""
MOST_FOUND = 2
"""Models that nobody named and that are compared with the plan's own."""
SPARE_MEMORY = 0.6
"""Of the memory that is there, for weights alone; our default."""
WARM_UP_S = 4.0
"""To read a small model's files; measured on two cores."""
READ_GB_PER_S = 0.5
"""Of weights from a disk; our default."""
NOT_COMPARED: frozenset[Task] = frozenset({"documents", "preference"})
"""Tasks without a question that an untouched model could answer."""


@dataclass(frozen=True)
class Comparison:
    """What a measurement asks of other models."""

    candidates: tuple[CandidateConfig, ...] = ()
    items: int = 0
    minutes: float = 0.0


def comparison(plan: Plan, profile: Profile, machine: Machine, *, minutes_taken: float) -> Comparison:  # fmt: skip
    """Choose the models and the rows so that all stays within the minutes that need no yes, or that the person allows."""
    cards = _cards(plan, profile, machine)
    rows = min(profile.splits.get("dev", 0), MOST_ITEMS)
    if len(cards) < 2 or rows < LEAST_ITEMS or profile.task.value in NOT_COMPARED:
        return Comparison()
    left = 60 * (most_minutes(plan) - minutes_taken)
    first, *others = cards
    asked = [first]
    for card in sorted(others, key=lambda one: one.params):
        if _seconds([*asked, card], LEAST_ITEMS, machine) <= left:
            asked.append(card)
    if len(asked) < 2:
        return Comparison()
    items = max(
        count for count in range(LEAST_ITEMS, rows + 1) if count == LEAST_ITEMS or _seconds(asked, count, machine) <= left
    )  # fmt: skip
    return Comparison(
        tuple(candidate_config(plan, profile, card) for card in asked), items, _seconds(asked, items, machine) / 60
    )  # fmt: skip


def with_candidates(config: RunConfig, made: Comparison) -> RunConfig:
    """Let a run without stages ask the candidates too."""
    asked = {"candidates": made.candidates, "candidate_items": made.items}
    return config.model_copy(update={"measure": config.measure.model_copy(update=asked)})


def most_minutes(plan: Plan) -> float:
    """Minutes that a measurement may take without a yes: what the person allows for comparing comes on top."""
    return FREE_MEASUREMENT_MINUTES + float(plan.overrides.get("candidates.minutes", 0.0))


def _cards(plan: Plan, profile: Profile, machine: Machine) -> list[ModelCard]:
    """The plan's own model first, then those to compare it with, as far as they can be loaded here."""
    own = card_of(plan.model.value)
    named = [name.strip() for name in str(plan.overrides.get("candidates") or "").split(",") if name.strip()]  # fmt: skip
    others = [card_of(name) for name in named] if named else _found(plan, profile, machine, own)
    unique = {card.id: card for card in (own, *others)}
    return [card for card in unique.values() if _is_here(card, machine) and _has_room(card, plan, machine)]  # fmt: skip


def _found(plan: Plan, profile: Profile, machine: Machine, own: ModelCard) -> list[ModelCard]:
    """Usual models in the local cache, the smallest first; none where the person has chosen the model."""
    if plan.model.origin == "user" or not plan.stages:
        return []
    gib = max((gpu.gib for gpu in machine.gpus), default=0.0)
    known = [BY_ID[name.lower()] for name in machine.models_here if name.lower() in BY_ID]
    able = [
        card for card in known
        if card.kind != "base" and card.speaks(profile.language) and card.id != own.id
        and (fits(card, gib)[0] if gib else card.billions <= CPU_BILLIONS)
    ]  # fmt: skip
    return sorted(able, key=lambda card: card.params)[:MOST_FOUND]


def _is_here(card: ModelCard, machine: Machine) -> bool:
    return card.id == PRACTICE or card.id.startswith("/") or card.id in machine.models_here


def _has_room(card: ModelCard, plan: Plan, machine: Machine) -> bool:
    on_card = plan.device == "cuda"
    if on_card and not machine.gpus:
        return False
    room = max(gpu.gib for gpu in machine.gpus) if on_card else machine.ram_gib
    return card.params * (2 if on_card else 4) / 2**30 <= SPARE_MEMORY * room


def _seconds(cards: Sequence[ModelCard], items: int, machine: Machine) -> float:
    """As `measuring.measurement_minutes` reckons: 8 ms an item for the practice model, others by their weights."""
    total = 0.0
    for card in cards:
        an_item = 0.008 * max(1.0, card.params / 2e6) / (30 if machine.gpus else 1)
        total += WARM_UP_S + card.params * 4e-9 / READ_GB_PER_S + an_item * (2 * items + 5 * 4)
    return total
