"""Facts in, plan out: pure, so that anything can be tried, and quick enough to try everything.

`decide` makes the core of the plan, then tries it again with single facts flipped: what would change the
advice, and which open questions are worth asking.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from tools import mixing, models, overrides, technique, warnings
from tools.choice import NUMBER
from tools.core import Core
from tools.errors import PlanError
from tools.evaluation import evaluation
from tools.facts import Facts
from tools.goal import understand
from tools.gpus import kind_of
from tools.orders import train_order
from tools.plan import (
    Counterfactual,
    Decision,
    Estimate,
    FitAlternative,
    Mixture,
    Plan,
    PlanWarning,
    Question,
    Source,
)
from tools.questions import worth_asking, would_change
from tools.resources import (
    WORST_CASE_ON_CPU,
    WORST_CASE_ON_GPU,
    Measuring,
    Minutes,
    minutes,
    peak_gib,
)
from tools.stages import Stage, build, pinned, room_gib
from tools.technique import Advice
from tools.token_counts import mean_factor
from training.catalog import ModelCard
from training.text import Text, join

__all__ = ["check_plan", "decide", "understand"]

SPARE_ON_CPU_MINUTES = 15.0
"""At load 6 on two cores a run of two minutes spent over three on measuring first; it must not be stopped for that."""
INTERPOLATIONS = 3  # CF-16; training.config.MeasureConfig.interpolations


def decide(facts: Facts) -> Plan:
    """Decide everything. Raises PlanError where the wishes contradict each other, the data, or the machine."""
    checked = _checked(facts)
    core = decide_core(checked)
    return _plan(core, asked=worth_asking(core, decide_core), flips=would_change(core))


def decide_core(facts: Facts) -> Core:
    """Decide without asking what else could be. Raises PlanError."""
    model, card = models.choose(facts)
    how = evaluation(facts, card)
    known = replace(facts, target=how.target.value, max_forgetting=how.max_forgetting.value)
    advice = technique.advise(known, card)
    if advice.pipeline and known.rows <= 0:
        raise PlanError(
            Text("There are no rows to train on."), where="data",
            what_to_do=Text("Give more rows, or a separate test file with --eval."),
        )  # fmt: skip
    mix, stages = _training(known, card, advice)
    core = _costed(Core(known, card, model, advice, how, stages, mix, Minutes(0, 0, 0), 0.0, 0.0))
    return _within_budget(replace(core, warnings=_warned(core)))


def _checked(facts: Facts) -> Facts:
    """Read the overrides, and bring the budgets of brief, options and overrides together."""
    read = overrides.read(facts.overrides)
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
    full = (
        card.tiny
        if f"{first}.lora_rank" not in facts.overrides
        else facts.overrides[f"{first}.lora_rank"] == 0
    )
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
        mixing.source(share.value, general_file=facts.general_file), facts, "replay.source"
    )
    _refuse_source(source.value, share.value, facts)
    rows = pinned(
        mixing.min_rows(share.value, card, rows=facts.rows, kind=source.value),
        facts,
        "replay.min_rows",
    )
    stages = tuple(
        build(facts, step, card, replay=share.value if step in {"sft", "cpt"} else 0.0)
        for step in advice.pipeline
    )
    plans = tuple(stage.plan for stage in stages)
    warnings.refuse_contradictions(
        plans, share=share.value, max_forgetting=facts.max_forgetting, facts=facts, card=card
    )
    return mixing.Mix(source, share, rows), stages


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


def _costed(core: Core) -> Core:
    facts, card = core.facts, core.card
    how, tokens = core.evaluation, facts.profile.tokens
    stretch = mean_factor(card, tokens)
    rows = max(facts.profile.usable or facts.profile.rows, 1)
    answer = max(tokens.answer_total / rows, 1) * stretch
    few_shot = how.few_shot_examples.value if how.few_shot_examples else 0
    final_probes = how.final_probe_items.value if how.final_probe_items else 0
    total = Minutes(0, 0, 0)
    for stage in core.stages or (None,):
        measuring = Measuring(
            test_items=how.items.value, dev_items=how.dev_items.value, probe_items=how.probe_items.value, final_probe_items=final_probes,
            candidates=stage.plan.checkpoints.value * INTERPOLATIONS if stage else 0, arms_untouched=2 if few_shot else 1,
            prompt_tokens=max(tokens.total / rows, 1) * stretch * (1 + few_shot / 2), answer_tokens=answer,
            replay_rows=core.mix.min_rows.value if core.mix and stage else 0,
            robustness=how.robustness.value if how.robustness else True,
        )  # fmt: skip
        part = minutes(
            stage.load if stage else None,
            measuring,
            facts.gpus,
            card=card,
            cores=facts.machine.cores,
        )
        if core.stages:
            total = Minutes(
                total.prepare + part.prepare, total.train + part.train, total.measure + part.measure
            )
    peak = max((peak_gib(stage.load, on_gpu=facts.on_gpu) for stage in core.stages), default=0.0)
    return replace(core, minutes=total, usd=total.total / 60 * usd_per_hour(facts), peak=peak)


def usd_per_hour(facts: Facts) -> float:
    """The price of an hour: what the person set; else nothing for this machine, the list's price for others."""
    if "budget.usd_per_hour" in facts.overrides:
        return float(facts.overrides["budget.usd_per_hour"])
    if facts.here or not facts.gpus:
        return 0.0
    return kind_of(facts.gpus[0]).usd_per_hour * len(facts.gpus)


