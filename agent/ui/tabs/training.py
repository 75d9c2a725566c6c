"""Training as it goes: where the run is, its curves, what it said last. Pure: a view in, HTML out."""

from __future__ import annotations

from collections.abc import Sequence

from agent.ui.curves import Mark, chart, flags, minutes_at
from agent.ui.parts import empty, facts, failure, meter, more, said, section
from agent.ui.safe import show
from agent.ui.tabs.results_samples import right
from agent.ui.tabs.training_progress import Progress
from agent.ui.view import RunView, View
from agent.words import wording
from tools.judging.report import Say
from training.rundir import Event
from training.text import Text

EVENTS_SHOWN = 12
MOST_OF_A_BAR = 0.995
LOG_LETTERS = 8_000
BEGINNINGS = frozenset({"stage_started", "step"})
DRAWN = frozenset({"step", "checkpoint"})
"""Events that the curves show themselves."""
NOTHING = Progress()


def state_words(reading: str) -> Text:
    """How a run stands, in words."""
    known = {
        "queued": Text("waiting for a free place"), "starting": Text("starting"), "measuring": Text("measuring the untouched model"),
        "training": Text("training"), "evaluating": Text("choosing and comparing"), "done": Text("done"), "failed": Text("failed"),
        "stopped": Text("stopped"), "lost": Text("cut off; it can be resumed"),
    }  # fmt: skip
    return known.get(reading, Text.plain(reading))


def drawn(view: View, say: Say, progress: Progress = NOTHING) -> str:
    """Where the run is, its curves, and what it said last."""
    run = view.shown_run
    if run is None:
        return empty(
            say,
            Text(
                "Nothing runs. Training starts only after you said yes to an order with its price."
            ),
        )
    told = _told(run)
    marks, x_max = _marks(run, told)
    return (
        _head(run, say, progress)
        + _curves(run, say, marks, x_max)
        + section(said(say, Text("What happened")), _log(told, marks, say))
        + section(
            said(say, Text("What it answered after each checkpoint")), _answers(progress, say)
        )
        + _printed(progress, say)
    )


