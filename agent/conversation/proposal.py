"""The plan in words, and the order: three lines, one yes."""

from __future__ import annotations

import shlex
from pathlib import Path

from agent.conversation import interview, whatif
from agent.conversation.state import Conversation
from agent.conversation.workbench import Workbench, digest, request_of, run_id
from agent.engine import Measurement, PlanRequest
from agent.words import wording
from tools.errors import TuningError
from tools.facts import ATTEMPTS
from tools.plan import Order, Plan
from training.catalog import PRACTICE, called
from training.measured import NamedScore
from training.text import Text, join

WARNINGS_SHOWN = 3


def propose(state: Conversation, bench: Workbench) -> None:
    """Show the plan; put its order up for approval where it costs anything."""
    plan = bench.plan(state)
    assert plan is not None, "the plan is drafted before it is proposed"
    if not state.get("greeted"):
        state["greeted"] = True
        state["says"] += bench.spoken(state, interview.first_words(state, bench))
    else:
        news = interview.understood(state, bench)
        state["says"] += bench.spoken(state, *([news] if news else []))
    request = request_of(state, bench)
    plan = _confirmed(state, bench, plan, request)
    before = state.get("previous_plan")
    if before is not None and before != state["plan"] and not state["todo"]:
        old = bench.read_plan(before)
        same = old.decision.pipeline == plan.decision.pipeline
        told = whatif.difference(old, plan) if same else paragraphs(state, plan, news=True)
        state["says"] += bench.spoken(state, *told)
    else:
        state["says"] += bench.spoken(state, *paragraphs(state, plan, news=True))
    state["order"], state["previous_plan"] = None, state["plan"]
    document = state["plan"] or ""
    if plan.order is None and plan.stages and set(plan.decision.pipeline) - {"sft"}:
        plan, document = what_can_run(state, bench, plan)
    if plan.order is not None:
        run = run_id(state, plan.order.kind, str(plan.decision.pipeline))
        put_up(state, bench, plan.order, run=run, plan=document)
        shown = bench.order(state)
        assert shown is not None
        state["says"] += bench.spoken(
            state, three_lines(shown), script(request, plan), closing(state)
        )
    else:
        state["says"] += bench.spoken(
            state,
            Text(
                "Nothing will be started. Ask me why, or tell me what is different from what I assumed."
            ),
        )
    state["stale"], state["questions"] = False, []


def _confirmed(state: Conversation, bench: Workbench, plan: Plan, request: PlanRequest) -> Plan:
    """The plan after the memory of one step was tried out, where it is for a card; say what came of it."""
    if plan.device != "cuda" or not plan.stages:
        return plan
    said: list[Text] = []
    try:
        plan = bench.engine.confirm(request, tell=said.append)
    except TuningError as error:
        said.append(error.what)
        return plan
    finally:
        state["says"] += bench.spoken(state, *said)
    state["plan"] = bench.keep("plan", plan)
    return plan


def what_can_run(state: Conversation, bench: Workbench, plan: Plan) -> tuple[Plan, str]:
    """Where the advised techniques cannot be run here yet: plan the examples alone, if that can be started."""
    try:
        other = bench.engine.plan(request_of(state, bench, insist=("sft",)))
    except TuningError:
        return plan, state["plan"] or ""
    if other.order is None:
        return plan, state["plan"] or ""
    said = Text(
        "What can be started now is {pipeline} alone:",
        pipeline=wording.pipeline(other.decision.pipeline),
    )
    state["says"] += bench.spoken(state, said, *([whatif.estimate(other)] if other.stages else []))
    return other, bench.keep("plan", other)


def put_up(state: Conversation, bench: Workbench, order: Order, *, run: str, plan: str) -> None:
    """Make the order stand, under an id of its own: a yes to any earlier one starts nothing."""
    name = f"order-{digest([order.model_dump(mode='json'), run, plan, state['heard']['n']])}"
    order = order.model_copy(update={"id": name})
    bench.keep_order(order)
    state["order"] = {
        "id": name, "document": name, "kind": order.kind, "run": run, "plan": plan, "n": state["heard"]["n"], "settings": {},
    }  # fmt: skip
    state["refused"] = False


