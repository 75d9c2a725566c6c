"""The small set of prompts: what is tried, which examples are most like an item, and what the best of them scores."""

from pathlib import Path
from typing import Any

import pytest
from deciding import CARD_24, facts, scored

from tools.decide import decide
from tools.deciding.asking import variants
from training.prompting import Similar, written_out
from training.rows import Message, Row


def row(question: str, answer: str = "", *, number: int = 0) -> Row:
    turns = [Message(role="user", content=question)]
    if answer:
        turns.append(Message(role="assistant", content=answer))
    return Row(id=f"a.csv:{number}", messages=tuple(turns))


KNOWN = [
    row("My card was stolen yesterday", "lost card", number=1),
    row("How do I top up my account?", "top up", number=2),
    row("The exchange rate seems wrong", "exchange rate", number=3),
    row("Someone has stolen my bank card", "lost card", number=4),
    row("我的卡丢了怎么办", "挂失", number=5),
]


def test_the_likest_rows_come_last_and_never_the_row_itself() -> None:
    similar = Similar(KNOWN)
    assert [one.answer for one in similar.to(row("my card has been stolen"), 2)] == [
        "lost card"
    ] * 2
    assert similar.to(KNOWN[2], 1)[-1:] != [KNOWN[2]]
    assert similar.to(row("卡丢了"), 1)[0].answer == "挂失"


def test_a_question_like_nothing_gets_no_examples() -> None:
    assert Similar(KNOWN).to(row("zzz qqq"), 3) == []
    assert Similar([]).to(row("anything"), 3) == []


def test_a_prompt_is_written_out_to_copy() -> None:
    text = written_out("Sort it.", KNOWN[:1])
    assert text == "Sort it.\n\nQuestion: My card was stolen yesterday\nAnswer: lost card"
    assert written_out(None, KNOWN[4:], language="zh") == "问：我的卡丢了怎么办\n答：挂失"


@pytest.mark.parametrize(
    ("task", "told", "examples", "names"),
    [
        ("classification", "Sort it.", 8, ["similar examples", "instruction and similar examples", "role", "strict form"]),
        ("classification", None, 8, ["similar examples"]),
        ("reasoning", "Solve it.", 0, ["role"]),
        ("documents", None, 0, []),
    ],
)  # fmt: skip
def test_only_ways_that_have_room_and_suit_the_task_are_tried(
    task: Any, told: str | None, examples: int, names: list[str]
) -> None:
    found = variants(task, told, language="en", examples=examples, count=4)
    assert [one.name for one in found] == names
    assert all(one.system or one.examples for one in found)


def test_chinese_data_are_asked_in_chinese() -> None:
    found = variants("extraction", "提取信息。", language="zh", examples=0, count=4)
    assert all(one.system and one.system.isascii() is False for one in found)


def test_a_prompt_that_reaches_the_target_is_given_ready_to_use() -> None:
    best = scored("best prompt", 0.97).model_copy(
        update={"prompt": "Sort it.\nTopics: a, b", "similar_examples": 8}
    )
    decision = decide(facts(gpu=CARD_24, baselines=(scored("zero-shot", 0.6), best))).decision
    assert decision.pipeline == ()
    assert "The prompt: Sort it.\nTopics: a, b" in decision.because
    assert "the 8 of your rows that are most like it" in decision.because


def test_a_long_prompt_is_said_to_stand_in_the_plan() -> None:
    best = scored("zero-shot", 0.97).model_copy(update={"prompt": "x" * 2000})
    plan = decide(facts(gpu=CARD_24, baselines=(best,)))
    assert "2,000 letters" in plan.decision.because
    assert plan.baselines[0].prompt == "x" * 2000


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tiny_model import write_model

    return write_model(tmp_path_factory.mktemp("model"))


@pytest.mark.slow
def test_the_best_prompt_is_chosen_on_dev_and_measured_on_the_test_items(
    model: Path, tmp_path: Path
) -> None:
    from stage_runs import work_for
    from tiny_model import rows

    from training.phases.baselines import measure_baselines
    from training.rows import write_rows

    prompts = [
        {"name": "role", "system": "You know colours."},
        {"name": "similar examples", "examples": 2},
    ]
    work = work_for(tmp_path / "run", model, rows(24), stage={}, task={"prompts": prompts})
    measure = work.config.measure.model_copy(
        update={"prompt_items": 4, "attempt_questions": 3, "attempts_each": 2}
    )
    work.config = work.config.model_copy(update={"measure": measure})
    write_rows(work.run.data / "dev.jsonl", rows(6, start=24))
    write_rows(work.run.data / "test.jsonl", rows(5, start=40))
    measure_baselines(work)
    by_name = {score.name: score for score in work.measured.baselines}
    assert set(by_name) == {"zero-shot", "best prompt", "attempts"}
    assert by_name["best prompt"].items == 5
    assert (
        by_name["best prompt"].prompt == "You know colours."
        or by_name["best prompt"].similar_examples == 2
    )
    assert len(by_name["attempts"].rates) == 3
    assert work.measured.baseline_chosen != "attempts"
    pieces = {path.stem for path in (work.run.path / "phases").iterdir()}
    assert {"prompt-0", "prompt-1", "base-best-prompt", "base-attempts"} <= pieces
