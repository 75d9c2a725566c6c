"""A value with its reason. No number reaches a person without one."""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

from training.document import Section
from training.text import Text

Origin = Literal["rule", "measured", "user", "default"]
Value = TypeVar("Value")


class Choice(Section, Generic[Value]):
    """What was decided, why, on whose authority.

    `source` is a citation such as `LR-02: tinker-cookbook hyperparam_utils.py`, or None; `default` as origin means
    our own uncalibrated number (tagged [P] in the rule base) and is shown as such.
    """

    value: Value
    because: Text
    source: str | None = None
    origin: Origin = "rule"


WHOLE, NUMBER, YES_NO, WORDS = Choice[int], Choice[float], Choice[bool], Choice[str]
"""The usual kinds of choice, made once: naming them anew each time takes a fifth of a whole decision."""
