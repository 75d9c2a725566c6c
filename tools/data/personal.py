"""Personal data and secrets by pattern (DQ-04), checked by their own check digits where they have some.

Patterns find what has a form. Names, addresses and what people tell about themselves have none, so an empty
result is no promise, and the sentence a person reads says so. Examples are masked before they are shown.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from training.text import Text

SEPARATOR = "\x00"
SIX_DIGITS = re.compile(r"\d(?:[ ().-]{0,2}\d){5}")


class Found(NamedTuple):
    """One piece of personal data or a secret."""

    place: int
    """Which text."""
    kind: Text
    shown: str
    """Masked: the first and last characters only."""


class Pattern(NamedTuple):
    """A kind of data: how it looks, and how a match is checked."""

    kind: Text
    regex: re.Pattern[str]
    is_real: Callable[[str], bool] = lambda match: True
    needs: tuple[str, ...] = ()
    """What a text must contain, in lower case, to be searched at all. Empty: six digits close together."""


def luhn(number: str) -> bool:
    """Whether the digits have a valid Luhn check digit and a card's first digits and length."""
    digits = [int(char) for char in number if char.isdigit()]
    text = "".join(map(str, digits))
    if not re.fullmatch(
        r"4(\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|6(011|5\d\d)\d{12}|62\d{14,17}|35\d{14}",
        text,
    ):
        return False
    doubled = [
        digit * 2 - 9 * (digit > 4) if place % 2 else digit
        for place, digit in enumerate(reversed(digits))
    ]
    return sum(doubled) % 10 == 0


def iban(number: str) -> bool:
    """Whether an IBAN's check digits are right (ISO 7064, mod 97)."""
    bare = re.sub(r"\s", "", number).upper()
    if not 15 <= len(bare) <= 34:
        return False
    return int("".join(str(int(char, 36)) for char in bare[4:] + bare[:4])) % 97 == 1


def chinese_id(number: str) -> bool:
    """Whether a resident identity number's check digit is right (GB 11643-1999)."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(weight * int(digit) for weight, digit in zip(weights, number[:17], strict=True))
    return "10X98765432"[total % 11] == number[17].upper()


def _varied(match: str) -> bool:
    """Refuse placeholders such as sk-xxxxxxxx."""
    return len(set(match[-16:])) >= 6


PERSONAL = (
    Pattern(Text("e-mail address"), re.compile(r"@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"), needs=("@",)),
    Pattern(Text("phone number"), re.compile(r"(?<![\d+])\+\d{1,3}(?:[ ().-]{0,2}\d){7,12}(?!\d)")),
    Pattern(Text("phone number"), re.compile(r"(?<![\d-])(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![\d-])")),
    Pattern(Text("phone number"), re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")),
    Pattern(Text("card number"), re.compile(r"(?<![\d.-])\d(?:[ -]?\d){12,18}(?![\d.-])"), luhn),
    Pattern(Text("IBAN"), re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b"), iban),
    Pattern(Text("US social security number"), re.compile(r"(?<![\d-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])")),
    Pattern(Text("UK national insurance number"), re.compile(r"\b[A-CEGHJ-PR-TW-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b")),
    Pattern(Text("Chinese identity number"), re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx](?!\d)"), chinese_id),
)  # fmt: skip
SECRETS = (
    Pattern(Text("private key"), re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"), needs=("private key-----",)),
    Pattern(Text("API key"), re.compile(r"\bsk-(?:proj-|ant-|or-)?[A-Za-z0-9_-]{16,}"), _varied, needs=("sk-",)),
    Pattern(Text("API key"), re.compile(r"\b[sr]k_(?:live|test)_[A-Za-z0-9]{12,}"), _varied, needs=("k_live_", "k_test_")),
    Pattern(Text("cloud access key"), re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), needs=("akia", "asia")),
    Pattern(Text("access token"), re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|glpat-[\w-]{18,}|hf_[A-Za-z0-9]{28,}|npm_[A-Za-z0-9]{30,})"), _varied, needs=("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "hf_", "npm_")),
    Pattern(Text("API key"), re.compile(r"\bAIza[\w-]{33,}"), needs=("aiza",)),
    Pattern(Text("chat token"), re.compile(r"\bxox[abprs]-[\w-]{10,}"), _varied, needs=("xox",)),
    Pattern(Text("web token"), re.compile(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}"), needs=("eyj",)),
    Pattern(Text("password"), re.compile(r"(?i)\b(?:password|passwd|pwd|api[_ -]?key|secret[_ -]?key|access[_ -]?token|密码|口令)(?: is)?\s?[:=：]\s?['\"]?(?=\S*\d)[^\s'\",;]{6,}"), needs=("password", "passwd", "pwd", "key", "token", "密码", "口令")),
)  # fmt: skip


class Corpus:
    """Texts laid out for search: joined once, in lower case too, so that a check costs one pass over one string."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self._lowered = SEPARATOR.join(texts).lower()
        self._starts = list(accumulate((len(text) + 1 for text in texts), initial=0))
        if len(self._lowered) != max(0, self._starts[-1] - 1):  # a few capitals grow when lowered
            lowered = [text.lower() for text in texts]
            self._lowered = SEPARATOR.join(lowered)
            self._starts = list(accumulate((len(text) + 1 for text in lowered), initial=0))

    def holding(self, needles: Sequence[str]) -> list[int]:
        """Give the texts that hold one of the words, all in lower case."""
        return self._places(at for needle in needles for at in _finds(self._lowered, needle))

    def with_digits(self) -> list[int]:
        """Give the texts that hold six digits close together."""
        if self._lowered.isascii():
            return self._places(_six_digits(self._lowered))
        return self._places(match.start() for match in SIX_DIGITS.finditer(self._lowered))

    def _places(self, positions: Iterable[int]) -> list[int]:
        return sorted({bisect.bisect_right(self._starts, at) - 1 for at in positions})


