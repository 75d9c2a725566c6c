"""Tools that look at runs while they are under way, and one that takes a run away."""

from __future__ import annotations

from functools import partial
from typing import Any

from langchain_core.tools import BaseTool
from pydantic import Field

from agent.conversation import acts
from agent.toolbox.making import Arguments, Context, tool
from agent.toolbox.shown import page, quoted
from tools.errors import RunError, TuningError
from training.rundir import Event
from training.text import Text

RUN = "A run's name, or its beginning; last: the newest."


class List(Arguments):
    """How many runs."""

    first: int = Field(10, ge=1, le=50, description="How many to show, the newest first.")
    skip: int = Field(
        0, ge=0, le=100_000, description="Leave out so many before the first one shown."
    )


class OneRun(Arguments):
    """Which run."""

    run: str = Field("last", max_length=200, description=RUN)


class NamedRun(Arguments):
    """Which run, by its whole name."""

    run: str = Field(max_length=200, description="The run's whole name.")


class Events(Arguments):
    """Which events."""

    run: str = Field("last", max_length=200, description=RUN)
    around_step: int | None = Field(
        None,
        ge=0,
        description="Only events of this training step and of the nearest ones around it.",
    )
    stage: str | None = Field(None, max_length=40, description="Only this stage, such as 1-sft.")
    code: str | None = Field(
        None,
        max_length=40,
        description="Only events of this code, such as step, checkpoint, chosen, recovered.",
    )
    first: int = Field(20, ge=1, le=100, description="How many to show.")
    skip: int = Field(
        0, ge=0, le=10_000_000, description="Leave out so many before the first one shown."
    )


def tools(context: Context) -> list[BaseTool]:
    """The tools that look at runs."""
    make = partial(tool, effect="read", needs="nothing", language=context.language)

    def list_runs(first: int, skip: int) -> Any:
        """List the runs, the newest first, and how each one stands."""
        names = context.runs()
        return page(
            "runs", names, first=first, skip=skip, language=context.language,
            show=lambda name: _standing(context, name),
        )  # fmt: skip

    def run_status(run: str) -> Any:
        """Tell how a run stands: state, stage, step of how many, minutes left, and what went wrong where it failed."""
        return _standing(context, context.known_run(run), whole=True)

    def run_events(
        run: str,
        around_step: int | None,
        stage: str | None,
        code: str | None,
        first: int,
        skip: int,
    ) -> Any:
        """Tell what happened in a run, event by event, with the figures of each.

        Loss, learning rate, tokens, rewards, checkpoints, recoveries. Use it to explain a curve: around_step gives what
        stands beside a step.
        """
        name = context.known_run(run)
        events = [
            event
            for event in context.engine.events(name)
            if stage in (None, event.stage) and code in (None, event.code)
        ]
        if around_step is not None:
            events = _around(events, around_step, first)
        rows = [_event(event) for event in events]
        return {"run": name} | page(
            "events", rows, first=first, skip=skip, language=context.language
        )

    def remove_run(run: str) -> Any:
        """Delete a run that has ended, with its checkpoints and its report. This cannot be undone."""
        if context.remove is None:
            raise RunError(
                Text("Runs cannot be deleted from here."), where=run,
                what_to_do=Text("The person can delete it with: tunesmith runs delete {run}", run=run),
            )  # fmt: skip
        return context.remove(run)

    return [
        make(list_runs, List),
        make(run_status, OneRun),
        make(run_events, Events),
        tool(remove_run, NamedRun, effect="delete", needs="nothing", language=context.language),
    ]


def _standing(context: Context, run: str, *, whole: bool = False) -> dict[str, Any]:
    """Tell how a run stands; one with damaged files must not hide the others."""
    try:
        found = context.engine.standing(run)
    except (TuningError, ValueError, OSError) as error:  # pydantic's and JSON's are ValueErrors
        if whole:
            raise
        reason = str(error).splitlines()[0][:200]
        return {"run": run, "text": Text("Its files are damaged: {reason}.", reason=reason)}
    status = found.status
    told: dict[str, Any] = {
        "run": run,
        "state": found.reading,
        "text": acts.standing_in_words(found),
    }
    if not whole:
        return told
    more = {
        "stage": status.stage if status else None,
        "step": status.step if status else None,
        "steps": status.steps if status else None,
        "minutes_left": found.minutes_left,
        "error": quoted(status.error) if status else None,
        "last_event": found.last_event,
    }
    return told | {name: value for name, value in more.items() if value is not None}


def _around(events: list[Event], step: int, count: int) -> list[Event]:
    """The events nearest to a step, in their order."""
    near = sorted(
        (event for event in events if event.step is not None),
        key=lambda event: abs((event.step or 0) - step),
    )[:count]
    return sorted(near, key=lambda event: event.n)


def _event(event: Event) -> dict[str, Any]:
    told = {
        "n": event.n, "at": event.at, "stage": event.stage, "step": event.step, "code": event.code, "text": event.text,
        "figures": quoted(event.facts) or None,
    }  # fmt: skip
    return {name: value for name, value in told.items() if value is not None}
