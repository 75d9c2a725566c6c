"""Hold rows out: find the clusters that belong together, and draw dev and test from whole ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tools.data import origin
from tools.data.cleaning import Kept
from tools.data.duplicates import Near, clusters, near
from tools.data.findings import example, issue, shortened
from tools.data.gather import DataOptions
from tools.data.scripts import count_scripts, main_language
from tools.data.splits import Split, sizes, split
from tools.errors import DataError
from tools.profile import Issue
from training.config import Task
from training.text import Text

MIN_GROUPS = 10
"""Fewer groups than this cannot be split fairly: they are then ignored. A guess."""


def hold_out(
    data: Kept, task: Task, options: DataOptions, held_out: Kept | None
) -> tuple[Split, Issue | None]:
    """Draw the parts from whole clusters of copies, near copies and groups (DQ-12).

    Rows that a teacher wrote, and what is nearly the same, are for training only (SY-05). Raises DataError where no
    others are left to measure with.
    """
    distinct = list(dict.fromkeys(data.keys))
    place = {key: index for index, key in enumerate(distinct)}
    found = near(distinct, han=_is_han(distinct))
    ids, threshold = clusters(len(distinct), found, joined=_groups(data, place))
    of_row = [int(ids[place[key]]) for key in data.keys]
    taught = {
        cluster for cluster, row in zip(of_row, data.rows, strict=True) if origin.is_teachers(row)
    }
    own = [index for index, cluster in enumerate(of_row) if cluster not in taught]
    if not own and held_out is None:
        raise _nothing_of_your_own(data)
    dev, test = sizes(len(own), max_dev=options.max_dev, max_test=options.max_test)
    drawn = split(
        [of_row[index] for index in own],
        wanted=(dev, 0 if held_out is not None else test),
        seed=options.seed,
        labels=[data.answers[index] for index in own] if task == "classification" else None,
    )
    train, dev_rows, test_rows = ([own[place] for place in part] for part in drawn)
    kept_out = {*dev_rows, *test_rows}
    if taught:
        train = [index for index in range(len(of_row)) if index not in kept_out]
    parts = Split(train, dev_rows, test_rows)
    return parts, _near_copies(data, distinct, found.above(threshold), threshold=threshold)


def _nothing_of_your_own(data: Kept) -> DataError:
    return DataError(
        Text("A teacher wrote every row, or rows nearly the same, so nothing of your own is left to measure with."),
        where=data.rows[0].id.rpartition(":")[0],
        what_to_do=Text("Give rows that you answered yourself beside them, or as a test with --eval."),
    )  # fmt: skip


def _groups(data: Kept, place: dict[str, int]) -> list[list[int]]:
    groups: dict[str, list[int]] = {}
    for row, key in zip(data.rows, data.keys, strict=True):
        if row.group is not None:
            groups.setdefault(row.group, []).append(place[key])
    return list(groups.values()) if len(groups) >= MIN_GROUPS else []


def _near_copies(
    data: Kept, distinct: Sequence[str], close: Near, *, threshold: float
) -> Issue | None:
    """Say which rows nearly repeat another."""
    touched = {distinct[index] for index in (*close.left.tolist(), *close.right.tolist())}
    if not touched:
        return None
    index_of: dict[str, int] = {}
    for index, key in enumerate(data.keys):
        index_of.setdefault(key, index)
    examples = []
    for pair in np.argsort(-close.similarity, kind="stable")[:5].tolist():
        left, right = (index_of[distinct[int(side[pair])]] for side in (close.left, close.right))
        similarity = round(float(close.similarity[pair]), 2)
        examples.append(
            example(
                data.numbers[right],
                data.asked[right],
                like=data.numbers[left],
                like_text=shortened(data.asked[left]),
                similarity=similarity,
            )
        )
    count = sum(key in touched for key in data.keys)
    return issue(
        "near_duplicates",
        "warning" if count > 0.3 * len(data.rows) else "info",
        count=count,
        of=len(data.rows),
        examples=examples,
        text=Text(
            "{count:,} {count:row is|rows are} nearly the same as another row: at least {share:.0%} of their letter groups are shared.",
            count=count,
            share=threshold,
        ),
        fix=Text(
            "They are kept, and near copies stand on one side of the split, so that the test does not ask what was learnt by heart."
        ),
    )


def _is_han(keys: Sequence[str]) -> bool:
    return main_language(keys[:500], count_scripts(keys[:500])) in {"zh", "ja"}
