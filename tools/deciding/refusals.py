"""Whether to train at all: the cheaper remedies, each a rule that either advises against training or says nothing.

A model that is already good, a linear classifier, retrieval, a prompt, more rows: whatever is enough is advised.
"""

from __future__ import annotations

from collections.abc import Callable

from tools.deciding.advice import (
    ALREADY_GOOD,
    CLOSED_TASKS,
    KNOWLEDGE_TASKS,
    MIN_EXAMPLES,
    MIN_ITEMS_TO_JUDGE,
    UNKNOWN_FACTS,
    Advice,
)
from tools.deciding.ready_prompts import (
    prompt_with_labels,
    prompt_with_passages,
    prompt_with_rows,
    rows_wanted,
)
from tools.facts import Facts
from tools.goal import labels_change, wants_sources
from training.catalog import ModelCard
from training.figures import figure
from training.measured import NamedScore
from training.text import Text, join

LABEL_NOISE = (
    0.03  # our default: shares of wrong labels of this size are common, so nobody scores above
)
POWER_CONSTANT = 7.85  # ST-03: (1.96 + 0.84)^2, for a model that is never worse
RAG_SOURCE = "TC-04: Ovadia 2312.05934; AWS nova-forge-sft"
SIMILARITIES = frozenset({"chrf", "rouge", "reward", "judge"})
"""Measures without a ceiling that means 'all right'."""
MOST_PROMPT_LETTERS = 700
TINY_STAYS_BELOW = 0.8
"""Measured on banking77 with the shipped practice model: 0.83 to 0.85, the classifier 0.92. Where the classifier
itself does badly nothing was measured, so nothing is promised either way."""


def refusal(facts: Facts, card: ModelCard) -> Advice | None:
    """The first rule that advises against training; None where none does."""
    return next((advice for rule in RULES if (advice := rule(facts, card)) is not None), None)


def data_is_unusable(facts: Facts, card: ModelCard) -> Advice | None:
    """Blocking trouble in the data comes before everything."""
    blocking = [issue for issue in facts.profile.issues if issue.severity == "blocking"]
    if not blocking:
        return None
    first = blocking[0]
    return Advice(
        (),
        join([Text("Do not train on this data yet."), first.text, first.fix]),
        "DQ-*",
        ("DQ-01",),
        code=first.code,
    )


def facts_change(facts: Facts, card: ModelCard) -> Advice | None:
    """Facts that change faster than one retrains, or that must be cited, belong in a search index (TC-04)."""
    pace = facts.said("facts_change")
    often = Text("daily") if pace == "daily" else Text("weekly")
    task = facts.profile.task.value
    if task in CLOSED_TASKS and pace in {"daily", "weekly"} and labels_change(facts.goal):
        return Advice(
            (), Text("Do not train for this: the list of answers changes {pace}, and a trained model goes on giving the old ones. Write the list into the prompt, where it can be changed at any time.", pace=often),
            "TC-03: azure-skills diagnose-poor-results.md", ("TC-03",), code="facts_change_use_rag", handed=_given(prompt_with_labels(facts)),
        )  # fmt: skip
    if task not in KNOWLEDGE_TASKS:
        return None
    if pace in {"daily", "weekly"}:
        return Advice(
            (), Text("Do not train for this: your facts change {pace}, and a trained model goes on saying the old ones. Put them into a search index and let the model answer from what it finds (retrieval); train later only for tone or form.", pace=often),
            RAG_SOURCE, ("TC-04",), code="facts_change_use_rag", handed=(prompt_with_passages(facts),),
        )  # fmt: skip
    if wants_sources(facts.goal):
        return Advice(
            (), Text("Do not train for this: answers that must name their sources have to come from a search over your documents (retrieval), because a trained model cannot say where it has something from."),
            RAG_SOURCE, ("TC-04",), code="facts_change_use_rag", handed=(prompt_with_passages(facts),),
        )  # fmt: skip
    return None


def already_good(facts: Facts, card: ModelCard) -> Advice | None:
    """A model that reaches the target untouched needs no training (TC-02)."""
    best = facts.untouched()
    wanted = facts.target if facts.target is not None else ALREADY_GOOD
    if (
        best is None
        or best.items < MIN_ITEMS_TO_JUDGE
        or not best.higher_is_better
        or best.value < wanted
        or (facts.target is None and best.metric in SIMILARITIES)
    ):
        return None
    said = Text("No training is needed: asked the right way, the untouched model already scores {value} on {items:,} of your test items, and {wanted} is enough. Use it with that prompt.",
                value=figure(best), items=best.items, wanted=figure(best, wanted))  # fmt: skip
    return Advice(
        (), join([said, *_ready_prompt(best)]),
        "TC-02: azure-skills diagnose-poor-results.md, AWS nova-rft", ("TC-01", "TC-02"), code="already_good",
    )  # fmt: skip


