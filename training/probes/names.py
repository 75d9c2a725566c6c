"""What a family of probes is called where a person reads it."""

from __future__ import annotations

from training.text import Text

NAMES = {
    "arithmetic": Text("arithmetic"),
    "categories": Text("kinds of things"),
    "comparison": Text("comparing"),
    "degeneration": Text("free writing"),
    "extraction": Text("pulling out facts"),
    "facts": Text("simple facts"),
    "formatting": Text("formatting"),
    "instructions": Text("instructions"),
    "judgement": Text("mood and topic"),
    "memory": Text("memory"),
    "reading": Text("reading"),
    "refusal": Text("refusing harm"),
    "sorting": Text("sorting"),
    "strings": Text("letters and words"),
}


def ability(family: str) -> Text:
    """Name the ability that a family measures; a family of an older run keeps its own name.

    >>> ability("refusal")
    'refusing harm'
    """
    return NAMES.get(family, Text.plain(family.replace("_", " ")))
