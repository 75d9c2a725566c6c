"""A plan within the person's limits of time and money: kept, warned about, trimmed, or refused with the least that would do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import ceil
from typing import Any

from tools.deciding import mixing
from tools.deciding.core import Core
from tools.deciding.costing import cap_minutes, limit_in_words, usd_per_hour, worst_minutes
from tools.errors import PlanError
from tools.facts import Facts
from tools.plan import PlanWarning
from training.text import Text

Decide = Callable[[Facts], Core]


def within_budget(core: Core, decide: Decide) -> Core:
    """Keep the plan, warn, or trim it; raise PlanError where not even the trimmed plan fits the budget."""
    facts = core.facts
    cap = cap_minutes(facts)
    if not core.stages or cap is None:
        return core
    worst = worst_minutes(core)
    if worst <= cap:
        return core
    if core.minutes.total <= cap:
        text = Text("It should take about a minute, but could take {worst}; at your limit of {cap} it stops and keeps its best checkpoint.",
                    worst=limit_in_words(worst), cap=limit_in_words(cap)) if core.minutes.total < 1.5 else Text("It should take about {minutes:,.0f} minutes, but could take {worst:,.0f}; at your limit of {cap} it stops and keeps its best checkpoint.",
                    minutes=max(core.minutes.total, 1), worst=worst, cap=limit_in_words(cap))  # fmt: skip
        return replace(core, warnings=(*core.warnings, PlanWarning(code="budget", text=text)))
    trimmed = _trim(core, decide)
    if trimmed is not None and trimmed.minutes.total <= cap:
        text = Text("Your limit of {cap} is below the {minutes} of the plan I would choose, so this plan makes fewer passes and measures less.",
                    cap=limit_in_words(cap), minutes=limit_in_words(core.minutes.total))  # fmt: skip
        return replace(trimmed, warnings=(*trimmed.warnings, PlanWarning(code="budget", text=text)))
    raise _refusal(trimmed if trimmed is not None else core, facts, cap)


def _refusal(least: Core, facts: Facts, cap: float) -> PlanError:
    """Name the limit that is too low, and one that would do for the shortest plan."""
    time, needed = limit_in_words(least.minutes.total), ceil(least.minutes.total * 1.05 + 0.5)
    by_money = facts.budget_usd is not None and (
        facts.budget_minutes is None or cap < facts.budget_minutes
    )
    if by_money:
        what = Text(
            "{usd:,.2f} dollars pay {cap} here, and even the shortest plan takes about {time}.",
            usd=facts.budget_usd, cap=limit_in_words(cap), time=time,
        )  # fmt: skip
    else:
        what = Text(
            "This cannot be done in {cap}: even the shortest plan takes about {time}.",
            cap=limit_in_words(cap), time=time,
        )  # fmt: skip
    if least.usd:
        usd = ceil(needed / 60 * usd_per_hour(facts) * 100) / 100
        what_to_do = Text("Allow {least:,} {least:minute|minutes} and {usd:,.2f} dollars, or take a smaller model.", least=needed, usd=usd)  # fmt: skip
    elif least.card.tiny:
        what_to_do = Text("Allow {least:,} {least:minute|minutes}.", least=needed)
    else:
        what_to_do = Text("Allow {least:,} {least:minute|minutes}, or take a smaller model.", least=needed)  # fmt: skip
    return PlanError(
        what, where="--budget-usd" if by_money else "--budget-minutes", what_to_do=what_to_do
    )


def _trim(core: Core, decide: Decide) -> Core | None:
    """The same plan with one pass, three checkpoints and fewer probes; what the person set stays."""
    lighter: dict[str, Any] = {"evaluation.probe_items": 100, "evaluation.dev_items": 100, "evaluation.few_shot_examples": 0, "evaluation.prompt_variants": 0, "evaluation.robustness": False, "probe.run": False,
               "replay.min_rows": mixing.MIN_ROWS}  # fmt: skip
    for step in core.advice.pipeline:
        lighter |= {f"{step}.epochs": 1.0, f"{step}.checkpoints": 3}
    try:
        found = decide(replace(core.facts, trimmed=lighter, budget_minutes=None, budget_usd=None))
    except PlanError:
        return None
    kept = replace(
        found.facts, budget_minutes=core.facts.budget_minutes, budget_usd=core.facts.budget_usd
    )
    return replace(found, facts=kept)
