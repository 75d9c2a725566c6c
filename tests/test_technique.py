"""Whether to train, and by which techniques: tables of situations, each with the rules it rests on."""

from dataclasses import replace
from typing import Any

import pytest
from deciding import CARD_24, CARD_80, blocking, facts, profile, scored

from tools.decide import decide
from tools.deciding import advice
from tools.deciding.window import usable_groups
from tools.errors import PlanError
from tools.facts import Facts

GOOD_SIMPLE = (scored("commonest answer", 0.1), scored("simple model", 0.9))
SITUATIONS: list[Any] = [
    pytest.param(facts(gpu=CARD_24), ("sft",), None, id="TC-09 input-output pairs"),
    pytest.param(facts("extraction"), ("sft",), None, id="TC-09 extraction"),
    pytest.param(facts(baselines=(scored("few-shot", 0.97),)), (), "already_good", id="TC-02 near the ceiling untouched"),
    pytest.param(facts(baselines=(scored("zero-shot", 0.86),), target=0.85), (), "already_good", id="TC-02 target reached untouched"),
    pytest.param(facts("qa", baselines=(scored("zero-shot", 0.97, metric="chrf"),), gpu=CARD_24), ("sft",), None, id="TC-02 similarity has no ceiling without a target"),
    pytest.param(facts(baselines=(scored("zero-shot", 1.0, items=10),)), ("sft",), None, id="ST-08 ten items show nothing"),
    pytest.param(facts(baselines=GOOD_SIMPLE), (), "simple_model_enough", id="stack-2a counting words beats a tiny model"),
    pytest.param(facts(baselines=GOOD_SIMPLE, gpu=CARD_24), ("sft",), None, id="a real model may still beat counting words"),
    pytest.param(facts(baselines=GOOD_SIMPLE, gpu=CARD_24, target=0.88), (), "simple_model_enough", id="counting words reaches the target"),
    pytest.param(facts(baselines=(scored("commonest answer", 0.1), scored("simple model", 0.98)), gpu=CARD_24), (), "simple_model_enough", id="ST-03 nothing left to show"),
    pytest.param(facts(baselines=(scored("commonest answer", 0.9), scored("simple model", 0.9))), ("sft",), None, id="a classifier that learnt nothing is no rival"),
    pytest.param(facts(baselines=(*GOOD_SIMPLE, scored("few-shot", 0.94))), ("sft",), None, id="the untouched model beats counting words"),
    pytest.param(facts(profile=profile(rows=40, test=10)), (), "too_few_rows", id="TC-03 forty rows"),
    pytest.param(facts(profile=profile(rows=50, test=10), gpu=CARD_24), ("sft",), None, id="TC-03 fifty rows"),
    pytest.param(facts("qa", said={"facts_change": "weekly"}), (), "facts_change_use_rag", id="TC-04 prices change weekly"),
    pytest.param(facts("dialogue", said={"facts_change": "daily"}), (), "facts_change_use_rag", id="TC-04 news"),
    pytest.param(facts("qa", goal="answers must cite the paragraph"), (), "facts_change_use_rag", id="TC-04 sources wanted"),
    pytest.param(facts("classification", said={"facts_change": "weekly"}, gpu=CARD_24), ("sft",), None, id="TC-04 topics are no facts"),
    pytest.param(facts("documents", profile=profile("documents", rows=12, row_tokens=1000)), (), "too_few_rows", id="TC-11 a small manual"),
    pytest.param(facts("documents", profile=profile("documents", rows=50_000, row_tokens=1000)), ("cpt", "sft"), None, id="TC-12 grey zone"),
    pytest.param(facts("documents", profile=profile("documents", rows=2_000_000, row_tokens=1000)), ("cpt", "sft"), None, id="TC-10 a corpus"),
    pytest.param(facts("preference", profile=profile("preference", rows=600)), ("sft", "dpo"), None, id="TC-14 pairs"),
    pytest.param(facts("preference", profile=profile("preference", rows=200)), ("sft",), None, id="TC-14 few pairs"),
    pytest.param(facts("reasoning", profile=profile("reasoning", checkable=True)), ("sft", "rft"), None, id="TC-16 worked answers, checkable"),
    pytest.param(facts("reasoning", profile=profile("reasoning", checkable=False)), ("sft",), None, id="TC-13 nobody can check"),
    pytest.param(facts("reasoning", profile=profile("reasoning", checkable=True, answer_tokens=2), gpu=CARD_80), ("rft",), None, id="MS-07 bare results teach no reasoning"),
    pytest.param(facts("reasoning", profile=profile("reasoning", checkable=True, answer_tokens=2)), ("sft", "rft"), None, id="MS-07 a tiny model reasons nothing away"),
    pytest.param(facts("reasoning", profile=profile("reasoning", checkable=True, rows=70, answer_tokens=2), gpu=CARD_80), (), "too_few_rows", id="TC-13 too few bare results"),
    pytest.param(facts("reasoning", profile=profile("reasoning", checkable=True), pass_rates=(0.3, 0.6, 0.5)), ("rft",), None, id="RF-04 in the window"),
    pytest.param(facts("reasoning", profile=profile("reasoning", checkable=True), pass_rates=(0.0, 0.0, 0.01)), ("sft",), None, id="RF-02 too hard"),
    pytest.param(facts("reasoning", profile=profile("reasoning", checkable=True), pass_rates=(0.05, 0.05), gpu=CARD_80), ("sft", "rft"), None, id="RF-06 too few usable groups"),
    pytest.param(facts("reasoning", profile=profile("reasoning", checkable=True), pass_rates=(0.05, 0.05)), ("rft",), None, id="stack-2 a tiny model gains from fewer usable groups"),
    pytest.param(facts("reasoning", profile=profile("reasoning", checkable=True), pass_rates=(0.97, 1.0)), (), "already_good", id="RF-03 too easy"),
    pytest.param(facts("generation", reward="length:100"), ("sft", "rft"), None, id="TC-13 a reward is named"),
    pytest.param(facts(profile=profile(issues=(blocking("one_class"),))), (), "one_class", id="DQ blocking trouble"),
]  # fmt: skip


