"""Tools that look at what came of a run: scores, classes, abilities kept, single answers, the report's text."""

from __future__ import annotations

import json
from functools import partial
from typing import Any, Literal

from langchain_core.tools import BaseTool
from pydantic import Field

from agent.toolbox.making import Arguments, Context, tool
from agent.toolbox.running import RUN, OneRun
from agent.toolbox.shown import MOST_CHARS, QUOTED, cut, page, quoted
from tools.errors import RunError
from tools.judging.report import markdown
from tools.judging.results import Report
from training.answers import field_f1, json_in
from training.probes.names import ability
from training.text import Text

By = Literal["score", "class", "field", "ability", "candidate", "stage"]
Which = Literal["worse", "better", "wrong", "all"]


class Scores(Arguments):
    """Which side of the result."""

    run: str = Field("last", max_length=200, description=RUN)
    by: By = Field(
        "score",
        description="score: task, baselines, verdict, cost; class: each label before and after, and the commonest mistakes; "
        "field: of JSON answers, each field before and after; ability: general abilities kept, by family of probes; candidate: the points that could be chosen; stage: what each did.",
    )
    first: int = Field(
        30, ge=1, le=100, description="How many classes, abilities or candidates to show."
    )
    skip: int = Field(
        0, ge=0, le=100_000, description="Leave out so many before the first one shown."
    )


class Examples(Arguments):
    """Which examples."""

    run: str = Field("last", max_length=200, description=RUN)
    which: Which = Field(
        "all",
        description="worse: the tuned model does worse than before; better; wrong: still wrong; all.",
    )
    label: str | None = Field(
        None, max_length=300, description="Only items whose right answer is exactly this."
    )
    first: int = Field(5, ge=1, le=20, description="How many to show.")
    skip: int = Field(
        0, ge=0, le=10_000_000, description="Leave out so many before the first one shown."
    )


def tools(context: Context) -> list[BaseTool]:
    """The tools that look at results."""
    make = partial(tool, effect="read", needs="nothing", language=context.language)

    def results(run: str, by: By, first: int, skip: int) -> Any:
        """Give what a finished run gained and lost, as figures with intervals.

        By task score, by class (which class got worse?), by field of JSON answers, by general ability (what was forgotten?), by candidate
        checkpoint, or by stage. Classes and abilities that fell most come first.
        """
        name = context.known_run(run)
        if by == "field":
            rows = _fields(context, name)
            return {"run": name} | page(by, rows, first=first, skip=skip)
        made = context.engine.report(name)
        if by == "score":
            return _scores(made)
        rows = {
            "class": _classes,
            "ability": _abilities,
            "candidate": _candidates,
            "stage": _stages,
        }[by](made)
        shown = {"run": made.run} | page(
            by, rows, first=first, skip=skip, language=context.language
        )
        if by == "class":
            shown["mistakes"] = [
                {"expected": cut(expected), "answered": cut(answered), "times": times}
                for expected, answered, times in made.confusion[:10]
            ]
        return shown

    def examples(run: str, which: Which, label: str | None, first: int, skip: int) -> Any:
        """Show test items with the answers of the untouched and the tuned model.

        Those that got worse, those that got better, those still wrong, or those whose right answer is one class.
        """
        name = context.known_run(run)
        rows, where = _compared(context, name)
        chosen = [one for one in rows if label in (None, one["expected"]) and _is(one, which)]
        if which != "all" and rows and rows[0]["tuned_score"] is None:
            raise RunError(
                Text("This run's answers have no score of their own, so none can be called better or worse."), where=name,
                what_to_do=Text("Ask for all of them and compare the texts."),
            )  # fmt: skip
        shown = page("examples", chosen, first=first, skip=skip, show=quoted)
        return {"run": name, where: len(rows)} | shown | {"quoted": QUOTED}

    def report_text(run: str) -> Any:
        """Give the whole report of a finished run as Markdown: verdict, gain, loss, cost, examples, next steps."""
        made = context.engine.report(context.known_run(run))
        return {
            "run": made.run,
            "verdict": made.verdict,
            "report": cut(markdown(made, context.language), MOST_CHARS),
        }

    return [make(results, Scores), make(examples, Examples), make(report_text, OneRun)]


