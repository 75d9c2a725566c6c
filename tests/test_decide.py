"""The whole decision: overrides, budgets, questions, orders, and what must hold for any brief."""

from dataclasses import replace
from typing import Any

import pytest
from deciding import CARD_24, CARD_80, facts, profile
from hypothesis import given
from hypothesis import strategies as st

from tools.decide import decide
from tools.deciding.overrides import parse
from tools.errors import PlanError
from tools.machine import Gpu
from tools.plan import Plan
from training.text import PLAIN, sentences

INSISTED = facts(insist=("sft",))


def codes(plan: Plan) -> set[str]:
    return {warning.code for warning in plan.warnings}


def test_every_value_has_a_reason_and_what_is_ours_is_called_default() -> None:
    plan = decide(facts(gpu=CARD_24))
    for stage in plan.stages:
        for name in type(stage).model_fields:
            choice = getattr(stage, name)
            assert choice is None or choice.because
            assert (
                choice is None
                or "[P]" not in (choice.source or "")
                or choice.origin == "default"
                or name == "learning_rate"
            )


def test_every_sentence_keeps_its_template() -> None:
    assert all(text.template != PLAIN for text in sentences(decide(INSISTED)))


def test_the_same_facts_give_the_same_plan_and_order() -> None:
    assert decide(INSISTED) == decide(INSISTED)
    other = decide(replace(INSISTED, seed=1))
    assert other.order is not None and other.order != decide(INSISTED).order


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("sft.learning_rate", "1e-3", lambda plan: plan.stages[0].learning_rate),
        ("sft.epochs", "2", lambda plan: plan.stages[0].epochs),
        ("sft.lora_rank", "8", lambda plan: plan.stages[0].lora_rank),
        ("sft.schedule", "linear", lambda plan: plan.stages[0].schedule),
        ("evaluation.probe_items", "123", lambda plan: plan.evaluation.probe_items),
        ("evaluation.max_forgetting", "0.02", lambda plan: plan.evaluation.max_forgetting),
        ("replay.share", "0.3", lambda plan: plan.mixture.sources[1].share),
        ("model", "practice", lambda plan: plan.model),
    ],
)
def test_what_the_person_sets_is_kept_and_called_theirs(name: str, value: str, read: Any) -> None:
    plan = decide(replace(INSISTED, overrides=parse([f"{name}={value}"])))
    choice = read(plan)
    assert choice.origin == "user"
    assert str(choice.value) == value or choice.value == pytest.approx(float(value))
    assert plan.overrides == parse([f"{name}={value}"])


