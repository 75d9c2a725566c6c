"""Every run of the conversation, two of them side by side, and what waits for a yes. Pure: a view in, HTML out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.approvals import WaitingOrder
from agent.ui.parts import empty, facts, failure, said, section, table
from agent.ui.press import button
from agent.ui.safe import show
from agent.ui.scores import figure
from agent.ui.tabs.training import state_words
from agent.ui.view import RunView, View
from agent.words import wording
from tools.judging import report as words
from tools.judging.report import Say
from training.text import Text

COMPARE = """
element.addEventListener('change', (event) => {
  if (!event.target.matches('[data-pick]')) return;
  const picked = [...element.querySelectorAll('[data-pick]:checked')];
  if (picked.length > 2) { picked.find((one) => one !== event.target).checked = false; }
  const two = [...element.querySelectorAll('[data-pick]:checked')].map((one) => one.dataset.pick);
  if (two.length === 2) trigger('submit', {do: 'compare:' + two.join(':')});
});
"""
"""Two boxes that are ticked ask for the comparison; a third tick lets go of an earlier one."""
SETTINGS_SHOWN = 30


@dataclass(frozen=True)
class Beside:
    """What the page knows beyond the session: the disk its runs use, and orders that other agents put up."""

    disk: Mapping[str, int] = field(default_factory=dict)
    """Run -> bytes."""
    orders: Sequence[WaitingOrder] = ()


def drawn(view: View, say: Say, beside: Beside | None = None) -> str:
    """What waits, then every run of this conversation, the newest first."""
    there = beside or Beside()
    orders = section(said(say, Text("Waiting for your yes")), _orders(there.orders, say))
    if not view.runs:
        nothing = Text("No runs yet. Measurements and trainings of this conversation are listed here.")  # fmt: skip
        return orders + (empty(say, nothing) if not orders else "")
    can_compare = sum(_has_result(run) for run in view.runs) > 1
    hint = Text("Tick two runs with a result to see them side by side.")
    cards = "".join(_card(run, there, say, can_compare) for run in reversed(view.runs))
    used = sum(there.disk.values())
    total = Text("These runs use {gib:,.2f} GiB of this machine's disk.", gib=used / 2**30)
    return (
        orders
        + (f'<p class="ts-note">{said(say, hint)}</p>' if can_compare else "")
        + f'<div class="ts-runs">{cards}</div>'
        + (f'<p class="ts-note">{said(say, total)}</p>' if used else "")
    )


def _has_result(run: RunView) -> bool:
    return run.report is not None and run.report.tuned is not None


def _card(run: RunView, there: Beside, say: Say, can_compare: bool) -> str:
    kinds = {"train": Text("training"), "measure": Text("measurement")}
    kind = said(say, kinds.get(run.kind, Text.plain(run.kind)))
    made = run.report
    outcome = words.verdict_words(made) if made is not None else state_words(run.standing.reading)
    pick = ""
    if can_compare and _has_result(run):
        name = said(say, Text("Compare run {run}", run=run.id))
        pick = f'<input type="checkbox" class="ts-pick" data-pick="{show(run.id, 160)}" aria-label="{name}">'  # fmt: skip
    figures = []
    if made is not None and made.tuned is not None:
        before = figure(made.baseline) if made.baseline is not None else "–"
        figures.append((f"{before} → {figure(made.tuned)}", said(say, Text("your task"))))
        if made.retention is not None:
            figures.append((f"{made.retention.value:.1%}", said(say, Text("general abilities kept"))))  # fmt: skip
        if made.spent.get("minutes") is not None:
            figures.append((said(say, wording.duration(float(made.spent["minutes"]))), said(say, Text("used"))))  # fmt: skip
    size = there.disk.get(run.id)
    disk = f" · {said(say, Text('{mib:,.0f} MiB on disk', mib=size / 2**20))}" if size else ""
    pulse = '<i class="ts-pulse" aria-hidden="true"></i>' if run.lives else ""
    trouble = failure(run.trouble, say) if run.trouble is not None else ""
    return (
        f'<article class="ts-run"><div class="ts-runhead"><h3>{pick}{pulse}<span>{said(say, outcome)}</span></h3></div>'
        f'<p class="ts-note">{kind} · <code>{show(run.id)}</code>{disk}</p>{facts(figures)}{trouble}</article>'
    )


def _orders(orders: Sequence[WaitingOrder], say: Say) -> str:
    """Orders in three lines each, with a yes and a no."""
    cards = []
    for one in orders:
        lines = "<br>".join(said(say, text) for text in (one.what, one.at_most, one.cannot_be_undone))  # fmt: skip
        yes = button(f"agree:{one.id}", said(say, Text("Yes, do it")), kind="strong")
        no = button(f"decline:{one.id}", said(say, Text("No")))
        asked = said(say, Text("Another agent asks, {when} (UTC):", when=one.at[:16].replace("T", " ")))  # fmt: skip
        cards.append(
            f'<div class="ts-card" data-once><p class="ts-note">{asked}</p><p>{lines}</p><div class="ts-offers">{yes}{no}</div></div>'
        )
    return "".join(cards)


def compared(found: dict[str, Any], say: Say) -> str:
    """Two runs side by side, as `Runs.compare` gives them: results first, then what was set differently."""
    runs = found["runs"]
    heads = ["", *(f"<code>{show(one['run'])}</code>" for one in runs)]
    kinds = {
        "ship": Text("Use the tuned model"), "do_not_ship": Text("Do not use the tuned model"),
        "inconclusive": Text("No clear result"), "not_trained": Text("No training needed now"),
    }  # fmt: skip
    rows = [
        (said(say, Text("verdict")), *(said(say, kinds[one["verdict"]]) for one in runs)),
        (said(say, Text("untouched model")), *(_score(one["baseline"]) for one in runs)),
        (said(say, Text("tuned model")), *(_score(one["tuned"]) for one in runs)),
        (said(say, Text("general abilities kept")), *("–" if one["retention"] is None else f"{one['retention']:.1%}" for one in runs)),
        (said(say, Text("used")), *("–" if one["minutes"] is None else said(say, wording.duration(float(one["minutes"]))) for one in runs)),
    ]  # fmt: skip
    settings = [
        (f"<code>{show(name)}</code>", *(show(value, 80) or "–" for value in values))
        for name, values in list(found["differences"].items())[:SETTINGS_SHOWN]
    ]
    same = f'<p class="ts-note">{said(say, Text("Their settings are the same."))}</p>'
    left_out = len(found["differences"]) - len(settings)
    more = Text("{count:,} more {count:setting differs|settings differ}.", count=left_out)
    rest = f'<p class="ts-note">{said(say, more)}</p>' if left_out > 0 else ""
    return section(said(say, Text("Side by side")), table(heads, rows)) + section(
        said(say, Text("What was set differently")),
        (table(heads, settings) + rest) if settings else same,
    )


def _score(score: dict[str, Any] | None) -> str:
    if score is None:
        return "–"
    if not 0 <= score["value"] <= 1:
        return f"{score['value']:.3g} ({score['low']:.3g}–{score['high']:.3g})"
    return f"{score['value']:.1%} ({score['low']:.0%}–{score['high']:.0%})"
