"""Numbers as people write them: digits, words, Chinese numerals; money, lengths of time, shares."""

from __future__ import annotations

import re

ONES = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20,
    "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "couple": 2, "dozen": 12,
}  # fmt: skip
SCALES = {"hundred": 100, "thousand": 1000, "grand": 1000, "million": 1_000_000}
DIGITS = {
    "零": 0,
    "〇": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
UNITS = {"十": 10, "百": 100, "千": 1000}
WORD = "|".join(sorted([*ONES, *SCALES, "half", "quarter"], key=len, reverse=True))
PLAIN = r"\d[\d,]*(?:\.\d+)?(?:e-?\d+)?"
SPELT = rf"\b(?:{WORD})\b(?:[ -](?:and )?(?:{WORD})\b)*"
CHINESE = r"[零〇一二两三四五六七八九十百千万]+(?:点[零一二三四五六七八九]+)?"
NUMBER = rf"(?:{PLAIN}[k万千]?|{SPELT}|{CHINESE})"
BEFORE = {"usd": r"(?:us)?\$", "eur": "€", "cny": "[¥￥]"}
AFTER = {
    "usd": r"(?:us ?)?(?:dollars?|bucks?|usd|\$|美元|美金|美刀|刀|quid)", "eur": r"(?:euros?|eur|€|欧元?)",
    "cny": r"(?:yuan|rmb|cny|人民币|元(?!素)|块钱?|块)",
}  # fmt: skip
SIGNED = {
    name: re.compile(rf"(?:{BEFORE[name]})\s?({PLAIN}k?)|({NUMBER})\s?{AFTER[name]}")
    for name in BEFORE
}
HOURS = re.compile(
    rf"(half an hour|半个?(?:多)?小时|半个?钟头)|({NUMBER})(?: and a half| ?个?半)? ?(?:hours?|hrs?|h\b|个?小时|个?钟头|钟)|(?:\ban? )hour|(?:under|over|than|within) (an) hour"
)
HALF_MORE = re.compile(r"and a half|个半(?:小时|钟头)|小时半")
MINUTES = re.compile(rf"({NUMBER}) ?(?:minutes?|mins?\b|min\b|m\b|分钟|分(?!之|类|给|成|到|钟))")
PERCENT = re.compile(rf"({NUMBER}) ?(?:%|percent\b|per cent\b|pct\b)|百分之({CHINESE}|{PLAIN}|百)")
TENTHS = re.compile(r"([一二两三四五六七八九])成([一二三四五六七八九半])?")
OUT_OF = re.compile(
    rf"({NUMBER}) (?:out of|in|of) (?:every )?({NUMBER})\b|十个?(?:里|中)(?:面)?.{{0,4}}([一二三四五六七八九])个?"
)
DECIMAL = re.compile(r"(?<![\d.])(0?\.\d+|1\.0+)(?!\d)")
FRACTIONS = {
    r"three quarters|three fourths|四分之三": 0.75,
    r"two thirds|三分之二": 2 / 3,
    r"\bhalf\b|一半": 0.5,
    r"a quarter|四分之一": 0.25,
    r"one third|a third|三分之一": 1 / 3,
}


def number(words: str) -> float | None:
    """Read one number.

    >>> number("1,200"), number("a hundred and fifty"), number("两百五十"), number("5k"), number("三点五")
    (1200.0, 150.0, 250.0, 5000.0, 3.5)
    """
    text = words.strip().replace(",", "")
    factor = {"k": 1e3, "千": 1e3, "万": 1e4}.get(text[-1:], 1.0)
    digits = text[:-1] if factor != 1.0 else text
    if re.fullmatch(r"\d+(?:\.\d+)?(?:e-?\d+)?", digits):
        return float(digits) * factor
    if re.fullmatch(CHINESE, text):
        return _chinese(text)
    return _spelt(text)


def _spelt(text: str) -> float | None:
    total, part, seen = 0.0, 0.0, False
    for word in re.split(r"[ -]+", text):
        if word in ONES:
            part, seen = part + ONES[word], True
        elif word in SCALES:
            part, seen = max(part, 1) * SCALES[word], True
            if SCALES[word] >= 1000:
                total, part = total + part, 0.0
        elif word == "half":
            part, seen = (part or 0) + 0.5, True
        elif word == "quarter":
            part, seen = (part or 1) * 0.25, True
        elif word not in {"and", "of"}:
            return None
    return total + part if seen else None


def _chinese(text: str) -> float:
    whole, _, decimals = text.partition("点")
    total, section, digit = 0.0, 0.0, 0.0
    last = 1.0
    for letter in whole:
        if letter in DIGITS:
            digit = DIGITS[letter]
            if letter in "零〇":
                last = 1.0
        elif letter == "万":
            total, section, digit, last = (
                (total + section + digit or 1) * 10_000,
                0.0,
                0.0,
                10_000.0,
            )
        else:
            section, digit, last = section + (digit or 1) * UNITS[letter], 0.0, float(UNITS[letter])
    if digit and last > 10 and whole[-1:] in DIGITS and len(whole) > 1 and whole[-2] in "百千万":
        digit *= last / 10  # 一百五 is 150
    value = total + section + digit
    if decimals:
        value += float("0." + "".join(str(DIGITS[one]) for one in decimals))
    return value


def money(text: str) -> dict[str, float]:
    """Find an amount of money: currency -> amount; empty where there is none.

    >>> money("at most $7.50"), money("twenty bucks"), money("最多花两百块")
    ({'usd': 7.5}, {'usd': 20.0}, {'cny': 200.0})
    """
    for name, signed in SIGNED.items():
        found = signed.search(text)
        if found:
            value = number(found.group(1) or found.group(2))
            if value is not None:
                return {name: value}
    return {}


def minutes(text: str) -> float | None:
    """Find a length of time, in minutes.

    >>> minutes("half an hour"), minutes("under 3 hours"), minutes("两个半小时"), minutes("45 min")
    (30.0, 180.0, 150.0, 45.0)
    """
    hours = HOURS.search(text)
    total: float | None = None
    if hours:
        if hours.group(1):
            total = 30.0
        elif hours.group(2):
            value = number(hours.group(2))
            total = (
                None
                if value is None
                else (value + (0.5 if HALF_MORE.search(hours.group()) else 0)) * 60
            )
        else:
            total = 60.0
    short = MINUTES.search(text)
    if short:
        value = number(short.group(1))
        if value is not None:
            total = value + (total or 0.0)
    return total


def share(text: str) -> float | None:
    """Find a share of one: percent, tenths, fractions, "nine out of ten".

    >>> share("ninety percent"), share("九成五"), share("3 out of 4"), share("百分之二十")
    (0.9, 0.95, 0.75, 0.2)
    """
    percents = list(PERCENT.finditer(text))
    if percents:
        found = percents[-1].group(1) or percents[-1].group(2)
        value = 100.0 if found == "百" else number(found)
        return None if value is None else round(value / 100, 6)
    tenths = TENTHS.search(text)
    if tenths:
        part = {"半": 5}.get(tenths.group(2) or "", DIGITS.get(tenths.group(2) or "零", 0))
        return round(DIGITS[tenths.group(1)] / 10 + part / 100, 6)
    out_of = OUT_OF.search(text)
    if out_of:
        if out_of.group(3):
            return DIGITS[out_of.group(3)] / 10
        over, under = number(out_of.group(1)), number(out_of.group(2))
        if over is not None and under and over <= under:
            return round(over / under, 6)
    for words, value in FRACTIONS.items():
        if re.search(words, text):
            return value
    decimal = DECIMAL.search(text)
    return float(decimal.group(1)) if decimal else None


def numbers(text: str) -> list[float]:
    """All numbers of a text, in order."""
    found = [
        number(one.group()) for one in re.finditer(rf"\d[\d,]*(?:\.\d+)?e-?\d+|{NUMBER}", text)
    ]
    return [one for one in found if one is not None]
