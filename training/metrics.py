"""Scores of answers, item by item: the same code for the baselines, every checkpoint and the final test.

All values lie between 0 and 1, higher is better; bits per byte alone is unbounded and lower is better. An
answer is read kindly (case, spaces, quotes, full-width signs) but a wrong one is never counted right: where
a kinder reading would fit two labels, it fits none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from training import statistics
from training.answers import (
    LabelReader,
    field_f1,
    json_valid,
    normalise,
    numbers_agree,
    rouge_l,
    same_program_text,
)
from training.config import TaskConfig
from training.measured import Difference, Robustness, Score
from training.rows import Row
from training.statistics import LOWER_IS_BETTER

Grader = Callable[[Row, str], float]
"""Scores one answer to one row between 0 and 1: a reward, a judge, a unit test."""

LABEL_METRICS = frozenset({"accuracy", "macro_f1"})
GRADED_METRICS = frozenset({"pass_rate", "judge", "vote", "reward"})
"""Metrics that need a grader from outside."""
WRONG = "\0"
"""Stands for an answer that is none of the labels."""


def score_answers(
    task: TaskConfig, rows: Sequence[Row], answers: Sequence[str], *, grader: Grader | None = None
) -> list[float]:
    """Give one value per item, 0 to 1 (for `macro_f1`: whether the label is right).

    Raises ValueError where a metric needs a grader and there is none, and for `bits_per_byte`, which is not
    read off answers (see `bits_per_byte`).
    """
    if len(rows) != len(answers):
        raise ValueError(f"{len(answers):,} answers do not fit {len(rows):,} rows")
    if task.metric == "bits_per_byte":
        raise ValueError("bits_per_byte is measured on texts, not on answers")
    if task.metric in GRADED_METRICS:
        if grader is None:
            raise ValueError(f"{task.metric} needs a grader")
        return [float(grader(row, answer)) for row, answer in zip(rows, answers, strict=True)]
    if task.metric in LABEL_METRICS:
        expected, read = read_labels(task, rows, answers)
        return [float(want == got) for want, got in zip(expected, read, strict=True)]
    rate = _rater(task)
    return [rate(row.answer, answer) for row, answer in zip(rows, answers, strict=True)]


def summarize(
    task: TaskConfig,
    rows: Sequence[Row],
    answers: Sequence[str],
    *,
    grader: Grader | None = None,
    seed: int = 0,
) -> Score:
    """Give the score over all items with its interval; macro F1 by a bootstrap over items."""
    if task.metric != "macro_f1":
        values = score_answers(task, rows, answers, grader=grader)
        return statistics.score(task.metric, values, seed=seed)
    expected, read = read_labels(task, rows, answers)
    return macro_f1(expected, read, seed=seed)


def compare(
    task: TaskConfig,
    rows: Sequence[Row],
    base: Sequence[str],
    tuned: Sequence[str],
    *,
    grader: Grader | None = None,
    seed: int = 0,
) -> Difference:
    """Compare two models' answers to the same rows; also right for macro F1, which is no mean of items."""
    if task.metric != "macro_f1":
        before = score_answers(task, rows, base, grader=grader)
        after = score_answers(task, rows, tuned, grader=grader)
        return statistics.difference(before, after, metric=task.metric, seed=seed)
    expected, read_base = read_labels(task, rows, base)
    _, read_tuned = read_labels(task, rows, tuned)
    return macro_f1_difference(expected, read_base, read_tuned, seed=seed)


