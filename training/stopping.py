"""Why a run should end before its last step: somebody asked, the process must go, or the budget is used up."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Literal

from training.config import BudgetConfig
from training.errors import Interrupted
from training.rundir import RunDir
from training.telemetry import Telemetry

Reason = Literal["terminated", "asked", "budget"]
SAVE_WITHIN_S = 25
"""After SIGTERM: a step that has not ended by then is abandoned; the checkpoint before it stands. Who sent the
signal waits 30 s (`tools.jobs.Backend.stop`)."""


@dataclass
class Stopping:
    """Asked at every step. `reserve_minutes` are kept back for choosing and the final measurement."""

    run: RunDir
    telemetry: Telemetry
    budget: BudgetConfig
    restart: Callable[[], None]
    """Replaces the process by a fresh one that goes on with the run."""
    reserve_minutes: float = 0.0
    terminated: bool = False
    can_save: bool = False
    """Set while a training loop runs: it then saves before it ends."""

    def reason(self) -> Reason | None:
        """Give the reason to stop training now; None to go on."""
        if self.terminated:
            return "terminated"
        if self.run.stop_requested():
            return "asked"
        cap = self.cap_minutes()
        if cap is not None and self.telemetry.minutes() + self.reserve_minutes >= cap:
            return "budget"
        return None

    def cap_minutes(self) -> float | None:
        """Give the minutes that the budget allows, over all attempts; None where there is no cap."""
        caps = [self.budget.minutes] if self.budget.minutes is not None else []
        if self.budget.cost_usd is not None and self.budget.usd_per_hour > 0:
            caps.append(self.budget.cost_usd / self.budget.usd_per_hour * 60)
        return min(caps) if caps else None

    def listen(self) -> None:
        """Take SIGTERM as a request to save and end."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGALRM, self._on_alarm)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.terminated = True
        if not self.can_save:
            raise Interrupted
        signal.alarm(SAVE_WITHIN_S)

    def _on_alarm(self, number: int, frame: FrameType | None) -> None:
        raise Interrupted
