"""A judge by rubric in the conversation: the person marks up to fifty answers, ten at a time, and it must see them alike.

Asking a judge elsewhere sends words away and may cost, so it is put up as an order; one on this machine is asked at once.
"""

from __future__ import annotations

from typing import Any

from agent.brain.protocol import Intent
from agent.conversation import marking, proposal
from agent.conversation.state import Conversation
from agent.conversation.workbench import Workbench, digest, run_id
from agent.words import wording
from tools.errors import PlanError
from tools.judging.run_answers import Answered
from tools.marking import grading, marks
from tools.marking import judges as judging
from tools.marking.marks import Mark
from tools.plan import Order
from training.errors import TrainingError
from training.text import Text, join

PAGE = 10


def is_meant(state: Conversation, intent: Intent) -> bool:
    """Whether marks are being given for a judge."""
    return "judge" in intent.fields or bool((state.get("marking") or {}).get("judge"))


def hear(state: Conversation, bench: Workbench, intent: Intent) -> None:
    """Take marks for a judge, show the next ten, and check it when there are enough."""
    said, going = dict(intent.fields), state.get("marking") or {}
    if "judge" in said:
        _begin(state, bench, said["judge"])
    elif said.get("skip"):
        marking.hear(state, bench, intent)
    elif said.get("check"):
        _check(state, bench, going, _kept(bench, going))
    elif not (said.get("good") or said.get("bad") or said.get("all") is not None):
        _show(state, bench, going)
    else:
        _take(state, bench, going, said)


def carry_out(state: Conversation, bench: Workbench, settings: dict[str, Any]) -> None:
    """Ask the judge, as the order said."""
    going = state.get("marking")
    if going is None or going.get("judge") != settings["judge"]:
        _say(state, bench, Text("Those marks are gone, so the judge was not asked."))
        return
    _ask_judge(state, bench, going, _kept(bench, going))


def _begin(state: Conversation, bench: Workbench, written: str) -> None:
    run, before = state.get("measured_run"), state.get("marking") or {}
    if not run:
        _say(state, bench, Text("A judge must first be checked on answers of the untouched model, and there are none yet: they come with its measurement."))  # fmt: skip
        return
    made = marking.given(bench, before) if before.get("good") else []
    judge = grading.judges(written)[0]  # of a sum with two, the plan names the other
    going: dict[str, Any] = {"judge": judge, "reward": written, "run": run, "outputs": "", "count": 0, "good": {}, "marked": ""}  # fmt: skip
    state["marking"], state["needs_marks"] = going, False
    state["graded"] = {"skipped": True}  # until the judge has passed, nothing is chosen by marks
    _keep(state, bench, going, made)
    _say(state, bench, Text(
        "A judge must see answers as you do before it may grade. Mark {most} answers of the untouched model, ten at a time, or at least {least}; then it grades the same ones, and I compare.",
        most=judging.MOST_MARKS, least=judging.LEAST_MARKS,
    ))  # fmt: skip
    _show(state, bench, going)


def _show(state: Conversation, bench: Workbench, going: dict[str, Any]) -> None:
    """Show the next ten; where none are left, check with what there is."""
    made = _kept(bench, going)
    marked = {mark.answer.strip() for mark in made}
    every = marks.outputs(bench.engine.answers(going["run"]), judging.MOST_MARKS)
    room = judging.MOST_MARKS - len(made)
    page = [one for one in every if one.base.strip() not in marked][: min(PAGE, room)]
    if not page:
        _check(state, bench, going, made)
        return
    shown = [{"row": one.row.model_dump(mode="json", exclude_defaults=True), "answer": one.base} for one in page]  # fmt: skip
    going["outputs"], going["count"], going["good"] = f"outputs-{digest(shown)}", len(page), {}
    bench.inbox.keep(state["session"], going["outputs"], {"outputs": shown})
    state["marking"] = going
    _say(state, bench, wording.lines([marking.numbered(at, one) for at, one in enumerate(page, 1)]))
    _ask_marks(state, bench, page, made)


def _ask_marks(
    state: Conversation, bench: Workbench, page: list[Answered], made: list[Mark]
) -> None:
    text = Text(
        "{done} of {most} are marked. Which of these are good and which are bad? For example: 1 3 5 good, the rest bad.",
        done=len(made),
        most=len(made) + len(page) if len(page) < PAGE else judging.MOST_MARKS,
    )
    options = [(Text("All are good"), {"all": True}), (Text("All are bad"), {"all": False})]
    if _is_enough(made):
        options.append((Text("Check the judge now"), {"check": True}))
    options.append((Text("Go on without marks"), {"skip": True}))
    offered = [{"label": bench.spoken(state, label)[0], "value": value} for label, value in options]
    _say(state, bench, text)
    state["question"] = {"id": "marks", "text": text.store(), "offered": offered}
    state["offered"], state["default"], state["over"] = offered, None, True


