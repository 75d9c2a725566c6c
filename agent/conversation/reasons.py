"""Why: the reason of one value, of a remark on the data, or of the whole advice."""

from __future__ import annotations

import re
from typing import Any

from agent.brain.protocol import Intent
from agent.brain.rules import trials
from agent.conversation import outcome, revisions, whatif
from agent.conversation.state import Conversation
from agent.conversation.workbench import Workbench
from agent.words import brief_words, wording
from tools.choice import Choice
from tools.judging import probed
from tools.plan import Plan
from tools.profile import Profile
from training.text import Text

DATA_WORDS = (
    ("exact_duplicates", ("twice", "duplicate", "double", "重复")),
    ("label_conflicts", ("contradict", "conflict", "矛盾", "冲突")),
    ("leakage", ("leak", "泄漏", "泄露")),
    ("class_imbalance", ("imbalance", "unbalanced", "不平衡", "不均衡")),
    ("missing_answers", ("missing", "without an answer", "缺失", "没有答案")),
)
WHY_DATA_MATTERS = {
    "exact_duplicates": Text(
        "A row that is there twice counts twice in training, and a copy of a test row in the training rows makes the test too easy: the model would only repeat what it saw. So copies are kept on one side."
    ),
    "label_conflicts": Text(
        "Where the same text has two different answers, the model cannot be right both times: it learns to waver, and the score has a ceiling."
    ),
    "leakage": Text(
        "Where a test row also stands in the training rows, the test asks what was learnt by heart, and the score looks better than it is."
    ),
    "class_imbalance": Text(
        "Where one answer is far commoner than the others, always giving that one already scores well, and the rare ones are hardly learnt."
    ),
    "missing_answers": Text("A row without an answer shows nothing to learn, so it is left out."),
}


def why(state: Conversation, bench: Workbench, intent: Intent) -> Text | list[Text]:
    """Give the reason of one value, of a remark on the data, or of the whole advice."""
    words = state["heard"]["text"].lower()
    code = next((code for code, names in DATA_WORDS if any(name in words for name in names)), None)
    if code is not None and state.get("profile"):
        return [
            WHY_DATA_MATTERS[code],
            *_texts(data_issue(state, bench, intent.model_copy(update={"topic": code}))),
        ]
    if intent.topic == trials.TOPIC and (told := of_trials(state, bench)) is not None:
        return told
    plan = bench.plan(state)
    report = outcome.last_report(state, bench)
    if report is not None and not state.get("order"):
        return [
            outcome.verdict(report),
            *(
                [
                    Text("{text} {evidence}", text=one.text, evidence=one.evidence)
                    for one in report.diagnosis[:2]
                ]
            ),
        ]
    if plan is None:
        return Text(
            "I have not advised anything yet. Tell me what you want and show me examples, and every number will come with its reason."
        )
    choices = [(name, choice) for name, choice in values(plan, intent.topic or "")]
    if choices:
        return [reason(name, choice) for name, choice in choices]
    parts = [whatif.advice(plan)]
    if plan.decision.rules and state.get("depth") == "engineer":
        parts.append(
            Text("It follows from the rules {rules}.", rules=", ".join(plan.decision.rules))
        )
    parts += [
        Text(
            "I also looked at {pipeline}: {because}",
            pipeline=wording.pipeline(one.pipeline),
            because=one.because,
        )
        for one in plan.decision.runners_up[:2]
    ]
    return parts


def of_trials(state: Conversation, bench: Workbench) -> Text | None:
    """Say what short trainings showed, or why some or none are planned; None before there is a plan."""
    report, plan = outcome.last_report(state, bench), bench.plan(state)
    if report is not None and report.probe is not None and not state.get("order"):
        return probed.probe_words(report.probe)
    if plan is None or plan.probe is None:
        return None
    return reason("probe", plan.probe.run)


def reason(name: str, choice: Choice[Any]) -> Text:
    """Give one value with its reason and where it comes from."""
    value = choice.value
    if isinstance(value, bool):
        value = Text("yes") if value else Text("no")
    said = Text(
        "{name} is {value}: {because}",
        name=revisions.NAMES.get(name, Text.plain(name)),
        value=value,
        because=choice.because,
    )
    if choice.source:
        return Text("{said} Source: {source}.", said=said, source=choice.source)
    if choice.origin == "default":
        return Text("{said} It is our own default, not yet proven.", said=said)
    return said


def _texts(said: Text | list[Text]) -> list[Text]:
    return [said] if isinstance(said, Text) else said


def values(plan: Plan, topic: str) -> list[tuple[str, Choice[Any]]]:
    """Find the values that a question is about."""
    if topic == "model":
        return [("model", plan.model)]
    if topic == "replay_share":
        return [
            ("replay_share", source.share)
            for source in plan.mixture.sources
            if source.name != "yours"
        ]
    if topic == "technique":
        return [("technique", stage.technique) for stage in plan.stages]
    if topic == "metric":
        return [("metric", plan.evaluation.metric)]
    if topic in revisions.NAMES:
        return [
            (topic, getattr(stage, topic))
            for stage in plan.stages
            if getattr(stage, topic, None) is not None
        ]
    return []


LANGUAGE_WORDS = re.compile(
    r"\b(?:english|chinese|german|french|spanish|language)\b|英[文语]|中文|汉语|语言", re.IGNORECASE
)


def of_language(state: Conversation, profile: Profile) -> Text:
    """Say what it means that the examples are in one language and the answers wanted in another."""
    said = state["brief"].get("language")
    seen = brief_words.value_in_words("language", profile.language) or Text.plain(profile.language)
    if said is None or said["value"] in {profile.language, None}:
        return Text("Your examples are in this language: {seen}. The model learns to answer as they do.", seen=seen)  # fmt: skip
    wanted = brief_words.value_in_words("language", said["value"]) or Text.plain(str(said["value"]))
    return Text(
        "Your examples are in {seen}, and you want answers in {wanted}. A model answers in the language of its examples, so it would learn the wrong one: "
        "have the answers of the examples translated first, or tell the untouched model in its instruction which language to use.",
        seen=seen, wanted=wanted,
    )  # fmt: skip


def data_issue(state: Conversation, bench: Workbench, intent: Intent) -> Text | list[Text]:
    """Show the remarks on the data, with rows to look at."""
    profile = bench.profile(state)
    if profile is None:
        return Text("I have no data yet. Hand over a file, and I tell you what is wrong with it.")
    if LANGUAGE_WORDS.search(state["heard"]["text"]):
        return of_language(state, profile)
    found = [issue for issue in profile.issues if intent.topic in {None, issue.code}]
    if not found and intent.topic:
        return Text(
            "I found nothing of that kind in your data: {rows:,} rows, {usable:,} of them usable.",
            rows=profile.rows,
            usable=profile.usable,
        )
    if not found:
        return Text(
            "I found nothing wrong in your data: {rows:,} rows, {usable:,} of them usable.",
            rows=profile.rows,
            usable=profile.usable,
        )
    lines = [Text("{text} {fix}", text=issue.text, fix=issue.fix) for issue in found]
    parts = [Text("What I noticed:\n{lines}", lines=wording.bullets(lines))]
    rows = [
        _example(one) for issue in found[:3] for one in issue.examples[:3] if isinstance(one, dict)
    ]
    if rows:
        parts.append(Text("For example:\n{lines}", lines=wording.bullets(rows)))
    return parts


def _example(one: dict[str, Any]) -> Text:
    text = " ".join(str(one.get("text", "")).split())[:120]
    return Text("row {row}: {text}", row=one.get("row", "?"), text=text)
