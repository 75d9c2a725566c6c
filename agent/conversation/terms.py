"""The glossary: every term that our sentences use, in one line; and what differs between two things."""

from __future__ import annotations

import functools

from agent.brain.protocol import Intent
from agent.conversation.state import Conversation
from agent.conversation.workbench import Workbench
from agent.words import wording
from prompts import glossary as entries
from training.text import Text


@functools.cache
def known(language: str) -> dict[str, str]:
    """Give every name of a term, folded -> its key."""
    names: dict[str, str] = {}
    for table in (entries("en"), entries(language)):
        for key, entry in table.items():
            for name in (key, *entry.get("also", ())):
                names[fold(name)] = key
    return names


def fold(name: str) -> str:
    """Compare names as people do: without case, spaces, hyphens.

    >>> fold("Learning-Rate")
    'learningrate'
    """
    return "".join(letter for letter in name.lower() if letter.isalnum())


def meaning(term: str, language: str, depth: str) -> str | None:
    """Explain a term in one line; None where the glossary lacks it."""
    names = known(language)
    folded = fold(term)
    key = names.get(folded) or names.get(folded.removesuffix("s"))
    if key is None:
        return None
    entry = entries(language).get(key) or entries("en")[key]
    return (
        str(entry.get("engineer") or entry["plain"]) if depth == "engineer" else str(entry["plain"])
    )


def glossary(state: Conversation, bench: Workbench, intent: Intent) -> Text:
    """Explain the term asked about."""
    term = intent.topic or intent.words
    found = meaning(term, state["language"], state.get("depth", "plain"))
    if found is None:
        return Text(
            "I have no entry for {term!r}. Ask me about a word I used, and I explain it.", term=term
        )
    return Text.plain(found)


def compare(state: Conversation, bench: Workbench, intent: Intent) -> Text | list[Text]:
    """Explain both things that were set against each other, and which of them is advised here."""
    words = fold(state["heard"]["text"])
    names = known(state["language"])
    found: list[str] = []
    for name in sorted(names, key=len, reverse=True):
        if len(name) >= 3 and name in words and names[name] not in found:
            found.append(names[name])
            words = words.replace(name, " ")
    if "finetuning" not in found and ("prompt" in found or "rag" in found):
        found.append("finetuning")
    lines = [
        Text.plain(line)
        for key in found[:3]
        if (line := meaning(key, state["language"], state.get("depth", "plain")))
    ]
    parts = [wording.bullets(lines)] if lines else []
    plan = bench.plan(state)
    if plan is not None:
        parts.append(
            Text(
                "Here I suggest {pipeline}. {because}",
                pipeline=wording.pipeline(plan.decision.pipeline),
                because=plan.decision.because,
            )
        )
        parts += [
            Text(
                "I also looked at {pipeline}: {because}",
                pipeline=wording.pipeline(one.pipeline),
                because=one.because,
            )
            for one in plan.decision.runners_up[:2]
        ]
    return parts or [
        Text(
            "Tell me which two things you want to set against each other, and I say how they differ."
        )
    ]
