"""What needs no language model: the commonest answer, and a linear classifier on counted words and letters.

The classifier is trained on the same rows and asked the same test items as the language model, so that the
two can be compared item by item. It is the bar that a tuned model has to clear.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tools.plan import Plan
from training.config import Metric, Task
from training.measured import NamedScore
from training.metrics import macro_f1
from training.rows import Row
from training.statistics import score

COMMONEST, SIMPLE = "commonest answer", "simple model"
MAX_TRAIN_ROWS = 30_000
"""More rows are drawn from evenly: keeps the fit within seconds; above it the score hardly moves."""
MAX_ROWS_TIMES_LABELS = 3_000_000
"""One line is fitted for each label, so many labels allow fewer rows: 10,003 x 77 takes 1.7 s of one core."""
MAX_FEATURES = 120_000
LETTER_GROUPS = (3, 3)
"""On banking77 .917 in 1.7 s of one core; groups of 2 to 4 .916 in 3.9 s, words alone .897 (measured here)."""
LETTER_GROUPS_CJK = (1, 3)
"""Where a letter is a word or half of one."""
MAX_LETTERS = 2_000
"""Only this much of a text is counted."""
SCORED_TASKS: frozenset[Task] = frozenset({"classification"})


@dataclass(frozen=True)
class Simple:
    """The scores, and for each way of answering whether each test item came out right."""

    scores: tuple[NamedScore, ...]
    right: dict[str, tuple[float, ...]]
    answers: dict[str, tuple[str, ...]]


def baselines(
    train: Sequence[Row], test: Sequence[Row], task: Task, *, metric: Metric = "accuracy"
) -> tuple[NamedScore, ...]:
    """The table of simple baselines; empty where the answers are no closed set, or there is nothing to test on."""
    return measured(train, test, task, metric=metric).scores


def measured(
    train: Sequence[Row], test: Sequence[Row], task: Task, *, metric: Metric = "accuracy"
) -> Simple:
    """Answer the test items simply, and score them item by item."""
    known, asked = [row for row in train if row.has_answer], [row for row in test if row.has_answer]
    if task not in SCORED_TASKS or not known or not asked:
        return Simple((), {}, {})
    expected = [row.answer for row in asked]
    commonest = Counter(row.answer for row in known).most_common(1)[0][0]
    answers = {COMMONEST: (commonest,) * len(asked)}
    classifier = fit(known)
    if classifier is not None:
        predicted = classifier.predict([text_of(row) for row in asked])
        answers[SIMPLE] = tuple(str(label) for label in predicted)
    right = {
        name: tuple(float(said == want) for said, want in zip(given, expected, strict=True))
        for name, given in answers.items()
    }
    scores = tuple(
        _named(name, metric, expected, given, right[name]) for name, given in answers.items()
    )
    return Simple(scores, right, answers)


def with_scores(plan: Plan, scores: Iterable[NamedScore]) -> Plan:
    """Add to a plan the scores it lacks or has by another metric: only like can be compared in the end."""
    offered = {score.name: score for score in scores}
    kept = tuple(
        one
        for one in plan.baselines
        if one.name not in offered or one.metric == offered[one.name].metric
    )
    known = {one.name for one in kept}
    missing = tuple(one for name, one in offered.items() if name not in known)
    return plan.model_copy(update={"baselines": (*missing, *kept)}) if missing else plan


def rescored(made: Simple, test: Sequence[Row], metric: Metric) -> tuple[NamedScore, ...]:
    """The same answers scored as the plan scores the tuned model, so that the two stand side by side."""
    if metric != "macro_f1":
        return made.scores
    expected = [row.answer for row in test if row.has_answer]
    return tuple(
        _named(name, metric, expected, given, made.right[name])
        for name, given in made.answers.items()
    )


def text_of(row: Row) -> str:
    """What a row asks, as one text."""
    return "\n".join(turn.content for turn in row.prompt if turn.role != "system")[:MAX_LETTERS]


def _named(
    name: str, metric: Metric, expected: Sequence[str], given: Sequence[str], right: Sequence[float]
) -> NamedScore:
    found = macro_f1(expected, given) if metric == "macro_f1" else score("accuracy", right)
    return NamedScore(name=name, **found.model_dump())


def fit(train: Sequence[Row]) -> Any:
    """Fit a linear classifier on TF-IDF of words and letter groups; None where there is only one answer.

    What comes back predicts from plain texts, and is made of scikit-learn's own parts alone: it can be saved and used
    where nothing of ours is installed.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 (half a second, only here)
    from sklearn.pipeline import make_pipeline, make_union  # noqa: PLC0415
    from sklearn.svm import LinearSVC  # noqa: PLC0415

    num_labels = len({row.answer for row in train})
    if num_labels < 2:
        return None
    rows = _evenly(
        train, max(min(MAX_TRAIN_ROWS, MAX_ROWS_TIMES_LABELS // num_labels), 2 * num_labels)
    )
    labels = [row.answer for row in rows]
    if len(set(labels)) < 2:
        return None
    texts = [text_of(row) for row in rows]
    if not any(letter.isalnum() for text in texts for letter in text):
        return None
    letters = LETTER_GROUPS_CJK if _mostly_cjk(texts) else LETTER_GROUPS
    features = make_union(
        TfidfVectorizer(
            ngram_range=(1, 2),
            sublinear_tf=True,
            max_features=MAX_FEATURES,
            token_pattern=r"(?u)\b\w+\b",
        ),
        TfidfVectorizer(
            analyzer="char_wb", ngram_range=letters, sublinear_tf=True, max_features=MAX_FEATURES
        ),
    )
    return make_pipeline(features, LinearSVC(C=1.0, random_state=0)).fit(texts, labels)


def _mostly_cjk(texts: Sequence[str]) -> bool:
    """Say whether a fifth of the letters are Chinese, Japanese or Korean."""
    sample = "".join(texts[:500])
    cjk = sum("\u3040" <= letter <= "\u9fff" or "\uac00" <= letter <= "\ud7a3" for letter in sample)
    return cjk > 0.2 * max(len(sample), 1)


def _evenly(rows: Sequence[Row], count: int) -> Sequence[Row]:
    if len(rows) <= count:
        return rows
    return [rows[index * len(rows) // count] for index in range(count)]
