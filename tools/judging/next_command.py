"""The command that plans and runs a job again with other settings, ready to copy. Pure."""

from __future__ import annotations

import shlex
from typing import Any

from tools.judging.results import NextStep
from tools.plan import Plan
from training.text import Text


def command_again(plan: Plan | None, settings: dict[str, Any]) -> str | None:
    """The command that plans and runs this job again with other settings; None without a plan to go by."""
    if plan is None or not plan.data:
        return None
    goal = plan.brief.get("goal")
    words = ["tunesmith", "auto", *plan.data, "--goal", str(goal.value) if goal else ""]
    words += ["--model", plan.model.value]
    for option, value in (("--eval", plan.eval_file), ("--general", plan.general_file)):
        words += [option, value] if value else []
    words += ["--reward", plan.reward] if plan.reward else []
    words += ["--seed", str(plan.seed)] if plan.seed else []
    words += ["--skip-broken"] if plan.skip_broken else []
    if plan.decision.pipeline:
        words += ["--technique", ",".join(plan.decision.pipeline)]
    for name, value in (plan.overrides | settings).items():
        words += ["--set", f"{name}={_written(value)}"]
    return shlex.join(words)


def again(plan: Plan | None, text: Text, settings: dict[str, Any]) -> NextStep:
    """One next step: the same job with these settings."""
    return NextStep(text=text, command=command_again(plan, settings), settings=settings)


def planning_command(plan: Plan | None, *, gpu: str) -> str | None:
    """The command that plans this job anew for a card, its model chosen anew; None without a plan to go by."""
    if plan is None or not plan.data:
        return None
    goal = plan.brief.get("goal")
    words = [
        "tunesmith",
        "plan",
        *plan.data,
        "--goal",
        str(goal.value) if goal else "",
        "--gpu",
        gpu,
    ]
    return shlex.join(words)


def _written(value: Any) -> str:
    return (
        str(value).lower()
        if isinstance(value, bool)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )
