"""Edits made on the page: exact values, changed where they are shown, on the conversation's own path.

An edit is a message like any other: it is kept in the inbox, answered in the chat, decides again, and takes back the
order that stood. Only the reading is left out, because a field says exactly what is meant. An edit that cannot be
planned changes nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from agent.brain.protocol import Intent
from agent.conversation import revisions, versions
from agent.conversation.interview import trouble
from agent.conversation.state import Conversation
from agent.conversation.workbench import Workbench, request_of
from agent.words import brief_words, wording
from tools.brief import FIELD_FORMS
from tools.deciding import overrides
from tools.errors import PlanError, TuningError
from training.measured import Measured
from training.practice.lessons import find
from training.rundir import RunDir
from training.text import Text

BY_WORDS = frozenset({"technique", "model", "max_forgetting", "success", "task", "language", "facts_change", "privacy", "latency"})  # fmt: skip
"""Changed as if they had been said; the conversation has rules for them."""
FREE = frozenset({"users", "deadline", "current_solution", "base_model"})
"""Fields that hold the person's own words."""
NAMES = {
    "share": Text("share of general text"), "min_rows": Text("general conversations at least"), "items": Text("test items"),
    "dev_items": Text("items to choose by"), "target": Text("goal for the score"), "probe_items": Text("general questions at each choice"),
    "final_probe_items": Text("general questions at the end"), "few_shot_examples": Text("examples shown to the untouched model"),
    "max_new_tokens": Text("longest answer"), "robustness": Text("test with small disturbances"), "lora_dropout": Text("adapter dropout"),
    "train_embeddings": Text("train the word vectors too"), "quantization": Text("weights in 4 bits"), "minutes": Text("minutes at most"),
    "usd": Text("dollars at most"), "source": Text("source of general text"),
    "probe.run": Text("short trainings first"), "probe.compute": Text("share of the run for short trainings"),
    "probe.trials": Text("short trainings to begin with"), "probe.first_share": Text("length of each, as a share of the training"),
    "probe.last_share": Text("length of the last ones, as a share of the training"), "probe.minutes": Text("minutes of short trainings"),
    "probe.dev_items": Text("items that score a short training"), "probe.probe_items": Text("general questions that score a short training"),
}  # fmt: skip
"""Settings that the chat has no words for; the others stand in `revisions.NAMES`."""
LONGEST = 2000
"""Letters of a value."""
TOUCHED = ("brief", "overrides", "insist", "model", "baselines", "measured_run", "skip_measure", "simple_done", "stale", "says", "todo")  # fmt: skip


def hear(state: Conversation, bench: Workbench) -> None:
    """Carry out the edits of the message in hand, all of them or none, and say what is noted."""
    heard: Mapping[str, Any] = state["heard"]
    kept = {name: copy.deepcopy(state[name]) for name in TOUCHED}  # type: ignore[literal-required]
    changes = list(heard.get("changes", []))
    try:
        if [change["name"] for change in changes] == [versions.NAME]:
            versions.choose(state, bench, str(changes[0].get("value")))
            _keep_question(state, set())
            return
        for change in changes:
            _apply(state, bench, str(change["name"]), change.get("value"))
        if state.get("profile"):
            bench.engine.plan(request_of(state, bench))
    except TuningError as error:
        state.update(kept)  # type: ignore[typeddict-item]
        state["says"] += bench.spoken(state, trouble(error), Text("Nothing was changed."))
        _keep_question(state, set())
        return
    if heard.get("lesson"):
        state["language"] = heard.get("language") or state["language"]
        state["says"] = []  # its story says what is set
        _begin_lesson(state, heard)
    state["stale"] = True
    _keep_question(state, {str(change["name"]) for change in changes})


def _keep_question(state: Conversation, changed: set[str]) -> None:
    """An open question stays open unless the edit was its answer."""
    question = state.get("question")
    if question is None:
        return
    if question["id"] in changed:
        state["question"], state["offered"] = None, []
    else:
        state["over"] = True


def _apply(state: Conversation, bench: Workbench, name: str, value: Any) -> None:
    if isinstance(value, str) and len(value) > LONGEST:
        raise PlanError(
            Text("That is too long for a value."), where=name,
            what_to_do=Text("Give at most {letters:,} letters.", letters=LONGEST),
        )  # fmt: skip
    if name == "evaluation.max_forgetting":
        name = "max_forgetting"
    if value is None or value == "":
        said = _take_back(state, name)
    elif name == "budget":
        said = _budget(state, value)
    elif name == "goal":
        state["brief"]["goal"] = {"value": str(value), "origin": "said"}
        said = _noted(name, Text.plain(str(value).rstrip(".。!?")))
    elif name == "hardware":
        cards = _cards(value)
        state["brief"]["hardware"] = {"value": cards, "origin": "said"}
        said = _noted(name, value_words(name, cards))
    elif name in BY_WORDS:
        intent = Intent(kind="revise", words=str(value), what=name, value=_number(name, value))
        revisions.revise(state, bench, intent)
        return
    elif name == "volume":
        state["brief"]["volume"] = {"value": _count(name, value), "origin": "said"}
        said = _noted(name, Text("{number:,.0f} requests a day", number=_count(name, value)))
    elif name in FREE:
        state["brief"][name] = {"value": str(value), "origin": "said"}
        said = _noted(name, Text.plain(str(value)))
    else:
        said = _set(state, name, value)
    state["says"] += bench.spoken(state, said)


