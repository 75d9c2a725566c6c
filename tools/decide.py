"""Facts in, plan out: pure, so that anything can be tried, and quick enough to try everything.

`decide` makes the core of the plan, then tries it again with single facts flipped: what would change the
advice, and which open questions are worth asking.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from tools.choice import NUMBER
from tools.deciding import (
    mixing,
    models,
    overrides,
    probe,
    relative,
    runners_up,
    teacher_step,
    technique,
    warnings,
)
from tools.deciding.advice import Advice
from tools.deciding.budget import within_budget
from tools.deciding.contradictions import one_adapter, refuse_forgetting, refuse_settings
from tools.deciding.core import Core
from tools.deciding.costing import (
    cap_minutes,
    costed,
    estimate,
    nearest_that_fits,
    usd_per_hour,
    worst_minutes,
)
from tools.deciding.evaluation import evaluation
from tools.deciding.questions import worth_asking, would_change
from tools.deciding.sizes import alternatives, options, other_sizes
from tools.deciding.stages import Stage, build, pinned, room_gib, shared_rank
from tools.errors import PlanError
from tools.facts import SIMPLE_NAMES, Facts
from tools.goal import understand
from tools.orders import train_order
from tools.plan import (
    Counterfactual,
    Decision,
    Mixture,
    Plan,
    PlanWarning,
    Question,
    Source,
)
from tools.resources import (
    Minutes,
)
from training.catalog import ModelCard
from training.text import Text, join

__all__ = ["check_plan", "decide", "understand"]


def decide(facts: Facts) -> Plan:
    """Decide everything. Raises PlanError where the wishes contradict each other, the data, or the machine."""
    core = core_of(facts)
    return _plan(core, asked=worth_asking(core, weighed), flips=would_change(core))


def core_of(facts: Facts) -> Core:
    """Read what the person set, and decide without questions and counterfactuals. Raises PlanError."""
    named = replace(facts, overrides=overrides.read(facts.overrides))
    return decide_core(_checked(relative.settled(named, decide_core)))


def decide_core(facts: Facts) -> Core:
    """Decide without asking what else could be. Raises PlanError."""
    core = _unlimited(facts)
    return within_budget(replace(core, warnings=_warned(core)), decide_core)


def weighed(facts: Facts) -> Core:
    """Decide as far as one plan is compared with another: without its warnings. Raises PlanError."""
    return within_budget(_unlimited(facts), weighed)


def _unlimited(facts: Facts) -> Core:
    """Decide, whatever it may cost."""
    model, card = models.choose(facts)
    facts = of_this_model(facts, card)
    how = evaluation(facts, card)
    known = replace(facts, target=how.target.value, max_forgetting=how.max_forgetting.value)
    advice = technique.advise(known, card)
    if advice.pipeline and known.rows <= 0:
        raise PlanError(
            Text("There are no rows to train on."), where="data",
            what_to_do=Text("Give more rows, or a separate test file with --eval."),
        )  # fmt: skip
    mix, stages = _training(known, card, advice)
    core = costed(Core(known, card, model, advice, how, stages, mix, Minutes(0, 0, 0), 0.0, 0.0))
    _room(core)
    return probe.planned(core)


def _room(core: Core) -> list[PlanWarning]:
    """Warn where the training does not fit. Raises PlanError where no card that can be had would hold it."""
    if all(stage.fits for stage in core.stages):
        return []
    nearest = nearest_that_fits(core)
    return warnings.of_room(core.peak, room_gib(core.facts), core.card, nearest=nearest)


def of_this_model(facts: Facts, card: ModelCard) -> Facts:
    """Leave out what another untouched model scored: a plan for one model rests on no other's figures (TC-01)."""
    if facts.measured_model in {None, card.id}:
        return facts
    kept = tuple(score for score in facts.baselines if score.name in SIMPLE_NAMES)
    return replace(facts, baselines=kept)


