"""The conversation as the chat component takes it: messages, and buttons under the last one only.

A button carries the number of the reply it stands under, or the id of the order it says yes to: pressed later, in an
old tab, it does nothing but show what stands now.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from agent.conversation import simple_way
from agent.conversation.recorded import Call, title
from agent.ui.safe import spoken, typed
from agent.ui.view import Turn, View
from prompts import translate
from tools.deciding.costing import limit_in_words
from tools.judging.report import code
from tools.plan import Order
from training.text import Text


@dataclass(frozen=True)
class Pressed:
    """What a button means: an order's yes, or words to say."""

    order: str | None = None
    words: str | None = None
    again: int | None = None
    """Post this message once more."""


@dataclass(frozen=True)
class Forming:
    """A reply that is not complete yet: what was done, and what is said so far."""

    calls: tuple[Call, ...] = ()
    text: str = ""


def messages(
    view: View,
    language: str,
    *,
    forming: Forming | None = None,
    glance: Text | None = None,
) -> list[dict[str, Any]]:
    """Give every message: cards for what was done, then what was said.

    `forming` is a reply that is not complete yet, `glance` a first look at files handed over.
    """
    shown = [one for turn in view.turns for one in _turn(turn, language)]
    if view.busy or forming is not None:
        live = forming or Forming()
        shown += [_card(one, language, glance) for one in live.calls if one["tool"] != "plan"]
        reading = glance is not None and not live.calls and not live.text
        if reading:
            shown.append(
                _card({"tool": "profile", "seconds": None, "detail": None}, language, glance)
            )
        elif live.text or not live.calls or live.calls[-1]["seconds"] is not None:
            waits = translate(Text("One moment…"), language)
            shown.append({"role": "assistant", "content": spoken(live.text) or waits})
    elif shown and shown[-1]["role"] == "assistant":
        shown[-1]["options"] = buttons(view)
    return shown


def _card(call: Call, language: str, glance: Text | None = None) -> dict[str, Any]:
    """One thing that was done, folded up; while it is under way, with what is known already."""
    under_way = call["seconds"] is None
    detail = Text.restore(call["detail"]) if call["detail"] else glance or Text("Working…")
    metadata = {"title": translate(title(call["tool"], under_way=under_way), language)}
    metadata |= (
        {"status": "pending"} if under_way else {"status": "done", "duration": call["seconds"]}
    )
    return {
        "role": "assistant",
        "content": spoken(translate(detail, language)),
        "metadata": metadata,
    }


def buttons(view: View) -> list[dict[str, str]]:
    """Give the quick replies of the last message."""
    reply = view.reply
    if reply is None:
        return []
    say = reply.language
    if view.turns and view.turns[-1].failed:
        again = {"value": f"again:{reply.n}", "label": translate(Text("Try again"), say)}
        return [again]
    if reply.order is not None:
        return [
            {"value": f"approve:{reply.order.id}", "label": translate(yes_words(reply.order), say)},
            {"value": f"say:{reply.n}:no", "label": translate(Text("No, not now"), say)},
        ]
    if reply.choices:
        return [
            {"value": f"answer:{reply.n}:{place}", "label": one.label}
            for place, one in enumerate(reply.choices)
        ]
    return [
        {"value": f"say:{reply.n}:{key}", "label": translate(words, say)}
        for key, words in suggestions(view).items()
    ]


def yes_words(order: Order) -> Text:
    """A yes with its price in it."""
    price = (
        Text("no money")
        if not order.max_cost_usd
        else Text("{usd:,.2f} dollars", usd=order.max_cost_usd)
    )
    if order.max_minutes is None:
        return Text("Yes, do it ({price})", price=price)
    return Text(
        "Yes, start (at most {time}, {price})",
        time=limit_in_words(order.max_minutes), price=price,
    )  # fmt: skip


def suggestions(view: View) -> dict[str, Text]:
    """What people ask next, by a short name: said in their name when pressed."""
    run = view.training
    report = run.report if run is not None else None
    if run is not None and run.standing.reading in {"failed", "lost"} and not view.lives:
        return {"resume": Text("Go on from the last good checkpoint")}
    if view.reply is not None and view.reply.waiting_for == "run":
        trains = view.shown_run is not None and view.shown_run.kind == "train"
        return {
            "status": Text("How is it going?"),
            "stop": Text("Stop it and keep the best so far") if trains else Text("Stop it"),
        }
    if report is not None:
        return {"lost": Text("What did it lose?"), "next": Text("What should I do next?")}
    if view.plan is not None and not view.plan.decision.pipeline:
        words = {translate(simple_way.GIVE, language) for language in ("en", "zh")}
        given = any(one.by_person and one.text in words for one in view.turns)
        offered = simple_way.score(view.plan) is not None and not given
        give = {"classifier": simple_way.GIVE} if offered else {}
        return {**give, "why": Text("Why?"), "anyway": Text("Train it anyway")}
    return {}


def pressed(view: View, value: str) -> Pressed | None:
    """Read a button; None where what it stood under is not the last reply any more."""
    kind, _, rest = value.partition(":")
    if kind == "approve" and rest:
        return Pressed(order=rest)
    number, _, which = rest.partition(":")
    reply = view.reply
    if kind == "again":
        failed = bool(view.turns) and view.turns[-1].failed and not view.busy
        return Pressed(again=reply.n) if failed and reply and number == str(reply.n) else None
    if reply is None or view.busy or number != str(reply.n):
        return None
    if kind == "answer" and which.isdigit() and int(which) < len(reply.choices):
        return Pressed(words=reply.choices[int(which)].label)
    if kind == "say":
        known = {"no": Text("No, not now"), **suggestions(view)}
        return Pressed(words=translate(known[which], reply.language)) if which in known else None
    return None


def _turn(turn: Turn, language: str) -> list[dict[str, Any]]:
    if not turn.by_person:
        cards = [_card(one, language) for one in turn.calls]
        return [*cards, *_folded(turn.text or "")]
    text = typed(turn.text) if turn.text is not None else translate(Text("Yes, start."), language)
    files = " ".join(code(name, 60) for name in turn.files)
    content = "\n\n".join(part for part in (text, files) if part)
    return [{"role": "user", "content": content}]


SCRIPT = re.compile(
    r"(?:^|\n\n)([^\n`]{1,80})[:：]\n((?:```[^\n]*\n.*?\n```\n?)+)(?=\n|$)", re.DOTALL
)
"""A paragraph that is a head and code, and nothing else."""


def _folded(text: str) -> list[dict[str, Any]]:
    """A reply as messages: its code is folded away under its head, because few people read it each time."""
    shown: list[dict[str, Any]] = []
    at = 0
    for found in SCRIPT.finditer(text):
        before = text[at : found.start()].strip()
        if before:
            shown.append({"role": "assistant", "content": spoken(before)})
        metadata = {"title": spoken(found[1]), "status": "done"}
        shown.append({"role": "assistant", "content": spoken(found[2]), "metadata": metadata})
        at = found.end()
    rest = text[at:].strip()
    return [*shown, {"role": "assistant", "content": spoken(rest)}] if rest or not shown else shown
