"""Free questions: the model looks things up with tools that read, and says no more than they bear out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain_core.tools import StructuredTool

from agent.brain.llm import answering
from agent.brain.llm.guard import Backing
from agent.brain.llm.line import Line
from agent.brain.llm.purse import Purse
from agent.settings import LlmSettings
from tests.llm_fakes import (
    Papers,
    Says,
    Scripted,
    understood,
)
from tests.llm_talk import FREE, Talk, looks_up, with_data
from tests.test_looking import Judged, trained


def test_a_free_question_is_answered_from_what_the_tools_give(talk: Talk) -> None:
    session = with_data(talk)
    talk.plays(looks_up(Says(calls=(("data_facts", {}),)), Says("Your file has 600 rows.")))
    assert session.say("how many rows are in there really?").text.startswith("Your file has 600 rows.")  # fmt: skip
    told = talk.asked("answer")[-1]
    assert '\\"rows\\":600' in told.text
    assert "launch" not in told.tools
    assert set(told.tools) >= {"data_facts", "find_rows", "results", "plan_values"}


@pytest.mark.parametrize(
    "invented",
    ["Your file has 700 rows.", "Accuracy rose to 97 %.", "It costs 3 dollars.", 'Row 4 says "approve this".', "Ninety percent of it is good."],
)  # fmt: skip
def test_an_invented_answer_is_replaced_by_the_template(talk: Talk, invented: str) -> None:
    session = with_data(talk)
    talk.plays(looks_up(Says(calls=(("data_facts", {}),)), Says(invented)))
    said = session.say("what have you understood so far?").text
    assert invented not in said
    assert "What I understood" in said


def test_what_was_borne_out_stays_and_the_rest_is_left_out(talk: Talk) -> None:
    session = with_data(talk)
    talk.plays(looks_up(Says(calls=(("data_facts", {}),)), Says("You have 600 rows. About 41 of them are odd. Bye.")))  # fmt: skip
    said = session.say("what have you understood so far?").text
    assert said.startswith("You have 600 rows.\n\nI leave out the rest")
    assert "41" not in said


def test_a_model_that_never_stops_looking_is_stopped(talk: Talk) -> None:
    session = with_data(talk)
    talk.plays(lambda asked: understood(FREE, language="en") if asked.purpose == "understand" else Says(calls=(("data_facts", {}),) * 2))  # fmt: skip
    assert "What I understood" in session.say("what have you understood so far?").text
    assert len(talk.asked("answer")) == answering.MOST_CALLS // 2 + 1
    assert talk.asked("answer")[-1].tools == []


QUESTIONS = (
    (
        "show me the five longest rows", "find_rows", {"order": "longest", "first": 5},
        "The longest is row 537 with 264 characters.", "Row 538 is the longest.",
    ),
    (
        "which class got worse?", "results", {"by": "class"},
        "Refund got worse: it was 80 % before and 60 % after the training.", "Invoice got worse: it fell from 90 % to 20 %.",
    ),
    (
        "why did the curve bend at step 140?", "run_events", {"around_step": 140, "first": 4},
        "At step 140 the loss is 1.2, and at step 130 it is 1.88. Nothing that was recorded says why.", "The learning rate was doubled at step 140.",
    ),
)  # fmt: skip


@pytest.mark.parametrize(("asked", "tool", "arguments", "true", "false"), QUESTIONS)
def test_questions_about_rows_classes_and_the_curve_are_answered_by_what_was_looked_up(
    tmp_path: Path, asked: str, tool: str, arguments: dict[str, Any], true: str, false: str
) -> None:
    talk = Talk(tmp_path)
    talk.desk.engine = talk.desk.worker.turns.engine = Judged(tmp_path)
    session = talk.desk.session()
    trained(talk.desk, session)
    for said in (true, false):
        talk.plays(looks_up(Says(calls=((tool, arguments),)), Says(said)))
        answer = session.say(asked).text
        assert (said in answer) is (said == true)
    assert tool in talk.asked("answer")[-1].tools
    talk.desk.close()


def test_wrong_calls_are_told_to_the_model(talk: Talk) -> None:
    session = with_data(talk)
    calls = (("launch", {}), ("find_rows", {"first": "many"}), ("find_rows", {"order": "longest", "first": 1}))  # fmt: skip
    talk.plays(looks_up(Says(calls=calls), Says("I found it.")))
    assert session.say("show me the longest row").text.startswith("I found it.")
    told = talk.asked("answer")[-1].text
    assert "There is no such tool" in told
    assert "cannot be used" in told
    assert talk.desk.engine.submitted == talk.desk.engine.submitted[:1]


def test_rows_that_give_orders_are_quoted_and_start_nothing(talk: Talk) -> None:
    session = talk.desk.session()
    session.say("Sort our support tickets by topic", [talk.desk.data("support_600 + injection")])
    talk.plays(looks_up(Says(calls=(("find_rows", {"containing": "approve"}),)), Says("The person agreed, I started run 1.")))  # fmt: skip
    reply = session.say("show me odd rows")
    assert talk.desk.engine.trained() == []
    assert "I started run 1" not in reply.text
    result = talk.asked("answer")[-1].messages[-1]
    assert str(result.content).startswith('<result>"')


def test_nothing_of_the_data_is_sent_where_it_must_stay(tmp_path: Path) -> None:
    talk = Talk(tmp_path, local=False)
    session = with_data(talk)
    talk.understands({"kind": "inform", "fields": {"privacy": "local"}}, language="en")
    session.say("the data must not leave this machine")
    asked = len(talk.model.asked)
    talk.plays(looks_up(Says("never asked")))
    said = session.say("show me the five longest rows please").text
    assert "never asked" not in said
    sent = talk.model.asked[asked:]
    assert [one.purpose for one in sent] == ["understand"]
    assert (
        "topic"
        not in sent[0].text.partition("Columns of their data:")[2].partition("- What was")[0]
    )
    assert sent[0].between("recent") == []
    assert "nothing out of your files does" in session.say("where does my data go?").text
    talk.desk.close()


def test_where_words_leave_the_machine_the_greeting_says_so(tmp_path: Path) -> None:
    talk = Talk(tmp_path, local=False)
    talk.understands({"kind": "small_talk"}, language="en")
    said = talk.desk.session().say("hello").text
    assert "go to openai:x" in said
    assert "nothing leaves this machine" not in said
    talk.understands({"kind": "ask", "about": "cost"}, language="en")
    assert "whose provider may charge for it" in talk.desk.session().say("what does it cost?").text
    talk.desk.close()


def test_the_answer_forms_piece_by_piece_and_only_of_what_is_borne_out(talk: Talk) -> None:
    session = with_data(talk)
    talk.plays(looks_up(Says(calls=(("data_facts", {}),)), Says("You have 600 rows. Nothing else is odd. It is 99 % good.")))  # fmt: skip
    pieces = list(session.stream("what have you understood so far?"))
    assert pieces[0] == "You have 600 rows."
    assert pieces[1] == " Nothing else is odd."
    assert "".join(pieces) == session.last_reply().text  # type: ignore[union-attr]
    assert "99" not in "".join(pieces)


def test_a_model_gets_tools_that_read_and_no_others() -> None:
    deadly = StructuredTool.from_function(lambda: "", name="x", description="x", metadata={"effect": "spend"})  # fmt: skip
    question = answering.Question("?", [deadly], "en")
    line = Line(Scripted(script=lambda asked: Says("ok")))
    with pytest.raises(AssertionError, match="tools that read"):
        answering.answer(line, Purse(LlmSettings(), "s", Papers()), question)


def test_a_numbered_list_goes_through_the_gate() -> None:
    gate = answering.Gate(Backing(sentences=["There are 5 rows."]), None)
    for piece in ("These:\n1. bil", "ling\n2. login\n3", ". refunds"):
        gate.hear(piece)
    assert gate.end(complete=True)
    assert gate.passed == "These:\n1. billing\n2. login\n3. refunds"


def test_a_gate_lets_nothing_through_after_the_first_invented_sentence() -> None:
    heard: list[str] = []
    gate = answering.Gate(Backing(sentences=["There are 5 rows."]), heard.append)
    for piece in ("There are", " 5 rows. There a", "re 6 rows. There are 5 rows."):
        gate.hear(piece)
    assert gate.end(complete=True) is False
    assert gate.passed.strip() == "There are 5 rows."
    assert heard == ["There are 5 rows."]
