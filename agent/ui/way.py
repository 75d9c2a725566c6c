"""The way from a wish to a model in use: which step a session has reached, and the tab that matters now. Pure."""

from __future__ import annotations

from agent.ui.parts import said
from agent.ui.view import View
from tools.report import Say
from training.text import Text


def steps(view: View) -> list[tuple[Text, bool]]:
    """The way from a wish to a model in use, and which parts of it lie behind."""
    report = view.training.report if view.training is not None else None
    measured = bool(view.plan is not None and view.plan.baselines)
    ordered = view.training is not None or (view.reply is not None and view.reply.order is not None)
    return [
        (Text("Goal"), "goal" in view.brief),
        (Text("Data"), view.profile is not None),
        (Text("Measure"), measured),
        (Text("Plan"), ordered),
        (Text("Your yes"), view.training is not None),
        (Text("Train"), view.training is not None and not view.training.lives),
        (Text("Result"), report is not None),
    ]


def stage(view: View) -> str:
    """The tab that matters now."""
    if view.training is not None:
        return "training" if view.training.report is None else "results"
    if view.plan is not None and (view.plan.baselines or not view.plan.decision.pipeline):
        return "plan"
    return "data" if view.profile is not None else "understood"


def stepper(view: View, say: Say) -> str:
    """The way as a line of small marks; the first open one is where we are."""
    found = steps(view)
    here = next((place for place, (_, done) in enumerate(found) if not done), len(found))
    items = []
    for place, (name, done) in enumerate(found):
        kind = "done" if done else "here" if place == here else ""
        current = ' aria-current="step"' if place == here else ""
        items.append(
            f'<li class="{kind}"{current}><i aria-hidden="true"></i>{said(say, name)}</li>'
        )
    return (
        f'<ol class="ts-steps" aria-label="{said(say, Text("Where we are"))}">{"".join(items)}</ol>'
    )
