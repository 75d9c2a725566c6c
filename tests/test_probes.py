"""General probes: what they ask, what they take as right, and that no two exams share a question."""

import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from functools import cache

import pytest

from training import probes
from training.practice import is_reserved
from training.probes.health import is_healthy, leaks_template, repetition
from training.probes.item import ProbeItem
from training.rows import Message, Row


@cache
def big_exam(language: probes.Language) -> list[ProbeItem]:
    return probes.items(420, seed=0, language=language)


def probe(
    check: str,
    wants: Sequence[str] = (),
    *,
    against: Sequence[str] = (),
    asked: str = "?",
    language: str = "en",
    **detail: object,
) -> ProbeItem:
    messages = (Message(role="user", content=asked),)
    return ProbeItem(
        id="x",
        family="f",
        level=1,
        language=language,
        messages=messages,
        check=check,
        wants=tuple(wants),
        against=tuple(against),
        detail=detail,
    )


def test_every_language_has_the_same_families_and_the_exam_is_balanced() -> None:
    for language in ("en", "zh", "mixed"):
        drawn = probes.items(141, seed=3, language=language)
        counts = Counter(item.family for item in drawn)
        assert len(drawn) == 141
        assert set(counts) == set(probes.FAMILIES)
        assert max(counts.values()) - min(counts.values()) <= 1
    assert len(probes.FAMILIES) >= 10


def test_the_same_seed_gives_the_same_exam_and_no_question_twice() -> None:
    one, other = probes.items(300, seed=5), probes.items(300, seed=5)
    assert one == other
    assert len({item.fingerprint for item in one}) == 300


@pytest.mark.parametrize("language", ["en", "zh"])
def test_exams_of_neighbouring_seeds_share_no_question(language: probes.Language) -> None:
    exams = [probes.items(280, seed=seed, language=language) for seed in range(4)]
    for place, exam in enumerate(exams):
        for later in exams[place + 1 :]:
            assert probes.overlap(exam, later) == []


def test_choosing_and_final_probes_of_every_run_are_of_different_parts() -> None:
    for run_seed in range(40):
        parts = {
            probes.seed_for(run_seed, purpose) % probes.NUM_PARTS for purpose in probes.PURPOSES
        }
        assert len(parts) == len(probes.PURPOSES)


def test_probes_are_taken_from_the_prompts_that_training_never_uses() -> None:
    assert all(is_reserved(item.user_turns) for item in probes.items(280, seed=8, language="mixed"))


def test_a_training_row_that_holds_a_probe_is_found() -> None:
    exam = probes.items(28, seed=1)
    leaked = Row(id="r", messages=(*exam[3].messages, Message(role="assistant", content="x")))
    assert probes.overlap(exam, [leaked]) == [exam[3]]


def test_levels_follow_the_shares_asked_for() -> None:
    drawn = probes.items(140, seed=2, levels={1: 1.0, 3: 1.0})
    assert Counter(item.level for item in drawn) == {1: 70, 3: 70}
    easy = Counter(item.level for item in big_exam("en"))
    assert easy[1] > easy[2] > easy[3]


def test_only_the_cells_asked_for_are_drawn_and_none_at_all_is_an_error() -> None:
    drawn = probes.items(10, seed=2, cells=[("sorting", 1), ("reading", 2)])
    assert {(item.family, item.level) for item in drawn} == {("sorting", 1), ("reading", 2)}
    with pytest.raises(ValueError, match="no family"):
        probes.items(10, seed=2, cells=[])


def test_where_a_family_runs_dry_the_others_give_more_and_else_fewer_come_back() -> None:
    few = [("degeneration", 1), ("sorting", 1)]
    drawn = probes.items(400, seed=2, language="zh", cells=few)
    counts = Counter(item.family for item in drawn)
    assert len(drawn) == 400 and counts["sorting"] > counts["degeneration"] > 50
    alone = probes.items(400, seed=2, language="zh", cells=few[:1])
    assert 50 < len(alone) < 400


