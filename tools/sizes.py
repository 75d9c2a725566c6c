"""The plan one would get with the next smaller and the next larger model, to choose from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tools import models
from tools.core import Core
from tools.errors import PlanError
from tools.facts import Facts
from tools.plan import FitAlternative
from training.text import Text

Decide = Callable[[Facts], Core]


def other_sizes(core: Core, decide: Decide) -> tuple[FitAlternative, ...]:
    """Other sizes of model, each decided in full, so that the figures are those of the plan one would get."""
    found = []
    for other in models.alternatives(core.facts, core.card):
        bare = replace(
            core.facts,
            overrides={**core.facts.overrides, "model": other.id},
            budget_minutes=None,
            budget_usd=None,
        )
        try:
            plan = decide(bare)
        except PlanError:
            continue
        if not plan.stages or not all(stage.fits for stage in plan.stages):
            continue
        larger = other.params > core.card.params
        change = (
            Text("{model}: larger; better answers are likely, at this price.", model=other.id)
            if larger
            else Text(
                "{model}: smaller; faster and cheaper, to be tried where it is good enough.",
                model=other.id,
            )
        )
        found.append(
            FitAlternative(
                change=change,
                settings={"model": other.id},
                peak_gib=round(plan.peak, 2),
                minutes=round(plan.minutes.total, 1),
                cost_usd=round(plan.usd, 2),
            )
        )
    return tuple(found)
