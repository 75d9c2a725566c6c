"""How answers look to a kinder reading than a metric that wants them to the letter: evidence for a wrong metric.

Only the metric is judged by these figures, never a model: an answer that lists everything holds the wanted one too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from statistics import fmean, median

from training.answers import LONGEST_NUMBER, fold, normalise, numbers_agree, rouge_l
from training.config import TaskConfig
from training.measured import Reading
from training.rows import Row

MOST_OTHER_WORDS = 40
"""Words beside the wanted answer; a longer answer may have tried everything. Our default."""
LONG_ANSWER = 8
"""Words, or a third as many Chinese signs a word, from where on a likeness of wordings says something: two codes that
differ in one letter are alike and yet different. Our default."""
NUMERIC_SHARE = 0.8
PLAIN_NUMBER = re.compile(r"\W*\d[\d.,/ ]*\s?[^\W\d_]*\W*")
"""A number, with a unit perhaps; `INV-001-AB` is none."""
WORD = re.compile(r"[^\W_]+")
IDEOGRAPH = re.compile(r"[\u3400-\u9fff]")
SIGNS_A_WORD = 1.6


def readings(
    task: TaskConfig, rows: Sequence[Row], base: Sequence[str], tuned: Sequence[str]
) -> tuple[Reading, ...]:
    """Read both models' answers to the same rows anew, where the metric wants them to the letter; else nothing."""
    if task.metric != "exact_match" or task.task in {"code", "tool_use", "preference"} or not rows:
        return ()
    wanted = [row.answer for row in rows]
    found: list[tuple[str, Callable[[str, str], float]]] = []
    numbers = fmean(_is_plain_number(answer) for answer in wanted)
    if numbers >= NUMERIC_SHARE:
        found.append(("number", partial(_agree, language=task.language)))
    found.append(("contains", _contains))
    if median(map(_words, wanted)) >= LONG_ANSWER:
        found.append(("similar", rouge_l))
    return tuple(
        Reading.model_validate(
            {"name": name}
            | {side: fmean(rate(want, got) for want, got in zip(wanted, answers, strict=True)) for side, answers in (("base", base), ("tuned", tuned))}
        )
        for name, rate in found
    )  # fmt: skip


def _agree(wanted: str, answer: str, *, language: str) -> float:
    return float(numbers_agree(wanted, answer, language=language))


def _contains(wanted: str, answer: str) -> float:
    """Whether the wanted answer stands in this one as whole words, without many others.

    >>> _contains("Paris", "The capital is Paris."), _contains("no", "I know nothing"), _contains("退款", "类别是退款。")
    (1.0, 0.0, 1.0)
    """
    want, got = normalise(wanted), normalise(answer)
    if not want or _words(got) > _words(want) + MOST_OTHER_WORDS:
        return 0.0
    if IDEOGRAPH.search(want):
        return float(want in got)
    return float(re.search(rf"(?<!\w){re.escape(want)}(?!\w)", got) is not None)


def _is_plain_number(answer: str) -> bool:
    return len(answer) <= LONGEST_NUMBER and PLAIN_NUMBER.fullmatch(fold(answer)) is not None


def _words(text: str) -> float:
    signs = len(IDEOGRAPH.findall(text))
    return signs / SIGNS_A_WORD + len(WORD.findall(IDEOGRAPH.sub(" ", text)))
