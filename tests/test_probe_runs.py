"""Short trainings before a long one, carried out by the trainer: what they choose, and that they leave nothing behind."""

from pathlib import Path
from typing import Any

import pytest

from tests.tiny_model import (
    events,
    fault,
    finish,
    make_run,
    rows,
    run_config,
    weights_hash,
    write_model,
)
from training.measured import Measured, ProbeRecord
from training.rows import Row, read_rows, write_rows
from training.rundir import RunDir

pytestmark = pytest.mark.slow
TOO_LOW = 3e-5
"""A tiny random model hardly moves at this rate; at four times it the loss on held-out answers is clearly lower."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def straight(model: Path, tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    """A run whose planned rate is far too low, and nothing happened to it."""
    run = made(model, tmp_path_factory.mktemp("straight"), TOO_LOW, factors=(1, 0.5, 2))
    assert finish(run) == 0
    return run


def made(
    model: Path, folder: Path, rate: float, *, factors: tuple[float, ...], shares: tuple[float, ...] = (0.0,),
    **probe: Any,
) -> RunDir:  # fmt: skip
    """A run that first tries these factors of its rate, each with these shares of a general file."""
    trials = [
        {"learning_rate": rate * factor, "replay_share": share}
        for share in shares for factor in factors
    ]  # fmt: skip
    raw = run_config(model, stage={"learning_rate": rate})
    raw["probe"] = {"trials": trials, "first_share": 0.25, "last_share": 0.5, "dev_items": 16} | probe  # fmt: skip
    if shares[0]:
        raw["replay"] = {"source": "file", "share": shares[0]}
    run = make_run(folder, raw)
    write_rows(run.data / "replay.jsonl", rows(16, start=3000))
    return run


def probe_of(run: RunDir) -> ProbeRecord:
    found = Measured.load(run.path / "measured.json").probe
    assert found is not None
    return found


def numbers(run: RunDir) -> dict[str, Any]:
    """What the trials gave, without the time they took, and the weights that came of it."""
    found = probe_of(run).model_dump(mode="json", exclude={"minutes"})
    return found | {"weights": weights_hash(run.path / "chosen")}


def test_a_rate_that_is_too_low_is_replaced_and_the_stage_learns_with_the_new_one(
    straight: RunDir,
) -> None:
    found = probe_of(straight)
    assert [(one.round, one.steps) for one in found.trials] == [(1, 4)] * 3 + [(2, 8)] * 2
    assert max(one.learning_rate for one in found.trials) == pytest.approx(4 * TOO_LOW)
    assert found.learning_rate > TOO_LOW
    assert found.by_loss
    (said,) = events(straight, "probe_chose")
    assert said["text"] == str(found.because)
    steps = [event["facts"]["learning_rate"] for event in events(straight, "step")]
    assert max(steps) == pytest.approx(found.learning_rate, rel=0.05)
    assert len(steps) == 16
    assert len(events(straight, "trial")) == 5
    assert not list((straight.path / "phases" / "trials").iterdir())


def test_killed_in_and_between_its_trials_it_chooses_the_same_and_learns_the_same(
    straight: RunDir, model: Path, tmp_path: Path
) -> None:
    run = made(model, tmp_path, TOO_LOW, factors=(1, 0.5, 2))
    moments = [
        ("training.guard:Guard.judge_step", 2),  # in the first trial
        ("training.phases.probing:_measured", 1),  # trained, not yet measured
        ("training.phases.probing:_tell", 2),  # measured, not yet written down
        ("training.phases.probing:_try", 2),  # between two
        ("training.phases.probing:_record", 1),  # all done, nothing chosen yet
    ]
    for place, call in moments:
        assert fault(run, place, call, "kill") == -9, place
    assert finish(run) == 0
    assert numbers(run) == numbers(straight)


def test_asked_to_end_in_a_trial_nothing_is_trained_and_it_goes_on_later(
    straight: RunDir, model: Path, tmp_path: Path
) -> None:
    run = made(model, tmp_path, TOO_LOW, factors=(1, 0.5, 2))
    assert fault(run, "training.guard:Guard.judge_step", 6, "term") == 0
    assert run.reading() == "stopped"
    assert not (run.stages / "1-sft" / "checkpoints").exists()
    assert finish(run) == 0
    assert numbers(run) == numbers(straight)


def test_trials_that_keep_the_plan_leave_no_trace_in_the_weights(
    model: Path, tmp_path: Path
) -> None:
    run = made(model, tmp_path / "tried", 3e-3, factors=(1, 0.01))
    assert finish(run) == 0
    assert probe_of(run).learning_rate == 3e-3
    plain = make_run(tmp_path / "plain", run_config(model, stage={"learning_rate": 3e-3}))
    assert finish(plain) == 0
    assert weights_hash(run.path / "chosen") == weights_hash(plain.path / "chosen")


def test_an_adapters_trials_keep_to_the_same_untouched_start(model: Path, tmp_path: Path) -> None:
    lora = {"lora": {"rank": 4, "alpha": 8}, "learning_rate": 1e-2}
    run = made(model, tmp_path / "tried", 1e-2, factors=(1, 0.001))
    raw = run.config()
    stage = raw.stages[0].model_validate(raw.stages[0].model_dump() | lora)
    raw.model_copy(update={"stages": (stage,)}).save(run.path / "run.json")
    assert finish(run) == 0
    assert probe_of(run).learning_rate == 1e-2
    plain = make_run(tmp_path / "plain", run_config(model, stage=lora))
    assert finish(plain) == 0
    assert weights_hash(run.path / "chosen") == weights_hash(plain.path / "chosen")


def test_a_training_that_leaves_the_rails_is_told_and_only_loses(
    model: Path, tmp_path: Path
) -> None:
    run = made(model, tmp_path, 3e-3, factors=(1, 1e5), last_share=1.0, first_share=1.0)
    longer = run.config().stages[0].model_copy(update={"epochs": 4.0})
    run.config().model_copy(update={"stages": (longer,)}).save(run.path / "run.json")
    assert finish(run) == 0
    found = probe_of(run)
    assert found.learning_rate == 3e-3
    broke = [one for one in found.trials if one.worth is None]
    assert [one.learning_rate for one in broke] == [pytest.approx(300)]
    assert any("left the rails" in event["text"] for event in events(run, "trial"))


def test_shares_of_general_text_are_tried_beside_rates(model: Path, tmp_path: Path) -> None:
    run = made(model, tmp_path, 3e-3, factors=(1,), shares=(0.3, 0.5))
    assert finish(run) == 0
    found = probe_of(run)
    assert [one.replay_share for one in found.trials] == [0.3, 0.5]
    assert found.trials[1].steps > found.trials[0].steps
    (begun,) = events(run, "stage_started")
    assert begun["facts"]["replay_share"] == pytest.approx(found.replay_share, abs=0.05)


@pytest.mark.parametrize("technique", ["dpo", "cpt"])
def test_pairs_and_texts_are_tried_out_alike(technique: str, model: Path, tmp_path: Path) -> None:
    run = made(model, tmp_path, 1e-3, factors=(1, 0.5))
    raw = run.config()
    stage = raw.stages[0].model_copy(update={"technique": technique})
    metric = {"dpo": "accuracy", "cpt": "bits_per_byte"}[technique]
    kind = {"dpo": "preference", "cpt": "documents"}[technique]
    task = raw.task.model_copy(update={"task": kind, "metric": metric, "labels": ()})
    raw.model_copy(update={"stages": (stage,), "task": task}).save(run.path / "run.json")
    for name in ("train", "dev", "test"):
        turned = [as_pair(row) if technique == "dpo" else as_text(row) for row in read_rows(run.data / f"{name}.jsonl")]  # fmt: skip
        write_rows(run.data / f"{name}.jsonl", turned)
    assert finish(run) == 0
    found = probe_of(run)
    assert [one.task is not None for one in found.trials] == [True, True]
    assert found.stage == f"1-{technique}"


def as_pair(row: Row) -> Row:
    return row.model_copy(
        update={"messages": row.prompt, "chosen": row.answer, "rejected": f"not {row.answer}"}
    )


def as_text(row: Row) -> Row:
    return Row(id=row.id, text=" ".join(turn.content for turn in row.messages))
