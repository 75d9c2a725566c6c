"""Settings that change what would have been chosen: `half`, `x1.5`, `+20%`, and those of every stage.

They are settled once, against the plan without them, and stand in the plan as the values that came of it: deciding
again does not halve a second time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tools.deciding import overrides
from tools.deciding.core import Core
from tools.deciding.wishes import EVERY
from tools.errors import PlanError
from tools.facts import Facts
from training.text import Text

Decide = Callable[[Facts], Core]


def settled(facts: Facts, decide: Decide) -> Facts:
    """Give the facts with every setting absolute. Raises PlanError where there is nothing to change."""
    open_ones = {
        name: value for name, value in facts.overrides.items()
        if overrides.factor_of(value) is not None or name.startswith(f"{EVERY}.")
    }  # fmt: skip
    if not open_ones:
        return facts
    plain = {name: value for name, value in facts.overrides.items() if name not in open_ones}
    core = decide(replace(facts, overrides=plain, budget_minutes=None, budget_usd=None))
    found: dict[str, Any] = {}
    for name, value in open_ones.items():
        if name == "budget.usd" and not core.usd:
            name = "budget.minutes"  # this machine costs nothing: cheaper is shorter
        part, _, key = name.partition(".")
        steps = core.advice.pipeline if part == EVERY else (part,)
        if not steps:
            raise _nothing(name)
        for step in steps:
            if part == EVERY and key not in overrides.settings_of(step):
                continue
            found[f"{step}.{key}"] = _absolute(core, f"{step}.{key}", value)
    if not found:
        raise _nothing(", ".join(open_ones))
    return replace(facts, overrides=overrides.read(found | plain))


def _absolute(core: Core, name: str, value: Any) -> Any:
    factor = overrides.factor_of(value)
    if factor is None:
        return value
    now = _current(core, name)
    if now is None or isinstance(now, bool) or not isinstance(now, int | float):
        raise _nothing(name)
    changed = now * factor
    return max(1, round(changed)) if isinstance(now, int) else float(f"{changed:.3g}")


def _current(core: Core, name: str) -> Any:
    """The value of this name in the plan without the change; None where it has none."""
    part, _, key = name.partition(".")
    if part == "budget":
        return {"minutes": core.minutes.total, "usd": core.usd or None}.get(key)
    if part == "replay":
        return (
            getattr(core.mix, key).value
            if core.mix is not None and hasattr(core.mix, key)
            else None
        )
    if part == "evaluation":
        choice = getattr(core.evaluation, key, None)
    else:
        stage = next((one.plan for one in core.stages if one.plan.technique.value == part), None)
        choice = getattr(stage, key, None)
    return None if choice is None else choice.value


def _nothing(name: str) -> PlanError:
    return PlanError(
        Text("{name} has no value in this plan that could be made larger or smaller.", name=name),
        where="--set",
        what_to_do=Text("Give it a number."),
    )
