"""Which questions are attempted next: those that can still teach, the others now and then.

TRL asks in an order fixed beforehand and attempts a question that it always gets right as often as any other. Here a
question whose attempts were all alike is set aside and comes back later, since what can be learnt from moves as the
model learns (RF-04, RF-08). Everything is remembered as plain JSON, so a resumed stage asks the same.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any

ALIKE_IN_A_ROW = 2
"""Visits with all attempts alike after which a question is set aside. Our default; eight attempts at a question of
pass rate 0.1 are all wrong 43 times in 100, so one visit says little."""
AWAY_STEPS = 25
"""Steps a question stays away, twice as long each time it was in vain. Our default."""
FEW_USABLE, ENOUGH_USABLE = 0.3, 0.4
"""Share of usable groups under which one visit is enough to set a question aside, and from where on two are needed
again. Our default; the practice model still gains at .36 (trials on tiny models)."""


@dataclass
class Questions:
    """The state of every question of a stage, by its place."""

    asked: list[int] = field(default_factory=list)
    """Visits."""
    alike: list[int] = field(default_factory=list)
    """Visits in a row whose attempts were all worth the same."""
    back_at: list[int] = field(default_factory=list)
    """The step from which on it may be asked."""
    in_vain: list[int] = field(default_factory=list)
    """How often in a row it was set aside."""
    strict: bool = False
    """Whether one visit in vain is enough."""

    @classmethod
    def fresh(cls, usable: Sequence[bool | None]) -> Questions:
        """Begin with what is known of each: usable, not usable (set aside at once), or not tried yet (None)."""
        away = [known is False for known in usable]
        return cls(
            asked=[0] * len(usable), alike=[int(one) for one in away],
            back_at=[AWAY_STEPS * one for one in away], in_vain=[int(one) for one in away],
        )  # fmt: skip

    def choose(self, count: int, *, step: int, seed: int) -> list[int]:
        """Give the places to ask in a step: the least asked first, by lot among equals.

        Where too few are here, those come back that are due first; where there are too few in all, some come twice.
        """
        lots = random.Random(f"{seed} {step}").sample(range(len(self.asked)), len(self.asked))
        waits = [max(0, due - step) for due in self.back_at]
        order = sorted(lots, key=lambda place: (waits[place], self.asked[place]))
        return list(islice(cycle(order), count))

    def learn(self, places: Sequence[int], usable: Sequence[bool], *, step: int) -> None:
        """Remember how the groups of a step turned out."""
        for place, differed in zip(places, usable, strict=True):
            self.asked[place] += 1
            if differed:
                self.alike[place] = self.in_vain[place] = 0
                continue
            self.alike[place] += 1
            if self.alike[place] >= (1 if self.strict else ALIKE_IN_A_ROW):
                self.back_at[place] = step + AWAY_STEPS * 2 ** self.in_vain[place]
                self.in_vain[place] += 1

    def judge(self, share: float) -> bool:
        """Ask more strictly while few groups are usable; say whether that begins now."""
        begins = share < FEW_USABLE and not self.strict
        self.strict = share < (ENOUGH_USABLE if self.strict else FEW_USABLE)
        return begins

    def aside(self, step: int) -> int:
        """Count the questions that are set aside."""
        return sum(due > step for due in self.back_at)

    def as_json(self) -> dict[str, Any]:
        """Give the state as plain JSON."""
        return dict(vars(self))

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Questions:
        """Rebuild from `as_json()`."""
        return cls(**stored)
