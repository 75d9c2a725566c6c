"""What the tools found, in sentences of our own: rows, classes, steps and answers, each as the tools gave it.

The person's rows stand in quotation marks. What is not recorded is said not to be, and no cause is made up for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

from agent.brain.protocol import Asked
from agent.brain.rules import lexicon
from agent.brain.rules.looking import Wanted, wanted
from agent.words import wording
from training.text import Text

Call = Callable[[str, dict[str, Any]], dict[str, Any]]
SHOWN_CHARS = 220
CLASSES_SHOWN = 8
NAMES_SHOWN = 20
EVERY_STEP = frozenset({"step", "progress"})
"""Events that tell figures and no more: they explain no bend."""
FIGURES: dict[str, Callable[[float], Text]] = {
    "loss": lambda value: Text("loss {value:.3g}", value=value),
    "reward": lambda value: Text("mean reward {value:.3g}", value=value),
    "usable_groups": lambda value: Text("{share:.0%} of the groups usable", share=value),
    "learning_rate": lambda value: Text("learning rate {value:.2g}", value=value),
}


def look(asked: Asked) -> list[Text] | None:
    """Answer from what the tools find; None where the question asks for nothing that they know."""
    found = wanted(lexicon.fold(asked.text))
    if found is None:
        return None
    tools = {one.name: one for one in asked.tools()}

    def call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(str(tools[name].invoke(arguments)))
        return answer

    return _worded(found, call)


def _worded(found: Wanted, call: Call) -> list[Text]:
    arguments = dict(found.arguments)
    if found.label:
        names = _label_names(call)
        label = next((name for name in names if name.casefold() == found.label.casefold()), None)
        if label is None and names:
            return [Text("Your data has no class called {label}. It has: {names}.", label=found.label, names=wording.listed(names[:NAMES_SHOWN]))]  # fmt: skip
        if label is not None:
            arguments["label"] = label
    answer = call(found.tool, arguments)
    if found.subject in {"classes", "examples"} and not call("results", {"by": "score"}).get(
        "tuned"
    ):
        return [Text("Nothing was trained in this conversation yet, so there is no before and after.")]  # fmt: skip
    if answer.get("kind") == "error":
        return [Text("{what} {what_to_do}", what=answer["what"], what_to_do=answer["what_to_do"])]
    say = {"rows": _rows, "labels": _labels, "lengths": _lengths, "classes": _classes, "step": _step, "examples": _examples}[found.subject]  # fmt: skip
    return say(answer, arguments)


def _label_names(call: Call) -> list[str]:
    """The data's classes, as they are spelt there."""
    known = call("data_facts", {"about": "labels"})
    return [
        name for part in ("rows_of_each", "largest", "smallest") for name in known.get(part, {})
    ]


def _rows(answer: Mapping[str, Any], arguments: Mapping[str, Any]) -> list[Text]:
    rows = answer["rows"]
    if not rows:
        return [Text("No row of your data fits that.")]
    order = {"longest": Text("the longest first"), "shortest": Text("the shortest first"), "file": Text("in the order of the file")}[arguments["order"]]  # fmt: skip
    return [Text("{shown}, {order}:\n{lines}", shown=answer["shown"], order=order, lines=wording.lines([_row(one) for one in rows]))]  # fmt: skip


def _row(one: Mapping[str, Any]) -> Text:
    said = [turn["content"] for turn in one.get("messages") or () if turn["role"] != "system"]
    facts = {"row": one["row"], "characters": one["characters"]}
    if len(said) < 2:
        return Text("{row} ({characters:,} characters): “{text}”", text=_short(said[0] if said else one.get("text") or ""), **facts)  # fmt: skip
    return Text("{row} ({characters:,} characters): “{text}” → “{answer}”", text=_short(said[-2]), answer=_short(said[-1]), **facts)  # fmt: skip


def _labels(answer: Mapping[str, Any], arguments: Mapping[str, Any]) -> list[Text]:
    if not answer["classes"]:
        return [Text("Your data has no classes: its answers are free.")]
    rows = answer.get("rows_of_each") or {**answer["largest"], **answer["smallest"]}
    lines = [
        Text("{label}: {rows:,} {rows:row|rows}", label=name, rows=count)
        for name, count in rows.items()
    ]
    head = Text("Your data has {classes:,} classes, the largest first:", classes=answer["classes"])
    if len(rows) < answer["classes"]:
        head = Text("Your data has {classes:,} classes; these are the {shown:,} largest and smallest:", classes=answer["classes"], shown=len(rows))  # fmt: skip
    return [Text("{head}\n{lines}", head=head, lines=wording.bullets(lines))]