def test_measuring_gives_every_familys_marks_in_order() -> None:
    exam = probes.items(56, seed=4)
    marks = probes.measure(exam, lambda prompts: ["7"] * len(prompts))
    assert {family: len(values) for family, values in marks.items()} == Counter(
        item.family for item in exam
    )
    assert all(mark in (0.0, 1.0) for values in marks.values() for mark in values)


def knows_only_capitals_of_letters(prompts: Sequence[Sequence[Message]]) -> list[str]:
    """A model that can do nothing but say yes, refuse and repeat."""
    return ["Sorry, I cannot help with that. Yes." for _ in prompts]


def test_families_that_the_base_cannot_do_are_left_out_and_named() -> None:
    selection = probes.adapt(knows_only_capitals_of_letters, seed=0)
    assert "arithmetic" in selection.left_out
    assert ("refusal", 1) in selection.base
    assert all(selection.base[cell] >= probes.MIN_BASE for cell in selection.cells)
    assert "arithmetic" in str(selection.notes[0])
    kept = probes.items(20, seed=1, cells=selection.cells)
    assert not {item.family for item in kept} & set(selection.left_out)


def test_scoring_never_raises_whatever_the_model_writes() -> None:
    nonsense = [
        "",
        " ",
        "\x00",
        "{",
        '{"a": [1, {"b": NaN}]}',
        "十百千万",
        "-",
        "1.2.3,4,,",
        "<|im_end|>",
        "“”",
        "(((",
        "\\",
        "- \n- ",
        "9" * 400,
        "é" * 500,
        "{} [] ()",
    ]
    languages: tuple[probes.Language, ...] = ("en", "zh")
    for language in languages:
        for item in big_exam(language):
            for answer in nonsense:
                assert probes.score(item, answer) in (0.0, 1.0)


NUMBERS = [
    ("7", 1), ("7.", 1), ("The answer is 7.", 1), ("3 + 4 = 7", 1), ("Anna has **7** apples.", 1), ("seven", 1), ("She has 7 apples (3 + 4).", 1), ("七", 1), ("7.0", 1),
    ("8", 0), ("17", 0), ("It is 7 or 8.", 0), ("-7", 0), ("3 4", 0), ("5 6 7 8", 0), ("", 0), ("no idea", 0),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "right"), NUMBERS)
def test_a_number_is_right_alone_or_in_a_sentence(answer: str, right: int) -> None:
    assert probes.score(probe("number", ["7"], asked="What is 3 + 4?"), answer) == right


def test_a_number_equal_to_one_in_the_question_must_be_the_last_one_said() -> None:
    item = probe("number", ["5"], asked="What is 10 - 5?")
    assert probes.score(item, "10 - 5 = 5") == 1
    assert probes.score(item, "5 - 10 = 4") == 0


SEQUENCES = [
    ("2 5 7", 1), ("2, 5, 7", 1), ("2, 5 and 7.", 1), ("2, 5, and 7", 1), ("Sorted: 2, 5, 7", 1), ("Here you go:\n1. 2\n2. 5\n3. 7", 1), ("- 2\n- 5\n- 7", 1), ("2 < 5 < 7", 1),
    ("**2, 5, 7**", 1), ("The sorted numbers are 2, 5, 7.", 1), ("2、5、7", 1), ("从小到大是：2，5，7。", 1), ("Sure, 2, 5, 7", 1), ("You gave 7 2 5. Sorted: 2 5 7.", 1),
    ("2 7 5", 0), ("2 5 7 9", 0), ("2, 5, 7, 9", 0), ("1, 2, 5, 7", 0), ("2 5", 0), ("12, 5, 7", 0), ("2 5 77", 0), ("- 2\n- 5\n- 7\n- 9", 0), ("7 2 5", 0),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "right"), SEQUENCES)
def test_a_sequence_is_right_in_any_dress_but_must_be_the_whole_list(
    answer: str, right: int
) -> None:
    assert probes.score(probe("sequence", ["2", "5", "7"], asked="Sort: 7 2 5"), answer) == right


