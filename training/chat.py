"""Conversations as the model's own template lays them out, whatever it lacks.

Some templates refuse a system turn; its words are then put at the head of the first turn of the person, in
training and asking alike. Some models think aloud first; where the template has a switch, it is off.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from jinja2.exceptions import TemplateError

from training.rows import Message, Row
from training.text import Text

SYSTEM_MARK = "zebra-system-mark"
"""Words that no template contains."""
THINKING_SWITCHES = ("enable_thinking", "thinking")
"""Names by which templates know the switch: Qwen and others; DeepSeek and Granite."""

Note = Callable[[Text], None]


def silent(text: Text) -> None:
    """Take a note and drop it: for callers that said it before."""


def takes_system(tokenizer: Any) -> bool:
    """Say whether the template shows a system turn to the model."""
    turns = [{"role": "system", "content": SYSTEM_MARK}, {"role": "user", "content": "Hello"}]
    try:
        return SYSTEM_MARK in str(tokenizer.apply_chat_template(turns, tokenize=False))
    except (TemplateError, ValueError):
        return False


def fold_system(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Move the words of a leading system turn to the head of the first turn of the person.

    A conversation without such a turn comes back as it is; one with no turn of the person gets one.
    """
    turns = tuple(messages)
    if not turns or turns[0].role != "system":
        return turns
    system, rest = turns[0].content, list(turns[1:])
    for index, turn in enumerate(rest):
        if turn.role == "user":
            rest[index] = turn.model_copy(update={"content": f"{system}\n\n{turn.content}"})
            return tuple(rest)
    return (Message(role="user", content=system), *rest)


def with_system(messages: Sequence[Message], system: str | None) -> tuple[Message, ...]:
    """Put a system turn first, unless the conversation has its own."""
    turns = tuple(messages)
    if not system or (turns and turns[0].role == "system"):
        return turns
    return (Message(role="system", content=system), *turns)


def prompts_for(
    rows: Sequence[Row], *, system: str | None = None, shots: Sequence[Row] = ()
) -> list[tuple[Message, ...]]:
    """Give what to ask for every row: the system turn, then answered examples, then the row's own turns."""
    examples = [turn for shot in shots for turn in shot.messages if turn.role != "system"]
    prompts = []
    for row in rows:
        turns = with_system(row.prompt, system)
        lead = 1 if turns and turns[0].role == "system" else 0
        prompts.append((*turns[:lead], *examples, *turns[lead:]))
    return prompts


def pick_shots(rows: Sequence[Row], count: int) -> list[Row]:
    """Choose examples for a few-shot prompt: different answers first, and of those the shortest questions.

    Always the same ones for the same rows. Fewer come back where there are fewer answered rows.
    """
    answered = [row for row in rows if row.has_answer and row.answer.strip()]
    ordered = sorted(answered, key=lambda row: (sum(len(t.content) for t in row.messages), row.id))
    half = ordered[: max(count, (len(ordered) + 1) // 2)]
    usual = (
        half[len(half) // 2 :] + half[: len(half) // 2]
    )  # neither the shortest nor long ones first
    seen: set[str] = set()
    fresh = [row for row in usual if not (row.answer in seen or seen.add(row.answer))]  # type: ignore[func-returns-value]
    chosen = {row.id for row in fresh}
    return (fresh + [row for row in usual if row.id not in chosen])[:count]


def render_prompts(
    tokenizer: Any, prompts: Sequence[Sequence[Message]], *, note: Note = silent
) -> list[str]:
    """Lay conversations out as text that ends where the answer begins.

    Raises ValueError where the tokenizer has no chat template.
    """
    if not tokenizer.chat_template:
        raise ValueError("the tokenizer has no chat template")
    folding = any(turns and turns[0].role == "system" for turns in prompts) and not takes_system(
        tokenizer
    )
    if folding:
        note(
            Text(
                "This model knows no system turn, so the instruction stands at the head of the first question."
            )
        )
    switches = thinking_off(tokenizer)
    if switches:
        note(Text("This model can think aloud before it answers; that was switched off."))
    return [
        str(
            tokenizer.apply_chat_template(
                [
                    turn.model_dump(mode="json", exclude_none=True)
                    for turn in (fold_system(turns) if folding else turns)
                ],
                tokenize=False,
                add_generation_prompt=True,
                **switches,
            )
        )
        for turns in prompts
    ]


def thinking_off(tokenizer: Any) -> dict[str, bool]:
    """Give the template's switches that turn thinking aloud off; empty where it has none."""
    template = tokenizer.chat_template
    source = template if isinstance(template, str) else str(template)
    named = [name for name in THINKING_SWITCHES if _names(source, name)]
    return dict.fromkeys(named[:1], False)


def _names(template: str, variable: str) -> bool:
    return bool(re.search(rf"(?<![\w.'\"]){variable}(?![\w'\"])", template))
