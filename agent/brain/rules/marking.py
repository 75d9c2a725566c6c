"""What a person says of answers that were shown: which are good, which of two is better.

"1 3 5 good, the rest bad", "第2和第4个不好", "all fine except 7", "g b b g". Numbers and words for good and bad are read
in the order in which they stand; which numbers nothing was said of is told, never guessed in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from agent.brain.protocol import Intent
from agent.brain.rules import lexicon
from tools import numerals

Token = tuple[
    Literal["number", "last", "all", "none", "rest", "except", "only", "good", "bad"],
    frozenset[int],
]
KINDS: tuple[tuple[str, str], ...] = (
    ("range", r"(?:第)?(\d+|[一二三四五六七八九十]+)(?:个|条)?\s?(?:-|–|—|~|\bto\b|到|至)\s?(?:第)?(\d+|[一二三四五六七八九十]+)(?:个|条)?"),
    ("none", r"\bnone\b|\bneither\b|一个(?:都|也)不|没有?(?:一个|哪个)"),
    ("rest", r"\b(?:the )?(?:rest|others?|remaining(?: ones)?|everything else|all (?:the )?others?)\b|其余|其他|其它|剩下|别的|另外"),
    ("except", r"\b(?:except|apart from|other than|besides|but not|but)\b|除了|除开|除"),
    ("only", r"\b(?:only|just)\b|只有|就"),
    ("good_first", r"不错|没问题|没毛病|不坏|\bnot (?:too |so |that )?bad\b"),
    ("bad", r"\b(?:is|are|was|were)n[o']?t (?:so |very |really )?(?:good|ok|okay|right|correct|fine|great|acceptable)\b|\bnot (?:so |very |really |that )?(?:good|ok|okay|right|correct|fine|great|acceptable)\b|\bno good\b"
            r"|\b(?:bad|wrong|poor|terrible|awful|incorrect|unacceptable|rubbish|useless|thumbs down|horrible|fails?|failed)\b|👎|❌|✗|✘|不(?:太|是很|够)?(?:好|行|对|可以|合格|满意|能用)|差|错|坏|糟|烂|垃圾|(?<=\d )no\b|(?<=\d: )no\b"),
    ("good", r"\b(?:good|right|ok|okay|fine|correct|great|nice|acceptable|perfect|well|thumbs up|pass(?:es)?|yes)\b|👍|✅|✓|✔|好|行|对|可以|合格|满意|能用"),
    ("all", r"\b(?:all(?: of them)?|every(?:thing| ?one)?|both)\b|全部?|所有|每(?:个|一个|条)|都"),
    ("last", r"\b(?:the )?last(?: one)?\b|最后(?:一?个|一?条)?"),
    ("ordinal", r"\b(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth)\b"),
    ("digits", r"\d+"),
    ("chinese", r"第([一二三四五六七八九十]+)|(?<![\u4e00-\u9fff])([一二三四五六七八九十]+)(?=[,，和与跟、\s好不差都行对可是]|$)"),
    ("word", r"\b(?:number |no\.? ?|#)?(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b"),
)  # fmt: skip
PATTERN = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in KINDS))
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")  # fmt: skip
LETTERS = {"g": True, "y": True, "+": True, "好": True, "对": True, "b": False, "n": False, "-": False, "x": False, "差": False, "坏": False, "错": False}  # fmt: skip
ONE_BY_ONE = re.compile(r"(?:[gybnx+\-好对差坏错][\s,;/]*)+")
MOST_AT_ONCE = 40
SKIP = re.compile(
    r"\b(?:skip|not now|later|don'?t want to|no time|without (?:this|marking)|leave (?:it|this))\b|跳过|不想(?:标|评)|算了|以后再|先不"
)
KEEP = re.compile(
    r"\b(?:stay|keep|stand by|i was right|still|my mark)\b|坚持|保持|不改|我没(?:看)?错|维持"
)
FLIP = re.compile(
    r"\b(?:you'?re right|the grader is right|my mistake|i was wrong|change (?:it|my mark)|agreed|good point|fair)\b|你(?:说得|是)?对|我(?:看|标|弄)?错了|改(?:成|过来|一下)?"
)
OTHERS = re.compile(r"\b(?:other|another|different) grader|\bother graders\b|换一?个?评分|别的评分")
STOP = re.compile(
    r"\b(?:stop|enough|quit|that'?s it|done|finish(?:ed)?|no more|end)\b|停|够了|不投了|结束|到此为止|先这样|算了"
)
SAME = re.compile(
    r"\b(?:same|equal(?:ly)?|tie|both|neither|no difference|can'?t (?:tell|decide|say)|either|draw|alike|don'?t know|not sure)\b|差不多|一样|都(?:行|好|可以|不好|不行|差)|分不出|没(?:有)?(?:区别|差别)|不知道|平"
)
LEFT = re.compile(
    r"\b(?:left|first|1)\b|^(?:answer |option )?[al]\b|^one$|左|第一|前(?:面|者)|(?<!\d)1(?!\d)"
)
RIGHT = re.compile(
    r"\b(?:right|second|2)\b|^(?:answer |option )?[br]\b|^two$|右|第二|后(?:面|者)|(?<!\d)2(?!\d)"
)
LONGEST_VOTE_WORDS = 8
GRADERS = ("json_schema", "exact", "match", "number", "choice", "regex", "json", "fields", "constraints", "similar", "tests", "judge", "python", "sum")  # fmt: skip
NAMED = re.compile(rf"(?<![\w/])({'|'.join(GRADERS)})(:(?:\{{.*\}}|[^\s,;，；。]+))?(?![\w/])")
JUST_NUMBERS = re.compile(
    r"(?:(?:numbers? )?(?:\d+|第[一二三四五六七八九十\d]+个?)(?:\s*(?:,|and|&|和|与|跟)\s*|\s+)?)+[.!]?"
)


@dataclass
class Marks:
    """Numbers that were marked, from 1; `assumed` were not named, and follow from what was said of the others."""

    good: dict[int, bool] = field(default_factory=dict)
    assumed: list[int] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    """Numbers named that no answer has."""


def read(folded: str, question: str, count: int) -> Intent | None:
    """Read an answer to a question about answers shown; None where it is something else."""
    if question == "vote":
        return _vote(folded)
    if "?" in folded:
        return None
    if question == "disagreement":
        return _opinion(folded)
    if question != "marks":
        return None
    found = marks(folded, count)
    if found is not None:
        fields = {
            "good": sorted(at for at, good in found.good.items() if good),
            "bad": sorted(at for at, good in found.good.items() if not good),
            "assumed": found.assumed, "unknown": found.unknown,
        }  # fmt: skip
        return Intent(kind="mark", words=folded, fields=fields)
    if JUST_NUMBERS.fullmatch(folded):
        named = sorted(
            {at for kind, numbers in _tokens(folded) if kind == "number" for at in numbers}
        )
        return Intent(
            kind="mark", words=folded, fields={"numbers": [at for at in named if at <= count]}
        )
    if SKIP.search(folded) and lexicon.words_in(folded) <= LONGEST_VOTE_WORDS:
        return Intent(kind="mark", words=folded, fields={"skip": True})
    return None


def grader_named(text: str) -> str | None:
    """Find the name of a grader in a message, with its argument as it was written."""
    found = NAMED.search(text)
    return None if found is None else found.group()


def marks(folded: str, count: int) -> Marks | None:
    """Read which of `count` answers are good; None where the words say no such thing."""
    if ONE_BY_ONE.fullmatch(folded) and len(letters := [one for one in folded if one in LETTERS]) == count:  # fmt: skip
        return Marks({at: LETTERS[one] for at, one in enumerate(letters, 1)})
    tokens = list(_tokens(folded))
    kinds = [kind for kind, _ in tokens]
    if not set(kinds) & {"good", "bad", "none"} or not set(kinds) - {"good", "bad"}:
        return None
    verdicts = [at for at, kind in enumerate(kinds) if kind in {"good", "bad"}]
    targets = [
        at for at, kind in enumerate(kinds) if kind in {"number", "last", "all", "rest", "none"}
    ]
    first = kinds.index("except") if "except" in kinds else len(kinds)
    before = bool(verdicts and targets and verdicts[0] < targets[0] and first > verdicts[0])
    return _Reading(count).over(tokens, before=before)


class _Reading:
    """Reads tokens from left to right: verdicts after their numbers, or before them where one stands first."""

    def __init__(self, count: int) -> None:
        self.every = frozenset(range(1, count + 1))
        self.made = Marks()
        self.waiting: frozenset[int] = frozenset()
        self.last: bool | None = None
        self.excluded: frozenset[int] = frozenset()
        self.excluding = self.resting = self.only = self.inverted = False

    def over(self, tokens: list[Token], *, before: bool) -> Marks | None:
        for kind, numbers in tokens:
            if kind in {"good", "bad"}:
                self._verdict(kind == "good", before=before)
            else:
                self._target(kind, numbers, before=before)
        if self.excluding and self.last is not None:
            self._set(self.excluded, not self.last)
        if self.resting and self.last is not None and not before:
            self._set(self.every - set(self.made.good), not self.last)
        return self._whole()

    def _target(self, kind: str, numbers: frozenset[int], *, before: bool) -> None:
        if kind == "last":
            kind, numbers = "number", frozenset({len(self.every)})
        if kind == "number":
            self.made.unknown += sorted(numbers - self.every)
            numbers &= self.every
            if self.excluding:
                self.excluded |= numbers
            elif before and self.last is not None:
                self._set(numbers, self.last)
            else:
                self.waiting |= numbers
        elif kind in {"all", "none"} and not self.resting and not self.waiting:
            self.inverted = kind == "none"
            self.waiting = self.every - self.excluded
            if before and self.last is not None:
                self._set(self.waiting, self.last)
                self.waiting = frozenset()
        elif kind == "rest" and self.excluded:
            self.waiting = self.every - self.excluded
        elif kind == "rest":
            self.resting = True
        elif kind == "except":
            self.excluding = True
        elif kind == "only":
            self.only = True

    def _verdict(self, good: bool, *, before: bool) -> None:
        good = good != self.inverted
        if before and not self.resting:
            self.last = good
            return
        if self.waiting:
            self._set(self.waiting, good)
            if self.only:
                self._set(self.every - set(self.made.good), not good)
        elif self.resting:
            self._set(self.every - set(self.made.good), good)
            self.resting = False
        if self.excluded and self.waiting == self.every - self.excluded:
            self._set(self.excluded, not good)
            self.excluding = False
        self.last, self.waiting, self.inverted, self.only = good, frozenset(), False, False

    def _set(self, numbers: frozenset[int] | set[int], good: bool) -> None:
        self.made.good |= dict.fromkeys(numbers, good)

    def _whole(self) -> Marks | None:
        """Where only one kind was named, the others are taken for the other kind, and that is said."""
        made = self.made
        if not made.good:
            return made if made.unknown else None
        left = sorted(self.every - set(made.good))
        if left and len(set(made.good.values())) == 1:
            other = not next(iter(made.good.values()))
            made.good |= dict.fromkeys(left, other)
            made.assumed = left
        return made


def _tokens(folded: str) -> Iterator[Token]:
    for found in PATTERN.finditer(folded):
        kind = found.lastgroup or ""
        words = found.group()
        if kind == "range":
            ends = [numerals.number(one) or 0 for one in re.findall(r"\d+|[一二三四五六七八九十]+", words)]  # fmt: skip
            low, high = int(min(ends)), int(max(ends))
            yield "number", frozenset(range(low, min(high, low + MOST_AT_ONCE) + 1))
        elif kind == "ordinal":
            yield "number", frozenset({ORDINALS.index(words) + 1})
        elif kind in {"digits", "chinese", "word"}:
            bare = re.search(r"\d+|[一二三四五六七八九十]+|[a-z]{3,}$", words)
            number = numerals.number(bare.group()) if bare else None
            if number is not None:
                yield "number", frozenset({int(min(number, 10_000))})
        elif kind == "good_first":
            yield "good", frozenset()
        else:
            yield kind, frozenset()  # type: ignore[misc]


def _opinion(folded: str) -> Intent | None:
    """Read what is said of one answer that the grader sees otherwise."""
    if lexicon.words_in(folded) > 2 * LONGEST_VOTE_WORDS:
        return None
    if OTHERS.search(folded):
        return Intent(kind="mark", words=folded, fields={"others": True})
    if KEEP.search(folded):
        return Intent(kind="mark", words=folded, fields={"keep": True})
    if FLIP.search(folded):
        return Intent(kind="mark", words=folded, fields={"keep": False})
    kinds = {kind for kind, _ in _tokens(folded) if kind in {"good", "bad"}}
    if len(kinds) == 1:
        return Intent(kind="mark", words=folded, fields={"is_good": kinds == {"good"}})
    if SKIP.search(folded):
        return Intent(kind="mark", words=folded, fields={"skip": True})
    return None


def _vote(folded: str) -> Intent | None:
    """Read a vote; None for anything longer or for a question."""
    if "?" in folded or lexicon.words_in(folded) > LONGEST_VOTE_WORDS:
        return None
    found = [
        name
        for name, pattern in (("stop", STOP), ("same", SAME), ("left", LEFT), ("right", RIGHT))
        if pattern.search(folded)
    ]
    if not found or {"left", "right"} <= set(found):
        return None
    return Intent(kind="vote", words=folded, fields={"choice": found[0]})
