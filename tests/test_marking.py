"""Choosing a grader in the conversation, and the blind vote: what a person says, and what comes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.brain.rules import lexicon, marking
from agent.brain.rules.marking import Marks
from agent.conversation.sessions import Reply, Session
from tests.talking import Desk
from tools.marking.marks import load

FIVE = 5


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.close()


def letters(text: str) -> str:
    """Read marks of five answers: g, b, or - where nothing was said."""
    found = marking.marks(lexicon.fold(text), FIVE)
    if found is None:
        return "none"
    return "".join({True: "g", False: "b", None: "-"}[found.good.get(at)] for at in range(1, 6))


@pytest.mark.parametrize(("said", "wanted"), [
    ("1 3 5 good, the rest bad", "gbgbg"), ("第2和第4个不好", "gbgbg"), ("all good", "ggggg"), ("都不好", "bbbbb"),
    ("none are good", "bbbbb"), ("all fine except 2 and 4", "gbgbg"), ("除了2和4都好", "gbgbg"), ("除了第2个，其他都不行", "bgbbb"),
    ("only 3 is good", "bbgbb"), ("good: 1,3 bad: 2, 4 and 5", "gbgbb"), ("1-3 good, others not good", "gggbb"),
    ("g b g b b", "gbgbb"), ("好 坏 好 好 坏", "gbggb"), ("1 good 2 bad 3 good", "gbg--"), ("1、3不错，其余的都不行", "gbgbb"),
    ("the first is ok, the second is terrible, third fine", "gbg--"), ("everything is fine except the last", "ggggb"),
    ("1✓ 2✗ 3✓ 4✗ 5✗", "gbgbb"), ("bad are 2 and 4", "gbgbg"), ("只有第三个可以", "bbgbb"), ("1 yes 2 no", "gb---"),
    ("what do you mean?", "none"), ("1 3 5", "none"), ("thanks", "none"),
])  # fmt: skip
def test_marks_are_read_as_people_write_them(said: str, wanted: str) -> None:
    assert letters(said) == wanted


def test_what_was_not_named_is_told_and_numbers_that_no_answer_has() -> None:
    found = marking.marks("1, 2 and 9 are good", FIVE)
    assert found == Marks({1: True, 2: True, 3: False, 4: False, 5: False}, [3, 4, 5], [9])


@pytest.mark.parametrize(("said", "wanted"), [
    ("left", "left"), ("the right one", "right"), ("B", "right"), ("2", "right"), ("左边的好", "left"), ("第二个", "right"),
    ("both are the same", "same"), ("都差不多", "same"), ("stop", "stop"), ("够了，不投了", "stop"), ("why do you ask?", None),
    ("right is better than left", None), ("the first one sounds more natural", "left"),
])  # fmt: skip
def test_votes_are_read_as_people_write_them(said: str, wanted: str | None) -> None:
    found = marking.read(lexicon.fold(said), "vote", 0)
    assert (found.fields["choice"] if found else None) == wanted


def settle(desk: Desk, session: Session, reply: Reply) -> Reply:
    """Answer the interview's questions until answers are shown, an order waits, or nothing is asked."""
    for _ in range(8):
        state = desk.worker.turns.state(session.id)
        asked = (state.get("question") or {}).get("id")
        if asked in {"marks", "vote"} or reply.order is not None:
            return reply
        if reply.waiting_for == "answer":
            reply = session.say("I don't know, you decide")
        elif reply.waiting_for == "run":
            desk.engine.finish_measurements()
            session.look()
            reply = session.last_reply() or reply
        else:
            return reply
    return reply


def to_marks(desk: Desk) -> tuple[Session, Reply]:
    session = desk.session()
    data = desk.data("style_400")
    reply = session.say("Write slogans in our house style. Use RFT.", [data])
    return session, settle(desk, session, reply)


def shown(desk: Desk, session: Session) -> list[dict[str, object]]:
    """The answers shown, as stored."""
    going = desk.worker.turns.state(session.id)["marking"]
    assert going is not None
    found: list[dict[str, object]] = desk.worker.turns.inbox.document(session.id, going["outputs"])[
        "outputs"
    ]
    return found  # fmt: skip


