"""Hold rows out without leaking: copies, near copies and groups stay on one side.

Where a class is asked for, every class gives its share. Sizes follow DQ-12 (80/10/10), with the test part
held to what an interval needs and the training part kept as large as can be.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

MAX_TEST, MAX_DEV = 500, 200
TEST_SHARE, DEV_SHARE = 0.2, 0.1
LARGEST_HELD_OUT = 0.25
"""A cluster larger than this share of the part that is drawn stays in training: it would be most of the test."""


class Split(NamedTuple):
    """Which rows go where, by index, in the order of the file."""

    train: list[int]
    dev: list[int]
    test: list[int]


def sizes(count: int, *, max_dev: int = MAX_DEV, max_test: int = MAX_TEST) -> tuple[int, int]:
    """Give the rows of dev and test for so many usable rows.

    >>> sizes(10_000), sizes(1_000), sizes(60), sizes(5), sizes(2)
    ((200, 500), (100, 200), (6, 12), (1, 1), (0, 1))
    """
    if count < 2:
        return 0, 0
    if count < 5:
        return (1 if count > 3 else 0), 1
    return max(1, min(max_dev, round(DEV_SHARE * count))), max(
        1, min(max_test, round(TEST_SHARE * count))
    )


def split(
    clusters: Sequence[int],
    *,
    wanted: tuple[int, int],
    seed: int,
    labels: Sequence[str] | None = None,
) -> Split:
    """Draw test, then dev, from whole clusters; the rest is for training. The same seed draws the same."""
    members: dict[int, list[int]] = defaultdict(list)
    for index, cluster in enumerate(clusters):
        members[cluster].append(index)
    order = sorted(members)
    random.Random(seed).shuffle(order)
    dev_rows, test_rows = wanted
    test = _draw(order, members, wanted=test_rows, labels=labels)
    rest = [cluster for cluster in order if cluster not in test]
    dev = _draw(rest, members, wanted=dev_rows, labels=labels)
    where = [2 if c in test else 1 if c in dev else 0 for c in clusters]
    return Split(*([i for i, part in enumerate(where) if part == side] for side in range(3)))


def _draw(
    order: Sequence[int],
    members: dict[int, list[int]],
    *,
    wanted: int,
    labels: Sequence[str] | None,
) -> set[int]:
    """Take clusters until the part is full: with labels, each label up to its own share first."""
    drawn: set[int] = set()
    if wanted <= 0:
        return drawn
    largest = max(1, int(LARGEST_HELD_OUT * wanted))
    usable = [cluster for cluster in order if len(members[cluster]) <= largest]
    usable = usable or sorted(order, key=lambda cluster: len(members[cluster]))[:-1]
    room = _room(order, members, wanted, labels) if labels is not None else Counter({"": wanted})
    left = wanted
    for cluster in usable:
        if left <= 0:
            break
        label = labels[members[cluster][0]] if labels is not None else ""
        size = len(members[cluster])
        if room[label] >= size and left >= size:
            drawn.add(cluster)
            room[label] -= size
            left -= size
    for cluster in usable:
        if left <= 0 or (labels is not None and left < 0.02 * wanted):
            break
        size = len(members[cluster])
        label = labels[members[cluster][0]] if labels is not None else ""
        if cluster not in drawn and size <= left and (labels is None or room[label] + 1 >= size):
            drawn.add(cluster)
            room[label] -= size
            left -= size
    return drawn


def _room(
    order: Sequence[int], members: dict[int, list[int]], wanted: int, labels: Sequence[str]
) -> Counter[str]:
    """Give each label its share of the part, by largest remainders; a label of one row stays in training."""
    indexes = chain.from_iterable(map(members.__getitem__, order))
    counts = Counter(map(labels.__getitem__, indexes))
    total = sum(counts.values())
    exact = {label: wanted * count / total for label, count in counts.items()}
    room = Counter({label: min(int(share), counts[label] - 1) for label, share in exact.items()})
    left = wanted - sum(room.values())
    by_remainder = sorted(exact, key=lambda label: (int(exact[label]) - exact[label], label))
    for label in by_remainder:
        if left <= 0:
            break
        if room[label] < counts[label] - 1:
            room[label] += 1
            left -= 1
    return room
