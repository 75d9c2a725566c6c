"""A judge by rubric grades nothing before it has been checked on a person's own marks."""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import spearmanr

from agent import commands
from agent.api import TuningAgent
from agent.cli import judged
from agent.conversation.sessions import Reply as Said
from agent.conversation.sessions import Session
from tests.llm_server import Reply, Server, serving
from tests.talking import Desk
from tests.test_marking import settle
from tools.errors import DataError, PlanError, RunError
from tools.marking import judges as judging
from tools.marking.agreement import agreement
from tools.marking.mark_files import read_marks
from training.text import Text

Grade = Callable[[str], str]


def polite(answer: str) -> bool:
    return answer.startswith("please")


def graded(answer: str, value: float) -> str:
    return json.dumps({"grade": value})


def good_judge(answer: str) -> str:
    return graded(answer, (7 if polite(answer) else 2) + len(answer) % 3)


def noisy_judge(answer: str) -> str:
    return graded(answer, random.Random(answer).randint(0, 10))


def constant_judge(answer: str) -> str:
    return graded(answer, 8)


def chatty_judge(answer: str) -> str:
    return "I really like this one. It deserves a high mark."


def kind_judge(answer: str) -> str:
    """Sees one bad answer in five."""
    return graded(answer, 0 if "case 4" in answer and not polite(answer) else 10)


def sheet(folder: Path, *, good: int = 25, bad: int = 25) -> Path:
    path = folder / "marks.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("question", "answer", "good"))
        for number in range(good):
            rows.writerow((f"write {number}", f"please take case {number}", "yes"))
        for number in range(bad):
            rows.writerow((f"tell {number}", f"take case {number}", "no"))
    return path


def settings(folder: Path, url: str, **more: Any) -> Path:
    path = folder / "judge.json"
    told = {"url": url, "model": "strict", "rubric": "Is the answer polite to the customer?"}
    path.write_text(json.dumps(told | more))
    return path


@pytest.fixture
def grade_by() -> Iterator[Callable[[Grade], Server]]:
    """Start a chat server that grades the answer it is shown."""
    with serving(lambda body: Reply(_judged_by[0](_answer_in(body)))) as server:
        _judged_by: list[Grade] = [constant_judge]

        def start(grade: Grade) -> Server:
            _judged_by[0] = grade
            return server

        yield start


def _answer_in(body: dict[str, Any]) -> str:
    found = re.search(r"Answer:\n(\w+)\n(.*)\n\1", body["messages"][-1]["content"], re.DOTALL)
    assert found is not None
    return found[2]


def test_a_judge_that_orders_as_the_person_does_is_taken_and_the_figure_is_said(
    tmp_path: Path, grade_by: Callable[[Grade], Server]
) -> None:
    server = grade_by(good_judge)
    found = TuningAgent(home=tmp_path).check_judge(settings(tmp_path, server.url), sheet(tmp_path))
    assert found["fit"] is True
    assert 0.8 < found["spearman"] <= 0.9
    assert found["low"] < found["spearman"] < found["high"] <= 1
    assert f"Spearman {found['spearman']:.2f}" in found["text"]
    assert len(server.requests) == 50
    assert judging.known(tmp_path, f"judge:{tmp_path / 'judge.json'}")[0].spearman == found["spearman"]  # fmt: skip


@pytest.mark.parametrize(
    ("grade", "says"),
    [
        (noisy_judge, "does not see answers as you do"),
        (constant_judge, "the same grade, so it tells good from bad not at all"),
        (kind_judge, "does not see answers as you do"),
    ],
)
def test_a_judge_that_does_not_agree_is_refused_with_the_figure(
    tmp_path: Path, grade_by: Callable[[Grade], Server], grade: Grade, says: str
) -> None:
    written = settings(tmp_path, grade_by(grade).url)
    found = TuningAgent(home=tmp_path).check_judge(written, sheet(tmp_path))
    assert found["fit"] is False
    assert says in found["text"]
    with pytest.raises(PlanError, match="judge strict") as refused:
        judging.known(tmp_path, f"judge:{written}")
    assert "rubric" in refused.value.what_to_do


def test_a_judge_that_answers_in_prose_is_no_judge(
    tmp_path: Path, grade_by: Callable[[Grade], Server]
) -> None:
    server = grade_by(chatty_judge)
    written = settings(tmp_path, server.url)
    with pytest.raises(RunError, match="it gave no grade"):
        TuningAgent(home=tmp_path).check_judge(written, sheet(tmp_path))
    with pytest.raises(PlanError, match="was not checked on your own marks"):
        judging.known(tmp_path, f"judge:{written}")


