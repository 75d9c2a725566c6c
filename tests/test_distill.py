"""Distillation: a teacher's answers are checked, counted, kept over a kill, and never measured with."""

import csv
import json
import random
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from agent import commands
from agent.api import TuningAgent
from agent.teachers import distilled, distilling
from tests.tiny_model import write_model
from tools.data.duplicates import normal
from tools.data.origin import is_teachers, marked
from tools.dataset import DataOptions, prepare
from tools.errors import DataError, PlanError, RunError
from tools.teachers.distill import agreed, check_of
from training.chat_server import Reply
from training.rewards import named
from training.rows import Message, Row
from training.teacher import Limits
from training.text import Text

TOPICS = {
    "billing": ("invoice", "refund", "charge", "payment", "price"),
    "login": ("password", "account", "token", "email", "username"),
    "delivery": ("parcel", "courier", "shipment", "tracking", "box"),
}
OPENINGS = (
    "I cannot find the",
    "Please fix my",
    "Where is the",
    "Why was the",
    "What happened to the",
)
KINDS = ("old", "new", "late", "blue", "broken", "missing", "second", "final", "strange", "cheap")
ENDS = ("since Monday", "on my phone", "for my mother", "in Berlin", "before noon", "at the office")
LIMITS = Limits(requests=1_000, tokens=1_000_000)


def silent(text: Text) -> None:
    """Hear nothing."""


def messages(seed: int, count: int) -> list[tuple[str, str]]:
    drawn = random.Random(seed)
    return [
        (" ".join((drawn.choice(OPENINGS), drawn.choice(KINDS), drawn.choice(TOPICS[topic]), drawn.choice(ENDS))), topic)
        for topic in TOPICS
        for _ in range(count)
    ]  # fmt: skip


