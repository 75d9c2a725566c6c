"""The interview: what a message adds to the brief, which question comes next, and what was understood.

Only what changes the plan is asked (the plan's own `questions`), and what is assumed is said.
"""

from __future__ import annotations

from agent.brain.protocol import Context, WaitingFor
from agent.conversation.state import Conversation
from agent.conversation.workbench import Workbench
from agent.words import brief_words, wording
from tools.errors import TuningError
from training.text import Text

ABOUT_ANSWERS = frozenset({"marks", "disagreement", "grader", "teacher", "taught"})
DATA_QUESTIONS = 2
"""So often are examples asked for; then it is said what can be done without, and the conversation stays open."""


def trouble(error: TuningError) -> Text:
    """Say an error in its three parts; where it is an option of the command line, that is left out."""
    if error.where.startswith("--"):
        return Text("{what} {what_to_do}", what=error.what, what_to_do=error.what_to_do)
    return Text(
        "{what} ({where}) {what_to_do}",
        what=error.what,
        where=error.where,
        what_to_do=error.what_to_do,
    )


def waiting_for(state: Conversation) -> WaitingFor | None:
    """Say what the session waits for. A question about answers shown goes before the order that they may change."""
    question = state.get("question")
    if question and question["id"] in ABOUT_ANSWERS:
        return "answer"
    if state.get("order"):
        return "approval"
    if question:
        return "answer"
    return "run" if any(not run["ended"] for run in state["runs"]) else None


def context(state: Conversation, bench: Workbench) -> Context:
    """Gather what the brain may know when it reads."""
    profile = bench.profile(state)
    columns: list[str] = []
    for name in profile.columns.values() if profile else ():
        columns += [name] if isinstance(name, str) else name
    for row in profile.sample if profile else ():
        columns += [name for name in row.get("facts", {}) if name not in columns]
    question = state.get("question")
    return Context(
        waiting_for=waiting_for(state),
        question=question["id"] if question else None,
        num_choices=len(state["offered"]),
        num_shown=(state.get("marking") or {}).get("count", 0),
        labels=tuple(offer["label"] for offer in state["offered"]),
        refused=bool(state.get("refused")),
        language=state["language"],
        columns=tuple(columns),
        has_goal="goal" in state["brief"],
        has_plan=bool(state.get("plan")),
        private=state["brief"].get("privacy", {}).get("value") == "local",
    )


def greeting(state: Conversation, bench: Workbench) -> Text:
    """Say who this is and what it will not do unasked."""
    state["greeted"] = True
    if bench.brain.outside is not None:
        return Text(
            "Hello. I help you teach a language model a task: I look at your examples, measure what the model can do already, say whether "
            "training is worth it, and carry it out if you agree. {promise} What should the model do for you, and what examples do you have?",
            promise=promised(bench),
        )  # fmt: skip
    return Text(
        "Hello. I help you teach a language model a task: I look at your examples, measure what the model can do already, say whether "
        "training is worth it, and carry it out if you agree. Until you say yes I spend nothing, upload nothing, and nothing "
        "leaves this machine. What should the model do for you, and what examples do you have?"
    )


def ask(state: Conversation, bench: Workbench) -> None:
    """Ask the next question: data and goal first, then what would change the plan."""
    if not state.get("greeted"):
        state["greeted"] = True
        state["says"] += bench.spoken(state, first_words(state, bench))
    elif not state["says"] and (news := understood(state, bench)) is not None:
        state["says"] += bench.spoken(state, news)
    plan = bench.plan(state)
    planned = (
        next((one for one in plan.questions if one.id in state["questions"]), None)
        if plan and state.get("profile")
        else None
    )
    if (
        planned is None
        and "goal" in state["brief"]
        and state["asked"].count("data") >= DATA_QUESTIONS
    ):
        state["says"] += bench.spoken(state, without_data(state))
        state["stale"], state["over"] = False, True
        return
    if planned is None:
        text = data_question(state) if "goal" in state["brief"] else goal_question(state)
        name, offered, why = ("data" if "goal" in state["brief"] else "goal"), [], None
        state["questions"] = []
    else:
        name, text, why = planned.id, planned.text, planned.why
        offered = [
            {"value": one.value, "label": bench.spoken(state, one.label)[0]}
            for one in planned.choices
        ]
        state["questions"] = [one for one in state["questions"] if one != name]
    state["asked"].append(name)
    state["says"] += bench.spoken(
        state, *([text] if why is None else [Text("{question} {why}", question=text, why=why)])
    )
    state["question"] = {
        "id": name,
        "text": text.store(),
        "offered": offered,
    }
    state["offered"], state["default"] = offered, planned.default if planned else None
    state["stale"], state["over"] = True, True


