"""Both models asked the same. Pure: a view in, HTML out."""

from __future__ import annotations

from agent.ui.parts import empty, said
from agent.ui.safe import show
from agent.ui.view import View
from tools.report import Say
from training.text import Text


def hint(view: View, say: Say) -> str:
    """What the tab says before anything was asked."""
    run = view.training
    if run is None or run.report is None or run.report.tuned is None:
        return empty(
            say,
            Text(
                "Here you ask the untouched and the tuned model the same thing, once there is a tuned one."
            ),
        )
    return empty(
        say, Text("Both answers appear here, side by side. Loading the models takes some seconds.")
    )


def tried(prompt: str, base: str, tuned: str, say: Say) -> str:
    """Both models' answers side by side."""
    cells = ((Text("untouched model"), base), (Text("tuned model"), tuned))
    body = "".join(
        f"<div><span>{said(say, name)}</span><code>{show(text, 2000) or '∅'}</code></div>"
        for name, text in cells
    )
    return f'<div class="ts-sample"><p><code>{show(prompt, 1000)}</code></p><div class="ts-two">{body}</div></div>'
