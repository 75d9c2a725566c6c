"""Two curves on one axis of steps, as SVG that stretches: words stand beside it in HTML, so they stay readable on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

Points = Sequence[tuple[float, float]]
DRAWN_POINTS = 240
"""More cannot be told apart at the panel's width; an hour's run weighs what a minute's does."""


def thinned(points: Points) -> list[tuple[float, float]]:
    """At most about `DRAWN_POINTS` points, the last one among them."""
    every = max(1, len(points) // DRAWN_POINTS)
    return [
        point
        for place, point in enumerate(points)
        if place % every == 0 or place == len(points) - 1
    ]


def chart(
    title: str, lines: Sequence[tuple[str, Points]], *, x_max: float, percent: bool = False
) -> str:
    """Draw named lines over the steps. Few points are drawn as dots as well. Words are HTML-escaped here."""
    drawn = [(name, thinned(points)) for name, points in lines if points]
    if not drawn:
        return ""
    values = [y for _, points in drawn for _, y in points]
    low, high = (0.0, 1.0) if percent else (min(0.0, *values), max(values) or 1.0)
    span = (high - low) or 1.0
    parts = []
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


def _shown(value: float, percent: bool) -> str:
    return f"{value:.0%}" if percent else f"{value:.3g}"
