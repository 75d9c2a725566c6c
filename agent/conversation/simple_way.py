"""The word-counting classifier, handed over in the conversation and on the page: where it is as good, it is what to use."""

from __future__ import annotations

import re
from pathlib import Path

from agent.conversation.state import Conversation
from agent.conversation.workbench import Workbench, request_of
from tools import classifier
from tools.errors import TuningError
from tools.plan import Plan
from tools.profile import Profile
from tools.simple import SCORED_TASKS, SIMPLE
from training.measured import NamedScore
from training.text import Text

NAMED = re.compile(r"\bclassifiers?\b|\bword[- ]count\w*|分类器|数词", re.IGNORECASE)
LONGEST_EXAMPLE = 80
"""Letters of a text that is asked with."""
GIVE = Text("Give me the classifier")
"""What a press says in the conversation."""


def folder(home: Path, session: str) -> Path:
    """Where a conversation's classifier is written to."""
    return home / "classifiers" / session


def score(plan: Plan | None) -> NamedScore | None:
    """What the classifier scored on the test items; None where it was not asked."""
    found = plan.baselines if plan is not None else ()
    return next((one for one in found if one.name == SIMPLE), None)


def hand_over(state: Conversation, bench: Workbench) -> Text:
    """Train the classifier on the person's rows, write it and its script to a folder, and say how to ask it."""
    profile = bench.profile(state)
    if profile is None or profile.task.value not in SCORED_TASKS:
        return Text("A word-counting classifier only sorts texts into groups, and your examples are no such task.")  # fmt: skip
    try:
        rows = bench.engine.dataset(request_of(state, bench)).train
        script = classifier.hand_over(rows, folder(bench.inbox.home, bench.session))
    except TuningError as error:
        return Text("{what} {what_to_do}", what=error.what, what_to_do=error.what_to_do)
    return Text(
        "Done: the classifier lies in {folder}, with a script that asks it. It needs Python and scikit-learn, no language model:\n```\n{command}\n```",
        folder=str(script.parent),
        command=classifier.command(script, example(profile)),
    )


def example(profile: Profile | None) -> str:
    """A short text of the person's own to ask with."""
    for row in profile.sample if profile is not None else ():
        for turn in row.get("messages") or ():
            text = str(turn.get("content", ""))
            if turn.get("role") == "user" and 0 < len(text) <= LONGEST_EXAMPLE and "\n" not in text:
                return text
    return "your text"
