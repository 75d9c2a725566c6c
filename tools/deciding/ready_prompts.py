"""Prompts to copy where training is advised against: what is asked, a few of the person's rows, or passages to answer from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.deciding.compose import instruction
from tools.facts import Facts
from training.text import Text

MOST_LETTERS = 700
"""Of a prompt that is to be read on a page."""
LEAST_OF_A_LABEL = 20  # DQ-10
LABELS_NAMED = 4
FROM_PASSAGES = "Answer only from the passages below, and name the passage you took it from. If they do not say it, answer: I do not know.\n\nPassages:\n(what the search found)\n\nQuestion: (the question)"
FROM_PASSAGES_ZH = "只根据下面的段落回答，并写明出自哪一段。段落里没有的，就回答：我不知道。\n\n段落：\n（检索到的内容）\n\n问题：（要问的问题）"


def prompt_with_rows(facts: Facts) -> Text | None:
    """Give a prompt with the instruction and as many of the person's rows as can be read; None where none fits."""
    profile = facts.profile
    told = instruction(profile.task.value, tuple(profile.labels), language=profile.language)
    asked, said = ("问：", "答：") if profile.language == "zh" else ("Question: ", "Answer: ")
    parts = [told] if told else []
    closing, shown = f"{asked}…\n{said}", 0
    for row in profile.shots or profile.sample:
        pair = _pair(row)
        added = f"{asked}{pair[0]}\n{said}{pair[1]}" if pair is not None else ""
        if added and len("\n\n".join([*parts, added, closing])) <= MOST_LETTERS:
            parts.append(added)
            shown += 1
    if not shown:
        return None
    return Text("The prompt to begin with, to which you add more of your rows: {prompt}", prompt="\n\n".join([*parts, closing]))  # fmt: skip


def prompt_with_labels(facts: Facts) -> Text | None:
    """Give a prompt that lists the answers, where they change; None where it would be long."""
    profile = facts.profile
    told = instruction(profile.task.value, tuple(profile.labels), language=profile.language)
    return None if not told or len(told) > MOST_LETTERS else Text("The prompt: {prompt}", prompt=told)  # fmt: skip


def prompt_with_passages(facts: Facts) -> Text:
    """Give the prompt that goes with a search: answer from what was found, name it, and say where it does not tell."""
    prompt = FROM_PASSAGES_ZH if facts.profile.language == "zh" else FROM_PASSAGES
    return Text("The prompt for it: {prompt}", prompt=prompt)


def rows_wanted(facts: Facts, *, least: int) -> Text:
    """Say how many more rows, and of which kind: of the rarest labels where there are labels."""
    rows = facts.profile.usable or facts.profile.rows
    short = {name: LEAST_OF_A_LABEL - count for name, count in facts.profile.labels.items() if count < LEAST_OF_A_LABEL}  # fmt: skip
    if not short:
        return Text("Collect at least {more:,} more of the kind you find hardest.", more=least - rows)  # fmt: skip
    ordered = sorted(short.items(), key=lambda entry: -entry[1])[:LABELS_NAMED]
    named = ", ".join(f"{name} ({more})" for name, more in ordered)
    return Text(
        "Collect at least {more:,} more; for {each} of every label these lack most: {labels}.",
        more=max(least - rows, sum(short.values())), each=LEAST_OF_A_LABEL, labels=named,
    )  # fmt: skip


def _pair(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """Give question and answer of a row with one of each; None for longer conversations."""
    turns = [turn for turn in row.get("messages", ()) if turn.get("role") != "system"]
    if [turn.get("role") for turn in turns] != ["user", "assistant"] or not turns[1].get("content"):
        return None
    return turns[0].get("content", ""), turns[1]["content"]
