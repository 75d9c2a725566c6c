"""The result: the verdict first, then what was gained, what was lost, examples, what to do. Pure: a view in, HTML out."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence

from agent.ui.parts import empty, facts, failure, more, said, section, table
from agent.ui.safe import show
from agent.ui.scores import baselines, figure
from agent.ui.tabs import results_fields, results_front, results_labels, results_samples
from agent.ui.tabs.results_answers import NO_ANSWERS, Answers
from agent.ui.view import RunView, View
from tools.judging import probed
from tools.judging import report as words
from tools.judging.report import Say
from tools.judging.report_html import html
from tools.judging.results import Report
from training.measured import ProbeScore
from training.phases.named_version import second_look
from training.probes.names import ability
from training.text import Text

ABILITIES_SHOWN = 4
"""Those that moved down most; the others on demand."""


def drawn(view: View, say: Say, language: str, answers: Answers = NO_ANSWERS) -> str:
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
    samples = answers.samples or made.samples
    labels = results_labels.drawn(made, results_labels.mistakes(made, answers.read), say)
    kind = {"ship": "go", "do_not_ship": "stop", "inconclusive": "wait", "not_trained": "wait"}[
        made.verdict
    ]
    lead = (
        f'<div class="ts-verdict {kind}"><h2>{said(say, words.verdict_words(made))}</h2>'
        f"<p>{said(say, made.because)}</p></div>"
    )
    return (
        lead + _second_look(made, say) + _figures(made, say)
        + section(said(say, Text("What was gained")), baselines(made.baselines, say, tuned=made.tuned) + _paragraphs(made, say, (words.gain_words, words.vote_words, words.robustness_words)))
        + section(said(say, Text("What was lost")), _lost(made, say))
        + section(said(say, Text("Before and after")), results_samples.drawn(samples, say))
        + section(said(say, Text("What it takes for each other")), labels)
        + section(said(say, Text("Field by field")), "" if labels else results_fields.drawn(samples, say))
        + section(said(say, Text("What stands out")), _diagnosis(made, say))
        + section(said(say, Text("What to do next")), _next(made, say))
        + section(said(say, probed.heading()), _probed(made, say))
        + section(said(say, Text("Which version was kept")), _front(made, say))
        + section(said(say, Text("What it took")), _cost(made, say))
        + section(said(say, Text("Good to know")), _notes(made, say))
        + _page(run, made, say, language)
    )  # fmt: skip


def _second_look(made: Report, say: Say) -> str:
    """Beside the verdict: that the person chose the version when a result was known already."""
    told = next((one for one in made.notes if one.template == second_look().template), None)
    return f'<p class="ts-card mind">{said(say, told)}</p>' if told is not None else ""


def _figures(made: Report, say: Say) -> str:
    rows = []
    for score, name in ((made.tuned, Text("tuned model")), (made.baseline, Text("untouched model"))):  # fmt: skip
        if score is not None:
            span = _between(score.low, score.high, figure(score).endswith("%"), say)
            rows.append((figure(score), f"{said(say, name)}{span}"))
    kept = made.retention
    if kept is not None:
        span = _between(kept.low, kept.high, True, say)
        rows.append((f"{kept.value:.1%}", f"{said(say, Text('general abilities kept'))}{span}"))
    return facts(rows)


def _between(low: float, high: float, share: bool, say: Say) -> str:
    """The 95 % interval on a line of its own: no figure stands without it (ST-01)."""
    first, last = (f"{at:.0%}" if share else f"{at:.3g}" for at in (low, high))
    return f"<small>{said(say, Text('between {low} and {high}', low=first, high=last))}</small>"


def _paragraph(text: Text | None, say: Say) -> str:
    return f"<p>{said(say, text)}</p>" if text is not None else ""


def _paragraphs(made: Report, say: Say, tellers: Sequence[Callable[[Report], Text | None]]) -> str:
    return "".join(_paragraph(tell(made), say) for tell in tellers)


def _lost(made: Report, say: Say) -> str:
    if made.retention is None:
        return ""
    ordered = sorted(made.retention.probes.items(), key=lambda one: one[1].tuned - one[1].base)
    bars = [_ability(name, probe, say) for name, probe in ordered]
    rest = "".join(bars[ABILITIES_SHOWN:])
    title = said(say, Text("The other abilities, before and after"))
    return (
        _paragraph(words.loss_words(made), say)
        + "".join(bars[:ABILITIES_SHOWN])
        + (more(title, rest, fold="abilities") if rest else "")
    )


def _ability(name: str, probe: ProbeScore, say: Say) -> str:
    """A bar from before to after: what is gone is drawn as gone."""
    low, high = sorted((probe.base, probe.tuned))
    kind = "gone" if probe.tuned < probe.base else "won"
    return (
        f'<div class="ts-meter {"less" if kind == "gone" else "strong"}"><span class="ts-meter-name">{said(say, ability(name))}</span>'
        f'<b>{probe.base:.0%} → {probe.tuned:.0%}</b><div class="ts-bar">'
        f'<i class="ts-fill" style="width:{100 * low:.1f}%"></i>'
        f'<i class="ts-moved-part {kind}" style="left:{100 * low:.1f}%;width:{100 * (high - low):.1f}%"></i></div></div>'
    )


def _front(made: Report, say: Say) -> str:
    because = _paragraph(made.checkpoint.because, say) if made.checkpoint is not None else ""
    return because + results_front.drawn(made, say)


def _probed(made: Report, say: Say) -> str:
    if made.probe is None:
        return ""
    heads = [said(say, one) for one in probed.columns()]
    rows = [[said(say, cell) for cell in probed.row(trial)] for trial in made.probe.trials]
    return _paragraph(probed.probe_words(made.probe), say) + table(heads, rows, kind="numbers")


def _notes(made: Report, say: Say) -> str:
    items = "".join(f"<li>{said(say, one)}</li>" for one in made.notes)
    return f'<ul class="ts-list">{items}</ul>' if items else ""


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
