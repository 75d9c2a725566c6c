"""Every version that was measured: what it gained against what it kept, and one of them at a time in words. Pure.

The points stand in HTML, placed in percent, so that words keep their size on a phone; the slider only shows what the
page holds already.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent.ui.parts import said, tag
from agent.ui.press import button
from agent.ui.scores import figure
from tools.jobs.another_version import names
from tools.judging.report import Say
from tools.judging.results import Report
from training.measured import Candidate
from training.text import Text

SLIDE = """
element.addEventListener('input', (event) => {
  if (!event.target.matches('[data-slide]')) return;
  const at = event.target.value, box = event.target.closest('.ts-front');
  box.querySelectorAll('[data-at]').forEach((one) => one.classList.toggle('now', one.dataset.at === at));
  event.target.setAttribute('aria-valuetext', box.querySelector('.ts-version.now').innerText);
});
"""
"""Shows the version that the slider stands at."""
MARGIN = 0.12
"""Of the span: points do not touch the frame."""
LEAST_SPAN = 0.04
WHOLE = 0.9995
"""From here an interpolation is the checkpoint as trained."""


def drawn(made: Report, say: Say) -> str:
    """The points, the slider and the words. Nothing where fewer than two versions were measured."""
    found = sorted(made.candidates, key=lambda one: (one.retention, -one.task.value))
    if len(found) < 2:
        return ""
    chosen = next((place for place, one in enumerate(found) if one.chosen), 0)
    label = said(say, Text("Version to look at"))
    ends = (Text("keeps least"), Text("keeps most"))
    readouts = "".join(
        f'<div class="ts-version{" now" if place == chosen else ""}" data-at="{place}">{_words(one, found[chosen], say)}</div>'
        for place, one in enumerate(found)
    )
    return (
        f'<div class="ts-front">{_plot(found, chosen, made, say)}'
        f'<div class="ts-slide"><span>{said(say, ends[0])}</span>'
        f'<input type="range" data-slide min="0" max="{len(found) - 1}" step="1" value="{chosen}" aria-label="{label}">'
        f"<span>{said(say, ends[1])}</span></div>{readouts}</div>"
    )


def version(one: Candidate) -> Text:
    """A version's name in words."""
    if one.interpolation >= WHOLE:
        return Text("After step {step:,}, as trained", step=one.step)
    return Text(
        "After step {step:,}, {share:.0%} of the way from the untouched model",
        step=one.step, share=one.interpolation,
    )  # fmt: skip


def _words(one: Candidate, chosen: Candidate, say: Say) -> str:
    marks = ""
    if one.chosen:
        marks = tag(said(say, Text("chosen")), "better")
    elif one.on_front:
        marks = tag(said(say, Text("none is better in both")))
    told = Text(
        "{score} of your task on held-out rows; {kept:.1%} of the general abilities kept.",
        score=figure(one.task), kept=one.retention,
    )  # fmt: skip
    beside = ""
    if one is not chosen:
        moved = Text(
            "Against the chosen one: task {task:+.1f} points, kept {kept:+.1f} points.",
            task=100 * (one.task.value - chosen.task.value), kept=100 * (one.retention - chosen.retention),
        )  # fmt: skip
        beside = f'<p class="ts-note">{said(say, moved)}</p>'
        use = Text("Make this the one to use")
        named = Text("{use}: {version}", use=use, version=version(one))
        again = Text("It is measured on the test items, which were asked before: a second look.")
        press = button(f"use:{names(one)}", said(say, use), label=said(say, named))
        beside += f'<p class="ts-note">{said(say, again)}</p><div class="ts-offers" data-once>{press}</div>'
    return f"<p><b>{said(say, version(one))}</b> {marks}</p><p>{said(say, told)}</p>{beside}"


def _plot(found: Sequence[Candidate], chosen: int, made: Report, say: Say) -> str:
    least = None
    if made.plan is not None:
        least = 1 - made.plan.evaluation.max_forgetting.value
    xs = [one.retention for one in found] + ([least] if least is not None else [])
    across, up = _range(xs), _range([one.task.value for one in found])
    share = up[1] <= 1.2 and found[0].task.higher_is_better
    parts = []
    if least is not None:
        width = 100 * (least - across[0]) / (across[1] - across[0])
        parts.append(
            f'<i class="ts-forgot" style="width:{width:.1f}%"></i>'
            f'<span class="ts-limit" style="left:{width:.1f}%">{said(say, Text("{least:.0%} asked for", least=least))}</span>'
        )
    for place, one in enumerate(found):
        left = 100 * (one.retention - across[0]) / (across[1] - across[0])
        foot = 100 * (one.task.value - up[0]) / (up[1] - up[0])
        kind = "chosen" if one.chosen else "front" if one.on_front else "beaten"
        now = " now" if place == chosen else ""
        parts.append(
            f'<i class="ts-point {kind}{now}" data-at="{place}" style="left:{left:.1f}%;bottom:{foot:.1f}%"></i>'
        )
    low, high = (f"{at:z.0%}" if share else f"{at:.3g}" for at in up)
    title = Text(
        "{count} {count:version|versions}, by what they gained and what they kept; the slider tells each in words.",
        count=len(found),
    )
    return (
        f'<p class="ts-yname">↑ {said(say, Text("your task, on held-out rows"))}</p>'
        f'<div class="ts-space" role="img" aria-label="{said(say, title)}">'
        f'<div class="ts-ticks"><span>{high}</span><span>{low}</span></div><div class="ts-field-of">{"".join(parts)}</div></div>'
        f'<div class="ts-xticks" aria-hidden="true"><span>{across[0]:.0%}</span><span>{said(say, Text("general abilities kept"))} →</span><span>{across[1]:.0%}</span></div>'
    )


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    span = max(high - low, LEAST_SPAN)
    return low - MARGIN * span, high + MARGIN * span
