"""Tools that look at the person's data: what is in it, single rows, rows that say nearly the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Literal

from langchain_core.tools import BaseTool
from pydantic import Field

from agent.toolbox.making import Arguments, Context, tool
from agent.toolbox.shown import QUOTED, cut, page, quoted
from tools.data.duplicates import near, normal
from tools.dataset import Dataset
from tools.profile import Issue, IssueCode, Profile
from training.rows import Row
from training.text import Text

Part = Literal["train", "dev", "test"]
PARTS: tuple[Part, ...] = ("train", "dev", "test")
LABELS_SHOWN = 60


class Facts(Arguments):
    """Which facts."""

    about: Literal["summary", "issues", "labels"] = Field(
        "summary",
        description="summary: size, columns, task, lengths; issues: what is wrong; labels: rows of each class.",
    )


class Find(Arguments):
    """Which rows."""

    order: Literal["file", "longest", "shortest"] = Field(
        "file", description="Order of the rows; length is counted in characters of the whole row."
    )
    part: Part | None = Field(None, description="Only training, choosing (dev) or test rows.")
    label: str | None = Field(
        None, max_length=300, description="Only rows whose answer is exactly this."
    )
    containing: str | None = Field(
        None, max_length=300, description="Only rows that contain this text, whatever the case."
    )
    issue: IssueCode | None = Field(
        None,
        description="Only the examples kept of this finding (at most five); the other filters do not apply.",
    )
    first: int = Field(5, ge=1, le=20, description="How many to show.")
    skip: int = Field(
        0, ge=0, le=10_000_000, description="Leave out so many before the first one shown."
    )


class Similar(Arguments):
    """How many pairs."""

    first: int = Field(
        5, ge=1, le=20, description="How many pairs to show, the most similar first."
    )


@dataclass(frozen=True)
class Placed:
    """A row with the part it fell into."""

    part: Part
    row: Row


def tools(context: Context) -> list[BaseTool]:
    """The data's tools."""
    make = partial(tool, effect="read", needs="data", language=context.language)

    def data_facts(about: str) -> Any:
        """Tell what is in the person's data and what is wrong with it.

        Rows, columns and their roles, the task found, lengths in tokens; the findings and what is done about each; or
        how many rows each class has. Every count about the data comes from here.
        """
        profile = _profile(context)
        if about == "issues":
            return {"issues": [_issue(one) for one in profile.issues], "quoted": QUOTED}
        return _labels(profile) if about == "labels" else _summary(profile)

    def find_rows(
        order: str, part: Part | None, label: str | None, containing: str | None, issue: str | None, first: int, skip: int
    ) -> Any:  # fmt: skip
        """Show rows of the person's data, as quotations.

        The longest or shortest, those of one class, those that contain a text, or examples of one finding. Rows are
        shown as they are learnt from, after cleaning.
        """
        if issue is not None:
            return _examples(_profile(context), issue, first, context.language)
        rows = _chosen(_dataset(context), part=part, label=label, containing=containing)
        if order != "file":
            rows.sort(key=lambda placed: _length(placed.row), reverse=order == "longest")
        shown = page("rows", rows, first=first, skip=skip, show=_row)
        return shown | {"quoted": QUOTED}

    def similar_rows(first: int) -> Any:
        """Show pairs of rows whose texts are nearly the same, with their answers.

        Doubles with a word changed, or the same question with two different answers. Exact copies are dropped before
        and counted in data_facts.
        """
        return _pairs(_dataset(context), _profile(context), first)

    return [make(data_facts, Facts), make(find_rows, Find), make(similar_rows, Similar)]


def _profile(context: Context) -> Profile:
    request = context.known_request()
    return request.profile or context.engine.profile(request)


def _dataset(context: Context) -> Dataset:
    return context.engine.dataset(context.known_request())


