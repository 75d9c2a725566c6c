"""What is in the data and what is wrong with it: the document, as the contract shows it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tools.choice import Choice
from training.config import Task
from training.document import Document, Section
from training.text import Text

ColumnRole = Literal[
    "id", "prompt", "system", "messages", "context", "answer", "label", "chosen", "rejected",
    "rating", "text", "date", "group", "ignore",
]  # fmt: skip
IssueCode = Literal[
    "near_duplicates", "exact_duplicates", "label_conflicts", "leakage", "contamination", "pii", "secrets",
    "too_few_rows", "small_eval", "class_imbalance", "one_class", "missing_answers", "truncation",
    "mixed_languages", "encoding", "outlier_lengths", "invalid_json", "invalid_tool_calls", "refusal_imbalance",
    "injection", "copied_answers", "templates_left", "label_noise", "already_good", "simple_model_enough",
    "facts_change_use_rag", "not_measured", "high_stakes", "format_unknown",
]  # fmt: skip
Severity = Literal["info", "warning", "blocking"]


class Issue(Section):
    """One kind of trouble, with rows to look at."""

    code: IssueCode
    severity: Severity
    count: int
    share: float
    examples: tuple[Any, ...] = ()
    """Each {"row": number as in the file, "text": ..., ...}; at most five."""
    text: Text
    """What it is, in a sentence."""
    fix: Text
    """What to do, or what Tunesmith does by itself."""
    source: str | None = None
    """The rule behind it, such as `CT-01`."""


class TokenCounts(Section):
    """Lengths of whole rows in tokens; `estimated` where no tokenizer was at hand."""

    p50: int
    p95: int
    p99: int
    max: int
    total: int
    answer_p99: int
    answer_total: int
    estimated: bool = True


class Profile(Document):
    """The data, described."""

    kind: Literal["profile"] = "profile"
    rows: int
    format: str
    encoding: str
    columns: dict[str, str | list[str]]
    """Role -> name of the column (or names, for `context`, `group` and `ignore`)."""
    columns_because: Text | None = None
    """Why the columns have these roles."""
    column_candidates: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Role -> every column that could have it, the chosen one first: what the interview may ask about."""
    notes: tuple[Text, ...] = ()
    """What was found out or done while reading: rows passed over, separator, sheet, files left aside."""
    task: Choice[Task]
    tokens: TokenCounts
    issues: tuple[Issue, ...] = ()
    splits: dict[str, int] = Field(default_factory=dict)
    """Rows in train, dev and test after cleaning."""
    sample: tuple[dict[str, Any], ...] = ()
    """The first canonical rows."""
    shots: tuple[dict[str, Any], ...] = ()
    """Rows for a prompt, with different answers first; only where there are too few to train on."""
    language: str = "en"
    labels: dict[str, int] = Field(default_factory=dict)
    """Classification: label -> rows."""
    files: tuple[str, ...] = ()
    usable: int = 0
    """Rows that are left after cleaning, the test rows taken from among them included; a test file of its own is not counted."""
    turns_p50: float = 1.0
    """Turns of the person in a conversation; 1 where there is no conversation."""
    distinct_answer_share: float = 1.0
    checkable: bool = False
    """The answers can be checked by a program: numbers, labels, JSON."""
    kept: int = 0
    """Test items that the person kept after trying a model; no rows of the files."""
