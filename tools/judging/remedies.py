"""For each cause that the diagnosis names: one next plan, ready to approve. Pure."""

from __future__ import annotations

from tools.deciding.evaluation import METRICS
from tools.judging.causes import kinder_reading, stronger_model
from tools.judging.next_command import again, command_again, planning_command
from tools.judging.results import NextStep
from tools.plan import ModelOption, Plan
from training.measured import Measured
from training.text import Text

HOLD_NEARER = 0.05  # GR-03: .01 to .05 for rewards that can be pleased, or where the untouched model should be kept
LARGER_CARD, LARGEST_CARD = "24GB", "80GB"


def against_causes(plan: Plan | None, measured: Measured, codes: set[str]) -> list[NextStep]:
    """Give one step for each cause found, in the order in which they are said."""
    steps = []
    if "reward_hacking" in codes:
        steps += _harder_to_please(plan, measured)
    if "wrong_metric" in codes:
        steps += _another_metric(plan, measured)
    if "too_hard" in codes:
        steps.append(_within_reach(plan, measured))
    return steps


def _harder_to_please(plan: Plan | None, measured: Measured) -> list[NextStep]:
    stage = (
        next((one for one in plan.stages if one.technique.value == "rft"), None) if plan else None
    )
    if plan is None or stage is None:
        return []
    held = stage.kl_weight.value if stage.kl_weight else 0.0
    epochs = round(stage.epochs.value / 2, 2)
    if held < HOLD_NEARER:
        text = Text(
            "Hold it nearer to where it began (a weight of {weight:g} instead of {held:g}) and let it learn half as long, {epochs:g} {epochs:pass|passes}; before that, look at answers that were well rewarded, and close what the reward wrongly pays for.",
            weight=HOLD_NEARER, held=held, epochs=epochs,
        )  # fmt: skip
        return [again(plan, text, {"rft.kl_weight": HOLD_NEARER, "rft.epochs": epochs})]
    text = Text(
        "Let it learn half as long, {epochs:g} {epochs:pass|passes}; before that, look at answers that were well rewarded, and close what the reward wrongly pays for.",
        epochs=epochs,
    )  # fmt: skip
    return [again(plan, text, {"rft.epochs": epochs})]


def _another_metric(plan: Plan | None, measured: Measured) -> list[NextStep]:
    if plan is None:
        return []
    reading, tuned = kinder_reading(measured), measured.tuned
    entry = plan.brief.get("task")
    task = entry.value if entry else None
    if reading is None and tuned is not None and tuned.metric == "accuracy":
        text = Text("Count every kind of answer the same (macro F1), so that the best version is chosen by the rare ones too.")  # fmt: skip
        return [again(plan, text, {"evaluation.metric": "macro_f1"})]
    if reading is not None and reading.name == "number":
        text = Text("Count an answer as right where it ends on the right number.")
        if task == "reasoning":
            return [again(plan, text, {"evaluation.metric": "numeric"})]
        rewarded = plan.model_copy(update={"reward": "number"})
        return [again(rewarded, text, {})]
    if task in METRICS and "chrf" not in METRICS[task]:
        return []
    text = Text(
        "Measure how like the wanted answers they are, and let people who do not know which model wrote which decide."
    )
    return [again(plan, text, {"evaluation.metric": "chrf"})]


def _within_reach(plan: Plan | None, measured: Measured) -> NextStep:
    """A larger model where one is to be had; worked answers before attempts; else a card that has room for one."""
    larger = _larger(plan, measured)
    if plan is not None and larger is not None:
        text = Text(
            "Train a larger model, {model}: it should take about {minutes:,} {minutes:minute|minutes} and cost ${cost:.2f}.",
            model=larger.model, minutes=max(1, round(larger.minutes)), cost=larger.cost_usd,
        )  # fmt: skip
        bigger = plan.model_copy(
            update={
                "model": plan.model.model_copy(update={"value": larger.model}),
                "overrides": {name: value for name, value in plan.overrides.items() if name != "model"},
            }
        )  # fmt: skip
        return NextStep(
            text=text, command=command_again(bigger, {}), settings={"model": larger.model}
        )
    if plan is not None and plan.decision.pipeline == ("rft",):
        first = plan.model_copy(update={"decision": plan.decision.model_copy(update={"pipeline": ("sft", "rft")})})  # fmt: skip
        return NextStep(
            text=Text("Let it learn from worked answers first, and from its own attempts afterwards; write the way to the answer for some questions if yours hold none."),
            command=command_again(first, {}),
        )  # fmt: skip
    card = LARGEST_CARD if plan is not None and plan.gpus else LARGER_CARD
    return NextStep(
        text=Text("See what a graphics card with {card} of memory allows: a larger model may do it.", card=card),
        command=planning_command(plan, gpu=card),
    )  # fmt: skip


def _larger(plan: Plan | None, measured: Measured) -> ModelOption | None:
    """The next larger model of those the plan offered; the one that was surely better where some were compared."""
    if plan is None:
        return None
    stronger = stronger_model(measured)
    places = [at for at, option in enumerate(plan.models) if option.chosen]
    above = plan.models[places[0] + 1 :] if places else ()
    named = next((one for one in plan.models if one.model == stronger), None)
    return named or (above[0] if above else None)
