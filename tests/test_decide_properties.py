"""What must hold of a decision whatever is asked: a plan or a clear refusal, sane values, and the right direction."""

from dataclasses import replace
from typing import Any

import pytest
from deciding import CARD_80, compared, facts, profile, scored
from hypothesis import given
from hypothesis import strategies as st

from tools.candidates import as_good
from tools.decide import check_plan, core_of, decide, decide_core, weighed
from tools.deciding import overrides
from tools.deciding.core import Core
from tools.deciding.models import card_of
from tools.deciding.overrides import SETTINGS, Setting
from tools.deciding.questions import CANDIDATES, if_answered, is_open
from tools.deciding.warnings import safe_ranges
from tools.errors import PlanError
from tools.facts import Facts
from tools.machine import Gpu
from tools.plan import Plan
from training.catalog import MODELS

TASKS = st.sampled_from(["classification", "extraction", "summarization", "qa", "dialogue", "generation", "code", "tool_use", "reasoning",
                         "preference", "documents"])  # fmt: skip
ABOUT = st.fixed_dictionaries({
    "rows": st.integers(0, 3_000_000), "test": st.integers(0, 3000), "row_tokens": st.integers(1, 20_000),
    "answer_tokens": st.integers(0, 3000), "checkable": st.booleans(),
})  # fmt: skip
SAID = st.fixed_dictionaries({}, optional={
    "facts_change": st.sampled_from(["never", "yearly", "monthly", "weekly", "daily"]),
    "latency": st.floats(1, 1e5),
    "success": st.fixed_dictionaries({"metric": st.none(), "target": st.none() | st.floats(0.01, 1), "words": st.just("")}),
    "must_not_get_worse": st.fixed_dictionaries({"max_forgetting": st.floats(0, 1), "words": st.just("")}),
    "budget": st.fixed_dictionaries({"minutes": st.none() | st.floats(0.01, 1e5), "usd": st.none() | st.floats(0, 1e4)}),
    "hardware": st.fixed_dictionaries({"gpu": st.none() | st.sampled_from(["H100", "4090", "odd"]), "count": st.integers(0, 8), "gib": st.none() | st.floats(1, 200)}),
})  # fmt: skip
REWARDS = st.none() | st.sampled_from(["number", "similar", "judge:judge.json"])
GPUS = st.sampled_from([(), (Gpu("12 GB card", 12.0),), (Gpu("4090", 24.0),), (Gpu("H100", 80.0),), (Gpu("H100", 80.0),) * 8])  # fmt: skip
INSIST = st.none() | st.none() | st.lists(st.sampled_from(["cpt", "sft", "dpo", "rft"]), min_size=1, max_size=3, unique=True).map(tuple)  # fmt: skip


def value_for(setting: Setting) -> st.SearchStrategy[Any]:
    """Any value that is possible for a setting."""
    if setting.choices:
        return st.sampled_from(setting.choices)
    if setting.kind is bool:
        return st.booleans()
    low, high = setting.low or 0, setting.high or 1
    if setting.kind is int:
        return st.integers(int(low), int(high))
    return st.floats(low, high, exclude_min=setting.above_low, allow_subnormal=False)


SETTABLE = {name: setting for name, setting in SETTINGS.items() if name != "model"}
WISHES = st.lists(st.sampled_from(sorted(SETTABLE)), max_size=4, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: value_for(SETTABLE[name]) for name in names})
)


@st.composite
def situations(draw: Any) -> Facts:
    """Anything a person could come with."""
    task = draw(TASKS)
    values = draw(st.lists(st.floats(0, 1), max_size=3))
    names = ("commonest answer", "simple model", "few-shot")
    return facts(
        task, said=draw(SAID), profile=profile(task, **draw(ABOUT)), gpu=draw(GPUS), reward=draw(REWARDS), insist=draw(INSIST),
        overrides=draw(WISHES), model=draw(st.none() | st.sampled_from([card.id for card in MODELS])),
        pass_rates=tuple(draw(st.lists(st.floats(0, 1), max_size=4))),
        target=draw(st.none() | st.floats(0.01, 1)), max_forgetting=draw(st.none() | st.floats(0, 1)),
        baselines=tuple(scored(name, value, items=draw(st.integers(1, 900))) for name, value in zip(names, values, strict=False)),
    )  # fmt: skip


def plan_of(known: Facts) -> Plan | None:
    """The plan; None where it is refused in three parts."""
    try:
        return decide(known)
    except PlanError as refusal:
        assert refusal.what and refusal.where and refusal.what_to_do
        return None


