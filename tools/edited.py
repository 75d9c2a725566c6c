"""A plan that a person may have edited is checked as strictly as one that was just decided."""

from __future__ import annotations

from typing import Any

from tools.deciding import overrides
from tools.deciding.advice import ORDER
from tools.deciding.contradictions import refuse_four_bits
from tools.deciding.evaluation import METRICS, REWARD
from tools.deciding.models import card_of
from tools.deciding.probe import following
from tools.deciding.stages import within_context
from tools.deciding.technique import refuse_unfed
from tools.deciding.warnings import of_values, safe_ranges
from tools.errors import PlanError
from tools.orders import plan_id
from tools.plan import Plan, PlanWarning, StagePlan
from training.catalog import ModelCard
from training.text import Text

SHARES_TOLERANCE = 1e-6
LITTLE_FORGETTING = 0.05
EVALUATION_NAMES = (
    "metric",
    "dev_items",
    "target",
    "max_forgetting",
    "probe_items",
    "final_probe_items",
    "few_shot_examples",
    "prompt_variants",
    "max_new_tokens",
)


def check(plan: Plan) -> Plan:
    """Check names, ranges and sums; warn of dangerous values; the order's id follows the content. Raises PlanError."""
    overrides.read(plan.overrides)
    changed = plan.order is not None and plan.order.id != plan_id(plan)
    _check_pipeline(plan)
    for stage in plan.stages:
        _check_stage(stage)
    _check_evaluation(plan)
    _check_mixture(plan)
    plan = following(plan)
    card = card_of(plan.model.value)
    _check_together(plan, card)
    known = {_value_named(warning.text) for warning in plan.warnings}
    dangers = [
        one
        for stage in plan.stages
        for one in of_values(stage, card, longest=0, only_set=False)
        if _value_named(one.text) not in known
    ]
    if changed and plan.stages:
        dangers += [_as_before(plan)]
    plan = plan.model_copy(update={"warnings": (*plan.warnings, *dangers)}) if dangers else plan
    if plan.order is None:
        return plan
    order = plan.order.model_copy(update={"id": plan_id(plan)})
    return plan.model_copy(update={"order": order})


def _as_before(plan: Plan) -> PlanWarning:
    """Say that what the plan takes was reckoned before somebody changed it."""
    return PlanWarning(code="budget", text=Text(
        "This plan was edited by hand. Its {minutes:,.1f} minutes, {gib:,.1f} GiB and price are those from before, and the run ends at the limit of its order. To have them reckoned anew, plan again and set what you changed with --set.",
        minutes=plan.estimate.minutes.value, gib=plan.estimate.peak_gib.value,
    ))  # fmt: skip


def _value_named(text: Text) -> str:
    """The setting and the value that a warning begins with: one warning of them is enough, in a plan read from its file too."""
    return str(text).partition(" lies outside ")[0]


def _check_together(plan: Plan, card: ModelCard) -> None:
    """Refuse what cannot hold together: data and techniques, lengths and context, 4 bits, forgetting, the order's limits."""
    if plan.stages and "task" in plan.brief:
        refuse_unfed(plan.brief["task"].value, plan.decision.pipeline)
    for stage in plan.stages:
        within_context(stage.max_seq_tokens, stage.technique.value, card)
    if plan.quantization is not None and plan.quantization.value == "nf4":
        whole = next((one.technique.value for one in plan.stages if one.lora_rank.value == 0), None)
        refuse_four_bits(on_gpu=plan.device == "cuda", whole=whole)
    first = plan.decision.pipeline[:1]
    rehearsed = sum(source.share.value for source in plan.mixture.sources if source.name != "yours")
    if not rehearsed and first in {("sft",), ("cpt",)}:
        _refuse_unrehearsed(plan, card)
    if plan.order is not None and (
        (plan.order.max_minutes or 0) < 0 or plan.order.max_cost_usd < 0
    ):
        raise PlanError(
            Text("The order allows less than nothing."), where="order",
            what_to_do=Text("Give it limits of 0 or more."),
        )  # fmt: skip


