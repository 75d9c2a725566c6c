"""Reading answers: labels, numbers, JSON and plain text, as people and models really write them.

Answers are untrusted text of any length and any script. Every reader here is linear or nearly so, raises
nothing, and reads an answer that it does not understand as wrong.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

QUOTES = {
    "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
    "「": '"', "」": '"', "『": '"', "』": '"', "`": "'", "\u3000": " ", "\u00a0": " ", "。": ".", "、": ",",
}  # fmt: skip
FOLD = str.maketrans(QUOTES | {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)})
"""Curly quotes and full-width signs to their plain forms; letters of other scripts stay."""
WRAPPING = " \t\r\n\"'*"
ENDING = ".,;:!?" + WRAPPING
PREFIX = re.compile(
    r"(?:the\s+)?(?:correct\s+|final\s+)?"
    r"(?:label|category|class|topic|intent|answer|result|output|sentiment|type|"
    r"标签|类别|分类|主题|意图|答案|结果|类型)"
    r"\s*(?:is|are|was|:|=|是|为)[\s:]*(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
THINKING = re.compile(r"\s*<think>.*?</think>", re.DOTALL)


def fold(text: str) -> str:
    """Replace full-width signs, curly quotes and odd spaces by plain ones, in composed Unicode."""
    return unicodedata.normalize("NFC", text).translate(FOLD)


def normalise(text: str) -> str:
    """Forget case, runs of spaces, and quotes and punctuation at the ends; inside nothing is forgotten.

    >>> normalise(' “Yes, of course!” ')
    'yes, of course'
    """
    return " ".join(fold(text).casefold().split()).rstrip(ENDING).lstrip(WRAPPING)


def same_program_text(expected: str, answer: str) -> bool:
    """Say whether two pieces of code or JSON are the same, but for code fences and spaces at line ends."""
    wanted, got = json_in(expected), json_in(answer)
    if isinstance(wanted, dict | list):
        return _same(wanted, got)
    return _code_lines(expected) == _code_lines(answer)


# Labels


class LabelReader:
    """Finds the label that an answer names, kinder step by step, and never between two that fit."""

    def __init__(self, labels: Iterable[str]) -> None:
        known = list(dict.fromkeys(labels))
        self._steps = [_step(form, known) for form in (str.strip, _folded, _plain, _joined)]

    def read(self, answer: str) -> str | None:
        """Give the label; None where the answer names none of them, or more than one."""
        bare = THINKING.sub("", answer, count=1).strip()
        for candidate in _candidates(bare):
            found = self._match(candidate)
            if found is not None:
                return found
        lines = [line for line in bare.splitlines() if line.strip()]
        if len(lines) > 1 and all(self._match(line) is None for line in lines[1:]):
            return next(filter(None, map(self._match, _candidates(lines[0]))), None)
        return None

    def _match(self, text: str) -> str | None:
        for form, table in self._steps:
            found = table.get(form(text))
            if found is not None:
                return found
        return None


def _step(
    form: Callable[[str], str], labels: list[str]
) -> tuple[Callable[[str], str], dict[str, str]]:
    """Map every form to its label, leaving out empty forms and those that two labels share."""
    owners: dict[str, list[str]] = {}
    for label in labels:
        owners.setdefault(form(label), []).append(label)
    return form, {key: found[0] for key, found in owners.items() if key and len(found) == 1}


def _folded(text: str) -> str:
    return fold(text).strip(ENDING)


def _plain(text: str) -> str:
    return " ".join(fold(text).casefold().split()).strip(ENDING)


def _joined(text: str) -> str:
    """Read `card_arrival`, `card-arrival` and `card arrival` alike; a sign before a number stays."""
    return re.sub(r"(?<=\w)[\s_-]+(?=\w)", " ", _plain(text).replace("_", " ")).strip()


def _candidates(text: str) -> list[str]:
    """Give the answer, what follows `Label:` or `the category is`, and a JSON answer's only value."""
    found = [text]
    prefixed = PREFIX.fullmatch(fold(text).strip(WRAPPING))
    if prefixed:
        found.append(prefixed["rest"])
    value = json_in(text)
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        found.append(value)
    return found


# Numbers

TOKEN = re.compile(
    r"(?P<sign>(?<![\w.)%])[-+])?(?:[$€£¥]\s?)?"
    r"(?P<digits>\d[\d,.'\u202f]*\d|\d|\.\d+)"
    r"(?P<power>[eE][-+]?\d{1,3}(?![\w.]))?"
    r"(?:\s*/\s*(?P<under>\d+(?:\.\d+)?)(?![\d/]))?"
    r"\s?(?P<percent>%)?"
)
COMMA_DECIMALS = frozenset(
    {"de", "fr", "es", "it", "pt", "nl", "pl", "ru", "sv", "da", "nb", "fi", "cs", "tr"}
)
"""Languages that write 3,14 for three and a bit."""
LONGEST_NUMBER = 60
"""Digits; a longer run is noise, not a number."""


