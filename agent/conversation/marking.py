"""Choosing a grader with the person: they mark answers, graders are tried on the marks, the best is shown to agree.

Learning by trial pays a model by a grader. Where no program can simply compare results, the untouched model's own
answers are shown, the person says which are good, and the grader that thinks as they do is taken. The marks stay with
the conversation and with the run, and test the grader whenever it changes.
"""

from __future__ import annotations

import re
from typing import Any

from agent.brain.protocol import Intent
from agent.conversation.state import Conversation
from agent.conversation.workbench import Workbench, digest, marks_of
from agent.words import wording
from tools.errors import PlanError
from tools.judging.run_answers import Answered
from tools.marking import grading, marks
from tools.marking import judges as judging
from tools.marking.marks import Mark, Trial
from tools.plan import Plan
from training.errors import TrainingError
from training.rewards import MEANINGS, named
from training.rows import Row
from training.text import Text

UNCERTAIN = frozenset({"chrf", "rouge", "judge", "vote"})
"""Metrics after which nobody knows yet what a single attempt is worth. The others compare results."""
LEAST_OUTPUTS = 4
PROMPT_SHOWN, ANSWER_SHOWN = 120, 240
GRADERS_OFFERED = 3
QUESTIONS = frozenset({"marks", "disagreement", "grader"})


def are_wanted(state: Conversation, plan: Plan) -> bool:
    """Whether the plan would pay attempts by a grader that nobody has looked at, and there are answers to mark."""
    return (
        "rft" in plan.decision.pipeline
        and not state.get("reward")
        and plan.evaluation.metric.value in UNCERTAIN
        and bool(state.get("measured_run"))
        and not state.get("graded")
    )


def begin(state: Conversation, bench: Workbench) -> None:
    """Show answers of the untouched model and ask which are good."""
    run = state.get("measured_run")
    found = marks.outputs(bench.engine.answers(run)) if run else []
    state["needs_marks"] = False
    if not run:
        _say(state, bench, Text(
            "I have no answers of the untouched model yet. They come with its measurement, which is part of planning; after it, say: let me mark answers."
        ))  # fmt: skip
        return
    if len(found) < LEAST_OUTPUTS:
        state["graded"] = {"skipped": True}
        _say(state, bench, Text(
            "The untouched model gives too few different answers ({count}) to choose a grader by, so attempts are paid by what the plan says.", count=len(found)
        ))  # fmt: skip
        return
    shown = [{"row": one.row.model_dump(mode="json", exclude_defaults=True), "answer": one.base} for one in found]  # fmt: skip
    name = f"outputs-{digest(shown)}"
    bench.inbox.keep(state["session"], name, {"outputs": shown})
    state["marking"] = {"outputs": name, "count": len(shown), "good": {}, "run": run}
    _say(
        state, bench,
        Text("Learning by trial pays the model for good answers, so I must know what you call good. These are {count} answers of the untouched model:", count=len(shown)),
        wording.lines([numbered(at, one) for at, one in enumerate(found, 1)]),
    )  # fmt: skip
    _ask_marks(state, bench)


def hear(state: Conversation, bench: Workbench, intent: Intent) -> None:
    """Take what was said of the answers shown; begin where nothing was said of any."""
    said, going = dict(intent.fields), state.get("marking")
    if going is None or not said:
        begin(state, bench)
    elif said.get("skip"):
        _decline(state, bench)
    elif "numbers" in said:
        _ask_which(state, bench, said["numbers"])
    elif said.get("others"):
        _offer_graders(state, bench, _trials(bench, going))
    elif "grader" in said:
        _take_named(state, bench, going, said["grader"])
    elif "keep" in said or "is_good" in said:
        _hear_opinion(state, bench, going, said)
    else:
        _hear_marks(state, bench, going, said)


def change(state: Conversation, bench: Workbench, written: str) -> Text:
    """Take a grader that the person names for one they have chosen; their marks are checked against it on planning."""
    try:
        named(written)
        if is_unknown_judge(bench, written):
            state["todo"].append({"step": "act", "intent": Intent(kind="mark", fields={"judge": written}).model_dump(mode="json")})  # fmt: skip
            return Text("A judge grades nothing before it was checked on your own marks.")
    except TrainingError as error:
        return Text("That grader cannot be used here: {what} {what_to_do}", what=error.what, what_to_do=error.what_to_do)  # fmt: skip
    state["reward"], state["stale"] = written, True
    return Text("Noted: attempts are paid by {name}. {meaning}", name=written.partition(":")[0], meaning=_meaning(written))  # fmt: skip


