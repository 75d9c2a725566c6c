"""A full disk is known for one, waited out while a checkpoint is saved, and named where the run must end."""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors import SafetensorError
from stage_runs import StopAt, work_for
from tiny_model import rows, write_model

from training.__main__ import _words
from training.checkpoints import whole
from training.phases.replaying import Replay
from training.phases.stages import prepare_model, train_stage
from training.room import Waiting, is_full, save_when_there_is_room
from training.telemetry import Place

FULL = OSError(errno.ENOSPC, "No space left on device", "model.safetensors")
SAFETENSORS = SafetensorError(
    'Error while serializing: I/O error: Os { code: 28, kind: StorageFull, message: "No space left on device" }'
)


def test_a_full_disk_is_known_whatever_ran_into_it() -> None:
    wrapped = RuntimeError("could not save")
    wrapped.__cause__ = FULL
    assert is_full(FULL) and is_full(SAFETENSORS) and is_full(wrapped)
    assert not is_full(OSError(errno.EACCES, "Permission denied"))
    assert not is_full(RuntimeError("shape mismatch"))


def failing(times: int, error: Exception) -> tuple[Callable[[], None], list[int]]:
    calls: list[int] = []

    def save() -> None:
        calls.append(len(calls))
        if len(calls) <= times:
            raise error

    return save, calls


def test_a_save_is_tried_again_until_there_is_room() -> None:
    save, calls = failing(3, SAFETENSORS)
    save_when_there_is_room(save, lambda: True)
    assert len(calls) == 4


def test_a_save_is_given_up_when_the_run_is_to_end_and_other_errors_at_once() -> None:
    save, calls = failing(9, FULL)
    with pytest.raises(OSError, match="No space left"):
        save_when_there_is_room(save, lambda: len(calls) < 3)
    assert len(calls) == 3
    save, calls = failing(9, ValueError("else"))
    with pytest.raises(ValueError, match="else"):
        save_when_there_is_room(save, lambda: True)
    assert len(calls) == 1


@pytest.mark.slow
def test_training_that_waited_for_room_ends_with_its_checkpoints(tmp_path: Path) -> None:
    work = work_for(tmp_path / "run", write_model(tmp_path / "model"), rows(16), stage={"checkpoints": 1}, task={})  # fmt: skip
    model = prepare_model(work, work.config.stages[0])
    save, tried = model.save_pretrained, []

    def fill_the_disk_once(*args: Any, **kwargs: Any) -> None:
        tried.append(1)
        if len(tried) == 1:
            raise SAFETENSORS
        save(*args, **kwargs)

    model.save_pretrained = fill_the_disk_once
    ended = train_stage(work, 0, Replay([], []), model=model, on_checkpoint=lambda at: None)
    assert ended == "finished"
    assert len(whole(work.stage_folder("1-sft"))) == 1
    codes = [event.code for event in work.run.events()]
    assert codes.count("disk_full") == 1


def test_waiting_is_told_once_and_ends_with_the_run(tmp_path: Path) -> None:
    work = work_for(tmp_path / "run", tmp_path, rows(8), stage={}, task={})
    waiting = Waiting(work.telemetry, StopAt(1), Place("1-sft", 3, 9))  # type: ignore[arg-type]
    assert not waiting.go_on()
    assert waiting.told
    (event,) = work.run.events()
    assert (event.code, event.step) == ("disk_full", 3)


def test_a_run_that_ends_for_it_says_so_and_how_to_go_on() -> None:
    for error in (FULL, SAFETENSORS):
        words = _words(error)
        assert words["what"] == "The disk is full."
        assert "resume the run" in words["what_to_do"]
