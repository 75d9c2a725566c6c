"""What a message changes: the brief, the files, the open question, the order it answers. Starts nothing.

What is said back to it, and which question comes next, is in `interview.py`.
"""

from __future__ import annotations

import re
from typing import Any

from agent.brain.protocol import Intent
from agent.conversation import handing, interview, next_plan, revisions
from agent.conversation.state import Conversation, faces_order
from agent.conversation.workbench import Workbench, brief_of
from agent.words import brief_words
from tools.brief import FIELD_FORMS
from training.text import Text

ACTS = frozenset({"stop", "resume", "try", "export", "compare", "mark", "vote", "teach"})
OF_ANSWERS = {"marks": "mark", "disagreement": "mark", "grader": "mark", "vote": "vote"}
"""Questions about answers shown -> the intent that a choice among their options is."""
NAMED_TECHNIQUE = re.compile(
    r"(?:\b(?:run|use|do|using|with|want|via|by|to|try)|直接|用|跑|做|^)\s*(?:a |an |some )?(dpo|sft|rft|grpo)\b",
    re.IGNORECASE,
)
YES_TO_NOTHING = re.compile(
    r"(?:yes+|yeah|yep|ok(?:ay)?|sure|go|start|do it|launch|train|好|可以|行|同意|开始|是)",
    re.IGNORECASE,
)
ANEW = re.compile(
    r"\b(?:actually|instead|no wait|wait,? no|rather|changed my mind|forget (?:that|the)|scratch that)\b|^no\b|其实|不对|改成|换成|还是",
    re.IGNORECASE,
)
"""What is wanted is said anew; it does not add to what was said before."""
LEAST_GOAL_LETTERS = 6
ANSWERED = frozenset({"ask", "status"})


def hear(state: Conversation, bench: Workbench, intents: list[Intent]) -> None:
    """Note what each intent changes, and what it asks for."""
    heard = state["heard"]
    question, offered = state.get("question"), state["offered"]
    state["question"], state["offered"] = None, []
    intents = [_meant(intent, offered, question) for intent in intents]
    handing.fetch_sample(state, bench, intents)
    if heard.get("files"):
        handing.take_files(state, heard["files"])
    if heard.get("files") and "goal" not in state["brief"]:
        # "which department should get this mail?" beside a file says what for; there is nothing to explain yet
        intents = [one for one in intents if one.kind != "ask" or one.about not in {"what", "how"}]
    for intent in intents:
        if intent.kind == "inform":
            hear_inform(state, bench, intent, question["id"] if question else None)
        elif intent.kind == "choose":
            hear_choice(state, bench, intent, question, offered)
        elif intent.kind == "provide_data":
            handing.hear_files(state, bench, intent)
        elif intent.kind == "revise":
            revisions.revise(state, bench, intent)
        elif intent.kind == "approve":
            hear_approval(state, bench, intent=intent)
        elif intent.kind in ANSWERED:
            state["todo"].append({"step": "answer", "intent": intent.model_dump(mode="json")})
        elif intent.kind in ACTS:
            state["todo"].append({"step": "act", "intent": intent.model_dump(mode="json")})
    if (
        heard.get("files")
        and "goal" not in state["brief"]
        and len(heard["text"]) >= LEAST_GOAL_LETTERS
    ):
        insist_on_named(state, heard["text"])
        state["brief"]["goal"] = {
            "value": brief_words.wish(heard["text"]),
            "origin": "said",
        }  # what comes with the data says what for
        understand(state, bench, heard["text"])
    _settle(state, bench, intents, question)


def _meant(
    intent: Intent, offered: list[dict[str, Any]], question: dict[str, Any] | None
) -> Intent:
    """Replace the choice of one of our own readings, or of an option about answers shown, by what it means."""
    if intent.kind != "choose" or intent.choice is None or not offered:
        return intent
    index = len(offered) if intent.choice == "last" else intent.choice
    if not 1 <= index <= len(offered):
        return intent
    picked = offered[index - 1]
    if "intent" in picked:
        return Intent.model_validate(picked["intent"])
    kind = OF_ANSWERS.get(question["id"]) if question else None
    return intent if kind is None else Intent(kind=kind, fields=picked["value"])  # type: ignore[arg-type]


def _settle(
    state: Conversation, bench: Workbench, intents: list[Intent], question: dict[str, Any] | None
) -> None:
    """Say what was heard where nothing else will, and keep an open question open."""
    kinds = {intent.kind for intent in intents}
    standing = state.get("order")
    if (
        kinds <= {"reject", "small_talk", "unclear"}
        and not state["says"]
        and not state["heard"].get("files")
    ):
        _say_small(state, bench, intents, question)
    if standing and "reject" in kinds and standing["kind"] == "measure":
        state["order"], state["stale"] = (
            None,
            True,
        )  # without the measurement, the plan is still worth seeing
    elif standing and "reject" in kinds:
        state["refused"] = True
    elif kinds - {"small_talk", "unclear"}:
        state["refused"] = False
    if (
        question
        and not (kinds & {"inform", "choose", "provide_data", "revise", "mark", "vote", "teach"})
        and not state["heard"].get("files")
    ):
        state["question"], state["offered"] = (
            question,
            state["offered"] or question.get("offered", []),
        )
        state["over"] = True  # the question stays open; it is not asked a second time in one turn


