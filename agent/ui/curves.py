"""Curves over one axis of time, as SVG that stretches: words stand beside it in HTML, so they stay readable on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from itertools import pairwise
from statistics import median

from training.rundir import Event

Points = Sequence[tuple[float, float]]
DRAWN_POINTS = 240
"""More cannot be told apart at the panel's width; an hour's run weighs what a minute's does."""
PAUSE_MINUTES = 5.0
"""A silence longer than this, and than `PAUSE_FACTOR` usual ones, is a run that stood still. A guess; not tuned."""
PAUSE_FACTOR = 20.0


@dataclass(frozen=True)
class Mark:
    """Something that happened, as a line through every curve. The number stands in the list of events too."""

    x: float
    number: int


def thinned(points: Points) -> list[tuple[float, float]]:
    """At most about `DRAWN_POINTS` points, the last one among them."""
    every = max(1, len(points) // DRAWN_POINTS)
    return [
        point
        for place, point in enumerate(points)
        if place % every == 0 or place == len(points) - 1
    ]


def minutes_at(events: Sequence[Event]) -> list[float]:
    """Minutes from the first event to each, without the time that the run stood still."""
    if not events:
        return []
    times = [datetime.fromisoformat(one.at).timestamp() / 60 for one in events]
    gaps = [max(0.0, after - before) for before, after in pairwise(times)]
    usual = median(gaps) if gaps else 0.0
    longest = max(PAUSE_MINUTES, PAUSE_FACTOR * usual)
    found = [0.0]
    for gap in gaps:
        found.append(found[-1] + (gap if gap <= longest else usual))
    return found


def chart(
    title: str,
    lines: Sequence[tuple[str, Points]],
    *,
    x_max: float,
    percent: bool = False,
    marks: Sequence[Mark] = (),
) -> str:
    """Draw named lines. Few points are drawn as dots as well. Words are HTML-escaped here."""
    drawn = [(name, thinned(points)) for name, points in lines if points]
    if not drawn:
        return ""
    values = [y for _, points in drawn for _, y in points]
    low, high = (0.0, 1.0) if percent else (min(0.0, *values), max(values) or 1.0)
    span = (high - low) or 1.0
    parts = [f'<path class="ts-mark" d="M{100 * one.x / (x_max or 1.0):.2f} 1V39"/>' for one in marks]  # fmt: skip
    for place, (_, points) in enumerate(drawn):
        spots = [(100 * x / (x_max or 1.0), 38 * (1 - (y - low) / span) + 1) for x, y in points]
        path = " ".join(f"{x:.2f},{y:.2f}" for x, y in spots)
        parts.append(f'<polyline class="ts-line l{place}" points="{path}"/>')
        if len(spots) <= 24:
            parts += [
                f'<path class="ts-dot l{place}" d="M{x:.2f} {y:.2f}h0.001"/>' for x, y in spots
            ]
    top, foot = (f"{at:.0%}" if percent else f"{at:.2g}" for at in (high, low))
    legend = "".join(
        f'<span class="ts-key l{place}">{escape(name)} <b>{_shown(points[-1][1], percent)}</b></span>'
        for place, (name, points) in enumerate(drawn)
    )
    return (
        f'<figure class="ts-chart"><figcaption>{legend}</figcaption><div class="ts-plot">'
        f'<span class="ts-axis"><i>{top}</i><i>{foot}</i></span>'
        f'<svg viewBox="0 0 100 40" preserveAspectRatio="none" role="img" aria-label="{escape(title, quote=True)}">'
        f'<path class="ts-grid" d="M0 1H100M0 20H100M0 39H100"/>{"".join(parts)}</svg></div></figure>'
    )


def flags(marks: Sequence[Mark], *, x_max: float) -> str:
    """The numbers of the marks over the curves; those that would cover each other stand on another line."""
    shown, rows = [], [-10.0, -10.0, -10.0]
    for one in marks:
        left = 100 * one.x / (x_max or 1.0)
        row = next((at for at, last in enumerate(rows) if left - last >= 4), 2)
        rows[row] = left
        shown.append(f'<i style="left:{left:.1f}%;top:{18 * row}px">{one.number}</i>')
    deep = 18 * (1 + max((at for at, last in enumerate(rows) if last >= 0), default=0))
    return f'<div class="ts-flags" aria-hidden="true" style="height:{deep}px"><span>{"".join(shown)}</span></div>'


def _shown(value: float, percent: bool) -> str:
    return f"{value:.0%}" if percent else f"{value:.3g}"
