"""A desk for tests of the tools for other agents: real data and decisions, runs that are finished by hand."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.approvals import Approvals
from agent.engine import PlanRequest
from agent.mcp.desk import Desk
from agent.mcp.roots import Roots
from agent.mcp.server import call
from tests.fake_engine import FakeEngine
from tests.talking import handed_over
from tools.plan import Plan
from training.text import Text

GOAL = "Sort support tickets by topic"


class PlanningEngine(FakeEngine):
    """The fake engine, with planning in one go."""

    def plan_measured(
        self, request: PlanRequest, *, tell: Callable[[Text], None]
    ) -> tuple[PlanRequest, Plan]:
        known = self._known(request)
        tell(Text("Reading."))
        known = replace(known, baselines=self.simple_baselines(known))
        return known, self.plan(known)

    def plan_unmeasured(self, request: PlanRequest) -> Plan:
        return self.plan(self._known(request))

    def _known(self, request: PlanRequest) -> PlanRequest:
        profile = self.profile(request)
        goal = str(request.brief["goal"].value) if "goal" in request.brief else ""
        brief = self.understand(goal, profile=profile, said=request.brief)
        return replace(request, profile=profile, brief=brief)


class Agent:
    """Another agent with its own process: its desk over a home, and the person's side of it."""

    def __init__(self, home: Path, data: Path, *, now: datetime | None = None) -> None:
        self.engine = PlanningEngine(home)
        self.data = data
        clock = (lambda: now) if now is not None else lambda: datetime.now(UTC)
        self.approvals = Approvals(home, clock=clock)
        self.desk = Desk(
            self.engine, home, Roots((data,), home), runs=lambda: _names(home), approvals=self.approvals,
            delete=lambda run: shutil.rmtree(home / "runs" / run),
        )  # fmt: skip

    def call(self, name: str, /, **arguments: Any) -> Any:
        """Call a tool and read its answer, an error too."""
        return json.loads(call(self.desk, name, arguments)[0])

    def file(self, kind: str = "support_600") -> str:
        return str(handed_over.write(kind, self.data))

    def plan(self, **more: Any) -> str:
        """Plan a job, and give the plan's handle."""
        made = self.call("plan", files=[self.file()], goal=GOAL, **more)
        assert made["pipeline"] == ["sft"], made
        return str(made["about"])

    def order(self, about: str) -> str:
        """Put a plan's order up, and give the order's id."""
        return str(self.call("order", about=about)["order"]["id"])

    def token(self, order: str) -> str:
        """What the person reads on their terminal."""
        return self.approvals.token(self.approvals.find(order))


def _names(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "runs").glob("*"))


def made(tmp_path: Path, *, now: datetime | None = None) -> Agent:
    """An agent over a home of its own, with a folder of data that it may read."""
    data = tmp_path / "data"
    data.mkdir(exist_ok=True)
    return Agent(tmp_path / "home", data, now=now)