def three_lines(order: Order) -> Text:
    """Say what happens, what it costs at most, what cannot be undone."""
    return Text(
        "What happens: {what}\n\nWhat it costs: {at_most}\n\nWhat cannot be undone: {cannot_be_undone}",
        what=order.what, at_most=order.at_most, cannot_be_undone=order.cannot_be_undone,
    )  # fmt: skip


def closing(state: Conversation) -> Text:
    """Say how to go on from an order."""
    return Text("Say yes to start, ask me anything, or tell me what to change.")


def free_measurement(measurement: Measurement, run: str) -> Order:
    """Describe a measurement that needs no yes, for the record of the run."""
    return Order(
        id=f"free-{run}", kind="measure", what=Text("The untouched model answers the held-out examples."),
        at_most=Text("{time}, nothing to pay.", time=wording.duration(measurement.minutes)), cannot_be_undone=Text("Nothing."),
        max_minutes=None, max_cost_usd=0.0,
    )  # fmt: skip


def paragraphs(state: Conversation, plan: Plan, *, news: bool = False) -> list[Text]:
    """Say the plan: advice first, then evidence, numbers, price, warnings; as news without what was said before."""
    told = state.get("told", []) if news else []
    parts = [whatif.advice(plan)]
    if plan.baselines:
        parts.append(baselines(plan.baselines))
    if plan.stages:
        parts += [numbers(plan), whatif.estimate(plan)]
    if plan.decision.gates:
        gates = [
            Text("{when} Then: {then}", when=gate.when, then=gate.then)
            for gate in plan.decision.gates
        ]
        parts.append(Text("What the measurement decides:\n{lines}", lines=wording.bullets(gates)))
    shown = [
        warning.text
        for warning in plan.warnings
        if str(warning.text) not in str(plan.decision.because) and str(warning.text) not in told
    ][:WARNINGS_SHOWN]
    if shown:
        parts.append(Text("Please know:\n{lines}", lines=wording.bullets(shown)))
    if state.get("depth") == "engineer" and plan.stages:
        parts.append(every_number(plan))
    return parts


def baselines(scores: tuple[NamedScore, ...]) -> Text:
    """Say what other ways score on the same held-out examples."""
    rows = [
        Text("{name}: {value} (between {low} and {high})", name=baseline_name(score.name), value=value_of(score, score.value),
             low=value_of(score, score.low), high=value_of(score, score.high))
        for score in scores
        if score.name != ATTEMPTS
    ]  # fmt: skip
    return Text(
        "On {items:,} examples kept for the test, {metric}:\n{lines}",
        items=scores[0].items,
        metric=wording.metric(scores[0].metric),
        lines=wording.bullets(rows),
    )


def baseline_name(name: str) -> Text:
    """Name a baseline in words."""
    return {
        "commonest answer": Text("always the commonest answer"),
        "simple model": Text("a simple model that counts words"),
        "zero-shot": Text("the untouched model, only told what to do"),
        "few-shot": Text("the untouched model, shown a few examples"),
        "best prompt": Text("the untouched model, asked in the best of several ways"),
        "attempts": Text("the untouched model's own attempts at training questions"),
    }.get(name, Text.plain(name))


def value_of(score: NamedScore, value: float) -> Text:
    """Say a score: shares as percent."""
    return (
        Text("{value:.2f}", value=value)
        if score.metric in {"bits_per_byte", "reward"}
        else wording.percent(value)
    )


def numbers(plan: Plan) -> Text:
    """Say the plan in one breath."""
    replay = sum(source.share.value for source in plan.mixture.sources if source.name != "yours")
    stage = plan.stages[0]
    said = Text(
        "I would train {model}. It goes over your examples {passes}, at a learning rate (the size of its steps) of {rate:g}, and is measured on {items:,} examples it never saw.",
        model=called(str(plan.model.value)), passes=wording.times(stage.epochs.value), rate=stage.learning_rate.value, items=plan.evaluation.items.value,
    )  # fmt: skip
    if plan.model.value == PRACTICE:
        said = Text("{said} Mind that it is a toy: it shows you the whole job in minutes, and is too small for most real work.", said=said)  # fmt: skip
    if not replay:
        return said
    return Text(
        "{said} {share} of what it reads is general text, so that it forgets little.",
        said=said,
        share=wording.percent(replay),
    )