def read_labels(
    task: TaskConfig, rows: Sequence[Row], answers: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Give the expected labels and the labels that the answers name; `WRONG` where they name none.

    The labels are the task's, and those of the rows where they go beyond them.
    """
    wanted = [row.answer.strip() for row in rows]
    reader = LabelReader(dict.fromkeys([*task.labels, *wanted]))
    expected = [reader.read(label) or label for label in wanted]
    return expected, [reader.read(answer) or WRONG for answer in answers]


def macro_f1(expected: Sequence[str], read: Sequence[str], *, seed: int = 0) -> Score:
    """Average the F1 of every label that is expected or named; the interval by bootstrap over items."""
    if not expected:
        return statistics.score_of("macro_f1", 0.0, low=0.0, high=1.0, items=0)
    kinds, counts = _kinds(expected, read)
    value = float(_macro_f1(kinds, counts[None, :], answer=1)[0])
    drawn = _macro_f1(kinds, statistics.resampled_counts(counts, seed=seed), answer=1)
    low, high = statistics.percentile_interval(drawn, centre=value, items=len(expected))
    return statistics.score_of(
        "macro_f1", value, low=max(0.0, low), high=min(1.0, high), items=len(expected)
    )


def macro_f1_difference(
    expected: Sequence[str], base: Sequence[str], tuned: Sequence[str], *, seed: int = 0
) -> Difference:
    """Compare two macro F1s on the same items by a paired bootstrap."""
    if not expected:
        return statistics.difference([], [], metric="macro_f1")
    kinds, counts = _kinds(expected, base, tuned)
    drawn = statistics.resampled_counts(counts, seed=seed)
    replicates = _macro_f1(kinds, drawn, answer=2) - _macro_f1(kinds, drawn, answer=1)
    observed = counts[None, :]
    value = _macro_f1(kinds, observed, answer=2) - _macro_f1(kinds, observed, answer=1)
    changed = sum(before != after for before, after in zip(base, tuned, strict=True))
    return statistics.bootstrap_difference(
        replicates, value=float(value[0]), items=len(expected), changed=changed, metric="macro_f1"
    )


def bits_per_byte(nats: Sequence[float], num_bytes: Sequence[int], *, seed: int = 0) -> Score:
    """Give the bits needed for one byte of text, over all texts together; lower is better (PR-07).

    `nats` is the summed loss of each text. Raises ValueError where the texts have no bytes.
    """
    return _bits(nats, num_bytes, seed=seed)[0]


def compare_bits(
    base: Sequence[float], tuned: Sequence[float], num_bytes: Sequence[int], *, seed: int = 0
) -> Difference:
    """Compare the bits per byte of two models on the same texts by a paired bootstrap."""
    before, drawn_before = _bits(base, num_bytes, seed=seed)
    after, drawn_after = _bits(tuned, num_bytes, seed=seed)
    return statistics.bootstrap_difference(
        drawn_after - drawn_before,
        value=after.value - before.value,
        items=len(num_bytes),
        changed=sum(x != y for x, y in zip(base, tuned, strict=True)),
        metric="bits_per_byte",
    )


def robustness(
    task: TaskConfig,
    rows: Sequence[Row],
    plain: Sequence[str],
    disturbed: Sequence[str],
    *,
    grader: Grader | None = None,
    seed: int = 0,
) -> Robustness:
    """Compare the answers to the rows with those to the same rows disturbed; a sure drop is learned wording."""
    fallen = compare(task, rows, plain, disturbed, grader=grader, seed=seed)
    return Robustness(
        plain=summarize(task, rows, plain, grader=grader, seed=seed),
        disturbed=summarize(task, rows, disturbed, grader=grader, seed=seed),
        learned_the_wording=fallen.better is False,
    )


def per_label(
    task: TaskConfig, rows: Sequence[Row], base: Sequence[str], tuned: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Give the items and the shares right before and after for every expected label, the commonest first."""
    expected, read_base = read_labels(task, rows, base)
    _, read_tuned = read_labels(task, rows, tuned)
    table: dict[str, list[int]] = {}
    for want, before, after in zip(expected, read_base, read_tuned, strict=True):
        cell = table.setdefault(want, [0, 0, 0])
        cell[0] += 1
        cell[1] += want == before
        cell[2] += want == after
    ordered = sorted(table.items(), key=lambda entry: (-entry[1][0], entry[0]))
    return {
        label: {"items": items, "base": before / items, "tuned": after / items}
        for label, (items, before, after) in ordered
    }


def confusion(
    task: TaskConfig, rows: Sequence[Row], answers: Sequence[str], *, most: int = 12
) -> tuple[tuple[str, str, int], ...]:
    """Give the commonest mistakes: expected, answered, count. An answer outside the labels is shown as it is."""
    expected, read = read_labels(task, rows, answers)
    counts: dict[tuple[str, str], int] = {}
    for want, got, raw in zip(expected, read, answers, strict=True):
        if want != got:
            shown = raw.strip()[:60] if got == WRONG else got
            counts[want, shown] = counts.get((want, shown), 0) + 1
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return tuple((want, got, count) for (want, got), count in ordered[:most])


def chrf(expected: str, answer: str) -> float:
    """Give sentence chrF, 0 to 1 (Popovic 2015, as in sacrebleu)."""
    from sacrebleu.metrics.chrf import CHRF  # noqa: PLC0415  a third of a second, for one metric

    return float(CHRF().sentence_score(answer, [expected]).score) / 100


def higher_is_better(metric: str) -> bool:
    """Say which way a metric improves."""
    return metric not in LOWER_IS_BETTER


def _rater(task: TaskConfig) -> Callable[[str, str], float]:
    """Give the function of reference and answer that rates one item."""
    if task.metric == "numeric":
        return lambda expected, answer: float(
            numbers_agree(
                expected, answer, tolerance=task.numeric_tolerance, language=task.language
            )
        )
    if task.metric == "exact_match" and task.task in {"code", "tool_use"}:
        return lambda expected, answer: float(same_program_text(expected, answer))
    if task.metric == "exact_match":
        return lambda expected, answer: float(normalise(expected) == normalise(answer))
    if task.metric == "field_f1":
        return field_f1
    if task.metric == "json_valid":
        return lambda expected, answer: float(json_valid(expected, answer))
    return {"chrf": chrf, "rouge": rouge_l}[task.metric]


def _kinds(*columns: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count the distinct rows of the columns, names replaced by numbers; number 0 is `WRONG`."""
    names = {WRONG: 0}
    coded = [[names.setdefault(name, len(names)) for name in column] for column in columns]
    kinds, counts = np.unique(np.asarray(coded, dtype=np.int64), axis=1, return_counts=True)
    return kinds, counts


def _macro_f1(
    kinds: NDArray[np.int64], counts: NDArray[np.int64], *, answer: int
) -> NDArray[np.float64]:
    """Give the macro F1 of every row of counts, over the labels that occur in it."""
    total, seen = np.zeros(len(counts)), np.zeros(len(counts))
    for label in range(1, int(kinds.max()) + 1):
        expected, named = kinds[0] == label, kinds[answer] == label
        right = counts[:, expected & named].sum(axis=1)
        either = counts[:, expected].sum(axis=1) + counts[:, named].sum(axis=1)
        total += np.where(either > 0, 2 * right / np.maximum(either, 1), 0.0)
        seen += either > 0
    return total / np.maximum(seen, 1)


def _bits(
    nats: Sequence[float], num_bytes: Sequence[int], *, seed: int
) -> tuple[Score, NDArray[np.float64]]:
    if not sum(num_bytes):
        raise ValueError("bits per byte of texts without a byte")
    loss, size = np.asarray(nats, dtype=np.float64), np.asarray(num_bytes, dtype=np.float64)
    drawn = statistics.resampled_counts([1] * len(size), seed=seed)
    sizes = np.maximum(drawn @ size, 1)
    replicates = (drawn @ loss) / sizes / np.log(2)
    value = float(loss.sum() / size.sum() / np.log(2))
    low, high = (
        statistics.percentile_interval(replicates, centre=value, items=len(size))
        if len(size) > 1
        else (0.0, 2 * value)
    )
    return statistics.score_of(
        "bits_per_byte", value, low=low, high=high, items=len(size)
    ), replicates
