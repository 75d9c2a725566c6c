"""Wishes that exclude each other: refused by name, with the nearest plan that works."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tools.deciding.warnings import safe_ranges
from tools.errors import PlanError
from tools.facts import Facts
from tools.plan import StagePlan
from training.catalog import ModelCard
from training.config import Technique
from training.text import Text

MOST_FOR_SUCH_WISHES = 0.05
"""Of the general abilities: who accepts losing more may train as they like. Our default."""
ADAPTER_SETTINGS = ("lora_rank", "lora_alpha", "lora_dropout")
"""What all stages share: one adapter is trained from the first to the last."""


def one_adapter(overrides: Mapping[str, Any], pipeline: tuple[Technique, ...]) -> dict[str, Any]:
    """Give what was set for the adapter of one stage to all. Raises PlanError where stages were set apart."""
    shared = dict(overrides)
    for setting in ADAPTER_SETTINGS:
        names = [f"{step}.{setting}" for step in pipeline if f"{step}.{setting}" in overrides]
        values = {overrides[name] for name in names}
        if len(values) > 1:
            raise PlanError(
                Text("The stages train one adapter between them, but {one} and {other} differ.", one=names[0], other=names[-1]),
                where="--set",
                what_to_do=Text("Set only {one}; the other stages follow it.", one=names[0]),
            )  # fmt: skip
        if values:
            shared |= {f"{step}.{setting}": next(iter(values)) for step in pipeline}
    return shared


def refuse_settings(facts: Facts, pipeline: tuple[Technique, ...]) -> None:
    """Raise PlanError for settings that cannot hold together, whatever else is decided."""
    known = facts.overrides
    if known.get("model.quantization") == "nf4":
        whole = next((step for step in pipeline if known.get(f"{step}.lora_rank") == 0), None)
        refuse_four_bits(on_gpu=facts.on_gpu, whole=whole)
    for step in pipeline:
        batch, micro = known.get(f"{step}.batch_size"), known.get(f"{step}.micro_batch_size")
        if batch is not None and micro is not None and batch % micro:
            raise PlanError(
                Text("A batch of {batch} rows cannot be cut into pieces of {micro}.", batch=batch, micro=micro), where="--set",
                what_to_do=Text("Set it to a divisor of {batch}.", batch=batch),
            )  # fmt: skip


def refuse_four_bits(*, on_gpu: bool, whole: Technique | None) -> None:
    """Raise PlanError where weights of 4 bits are wanted without a card, or for a stage that trains them `whole`."""
    if not on_gpu:
        raise PlanError(
            Text("Weights of 4 bits need a graphics card, and this plan is for processors."), where="--set",
            what_to_do=Text("Leave model.quantization out, or name a graphics card with --gpu."),
        )  # fmt: skip
    if whole is not None:
        raise PlanError(
            Text("Weights of 4 bits cannot be trained themselves, only an adapter on them can."), where="--set",
            what_to_do=Text("Set {name}.lora_rank to 16, or leave model.quantization out.", name=whole),
        )  # fmt: skip


def refuse_forgetting(
    stages: tuple[StagePlan, ...], facts: Facts, card: ModelCard, *, nearest: Callable[[], tuple[float, float]]
) -> None:  # fmt: skip
    """Raise PlanError where hardly anything may be forgotten, nothing is rehearsed, and the rate is out of all bounds.

    `nearest` gives the rate and the share of general text that would be planned instead.
    """
    budget = facts.max_forgetting if facts.max_forgetting is not None else 1.0
    if not _wants_no_rehearsal(facts) or budget > MOST_FOR_SUCH_WISHES:
        return
    for stage in stages:
        limits = safe_ranges(stage, card, 0)["learning_rate"]
        rate = stage.learning_rate
        if rate.origin == "user" and rate.value > limits.high:
            planned, share = nearest()
            raise PlanError(
                Text("These wishes exclude each other: forgetting at most {budget:.1%}, no general data, and a learning rate of {rate:g}.", budget=budget, rate=rate.value),
                where="--set",
                what_to_do=Text("Leave {name}.learning_rate and replay.share to me: the nearest plan that works learns at {planned:g}, with {share:.0%} general data.", name=stage.technique.value, planned=planned, share=share),
            )  # fmt: skip


def _wants_no_rehearsal(facts: Facts) -> bool:
    return (
        facts.overrides.get("replay.share") == 0 or facts.overrides.get("replay.source") == "none"
    )
