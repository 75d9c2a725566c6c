"""What a decided run takes in minutes, money and memory, and what its worst case is."""

from __future__ import annotations

from dataclasses import replace
from math import ceil
from typing import Any

from tools.choice import NUMBER, Origin
from tools.deciding.answering import answer_tokens
from tools.deciding.core import Core
from tools.deciding.evaluation import PROMPT_ITEMS
from tools.deciding.pace import conversations_there, minutes_here, versions_tried
from tools.deciding.stages import Stage, needed_gib, room_gib
from tools.deciding.token_counts import mean_factor
from tools.dry_run import key_of
from tools.facts import Facts
from tools.gpus import KINDS, kind_of
from tools.plan import Estimate, FitAlternative
from tools.resources import (
    USABLE_SHARE,
    WORST_CASE_ON_CPU,
    WORST_CASE_ON_GPU,
    Measuring,
    Minutes,
    minutes,
    peak_gib,
    writing_gib,
)
from training.text import Text, join

SPARE_ON_CPU_MINUTES = 15.0
"""At load 6 on two cores a run of two minutes spent over three on measuring first; it must not be stopped for that."""
LEAST_TOKENS = 128
"""Shorter rows than this are no plan; our default."""


def costed(core: Core) -> Core:
    """Reckon minutes, money and memory of the whole run."""
    facts, card = core.facts, core.card
    total = Minutes(0, 0, 0)
    for stage in core.stages or (None,):
        part = minutes(
            stage.load if stage else None,
            measuring_of(core, stage),
            facts.gpus,
            card=card,
            cores=facts.machine.cores,
        )
        if core.stages:
            total = Minutes(
                total.prepare + part.prepare, total.train + part.train, total.measure + part.measure
            )
    total = minutes_here(core) or total
    peak = max((_peak_gib(facts, stage) for stage in core.stages), default=0.0)
    return replace(core, minutes=total, usd=total.total / 60 * usd_per_hour(facts), peak=peak)


def _peak_gib(facts: Facts, stage: Stage) -> float:
    """The worst moment of a stage; attempts are written together as far as the card has room, fewer at a time beyond."""
    learning, group = needed_gib(facts, stage.load), stage.plan.group_size
    if not facts.on_gpu or group is None:
        return learning
    writing = writing_gib(stage.load, stage.plan.batch_size.value * group.value)
    return max(learning, min(writing, room_gib(facts)))


def measuring_of(core: Core, stage: Stage | None) -> Measuring:
    """What is asked of the model around a stage, in items, and how long an item is; without one, of a measurement alone."""
    facts, card = core.facts, core.card
    how, tokens = core.evaluation, facts.profile.tokens
    stretch = mean_factor(card, tokens)
    rows = max(facts.profile.usable or facts.profile.rows, 1)
    few_shot = how.few_shot_examples.value if how.few_shot_examples else 0
    tried = how.prompt_variants.value if how.prompt_variants else 0
    prompt_arms = 1 + tried * PROMPT_ITEMS / max(how.items.value, 1) if tried else 0.0
    others = (1 if few_shot else 0) + prompt_arms  # with examples before each item
    return Measuring(
        test_items=how.items.value, dev_items=how.dev_items.value, probe_items=how.probe_items.value,
        final_probe_items=how.final_probe_items.value if how.final_probe_items else 0,
        candidates=versions_tried((stage,)) if stage else 0, arms_untouched=1 + others * (1 + few_shot / 2),
        prompt_tokens=max(tokens.total / rows, 1) * stretch,
        answer_tokens=answer_tokens(facts, card) * stretch,
        replay_rows=max(core.mix.min_rows.value - conversations_there(core), 0) if core.mix and stage else 0,
        robustness=how.robustness.value if how.robustness else True,
    )  # fmt: skip


def nearest_that_fits(core: Core) -> Text:
    """What to set so that the largest card there is would hold the plan: the change that alters it least."""
    room = USABLE_SHARE * max(kind.gib for kind in KINDS.values())
    worst = max(core.stages, key=lambda stage: peak_gib(stage.load, on_gpu=True))
    name, load = worst.plan.technique.value, worst.load

    def fits(**change: Any) -> bool:
        smaller = replace(load, gradient_checkpointing=True, **change)
        return peak_gib(smaller, on_gpu=True) <= room

    if load.micro_batch > 1 and fits(micro_batch=1):
        return Text("Set {name}.micro_batch_size to 1.", name=name)
    if not load.lora_rank and fits(lora_rank=16, micro_batch=1):
        return Text(
            "Train an adapter instead of all weights: set {name}.lora_rank to 16.", name=name
        )
    tokens = load.longest_tokens // 2
    while tokens >= LEAST_TOKENS and not fits(longest_tokens=tokens, micro_batch=1):
        tokens //= 2
    if tokens >= LEAST_TOKENS:
        return Text(
            "Take a smaller model, or leave the longest rows out: set {name}.max_seq_tokens to {tokens}.",
            name=name, tokens=tokens,
        )  # fmt: skip
    return Text(
        "Take a smaller model, and train an adapter: set {name}.lora_rank to 16.", name=name
    )


