"""Every run of the conversation. Pure: a view in, HTML out."""

from __future__ import annotations

from agent.ui.parts import empty, said, table
from agent.ui.safe import show
from agent.ui.tabs.training import state_words
from agent.ui.view import View
from tools import report as words
from tools.report import Say
from training.text import Text


def drawn(view: View, say: Say) -> str:
    """Every run of this conversation, the newest first."""
    if not view.runs:
        return empty(
            say,
            Text("No runs yet. Measurements and trainings of this conversation are listed here."),
        )
    kinds = {"train": Text("training"), "measure": Text("measurement")}
    rows = []
    for run in reversed(view.runs):
        outcome = (
            said(say, words.verdict_words(run.report))
            if run.report is not None
            else said(say, state_words(run.standing.reading))
        )
        rows.append(
            (
                f"<code>{show(run.id)}</code>",
                said(say, kinds.get(run.kind, Text.plain(run.kind))),
                outcome,
            )
        )
    heads = [said(say, name) for name in (Text("Run"), Text("What"), Text("How it stands"))]
    return table(heads, rows)