def _warned(core: Core) -> tuple[PlanWarning, ...]:
    facts, advice = core.facts, core.advice
    found = list(advice.warnings)
    if advice.code and not advice.pipeline:
        found.append(PlanWarning(code=advice.code, text=advice.because))
    found += warnings.of_data(facts) + warnings.of_goal(facts) + warnings.of_pace(facts, advice)
    if core.stages:
        found += warnings.of_room(
            core.peak, room_gib(facts), all(stage.fits for stage in core.stages), core.card
        )
    found += (
        warnings.of_measuring(facts, advice)
        + warnings.of_test(facts, core.evaluation)
        + warnings.of_running(facts, advice)
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


def _within_budget(core: Core) -> Core:
    """Keep the plan, warn, or trim it; raise PlanError where not even the trimmed plan fits the budget."""
    facts = core.facts
    cap = cap_minutes(facts)
    if not core.stages or cap is None:
        return core
    worst = worst_minutes(core)
    if worst <= cap:
        return core
    if core.minutes.total <= cap:
        text = Text("It should take about {minutes:,.0f} minutes, but could take {worst:,.0f}; at your limit of {cap:,.0f} minutes it stops and keeps its best checkpoint.",
                    minutes=max(core.minutes.total, 1), worst=worst, cap=cap)  # fmt: skip
        return replace(core, warnings=(*core.warnings, PlanWarning(code="budget", text=text)))
    trimmed = _trim(core)
    if trimmed is not None and trimmed.minutes.total <= cap:
        text = Text("Your limit of {cap:,.0f} minutes is below the {minutes:,.0f} minutes of the plan I would choose, so this plan makes fewer passes and measures less.",
                    cap=cap, minutes=core.minutes.total)  # fmt: skip
        return replace(trimmed, warnings=(*trimmed.warnings, PlanWarning(code="budget", text=text)))
    least = trimmed if trimmed is not None else core
    raise PlanError(
        Text(
            "This cannot be done in {cap:,.1f} minutes: even the shortest plan takes about {least:,.1f}.",
            cap=cap,
            least=least.minutes.total,
        ),
        where="--budget-minutes" if facts.budget_minutes is not None else "--budget-usd",
        what_to_do=Text(
            "The nearest plan that works needs {least:,.0f} minutes and {usd:,.2f} dollars; or take a smaller model.",
            least=least.minutes.total * 1.05 + 0.5,
            usd=least.usd * 1.05,
        ),
    )


def worst_minutes(core: Core) -> float:
    """What the run may take at most, before any limit of the person's."""
    if core.facts.on_gpu:
        return core.minutes.total * WORST_CASE_ON_GPU
    return max(core.minutes.total * WORST_CASE_ON_CPU, core.minutes.total + SPARE_ON_CPU_MINUTES)


def cap_minutes(facts: Facts) -> float | None:
    """The minutes that budget and money allow together; None where neither is limited."""
    caps = [] if facts.budget_minutes is None else [float(facts.budget_minutes)]
    price = usd_per_hour(facts)
    if facts.budget_usd is not None and price > 0:
        caps.append(facts.budget_usd / price * 60)
    return min(caps, default=None)


def _trim(core: Core) -> Core | None:
    """The same plan with one pass, three checkpoints and fewer probes; what the person set stays."""
    lighter: dict[str, Any] = {"evaluation.probe_items": 100, "evaluation.dev_items": 100, "evaluation.few_shot_examples": 0, "evaluation.robustness": False,
               "replay.min_rows": mixing.MIN_ROWS}  # fmt: skip
    for step in core.advice.pipeline:
        lighter |= {f"{step}.epochs": 1.0, f"{step}.checkpoints": 3}
    try:
        found = decide_core(
            replace(core.facts, trimmed=lighter, budget_minutes=None, budget_usd=None)
        )
    except PlanError:
        return None
    kept = replace(
        found.facts, budget_minutes=core.facts.budget_minutes, budget_usd=core.facts.budget_usd
    )
    return replace(found, facts=kept)


def _plan(core: Core, *, asked: tuple[Question, ...], flips: tuple[Counterfactual, ...]) -> Plan:
    facts, advice = core.facts, core.advice
    cap = cap_minutes(facts)
    worst = worst_minutes(core) if cap is None else min(worst_minutes(core), cap)
    plan = Plan(
        decision=Decision(
            pipeline=advice.pipeline, because=advice.because, source=advice.source, rules=advice.rules,
            measured=facts.untouched() is not None, gates=technique.gates(facts, advice),
            runners_up=technique.runners_up(facts, core.card, advice.pipeline), would_change_if=flips,
        ),
        brief=dict(facts.brief),
        model=core.model,
        stages=tuple(stage.plan for stage in core.stages),
        mixture=_mixture(core.mix),
        evaluation=core.evaluation,
        baselines=facts.baselines,
        estimate=_estimate(core),
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
        value=1 - mix.share.value, because=Text("The rest is your data."), origin=mix.share.origin
    )
    sources = [Source(name="yours", share=own)]
    if mix.share.value:
        name: Literal["self-generated replay", "your general file"] = "self-generated replay"
        if mix.source.value == "file":
            name = "your general file"
        sources.append(
            Source(
                name=name,
                share=mix.share.model_copy(
                    update={"because": join([mix.share.because, mix.source.because])}
                ),
            )
        )
    return Mixture(
        sources=tuple(sources), min_rows=mix.min_rows if mix.source.value == "self" else None
    )


def _estimate(core: Core) -> Estimate:
    facts = core.facts
    if not core.stages:
        nothing = Text("Nothing is trained.")
        zero = NUMBER(value=0.0, because=nothing)
        return Estimate(peak_gib=zero, minutes=zero, cost_usd=zero, fits=True)
    room = room_gib(facts)
    fits = all(stage.fits for stage in core.stages)
    memory = Text(
        "Weights, what is trained and one step's work; {room:.1f} GiB can be used.", room=room
    )
    spent = Text("{prepare:.1f} to load and write general text, {train:.1f} to train, {measure:.1f} to measure before, meanwhile and after.",
                 prepare=core.minutes.prepare, train=core.minutes.train, measure=core.minutes.measure)  # fmt: skip
    price = Text("{usd:.2f} dollars an hour.", usd=usd_per_hour(facts))
    speed = "defaults.md 3.3" if facts.on_gpu else "stack.md 2"
    return Estimate(
        peak_gib=NUMBER(value=round(core.peak, 2), because=memory, source="defaults.md 2.3"),
        minutes=NUMBER(
            value=round(core.minutes.total, 1),
            because=spent,
            source=speed,
            origin="rule" if facts.on_gpu else "measured",
        ),
        cost_usd=NUMBER(value=round(core.usd, 2), because=price, origin="default"),
        fits=fits,
        alternatives=_alternatives(core),
    )


def _alternatives(core: Core) -> tuple[FitAlternative, ...]:
    """Other sizes of model, each decided in full, so that the figures are those of the plan one would get."""
    found = []
    for other in models.alternatives(core.facts, core.card):
        bare = replace(
            core.facts,
            overrides={**core.facts.overrides, "model": other.id},
            budget_minutes=None,
            budget_usd=None,
        )
        try:
            plan = decide_core(bare)
        except PlanError:
            continue
        if not plan.stages or not all(stage.fits for stage in plan.stages):
            continue
        larger = other.params > core.card.params
        change = (
            Text("{model}: larger; better answers are likely, at this price.", model=other.id)
            if larger
            else Text(
                "{model}: smaller; faster and cheaper, to be tried where it is good enough.",
                model=other.id,
            )
        )
        found.append(
            FitAlternative(
                change=change,
                settings={"model": other.id},
                peak_gib=round(plan.peak, 2),
                minutes=round(plan.minutes.total, 1),
                cost_usd=round(plan.usd, 2),
            )
        )
    return tuple(found)


def check_plan(plan: Plan) -> Plan:
    """Check a plan that a person may have edited. Raises PlanError naming the first value that cannot be."""
    from tools.edited import check  # noqa: PLC0415 (it decides nothing, and is needed only here)

    return check(plan)
