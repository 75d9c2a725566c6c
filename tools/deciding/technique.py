"""Which sequence of techniques, once training is worth it; or what the person insists on.

A person who names a technique gets it, and is still told first what was as good.
"""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from tools.deciding import teacher_step
from tools.deciding.advice import (
    BIG_CORPUS_TOKENS,
    MIN_PAIRS,
    ORDER,
    SMALL_CORPUS_TOKENS,
    Advice,
)
from tools.deciding.ready_prompts import prompt_with_passages
from tools.deciding.refusals import refusal
from tools.deciding.window import checked
from tools.errors import PlanError
from tools.facts import Facts
from tools.plan import PlanWarning
from training.catalog import ModelCard
from training.config import Task, Technique
from training.figures import figure
from training.text import Text, join


def advise(facts: Facts, card: ModelCard) -> Advice:
    """Decide freely, or as the person insists: then what was as good is still said first."""
    free = _taught(facts, card, refusal(facts, card) or by_data(facts, card))
    if facts.insist is None:
        return free
    unknown = [name for name in facts.insist if name not in get_args(Technique)]
    if unknown:
        raise PlanError(
            Text("There is no technique called {name!r}.", name=str(unknown[0])), where="--technique",
            what_to_do=Text("Name one or more of cpt, sft, dpo, rft."),
        )  # fmt: skip
    asked = tuple(technique for technique in ORDER if technique in facts.insist)
    refuse_unfed(facts.profile.task.value, asked)
    if asked == free.pipeline:
        return free
    named = Text(
        "You asked for {names}, so this plan trains that way.", names=" + ".join(asked).upper()
    )
    warning = PlanWarning(code="overruled", text=join([free.because, named]))
    reasons = [warning] + ([PlanWarning(code=free.code, text=free.because)] if free.code else [])
    return replace(
        free,
        pipeline=asked,
        because=join([free.because, named]),
        handed=(),
        warnings=(*free.warnings, *reasons),
    )


def _taught(facts: Facts, card: ModelCard, free: Advice) -> Advice:
    """Say with the advice that a stronger model should write rows first, where that is so (TC-07, TC-17)."""
    step = teacher_step.propose(facts, card, free)
    if step is None:
        return free
    said = Text("A stronger model is at hand (distillation). {because} Ask it with: {command}", because=step.because, command=step.command)  # fmt: skip
    return replace(free, because=join([free.because, said]))


def refuse_unfed(task: Task, asked: tuple[Technique, ...]) -> None:
    """Raise PlanError where a technique was named that data for this task cannot feed."""
    if "dpo" in asked and task != "preference":
        what, instead = (
            Text(
                "dpo learns from pairs of a preferred and a rejected answer, and your data have none."
            ),
            Text("Name those columns chosen and rejected, or use --technique sft."),
        )
    elif "cpt" in asked and task != "documents":
        what, instead = (
            Text("cpt learns from plain texts, and your data are questions with answers."),
            Text("Give the texts, or use --technique sft."),
        )
    elif "rft" in asked and task in {"preference", "documents"}:
        what, instead = (
            Text(
                "rft lets the model try questions whose answers a program can check, and your data have none."
            ),
            Text("Give questions with their answers, or name a reward with --reward."),
        )
    elif asked[:1] == ("sft",) and task == "documents":
        what, instead = (
            Text("sft learns from questions with answers, and your data are plain texts."),
            Text("Use --technique cpt, or cpt,sft."),
        )
    else:
        return
    raise PlanError(what, where="--technique", what_to_do=instead)


def by_data(facts: Facts, card: ModelCard) -> Advice:
    """The pipeline that suits what was handed over, once training is worth it."""
    task = facts.profile.task.value
    if task == "documents":
        return _documents(facts)
    if task == "preference":
        return _preference(facts)
    if facts.reward is not None or task == "reasoning":
        return checked(facts, card)
    rows = facts.rows
    parts = [
        Text(
            "Train on your {rows:,} examples: they show the answer that belongs to each question, which is what learning from examples (SFT) needs.",
            rows=rows,
        )
    ]
    simple = facts.baseline("simple model")
    if simple is not None:
        parts.append(
            Text(
                "The bar is {value}: that is what a simple word-counting classifier gets.",
                value=figure(simple),
            )
        )
    return Advice(
        ("sft",), join(parts),
        "TC-09: OpenAI SFT guide, azure-skills training-types.md; TC-16", ("TC-09", "TC-16"),
    )  # fmt: skip


def _documents(facts: Facts) -> Advice:
    tokens = facts.profile.tokens.total
    if tokens < SMALL_CORPUS_TOKENS:
        return Advice(
            (), Text("Do not train on these documents: {tokens:,} tokens are too few for a model to learn what they say. Put them into a search index and let the model answer from what it finds (retrieval).", tokens=tokens),
            "TC-11: EntiGraph 2409.07431; Ovadia 2312.05934; the limit of 10 million is ours", ("TC-11", "TC-04"), code="too_few_rows", handed=(prompt_with_passages(facts),),
        )  # fmt: skip
    if tokens < BIG_CORPUS_TOKENS:
        return Advice(
            ("cpt", "sft"), Text("Try continued pretraining on the {tokens:,} tokens, then examples to bring its manners back, and keep it only if it beats retrieval over the same documents: between 10 million and 1 billion tokens nobody can say beforehand.", tokens=tokens),
            "TC-12 [P], TC-19, TC-22", ("TC-12", "TC-19", "TC-22"),
        )  # fmt: skip
    return Advice(
        ("cpt", "sft"), Text("Your {tokens:,} tokens are enough to teach a model the field itself: continued pretraining, then examples to bring its manners back.", tokens=tokens),
        "TC-10, TC-19, TC-21: AWS nova-forge-cpt, Jindal 2410.10739", ("TC-10", "TC-19", "TC-21"),
    )  # fmt: skip


def _preference(facts: Facts) -> Advice:
    pairs = facts.profile.usable or facts.profile.rows
    source = "TC-14, TC-16: azure-skills training-types.md, DEITA 2312.15685"
    if pairs < MIN_PAIRS:
        return Advice(
            ("sft",), Text("Train on the preferred answers of your {pairs:,} pairs as examples: learning from the pairs themselves needs about {needed:,}.", pairs=pairs, needed=MIN_PAIRS),
            source, ("TC-14", "TC-09"),
        )  # fmt: skip
    return Advice(
        ("sft", "dpo"), Text("First learn from the preferred answers, then from what sets them apart from the rejected ones: {pairs:,} pairs are enough for both.", pairs=pairs),
        source, ("TC-14", "TC-16", "TC-19"),
    )  # fmt: skip
