"""Columns get their roles by names and contents; the person's word wins; what is unclear is said."""

import random
from typing import Any

import pytest

from tests.data_files import WORDS
from tools.data.column_names import fitness, plain
from tools.data.columns import assign
from tools.errors import DataError

SEED = random.Random(0)


def words(count: int = 8) -> str:
    return " ".join(SEED.choice(WORDS[:13]) for _ in range(count)) + f" {SEED.randrange(10_000)}"


MAKE: dict[str, Any] = {
    "text": words,
    "long": lambda: words(80),
    "reply": lambda: words(20),
    "label": lambda: SEED.choice(["billing", "delivery", "login"]),
    "number": lambda: SEED.randrange(1, 6),
    "id": lambda: SEED.randrange(10**8),
    "date": lambda: f"2024-{SEED.randrange(1, 13):02}-{SEED.randrange(1, 28):02}",
    "customer": lambda: f"C{SEED.randrange(1, 120):04}",
    "bool": lambda: SEED.random() > 0.5,
    "hanzi": lambda: f"请问我的{SEED.choice(['卡', '订单'])}什么时候能到{SEED.randrange(10_000)}",
    "turns": lambda: [
        {"role": "user", "content": words()},
        {"role": "assistant", "content": words()},
    ],
    "from": lambda: [{"from": "human", "value": words()}, {"from": "gpt", "value": words()}],
    "empty": lambda: "",
}


def table(**columns: str) -> tuple[tuple[str, ...], list[dict[str, Any]]]:
    rows = [{name: MAKE[kind]() for name, kind in columns.items()} for _ in range(200)]
    return tuple(columns), rows


CASES = [
    (
        {"prompt": "text", "good": "reply", "bad": "reply"},
        {"prompt": "prompt", "chosen": "good", "rejected": "bad"},
    ),
    (
        {"question": "text", "worst_reply": "reply", "best_reply": "reply"},
        {"prompt": "question", "chosen": "best_reply", "rejected": "worst_reply"},
    ),
    (
        {"问题": "hanzi", "好回答": "hanzi", "坏回答": "hanzi"},
        {"prompt": "问题", "chosen": "好回答", "rejected": "坏回答"},
    ),
    (
        {"text": "text", "positive": "number", "negative": "number", "label": "label"},
        {"prompt": "text", "label": "label", "ignore": ["positive", "negative"]},
    ),
    ({"passage": "long", "q": "text", "a": "reply"}, {"context": ["passage"], "prompt": "q", "answer": "a"}),
    (
        {"question": "text", "a": "reply", "b": "reply", "answer": "label"},
        {"prompt": "question", "label": "answer"},
    ),
    ({"text": "text", "category": "label"}, {"prompt": "text", "label": "category"}),
    ({"utterance": "text", "intent": "label", "category": "label", "tags": "label"}, {"prompt": "utterance", "label": "intent"}),
    ({"Ticket text": "text", "Team": "label"}, {"prompt": "Ticket text", "label": "Team"}),
    ({"review": "text", "stars": "number"}, {"prompt": "review", "label": "stars"}),
    ({"a": "text", "b": "label"}, {"prompt": "a", "label": "b"}),
    ({"first": "text", "second": "reply"}, {"prompt": "first", "answer": "second"}),
    ({"question": "text", "answer": "reply", "category": "label"}, {"prompt": "question", "answer": "answer"}),
    ({"userMessage": "text", "agentReply": "reply"}, {"prompt": "userMessage", "answer": "agentReply"}),
    ({"问题": "hanzi", "答案": "hanzi", "类别": "label"}, {"prompt": "问题", "answer": "答案"}),
    ({"文本": "hanzi", "标签": "label"}, {"prompt": "文本", "label": "标签"}),
    ({"Frage": "text", "Antwort": "reply"}, {"prompt": "Frage", "answer": "Antwort"}),
    ({"instruction": "text", "input": "text", "output": "reply"}, {"prompt": "instruction", "context": ["input"], "answer": "output"}),
    ({"context": "long", "question": "text", "answer": "reply"}, {"prompt": "question", "context": ["context"], "answer": "answer"}),
    ({"article": "long", "summary": "reply"}, {"prompt": "article", "answer": "summary"}),
    ({"prompt": "text", "chosen": "reply", "rejected": "reply"}, {"prompt": "prompt", "chosen": "chosen", "rejected": "rejected"}),
    ({"prompt": "text", "completion": "reply", "label": "bool"}, {"prompt": "prompt", "answer": "completion", "rating": "label"}),
    ({"system": "text", "prompt": "text", "response": "reply"}, {"system": "system", "prompt": "prompt", "answer": "response"}),
    ({"messages": "turns", "source": "label"}, {"messages": "messages"}),
    ({"id": "id", "conversations": "from"}, {"messages": "conversations"}),
    ({"Subject": "text", "Body": "long", "Priority": "label"}, {"prompt": "Body", "context": ["Subject"], "label": "Priority"}),
    ({"id": "id", "created_at": "date", "customer_id": "customer", "text": "text", "label": "label"},
     {"id": "id", "date": "created_at", "group": "customer_id", "prompt": "text", "label": "label"}),
    ({"text": "text", "label": "number", "label_text": "label"}, {"prompt": "text", "label": "label_text"}),
    ({"text": "long"}, {"text": "text"}),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "expected"), CASES)