@dataclass(frozen=True)
class Number:
    """A number as written."""

    value: float
    percent: bool = False


def last_number(text: str, *, language: str = "en") -> Number | None:
    """Read the number an answer ends on: after its last `####` or in its last box, else the last one written.

    The last counts, not any: an answer that lists every value must not be paid for having mentioned one.

    >>> last_number("6 x 12 = 72, so #### 1,072"), last_number("about 3/4 of it")
    (Number(value=1072.0, percent=False), Number(value=0.75, percent=False))
    """
    bare = _ascii_digits(fold(THINKING.sub("", text, count=1)))
    for marked in (bare.rpartition("####")[2] if "####" in bare else "", *_boxes(bare)):
        first = next(_numbers(marked, language), None)
        if first is not None:
            return first
    found = deque(_numbers(bare, language), maxlen=1)
    return found[0] if found else None


def numbers_agree(
    expected: str, answer: str, *, tolerance: float = 1e-6, language: str = "en"
) -> bool:
    """Say whether both end on the same number, within `tolerance` of its size (absolute below 1).

    Where one of them is a percentage, 75 % agrees with 75 and with 0.75.
    """
    wanted, got = last_number(expected, language=language), last_number(answer, language=language)
    if wanted is None or got is None:
        return False
    if wanted.percent == got.percent:
        return _close(wanted.value, got.value, tolerance)
    share, plain = (wanted, got) if wanted.percent else (got, wanted)
    return _close(share.value, plain.value, tolerance) or _close(
        share.value / 100, plain.value, tolerance
    )


def _numbers(text: str, language: str) -> Iterator[Number]:
    position = 0
    while found := TOKEN.search(text, position):
        position = found.end()
        mixed = _mixed_fraction(text, found, language)
        if mixed is not None:
            number, position = mixed
            yield number
            continue
        for value in _values(found["digits"], language):
            power = int((found["power"] or "e0")[1:])
            size = value * 10.0**power if abs(power) <= 300 else math.inf
            under = float(found["under"]) if found["under"] else 1.0
            if under and math.isfinite(size):
                signed = -size if found["sign"] == "-" else size
                yield Number(signed / under, percent=bool(found["percent"]))


def _mixed_fraction(text: str, found: re.Match[str], language: str) -> tuple[Number, int] | None:
    """Read `1 1/2`."""
    part = re.compile(r"\s+(\d{1,9})\s?/\s?(\d{1,9})(?![\d/])").match(text, found.end("digits"))
    if part is None or found["under"] or not float(part[2]) or not found["digits"].isdigit():
        return None
    values = _values(found["digits"], language)
    if not values:
        return None
    size = values[0] + float(part[1]) / float(part[2])
    return Number(-size if found["sign"] == "-" else size), part.end()


def _values(digits: str, language: str) -> list[float]:
    """Read a run of digits and separators: one number, or several where the commas only list them."""
    if len(digits) > LONGEST_NUMBER:
        return []
    point, group = (",", ".") if language in COMMA_DECIMALS else (".", ",")
    grouped = rf"\d{{1,3}}(?:[{group}'\u202f]\d{{3}})+(?:[{point}]\d+)?"
    if re.fullmatch(grouped, digits):
        return [float(re.sub(rf"[{group}'\u202f]", "", digits).replace(point, "."))]
    if re.fullmatch(rf"\d*(?:[{point}]\d+)?", digits):
        return [float(digits.replace(point, "."))]
    if re.fullmatch(r"\d+\.\d+", digits):
        return [float(digits)]
    return [float(part) for part in re.findall(r"\d+(?:\.\d+)?", digits)]


def _boxes(text: str) -> list[str]:
    return re.findall(r"\\boxed\{([^{}]{1,200})\}", text)[-1:]


def _ascii_digits(text: str) -> str:
    """Write every script's digits as 0-9, and every minus as a hyphen."""
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.decimal(char, char))
        if char.isdecimal()
        else "-"
        if char in "−–﹣"
        else char
        for char in text
    )


def _close(first: float, second: float, tolerance: float) -> bool:
    return abs(first - second) <= tolerance * max(1.0, abs(first))


# JSON


def json_valid(expected: str, answer: str) -> bool:
    """Say whether the whole answer is strict JSON, of the reference's outer type where that is JSON too."""
    try:
        value = _strict_json(answer)
    except (ValueError, RecursionError):
        return False
    wanted = json_in(expected)
    return not isinstance(wanted, dict | list) or isinstance(value, type(wanted))