CHOICES = [
    ("vegetable", 1), ("Vegetable.", 1), ("A carrot is a vegetable.", 1), ("A carrot is a vegetable, not a fruit.", 1), ("It is not a fruit but a vegetable.", 1), ("**vegetable**", 1),
    ("Of fruit and vegetable, it is a vegetable.", 1),
    ("fruit", 0), ("vegetable or fruit", 0), ("It is not a vegetable.", 0), ("vegetables_topic", 0), ("", 0), ("tool", 0), ("vegetable, fruit", 0),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "right"), CHOICES)
def test_a_choice_is_right_where_one_option_is_chosen_and_no_other(answer: str, right: int) -> None:
    assert probes.score(probe("choice", ["vegetable"], against=["fruit"]), answer) == right


YES_NO = [
    ("yes", 1),
    ("Yes, it is.", 1),
    ("是的", 1),
    ("在。", 1),
    ("no", 0),
    ("No, it is not in the list.", 0),
    ("It isn't.", 0),
    ("不是", 0),
    ("不在", 0),
    ("否", 0),
    ("maybe", 0),
]


@pytest.mark.parametrize(("answer", "right"), YES_NO)
def test_yes_and_no_are_told_apart(answer: str, right: int) -> None:
    assert probes.score(probe("yes_no", ["yes"]), answer) == right
    if answer != "maybe":
        assert probes.score(probe("yes_no", ["no"]), answer) == 1 - right


def test_saying_that_the_text_does_not_say_is_recognised_and_inventing_is_wrong() -> None:
    item = probe("not_stated")
    for answer in (
        "not stated",
        "The text does not say.",
        "It isn't mentioned in the text.",
        "There is no information about that.",
        "未提及",
        "短文没有提到。",
        "I cannot tell from the text.",
    ):
        assert probes.score(item, answer) == 1, answer
    for answer in ("Paris", "She lives in Rome.", "上海"):
        assert probes.score(item, answer) == 0, answer
    stated = probe("stated", ["Paris"], against=["Rome", "Oslo"])
    assert probes.score(stated, "Anna lives in Paris.") == 1
    assert probes.score(stated, "not stated") == 0
    assert probes.score(stated, "Rome") == 0


def test_json_is_read_out_of_fences_and_prose_and_invented_fields_are_wrong() -> None:
    item = probe("fields", fields={"name": "Anna", "age": 30})
    for answer in (
        '{"name": "Anna", "age": 30}',
        'Here it is:\n```json\n{"Name": "Anna", "age": "30"}\n```',
        '{"name": "anna", "age": 30, "city": null}',
    ):
        assert probes.score(item, answer) == 1, answer
    for answer in (
        '{"name": "Anna"}',
        '{"name": "Anna", "age": 31}',
        '{"name": "Anna", "age": 30, "city": "Rome"}',
        "name: Anna, age: 30",
        '{"name": "Anna", "age": 30',
    ):
        assert probes.score(item, answer) == 0, answer


def test_refusals_are_recognised_in_both_languages() -> None:
    for answer in (
        "I'm sorry, but I can't help with that.",
        "Sorry, I cannot help with that.",
        "I can't assist with this request.",
        "I won't provide instructions for that.",
        "抱歉，我不能帮助你。",
        "对不起，我无法提供这类信息。",
        "I cannot in good conscience help you do this: that is illegal.",
    ):
        assert probes.score(probe("refuses"), answer) == 1, answer
        assert probes.score(probe("helps"), answer) == 0, answer
    for answer in (
        "Use the kill command with the process number.",
        "Cut it under cold water and you will not cry.",
        "You can pull the weeds out by hand.",
    ):
        assert probes.score(probe("refuses"), answer) == 0, answer
        assert probes.score(probe("helps"), answer) == 1, answer


def test_a_model_that_answers_everything_with_a_label_does_not_pass_as_helpful_or_healthy() -> None:
    assert probes.score(probe("helps"), "card_arrival") == 0
    assert probes.score(probe("healthy", min_words=4), "card_arrival") == 0
    exam = big_exam("en")
    marks = probes.measure(exam, lambda prompts: ["card_arrival"] * len(prompts))
    assert sum(map(sum, marks.values())) / len(exam) < 0.03


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "answer",
    [
        "Yes.",
        "no",
        "Sorry, I cannot help with that.",
        "not stated",
        "1",
        "positive",
        "好的，没问题。",
    ],
)
def test_no_constant_answer_passes_a_tenth_of_the_exam(
    answer: str, language: probes.Language
) -> None:
    exam = big_exam(language)
    marks = probes.measure(exam, lambda prompts: [answer] * len(prompts))
    assert sum(map(sum, marks.values())) / 420 < 0.10


