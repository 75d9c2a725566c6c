"""`report.html`: one self-contained page that a boss can read. No script, no network, under 300 KB.

Everything that came from data or a model is escaped; the page cannot run anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from tools.judging import probed
from tools.judging import report as words
from tools.judging.charts import Bar, Point, bars, curve, pairs, scatter
from tools.judging.invented import invention_words
from tools.judging.report import Say
from tools.judging.results import Report
from training.measured import Sample, Score
from training.probes.names import ability
from training.rundir import Event
from training.text import Text

STYLE = """
:root{--ink:#1d2430;--soft:#5b6675;--line:#e3e7ed;--paper:#fbfcfd;--card:#fff;--main:#3056d3;--pale:#b9c6ee;--good:#1f7a4d;--bad:#b3372f;--warn:#8a5a00}
@media(prefers-color-scheme:dark){:root{--ink:#e7ebf1;--soft:#9aa6b6;--line:#2b3340;--paper:#12161c;--card:#191f28;--main:#8aa5ff;--pale:#36456f;--good:#62c794;--bad:#ff8f86;--warn:#e0b35c}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI","Noto Sans CJK SC","PingFang SC",sans-serif}
main{max-width:760px;margin:0 auto;padding:40px 24px 64px}h1{font-size:30px;line-height:1.2;margin:6px 0 12px}h2{font-size:19px;margin:40px 0 12px}
.tag{display:inline-block;font-size:13px;letter-spacing:.04em;padding:3px 12px;border-radius:99px;color:#fff;background:var(--soft)}
.ship{background:var(--good)}.do_not_ship{background:var(--bad)}.inconclusive{background:var(--warn)}.lead{font-size:18px}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:24px 0}
.fact{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 16px}.fact b{display:block;font-size:24px}.fact span{color:var(--soft);font-size:14px}
svg{width:100%;height:auto;background:var(--card);border:1px solid var(--line);border-radius:12px;padding:10px}svg text{font-size:13px;fill:var(--ink)}.tick{fill:var(--soft)!important}
.bar{fill:var(--pale)}.bar.strong{fill:var(--main)}.whisker,.axis{stroke:var(--soft);fill:none}.rail{stroke:var(--line)}.move{stroke-width:2}.better{stroke:var(--good);fill:var(--good)}.worse{stroke:var(--bad);fill:var(--bad)}
.before{fill:var(--card);stroke:var(--soft)}.point{fill:var(--pale)}.point.front{fill:var(--soft)}.point.chosen{fill:var(--main)}.line{fill:none;stroke:var(--main);stroke-width:2}
table{border-collapse:collapse;width:100%;background:var(--card);border:1px solid var(--line);border-radius:12px;overflow:hidden;font-size:15px}td,th{padding:8px 12px;text-align:left;border-top:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}th{color:var(--soft);font-weight:500;border-top:0}.four{table-layout:fixed}.four th:first-child{width:34%}
.yes{color:var(--good)}.no{color:var(--bad)}code{font:13px ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}details{margin-top:16px}summary{cursor:pointer;color:var(--soft)}.small{color:var(--soft);font-size:14px}
@media print{body{background:#fff}main{padding:0}}
"""


def html(report: Report, language: str = "en", events: Sequence[Event] = ()) -> str:
    """The report as one page; `events` add the curve of the training loss."""
    say = words.speaker(language)
    body = [
        f'<span class="tag {report.verdict}">{_said(say, words.verdict_words(report))}</span>',
        f"<h1>{_said(say, _headline(report))}</h1>",
        f'<p class="lead">{_said(say, report.because)}</p>',
        _facts(report, say),
        _gain(report, say),
        _loss(report, say),
        _invented(report, say),
        _probed(report, say),
        _training(report, say, events),
        _samples(report, say),
        _next(report, say),
        _cost(report, say),
        _plan(report, say),
    ]
    title = escape(say(words.verdict_words(report)))
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title} · {escape(report.run)}</title><style>{STYLE}</style></head>"
        f"<body><main>{''.join(body)}</main></body></html>"
    )


def _headline(report: Report) -> Text:
    goal = report.plan.brief.get("goal") if report.plan is not None else None
    return Text.plain(str(goal.value)) if goal is not None else Text.plain(report.run)


def _said(say: Say, text: Text) -> str:
    return escape(say(text))


def _facts(report: Report, say: Say) -> str:
    facts: list[tuple[str, Text]] = []
    if report.tuned is not None:
        facts.append((_short(report.tuned), Text("tuned model, on items it never saw")))
    if report.baseline is not None:
        facts.append((_short(report.baseline), Text("untouched model, on the same items")))
    if report.retention is not None:
        facts.append((f"{report.retention.value:.1%}", Text("of its general abilities kept")))
    if report.spent.get("minutes") is not None:
        facts.append((f"{report.spent['minutes']:,.1f}", Text("minutes it took")))
    cards = "".join(
        f'<div class="fact"><b>{escape(value)}</b><span>{_said(say, name)}</span></div>'
        for value, name in facts
    )
    return f'<div class="facts">{cards}</div>'


def _short(score: Score) -> str:
    return (
        f"{score.value:.1%}"
        if score.higher_is_better and score.value <= 1
        else f"{score.value:.3g}"
    )


def _gain(report: Report, say: Say) -> str:
    rows = [
        Bar(say(words.baseline_name(row.name)), row.value, row.low, row.high, _short(row))
        for row in report.baselines
    ]
    if report.tuned is not None:
        tuned = report.tuned
        rows.append(
            Bar(
                say(Text("tuned model")),
                tuned.value,
                tuned.low,
                tuned.high,
                _short(tuned),
                strong=True,
            )
        )
    if not rows:
        return ""
    title = say(Text("What was gained"))
    said = [words.gain_words(report), words.vote_words(report), words.robustness_words(report)]
    paragraphs = "".join(f"<p>{_said(say, text)}</p>" for text in said if text is not None)
    return f"<h2>{escape(title)}</h2>{bars(title, rows)}{paragraphs}"


def _loss(report: Report, say: Say) -> str:
    text = words.loss_words(report)
    if text is None or report.retention is None:
        return ""
    title = say(Text("What was lost"))
    rows = [
        (say(ability(name)), probe.base, probe.tuned, f"{probe.base:.0%} → {probe.tuned:.0%}")
        for name, probe in report.retention.probes.items()
    ]
    chart = pairs(title, rows) if rows else ""
    return f"<h2>{escape(title)}</h2><p>{_said(say, text)}</p>{chart}"


def _invented(report: Report, say: Say) -> str:
    text = invention_words(report.invention)
    return f"<p>{_said(say, text)}</p>" if text is not None else ""


def _probed(report: Report, say: Say) -> str:
    if report.probe is None:
        return ""
    head = "".join(f"<th>{_said(say, one)}</th>" for one in probed.columns())
    rows = "".join(
        "<tr>" + "".join(f"<td>{_said(say, cell)}</td>" for cell in probed.row(trial)) + "</tr>"
        for trial in report.probe.trials
    )
    told = f"<p>{_said(say, probed.probe_words(report.probe))}</p>"
    return f"<h2>{_said(say, probed.heading())}</h2>{told}<table><tr>{head}</tr>{rows}</table>"


def _training(report: Report, say: Say, events: Sequence[Event]) -> str:
    parts = []
    if report.checkpoint is not None:
        parts.append(f"<p>{_said(say, report.checkpoint.because)}</p>")
    if len(report.candidates) > 1:
        points = [
            Point(
                one.retention,
                one.task.value,
                f"{one.stage}, {one.step}, x{one.interpolation:g}",
                "chosen" if one.chosen else "front" if one.on_front else "plain",
            )
            for one in report.candidates
        ]
        title = say(Text("Every version that was tried; the large one was kept"))
        axes = {"x_label": say(Text("general abilities kept")), "y_label": say(Text("task"))}
        parts.append(scatter(title, points, **axes) + f'<p class="small">{escape(title)}</p>')
    losses = [
        (float(one.step or 0), float(one.facts["loss"]))
        for one in events
        if one.facts.get("loss") is not None  # a stretch that only rehearsed has none
    ]
    if len(losses) > 2:
        title = say(Text("Training loss: how surprised the model is by your answers"))
        parts.append(curve(title, losses, x_label=say(Text("steps")), y_label=say(Text("loss"))))
        parts.append(f'<p class="small">{escape(title)}</p>')
    if not parts:
        return ""
    return f"<h2>{_said(say, Text('Which version was kept'))}</h2>" + "".join(parts)


def _samples(report: Report, say: Say) -> str:
    shown = words.chosen_samples(report.samples)
    if not shown:
        return ""
    head = "".join(
        f"<th>{_said(say, text)}</th>"
        for text in (Text("asked"), Text("wanted"), Text("before"), Text("after"))
    )
    rows = "".join(
        f"<tr><td>{_cell(one.prompt)}</td><td>{_cell(one.expected)}</td>"
        f"<td>{_answer(one, tuned=False)}</td><td>{_answer(one, tuned=True)}</td></tr>"
        for one in shown
    )
    title = _said(say, Text("Before and after"))
    return f'<h2>{title}</h2><table class="four"><tr>{head}</tr>{rows}</table>'


def _cell(text: str, limit: int = 400) -> str:
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    return f"<code>{escape(shown)}</code>"


def _answer(sample: Sample, *, tuned: bool) -> str:
    score = sample.tuned_score if tuned else sample.base_score
    mark = "yes" if score >= 0.999 else "no" if score < 0.5 else ""
    sign = {"yes": "✓ ", "no": "✗ ", "": ""}[mark]
    return f'<span class="{mark}">{sign}</span>{_cell(sample.tuned if tuned else sample.base)}'


def _next(report: Report, say: Say) -> str:
    items = [
        f"<li>{_said(say, one.text)} {_said(say, one.evidence)}</li>" for one in report.diagnosis
    ]
    found = (
        f"<h2>{_said(say, Text('What stands out'))}</h2><ul>{''.join(items)}</ul>" if items else ""
    )
    steps = "".join(
        f"<li>{_said(say, one.text)}"
        + (f"<br><code>{escape(one.command)}</code>" if one.command else "")
        + "</li>"
        for one in report.next
    )
    return found + (
        f"<h2>{_said(say, Text('What to do next'))}</h2><ol>{steps}</ol>" if steps else ""
    )


def _cost(report: Report, say: Say) -> str:
    rows = "".join(
        f"<tr><td>{_said(say, name)}</td><td>{escape(before)}</td><td>{escape(after)}</td></tr>"
        for name, before, after in words.cost_rows(report)
    )
    head = f"<tr><th></th><th>{_said(say, Text('predicted'))}</th><th>{_said(say, Text('actual'))}</th></tr>"
    notes = "".join(f"<li>{_said(say, note)}</li>" for note in report.notes)
    known = f"<h2>{_said(say, Text('Good to know'))}</h2><ul>{notes}</ul>" if notes else ""
    return f"<h2>{_said(say, Text('What it took'))}</h2><table>{head}{rows}</table>{known}"


def _plan(report: Report, say: Say) -> str:
    if report.plan is None or not report.plan.stages:
        return ""
    rows = []
    for number, stage in enumerate(report.plan.stages, start=1):
        for name in type(stage).model_fields:
            choice = getattr(stage, name)
            if choice is None:
                continue
            source = f' <span class="small">{escape(choice.source)}</span>' if choice.source else ""
            rows.append(
                f"<tr><td>{number}. {escape(name.replace('_', ' '))}</td><td>{escape(str(choice.value))}</td>"
                f"<td>{_said(say, choice.because)}{source}</td></tr>"
            )
    title = _said(say, Text("Every setting, and why"))
    return f"<details><summary>{title}</summary><table>{''.join(rows)}</table></details>"
