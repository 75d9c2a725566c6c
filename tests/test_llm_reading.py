"""What a model reads into a message is taken only as far as the message bears it out."""

from __future__ import annotations

from typing import Any

import pytest

from agent.brain.llm.checking import Message, borne_out, numbers_in
from agent.brain.llm.reading import Heard
from agent.brain.protocol import Context, Intent
from agent.brain.rules import RulesBrain

RULES = RulesBrain()
SPARK = Context()


def read_as(
    message: str, *intents: dict[str, Any], context: Context = SPARK
) -> list[Intent] | None:
    """What is taken of a model's reading."""
    told = Message(message, context, RULES.read(message, context))
    return borne_out([Intent.model_validate(intent) for intent in intents], told)


WAITS = Context(waiting_for="approval", has_plan=True, has_goal=True)
OFFERED = Context(waiting_for="answer", question="task", num_choices=2, labels=("one", "two"))


@pytest.mark.parametrize(
    ("message", "intent", "context"),
    [
        ("ja, das passt schon", {"kind": "approve"}, WAITS),
        ("yes but first tell me a joke", {"kind": "approve", "conditions": {"budget_usd": 5}}, WAITS),
        ("mach drei Durchgänge", {"kind": "revise", "what": "epochs", "value": 7}, WAITS),
        ("höchstens 20 Euro", {"kind": "inform", "fields": {"budget": {"eur": 200}}}, SPARK),
        ("höchstens 20 Euro", {"kind": "inform", "fields": {"budget": {"usd": 22}}}, SPARK),
        ("90 Prozent", {"kind": "revise", "what": "success", "value": 0.95}, WAITS),
        ("nimm Qwen", {"kind": "revise", "what": "model", "value": "Llama 3.1 8B"}, WAITS),
        ("nimm DPO", {"kind": "revise", "what": "technique", "value": "evolution"}, WAITS),
        ("das dritte", {"kind": "choose", "choice": 3}, OFFERED),
        ("das dritte", {"kind": "choose", "choice": 1}, SPARK),
        ("hier: daten.csv", {"kind": "provide_data", "files": ["/etc/passwd"]}, SPARK),
        ("egal", {"kind": "inform", "fields": {"budget": None}}, OFFERED),
        ("x", {"kind": "inform", "fields": {"task": "telepathy"}}, SPARK),
        ("x", {"kind": "inform", "fields": {"shoe_size": 43}}, SPARK),
        ("x", {"kind": "unclear", "readings": [{"kind": "approve"}, {"kind": "stop"}]}, WAITS),
    ],
)  # fmt: skip
def test_a_reading_that_says_more_than_the_message_is_dropped(
    message: str, intent: dict[str, Any], context: Context
) -> None:
    assert read_as(message, intent, context=context) is None


@pytest.mark.parametrize(
    ("message", "intent", "wanted", "context"),
    [
        ("Ordne unsere Tickets", {"kind": "inform", "fields": {"goal": "tickets", "task": "classification"}}, {"goal": True, "task": "classification"}, SPARK),
        ("höchstens 1.500 Euro", {"kind": "inform", "fields": {"budget": {"eur": 1500}}}, {"budget": {"eur": 1500}}, SPARK),
        ("in 2 Stunden fertig", {"kind": "inform", "fields": {"budget": {"minutes": 120}}}, {"budget": {"minutes": 120}}, SPARK),
        ("90 Prozent richtig", {"kind": "inform", "fields": {"success": 0.9}}, {"success": 0.9}, SPARK),
        ("ein Laptop", {"kind": "inform", "fields": {"hardware": {"gpu": "A100"}}}, {"hardware": True}, SPARK),
        ("weiß nicht", {"kind": "inform", "fields": {"task": None}}, {"task": None}, OFFERED),
    ],
)  # fmt: skip
def test_what_the_message_says_is_taken(
    message: str, intent: dict[str, Any], wanted: dict[str, Any], context: Context
) -> None:
    taken = read_as(message, intent, context=context)
    assert taken is not None
    assert taken[0].fields == wanted


@pytest.mark.parametrize(
    ("message", "what", "value", "wanted"),
    [
        ("mach 3 Durchgänge", "epochs", "3", 3),
        ("Lernrate 1e-4 bitte", "learning_rate", "1e-4", 0.0001),
        ("90 % sollen stimmen", "success", "90%", 0.9),
        ("90 Prozent sollen stimmen", "success", 90, 0.9),
        ("höchstens 20 Euro", "budget", "20 euros", {"eur": 20.0}),
        ("höchstens 20 Euro", "budget", {"eur": 20}, {"eur": 20}),
        ("in 2 Stunden", "budget", "2 hours", {"minutes": 120.0}),
        ("nimm lieber DPO", "technique", "dpo", "dpo"),
        ("nimm Qwen/Qwen3-1.7B", "model", "Qwen/Qwen3-1.7B", "Qwen/Qwen3-1.7B"),
        ("das Label steht in queue", "column", "queue", "queue"),
        ("mach viele Durchgänge", "epochs", "many", None),
        ("90 % sollen stimmen", "success", "95%", None),
        ("höchstens 20 Euro", "budget", "plenty", None),
        ("mach es anders", "schedule", "cosine", None),
    ],
)
def test_a_new_value_is_taken_in_the_form_that_it_is_used_in(
    message: str, what: str, value: Any, wanted: Any
) -> None:
    taken = read_as(message, {"kind": "revise", "what": what, "value": value}, context=WAITS)
    assert (taken[0].value if taken else None) == wanted


def test_a_teacher_can_be_wished_for_in_any_language_and_who_it_is_stands_in_the_message() -> None:
    said = "que gpt-5 escriba las respuestas que faltan"
    taken = read_as(said, {"kind": "teach", "fields": {"take": "/etc/passwd"}}, context=WAITS)
    assert taken == [Intent(kind="teach", words=said)]


def test_objects_in_strings_are_taken_too() -> None:
    said = {"intents": [{"kind": "inform", "fields": '{"budget": {"eur": 20}}', "about": "", "files": []}, {"kind": "choose", "choice": "2"}], "language": ""}  # fmt: skip
    heard = Heard.model_validate(said)
    assert heard.intents[0].fields == {"budget": {"eur": 20}}
    assert heard.intents[1].choice == 2


def test_a_number_is_found_however_a_country_writes_it() -> None:
    assert {1500.0, 0.5, 10.0} <= numbers_in("1.500 Zeilen, 0,5, ten")
    assert {2000.0, 150.0, 1234567.5} <= numbers_in("2k, 一百五, 1'234'567.5")


def test_ending_a_run_on_a_models_word_alone_is_offered_and_not_done() -> None:
    taken = read_as("para ya, por favor", {"kind": "stop"})
    assert taken is not None
    assert taken[0].kind == "unclear"
    assert [one.kind for one in taken[0].readings] == ["stop", "status"]
    assert read_as(
        "stop the run", {"kind": "stop"}, context=Context(waiting_for="run")
    ) == RULES.read("stop the run", Context(waiting_for="run"))