def first_words(state: Conversation, bench: Workbench) -> Text:
    """Open the first reply: what was understood, and what will not happen unasked."""
    found = understood(state, bench)
    promise = promised(bench)
    return (
        promise
        if found is None
        else Text("{understood}\n\n{promise}", understood=found, promise=promise)
    )


def promised(bench: Workbench) -> Text:
    """Say what does not happen unasked; where a model elsewhere helps to talk, what does."""
    if bench.brain.outside is None:
        return Text(
            "Until you say yes I spend nothing, upload nothing, and nothing leaves this machine."
        )
    return Text(
        "Until you say yes I start nothing and upload none of your files. What you write, and rows that a question of yours needs, go to {name}, which helps me "
        "to understand and answer; its provider may charge for that.", name=bench.brain.outside
    )  # fmt: skip


def understood(state: Conversation, bench: Workbench, *, everything: bool = False) -> Text | None:
    """List what is known and where it came from; only what was not shown yet, unless everything is asked for."""
    first = everything or not state["origins_shown"]
    parts: list[Text] = []
    only_said = True
    for name, entry in state["brief"].items():
        mark = f"{name}={entry['value']}"
        if name == "data" or (mark in state["origins_shown"] and not everything):
            continue
        state["origins_shown"].append(mark)
        value = brief_words.value_in_words(name, entry["value"])
        if value is not None:
            parts.append(
                Text(
                    "{name}: {value} ({origin})",
                    name=wording.field(name),
                    value=value,
                    origin=wording.origin(entry["origin"]),
                )
            )
            only_said = only_said and entry["origin"] == "said"
    if not parts:
        return None
    if only_said and not first:  # an answer read back: short, because it comes after every question
        return Text("I noted:\n{lines}", lines=wording.bullets(parts))
    return Text(
        "What I understood:\n{lines}\nCorrect me where I am wrong.", lines=wording.bullets(parts)
    )


def without_examples(state: Conversation) -> Text:
    """Say what can be said before any examples: what is needed, or, where that was asked already, what to do without."""
    asked = state["asked"].count("data") >= 1 or bool(state.get("data_trouble"))
    return without_data(state) if asked else data_question(state)


def without_data(state: Conversation) -> Text:
    """Say what to do where there are no examples."""
    often = state["brief"].get("facts_change", {}).get("value") in {"daily", "weekly", "monthly"}
    if often or state["brief"].get("task", {}).get("value") in {"qa", "documents"}:
        return Text(
            "Without examples my advice is: do not train now. For answers from documents, let the untouched model look things up in them (retrieval, RAG): "
            "that needs no training, and a changed document counts at once. If you later collect questions with good answers, hand them over and I measure whether training adds anything."
        )
    return Text(
        "Without examples my advice is: do not train now. Write down what comes in and the answer you want, about 200 pairs, or as many as you have; "
        "meanwhile an untouched model with a clear instruction and three examples in its prompt is the best start. Hand the pairs over when you have them, and I plan from there."
    )


def goal_question(state: Conversation) -> Text:
    """Ask what is wanted."""
    if state["files"]:
        return Text("What should the model do with texts like these? One sentence is enough.")
    return Text(
        "What should the model do for you? One sentence is enough, and tell me what examples you have."
    )


def data_question(state: Conversation) -> Text:
    """Ask for examples, with the kind of file that the task wants."""
    task = state["brief"].get("task", {}).get("value")
    wanted = {
        "classification": Text("a table with the texts and the group each one belongs to"),
        "extraction": Text(
            "a table or JSON lines with the texts and what should be pulled out of each"
        ),
        "qa": Text("a table with questions and good answers"),
        "documents": Text(
            "the documents as text files, and if you can a table with questions and good answers"
        ),
        "preference": Text("a table with the question, the better answer and the worse answer"),
        "reasoning": Text("a table with the problems and their right results"),
        "translation": Text("a table with texts and their translations"),
        "summarization": Text("a table with long texts and good short versions"),
    }.get(task or "", Text("a table with what comes in and the answer you want"))
    asked_before = "data" in state["asked"]
    if asked_before:
        return Text(
            "I can advise you further once I see examples: {wanted}. Even 20 rows show much. Which file is it?",
            wanted=wanted,
        )
    return Text(
        "What examples do you have? Best is {wanted}: CSV, Excel, JSON or text. I read it on this machine only.",
        wanted=wanted,
    )
