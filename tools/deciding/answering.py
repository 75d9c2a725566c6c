"""How long answers are, how long they may become, and how long one person waits for one on a card.

Where the rows hold bare results, or no answers at all, a model that can reason writes more than they do: it gets room for it.
"""

from __future__ import annotations

from math import ceil

from tools.deciding.token_counts import most_factor
from tools.facts import Facts
from tools.gpus import kind_of
from tools.resources import DECODE_S_PER_LAYER
from training.catalog import ModelCard

BARE_TOKENS = 8
"""Answers to problems that are no longer than this hold the result and no way to it. Our default."""
THINKING_ROOM, USUAL_THINKING = 512, 200
"""Most tokens for a result with the way to it (TRL's completion length), and those of a usual school problem. Our defaults."""
OPEN_ROOM, USUAL_OPEN = 256, 128
"""The same for answers to questions that come without any. Our defaults."""
TINY_OPEN_ROOM = 64
MOST_ROOM = 2048


def answer_ms(card: ModelCard, facts: Facts) -> float | None:
    """Milliseconds of an answer of the usual length (MS-04); None where the plan is for processors."""
    if not facts.on_gpu:
        return None
    kind, active = kind_of(facts.gpus[0]), card.active_params or card.params
    token_s = max(DECODE_S_PER_LAYER * card.layers, 2 * active / kind.bytes_per_second)
    return 1000 * token_s * answer_tokens(facts, card)


def bare_results(facts: Facts, card: ModelCard) -> bool:
    """Say whether the rows give problems with bare results, and the model could find the way to them (MS-07)."""
    short = facts.profile.tokens.answer_p99 <= BARE_TOKENS
    return facts.profile.task.value == "reasoning" and facts.answered and short and not card.tiny


def room_tokens(facts: Facts, card: ModelCard) -> int:
    """Most tokens of an answer: the person's number, else what 99 of 100 answers need, else room to think in."""
    set_by_person = facts.overrides.get("evaluation.max_new_tokens")
    if set_by_person is not None:
        return int(set_by_person)
    tokens = facts.profile.tokens
    wanted = ceil((tokens.answer_p99 * most_factor(card, tokens) + 4) / 8) * 8
    if bare_results(facts, card):
        wanted = THINKING_ROOM
    elif unanswered(facts):
        wanted = TINY_OPEN_ROOM if card.tiny else OPEN_ROOM
    return max(8, min(wanted, card.context // 2, MOST_ROOM))


def room_beyond(facts: Facts, card: ModelCard) -> int:
    """Tokens that an attempt may have beyond the longest usual answer of the rows."""
    tokens = facts.profile.tokens
    usual = not bare_results(facts, card) and not unanswered(facts)
    if usual and "evaluation.max_new_tokens" not in facts.overrides:
        return 0
    return max(0, room_tokens(facts, card) - ceil(tokens.answer_p99 * most_factor(card, tokens)))


def answer_tokens(facts: Facts, card: ModelCard) -> float:
    """Tokens of an average answer of the model."""
    if bare_results(facts, card):
        return float(min(USUAL_THINKING, room_tokens(facts, card)))
    if unanswered(facts):
        return float(min(USUAL_OPEN, room_tokens(facts, card)))
    rows = max(facts.profile.usable or facts.profile.rows, 1)
    return max(facts.profile.tokens.answer_total / rows, 1)


def wanted_ms(facts: Facts) -> float | None:
    """The latency that the person asked for; None where nothing was said."""
    said = facts.said("latency")
    return float(said) if isinstance(said, int | float) else None


def unanswered(facts: Facts) -> bool:
    """Say whether the rows ask and nobody has answered: a reward says what is right."""
    return not facts.answered and facts.profile.task.value not in {"documents", "preference"}
