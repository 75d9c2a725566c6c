"""One probe: a question whose answer can be checked by a rule, and the small grammar that words it."""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any

from pydantic import Field

from training.document import Section
from training.rows import Message

LEVELS = (1, 2, 3)

_SPACES = re.compile(r"  +")
_LETTERS = re.compile(r"\w")


class ProbeItem(Section):
    """A question that a rule can mark."""

    id: str
    """`arithmetic-1-3f2a…`: family, level, and the start of the fingerprint."""
    family: str
    level: int
    """1 easy, 2 ordinary, 3 hard for an instruct model of a few billion parameters."""
    language: str
    messages: tuple[Message, ...]
    check: str
    """The rule of `checks.CHECKS` that marks the answer."""
    wants: tuple[str, ...] = ()
    """What is right; the meaning depends on the rule."""
    against: tuple[str, ...] = ()
    """Wrong answers that the question itself offers."""
    detail: dict[str, Any] = Field(default_factory=dict)

    @property
    def user_turns(self) -> list[str]:
        """What the person says, in order."""
        return [turn.content for turn in self.messages if turn.role == "user"]

    @property
    def fingerprint(self) -> str:
        """Hash of all turns' letters and digits: items with the same one are the same question."""
        return fingerprint(turn.content for turn in self.messages)


@dataclass(frozen=True)
class Draft:
    """What a generator returns: an item without its family, level and id."""

    prompt: str | tuple[tuple[str, str], ...]
    """The person's one turn, or (role, content) turns that end with the person's."""
    check: str
    wants: Sequence[str] = ()
    against: Sequence[str] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def turns(self) -> tuple[tuple[str, str], ...]:
        """The conversation as (role, content)."""
        return (("user", self.prompt),) if isinstance(self.prompt, str) else self.prompt

    @property
    def fingerprint(self) -> str:
        """The fingerprint that the item will have."""
        return fingerprint(text for _, text in self.turns)

    def item(self, *, family: str, level: int, language: str) -> ProbeItem:
        """Finish the item."""
        return ProbeItem(
            id=f"{family}-{level}-{self.fingerprint[:12]}",
            family=family,
            level=level,
            language=language,
            messages=tuple(
                Message.model_validate({"role": role, "content": text}) for role, text in self.turns
            ),
            check=self.check,
            wants=tuple(self.wants),
            against=tuple(self.against),
            detail=dict(self.detail),
        )


Generator = Callable[[random.Random, int], Draft]


def fingerprint(texts: Iterable[str]) -> str:
    """Hash the letters and digits of a conversation; case, spaces and punctuation do not count.

    >>> fingerprint(["What is 3 + 4?"]) == fingerprint(["what is 3+4"])
    True
    """
    letters = "".join(_LETTERS.findall("\n".join(texts).casefold()))
    return hashlib.sha256(letters.encode("utf-8")).hexdigest()


def say(rng: random.Random, wording: str, **slots: object) -> str:
    """Pick one of every `(a|b|c)`, nested or not, then fill the `{slots}` in; brackets without a bar stay.

    >>> say(random.Random(0), "(Hello|Hi) {name} (again)", name="Laura")
    'Hi Laura (again)'
    """
    return _SPACES.sub(" ", _pick(rng, _parse(wording)).format(**slots)).strip()


@lru_cache(maxsize=4096)
def _parse(wording: str) -> tuple[Any, ...]:
    """Split into texts and choices: a choice is a tuple of alternatives, each parsed in turn."""
    parts: list[Any] = []
    depth = start = 0
    for place, sign in enumerate(wording):
        if sign == "(":
            if depth == 0:
                parts.append(wording[start:place])
                start = place + 1
            depth += 1
        elif sign == ")" and depth:
            depth -= 1
            if depth == 0:
                alternatives = _alternatives(wording[start:place])
                single = ("(", *alternatives[0], ")")
                parts.extend([alternatives] if len(alternatives) > 1 else single)
                start = place + 1
    assert depth == 0, wording
    return (*parts, wording[start:])


def _alternatives(inside: str) -> tuple[Any, ...]:
    depth, cut = 0, [-1]
    for place, sign in enumerate(inside):
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and depth == 0:
            cut.append(place)
    cut.append(len(inside))
    return tuple(_parse(inside[left + 1 : right]) for left, right in pairwise(cut))


def _pick(rng: random.Random, parts: tuple[Any, ...]) -> str:
    return "".join(
        part if isinstance(part, str) else _pick(rng, rng.choice(part)) for part in parts
    )


def either(options: Sequence[str], word: str = "or") -> str:
    """Join options as a person says them.

    >>> either(["tool", "animal", "fruit"])
    'tool, animal or fruit'
    """
    return f"{', '.join(options[:-1])} {word} {options[-1]}"
