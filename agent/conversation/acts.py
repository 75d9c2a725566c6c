"""What is done to runs: start (by an order only), stop, resume, try, export, compare."""

from __future__ import annotations

import re
from typing import Any

from agent.brain.protocol import Intent
from agent.conversation import judge_wanted, proposal, simple_way, teacher_wanted
from agent.conversation.state import Conversation
from agent.conversation.workbench import Workbench, request_of
from agent.engine import ExportFormat, Standing
from agent.words import wording
from tools.judging.results import Report
from training.rundir import FINISHED, Status
from training.text import Text

QUOTED = re.compile(r"[\"“„'‘「『](.+?)[\"”“'’」』]", re.DOTALL)
AFTER_COLON = re.compile(r"[:：]\s*(.+)$", re.DOTALL)


def carry_out(state: Conversation, bench: Workbench) -> None:
    """Do what the approved order says. The same order again is the same run."""
    standing, order = state["order"], bench.order(state)
    assert standing is not None and order is not None, (
        "launch is reached only by a yes to a standing order"
    )
    if order.kind == "export":
        form: ExportFormat = standing["settings"].get("form", "merged")
        folder = bench.engine.export(standing["settings"]["run"], form=form)
        state["order"] = None
        state["says"] += bench.spoken(
            state, Text("Done: the model lies in {folder}.", folder=str(folder))
        )
        return
    if order.kind == "probe":
        state["order"], state["refused"] = None, False
        judge_wanted.carry_out(state, bench, standing["settings"])
        return
    if order.kind == "synthesize":
        started = teacher_wanted.carry_out(state, bench, standing["settings"], standing["run"])
        state["order"], state["refused"] = None, False
        state["says"] += bench.spoken(state, started)
        return
    plan = bench.read_plan(standing["plan"])
    run = bench.engine.launch(
        plan, request=request_of(state, bench), order=order, run=standing["run"]
    )
    state["order"], state["refused"] = None, False
    state["runs"].append(
        {"id": run, "kind": order.kind, "plan": standing["plan"], "ended": False, "order": order.id}
    )
    if order.kind == "measure":
        state["measuring"], state["stale"] = run, True
        said = Text(
            "Started: the untouched model is being measured, as run {run}. I tell you when it is done.",
            run=run,
        )
    else:
        said = Text(
            "Started: run {run}. I tell you when it is done; ask me how it stands at any time, or say stop to end it and keep the best so far.",
            run=run,
        )
    state["says"] += bench.spoken(state, said, *bench.waits(run))


def act(state: Conversation, bench: Workbench, intent: Intent) -> None:
    """Do one thing to a run."""
    said = {"stop": stop, "resume": resume, "try": try_out, "export": export, "compare": compare}[
        intent.kind
    ](state, bench, intent)
    state["says"] += bench.spoken(state, said)


def active(state: Conversation) -> dict[str, Any] | None:
    """The latest run that has not ended."""
    return next((run for run in reversed(state["runs"]) if not run["ended"]), None)


def trained(state: Conversation) -> list[dict[str, Any]]:
    """The training runs, the latest last."""
    return [run for run in state["runs"] if run["kind"] == "train"]


def stop(state: Conversation, bench: Workbench, intent: Intent) -> Text:
    """Ask the active run to stop and keep its best."""
    run = active(state)
    if run is None:
        return Text("Nothing is running, so there is nothing to stop.")
    bench.engine.stop(run["id"])
    if state.get("measuring") == run["id"]:
        state["measuring"], state["stale"] = None, True
        return Text("The measurement is being stopped. I plan without it.")
    return Text(
        "Run {run} is being stopped at its next step. Its best checkpoint is kept, and I report on it when it has ended.",
        run=run["id"],
    )


def resume(state: Conversation, bench: Workbench, intent: Intent) -> Text:
    """Carry on with the last run, where it had not finished: its order was approved already."""
    runs = trained(state) or state["runs"]
    if not runs:
        return Text("There is no run to go on with yet.")
    run = runs[-1]
    standing = bench.engine.standing(run["id"])
    if standing.reading == "done":
        return Text("Run {run} is finished, so there is nothing to go on with.", run=run["id"])
    if standing.reading not in {"stopped", "failed", "lost"}:
        return Text("Run {run} is under way already.", run=run["id"])
    bench.engine.resume(run["id"])
    run["ended"] = False
    return Text(
        "Run {run} goes on from its last good checkpoint, within the limit you agreed to.",
        run=run["id"],
    )