@pytest.mark.parametrize(("known", "pipeline", "code"), SITUATIONS)
def test_each_situation_gets_the_pipeline_of_its_rules(
    known: Any, pipeline: tuple[str, ...], code: str | None
) -> None:
    plan = decide(known)
    assert plan.decision.pipeline == pipeline
    assert (code is None) or code in {warning.code for warning in plan.warnings}
    assert plan.decision.rules and plan.decision.source
    assert all(other.pipeline != pipeline for other in plan.decision.runners_up)


def test_the_first_sentence_says_that_counting_words_is_as_good() -> None:
    because = decide(facts(baselines=GOOD_SIMPLE)).decision.because
    assert because.split(". ")[0].startswith("A simple word-counting classifier")
    assert "90.0%" in because.split(", trained")[1]


def test_insisting_trains_and_still_says_first_what_was_as_good() -> None:
    free = decide(facts(baselines=GOOD_SIMPLE))
    forced = decide(facts(baselines=GOOD_SIMPLE, insist=("sft",)))
    assert forced.decision.pipeline == ("sft",)
    assert forced.decision.because.startswith(str(free.decision.because))
    assert {"overruled", "simple_model_enough"} <= {warning.code for warning in forced.warnings}
    assert forced.order is not None and forced.order.kind == "train"


def test_insisting_on_what_is_advised_overrules_nothing() -> None:
    plan = decide(facts(gpu=CARD_24, insist=("sft",)))
    assert "overruled" not in {warning.code for warning in plan.warnings}


def test_insisted_techniques_are_put_in_the_order_that_keeps_what_was_learnt() -> None:
    assert decide(facts(insist=("rft", "sft"))).decision.pipeline == ("sft", "rft")  # TC-19


@pytest.mark.parametrize(
    ("task", "asked"),
    [("classification", ("dpo",)), ("classification", ("cpt",)), ("documents", ("sft",)), ("preference", ("rft",)), ("documents", ("rft",))],
)  # fmt: skip
def test_a_technique_that_the_data_cannot_feed_is_refused(task: Any, asked: Any) -> None:
    with pytest.raises(PlanError) as refused:
        decide(facts(task, insist=asked))
    assert refused.value.where == "--technique"


@pytest.mark.parametrize(
    ("task", "asked"),
    [("preference", ("dpo",)), ("preference", ("sft", "dpo")), ("documents", ("cpt",)), ("documents", ("cpt", "sft")), ("reasoning", ("rft",)), ("classification", ("sft", "rft"))],
)  # fmt: skip
def test_every_technique_can_be_run_on_data_that_feed_it(task: Any, asked: Any) -> None:
    plan = decide(facts(task, insist=asked))
    assert "cannot_run_yet" not in {warning.code for warning in plan.warnings}
    assert plan.order is not None
    assert len(plan.stages) == len(asked)


@pytest.mark.parametrize(
    ("rate", "group", "share"),
    [(0.01, 8, 0.08), (0.05, 8, 0.34), (0.10, 8, 0.57), (0.20, 8, 0.83), (0.50, 8, 0.99), (0.90, 8, 0.57), (0.95, 8, 0.34), (0.05, 16, 0.56), (0.02, 16, 0.28), (0.10, 4, 0.34)],
)  # fmt: skip
def test_usable_groups_are_those_of_the_published_table(
    rate: float, group: int, share: float
) -> None:
    assert usable_groups((rate,), group) == pytest.approx(share, abs=0.005)  # RF-06


