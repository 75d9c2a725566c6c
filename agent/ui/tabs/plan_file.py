"""A plan file that comes back from a person: checked like any plan, then read as changes to the one that stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agent import errors
from agent.ui.tabs.plan_values import all_values, is_settable
from tools.edited import check
from tools.errors import PlanError
from tools.plan import Plan
from training.text import Text

MOST_BYTES = 5_000_000


def changes(path: Path, now: Plan) -> list[dict[str, Any]]:
    """Give what the file sets otherwise, as edits. Raises PlanError for a file that is no plan, or is for other data."""
    again = Text("Download the plan here, edit it, and hand it back.")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError("too large")
        given = check(Plan.load(path))
    except ValidationError as error:
        raise errors.from_validation(error, path.name) from error
    except (ValueError, OSError, AttributeError, TypeError) as error:
        raise PlanError(
            Text("This is not a plan file: {reason}.", reason=str(error)[:200]),
            where=path.name,
            what_to_do=again,
        ) from error
    if set(given.data_hashes.values()) != set(now.data_hashes.values()):
        raise PlanError(
            Text("This plan was made for other data."), where=path.name,
            what_to_do=Text("Hand the same data over here first, or run the file as it is: tunesmith run plan.json"),
        )  # fmt: skip
    found: list[dict[str, Any]] = []
    if given.decision.pipeline != now.decision.pipeline:
        found.append({"name": "technique", "value": ",".join(given.decision.pipeline) or "none"})
    stands = all_values(now)
    for name, choice in all_values(given).items():
        old = stands.get(name)
        if (old is None or old.value != choice.value) and is_settable(name):
            found.append({"name": name, "value": choice.value})
    return found
