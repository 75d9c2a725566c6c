"""The verdict: what is shipped, what is not, and what cannot be told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.measured_runs import curve, first_sentence, measured, plan, simple
from tools.judging.next_command import command_again
from tools.judging.results import Report
from tools.plan import (
    Alternative,
)
from tools.verdict import report
from training import statistics
from training.config import TaskConfig
from training.measured import (
    Measured,
    NamedScore,
    ProbeScore,
    Retention,
    Robustness,
    Score,
    Spent,
    StageRecord,
)
from training.text import Text


def test_better_and_little_lost_is_shipped() -> None:
    made = report(plan(), measured())
    assert made.verdict == "ship"
    assert first_sentence(made) == (
        "Use it: it scores 80.0% where the untouched model scores 30.0%, on the same 400 test items"
    )
    assert "99.5%" in made.because
    assert made.baseline is not None and made.baseline.value == 0.3
    assert made.next[0].command == "tunesmith export test-run --to ./test-run --format merged"


@pytest.mark.parametrize("value", [0.9, 0.80, 0.78])
def test_where_a_simple_model_is_as_good_the_first_sentence_says_so(value: float) -> None:
    made = report(plan(baselines=(simple(value),)), measured())
    assert made.verdict == "do_not_ship"
    assert "simple classifier that needs no language model is as good or better" in first_sentence(
        made
    )
    assert [row.name for row in made.baselines] == ["simple model", "zero-shot"]


def test_a_simple_model_that_is_surely_worse_does_not_stand_in_the_way() -> None:
    assert report(plan(baselines=(simple(0.6),)), measured()).verdict == "ship"


def test_item_by_item_a_simple_model_is_judged_more_sharply() -> None:
    close = report(plan(baselines=(simple(0.77),)), measured())
    assert close.verdict == "do_not_ship"
    better = statistics.difference(
        [1.0] * 308 + [0.0] * 92, [1.0] * 320 + [0.0] * 80, metric="accuracy"
    )
    sharp = report(plan(baselines=(simple(0.77),)), measured(versus={"simple model": better}))
    assert sharp.verdict == "ship"


def test_the_commonest_answer_as_good_is_said_first() -> None:
    made = report(plan(baselines=(simple(0.8, "commonest answer"),)), measured())
    assert "always giving the commonest answer is as good" in first_sentence(made)


def test_forgetting_beyond_the_budget_is_not_shipped_and_gets_the_cheapest_remedies() -> None:
    made = report(plan(), measured(left=0.9))
    assert made.verdict == "do_not_ship"
    assert "forgot too much, keeping 90.0%" in first_sentence(made)
    assert "forgetting" in {one.code for one in made.diagnosis}
    assert made.next[0].settings == {"replay.share": 0.2, "replay.source": "self"}
    assert made.next[1].settings == {"sft.learning_rate": 5e-4}
    with_replay = report(plan(replay=0.3), measured(left=0.9))
    assert [step.settings for step in with_replay.next[:2]] == [
        {"sft.learning_rate": 5e-4},
        {"replay.share": 0.5},
    ]


def test_a_budget_kept_by_chance_only_is_inconclusive_and_says_how_many_probes_settle_it() -> None:
    made = report(plan(), measured(left=0.965))
    assert made.verdict == "inconclusive"
    assert "400 probes are too few" in made.because
    (more,) = [step for step in made.next if "evaluation.final_probe_items" in step.settings]
    assert more.settings["evaluation.final_probe_items"] > 400


def test_general_abilities_not_measured_is_no_reason_to_ship() -> None:
    made = report(plan(), measured(left=None))
    assert made.verdict == "inconclusive"
    assert "was not measured" in made.because


def test_a_base_that_can_do_none_of_the_probes_has_nothing_to_lose() -> None:
    nothing = Retention(
        value=1.0, low=0.0, high=1.0, probes={"sums": ProbeScore(base=0, tuned=0, items=50)}
    )
    assert report(plan(), measured(retention=nothing)).verdict == "ship"


def test_probes_that_were_planned_but_that_the_base_cannot_do_lose_nothing() -> None:
    unknown = statistics.retention({}, {})
    made = report(plan(), measured(retention=unknown))
    assert made.verdict == "ship"
    assert "general abilities" not in made.because
    assert report(None, measured(retention=unknown)).verdict == "inconclusive"


def test_worse_is_not_shipped() -> None:
    made = report(plan(), measured(0.8, 0.6))
    assert made.verdict == "do_not_ship"
    assert "worse than the untouched model, 60.0% against 80.0%" in first_sentence(made)


def test_no_difference_on_few_items_is_inconclusive_and_asks_for_more() -> None:
    made = report(plan(), measured(0.5, 0.55, items=40))
    assert made.verdict == "inconclusive"
    assert "could be chance" in first_sentence(made)
    assert "small_eval" in {one.code for one in made.diagnosis}
    assert any("626" in step.text for step in made.next)


def test_surely_no_gain_on_many_items_is_not_shipped() -> None:
    made = report(plan(), measured(0.5, 0.5, items=2000))
    assert made.verdict == "do_not_ship"
    assert "no better than the untouched model" in first_sentence(made)


def test_an_untouched_model_already_good_is_said() -> None:
    made = report(plan(target=0.8), measured(0.9, 0.905))
    assert made.verdict == "do_not_ship"
    assert "already good enough (90.0%, where 80.0% is enough)" in first_sentence(made)
    assert made.diagnosis[0].code == "already_good"


@pytest.mark.parametrize(
    ("target", "verdict"),
    [(0.95, "do_not_ship"), (0.82, "inconclusive"), (0.8, "ship"), (0.5, "ship")],
)
def test_the_target_decides(target: float, verdict: str) -> None:
    assert report(plan(target=target), measured()).verdict == verdict


def test_learning_the_wording_stops_shipping_only_where_the_gain_is_gone() -> None:
    def fallen(to: float) -> Robustness:
        after = statistics.score(
            "accuracy", [1.0] * round(400 * to) + [0.0] * round(400 * (1 - to))
        )
        return Robustness(
            plain=measured().tuned or after, disturbed=after, learned_the_wording=True
        )

    gone = report(plan(), measured(robustness=fallen(0.3)))
    assert gone.verdict == "do_not_ship"
    assert "learned the wording, not the task" in first_sentence(gone)
    leaning = report(plan(), measured(robustness=fallen(0.7)))
    assert leaning.verdict == "ship"
    assert "leans on the wording" in leaning.because
    assert "learned_the_wording" in {one.code for one in leaning.diagnosis}


def test_open_ended_answers_wait_for_a_judge() -> None:
    generator = np.random.default_rng(0)
    base = list(generator.beta(2, 5, 200))
    tuned = [min(1.0, value + 0.2) for value in base]
    open_ended = measured(
        tuned=0.8,
        baselines=(NamedScore(name="zero-shot", **statistics.score("chrf", base).model_dump()),),
    ).model_copy(
        update={
            "tuned": statistics.score("chrf", tuned),
            "difference": statistics.difference(base, tuned, metric="chrf"),
        }
    )
    made = report(plan(), open_ended)
    assert made.verdict == "inconclusive"
    assert "nobody has judged them yet" in made.because
    assert made.next[-1].command == "tunesmith try test-run"
    translating = plan().model_copy(
        update={"brief": plan().brief | {"task": _entry("translation")}}
    )
    assert report(translating, open_ended).verdict == "ship"


def _entry(value: str) -> Any:
    from tools.brief import BriefEntry

    return BriefEntry(value=value, origin="said")


def test_several_failures_are_all_said_the_gravest_first() -> None:
    made = report(plan(target=0.99, baselines=(simple(0.9),)), measured(left=0.8))
    assert "simple classifier" in first_sentence(made)
    assert "It forgot too much" in made.because
    assert "target of 99.0% is not reached" in made.because


def test_a_plan_that_advises_against_training_gives_its_reason() -> None:
    bare = Measured(run="r", complete=True)
    alternative = Alternative(pipeline=("sft",), because=Text("If you insist."))
    advising = plan(pipeline=())
    advising = advising.model_copy(
        update={"decision": advising.decision.model_copy(update={"runners_up": (alternative,)})}
    )
    made = report(advising, bare)
    assert (made.verdict, made.because) == ("not_trained", "The data call for it.")
    assert made.next[0].command is not None and "--technique sft" in made.next[0].command


def test_a_run_stopped_by_its_gate_says_why_nothing_was_trained() -> None:
    gated = measured(0.97).model_copy(update={"tuned": None, "difference": None, "retention": None})
    made = report(plan(), gated)
    assert made.verdict == "not_trained"
    assert "already scores 97.0% on 400 test items" in made.because


def test_a_run_cut_short_claims_nothing() -> None:
    assert report(plan(), Measured(run="r")).verdict == "not_trained"
    record = StageRecord(
        name="1-sft", technique="sft", steps=10, train_tokens=1, replay_tokens=0, minutes=1,
        tokens_per_second=1, ended_because=Text("Stopped."),
    )  # fmt: skip
    cut = report(plan(), Measured(run="r", stages=(record,)))
    assert cut.verdict == "inconclusive"
    assert cut.next[0].command == "tunesmith runs resume r"


def test_the_command_to_go_again_survives_spaces_and_quotes() -> None:
    import shlex

    words = shlex.split(command_again(plan(replay=0.1), {"sft.epochs": 2.0, "x.y": True}) or "")
    assert words[:5] == [
        "tunesmith",
        "auto",
        "/data/my tickets.csv",
        "--goal",
        "sort tickets; it's urgent",
    ]
    assert words[-4:] == ["--set", "sft.epochs=2", "--set", "x.y=true"]


def test_serving_says_how_to_ask_and_what_was_predicted_stands_beside_what_was_spent() -> None:
    task = TaskConfig(task="classification", metric="accuracy", system="Sort this.")
    made = report(plan(), measured(), task=task)
    assert made.serving["system"] == "Sort this."
    assert made.serving["folder"] == "chosen"
    assert (made.predicted["minutes"], made.spent["minutes"]) == (3.0, 0.0)


def test_the_verdict_stands_without_a_plan() -> None:
    made = report(None, measured())
    assert made.verdict == "ship"
    assert report(None, measured(left=0.9)).next


def test_a_report_survives_the_disk(tmp_path: Any) -> None:
    made = report(plan(baselines=(simple(0.9),)), measured(candidates=curve(0.3, 0.5, 0.7)))
    made.save(tmp_path / "results.json")
    again = Report.load(tmp_path / "results.json")
    assert again == made
    assert again.because.template == made.because.template


def test_scores_are_shown_in_their_own_unit() -> None:
    from tools.judging.case import shown

    chrf = Score(metric="chrf", value=0.4321, low=0.4, high=0.5, items=9)
    assert shown(chrf) == "0.432"
    assert shown(Score(metric="numeric", value=0.5, low=0.4, high=0.6, items=9)) == "50.0%"


def test_a_training_cut_short_by_its_budget_says_so_first_and_asks_for_more_time() -> None:
    record = StageRecord(
        name="1-sft", technique="sft", steps=58, planned_steps=580, train_tokens=1, replay_tokens=0, minutes=1.0,
        tokens_per_second=1, first_loss=3.0, last_loss=0.5, ended_because=Text("The budget was reached."),
    )  # fmt: skip
    run = measured(stages=(record,), spent=Spent(minutes=3.0))
    made = report(plan(), run)
    assert made.diagnosis[0].code == "cut_short"
    assert made.diagnosis[0].evidence == "The budget was reached."
    assert {"budget.minutes": 16} in [step.settings for step in made.next]
    whole = record.model_copy(update={"steps": 580})
    assert "cut_short" not in {
        one.code for one in report(plan(), measured(stages=(whole,))).diagnosis
    }
