"""Small pieces of HTML that every tab is made of. Texts come in unescaped and are escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agent.ui.safe import show
from tools.errors import TuningError
from tools.judging.report import Say
from training.text import Text


def said(say: Say, text: Text | str) -> str:
    """A sentence in the page's language, as HTML."""
    return show(say(text) if isinstance(text, Text) else text, 2000)


def empty(say: Say, text: Text) -> str:
    """What a tab says before there is anything to show."""
    return f'<p class="ts-empty">{said(say, text)}</p>'


def section(title: str, body: str) -> str:
    """A block with a heading. `title` and `body` are HTML."""
    return f'<section class="ts-section"><h3>{title}</h3>{body}</section>' if body else ""


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """Large figures with what they are under them. Both are HTML."""
    cards = "".join(
        f'<div class="ts-fact"><b>{value}</b><span>{name}</span></div>' for value, name in rows
    )
    return f'<div class="ts-facts">{cards}</div>' if cards else ""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, kind: str = "") -> str:
    """A table; cells are HTML."""
    head = "".join(f'<th scope="col">{cell}</th>' if cell else "<td></td>" for cell in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f'<div class="ts-scroll"><table class="ts-table {kind}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def tag(text: str, kind: str = "") -> str:
    """A small mark, such as where an answer came from. `text` is HTML."""
    return f'<span class="ts-tag {kind}">{text}</span>'


def meter(
    label: str,
    value: float,
    figure: str,
    *,
    kind: str = "",
    span: tuple[float, float] | None = None,
) -> str:
    """A labelled bar, 0 to 1, with its 95 % interval as a thin line where there is one."""
    width = 100 * min(1.0, max(0.0, value))
    whisker = ""
    if span is not None:
        low, high = (100 * min(1.0, max(0.0, at)) for at in span)
        whisker = f'<i class="ts-whisker" style="left:{low:.1f}%;width:{high - low:.1f}%"></i>'
    return (
        f'<div class="ts-meter {kind}"><span class="ts-meter-name">{label}</span><b>{figure}</b>'
        f'<div class="ts-bar"><i class="ts-fill" style="width:{width:.1f}%"></i>{whisker}</div></div>'
    )


def more(summary: str, body: str, *, fold: str = "") -> str:
    """Something that opens on demand. Both are HTML. `fold`: a name under which a redraw leaves it as open as it was."""
    named = f' data-fold="{fold}"' if fold else ""
    return f"<details{named}><summary>{summary}</summary>{body}</details>"


def failure(error: TuningError, say: Say) -> str:
    """An error as a friendly card: what, where, what to do now."""
    return (
        f'<div class="ts-card bad" role="alert"><b>{said(say, error.what)}</b><p class="ts-note">{show(error.where)}</p>'
        f"<p>{said(say, error.what_to_do)}</p></div>"
    )
