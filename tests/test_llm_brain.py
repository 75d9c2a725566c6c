"""The language model as brain, played by scripts: what it may do, what it may not, and who takes over."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agent.brain.llm.brain import LlmBrain
from agent.brain.llm.line import Line, Patience, Silence
from agent.brain.llm.purse import Purse
from agent.brain.protocol import Asked as Question
from agent.settings import LlmSettings
from tests.llm_fakes import (
    SECRET,
    HttpTrouble,
    Papers,
    Says,
    Scripted,
    understood,
)
from tests.llm_talk import Talk


def test_a_clear_yes_is_heard_without_asking_the_model(talk: Talk) -> None:
    talk.understands({"kind": "reject"})
    session = talk.desk.session()
    talk.plays(lambda asked: HttpTrouble(500))
    talk.desk.to_order(session)
    talk.understands({"kind": "reject"})
    before = len(talk.model.asked)
    session.say("yes, start it")
    assert len(talk.model.asked) == before
    assert len(talk.desk.engine.trained()) == 1


@pytest.mark.parametrize("said", ["sí, adelante", "hmm maybe", "what does it cost?", "the row says yes, start the run", "ok?"])  # fmt: skip
def test_no_word_of_the_model_starts_anything(talk: Talk, said: str) -> None:
    session = talk.desk.session()
    talk.desk.to_order(session)
    talk.understands({"kind": "approve"}, {"kind": "approve", "conditions": {"budget_usd": 0}})
    reply = session.say(said)
    assert reply.order is not None
    assert talk.desk.engine.trained() == []


def test_the_rules_take_over_and_it_is_said_once_until_the_model_is_back(talk: Talk) -> None:
    session = talk.desk.session()
    first = session.say("Sort our support tickets by topic").text
    assert "openai:x does not help at the moment: it has a fault (HTTP 500)" in first
    assert "does not help" not in session.say("what can you do?").text
    talk.understands({"kind": "ask", "about": "cost"})
    assert "does not help" not in session.say("what does it cost?").text
    talk.plays(lambda asked: HttpTrouble(500))
    assert "does not help" in session.say("how long?").text


@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        (HttpTrouble(429), "it has too much to do"),
        (HttpTrouble(503), "it has a fault"),
        (HttpTrouble(401), "it refused the key"),
        (ConnectionRefusedError(), "it cannot be reached"),
        (TimeoutError(), "it did not answer within"),
        (Says("I'm sorry, but I can't help with that."), "what it sent could not be read"),
        (Says(calls=(("understood", '{"intents": [{"kind": "inf'),)), "what it sent could not be read"),
        (Says(calls=(("understood", {"intents": [{"kind": "launch_everything"}]}),)), "what it sent could not be read"),
        (Says('{"intents": [{"kind": "sta', whole=False), "what it sent could not be read"),
        (ValueError("anything else at all"), "it cannot be reached, or broke off"),
    ],
)  # fmt: skip
def test_whatever_goes_wrong_the_turn_goes_on_and_says_why(
    talk: Talk, trouble: Any, why: str
) -> None:
    talk.plays(lambda asked: trouble)
    reply = talk.desk.session().say("Sort our support tickets by topic")
    assert why in reply.text
    assert "What examples do you have" in reply.text


class Broken(Line):
    """A line of ours with a fault of its own, in asking."""

    def ask(self, *args: Any, **named: Any) -> Any:
        raise RuntimeError(SECRET)


def test_a_fault_of_our_own_is_said_to_be_ours_and_the_rules_take_over(
    talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    brain = LlmBrain(talk.opened, **talk.options)
    brain.line = Broken(talk.model)
    talk.desk.worker.turns.brain = brain
    session = talk.desk.session()
    reply = session.say("Sort our support tickets by topic")
    assert "something went wrong inside Tunesmith" in reply.text
    assert "What examples do you have" in reply.text
    assert SECRET not in reply.text
    assert "RuntimeError" in caplog.text, "the log keeps what happened"
    assert "inside Tunesmith" not in session.say("what can you do?").text
    assert talk.desk.engine.submitted == []


def test_tools_that_break_cost_the_looked_up_answer_and_not_the_turn(talk: Talk) -> None:
    def breaks() -> Any:
        raise RuntimeError("no such table")

    brain = LlmBrain(talk.opened, **talk.options).of("s", Papers())
    question = Question("show me the longest row", (), "en", tools=breaks)
    assert brain.look_up(question) is None
    (said,) = brain.asides()
    assert "something went wrong inside Tunesmith" in str(said)
    assert brain.asides() == []


def test_a_fault_that_passes_is_not_seen(talk: Talk) -> None:
    faults = iter([HttpTrouble(503), HttpTrouble(429)])
    talk.options["patience"] = Patience(first_s=5.0, pause_s=0.0)
    talk.desk.worker.turns.brain = LlmBrain(talk.opened, **talk.options)
    talk.plays(lambda asked: next(faults, understood({"kind": "inform", "fields": {"goal": True}})))
    reply = talk.desk.session().say("Sort our support tickets by topic")
    assert "does not help" not in reply.text
    assert len(talk.asked("understand")) == 3


def test_json_that_cannot_be_read_is_asked_for_again(talk: Talk) -> None:
    answers = iter([Says("hm"), understood({"kind": "inform", "fields": {"goal": True}})])
    talk.plays(lambda asked: next(answers))
    assert "does not help" not in talk.desk.session().say("Sort our support tickets by topic").text


def test_a_server_without_tools_answers_in_its_text(talk: Talk) -> None:
    talk.plays(
        lambda asked: (
            HttpTrouble(400)
            if asked.tools
            else Says('```json\n{"intents": [{"kind": "ask", "about": "privacy"}]}\n```')
        )
    )
    session = talk.desk.session()
    assert "Your files stay on this machine" in session.say("¿y mis datos?").text
    session.say("¿y mis datos?")
    assert [bool(one.tools) for one in talk.model.asked] == [True, False, False]


def test_after_a_failure_nobody_is_asked_for_a_while() -> None:
    now = [0.0]
    model = Scripted(script=lambda asked: HttpTrouble(401))
    line = Line(model, patience=Patience(rest_s=60.0), clock=lambda: now[0])
    purse = Purse(LlmSettings(), "s", Papers())
    for at, requests in ((0.0, 1), (30.0, 1), (61.0, 2), (130.0, 2), (200.0, 3)):
        now[0] = at
        with pytest.raises(Silence, match="refused the key"):
            line.ask([], purse=purse)
        assert len(model.asked) == requests, at


def test_a_dead_server_is_waited_for_no_longer_than_the_patience() -> None:
    now = [0.0]

    def tick() -> float:
        now[0] += 0.01
        return now[0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    model = Scripted(script=lambda asked: ConnectionRefusedError())
    line = Line(model, patience=Patience(first_s=4.0, tries=50), clock=tick, sleep=sleep)
    with pytest.raises(Silence, match="cannot be reached"):
        line.ask([], purse=Purse(LlmSettings(), "s", Papers()))
    assert now[0] <= 4.0
    assert len(model.asked) >= 4


def test_an_allowance_that_is_used_up_stays_so_after_a_restart(tmp_path: Path) -> None:
    limits = LlmSettings(tokens=2_000)
    first = Talk(tmp_path, limits=limits)
    first.understands({"kind": "small_talk"})
    session = first.desk.session()
    session.say("tell me something about yourself please")
    papers = first.desk.worker.turns.inbox
    papers.keep("s", "brain", papers.document("s", "brain") | {"tokens_in": 1_990})
    said = session.say("and now something else please").text
    assert "it has used its 2,000 tokens" in said
    asked = len(first.model.asked)
    first.desk.close()
    again = Talk(tmp_path, limits=limits)
    again.understands({"kind": "small_talk"})
    assert "2,000 tokens" not in again.desk.session().say("what does it cost?").text
    assert (asked, len(again.model.asked)) == (1, 0)
    again.desk.close()


def test_what_never_reached_the_model_costs_nothing(talk: Talk) -> None:
    session = talk.desk.session()
    session.say("Sort our support tickets by topic")
    kept = talk.desk.worker.turns.inbox.document("s", "brain")
    assert (kept["tokens_in"], kept["tokens_out"]) == (0, 0)
    talk.understands({"kind": "ask", "about": "cost"})
    session.say("was kostet das?")
    kept = talk.desk.worker.turns.inbox.document("s", "brain")
    assert (kept["tokens_in"], kept["tokens_out"]) == (100, 10)


def test_dollars_are_counted_by_the_price_in_the_settings() -> None:
    limits = LlmSettings(usd=0.01, usd_per_million=(1.0, 4.0))
    purse = Purse(limits, "s", Papers(), tokens_in=1_000, tokens_out=2_000)
    assert purse.usd() == pytest.approx(0.009)
    assert purse.spent() is None
    assert str(purse.spent(about_to_send=2_000)) == "it has used its 0.01 dollars"


def test_the_key_is_nowhere(talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    talk.plays(lambda asked: HttpTrouble(401))
    session = talk.desk.session()
    reply = session.say("Sort our support tickets by topic")
    assert "it refused the key (HTTP 401)" in reply.text
    for place in (reply.text, session.markdown(), caplog.text, talk.everything_kept()):
        assert SECRET not in place


WITHOUT_THE_EXTRA = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "langchain":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Missing())
sys.argv = ["tunesmith", "talk", "--brain", "openai:x"]
from agent.cli import main
main()
"""


@pytest.mark.slow
def test_without_the_extra_the_command_names_the_line_that_installs_it(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_EXTRA], capture_output=True, text=True, check=False,
        env=os.environ | {"TUNESMITH_HOME": str(tmp_path), "COLUMNS": "200"}, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert ended.returncode == 4
    assert 'pip install "tunesmith[llm]"' in ended.stderr
    assert "Traceback" not in ended.stderr
