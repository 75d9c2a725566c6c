"""English probes with constraints that a rule can check, after IFEval (PR-01)."""

from __future__ import annotations

import random
from typing import Any

from training.probes.item import Draft, Generator, say
from training.probes.words import (
    SUBJECTS,
    THINGS,
)

_OPEN = "(||||Please help: |A request: |Hi. |One more thing: |Hello. |Next: |Good morning. |Excuse me. )"


_RULES: dict[int, tuple[str, ...]] = {
    1: ("words", "includes", "upper", "starts", "ends", "sentences"),
    2: ("words_at_most", "includes", "avoids", "lower", "no_comma", "bullets", "starts", "title"),
    3: ("two", "two", "json", "repeats", "words", "bullets"),
}


def instructions(rng: random.Random, level: int) -> Draft:
    """One or two constraints that a rule can check (PR-01)."""
    about = rng.choice(SUBJECTS)
    kind = rng.choice(_RULES[level])
    if kind == "two":
        first, second = rng.choice(
            [
                ("starts", "no_comma"),
                ("lower", "includes"),
                ("ends", "words_at_most"),
                ("includes", "avoids"),
                ("bullets", "upper"),
            ]
        )
        (one, rule_one), (two, rule_two) = (
            _constraint(rng, first, level),
            _constraint(rng, second, level),
        )
        ask = say(
            rng,
            _OPEN + "(Write|Tell me) something about {about}. {one} {two}",
            about=about,
            one=one,
            two=two,
        )
        return Draft(ask, "obeys", detail={"rules": [rule_one, rule_two]})
    if kind == "repeats":
        request = say(
            rng, "(Tell me|Say|Write) something (nice|short|true) about {about}.", about=about
        )
        ask = f"{request} First repeat this request word for word, then give your answer."
        return Draft(ask, "obeys", detail={"rules": [{"kind": "repeats", "text": request}]})
    wording, rule = _constraint(rng, kind, level)
    if kind == "words" and level == 1:
        ask = say(
            rng,
            _OPEN + "(Reply|Answer) with exactly {n} words about {about}.",
            n=_NAMES[rule["count"]],
            about=about,
        )
    else:
        ask = say(
            rng,
            _OPEN + "(Write|Say|Tell me) something about {about}. {rule}",
            about=about,
            rule=wording,
        )
    return Draft(ask, "obeys", detail={"rules": [rule]})


_NAMES = {
    2: "two",
    3: "three",
    4: "four",
    5: "five",
    6: "six",
    8: "eight",
    10: "ten",
    15: "fifteen",
    20: "twenty",
}


def _constraint(rng: random.Random, kind: str, level: int) -> tuple[str, dict[str, Any]]:
    """Word one constraint, and give the rule that checks it."""
    count = rng.choice({1: [2, 3, 4], 2: [8, 10, 15], 3: [6, 8, 10]}[level])
    bullets = rng.choice([2, 3] if level < 3 else [4, 5])
    word, other = rng.choice(THINGS), rng.choice(["good", "nice", "very", "many", "day"])
    start, end = (
        rng.choice(["Well", "Today", "I think", "Of course", "Once"]),
        rng.choice(["done", "the end", "thank you", "that is all"]),
    )
    wordings: dict[str, tuple[str, dict[str, Any]]] = {
        "words": (f"Use exactly {_NAMES[count]} words.", {"count": count}),
        "words_at_most": (f"Use (at most|no more than) {_NAMES[count]} words.", {"count": count}),
        "sentences": ("Write (exactly one sentence|one sentence only).", {"count": 1}),
        "includes": (f'(Include|Use) the word "{word}".', {"words": [word]}),
        "avoids": (f'Do not use the word "{other}".', {"words": [other]}),
        "starts": (f'Start your answer with "{start}".', {"text": start}),
        "ends": (f'End your answer with "{end}".', {"text": end}),
        "upper": ("(Write|Answer) in capital letters only.", {}),
        "lower": ("Use (only lower case|only small letters).", {}),
        "no_comma": ("Do not use (a comma|any commas).", {}),
        "bullets": (f"Write exactly {_NAMES[bullets]} bullet points, each starting with a dash.", {"count": bullets}),
        "json": ('Answer with a JSON object with the keys "title" and "text", and nothing else.', {"keys": ["title", "text"]}),
        "title": ("Put a title in double angular brackets, such as <<title>>, (first|above it).", {}),
    }  # fmt: skip
    wording, facts = wordings[kind]
    return say(rng, wording.replace("{", "{{").replace("}", "}}")), {"kind": kind, **facts}


FAMILIES: dict[str, Generator] = {
    "instructions": instructions,
}