def _set(state: Conversation, name: str, value: Any) -> Text:
    ((known, read),) = overrides.read({name: value}).items()
    state["overrides"].pop(known.removeprefix("evaluation."), None)
    state["overrides"][known] = read
    return Text(
        "Noted: {name} is {value} now, because you said so.", name=setting_name(known), value=read
    )


def _take_back(state: Conversation, name: str) -> Text:
    if name in FIELD_FORMS:
        state["brief"].pop(name, None)
        return Text("Noted: I forget what you said about this: {name}.", name=wording.field(name))
    if name == "max_forgetting":
        state["brief"].pop("must_not_get_worse", None)
    elif name == "technique":
        state["insist"] = None
    elif name == "model":
        state["model"] = None
    elif name in overrides.SETTINGS:
        state["overrides"].pop(name, None)
        state["overrides"].pop(name.removeprefix("evaluation."), None)
    else:
        overrides.read({name: 0})  # refuses the name, with the nearest one
    return Text("Noted: {name} is my choice again.", name=setting_name(name))


def setting_name(name: str) -> Text:
    """A setting in words, with its stage where it has one."""
    first, _dot, bare = name.rpartition(".")
    known = NAMES.get(name) or NAMES.get(bare) or revisions.NAMES.get(bare)
    said = known if known is not None else Text.plain(bare.replace("_", " "))
    return (
        Text("{name} ({stage})", name=said, stage=first.upper())
        if first in overrides.TECHNIQUES
        else said
    )


def _cards(value: Any) -> dict[str, Any]:
    if (
        not isinstance(value, dict)
        or not {"gpu", "count", "gib"} >= set(value)
        or "count" not in value
    ):
        raise PlanError(
            Text("{name} cannot be {value!r}.", name="hardware", value=str(value)), where="hardware",
            what_to_do=Text("Give it {wanted}.", wanted=Text("a card and how many of it")),
        )  # fmt: skip
    gib = value.get("gib")
    named = {"gpu": str(value["gpu"])} if value.get("gpu") else {"gpu": None}
    return named | {
        "count": int(_count("hardware", value["count"])),
        "gib": None if gib is None else _count("hardware", gib),
    }


def _budget(state: Conversation, value: Any) -> Text:
    asked = dict(value)
    limit = {
        name: _count("budget", asked[name])
        for name in ("minutes", "usd")
        if asked.get(name) not in (None, "")
    }
    if not limit:
        return _take_back(state, "budget")
    state["brief"]["budget"] = {"value": limit, "origin": "said"}
    return Text("Noted: at most {limit}.", limit=brief_words.limit_in_words(limit))


def value_words(name: str, value: Any) -> Text:
    """A field's value in words."""
    return brief_words.value_in_words(name, value) or Text.plain(str(value))


def _noted(name: str, value: Text) -> Text:
    return Text("Noted: {name}: {value}.", name=wording.field(name), value=value)


def _number(name: str, value: Any) -> Any:
    """Shares are shares: a field shows percent, and the page gives 0 to 1."""
    if name in {"max_forgetting", "success"}:
        share = _count(name, value)
        if not 0 <= share <= 1:
            raise PlanError(
                Text("{name} cannot be {value!r}.", name=name, value=str(value)), where=name,
                what_to_do=Text("Give it {wanted}.", wanted=Text("a share from 0 to 100 percent")),
            )  # fmt: skip
        return share
    return _count(name, value) if name == "latency" else value


def _count(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number < float("inf"):
        raise PlanError(
            Text("{name} cannot be {value!r}.", name=name, value=str(value)), where=name,
            what_to_do=Text("Give it {wanted}.", wanted=Text("a number")),
        )  # fmt: skip
    return number


def _begin_lesson(state: Conversation, heard: Mapping[str, Any]) -> None:
    """A lesson asks and measures nothing on the way: what is wrong with it is set on purpose."""
    state["files"], state["columns"] = list(heard["files"]), {}
    state["eval_file"], state["reward"] = heard.get("eval_file"), heard.get("reward")
    state["asked"] = [
        *state["asked"],
        *(name for name in FIELD_FORMS if name not in state["asked"]),
    ]
    state["skip_measure"], state["lesson"] = True, heard["lesson"]
    state["todo"].append({"step": "inspect"})


def say_lesson(state: Conversation, bench: Workbench, run: str) -> None:
    """After a lesson's training: what it shows, in the run's own numbers."""
    name = state.get("lesson")
    kind = next((one["kind"] for one in state["runs"] if one["id"] == run), "")
    found = RunDir(bench.inbox.home / "runs" / run).path / "measured.json"
    if not name or kind != "train" or not found.exists():
        return
    learnt = find(name).learnt(Measured.load(found))
    state["says"] += bench.spoken(state, Text("What this lesson shows: {learnt}", learnt=learnt))