def test_what_would_change_the_advice_is_found_by_flipping_facts() -> None:
    known = facts("qa", gpu=CARD_24)
    for flip in decide(known).decision.would_change_if:
        assert flip.pipeline != ("sft",)
    said = {str(flip.fact) for flip in decide(known).decision.would_change_if}
    assert "Your facts change weekly." in said
    assert "There are only 40 usable rows." in said


def test_a_gate_stands_for_every_measurement_that_is_still_to_come() -> None:
    unmeasured = decide(facts(gpu=CARD_24)).decision
    assert not unmeasured.measured and len(unmeasured.gates) == 2
    measured = decide(
        facts(gpu=CARD_24, baselines=(*GOOD_SIMPLE, scored("zero-shot", 0.5)))
    ).decision
    assert measured.measured and measured.gates == ()


def test_only_techniques_in_one_set_can_run() -> None:
    assert set(advice.ORDER) >= advice.RUNNABLE
    assert decide(replace(facts(), insist=("sft",))).order is not None


@pytest.mark.parametrize(
    ("known", "fact", "pipeline"),
    [
        (facts("preference", profile=profile("preference", rows=200)), "There are 1,000 pairs.", ("sft", "dpo")),
        (facts("preference", profile=profile("preference", rows=900)), "There are 250 pairs.", ("sft",)),
        (facts("generation", gpu=CARD_80), "You name a reward that can score an answer.", ("sft", "rft")),
        (facts("code", reward="tests", gpu=CARD_80), "The model hardly ever succeeds.", ("sft",)),
        (facts("code", reward="tests", gpu=CARD_80), "The model succeeds in four of ten attempts.", ("rft",)),
    ],
)  # fmt: skip
def test_each_technique_has_the_facts_that_would_bring_it_in_or_take_it_out(
    known: Any, fact: str, pipeline: tuple[str, ...]
) -> None:
    found = {str(flip.fact): flip.pipeline for flip in decide(known).decision.would_change_if}
    assert found.get(fact) == pipeline


def test_measured_attempts_decide_like_supposed_ones() -> None:
    tried = scored("attempts", 0.05, items=64).model_copy(update={"rates": (0.05,) * 64})
    known = facts("reasoning", profile=profile("reasoning", checkable=True, answer_tokens=0), reward="number", gpu=CARD_80,
                  baselines=(tried,))  # fmt: skip
    plan = decide(known)
    assert plan.decision.pipeline == ("rft",) and not plan.decision.measured
    assert plan.stages[0].group_size is not None and plan.stages[0].group_size.value == 16  # RF-07
    assert not any("right and wrong attempts" in str(gate.when) for gate in plan.decision.gates)


@pytest.mark.parametrize(
    ("rates", "warned"), [((0.0,) * 20, True), ((0.99,) * 20, True), ((0.4,) * 20, False)]
)
def test_who_insists_on_attempts_outside_the_window_hears_that_the_run_will_end_there(
    rates: tuple[float, ...], warned: bool
) -> None:
    known = facts(
        "reasoning", profile=profile("reasoning", checkable=True), pass_rates=rates, insist=("rft",)
    )
    told = [warning.text for warning in decide(known).warnings if warning.code == "overruled"]
    assert any("without training" in text for text in told) is warned


@pytest.mark.parametrize(
    ("known", "holds"),
    [
        pytest.param(facts("qa", said={"facts_change": "daily"}), "Passages:", id="a prompt for what a search found"),
        pytest.param(facts(profile=profile(rows=40, num_labels=4, sample=({"id": "a:1", "messages": [{"role": "user", "content": "Where is it?"}, {"role": "assistant", "content": "topic 1"}]},))), "Question: Where is it?\nAnswer: topic 1", id="a prompt with the person's rows"),
        pytest.param(facts(goal="Sort by topic; the topics change every week", said={"facts_change": "weekly"}), "topic 3", id="a prompt with the list that changes"),
        pytest.param(facts("documents", profile=profile("documents", rows=10)), "Passages:", id="a prompt for a small corpus"),
    ],
)  # fmt: skip
def test_who_is_told_not_to_train_is_handed_a_prompt(known: Facts, holds: str) -> None:
    plan = decide(known)
    assert plan.decision.pipeline == ()
    assert holds in str(plan.decision.because)
    assert all(holds not in str(warning.text) for warning in plan.warnings)


def test_the_rows_to_collect_are_those_of_the_rarest_labels() -> None:
    labels = {"late": 25, "lost": 12, "broken": 3}
    about = profile(rows=40).model_copy(update={"labels": labels})
    said = str(decide(facts(profile=about)).decision.because)
    assert "broken (17), lost (8)" in said and "late (" not in said and "25 more" in said


def test_who_insists_is_handed_no_prompt_instead() -> None:
    plan = decide(facts("qa", said={"facts_change": "daily"}, insist=("sft",)))
    assert plan.decision.pipeline == ("sft",) and "Passages:" not in str(plan.decision.because)
