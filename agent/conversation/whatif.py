"""What-if: the same decision on other facts, and what differs between two plans. Nothing is stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agent.brain.protocol import Intent
from agent.conversation import interview
from agent.conversation.state import Conversation
from agent.conversation.workbench import OWN_FIELDS, Workbench, request_of
from agent.engine import PlanRequest
from agent.words import wording
from tools.brief import BriefEntry
from tools.plan import Plan
from training.text import Text


def answer(state: Conversation, bench: Workbench, intent: Intent) -> Text | list[Text]:
    """Decide again with the facts supposed, and say what would differ."""
    plan = bench.plan(state)
    if plan is None:
        return interview.without_examples(state)
    suppose = dict(intent.suppose)
    if not suppose:
        return would_change(plan)
    return difference(plan, replan(state, bench, suppose))


def replan(state: Conversation, bench: Workbench, suppose: dict[str, Any]) -> Plan:
    """Make the plan as if the supposed facts held."""
    return bench.engine.plan(supposed(request_of(state, bench), suppose))


def supposed(request: PlanRequest, suppose: dict[str, Any]) -> PlanRequest:
    """Give the request as if the supposed facts held; they win over what the request's own options say."""
    brief, overrides = dict(request.brief), dict(request.overrides)
    changes: dict[str, Any] = {"what_if": {}}
    for name, value in suppose.items():
        if name == "budget":
            said = brief["budget"].value if "budget" in brief else None
            brief["budget"] = BriefEntry(value=dict(said or {}) | value, origin="said")
            changes |= {
                f"budget_{unit}": cap
                for unit, cap in value.items()
                if getattr(request, f"budget_{unit}") is not None
            }
        elif name == "hardware":
            brief["hardware"] = BriefEntry(value=value, origin="said")
            changes["gpu"] = None
        elif name == "facts_change":
            brief["facts_change"] = BriefEntry(value=value, origin="said")
        elif name == "technique":
            changes["insist"] = tuple(value)
        elif name == "model" or name in OWN_FIELDS:
            changes[name] = value
        elif name in {"rows_factor", "rows"}:
            changes["what_if"][name] = value
        else:
            overrides[name] = value
    return replace(request, brief=brief, overrides=overrides, **changes)


def difference(now: Plan, then: Plan) -> list[Text]:
    """Say what would differ between two plans."""
    parts = []
    if now.decision.pipeline != then.decision.pipeline:
        parts.append(Text("Then my advice changes: {advice}", advice=advice(then)))
    else:
        parts.append(
            Text(
                "My advice stays the same: {pipeline}.",
                pipeline=wording.pipeline(then.decision.pipeline),
            )
        )
    if now.model.value != then.model.value:
        parts.append(
            Text(
                "The model would be {model} instead of {now}. {because}",
                model=then.model.value,
                now=now.model.value,
                because=then.model.because,
            )
        )
    if then.stages and now.stages:
        parts += _numbers(now, then)
    elif then.stages:
        parts.append(estimate(then))
    return parts


def _numbers(now: Plan, then: Plan) -> list[Text]:
    parts = []
    a, b = now.estimate, then.estimate
    if (
        wording.duration(a.minutes.value) != wording.duration(b.minutes.value)
        or a.cost_usd.value != b.cost_usd.value
    ):
        parts.append(
            Text(
                "It would take about {then} instead of {now}, and cost {money}.",
                then=wording.duration(b.minutes.value),
                now=wording.duration(a.minutes.value),
                money=wording.money(b.cost_usd.value),
            )
        )
    if a.fits != b.fits:
        parts.append(
            Text("It would fit in memory.") if b.fits else Text("It would not fit in memory.")
        )
    first, other = now.stages[0], then.stages[0]
    if first.epochs.value != other.epochs.value:
        parts.append(
            Text(
                "It would go over your examples {then:g} times instead of {now:g}.",
                then=other.epochs.value,
                now=first.epochs.value,
            )
        )
    if not parts:
        parts.append(Text("Time and price stay about the same."))
    return parts


def advice(plan: Plan) -> Text:
    """Say whether to train, and why."""
    if not plan.decision.pipeline:
        if str(plan.decision.because).startswith("Do not train"):
            return Text("My advice: {because}", because=plan.decision.because)
        return Text("My advice: do not train now. {because}", because=plan.decision.because)
    if any(warning.code == "overruled" for warning in plan.warnings):
        return Text(
            "As you wish: {pipeline}. What I would have advised: {because}",
            pipeline=wording.pipeline(plan.decision.pipeline),
            because=plan.decision.because,
        )
    return Text(
        "I suggest {pipeline}. {because}",
        pipeline=wording.pipeline(plan.decision.pipeline),
        because=plan.decision.because,
    )


def estimate(plan: Plan) -> Text:
    """Say what it takes."""
    found = plan.estimate
    said = Text(
        "I expect about {time} and {memory:.1f} GB of memory. It costs {money}.",
        time=wording.duration(found.minutes.value), memory=found.peak_gib.value, money=wording.money(found.cost_usd.value),
    )  # fmt: skip
    if found.fits:
        return said
    if not found.alternatives:
        return Text("{said} That does not fit on this machine.", said=said)
    return Text(
        "{said} That does not fit on this machine. What would fit: {change}",
        said=said,
        change=found.alternatives[0].change,
    )


def would_change(plan: Plan) -> Text | list[Text]:
    """Say which facts would change the advice."""
    found = plan.decision.would_change_if
    if not found:
        return Text("I found no single fact that would change my advice.")
    lines = [
        Text("{fact} -> {pipeline}", fact=one.fact, pipeline=wording.pipeline(one.pipeline))
        for one in found[:5]
    ]
    return Text("What would change my advice:\n{lines}", lines=wording.bullets(lines))
