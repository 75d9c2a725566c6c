"""The blind vote in the conversation: one pair a message, left or right, stop at any time, the result in plain words."""

from __future__ import annotations

from typing import Any

from agent.brain.protocol import Intent
from agent.conversation import acts, outcome
from agent.conversation.state import Conversation
from agent.conversation.workbench import Workbench
from tools.judging.results import VoteTally
from tools.marking.votes import COUNT, Choice, Pair
from training.text import Text

QUESTION = "vote"
SHOWN_LETTERS = 900
SIDES: tuple[Choice, ...] = ("left", "right", "same")


def is_meant(state: Conversation) -> bool:
    """Whether "compare" can only mean the two models of one run."""
    return sum(bool(run["ended"]) for run in acts.trained(state)) == 1


def hear(state: Conversation, bench: Workbench, intent: Intent) -> list[Text]:
    """Count a vote and show the next pair; begin where none is under way; end where the person has had enough."""
    choice, going = intent.fields.get("choice"), state.get("voting")
    if going is None or choice is None:
        return _begin(state, bench)
    if choice == "stop":
        return _end(state, bench, going)
    bench.engine.vote(going["run"], going["items"][0], choice)
    going["items"] = going["items"][1:]
    going["done"] += 1
    if not going["items"]:
        return _end(state, bench, going)
    return _show(state, bench, going)


def _begin(state: Conversation, bench: Workbench) -> list[Text]:
    run = acts.finished(state, bench)
    if run is None:
        return [Text("There are no two models to compare yet. Once a run has ended, I show you their answers side by side.")]  # fmt: skip
    pairs = bench.engine.vote_pairs(run, count=COUNT)
    if not pairs:
        return [Text("Both models gave the same answers to every test item, so there is nothing to choose between.")]  # fmt: skip
    going: dict[str, Any] = {"run": run, "items": [pair.item for pair in pairs], "done": 0}
    state["voting"] = going
    opening = Text(
        "I show you {count} {count:pair|pairs}. One answer is the untouched model's and one the tuned model's, in mixed order. Choose the better one each time; say stop when you have had enough.",
        count=len(pairs),
    )  # fmt: skip
    return [opening, *_show(state, bench, going)]


def _show(state: Conversation, bench: Workbench, going: dict[str, Any]) -> list[Text]:
    """Show the next pair and wait."""
    pairs = {pair.item: pair for pair in bench.engine.vote_pairs(going["run"], count=COUNT)}
    pair = pairs[going["items"][0]]
    number, count = going["done"] + 1, going["done"] + len(going["items"])
    text = Text(
        "Pair {number} of {count}. Asked: {prompt}\n\nLeft: {left}\n\nRight: {right}\n\nWhich one is better?",
        number=number, count=count, **_cut(pair),
    )  # fmt: skip
    labels = (Text("The left one"), Text("The right one"), Text("About the same"), Text("Stop here"))  # fmt: skip
    offered = [
        {"label": bench.spoken(state, label)[0], "value": {"choice": choice}}
        for label, choice in zip(labels, (*SIDES, "stop"), strict=True)
    ]
    state["question"] = {"id": QUESTION, "text": text.store(), "offered": offered}
    state["offered"], state["default"], state["over"] = offered, None, True
    return [text]


def _end(state: Conversation, bench: Workbench, going: dict[str, Any]) -> list[Text]:
    """Say what came of it, and what it means for the model."""
    state["voting"] = None
    report = bench.engine.report(going["run"])
    if report.votes is None:
        return [Text("All right. Nothing was counted.")]
    return [counted(report.votes), outcome.verdict(report)]


def counted(tally: VoteTally) -> Text:
    """Say the votes, and whether they show anything."""
    said = Text(
        "You compared {votes:,} {votes:pair|pairs}: {tuned:,} {tuned:time|times} the tuned model was better, {base:,} {base:time|times} the untouched one, {same:,} {same:time|times} neither.",
        votes=tally.votes, tuned=tally.tuned, base=tally.base, same=tally.same,
    )  # fmt: skip
    if tally.difference.better is None:
        return Text("{said} That could still be chance; more votes would tell.", said=said)
    if tally.difference.better:
        return Text("{said} So clear a preference is hardly chance.", said=said)
    return Text("{said} So clearly the untouched one is preferred that it is hardly chance.", said=said)  # fmt: skip


def _cut(pair: Pair) -> dict[str, str]:
    """Give the texts; what is cut off is told."""
    return {name: _shown(getattr(pair, name)) for name in ("prompt", "left", "right")}


def _shown(text: str) -> str:
    return text if len(text) <= SHOWN_LETTERS else text[:SHOWN_LETTERS] + " […]"
