"""Amounts as people write them: money, lengths of time, shares."""

from __future__ import annotations

import re

from tools.numerals import CHINESE, DIGITS, NUMBER, PLAIN, number

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
SECONDS = re.compile(rf"({NUMBER}) ?(?:seconds?|secs?\b|s\b(?!/)|秒钟?)")
OF_ANSWERS = re.compile(
    r"\b(?:answer|repl(?:y|ies)|respon|latency|react)\w*|回答|响应|回复|答复|反应|返回|出结果"
)
"""Seconds beside these words are what an answer may take, not the training."""
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


def limit(text: str) -> float | None:
    """Find how long the work may take, in minutes; the seconds that an answer may take are no such limit.

    >>> limit("at most 90 seconds"), limit("it must answer within 2 seconds")
    (1.5, None)
    """
    return minutes(SECONDS.sub(" ", text) if of_answers(text) else text)


def of_answers(text: str) -> bool:
    """Whether the seconds in it are what an answer may take."""
    return SECONDS.search(text) is not None and OF_ANSWERS.search(text) is not None


def minutes(text: str) -> float | None:
    """Find a length of time, in minutes.

    >>> minutes("half an hour"), minutes("under 3 hours"), minutes("两个半小时"), minutes("45 min"), minutes("90 seconds")
    (30.0, 180.0, 150.0, 45.0, 1.5)
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
    shortest = SECONDS.search(text)
    if shortest:
        value = number(shortest.group(1))
        if value is not None:
            total = round(value / 60 + (total or 0.0), 4)
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
