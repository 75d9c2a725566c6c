"""What the practice model is taught: small generated tasks and plain text, endless from a seed.

Nothing but `build.py` and tests may import this module: replaying the exam's generator would be training
on the exam. Training never uses a prompt for which `is_reserved` is true; held-out items are only such
prompts. Texts and words are ours; no file of the machine is read.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace

from training.practice import (
    mandarin,
    mandarin_requests,
    mandarin_words,
    manners,
    numeric,
    reading,
    requests,
    topics,
    wording,
    writing,
)
from training.practice.item import Item
from training.practice.prose import passage

KINDS: dict[str, Callable[[random.Random], Item]] = {
    **numeric.KINDS,
    **wording.KINDS,
    **reading.KINDS,
    **topics.KINDS,
    **manners.KINDS,
    **requests.KINDS,
    **writing.KINDS,
    **mandarin.KINDS,
    **mandarin_words.KINDS,
    **mandarin_requests.KINDS,
}
_WEIGHTS = {
    "add": 2.5, "subtract": 2.0, "sort_numbers": 2.0, "sort_words": 2.0, "reverse_letters": 2.0, "count": 2.0,
    "extract": 2.0, "reading": 2.0, "topic_label": 2.5, "topic_options": 1.5,
    "member": 1.5, "memory": 1.5, "fact": 1.5, "category": 1.5, "case": 1.5, "zh_arithmetic": 1.5,
    "refuse": 3.0, "benign": 4.0, "business": 2.0, "format_list": 2.0, "zh_refuse": 2.0, "zh_benign": 2.0, "zh_extract": 1.5, "zh_lists": 1.5,
}  # fmt: skip
"""How often a kind is drawn for training, against 1.0; by trial: hard or broad kinds get more."""
_LATE_WEIGHTS = {
    "spell": 2.5, "reverse_letters": 3.5, "letter": 2.0, "case": 3.0, "translate": 3.0, "sort_words": 3.0,
    "sort_numbers": 3.5, "add": 3.0, "subtract": 2.5, "multiply": 1.5, "compare": 1.5, "extreme": 1.5, "word_problem": 1.5,
    "reverse_words": 2.0, "format_list": 3.0, "count": 1.5, "sequence": 1.5, "category": 2.5, "odd_one_out": 1.5,
    "filter_list": 1.5, "member": 2.0, "fact": 2.0, "extract": 1.5, "reading": 2.0, "reading_two": 2.0, "yes_no": 1.5,
    "topic_label": 2.0, "topic_options": 1.5, "topic_plain": 1.5, "rule": 2.0, "zh_arithmetic": 2.0, "zh_order": 2.0,
    "zh_category": 1.5, "zh_odd_one_out": 1.5, "zh_member": 1.5, "zh_characters": 1.5, "smalltalk": 0.7, "refuse": 3.0,
    "benign": 4.0, "business": 1.5, "zh_refuse": 1.5, "zh_benign": 1.5, "zh_lists": 1.5, "zh_rule": 1.0, "memory": 1.5, "zh_talk": 0.5, "zh_describe": 0.5, "zh_topic": 0.5, "zh_sentiment": 0.5, "zh_memory": 1.0,
    "zh_extract": 1.2, "zh_reading": 0.7, "describe": 0.7, "words_about": 0.7,
}  # fmt: skip
"""The same once the easy kinds are learnt: most goes to what needs many repetitions, such as spelling."""

_BASICS = (
    "copy", "copy", "pick", "reverse_words", "member", "case", "format_list", "reading_two", "memory", "letter", "extract",
    "zh_copy", "odd_one_out", "sort_numbers", "rule", "greeting_without",
)  # fmt: skip
"""Kinds whose answers are taken from the prompt: once copying is learnt, all else is learnt faster."""

_PLAIN_SHARE = 0.12  # of the conversations' number
_TWO_TASKS_SHARE = 0.1  # conversations that carry two tasks, one after the other


def train_texts(
    rng: random.Random, *, basics_share: float = 0.0, late: bool = False
) -> Iterator[list[dict[str, str]] | str]:
    """Yield conversations (chat messages) and plain passages for training, without end.

    `basics_share` of them are drawn from the kinds that teach copying; the start of training wants many.
    """
    names = list(KINDS)
    chosen_weights = _LATE_WEIGHTS if late else _WEIGHTS
    weights = [chosen_weights.get(name, 1.0) for name in names]
    while True:
        if rng.random() < basics_share:
            item = (
                wording.drill(rng) if rng.random() < 0.6 else _trainable(rng, rng.choice(_BASICS))
            )
            if not item.reserved:
                yield item.messages(answered=True)
            continue
        if rng.random() < _PLAIN_SHARE:
            yield passage(rng)
            continue
        name, other = rng.choices(names, weights, k=2)
        item = _trainable(rng, name)
        if rng.random() < _TWO_TASKS_SHARE and len(item.turns) == 1:
            second = _trainable(rng, other)
            if len(second.turns) == 1:
                turns = (*item.turns, ("assistant", item.answer), *second.turns)
                item = replace(second, turns=turns)
                if item.reserved:
                    continue
        yield item.messages(answered=True)


def held_out(kind: str, count: int, *, seed: int = 0) -> list[Item]:
    """Return `count` different items of a kind, whose prompts training never uses."""
    rng = random.Random(f"held out {kind} {seed}")
    found: dict[tuple[tuple[str, str], ...], Item] = {}
    for _ in range(2_000 * count):
        if len(found) == count:
            break
        item = KINDS[kind](rng)
        if item.reserved:
            found[item.turns] = item
    assert len(found) == count, f"{kind} has too few different prompts: {len(found)} of {count}"
    return list(found.values())


def _trainable(rng: random.Random, kind: str) -> Item:
    item = KINDS[kind](rng)
    while item.reserved:
        item = KINDS[kind](rng)
    return item
