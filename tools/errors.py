"""Errors a person can act on.

* TuningError               catch this to catch them all
  - DataError               the data cannot be used as it stands         exit 3
  - PlanError               the request contradicts itself, or what is here   exit 4
  - RunError                the run failed, was refused, or is not there  exit 5

Each says three things: what is wrong, where, and what to do now.
"""

from __future__ import annotations

from training.text import Text


class TuningError(Exception):
    """Something a person can put right."""

    exit_code = 5

    def __init__(self, what: Text, *, where: str, what_to_do: Text) -> None:
        super().__init__(f"{what} ({where}) {what_to_do}")
        self.what = what
        self.where = where
        self.what_to_do = what_to_do


class DataError(TuningError):
    """The data cannot be used as it stands."""

    exit_code = 3


class PlanError(TuningError):
    """The request contradicts itself, the data, or the machine."""

    exit_code = 4


class RunError(TuningError):
    """The run failed, was refused, or does not exist."""

    exit_code = 5