def _refuse_unrehearsed(plan: Plan, card: ModelCard) -> None:
    budget = plan.evaluation.max_forgetting.value
    for stage in plan.stages:
        rate, limits = stage.learning_rate.value, safe_ranges(stage, card, 0)["learning_rate"]
        if budget <= LITTLE_FORGETTING and rate > limits.high:
            name = stage.technique.value
            raise PlanError(
                Text("These wishes exclude each other: forgetting at most {budget:.1%}, no general data, and a learning rate of {rate:g}.", budget=budget, rate=rate),
                where=f"{name}.learning_rate",
                what_to_do=Text("Set {name}.learning_rate to {high:g} or less, or give general data a share of the mixture.", name=name, high=limits.high),
            )  # fmt: skip


def _check_pipeline(plan: Plan) -> None:
    pipeline, stages = plan.decision.pipeline, tuple(stage.technique.value for stage in plan.stages)
    if stages != pipeline:
        raise PlanError(
            Text("The pipeline says {pipeline}, but the stages are {stages}.", pipeline=_listed(pipeline), stages=_listed(stages)),
            where="decision.pipeline", what_to_do=Text("Give one stage for each technique, in the same order."),
        )  # fmt: skip
    if list(pipeline) != sorted(set(pipeline), key=ORDER.index):
        raise PlanError(
            Text("The techniques stand in an order that forgets what was learnt: {pipeline}.", pipeline=_listed(pipeline)),
            where="decision.pipeline", what_to_do=Text("Put them in the order cpt, sft, dpo, rft, each once."),
        )  # fmt: skip


def _check_stage(stage: StagePlan) -> None:
    name = stage.technique.value
    values: dict[str, Any] = {
        f"{name}.{key}": getattr(stage, key).value
        for key in (*overrides.STAGE_SETTINGS, *overrides.EXTRA_SETTINGS.get(name, {}))
        if getattr(stage, key) is not None
    }
    overrides.read(values)
    batch, micro = stage.batch_size.value, stage.micro_batch_size.value
    if batch % micro:
        raise PlanError(
            Text("A batch of {batch} rows cannot be cut into pieces of {micro}.", batch=batch, micro=micro),
            where=f"{name}.micro_batch_size", what_to_do=Text("Set it to a divisor of {batch}.", batch=batch),
        )  # fmt: skip


def _check_evaluation(plan: Plan) -> None:
    how = plan.evaluation
    values = {}
    for key in EVALUATION_NAMES:
        choice = getattr(how, key)
        if choice is not None and choice.value is not None:
            values[f"evaluation.{key}"] = choice.value
    overrides.read(values)
    task = plan.brief["task"].value if "task" in plan.brief else None
    if task in METRICS and how.metric.value not in (*METRICS[task], REWARD):
        raise PlanError(
            Text("{metric} cannot score a {task} task.", metric=how.metric.value, task=task),
            where="evaluation.metric", what_to_do=Text("Use {allowed}.", allowed=" or ".join(METRICS[task])),
        )  # fmt: skip


def _check_mixture(plan: Plan) -> None:
    sources = plan.mixture.sources
    if not sources:
        if plan.stages:
            raise PlanError(
                Text("The plan trains, but names nothing to learn from."),
                where="mixture.sources",
                what_to_do=Text("Name your data with its share, such as 1.0."),
            )
        return
    total = sum(source.share.value for source in sources)
    if abs(total - 1) > SHARES_TOLERANCE or any(
        not 0 <= source.share.value <= 1 for source in sources
    ):
        raise PlanError(
            Text("The shares of the mixture add up to {total:g}, not to 1.", total=total),
            where="mixture.sources", what_to_do=Text("Change one of them so that they add up to 1."),
        )  # fmt: skip
    names = [source.name for source in sources]
    if (
        len(set(names)) != len(names)
        or sum(name != "yours" for name in names) > 1
        or "yours" not in names
    ):
        raise PlanError(
            Text("The mixture takes your data and at most one source of general text; it names {names}.", names=", ".join(names)),
            where="mixture.sources", what_to_do=Text("Keep one of each."),
        )  # fmt: skip
    if "your general file" in names and plan.general_file is None:
        raise PlanError(
            Text("The mixture uses a general file, but none is named."),
            where="general_file",
            what_to_do=Text("Name it, or use self-generated replay."),
        )


def _listed(names: tuple[str, ...]) -> str:
    return " + ".join(names) or "nothing"
