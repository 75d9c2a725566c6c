"""General probes: small questions with checkable answers, asked before and after, to see what training cost.

Fourteen families (`FAMILIES`), three levels, English and Chinese, from a seed. Scoring is by rule and takes a right
answer in a whole sentence as right. Probes are never trained on: they are drawn from the tenth of all prompts that no
training generator of ours may use (`training.practice.is_reserved`), and seeds that differ modulo `NUM_PARTS` never share
an item. A family that the untouched model cannot do says nothing about forgetting: `adapt` finds those and leaves them out.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from training.practice import is_reserved
from training.probes import chinese_talk, chinese_tasks, english_rules, english_talk, english_tasks
from training.probes.checks import mark
from training.probes.item import LEVELS, Generator, ProbeItem, fingerprint
from training.probes.names import ability
from training.rows import Message, Row
from training.text import Text, join

NUM_PARTS = 8
"""All items fall into this many parts by their fingerprint; a seed draws only from part `seed % NUM_PARTS`."""
LEVEL_SHARES: dict[int, float] = {1: 0.6, 2: 0.25, 3: 0.15}
"""How many items are easy, ordinary, hard. Mostly easy: an item that the base fails cannot be forgotten. Our default."""
MIN_BASE = 0.4
"""A family's level is kept where the untouched model is right at least this often: our default, not tuned."""
PURPOSES = ("pilot", "choosing", "final")
MAX_NEW_TOKENS = 64
"""Longest answer that the easy items need with room to spare; a chatty model wants about 160."""

_GENERATORS: dict[str, dict[str, Generator]] = {
    "en": {**english_rules.FAMILIES, **english_talk.FAMILIES, **english_tasks.FAMILIES},
    "zh": {**chinese_talk.FAMILIES, **chinese_tasks.FAMILIES},
}
FAMILIES: tuple[str, ...] = tuple(sorted(_GENERATORS["en"]))
_TRIES_PER_ITEM = 10_000

Language = Literal["en", "zh", "mixed"]
Cell = tuple[str, int]
AnswerFunction = Callable[[Sequence[Sequence[Message]]], Sequence[str]]
"""Gives one answer to each conversation, such as `functools.partial(evaluate.answer, model, tokenizer)`."""


@dataclass(frozen=True)
class Selection:
    """Which families and levels can show forgetting in this model."""

    cells: tuple[Cell, ...]
    base: dict[Cell, float]
    """Share right of the untouched model on the pilot items, of every cell that was tried."""
    left_out: tuple[str, ...]
    """Families without a single level that the untouched model does often enough."""

    @property
    def notes(self) -> tuple[Text, ...]:
        """Say what was left out; empty where nothing was."""
        if not self.left_out:
            return ()
        return (
            Text(
                "The general check leaves out {families}: the untouched model cannot do them well enough to lose them.",
                families=join([ability(family) for family in self.left_out], ", "),
            ),
        )


def items(
    count: int,
    *,
    seed: int,
    language: Language = "en",
    levels: Mapping[int, float] = LEVEL_SHARES,
    cells: Iterable[Cell] | None = None,
) -> list[ProbeItem]:
    """Draw items, equally many of every family (the first families have one more where `count` does not divide).

    `cells` restricts to these (family, level) pairs, as `adapt` gives them; `mixed` takes every other item in Chinese. Where
    a family runs dry the others give more, and where all do, fewer items come back than asked for. Equal arguments give
    equal items. Raises ValueError where there is nothing to draw from.
    """
    open_cells = (
        set(cells)
        if cells is not None
        else {(family, level) for family in FAMILIES for level in LEVELS}
    )
    open_cells = {(family, level) for family, level in open_cells if levels.get(level, 0) > 0}
    families = [family for family in FAMILIES if any(family == name for name, _ in open_cells)]
    if not families:
        raise ValueError("no family of probes is left to draw from")
    wanted = {
        family: count // len(families) + (place < count % len(families))
        for place, family in enumerate(families)
    }
    drawn: dict[str, list[ProbeItem]] = {}
    dry: set[str] = set()
    while True:
        for family in families:
            if family not in dry and len(drawn.get(family, ())) < wanted[family]:
                shares = {level: levels[level] for level in LEVELS if (family, level) in open_cells}
                quota = _spread(wanted[family], shares)
                drawn[family] = _draw_family(family, quota, seed=seed, language=language)
                dry |= {family} if len(drawn[family]) < wanted[family] else set()
        missing = count - sum(map(len, drawn.values()))
        flowing = [family for family in families if family not in dry]
        if not missing or not flowing:
            rows = [drawn[family] for family in families if drawn.get(family)]
            longest = max(map(len, rows), default=0)
            return [row[turn] for turn in range(longest) for row in rows if turn < len(row)]
        for place, family in enumerate(flowing):
            wanted[family] += missing // len(flowing) + (place < missing % len(flowing))


