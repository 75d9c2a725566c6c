"""Files handed over: which are learnt from, which test, which sheet, and rows that cannot be used."""

from __future__ import annotations

from agent.brain.protocol import Intent
from agent.conversation.state import Conversation
from agent.conversation.workbench import Workbench
from training.practice.samples import SAMPLES, find
from training.text import Text


def hear_sheet(state: Conversation, file: str, sheet: str) -> None:
    """Read the sheet that was named."""
    state["files"] = [
        f"{name}#{sheet}" if name.rsplit("/", 1)[-1] == file else name for name in state["files"]
    ]
    state["data_trouble"], state["stale"] = False, True
    state["todo"].append({"step": "inspect"})


def hear_skipping(state: Conversation, bench: Workbench, agreed: bool) -> None:
    """Read the data again without the rows that cannot be used, or wait for the repaired file."""
    if agreed:
        state["skip_broken"], state["data_trouble"] = True, False
        state["todo"].append({"step": "inspect"})
    else:
        state["says"] += bench.spoken(
            state, Text("All right. Hand the file over again when it is repaired.")
        )


def fetch_sample(state: Conversation, bench: Workbench, intents: list[Intent]) -> None:
    """Take a built-in sample that was named as if it had come with the message, and its goal as if it had been said."""
    for intent in intents:
        name = intent.fields.get("sample") if intent.kind == "provide_data" else None
        if isinstance(name, str) and not state["heard"].get("files"):
            sample = find(name)
            state["heard"]["files"] = [str(path) for path in bench.engine.sample(name)]
            (goal,) = bench.spoken(state, sample.goal)
            state["heard"]["text"] = goal
            taken = Text("I take one of my own samples. {what}", what=sample.says)
            wanted = Text("I take it that you want this: {goal}", goal=goal)
            state["says"] += bench.spoken(state, taken, wanted)


def hear_files(state: Conversation, bench: Workbench, intent: Intent) -> None:
    """Note files named in words: those that were found came with the message. Offer samples where one is wished for."""
    if intent.fields.get("sample"):
        if not state["heard"].get("files"):
            _offer_samples(state, bench)
        return
    given = {name.rsplit("/", 1)[-1] for name in state["heard"].get("files", [])}
    state["missing_files"] = [
        name for name in intent.files if name.rstrip("/").rsplit("/", 1)[-1] not in given
    ]
    if state["missing_files"] or (not intent.files and not state["heard"].get("files")):
        state["todo"].append({"step": "inspect"})


def take_files(state: Conversation, files: list[str]) -> None:
    """Take data over: a file named as a test set is never trained on; new data replaces the old."""
    tests = [name for name in files if _is_test(name)] if len(files) > 1 or state["files"] else []
    learnt = [name for name in files if name not in tests]
    if tests:
        state["eval_file"] = tests[0]
    if learnt:
        state["files"], state["skip_broken"] = learnt, False
        state["columns"] = {}
    state["data_trouble"] = False
    state["baselines"], state["simple_done"], state["skip_measure"] = [], False, False
    state["measured_run"], state["compared_run"] = None, None
    state["stale"] = True
    state["todo"].append({"step": "inspect"})


def _offer_samples(state: Conversation, bench: Workbench) -> None:
    state["offered"] = [
        {
            "label": bench.spoken(state, sample.title)[0],
            "intent": Intent(kind="provide_data", fields={"sample": sample.name}).model_dump(mode="json"),
        }
        for sample in SAMPLES
    ]  # fmt: skip
    state["over"] = True
    state["says"] += bench.spoken(
        state,
        Text("Yes. I have some data of my own to try this with. Which of these would you like?"),
    )


def _is_test(name: str) -> bool:
    stem = name.rsplit("/", 1)[-1].rsplit(".", 1)[0].lower()
    return (
        stem in {"test", "eval", "evaluation", "heldout", "held_out"}
        or stem.startswith(("test_", "eval_"))
        or stem.endswith(("_test", "-test", "_eval", "-eval"))
    )
