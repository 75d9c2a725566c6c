"""The next plan that a report advises, taken up by a yes: planned again with its settings, and put up as an order of its own.

Nothing is started by it: what it costs is shown first, and waits for another yes.
"""

from __future__ import annotations

from agent.conversation import acts, outcome
from agent.conversation.state import Conversation
from agent.conversation.workbench import Workbench
from training.text import Text


def take_up(state: Conversation, bench: Workbench) -> Text | None:
    """Have the last report's first advice planned; give what to say, None where it advises no other plan."""
    if acts.active(state) is not None:
        return None
    report = outcome.last_report(state, bench)
    step = report.next[0] if report is not None and report.next else None
    if step is None or not step.settings:
        return None
    if all(state["overrides"].get(name) == value for name, value in step.settings.items()):
        return None  # planned already
    state["overrides"] |= step.settings
    state["stale"] = True
    return Text("I plan it again that way; nothing starts before you have seen what it costs and said yes. {step}", step=step.text)  # fmt: skip