NOT_ADVISED = Text(
    "Nothing waits for your yes: my advice is not to train now. To train all the same, say: train anyway. Or tell me what is different from what I assumed."
)


def _say_small(
    state: Conversation, bench: Workbench, intents: list[Intent], question: dict[str, Any] | None
) -> None:
    kinds = [intent.kind for intent in intents]
    order = state.get("order")
    if "reject" in kinds and order and order["kind"] == "measure":
        text = Text("All right, I do not measure the untouched model. I plan without it.")
    elif "reject" in kinds and order:
        text = Text(
            "All right, nothing starts. The order stays here: say yes when you want it, or tell me what to change."
        )
    elif "reject" in kinds:
        text = Text("All right. What would you like instead?")
    elif "unclear" in kinds and _is_yes_to_nothing(state, intents):
        text = NOT_ADVISED
    elif "unclear" in kinds:
        text = _offer_readings(
            state, bench, next(intent for intent in intents if intent.kind == "unclear")
        )
    elif not state.get("greeted"):
        text = interview.greeting(state, bench)
    elif state.get("order"):
        text = Text("Glad to help. Nothing has started; the order above still waits for your yes.")
    else:
        text = Text("Glad to help. Tell me when you want to go on, or ask me anything.")
    state["says"] += bench.spoken(state, text)
    if question:
        state["says"] += bench.spoken(state, Text.restore(question["text"]))


def _is_yes_to_nothing(state: Conversation, intents: list[Intent]) -> bool:
    """Whether a bare yes came where the plan was not to train, so that there is nothing to start."""
    bare = all(not intent.readings and not intent.fields for intent in intents)
    said = state["heard"]["text"].strip().lower()
    return (
        bare
        and bool(state.get("previous_plan"))
        and not state.get("order")
        and not state["runs"]
        and YES_TO_NOTHING.match(said) is not None
    )


def _offer_readings(state: Conversation, bench: Workbench, intent: Intent) -> Text:
    """Offer the two best readings; an approval is never among them."""
    readings = [reading for reading in intent.readings if reading.kind != "approve"][:2]
    if state.get("order") and len(readings) < 2:
        return Text(
            "I am not sure whether that is a yes, so I start nothing. Say yes, start it, or tell me what you would like to know or change."
        )
    if len(readings) < 2:
        return Text("I did not understand that. Could you say it in other words?")
    state["offered"] = [
        {
            "label": bench.spoken(state, reading_in_words(reading))[0],
            "intent": reading.model_dump(mode="json"),
        }
        for reading in readings
    ]
    return Text("I am not sure what you mean. Which of these is it?")


def reading_in_words(intent: Intent) -> Text:
    """Name a reading, for a button."""
    named = {
        "reject": Text("Do not start, I want to think"),
        "status": Text("Tell me how the run stands"),
        "stop": Text("Stop the run"),
        "resume": Text("Go on with the stopped run"),
        "try": Text("Try the model"),
        "export": Text("Take the model away"),
        "compare": Text("Compare runs"),
        "provide_data": Text("I want to hand over data"),
        "inform": Text("I am telling you what I want"),
        "revise": Text("Change the plan"),
    }
    if intent.kind == "ask":
        return {
            "cost": Text("What does it cost?"),
            "time": Text("How long does it take?"),
            "risk": Text("What can go wrong?"),
            "why": Text("Why this plan?"),
        }.get(intent.about or "", Text("Explain the plan to me"))
    return named.get(intent.kind, Text("Something else"))


