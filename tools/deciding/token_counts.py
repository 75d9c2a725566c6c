"""From a profile's token counts to those of the model that will read the rows.

Where no tokenizer was at hand the counts are estimates for large vocabularies. The practice model's small
vocabulary needs more: 1.14 times as many for Chinese, 1.22 for bank messages, 1.49 for maths problems, 1.62
for medical answers, 3.4 for a single odd row (measured on 10,003 + 1,000 + 1,000 rows).
"""

from __future__ import annotations

from tools.profile import TokenCounts
from training.catalog import ModelCard

TINY_MEAN, TINY_MOST = 1.4, 2.0
LARGE_MEAN, LARGE_MOST = 1.1, 1.5  # our default: estimates may be off that far
TEMPLATE_TOKENS = 12
"""A chat template's marks around one question and one answer (ChatML)."""


def mean_factor(card: ModelCard, tokens: TokenCounts) -> float:
    """What an average count is multiplied by, for time."""
    if not tokens.estimated:
        return 1.0
    return TINY_MEAN if card.tiny else LARGE_MEAN


def most_factor(card: ModelCard, tokens: TokenCounts) -> float:
    """What a large count is multiplied by, so that nothing is cut off by a wrong estimate."""
    if not tokens.estimated:
        return 1.0
    return TINY_MOST if card.tiny else LARGE_MOST


def mean_row(card: ModelCard, tokens: TokenCounts, rows: int) -> float:
    """Tokens of an average row with its template."""
    mean = tokens.total / rows if tokens.total and rows else float(tokens.p50)
    return mean * mean_factor(card, tokens) + TEMPLATE_TOKENS


def share_too_long(card: ModelCard, tokens: TokenCounts, limit: int) -> float:
    """The least share of rows that is longer than `limit`, as far as the percentiles tell."""
    factor = mean_factor(card, tokens)
    for share, count in ((0.5, tokens.p50), (0.05, tokens.p95), (0.01, tokens.p99)):
        if count * factor + TEMPLATE_TOKENS > limit:
            return share
    return 0.0
