"""How long a model takes over one answer to one person on a card: for choosing by a wished latency, and to say that none can."""

from __future__ import annotations

from tools.facts import Facts
from tools.gpus import kind_of
from tools.resources import DECODE_S_PER_LAYER
from training.catalog import ModelCard


def answer_ms(card: ModelCard, facts: Facts) -> float | None:
    """Milliseconds of an answer of the usual length (MS-04); None where the plan is for processors."""
    if not facts.on_gpu:
        return None
    kind, active = kind_of(facts.gpus[0]), card.active_params or card.params
    token_s = max(DECODE_S_PER_LAYER * card.layers, 2 * active / kind.bytes_per_second)
    return 1000 * token_s * answer_tokens(facts)


def answer_tokens(facts: Facts) -> float:
    """Tokens of an average answer."""
    rows = max(facts.profile.usable or facts.profile.rows, 1)
    return max(facts.profile.tokens.answer_total / rows, 1)


def wanted_ms(facts: Facts) -> float | None:
    """The latency that the person asked for; None where nothing was said."""
    said = facts.said("latency")
    return float(said) if isinstance(said, int | float) else None