def test_another_rubric_is_another_judge_and_its_key_file_is_not(
    tmp_path: Path, grade_by: Callable[[Grade], Server]
) -> None:
    server = grade_by(good_judge)
    written = settings(tmp_path, server.url)
    TuningAgent(home=tmp_path).check_judge(written, sheet(tmp_path))
    settings(tmp_path, server.url, key_file=str(tmp_path / "key"))
    assert judging.known(tmp_path, f"judge:{written}")
    settings(tmp_path, server.url, rubric="Is the answer as short as it can be?")
    with pytest.raises(PlanError, match="was not checked"):
        judging.known(tmp_path, f"judge:{written}")


def test_a_judge_inside_a_sum_is_held_to_the_same(tmp_path: Path) -> None:
    told = {"url": "http://127.0.0.1:1/v1", "model": "strict", "rubric": "Is it polite at all?"}
    parts = [{"reward": "similar", "weight": 1}, {"reward": f"judge:{json.dumps(told)}", "weight": 1}]  # fmt: skip
    with pytest.raises(PlanError, match="was not checked"):
        judging.known(tmp_path, "sum:" + json.dumps({"parts": parts}))
    assert judging.known(tmp_path, "number:0.01") == () == judging.known(tmp_path, None)


def test_a_plan_with_a_judge_that_nobody_checked_is_refused_and_says_how(tmp_path: Path) -> None:
    rows = tmp_path / "mail.csv"
    rows.write_text("question,answer\n" + "".join(f"case {n},please take case {n}\n" for n in range(90)))  # fmt: skip
    written = settings(tmp_path, "http://127.0.0.1:1/v1")
    asked = commands.request([rows], "answer politely", reward=f"judge:{written}", techniques="rft")
    with pytest.raises(PlanError, match="was not checked on your own marks") as refused:
        commands.engine(tmp_path / "home").plan_unmeasured(asked)
    assert "tunesmith judge check" in refused.value.what_to_do


@pytest.mark.parametrize(("good", "bad"), [(9, 9), (40, 4), (3, 40), (0, 0)])
def test_too_few_marks_ask_nobody(tmp_path: Path, good: int, bad: int) -> None:
    with pytest.raises(PlanError, match="too few to check a judge by"):
        judged.prepared(settings(tmp_path, "http://127.0.0.1:1/v1"), sheet(tmp_path, good=good, bad=bad))  # fmt: skip


def test_words_that_leave_the_machine_need_a_yes(tmp_path: Path) -> None:
    written = settings(tmp_path, "https://models.example/v1")
    ready = judged.prepared(written, sheet(tmp_path))
    assert "sent to models.example" in " ".join(map(str, ready.says))
    with pytest.raises(RunError, match="was not asked"):
        TuningAgent(home=tmp_path).check_judge(written, sheet(tmp_path))


