"""Training as it goes: where the run is, its curves, what it said last. Pure: a view in, HTML out."""

from __future__ import annotations

from agent import wording
from agent.ui.curves import chart
from agent.ui.parts import empty, facts, failure, meter, said, section
from agent.ui.safe import show
from agent.ui.view import RunView, View
from tools.report import Say
from training.text import Text

EVENTS_SHOWN = 12
MOST_OF_A_BAR = 0.995


def state_words(reading: str) -> Text:
    """How a run stands, in words."""
    known = {
        "queued": Text("waiting for a free place"), "starting": Text("starting"), "measuring": Text("measuring the untouched model"),
        "training": Text("training"), "evaluating": Text("choosing and comparing"), "done": Text("done"), "failed": Text("failed"),
        "stopped": Text("stopped"), "lost": Text("cut off; it can be resumed"),
    }  # fmt: skip
    return known.get(reading, Text.plain(reading))


def drawn(view: View, say: Say) -> str:
    """Where the run is, its curves, and what it said last."""
    run = view.shown_run
    if run is None:
        return empty(
            say,
            Text(
                "Nothing runs. Training starts only after you said yes to an order with its price."
            ),
        )
    return (
        _head(run, say)
        + _curves(run, say)
        + section(said(say, Text("What happened")), _log(run, say))
    )


def _head(run: RunView, say: Say) -> str:
    status, reading = run.standing.status, run.standing.reading
    title = state_words(reading)
    steps = max(planned_steps(run), status.steps) if status is not None else 0
    if run.lives and status is not None and status.stage is not None and steps:
        done = min(MOST_OF_A_BAR, status.step / steps)
        name = Text("step {step:,} of {steps:,}", step=status.step, steps=steps)
        if reading == "evaluating" and status.step < steps:
            title = Text("measuring what it has learnt so far")
        bar = meter(said(say, name), done, f"{done:.0%}", kind="strong")
    else:
        bar = f'<p class="ts-note">{said(say, status.text)}</p>' if status is not None else ""
    pulse = '<i class="ts-pulse" aria-hidden="true"></i>' if run.lives else ""
    figures = []
    left = seconds_left(run)
    if run.lives and left is not None:
        figures.append(
            (said(say, wording.duration(left / 60)), said(say, Text("left in this part")))
        )
    trouble = failure(run.trouble, say) if run.trouble is not None else ""
    return (
        f'<div class="ts-runhead"><h2>{pulse}{said(say, title)}</h2><code>{show(run.id)}</code></div>'
        f"{bar}{facts(figures)}{trouble}"
    )


def planned_steps(run: RunView) -> int:
    """The steps of the stage that began last; 0 before any."""
    begun = [one for one in run.events if one.code == "stage_started" and "steps" in one.facts]
    return int(begun[-1].facts["steps"]) if begun else 0


def seconds_left(run: RunView) -> float | None:
    """What the trainer expects of the present stage; None outside of it."""
    if run.standing.reading != "training":
        return None
    return next(
        (
            float(one.facts["seconds_left"])
            for one in reversed(run.events)
            if one.facts.get("seconds_left") is not None
        ),
        None,
    )


def _curves(run: RunView, say: Say) -> str:
    losses = [
        (float(one.step or 0), float(one.facts["loss"]))
        for one in run.events
        if one.code == "step" and "loss" in one.facts
    ]
    checks = [one for one in run.events if one.code == "checkpoint"]
    task = [
        (float(one.step or 0), float(one.facts["task"]))
        for one in checks
        if one.facts.get("task") is not None
    ]
    kept = [
        (float(one.step or 0), float(one.facts["retention"]))
        for one in checks
        if one.facts.get("retention") is not None
    ]
    if not losses and not checks:
        return ""
    x_max = max([float(planned_steps(run))] + [x for x, _ in losses + task + kept])
    loss = Text("loss: how surprised it is by your answers")
    share = all(0 <= value <= 1 for _, value in task)
    lines = [
        (say(Text("your task, on held-out rows")), task),
        (say(Text("general abilities kept")), kept),
    ]
    parts = chart(say(loss), [(say(loss), losses)], x_max=x_max)
    if share:
        parts += chart(
            say(Text("Task and general abilities at each checkpoint")),
            lines,
            x_max=x_max,
            percent=True,
        )
    foot = said(say, Text("{steps:,.0f} steps", steps=x_max))
    return f'<div class="ts-charts">{parts}<p class="ts-xaxis"><span>0</span><span>{foot}</span></p></div>'


def _log(run: RunView, say: Say) -> str:
    told = [one for one in run.events if one.code != "step"]
    latest = [one for one in run.events if one.code == "step"][-1:]
    shown = sorted(told + latest, key=lambda one: one.n)[-EVENTS_SHOWN:]
    rows = "".join(
        f"<li><time>{show(one.at[11:19])}</time> {said(say, one.text)}</li>"
        for one in reversed(shown)
    )
    return f'<ul class="ts-log">{rows}</ul>' if rows else ""
