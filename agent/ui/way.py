"""The way from a wish to a model in use: which step a session has reached, and the tab that matters now. Pure."""

from __future__ import annotations

from agent.ui.parts import said
from agent.ui.view import View
from tools.judging.report import Say
from training.text import Text

PLANNED = 3
"""The place of the plan on the way."""


def steps(view: View) -> list[tuple[Text, bool]]:
    """The way from a wish to a model in use, and which parts of it lie behind."""
    run, reply, plan = view.training, view.reply, view.plan
    report = run.report if run is not None else None
    ordered = reply is not None and reply.order is not None and reply.order.kind == "train"
    advised_not = plan is not None and not plan.decision.pipeline and not view.busy
    proposed = ordered or advised_not or run is not None
    measuring = any(one.kind == "measure" and one.lives for one in view.runs)
    measured = bool(plan is not None and plan.baselines) and not measuring
    return [
        (Text("Goal"), "goal" in view.brief),
        (Text("Data"), view.profile is not None),
        (Text("Measure"), measured or proposed),
        (Text("Plan"), proposed),
        (Text("Your yes"), run is not None),
        (Text("Train"), report is not None),
        (Text("Result"), report is not None),
        (Text("Use"), run is not None and run.exported),
    ]


def ends(view: View) -> bool:
    """The way ends at the advice not to train, unless the person insists."""
    plan = view.plan
    return view.training is None and plan is not None and not plan.decision.pipeline


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
        open_ = place == here and not (place == PLANNED + 1 and ends(view))
        kind = "done" if done else "here" if open_ else ""
        current = ' aria-current="step"' if open_ else ""
        items.append(
            f'<li class="{kind}"{current}><i aria-hidden="true"></i>{said(say, name)}</li>'
        )
    return (
        f'<ol class="ts-steps" aria-label="{said(say, Text("Where we are"))}">{"".join(items)}</ol>'
    )
