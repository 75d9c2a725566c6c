"""Answers to questions: from the plan's own reasons, the run's own numbers, and the glossary. Changes no plan."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from agent.brain.protocol import Asked, Intent
from agent.brain.rules import trials
from agent.conversation import acts, interview, outcome, proposal, reasons, revisions, terms, whatif
from agent.conversation.state import Conversation
from agent.conversation.workbench import Workbench, request_of
from agent.words import wording
from training.text import Text, join

ENGINEER = ("engineer", "technical", "expert", "工程师", "技术细节", "专家")
BEGINNER = (
    "simpler",
    "like i'm five",
    "like im five",
    "beginner",
    "layman",
    "plain words",
    "通俗",
    "简单点",
    "小白",
    "外行",
)

AMOUNT_WORDS = (
    "how many would",
    "how many do i",
    "how many rows do",
    "how many examples",
    "how much text",
    "how much data",
    "需要多少",
    "要多少条",
    "要多少数据",
    "多少条够",
    "多少数据",
)
JUDGING_WORDS = (
    "got better",
    "gets better",
    "is better",
    "know that it",
    "know if it",
    "how will you know",
    "how do you measure",
    "how is it measured",
    "taste",
    "变好",
    "怎么评",
    "怎么判断",
    "怎么知道",
)
OPEN_TASKS = frozenset(
    {"rewriting", "summarization", "dialogue", "generation", "preference", "translation", "qa"}
)


def answer(
    state: Conversation,
    bench: Workbench,
    intent: Intent,
    *,
    tell: Callable[[str], None] | None = None,
) -> None:
    """Answer one question; `tell` hears an answer that is looked up as it grows."""
    about = "status" if intent.kind == "status" else intent.about or "what"
    said = {
        "status": status, "why": reasons.why, "what": what, "cost": cost, "time": time, "risk": risk, "glossary": terms.glossary, "data_issue": reasons.data_issue,
        "compare": terms.compare, "what_next": what_next, "what_if": whatif.answer, "privacy": privacy, "how": how,
    }[about](state, bench, intent)  # fmt: skip
    template = [said] if isinstance(said, Text) else said
    found = looked_up(state, bench, template, tell) if intent.free else None
    state["says"] += bench.spoken(state, *template) if found is None else [found]
    if state.get("question") and not state["todo"]:
        state["says"] += bench.spoken(state, Text.restore(state["question"]["text"]))  # type: ignore[index]
    if state.get("order") and not state["todo"]:
        state["says"] += bench.spoken(
            state, Text("The order still stands: say yes to start, or tell me what to change.")
        )


def looked_up(
    state: Conversation, bench: Workbench, template: list[Text], tell: Callable[[str], None] | None
) -> str | None:
    """Have the brain look into rows, plan and runs; None where the template is to be said."""
    from agent import toolbox  # noqa: PLC0415  # only a brain that can look needs it

    return bench.brain.look_up(
        Asked(
            text=state["heard"]["text"],
            template=template,
            language=state["language"],
            tools=lambda: toolbox.tools(toolbox.Context.of(state, bench)),
            tell=tell,
        )
    )


def status(state: Conversation, bench: Workbench, intent: Intent) -> Text | list[Text]:
    """Say how the runs stand, or where the conversation stands."""
    run = acts.active(state) or (state["runs"][-1] if state["runs"] else None)
    if run is not None:
        return acts.standing_in_words(bench.engine.standing(run["id"]))
    if state.get("order"):
        return Text("Nothing is running. A plan is ready and waits for your yes.")
    return Text("Nothing is running, and nothing was started.")


USING = re.compile(
    r"\bhow (?:do|can|would|should) (?:i|we|they|people) (?:then |actually |now )?(?:use|run|deploy|host|install|call|serve|integrate|put)\b|\bhosted?\b|\bdeploy|怎么(?:用|部署|调用|接入|上线|使用)|如何(?:使用|部署|调用)",
    re.IGNORECASE,
)
OF_PLAN = re.compile(
    r"plan|understood|understand|suggest|advice|advise|propos|summar|recap|detail|everything|settings?|happen|do (?:with|to)|方案|计划|理解|建议|总结|打算|详细|会怎",
    re.IGNORECASE,
)
LONGEST_ECHO = 60
"""Letters of a question that can only be about the question just asked: "what do you mean, facts?". A guess; not tuned."""
OF_LOSS = re.compile(r"\b(?:lose|lost|losing|forg[oe]t\w*|worse)\b|失去|丢|忘|变差", re.IGNORECASE)
OF_UNDERSTANDING = re.compile(r"\bunderst(?:ood|and)\b|理解(?:了|对)|懂了什么", re.IGNORECASE)


def what(state: Conversation, bench: Workbench, intent: Intent) -> Text | list[Text]:
    """Say what is planned, what was understood, what a question means, or what Tunesmith can do."""
    if intent.topic == trials.TOPIC and (told := reasons.of_trials(state, bench)) is not None:
        return told
    if intent.topic and intent.topic in terms.known(state["language"]):
        return terms.glossary(state, bench, intent)
    words = state["heard"]["text"].lower()
    planned = bench.plan(state)
    setting = intent.topic if intent.topic in revisions.STAGE_SETTINGS else ""
    asked_for = reasons.values(planned, setting or "") if planned is not None else []
    if asked_for:
        return [reasons.reason(name, choice) for name, choice in asked_for]
    if any(word in words for word in AMOUNT_WORDS):
        return amounts(state)
    report = outcome.last_report(state, bench)
    if report is not None and not state.get("order"):
        return outcome.lost(report) if OF_LOSS.search(words) else outcome.paragraphs(report)
    question = state.get("question")
    if question is not None and not OF_PLAN.search(words) and len(words) <= LONGEST_ECHO:
        return about_question(state, bench, question)
    found = interview.understood(state, bench, everything=True)
    if OF_UNDERSTANDING.search(words) and found is not None:
        return found
    plan = bench.plan(state)
    run = acts.active(state)
    if run is not None and not state.get("previous_plan"):
        standing = acts.standing_in_words(bench.engine.standing(run["id"]))
        return [standing, Text("When it has ended, I tell you what I advise, and why.")]
    if plan is not None and state.get("previous_plan") and not OF_PLAN.search(words):
        return [proposal.summary(plan), *_only_order(state, bench)]
    if plan is None:
        if found is None:
            return interview.greeting(state, bench)
        return [found, interview.without_examples(state)]
    order = bench.order(state)
    parts = ([found] if found else []) + proposal.paragraphs(state, plan)
    return [*parts, proposal.three_lines(order)] if order else parts


def _only_order(state: Conversation, bench: Workbench) -> list[Text]:
    order = bench.order(state)
    return [] if order is None else [proposal.three_lines(order)]


def about_question(
    state: Conversation, bench: Workbench, question: dict[str, Any]
) -> Text | list[Text]:
    """Say why the open question is asked, and that it need not be answered."""
    plan = bench.plan(state)
    asked = (
        next((one for one in plan.questions if one.id == question["id"]), None) if plan else None
    )
    easy = Text("If you do not know, say so, and I go on with what is most likely.")
    if asked is not None:
        return [asked.why, easy]
    if question["id"] == "data":
        return Text("I learn what you want from examples: what comes in, and the answer you would give. Any table or text file with some of them will do; I only read it.")  # fmt: skip
    return easy


def amounts(state: Conversation) -> Text:
    """Say how much data is wanted. Sources: TC-03 for examples; CPT wants millions of tokens (TC rules on documents)."""
    if state["brief"].get("task", {}).get("value") == "documents":
        return Text(
            "Reading documents into a model takes a lot: below about 10 million tokens (some 40 books) little stays, and facts stay badly even then. For a smaller shelf let "
            "the model look things up instead (retrieval, RAG)."
        )
    return Text(
        "Training starts to pay at about 50 good examples; 200 are a solid start, 1,000 usually do better, and for sorting into groups at least 20 of each group. "
        "Below that, put your best examples into the prompt instead."
    )


def cost(state: Conversation, bench: Workbench, intent: Intent) -> Text | list[Text]:
    """Say what it costs, at most and as expected."""
    order, plan = bench.order(state), bench.plan(state)
    report = outcome.last_report(state, bench)
    if order is None and report is not None:
        return outcome.spent(report) or Text("I have no record of the cost of that run.")
    if order is not None:
        expected = [whatif.estimate(plan)] if plan and plan.stages else []
        return [Text("At most: {at_most}", at_most=order.at_most), *expected]
    if plan is not None and plan.stages:
        return whatif.estimate(plan)
    if bench.brain.outside is not None:
        return Text(
            "Talking goes through {name}, whose provider may charge for it. Planning costs nothing, and a run on this machine costs nothing but time. Before a run "
            "that costs, I say how much at most and wait for your yes.", name=bench.brain.outside
        )  # fmt: skip
    return Text(
        "Talking and planning cost nothing, and a run on this machine costs nothing but time. Before anything that costs, I say how much at most and wait for your yes."
    )


def time(state: Conversation, bench: Workbench, intent: Intent) -> Text | list[Text]:
    """Say how long it takes."""
    run = acts.active(state)
    if run is not None:
        return acts.standing_in_words(bench.engine.standing(run["id"]))
    plan = bench.plan(state)
    if plan is None or not plan.stages:
        return Text(
            "I can say how long it takes once I have seen your examples. Reading them takes seconds."
        )
    minutes = plan.estimate.minutes
    said = Text(
        "I expect about {time}, counted from your yes. {because}",
        time=wording.duration(minutes.value),
        because=minutes.because,
    )
    order = bench.order(state)
    return said if order is None else [said, Text("At most: {at_most}", at_most=order.at_most)]


def risk(state: Conversation, bench: Workbench, intent: Intent) -> Text | list[Text]:
    """Say what can go wrong, and what is done about it."""
    parts = [
        Text(
            "The model can forget general abilities while it learns; I measure that and keep the checkpoint that lost least for what it gained. It can "
            "turn out no better; then I say so and you use the untouched one, which is never changed. Your files are only read."
        )
    ]
    order = bench.order(state)
    if order is not None:
        parts.append(
            Text("Cannot be undone: {cannot_be_undone}", cannot_be_undone=order.cannot_be_undone)
        )
    plan = bench.plan(state)
    known = [one.text for one in plan.warnings if one.code != "overruled"] if plan else []
    known = [one for one in known if plan and str(one) not in str(plan.decision.because)]
    if known:
        parts.append(Text("Please know:\n{lines}", lines=wording.bullets(known)))
    return parts


def what_next(state: Conversation, bench: Workbench, intent: Intent) -> Text | list[Text]:
    """Say the next step."""
    if state.get("order"):
        return Text(
            "Next is your word: yes starts what the order says, and anything else does not."
        )
    run = acts.active(state)
    if run is not None:
        return [
            acts.standing_in_words(bench.engine.standing(run["id"])),
            Text("When it has ended, I tell you what was gained and lost."),
        ]
    report = outcome.last_report(state, bench)
    if report is not None and report.next:
        return [Text("What I would do next: {step}", step=one.text) for one in report.next[:1]]
    if not state.get("profile"):
        return (
            interview.data_question(state)
            if "goal" in state["brief"]
            else interview.goal_question(state)
        )
    plan = bench.plan(state)
    onward = Text(
        "Tell me what is different from what I assumed, or hand over more data, and I plan again."
    )
    return [whatif.advice(plan), onward] if plan is not None else onward


def privacy(state: Conversation, bench: Workbench, intent: Intent) -> Text:
    """Say where the data are."""
    if bench.brain.outside is not None:
        return _with_a_model_elsewhere(state, bench.brain.outside)
    return Text(
        "Your files stay on this machine: they are read here, copied only into the run's folder, and sent nowhere. I use no outside service. "
        "Only a model that is not here yet would be fetched from the Hub, and that I ask first."
    )


def _with_a_model_elsewhere(state: Conversation, name: str) -> Text:
    if state["brief"].get("privacy", {}).get("value") == "local":
        return Text(
            "Your files stay on this machine: they are read here, copied only into the run's folder, and sent nowhere. What you write to me goes to {name}, which helps me "
            "to understand; nothing out of your files does, because you said that they must stay. For nothing at all to leave, start me with --brain rules.", name=name
        )  # fmt: skip
    return Text(
        "Your files stay on this machine, and training is done where you agree to it. What you write to me, names of columns, and rows that a question of yours needs go to {name}, "
        "which helps me to understand and answer. Say that your data must stay here and no row is sent; for nothing at all to leave, start me with --brain rules.", name=name
    )  # fmt: skip


def judged(state: Conversation, bench: Workbench) -> list[Text]:
    """Say how it is found out whether it got better."""
    parts = [
        Text(
            "Both models answer the same examples, which neither has seen, before and after. I compare them pair by pair and say how large the gain is at least and at most; "
            "where that could be chance, I say so."
        )
    ]
    if state["brief"].get("task", {}).get("value") in OPEN_TASKS:
        parts.append(
            Text(
                "Where it is a matter of taste, no number is enough: read the pairs side by side without knowing which is which, and count which you prefer (a blind vote). "
                "Until then I call the result open."
            )
        )
    return parts


def how(state: Conversation, bench: Workbench, intent: Intent) -> Text | list[Text]:
    """Explain the method; a wish for more or less depth changes how everything is told from now on."""
    words = state["heard"]["text"].lower()
    if any(word in words for word in JUDGING_WORDS):
        return judged(state, bench)
    plan = bench.plan(state)
    if USING.search(words):
        return using(state, bench)
    if any(word in words for word in ENGINEER):
        state["depth"] = "engineer"
        if plan is not None and plan.stages:
            return [Text("From now on with all the numbers."), proposal.every_number(plan)]
        return Text("From now on I give you all the numbers and the rules they come from.")
    if any(word in words for word in BEGINNER):
        state["depth"] = "plain"
        return [Text("In plain words:"), *([proposal.summary(plan)] if plan else [method()])]
    if (
        plan is not None
        and plan.stages
        and any(
            word in words
            for word in ("python", "script", "code", "command", "脚本", "代码", "命令")
        )
    ):
        return proposal.script(request_of(state, bench), plan)
    report = outcome.last_report(state, bench)
    if report is not None and report.difference is not None:
        return join(
            [
                part
                for part in (
                    outcome.gain(report),
                    Text(
                        "Both models answered the same examples, and the interval comes from those pairs."
                    ),
                )
                if part
            ]
        )
    return method()


def using(state: Conversation, bench: Workbench) -> Text:
    """Say how to use what came of it."""
    run = acts.finished(state, bench)
    if run is None:
        return Text("There is no tuned model yet. When there is one, you can try it here, take it away as files, or let it answer other programs.")  # fmt: skip
    return Text(
        'Three ways. Here: say try "your text", and both models answer. As files for other programs, such as Ollama: say export. '
        "As a service on this machine: run the command tunesmith serve {run} in a terminal.",
        run=run,
    )  # fmt: skip


def method() -> Text:
    """Say how it works."""
    return Text(
        "I read your examples and keep some aside. I measure what the untouched model and simple ones can do on those. Then I decide whether training is "
        "worth it, show you the plan with its price, and wait for your yes. After the training I measure again on the same examples, also what was "
        "forgotten, and tell you whether to use the result. You can take the model away as files and run it where you like."
    )