def _scores(made: Report) -> dict[str, Any]:
    kept = made.retention
    return {
        "run": made.run, "verdict": made.verdict, "because": made.because, "baseline": made.baseline, "baselines": made.baselines,
        "tuned": made.tuned, "difference": made.difference,
        "retention": {"value": kept.value, "low": kept.low, "high": kept.high} if kept else None,
        "robustness": made.robustness, "checkpoint": made.checkpoint, "predicted": made.predicted, "spent": made.spent,
        "diagnosis": made.diagnosis, "next": [{"text": one.text, "command": one.command, "settings": one.settings} for one in made.next],
        "notes": made.notes,
    }  # fmt: skip


def _classes(made: Report) -> list[dict[str, Any]]:
    rows = [
        {"class": cut(label)} | {name: round(value, 4) for name, value in found.items()}
        for label, found in made.per_label.items()
    ]
    return sorted(rows, key=lambda row: row.get("tuned", 0) - row.get("base", 0))


def _fields(context: Context, run: str) -> list[dict[str, Any]]:
    """Each field's mean F1 before and after, what fell most first."""
    sums: dict[str, tuple[int, float, float]] = {}
    for one in _compared(context, run)[0]:
        wanted = json_in(one["expected"])
        for name, value in wanted.items() if isinstance(wanted, dict) else ():
            before, after = (_field(one[side], name, value) for side in ("untouched", "tuned"))
            items, base, tuned = sums.get(name, (0, 0.0, 0.0))
            sums[name] = (items + 1, base + before, tuned + after)
    rows = [
        {"field": cut(name), "items": items, "untouched": round(base / items, 4), "tuned": round(tuned / items, 4)}
        for name, (items, base, tuned) in sums.items()
    ]  # fmt: skip
    return sorted(rows, key=lambda row: row["tuned"] - row["untouched"])


def _field(answer: str | None, name: str, value: Any) -> float:
    got = json_in(answer or "")
    found = {name: got[name]} if isinstance(got, dict) and name in got else None
    return field_f1(json.dumps({name: value}), json.dumps(found)) if found is not None else 0.0


def _abilities(made: Report) -> list[dict[str, Any]]:
    probes = made.retention.probes if made.retention else {}
    rows = [
        {"ability": ability(name), "family": name, "base": found.base, "tuned": found.tuned, "items": found.items}
        for name, found in probes.items()
    ]  # fmt: skip
    return sorted(rows, key=lambda row: row["tuned"] - row["base"])


def _candidates(made: Report) -> list[dict[str, Any]]:
    return [
        {
            "stage": one.stage, "step": one.step, "interpolation": one.interpolation, "task": one.task.value, "retention": one.retention,
            "on_front": one.on_front, "chosen": one.chosen,
        }
        for one in made.candidates
    ]  # fmt: skip


def _stages(made: Report) -> list[dict[str, Any]]:
    return [
        one.model_dump(mode="json") | {"ended_because": one.ended_because} for one in made.stages
    ]


def _compared(context: Context, run: str) -> tuple[list[dict[str, Any]], str]:
    """Every test item with both answers and their scores; the few that the report keeps where the run has kept no more.

    Also what these are.
    """
    try:
        every = [
            {
                "row": one.row.id, "asked": one.prompt, "expected": one.row.answer, "untouched": one.base, "tuned": one.tuned,
                "untouched_score": one.base_score, "tuned_score": one.tuned_score,
            }
            for one in context.engine.answers(run, scores=True)
        ]  # fmt: skip
    except RunError:
        few = [
            {
                "row": one.id, "asked": one.prompt, "expected": one.expected, "untouched": one.base, "tuned": one.tuned,
                "untouched_score": one.base_score, "tuned_score": one.tuned_score,
            }
            for one in context.engine.report(run).samples
        ]  # fmt: skip
        return few, "items_kept_in_the_report"
    return every, "test_items"


def _is(example: dict[str, Any], which: Which) -> bool:
    before, after = example["untouched_score"], example["tuned_score"]
    if which == "all" or before is None or after is None:
        return which == "all"
    return bool({"worse": after < before, "better": after > before, "wrong": after <= 0}[which])