def test_marks_are_read_as_people_fill_them_in(tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text("question,answer,reference,good\na,1,,Yes\nb,2,two,bad\nc,3,,\nd,4,,好\n", encoding="utf-8")  # fmt: skip
    marks, left = read_marks(path)
    assert [mark.good for mark in marks] == [True, False, True]
    assert (left, marks[1].row.answer, marks[1].answer) == (1, "two", "2")
    path.write_text("question,answer,good\na,1,good\nb,2,bad\n", encoding="utf-8")
    assert [mark.good for mark in read_marks(path)[0]] == [True, False]
    path.write_text("question,answer,is_good\na,1,perhaps\n", encoding="utf-8")
    with pytest.raises(DataError, match="'perhaps' in row 2 is neither good nor bad"):
        read_marks(path)
    path.write_text("question,answer\na,1\n", encoding="utf-8")
    with pytest.raises(DataError, match="no column called is_good"):
        read_marks(path)


def test_with_as_many_good_as_bad_it_is_spearman() -> None:
    drawn = random.Random(5)
    for _ in range(20):
        good = [True] * 25 + [False] * 25
        grades = [round(drawn.gauss(6 if one else 4, 2)) for one in good]
        found = agreement(good, grades)
        assert found is not None
        assert found.value == pytest.approx(spearmanr(good, grades).statistic)
        assert found.low <= found.value <= found.high


def test_few_bad_answers_neither_hide_a_right_order_nor_flatter_a_kind_judge() -> None:
    good = [True] * 45 + [False] * 5
    right = agreement(good, list(range(50, 0, -1)))
    kind = agreement(good, [10] * 45 + [0, 10, 10, 10, 10])
    assert spearmanr(good, list(range(50, 0, -1))).statistic < judging.LEAST_SPEARMAN
    assert right is not None and right.value > 0.85
    assert kind is not None and kind.value < 0.4
    assert agreement(good, [3.0] * 50) is None
    reverse = agreement(good, list(range(50)))
    assert reverse is not None and reverse.value < -0.8


def test_the_interval_holds_what_many_more_marks_would_show() -> None:
    """Of 80 samples of 50 marks, at least nine in ten intervals hold the value of 20,000."""

    def sample(count: int, seed: int) -> tuple[list[bool], list[float]]:
        drawn = random.Random(seed)
        good = [number % 2 == 0 for number in range(count)]
        return good, [float(round(drawn.gauss(7 if one else 4, 2))) for one in good]

    truth = agreement(*sample(20_000, 1))
    assert truth is not None
    found = [agreement(*sample(50, seed)) for seed in range(100, 180)]
    inside = [one for one in found if one is not None and one.low <= truth.value <= one.high]
    assert len(inside) >= 72


def marked_until(desk: Desk, session: Session, pages: int) -> Said:
    """Mark so many pages as the fake model's answers deserve: those without "no idea" are good."""
    reply = session.last_reply()
    for _ in range(pages):
        going = desk.worker.turns.state(session.id)["marking"]
        assert going is not None
        page = desk.worker.turns.inbox.document(session.id, going["outputs"])["outputs"]
        good = [str(at) for at, one in enumerate(page, 1) if "no idea" not in one["answer"]]
        reply = session.say(f"{' '.join(good)} good, the rest bad" if good else "all bad")
    assert reply is not None
    return reply


def to_a_judge(desk: Desk, written: Path) -> tuple[Session, Said]:
    session = desk.session()
    reply = settle(desk, session, session.say("Write slogans in our house style. Use RFT.", [desk.data("style_400")]))  # fmt: skip
    assert "Which are good" in reply.text
    return session, session.say(f"use judge:{written} as the grader")


def sees_nonsense(answer: str) -> str:
    return graded(answer, 2 if "no idea" in answer else 9)


def test_in_the_conversation_a_judge_is_marked_for_and_checked_before_it_grades(
    tmp_path: Path, grade_by: Callable[[Grade], Server]
) -> None:
    desk = Desk(tmp_path)
    server = grade_by(sees_nonsense)
    session, reply = to_a_judge(desk, settings(tmp_path, server.url))
    assert "0 of 50 are marked" in reply.text
    second = marked_until(desk, session, 1)
    assert "10 of 50 are marked" in second.text
    third = marked_until(desk, session, 1)
    assert "Check the judge now" in [choice.label for choice in third.choices]
    assert server.requests == []
    done = session.say("Check the judge now")
    assert "Spearman 1.00" in done.text
    assert len(server.requests) == 20
    state = desk.worker.turns.state(session.id)
    assert state["reward"].startswith("judge:") and len(state["marks"]) == 20
    desk.close()


def test_in_the_conversation_a_judge_that_does_not_agree_grades_nothing(
    tmp_path: Path, grade_by: Callable[[Grade], Server]
) -> None:
    desk = Desk(tmp_path)
    session, _ = to_a_judge(desk, settings(tmp_path, grade_by(noisy_judge).url))
    done = marked_until(desk, session, 5)
    assert "does not see answers as you do" in done.text
    assert "So it grades nothing here" in done.text
    assert not desk.worker.turns.state(session.id)["reward"]
    desk.close()


def test_a_judge_elsewhere_is_asked_only_after_a_yes(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    session, _ = to_a_judge(desk, settings(tmp_path, "https://models.invalid/v1"))
    put_up = marked_until(desk, session, 5)
    assert put_up.order is not None and put_up.order.kind == "probe"
    assert "sent to models.invalid" in put_up.text
    assert "50 requests" in put_up.text
    refused = session.say("no, not that")
    assert "nothing starts" in refused.text
    desk.close()


def test_what_was_found_goes_with_the_run(tmp_path: Path, grade_by: Callable[[Grade], Server]) -> None:  # fmt: skip
    ready = judged.prepared(settings(tmp_path, grade_by(good_judge).url), sheet(tmp_path))
    found = judged.carry_out(ready, tmp_path)
    judging.save(tmp_path / "rewards", [found])
    assert judging.load(tmp_path / "rewards") == (found,)
    assert judging.load(tmp_path / "nothing") == ()
    assert isinstance(found.text, Text)
