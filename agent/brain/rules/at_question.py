"""A question waits: read the message as its answer, or as whatever else it clearly is."""

from __future__ import annotations

import re

from agent.brain.protocol import Context, Intent
from agent.brain.rules import answering, asking, files, lexicon, marking, revising, telling

OWN_QUESTIONS = frozenset(
    {"marks", "disagreement", "grader", "vote", "skip_broken", "sheet", "teacher", "taught"}
)
"""Questions about answers shown and about rows: they are answered in ways of their own."""
PRACTICE = re.compile(r"\b(?:just|only) (?:want to |to )?practi[cs]e\b")
MAY = re.compile(r"(?:yes|yeah|yep|sure|of course|it may|yes it may|可以|行|能|可以的)[.!。！ ]*")
MAY_NOT = re.compile(
    r"(?:no|nope|not at all|it may not|no it may not|no it must not|不|不行|不能|不可以|最好不要|不要)[.!。！ ]*"
)
"""Plain answers to "May the model become worse at everything else?"; its choices are no, a little, yes."""


def at_question(message: str, folded: str, context: Context) -> list[Intent]:
    """A question waits: a choice, a value, "I don't know", or a question back."""
    question = context.question or ""
    folded = answering.without_echo(folded)
    if question in {"grader", "marks", "disagreement"}:
        name = marking.grader_named(message)
        if name is not None and (question == "grader" or ":" in name):
            return [Intent(kind="mark", words=message, fields={"grader": name})]
    handed = files.named(message, folded)
    if handed:
        extra = telling.fields(telling.without(folded, handed), strict=True)
        extra = {
            name: value for name, value in extra.items() if name in {"privacy", "task", "goal"}
        }
        return [
            Intent(kind="provide_data", words=message, files=tuple(handed)),
            *([Intent(kind="inform", words=message, fields=extra)] if extra else []),
        ]
    told = marking.read(folded, question, context.num_shown)
    if told is not None:
        return [told]
    special = _special(message, folded, context)
    if special:
        return special
    choice = answering.choice(folded, question, num_choices=context.num_choices)
    if choice is not None:
        return [Intent(kind="choose", words=message, choice=choice)]
    if asking.is_small_talk(folded) and not answering.value(folded, question, loose=False):
        return [Intent(kind="small_talk", words=message)]
    value = answering.value(folded, question, loose=False)
    leaves_it = value is None and lexicon.has(folded, "dunno", "part")
    may_mean_none = question in {"data", "facts_change", "hardware"} and telling.is_plain_no(folded)
    if leaves_it and not may_mean_none:
        return [Intent(kind="inform", words=message, fields={question: None})]
    asks = value is None or re.search(r"[?]|吗|^(?:what|why|how|when|which|who)\b", folded)
    questions = asking.questions(folded) if asks else []
    tentative = value not in (None, True) and not asking.questions(folded.rstrip(" ?!."))
    if questions and not tentative:
        return questions
    if (
        value is None
        and lexicon.is_all(folded, "reject", "whole")
        and not telling.is_plain_no(folded)
    ):
        return [Intent(kind="reject", words=message)]
    acts = asking.acts(folded)
    if (
        acts
        and value is None
        and lexicon.words_in(folded) <= 4
        and acts[0].kind in {"stop", "status", "resume", "export", "compare"}
    ):
        return acts
    if lexicon.has(folded, "change", "elsewhere") and value is None:
        changes = revising.changes(folded, context)
        if changes:
            return changes
    return answering.answer(message, folded, question, value)


def _special(message: str, folded: str, context: Context) -> list[Intent]:
    """Answers that belong to one question, and remarks that are none: enough of questions, another fact, a setting."""
    question = context.question or ""
    if answering.WAVED_OFF.search(folded) and question not in OWN_QUESTIONS:
        return [Intent(kind="inform", words=message, fields={question: None, "questions": False})]
    if question == "data" and "?" not in folded and answering.HAS_NONE.search(folded):
        return [Intent(kind="inform", words=message, fields={"data": False})]
    if question == "data" and "?" not in folded and answering.TELLS_MORE.search(folded):
        return [Intent(kind="inform", words=message, fields={"goal": True})]
    limit = question == "budget" and answering.value(folded, "budget", loose=False) is not None
    if (
        question not in OWN_QUESTIONS | {"hardware", "data", "goal"}
        and answering.names_card(folded)
        and not limit
    ):
        return [Intent(kind="inform", words=message, fields={"hardware": True})]
    if question == "sheet" and (sheet := _label_in(folded, context)) is not None:
        return [Intent(kind="choose", words=message, choice=sheet)]
    if question == "must_not_get_worse":
        plain = folded.replace(",", "")
        if MAY.fullmatch(plain) or MAY_NOT.fullmatch(plain):
            return [Intent(kind="choose", words=message, choice=3 if MAY.fullmatch(plain) else 1)]
    if (
        question not in OWN_QUESTIONS | {"base_model"}
        and "?" not in folded
        and (lexicon.PRACTICE_MODEL.search(folded) or PRACTICE.search(folded))
        and not lexicon.has(folded, "reject", "part")
    ):
        return [Intent(kind="inform", words=message, fields={"base_model": "practice"})]
    if question == "hardware" and telling.is_plain_no(folded):
        return [Intent(kind="inform", words=message, fields={"hardware": telling.NO_CARD})]
    if question == "facts_change" and answering.NEVER.fullmatch(folded):
        return [Intent(kind="inform", words=message, fields={"facts_change": "never"})]
    if question not in OWN_QUESTIONS and (stated := revising.stated(folded, context)):
        return stated
    if question == "skip_broken" and (skips := answering.skips(folded)) is not None:
        return [Intent(kind="choose", words=message, choice=1 if skips else 2)]
    return []


def _label_in(folded: str, context: Context) -> int | None:
    """The number of the one label that occurs in the message."""
    found = [at for at, label in enumerate(context.labels, 1) if lexicon.fold(label) in folded]
    return found[0] if len(found) == 1 else None