def test_what_depends_on_an_override_is_decided_again() -> None:
    plain = decide(facts("generation", gpu=CARD_24))
    bare = decide(facts("generation", gpu=CARD_24, overrides={"replay.share": 0}))
    assert bare.stages[0].learning_rate.value == pytest.approx(
        plain.stages[0].learning_rate.value / 2, rel=0.05
    )  # LR-07
    whole = decide(facts("generation", gpu=CARD_80, overrides={"sft.lora_rank": 0}))
    assert whole.stages[0].learning_rate.value < plain.stages[0].learning_rate.value / 5  # LR-01
    longer = decide(replace(INSISTED, overrides={"sft.epochs": 9}))
    assert longer.estimate.minutes.value > decide(INSISTED).estimate.minutes.value


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("sft.lerning_rate", "sft.learning_rate"), ("learning_rate", "sft.learning_rate"), ("epochs", "sft.epochs"), ("replay.shares", "replay.share"),
     ("evaluation.probes", "evaluation.probe_items"), ("zzz", "sft.learning_rate")],
)  # fmt: skip
def test_an_unknown_name_is_refused_with_the_nearest_one(name: str, nearest: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse([f"{name}=1"])
    assert caught.value.what_to_do == f"The nearest name is {nearest}."


def test_familiar_names_are_understood() -> None:
    assert parse(["metric=macro_f1", "target=0.9"]) == {
        "evaluation.metric": "macro_f1",
        "evaluation.target": 0.9,
    }
    assert decide(replace(INSISTED, overrides={"seed": "7"})).seed == 7


@pytest.mark.parametrize(
    "pair",
    ["sft.learning_rate=0", "sft.learning_rate=nan", "sft.learning_rate=fast", "sft.epochs=-1", "sft.batch_size=2.5", "sft.schedule=zigzag",
     "replay.share=1", "evaluation.target=1.2", "budget.usd=-5", "budget.usd_per_hour=-1", "sft.packing=perhaps", "evaluation.metric=beauty"],
)  # fmt: skip
def test_an_impossible_value_is_refused_and_the_range_named(pair: str) -> None:
    with pytest.raises(PlanError) as caught:
        parse([pair])
    assert caught.value.what_to_do.startswith("Give it")


@pytest.mark.parametrize(
    ("overrides", "model"),
    [
        pytest.param({"sft.learning_rate": 3e-3}, "Qwen/Qwen3-4B", id="LR-03 diverges"),
        pytest.param({"sft.learning_rate": 2e-2}, "practice", id="stack-2 forgets all"),
        pytest.param({"sft.epochs": 50}, "Qwen/Qwen3-4B", id="EP-01"),
        pytest.param({"sft.warmup_share": 0.5}, "Qwen/Qwen3-4B", id="SC-01"),
        pytest.param({"sft.max_seq_tokens": 16}, "Qwen/Qwen3-4B", id="DQ-11"),
        pytest.param({"replay.share": 0.0}, "practice", id="CF-10"),
        pytest.param({"replay.share": 0.9}, "Qwen/Qwen3-4B", id="products b.3"),
    ],
)
def test_a_dangerous_value_is_kept_and_warned_about_with_its_source(
    overrides: dict[str, Any], model: str
) -> None:
    plan = decide(replace(INSISTED, gpu=CARD_80, model=model, overrides=overrides))
    warning = next(one for one in plan.warnings if one.code == "dangerous_value")
    assert "kept because you set it" in warning.text


def test_our_own_values_are_never_dangerous() -> None:
    for known in (INSISTED, facts(gpu=CARD_24), facts("reasoning", gpu=CARD_80)):
        assert "dangerous_value" not in codes(decide(known))


def test_wishes_that_exclude_each_other_are_refused_with_the_nearest_plan() -> None:
    for nothing_general in ({"replay.share": 0}, {"replay.source": "none"}):
        wishes = {"sft.learning_rate": 1e-2, **nothing_general}
        with pytest.raises(PlanError, match="exclude each other") as caught:
            decide(facts("generation", gpu=CARD_24, max_forgetting=0.02, overrides=wishes))
        nearest = decide(facts("generation", gpu=CARD_24, max_forgetting=0.02))
        rate, share = nearest.stages[0].learning_rate.value, nearest.mixture.sources[1].share.value
        assert f"learns at {rate:g}, with {share:.0%} general data" in caught.value.what_to_do


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(facts(target=1.2), id="target above 100 %"),
        pytest.param(facts(max_forgetting=3.0), id="forgetting above 100 %"),
        pytest.param(facts(metric="rouge"), id="metric of another task"),
        pytest.param(facts(metric="beauty"), id="unknown metric"),
        pytest.param(facts(budget_minutes=0.0), id="no time"),
        pytest.param(facts(budget_usd=-1.0), id="negative money"),
        pytest.param(facts(insist=()), id="no technique named"),
        pytest.param(
            facts(overrides={"replay.source": "file"}, insist=("sft",)), id="no general file"
        ),
        pytest.param(facts(insist=("sft",), budget_minutes=0.2), id="budget that nothing fits"),
        pytest.param(facts(profile=profile(rows=0, test=0), insist=("sft",)), id="no rows"),
        pytest.param(
            facts(
                "generation",
                model="meta-llama/Llama-3.1-70B-Instruct",
                gpu=CARD_24,
                overrides={"sft.lora_rank": 0},
            ),
            id="a model that fits nowhere",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_three_parts(known: Any) -> None:
    with pytest.raises(PlanError) as caught:
        decide(known)
    assert caught.value.what and caught.value.where and caught.value.what_to_do


def test_a_model_that_does_not_fit_says_what_would_and_starts_nothing() -> None:
    plan = decide(facts("generation", model="Qwen/Qwen3-32B", gpu=(Gpu("12 GB card", 12.0),)))
    assert not plan.estimate.fits and plan.order is None
    assert any("does not fit" in warning.text for warning in plan.warnings)
    assert plan.estimate.alternatives and all(
        other.settings for other in plan.estimate.alternatives
    )


def test_a_large_model_on_a_small_card_is_held_in_4_bits() -> None:
    plan = decide(facts("generation", model="Qwen/Qwen3-14B", gpu=(Gpu("16 GB card", 16.0),)))
    assert plan.quantization is not None and plan.quantization.value == "nf4"
    assert plan.estimate.fits


def test_a_budget_between_expected_and_worst_case_is_warned_about_and_capped() -> None:
    expected = decide(INSISTED).estimate.minutes.value
    plan = decide(replace(INSISTED, budget_minutes=expected * 1.3))
    assert "budget" in codes(plan)
    assert plan.order is not None and plan.order.max_minutes == pytest.approx(
        expected * 1.3, abs=0.1
    )


def test_a_tight_budget_gives_a_shorter_plan_and_says_so() -> None:
    full = decide(INSISTED)
    plan = decide(replace(INSISTED, budget_minutes=full.estimate.minutes.value * 0.7))
    assert plan.stages[0].epochs.value < full.stages[0].epochs.value
    assert "budget" in plan.stages[0].epochs.because and plan.stages[0].epochs.origin != "user"
    assert plan.estimate.minutes.value <= full.estimate.minutes.value * 0.7
    assert plan.overrides == {}


def test_money_caps_the_time_where_an_hour_has_a_price() -> None:
    plan = decide(replace(INSISTED, budget_usd=0.01, overrides={"budget.usd_per_hour": 0.06}))
    assert (
        plan.order is not None
        and plan.order.max_minutes is not None
        and plan.order.max_minutes <= 10.0
    )


def test_a_plan_for_a_card_that_is_not_here_is_made_but_not_started() -> None:
    plan = decide(facts(gpu=CARD_24))
    assert plan.device == "cuda" and plan.order is None and "cannot_run_yet" in codes(plan)
    assert plan.estimate.cost_usd.value > 0


def test_an_order_says_in_three_lines_what_how_much_and_what_stays() -> None:
    order = decide(INSISTED).order
    assert order is not None and order.kind == "train"
    assert "9,700" in order.what and "minutes" in order.at_most and order.cannot_be_undone


def test_only_questions_whose_answers_change_the_plan_are_asked() -> None:
    asked = {question.id for question in decide(facts("qa")).questions}
    assert {"facts_change", "hardware"} <= asked
    topics = {question.id for question in decide(facts(gpu=CARD_24)).questions}
    assert "facts_change" not in topics and "hardware" not in topics
    assert len(asked) <= 5


def test_what_was_answered_is_not_asked_again() -> None:
    said = {"facts_change": "never", "hardware": {"gpu": None, "count": 0, "gib": None}, "must_not_get_worse": {"max_forgetting": 0.05, "words": ""},
            "budget": {"minutes": None, "usd": None}, "latency": 1000.0}  # fmt: skip
    assert not set(said) & {question.id for question in decide(facts("qa", said=said)).questions}


def test_the_weightiest_question_comes_first() -> None:
    assert decide(facts("qa")).questions[0].id == "facts_change"


@pytest.mark.parametrize(
    ("task", "words"),
    [("qa", "A wrong answer"), ("classification", "A wrong answer")],
)
def test_high_stakes_are_named(task: Any, words: str) -> None:
    plan = decide(facts(task, goal="answer patients' questions about their medicine"))
    assert any(
        warning.code == "high_stakes" and warning.text.startswith(words)
        for warning in plan.warnings
    )


@given(
    st.floats(0, 1),
    st.floats(0, 1),
    st.sampled_from(["practice", "Qwen/Qwen3-0.6B", "Qwen/Qwen3-8B"]),
)
def test_a_tighter_retention_budget_never_lowers_replay(
    one: float, other: float, model: str
) -> None:
    def share(budget: float) -> float:
        plan = decide(facts("generation", model=model, gpu=CARD_80, max_forgetting=budget))
        return sum(source.share.value for source in plan.mixture.sources if source.name != "yours")

    assert share(min(one, other)) >= share(max(one, other))


@given(
    st.floats(8, 180),
    st.floats(8, 180),
    st.sampled_from(["Qwen/Qwen3-0.6B", "Qwen/Qwen3-8B", "Qwen/Qwen3-32B"]),
)
def test_more_memory_never_makes_a_plan_smaller(one: float, other: float, model: str) -> None:
    def size(gib: float) -> tuple[bool, bool, bool]:
        plan = decide(facts("generation", model=model, gpu=(Gpu("a card", gib),)))
        return (
            plan.estimate.fits,
            plan.quantization is None or plan.quantization.value is None,
            not plan.stages[0].gradient_checkpointing.value,
        )

    less, more = size(min(one, other)), size(max(one, other))
    assert not less[0] or more[:2] >= less[:2]


def rate(plan: Plan) -> float:
    return plan.stages[0].learning_rate.value


@pytest.mark.parametrize(
    ("words", "check"),
    [
        pytest.param("sft.learning_rate=half", lambda plain, made: rate(made) == pytest.approx(rate(plain) / 2, rel=0.02), id="half"),
        pytest.param("half the rate", lambda plain, made: rate(made) == pytest.approx(rate(plain) / 2, rel=0.02), id="half the rate"),
        pytest.param("学习率减半", lambda plain, made: rate(made) == pytest.approx(rate(plain) / 2, rel=0.02), id="zh half the rate"),
        pytest.param("sft.learning_rate=+20%", lambda plain, made: rate(made) == pytest.approx(rate(plain) * 1.2, rel=0.02), id="a fifth more"),
        pytest.param("30 % general data", lambda plain, made: made.mixture.sources[1].share.value == 0.3, id="30 % general data"),
        pytest.param("replay.share=30%", lambda plain, made: made.mixture.sources[1].share.value == 0.3, id="a share in per cent"),
        pytest.param("two passes", lambda plain, made: made.stages[0].epochs.value == 2, id="two passes"),
        pytest.param("every.epochs=2", lambda plain, made: made.stages[0].epochs.value == 2, id="every stage"),
        pytest.param("cheaper", lambda plain, made: made.estimate.minutes.value < plain.estimate.minutes.value, id="cheaper"),
        pytest.param("evaluation.probe_items=half", lambda plain, made: made.evaluation.probe_items.value == plain.evaluation.probe_items.value // 2, id="half the probes"),
    ],
)  # fmt: skip
def test_a_wish_in_words_is_settled_once_against_the_plan(words: str, check: Any) -> None:
    known = facts(
        "generation", model="practice", insist=("sft",), profile=profile("generation", rows=1200)
    )
    plain, made = decide(known), decide(replace(known, overrides=parse([words])))
    assert check(plain, made)
    assert decide(replace(known, overrides=made.overrides)).stages == made.stages


@pytest.mark.parametrize(
    "words",
    [
        "dpo.learning_rate=half",
        "sft.lora_dropout=half",
        "seed=half",
        "make it nicer",
        "every.beta=1",
    ],
)
def test_a_wish_that_changes_nothing_is_refused(words: str) -> None:
    with pytest.raises(PlanError) as caught:
        decide(replace(INSISTED, overrides=parse([words])))
    assert caught.value.where == "--set"


def test_a_model_has_room_to_find_the_way_to_a_bare_result() -> None:
    known = facts(
        "reasoning", profile=profile("reasoning", checkable=True, answer_tokens=2), gpu=CARD_80
    )
    plan = decide(known)
    room = plan.evaluation.max_new_tokens
    assert room is not None and room.value >= 512
    assert plan.stages[0].technique.value == "rft"
    assert plan.stages[0].max_seq_tokens.value >= room.value + known.profile.tokens.p99
    more = decide(replace(known, overrides=parse(["rft.group_size=32"])))
    assert (
        more.estimate.peak_gib.value > plan.estimate.peak_gib.value
    )  # written together, kept together
    worked = decide(
        facts(
            "reasoning", profile=profile("reasoning", checkable=True, answer_tokens=60), gpu=CARD_80
        )
    )
    assert (
        worked.evaluation.max_new_tokens is not None
        and worked.evaluation.max_new_tokens.value < 200
    )


def test_what_questions_without_answers_may_take_is_set_by_hand_or_ample() -> None:
    open_ones = profile("generation", answer_tokens=0)
    known = facts("generation", profile=open_ones, reward="constraints", gpu=CARD_80)
    free, set_by_hand = (
        decide(known),
        decide(replace(known, overrides={"evaluation.max_new_tokens": 40})),
    )
    assert (
        free.evaluation.max_new_tokens is not None and free.evaluation.max_new_tokens.value == 256
    )
    assert (
        set_by_hand.evaluation.max_new_tokens is not None
        and set_by_hand.evaluation.max_new_tokens.value == 40
    )
    assert set_by_hand.stages[0].max_seq_tokens.value < free.stages[0].max_seq_tokens.value


def test_cards_that_would_stand_idle_are_told() -> None:
    assert "without_effect" in codes(decide(replace(INSISTED, gpu=CARD_80 * 8)))
    assert "without_effect" not in codes(decide(replace(INSISTED, gpu=CARD_80)))


def test_a_share_of_general_text_says_where_the_sources_disagree() -> None:
    shares = decide(replace(INSISTED, gpu=CARD_24)).mixture.sources
    assert "disagree" in str(shares[1].share.because)


def test_embeddings_learn_where_the_texts_are_in_a_language_that_is_new_to_the_model() -> None:
    about = profile("documents", rows=30_000, row_tokens=1_000)
    known = facts(
        "documents", profile=about, gpu=CARD_80, model="HuggingFaceTB/SmolLM2-1.7B-Instruct"
    )
    foreign = replace(known, profile=about.model_copy(update={"language": "zh"}))
    usual, new = decide(known), decide(foreign)
    assert not usual.stages[0].train_embeddings or not usual.stages[0].train_embeddings.value
    assert all(stage.train_embeddings and stage.train_embeddings.value for stage in new.stages)
    assert new.estimate.peak_gib.value > usual.estimate.peak_gib.value
