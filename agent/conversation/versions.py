"""Another version of the trained model, chosen by the person: a run of its own that only measures."""

from __future__ import annotations

from agent.conversation import acts
from agent.conversation.state import Conversation
from agent.conversation.workbench import Workbench
from training.text import Text

NAME = "version"
"""How an edit names it."""


def choose(state: Conversation, bench: Workbench, version: str) -> None:
    """Start measuring the version of the latest trained run, and follow it like any run. Raises RunError."""
    run = acts.finished(state, bench)
    if run is None:
        said = Text("There is no trained model whose versions could be chosen from.")
        state["says"] += bench.spoken(state, said)
        return
    made = bench.engine.take_version(run, version)
    parent = next(one for one in state["runs"] if one["id"] == run)
    state["runs"] = [one for one in state["runs"] if one["id"] != made]
    state["runs"].append(parent | {"id": made, "ended": False})
    said = Text(
        "All right: I measure that version on the test items and make it the one to use. They were asked before, for the version that was kept, so this is a second look and I say so in the result. The first result stays in the list of runs."
    )
    state["says"] += bench.spoken(state, said)
