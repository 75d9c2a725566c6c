"""Which groups the tuned model knows and which it takes for each other. Pure.

A table of every cell is readable up to a dozen groups; beyond that the pairs taken for each other say more. An answer
that names no group is counted as such.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from agent.ui.parts import meter, more, said, table
from agent.ui.safe import show
from tools.judging.report import Say
from tools.judging.results import Report
from training.metrics import WRONG
from training.text import Text

Read = tuple[str, str]
"""(expected, named): the label of one item, and the one that the answer names; `WRONG` where it names none."""
MOST_LABELS = 12
"""Cells stay wide enough to be read."""
PAIRS_SHOWN = 10
WEAKEST_SHOWN = 6
NAME_LETTERS = 28


@dataclass(frozen=True)
class Mistakes:
    """Wrong answers: (expected, answered) -> count; what names no group stands under None."""

    pairs: Counter[tuple[str, str | None]]
    complete: bool
    """Every mistake is in it, not only the commonest."""


def mistakes(made: Report, read: Sequence[Read]) -> Mistakes:
    """Count the mistakes of every test item; the report's commonest ones where there is nothing else."""
    known = set(made.per_label)
    pairs: Counter[tuple[str, str | None]] = Counter()
    if read:
        for expected, named in read:
            if expected != named:
                pairs[expected, None if named == WRONG else named] += 1
        return Mistakes(pairs, True)
    for expected, got, count in made.confusion:
        pairs[expected, got if got in known else None] += count
    return Mistakes(pairs, False)


def drawn(made: Report, found: Mistakes, say: Say) -> str:
    """Pairs most often taken for each other, the weakest groups, and every cell on demand."""
    if not made.per_label:
        return ""
    return _pairs(found, say) + _weakest(made, say) + _cells(made, found, say)


def _pairs(found: Mistakes, say: Say) -> str:
    if not found.pairs:
        return f'<p class="ts-note">{said(say, Text("It took no group for another on the test items."))}</p>'
    none = f"<em>{said(say, Text('no group at all'))}</em>"
    rows = [
        (
            f"<code>{show(expected, 60)}</code>",
            f"<code>{show(got, 60)}</code>" if got is not None else none,
            f"{count:,}",
        )
        for (expected, got), count in sorted(
            found.pairs.items(), key=lambda one: (-one[1], one[0][0], one[0][1] or "")
        )[:PAIRS_SHOWN]
    ]
    heads = [
        said(say, one) for one in (Text("It should have said"), Text("It said"), Text("times"))
    ]
    return table(heads, rows, kind="lastnumber")


def _weakest(made: Report, say: Say) -> str:
    ordered = sorted(made.per_label.items(), key=lambda one: (one[1]["tuned"], one[0]))
    shown = ordered[:WEAKEST_SHOWN]
    title = Text("The groups it knows least")
    if len(ordered) <= MOST_LABELS:
        shown, title = ordered, Text("Group by group")
    bars = "".join(
        meter(
            show(label, 60),
            cell["tuned"],
            said(
                say,
                Text(
                    "{tuned:.0%}, before {base:.0%} ({items:,} {items:item|items})",
                    tuned=cell["tuned"], base=cell["base"], items=int(cell["items"]),
                ),
            ),
            kind="strong" if cell["tuned"] >= cell["base"] else "less",
        )
        for label, cell in shown
    )  # fmt: skip
    return more(said(say, title), bars, fold="labels")


def _cells(made: Report, found: Mistakes, say: Say) -> str:
    labels = sorted(made.per_label)
    beyond = sorted({got for _, got in found.pairs if got is not None} - set(labels))
    if len(labels) + len(beyond) > MOST_LABELS or not found.complete:
        return ""
    columns: list[str | None] = [*labels, *beyond]
    if any(got is None for _, got in found.pairs):
        columns.append(None)
    most = max(int(cell["items"]) for cell in made.per_label.values())
    none = said(say, Text("no group"))
    head = "".join(
        f'<th scope="col"><span>{show(one, NAME_LETTERS) if one is not None else none}</span></th>'
        for one in columns
    )
    body = ""
    for label in labels:
        right = round(made.per_label[label]["items"] * made.per_label[label]["tuned"])
        cells = ""
        for column in columns:
            count = right if column == label else found.pairs[label, column]
            kind = "hit" if column == label else "miss"
            strength = min(1.0, count / most) if count else 0.0
            shown = f"{count}" if count else '<span class="ts-unseen">0</span>'
            cells += f'<td class="{kind}{" full" if count else ""}" style="--s:{strength:.2f}">{shown}</td>'
        body += f'<tr><th scope="row">{show(label, NAME_LETTERS)}</th>{cells}</tr>'
    note = Text("Each line is a group as it should be; each column is what the tuned model said.")
    return more(
        said(say, Text("Every group against every group")),
        f'<p class="ts-note">{said(say, note)}</p><div class="ts-scroll" tabindex="0"><table class="ts-cells">'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table></div>",
        fold="cells",
    )
