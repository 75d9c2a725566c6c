"""What was done while a message was answered: which tool, how long, what came of it. Told live, and kept with the reply.

Only what a person would want to see is recorded; the conversation itself is not changed by it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from agent.engine import Engine
from agent.words import wording
from tools.plan import Plan
from tools.profile import Profile
from training.text import Text

Call = dict[str, Any]
"""`{"tool", "seconds", "detail"}`: seconds is None while it is under way; detail is a stored `Text` or None."""
Listener = Callable[[list[Call]], None]
SHOWN = frozenset(
    {
        "profile",
        "simple_baselines",
        "plan",
        "confirm",
        "launch",
        "report",
        "try_",
        "export",
        "resume",
    }
)
AT_LEAST_S = 0.05
"""A repeated look at what is cached is no call worth a card."""
CACHED = frozenset({"profile", "simple_baselines", "report"})


class Recorded:
    """Stands in front of an engine and notes its calls; the plan's many small decisions are one call."""

    def __init__(self, engine: Engine, listener: Listener | None = None) -> None:
        self._engine = engine
        self._listener = listener
        self.calls: list[Call] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._engine, name)
        if name not in SHOWN:
            return found

        def call(*given: Any, **named: Any) -> Any:
            return self._call(name, found, *given, **named)

        return call

    def _call(self, name: str, found: Any, *given: Any, **named: Any) -> Any:
        again = next((one for one in self.calls if one["tool"] == name), None)
        noted = again or {"tool": name, "seconds": None, "detail": None}
        before = noted["seconds"] or 0.0
        if again is None:
            self.calls.append(noted)
            if name != "plan":
                self._tell()
        begun = time.monotonic()
        try:
            result = found(*given, **named)
        except BaseException:
            self.calls.remove(noted)
            raise
        noted["seconds"] = round(before + time.monotonic() - begun, 3)
        noted["detail"] = _detail(name, result).store()
        self._tell()
        return result

    def worth_showing(self) -> list[Call]:
        """The finished calls, without looks at what was cached."""
        return [
            one
            for one in self.calls
            if one["seconds"] is not None
            and (one["tool"] not in CACHED or one["seconds"] >= AT_LEAST_S)
        ]

    def _tell(self) -> None:
        if self._listener is not None:
            self._listener([dict(one) for one in self.calls])


def title(tool: str, *, under_way: bool = False) -> Text:
    """A call as the head of a card."""
    now = {
        "profile": Text("Reading your data"), "simple_baselines": Text("Measuring what simple ways score"),
        "launch": Text("Starting a run"), "report": Text("Judging the run"), "try_": Text("Asking both models"),
        "export": Text("Writing the model to a folder"), "resume": Text("Going on with the run"),
        "confirm": Text("Trying out the memory of one step"),
    }  # fmt: skip
    done = {
        "profile": Text("Read your data"), "simple_baselines": Text("Measured what simple ways score"),
        "plan": Text("Decided the plan"), "launch": Text("Started a run"), "report": Text("Judged the run"),
        "try_": Text("Asked both models"), "export": Text("Wrote the model to a folder"), "resume": Text("Went on with the run"),
        "confirm": Text("Tried out the memory of one step"),
    }  # fmt: skip
    return (now if under_way else done).get(tool, Text.plain(tool))


def _detail(name: str, result: Any) -> Text:
    if isinstance(result, Profile):
        return Text(
            "{rows:,} {rows:row|rows} read, {tokens:,} tokens in all, {issues:,} {issues:remark|remarks}.",
            rows=result.rows, tokens=result.tokens.total, issues=len(result.issues),
        )  # fmt: skip
    if isinstance(result, Plan):
        if not result.decision.pipeline:
            return Text("Advice: do not train now.")
        return Text(
            "{pipeline}, about {time}, cost: {money}.",
            pipeline=wording.pipeline(result.decision.pipeline),
            time=wording.duration(result.estimate.minutes.value), money=wording.money(result.estimate.cost_usd.value),
        )  # fmt: skip
    if name == "launch":
        return Text("Run {run}, in a process of its own.", run=str(result))
    if name == "simple_baselines":
        scores = [f"{one.name} {one.value:.3g}" for one in result]
        return Text.plain(", ".join(scores)) if scores else Text("There is none for this task.")
    return Text("Done.")