def _take(
    state: Conversation, bench: Workbench, going: dict[str, Any], said: dict[str, Any]
) -> None:
    good = {str(at): True for at in said.get("good", ())}
    good |= {str(at): False for at in said.get("bad", ())}
    if said.get("all") is not None:
        good = {str(at): bool(said["all"]) for at in range(1, going["count"] + 1)}
    going["good"] = going["good"] | good
    left = [at for at in range(1, going["count"] + 1) if str(at) not in going["good"]]
    if left:
        text = Text("And these: {numbers}? Are they good or bad?", numbers=wording.listed([str(at) for at in left]))  # fmt: skip
        _say(state, bench, text)
        state["question"] = {"id": "marks", "text": text.store(), "offered": []}
        state["offered"], state["over"] = [], True
        return
    _keep(state, bench, going, [*_kept(bench, going), *marking.given(bench, going)])
    _show(state, bench, going)


def _check(state: Conversation, bench: Workbench, going: dict[str, Any], made: list[Mark]) -> None:
    """Ask the judge; by an order where that leaves the machine."""
    try:
        judging.refuse_few(made)
        settings = judging.settings_of(going["judge"])
    except (PlanError, TrainingError) as error:
        state["marking"] = None
        _say(state, bench, Text("That judge cannot be checked here: {what} {what_to_do}", what=error.what, what_to_do=error.what_to_do))  # fmt: skip
        return
    if not judging.leaves_machine(settings):
        _ask_judge(state, bench, going, made)
        return
    first, *others = judging.says(settings, made)
    order = Order(
        id="probe", kind="probe", what=first, at_most=Text("What {host} charges for {count} short answers; its price is not known to me.", host=judging.host_of(settings), count=len(made)),
        cannot_be_undone=join(others),
    )  # fmt: skip
    proposal.put_up(state, bench, order, run=run_id(state, "probe", going["judge"]), plan="")
    standing, shown = state["order"], bench.order(state)
    assert standing is not None and shown is not None
    standing["settings"], state["over"] = {"judge": going["judge"]}, True
    _say(state, bench, Text("{order}\n{closing}", order=proposal.three_lines(shown), closing=proposal.closing(state)))  # fmt: skip


def _ask_judge(
    state: Conversation, bench: Workbench, going: dict[str, Any], made: list[Mark]
) -> None:
    try:
        found = judging.check(judging.settings_of(going["judge"]), made)
    except (PlanError, TrainingError) as error:
        _say(state, bench, Text("That judge cannot be checked here: {what} {what_to_do}", what=error.what, what_to_do=error.what_to_do))  # fmt: skip
        return
    judging.keep(bench.inbox.home, found)
    _say(state, bench, found.text)
    state["marking"] = None
    if not found.is_fit:
        _say(state, bench, Text("So it grades nothing here. Write its rubric more exactly and name it again, or say: let me mark answers, and I look for another grader."))  # fmt: skip
        return
    kept = [one.model_dump(mode="json", exclude_defaults=True) | {"good": one.good} for one in made]
    name = f"marks-{digest(kept)}"
    bench.inbox.keep(state["session"], name, {"marks": kept})
    state["marks"] = [{"item": one.row.id, "good": one.good} for one in made]
    state["graded"] = {"reward": going["reward"], "agreed": 0, "document": name, "run": going["run"], "judged": found.text.store()}  # fmt: skip
    state["reward"], state["stale"] = going["reward"], True
    # what was measured is in another metric; the run grades the untouched model by the judge before it trains
    state["baselines"] = [one for one in state["baselines"] if one["name"] in {"commonest answer", "simple model"}]  # fmt: skip
    _say(state, bench, Text("Attempts are graded by this judge from now on. Your marks stay with the run."))  # fmt: skip


def _is_enough(made: list[Mark]) -> bool:
    try:
        judging.refuse_few(made)
    except PlanError:
        return False
    return True


def _kept(bench: Workbench, going: dict[str, Any]) -> list[Mark]:
    """The marks given so far, of pages that are done."""
    if not going.get("marked"):
        return []
    stored = bench.inbox.document(bench.session, going["marked"])["marks"]
    return [Mark.model_validate(one) for one in stored]


def _keep(state: Conversation, bench: Workbench, going: dict[str, Any], made: list[Mark]) -> None:
    kept = [one.model_dump(mode="json", exclude_defaults=True) | {"good": one.good} for one in made]
    going["marked"] = f"judge-marks-{digest(kept)}"
    bench.inbox.keep(state["session"], going["marked"], {"marks": kept})


def _say(state: Conversation, bench: Workbench, *texts: Text) -> None:
    state["says"] += bench.spoken(state, *texts)
