"""Field by field, for work whose answers are JSON: which fields come out right, before and after. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from agent.ui.parts import said, table
from agent.ui.safe import show
from tools.judging.report import Say
from training.answers import field_f1, json_in
from training.measured import Sample
from training.text import Text

FIELDS_SHOWN = 20
SHARE_WITH_FIELDS = 0.5
"""Of the wanted answers: below this they are no forms."""


def drawn(samples: Sequence[Sample], say: Say) -> str:
    """A line for each field; nothing where the wanted answers are no JSON objects."""
    found = scores(samples)
    if not found:
        return ""
    heads = [
        said(say, one) for one in (Text("Field"), Text("items"), Text("before"), Text("after"))
    ]
    rows = [
        (
            f"<code>{show(name, 60)}</code>",
            f"{len(cells):,}",
            f"{_mean(cells, 0):.0%}",
            f"<b>{_mean(cells, 1):.0%}</b>",
        )
        for name, cells in list(found.items())[:FIELDS_SHOWN]
    ]
    more = ""
    if len(found) > FIELDS_SHOWN:
        note = Text("The {shown} fields that stand in most items, of {count}.", shown=FIELDS_SHOWN, count=len(found))  # fmt: skip
        more = f'<p class="ts-note">{said(say, note)}</p>'
    return table(heads, rows, kind="numbers") + more


def scores(samples: Sequence[Sample]) -> dict[str, list[tuple[float, float]]]:
    """Give field -> (before, after) of every item that has it, 0 to 1, the commonest field first."""
    found: dict[str, list[tuple[float, float]]] = {}
    forms = 0
    for one in samples:
        wanted = json_in(one.expected)
        if not isinstance(wanted, dict):
            continue
        forms += 1
        before, after = json_in(one.base), json_in(one.tuned)
        for name, value in wanted.items():
            cell = _right(value, before, name), _right(value, after, name)
            found.setdefault(str(name), []).append(cell)
    if not samples or forms < SHARE_WITH_FIELDS * len(samples):
        return {}
    return dict(sorted(found.items(), key=lambda entry: -len(entry[1])))


def _right(wanted: Any, answer: Any, name: str) -> float:
    if not isinstance(answer, dict) or name not in answer:
        return 0.0
    return field_f1(json.dumps(wanted), json.dumps(answer[name]))


def _mean(cells: Sequence[tuple[float, float]], side: int) -> float:
    return sum(cell[side] for cell in cells) / len(cells)
