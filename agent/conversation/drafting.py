"""From facts to a plan: read the data, measure what is cheap, decide again whenever something changed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from agent.conversation import marking, proposal, whatif
from agent.conversation.interview import trouble
from agent.conversation.state import Conversation
from agent.conversation.workbench import Workbench, request_of, run_id
from agent.local.keeping import with_kept
from agent.words import wording
from agent.words.brief_words import limit_in_words
from tools.errors import DataError, TuningError
from tools.facts import SIMPLE_NAMES
from tools.plan import Plan
from tools.profile import Profile
from training.text import Text, join

ISSUES_SHOWN = 3
SKIPPING = "--skip-broken"
"""Stands in the advice of errors that go away when such rows are left out."""
BUDGETS = frozenset({"--budget-minutes", "--budget-usd"})
"""Where an error lies that another limit puts right."""
SEVERITY = {"blocking": 0, "warning": 1, "info": 2}


def inspect(state: Conversation, bench: Workbench) -> None:
    """Profile the files; say what was found, or what is wrong and what to do."""
    missing, state["missing_files"] = state["missing_files"], []
    if missing:
        text = Text(
            "I cannot find {names} here. Hand the file over with the message, or give its full path.",
            names=wording.listed(missing),
        )
        state["says"] += bench.spoken(state, text)
        if not state["files"]:
            state["data_trouble"] = True
            return
    if not state["files"]:
        state["says"] += bench.spoken(
            state, Text("I see no file yet. Hand it over with the message, or give its full path.")
        )
        state["data_trouble"] = True
        return
    try:
        profile = bench.engine.profile(request_of(state, bench))
    except DataError as error:
        state["profile"], state["data_trouble"] = None, True
        if SKIPPING in error.what_to_do.template and not state.get("skip_broken"):
            _offer_to_skip(state, bench, error)
        elif sheets := error.what.facts.get("sheet_names"):
            _offer_sheets(state, bench, error, list(sheets))
        else:
            state["says"] += bench.spoken(state, trouble(error), *_instead(state))
        return
    state["profile"] = bench.keep("profile", profile)
    state["data_trouble"], state["stale"] = False, True
    state["says"] += bench.spoken(state, described(state, profile))


def _offer_sheets(
    state: Conversation, bench: Workbench, error: DataError, sheets: list[str]
) -> None:
    """Ask which sheet of a workbook holds the examples."""
    text = Text("Which sheet holds your examples?")
    offered = [{"label": sheet, "value": sheet} for sheet in sheets]
    state["says"] += bench.spoken(state, error.what, text)
    state["question"] = {"id": "sheet", "text": text.store(), "offered": offered, "file": error.where}  # fmt: skip
    state["offered"], state["default"], state["over"] = offered, sheets[0], True


def _instead(state: Conversation) -> list[Text]:
    """Say what a manual is good for without training, where documents were handed over that cannot be read here."""
    if not any(name.lower().endswith((".pdf", ".docx", ".doc")) for name in state["files"]):
        return []
    return [Text(
        "To answer questions from a manual, no training is needed: let an untouched model look things up in its text (retrieval, RAG). "
        "Training pays for sorting, for a form or a tone, and learns from a table of examples: what comes in, and the answer you want."
    )]  # fmt: skip


def _offer_to_skip(state: Conversation, bench: Workbench, error: DataError) -> None:
    """Ask whether to go on without the rows that cannot be used."""
    text = Text(
        "Shall I leave those rows out and use the others, or do you repair the file and hand it over again?"
    )
    offered = [
        {"label": bench.spoken(state, label)[0], "value": value}
        for label, value in (
            (Text("Leave them out"), True),
            (Text("I repair the file"), False),
        )
    ]
    where = Text("{what} ({where})", what=error.what, where=error.where)
    state["says"] += bench.spoken(state, where, text)
    state["question"] = {"id": "skip_broken", "text": text.store(), "offered": offered}
    state["offered"], state["default"], state["over"] = offered, None, True


def described(state: Conversation, profile: Profile) -> Text:
    """Say what the data are, then the worst troubles."""
    names = wording.listed([Path(name).name for name in state["files"]])
    read = {"names": names, "rows": profile.rows}
    parts = [
        Text("I read {names}: {rows:,} {rows:row|rows}, {usable:,} of them usable.", usable=profile.usable, **read)
        if profile.usable != profile.rows
        else Text("I read {names}: {rows:,} {rows:row|rows}, all of them usable.", **read)
    ]  # fmt: skip
    parts.append(
        Text(
            "It looks like {task}: {because}",
            task=wording.task(profile.task.value),
            because=profile.task.because,
        )
    )
    said = state["brief"].get("task")
    if said and said["origin"] == "said" and said["value"] != profile.task.value:
        parts.append(
            Text("You said {said}, and the data look like {seen}. I go by what you said; tell me if the data are right.",
                 said=wording.task(said["value"]), seen=wording.task(profile.task.value))
        )  # fmt: skip
    issues = sorted(
        (issue for issue in profile.issues if issue.severity != "info"),
        key=lambda issue: SEVERITY[issue.severity],
    )
    state["told"] = []
    if issues:
        shown = [
            Text("{text} {fix}", text=issue.text, fix=issue.fix) for issue in issues[:ISSUES_SHOWN]
        ]
        state["told"] = [str(one) for one in shown]
        parts.append(Text("What I noticed:\n{lines}", lines=wording.bullets(shown)))
        if len(issues) > ISSUES_SHOWN:
            parts.append(
                Text(
                    "{more:There is|There are} {more} more {more:remark|remarks} on the data; ask me about the data to see {more:it|them}.",
                    more=len(issues) - ISSUES_SHOWN,
                )
            )
    return join(parts, " ") if not issues else join(parts, "\n\n")


def redraft(state: Conversation, bench: Workbench) -> None:
    """Decide again on what is known now, and note which questions are still worth asking."""
    if (
        not state.get("stale")
        or not state.get("profile")
        or any(task["step"] == "inspect" for task in state["todo"])
    ):
        return
    request = with_kept(request_of(state, bench), bench.inbox.home)
    if request.kept or (request.profile is not None and request.profile.kept):
        state["profile"] = bench.keep("profile", bench.engine.profile(request))  # kept since
        request = request_of(state, bench)
    state["brief"] = {
        name: entry.model_dump(mode="json")
        for name, entry in bench.engine.understand(
            "", profile=request.profile, said=request.brief
        ).items()
    }
    try:
        plan = bench.engine.plan(request_of(state, bench))
    except TuningError as error:
        if error.where in BUDGETS and "least" in error.what_to_do.facts:
            _ask_for_more(state, bench, error)
            return
        if state.get("insist") is None:
            state["says"] += bench.spoken(state, trouble(error))
            state["questions"], state["stale"] = [], False
            return
        state["says"] += bench.spoken(state, error.what)
        state["says"] += bench.spoken(state, *unfed(state["insist"] or []))
        state["insist"] = None  # what was insisted on cannot be: plan without it
        redraft(state, bench)
        return
    state["plan"] = bench.keep("plan", plan)
    _measure_the_best(state, plan)
    state["needs_marks"] = marking.are_wanted(state, plan)
    marking.check_again(state, bench, plan)
    if state.get("insist") is not None and not state.get("told_insisting"):
        state["told_insisting"] = True
        if not state.get("previous_plan"):  # else it is said with the plan, which is shown at once
            state["says"] += bench.spoken(state, whatif.advice(plan))
    answered = {name for name, entry in state["brief"].items() if entry["origin"] == "said"}
    state["questions"] = [
        one.id for one in plan.questions if one.id not in state["asked"] and one.id not in answered
    ]  # fmt: skip


def _ask_for_more(state: Conversation, bench: Workbench, error: TuningError) -> None:
    """Say that the limit is too small and offer the least that works beside no limit; no order stands above a limit."""
    least = {
        "minutes": float(math.ceil(error.what_to_do.facts["least"])),
        "usd": math.ceil(100 * error.what_to_do.facts.get("usd", 0.0)) / 100,
    }
    said = state["brief"].get("budget", {}).get("value") or {}
    enough = {name: most if said.get(name) is not None else None for name, most in least.items()}
    choices = [(limit_in_words(enough), enough)] if any(enough.values()) else []
    choices.append((Text("as long as it takes"), {"minutes": None, "usd": None}))
    offered = [{"value": one, "label": bench.spoken(state, label)[0]} for label, one in choices]
    question = Text("How much may it take?")
    state["says"] += bench.spoken(state, trouble(error), question)
    state["question"] = {"id": "budget", "text": question.store(), "offered": offered}
    state["offered"], state["default"], state["order"] = offered, None, None
    state["questions"], state["stale"], state["over"] = [], True, True


def _measure_the_best(state: Conversation, plan: Plan) -> None:
    """Where a comparison brought up another model than the one measured, let that one answer the test items too, once."""
    best = plan.model.origin == "measured" and not plan.decision.measured
    if not best or not state.get("measured_run") or state.get("compared_run"):
        return
    state["compared_run"], state["measured_run"] = state["measured_run"], None
    state["skip_measure"] = False
    state["baselines"] = [one for one in state["baselines"] if one["name"] in SIMPLE_NAMES]


def unfed(insist: Sequence[str]) -> list[Text]:
    """Say what data the techniques that were insisted on would need, and that the plan goes on without."""
    needs = {
        "dpo": Text("To learn from pairs (DPO) I need, for each question, a better and a worse answer, in columns named chosen and rejected; about 500 such pairs."),
        "rft": Text("To learn by trial (RFT) I need at least 100 questions whose answers something can check: a right result in the data, or a grader."),
        "cpt": Text("To learn by reading (CPT) I need plain texts, about 10 million tokens of them."),
        "sft": Text("To learn from examples (SFT) I need questions with the answers you want, 50 at the least."),
    }  # fmt: skip
    wanted = [needs[name] for name in insist if name in needs]
    return [*wanted, Text("So I plan without it. Hand such data over, and I plan it your way.")]


def measure(state: Conversation, bench: Workbench) -> None:
    """Score what needs no language model at once; then the untouched model, by order where it costs."""
    request = request_of(state, bench)
    if not state["simple_done"]:
        try:
            found = bench.engine.simple_baselines(request)
        except TuningError as error:
            state["says"] += bench.spoken(state, trouble(error))
            found = ()
        state["baselines"] = [score.model_dump(mode="json") for score in found]
        state["simple_done"], state["stale"] = True, True
        redraft(state, bench)
        return
    plan = bench.plan(state)
    assert plan is not None, "the plan is drafted before anything is measured"
    state["skip_measure"] = True
    if not plan.decision.pipeline:
        return  # nothing the untouched model could score would change that
    measurement = bench.engine.measurement(request, plan)
    if not measurement.possible:
        state["says"] += bench.spoken(state, measurement.because)
        return
    run = run_id(state, "measure", plan.decision.because)
    if measurement.order is not None:
        proposal.put_up(state, bench, measurement.order, run=run, plan=state["plan"] or "")
        state["says"] += bench.spoken(
            state, measurement.because, proposal.three_lines(measurement.order)
        )
        state["stale"] = False
        return
    order = proposal.free_measurement(measurement, run)
    try:
        bench.engine.launch(plan, request=request, order=order, run=run)
    except TuningError as error:  # the data cannot feed what was asked for, or changed meanwhile
        state["says"] += bench.spoken(state, trouble(error))
        return
    state["runs"].append(
        {"id": run, "kind": "measure", "plan": state["plan"], "ended": False, "order": order.id}
    )
    state["measuring"] = run
    state["says"] += bench.spoken(state, Text(
        "Before I plan, I measure what the untouched model can do already. It takes about {time}, stays on this machine and costs "
        "nothing. I tell you when it is done; say stop if you do not want it.", time=wording.duration(measurement.minutes)))  # fmt: skip
    state["says"] += bench.spoken(state, *bench.waits(run))
