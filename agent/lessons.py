"""Carry out one of the built-in lessons: the ordinary job, with one thing wrong on purpose."""

from __future__ import annotations

from typing import Any

from agent.engine import PlanRequest
from agent.local.engine import LocalEngine, Tell
from tools.brief import BriefEntry
from tools.deciding.advice import RUNNABLE
from tools.errors import PlanError
from tools.judging.results import Report
from training.practice.lessons import LESSONS, Lesson
from training.text import Text


def listing() -> list[dict[str, Any]]:
    """Describe every lesson, and whether it can be run now."""
    return [
        {
            "name": one.name,
            "title": str(one.title),
            "story": str(one.story),
            "runnable": _runnable(one),
        }
        for one in LESSONS
    ]


def by_name(name: str) -> Lesson:
    """The lesson of this name. Raises PlanError."""
    for one in LESSONS:
        if one.name == name:
            return one
    raise PlanError(
        Text("There is no lesson called {name!r}.", name=name),
        where="--lesson",
        what_to_do=Text("The lessons are: {names}.", names=", ".join(one.name for one in LESSONS)),
    )


def carry_out_lesson(engine: LocalEngine, lesson: Lesson, tell: Tell) -> tuple[Report, Text]:
    """Run the lesson and give its report and the sentence that was learnt. Raises PlanError and RunError."""
    if not _runnable(lesson):
        raise PlanError(
            Text(
                "The lesson {name} needs {technique}, which cannot run yet.",
                name=lesson.name,
                technique=str(lesson.needs),
            ),
            where="--lesson",
            what_to_do=Text("Choose another one: tunesmith auto --lesson list"),
        )
    tell(lesson.story)
    folder = engine.settings.home / "lessons" / lesson.name
    folder.mkdir(parents=True, exist_ok=True)
    data = lesson.prepare(folder)
    request = PlanRequest(
        brief={"goal": BriefEntry(value=str(lesson.goal), origin="said")},
        files=data.files,
        eval_file=data.eval_file,
        overrides=lesson.overrides,
        insist=lesson.techniques,
        model=lesson.model,
        reward=data.reward,
    )
    # What to train is settled, so nothing is measured beforehand: the run asks the untouched model itself.
    plan = engine.plan_unmeasured(request)
    run = engine.start(plan, engine.dataset(request), run=engine.new_run(plan))
    report = engine.wait(run, tell)
    measured = engine.runs.measured(run)
    assert measured is not None, "a report without measurements"
    return report, lesson.learnt(measured)


def _runnable(lesson: Lesson) -> bool:
    return lesson.needs is None or lesson.needs in RUNNABLE
