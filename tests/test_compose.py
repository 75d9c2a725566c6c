"""From plan to run configuration."""

from dataclasses import replace

from deciding import CARD_24, facts, profile

from tools.decide import decide
from tools.deciding.compose import instruction, measure_config, run_config
from training.catalog import PRACTICE
from training.practice import MODEL_DIR


def test_the_run_carries_out_what_the_plan_says() -> None:
    known = facts(insist=("sft",), overrides={"sft.learning_rate": 1e-3, "replay.share": 0.25})
    plan = decide(known)
    run = run_config(plan, known.profile, run="r1")
    assert run.run == "r1" and run.device == "cpu"
    assert (
        run.model.name == PRACTICE
        and run.model.source == str(MODEL_DIR)
        and run.model.dtype == "float32"
    )
    assert run.stages[0].learning_rate == 1e-3 and run.stages[0].lora is None
    assert run.replay.source == "self" and run.replay.share == 0.25 and run.replay.min_rows > 0
    assert run.replay.loss == "kl"
    assert run.task.labels == tuple(known.profile.labels)
    assert plan.order is not None and run.budget.minutes == plan.order.max_minutes
    assert run.measure.final_probe_items >= run.measure.probe_items > 0


def test_the_practice_model_is_told_nothing_in_training_and_a_little_when_untouched() -> None:
    known = facts(insist=("sft",))
    task = run_config(decide(known), known.profile, run="r").task
    assert task.system is None
    assert task.zero_shot_system is not None and "topic 9" in task.zero_shot_system


def test_learning_from_attempts_is_compared_with_what_the_untouched_model_says_to_the_bare_question() -> (
    None
):
    known = facts(insist=("rft",))
    task = run_config(decide(known), known.profile, run="r").task
    assert task.system is None and task.zero_shot_system is None


def test_an_instruction_too_long_for_a_small_model_is_left_out() -> None:
    known = facts(insist=("sft",), profile=profile(num_labels=150))
    assert run_config(decide(known), known.profile, run="r").task.zero_shot_system is None


def test_a_real_model_gets_a_short_instruction_with_the_labels() -> None:
    known = facts(gpu=CARD_24)
    run = run_config(decide(known), known.profile, run="r")
    assert run.task.system is not None and "topic 0, topic 1" in run.task.system
    assert (
        run.model.source == "Qwen/Qwen3-1.7B"
        and run.model.dtype == "bfloat16"
        and run.device == "cuda"
    )
    assert run.stages[0].lora is not None and run.stages[0].lora.rank == 16
    assert run.measure.stop_if_untouched_reaches == 0.95


def test_a_persons_own_system_turn_is_not_doubled() -> None:
    known = facts(
        gpu=CARD_24,
        profile=profile().model_copy(
            update={"columns": {"messages": "messages", "system": "system"}}
        ),
    )
    assert run_config(decide(known), known.profile, run="r").task.system is None


def test_who_insists_is_not_stopped_by_a_good_untouched_model() -> None:
    known = facts(gpu=CARD_24, insist=("sft",))
    assert (
        run_config(decide(known), known.profile, run="r").measure.stop_if_untouched_reaches is None
    )


def test_a_measuring_run_has_no_stages_and_no_replay() -> None:
    known = facts(insist=("sft",))
    run = measure_config(decide(known), known.profile, run="m")
    assert run.stages == () and run.replay.source == "none" and run.measure.dev_items == 0
    assert run.task.few_shot_examples > 0


def test_chinese_data_get_a_chinese_instruction() -> None:
    said = instruction("classification", ("卡片", "账单"), language="zh")
    assert said is not None and "卡片、账单" in said


def test_a_general_file_is_replayed_as_it_is() -> None:
    known = facts(insist=("sft",), general_file="general.jsonl")
    replay = run_config(decide(known), known.profile, run="r").replay
    assert replay.source == "file" and replay.min_rows == 0
    assert replay.loss == "tokens"


def test_a_person_may_have_only_the_words_rehearsed() -> None:
    known = facts(insist=("sft",), overrides={"replay.loss": "tokens"})
    plan = decide(known)
    assert plan.mixture.replay_loss is not None
    assert plan.mixture.replay_loss.origin == "user"
    assert run_config(plan, known.profile, run="r").replay.loss == "tokens"


def test_only_a_person_who_says_so_lets_reward_code_run_with_their_rights() -> None:
    known = facts(insist=("sft",))
    assert run_config(decide(known), known.profile, run="r").task.trust_reward is False
    known = facts(insist=("sft",), overrides={"reward.trusted": True})
    assert run_config(decide(known), known.profile, run="r").task.trust_reward is True


def test_what_only_one_technique_has_reaches_its_stage() -> None:
    known = facts("reasoning", profile=profile("reasoning", checkable=True), insist=("sft", "rft"),
                  overrides={"rft.group_size": 4, "rft.kl_weight": 0.03})  # fmt: skip
    plan = decide(known)
    sft, rft = run_config(plan, known.profile, run="x").stages
    assert (rft.group_size, rft.kl_weight) == (4, 0.03)
    assert sft.lora == rft.lora
    pairs = facts("preference", insist=("sft", "dpo"), overrides={"dpo.preference_strength": 0.2})
    assert run_config(decide(pairs), pairs.profile, run="x").stages[1].preference_strength == 0.2


def test_a_measuring_run_tries_prompts_and_attempts_where_attempts_may_be_learnt_from() -> None:
    known = facts("reasoning", profile=profile("reasoning", checkable=True), gpu=CARD_24)
    config = measure_config(decide(known), known.profile, run="x")
    assert len(config.task.prompts) >= 3 and config.measure.prompt_items
    assert (config.measure.attempt_questions, config.measure.attempts_each) == (64, 16)  # RF-01
    plain = facts(gpu=CARD_24)
    assert measure_config(decide(plain), plain.profile, run="x").measure.attempt_questions == 0


def test_facts_that_a_model_does_not_know_end_the_run_where_nobody_insists() -> None:
    closed = profile("qa", answer_tokens=4)
    asked = facts("qa", profile=closed, gpu=CARD_24, said={"task": "qa"})
    plan = decide(asked)
    assert run_config(plan, closed, run="r").measure.stop_if_untouched_below == 0.1
    assert any("fewer than 10%" in str(gate.when) for gate in plan.decision.gates)
    reading = closed.model_copy(
        update={"columns": {"prompt": "q", "context": ["p"], "answer": "a"}}
    )
    for known in (
        replace(asked, insist=("sft",)), replace(asked, profile=reading), replace(asked, gpu=()),
    ):  # fmt: skip
        run = run_config(decide(known), known.profile, run="r")
        assert run.measure.stop_if_untouched_below is None