def _checked(facts: Facts) -> Facts:
    """Bring the budgets of brief, options and overrides together. Raises PlanError."""
    read = facts.overrides
    said = facts.said("budget")
    words = said if isinstance(said, dict) else {}
    spent = read.get(
        "budget.minutes",
        facts.budget_minutes if facts.budget_minutes is not None else words.get("minutes"),
    )
    usd = read.get(
        "budget.usd", facts.budget_usd if facts.budget_usd is not None else words.get("usd")
    )
    for name, value in (("--budget-minutes", spent), ("--budget-usd", usd)):
        if value is not None and (value < 0 or (value == 0 and name == "--budget-minutes")):
            raise PlanError(
                Text("A budget of {value:g} leaves nothing to work with.", value=float(value)), where=name,
                what_to_do=Text("Name a positive number, or leave it out."),
            )  # fmt: skip
    if facts.insist is not None and not facts.insist:
        raise PlanError(
            Text("No technique is named."),
            where="--technique",
            what_to_do=Text("Name one or more of cpt, sft, dpo, rft."),
        )
    return replace(
        facts,
        overrides=read,
        budget_minutes=spent,
        budget_usd=usd,
        seed=read.get("seed", facts.seed),
    )


def _training(
    facts: Facts, card: ModelCard, advice: Advice
) -> tuple[mixing.Mix | None, tuple[Stage, ...]]:
    if not advice.pipeline:
        return None, ()
    first = advice.pipeline[0]
    facts = replace(facts, overrides=one_adapter(facts.overrides, advice.pipeline))
    refuse_settings(facts, advice.pipeline)
    full = shared_rank(facts, advice.pipeline, card).value == 0
    assert facts.max_forgetting is not None, "evaluation() has settled it"
    share = mixing.share(
        first, card, max_forgetting=facts.max_forgetting, full=full, rows=facts.rows
    )
    if facts.overrides.get("replay.source") == "none":
        share = share.model_copy(
            update={"value": 0.0, "because": Text("You set it."), "source": None, "origin": "user"}
        )
    share = pinned(share, facts, "replay.share")
    source = pinned(
        mixing.source(share.value, general_file=facts.general_file, card=card),
        facts,
        "replay.source",
    )
    _refuse_source(source.value, share.value, facts)
    rows = pinned(
        mixing.min_rows(share.value, card, rows=facts.rows, kind=source.value),
        facts,
        "replay.min_rows",
    )
    stages = tuple(
        build(
            facts,
            step,
            card,
            replay=share.value if step in {"sft", "cpt"} else 0.0,
            pipeline=advice.pipeline,
        )
        for step in advice.pipeline
    )

    def nearest() -> tuple[float, float]:
        """Rate and share of general text, had neither been set."""
        left = {name: value for name, value in facts.overrides.items() if not name.startswith("replay.") and not name.endswith(".learning_rate")}  # fmt: skip
        other, made = _training(replace(facts, overrides=left), card, advice)
        return made[0].plan.learning_rate.value, other.share.value if other is not None else 0.0

    refuse_forgetting(tuple(stage.plan for stage in stages), facts, card, nearest=nearest)
    learnt = pinned(mixing.loss(source.value), facts, "replay.loss")
    return mixing.Mix(source, share, rows, learnt), stages


def _refuse_source(source: str, share: float, facts: Facts) -> None:
    if source == "file" and facts.general_file is None:
        raise PlanError(
            Text("General data is to come from a file, but no file is named."), where="replay.source",
            what_to_do=Text("Name it with --general FILE, or set replay.source=self."),
        )  # fmt: skip
    if source == "none" and share > 0:
        raise PlanError(
            Text("A share of {share:.0%} general data needs a source.", share=share), where="replay.source",
            what_to_do=Text("Set replay.source=self, or replay.share=0."),
        )  # fmt: skip