def write_csv(path: Path, rows: list[tuple[str, ...]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "own.csv", [("message", "topic"), *messages(1, 30)])


@pytest.fixture
def more(tmp_path: Path) -> Path:
    asked = [(text,) for text, _ in (*messages(2, 12), *messages(1, 30))]
    return write_csv(tmp_path / "more.csv", [("message",), *asked])


def offered(own: Path, more: Path | None, **options: Any) -> distilling.Offer:
    who = distilling.Teacher("strong", "http://127.0.0.1:1/v1")
    request = commands.request([own], "sort messages by topic", reward=options.get("reward"))
    asking = distilling.Asking(who, more, options.get("limits", LIMITS), options.get("tries", 1))
    return distilling.offer(request, asking, own.parent / "rows.jsonl")


def topic_of(request: Mapping[str, Any]) -> str:
    asked = request["messages"][-1]["content"]
    return next(topic for topic, things in TOPICS.items() if any(one in asked for one in things))


def right(request: Mapping[str, Any]) -> Reply:
    return Reply(topic_of(request), 20, 2, False)


def test_right_answers_become_marked_rows_and_the_next_command_names_both_files(
    own: Path, more: Path
) -> None:
    made = offered(own, more)
    done = distilled.carry_out(made, silent, send=right)
    rows = [json.loads(line) for line in (own.parent / "rows.jsonl").read_text().splitlines()]
    assert done["rows"] == len(rows) == len(made.asked) > 10
    assert {(row["origin"], row["teacher"]) for row in rows} == {("teacher", "strong")}
    assert done["next"].startswith(f"tunesmith plan {own} {own.parent / 'rows.jsonl'} --goal")
    assert done["complete"] and done["turned_away"] == {}
    assert done["tokens"] == 22 * len(rows)


def test_no_test_row_is_asked_or_comes_out_and_all_that_was_left_aside_is_counted(
    own: Path, more: Path
) -> None:
    made = offered(own, more)
    distilled.carry_out(made, silent, send=right)
    held = {normal(row.messages[0].content) for row in (*made.dataset.dev, *made.dataset.test)}
    written = (own.parent / "rows.jsonl").read_text().splitlines()
    out = {normal(json.loads(line)["messages"][0]["content"]) for line in written}
    assert held and not held & out
    assert not held & {normal(one.messages[-1].content) for one in made.asked}
    assert made.aside["held_out"] >= len(held), (
        "every dev and test row stood in the list of questions"
    )
    assert len(made.asked) + sum(made.aside.values()) == 12 * 3 + 30 * 3


def test_what_a_teacher_wrote_is_never_dev_or_test(own: Path, more: Path) -> None:
    distilled.carry_out(offered(own, more), silent, send=right)
    for seed in range(5):
        data = prepare([own, own.parent / "rows.jsonl"], options=DataOptions(seed=seed))
        assert sum(map(is_teachers, data.train)) > 10
        assert data.dev and data.test
        assert not any(map(is_teachers, (*data.dev, *data.test)))


def test_rows_of_a_teacher_alone_are_refused_unless_there_is_a_test(own: Path, more: Path) -> None:
    distilled.carry_out(offered(own, more), silent, send=right)
    rows = own.parent / "rows.jsonl"
    with pytest.raises(DataError, match="nothing of your own is left to measure with") as refused:
        prepare([rows], options=DataOptions())
    assert "--eval" in refused.value.what_to_do
    assert prepare([rows], options=DataOptions(eval_file=own)).test


def test_rows_without_an_answer_are_asked_where_no_list_is_given(tmp_path: Path) -> None:
    open_ones = [(text, "") for text, _ in messages(5, 4)]
    own = write_csv(tmp_path / "own.csv", [("message", "topic"), *messages(1, 30), *open_ones])
    made = offered(own, None)
    assert {one.messages[-1].content for one in made.asked} <= {text for text, _ in open_ones}
    assert made.asked


def test_with_every_row_answered_and_no_list_it_says_what_to_give(own: Path) -> None:
    with pytest.raises(DataError, match="nothing to ask") as refused:
        offered(own, None)
    assert "--prompts" in refused.value.what_to_do


def test_wrong_labels_empty_and_cut_off_answers_are_turned_away_by_reason(
    own: Path, more: Path
) -> None:
    made = offered(own, more)
    replies = [
        Reply("weather", 9, 1, False),
        Reply("billing or login", 9, 3, False),
        Reply("login because", 9, 3, True),
    ]
    turn = {one.messages[-1].content: index for index, one in enumerate(made.asked)}

    def send(request: Mapping[str, Any]) -> Reply:
        place = turn[request["messages"][-1]["content"]]
        return replies[place] if place < 3 else right(request)

    done = distilled.carry_out(made, silent, send=send)
    assert done["turned_away"] == {"not_a_label": 2, "cut_off": 1}
    assert done["rows"] == len(made.asked) - 3


def test_json_fields_and_a_reward_are_checked(tmp_path: Path) -> None:
    colours = ("red", "blue", "green", "white", "black", "grey", "brown", "pink")
    things = ("chair", "table", "shelf", "lamp", "sofa", "clock", "carpet", "stove")
    lines = [
        json.dumps({"prompt": f"We sold one {c} {t} today", "answer": json.dumps({"colour": c, "thing": t})})
        for c in colours
        for t in things
    ]  # fmt: skip
    path = tmp_path / "own.jsonl"
    path.write_text("\n".join(lines) + "\n")
    data = prepare([path], options=DataOptions())
    row = Row(id="q", messages=(Message(role="user", content="We sold one red door"),))
    check = check_of(data, None)
    assert check(row, '```json\n{"colour": "red", "thing": "door"}\n```') == (
        '{"colour": "red", "thing": "door"}',
        None,
    )
    assert check(row, "a red door")[1] == "not_json"
    assert check(row, '{"colour": "red"}')[1] == "fields"
    strict = check_of(data, named("regex:blue"))
    assert strict(row, '{"colour": "red", "thing": "door"}')[1] == "reward"
    assert strict(row, '{"colour": "blue", "thing": "door"}')[1] is None


def test_a_reward_that_needs_a_reference_is_refused_before_anything_is_asked(
    own: Path, more: Path
) -> None:
    with pytest.raises(PlanError, match="which these questions do not have") as refused:
        offered(own, more, reward="match")
    assert refused.value.where == "--reward"


def test_after_a_kill_only_what_is_missing_is_asked_again(own: Path, more: Path) -> None:
    made = offered(own, more)
    asked: list[str] = []

    def dies(request: Mapping[str, Any]) -> Reply:
        if len(asked) >= 8:
            raise KeyboardInterrupt
        asked.append(request["messages"][-1]["content"])
        return right(request)

    with pytest.raises(KeyboardInterrupt):
        distilled.carry_out(made, silent, send=dies)
    with (made.folder / "answers.jsonl").open("a") as file:
        file.write('{"key": "torn')
    again = offered(own, more)
    assert again.answered == 8
    later: list[str] = []

    def goes_on(request: Mapping[str, Any]) -> Reply:
        later.append(request["messages"][-1]["content"])
        return right(request)

    done = distilled.carry_out(again, silent, send=goes_on)
    assert not set(asked) & set(later)
    assert done["rows"] == len(made.asked) == len(asked) + len(later)


def test_the_limits_end_it_and_a_higher_limit_goes_on(own: Path, more: Path) -> None:
    made = offered(own, more, limits=Limits(requests=6, tokens=1_000_000))
    done = distilled.carry_out(made, silent, send=right)
    assert (done["complete"], done["requests"], done["rows"]) == (False, 6, 6)
    few = distilled.carry_out(
        offered(own, more, limits=Limits(requests=99, tokens=22 * 8)), silent, send=right
    )
    assert (few["complete"], few["rows"]) == (False, 10), (
        "the round that crosses the limit is the last"
    )
    assert distilled.carry_out(offered(own, more), silent, send=right)["complete"]


def test_an_own_file_is_never_overwritten(own: Path, more: Path) -> None:
    (own.parent / "rows.jsonl").write_text("mine\n")
    with pytest.raises(PlanError, match="is there already"):
        offered(own, more)


def test_rows_of_other_questions_and_files_that_are_read_are_not_written_over(
    own: Path, more: Path
) -> None:
    distilled.carry_out(offered(own, more), silent, send=right)
    rows = own.parent / "rows.jsonl"
    others = write_csv(
        own.parent / "others.csv", [("message",), *((text,) for text, _ in messages(9, 8))]
    )
    with pytest.raises(PlanError, match="answers to other questions"):
        offered(own, others)
    who = distilling.Teacher("strong", "http://127.0.0.1:1/v1")
    request = commands.request([own, rows], "sort messages by topic")
    with pytest.raises(PlanError, match="is there already"):
        distilling.offer(request, distilling.Asking(who, more, LIMITS), rows)
    second = distilling.offer(
        request, distilling.Asking(who, others, LIMITS), own.parent / "second.jsonl"
    )
    by_hand = {text for text, _ in messages(1, 30)}
    shown = {
        turn.content for one in second.asked for turn in one.messages[1:-1] if turn.role == "user"
    }
    assert shown <= by_hand, "the teacher is shown the person's rows, not its own"


def test_the_plan_names_the_command_where_a_stronger_model_does_the_job_now(own: Path) -> None:
    agent = TuningAgent(home=own.parent / "home")
    plan = agent.plan(own, "sort messages by topic, currently we use GPT-4 for it", measure=False)
    assert (
        "tunesmith distill own.csv --prompts QUESTIONS --teacher GPT-4 --url ADDRESS"
        in plan.decision.because
    )
    assert "does not ask" not in plan.decision.because


def test_the_sentences_before_the_yes_say_how_much_and_where_the_words_go(
    own: Path, more: Path
) -> None:
    made = offered(own, more)
    here = " ".join(distilling.says(made))
    assert f"{len(made.asked):,} questions for strong" in here
    assert "stay on this machine" in here
    away = distilling.Teacher("strong", "https://models.example/v1", key="sk-secret")
    request = commands.request([own], "sort messages by topic")
    asking = distilling.Asking(away, more, LIMITS)
    sent = " ".join(distilling.says(distilling.offer(request, asking, own.parent / "rows.jsonl")))
    assert "are sent to models.example" in sent
    assert "sk-secret" not in sent


def test_without_a_yes_nobody_is_asked(own: Path, more: Path) -> None:
    agent = TuningAgent(home=own.parent / "home")
    with pytest.raises(RunError, match="was not asked"):
        agent.distill(
            own,
            "sort messages by topic",
            teacher="practice",
            out=own.parent / "rows.jsonl",
            prompts=more,
        )
    assert not (own.parent / "rows.jsonl.answers").exists()


def test_a_teacher_that_cannot_be_is_refused_by_name() -> None:
    with pytest.raises(PlanError, match="no Hub id") as unknown:
        distilling.named_teacher("gpt-9", url=None, key=None, key_file=None)
    assert "--url" in unknown.value.what_to_do
    with pytest.raises(PlanError, match="neither https nor on this machine"):
        distilling.named_teacher("m", url="http://far.example/v1", key="k", key_file=None)


def test_a_column_called_origin_is_not_mistaken_for_a_teachers_mark() -> None:
    asked = (Message(role="user", content="q"), Message(role="assistant", content="a"))
    assert not is_teachers(Row(id="1", messages=asked, facts={"origin": "teacher"}))
    assert is_teachers(Row(id="1", messages=asked, facts=dict(marked("m"))))


@pytest.mark.slow
def test_a_model_in_a_folder_answers_in_a_process_of_its_own_and_is_asked_once(
    own: Path, more: Path
) -> None:
    model = write_model(own.parent / "model")
    who = distilling.named_teacher(str(model), url=None, key=None, key_file=None, max_new_tokens=4)
    request = commands.request([own], "sort")
    asking = distilling.Asking(who, more, LIMITS)
    made = distilling.offer(request, asking, own.parent / "rows.jsonl")
    first = distilled.carry_out(made, silent)
    kept = (made.folder / "answers.jsonl").read_text()
    assert len(kept.splitlines()) == len(made.asked)
    assert first["rows"] + sum(first["turned_away"].values()) == len(made.asked)
    distilled.carry_out(made, silent)
    assert (made.folder / "answers.jsonl").read_text() == kept


def test_a_teacher_that_contradicts_itself_is_not_believed(own: Path, more: Path) -> None:
    made = offered(own, more, tries=3)
    unsure = {one.messages[-1].content for one in made.asked[:4]}
    heats: set[float] = set()

    def send(request: Mapping[str, Any]) -> Reply:
        heats.add(request["temperature"])
        asked = request["messages"][-1]["content"]
        if asked not in unsure:
            return right(request)
        kinds = list(TOPICS)
        place = seen[asked] % len(kinds)
        seen[asked] += 1
        return Reply(kinds[place], 20, 2, False)

    seen: Counter[str] = Counter()
    done = distilled.carry_out(made, silent, send=send)
    assert heats == {0.0, 0.7}
    assert done["requests"] == 3 * len(made.asked)
    assert done["turned_away"] == {"disagrees": 4}
    assert done["rows"] == len(made.asked) - 4


def test_two_answers_that_say_the_same_are_enough() -> None:
    close = ["Your parcel left Berlin on Monday.", "Your parcel left Berlin on Monday evening."]
    assert agreed([*close, "I like cheese."]) in close
    assert agreed(["billing", "login", "delivery"]) is None
    assert agreed(["billing", "Billing ", "login"]) == "billing"
    assert agreed(["5 + 7 is 12", "the sum is 12", "it is 13"], numbers=True) == "5 + 7 is 12"
    assert agreed(['{"a": 1, "b": 2}', '{"b": 2, "a": 1}', '{"a": 1, "b": 3}']) == '{"a": 1, "b": 2}'  # fmt: skip
    assert agreed([]) is None
