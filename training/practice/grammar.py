"""A tiny text grammar: the curriculum's wording is written as templates, not as code.

`[a|b|c]` picks one of the alternatives (an empty one is allowed, brackets nest), `{name}` takes a
slot: the caller's value, or else a word of the lexicon's list of that name.
"""

import random
import re
from collections.abc import Mapping, Sequence

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_SPACES = re.compile(r"  +")


def expand(
    rng: random.Random, template: str, lists: Mapping[str, Sequence[str]], **slots: object
) -> str:
    """Return one sentence of `template`; equal seeds give equal sentences.

    >>> expand(random.Random(0), "[Hi|Hello] {name}.", {"name": ["Ann"]})
    'Hello Ann.'
    """

    def choose(match: re.Match[str]) -> str:
        return rng.choice(str(match[1]).split("|"))

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        return str(slots[name]) if name in slots else rng.choice(lists[name])

    text = template
    while "[" in text:
        text = _CHOICE.sub(choose, text)
    return _SPACES.sub(" ", _SLOT.sub(fill, text)).strip()


def capitalised(text: str) -> str:
    """Return `text` with its first letter as a capital, the rest untouched."""
    return text[:1].upper() + text[1:]
