"""Checks of lengths and answers: cut or overlong rows, broken JSON and tool calls, refusals, copies."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tools.data.findings import Material, example, issue, shown
from tools.data.task import is_json
from tools.profile import Issue
from training.text import Text

LONG_TOKENS = 4096
"""Rows longer than this are cut by the training lengths that are usual. A guess."""
REFUSAL_SHARE = 0.1
"""DQ-09 gives 60 % against a wanted 5 %; a tenth is where we start to ask. A guess."""
OUTLIER_TIMES = 10
"""A row is an outlier above ten times the median and 500 tokens. A guess."""
OUTLIER_TOKENS = 500
CELL_LIMITS = frozenset(
    {
        250,
        254,
        255,
        256,
        500,
        512,
        1000,
        1023,
        1024,
        2000,
        2048,
        4000,
        4095,
        4096,
        8000,
        32767,
        65535,
    }
)
"""Lengths at which databases and spreadsheets cut texts."""
REFUSAL = re.compile(
    r"^\W*(?:i(?:'|’)?m (?:sorry|afraid|unable|not able)|i am (?:sorry|unable|not able)|sorry,|i can(?:'|’)?t |i cannot |as an ai|unfortunately,? (?:i|we) (?:can|am)|i do(?: not|n(?:'|’)t) (?:know|have)"
    r"|抱歉|对不起|很遗憾|我无法|我不能|作为(?:一个|一名)?(?:ai|人工智能))",
    re.IGNORECASE,
)


def outlier_lengths(material: Material) -> Issue | None:
    """DQ-11: single rows that are far longer than the others."""
    if not len(material.tokens):
        return None
    bound = max(OUTLIER_TOKENS, OUTLIER_TIMES * float(np.median(material.tokens)))
    over = np.flatnonzero(material.tokens > bound)
    if not len(over):
        return None
    over = over[np.argsort(-material.tokens[over])]
    longest = int(over[0])
    return issue(
        "outlier_lengths",
        "warning" if material.tokens[longest] > LONG_TOKENS else "info",
        count=len(over),
        of=len(material.rows),
        examples=[
            example(
                material.numbers[index], material.asked[index], tokens=int(material.tokens[index])
            )
            for index in over[:5].tolist()
        ],
        text=Text(
            "{count:,} {count:row is|rows are} more than {times} times as long as usual; the longest, row {row}, has about {tokens:,} tokens.",
            count=len(over),
            times=OUTLIER_TIMES,
            row=material.numbers[longest],
            tokens=int(material.tokens[longest]),
        ),
        fix=Text(
            "Look at them: often a row has swallowed others or a whole file. Cut or remove what does not belong."
        ),
    )


def truncation(material: Material) -> Issue | None:
    """DQ-11: rows that training lengths would cut, and texts that an export has cut already."""
    limit = _cell_limit(material)
    if limit is not None:
        length, cut = limit
        return issue(
            "truncation",
            "warning",
            count=len(cut),
            of=len(material.rows),
            examples=shown(material, cut, answer=True),
            text=Text(
                "{count:,} {count:text has|texts have} exactly {length:,} characters, the longest there are: the export seems to have cut them.",
                count=len(cut),
                length=length,
            ),
            fix=Text("Export the data again without a limit on the length of cells."),
        )
    long = np.flatnonzero(material.tokens > LONG_TOKENS).tolist()
    if not long or material.task == "documents":
        return None
    return issue(
        "truncation",
        "warning" if len(long) > 0.01 * len(material.rows) else "info",
        count=len(long),
        of=len(material.rows),
        examples=shown(material, long),
        text=Text(
            "{count:,} {count:row is|rows are} longer than about {tokens:,} tokens; training would cut {count:it, its answer|them, answers} included.",
            count=len(long),
            tokens=LONG_TOKENS,
        ),
        fix=Text("Shorten them, or plan for longer sequences, which need more memory."),
    )


def _cell_limit(material: Material) -> tuple[int, list[int]] | None:
    """Find texts that end at a length where databases cut, with none longer."""
    for texts in (material.answers, material.asked):
        lengths = [len(text) for text in texts]
        longest = max(lengths, default=0)
        cut = [index for index, length in enumerate(lengths) if length == longest]
        if (
            longest in CELL_LIMITS
            and len(cut) >= 3
            and sum(texts[index][-1:].isalnum() for index in cut) >= 0.6 * len(cut)
        ):
            return longest, cut
    return None


def invalid_json(material: Material) -> Issue | None:
    """Answers that should be JSON, as most are, and are not."""
    looks = [
        index for index, answer in enumerate(material.answers) if answer[:1] in "{[" and answer
    ]
    expected = material.task == "extraction" and len(looks) >= 0.5 * len(material.rows)
    wrong = (
        [index for index in looks if not is_json(material.answers[index])]
        if len(looks) >= 0.3 * len(material.rows)
        else []
    )
    if expected:
        wrong = [index for index, answer in enumerate(material.answers) if not is_json(answer)]
    if not wrong or material.task in {"preference", "documents", "code"}:
        return None
    return issue(
        "invalid_json",
        "warning",
        count=len(wrong),
        of=len(material.rows),
        examples=shown(material, wrong, answer=True),
        text=Text(
            "{count:,} {count:answer is|answers are} not valid JSON, though most are.",
            count=len(wrong),
        ),
        fix=Text("Repair them: the model learns broken JSON from them."),
    )


def invalid_tool_calls(material: Material) -> Issue | None:
    """Calls without a name, with arguments that are no JSON object, or of a tool that is not on offer."""
    wrong = [
        (index, why)
        for index, row in enumerate(material.rows)
        if (why := _bad_call(row.messages, row.facts))
    ]
    if not wrong:
        return None
    return issue(
        "invalid_tool_calls",
        "warning",
        count=len(wrong),
        of=len(material.rows),
        examples=[
            example(material.numbers[index], material.asked[index], why=why) for index, why in wrong
        ],
        text=Text(
            "{count:,} {count:conversation calls|conversations call} tools wrongly; the first: {why}.",
            count=len(wrong),
            why=wrong[0][1],
        ),
        fix=Text("Give each call the name of a tool on offer, and its arguments as a JSON object."),
    )


def _bad_call(messages: Sequence[Any], facts: dict[str, Any]) -> str | None:
    offered = {name for value in facts.values() for name in _tool_names(value)}
    for message in messages:
        for call in message.tool_calls or ():
            inner = call.get("function", call)
            name = inner.get("name") if isinstance(inner, dict) else None
            if not name:
                return "a call without a name"
            arguments = inner.get("arguments", inner.get("parameters", {}))
            if isinstance(arguments, str) and not is_json(arguments.strip()):
                return f"the arguments of {name} are not JSON"
            if offered and name not in offered:
                return f"{name} is not among the tools"
    return None


def _tool_names(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return
    for tool in value if isinstance(value, list) else [value]:
        inner = tool.get("function", tool) if isinstance(tool, dict) else {}
        if isinstance(inner, dict) and isinstance(inner.get("name"), str):
            yield inner["name"]


def refusals(material: Material) -> Issue | None:
    """DQ-09: a model refuses as often as its examples do."""
    if material.task in {"classification", "documents", "extraction", "translation"}:
        return None
    refused = [index for index, answer in enumerate(material.answers) if REFUSAL.match(answer[:80])]
    if len(refused) < max(5, REFUSAL_SHARE * len(material.rows)):
        return None
    return issue(
        "refusal_imbalance",
        "warning",
        count=len(refused),
        of=len(material.rows),
        examples=shown(material, refused, answer=True),
        text=Text(
            "{share:.0%} of the answers apologise or decline; the tuned model will do so about as often.",
            share=len(refused) / len(material.rows),
        ),
        fix=Text(
            "Keep them if that is the share you want in use; otherwise add rows that are answered."
        ),
    )


def copied_answers(material: Material) -> Issue | None:
    """Answers that only repeat what was asked."""
    if material.task in {"documents", "classification"}:
        return None
    copied = [
        index
        for index, (asked, answer) in enumerate(zip(material.asked, material.answers, strict=True))
        if answer
        and len(answer) == len(asked.strip())
        and answer.casefold() == asked.strip().casefold()
    ]
    if not copied:
        return None
    return issue(
        "copied_answers",
        "warning" if len(copied) > 0.01 * len(material.rows) else "info",
        count=len(copied),
        of=len(material.rows),
        examples=shown(material, copied),
        text=Text(
            "{count:,} {count:answer only repeats|answers only repeat} what is asked.",
            count=len(copied),
        ),
        fix=Text(
            "Keep them where leaving a text as it is was right (nothing to correct); otherwise remove them."
        ),
    )


ANSWER_CHECKS: tuple[Callable[[Material], Issue | None], ...] = (
    outlier_lengths,
    truncation,
    invalid_json,
    invalid_tool_calls,
    refusals,
    copied_answers,
)
