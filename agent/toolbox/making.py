"""What the tools look at, and how a function becomes a tool: strict arguments in, one JSON document out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import BaseModel, ConfigDict, ValidationError

from agent import errors
from agent.conversation.state import Conversation
from agent.conversation.workbench import Workbench, request_of
from agent.engine import Engine, PlanRequest
from agent.toolbox.shown import text_of
from tools.errors import PlanError, RunError, TuningError
from tools.plan import Plan
from training.text import Text

Effect = Literal["read", "spend", "delete"]
Needs = Literal["data", "plan", "nothing"]
"""What a tool must be told about: the data alone, a plan, or neither."""


class Arguments(BaseModel):
    """Arguments of a tool: no unknown names, no silent conversions."""

    model_config = ConfigDict(extra="forbid", strict=True)


class NoArguments(Arguments):
    """A tool without arguments."""


@dataclass(frozen=True)
class Context:
    """What the tools look at. Whatever is None is not there yet, and the tools that need it say so."""

    engine: Engine
    request: PlanRequest | None = None
    """The data and everything said about it; its profile must be there."""
    plan: Plan | None = None
    runs: Callable[[], Sequence[str]] = tuple
    """Names of the runs that may be looked at, the newest first."""
    language: str = "en"
    put_up: Callable[[Plan], Any] | None = None
    """Puts a plan's order up for the person to approve, and gives what to answer."""
    remove: Callable[[str], Any] | None = None
    """Deletes a run or asks the person to agree to that, and gives what to answer."""

    @classmethod
    def of(cls, state: Conversation, bench: Workbench) -> Context:
        """What a conversation knows now."""
        request = request_of(state, bench) if state.get("profile") else None
        runs = tuple(str(run["id"]) for run in reversed(state["runs"]))
        return cls(
            bench.engine, request, bench.plan(state), runs=lambda: runs, language=state["language"]
        )

    def known_request(self) -> PlanRequest:
        """The request. Raises PlanError where no data was handed over."""
        if self.request is None:
            raise PlanError(
                Text("There is no data yet."), where="data",
                what_to_do=Text("Hand over a file with examples first."),
            )  # fmt: skip
        return self.request

    def known_plan(self) -> Plan:
        """The plan. Raises PlanError where none was made."""
        if self.plan is None:
            raise PlanError(
                Text("There is no plan yet."), where="plan",
                what_to_do=Text("Say what you want and hand over examples, so that a plan can be made."),
            )  # fmt: skip
        return self.plan

    def known_run(self, name: str) -> str:
        """The run of this name or beginning; the newest for `last`. Raises RunError where it may not be looked at."""
        runs = self.runs()
        if name == "last" and runs:
            return runs[0]
        found = [run for run in runs if run == name] or [
            run for run in runs if name and run.startswith(name)
        ]
        if len(found) == 1:
            return found[0]
        what = Text("There is no run called {name!r}.", name=name)
        if found:
            what = Text("Several runs begin with {name!r}.", name=name)
        raise RunError(what, where="run", what_to_do=Text("Take a name that list_runs gives."))


def tool(
    work: Callable[..., Any],
    arguments: type[Arguments],
    *,
    effect: Effect,
    needs: Needs,
    language: str,
) -> BaseTool:
    """Make a tool of a function whose docstring says to a model what it gives and when to use it.

    The function returns JSON, models and sentences; the tool gives them as text in `language`.
    """

    def run(**given: Any) -> str:
        try:
            return text_of(work(**given), language)
        except TuningError as error:
            raise ToolException(text_of(errors.as_json(error, language), language)) from error

    def refuse(error: ValidationError | Any) -> str:
        return text_of(errors.as_json(_wrong_argument(error), language), language)

    return StructuredTool.from_function(
        run,
        name=work.__name__,
        description=" ".join((work.__doc__ or "").split()),
        args_schema=arguments,
        metadata={"effect": effect, "needs": needs},
        handle_tool_error=True,
        handle_validation_error=refuse,
    )


def _wrong_argument(error: ValidationError) -> PlanError:
    first = error.errors(include_url=False, include_context=False)[0]
    name = ".".join(str(part) for part in first["loc"])[:80] or "arguments"
    return PlanError(
        Text("The argument {name} cannot be used: {reason}.", name=name, reason=first["msg"]),
        where=name,
        what_to_do=Text("Correct it and call the tool again; its description says what it takes."),
    )