def hear_inform(state: Conversation, bench: Workbench, intent: Intent, asked: str | None) -> None:
    """Write what was said into the brief. Free wording counts where it was asked for; the tools read the rest."""
    text = state["heard"]["text"]
    if intent.fields.get("questions") is False:
        state["no_questions"] = True
        state["says"] += bench.spoken(state, Text("All right, no more questions: my own assumptions count, and the plan shows them."))  # fmt: skip
    if intent.fields.get("data") is False:
        state["asked"] += ["data"] * interview.DATA_QUESTIONS
    if asked and asked not in intent.fields and intent.fields.keys() == {"hardware"}:
        state["asked"] = [name for name in state["asked"] if name != asked]  # it was not answered
    for name, value in intent.fields.items():
        if name not in FIELD_FORMS:
            continue
        if (
            name == "goal"
            and asked == "data"
            and "goal" in state["brief"]
            and not ANEW.search(text)
        ):
            value = f"{str(state['brief']['goal']['value']).rstrip('.')}. {text}"
        if value is None:
            revisions.leave_to_us(state, name, asked=asked)
            continue
        if value is True and name not in {"goal", "must_not_get_worse", asked}:
            state["brief"].pop(name, None)  # said anew: the tools read the words again
            continue
        said = (brief_words.wish(text) if name == "goal" else text) if value is True else value
        if name == "facts_change":
            said = brief_words.pace(text) or said
        if name == "must_not_get_worse" and value is True and asked != name:
            said = brief_words.on_loss(text) or ""
        if name == "must_not_get_worse" and brief_words.ONLY_THIS.search(text):
            state["brief"][name] = {"value": brief_words.only_this(text), "origin": "said"}
            continue
        entry = brief_words.brief_value(name, said, free=value is True) if said != "" else None
        if entry is None:
            state["brief"].pop(name, None)
        elif name == "task" and asked != "task" and "goal" in intent.fields:
            # read out of a wish: the data know better
            state["brief"].setdefault("task", {"value": entry, "origin": "assumed"})
        else:
            state["brief"][name] = {"value": entry, "origin": "said"}
    insist_on_named(state, text)
    understand(state, bench, text)
    state["stale"] = True


def insist_on_named(state: Conversation, text: str) -> None:
    """Naming a technique insists on it, even where the advice is another."""
    named = [name.lower() for name in NAMED_TECHNIQUE.findall(text)]
    if named:
        state["insist"] = [{"grpo": "rft"}.get(name, name) for name in dict.fromkeys(named)]


def understand(state: Conversation, bench: Workbench, words: str) -> None:
    """Let the tools read the words as well; what was said before is kept."""
    before = brief_of(state)
    found = dict(bench.engine.understand(words, profile=bench.profile(state), said=before))
    if "goal" not in before:
        found.pop("goal", None)  # the brain says what is a wish; not every sentence is one
    state["brief"] = {name: entry.model_dump(mode="json") for name, entry in found.items()}


def hear_choice(
    state: Conversation,
    bench: Workbench,
    intent: Intent,
    question: dict[str, Any] | None,
    offered: list[dict[str, Any]],
) -> None:
    """Take the option that was named by its number."""
    index = len(offered) if intent.choice == "last" else int(intent.choice or 0)
    if question is None or not 1 <= index <= len(offered):
        state["says"] += bench.spoken(
            state, Text("There is no such option now. Could you say it in words?")
        )
        if question is not None:
            state["question"], state["offered"] = question, offered
        return
    picked = offered[index - 1]["value"]
    if question["id"] == "skip_broken":
        handing.hear_skipping(state, bench, bool(picked))
        return
    if question["id"] == "sheet":
        handing.hear_sheet(state, question["file"], str(picked))
        return
    if question["id"].startswith("column:"):
        state["columns"][question["id"].removeprefix("column:")] = picked
        state["todo"].append({"step": "inspect"})
    else:
        state["brief"][question["id"]] = {"value": picked, "origin": "said"}
    state["stale"] = True


def hear_approval(
    state: Conversation, bench: Workbench, *, intent: Intent | None = None, named: str | None = None
) -> None:
    """Take a yes for what it is: to the order that was shown, and to no other."""
    order = state.get("order")
    if order is None and named is None and (taken := next_plan.take_up(state, bench)) is not None:
        state["says"] += bench.spoken(state, taken)
        return
    if order is None or not faces_order(state) or (named is not None and named != order["id"]):
        plan = bench.plan(state)
        advised = order is not None or named is not None or plan is None or plan.decision.pipeline
        said = _no_such_order(state, named) if advised else NOT_ADVISED
        state["says"] += bench.spoken(state, said)
        return
    if state["heard"].get("seen", 0) < order["n"]:
        state["says"] += bench.spoken(
            state,
            Text(
                "Your yes came before you could see this order, so I do not count it. Please look at it and say yes if you agree."
            ),
        )
        return
    if intent is not None and intent.conditions:
        revisions.cap(state, bench, intent.conditions)
        return
    state["agreed"], state["refused"] = True, False


def _no_such_order(state: Conversation, named: str | None) -> Text:
    started = next(
        (run["id"] for run in state["runs"] if named and run.get("order") == named), None
    )
    if started:
        return Text(
            "That order was carried out already, once: it is the run {run}. Nothing was started a second time.",
            run=started,
        )
    if state.get("order"):
        return Text(
            "That order no longer stands, so your yes to it starts nothing. The order that stands now is below."
        )
    return Text("There is no order that waits for a yes, so nothing was started.")
