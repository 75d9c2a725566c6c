"""Rows that say the same: letter for letter, or nearly.

MinHash over 5-word shingles (DQ-01) finds 7 % of near copies among texts of ten words (measured); so
candidates come from character shingles, and from texts that are equal but for one word. Each candidate
pair is then verified by the share of character shingles that both have. Time grows with the rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.data.scripts import codepoints

NEAR = 0.8
"""Dice similarity of character shingles from which texts are near copies: one word of ten, or two typing
errors. Measured on banking77: lower finds paraphrases, which are wanted."""
STRICTER = (0.8, 0.85, 0.9, 0.95)
LARGEST_SHARE = 0.05
"""A cluster of near copies larger than this share of the rows is a template, not a copy."""
MIN_CHARS = 16
MIN_CHARS_HAN = 8
NUM_HASHES, BAND_ROWS = 24, 3
"""Eight bands of three: a pair of Jaccard similarity 0.67 (Dice 0.8) is met with probability 0.94."""
MIN_AGREEING = 9
"""Of 24 hashes, a pair of Jaccard similarity 0.67 agrees in 16; fewer than 9 are seen once in 1,500."""
SKETCH = 512
"""Shingles kept of a long text; of its hashes, those below a bound that follows the length."""
PAIR_REACH = 3
"""In a bucket, each text is compared with so many next ones: a chain links the whole bucket."""
PART_CHARS = 500_000
"""Characters laid out at once, some 25 MB of working memory for each thread: parts of four times the size took a tenth longer."""
NUM_THREADS = 2
U64 = NDArray[np.uint64]
U32 = NDArray[np.uint32]
I64 = NDArray[np.int64]


@dataclass(frozen=True)
class Near:
    """Verified pairs of distinct texts, by index, with their similarity."""

    left: I64
    right: I64
    similarity: NDArray[np.float64]

    def above(self, threshold: float) -> Near:
        """Keep the pairs that are at least this similar."""
        keep = self.similarity >= threshold
        return Near(self.left[keep], self.right[keep], self.similarity[keep])


def normal(text: str) -> str:
    r"""Write a text so that case and spacing do not count.

    >>> normal("  Where is\nmy CARD? ")
    'where is my card?'
    """
    return " ".join(text.casefold().split())


def same(keys: Sequence[str]) -> dict[str, list[int]]:
    """Give the keys that occur more than once, with the indexes where."""
    first: dict[str, int] = {}
    found: dict[str, list[int]] = {}
    for index, key in enumerate(keys):
        earlier = first.setdefault(key, index)
        if earlier != index:
            found.setdefault(key, [earlier]).append(index)
    return found


def near(texts: Sequence[str], *, han: bool = False) -> Near:
    """Find near copies among distinct normalised texts."""
    shortest = MIN_CHARS_HAN if han else MIN_CHARS
    index = np.array([i for i, text in enumerate(texts) if len(text) >= shortest], dtype=np.int64)
    if len(index) < 2:
        empty = np.zeros(0, dtype=np.int64)
        return Near(empty, empty, np.zeros(0))
    kept = [texts[i] for i in index]
    median = int(np.median([len(text) for text in kept]))
    size = 2 if han else 3 if median < 300 else 5
    rows, hashes = _shingles(kept, size)
    bounds = np.searchsorted(rows, np.arange(len(kept) + 1))
    signatures = _signatures(hashes, bounds)
    codes = _distinct(np.concatenate([_by_bands(signatures), _by_one_word(kept)]))
    pairs = np.stack([codes >> 32, codes & (2**32 - 1)], axis=1)
    low_byte = signatures.astype(
        np.uint8
    )  # a quarter of a percent agrees by chance: no matter here
    agreeing = (low_byte[pairs[:, 0]] == low_byte[pairs[:, 1]]).sum(axis=1)
    pairs = pairs[agreeing >= MIN_AGREEING]
    lengths = np.diff(bounds)
    ratio = np.minimum(lengths[pairs[:, 0]], lengths[pairs[:, 1]]) / np.maximum(
        1, np.maximum(lengths[pairs[:, 0]], lengths[pairs[:, 1]])
    )
    pairs = pairs[ratio >= NEAR / (2 - NEAR)]
    similarity = _dice(pairs, hashes, bounds)
    keep = similarity >= NEAR
    return Near(index[pairs[keep, 0]], index[pairs[keep, 1]], similarity[keep])


def clusters(count: int, found: Near, *, joined: Sequence[Sequence[int]] = ()) -> tuple[I64, float]:
    """Number the cluster of each of `count` texts, and give the similarity that was asked for.

    Near copies chain: where they would grow into one large cluster (rows filled into a template), the
    similarity asked for rises until they do not. `joined` rows stay together in any case.
    """
    ids = np.arange(count, dtype=np.int64)
    threshold = NEAR
    for threshold in STRICTER:
        kept = found.above(threshold)
        ids = _components(count, kept, ())
        if np.bincount(ids, minlength=1).max(initial=0) <= max(10, LARGEST_SHARE * count):
            break
    else:
        ids, threshold = np.arange(count, dtype=np.int64), 1.0
    if joined:
        ids = _components(count, found.above(threshold), joined)
    return ids, threshold


def _components(count: int, found: Near, joined: Sequence[Sequence[int]]) -> I64:
    parent = list(range(count))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    pairs = list(zip(found.left.tolist(), found.right.tolist(), strict=True))
    pairs += [(group[0], other) for group in joined for other in group[1:]]
    for left, right in pairs:
        first, second = root(left), root(right)
        if first != second:
            parent[max(first, second)] = min(first, second)
    return np.array([root(node) for node in range(count)], dtype=np.int64)


def _mix(values: U64) -> U64:
    """Scramble 64-bit numbers (the finaliser of splitmix64)."""
    values = values ^ (values >> np.uint64(30))
    values = values * np.uint64(0xBF58476D1CE4E5B9)
    values = values ^ (values >> np.uint64(27))
    values = values * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _shingles(texts: Sequence[str], size: int) -> tuple[I64, U32]:
    """Give the distinct hashed character shingles of each text, as (row, hash) sorted by row.

    Hashes have 31 bits: row and hash then fit one number that sorts fast, and scipy's column index.
    """
    parts = list(_parts(texts))
    with ThreadPoolExecutor(NUM_THREADS) as pool:  # numpy lets go of the interpreter while it sorts
        found = list(
            pool.map(
                lambda part: _shingles_of(texts[part.start : part.stop], size, part.start), parts
            )
        )
    flat = np.concatenate(found)
    rows: I64 = (flat >> np.uint64(31)).astype(np.int64)
    hashes: U32 = (flat & np.uint64(2**31 - 1)).astype(np.uint32)
    return rows, hashes


def _parts(texts: Sequence[str]) -> Iterator[range]:
    """Cut the texts into parts of so many characters."""
    start = 0
    while start < len(texts):
        stop, held = start, 0
        while stop < len(texts) and (held == 0 or held < PART_CHARS):
            held += len(texts[stop])
            stop += 1
        yield range(start, stop)
        start = stop


def _shingles_of(texts: Sequence[str], size: int, first_row: int) -> U64:
    padded = [f" {text} " for text in texts]
    lengths = np.array([len(text) for text in padded], dtype=np.int64)
    codes = codepoints("".join(padded)).astype(np.uint64)
    rows = np.repeat(np.arange(len(texts)), lengths)
    hashes = np.zeros(max(0, len(codes) - size + 1), dtype=np.uint64)
    for offset in range(size):
        hashes = hashes * np.uint64(0x100000001B3) + codes[offset : offset + len(hashes)]
    inside = rows[: len(hashes)] == rows[size - 1 : size - 1 + len(hashes)]
    hashes, rows = _mix(hashes[inside]) >> np.uint64(33), rows[: len(inside)][inside]
    share = np.minimum(1.0, SKETCH / np.maximum(1, lengths))
    if share.min() < 1.0:
        below = hashes < (share * 2.0**31).astype(np.uint64)[rows]
        hashes, rows = hashes[below], rows[below]
    distinct: U64 = _distinct(((rows + first_row).astype(np.uint64) << np.uint64(31)) | hashes)
    return distinct


def _distinct(values: Any) -> Any:
    """Sort and drop repetitions: `np.unique` hashes, which takes ten times as long."""
    values = np.sort(values)
    return values[np.concatenate([[True], values[1:] != values[:-1]])] if len(values) else values


def _signatures(hashes: U32, bounds: I64) -> U32:
    """Give the MinHash signature of each text; a text without shingles has its own number in it."""
    signatures = np.arange(len(bounds) - 1, dtype=np.uint32)[:, None].repeat(NUM_HASHES, axis=1)
    filled = np.flatnonzero(np.diff(bounds) > 0)
    if not len(filled):
        return signatures
    starts = bounds[:-1][filled]
    multipliers = np.random.default_rng(7).integers(1, 2**32, NUM_HASHES, dtype=np.uint32)
    for number, multiplier in enumerate(multipliers.tolist()):
        scrambled = hashes * np.uint32(multiplier | 1)
        scrambled ^= scrambled >> np.uint32(15)
        scrambled *= np.uint32(0x2C1B3C6D)
        signatures[filled, number] = np.minimum.reduceat(scrambled, starts)
    return signatures


def _by_bands(signatures: U32) -> I64:
    """Pair texts whose signatures agree in a band."""
    members = np.arange(len(signatures), dtype=np.int64)
    found = []
    for band in range(0, NUM_HASHES, BAND_ROWS):
        key = np.zeros(len(signatures), dtype=np.uint64)
        for number in range(band, band + BAND_ROWS):
            key = _mix(key + signatures[:, number])
        found.append(_bucket_pairs(key, members))
    return np.concatenate(found)


def _by_one_word(texts: Sequence[str]) -> I64:
    """Pair texts of five words and more that are equal but for one word."""
    vocabulary: defaultdict[str, int] = defaultdict(count().__next__)
    words: list[int] = []
    counts = np.zeros(len(texts), dtype=np.int64)
    for row, text in enumerate(texts):
        split = text.split()
        if 5 <= len(split) <= 60:
            counts[row] = len(split)
            words.extend(map(vocabulary.__getitem__, split))
    if not words:
        return np.zeros(0, dtype=np.int64)
    hashed = _mix(np.array(words, dtype=np.uint64) + np.uint64(0x9E3779B97F4A7C15))
    rows = np.repeat(np.arange(len(texts)), counts)
    with_words = np.flatnonzero(counts)
    sums = np.zeros(len(texts), dtype=np.uint64)
    sums[with_words] = np.add.reduceat(
        hashed, np.concatenate([[0], np.cumsum(counts[with_words])[:-1]])
    )
    keys = np.concatenate([sums[rows] - hashed, sums[with_words]])
    return _bucket_pairs(keys, np.concatenate([rows, with_words]))


def _bucket_pairs(keys: U64, members: I64) -> I64:
    """Pair each member with the next ones of its bucket; a pair is one number, the lower index on top."""
    packed = np.sort(((keys >> np.uint64(24)) << np.uint64(24)) | members.astype(np.uint64))
    keys, members = packed >> np.uint64(24), (packed & np.uint64(2**24 - 1)).astype(np.int64)
    found = [np.zeros(0, dtype=np.int64)]
    for reach in range(1, PAIR_REACH + 1):
        equal = np.flatnonzero(keys[reach:] == keys[:-reach])
        left, right = members[equal], members[equal + reach]
        codes = (np.minimum(left, right) << 32) | np.maximum(left, right)
        found.append(codes[left != right])
    return np.concatenate(found)


def _dice(pairs: I64, hashes: U32, bounds: I64) -> NDArray[np.float64]:
    """Count the shingles that both texts of each pair have, a slice of the pairs at a time."""
    from scipy.sparse import csr_matrix  # noqa: PLC0415  # 0.2 s, only where there are candidates

    if not len(pairs):
        return np.zeros(0)
    ones = np.ones(len(hashes), dtype=np.int32)
    table = csr_matrix((ones, hashes.astype(np.int64), bounds), shape=(len(bounds) - 1, 2**31 - 1))
    sizes = np.diff(bounds)
    similarity = np.zeros(len(pairs))
    for start in range(0, len(pairs), 20_000):
        left, right = pairs[start : start + 20_000, 0], pairs[start : start + 20_000, 1]
        common = np.asarray(table[left].multiply(table[right]).sum(axis=1)).ravel()
        similarity[start : start + 20_000] = 2 * common / np.maximum(1, sizes[left] + sizes[right])
    return similarity
