"""What a column holds, measured on a sample of its cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tools.data.cells import as_text, is_missing

SAMPLED = 2000
"""Records looked at, evenly spread over the file."""
NUMBER = re.compile(r"[-+]?[\d.,\s]*\d%?")
DATE = re.compile(
    r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?([T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}( .*)?"
)
IDENTIFIER = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-.*|[0-9a-f]{16,}|[A-Z]{1,6}[-_#]?\d{3,}|#?\d{4,}", re.IGNORECASE
)
YES_NO = frozenset(
    {"true", "false", "yes", "no", "0", "1", "y", "n", "是", "否", "good", "bad", "up", "down"}
)
CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True)
class ColumnFacts:
    """A column's contents. Shares are of the filled cells in the sample."""

    name: str
    filled: float
    """Share of the sampled cells that hold something."""
    cells: int
    """Filled cells in the sample."""
    distinct: int
    mean_chars: float
    p95_chars: int
    mean_words: float
    """A CJK character counts as half a word."""
    numeric: float
    dates: float
    identifiers: float
    yes_no: bool
    nested: float
    """Share of lists and objects."""
    repeated: float
    """Share of cells whose value stands in another cell too."""

    @property
    def is_text(self) -> bool:
        """Sentences or at least phrases, in words that vary."""
        wordy = self.mean_words >= 2.2 or self.mean_chars >= 25
        many = self.distinct >= min(20, 0.3 * self.cells)
        return (
            self.cells > 0
            and self.numeric < 0.5
            and self.dates < 0.5
            and self.identifiers < 0.7
            and wordy
            and many
        )

    @property
    def is_closed(self) -> bool:
        """Few short values that come again and again: what labels look like."""
        if not self.cells or self.nested > 0.1 or self.dates > 0.5:
            return False
        short = self.p95_chars <= 60 and self.mean_words <= 6
        few = self.distinct <= max(2, 0.5 * self.cells) and self.distinct <= 1000
        return short and few and (self.repeated >= 0.7 or self.cells < 12)


def facts(name: str, records: Sequence[dict[str, Any]]) -> ColumnFacts:
    """Measure one column on the sampled records."""
    raw = [record.get(name) for record in records]
    texts = [text for text in map(as_text, raw) if not is_missing(text, label=True)]
    count = len(texts)
    if not count:
        return ColumnFacts(name, 0.0, 0, 0, 0.0, 0, 0.0, 0.0, 0.0, 0.0, False, 0.0, 0.0)
    lengths = sorted(map(len, texts))
    seen: dict[str, int] = {}
    for text in texts:
        seen[text] = seen.get(text, 0) + 1
    words = sum(_words(text[:2000]) * max(1.0, len(text) / 2000) for text in texts)
    return ColumnFacts(
        name=name,
        filled=count / len(raw),
        cells=count,
        distinct=len(seen),
        mean_chars=sum(lengths) / count,
        p95_chars=lengths[min(count - 1, int(0.95 * count))],
        mean_words=words / count,
        numeric=sum(NUMBER.fullmatch(text[:40]) is not None for text in texts) / count,
        dates=sum(DATE.fullmatch(text[:40]) is not None for text in texts) / count,
        identifiers=sum(IDENTIFIER.fullmatch(text[:60]) is not None for text in texts) / count,
        yes_no=all(text.lower() in YES_NO for text in seen) and len(seen) <= 2,
        nested=sum(isinstance(value, dict | list) for value in raw) / len(raw),
        repeated=sum(times for times in seen.values() if times > 1) / count,
    )


def sample(records: Sequence[dict[str, Any]], most: int = SAMPLED) -> Sequence[dict[str, Any]]:
    """Take records evenly spread, the first among them."""
    step = max(1, -(-len(records) // most))
    return records[::step]


def _words(text: str) -> float:
    return len(text.split()) + 0.5 * len(CJK.findall(text))