def score(item: ProbeItem, answer: str) -> float:
    """Mark one answer: 1.0 right, 0.0 wrong. Never raises, whatever the model wrote."""
    return mark(item, answer)


def measure(probes: Sequence[ProbeItem], answer: AnswerFunction) -> dict[str, list[float]]:
    """Ask all probes at once; give every family's marks, in the order of the items."""
    answers = answer([item.messages for item in probes])
    marks: dict[str, list[float]] = {}
    for item, said in zip(probes, answers, strict=True):
        marks.setdefault(item.family, []).append(score(item, said))
    return marks


def adapt(
    answer: AnswerFunction, *, seed: int, language: Language = "en", per_cell: int = 8
) -> Selection:
    """Try the untouched model on a few items of every family and level; keep those it can lose.

    The pilot items are of a part of their own (`seed_for`), so that the base is not flattered later by having been chosen
    on the same items.
    """
    equal = dict.fromkeys(LEVELS, 1.0)
    pilot = items(
        len(FAMILIES) * len(LEVELS) * per_cell,
        seed=seed_for(seed, "pilot"),
        language=language,
        levels=equal,
    )
    answers = answer([item.messages for item in pilot])
    marks: dict[Cell, list[float]] = {}
    for item, said in zip(pilot, answers, strict=True):
        marks.setdefault((item.family, item.level), []).append(score(item, said))
    base = {cell: sum(values) / len(values) for cell, values in sorted(marks.items())}
    cells = tuple(cell for cell, share in base.items() if share >= MIN_BASE)
    kept = {family for family, _ in cells}
    return Selection(cells, base, tuple(family for family in FAMILIES if family not in kept))


def seed_for(run_seed: int, purpose: str) -> int:
    """Give the seed of a run's pilot, choosing or final probes: three parts that share no item."""
    return run_seed * NUM_PARTS + PURPOSES.index(purpose)


@lru_cache(maxsize=1)
def source_hash() -> str:
    """Hash the code that draws the items: answers to other questions must not be taken for these."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def overlap(probes: Iterable[ProbeItem], others: Iterable[ProbeItem | Row]) -> list[ProbeItem]:
    """List the probes whose last question, or whole conversation, also stands among `others`.

    `others` are probes of another seed, training rows, or replay. An empty list is what a fair exam needs.
    """
    taken: set[str] = set()
    for other in others:
        asked = other.messages if isinstance(other, ProbeItem) else other.prompt
        taken.add(fingerprint(turn.content for turn in asked))
        taken.add(fingerprint(turn.content for turn in asked if turn.role == "user"))
    return [
        item
        for item in probes
        if not taken.isdisjoint({item.fingerprint, fingerprint(item.user_turns)})
    ]


def _draw_family(
    family: str, counts: Mapping[int, int], *, seed: int, language: Language
) -> list[ProbeItem]:
    drawn: list[ProbeItem] = []
    seen: set[str] = set()
    for level, wanted in counts.items():
        for number in range(wanted):
            speaks = ("en", "zh")[number % 2] if language == "mixed" else language
            rng = random.Random(f"{seed}/{speaks}/{family}/{level}/{number}")
            item = _draw(family, level, speaks, part=seed % NUM_PARTS, rng=rng, seen=seen)
            if item is None:
                break
            seen.add(item.fingerprint)
            drawn.append(item)
    random.Random(f"{seed}/{family}").shuffle(drawn)
    return drawn


def _draw(
    family: str, level: int, language: str, *, part: int, rng: random.Random, seen: set[str]
) -> ProbeItem | None:
    """Draw one that is new. None where that fails so often that there is hardly another."""
    generate = _GENERATORS[language][family]
    for _ in range(_TRIES_PER_ITEM):
        draft = generate(rng, level)
        identity = draft.fingerprint
        if identity in seen or int(identity[-8:], 16) % NUM_PARTS != part:
            continue
        if is_reserved(text for role, text in draft.turns if role == "user"):
            return draft.item(family=family, level=level, language=language)
    return None


def _spread(count: int, shares: Mapping[int, float]) -> dict[int, int]:
    """Split `count` by shares, largest remainders first."""
    total = sum(shares.values())
    exact = {level: count * share / total for level, share in shares.items()}
    whole = {level: int(value) for level, value in exact.items()}
    for level in sorted(exact, key=lambda level: whole[level] - exact[level])[
        : count - sum(whole.values())
    ]:
        whole[level] += 1
    return whole
