"""A teacher in the conversation: who it is, what it would do, the order, and its rows as a new file for the next plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent.brain.protocol import Intent
from agent.brain.rules.teacher_named import named
from agent.conversation import proposal
from agent.conversation.state import Conversation
from agent.conversation.workbench import Workbench, run_id
from agent.settings import teacher_price
from agent.teachers.taught import in_words, result
from agent.teachers.teaching import Job, put_up, refuse_private
from tools.errors import PlanError
from training.rundir import RunDir
from training.text import Text

MOST_NEW = 5_000
"""New rows of one order. Our default."""


def hear(state: Conversation, bench: Workbench, intent: Intent) -> None:
    """Note what was said of a teacher; ask what is missing, else put the order up. Raises DataError and PlanError."""
    take = intent.fields.get("take")
    if take is not None:
        _take(state, bench, take)
        return
    if "leave" in intent.fields:
        _say(state, bench, Text("All right, they stay in {file}. Hand the file over when you want it.", file=intent.fields["leave"]))  # fmt: skip
        return
    if not state["files"] or "goal" not in state["brief"]:
        _say(state, bench, Text("A teacher needs your goal and some examples that you answered yourself: they show the form, and they are the test."))  # fmt: skip
        return
    words = state["heard"]["text"]
    said = named(words)
    wish: dict[str, Any] = dict(state.get("teaching") or {})
    heard = {"teacher": said.teacher, "url": said.url, "new": said.new, "usd_per_million": said.usd_per_million}  # fmt: skip
    wish |= {name: value for name, value in heard.items() if value is not None}
    if wish.get("new", 0) > MOST_NEW:
        _say(state, bench, Text("One order makes at most {most:,} rows. Name a smaller number.", most=MOST_NEW))  # fmt: skip
        return
    state["teaching"] = wish
    if not wish.get("teacher"):
        _ask_who(state, bench, served=bool(wish.get("url")))
        return
    _order(state, bench, wish)


def carry_out(state: Conversation, bench: Workbench, settings: dict[str, Any], run: str) -> Text:
    """Start what the order says."""
    started = bench.engine.teach(Job.from_json(settings["job"]), run)
    state["runs"].append({"id": started, "kind": "synthesize", "plan": "", "ended": False, "order": settings["order"]})  # fmt: skip
    state["teaching"] = None
    return Text("The teacher is at work, as {run}. I tell you when it is done; say stop to end it, and what it has written stays.", run=started)  # fmt: skip


def explain(state: Conversation, bench: Workbench, run: str) -> None:
    """Say what the teacher wrote, and offer its rows for the next plan."""
    done = result(RunDir(bench.inbox.home / "runs" / run))
    if not done["rows"]:
        _say(state, bench, in_words(done), Text("So there is nothing to learn from it. Try a stronger teacher, or say more exactly what you want."))  # fmt: skip
        return
    _say(state, bench, in_words(done), Text("They are in {file}. Look some of them through: nobody else has.", file=done["file"]))  # fmt: skip
    text = Text("Shall I plan with your own rows and these? Your own rows stay the test.")
    taking = Intent(kind="teach", fields={"take": done["file"]}).model_dump(mode="json")
    offered = [
        {"label": bench.spoken(state, Text("Plan with them"))[0], "value": True, "intent": taking},
        {"label": bench.spoken(state, Text("Leave them out"))[0], "value": False, "intent": Intent(kind="teach", fields={"leave": done["file"]}).model_dump(mode="json")},
    ]  # fmt: skip
    _say(state, bench, text)
    state["question"] = {"id": "taught", "text": text.store(), "offered": offered}
    state["offered"], state["default"], state["over"] = offered, None, True


def _take(state: Conversation, bench: Workbench, file: str) -> None:
    """Add the rows to the person's own, and look at all of them anew."""
    if not Path(file).is_file():
        _say(state, bench, Text("The file {file} is gone, so I plan without it.", file=file))
        return
    if file not in state["files"]:
        state["files"] = [*state["files"], file]
    state["skip_broken"], state["data_trouble"] = True, False
    state["baselines"], state["simple_done"], state["measured_run"], state["skip_measure"] = [], False, None, False  # fmt: skip
    state["stale"], state["order"] = True, None
    state["todo"].append({"step": "inspect"})
    _say(state, bench, Text("I plan with your rows and the teacher's. Rows without an answer are left out."))  # fmt: skip


def _ask_who(state: Conversation, bench: Workbench, *, served: bool) -> None:
    text = (
        Text("What is the model called on that server?")
        if served
        else Text(
            "Which model shall be the teacher? Name one on this machine (a folder or a Hub id such as Qwen/Qwen3-8B), or a server and its model, such as http://127.0.0.1:8000/v1 qwen3-8b. A key is read from TUNESMITH_TEACHER_KEY, never from what you write."
        )
    )
    _say(state, bench, text)
    state["question"] = {"id": "teacher", "text": text.store(), "offered": []}
    state["offered"], state["default"], state["over"] = [], None, True


def _order(state: Conversation, bench: Workbench, wish: dict[str, Any]) -> None:
    goal = str(state["brief"]["goal"]["value"])
    price = wish.get("usd_per_million") or teacher_price()
    job = Job(
        files=tuple(state["files"]), goal=goal, teacher=wish["teacher"], url=wish.get("url"), new=wish.get("new") or 0, reward=state.get("reward"),
        eval_file=state.get("eval_file"), columns=dict(state["columns"]), usd_per_million=tuple(price) if price else None,
    )  # fmt: skip
    try:
        if state["brief"].get("privacy", {}).get("value") == "local":
            refuse_private(job)
        bounded, order = put_up(job, bench.inbox.home)
    except PlanError:
        state["teaching"] = {name: value for name, value in wish.items() if name not in {"teacher", "url"}}  # fmt: skip
        raise
    run = run_id(state, "teach", order.id)
    proposal.put_up(state, bench, order, run=run, plan="")
    standing, shown = state["order"], bench.order(state)
    assert standing is not None and shown is not None
    standing["settings"] = {"job": bounded.as_json(), "order": standing["id"]}
    state["over"] = True  # a plan that is still to be shown does not take the order's place
    _say(state, bench, Text("{order}\n{closing}", order=proposal.three_lines(shown), closing=proposal.closing(state)))  # fmt: skip


def _say(state: Conversation, bench: Workbench, *texts: Text) -> None:
    state["says"] += bench.spoken(state, *texts)
