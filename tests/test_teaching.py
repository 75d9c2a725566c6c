"""A teacher through an order: asked for in words, agreed to once, carried out as a job, its rows back in the conversation."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import pytest

from agent.brain.protocol import Context
from agent.brain.rules import RulesBrain
from agent.brain.rules.teacher_named import DEFAULT_NEW, named
from agent.conversation.sessions import Reply as Said
from agent.conversation.sessions import Session
from agent.teachers import taught, teaching
from tests.llm_server import Reply, Server, serving
from tests.talking import Desk
from tests.test_distill import OPENINGS, TOPICS, messages, topic_of, write_csv
from tools.data.duplicates import normal
from tools.dataset import DataOptions, prepare
from tools.errors import DataError
from training.chat_server import Reply as Answer
from training.rundir import RunDir

GOAL = "Sort our support messages by topic"
RULES = RulesBrain()
READY = Context(has_goal=True, has_plan=True, waiting_for="approval")


def writes(body: dict[str, Any]) -> Reply:
    """A good teacher: lists of new questions where it is asked for them, else the right topic."""
    told = body["messages"][0]["content"]
    usage = {"prompt_tokens": 60, "completion_tokens": 3, "total_tokens": 63}
    if "Reply with one JSON list" not in told:
        return Reply(topic_of(body), usage=usage)
    topic = next(name for name in TOPICS if f'"{name}"' in told)
    drawn = random.Random(body["messages"][-1]["content"])
    words = ["".join(drawn.choices(ascii_lowercase, k=6)) for _ in range(60)]
    made = [
        f"{drawn.choice(OPENINGS)} {drawn.choice(TOPICS[topic])} {' '.join(drawn.sample(words, 6))}"
        for _ in range(10)
    ]
    return Reply("Here you are: " + json.dumps(made), usage=usage)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.close()


@pytest.fixture
def teacher() -> Iterator[Server]:
    with serving(writes) as server:
        yield server


@pytest.fixture
def own(tmp_path: Path) -> Path:
    open_ones = [(text, "") for text, _ in messages(5, 8)]
    return write_csv(tmp_path / "own.csv", [("message", "topic"), *messages(1, 40), *open_ones])


@pytest.fixture
def answered(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "all.csv", [("message", "topic"), *messages(1, 40)])


def settled(desk: Desk, session: Session, reply: Said) -> Said:
    """Answer what the interview asks until it rests."""
    for _ in range(8):
        state = desk.worker.turns.state(session.id)
        asked = (state.get("question") or {}).get("id")
        if asked == "skip_broken":
            reply = session.say("yes, leave them out")
        elif asked in {"teacher", "taught"} or reply.order is not None:
            return reply
        elif reply.waiting_for == "answer":
            reply = session.say("I don't know, you decide")
        elif reply.waiting_for == "run":
            desk.engine.finish_measurements()
            session.look()
            reply = session.last_reply() or reply
        else:
            return reply
    return reply


def begun(desk: Desk, data: Path) -> Session:
    session = desk.session()
    settled(desk, session, session.say(GOAL, [data]))
    return session


def test_a_teacher_writes_answers_only_after_a_yes_and_its_rows_come_back(
    desk: Desk, teacher: Server, own: Path
) -> None:
    session = begun(desk, own)
    before = list(desk.engine.submitted)
    put_up = session.say(f"let qwen3-8b at {teacher.url} write the missing answers")
    assert put_up.order is not None and put_up.order.kind == "synthesize"
    assert "free on your own server" in put_up.text
    assert "Each is asked 3 times" in put_up.text
    assert teacher.requests == [] and desk.engine.submitted == before
    assert "still waits" in session.say("thanks").text
    assert teacher.requests == []
    started = session.say("yes, start it")
    assert "The teacher is at work" in started.text
    done = session.look() or session.last_reply()
    assert done is not None
    assert "20 of 20 answers of qwen3-8b are kept" in done.text
    assert [choice.label for choice in done.choices] == ["Plan with them", "Leave them out"]
    assert len(teacher.requests) == 60
    assert desk.engine.trained() == []
    settled(desk, session, session.say("yes"))
    files = desk.worker.turns.state(session.id)["files"]
    assert (Path(files[0]).name, len(files)) == ("own.csv", 2)
    rows = [json.loads(line) for line in Path(files[1]).read_text().splitlines()]
    assert {row["teacher"] for row in rows} == {"qwen3-8b"}
    plan = session.last_reply().plan  # type: ignore[union-attr]
    assert plan is not None and set(plan.data) == set(files)


def test_new_rows_are_written_checked_and_kept_from_the_test(
    desk: Desk, teacher: Server, answered: Path
) -> None:
    session = begun(desk, answered)
    put_up = session.say(f"generate 30 more rows with qwen3-8b, server {teacher.url}")
    assert put_up.order is not None, put_up.text
    assert "writes about 30 new questions" in put_up.text
    session.say("yes, start it")
    session.look()
    reply = session.last_reply()
    assert reply is not None and "30 of 30 answers" in reply.text
    (file,) = [path for path in (desk.home / "taught").glob("*.jsonl") if "questions" not in path.name]  # fmt: skip
    rows = [json.loads(line)["messages"] for line in file.read_text().splitlines()]
    data = prepare([answered], options=DataOptions())
    held = {normal(row.messages[0].content) for row in (*data.dev, *data.test)}
    assert not held & {normal(turns[0]["content"]) for turns in rows}
    assert {turns[-1]["content"] for turns in rows} == set(TOPICS), "no topic is forgotten"
    left = session.say("no, leave them out")
    assert "they stay in" in left.text
    assert desk.worker.turns.state(session.id)["files"] == [str(answered)]


def test_what_is_missing_is_asked_for_and_a_price_gives_dollars(desk: Desk, own: Path) -> None:
    session = begun(desk, own)
    asked = session.say("have a stronger model write the missing answers")
    assert "Which model shall be the teacher?" in asked.text
    put_up = session.say("https://models.example/v1 strong-1, model strong-1")
    assert put_up.order is not None, put_up.text
    assert "I do not know its price" in put_up.text
    assert "sent to models.example and cannot be called back" in put_up.text
    priced = session.say(
        "use https://models.example/v1 model strong-1 as teacher, 0.15 and 0.60 dollars per million tokens"
    )
    assert priced.order is not None and "dollars by the price you gave" in priced.text
    assert priced.order.max_cost_usd >= 0


def test_a_teacher_elsewhere_is_refused_where_the_data_must_stay(desk: Desk, own: Path) -> None:
    session = begun(desk, own)
    settled(desk, session, session.say("the data must not leave this machine"))
    said = session.say("let gpt-5 at https://models.example/v1 write the missing answers")
    assert "your data must stay on this machine" in said.text
    assert said.order is None or said.order.kind != "synthesize"


def test_with_nothing_to_answer_it_says_what_to_do(desk: Desk, answered: Path) -> None:
    session = begun(desk, answered)
    said = session.say("let qwen3-8b at http://127.0.0.1:1/v1 write the answers")
    assert "nothing to ask a teacher" in said.text


def test_a_dead_teacher_fails_in_words_and_goes_on_with_what_it_has(
    tmp_path: Path, own: Path
) -> None:
    job, _ = teaching.put_up(_job(own), tmp_path)
    run = taught.prepare(tmp_path, job, "data-teach-1")
    came = 0

    def dies(body: Any) -> Answer:
        nonlocal came
        came += 1
        if came > 8:
            run.request_stop()
        return Answer(topic_of(body), 10, 1, False)

    taught.carry_out(run, send=dies)
    status = run.status()
    assert status is not None and (status.state, status.step) == ("stopped", 8 + _late(came))
    (run.path / "stop").unlink()
    later: list[str] = []

    def goes_on(body: Any) -> Answer:
        later.append(body["messages"][-1]["content"])
        return Answer(topic_of(body), 10, 1, False)

    taught.carry_out(run, send=goes_on)
    assert run.reading() == "done"
    assert len(later) <= 60 - 8
    assert taught.result(run)["rows"] == 20


def _late(came: int) -> int:
    """Calls that were under way beside the one that asked for the stop."""
    return came - 8


def _job(own: Path, **more: Any) -> teaching.Job:
    return teaching.Job(files=(str(own),), goal=GOAL, teacher="strong", url="http://127.0.0.1:1/v1", **more)  # fmt: skip


def test_the_orders_bounds_are_kept(tmp_path: Path, own: Path) -> None:
    job, order = teaching.put_up(_job(own), tmp_path)
    assert (job.requests, order.kind) == (60, "synthesize")
    assert f"{job.tokens:,} tokens" in str(order.at_most)
    small = job.model_copy(update={"requests": 30})
    run = taught.prepare(tmp_path, small, "data-teach-2")
    asked: list[int] = []

    def send(body: Any) -> Answer:
        asked.append(1)
        return Answer(topic_of(body), 10, 1, False)

    taught.carry_out(run, send=send)
    assert len(asked) == 30
    assert "The order's limit ended it early." in taught.in_words(taught.result(run))


def test_a_price_bounds_the_dollars(tmp_path: Path, own: Path) -> None:
    job, order = teaching.put_up(_job(own, usd_per_million=(1.0, 4.0)), tmp_path)
    written = job.requests * job.answer_tokens
    assert teaching.usd(job) == pytest.approx((job.tokens - written + 4 * written) / 1e6)
    assert order.max_cost_usd == round(teaching.usd(job), 2) > 0


def test_conversations_cannot_be_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "chats.jsonl"
    turns = [
        [{"role": "user", "content": f"hello {number}"}, {"role": "assistant", "content": "yes?"}, {"role": "user", "content": f"where is parcel {number}"}, {"role": "assistant", "content": f"in depot {number}"}]
        for number in range(60)
    ]  # fmt: skip
    path.write_text("".join(json.dumps({"messages": one}) + "\n" for one in turns))
    job = teaching.Job(files=(str(path),), goal="answer", teacher="x", url="http://127.0.0.1:1/v1", new=20)  # fmt: skip
    with pytest.raises(DataError, match="conversations of several turns"):
        teaching.put_up(job, tmp_path)


@pytest.mark.parametrize(
    "said",
    [
        "let gpt-5 write the answers", "have claude answer the missing rows", "make 200 more rows with a teacher", "generate 50 more examples", "use qwen3-8b as a teacher",
        "please create synthetic data", "label the rest with a stronger model", "让qwen3写答案", "再生成200条数据", "用gpt-5做老师", "get another model to fill in the missing labels",
    ],
)  # fmt: skip
def test_a_wish_for_a_teacher_is_heard(said: str) -> None:
    assert [one.kind for one in RULES.read(said, READY)] == ["teach"]


@pytest.mark.parametrize(
    "said",
    [
        "yes", "yes, start it", "it should write the answers", "I want a model that writes answers to emails", "should I use synthetic data?", "what is a teacher?",
        "I have 200 more rows", "how many more rows do I need?", "the teacher model must answer pupils' questions", "可以生成数据吗", "好的，开始吧", "why not use gpt-5?",
    ],
)  # fmt: skip
def test_what_is_no_wish_for_a_teacher_is_not_taken_for_one(said: str) -> None:
    assert "teach" not in {one.kind for one in RULES.read(said, READY)}


def test_no_goal_is_mistaken_for_a_teacher_before_there_is_one() -> None:
    said = "generate more examples of product descriptions in our style"
    assert "teach" not in {one.kind for one in RULES.read(said, Context())}


def test_who_and_how_many_are_read_as_written(tmp_path: Path) -> None:
    assert named("make 200 more rows with Qwen/Qwen3-8B") .teacher == "Qwen/Qwen3-8B"  # fmt: skip
    assert named("再生成300条数据").new == 300
    assert named("create some synthetic data").new == DEFAULT_NEW
    assert named("let gpt-5 write the missing answers").new is None
    assert named(f"use the model in {tmp_path} to write the answers").teacher == str(tmp_path)
    found = named(
        "http://10.0.0.5:8000/v1, model my-llm, at 0.2 and 0.8 dollars per million tokens"
    )
    assert (found.url, found.teacher, found.usd_per_million) == ("http://10.0.0.5:8000/v1", "my-llm", (0.2, 0.8))  # fmt: skip


@pytest.mark.slow
def test_the_job_runs_in_a_process_of_its_own(tmp_path: Path, teacher: Server, own: Path) -> None:
    job, _ = teaching.put_up(_job(own).model_copy(update={"url": teacher.url}), tmp_path)
    taught.start(tmp_path, job, "data-teach-3")
    run = RunDir(tmp_path / "runs" / "data-teach-3")
    while run.reading() in {"queued", "starting", "lost"}:
        teacher.over.wait(0.1)
    assert run.reading() == "done", (run.path / "log.txt").read_text()
    assert taught.result(run)["rows"] == 20
