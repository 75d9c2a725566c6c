"""A person without data asks for ours in words, in the terminal as on the page."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.brain.protocol import Context
from agent.brain.rules.brain import RulesBrain
from tests.talking import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, simple=0.3)
    yield made
    made.close()


def wished(message: str) -> str | bool | None:
    """The sample that the message wishes for; True: any; None: none."""
    found = [one for one in RulesBrain().read(message, Context()) if one.kind == "provide_data"]
    sample: str | bool | None = found[0].fields.get("sample") if found else None
    return sample


@pytest.mark.parametrize(
    ("message", "sample"),
    [
        ("hi, can I use your sample data? I just want to see how this works", True),
        ("I don't have any data, can I try with yours?", True),
        ("is there any test data I can play with", True),
        ("give me a sample file about booking requests", "forms"),
        ("我没有数据，有示例数据吗？", True),
        ("用自带的中文样例", "chinese"),
    ],
)
def test_our_data_are_wished_for(message: str, sample: str | bool) -> None:
    assert wished(message) == sample


@pytest.mark.parametrize(
    "message",
    [
        "use my sample data",
        "I want to train on example data from our shop",
        "I have a sample file support.csv",
        "use the test set from my company",
        "I want a model that writes demo data",
        "what happens with your data about me?",
        "我们有示例数据，放在 data.csv 里",
    ],
)
def test_data_of_their_own_are_no_wish_for_ours(message: str) -> None:
    assert wished(message) is None


@pytest.mark.parametrize("pick", ["the second one", "2", "the booking one, please"])
def test_a_sample_is_offered_taken_and_planned_with(desk: Desk, pick: str) -> None:
    session = desk.session()
    offered = session.say("can I use your sample data?")
    assert [choice.label for choice in offered.choices][:2] == ["Support messages", "Booking requests"]  # fmt: skip
    taken = session.say(pick)
    assert "booking requests" in taken.text and "JSON" in taken.text
    assert "Turn booking requests into JSON" in taken.text


def test_a_sample_that_is_named_is_taken_at_once_with_its_test_file(desk: Desk) -> None:
    session = desk.session()
    taken = session.say("use your sample data of support tickets")
    assert "I read support_600.csv" in taken.text
    assert "of the evaluation file" in taken.text


def test_the_offer_is_made_in_chinese_too(desk: Desk) -> None:
    reply = desk.session().say("我没有数据，有示例数据吗？")
    assert "自带" in reply.text
    assert reply.choices[0].label == "客服消息"