def try_out(state: Conversation, bench: Workbench, intent: Intent) -> Text:
    """Let both models answer the person's own words."""
    run = finished(state, bench)
    if run is None:
        return Text(
            "There is no tuned model to try yet. Once a run has ended, give me a text and both models answer it."
        )
    text = state["heard"]["text"]
    found = QUOTED.search(text) or AFTER_COLON.search(text)
    if found is None:
        return Text(
            'Give me a text in quotes, and the untouched and the tuned model both answer it. For example: try "my card is lost".'
        )
    tried = bench.engine.try_(run, found.group(1).strip())
    return Text(
        "You asked: {prompt}\nUntouched model: {base}\nTuned model: {tuned}",
        prompt=tried.prompt,
        base=tried.base,
        tuned=tried.tuned,
    )


def export(state: Conversation, bench: Workbench, intent: Intent) -> Text:
    """Put taking the model away up for approval; a word-counting classifier is written at once."""
    run = finished(state, bench)
    if simple_way.NAMED.search(state["heard"]["text"]) or (
        run is None and simple_way.score(bench.plan(state)) is not None
    ):
        return simple_way.hand_over(state, bench)
    if run is None:
        return Text(
            "There is no tuned model to take away yet. Once a run has ended, I can write it to a folder."
        )
    words = state["heard"]["text"].lower()
    form: ExportFormat = (
        "gguf"
        if "gguf" in words or "ollama" in words or "llama.cpp" in words
        else "adapter"
        if "adapter" in words or "适配器" in words
        else "merged"
    )
    order = bench.engine.export_order(run, form=form)
    proposal.put_up(state, bench, order, run=run, plan="")
    assert state["order"] is not None
    state["order"]["settings"] = {"form": form, "run": run}
    shown = bench.order(state)
    assert shown is not None
    return Text(
        "{order}\n{closing}", order=proposal.three_lines(shown), closing=proposal.closing(state)
    )


def compare(state: Conversation, bench: Workbench, intent: Intent) -> Text:
    """Set the runs of this session side by side."""
    reports = [bench.engine.report(run["id"]) for run in trained(state) if run["ended"]]
    if len(reports) < 2:
        return Text(
            "Comparing needs two runs that have ended; this conversation has {count}.",
            count=len(reports),
        )
    return Text(
        "The runs, side by side on their held-out examples:\n{lines}",
        lines=wording.bullets([_row(report) for report in reports[-4:]]),
    )


def _row(report: Report) -> Text:
    if report.tuned is None or report.baseline is None:
        return Text("{run}: {because}", run=report.run, because=report.because)
    row = Text(
        "{run}: {tuned} right, before {baseline}", run=report.run, tuned=wording.percent(report.tuned.value), baseline=wording.percent(report.baseline.value)
    )  # fmt: skip
    if report.retention is None:
        return row
    return Text(
        "{row}; it kept {kept} of its general abilities",
        row=row,
        kept=wording.percent(report.retention.value),
    )


def finished(state: Conversation, bench: Workbench) -> str | None:
    """The latest training run that left a model."""
    for run in reversed(trained(state)):
        if run["ended"] and bench.engine.standing(run["id"]).reading in {"done", "stopped"}:
            return str(run["id"])
    return None


def what_failed(status: Status | None) -> Text:
    """Say what went wrong, without saying once more that something did."""
    if status is None:
        return Text.plain("")
    return Text.plain(status.text.facts.get("what", status.text))


def standing_in_words(standing: Standing) -> Text:
    """Say how a run stands."""
    status, run = standing.status, standing.run
    if standing.waits_for is not None:
        return Text("Run {run} waits. {why}", run=run, why=standing.waits_for)
    if standing.reading == "queued":
        return Text("Run {run} waits for its turn.", run=run)
    if standing.reading == "lost":
        return Text(
            "Run {run} was cut off. Say resume and it goes on from its last good checkpoint.",
            run=run,
        )
    if standing.reading in FINISHED:
        return {
            "done": Text("Run {run} has ended.", run=run),
            "failed": Text("Run {run} failed: {text}", run=run, text=what_failed(status)),
        }.get(standing.reading, Text("Run {run} was stopped.", run=run))
    said = Text("Run {run}: {text}", run=run, text=status.text if status else "")
    if status and status.steps:
        said = Text(
            "{said} Step {step:,} of {steps:,}.", said=said, step=status.step, steps=status.steps
        )
    if standing.minutes_left is None or (status and status.state == "training"):
        return said  # what a training says of itself tells it already
    return Text(
        "{said} About {time} left.", said=said, time=wording.duration(standing.minutes_left)
    )