@given(situations())
def test_whatever_is_asked_there_is_a_plan_that_can_be_checked_or_a_refusal(known: Facts) -> None:
    plan = plan_of(known)
    if plan is None:
        return
    assert plan == decide(known)
    assert len(plan.questions) <= 5
    assert sum(source.share.value for source in plan.mixture.sources) == pytest.approx(
        1 if plan.stages else 0
    )
    assert {str(one.text) for one in check_plan(plan).warnings} == {
        str(one.text) for one in plan.warnings
    }
    assert {stage.technique.value for stage in plan.stages} == set(plan.decision.pipeline)
    assert len({stage.lora_rank.value for stage in plan.stages}) <= 1
    assert all(
        str(choice.because)
        for stage in plan.stages
        for choice in vars(stage).values()
        if choice is not None
    )
    assert all(one.pipeline != plan.decision.pipeline for one in plan.decision.runners_up)


@given(situations())
def test_what_an_answer_would_change_is_what_deciding_all_of_it_again_would_say(
    known: Facts,
) -> None:
    try:
        core = core_of(known)
    except PlanError:
        return
    for candidate in CANDIDATES:
        if not is_open(core.facts, candidate.field):
            continue
        for value, _ in candidate.answers:
            short = if_answered(core, weighed, candidate.field, value)
            whole = _decided_again(core, candidate.field, value)
            assert _compared(short) == _compared(whole), (candidate.field, value)


def _decided_again(core: Core, field: Any, value: Any) -> Core | None:
    limits = (
        {"target": None}
        if field == "success"
        else {"max_forgetting": None}
        if field == "must_not_get_worse"
        else {}
    )
    if field == "budget":
        limits = {"budget_minutes": value["minutes"], "budget_usd": value["usd"]}
    try:
        return decide_core(replace(core.facts.with_said(field, value), **limits))
    except PlanError:
        return None


def _compared(core: Core | None) -> tuple[Any, ...] | None:
    if core is None:
        return None
    return core.advice.pipeline, core.model.value, core.evaluation.metric.value, core.minutes.total


@given(situations())
def test_what_the_person_set_is_kept_and_nothing_dangerous_passes_in_silence(known: Facts) -> None:
    plan = plan_of(known)
    if plan is None:
        return
    said = " ".join(
        str(one.text) for one in plan.warnings if one.code in {"dangerous_value", "without_effect"}
    )
    read = overrides.read(known.overrides)
    for stage in plan.stages:
        name = stage.technique.value
        card = card_of(plan.model.value)
        for key, limits in safe_ranges(stage, card, known.profile.tokens.p99).items():
            choice = getattr(stage, key)
            if choice is None:
                continue
            set_here = f"{name}.{key}" in read
            assert not set_here or choice.value == read[f"{name}.{key}"]
            if not limits.low <= choice.value <= limits.high:
                assert key in said, f"{name}.{key} = {choice.value} ({choice.origin})"
    for setting in read:
        stage_name = setting.partition(".")[0]
        if stage_name in {"cpt", "sft", "dpo", "rft"} and stage_name not in plan.decision.pipeline:
            assert setting in said


@given(
    st.integers(60, 200_000),
    st.integers(60, 200_000),
    st.sampled_from(["practice", "Qwen/Qwen3-0.6B", "Qwen/Qwen3-8B"]),
)
def test_more_rows_never_mean_more_passes_nor_a_smaller_batch(
    one: int, other: int, model: str
) -> None:
    def shape(rows: int) -> tuple[float, int, float]:
        known = facts(
            "generation", profile=profile("generation", rows=rows), model=model, gpu=CARD_80
        )
        stage = decide(known).stages[0]
        return stage.epochs.value, stage.batch_size.value, stage.lora_rank.value

    fewer, more = shape(min(one, other)), shape(max(one, other))
    # a tiny model is given steps: of a larger batch it needs more passes for as many
    assert more[0] <= fewer[0] or (model == "practice" and more[1] > fewer[1])
    assert more[1] >= fewer[1]
    assert more[2] >= fewer[2]


