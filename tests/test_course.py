"""How a stage goes from checkpoint to checkpoint: where it turned or stood still is told, once."""

import math
from pathlib import Path

import pytest
import torch
from stage_runs import work_for
from tiny_model import rows, write_model

from training.checkpoints import whole
from training.measured import Candidate, Score
from training.phases.candidates import _loss, _tell_course
from training.phases.replaying import Replay
from training.phases.stages import prepare_model, train_stage
from training.rows import write_rows
from training.work import Work


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_model(tmp_path_factory.mktemp("model"))


def told(work: Work, values: list[float], losses: list[float]) -> list[tuple[str, int]]:
    """Let checkpoints come one by one; give what was said, and at which step."""
    for number, (value, loss) in enumerate(zip(values, losses, strict=True), 1):
        score = Score(metric="accuracy", value=value, low=value, high=value, items=50)
        found = Candidate(
            stage="1-sft", step=number * 10, interpolation=1.0, task=score, retention=1.0, loss=loss
        )
        work.learn(candidates=(*work.measured.candidates, found))
        _tell_course(work, "1-sft")
    return [(event.code, event.step) for event in work.run.events()]


def test_a_loss_that_turns_is_told_once_with_its_lowest_step(model: Path, tmp_path: Path) -> None:
    work = work_for(tmp_path / "run", model, rows(8), stage={}, task={})
    found = told(work, [0.5, 0.6, 0.7, 0.8, 0.9], [0.5, 0.3, 0.4, 0.5, 0.6])
    assert found == [("overfitting", 30)]
    (event,) = work.run.events()
    assert "0.300 at step 20 to 0.400" in event.text


def test_checkpoints_without_a_gain_are_told_as_a_plateau(model: Path, tmp_path: Path) -> None:
    work = work_for(tmp_path / "run", model, rows(8), stage={}, task={})
    assert told(work, [0.5, 0.7, 0.7, 0.7, 0.7, 0.7], [0.5] * 6) == [("plateau", 50)]


def test_a_course_that_goes_well_is_not_talked_about(model: Path, tmp_path: Path) -> None:
    work = work_for(tmp_path / "run", model, rows(8), stage={}, task={})
    assert told(work, [0.5, 0.6, 0.6, 0.7], [0.5, 0.4, 0.41, 0.39]) == []


def test_the_loss_on_held_out_rows_is_that_of_their_right_answers(
    model: Path, tmp_path: Path
) -> None:
    work = work_for(tmp_path / "run", model, rows(8), stage={}, task={})
    write_rows(work.run.data / "dev.jsonl", rows(16, start=100))
    loss = _loss(work, work.loaded.model, "1-sft-000010-1")
    assert loss is not None
    assert 4 < loss < 8, "an untrained model over 384 tokens: about log 384 = 5.95 nats"


def test_a_stage_that_cannot_be_held_ends_with_what_was_good(model: Path, tmp_path: Path) -> None:
    work = work_for(tmp_path / "run", model, rows(40), stage={"checkpoints": 2}, task={})
    trained = prepare_model(work, work.config.stages[0])
    count = 0

    def poison(gradient: torch.Tensor) -> torch.Tensor:
        nonlocal count
        count += 1
        return gradient * math.nan if count > 6 else gradient

    next(iter(trained.parameters())).register_hook(poison)
    seen: list[int] = []
    ended = train_stage(
        work, 0, Replay([], []), model=trained, on_checkpoint=lambda at: seen.append(at.step)
    )
    assert (ended, seen) == ("unstable", [5])
    assert [one.step for one in whole(work.stage_folder("1-sft"))] == [5]
    codes = [event.code for event in work.run.events()]
    assert codes.count("recovery") == 3
    assert "ended_early" in codes
    (record,) = work.measured.stages
    assert record.steps == 5
    assert "again and again" in record.ended_because
    assert any("best checkpoint is kept" in note for note in work.measured.notes)