def _head(run: RunView, say: Say, progress: Progress) -> str:
    status, reading = run.standing.status, run.standing.reading
    title = state_words(reading)
    if run.standing.waits_for is not None:
        title = Text("waiting for the training half to be installed")
    steps = max(planned_steps(run), status.steps) if status is not None else 0
    if run.lives and status is not None and status.stage is not None and steps:
        done = min(MOST_OF_A_BAR, status.step / steps)
        name = Text("step {step:,} of {steps:,}", step=status.step, steps=steps)
        if reading == "evaluating" and status.step < steps:
            title = Text("measuring what it has learnt so far")
        bar = meter(said(say, name), done, f"{done:.0%}", kind="strong")
    elif status is None or (reading == "failed" and run.trouble is not None):
        bar = ""  # what went wrong stands in a card of its own
    else:
        bar = f'<p class="ts-note">{said(say, status.text)}</p>'
    pulse = '<i class="ts-pulse" aria-hidden="true"></i>' if run.lives else ""
    figures = []
    left = seconds_left(run)
    if run.lives and left is not None:
        figures.append(
            (said(say, wording.duration(left / 60)), said(say, Text("left in this part")))
        )
    figures += _used(progress, say)
    trouble = failure(run.trouble, say) if run.trouble is not None else ""
    return (
        f'<div class="ts-runhead"><h2>{pulse}<span>{said(say, title)}</span></h2><code>{show(run.id)}</code></div>'
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


def _used(progress: Progress, say: Say) -> list[tuple[str, str]]:
    """Time and money, each against what was agreed to."""
    spent = progress.spent
    if spent is None:
        return []
    time = said(say, Text("used"))
    if progress.max_minutes is not None:
        time = said(say, Text("used, of at most {time}", time=wording.duration(progress.max_minutes)))  # fmt: skip
    rows = [(said(say, wording.duration(spent.minutes)), time)]
    if spent.cost_usd or progress.max_cost_usd:
        cap = Text("spent, of at most {money}", money=wording.money(progress.max_cost_usd))
        rows.append((f"${spent.cost_usd:,.2f}", said(say, cap)))
    else:
        rows.append(("$0", said(say, Text("spent; it runs on this machine"))))
    if spent.attempts > 1:
        rows.append((f"{spent.attempts:,}", said(say, Text("attempts; it was resumed"))))
    return rows


def _told(run: RunView) -> list[Event]:
    """What is worth a line: everything but the steps, and the last of those; the newest ones."""
    told = [one for one in run.events if one.code != "step"]
    latest = [one for one in run.events if one.code == "step"][-1:] if run.lives else []
    return sorted(told + latest, key=lambda one: one.n)[-EVENTS_SHOWN:]


def _axis(run: RunView) -> list[Event]:
    """The events from where the training began."""
    begun = next((at for at, one in enumerate(run.events) if one.code in BEGINNINGS), None)
    return list(run.events[begun:]) if begun is not None else []


def _marks(run: RunView, told: Sequence[Event]) -> tuple[dict[int, Mark], float]:
    """Event number -> its mark on the axis, and how long the axis is, in minutes."""
    events = _axis(run)
    at = dict(zip((one.n for one in events), minutes_at(events), strict=True))
    left = seconds_left(run) if run.lives else None
    x_max = max(at.values(), default=0.0) + (left or 0.0) / 60
    wanted = [one for one in told if one.n in at and one.code not in DRAWN]
    marks = {one.n: Mark(at[one.n], number) for number, one in enumerate(wanted, 1)}
    return marks, x_max


def _curves(run: RunView, say: Say, marks: dict[int, Mark], x_max: float) -> str:
    events = _axis(run)
    at = minutes_at(events)

    def points(code: str, name: str) -> list[tuple[float, float]]:
        return [
            (x, float(one.facts[name]))
            for x, one in zip(at, events, strict=True)
            if one.code == code and one.facts.get(name) is not None
        ]

    reward, losses = points("step", "reward"), points("step", "loss")
    task, kept = points("checkpoint", "task"), points("checkpoint", "retention")
    if not (reward or losses or task or kept):
        return ""
    learnt = Text("loss: how surprised it is by your answers")
    if reward:
        learnt, losses = Text("reward of its attempts, 0 to 1"), reward
    lines = [
        (say(Text("your task, on held-out rows")), task),
        (say(Text("general abilities kept")), kept),
    ]
    shown = list(marks.values())
    parts = chart(say(learnt), [(say(learnt), losses)], x_max=x_max, percent=bool(reward), marks=shown)  # fmt: skip
    if all(0 <= value <= 1 for _, value in task):
        title = say(Text("Task and general abilities at each checkpoint"))
        parts += chart(title, lines, x_max=x_max, percent=True, marks=shown)
    foot = Text(
        "{time}, {steps:,} {steps:step|steps}",
        time=wording.duration(x_max),
        steps=planned_steps(run),
    )
    above = flags(shown, x_max=x_max) if shown else ""
    return f'<div class="ts-charts">{above}{parts}<p class="ts-xaxis"><span>0</span><span>{said(say, foot)}</span></p></div>'


def _log(told: Sequence[Event], marks: dict[int, Mark], say: Say) -> str:
    rows = "".join(
        f"<li><time>{show(one.at[11:19])}</time><span>{_flag(marks.get(one.n), say)}{said(say, one.text)}</span></li>"
        for one in reversed(told)
    )
    return f'<ul class="ts-log">{rows}</ul>' if rows else ""


def _flag(mark: Mark | None, say: Say) -> str:
    if mark is None:
        return ""
    name = said(say, Text("mark {number} in the curves", number=mark.number))
    return f'<i class="ts-flag" title="{name}">{mark.number}</i> '


def _answers(progress: Progress, say: Say) -> str:
    cards = []
    for one in progress.answered:
        lines = "".join(
            f"<li><span>{said(say, Text('step {step:,}', step=step))}</span><code>{show(text, 160) or '∅'}</code>"
            f"{right(1.0, say) if text.strip() == one.wanted.strip() else ''}</li>"
            for step, text in zip(progress.steps, one.said, strict=True)
        )
        wanted = f"<li><span>{said(say, Text('wanted'))}</span><code>{show(one.wanted, 160)}</code></li>"  # fmt: skip
        cards.append(f'<div class="ts-sample"><p>{show(one.prompt, 300)}</p><ul class="ts-said-at">{wanted}{lines}</ul></div>')  # fmt: skip
    return "".join(cards)


def _printed(progress: Progress, say: Say) -> str:
    if not progress.log:
        return ""
    title = said(say, Text("The end of the trainer's own log"))
    return more(title, f'<pre class="ts-code" tabindex="0">{show(progress.log, LOG_LETTERS)}</pre>', fold="log")  # fmt: skip
