"""What if there were more rows, another card, less money: three sliders, and the plan that would follow. Pure HTML.

Nothing is stored and nothing starts: the same decision is made on other facts, which takes milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from agent.ui.parts import said, section, table
from agent.ui.safe import show
from agent.ui.tabs.plan_values import Moved, gib, moved
from agent.words import wording
from tools.judging.report import Say
from tools.plan import Plan
from training.text import Text

ROWS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0)
ROWS_NOW = ROWS.index(1.0)
CARDS: tuple[dict[str, Any] | None, ...] = (
    None, {"gpu": None, "count": 0, "gib": None},
    *({"gpu": name, "count": 1, "gib": None} for name in ("T4", "4090", "A6000", "A100-80", "H100", "B200")),
    {"gpu": "H100", "count": 8, "gib": None},
)  # fmt: skip
"""None: as planned now."""
MONEY = (None, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 100.0)
MOVED_SHOWN = 12
LISTEN = """
let waiting = null;
const tell = () => {
  const value = {};
  element.querySelectorAll('input[type=range]').forEach((one) => { value[one.name] = Number(one.value); });
  trigger('submit', value);
};
element.addEventListener('input', (event) => {
  const slider = event.target;
  if (!slider.dataset || !slider.dataset.words) return;
  const word = JSON.parse(slider.dataset.words)[Number(slider.value)];
  slider.setAttribute('aria-valuetext', word);
  element.querySelector('output[for="' + slider.id + '"]').textContent = word;
  clearTimeout(waiting); waiting = setTimeout(tell, 60);
});
"""


def sliders(say: Say) -> str:
    """Three sliders, each with what it stands at in words."""
    rows = [
        Text("as many as now") if one == 1 else Text("{factor:g} times as many", factor=one)
        for one in ROWS
    ]
    cards = [_card(one) for one in CARDS]
    money = [Text("as planned now") if one is None else wording.money(one) for one in MONEY]
    return (
        f'<div class="ts-suppose">{_slider("rows", Text("Examples"), rows, ROWS_NOW, say)}'
        f"{_slider('card', Text('Graphics card'), cards, 0, say)}"
        f"{_slider('money', Text('It may cost at most'), money, 0, say)}</div>"
    )


def _card(one: dict[str, Any] | None) -> Text:
    if one is None:
        return Text("as planned now")
    if not one["count"]:
        return Text("none, only this machine")
    return Text("{count} x {name}", count=one["count"], name=one["gpu"])


def _slider(name: str, title: Text, words: Sequence[Text], at: int, say: Say) -> str:
    spoken = [say(one) for one in words]
    return (
        f'<div><label for="suppose-{name}">{said(say, title)}</label>'
        f'<output for="suppose-{name}">{show(spoken[at])}</output>'
        f'<input type="range" id="suppose-{name}" name="{name}" min="0" max="{len(words) - 1}" step="1" value="{at}" '
        f'aria-valuetext="{show(spoken[at])}" data-words="{show(json.dumps(spoken, ensure_ascii=False), 2000)}"></div>'
    )


def facts(told: Any) -> dict[str, Any]:
    """Read the sliders as facts to suppose; what is out of range counts as untouched.

    >>> facts({"rows": 6, "card": 0, "money": 99})
    {'rows_factor': 10.0}
    """
    places = told if isinstance(told, dict) else {}

    def at(name: str, values: Sequence[Any], still: Any) -> Any:
        place = places.get(name)
        if not isinstance(place, int | float) or not 0 <= place < len(values):
            return still
        return values[int(place)]

    found: dict[str, Any] = {}
    if (factor := at("rows", ROWS, 1.0)) != 1.0:
        found["rows_factor"] = factor
    if (card := at("card", CARDS, None)) is not None:
        found["hardware"] = card
    if (usd := at("money", MONEY, None)) is not None:
        found["budget"] = {"usd": usd}
    return found


def answer(now: Plan, then: Plan, elapsed_ms: float, say: Say) -> str:
    """The plan that would follow, beside the present one."""
    rows = [
        (said(say, name), said(say, old), _new(old, new, say))
        for name, old, new in (
            (Text("advice"), wording.pipeline(now.decision.pipeline), wording.pipeline(then.decision.pipeline)),
            (Text("model"), Text.plain(now.model.value), Text.plain(then.model.value)),
            (Text("expected time"), wording.duration(now.estimate.minutes.value), wording.duration(then.estimate.minutes.value)),
            (Text("price"), wording.money(now.estimate.cost_usd.value), wording.money(then.estimate.cost_usd.value)),
            (Text("memory at the peak"), gib(now.estimate.peak_gib.value), gib(then.estimate.peak_gib.value)),
            (Text("fits"), _yes(now.estimate.fits), _yes(then.estimate.fits)),
        )
    ]  # fmt: skip
    heads = ("", said(say, Text("now")), said(say, Text("then")))
    others = [
        one
        for one in moved(now, then)
        if str(one.name)
        not in {"technique", "model", "expected time", "price", "memory at the peak"}
    ]
    why = f'<p class="ts-note">{said(say, then.decision.because)}</p>'
    note = said(
        say,
        Text(
            "Decided again in {ms:.0f} milliseconds. Nothing is stored, nothing starts.",
            ms=max(1.0, elapsed_ms),
        ),
    )
    return (
        table(heads, rows)
        + why
        + section(said(say, Text("What would move with it")), _moved(others, say))
        + f'<p class="ts-note">{note}</p>'
    )


def _new(old: Text, new: Text, say: Say) -> str:
    return said(say, new) if old == new else f"<mark>{said(say, new)}</mark>"


def _yes(fits: bool) -> Text:
    return Text("yes") if fits else Text("no")


def _moved(rows: Sequence[Moved], say: Say) -> str:
    items = "".join(
        f"<li><span>{said(say, one.name)}</span> <s>{said(say, one.old)}</s> → <b>{said(say, one.new)}</b> "
        f'<span class="ts-note">{said(say, one.because)}</span></li>'
        for one in rows[:MOVED_SHOWN]
    )
    return f'<ul class="ts-moved">{items}</ul>' if items else ""