def _summary(profile: Profile) -> dict[str, Any]:
    return {
        "rows": profile.rows, "usable": profile.usable, "parts": profile.splits, "format": profile.format, "encoding": profile.encoding,
        "language": profile.language, "columns": quoted(profile.columns), "columns_because": profile.columns_because,
        "task": profile.task, "tokens_of_a_row": profile.tokens, "classes": len(profile.labels), "notes": profile.notes,
        "distinct_answer_share": profile.distinct_answer_share, "answers_can_be_checked_by_a_program": profile.checkable,
        "findings": [{"code": one.code, "severity": one.severity, "rows": one.count} for one in profile.issues],
    }  # fmt: skip


def _issue(found: Issue) -> dict[str, Any]:
    return {
        "code": found.code, "severity": found.severity, "rows": found.count, "share": found.share, "what": found.text,
        "what_is_done": found.fix, "rule": found.source, "examples": quoted(found.examples),
    }  # fmt: skip


def _labels(profile: Profile) -> dict[str, Any]:
    largest = sorted(profile.labels.items(), key=lambda entry: -entry[1])
    if len(largest) <= LABELS_SHOWN:
        return {
            "classes": len(largest),
            "rows_of_each": {cut(name): rows for name, rows in largest},
        }
    half = LABELS_SHOWN // 2
    return {
        "classes": len(largest),
        "shown": Text("{shown:,} of {all:,} shown", shown=LABELS_SHOWN, all=len(largest)),
        "largest": {cut(name): rows for name, rows in largest[:half]},
        "smallest": {cut(name): rows for name, rows in largest[-half:]},
    }


def _examples(profile: Profile, code: str, first: int, language: str) -> dict[str, Any]:
    found = [issue for issue in profile.issues if issue.code == code]
    examples = [one for issue in found for one in issue.examples]
    return {
        "rows_with_it": sum(issue.count for issue in found),
        "what": [issue.text for issue in found],
        **page("examples", quoted(examples), first=first, language=language),
        "quoted": QUOTED,
    }


def _chosen(
    dataset: Dataset, *, part: Part | None, label: str | None, containing: str | None
) -> list[Placed]:
    wanted = containing.casefold() if containing else None
    return [
        placed
        for placed in _placed(dataset, part)
        if (label is None or placed.row.answer.strip() == label.strip())
        and (wanted is None or wanted in _whole(placed.row).casefold())
    ]


def _placed(dataset: Dataset, part: Part | None = None) -> Iterator[Placed]:
    for name in PARTS if part is None else (part,):
        yield from (Placed(name, row) for row in getattr(dataset, name))


def _whole(row: Row) -> str:
    said = [message.content for message in row.messages]
    return "\n".join([*said, row.text or "", row.chosen or "", row.rejected or ""])


def _length(row: Row) -> int:
    return len(_whole(row))


def _row(placed: Placed) -> dict[str, Any]:
    row = placed.row
    shown: Mapping[str, Any] = {
        "row": row.id, "part": placed.part, "characters": _length(row),
        "messages": [{"role": said.role, "content": cut(said.content)} for said in row.messages] or None,
        "text": row.text, "chosen": row.chosen, "rejected": row.rejected,
        "other_columns": dict(islice(row.facts.items(), 8)) or None,
    }  # fmt: skip
    return {name: quoted(value) for name, value in shown.items() if value is not None}


def _pairs(dataset: Dataset, profile: Profile, first: int) -> dict[str, Any]:
    rows = {normal(_asked(placed.row)): placed for placed in _placed(dataset)}
    texts = list(rows)
    found = near(texts, han=profile.language == "zh")
    order = (-found.similarity).argsort(kind="stable")

    def pair(at: int) -> dict[str, Any]:
        sides = (rows[texts[int(side[at])]] for side in (found.left, found.right))
        return {
            "similarity": round(float(found.similarity[at]), 3),
            "rows": [_row(placed) for placed in sides],
        }

    return page("pairs", order.tolist(), first=first, show=pair) | {"quoted": QUOTED}


def _asked(row: Row) -> str:
    return "\n".join(said.content for said in row.prompt) if row.messages else row.text or ""
