"""A plan's values under the names that `--set` knows, and what differs between two plans. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agent.conversation.edits import setting_name
from agent.words import wording
from tools.choice import Choice
from tools.deciding.overrides import SETTINGS
from tools.plan import Plan, StagePlan
from training.text import Text


@dataclass(frozen=True)
class Moved:
    """A value that is another one now."""

    name: Text
    old: Text
    new: Text
    because: Text
    by_person: bool


def stage_values(stage: StagePlan) -> dict[str, Choice[Any]]:
    """One stage's values, named as `--set` names them."""
    first = stage.technique.value
    found = {name: getattr(stage, name) for name in type(stage).model_fields if name != "technique"}
    return {f"{first}.{name}": one for name, one in found.items() if one is not None}


def mixture_values(plan: Plan) -> dict[str, Choice[Any]]:
    """The share of general text and how many conversations of it there are at least."""
    found: dict[str, Choice[Any]] = {}
    for one in plan.mixture.sources:  # yours, and at most one source of general text
        if one.name != "yours":
            found["replay.share"] = one.share
    if plan.mixture.min_rows is not None:
        found["replay.min_rows"] = plan.mixture.min_rows
    return found


def probe_values(plan: Plan) -> dict[str, Choice[Any]]:
    """The short trainings before a long one."""
    probe = plan.probe
    if probe is None:
        return {}
    found = {f"probe.{name}": getattr(probe, name) for name in type(probe).model_fields}
    return {name: one for name, one in found.items() if isinstance(one, Choice)}


def evaluation_values(plan: Plan) -> dict[str, Choice[Any]]:
    """How it is measured."""
    how = plan.evaluation
    found = {f"evaluation.{name}": getattr(how, name) for name in type(how).model_fields}
    return {name: one for name, one in found.items() if isinstance(one, Choice)}


def all_values(plan: Plan) -> dict[str, Choice[Any]]:
    """Every value that a person can change, and a few that follow from them."""
    found: dict[str, Choice[Any]] = {"model": plan.model}
    for stage in plan.stages:
        found |= stage_values(stage)
    return found | mixture_values(plan) | probe_values(plan) | evaluation_values(plan)


def moved(before: Plan, now: Plan) -> list[Moved]:
    """What differs, the person's own changes first; then what followed from them, with its reason."""
    found: list[Moved] = []
    if before.decision.pipeline != now.decision.pipeline:
        old, new = (wording.pipeline(one.decision.pipeline) for one in (before, now))
        mine = before.insist != now.insist
        found.append(Moved(Text("technique"), old, new, now.decision.because, mine))
    was, are = all_values(before), all_values(now)
    for name, one in are.items():
        if name in was and was[name].value != one.value:
            old, new = shown(name, was[name].value), shown(name, one.value)
            mine = one.origin == "user" or was[name].origin == "user"
            found.append(Moved(setting_name(name), old, new, one.because, mine))
    for title, old_choice, new_choice, say in (
        (Text("expected time"), before.estimate.minutes, now.estimate.minutes, wording.duration),
        (Text("price"), before.estimate.cost_usd, now.estimate.cost_usd, wording.money),
        (Text("memory at the peak"), before.estimate.peak_gib, now.estimate.peak_gib, gib),
    ):
        old, new = say(old_choice.value), say(new_choice.value)
        if old != new:
            found.append(Moved(title, old, new, new_choice.because, False))
    return sorted(found, key=lambda one: not one.by_person)


def shown(name: str, value: Any) -> Text:
    """A value as people read it."""
    if value is None:
        return Text("none")
    if isinstance(value, bool):
        return Text("yes") if value else Text("no")
    if name in IN_PERCENT and isinstance(value, int | float):
        return wording.percent(value)
    if isinstance(value, float):
        return Text("{number:.6g}", number=value)
    if isinstance(value, int):
        return Text("{number:,}", number=value)
    return Text.plain(str(value))


IN_PERCENT = frozenset({
    "replay.share", "evaluation.max_forgetting", "evaluation.target", "probe.compute", "probe.first_share", "probe.last_share",
})  # fmt: skip


def gib(value: float) -> Text:
    """Memory."""
    return Text.plain(f"{value:.1f} GiB")


def is_settable(name: str) -> bool:
    """Whether a person may set it by itself."""
    return name in SETTINGS
