"""When a run ends early: asked, told by the system, or at its budget with enough left to measure."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from training.config import BudgetConfig
from training.errors import Interrupted
from training.rundir import RunDir
from training.stopping import Stopping


@dataclass
class Spent:
    used: float = 0.0

    def minutes(self) -> float:
        return self.used


def stopping(path: Path, **budget: float) -> Stopping:
    return Stopping(RunDir(path), Spent(), BudgetConfig(**budget), restart=lambda: None)  # type: ignore[arg-type]


def test_the_tighter_of_time_and_money_caps_the_run(tmp_path: Path) -> None:
    assert stopping(tmp_path).cap_minutes() is None
    assert stopping(tmp_path, minutes=30).cap_minutes() == 30
    assert stopping(tmp_path, minutes=30, cost_usd=1, usd_per_hour=4).cap_minutes() == 15
    assert stopping(tmp_path, cost_usd=1).cap_minutes() is None


def test_training_ends_while_there_is_time_to_measure(tmp_path: Path) -> None:
    made = stopping(tmp_path, minutes=10)
    made.reserve_minutes = 3
    made.telemetry.used = 6.9  # type: ignore[attr-defined]
    assert made.reason() is None
    made.telemetry.used = 7.0  # type: ignore[attr-defined]
    assert made.reason() == "budget"


def test_a_wish_to_stop_outlives_the_process(tmp_path: Path) -> None:
    RunDir(tmp_path).request_stop()
    assert stopping(tmp_path).reason() == "asked"


def test_sigterm_waits_for_the_save_in_training_and_ends_at_once_elsewhere(tmp_path: Path) -> None:
    import signal

    made = stopping(tmp_path)
    made.can_save = True
    try:
        made._on_signal(signal.SIGTERM, None)
    finally:
        signal.alarm(0)
    assert made.reason() == "terminated"
    made.can_save = False
    with pytest.raises(Interrupted):
        made._on_signal(signal.SIGTERM, None)
