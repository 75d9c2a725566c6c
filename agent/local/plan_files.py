"""Plans as files: read with everything that is wrong named, held against the data they were made from, and run once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agent import errors
from agent.local.planning import file_key
from agent.runs.directories import Runs
from tools.decide import check_plan
from tools.errors import DataError, PlanError, RunError
from tools.marking.grading import settled
from tools.plan import Plan
from training.formats import split_sheet
from training.rundir import FINISHED, RunDir
from training.text import Text


def read_plan(path: Path) -> Plan:
    """Read a plan file, edited by hand or not. Raises PlanError, naming the file and the value that is wrong."""
    again = Text("Make one with: tunesmith plan DATA --goal TEXT -o plan.json")
    try:
        raw = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise PlanError(
            Text("There is no such plan file."), where=str(path), what_to_do=again
        ) from error
    except json.JSONDecodeError as error:
        raise PlanError(
            Text("This is not a plan file: its JSON breaks off or is misspelt ({reason}).", reason=error.msg),
            where=f"{path} line {error.lineno:,}", what_to_do=again,
        ) from error  # fmt: skip
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or Text("it is not text")
        raise PlanError(
            Text("This is not a plan file: {reason}.", reason=reason),
            where=str(path),
            what_to_do=again,
        ) from error
    if not isinstance(raw, dict) or raw.get("kind") != "plan":
        raise PlanError(
            Text("This is not a plan file: {kind}.", kind=_kind(raw)),
            where=str(path),
            what_to_do=again,
        )
    try:
        plan = Plan.from_json(raw)
    except ValidationError as error:
        raise errors.from_validation(error, str(path)) from error
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        raise PlanError(
            Text("This is not a plan file: {reason}.", reason=str(error)),
            where=str(path),
            what_to_do=again,
        ) from error
    try:
        settled(plan.reward)
        return check_plan(plan)
    except PlanError as error:
        field = "" if error.where == "--set" else f", {error.where}"
        raise PlanError(error.what, where=f"{path}{field}", what_to_do=error.what_to_do) from error


def check_data(plan: Plan) -> None:
    """Raise DataError where the data changed after the plan was made."""
    for path, kept in plan.data_hashes.items():
        if not split_sheet(Path(path))[0].exists() or file_key(Path(path)) != kept:
            raise DataError(
                Text("The data changed after this plan was made."), where=path,
                what_to_do=Text("Make the plan again, so that it fits the data as they are now."),
            )  # fmt: skip


def refuse_second_run(runs: Runs, plan: Plan) -> None:
    """Raise RunError where this very plan was run before; a changed value makes it another plan."""
    before = next((run for run in runs.all() if _order(run) == _id(plan)), None)
    if before is None:
        return
    state = before.reading()
    if state == "done":
        what_to_do = Text(
            "Read its report with: tunesmith report {run}. To run it once more, add --again.",
            run=before.id,
        )
    elif state in FINISHED or not runs.is_attended(before):
        what_to_do = Text(
            "Go on with it: tunesmith runs resume {run}. To begin anew, add --again.", run=before.id
        )
    else:
        what_to_do = Text(
            "Follow it with: tunesmith runs logs {run}. To run it beside that, add --again.",
            run=before.id,
        )
    raise RunError(
        Text("This plan was run before: {run} is {state}.", run=before.id, state=state),
        where=str(before.path),
        what_to_do=what_to_do,
    )


def _id(plan: Plan) -> str | None:
    return plan.order.id if plan.order is not None else None


def _order(run: RunDir) -> str | None:
    """The id of the order that a run carries out; None where its plan has none or cannot be read."""
    try:
        stored = json.loads((run.path / "plan.json").read_text(encoding="utf-8"))
        found = stored["order"]["id"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, str) else None


def _kind(raw: Any) -> Text:
    if isinstance(raw, list) and raw and isinstance(raw[0], dict) and "role" in raw[0]:
        return Text("it is a list of chat messages")
    if isinstance(raw, dict) and isinstance(raw.get("kind"), str):
        return Text("it says that it is a {kind}", kind=raw["kind"])
    if isinstance(raw, list):
        return Text("it is a list")
    return Text("it does not say that it is a plan")
