"""One stage of a run, carried out in this process: for techniques whose whole pipeline is tested elsewhere."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tiny_model import run_config

from training.config import RunConfig
from training.measured import Measured
from training.phases.replaying import Replay
from training.phases.stages import prepare_model, train_stage
from training.rows import Row, write_rows
from training.rundir import RunDir
from training.telemetry import Telemetry
from training.work import Work


@dataclass
class StopAt:
    """Asks to stop at one step, as a person would."""

    step: int = 0
    terminated: bool = False
    can_save: bool = False
    asked: int = 0

    def reason(self) -> str | None:
        self.asked += 1
        return "asked" if self.asked == self.step else None


def work_for(
    folder: Path,
    model: Path,
    train: Sequence[Row],
    *,
    stage: dict[str, Any],
    task: dict[str, Any],
    stop_at: int = 0,
) -> Work:
    raw = run_config(model, stage=stage)
    raw["task"] |= task
    run = RunDir(folder)
    run.data.mkdir(parents=True, exist_ok=True)
    write_rows(run.data / "train.jsonl", train)
    telemetry = Telemetry(run, started=time.monotonic())
    return Work(run, RunConfig.from_json(raw), telemetry, StopAt(stop_at), Measured(run="tiny"))  # type: ignore[arg-type]


def carry_out(work: Work, *, replay: Sequence[Row] = ()) -> tuple[Any, str]:
    """Train the only stage; give the model and how it ended."""
    model = prepare_model(work, work.config.stages[0])
    ended = train_stage(
        work, 0, Replay(replay, []), model=model, on_checkpoint=lambda checkpoint: None
    )
    return model, ended