def right(one: dict[str, object]) -> bool:
    return "no idea" not in str(one["answer"])


def in_words(good: list[bool]) -> str:
    named = " ".join(str(at) for at, one in enumerate(good, 1) if one)
    return f"{named} good, the rest bad"


def test_learning_by_trial_on_open_work_begins_with_marks(desk: Desk) -> None:
    _, reply = to_marks(desk)
    assert "1. " in reply.text
    assert "10. " in reply.text
    assert "Which are good" in reply.text
    assert reply.waiting_for == "answer"
    assert [choice.label for choice in reply.choices][:2] == ["All are good", "All are bad"]
    assert reply.order is None


def test_marks_choose_a_grader_and_travel_into_the_run(desk: Desk) -> None:
    session, _ = to_marks(desk)
    good = [right(one) for one in shown(desk, session)]
    assert 0 < sum(good) < len(good)
    reply = session.say(in_words(good))
    assert f"{sum(good)} good" in reply.text
    assert "bad on purpose" in reply.text
    state = desk.worker.turns.state(session.id)
    assert state["graded"] is not None
    assert state["graded"]["agreed"] == len(good)
    assert state["reward"] == state["graded"]["reward"]
    reply = settle(desk, session, reply)
    assert reply.plan is not None
    assert reply.plan.reward == state["reward"]
    assert reply.order is not None
    session.approve(reply.order)
    run = desk.engine.trained()[0]
    kept = load(desk.engine.runs / run / "rewards")
    assert [mark.good for mark in kept] == good


def test_a_disagreement_is_shown_and_a_changed_mind_ends_it(desk: Desk) -> None:
    session, _ = to_marks(desk)
    good = [right(one) for one in shown(desk, session)]
    odd = good.index(True)
    good[odd] = False
    reply = session.say(in_words(good))
    assert f"Answer {odd + 1}: you said bad, the grader says good" in reply.text
    assert reply.waiting_for == "answer"
    reply = session.say("you're right, my mistake")
    graded = desk.worker.turns.state(session.id)["graded"]
    assert graded is not None
    assert graded["agreed"] == len(good)


def test_a_person_who_stays_with_a_mark_picks_the_grader_all_the_same(desk: Desk) -> None:
    session, _ = to_marks(desk)
    good = [right(one) for one in shown(desk, session)]
    odd = good.index(True)
    good[odd] = False
    session.say(in_words(good))
    reply = session.say("I stay with bad")
    assert "No grader of mine agrees with all" in reply.text
    assert any("It agrees with 9 of 10" in choice.label for choice in reply.choices)
    session.say("1")
    graded = desk.worker.turns.state(session.id)["graded"]
    assert graded is not None
    assert graded["agreed"] == len(good) - 1


def test_a_grader_that_cannot_be_used_is_told_and_others_are_offered(desk: Desk) -> None:
    session, _ = to_marks(desk)
    good = [right(one) for one in shown(desk, session)]
    good[good.index(True)] = False
    session.say(in_words(good))
    session.say("show me other graders")
    reply = session.say("use judge:nowhere.json")
    assert "cannot be used here" in reply.text
    assert reply.waiting_for == "answer"


def test_marks_survive_a_restart_half_way(tmp_path: Path) -> None:
    first = Desk(tmp_path)
    session, _ = to_marks(first)
    good = [right(one) for one in shown(first, session)]
    session.say("1 good, 2 bad")
    first.close()
    second = Desk(tmp_path)
    again = second.session()
    reply = again.say(in_words(good))
    assert "Thank you" in reply.text
    assert second.worker.turns.state(again.id)["graded"] is not None
    second.close()


def test_skipping_the_marks_is_said_and_the_plan_goes_on(desk: Desk) -> None:
    session, _ = to_marks(desk)
    reply = session.say("skip this please")
    assert "no person has checked" in reply.text
    reply = settle(desk, session, reply)
    assert reply.order is not None


