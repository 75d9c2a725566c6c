"""Is it a yes? Read word by word: every word of a yes must be one that belongs to a yes.

A yes may carry a cap ("but at most 20 dollars"). Anything else beside it makes it no yes. Nothing is guessed.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import Literal

from agent.brain.rules import figures, lexicon
from tools import numerals

Kind = Literal["yes", "ack", "cap", "no", "talk", "filler", "other"]
SPLIT = re.compile(
    r"[,.;!\n…~]+(?!\d)|\s+-+\s+|\bbut\b|\bthough\b|\bhowever\b|\bprovided\b|不过|但是|但(?!是)|只是|只要|前提是|就是(?!了)"
)
LONGEST_PART = 120
"""Letters between two commas: nobody says yes at greater length."""
RHETORICAL = re.compile(
    r"\bwhy (?:the hell |on earth )?not\s*\?|(?:为什么|为啥|干嘛)不(?:呢|啊)?\s*\?"
)
"""A question that is none."""
LISTENING = re.compile(
    r"ok(?:ay|ey)?|right|good|fine|alright|all right|sure|cool|great|好的?|行|对"
)
"""An "ok" that only says "I hear you", where "I see" follows."""
IRONY = re.compile(
    r"\b(?:yeah|yes|yep|sure|oh|ok(?:ay)?),? right\b|\b(?:yeah|yes|sure),? (?:as if|whatever|like that|because that)\b|\bas if\b|才怪|你倒是|想得美"
)
"""A yes that means no: "yeah, right"."""
ASKS = re.compile(
    r"(?:(?:and|so|but|ok(?:ay)?|well),? )*(?:is|are|am|was|does|did|can|could|may|might|shall|should|will|would|must|do(?! (?:it|this|that|the))) (?:it|i|we|you|this|that|they|the|there)\b"
)
"""Opens a question, with or without its mark."""
AGREED = re.compile(r"\b(?:agreed|approved)\b|同意")
QUOTE = re.compile(r"\"[^\"]*\"|「[^」]*」|『[^』]*』|(?<!\w)'[^']{3,}'(?!\w)")


@dataclass(frozen=True)
class Verdict:
    """How a message stands to the order at hand."""

    is_yes: bool = False
    is_no: bool = False
    hints_yes: bool = False
    """It has a yes in it, but not only: an unclear one, where nothing else can be read."""
    conditions: dict[str, float] = field(default_factory=dict)
    rest: str = ""
    """What is neither yes nor cap nor small talk."""
    talk_only: bool = False


def judge(folded: str, *, refused: bool) -> Verdict:
    """Judge a folded message. `refused`: a no was just said, so that a mere "ok" is no yes."""
    folded = RHETORICAL.sub("why not", folded)
    quoted = QUOTE.search(folded) is not None
    bare = QUOTE.sub(" ", folded)
    parts = [part.strip() for part in SPLIT.split(bare) if part and part.strip()]
    kinds = [(piece, kind_of(piece)) for part in parts for piece in _pieces(part)]
    found = {kind for _, kind in kinds}
    conditions = _conditions([part for part, kind in kinds if kind == "cap"])
    rest = ", ".join(part for part, kind in kinds if kind == "other")
    question = "?" in folded or ASKS.match(folded) is not None
    agreed = "cap" in found and any(
        AGREED.search(part) and lexicon.is_all(part, "approval", "rest") for part, _ in kinds
    )
    yes = "yes" in found or ((agreed or "ack" in found) and not refused)
    hints = bool(found & {"yes", "ack"})
    clean = not quoted and not question and not IRONY.search(folded) and not found & {"other", "no"}
    others = [part for part, kind in kinds if kind == "other"]
    no = (
        "no" in found
        or lexicon.is_all(bare.rstrip("?"), "reject", "whole")
        or any(lexicon.has(part, "reject", "part") for part in others)
    )
    if no and not quoted:
        return Verdict(is_no=True, hints_yes=hints, rest=_without_no(kinds))
    talk = bool(parts) and found <= {"talk", "filler"} and not question
    if (
        clean
        and "talk" in found
        and found <= {"talk", "filler", "ack"}
        and all(LISTENING.fullmatch(part) for part, kind in kinds if kind == "ack")
    ):
        return Verdict(talk_only=True)
    if yes and clean and (not conditions) == ("cap" not in found):
        return Verdict(is_yes=True, conditions=conditions, hints_yes=True)
    return Verdict(
        hints_yes=hints or quoted,
        rest=bare if quoted else rest,
        talk_only=talk,
        conditions=conditions,
    )


def _pieces(part: str) -> list[str]:
    """Cut a yes, or a phrase, off the limit or the yes that follows it in one breath."""
    head = re.match(rf"(?:{_union('strong', 'weak')})(?=\s|[\u4e00-\u9fff])", part)
    if head and head.end() < len(part) and _is_cap(part):
        return [head.group(), part[head.end() :].strip()]
    tail = re.fullmatch(r"(.+?)(就(?:可以)?(?:开始|启动|跑|开跑|动手|执行)(?:吧|了|啦)?)", part)
    if (
        tail
        and not re.match(
            "(?:不|别|先别|没)(?!(?:要|能|得|许|可以)?(?:花|跑)?(?:超|高于|多于))", part
        )
        and _is_cap(tail.group(1))
    ):
        return [tail.group(1), tail.group(2)]
    for joint in re.finditer(r"\s(?:and|so|then)\s", part):
        left, right = part[: joint.start()], part[joint.end() :]
        if (
            lexicon.is_all(left, "approval", "phrases")
            or (_is_cap(right) and kind_of(left) in {"yes", "ack"})
            or (_is_cap(left) and _yes(right.removeprefix("then ")) == "yes")
        ):
            return [left, *_pieces(right)]
    return [part]


def _without_no(kinds: list[tuple[str, Kind]]) -> str:
    return ", ".join(
        part for part, kind in kinds if kind == "other" and not lexicon.has(part, "reject", "part")
    )


def kind_of(part: str) -> Kind:
    """Say what one part of a message is."""
    part = part.strip(" :)('\"")
    if not part:
        return "filler"
    if len(part) > LONGEST_PART:
        return "other"
    if lexicon.is_all(part, "approval", "talk"):
        return "talk"
    if lexicon.is_all(part, "approval", "rest"):
        return "filler"
    if lexicon.is_all(part, "approval", "phrases"):
        return "ack" if part not in _silent() else "filler"
    if lexicon.is_all(part, "reject", "whole"):
        return "no"
    if _is_cap(part):
        return "cap"
    if lexicon.is_all(part, "approval", "talk"):
        return "talk"
    return _yes(part) or _listening(part) or "other"


def _listening(part: str) -> Kind | None:
    return "filler" if _made_of(part, _vocabulary("fillers", "talk")) is not None else None


@functools.cache
def _silent() -> frozenset[str]:
    return frozenset({"i see", "got it", "understood", "clear", "i understand"})


@functools.cache
def _union(*names: str) -> str:
    return "|".join(lexicon.pattern("approval", name).pattern for name in names)


@functools.cache
def _vocabulary(*names: str) -> re.Pattern[str]:
    """One word or phrase at a time, the longest first; Latin ones end at word ends, Chinese needs none."""
    patterns = [
        one
        for name in names
        for language in lexicon.LANGUAGES
        for one in lexicon.table(language)["approval"].get(name, [])
    ]
    words = "|".join(sorted(set(patterns), key=len, reverse=True))
    start = r"(?:(?<![a-z0-9'])(?=[a-z0-9'])|(?=[^a-z0-9'\s]))"
    end = r"(?:(?<=[a-z0-9'])(?![a-z0-9'])|(?<![a-z0-9']))"
    return re.compile(rf"{start}(?:{words}){end}\s*")


def _made_of(part: str, *vocabularies: re.Pattern[str]) -> set[int] | None:
    """Say which vocabularies the part is made of, word by word; None where a word is in none. Linear in time."""
    used: set[int] = set()
    at = 0
    while at < len(part):
        matches = [
            (found.end(), -index)
            for index, words in enumerate(vocabularies)
            if (found := words.match(part, at)) and found.end() > at
        ]
        if not matches:
            return None
        at, index = max(matches)
        used.add(-index)
    return used


def _yes(part: str) -> Kind | None:
    """`yes` or `ack` where every word belongs to a yes and one of them is its head; `filler` where none is."""
    used = _made_of(part, _vocabulary("strong"), _vocabulary("weak"), _vocabulary("fillers"))
    if used is None:
        return None
    return "yes" if 0 in used else "ack" if 1 in used else "filler"


@functools.cache
def _amount() -> re.Pattern[str]:
    units = "|".join(figures.AFTER.values())
    return re.compile(
        rf"(?:half an hour|半个?小时|半小时|an? hour|(?:[$€¥￥]\s?)?{numerals.NUMBER}\s?(?:{units}|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s|个?半?小时|个?钟头|分钟|钟|秒钟?)?)(?![a-z0-9])\s*"
    )


def _is_cap(part: str) -> bool:
    """Whether a part is a limit of money or time, and nothing else."""
    if len(part) > LONGEST_PART or not (figures.money(part) or figures.minutes(part) is not None):
        return False
    words = _vocabulary("caps", "cap_fillers", "strong", "weak", "fillers")
    return lexicon.has(part, "approval", "caps") and _made_of(part, _amount(), words) is not None


def _conditions(parts: list[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in parts:
        for currency, amount in figures.money(part).items():
            found[f"budget_{currency}"] = amount
        minutes = figures.minutes(part)
        if minutes is not None:
            found["budget_minutes"] = minutes
    return found