def in_words(minutes: float) -> Text:
    """A rough time, for a sentence that says "about" before it."""
    return Text("a minute") if minutes < 1.5 else Text("{minutes:,.0f} minutes", minutes=minutes)


def limit_in_words(minutes: float) -> Text:
    """A limit of time: seconds below a minute and where it was named in them, else whole minutes or tenths of hours, rounded up.

    >>> limit_in_words(0.2), limit_in_words(1.5), limit_in_words(6.2), limit_in_words(341)
    ('12 seconds', '90 seconds', '7 minutes', '5.7 hours')
    """
    seconds = round(minutes * 60)
    if seconds < 60 or (seconds < 120 and seconds % 60 and seconds % 5 == 0):
        return Text("{seconds:,} {seconds:second|seconds}", seconds=seconds)
    if minutes >= 120:
        return Text("{hours:,g} hours", hours=ceil(round(minutes, 2) / 6) / 10)
    whole = max(1, ceil(round(minutes, 2)))
    return Text("{minutes:,} {minutes:minute|minutes}", minutes=whole)


def usd_per_hour(facts: Facts) -> float:
    """The price of an hour: what the person set; else nothing for this machine, the list's price for others."""
    if "budget.usd_per_hour" in facts.overrides:
        return float(facts.overrides["budget.usd_per_hour"])
    if facts.here or not facts.gpus:
        return 0.0
    return kind_of(facts.gpus[0]).usd_per_hour * len(facts.gpus)


def worst_minutes(core: Core) -> float:
    """What the run may take at most, before any limit of the person's."""
    if core.facts.on_gpu:
        return core.minutes.total * WORST_CASE_ON_GPU
    return max(core.minutes.total * WORST_CASE_ON_CPU, core.minutes.total + SPARE_ON_CPU_MINUTES)


def cap_minutes(facts: Facts) -> float | None:
    """The minutes that budget and money allow together; None where neither is limited."""
    caps = [] if facts.budget_minutes is None else [float(facts.budget_minutes)]
    price = usd_per_hour(facts)
    if facts.budget_usd is not None and price > 0:
        caps.append(facts.budget_usd / price * 60)
    return min(caps, default=None)


def estimate(core: Core, alternatives: tuple[FitAlternative, ...]) -> Estimate:
    """What the run will take, as the plan tells it."""
    facts = core.facts
    if not core.stages:
        nothing = Text("Nothing is trained.")
        zero = NUMBER(value=0.0, because=nothing)
        return Estimate(peak_gib=zero, minutes=zero, cost_usd=zero, fits=True)
    room = room_gib(facts)
    fits = all(stage.fits for stage in core.stages)
    memory = Text(
        "Weights, what is trained and one step's work; {room:.1f} GiB can be used.", room=room
    )
    if facts.on_gpu and any(stage.plan.group_size for stage in core.stages):
        together = Text("All attempts of a step are written together, or fewer at a time where they do not fit.")  # fmt: skip
        memory = join([memory, together])
    source, origin = _memory_source(core)
    spent = _spent(core.minutes)
    price = Text("{usd:.2f} dollars an hour.", usd=usd_per_hour(facts))
    speed = "published step times" if facts.on_gpu else "trials on tiny models"
    if minutes_here(core) is not None:
        speed = "timed on this machine"
    return Estimate(
        peak_gib=NUMBER(value=round(core.peak, 2), because=memory, source=source, origin=origin),
        minutes=NUMBER(
            value=round(core.minutes.total, 1),
            because=spent,
            source=speed,
            origin="rule" if facts.on_gpu else "measured",
        ),
        cost_usd=NUMBER(value=round(core.usd, 2), because=price, origin="default"),
        fits=fits,
        alternatives=alternatives,
    )


def _spent(taken: Minutes) -> Text:
    """Where the minutes go."""
    parts = {"prepare": taken.prepare, "train": taken.train, "measure": taken.measure}
    if taken.probe:
        return Text("{prepare:.1f} to load and write general text, {probe:.1f} for short trainings first, {train:.1f} to train, {measure:.1f} to measure before, meanwhile and after.",
                    **parts, probe=taken.probe)  # fmt: skip
    return Text("{prepare:.1f} to load and write general text, {train:.1f} to train, {measure:.1f} to measure before, meanwhile and after.", **parts)  # fmt: skip


def _memory_source(core: Core) -> tuple[str, Origin]:
    """Where the figure of memory comes from: a dry run of the largest stage, or the closed form."""
    worst = max(core.stages, key=lambda stage: needed_gib(core.facts, stage.load))
    tried = core.facts.dry_runs.get(key_of(worst.load))
    if tried is None or tried.held_gib is None:
        return "published memory peaks", "rule"
    if tried.by_formula:
        return "dry run: one step traced without a card; 4-bit weights by formula", "measured"
    return "dry run: one step traced without a card", "measured"
