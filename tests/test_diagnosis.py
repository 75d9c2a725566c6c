"""The diagnosis after a run: what the evidence shows, and the one next step."""

from __future__ import annotations

import pytest

from tests.measured_runs import curve, measured, plan
from tools.plan import (
    PlanWarning,
)
from tools.verdict import report
from training import statistics
from training.measured import (
    StageRecord,
)
from training.text import Text


@pytest.mark.parametrize(
    ("values", "code", "epochs"),
    [
        ((0.3, 0.5, 0.7), "underfit", 8.0),
        ((0.5, 0.8, 0.6, 0.5), "overfit", 2.0),
        ((0.79, 0.8, 0.81), None, 0),
    ],
)
def test_the_learning_curve_is_diagnosed(
    values: tuple[float, ...], code: str | None, epochs: float
) -> None:
    record = StageRecord(
        name="1-sft", technique="sft", steps=10 * len(values), train_tokens=1, replay_tokens=0, minutes=1,
        tokens_per_second=1, first_loss=3.0, last_loss=0.4, ended_because=Text("Done."),
    )  # fmt: skip
    made = report(plan(), measured(candidates=curve(*values), stages=(record,)))
    codes = {one.code for one in made.diagnosis}
    assert codes & {"underfit", "overfit"} == ({code} if code else set())
    found = [step.settings["sft.epochs"] for step in made.next if "sft.epochs" in step.settings]
    assert found == ([epochs] if code else [])
    assert made.checkpoint is not None
    assert made.checkpoint.value == "1-sft/step-10 x 1"


def test_a_loss_that_hardly_fell_asks_for_a_higher_rate() -> None:
    record = StageRecord(
        name="1-sft", technique="sft", steps=40, train_tokens=1, replay_tokens=0, minutes=1,
        tokens_per_second=1, first_loss=3.0, last_loss=2.9, ended_because=Text("Done."),
    )  # fmt: skip
    made = report(plan(), measured(0.3, 0.31, stages=(record,)))
    assert "not_learnt" in {one.code for one in made.diagnosis}
    assert {"sft.learning_rate": 3e-3} in [step.settings for step in made.next]
    risen = report(plan(), measured(0.3, 0.9, stages=(record,)))
    assert "not_learnt" not in {one.code for one in risen.diagnosis}


def test_mixed_up_labels_and_bad_data_are_named_with_their_evidence() -> None:
    bad = PlanWarning(code="label_conflicts", text=Text("12 texts have two labels."), count=12)
    made = report(
        plan(warnings=(bad,)),
        measured(
            confusion=(("lost", "stolen", 12), ("stolen", "lost", 10), ("a", "b", 1)),
            per_label={"rare": {"items": 6, "base": 0, "tuned": 0}},
        ),
    )
    said = {one.code: f"{one.text} {one.evidence}" for one in made.diagnosis}
    assert (
        "'lost' and 'stolen'" in said["labels_mixed_up"]
        and "22 of about 80" in said["labels_mixed_up"]
    )
    assert "'rare'" in said["labels_never_right"]
    assert "12 texts have two labels." in said["data_quality"]


def test_families_that_fell_are_named_the_worst_first() -> None:
    base = {"sums": [1.0] * 100, "lists": [1.0] * 100, "talk": [1.0] * 100}
    tuned = {
        "sums": [1.0] * 80 + [0.0] * 20,
        "lists": [0.0] * 60 + [1.0] * 40,
        "talk": [1.0] * 99 + [0.0],
    }
    made = report(plan(), measured(retention=statistics.retention(base, tuned)))
    (found,) = [one for one in made.diagnosis if one.code == "forgetting"]
    assert "What fell: lists (from 100% to 40%), sums (from 100% to 80%)." in found.evidence