def test_another_grader_is_checked_against_the_marks(desk: Desk) -> None:
    session, _ = to_marks(desk)
    reply = session.say(in_words([right(one) for one in shown(desk, session)]))
    settle(desk, session, reply)
    reply = session.say("use the reward match")
    assert "checked against the new grader" in reply.text


def test_a_grader_that_does_not_exist_in_that_form_changes_nothing(desk: Desk) -> None:
    session, _ = to_marks(desk)
    settle(desk, session, session.say(in_words([right(one) for one in shown(desk, session)])))
    before = desk.worker.turns.state(session.id)["reward"]
    assert "cannot be used here" in session.say("use the reward python:nowhere.py").text
    assert desk.worker.turns.state(session.id)["reward"] == before


def test_a_question_while_marks_are_open_keeps_them_open(desk: Desk) -> None:
    session, _ = to_marks(desk)
    reply = session.say("what does grader mean?")
    assert "Which are good" in reply.text
    assert reply.waiting_for == "answer"


def test_bare_numbers_are_asked_about(desk: Desk) -> None:
    session, _ = to_marks(desk)
    reply = session.say("1, 3")
    assert "the good ones, or the bad ones" in reply.text
    reply = session.say("the good ones are 1 and 3, the rest is bad")
    assert "Thank you: 2 good, 8 bad" in reply.text


def after_a_run(desk: Desk) -> Session:
    session = desk.session()
    reply = session.say("Write slogans in our house style", [desk.data("style_400")])
    reply = settle(desk, session, reply)
    assert reply.order is not None, reply.text
    session.approve(reply.order)
    desk.engine.finish(desk.engine.trained()[0])
    session.look()
    return session


def test_a_run_on_open_work_ends_with_an_invitation_to_compare(desk: Desk) -> None:
    session = after_a_run(desk)
    reply = session.last_reply()
    assert reply is not None
    assert "let me compare" in reply.text
    assert "cannot be said yet" in reply.text


def test_a_blind_vote_ends_in_a_verdict(desk: Desk) -> None:
    session = after_a_run(desk)
    reply = session.say("let me compare")
    assert "Pair 1 of 20" in reply.text
    assert [choice.label for choice in reply.choices] == ["The left one", "The right one", "About the same", "Stop here"]  # fmt: skip
    for number in range(2, 22):
        left = reply.text.split("Left: ")[1].split("Right: ")[0]
        reply = session.say("left" if "please:" in left else "The right one")
        assert number > 20 or f"Pair {number} of 20" in reply.text
    assert "You compared 20 pairs: 20 times the tuned model was better" in reply.text
    assert "Use it" in reply.text
    run = desk.engine.runs / desk.engine.trained()[0]
    lines = (run / "votes.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["preferred"] for line in lines} == {"tuned"}


def test_a_vote_can_be_stopped_and_tells_what_there_is(desk: Desk) -> None:
    session = after_a_run(desk)
    session.say("blind vote please")
    session.say("2")
    session.say("about the same")
    reply = session.say("enough")
    assert "You compared 2 pairs" in reply.text
    assert "could still be chance" in reply.text
    assert reply.waiting_for is None


def test_there_is_nothing_to_compare_before_a_run(desk: Desk) -> None:
    assert "no two models to compare yet" in desk.session().say("let me vote").text


def test_answers_can_be_marked_while_an_order_stands_and_a_yes_there_starts_nothing(
    desk: Desk,
) -> None:
    session = desk.session()
    reply = settle(desk, session, session.say("Write slogans in our house style.", [desk.data("style_400")]))  # fmt: skip
    assert reply.order is not None
    reply = session.say("let me mark answers")
    assert "Which are good" in reply.text
    assert reply.waiting_for == "answer"
    session.say("yes")
    assert desk.engine.trained() == []
    good = [right(one) for one in shown(desk, session)]
    reply = session.say(in_words(good))
    assert f"{sum(good)} good" in reply.text
    assert desk.worker.turns.state(session.id)["reward"]
