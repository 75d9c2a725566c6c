"""The result: the verdict first, then what was gained, what was lost, examples, what to do. Pure: a view in, HTML out."""

from __future__ import annotations

import base64

from agent.ui.parts import empty, facts, failure, meter, more, said, section, table, tag
from agent.ui.safe import show
from agent.ui.scores import baselines, figure
from agent.ui.view import RunView, View
from tools import report as words
from tools.report import Say
from tools.report_html import html
from tools.results import Report
from training.measured import Sample
from training.probes.names import ability
from training.text import Text

SAMPLES_SHOWN = 8


def drawn(view: View, say: Say, language: str) -> str:
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
