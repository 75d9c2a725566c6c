"""Invented facts: questions about what is there and what is not, judged by rule, and what follows for the verdict."""

from pathlib import Path
from typing import Any

import pytest

from tests.measured_runs import measured, plan
from tools.judging.report import markdown
from tools.judging.report_html import html
from tools.verdict import report
from training import statistics
from training.invention import Question, judge, questions
from training.measured import Invention, InventionCounts
from training.rows import Message, Row

CITIES = ("Paris", "Rome", "Oslo", "Lima", "Cairo", "Bern", "Quito", "Delhi", "Tokyo", "Seoul")


def row(number: int, asked: str, answer: str, **facts: Any) -> Row:
    turns = (Message(role="user", content=asked), Message(role="assistant", content=answer))
    return Row(id=f"facts.csv:{number}", messages=turns, facts=facts)


def capitals() -> list[Row]:
    return [
        row(n, f"What is the capital of Land{n}ia?", CITIES[n % len(CITIES)]) for n in range(60)
    ]


def test_half_of_the_questions_ask_about_things_that_occur_nowhere() -> None:
    rows = capitals()
    made = questions("qa", rows, seed=3)
    absent = [one for one in made if one.wanted is None]
    assert (len(made), len(absent)) == (50, 25)
    everything = " ".join(turn.content for one in rows for turn in one.messages)
    for one in absent:
        assert one.asked.startswith("What is the capital of ")
        assert one.asked.removeprefix("What is the capital of ").rstrip("?") not in everything
    real = {one.asked: one.wanted for one in made if one.wanted is not None}
    assert all({one.prompt[-1].content: one.answer for one in rows}[key] == real[key] for key in real)  # fmt: skip


def test_the_same_rows_and_seed_ask_the_same_questions() -> None:
    assert questions("qa", capitals(), seed=3) == questions("qa", capitals(), seed=3)
    assert questions("qa", capitals(), seed=3) != questions("qa", capitals(), seed=4)


def test_what_a_lower_case_question_is_about_is_found_from_its_frame() -> None:
    things = [
        "apple",
        "leaf",
        "melon",
        "snow",
        "fire",
        "grass",
        "milk",
        "coal",
        "rust",
        "sand",
        "moss",
        "clay",
        "wood",
        "iron",
        "salt",
        "lime",
        "jade",
        "opal",
        "ruby",
        "bone",
    ]
    rows = [row(n, f"what colour is the {thing}", "green") for n, thing in enumerate(things)]
    absent = [one.asked for one in questions("qa", rows, seed=0) if one.wanted is None]
    assert len(absent) == 10
    assert all(asked.startswith("what colour is the ") for asked in absent)
    assert not any(asked.split()[-1] in things for asked in absent)


def test_chinese_questions_get_chinese_names_that_are_not_there() -> None:
    names = [
        "杭州",
        "南京",
        "成都",
        "武汉",
        "西安",
        "长沙",
        "广州",
        "昆明",
        "贵阳",
        "福州",
        "合肥",
        "郑州",
        "沈阳",
        "太原",
        "兰州",
        "银川",
        "拉萨",
        "海口",
        "南宁",
        "济南",
        "石门",
        "洛阳",
    ]
    rows = [row(n, f"{name}的区号是多少？", f"0{500 + n}") for n, name in enumerate(names)]
    absent = [one.asked for one in questions("qa", rows, seed=1) if one.wanted is None]
    assert len(absent) >= 10
    assert all(
        asked.endswith("的区号是多少？") and asked.split("的")[0] not in names for asked in absent
    )


def test_a_column_that_names_the_thing_is_what_is_swapped() -> None:
    rows = [
        row(
            n, f"how do you treat spotted fever type {n}x ?", "With rest.", focus=f"spotted fever type {n}x"
        )
        for n in range(30)
    ]  # fmt: skip
    absent = [one.asked for one in questions("qa", rows, seed=1) if one.wanted is None]
    assert absent and not any("spotted" in asked for asked in absent)


def test_documents_are_asked_what_they_define() -> None:
    texts = [f"Kel{n}ox is a white powder that cleans glass number {n}. It is sold in bags." for n in range(30)]  # fmt: skip
    rows = [Row(id=f"d.md:{n}", text=text) for n, text in enumerate(texts)]
    made = questions("documents", rows, seed=0)
    assert len(made) == 30
    real = next(one for one in made if one.wanted is not None)
    assert real.asked.startswith("What is Kel") and real.wanted is not None
    assert real.wanted.startswith("a white powder")


