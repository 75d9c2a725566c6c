"""The panel from the yes on: training as it goes, the result, all runs. Pure: a view in, HTML out."""

from __future__ import annotations

import base64

from agent import wording
from agent.ui.curves import chart
from agent.ui.panel import baselines, figure
from agent.ui.parts import empty, facts, meter, more, said, section, table, tag
from agent.ui.safe import show
from agent.ui.view import RunView, View
from tools import report as words
from tools.errors import TuningError
from tools.report import Say
from tools.report_html import html
from tools.results import Report
from training.measured import Sample
from training.probes.names import ability
from training.text import Text

EVENTS_SHOWN = 12
SAMPLES_SHOWN = 8
MOST_OF_A_BAR = 0.995


def state_words(reading: str) -> Text:
    """How a run stands, in words."""
    known = {
        "queued": Text("waiting for a free place"), "starting": Text("starting"), "measuring": Text("measuring the untouched model"),
        "training": Text("training"), "evaluating": Text("choosing and comparing"), "done": Text("done"), "failed": Text("failed"),
        "stopped": Text("stopped"), "lost": Text("cut off; it can be resumed"),
    }  # fmt: skip
    return known.get(reading, Text.plain(reading))


def training(view: View, say: Say) -> str:
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


def failure(error: TuningError, say: Say) -> str:
    """An error as a friendly card: what, where, what to do now."""
    return (
        f'<div class="ts-card bad" role="alert"><b>{said(say, error.what)}</b><p class="ts-note">{show(error.where)}</p>'
        f"<p>{said(say, error.what_to_do)}</p></div>"
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


def results(view: View, say: Say, language: str) -> str:
    """The verdict first, then what was gained, what was lost, examples, what to do."""
    run = view.training
    if run is None or (run.report is None and run.trouble is None):
        return empty(
            say,
            Text("No result yet. The verdict comes first here: use the tuned model, or do not."),
        )
    if run.report is None:
        assert run.trouble is not None, "one of the two is there"
        return failure(run.trouble, say)
    made = run.report
    kind = {"ship": "go", "do_not_ship": "stop", "inconclusive": "wait", "not_trained": "wait"}[
        made.verdict
    ]
    lead = (
        f'<div class="ts-verdict {kind}"><h2>{said(say, words.verdict_words(made))}</h2>'
        f"<p>{said(say, made.because)}</p></div>"
    )
    return (
        lead + _figures(made, say)
        + section(said(say, Text("What was gained")), baselines(made.baselines, say, tuned=made.tuned) + _paragraph(words.gain_words(made), say) + _paragraph(words.robustness_words(made), say))
        + section(said(say, Text("What was lost")), _lost(made, say))
        + section(said(say, Text("What stands out")), _diagnosis(made, say))
        + section(said(say, Text("What to do next")), _next(made, say))
        + section(said(say, Text("Before and after")), _samples(made, say))
        + section(said(say, Text("What it took")), _cost(made, say))
        + _page(run, made, say, language)
    )  # fmt: skip


def _figures(made: Report, say: Say) -> str:
    rows = []
    if made.tuned is not None:
        rows.append((figure(made.tuned), said(say, Text("tuned model"))))
    if made.baseline is not None:
        rows.append((figure(made.baseline), said(say, Text("untouched model"))))
    if made.retention is not None:
        rows.append((f"{made.retention.value:.0%}", said(say, Text("general abilities kept"))))
    return facts(rows)


def _paragraph(text: Text | None, say: Say) -> str:
    return f"<p>{said(say, text)}</p>" if text is not None else ""


def _lost(made: Report, say: Say) -> str:
    if made.retention is None:
        return ""
    bars = "".join(
        meter(
            said(say, ability(name)),
            probe.tuned,
            f"{probe.base:.0%} → {probe.tuned:.0%}",
            kind="less" if probe.tuned < probe.base else "strong",
        )
        for name, probe in made.retention.probes.items()
    )
    title = said(say, Text("By ability, before and after"))
    return _paragraph(words.loss_words(made), say) + (more(title, bars) if bars else "")


def _diagnosis(made: Report, say: Say) -> str:
    items = "".join(
        f"<li>{said(say, one.text)} <span class='ts-note'>{said(say, one.evidence)}</span></li>"
        for one in made.diagnosis
    )
    return f'<ul class="ts-list">{items}</ul>' if items else ""


def _next(made: Report, say: Say) -> str:
    items = "".join(
        f"<li>{said(say, one.text)}"
        + (f"<br><code>{show(one.command)}</code>" if one.command else "")
        + "</li>"
        for one in made.next
    )
    return f'<ol class="ts-list">{items}</ol>' if items else ""


def _samples(made: Report, say: Say) -> str:
    return "".join(_sample(one, say) for one in words.chosen_samples(made.samples, SAMPLES_SHOWN))


def _sample(one: Sample, say: Say) -> str:
    moved = (
        "better"
        if one.tuned_score > one.base_score
        else "worse"
        if one.tuned_score < one.base_score
        else ""
    )
    names = {"better": Text("better"), "worse": Text("worse")}
    mark = tag(said(say, names[moved]), moved) if moved else ""
    cells = (
        (Text("wanted"), one.expected, None), (Text("before"), one.base, one.base_score), (Text("after"), one.tuned, one.tuned_score),
    )  # fmt: skip
    body = "".join(
        f"<div><span>{said(say, name)}</span><code>{show(text, 240) or '∅'}</code>{_right(score)}</div>"
        for name, text, score in cells
    )
    return f'<div class="ts-sample"><p><code>{show(one.prompt, 300)}</code> {mark}</p><div class="ts-three">{body}</div></div>'


def _right(score: float | None) -> str:
    if score is None:
        return ""
    return (
        '<i class="yes">✓</i>'
        if score >= 0.999
        else '<i class="no">✗</i>'
        if score < 0.5
        else f"<i>{score:.0%}</i>"
    )


def _cost(made: Report, say: Say) -> str:
    heads = ("", said(say, Text("predicted")), said(say, Text("actual")))
    return table(
        heads,
        [
            (said(say, name), show(before), show(after))
            for name, before, after in words.cost_rows(made)
        ],
        kind="numbers",
    )


def _page(run: RunView, made: Report, say: Say, language: str) -> str:
    page = html(made, language, run.events)
    packed = base64.b64encode(page.encode("utf-8")).decode("ascii")
    name = show(f"{run.id}.html")
    return (
        f'<p><a class="ts-button" download="{name}" href="data:text/html;base64,{packed}">'
        f"{said(say, Text('Download the report'))}</a></p>"
    )


def tried(prompt: str, base: str, tuned: str, say: Say) -> str:
    """Both models' answers side by side."""
    cells = ((Text("untouched model"), base), (Text("tuned model"), tuned))
    body = "".join(
        f"<div><span>{said(say, name)}</span><code>{show(text, 2000) or '∅'}</code></div>"
        for name, text in cells
    )
    return f'<div class="ts-sample"><p><code>{show(prompt, 1000)}</code></p><div class="ts-two">{body}</div></div>'


def runs(view: View, say: Say) -> str:
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


def try_hint(view: View, say: Say) -> str:
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
