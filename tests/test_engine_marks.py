"""The engine keeps the marks with the run, tests the grader by them, and lets a blind vote into the report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent.commands import request
from agent.engine import PlanRequest
from agent.local.engine import LocalEngine
from agent.settings import Settings
from tests.answered_runs import put_answers
from tests.talking import handed_over
from tests.test_engine import Recorder
from tools.errors import PlanError
from tools.marking import marks, votes
from tools.marking.marks import Mark
from tools.plan import Plan
from training.rundir import RunDir, Status, now
from training.text import Text


@pytest.fixture
def engine(tmp_path: Path) -> LocalEngine:
    return LocalEngine(Settings(tmp_path / "home", "en", None, None), Recorder())  # type: ignore[arg-type]


def planned(engine: LocalEngine, tmp_path: Path, **options: object) -> tuple[PlanRequest, Plan]:
    data = handed_over.write("style_400", tmp_path)
    asked = request([data], "Write slogans in our house style", model="practice", **options)
    known = replace(asked, profile=engine.profile(asked))
    return known, engine.plan(known)


def marked(engine: LocalEngine, asked: PlanRequest) -> tuple[Mark, ...]:
    rows = engine.dataset(asked).test[:8]
    return tuple(
        Mark(row=row, answer=row.answer if number % 2 else "no idea", good=bool(number % 2))
        for number, row in enumerate(rows)
    )


def test_marks_lie_in_the_run_and_are_hashed_with_its_grader(
    engine: LocalEngine, tmp_path: Path
) -> None:
    asked, plan = planned(engine, tmp_path, techniques="rft", reward="similar")
    made = marked(engine, asked)
    assert plan.order is not None
    known = replace(asked, marks=made, marks_agreed=8)
    run = engine.launch(plan, request=known, order=plan.order, run="marked-run")
    folder = RunDir(engine.settings.runs / run)
    assert marks.load(folder.path / "rewards") == made
    assert "../rewards/marks.jsonl" in folder.config().hashes


def test_a_plan_whose_grader_left_the_marks_starts_nothing(
    engine: LocalEngine, tmp_path: Path
) -> None:
    asked, plan = planned(engine, tmp_path, techniques="rft", reward="similar")
    made = marked(engine, asked)
    assert plan.order is not None
    other = plan.model_copy(update={"reward": "json"})
    with pytest.raises(PlanError, match="agrees with 4 of your 8 marks"):
        engine.launch(
            other,
            request=replace(asked, marks=made, marks_agreed=8),
            order=plan.order,
            run="other-run",
        )
    assert not (engine.settings.runs / "other-run").exists()


def test_a_vote_changes_the_report_that_is_made_next(engine: LocalEngine, tmp_path: Path) -> None:
    asked, plan = planned(engine, tmp_path)
    assert plan.order is not None
    run = engine.launch(plan, request=asked, order=plan.order, run="voted-run")
    folder = RunDir(engine.settings.runs / run)
    rows = engine.dataset(asked).test
    put_answers(folder.path, rows, ["no idea"] * len(rows), [f"please {row.answer}" for row in rows])  # fmt: skip
    folder.write_status(Status(run=run, state="done", at=now(), text=Text("It ended.")))
    assert engine.report(run).verdict == "inconclusive"
    for pair in engine.vote_pairs(run):
        engine.vote(run, pair.item, "left" if "please" in pair.left else "right")
    made = engine.report(run)
    assert made.votes is not None
    assert (made.votes.tuned, made.verdict) == (votes.COUNT, "ship")
    assert '"votes"' in (folder.path / "results.json").read_text(encoding="utf-8")