def _warned(core: Core) -> tuple[PlanWarning, ...]:
    facts, advice = core.facts, core.advice
    found = list(advice.warnings)
    if advice.code and not advice.pipeline:
        found.append(PlanWarning(code=advice.code, text=advice.because))
    found += warnings.of_data(facts) + warnings.of_goal(facts) + warnings.of_pace(facts, advice)
    found += warnings.of_knowledge(facts, advice) + warnings.without_effect(facts, advice)
    found += _room(core)
    found += (
        warnings.of_measuring(facts, advice)
        + warnings.of_test(facts, core.evaluation)
        + warnings.of_running(facts, advice)
        + (warnings.of_latency(facts, core.card) if core.stages else [])
        + probe.warned(core)
    )
    for stage in core.stages:
        found += warnings.of_values(
            stage.plan, core.card, longest=facts.profile.tokens.p99
        ) + warnings.of_length(stage.plan, core.card, facts)
    if core.mix is not None:
        found += warnings.of_mixture(
            core.mix.share.value,
            core.mix.source.value,
            facts,
            core.card,
            core.evaluation.max_forgetting.value,
        )
    unique: dict[tuple[str, str], PlanWarning] = {(one.code, str(one.text)): one for one in found}
    return tuple(unique.values())


def _plan(core: Core, *, asked: tuple[Question, ...], flips: tuple[Counterfactual, ...]) -> Plan:
    facts, advice = core.facts, core.advice
    others = other_sizes(core, weighed) if core.stages else ()
    cap = cap_minutes(facts)
    worst = worst_minutes(core) if cap is None else min(worst_minutes(core), cap)
    plan = Plan(
        decision=Decision(
            pipeline=advice.pipeline, because=join([advice.because, *advice.handed]), source=advice.source, rules=advice.rules,
            measured=facts.untouched() is not None, gates=runners_up.gates(facts, core.card, advice),
            runners_up=runners_up.runners_up(facts, core.card, advice.pipeline), would_change_if=flips,
        ),
        brief=dict(facts.brief),
        model=core.model,
        models=options(core, others),
        stages=tuple(stage.plan for stage in core.stages),
        mixture=_mixture(core.mix),
        probe=core.probe,
        evaluation=core.evaluation,
        teacher=teacher_step.propose(facts, core.card, advice),
        baselines=facts.baselines,
        estimate=estimate(core, alternatives(core, others)),
        warnings=core.warnings,
        questions=asked,
        data=facts.data, data_hashes=dict(facts.data_hashes), eval_file=facts.eval_file, general_file=facts.general_file,
        columns=dict(facts.profile.columns), overrides=dict(facts.overrides), device="cuda" if facts.on_gpu else "cpu",
        gpus=tuple(gpu.name for gpu in facts.gpus), quantization=core.stages[0].quantization if core.stages else None,
        insist=facts.insist, reward=facts.reward, seed=facts.seed,
        skip_broken=facts.skip_broken,
    )  # fmt: skip
    price = usd_per_hour(facts)
    order = train_order(plan, facts, core.card, worst_minutes=worst, worst_usd=worst / 60 * price)
    return plan.model_copy(update={"order": order})


def _mixture(mix: mixing.Mix | None) -> Mixture:
    if mix is None:
        return Mixture()
    own = NUMBER(
        value=round(1 - mix.share.value, 6),
        because=Text("The rest is your data."),
        origin=mix.share.origin,
    )
    sources = [Source(name="yours", share=own)]
    if mix.share.value:
        name: Literal["self-generated replay", "your general file"] = "self-generated replay"
        foreign = []
        if mix.source.value == "file":
            name = "your general file"
            foreign = [Text("Other people's words move a model further than its own words would.")]
        sources.append(
            Source(
                name=name,
                share=mix.share.model_copy(
                    update={"because": join([mix.share.because, mix.source.because, *foreign])}
                ),
            )
        )
    return Mixture(
        sources=tuple(sources),
        min_rows=mix.min_rows if mix.source.value == "self" else None,
        replay_loss=mix.loss if mix.source.value != "none" else None,
    )


def check_plan(plan: Plan) -> Plan:
    """Check a plan that a person may have edited. Raises PlanError naming the first value that cannot be."""
    from tools.edited import check  # noqa: PLC0415 (it decides nothing, and is needed only here)

    return check(plan)