def test_names_and_contents_give_the_roles(
    columns: dict[str, str], expected: dict[str, Any]
) -> None:
    names, rows = table(**columns)
    found = assign(names, rows, where="t.csv")
    assert {role: found.roles.get(role) for role in expected} == expected
    assert found.choice.because


def test_columns_that_could_also_be_the_answer_are_kept_for_a_question() -> None:
    names, rows = table(utterance="text", intent="label", category="label", tags="label")
    found = assign(names, rows, where="t.csv")
    assert found.candidates["label"] == ("intent", "category", "tags")
    assert (
        "'category'" in found.choice.because and "could also be the answer" in found.choice.because
    )


def test_the_same_few_questions_asked_of_many_texts_are_what_is_asked() -> None:
    asked = ("What is the total amount?", "Who sent it?", "When is it due?")
    rows = [
        {"context": f"Invoice {n} of Firm {n} Ltd over {n * 13} euros, due on {n % 28 + 1} May.", "question": asked[n % 3],
         "answer": (f"{n * 13} euros", f"Firm {n} Ltd", f"{n % 28 + 1} May")[n % 3]}
        for n in range(90)
    ]  # fmt: skip
    found = assign(list(rows[0]), rows, where="t.jsonl")
    assert (found.one("prompt"), found.many("context"), found.one("answer")) == (
        "question", ["context"], "answer",
    )  # fmt: skip
    yes_no = [row | {"answer": ("yes", "no")[n % 2]} for n, row in enumerate(rows)]
    assert assign(list(rows[0]), yes_no, where="t.jsonl").one("prompt") == "question"


def test_a_goal_of_sorting_prefers_the_label_to_the_reply() -> None:
    names, rows = table(instruction="text", intent="label", response="reply")
    assert assign(names, rows, where="t.csv").one("answer") == "response"
    sorting = assign(names, rows, where="t.csv", goal="classify the messages by intent")
    assert sorting.one("label") == "intent"


@pytest.mark.parametrize(
    "said",
    [{"prompt": "b", "label": "c"}, {"b": "prompt", "c": "label"}, {"prompt": "b", "answer": "c"}],
)
def test_the_persons_word_wins(said: dict[str, str]) -> None:
    names, rows = table(text="text", b="reply", c="label")
    found = assign(names, rows, where="t.csv", override=said)
    assert found.one("prompt") == "b"
    assert "c" in (found.one("label"), found.one("answer"))
    assert found.choice.origin == "user"


def test_a_wrong_name_is_answered_with_the_right_ones() -> None:
    names, rows = table(text="text", label="label")
    with pytest.raises(DataError, match="'txt'") as caught:
        assign(names, rows, where="t.csv", override={"prompt": "txt"})
    assert "text, label" in caught.value.what_to_do
    with pytest.raises(DataError, match="no column role"):
        assign(names, rows, where="t.csv", override={"prmpt": "txt"})


@pytest.mark.parametrize(
    ("columns", "what"),
    [
        ({"id": "id", "message": "text"}, "no column holds answers"),
        ({"x": "number", "y": "id"}, "No column holds text"),
        ({"message": "text", "answer": "empty"}, "no column holds answers"),
    ],
)
def test_no_possible_answer_is_an_error_that_names_the_columns(
    columns: dict[str, str], what: str
) -> None:
    names, rows = table(**columns)
    with pytest.raises(DataError, match=what) as caught:
        assign(names, rows, where="t.csv")
    assert names[0] in caught.value.what
    assert caught.value.exit_code == 3


def test_names_are_compared_without_case_accents_and_signs() -> None:
    assert plain("User-Message") == plain("userMessage") == "user_message"
    assert plain("Catégorie") == "categorie"
    assert (
        fitness("label", "label")
        > fitness("first_label", "label")
        > fitness("colour", "label")
        == 0
    )