def is_unknown_judge(bench: Workbench, written: str) -> bool:
    """Whether a judge by rubric would grade that was not checked on marks, or did not see answers alike."""
    try:
        for one in grading.judges(written):
            judging.settings_of(one)
        judging.known(bench.inbox.home, written)
    except PlanError:
        return True
    except TrainingError:
        return False  # it cannot be read at all, which is said where it is taken
    return False


def check_again(state: Conversation, bench: Workbench, plan: Plan) -> None:
    """Hold the marks against the plan's grader where it is another than the one they were given for."""
    graded = state.get("graded") or {}
    if "document" not in graded or plan.reward is None or plan.reward == graded["reward"]:
        return
    try:
        trial = marks.try_grader(plan.reward, marks_of(state, bench), *_rows(bench, graded["run"]))
    except TrainingError as error:
        _say(state, bench, Text("The grader cannot be tried on your marks: {what} {what_to_do}", what=error.what, what_to_do=error.what_to_do))  # fmt: skip
        return
    state["graded"] = graded | {"reward": plan.reward, "agreed": trial.agreed}
    _say(state, bench, Text(
        "Your marks, checked against the new grader: it agrees with {agreed} of {count}. {calibration}",
        agreed=trial.agreed, count=len(trial.scores), calibration=trial.calibration.text,
    ))  # fmt: skip


def _hear_marks(
    state: Conversation, bench: Workbench, going: dict[str, Any], said: dict[str, Any]
) -> None:
    good = going["good"]
    good |= {str(at): True for at in said.get("good", ())} | {
        str(at): False for at in said.get("bad", ())
    }
    if said.get("all") is not None:
        good |= {str(at): bool(said["all"]) for at in range(1, going["count"] + 1)}
    if said.get("unknown"):
        _say(state, bench, Text("There is no answer {numbers}; they go from 1 to {count}.", numbers=_numbers(said["unknown"]), count=going["count"]))  # fmt: skip
    left = [at for at in range(1, going["count"] + 1) if str(at) not in good]
    if left:
        _ask(state, bench, "marks", Text("And these: {numbers}? Are they good or bad?", numbers=_numbers(left)), _skip(bench, state))  # fmt: skip
        return
    if said.get("assumed"):
        kind = Text("good") if good[str(said["assumed"][0])] else Text("bad")
        _say(state, bench, Text("I take the others ({numbers}) for {kind}; correct me if they are not.", numbers=_numbers(said["assumed"]), kind=kind))  # fmt: skip
    trials = _trials(bench, going)
    bad = sum(not value for value in good.values())
    _say(state, bench, Text("Thank you: {good} good, {bad} bad.", good=len(good) - bad, bad=bad))
    best = next((one for one in trials if one.is_sound), None)
    if best is None:
        _offer_graders(state, bench, trials)
        return
    _say(state, bench, _found(best, len(trials)), best.calibration.text)
    going["reward"], going["open"] = best.reward, list(best.disagreements)
    _next_disagreement(state, bench, going)


def _hear_opinion(
    state: Conversation, bench: Workbench, going: dict[str, Any], said: dict[str, Any]
) -> None:
    """Keep or change the mark that the grader sees otherwise."""
    if not going.get("open"):
        begin(state, bench)
        return
    place = str(going["open"].pop(0) + 1)
    now = going["good"][place]
    keeps = said["keep"] if "keep" in said else said["is_good"] == now
    going["good"][place] = now if keeps else not now
    going["kept"] = bool(going.get("kept")) or keeps
    _next_disagreement(state, bench, going)


def _next_disagreement(state: Conversation, bench: Workbench, going: dict[str, Any]) -> None:
    """Show the next mark that the grader sees otherwise; after the last, take the grader or offer others."""
    if not going["open"]:
        trials = _trials(bench, going)
        fitting = next((one for one in trials if one.is_sound and not one.disagreements), None)
        if fitting is not None:
            _take(state, bench, going, fitting)
        else:
            _offer_graders(state, bench, trials)
        return
    place = going["open"][0]
    row, answer = _outputs(bench, going)[place]
    mine = going["good"][str(place + 1)]
    facts = {"number": place + 1, "asked": _short(_question(row), PROMPT_SHOWN), "answer": _short(answer, ANSWER_SHOWN)}  # fmt: skip
    text = (
        Text("Answer {number}: you said good, the grader says bad.\nAsked: {asked}\nAnswer: {answer}\nIs it good?", **facts)
        if mine
        else Text("Answer {number}: you said bad, the grader says good.\nAsked: {asked}\nAnswer: {answer}\nIs it good?", **facts)
    )  # fmt: skip
    offered = [
        _option(bench, state, Text("Yes, it is good"), {"is_good": True}),
        _option(bench, state, Text("No, it is bad"), {"is_good": False}),
        _option(bench, state, Text("Show me other graders"), {"others": True}),
    ]
    _ask(state, bench, "disagreement", text, offered)