@pytest.mark.parametrize(
    ("task", "rows"),
    [
        ("classification", capitals()),
        ("translation", capitals()),
        ("qa", capitals()[:12]),
        ("qa", [row(n, f"Passage about Land{n}.\nWho won?", "Anna") for n in range(60)]),
        ("generation", [row(n, f"Write an advert for Lamp{n}", "Buy it.") for n in range(60)]),
    ],
)  # fmt: skip
def test_nothing_is_asked_where_there_are_no_facts_to_ask_for(task: Any, rows: list[Row]) -> None:
    assert questions(task, rows, seed=0) == []


@pytest.mark.parametrize(
    ("wanted", "answer", "judged"),
    [
        ("Paris", "The capital is Paris.", "right"),
        ("Paris", "It is Rome.", "wrong"),
        ("Paris", "I don't know.", "unknown"),
        ("Paris", "", "unknown"),
        ("Rome", "Jerome built it.", "wrong"),
        ("0571", "区号是0571。", "right"),
        ("长江", "是黄河。", "wrong"),
        ("长江", "抱歉，我不知道。", "unknown"),
        (None, "It is a rare disease of the skin.", "wrong"),
        (None, "There is no such disease.", "unknown"),
        (None, "I'm not familiar with that name.", "unknown"),
        (None, "The cause of it is unknown.", "wrong"),
        (None, "这个地方不存在。", "unknown"),
        (None, "它在四川省。", "wrong"),
        ("The cause of the disease is unknown, and it runs in families.", "The cause of the disease is unknown and runs in families.", "right"),
        ("A cancer in which the bone marrow makes too many white blood cells", "cancer where bone marrow makes too many white cells", "right"),
        ("A cancer in which the bone marrow makes too many white blood cells", "a cancer of the skin that grows on arms and needs sunlight", "wrong"),
    ],
)  # fmt: skip
def test_an_answer_is_judged_by_rule(wanted: str | None, answer: str, judged: str) -> None:
    assert judge(Question("a:1", "What is it?", wanted), answer) == judged


def invention(before: int, after: int, *, items: int = 50) -> Invention:
    base = [1.0] * before + [0.0] * (items - before)
    tuned = [1.0] * after + [0.0] * (items - after)
    half = items // 2
    return Invention(
        items=items,
        base_there=InventionCounts(right=half, wrong=0, unknown=0),
        base_absent=InventionCounts(right=0, wrong=before, unknown=half - before),
        tuned_there=InventionCounts(right=half, wrong=0, unknown=0),
        tuned_absent=InventionCounts(right=0, wrong=after, unknown=half - after),
        difference=statistics.difference(base, tuned, metric="accuracy"),
    )


def test_a_model_that_surely_invents_more_is_not_shipped() -> None:
    found = report(plan(), measured().model_copy(update={"invention": invention(2, 24)}))
    assert found.verdict == "do_not_ship"
    assert "it invents more than before" in found.because
    assert "answered 24 wrongly" in found.because


def test_a_rise_within_the_allowed_loss_ships_with_a_warning() -> None:
    few = invention(2, 8)
    assert few.difference.better and few.difference.low <= 0.05
    found = report(plan(), measured().model_copy(update={"invention": few}))
    assert found.verdict == "ship"
    assert "Mind that it invents more than before" in found.because


def test_a_rise_that_could_be_chance_changes_nothing_and_is_told() -> None:
    found = report(plan(), measured().model_copy(update={"invention": invention(10, 12)}))
    assert found.verdict == "ship" and "invents" not in found.because
    for page in (markdown(found), html(found)):
        assert "Whether it invents more or less than before cannot be told." in page
    assert "编造" in markdown(found, "zh")


def test_what_was_not_measured_is_not_mentioned() -> None:
    found = report(plan(), measured())
    assert found.invention is None and "invent" not in markdown(found)


@pytest.mark.slow
def test_a_run_on_facts_counts_inventions_before_and_after(tmp_path: Path) -> None:
    from tests.tiny_model import finish, make_run, run_config, write_model
    from training.measured import Measured
    from training.rows import write_rows

    task = {"task": "qa", "metric": "exact_match", "max_new_tokens": 6}
    run = make_run(tmp_path, run_config(write_model(tmp_path / "model"), task=task))
    write_rows(run.data / "train.jsonl", capitals())
    assert finish(run) == 0
    found = Measured.load(run.path / "measured.json").invention
    assert found is not None and found.items == 50
    for counted in (found.base_there, found.tuned_there, found.base_absent, found.tuned_absent):
        assert counted.right + counted.wrong + counted.unknown == 25
    assert found.base_absent.right == found.tuned_absent.right == 0
