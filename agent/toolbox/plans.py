"""Tools that look at the plan: the advice, every value with its reason, and the same decision on other facts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from langchain_core.tools import BaseTool
from pydantic import BaseModel, Field

from agent.conversation import whatif
from agent.toolbox.making import Arguments, Context, NoArguments, tool
from agent.toolbox.shown import page
from tools.choice import Choice
from tools.errors import PlanError
from tools.gpus import named_cards
from tools.plan import Plan
from training.config import Technique
from training.text import Text


class Values(Arguments):
    """Which values."""

    name: str = Field(
        "",
        max_length=100,
        description="Part of a value's name, such as learning_rate, epochs, replay, metric, minutes; empty: all.",
    )
    first: int = Field(20, ge=1, le=100, description="How many to show.")
    skip: int = Field(0, ge=0, le=1000, description="Leave out so many before the first one shown.")


class Suppose(Arguments):
    """The facts supposed; whatever is left out stays as it is."""

    rows: int | None = Field(None, ge=1, le=1_000_000_000, description="So many rows of data.")
    techniques: list[Technique] | None = Field(
        None, min_length=1, max_length=4, description="Insist on these, in this order."
    )
    model: str | None = Field(
        None, max_length=200, description="Another model: an id, or practice."
    )
    budget_minutes: float | None = Field(None, gt=0, le=1e6)
    budget_usd: float | None = Field(None, ge=0, le=1e7)
    gpu: str | None = Field(
        None, max_length=60, description="A card's name, such as H100 or RTX 4090."
    )
    num_gpus: int | None = Field(None, ge=0, le=1024, description="0: no card at all.")
    facts_change: bool | None = Field(
        None, description="The facts to be learnt change every month."
    )
    settings: dict[str, float | int | str | bool] | None = Field(
        None, description="Values by name, such as {'sft.epochs': 2, 'replay.share': 0.3}."
    )


def tools(context: Context) -> list[BaseTool]:
    """The plan's tools."""
    make = partial(tool, effect="read", needs="plan", language=context.language)

    def plan_advice() -> Any:
        """Tell the advice: whether to train, by which techniques, and why.

        With the rules behind it, what else was considered, which facts would change it, what was measured, what it
        takes, and what the person should know before a yes.
        """
        return _advice(context.known_plan())

    def plan_values(name: str, first: int, skip: int) -> Any:
        """Give values of the plan, each with its reason, its source, and whose choice it was.

        Origin: rule, measured, user (the person set it) or default (ours, unproven). Use it for every "why this
        value" and "how much".
        """
        found = [
            {"name": where, "value": choice.value, "because": choice.because, "source": choice.source, "origin": choice.origin}
            for where, choice in choices(context.known_plan())
            if name.strip().lower() in where
        ]  # fmt: skip
        if not found:
            raise PlanError(
                Text("The plan has no value called {name!r}.", name=name), where="name",
                what_to_do=Text("The names are: {names}.", names=", ".join(name for name, _ in choices(context.known_plan()))),
            )  # fmt: skip
        return page("values", found, first=first, skip=skip, language=context.language)

    def what_if(**suppose: Any) -> Any:
        """Decide again with other facts supposed, and tell what would differ from the plan.

        Advice, model, time, price, memory. Takes milliseconds, stores nothing, changes nothing.
        """
        return _replay(context, _facts(suppose))

    def launch() -> Any:
        """Put the plan up for approval; starts nothing.

        Answers with an order of three lines (what will happen, what it costs at most, what cannot be undone). Only the
        person's own yes to that order starts the run.
        """
        plan = context.known_plan()
        if context.put_up is None:
            raise PlanError(
                Text("Orders cannot be put up from here."), where="launch",
                what_to_do=Text("Ask the person to say yes in the conversation."),
            )  # fmt: skip
        return context.put_up(plan)

    return [
        make(plan_advice, NoArguments),
        make(plan_values, Values),
        make(what_if, Suppose),
        tool(launch, NoArguments, effect="spend", needs="plan", language=context.language),
    ]


def choices(plan: Plan) -> Iterator[tuple[str, Choice[Any]]]:
    """Yield every value of the plan that has a reason, under a name such as `1-sft.learning_rate`."""
    yield "model", plan.model
    for number, stage in enumerate(plan.stages, start=1):
        yield from _within(f"{number}-{stage.technique.value}", stage)
    for source in plan.mixture.sources:
        yield f"mixture.{source.name}.share".replace(" ", "_"), source.share
    if plan.mixture.min_rows is not None:
        yield "mixture.replay_min_rows", plan.mixture.min_rows
    yield from _within("evaluation", plan.evaluation)
    yield from _within("estimate", plan.estimate)
    if plan.quantization is not None:
        yield "model.quantization", plan.quantization


def _within(name: str, section: BaseModel) -> Iterator[tuple[str, Choice[Any]]]:
    for field in type(section).model_fields:
        value = getattr(section, field)
        if isinstance(value, Choice):
            yield f"{name}.{field}", value


def _advice(plan: Plan) -> dict[str, Any]:
    decision, took = plan.decision, plan.estimate
    return {
        "advice": whatif.advice(plan),
        "pipeline": decision.pipeline,
        "rules": decision.rules,
        "untouched_model_measured": decision.measured,
        "also_considered": decision.runners_up,
        "would_change_if": decision.would_change_if,
        "gates": decision.gates,
        "understood": plan.brief,
        "model": plan.model,
        "baselines": plan.baselines,
        "estimate": {
            "minutes": took.minutes, "peak_gib": took.peak_gib, "cost_usd": took.cost_usd, "fits": took.fits,
            "alternatives": took.alternatives,
        },
        "warnings": [{"code": one.code, "text": one.text} for one in plan.warnings],
        "open_questions": [{"text": one.text, "why": one.why} for one in plan.questions],
        "order": plan.order,
    }  # fmt: skip


def _facts(suppose: dict[str, Any]) -> dict[str, Any]:
    """Name the supposed facts as the conversation does."""
    given = {name: value for name, value in suppose.items() if value is not None}
    facts: dict[str, Any] = dict(given.pop("settings", {}))
    budget = {
        unit: given.pop(f"budget_{unit}")
        for unit in ("minutes", "usd")
        if f"budget_{unit}" in given
    }
    if budget:
        facts["budget"] = budget
    if "gpu" in given or "num_gpus" in given:
        count = given.pop("num_gpus", 1)
        name = given.pop("gpu", None)
        card = {"gpu": name, "gib": named_cards(name)[0].gib} if name and count else {}
        facts["hardware"] = {"count": count, **card}
    if "techniques" in given:
        facts["technique"] = given.pop("techniques")
    return facts | given


def _replay(context: Context, facts: dict[str, Any]) -> dict[str, Any]:
    now = context.known_plan()
    then = context.engine.plan(whatif.supposed(context.known_request(), facts))
    return {
        "supposed": facts,
        "differs": whatif.difference(now, then),
        "pipeline": then.decision.pipeline,
        "because": then.decision.because,
        "model": then.model.value,
        "minutes": then.estimate.minutes.value,
        "peak_gib": then.estimate.peak_gib.value,
        "cost_usd": then.estimate.cost_usd.value,
        "fits": then.estimate.fits,
    }
