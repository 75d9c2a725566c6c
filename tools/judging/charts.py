"""Small charts as inline SVG: no script, no font, no network, so a report can be mailed as one file.

Colours come from the page's CSS variables; every chart has a title that a screen reader speaks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 640
LABEL_WIDTH = 250
"""Room for the longest name of a baseline, at 13 pixels a letter's height."""


@dataclass(frozen=True)
class Bar:
    """One horizontal bar with its interval. Values are shares, 0 to 1."""

    label: str
    value: float
    low: float
    high: float
    said: str
    """The value as a person reads it, such as `78 %`."""
    strong: bool = False


@dataclass(frozen=True)
class Point:
    """One candidate: how well it does the task, how much it kept."""

    x: float
    y: float
    label: str
    kind: str
    """`plain`, `front` or `chosen`: a CSS class."""


def bars(title: str, rows: Sequence[Bar]) -> str:
    """Draw horizontal bars with their 95 % intervals as whiskers."""
    label_width, row_height = LABEL_WIDTH, 34
    top = max([1.0] + [row.high for row in rows])
    span = WIDTH - label_width - 70
    parts = []
    for index, row in enumerate(rows):
        y = index * row_height + 6
        x = label_width
        to = [x + span * max(0.0, at) / top for at in (row.value, row.low, row.high)]
        kind = "bar strong" if row.strong else "bar"
        parts.append(
            f'<text class="label" x="{x - 10}" y="{y + 15}" text-anchor="end">{escape(row.label)}</text>'
            f'<rect class="{kind}" x="{x}" y="{y}" width="{to[0] - x:.1f}" height="20" rx="3"/>'
            f'<path class="whisker" d="M{to[1]:.1f} {y + 10}H{to[2]:.1f}M{to[1]:.1f} {y + 5}v10M{to[2]:.1f} {y + 5}v10"/>'
            f'<text class="value" x="{WIDTH - 2}" y="{y + 15}" text-anchor="end">{escape(row.said)}</text>'
        )
    return _svg(title, len(rows) * row_height + 4, parts)


def pairs(title: str, rows: Sequence[tuple[str, float, float, str]]) -> str:
    """Draw before and after for each row: a hollow dot, a line, a filled dot. Values 0 to 1."""
    label_width, row_height = LABEL_WIDTH, 26
    span = WIDTH - label_width - 130
    parts = []
    for index, (label, before, after, said) in enumerate(rows):
        y = index * row_height + 14
        x0, x1 = (label_width + span * value for value in (before, after))
        kind = "worse" if after < before else "better"
        parts.append(
            f'<text class="label" x="{label_width - 10}" y="{y + 4}" text-anchor="end">{escape(label)}</text>'
            f'<path class="rail" d="M{label_width} {y}h{span}"/><path class="move {kind}" d="M{x0:.1f} {y}H{x1:.1f}"/>'
            f'<circle class="before" cx="{x0:.1f}" cy="{y}" r="5"/><circle class="after {kind}" cx="{x1:.1f}" cy="{y}" r="5"/>'
            f'<text class="value" x="{WIDTH - 2}" y="{y + 4}" text-anchor="end">{escape(said)}</text>'
        )
    return _svg(title, len(rows) * row_height + 6, parts)


def scatter(title: str, points: Sequence[Point], *, x_label: str, y_label: str) -> str:
    """Draw candidates by task score (up) and what was kept (right); the axes end at the data."""
    height, left, bottom = 300, 56, 44
    xs, ys = [point.x for point in points], [point.y for point in points]
    x_range, y_range = _range(xs), _range(ys)

    def place(point: Point) -> tuple[float, float]:
        x = left + (WIDTH - left - 20) * (point.x - x_range[0]) / (x_range[1] - x_range[0])
        y = 10 + (height - bottom - 20) * (1 - (point.y - y_range[0]) / (y_range[1] - y_range[0]))
        return x, y

    parts = [
        f'<path class="axis" d="M{left} 8V{height - bottom}H{WIDTH - 8}"/>',
        f'<text class="label" x="{WIDTH - 8}" y="{height - 8}" text-anchor="end">{escape(x_label)} →</text>',
        f'<text class="label" x="{left + 8}" y="18">↑ {escape(y_label)}</text>',
        f'<text class="tick" x="{left}" y="{height - bottom + 16}">{x_range[0]:.0%}</text>',
        f'<text class="tick" x="{WIDTH - 8}" y="{height - bottom + 16}" text-anchor="end">{x_range[1]:.0%}</text>',
        f'<text class="tick" x="{left - 6}" y="{height - bottom}" text-anchor="end">{y_range[0]:.0%}</text>',
        f'<text class="tick" x="{left - 6}" y="34" text-anchor="end">{y_range[1]:.0%}</text>',
    ]
    for point in sorted(points, key=lambda each: each.kind == "chosen"):
        x, y = place(point)
        radius = 7 if point.kind == "chosen" else 4
        parts.append(
            f'<circle class="point {point.kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}"><title>{escape(point.label)}</title></circle>'
        )
    return _svg(title, height, parts)


def curve(title: str, points: Sequence[tuple[float, float]], *, x_label: str, y_label: str) -> str:
    """Draw one line, thinned to at most 200 points so that the page stays small."""
    height, left, bottom = 220, 48, 36
    step = max(1, len(points) // 200)
    shown = [*points[::step], points[-1]]
    x_max = max(x for x, _ in shown) or 1.0
    low, high = min(y for _, y in shown), max(y for _, y in shown)
    span = (high - low) or 1.0
    path = " ".join(
        f"{left + (WIDTH - left - 20) * x / x_max:.1f},{10 + (height - bottom - 14) * (1 - (y - low) / span):.1f}"
        for x, y in shown
    )
    return _svg(
        title,
        height,
        [
            f'<path class="axis" d="M{left} 6V{height - bottom}H{WIDTH - 8}"/>',
            f'<polyline class="line" points="{path}"/>',
            f'<text class="tick" x="{left - 6}" y="18" text-anchor="end">{high:.2f}</text>',
            f'<text class="tick" x="{left - 6}" y="{height - bottom}" text-anchor="end">{low:.2f}</text>',
            f'<text class="tick" x="{WIDTH - 8}" y="{height - bottom + 16}" text-anchor="end">{x_max:,.0f}</text>',
            f'<text class="label" x="{WIDTH - 8}" y="{height - 4}" text-anchor="end">{escape(x_label)} →</text>',
            f'<text class="label" x="{left + 8}" y="16">{escape(y_label)}</text>',
        ],
    )


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    margin = max(0.02, 0.08 * (high - low))
    return low - margin, high + margin


def _svg(title: str, height: int, parts: Sequence[str]) -> str:
    body = "".join(parts)
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title, quote=True)}">'
        f"<title>{escape(title)}</title>{body}</svg>"
    )
