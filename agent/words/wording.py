"""Small words that many sentences need: durations, money, techniques, names of fields."""

from __future__ import annotations

from collections.abc import Sequence

from training.text import Text, join

DOLLARS_PER = {"usd": 1.0, "eur": 1.1, "cny": 0.14}
"""Rough rates, only to read a cap said in another currency; the reply shows the dollars. A guess; not tuned."""


def duration(minutes: float) -> Text:
    """Say a length of time as people do."""
    if minutes * 60 < 1.5:
        return Text("1 second")
    if minutes < 1.5:
        return Text("{seconds:,} {seconds:second|seconds}", seconds=max(1, round(minutes * 60)))
    if minutes < 120:
        return Text("{minutes:.0f} minutes", minutes=minutes)
    return Text("{hours:.1f} hours", hours=minutes / 60)


def money(usd: float) -> Text:
    """Say a price; nothing is nothing."""
    return Text("nothing") if usd == 0 else Text("{usd:,.2f} dollars", usd=usd)


def percent(share: float) -> Text:
    """Say a share of one as percent, one decimal where it is needed."""
    points = share * 100
    return (
        Text("{points:.0f}%", points=points)
        if abs(points - round(points)) < 0.05
        else Text("{points:.1f}%", points=points)
    )


def times(count: float) -> Text:
    """Say how often something is done."""
    return Text("once") if count == 1 else Text("{count:g} times", count=count)


def technique(name: str) -> Text:
    """Name a technique, in words first."""
    return {
        "cpt": Text("reading your documents (continued pretraining, CPT)"),
        "sft": Text("learning from your examples (supervised fine-tuning, SFT)"),
        "dpo": Text("learning from pairs of better and worse answers (DPO)"),
        "rft": Text("learning by trial against a checker (reinforcement fine-tuning, RFT)"),
    }.get(name, Text.plain(name))


def pipeline(names: Sequence[str]) -> Text:
    """Name a sequence of techniques."""
    if not names:
        return Text("no training")
    parts = [technique(name) for name in names]
    said = parts[0]
    for part in parts[1:]:
        said = Text("{first}, then {second}", first=said, second=part)
    return said


def listed(parts: Sequence[str]) -> Text:
    """Join words with commas."""
    return join([Text.plain(part) for part in parts], ", ")


def lines(parts: Sequence[Text]) -> Text:
    """Put sentences under each other."""
    return join(list(parts), "\n")


def bullets(parts: Sequence[Text]) -> Text:
    """Make a list of sentences."""
    return lines([Text("- {line}", line=part) for part in parts])


def metric(name: str) -> Text:
    """Name a metric in words."""
    return {
        "accuracy": Text("share answered right (accuracy)"),
        "macro_f1": Text("score that counts every label alike (macro F1)"),
        "exact_match": Text("share answered exactly right"),
        "field_f1": Text("share of the fields right (field F1)"),
        "json_valid": Text("share that is valid JSON"),
        "numeric": Text("share with the right number"),
        "pass_rate": Text("share that passes the check"),
        "chrf": Text("likeness to the wanted text (chrF)"),
        "rouge": Text("overlap with the wanted text (ROUGE)"),
        "judge": Text("marks of a judge model"),
        "vote": Text("share of your blind votes"),
        "bits_per_byte": Text("bits needed for each byte of text"),
        "reward": Text("mean reward"),
    }.get(name, Text.plain(name))


def field(name: str) -> Text:
    """Name a field of the brief."""
    return {
        "goal": Text("what you want"),
        "data": Text("your data"),
        "task": Text("kind of task"),
        "success": Text("good enough is"),
        "must_not_get_worse": Text("must not get worse"),
        "volume": Text("how much it will be used"),
        "hardware": Text("your hardware"),
        "budget": Text("your limit"),
        "deadline": Text("needed by"),
        "latency": Text("an answer may take"),
        "privacy": Text("privacy"),
        "base_model": Text("model to start from"),
        "users": Text("who will use it"),
        "facts_change": Text("how often the facts change"),
        "current_solution": Text("how it is done today"),
        "language": Text("language"),
    }.get(name, Text.plain(name))


def task(name: str) -> Text:
    """Name a task."""
    return {
        "classification": Text("sorting texts into groups (classification)"),
        "extraction": Text("pulling facts out of texts (extraction)"),
        "rewriting": Text("rewriting texts in a certain style"),
        "summarization": Text("making texts shorter (summaries)"),
        "qa": Text("answering questions"),
        "dialogue": Text("holding a conversation"),
        "generation": Text("writing texts"),
        "code": Text("writing programs"),
        "tool_use": Text("calling your tools and functions"),
        "translation": Text("translating"),
        "reasoning": Text("solving problems step by step"),
        "preference": Text("preferring the better of two answers"),
        "documents": Text("knowing the contents of documents"),
    }.get(name, Text.plain(name))


def origin(name: str) -> Text:
    """Say where an answer came from."""
    return {
        "said": Text("you said so"),
        "data": Text("from your data"),
        "assumed": Text("my assumption"),
    }[name]