def _offer_graders(state: Conversation, bench: Workbench, trials: list[Trial]) -> None:
    """Let the person pick where no grader agrees with every mark."""
    sound = [one for one in trials if one.is_sound]
    refused = [one for one in trials if not one.is_sound]
    parts = []
    if sound:
        parts.append(Text("No grader of mine agrees with all of your marks. You can take one all the same, or name another.") if all(one.disagreements for one in sound)
                     else Text("These graders can be used."))  # fmt: skip
    else:
        parts.append(Text("None of my graders can check these answers."))
    if refused:
        parts.append(Text("I left one out: {calibration}", calibration=refused[0].calibration.text))
    parts.append(Text(
        "For taste, a chat model can judge by a rubric: write its settings to a file and say judge:FILE. Your own Python function works as python:FILE."
    ))  # fmt: skip
    _say(state, bench, *parts)
    offered = [
        _option(bench, state, Text("{meaning} It agrees with {agreed} of {count}.", meaning=_meaning(one.reward), agreed=one.agreed, count=len(one.scores)),
                {"grader": one.reward})
        for one in sound[:GRADERS_OFFERED]
    ]  # fmt: skip
    _ask(state, bench, "grader", Text("Which grader shall pay the attempts?"), [*offered, *_skip(bench, state)])  # fmt: skip


def _take_named(state: Conversation, bench: Workbench, going: dict[str, Any], written: str) -> None:
    """Try the grader that was picked or named, say how it does, and take it where it pays for nothing bad."""
    if is_unknown_judge(bench, written):
        state["todo"].append({"step": "act", "intent": Intent(kind="mark", fields={"judge": written}).model_dump(mode="json")})  # fmt: skip
        return
    try:
        trial = marks.try_grader(written, given(bench, going), *_rows(bench, going["run"]))
    except TrainingError as error:
        _say(state, bench, Text("That grader cannot be used here: {what} {what_to_do}", what=error.what, what_to_do=error.what_to_do))  # fmt: skip
        _offer_graders(state, bench, _trials(bench, going))
        return
    if not trial.is_sound:
        _say(state, bench, Text("That grader cannot be used here: {what} {what_to_do}", what=trial.calibration.text,
                                what_to_do=Text("A model would learn to give such answers.")))  # fmt: skip
        _offer_graders(state, bench, _trials(bench, going))
        return
    _take(state, bench, going, trial)


def _take(state: Conversation, bench: Workbench, going: dict[str, Any], trial: Trial) -> None:
    """Make it the plan's grader; the marks become its test."""
    made = given(bench, going)
    name = f"marks-{digest([one.model_dump(mode='json') for one in made])}"
    kept = [one.model_dump(mode="json", exclude_defaults=True) | {"good": one.good} for one in made]
    bench.inbox.keep(state["session"], name, {"marks": kept})
    state["marks"] = [{"item": one.row.id, "good": one.good} for one in made]
    state["graded"] = {"reward": trial.reward, "agreed": trial.agreed, "document": name, "run": going["run"]}  # fmt: skip
    state["reward"], state["marking"], state["stale"] = trial.reward, None, True
    found = bench.engine.answers(going["run"])
    untouched = [one for one in state["baselines"] if one["name"] not in {"commonest answer", "simple model"}]  # fmt: skip
    best = max(untouched, key=lambda one: one["value"], default=None)
    if best is not None:
        again = marks.baseline(found, trial.reward, name=best["name"])
        state["baselines"] = [one for one in state["baselines"] if one not in untouched] + [again.model_dump(mode="json")]  # fmt: skip
    _say(state, bench, Text(
        "Attempts are paid by this grader: {meaning} It agrees with {agreed} of your {count} marks; they stay with the run and test the grader whenever it changes.",
        meaning=_meaning(trial.reward), agreed=trial.agreed, count=len(trial.scores),
    ))  # fmt: skip


def _decline(state: Conversation, bench: Workbench) -> None:
    state["marking"], state["graded"], state["stale"] = None, {"skipped": True}, True
    _say(state, bench, Text("All right, without marks: attempts are paid by how like your reference answers they are, and no person has checked that. Say: let me mark answers, when you want to."))  # fmt: skip


