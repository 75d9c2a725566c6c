"""A translated template is held against its original: the same blanks, figures, units, negations and directions.

What the words say is judged by a translation back into English, made by somebody who has not seen the original. A false
alarm costs the wording only: the English sentence stands.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain

from agent.brain.llm.guard import DIGITS, QUOTE, SIDES, ways
from agent.words.faithful import claims
from training.text import Text

BLANK = re.compile(r"\{[^{}]*\}")
NEGATION = re.compile(
    r"\b(?:not|no|never|nothing|none|nobody|without|neither|nor|cannot|hardly)\b|n't\b",
    re.IGNORECASE,
)
SAME_WORDS = {
    name: re.compile(words, re.IGNORECASE)
    for name, words in {
        "at most": r"\bat (?:the )?most\b|\bmaximum\b|\bmax\b|\bup to\b|\bno more than\b", "at least": r"\bat (?:the )?least\b|\bminimum\b|\bno fewer than\b",
        "before": r"\bbefore\b|\bpreviously\b|\bprior\b|\bearlier\b", "after": r"\bafter(?:wards)?\b|\blater\b", "minutes": r"\bminutes?\b", "hours": r"\bhours?\b",
        "days": r"\bdays?\b", "dollars": r"\bdollars?\b|\busd\b|\$", "euros": r"\beuros?\b|€", "percent": r"%|\bpercent\b", "always": r"\balways\b",
    }.items()
}  # fmt: skip
"""Words that a translation of a sentence has exactly where the sentence has them."""
GOOD = frozenset({"better", "gain", "higher", "rose"})
BAD = frozenset({"worse", "loss", "lower", "fell"})
MORE = frozenset({"more", "faster", "above", "kept"})
LESS = frozenset({"less", "slower", "below"})
"""Weak words have many others for them ("further", "retained"): they may go, but none may come."""
FIRST_FIGURE = 7001
"""Stands for the first blank while two templates are compared."""


def mistranslated(back: str, source: str, translation: str) -> list[str]:
    """Name where a translated template differs from its source, by its translation back. Empty: it may be kept."""
    if not same_blanks(source, translation):
        return ["other blanks than the original"]
    found: list[str] = []
    if _digits(source) != _digits(translation):
        found.append("other figures")
    if translation.lower().count("yes") < len(re.findall(r"\byes\b", source, re.IGNORECASE)):
        found.append("the word yes is gone")
    if source.count("\n") != translation.count("\n"):
        found.append("other lines")
    if not same_blanks(source, back):
        return [*found, "what came back has other blanks"]
    return found + _differences(*_with_figures(source, back))


def same_blanks(source: str, other: str) -> bool:
    """Whether two templates have the same blanks, in the same form and as often."""
    return Counter(BLANK.findall(source)) == Counter(BLANK.findall(other))


def _differences(source: str, back: str) -> list[str]:
    found: list[str] = []
    theirs, ours = list(claims(back)), list(claims(source))
    if Counter((one.value, one.unit) for one in theirs) != Counter(
        (one.value, one.unit) for one in ours
    ):
        found.append("other figures or units")
    sides = {one.value: one.role for one in ours if float(one.value) >= FIRST_FIGURE}
    found += [
        f"{one.role} instead of {sides[one.value]}"
        for one in theirs
        if one.role in SIDES and sides.get(one.value) in SIDES and one.role != sides[one.value]
    ]
    said, meant = ways(back), ways(source)
    for group in (GOOD, BAD, {"within"}, {"outside"}, {"chance"}):
        if bool(said & group) != bool(meant & group):
            found.append("another direction")
    found += ["another direction" for group in (MORE, LESS) if said & group and not meant & group]
    if len(NEGATION.findall(back)) != len(NEGATION.findall(source)):
        found.append("a negation more or less")
    return found + [
        name
        for name, words in SAME_WORDS.items()
        if bool(words.search(back)) != bool(words.search(source))
    ]


def _with_figures(*templates: str) -> list[str]:
    """Fill blanks with figures that stand nowhere else, the same in each template."""
    blanks = list(dict.fromkeys(chain.from_iterable(BLANK.findall(one) for one in templates)))
    filled = []
    for template in templates:
        for number, blank in enumerate(blanks):
            template = template.replace(blank, f" {FIRST_FIGURE + 13 * number} ")
        filled.append(" ".join(template.split()))
    return filled


def _digits(template: str) -> Counter[str]:
    return Counter(re.sub(r"[.,]", "", found) for found in DIGITS.findall(BLANK.sub(" ", template)))


def as_template(prose: str) -> Text:
    """Turn an answer into a sentence whose figures and quotations are blanks, so that only its words are translated."""
    facts: dict[str, str] = {}

    def blank(match: re.Match[str]) -> str:
        name = f"x{len(facts)}"
        facts[name] = match.group()
        return "{" + name + "}"

    pattern = re.compile(f"{QUOTE.pattern}|{DIGITS.pattern}")
    template = pattern.sub(blank, prose.replace("{", "(").replace("}", ")"))
    return Text.restore({"template": template, "facts": facts})
