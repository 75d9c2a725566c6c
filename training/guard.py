"""Watch every step: one that is not a number or a spike is skipped, a streak or a rising loss goes back and slows down.

The library hides such steps (its log filter shows the mean of the steps before) and applies them all the same
(known failures of trainers), so nothing here relies on its log.

A step that only rehearses costs next to nothing, because the model still is what it rehearses; rows of like length stand
together, so such steps come in rows (met with: worked maths problems beside short conversations). A loss is therefore held
against what the person's share of the step's tokens lets expect, not against the steps before.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean, pstdev
from typing import Any, Literal

SKIPS_IN_A_ROW = 3
"""Skipped steps in a row after which the weights are taken back. Our default; LLaMA-Factory and verl only skip."""
FIRST_LOSSES = 8
WINDOW = 16
RISE = 1.5
"""Diverged: the mean loss of the last `WINDOW` steps is this many times that of the first ones, and half a nat
above it. Our default; axolotl's watchdog uses a fixed loss of 5 instead."""
MIN_RISE_NATS = 0.5
BEFORE_ANY_STEP = 2
"""Losses that hardly any training stands behind. At a rate far too high the first eight are broken already (measured here: at a
hundred times the rate 3.2, 2.3, then 6 to 15), so a mean loss above that of guessing is held against these two alone."""
MAX_RECOVERIES = 3
SPIKE_STEPS, SPIKE_LEAST_STEPS, SPIKE_SIGMAS = 128, 64, 6.0
"""A spike: a loss so many standard deviations above the mean of the last steps (OLMo-core's SkipStepOptimizer). It must also be
`MIN_RISE_NATS` above: late in a training the losses hardly differ, and a batch with one hard row is no spike."""

Finding = Literal["fine", "skip", "spike", "go_back"]


class UnstableError(Exception):
    """Training left the rails. The stage goes back to its last good checkpoint at half the learning rate."""

    def __init__(self, reason: Literal["not_finite", "diverged"], step: int) -> None:
        super().__init__(f"{reason} at step {step}")
        self.reason: Literal["not_finite", "diverged"] = reason
        self.step = step


@dataclass
class Guard:
    """What was seen so far. Its state is saved with each checkpoint, so a resumed run judges alike."""

    skips_in_a_row: int = 0
    skipped: int = 0
    """Steps that were not numbers."""
    spikes: int = 0
    first: list[float] = field(default_factory=list)
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=WINDOW))
    last: deque[float] = field(default_factory=lambda: deque(maxlen=SPIKE_STEPS))
    first_shares: list[float] = field(default_factory=list)
    recent_shares: deque[float] = field(default_factory=lambda: deque(maxlen=WINDOW))
    last_shares: deque[float] = field(default_factory=lambda: deque(maxlen=SPIKE_STEPS))
    """The person's share of the learnt tokens of each of these steps; 1 where nothing is rehearsed by likeness."""
    guessing: float = math.inf
    """The loss of guessing among all tokens, in nats: no model that still works loses more for long."""

    def judge_step(
        self, losses: Sequence[float], *, gradients_finite: bool, share: float = 1.0
    ) -> Finding:
        """Judge one optimizer step before it is applied, by the losses of its micro-batches.

        `share` of its learnt tokens are the person's; the others rehearse.
        """
        if gradients_finite and all(math.isfinite(loss) for loss in losses):
            self.skips_in_a_row = 0
            return self._judge_number(sum(losses), share)
        self.skipped += 1
        self.skips_in_a_row += 1
        return "go_back" if self.skips_in_a_row >= SKIPS_IN_A_ROW else "skip"

    def diverged(self) -> bool:
        """Say whether the loss has risen well above where it began, or from there above that of guessing."""
        if len(self.first) < FIRST_LOSSES or len(self.recent) < WINDOW:
            return False
        now, expected = fmean(self.recent), fmean(self.recent_shares)
        began = self._began() * expected
        at_first = self._began(BEFORE_ANY_STEP) * expected
        return now > max(began * RISE, began + MIN_RISE_NATS) or now > max(
            self.guessing, at_first * RISE
        )

    def as_json(self) -> dict[str, Any]:
        """Give the state as plain JSON."""
        return {
            "skipped": self.skipped, "spikes": self.spikes, "first": self.first, "recent": list(self.recent),
            "last": list(self.last), "first_shares": self.first_shares, "recent_shares": list(self.recent_shares),
            "last_shares": list(self.last_shares),
        }  # fmt: skip

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Guard:
        """Rebuild from `as_json()`."""
        return cls(
            skipped=stored["skipped"], spikes=stored.get("spikes", 0), first=list(stored["first"]),
            recent=deque(stored["recent"], maxlen=WINDOW), last=deque(stored.get("last", ()), maxlen=SPIKE_STEPS),
            first_shares=list(stored.get("first_shares", [1.0] * len(stored["first"]))),
            recent_shares=deque(stored.get("recent_shares", [1.0] * len(stored["recent"])), maxlen=WINDOW),
            last_shares=deque(stored.get("last_shares", [1.0] * len(stored.get("last", ()))), maxlen=SPIKE_STEPS),
        )  # fmt: skip

    def _began(self, steps: int = FIRST_LOSSES) -> float:
        """The loss that a step of the person's tokens alone would have had in the first steps."""
        return sum(self.first[:steps]) / sum(self.first_shares[:steps])

    def _judge_number(self, loss: float, share: float) -> Finding:
        """Judge a loss by those before it, and remember it: several spikes in a row are the new height, not spikes.

        A spike is no step of the course that may have risen: it was not taken.
        """
        spike = False
        if not self.first and not share:
            return "fine"
        if len(self.last) >= SPIKE_LEAST_STEPS:
            began = self._began()
            above = [
                one - began * part for one, part in zip(self.last, self.last_shares, strict=True)
            ]
            height = max(SPIKE_SIGMAS * pstdev(above), MIN_RISE_NATS)
            spike = loss - began * share > fmean(above) + height
        self.spikes += spike
        self.last.append(loss)
        self.last_shares.append(share)
        if not spike:
            self._remember(loss, share)
        return "spike" if spike else "fine"

    def _remember(self, loss: float, share: float) -> None:
        if len(self.first) >= FIRST_LOSSES:
            self.recent.append(loss)
            self.recent_shares.append(share)
        elif share:  # a step that only rehearses tells nothing of where the person's rows begin
            self.first.append(loss)
            self.first_shares.append(share)


def own_loss(steps: Sequence[tuple[float, float]]) -> float | None:
    """The loss of the person's tokens over steps of (loss, their share); None where they only rehearsed."""
    shares = sum(share for _, share in steps)
    return sum(loss for loss, _ in steps) / shares if shares else None
