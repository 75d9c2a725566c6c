"""Settings in plain words, for `--set "half the rate"`: the few that people say, in English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tools.numerals import NUMBER, spelt

Found = dict[str, Any]
NUMERAL = f"({NUMBER})"
EVERY = "every"
"""Stands for each stage of the plan."""
FACTORS = {"half": "x0.5", "halve": "x0.5", "double": "x2", "twice": "x2", "减半": "x0.5", "一半": "x0.5", "加倍": "x2", "翻倍": "x2"}  # fmt: skip
_FACTOR = r"(half|halve|double|twice)"
_RATE = r"(?:the )?(?:learning )?rate"
_ENDED = r"\s*$"

PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Found]], ...] = tuple(
    (re.compile(r"^\s*" + pattern + _ENDED, re.IGNORECASE), read)
    for pattern, read in (
        (_FACTOR + " " + _RATE, lambda m: {f"{EVERY}.learning_rate": FACTORS[m.group(1).lower()]}),
        (r"学习率(减半|加倍|翻倍)", lambda m: {f"{EVERY}.learning_rate": FACTORS[m.group(1)]}),
        (r"(?:a )?(lower|higher) " + _RATE, lambda m: {f"{EVERY}.learning_rate": "x0.5" if m.group(1).lower() == "lower" else "x2"}),
        (_FACTOR + r" the (?:passes|epochs)", lambda m: {f"{EVERY}.epochs": FACTORS[m.group(1).lower()]}),
        (NUMERAL + r"\s*(?:passes|pass|epochs?|遍|轮)", lambda m: {f"{EVERY}.epochs": spelt(m.group(1))}),
        (NUMERAL + r"\s*(?:%|％|percent) (?:of )?(?:general|replay)(?: (?:data|text))?", lambda m: {"replay.share": spelt(m.group(1)) / 100}),
        (NUMERAL + r"\s*(?:%|％)\s*的?通用(?:数据|文本)", lambda m: {"replay.share": spelt(m.group(1)) / 100}),
        (r"(?:no|without) (?:general data|general text|replay)|不(?:要|用)通用(?:数据|文本)", lambda m: {"replay.share": 0.0}),
        (r"more general (?:data|text)|多(?:一)?些?通用(?:数据|文本)", lambda m: {"replay.share": "x1.5"}),
        (r"(?:make it )?cheaper|便宜(?:一)?[点些]|省钱(?:一)?[点些]?", lambda m: {"budget.usd": "x0.5"}),
        (r"(?:make it )?(?:faster|quicker|shorter)|快(?:一)?[点些]", lambda m: {"budget.minutes": "x0.5"}),
        (r"try (?:a few|several|some) (?:learning )?rates(?: first)?|先试几个学习率", lambda m: {"probe.run": True}),
        (r"(?:no|without|skip the) short trainings(?: first)?|不(?:要|用|做)试训|跳过试训", lambda m: {"probe.run": False}),
        (r"(?:a )?rank (?:of )?(\d+)", lambda m: {f"{EVERY}.lora_rank": int(m.group(1))}),
        (r"(?:a )?batch (?:size )?(?:of )?(\d+)", lambda m: {f"{EVERY}.batch_size": int(m.group(1))}),
        (r"(?:train )?all (?:the )?weights|full fine-?tuning|全量(?:微调|训练)", lambda m: {f"{EVERY}.lora_rank": 0}),
        (r"(?:in )?4[- ]?bits?|qlora|4\s*位", lambda m: {"model.quantization": "nf4"}),
        (r"(?:forget|lose) (?:at most )?" + NUMERAL + r"\s*(?:%|percent)(?: at most)?", lambda m: {"evaluation.max_forgetting": spelt(m.group(1)) / 100}),
    )
)  # fmt: skip


def read_words(words: str) -> Found | None:
    """The settings that these words mean; None where they are none of those known.

    >>> read_words("half the rate"), read_words("30 % general data"), read_words("学习率减半")
    ({'every.learning_rate': 'x0.5'}, {'replay.share': 0.3}, {'every.learning_rate': 'x0.5'})
    """
    return next(
        (read(match) for pattern, read in PATTERNS if (match := pattern.match(words))), None
    )