@given(
    st.floats(0.001, 0.5),
    st.floats(0.001, 0.5),
    st.sampled_from(["practice", "Qwen/Qwen3-1.7B", "Qwen/Qwen3-8B"]),
)
def test_a_tighter_retention_budget_never_asks_fewer_probes_nor_raises_the_rate(
    one: float, other: float, model: str
) -> None:
    def made(budget: float) -> tuple[float, int]:
        plan = decide(facts("generation", model=model, gpu=CARD_80, max_forgetting=budget))
        share = sum(source.share.value for source in plan.mixture.sources if source.name != "yours")
        assert plan.evaluation.final_probe_items is not None
        return share, plan.evaluation.final_probe_items.value

    tight, loose = made(min(one, other)), made(max(one, other))
    assert tight[0] >= loose[0] and tight[1] >= loose[1]


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_better_untouched_model_never_turns_no_training_into_training(
    one: float, other: float
) -> None:
    def trains(value: float) -> bool:
        return bool(
            decide(facts(gpu=CARD_80, baselines=(scored("few-shot", value),))).decision.pipeline
        )

    assert trains(min(one, other)) >= trains(max(one, other))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_attempts_are_learnt_from_only_where_half_of_the_questions_can_teach(
    rates: list[float],
) -> None:
    from tools.deciding.window import smallest_group

    known = facts("reasoning", profile=profile("reasoning", checkable=True, answer_tokens=0), reward="number", gpu=CARD_80,
                  pass_rates=tuple(rates))  # fmt: skip
    plan = decide(known)
    mean = sum(rates) / len(rates)
    assert bool(plan.stages) == (mean < 0.95 and smallest_group(tuple(rates)) is not None)


@given(
    st.sampled_from([3.0, 6.0, 8.0, 12.0, 16.0, 24.0, 40.0, 48.0, 80.0, 141.0]),
    st.sampled_from([3.0, 6.0, 12.0, 24.0, 48.0, 80.0, 141.0]),
    TASKS,
)
def test_more_memory_never_means_a_smaller_model(one: float, other: float, task: Any) -> None:
    def params(gib: float) -> float:
        try:
            return card_of(decide(facts(task, gpu=(Gpu("a card", gib),))).model.value).params
        except PlanError:
            return 0.0

    assert params(min(one, other)) <= params(max(one, other))


@pytest.mark.parametrize("minutes", [1.0, 5.0, 20.0, 60.0, 600.0])
def test_a_longer_limit_never_gives_fewer_passes(minutes: float) -> None:
    known = facts("generation", insist=("sft",))

    def passes(limit: float) -> float:
        plan = plan_of(replace(known, budget_minutes=limit))
        return plan.stages[0].epochs.value if plan else 0.0

    assert passes(minutes) <= passes(minutes * 2)


@given(
    st.sampled_from([6.0, 8.0, 12.0, 16.0, 24.0, 40.0, 48.0, 80.0, 141.0]),
    st.sampled_from([6.0, 12.0, 24.0, 48.0, 80.0, 141.0]),
    st.sampled_from(["Qwen/Qwen3-0.6B", "Qwen/Qwen3-4B-Instruct-2507", "Qwen/Qwen3-14B"]),
    st.sampled_from([20, 300, 2500]),
)
def test_more_memory_never_means_a_smaller_plan_for_the_same_model(
    one: float, other: float, model: str, row_tokens: int
) -> None:
    def made(gib: float) -> Plan:
        about = profile("generation", rows=4000, row_tokens=row_tokens)
        return decide(facts("generation", profile=about, model=model, gpu=(Gpu("a card", gib),)))

    less, more = made(min(one, other)), made(max(one, other))
    stage, larger = less.stages[0], more.stages[0]
    assert less.estimate.fits <= more.estimate.fits
    assert in_whole(less) <= in_whole(more)
    assert stage.max_seq_tokens.value <= larger.max_seq_tokens.value
    assert stage.lora_rank.value == larger.lora_rank.value
    assert stage.gradient_checkpointing.value >= larger.gradient_checkpointing.value
    alike = stage.gradient_checkpointing.value == larger.gradient_checkpointing.value
    if less.estimate.fits and in_whole(less) == in_whole(more) and alike:
        assert stage.micro_batch_size.value <= larger.micro_batch_size.value


def in_whole(plan: Plan) -> bool:
    """The weights are held as they are, not in four bits."""
    return plan.quantization is None or plan.quantization.value is None


@given(
    st.lists(st.integers(0, 60), min_size=2, max_size=4),
    st.sampled_from([60, 90]),
)
def test_the_model_chosen_by_a_comparison_is_never_shown_to_be_worse_than_another(
    right: list[int], items: int
) -> None:
    names = ("Qwen/Qwen3-0.6B", "Qwen/Qwen3-1.7B", "Qwen/Qwen3-4B-Instruct-2507", "Qwen/Qwen3-8B")
    tried = tuple(
        compared(name, count, of=items) for name, count in zip(names, right, strict=False)
    )
    known = facts("extraction", gpu=CARD_80, overrides={"candidates": ",".join(names[: len(right)])}, compared=tried)  # fmt: skip
    plan = decide(known)
    chosen = next(one for one in tried if one.model == plan.model.value)
    assert all(as_good(chosen, one) for one in tried)
    smaller = [one for one in tried if card_of(one.model).params < card_of(chosen.model).params]
    best = max(tried, key=lambda one: one.score.value if one.score else 0)
    assert not any(as_good(one, best) for one in smaller)