def _lengths(answer: Mapping[str, Any], arguments: Mapping[str, Any]) -> list[Text]:
    tokens = answer["tokens_of_a_row"]
    return [
        Text(
            "Half of your rows have at most {middle:,} tokens, 95 of 100 at most {high:,}, and the longest has {longest:,}. A token is about four letters of English.",
            middle=tokens["p50"], high=tokens["p95"], longest=tokens["max"],
        )
    ]  # fmt: skip


def _classes(answer: Mapping[str, Any], arguments: Mapping[str, Any]) -> list[Text]:
    rows = answer["class"]
    if not rows:
        return [Text("This run has no figures for single classes.")]
    fell = [row for row in rows if row.get("tuned", 0) < row.get("base", 0)]
    parts = []
    if fell:
        parts.append(Text("These classes got worse:\n{lines}", lines=wording.bullets([_class(row) for row in fell[:CLASSES_SHOWN]])))  # fmt: skip
        if len(fell) > CLASSES_SHOWN:
            parts.append(Text("And {more:,} more.", more=len(fell) - CLASSES_SHOWN))
    else:
        parts.append(Text("No class got worse."))
    rose = [row for row in reversed(rows) if row.get("tuned", 0) > row.get("base", 0)]
    if rose:
        parts.append(Text("Most was gained by:\n{lines}", lines=wording.bullets([_class(row) for row in rose[:3]])))  # fmt: skip
    parts.append(Text("Single classes have few test items, so small steps among them can be chance."))  # fmt: skip
    return parts


def _class(row: Mapping[str, Any]) -> Text:
    return Text("{label}: {base} right before, {tuned} now", label=row["class"], base=wording.percent(row.get("base", 0)), tuned=wording.percent(row.get("tuned", 0)))  # fmt: skip


def _step(answer: Mapping[str, Any], arguments: Mapping[str, Any]) -> list[Text]:
    events = answer["events"]
    step = arguments["around_step"]
    if not events:
        return [Text("No training step has been recorded yet.")]
    nearest = min(abs(one["step"] - step) for one in events)
    head = Text("This was recorded around step {step:,}:", step=step)
    if nearest > max(20, step // 4):
        head = Text("Nothing was recorded near step {step:,}; the nearest steps are these:", step=step)  # fmt: skip
    parts = [Text("{head}\n{lines}", head=head, lines=wording.bullets([_event(one) for one in events]))]  # fmt: skip
    if all(one["code"] in EVERY_STEP for one in events):
        parts.append(Text("Besides the figures of the steps nothing happened there that was recorded, so I cannot say why."))  # fmt: skip
    return parts


def _event(one: Mapping[str, Any]) -> Text:
    figures = one.get("figures") or {}
    told = [say(figures[name]) for name, say in FIGURES.items() if isinstance(figures.get(name), int | float)]  # fmt: skip
    if told and one["code"] == "step":
        return Text("step {step:,}: {told}", step=one["step"], told=reduce(_and, told))
    return Text("step {step:,}: {text}", step=one["step"], text=one["text"])


def _and(first: Text, second: Text) -> Text:
    return Text("{first}, {second}", first=first, second=second)


def _examples(answer: Mapping[str, Any], arguments: Mapping[str, Any]) -> list[Text]:
    found = answer["examples"]
    if not found:
        return [
            Text("No answer got worse.")
            if arguments["which"] == "worse"
            else Text("None of the answers that were kept is wrong.")
        ]
    lines = [
        Text(
            "{row}: “{asked}”\n   untouched: “{untouched}”\n   tuned: “{tuned}”\n   right: “{expected}”", row=one["row"], asked=_short(one["asked"]),
            untouched=_short(one["untouched"]), tuned=_short(one["tuned"] or ""), expected=_short(one["expected"]),
        )
        for one in found
    ]  # fmt: skip
    head = Text("{shown}, those that got worse:", shown=answer["shown"]) if arguments["which"] == "worse" else Text("{shown}, those that are still wrong:", shown=answer["shown"])  # fmt: skip
    return [Text("{head}\n{lines}", head=head, lines=wording.lines(lines))]


def _short(text: str) -> str:
    flat = " ".join(str(text).split())
    return flat if len(flat) <= SHOWN_CHARS else f"{flat[: SHOWN_CHARS - 1]}…"