def every_number(plan: Plan) -> Text:
    """List every value with its reason, for people who want it."""
    rows = []
    for index, stage in enumerate(plan.stages, 1):
        for name in type(stage).model_fields:
            choice = getattr(stage, name)
            if choice is None:
                continue  # a value of other techniques
            rows.append(
                Text(
                    "{index}-{technique} {name} = {value}: {because}",
                    index=index,
                    technique=stage.technique.value,
                    name=name,
                    value=choice.value,
                    because=choice.because,
                )
            )
    return Text("Every value and its reason:\n{lines}", lines=wording.bullets(rows))


def script(request: PlanRequest, plan: Plan) -> Text:
    """Give the command and the five lines of Python that do the same."""
    return Text(
        "Do this from a script:\n```\n{command}\n```\n```python\n{python}\n```",
        command=command(request, plan),
        python=python(request, plan),
    )


def _options(request: PlanRequest, plan: Plan) -> list[tuple[str, str]]:
    brief = plan.brief
    options = [
        ("goal", str(brief["goal"].value) if "goal" in brief else "as planned"),
        ("model", str(plan.model.value)),
    ]
    if request.eval_file:
        options.append(("eval", str(request.eval_file)))
    if request.general_file:
        options.append(("general", str(request.general_file)))
    if request.insist:
        options.append(("technique", ",".join(request.insist)))
    if plan.reward:
        options.append(("reward", plan.reward))
    options += _limits(plan)
    budget = (
        brief["budget"].value
        if "budget" in brief and isinstance(brief["budget"].value, dict)
        else {}
    )
    if budget.get("minutes") is not None:
        options.append(("budget-minutes", f"{budget['minutes']:g}"))
    if budget.get("usd") is not None:
        options.append(("budget-usd", f"{budget['usd']:g}"))
    options += [("set", f"{name}={value}") for name, value in request.overrides.items()]
    return options


def _limits(plan: Plan) -> list[tuple[str, str]]:
    """What was said or assumed about success, forgetting and hardware, as options."""
    brief, found = plan.brief, []
    success = brief["success"].value if "success" in brief else None
    if isinstance(success, dict) and success.get("target") is not None:
        found.append(
            (
                "target",
                f"{success.get('metric') or plan.evaluation.metric.value}={success['target']:g}",
            )
        )
    kept = brief["must_not_get_worse"].value if "must_not_get_worse" in brief else None
    if isinstance(kept, dict) and kept.get("max_forgetting") is not None:
        found.append(("max-forgetting", f"{kept['max_forgetting']:g}"))
    cards = brief["hardware"].value if "hardware" in brief else None
    if isinstance(cards, dict) and cards.get("gpu") and cards.get("count"):
        found.append(("gpu", f"{cards['gpu']}:{cards['count']}"))
    return found


def command(request: PlanRequest, plan: Plan) -> str:
    """The exact command."""
    words = ["tunesmith", "auto", *map(str, request.files)]
    for name, value in _options(request, plan):
        words += [f"--{name}", value]
    return shlex.join([*words, "--yes"])


def python(request: PlanRequest, plan: Plan) -> str:
    """The same in Python."""
    names = {
        "eval": "eval_file",
        "general": "general_file",
        "budget-minutes": "budget_minutes",
        "budget-usd": "budget_usd",
        "max-forgetting": "max_forgetting",
    }
    arguments: list[str] = []
    overrides: dict[str, str] = {}
    for name, value in _options(request, plan):
        if name == "set":
            key, _, setting = value.partition("=")
            overrides[key] = setting
        elif name.startswith(("budget", "max-")):
            arguments.append(f"{names[name]}={value}")
        elif name == "technique":
            arguments.append(f"technique={value!r}")
        else:
            arguments.append(f"{names.get(name, name)}={value!r}")
    if overrides:
        arguments.append(f"settings={overrides!r}")
    files = [str(Path(name)) for name in request.files]
    data = repr(files[0] if len(files) == 1 else files)
    return "\n".join([
        "from agent import TuningAgent",
        "agent = TuningAgent()",
        f"report = agent.auto({data}, {', '.join(arguments)}, yes=True)",
        "print(report.verdict, report.because)",
        "print(report.markdown)",
    ])  # fmt: skip


def summary(plan: Plan) -> Text:
    """The plan in two sentences."""
    return join([whatif.advice(plan), *([whatif.estimate(plan)] if plan.stages else [])])
