"""Light disturbances: what may change, and what never does."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

import pytest

from training.disturb import disturb, disturb_rows
from training.rows import Message, Row

TEXT = "I ordered a new card last week but it has not arrived yet, could you please look into it?"
PROTECTED = [
    "12345", "$1,234.50", "#A-17", "{{name}}", "{order_id}", "[CUSTOMER]", "<b>", "</em>", "https://a.example/Path",
    "Ann@Example.com", "`Code Here`", "3/4", "２０２６年", "C:\\Temp\\Files",
]  # fmt: skip


def test_the_same_seed_disturbs_alike_and_another_differs() -> None:
    results = {disturb(TEXT, seed=seed) for seed in range(12)}
    assert disturb(TEXT, seed=3) == disturb(TEXT, seed=3)
    assert len(results) > 6


@pytest.mark.parametrize("seed", range(20))
def test_a_disturbance_is_light(seed: int) -> None:
    changed = disturb(TEXT, seed=seed)
    assert changed != TEXT
    assert SequenceMatcher(None, TEXT.lower(), changed.lower()).ratio() > 0.9


@pytest.mark.parametrize("token", PROTECTED)
def test_what_carries_meaning_by_its_form_stays(token: str) -> None:
    for seed in range(25):
        assert token in disturb(
            f"Please have a look at {token} when there is time, thanks.", seed=seed
        )


def test_json_stays_json() -> None:
    whole = '{"Name": "Please Look", "list": [1, 2]}'
    assert all(disturb(whole, seed=seed) == whole for seed in range(10))
    for seed in range(25):
        assert '"Name": "Some Person"' in disturb(
            'Summarise this: {"Name": "Some Person"} quickly', seed=seed
        )


def test_chinese_changes_in_punctuation_and_spaces_only() -> None:
    text = "我的卡还没到，怎么办？请帮我查一下 iPhone 的订单。"
    seen = set()
    for seed in range(20):
        changed = disturb(text, seed=seed)
        seen.add(changed)
        assert re.findall(r"[\w]", changed) == re.findall(r"[\w]", text)
    assert len(seen) > 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n",
        "ok",
        "12345",
        "!!!",
        "😀",
        "a" * 100_000,
        "{{" * 50_000,
        "` " * 50_000,
        "<" * 50_000,
    ],
)
def test_odd_texts_survive(text: str) -> None:
    for seed in range(3):
        assert abs(len(disturb(text, seed=seed)) - len(text)) <= max(2, len(text) // 50)


def test_only_the_last_turn_of_the_person_changes_and_answers_never() -> None:
    turns = (
        Message(role="system", content="Be very helpful indeed."),
        Message(role="user", content=TEXT),
        Message(role="assistant", content="Which card exactly?"),
        Message(role="user", content=TEXT),
        Message(role="assistant", content="Sent again."),
    )
    (row,) = disturb_rows([Row(id="r", messages=turns)], seed=1)
    assert [a == b for a, b in zip(row.messages, turns, strict=True)] == [
        True,
        True,
        True,
        False,
        True,
    ]
    assert disturb_rows([Row(id="t", text="plain text")], seed=1)[0].text == "plain text"


def test_words_that_the_answer_repeats_are_not_mistyped() -> None:
    row = Row(
        id="r",
        messages=(
            Message(role="user", content="Annabel Winterbottom lives nearby"),
            Message(role="assistant", content='{"name": "Annabel Winterbottom"}'),
        ),
    )
    for seed in range(25):
        (changed,) = disturb_rows([row], seed=seed)
        assert "annabel" in changed.messages[0].content.lower()
        assert "winterbottom" in changed.messages[0].content.lower()


def test_a_row_is_disturbed_alike_whatever_stands_around_it() -> None:
    many = [Row(id=str(n), messages=(Message(role="user", content=TEXT),)) for n in range(5)]
    assert disturb_rows(many, seed=0)[3] == disturb_rows(many[3:4], seed=0)[0]
