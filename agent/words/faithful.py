"""Does a text say only what its source says? Every figure, unit, sign and direction word must be in the source, in its place.

Used on the prose of brains that word freely: where anything is unsupported, the template is used instead. The source is
the sentence made from the template and its facts, in the same language. A false alarm costs nothing but style.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from dataclasses import dataclass

NUMBER = re.compile(
    r"(?<![\w.])(?P<sign>[-+−–]?)(?P<number>\d[\d,]*(?:\.\d+)?(?:e-?\d+)?)\s*(?P<unit>percentage points?|points?|percent|%|％|个百分点|minutes?|mins?|hours?|seconds?|milliseconds?|ms"
    r"|dollars?|usd|euros?|gb|gib|mb|mib|tokens?|steps?|epochs?|times|x\b|examples?|items?|rows?|lines?|分钟|小时|秒|毫秒|美元|欧元|词元|步|轮|遍|次|行|个例子|个)?",
    re.IGNORECASE,
)
UNITS = {
    "percent": "%", "％": "%", "percentage point": "points", "percentage points": "points", "point": "points", "个百分点": "points", "min": "minutes", "mins": "minutes",
    "minute": "minutes", "分钟": "minutes", "hour": "hours", "小时": "hours", "second": "seconds", "秒": "seconds", "ms": "milliseconds", "millisecond": "milliseconds",
    "毫秒": "milliseconds", "dollar": "dollars", "usd": "dollars", "美元": "dollars", "euro": "euros", "欧元": "euros", "gib": "gb", "mib": "mb", "token": "tokens",
    "词元": "tokens", "step": "steps", "步": "steps", "epoch": "epochs", "轮": "epochs", "遍": "times", "x": "times", "次": "times", "example": "items", "examples": "items",
    "item": "items", "row": "items", "rows": "items", "line": "items", "lines": "items", "行": "items", "个例子": "items", "个": "items",
}  # fmt: skip
ROLES: tuple[tuple[str, str], ...] = (
    ("expected", r"had expected|expected|estimated?|planned|predicted|估计|预计"),
    ("took", r"\btook\b|needed|lasted|ran for|用时|用了|花了"),
    ("cost", r"\bcosts?\b|price|paid|费用|花费"),
    ("kept", r"\bkept\b|keeps|retained|retention|remains?|保留"),
    ("before", r"\bbefore\b|\bwas\b|untouched|baseline|originally|\bfrom\b|instead of|up from|之前|训练前|原来|从"),
    ("after", r"\bscores?\b|\bnow\b|tuned|\bafter\b|answers|reaches|\bto\b|得分|训练后|到(?!底)|现在"),
    ("gain", r"\bgain\w*|提升"),
    ("loss", r"\bloss\b|\blost\b|\bloses?\b|损失|下降|丢"),
    ("items", r"\bon\b|examples|questions|在"),
)  # fmt: skip
ROLE = re.compile("|".join(f"(?P<{name}>{words})" for name, words in ROLES), re.IGNORECASE)
RANGE = re.compile(r"(?:between|在)\s*$", re.IGNORECASE)
RANGE_END = re.compile(r"^\s*(?:and|to|和|到|至)\s*$", re.IGNORECASE)
DIRECTIONS: dict[str, str] = {
    "better": r"\bbetter\b|\bimprove\w*|更好|变好", "worse": r"\bworse\w*|更差|变差", "gain": r"\bgain\w*|提升", "loss": r"\bloss\w*|\blost\b|\blos(?:e|es|ing)\b|损失",
    "more": r"\bmore\b|更多", "less": r"\bless\b|\bfewer\b|更少", "higher": r"\bhigher\b|更高", "lower": r"\blower\b|更低", "rose": r"\brose\b|\brises?\b|\bincreas\w*|上升|增加",
    "fell": r"\bfell\b|\bfalls?\b|\bdrop\w*|\bdecreas\w*|下降|减少", "kept": r"\bkept\b|\bkeeps?\b|保留", "faster": r"\bfaster\b|更快", "slower": r"\bslower\b|更慢",
    "above": r"\babove\b|高于|超过", "below": r"\bbelow\b|低于", "not": r"\bnot\b|n't\b|\bnever\b|\bcannot\b|不|没有", "within": r"\bwithin\b|之内|以内", "outside": r"\boutside\b|\bbeyond\b|超出",
    "chance": r"\bchance\b|偶然",
}  # fmt: skip
DIRECTION_WORDS = {name: re.compile(words, re.IGNORECASE) for name, words in DIRECTIONS.items()}
SENTENCES = re.compile(r"(?<=[.!?;])\s+|[。！？；\n]+")


@dataclass(frozen=True)
class Claim:
    """A figure in its place: what it is of, and which end of a range."""

    value: str
    unit: str
    role: str
    end: str = ""


def unsupported(text: str, source: str) -> list[str]:
    """Name what `text` says beyond `source`: figures, units, signs, directions. Empty: it is faithful."""
    known = Counter(claims(source))
    found: list[str] = []
    for claim in claims(text):
        if known[claim] <= 0:
            found.append(f"{claim.value} {claim.unit} ({claim.role}{claim.end})".strip())
        known[claim] -= 1
    told, backed = directions(text), directions(source)
    found += [name for name, count in told.items() if count > backed[name]]
    return found


@functools.lru_cache(maxsize=64)
def claims(text: str) -> tuple[Claim, ...]:
    """Read every figure with its unit, sign, and the word that says what it is of."""
    found: list[Claim] = []
    for sentence in SENTENCES.split(text):
        roles = [
            (match.start(), match.end(), str(match.lastgroup)) for match in ROLE.finditer(sentence)
        ]
        previous_end, previous_range = -1, ""
        for match in NUMBER.finditer(sentence):
            end = ""
            if RANGE.search(sentence[: match.start()]):
                end = "low"
            elif previous_range == "low" and RANGE_END.match(
                sentence[previous_end : match.start()]
            ):
                end = "high"
            unit = (match["unit"] or "").lower()
            sign = "-" if match["sign"] in {"-", "−", "–"} else ""
            value = sign + match["number"].replace(",", "").rstrip(".")
            found.append(
                Claim(value, UNITS.get(unit, unit), _role(roles, match.start(), match.end()), end)
            )
            previous_end, previous_range = match.end(), end
    return tuple(found)


def _role(roles: list[tuple[int, int, str]], start: int, end: int) -> str:
    """The nearest word before the figure; where there is none, the first one after it."""
    before = [name for _, word_end, name in roles if word_end <= start]
    after = [name for word_start, _, name in roles if word_start >= end]
    return before[-1] if before else after[0] if after else ""


def directions(text: str) -> Counter[str]:
    """Count the words that say which way something went."""
    return Counter({name: len(pattern.findall(text)) for name, pattern in DIRECTION_WORDS.items()})
