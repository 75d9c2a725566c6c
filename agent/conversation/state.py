"""The conversation's state, and the one function that says where a turn goes next.

Plain JSON holding ids and small facts, so that old sessions outlive new releases. Texts, plans, profiles, logs and
weights lie on disk: a checkpoint repeats the whole state. Field and node names are part of the stored format.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

Step = Literal[
    "inspect", "ask", "measure", "propose", "approve", "launch", "answer", "act", "explain", "end"
]

QUESTIONS_WHERE_CLEAR = 3
QUESTIONS_ALWAYS = 5


class Heard(TypedDict, total=False):
    """The message in hand."""

    n: int
    """Its number in the inbox."""
    kind: Literal["say", "approve", "event", "edit"]
    text: str
    files: list[str]
    """Absolute paths handed over with it."""
    order: str
    """Of an approval by button or call: the order it names."""
    seen: int
    """The last message whose reply could be seen when this one was posted."""
    run: str
    """Of a run's event."""
    changes: list[dict[str, Any]]
    """Of an edit: `{"name", "value"}`; None takes back."""
    lesson: str
    """Of an edit that begins a lesson: its name; with `eval_file` and `reward`."""
    eval_file: str | None
    reward: str | None


class StandingOrder(TypedDict, total=False):
    """An order that waits for a yes."""

    id: str
    document: str
    """The order itself, among the session's documents."""
    kind: str
    run: str
    """The id that the run will have: fixed here, so that it is launched once."""
    plan: str
    """The plan's document; empty for an export."""
    n: int
    """The message that was answered by showing it."""
    settings: dict[str, Any]


class Conversation(TypedDict, total=False):
    """What a session knows."""

    heard: Heard
    session: str
    language: str
    depth: Literal["plain", "engineer"]
    intents: list[dict[str, Any]]
    todo: list[dict[str, Any]]
    """What is left to do in this turn: `{"step": ..., ...}`, in order."""
    says: list[str]
    """The paragraphs of this turn's reply, in the person's language."""
    choices: list[dict[str, Any]]
    brief: dict[str, Any]
    origins_shown: list[str]
    told: list[str]
    """Remarks on the data that were said when it was read: a proposal does not repeat them."""
    files: list[str]
    missing_files: list[str]
    eval_file: str | None
    general_file: str | None
    columns: dict[str, Any]
    profile: str | None
    """The profile's document."""
    data_trouble: bool
    """The files handed over could not be read; the reply said why."""
    baselines: list[dict[str, Any]]
    baselines_of: str
    """What the baselines were measured on; other data or another model makes them stale."""
    measured_run: str | None
    compared_run: str | None
    """The measurement in which several models answered the same rows, where the one chosen was measured after it."""
    simple_done: bool
    overrides: dict[str, Any]
    insist: list[str] | None
    told_insisting: bool
    """What I think of the technique insisted on was said."""
    model: str | None
    reward: str | None
    stale: bool
    """Something changed since the plan was made."""
    questions: list[str]
    """Open questions whose answers would change the plan, the most decisive first."""
    asked: list[str]
    question: dict[str, Any] | None
    """The question that the last reply ended with."""
    default: Any
    """What counts where the open question is left to us."""
    offered: list[dict[str, Any]]
    """The choices that the last reply offered, each with what it means."""
    plan: str | None
    """The plan's document."""
    previous_plan: str | None
    order: StandingOrder | None
    faced: str | None
    """`order id/message number`: the order that a message was an answer to. Only `approve` sets it."""
    refused: bool
    """The last thing said to the standing order was a no."""
    agreed: bool
    """The message in hand is a clear yes to the order it faced."""
    over: bool
    """The turn ends here: a question was asked."""
    greeted: bool
    runs: list[dict[str, Any]]
    """`{"id", "kind", "plan", "ended"}`, oldest first."""
    marks: list[dict[str, Any]]
    """`{"item", "good"}`: answers that the person marked; the whole of them is the document named in `graded`."""
    needs_marks: bool
    """The plan would pay attempts by a grader that nobody has looked at: answers are shown to be marked."""
    marking: dict[str, Any] | None
    """Marks being given: the outputs' document, the run they are from, `good` by number, the grader in question."""
    graded: dict[str, Any] | None
    """What marking ended with: the grader, with how many marks it agrees, their document; or that it was skipped."""
    no_questions: bool
    """The person has had enough of questions: our assumptions count."""
    teaching: dict[str, Any] | None
    """A teacher that was wished for, as far as it is named: `teacher`, `url`, `new`, `usd_per_million`."""
    skip_broken: bool
    """The person agreed to leave out rows that cannot be read or have no answer."""
    voting: dict[str, Any] | None
    """A blind vote under way: the run, the items left, how many are done."""
    measuring: str | None
    """The measurement that the plan waits for."""
    skip_measure: bool
    lesson: str | None
    """The lesson that this conversation is about: what it teaches is said with the run's result."""


def fresh(session: str) -> Conversation:
    """Give the state of a session in which nothing was said."""
    return Conversation(
        session=session, language="en", depth="plain", intents=[], todo=[], says=[], choices=[], brief={},
        origins_shown=[], told=[], files=[], missing_files=[], eval_file=None, general_file=None, columns={}, profile=None,
        data_trouble=False, baselines=[], baselines_of="", measured_run=None, compared_run=None, simple_done=False, overrides={},
        insist=None, told_insisting=False, model=None, reward=None, stale=False, questions=[], asked=[], question=None, default=None, offered=[],
        plan=None, previous_plan=None, order=None, faced=None, refused=False, agreed=False, greeted=False, over=False, runs=[],
        marks=[], needs_marks=False, marking=None, graded=None, voting=None, teaching=None, skip_broken=False, no_questions=False, measuring=None, skip_measure=False, lesson=None,
    )  # fmt: skip


def next_step(state: Conversation) -> Step:
    """Say where the turn goes: first what the message asked for, then on with the plan, then wait.

    `launch` needs a yes that `approve` brought back: no other way leads there.
    """
    if state.get("agreed") and faces_order(state):
        return "launch"
    todo = state.get("todo") or []
    if todo:
        step: Step = todo[0]["step"]
        return step
    if state.get("stale") and not state.get("measuring") and not state.get("over"):
        return onward(state)
    return "approve" if state.get("order") else "end"


def faces_order(state: Conversation) -> bool:
    """Whether the message in hand is an answer to the standing order, brought back by `approve`."""
    order = state.get("order")
    return order is not None and state.get("faced") == facing(order["id"], state["heard"]["n"])


def facing(order: str, n: int) -> str:
    """Say that message `n` was an answer to this order."""
    return f"{order}/{n}"


def onward(state: Conversation) -> Step:
    """Say what the plan needs next: data, an answer, a measurement, or nothing more."""
    if state.get("data_trouble"):
        return "approve" if state.get("order") else "end"
    if not state.get("profile"):
        return "propose" if state.get("plan") else "ask"
    if state.get("questions") and may_ask(state):
        return "ask"
    if not state.get("simple_done") or (
        not state.get("measured_run") and not state.get("skip_measure")
    ):
        return "measure"
    return "ask" if state.get("needs_marks") else "propose"


def may_ask(state: Conversation) -> bool:
    """Three questions where goal and data are clear, five always; none where the person has had enough of them."""
    if state.get("no_questions"):
        return False
    clear = bool(state.get("profile")) and "goal" in state.get("brief", {})
    return len(state.get("asked") or []) < (QUESTIONS_WHERE_CLEAR if clear else QUESTIONS_ALWAYS)
