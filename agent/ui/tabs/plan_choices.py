"""What else could be taken: up to three models with price, speed and quality, and rows of a stronger one. Pure: HTML out."""

from __future__ import annotations

from agent.ui.parts import said, table
from agent.ui.safe import show
from tools.judging.report import Say
from tools.plan import ModelOption, Plan
from training.text import Text


def models(made: Plan, say: Say) -> str:
    """The models on offer side by side, where there is a choice; where a figure was published, by whom."""
    if len(made.models) < 2:
        return ""
    heads = [
        said(say, head)
        for head in (
            Text("Model"), Text("Minutes"), Text("Dollars"), Text("Milliseconds an answer"), Text("Quality"),
        )
    ]  # fmt: skip
    rows = [
        (_name(one, say), f"{one.minutes:,.0f}", f"{one.cost_usd:,.2f}", _speed(one, say), said(say, one.quality))
        for one in made.models
    ]  # fmt: skip
    sources = sorted({one.source for one in made.models if one.source})
    notes = "".join(f'<p class="ts-note">{show(source, 400)}</p>' for source in sources)
    return table(heads, rows) + notes


def teacher(made: Plan, say: Say) -> str:
    """What a stronger model should write first, with the two commands that do it."""
    step = made.teacher
    if step is None:
        return ""
    commands = show(f"{step.command}\n{step.then}", 4000)
    return (
        f"<p>{said(say, step.because)} {said(say, step.rows.because)}</p>"
        f'<pre class="ts-code" tabindex="0">{commands}</pre>'
    )


def _name(one: ModelOption, say: Say) -> str:
    name = show(one.model, 200)
    return f"<b>→ {name}</b>" if one.chosen else name


def _speed(one: ModelOption, say: Say) -> str:
    if one.answer_ms is None:
        return ""
    measured = Text("measured here") if one.answer_measured else Text("estimated")
    return f"{one.answer_ms:,.0f} ({said(say, measured)})"