def _ask_marks(state: Conversation, bench: Workbench) -> None:
    text = Text("Which are good and which are bad? For example: 1 3 5 good, the rest bad.")
    offered = [
        _option(bench, state, Text("All are good"), {"all": True}),
        _option(bench, state, Text("All are bad"), {"all": False}),
        *_skip(bench, state),
    ]
    _ask(state, bench, "marks", text, offered)


def _ask_which(state: Conversation, bench: Workbench, numbers: list[int]) -> None:
    offered = [
        _option(bench, state, Text("Those are the good ones"), {"good": numbers, "bad": _others(state, numbers)}),
        _option(bench, state, Text("Those are the bad ones"), {"bad": numbers, "good": _others(state, numbers)}),
    ]  # fmt: skip
    _ask(state, bench, "marks", Text("Are {numbers} the good ones, or the bad ones?", numbers=_numbers(numbers)), offered)  # fmt: skip


def _others(state: Conversation, numbers: list[int]) -> list[int]:
    going = state.get("marking") or {}
    return [at for at in range(1, going.get("count", 0) + 1) if at not in numbers]


def _ask(
    state: Conversation, bench: Workbench, name: str, text: Text, offered: list[dict[str, Any]]
) -> None:
    _say(state, bench, text)
    state["question"] = {"id": name, "text": text.store(), "offered": offered}
    state["offered"], state["default"], state["over"] = offered, None, True


def _skip(bench: Workbench, state: Conversation) -> list[dict[str, Any]]:
    return [_option(bench, state, Text("Go on without marks"), {"skip": True})]


def _option(
    bench: Workbench, state: Conversation, label: Text, value: dict[str, Any]
) -> dict[str, Any]:
    return {"label": bench.spoken(state, label)[0], "value": value}


def _say(state: Conversation, bench: Workbench, *texts: Text) -> None:
    state["says"] += bench.spoken(state, *texts)


def _trials(bench: Workbench, going: dict[str, Any]) -> list[Trial]:
    return marks.propose(given(bench, going), *_rows(bench, going["run"]))


def _rows(bench: Workbench, run: str) -> tuple[list[Row], list[str]]:
    found = bench.engine.answers(run)
    return [one.row for one in found], [one.base for one in found]


def _outputs(bench: Workbench, going: dict[str, Any]) -> list[tuple[Row, str]]:
    stored = bench.inbox.document(bench.session, going["outputs"])["outputs"]
    return [(Row.model_validate(one["row"]), str(one["answer"])) for one in stored]


def given(bench: Workbench, going: dict[str, Any]) -> list[Mark]:
    """The answers shown with the person's word on each; those without one are left out."""
    good = going["good"]
    return [
        Mark(row=row, answer=answer, good=good[str(at)])
        for at, (row, answer) in enumerate(_outputs(bench, going), 1)
        if str(at) in good
    ]


def _found(best: Trial, tried: int) -> Text:
    return Text(
        "I tried {tried} {tried:grader|graders} on your marks. The best one: {meaning} It agrees with you on {agreed} of {count}.",
        tried=tried, meaning=_meaning(best.reward), agreed=best.agreed, count=len(best.scores),
    )  # fmt: skip


def _meaning(written: str) -> Text:
    """Say what a grader pays for."""
    limit = re.search(r'"gate": "constraints:(max|min)_words=(\d+)"', written)
    if limit is not None:
        said = {
            "max": Text("No more than {words} {words:word|words}.", words=int(limit.group(2))),
            "min": Text("No fewer than {words} {words:word|words}.", words=int(limit.group(2))),
        }[limit.group(1)]
        return Text("{first} {also}", first=MEANINGS["similar"], also=said)
    return MEANINGS.get(written.partition(":")[0].strip(), Text.plain(written))


def numbered(at: int, one: Answered) -> Text:
    """One answer to mark, with its number."""
    facts = {"number": at, "asked": _short(one.prompt, PROMPT_SHOWN), "answer": _short(one.base, ANSWER_SHOWN)}  # fmt: skip
    if not one.row.answer:
        return Text("{number}. {asked}\n   → {answer}", **facts)
    return Text(
        "{number}. {asked}\n   → {answer}\n   (yours: {wanted})",
        **facts,
        wanted=_short(one.row.answer, ANSWER_SHOWN),
    )


def _question(row: Row) -> str:
    asked = [message.content for message in row.prompt if message.role == "user"]
    return asked[-1] if asked else ""


def _numbers(numbers: list[int]) -> Text:
    return wording.listed([str(one) for one in numbers])


def _short(text: str, length: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= length else flat[: length - 1] + "…"
