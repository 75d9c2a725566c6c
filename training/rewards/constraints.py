"""Does the completion keep to rules that a program can check (the IFEval kind, Zhou et al. 2023)?

A rule is `name` or `name=value`. An empty completion keeps to none: silence is never paid.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

from training.rewards.reward import RewardError, spoken
from training.rewards.schema import json_valid
from training.text import Text

Rule = Callable[[str, str], bool]
"""The completion and the rule's value."""

WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+(?:['’-]\w+)*")


def constraints(
    completions: Sequence[str], *, constraints: Sequence[str | Sequence[str]]
) -> list[float]:
    """Score the share of its rules that each completion keeps to. Raises RewardError for a rule not known.

    Rules stand in the column as a list, as JSON, or as text with `;` between.

    >>> constraints(["Yes. It is.", "yes, it is"], constraints=["max_words=3; no_commas; ends_with=."] * 2)
    [1.0, 0.3333333333333333]
    """
    return [
        _share(spoken(completion), _rules(rules))
        for completion, rules in zip(completions, constraints, strict=True)
    ]


def _share(completion: str, rules: list[tuple[str, str]]) -> float:
    if not completion:
        return 0.0
    return sum(RULES[name](completion, value) for name, value in rules) / len(rules)


def _rules(written: str | Sequence[str]) -> list[tuple[str, str]]:
    if isinstance(written, str):
        written = json.loads(written) if written.lstrip().startswith("[") else written.split(";")
    rules = []
    for one in written:
        name, _, value = str(one).strip().partition("=")
        name, value = name.strip(), value.strip()
        if not name:
            continue
        if name not in RULES:
            raise _unknown(name)
        if name in COUNTED and not value.isdigit():
            raise _unknown(f"{name}={value}")
        rules.append((name, value))
    if not rules:
        raise _unknown("")
    return rules


def _unknown(rule: str) -> RewardError:
    return RewardError(
        Text("{rule} is not a rule that can be checked.", rule=repr(rule)),
        where="constraints",
        what_to_do=Text(
            "Write each as name=value, such as max_words=12, with ; between. The names are: {rules}.",
            rules=", ".join(sorted(RULES)),
        ),
    )


def _words(text: str) -> int:
    return len(WORD.findall(text))


def _sentences(text: str) -> int:
    return len(
        [part for part in re.split(r"[.!?。！？]+(?:\s|$)|(?<=[。！？])", text) if part.strip()]
    )


def _paragraphs(text: str) -> int:
    return len([part for part in re.split(r"\n\s*\n", text) if part.strip()])


def _bullets(text: str) -> int:
    return len(re.findall(r"^\s*(?:[-*•]|\d+[.)])\s+\S", text, re.MULTILINE))


def _mentions(text: str, word: str) -> bool:
    return bool(word) and word.casefold() in text.casefold()


RULES: dict[str, Rule] = {
    "min_words": lambda text, value: _words(text) >= int(value),
    "max_words": lambda text, value: 0 < _words(text) <= int(value),
    "min_chars": lambda text, value: len(text) >= int(value),
    "max_chars": lambda text, value: len(text) <= int(value),
    "sentences": lambda text, value: _sentences(text) == int(value),
    "max_sentences": lambda text, value: _sentences(text) <= int(value),
    "paragraphs": lambda text, value: _paragraphs(text) == int(value),
    "bullets": lambda text, value: _bullets(text) == int(value),
    "include": lambda text, value: all(_mentions(text, word.strip()) for word in value.split("|")),
    "exclude": lambda text, value: (
        not any(_mentions(text, word.strip()) for word in value.split("|"))
    ),
    "starts_with": lambda text, value: text.startswith(value),
    "ends_with": lambda text, value: text.endswith(value),
    "no_commas": lambda text, value: not re.search("[,，、]", text),
    "lowercase": lambda text, value: text == text.lower(),
    "uppercase": lambda text, value: text == text.upper() != text.lower(),
    "json": lambda text, value: json_valid([text]) == [1.0],
    "quoted": lambda text, value: len(text) > 2 and text[0] in '"“「' and text[-1] in '"”」',
}
COUNTED = frozenset(
    [
        "min_words",
        "max_words",
        "min_chars",
        "max_chars",
        "sentences",
        "max_sentences",
        "paragraphs",
        "bullets",
    ]
)
