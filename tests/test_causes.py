"""Causes that several figures together show: each said with its figures, and followed by one plan ready to approve."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from tests.measured_runs import curve, measured, plan, simple, stage
from tools.brief import BriefEntry
from tools.judging.results import Report, VoteTally
from tools.plan import ModelOption
from tools.verdict import report
from training import statistics
from training.config import TaskConfig
from training.measured import (
    AttemptRecord,
    Compared,
    NamedScore,
    Reading,
    RewardGap,
    StageRecord,
)
from training.readings import readings
from training.rows import Message, Row
from training.text import Text


def said(made: Report, code: str) -> str | None:
    """Give the text and evidence of a finding; None where it was not made."""
    return next((f"{one.text} {one.evidence}" for one in made.diagnosis if one.code == code), None)


def record(technique: str = "sft", *, first: float = 3.0, last: float = 0.5) -> StageRecord:
    return StageRecord(
        name=f"1-{technique}", technique=technique, steps=40, train_tokens=1, replay_tokens=0, minutes=1,
        tokens_per_second=1, first_loss=first, last_loss=last, ended_because=Text("Done."),
    )  # fmt: skip


def option(model: str, *, chosen: bool = False) -> ModelOption:
    return ModelOption(
        model=model, chosen=chosen, minutes=12.0, cost_usd=0.5, peak_gib=8.0, answer_ms=None, quality=Text("Not measured."),
        source=None, licence="apache-2.0",
    )  # fmt: skip


# A wrong metric


def strict(name: str, *, tuned: float = 0.02) -> Any:
    return measured(
        0.0, tuned, metric="exact_match",
        readings=(Reading.model_validate({"name": name, "base": 0.4, "tuned": 0.85}),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "task", "words"),
    [
        ("number", "qa", "--reward number"),
        ("number", "reasoning", "--set evaluation.metric=numeric"),
        ("contains", "qa", "--set evaluation.metric=chrf"),
        ("similar", "generation", "--set evaluation.metric=chrf"),
    ],
)
def test_a_metric_that_calls_right_answers_wrong_is_named_and_replaced(
    name: str, task: str, words: str
) -> None:
    given = plan()
    given = given.model_copy(
        update={"brief": given.brief | {"task": BriefEntry(value=task, origin="said")}}
    )
    made = report(given, strict(name))
    found = said(made, "wrong_metric") or ""
    assert "2.0% of 400" in found and "85.0%" in found
    (step,) = [one for one in made.next if words in (one.command or "")]
    assert "--technique sft" in (step.command or "")


def test_a_metric_that_sees_the_gain_is_left_alone() -> None:
    assert said(report(plan(), strict("contains", tuned=0.6)), "wrong_metric") is None
    poor = measured(
        0.0, 0.0, metric="exact_match", readings=(Reading(name="contains", base=0.1, tuned=0.2),)
    )
    assert said(report(plan(), poor), "wrong_metric") is None


def test_people_who_prefer_what_the_score_does_not_see_are_heard() -> None:
    votes = VoteTally(
        votes=40, tuned=32, base=6, same=2,
        score=statistics.score("vote", [1.0] * 32 + [0.0] * 6),
        difference=statistics.difference([0.0] * 32 + [1.0] * 6, [1.0] * 32 + [0.0] * 6, metric="accuracy"),
    )  # fmt: skip
    unseen = measured(0.3, 0.3, metric="exact_match")
    found = said(report(plan(), unseen, votes=votes), "wrong_metric") or ""
    assert "Of 40 blind votes 32 preferred the tuned model and 6" in found
    assert said(report(plan(), measured(), votes=votes), "wrong_metric") is None


def test_accuracy_that_hides_the_rare_answers_is_named() -> None:
    cells = {"fine": {"items": 360, "base": 0.5, "tuned": 1.0}, "broken": {"items": 40, "base": 0.1, "tuned": 0.05}}  # fmt: skip
    made = report(plan(), measured(0.4, 0.905, per_label=cells))
    found = said(made, "wrong_metric") or ""
    assert "90.0% have the answer 'fine' anyway; of the 40 others 5.0%" in found
    assert {"evaluation.metric": "macro_f1"} in [step.settings for step in made.next]
    learnt = {"fine": {"items": 360, "base": 0.5, "tuned": 0.97}, "broken": {"items": 40, "base": 0.1, "tuned": 0.6}}  # fmt: skip
    assert said(report(plan(), measured(0.4, 0.93, per_label=learnt)), "wrong_metric") is None


def rows_of(*answers: str) -> list[Row]:
    return [
        Row(id=f"a:{at}", messages=(Message(role="user", content="?"), Message(role="assistant", content=answer)))
        for at, answer in enumerate(answers)
    ]  # fmt: skip


def test_answers_are_read_kindly_but_a_list_of_everything_holds_nothing() -> None:
    task = TaskConfig.model_validate(
        {"task": "qa", "metric": "exact_match", "labels": [], "max_new_tokens": 32}
    )
    wanted = rows_of("Paris", "no", "退款")
    found = readings(task, wanted, ["Paris " * 50, "I know nothing", "不知道"], ["It is Paris.", "No, sir", "类别是退款。"])  # fmt: skip
    assert found == (Reading(name="contains", base=0.0, tuned=1.0),)
    numbers = readings(task, rows_of("42", "7"), ["41", "7"], ["So it is 42.", "#### 7"])
    assert numbers[0] == Reading(name="number", base=0.5, tuned=1.0)
    codes = readings(task, rows_of("INV-001-AB"), ["INV-002-AB"], ["INV-003-AB"])
    assert codes == (Reading(name="contains", base=0.0, tuned=0.0),)


# A task too hard for the model


FLAT = curve(0.3, 0.31, 0.3, 0.32)


def test_what_does_not_carry_over_while_the_loss_falls_is_too_hard_for_the_model() -> None:
    given = plan(
        baselines=(simple(0.7),),
        models=(option("practice", chosen=True), option("Qwen/Qwen3-0.6B"), option("Qwen/Qwen3-4B")),
    )  # fmt: skip
    made = report(given, measured(0.3, 0.31, candidates=FLAT, stages=(record(),)))
    found = said(made, "too_hard") or ""
    assert "3.00 to 0.50 in 4 passes" in found and "gets 70.0%, this model 31.0%" in found
    (step,) = [one for one in made.next if "Qwen/Qwen3-0.6B" in one.text]
    assert "--model Qwen/Qwen3-0.6B" in (step.command or "")


def test_a_compared_model_that_is_surely_better_is_the_next_plan() -> None:
    given = plan(
        models=(option("practice", chosen=True), option("Qwen/Qwen3-0.6B"), option("Qwen/Qwen3-4B")),
    )  # fmt: skip
    better = NamedScore(
        name="few-shot", **statistics.score("accuracy", [1.0] * 180 + [0.0] * 20).model_dump()
    )
    made = report(
        given,
        measured(0.3, 0.31, candidates=FLAT, stages=(record(),), compared=(Compared(model="Qwen/Qwen3-4B", score=better),)),
    )  # fmt: skip
    assert "Qwen/Qwen3-4B, untouched, is surely better" in (said(made, "too_hard") or "")
    assert any("--model Qwen/Qwen3-4B" in (step.command or "") for step in made.next)


def test_hardly_an_answer_right_leads_to_a_larger_card_where_no_larger_model_fits() -> None:
    nothing = measured(0.0, 0.005, metric="exact_match", candidates=curve(0.0, 0.01, 0.0), stages=(record(),))  # fmt: skip
    made = report(plan(), nothing)
    assert "Of 400 test answers 0.5% are right" in (said(made, "too_hard") or "")
    (step,) = [one for one in made.next if "--gpu" in (one.command or "")]
    assert shlex.split(step.command or "")[-2:] == ["--gpu", "24GB"]


@pytest.mark.parametrize(
    "changed",
    [
        {"tuned": 0.6},  # it gained
        {"candidates": curve(0.2, 0.3, 0.5)},  # it moved on the held-out items
        {"stages": (record(last=2.9),)},  # the loss did not fall: said as not learnt
        {"candidates": FLAT[:2]},
    ],
)
def test_a_training_that_went_otherwise_is_not_called_too_hard(changed: dict[str, Any]) -> None:
    usual: dict[str, Any] = {"tuned": 0.31, "candidates": FLAT, "stages": (record(),)}
    made = report(plan(baselines=(simple(0.7),)), measured(0.3, **(usual | changed)))
    assert said(made, "too_hard") is None


def test_one_pass_or_a_standing_that_nobody_beats_says_nothing_of_the_task() -> None:
    flat = measured(0.3, 0.31, candidates=FLAT, stages=(record(),))
    assert said(report(plan(), flat), "too_hard") is None
    once = plan(baselines=(simple(0.7),)).model_copy(update={"stages": (stage(epochs=1.0),)})
    assert said(report(once, flat), "too_hard") is None


def test_attempts_of_which_none_succeeds_are_too_hard_before_anything_was_trained() -> None:
    window = {"window-1-rft": {"questions": 256, "mean_rate": 0.002, "usable_share": 0.01}}
    given = plan(pipeline=("rft",)).model_copy(update={"stages": (stage(technique="rft"),)})
    made = report(
        given, measured(0.0, extra=window).model_copy(update={"tuned": None, "difference": None})
    )
    assert "256 questions 0.2% succeeded" in (said(made, "too_hard") or "")
    (step,) = [one for one in made.next if "--technique sft,rft" in (one.command or "")]
    assert "worked answers first" in step.text
    fine = {"window-1-rft": {"questions": 256, "mean_rate": 0.3, "usable_share": 0.8}}
    assert said(report(given, measured(0.3, 0.31, extra=fine)), "too_hard") is None


# A gamed reward


def rewarded(**values: Any) -> tuple[AttemptRecord, ...]:
    usual = {"first_reward": 0.4, "last_reward": 0.8, "first_tokens": 20.0, "last_tokens": 22.0}
    return (AttemptRecord(stage="1-rft", **(usual | values)),)


def by_attempts(*, kl_weight: float = 0.0) -> Any:
    rft = stage(technique="rft", epochs=4.0, group_size=8, kl_weight=kl_weight)
    return plan(pipeline=("rft",)).model_copy(update={"stages": (rft,)})


GAP = RewardGap(step=40, rate=0.8, held_out=0.5, error=0.06)


@pytest.mark.parametrize(
    ("attempts", "scores", "words"),
    [
        (rewarded(gaps=(GAP,)), (0.4, 0.8), "80% of its attempts at training questions, and in 50% at held-out ones"),
        (rewarded(last_reward=0.42, last_tokens=70.0), (0.4, 0.42), "grew from 20 to 70 tokens"),
        (rewarded(), (0.8, 0.5), "rose from 0.40 to 0.80, and on the test items the score fell from 80.0% to 50.0%"),
    ],
)  # fmt: skip
def test_a_gamed_reward_is_named_and_the_next_plan_holds_the_model_nearer(
    attempts: Any, scores: tuple[float, float], words: str
) -> None:
    made = report(by_attempts(), measured(*scores, attempts=attempts))
    assert words in (said(made, "reward_hacking") or "")
    assert {"rft.kl_weight": 0.05, "rft.epochs": 2.0} in [step.settings for step in made.next]
    held = report(by_attempts(kl_weight=0.05), measured(*scores, attempts=attempts))
    assert {"rft.epochs": 2.0} in [step.settings for step in held.next]


@pytest.mark.parametrize(
    "attempts",
    [
        rewarded(),
        rewarded(last_tokens=70.0),  # longer and better
        rewarded(gaps=(GAP.model_copy(update={"held_out": 0.72}),)),
        rewarded(gaps=(GAP.model_copy(update={"error": 0.2}),)),  # could be chance
        (),
    ],
)
def test_a_reward_that_was_earned_is_not_called_gamed(attempts: Any) -> None:
    assert (
        said(report(by_attempts(), measured(0.4, 0.8, attempts=attempts)), "reward_hacking") is None
    )
