"""What a language model answered is held against what it looked up.

Figures, units, before and after, and words of direction are read by `agent.words.faithful`; here it is decided what bears them
out. A false alarm costs the wording only: the template stands instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from agent.words.faithful import SENTENCES, Claim, claims, directions

DIGITS = re.compile(r"\d(?:[\d.,]*\d)?")
QUOTE = re.compile(
    r"\"([^\"]*)\"|“([^”]*)”|「([^」]*)」|『([^』]*)』|`([^`]*)`|«([^»]*)»|„([^“”]*)[“”]"
)
CLAUSE = re.compile(r",\s|;\s|:\s|\s[-–—]\s|\band\b|\bbut\b|\bwhile\b|，|；|：|、|而")
LIST_NUMBER = re.compile(r"(?m)^\s*(?:\d+[.)]|[-*])\s+")
UP = frozenset({"higher", "rose", "gain"})
DOWN = frozenset({"lower", "fell", "loss"})
CHECKED = UP | DOWN | {"better", "worse", "faster", "slower"}
"""Directions that a free answer may only give with figures that go that way, or where its facts say so."""
SIDES = {"before": "before", "after": "after"}
MEASURES = frozenset(
    {"%", "points", "minutes", "hours", "seconds", "milliseconds", "dollars", "euros", "gb", "mb"}
)  # fmt: skip
"""Units that must be the fact's own; counts such as rows, steps or times may be left out there."""
KEY_UNITS = (
    ("minutes", r"minutes?|_min$"), ("hours", r"hours?"), ("milliseconds", r"milliseconds|_ms$"), ("seconds", r"seconds|_s$|elapsed"),
    ("dollars", r"usd|dollars|cost|price"), ("gb", r"gib|gb"), ("tokens", r"tokens"), ("steps", r"steps?"), ("epochs", r"epochs?"),
    ("points", r"points|difference"), ("items", r"rows?|items|count|examples"),
)  # fmt: skip
KEY_SIDES = (
    ("before", r"\b(?:base|baseline|before|untouched|was|from)\b"),
    ("after", r"\b(?:tuned|after|now|trained|to)\b"),
)
THE_LOSS = re.compile(r"\b(?:the|its|training|test|a) loss(?:es)?\b|\bfalls? into\b", re.IGNORECASE)
"""The curve, and what falls into classes: no directions."""
BETWEEN = re.compile(r"(\bbetween [+\-−]?\d[\d.,]*(?: ?%| points?)?) and (?=[+\-−]?\d)")
PERCENTILE = re.compile(r"^p(\d\d)$")
WHICH = frozenset(
    {"value", "low", "high", "p50", "p95", "max", "min", "total", "mean", "base", "tuned"}
)
OURS = frozenset({"shown", "because", "what", "what_is_done"})
"""Of results with quotations: what we say about them ourselves."""
SPELT = re.compile(
    r"\b(?:thir|four|fif|six|seven|eigh|nine)teen\b|\b(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|billion|half|twice|"
    r"doubled?|tripled?|quarter|dozen)s?\b|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b(?= (?:percent|points?|minutes?|hours?|seconds?|dollars?|"
    r"times|epochs?|gb|gib)\b)|百分之[零一二三四五六七八九十百点]+|[一二两三四五六七八九十百千万]+(?:个百分点|分钟|小时|美元|倍|成(?=[的，。]))|一半|翻倍",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Fact:
    """A figure that was given: how much, of what unit, and of which side of the training."""

    value: float
    unit: str = ""
    side: str = ""


class Backing:
    """What an answer may rest on: tool results (JSON text), the question, and sentences of our own."""

    def __init__(self, question: str = "", sentences: Sequence[str] = ()) -> None:
        self.facts: set[Fact] = set()
        self.moves: list[tuple[set[str], frozenset[float]]] = []
        """What was said to have gone which way, with the figures that were said of it."""
        self.quotable: list[str] = []
        self.spelt: set[str] = {found.lower() for found in SPELT.findall(question)}
        self.lower_is_better = False
        for claim in claims(question):
            if (
                claim.unit not in MEASURES
            ):  # "step 140" may be repeated, "is it 99 %?" must be looked up
                self._claim(claim)
        for sentence in sentences:
            self._sentence(sentence)

    def add(self, result: str) -> None:
        """Take a tool's result in. Texts of one that is marked as quoted bear out quotations, nothing else."""
        try:
            document = json.loads(result)
        except ValueError:
            self._sentence(result)
            return
        is_data = isinstance(document, dict) and "quoted" in document
        for path, leaf in _leaves(document, ()):
            self.facts |= {Fact(float(number)) for number in PERCENTILE.findall(path[-1])}
            if isinstance(leaf, bool):
                self.lower_is_better |= path[-1:] == ("higher_is_better",) and not leaf
            elif isinstance(leaf, int | float):
                self.facts.add(
                    Fact(float(leaf), _by_key(path, KEY_UNITS), _by_key(path, KEY_SIDES))
                )
            elif is_data and path[-1] not in OURS:
                self.quotable.append(_plain(leaf))
                if path[-1] == "row":  # its name ends in its number
                    self.facts |= {Fact(float(number)) for number in DIGITS.findall(leaf)[-1:]}
            else:
                self._sentence(leaf)
                self.quotable.append(_plain(leaf))

    def _sentence(self, sentence: str) -> None:
        for clause in _clauses(sentence):
            for claim in claims(clause):
                self._claim(claim)
        for part in SENTENCES.split(sentence):
            told = ways(part)
            if told:
                figures = [claim for clause in _clauses(part) for claim in claims(clause)]
                self.moves.append((told, frozenset(float(one.value) for one in figures)))
        self.spelt |= {found.lower() for found in SPELT.findall(sentence)}
        self.quotable.append(_plain(sentence))

    def _claim(self, claim: Claim) -> None:
        self.facts.add(Fact(float(claim.value), claim.unit, _side(claim)))


def unbacked(prose: str, backing: Backing) -> list[str]:
    """Name what an answer says beyond its backing: figures, units, sides, directions, quotations. Empty: it may be said."""
    found: list[str] = []
    for match in QUOTE.finditer(prose):
        quote = next(part for part in match.groups() if part is not None)
        if not _is_quoted_right(quote, backing.quotable):
            found.append(f"quotation {quote[:40]!r}")
    bare = LIST_NUMBER.sub("", QUOTE.sub(" … ", prose))
    for sentence in SENTENCES.split(bare):
        told = [claim for clause in _clauses(sentence) for claim in claims(clause)]
        found += [
            f"{claim.value} {claim.unit} ({claim.role})"
            for claim in told
            if not any(_bears_out(fact, claim) for fact in backing.facts)
        ]
        found += [
            name
            for name in sorted(CHECKED & ways(sentence))
            if _contradicted(name, told, backing) or not _is_seen(name, told, backing)
        ]
    found += [word for word in SPELT.findall(bare) if word.lower() not in backing.spelt]
    return found


def _bears_out(fact: Fact, claim: Claim) -> bool:
    side = _side(claim)
    if side and fact.side and side != fact.side:
        return False
    if (claim.unit == fact.unit or not claim.unit) and _rounds_to(fact.value, claim.value):
        return True
    shares: dict[str, tuple[str, ...]] = {"%": ("",), "points": ("points",)}
    wanted = shares.get(claim.unit, ("", "points") if claim.end else ())
    if fact.unit in wanted and abs(fact.value) <= 1:
        return _rounds_to(fact.value * 100, claim.value)
    if claim.unit in MEASURES:
        return False
    return not fact.unit and fact.value == float(claim.value)


def _rounds_to(value: float, written: str) -> bool:
    """Whether a value, rounded as finely as it was written, is that; a lone digit must be exact."""
    told = float(written)
    if abs(value - told) <= 1e-9 * max(1.0, abs(told)):
        return True
    digits = re.sub(r"^[-0.]+|[.]", "", written.lower().partition("e")[0])
    if len(digits) < 2 or "e" in written.lower():
        return False
    decimals = len(written.partition(".")[2])
    return abs(value - told) <= 0.5 * 10.0**-decimals + 1e-12


def _contradicted(direction: str, told: Sequence[Claim], backing: Backing) -> bool:
    """Whether the sentence's own figures, before and after, go the other way."""
    before = [float(one.value) for one in told if one.role == "before"]
    after = [float(one.value) for one in told if one.role == "after"]
    if not before or not after:
        return False
    change = after[-1] - before[0]
    if direction in {"better", "worse"} and backing.lower_is_better:
        change = -change
    wants_more = direction in UP | {"better"}
    wants_less = direction in DOWN | {"worse"}
    return (wants_more and change <= 0) or (wants_less and change >= 0)


def _is_seen(direction: str, told: Sequence[Claim], backing: Backing) -> bool:
    """Whether a direction shows: in figures of before and after, in a measured difference, or in a sentence of ours on that figure."""
    if {"before", "after"} <= {claim.role for claim in told}:
        return True
    wants_more = direction in UP | {"better"}
    for claim in told:
        if claim.unit == "points":
            found = [fact.value for fact in backing.facts if fact.unit == "points" and _bears_out(fact, claim)]  # fmt: skip
            if any((value > 0) == wants_more and value != 0 for value in found):
                return True
    values = {float(claim.value) for claim in told}
    return any(
        direction in moved and (not values or values & figures) for moved, figures in backing.moves
    )


def _side(claim: Claim) -> str:
    """Of which side of the training a figure is; the ends of a range are of none."""
    return "" if claim.end else SIDES.get(claim.role, "")


def ways(text: str) -> set[str]:
    """Name the directions that a text speaks of."""
    return {name for name, count in directions(THE_LOSS.sub(" ", text)).items() if count}


def _is_quoted_right(quote: str, quotable: Sequence[str]) -> bool:
    parts = [_plain(part) for part in re.split(r"…|\.\.\.", quote)]
    parts = [part for part in parts if part]
    return not parts or any(all(part in text for part in parts) for text in quotable)


def _plain(text: Any) -> str:
    return " ".join(str(text).split()).strip(" .,;:!?。，").lower()


def _clauses(sentence: str) -> list[str]:
    """Part a sentence so that each figure stays with the words that say what it is of."""
    parts: list[str] = []
    for part in CLAUSE.split(BETWEEN.sub(r"\1 to ", sentence)):
        if parts and not any(letter.isdigit() for letter in parts[-1]):
            parts[-1] = f"{parts[-1]} {part}"
        elif parts and not any(letter.isdigit() for letter in part):
            parts[-1] = f"{parts[-1]} , {part}"
        else:
            parts.append(part)
    return parts


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, (*path, str(name)))
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, path)
    elif value is not None:
        yield path, value


def _by_key(path: Sequence[str], table: Sequence[tuple[str, str]]) -> str:
    """What the name of a value says of it; of one that only says which (`p95`, `value`), the name above it."""
    for key in (path[-2:] if path[-1] in WHICH else path[-1:])[::-1]:
        words = key.lower()
        spaced = re.sub(r"[_.\-]", " ", words)
        for name, pattern in table:
            if re.search(pattern, words) or re.search(pattern, spaced):
                return name
    return ""
