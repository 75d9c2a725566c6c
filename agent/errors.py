"""Errors in three parts, as a person reads them: what, where, what to do now. Used at the edges only."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from prompts import translate
from tools.errors import PlanError, TuningError
from training.text import Text


def as_json(error: TuningError, language: str) -> dict[str, Any]:
    """The error as the one JSON document a script gets."""
    return {
        "kind": "error",
        "schema": 1,
        "what": translate(error.what, language),
        "where": error.where,
        "what_to_do": translate(error.what_to_do, language),
        "exit_code": error.exit_code,
    }


def from_validation(error: ValidationError, where: str) -> PlanError:
    """Say in one sentence which value of a hand-edited file is wrong."""
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"]) or "the document"
    if first["type"] == "extra_forbidden":
        what = Text("There is no setting called {name!r}.", name=name)
    elif first["type"] == "missing":
        what = Text("The setting {name!r} is missing.", name=name)
    else:
        what = Text(
            "The setting {name!r} cannot be {value!r}: {reason}.",
            name=name,
            value=first["input"],
            reason=first["msg"],
        )
    return PlanError(
        what,
        where=where,
        what_to_do=Text(
            "Correct it in the file, or make a new plan with: tunesmith plan DATA --goal TEXT -o plan.json"
        ),
    )