def field_f1(expected: str, answer: str) -> float:
    """Give F1 over the fields of two JSON values, nested ones by their path; lists in any order.

    A fenced answer or one with words around it counts; without JSON in the reference, the texts are compared.

    >>> round(field_f1('{"name": "Ann", "age": 7}', '{"name": "ann", "age": 8}'), 2)
    0.5
    """
    wanted, got = json_in(expected), json_in(answer)
    if not isinstance(wanted, dict | list):
        return float(normalise(expected) == normalise(answer))
    if not isinstance(got, type(wanted)):
        return 0.0
    try:
        sizes = _leaves(wanted) + _leaves(got)
        return 1.0 if sizes == 0 else 2 * _shared(wanted, got) / sizes
    except RecursionError:
        return 0.0


def json_in(text: str) -> Any:
    """Read the JSON in a text: all of it, in a code fence, or between its outer brackets; None where there is none."""
    bare = THINKING.sub("", text, count=1).strip()
    fenced = re.search(r"```(?:json)?\s*\n(.*?)```", bare, re.DOTALL)
    starts = [place for place in (bare.find("{"), bare.find("[")) if place >= 0]
    ends = max(bare.rfind("}"), bare.rfind("]"))
    inner = bare[min(starts) : ends + 1] if starts else ""
    for piece in filter(None, (bare, fenced[1] if fenced else "", inner)):
        try:
            return _strict_json(piece)
        except (ValueError, RecursionError):
            continue
    return None


def _strict_json(text: str) -> Any:
    def refuse(name: str) -> Any:
        raise ValueError(f"{name} is not JSON")

    return json.loads(text, parse_constant=refuse)


def _leaves(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(_leaves, value.values())) if value else 0
    if isinstance(value, list):
        return sum(map(_leaves, value))
    return 1


def _shared(wanted: Any, got: Any) -> int:
    """Count the equal leaves; items of lists are paired off, the most alike first."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        return sum(_shared(value, got[key]) for key, value in wanted.items() if key in got)
    if isinstance(wanted, list) and isinstance(got, list):
        return _shared_items(wanted, got)
    return int(_same(wanted, got))


def _shared_items(wanted: list[Any], got: list[Any]) -> int:
    alike = [
        (_shared(first, second), row, column)
        for row, first in enumerate(wanted)
        for column, second in enumerate(got)
    ]
    total, rows, columns = 0, set(), set()
    for count, row, column in sorted(alike, key=lambda entry: (-entry[0], entry[1], entry[2])):
        if count and row not in rows and column not in columns:
            total += count
            rows.add(row)
            columns.add(column)
    return total


def _same(wanted: Any, got: Any) -> bool:
    """Compare JSON values: numbers by size, texts normalised, `"7"` like 7, true only like true."""
    if isinstance(wanted, dict | list):
        return isinstance(got, type(wanted)) and _leaves(wanted) == _leaves(got) == _shared(
            wanted, got
        )
    if isinstance(wanted, bool) or isinstance(got, bool) or wanted is None or got is None:
        return wanted is got
    if isinstance(got, dict | list):
        return False
    return wanted == got or normalise(str(wanted)) == normalise(str(got))


def _code_lines(text: str) -> list[str]:
    fenced = re.fullmatch(r"```\w*\n(.*?)\n?```", text.strip(), re.DOTALL)
    return [line.rstrip() for line in (fenced[1] if fenced else text).strip().splitlines()]


# Likeness

WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+"
)


def rouge_words(text: str) -> list[str]:
    """Split into lower-case words; every Chinese or Japanese character is a word of its own."""
    return WORD.findall(fold(text).lower())


def rouge_l(expected: str, answer: str) -> float:
    """Give ROUGE-L's F1: the longest common subsequence of words (Lin 2004).

    Our own, for three reasons: rouge-score's tokenizer drops Chinese, its import costs a second, and its table
    takes minutes for long answers where bit vectors (Hyyro 2004) take milliseconds.
    """
    wanted, got = rouge_words(expected), rouge_words(answer)
    if not wanted or not got:
        return float(wanted == got and normalise(expected) == normalise(answer))
    return 2 * _common_subsequence(wanted, got) / (len(wanted) + len(got))


def _common_subsequence(first: list[str], second: list[str]) -> int:
    places: dict[str, int] = {}
    for index, word in enumerate(first):
        places[word] = places.get(word, 0) | 1 << index
    full = (1 << len(first)) - 1
    row = full
    for word in second:
        match = row & places.get(word, 0)
        row = ((row + match) | (row - match)) & full
    return len(first) - row.bit_count()
