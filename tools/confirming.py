"""Try out the memory of a plan for a card before it is put up, and decide again where that changes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tools.decide import core_of
from tools.deciding.stages import needed_gib
from tools.dry_run import DryRun, dry_run, key_of, told
from tools.facts import Facts
from tools.plan import StagePlan
from tools.resources import Load
from training.text import Text

Try = Callable[[Load, StagePlan | None], DryRun]
MOST_TRIES = 4
"""Each other way of training (kept or computed twice, whole or in 4 bits) is tried once; there are no more on one card."""


def confirm(facts: Facts, attempt: Try = dry_run) -> tuple[Facts, tuple[Text, ...]]:
    """Give the facts with what was tried out of the stage that takes most memory, and what to tell the person.

    Nothing is tried on processors, whose memory is not the limit, nor twice for the same way of training. Raises PlanError
    where what was tried leaves no plan.
    """
    said: list[Text] = []
    if not facts.on_gpu:
        return facts, ()
    for _ in range(MOST_TRIES):
        core = core_of(facts)
        if not core.stages:
            break
        worst = max(core.stages, key=lambda stage: needed_gib(core.facts, stage.load))
        key = key_of(worst.load)
        if key in facts.dry_runs:
            break
        found = attempt(worst.load, worst.plan)
        facts = replace(facts, dry_runs={**facts.dry_runs, key: found})
        if text := told(found):
            said.append(text)
        if found.factor == 1.0:
            break
    return facts, tuple(said)