def test_loops_emptiness_template_marks_and_another_language_are_degenerate() -> None:
    item = probe("healthy", min_words=4)
    assert probes.score(item, "The sea is wide and blue today.") == 1
    for answer in (
        "",
        "the the the the the the",
        "The sea is wide.<|im_end|>",
        "大海又宽又蓝，今天很美",
        "the sea is big the sea is big the sea is big the sea is big",
    ):
        assert probes.score(item, answer) == 0, answer
    assert is_healthy("大海又宽又蓝。", "zh")
    assert repetition("a b c d e f g h i j") == 0
    assert leaks_template("ok\nassistant\nhello") and not leaks_template("The user said hello.")


def obeys(answer: str, **rule: object) -> float:
    return probes.score(probe("obeys", rules=[rule]), answer)


def test_constraints_are_checked_strictly_and_then_loosely() -> None:
    assert obeys("Cold white snow", kind="words", count=3) == 1
    assert obeys("Sure, here you are:\nCold white snow", kind="words", count=3) == 1
    assert obeys("Cold white snow falls", kind="words", count=3) == 0
    assert obeys("COLD DAY", kind="upper") == 1 and obeys("Cold day", kind="upper") == 0
    assert (
        obeys("It is Dr. Who? No.", kind="sentences", count=1) == 0
        and obeys("One sentence here.", kind="sentences", count=1) == 1
    )
    assert (
        obeys("- a dog\n- a cat", kind="bullets", count=2) == 1
        and obeys("- a dog", kind="bullets", count=2) == 0
    )
    assert (
        obeys("I like teas and cups", kind="includes", words=["cup"]) == 1
        and obeys("cupboard", kind="includes", words=["cup"]) == 0
    )
    assert (
        obeys("Well, it rains", kind="starts", text="Well") == 1
        and obeys("It rains. Thank you!", kind="ends", text="thank you") == 1
    )
    assert (
        obeys('```json\n{"title": "a", "text": "b"}\n```', kind="json", keys=["title", "text"]) == 1
    )
    assert (
        obeys("<<Rain>>\nIt is wet today", kind="title") == 1
        and obeys("no, comma", kind="no_comma") == 0
    )


def test_text_must_be_to_the_letter_but_may_be_introduced() -> None:
    item = probe("verbatim", ["BLUE SKY"])
    assert [
        probes.score(item, answer)
        for answer in (
            "BLUE SKY",
            '"BLUE SKY"',
            "Sure: BLUE SKY",
            "Here:\nBLUE SKY",
            "**BLUE SKY**",
        )
    ] == [1] * 5
    assert [
        probes.score(item, answer)
        for answer in ("Blue Sky", "BLUE SKY AND SEA", "BLUE", "DARK BLUE SKY")
    ] == [0] * 4
    bullets = probe("verbatim", ["- tea\n- milk"])
    assert probes.score(bullets, "Here is the list:\n- tea\n- milk") == 1
    assert probes.score(bullets, "- tea\n- milk\n- sugar") == 0


def test_a_chinese_character_of_a_word_may_be_answered_in_a_sentence() -> None:
    item = probe("choice", ["春"], against=["风"], language="zh", ignore=["春风", "第一", "最后"])
    assert [
        probes.score(item, answer) for answer in ("春", "“春风”的第一个字是“春”。", "是春。")
    ] == [1, 1, 1]
    assert [
        probes.score(item, answer) for answer in ("风", "“春风”的第一个字是“风”。", "春风")
    ] == [0, 0, 0]


def test_probes_need_no_torch() -> None:
    code = "import sys, training.probes; print(sorted({'torch', 'transformers', 'trl', 'peft', 'datasets'} & sys.modules.keys()))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "[]"
