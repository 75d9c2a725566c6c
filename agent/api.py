"""Tunesmith from Python: sessions for a conversation, `plan`, `run` and `auto` for scripts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent import commands, settings
from agent.local.engine import LocalEngine, silent
from tools.judging.results import Report
from tools.plan import Plan
from tools.profile import Profile

if TYPE_CHECKING:
    from agent.conversation.sessions import Session

Files = str | Path | Sequence[str | Path]


class TuningAgent:
    """One home with its sessions and runs. Usable from several threads.

    `brain` is `rules` (built in, no network) or `PROVIDER:MODEL`; `home` is where sessions and runs are kept
    (TUNESMITH_HOME or ~/.tunesmith). Raises PlanError for a back-end that is not there.
    """

    def __init__(
        self, brain: str = "rules", home: str | Path | None = None, backend: str = "local"
    ) -> None:
        self.settings = settings.read(home)
        self.brain = brain
        self.engine: LocalEngine = commands.engine(self.settings.home, backend)

    def session(self, id: str | None = None) -> Session:
        """Begin a conversation, or go on with the one of this id: sessions survive restarts."""
        from agent.conversation.sessions import (
            open_session,  # langgraph is loaded only where somebody talks
        )

        return open_session(self.settings, self.engine, brain=self.brain, id=id)

    def profile(self, data: Files, **options: Any) -> Profile:
        """Say what is in the data and what is wrong with it. Raises DataError."""
        return self.engine.profile(commands.request(_paths(data), "", **_options(options)))

    def plan(self, data: Files, goal: str, *, measure: bool = True, **options: Any) -> Plan:
        """Decide whether and how to train; measures only what needs no order. Raises DataError and PlanError.

        Options are those of `tunesmith plan`: model, eval_file, general_file, technique, reward, target, max_forgetting,
        budget_minutes, budget_usd, gpu, settings, seed, language.
        """
        asked = commands.request(_paths(data), goal, **_options(options))
        return (
            self.engine.plan_measured(asked)[1] if measure else self.engine.plan_unmeasured(asked)
        )

    def classifier(self, data: Files, to: str | Path, **options: Any) -> Path:
        """Train the word-counting classifier on texts and their groups, and write it into `to` with a script that asks it.

        Gives the script, which needs scikit-learn only. Raises DataError.
        """
        from tools import classifier  # scikit-learn takes a moment to load

        dataset = self.engine.dataset(commands.request(_paths(data), "", **_options(options)))
        return classifier.hand_over(dataset.train, Path(to))

    def run(self, plan: Plan | str | Path, *, yes: bool = False) -> Report:
        """Carry out a plan or a plan file and give its report. Raises RunError without `yes=True`."""
        made = plan if isinstance(plan, Plan) else self.engine.read_plan(Path(plan))
        commands.agree(made, yes=yes, language=None)
        return self.engine.wait(self.engine.start_plan(made))

    def auto(self, data: Files, goal: str, *, yes: bool = False, **options: Any) -> Report | Plan:
        """Do the whole job. Without `yes=True` it stops at the plan and returns that.

        Raises DataError, PlanError and RunError.
        """
        asked = commands.request(_paths(data), goal, **_options(options))
        known, plan = self.engine.plan_measured(asked)
        return commands.carry_out(self.engine, known, plan, silent) if yes else plan

    def distill(
        self,
        data: Files,
        goal: str,
        *,
        teacher: str,
        out: str | Path,
        yes: bool = False,
        **options: Any,
    ) -> dict[str, Any]:
        """Let a teacher answer questions and keep what passes as rows in `out`; returns the counts.

        Options: prompts, url, key_file, max_requests, max_tokens, answer_tokens, tries, reward, eval_file, seed, skip_broken.
        Raises DataError, PlanError, and RunError without `yes=True`.
        """
        from agent.teachers import distilled, distilling  # read only where somebody distils

        given = dict(options)
        asked_of = distilling.taken(given, teacher, settings.teacher_key())
        request = commands.request(_paths(data), goal, **_options(given))
        made = distilling.offer(request, asked_of, Path(out))
        commands.agree_to_distill(distilling.says(made), yes=yes, language=None)
        return distilled.carry_out(made, silent)

    def check_judge(
        self, settings: str | Path, marks: str | Path, *, yes: bool = False
    ) -> dict[str, Any]:
        """Let a judge by rubric grade answers that you marked, and say how it agrees with you (Spearman).

        A judge that was not checked, or does not agree, grades nothing. Raises DataError, PlanError, and RunError without
        `yes=True` where words leave this machine.
        """
        from agent.cli import judged  # read only where somebody checks a judge

        ready = judged.prepared(Path(settings), Path(marks))
        judged.agree(ready, yes=yes, language=None)
        found = judged.carry_out(ready, self.settings.home)
        return found.as_json() | {"fit": found.is_fit, "text": str(found.text)}

    def report(self, run: str) -> Report:
        """Judge a finished run. Raises RunError."""
        return self.engine.report(run)


def _paths(data: Files) -> list[Path]:
    return [Path(data)] if isinstance(data, str | Path) else [Path(one) for one in data]


def _options(options: dict[str, Any]) -> dict[str, Any]:
    renamed = dict(options)
    if "technique" in renamed:
        technique = renamed.pop("technique")
        renamed["techniques"] = (
            technique if isinstance(technique, str) or technique is None else ",".join(technique)
        )
    for name, new in (("eval", "eval_file"), ("general", "general_file")):
        if name in renamed:
            renamed[new] = renamed.pop(name)
    for name in ("eval_file", "general_file"):
        if isinstance(renamed.get(name), str):
            renamed[name] = Path(renamed[name])
    if isinstance(renamed.get("settings"), dict):
        renamed["settings"] = [f"{name}={value}" for name, value in renamed["settings"].items()]
    return renamed
