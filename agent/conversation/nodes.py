"""The nodes of the conversation, one function each. The words and the rules stand in the modules they call.

Every node takes the state, changes a copy, and gives it back whole. What a node says is appended to `says`.
"""

from __future__ import annotations

import copy
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from agent.brain.protocol import Intent
from agent.conversation import (
    acts,
    answers,
    drafting,
    edits,
    hearing,
    interview,
    judge_wanted,
    marking,
    outcome,
    proposal,
    teacher_wanted,
    voting,
)
from agent.conversation.state import Conversation, facing
from agent.conversation.workbench import Workbench
from tools.errors import TuningError
from training.text import Text


def listen(state: Conversation, runtime: Runtime[Workbench]) -> Conversation:
    """Read the message in hand and note what follows from it. Starts nothing."""
    state, bench = _begin(state), runtime.context
    heard = state["heard"]
    if heard["kind"] == "event":
        state["todo"] = [{"step": "explain", "run": heard["run"]}]
    elif heard["kind"] == "approve":
        hearing.hear_approval(state, bench, named=heard.get("order") or "")
    elif heard["kind"] == "edit":
        edits.hear(state, bench)
        drafting.redraft(state, bench)
    else:
        context = interview.context(state, bench)
        intents = bench.brain.read(heard["text"], context)
        state["language"] = bench.brain.language(heard["text"], previous=state["language"])
        state["intents"] = [
            intent.model_dump(mode="json", exclude_defaults=True) for intent in intents
        ]
        hearing.hear(state, bench, intents)
        drafting.redraft(state, bench)
    return state


def inspect(state: Conversation, runtime: Runtime[Workbench]) -> Conversation:
    """Profile the files that were handed over, and say what is in them and what is wrong with them."""
    state, bench = _next(state), runtime.context
    drafting.inspect(state, bench)
    drafting.redraft(state, bench)
    return _spoken(state, runtime)


def ask(state: Conversation, runtime: Runtime[Workbench]) -> Conversation:
    """Ask the one question whose answer would change the plan most; the turn ends there."""
    state, bench = copy.deepcopy(state), runtime.context
    if state.get("needs_marks"):
        marking.begin(state, bench)
    else:
        interview.ask(state, bench)
    return _spoken(state, runtime)


def measure(state: Conversation, runtime: Runtime[Workbench]) -> Conversation:
    """Measure what simple models and the untouched model can do; put it up for approval where it costs."""
    state, bench = copy.deepcopy(state), runtime.context
    drafting.measure(state, bench)
    return _spoken(state, runtime)


def propose(state: Conversation, runtime: Runtime[Workbench]) -> Conversation:
    """Show the plan and the order; fix the id that the run will have."""
    state, bench = copy.deepcopy(state), runtime.context
    proposal.propose(state, bench)
    return _spoken(state, runtime)


def approve(state: Conversation) -> dict[str, Any]:
    """Wait for what the person says to the order. Only waits: this node runs again from its first line."""
    order = state["order"]
    assert order is not None, "approve is reached only while an order stands"
    heard = interrupt({"order": order["id"]})
    return {"heard": heard, "faced": facing(order["id"], heard["n"])}


def launch(state: Conversation, runtime: Runtime[Workbench]) -> Conversation:
    """Carry the order out. Reached only by a clear yes that `approve` brought back; the same order twice is one run."""
    state, bench = copy.deepcopy(state), runtime.context
    try:
        acts.carry_out(state, bench)
    except TuningError as error:
        state["says"] += bench.spoken(
            state, interview.trouble(error), Text("Nothing was started. The order still stands.")
        )
    state["agreed"] = False
    return _spoken(state, runtime)


def answer(state: Conversation, runtime: Runtime[Workbench]) -> Conversation:
    """Answer one question. Changes no plan."""
    task = state["todo"][0]
    state, bench = _next(state), runtime.context
    said = list(state["says"])

    def tell(forming: str) -> None:
        runtime.stream_writer({"says": [*said, forming]})

    try:
        answers.answer(state, bench, Intent.model_validate(task["intent"]), tell=tell)
    except TuningError as error:
        state["says"] += bench.spoken(state, interview.trouble(error))
    return _spoken(state, runtime)


def act(state: Conversation, runtime: Runtime[Workbench]) -> Conversation:
    """Do one thing to a run or its answers: stop, resume, compare, try, export, mark, vote, teach."""
    task = state["todo"][0]
    state, bench = _next(state), runtime.context
    try:
        _act(state, bench, Intent.model_validate(task["intent"]))
    except TuningError as error:
        state["says"] += bench.spoken(state, interview.trouble(error))
    drafting.redraft(state, bench)
    return _spoken(state, runtime)


def explain(state: Conversation, runtime: Runtime[Workbench]) -> Conversation:
    """Say what came of a run, from its own numbers."""
    task = state["todo"][0]
    state, bench = _next(state), runtime.context
    try:
        outcome.explain(state, bench, task["run"])
        edits.say_lesson(state, bench, task["run"])
    except TuningError as error:
        state["says"] += bench.spoken(state, interview.trouble(error))
    drafting.redraft(state, bench)
    return _spoken(state, runtime)


def _act(state: Conversation, bench: Workbench, intent: Intent) -> None:
    if intent.kind == "mark" and judge_wanted.is_meant(state, intent):
        judge_wanted.hear(state, bench, intent)
    elif intent.kind == "mark":
        marking.hear(state, bench, intent)
    elif intent.kind == "teach":
        teacher_wanted.hear(state, bench, intent)
    elif intent.kind == "vote" or (intent.kind == "compare" and voting.is_meant(state)):
        state["says"] += bench.spoken(state, *voting.hear(state, bench, intent))
    else:
        acts.act(state, bench, intent)


def _begin(state: Conversation) -> Conversation:
    """Start a turn: what belonged to the last one is let go of."""
    state = copy.deepcopy(state)
    state["says"], state["choices"], state["todo"], state["intents"] = [], [], [], []
    state["agreed"], state["over"] = False, False
    return state


def _next(state: Conversation) -> Conversation:
    """Take the first thing to do off the list."""
    state = copy.deepcopy(state)
    state["todo"] = state["todo"][1:]
    return state


def _spoken(state: Conversation, runtime: Runtime[Workbench]) -> Conversation:
    """Let a listener read along while the turn goes on."""
    runtime.stream_writer({"says": list(state["says"])})
    return state