def search(corpus: Corpus, patterns: Sequence[Pattern]) -> Iterator[Found]:
    """Find every match, in the texts that can have one at all."""
    digits: list[int] | None = None
    for kind, regex, is_real, needs in patterns:
        if needs:
            places = corpus.holding(needs)
        else:
            digits = corpus.with_digits() if digits is None else digits
            places = digits
        for place in places:
            for match in regex.finditer(corpus.texts[place]):
                found = match[0]
                if kind == "e-mail address":
                    found = _local_part(corpus.texts[place], match.start()) + found
                    if found.startswith("@"):
                        continue
                if is_real(found):
                    yield Found(place, kind, masked(found))


def _six_digits(whole: str) -> list[int]:
    """Where `SIX_DIGITS` matches in ASCII text, overlapping matches too; ten times as fast as the expression."""
    signs = np.frombuffer(whole.encode("ascii"), dtype=np.uint8)
    between = np.isin(signs, np.frombuffer(b" ().-", dtype=np.uint8))
    at = np.flatnonzero((signs >= ord("0")) & (signs <= ord("9")))
    if len(at) < 6:
        return []
    gaps = np.diff(at)
    after = np.append(between, [False, False])
    close = (gaps == 1) | ((gaps == 2) & after[at[:-1] + 1])
    close |= (gaps == 3) & after[at[:-1] + 1] & after[at[:-1] + 2]
    starts = close[: len(close) - 4].copy()
    for step in range(1, 5):
        starts &= close[step : len(close) - 4 + step]
    found: list[int] = at[:-5][starts].tolist()
    return found


def _finds(whole: str, needle: str) -> Iterator[int]:
    at = whole.find(needle)
    while at >= 0:
        yield at
        at = whole.find(needle, at + len(needle))


def masked(value: str) -> str:
    """Show enough to find it again, and no more.

    >>> masked("jane.doe@example.com")
    'ja...om'
    """
    return f"{value[:2]}...{value[-2:]}" if len(value) > 6 else "..."


def _local_part(whole: str, at: int) -> str:
    start = at
    while (
        start > 0
        and at - start < 64
        and (whole[start - 1].isalnum() or whole[start - 1] in "._%+-")
    ):
        start -= 1
    return whole[start:at]