def simple_model_enough(facts: Facts, card: ModelCard) -> Advice | None:
    """A linear classifier that is as good as anything tuning could promise costs nothing to run."""
    simple, floor = facts.baseline("simple model"), facts.baseline("commonest answer")
    if (
        simple is None
        or facts.profile.task.value not in CLOSED_TASKS
        or simple.items < MIN_ITEMS_TO_JUDGE
        or (floor is not None and simple.low <= floor.high)
    ):
        return None
    untouched = facts.untouched()
    if untouched is not None and untouched.low > simple.high:
        return None
    tail = _simple_tail(facts, card, simple.value, simple.items)
    if tail is None:
        return None
    head = Text(
        "A simple word-counting classifier, trained in seconds, already gets {value:.1%} of your {items:,} test items right.",
        value=simple.value,
        items=simple.items,
    )
    return Advice(
        (),
        join([head, tail]),
        "our default: baselines on the same items; ST-03",
        ("TC-01", "TC-02", "ST-03"),
        code="simple_model_enough",
    )


def too_few_rows(facts: Facts, card: ModelCard) -> Advice | None:
    """Fewer than fifty examples teach nothing that a good prompt does not (TC-03)."""
    task, rows = facts.profile.task.value, facts.profile.usable or facts.profile.rows
    if task == "documents" or rows >= MIN_EXAMPLES:
        return None
    parts = [
        Text("Do not train yet: {rows:,} usable {rows:row is|rows are} too few. Put the best ten into the prompt as examples.", rows=rows),
        rows_wanted(facts, least=MIN_EXAMPLES),
    ]  # fmt: skip
    return Advice(
        (), join(parts), "TC-03: azure-skills diagnose-poor-results.md; TC-09", ("TC-03", "TC-09"), code="too_few_rows", handed=_given(prompt_with_rows(facts)),
    )  # fmt: skip


def nothing_says_what_is_right(facts: Facts, card: ModelCard) -> Advice | None:
    """Questions without answers, without a reward, without preferences teach nothing (TC-03)."""
    task = facts.profile.task.value
    if facts.answered or facts.reward is not None or task in {"documents", "preference"}:
        return None
    if facts.profile.checkable and task in {"reasoning", "code"}:
        return None
    parts = [
        Text("Do not train yet: your rows are questions without answers, so nothing says what is right. Write the answers, or name a reward that can check them.")
    ]  # fmt: skip
    return Advice((), join(parts), "TC-03, TC-07", ("TC-03", "TC-07"), code="missing_answers")


def facts_unknown(facts: Facts, card: ModelCard) -> Advice | None:
    """Short answers that the model never gets right, even shown examples, are facts it does not know (TC-05)."""
    best = facts.untouched()
    if (
        best is None
        or card.tiny
        or facts.profile.task.value != "qa"
        or "context" in facts.profile.columns
        or best.metric != "exact_match"
        or best.items < MIN_ITEMS_TO_JUDGE
        or best.value >= UNKNOWN_FACTS
        or facts.baseline("few-shot") is None
    ):
        return None
    return Advice(
        (), Text("Do not train for this: even shown examples, the untouched model gets only {value:.1%} of {items:,} answers right, so they are facts it does not know. Training on such facts makes it invent others; put them into a search index and let the model answer from what it finds (retrieval).",
                 value=best.value, items=best.items),
        "TC-05: Gekhman 2405.05904; TC-04", ("TC-05", "TC-04"), code="facts_change_use_rag", handed=(prompt_with_passages(facts),),
    )  # fmt: skip


def _given(found: Text | None) -> tuple[Text, ...]:
    return () if found is None else (found,)


def _ready_prompt(score: NamedScore) -> list[Text]:
    """The prompt to copy, as far as it is short enough to be read here."""
    parts = []
    if score.prompt and len(score.prompt) <= MOST_PROMPT_LETTERS:
        parts.append(Text("The prompt: {prompt}", prompt=score.prompt))
    elif score.prompt:
        parts.append(
            Text(
                "The prompt has {letters:,} letters; it stands in the plan's file, under baselines.",
                letters=len(score.prompt),
            )
        )
    if score.similar_examples:
        parts.append(
            Text(
                "Before each question stand the {count} of your rows that are most like it, each with its answer.",
                count=score.similar_examples,
            )
        )
    return parts


def _simple_tail(facts: Facts, card: ModelCard, value: float, items: int) -> Text | None:
    """Why the classifier is enough; None where tuning could still promise more."""
    if facts.target is not None and value >= facts.target:
        return Text(
            "That is the {target:.2f} you asked for: use it, and do not tune a model.",
            target=facts.target,
        )
    headroom = max(LABEL_NOISE, POWER_CONSTANT / items)
    if 1 - value <= headroom and facts.target is None:
        return Text(
            "What is left above it is within the wrong labels that such data usually has, or too little to show on so many items: use it, and do not tune a model."
        )
    if card.tiny and value >= TINY_STAYS_BELOW:
        return Text(
            "A model as small as the one at hand was measured to stay below that (0.83 to 0.85 on 77 topics where counting words got 0.92): use the classifier, or tune a real model on a machine with a GPU."
        )
    return None


Rule = Callable[[Facts, ModelCard], Advice | None]
RULES: tuple[Rule, ...] = (
    data_is_unusable,
    facts_change,
    already_good,
    simple_model_enough,
    too_few_rows,
    nothing_says_what_is_right,
    facts_unknown,
)
"""Asked in this order; the first that answers is the advice."""
