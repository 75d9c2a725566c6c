"""Reading and scoring answers: kind to form, never to a wrong answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training import metrics
from training.answers import (
    LabelReader,
    field_f1,
    json_valid,
    last_number,
    normalise,
    numbers_agree,
    rouge_l,
    same_program_text,
)
from training.config import Metric, Task, TaskConfig
from training.rows import Message, Row

DATA = Path(__file__).parents[2] / "shared" / "data"
LABELS = ("card_arrival", "Lost card", "C", "C++", "退款", "US", "us", "-1", "1", "a-b", "a b")
HOSTILE = ["", "   \n\t", "\0", "{" * 50_000, "[" * 50_000, "9" * 50_000, "1/" * 20_000, "label: " * 9_000,
           "a " * 30_000, "٣" * 500, "Ⅷ²", "\ud7ff\U0001f600", "#### ", "\\boxed{", "<think>", "1e999", "NaN",
           "-", "%", '"', "```json\n```", "1,,,,2", "0/0", "5/0"]  # fmt: skip


def rows(*answers: str) -> list[Row]:
    return [
        Row(
            id=str(place),
            messages=(Message(role="user", content="q"), Message(role="assistant", content=text)),
        )
        for place, text in enumerate(answers)
    ]


def config(metric: Metric, task: Task = "classification", **fields: Any) -> TaskConfig:
    return TaskConfig(task=task, metric=metric, **fields)


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ("card_arrival", "card_arrival"),
        ("Card arrival.", "card_arrival"),
        ("card-arrival", "card_arrival"),
        ("  LOST   CARD\n", "Lost card"),
        ("Label: lost card", "Lost card"),
        ('The category is "Lost card".', "Lost card"),
        ("**Lost card**", "Lost card"),
        ('{"label": "Lost card"}', "Lost card"),
        ("Lost card\nbecause it is gone", "Lost card"),
        ("<think>C or C++?</think>C++", "C++"),
        ("c++.", "C++"),
        ("c", "C"),
        ("退款。", "退款"),
        ("「退款」", "退款"),
        ("类别：退款", "退款"),
        ("分类是退款", "退款"),
        ("ＵＳ", "US"),
        ("us", "us"),
        ("−1", None),
        ("-1", "-1"),
        ("1.", "1"),
        ("a-b", "a-b"),
        ("a b", "a b"),
    ],
)
def test_labels_are_read_through_their_dress(answer: str, label: str | None) -> None:
    assert LabelReader(LABELS).read(answer) == label


@pytest.mark.parametrize(
    "answer",
    [
        "not lost card", "lost card, C", "lost card or C++", "Lost card\nC", "Us", "a_b", "cards arrival",
        "Label: not lost card", "card", "Lost cards", "D", "2", "1 1", '{"label": "x"}', "退款吗换货", "不退款",
        '{"a": "C", "b": "C++"}', *HOSTILE,
    ],
)  # fmt: skip
def test_what_names_no_label_or_two_is_wrong(answer: str) -> None:
    assert LabelReader(LABELS).read(answer) is None


def test_every_label_reads_as_itself_even_where_they_are_alike() -> None:
    tricky = [
        "a",
        "A",
        "a.",
        "a!",
        " a b",
        "a_b",
        "a-b",
        '"a"',
        "Label: a",
        "ａ",
        "?",
        "no\nyes",
        "{}",
    ]
    reader = LabelReader(tricky)
    assert [reader.read(label) for label in tricky] == tricky


def test_accuracy_counts_items_and_learns_labels_from_the_rows() -> None:
    task = config("accuracy")
    assert metrics.score_answers(task, rows("yes", "no"), ["Yes.", "maybe"]) == [1.0, 0.0]
    score = metrics.summarize(task, rows("yes", "no"), ["Yes.", "maybe"])
    assert (score.value, score.items) == (0.5, 2)


def test_answers_and_rows_must_be_as_many() -> None:
    with pytest.raises(ValueError, match="1 answers do not fit 2 rows"):
        metrics.score_answers(config("accuracy"), rows("a", "b"), ["a"])


def test_macro_f1_equals_scikit_learns() -> None:
    sklearn = pytest.importorskip("sklearn.metrics")
    generator = np.random.default_rng(2)
    names = ["a", "b", "c", "d"]
    expected = list(generator.choice(names, 300, p=[0.6, 0.25, 0.1, 0.05]))
    read = [w if generator.random() < 0.7 else str(generator.choice(names)) for w in expected]
    score = metrics.macro_f1(expected, read)
    assert score.value == pytest.approx(sklearn.f1_score(expected, read, average="macro"))
    assert score.low < score.value < score.high


def test_macro_f1_punishes_answers_outside_the_labels() -> None:
    score = metrics.summarize(config("macro_f1"), rows("a", "a", "b", "b"), ["a", "a", "b", "?"])
    assert score.value == pytest.approx((1 + 2 / 3) / 2)
    assert metrics.macro_f1([], []).items == 0


def test_macro_f1_is_compared_item_by_item() -> None:
    generator = np.random.default_rng(5)
    expected = list(generator.choice(["a", "b", "c"], 200))
    base = [w if generator.random() < 0.6 else "a" for w in expected]
    tuned = [w if generator.random() < 0.9 else "a" for w in expected]
    found = metrics.macro_f1_difference(expected, base, tuned)
    straight = metrics.macro_f1(expected, tuned).value - metrics.macro_f1(expected, base).value
    assert found.value == pytest.approx(straight)
    assert found.better is True
    assert metrics.macro_f1_difference(expected, base, base).better is None
    assert metrics.macro_f1_difference([], [], []).better is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("#### 72", 72), ("48/2 = 24, 48+24 = 72\n#### 72", 72), ("#### 1,072 eggs, or 5", 1072),
        ("It is 72.", 72), ("$1,234.50", 1234.5), ("-$5", -5), ("$-5", -5), ("10-5", 5), ("(7)", 7),
        ("3/4 of it", 0.75), ("1 1/2 cups", 1.5), ("７２", 72), ("٧٢", 72), ("−5", -5), ("1e3", 1000),
        ("\\boxed{12} and 3 more", 12), ("first 3,5", 5), ("12 345", 345), ("1'000", 1000), (".5", 0.5),
        ("100,000,000", 1e8), ("2.", 2), ("共１２３元", 123), ("<think>9</think> 4", 4), ("x = 3.", 3),
    ],
)  # fmt: skip
def test_the_number_an_answer_ends_on(text: str, value: float) -> None:
    found = last_number(text)
    assert found is not None
    assert found.value == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "none", "####", "9" * 100, "1e999", "5/0", "²"])
def test_no_number_is_no_number(text: str) -> None:
    assert last_number(text) is None


@pytest.mark.parametrize(
    ("expected", "answer", "agree"),
    [
        ("#### 72", "72", True), ("#### 72", "72.0", True), ("#### 72", "7 2", False), ("#### 72", "-72", False),
        ("75%", "75", True), ("75%", "0.75", True), ("0.75", "75%", True), ("0.75", "75", False),
        ("75", "0.75", False), ("1/3", "0.3333333", True), ("1/3", "0.33", False), ("0", "0.0000001", True),
        ("1000000", "1000001", True), ("#### 72", "it was 72 but is now 73", False), ("72", "", False), ("none", "none", False),
    ],
)  # fmt: skip
def test_numbers_agree_within_tolerance_only(expected: str, answer: str, agree: bool) -> None:
    assert numbers_agree(expected, answer) is agree


def test_commas_are_decimals_where_the_language_writes_them() -> None:
    assert numbers_agree("3,14", "3.14", language="de")
    assert numbers_agree("1.234,5", "1.234,50", language="de")
    assert not numbers_agree("3.14", "3,14", language="en")


def test_the_reference_answers_of_gsm8k_read_as_their_last_line() -> None:
    files = sorted((DATA / "gsm8k").glob("*test*"))
    if not files:
        pytest.skip("the shared data are not here")
    answers = [json.loads(line)["answer"] for line in files[0].read_text().splitlines()[:300]]
    for answer in answers:
        found = last_number(answer)
        assert found is not None
        assert found.value == float(answer.split("####")[1].replace(",", ""))


@pytest.mark.parametrize(
    ("expected", "answer", "f1"),
    [
        ('{"a": 1, "b": 2}', '{"b": 2, "a": 1}', 1.0),
        ('{"a": 1, "b": 2}', '{"a": 1}', 2 / 3),
        ('{"a": 1}', '{"a": 1, "b": 2, "c": 3}', 0.5),
        ('{"a": {"b": "Ann "}}', '```json\n{"a": {"b": "ann"}}\n```', 1.0),
        ('{"a": {"b": 1}}', '{"b": 1}', 0.0),
        ('{"a": 7}', '{"a": "7"}', 1.0),
        ('{"a": true}', '{"a": 1}', 0.0),
        ('{"a": null}', '{"a": ""}', 0.0),
        ('{"l": [1, 2, 3]}', '{"l": [3, 1]}', 0.8),
        (
            '[{"n": "a", "q": 1}, {"n": "b", "q": 2}]',
            '[{"n": "b", "q": 2}, {"n": "a", "q": 1}]',
            1.0,
        ),
        (
            '[{"n": "a", "q": 1}, {"n": "b", "q": 2}]',
            '[{"n": "a", "q": 2}, {"n": "b", "q": 1}]',
            0.5,
        ),
        ("{}", "{}", 1.0),
        ("{}", '{"a": 1}', 0.0),
        ('{"a": 1}', 'Here it is: {"a": 1} as asked.', 1.0),
        ('{"a": 1}', "[1]", 0.0),
        ('{"a": 1}', '{"a": 1', 0.0),
        ("plain", "Plain.", 1.0),
        ('{"名": "王"}', '{"名": "王"}', 1.0),
    ],
)
def test_fields_are_counted_by_path(expected: str, answer: str, f1: float) -> None:
    assert field_f1(expected, answer) == pytest.approx(f1)


@pytest.mark.parametrize(
    ("expected", "answer", "valid"),
    [
        ('{"a": 1}', ' {"b": [1, 2]}\n', True), ('{"a": 1}', "[1]", False), ('{"a": 1}', "5", False),
        ("x", "5", True), ('{"a": 1}', '{"a": NaN}', False), ('{"a": 1}', '```json\n{"a": 1}\n```', False),
        ('{"a": 1}', "{'a': 1}", False), ('{"a": 1}', "", False),
    ],
)  # fmt: skip
def test_json_is_valid_only_as_a_program_reads_it(expected: str, answer: str, valid: bool) -> None:
    assert json_valid(expected, answer) is valid


def test_texts_match_but_for_dress() -> None:
    assert normalise("“Yes, of course!” ") == normalise("yes, of  course")
    assert normalise("5") != normalise("-5")
    assert normalise("C++") == "c++"
    assert normalise("好的。") == normalise("好的")
    assert normalise("a.b") != normalise("ab")


def test_code_keeps_its_case_and_inner_spaces() -> None:
    task = config("exact_match", "code")
    answers = ["```python\nx = 1 \n```", "X = 1", "x  = 1"]
    assert metrics.score_answers(task, rows(*["x = 1"] * 3), answers) == [1.0, 0.0, 0.0]
    assert same_program_text(
        '{"name": "f", "arguments": {"x": 1}}', '{"arguments":{"x":1},"name":"f"}'
    )
    assert not same_program_text('{"name": "f", "x": [1]}', '{"name": "f", "x": [1, 1]}')


@pytest.mark.parametrize(
    ("expected", "answer"),
    [
        ("the cat sat on the mat", "a cat on the mat sat"),
        ("the cat sat", "the cat sat"),
        ("one two three", "four five"),
        ("Bright-eyed people, 20 of them!", "20 bright eyed people"),
    ],
)
def test_rouge_l_equals_the_reference_implementation(expected: str, answer: str) -> None:
    scorer = pytest.importorskip("rouge_score.rouge_scorer").RougeScorer(["rougeL"])
    assert rouge_l(expected, answer) == pytest.approx(
        scorer.score(expected, answer)["rougeL"].fmeasure
    )


def test_rouge_and_chrf_work_for_chinese() -> None:
    assert rouge_l("我想退款", "我要退款") == pytest.approx(0.75)
    assert rouge_l("我想退款", "") == 0.0
    task = config("chrf", "translation")
    same, other, empty = metrics.score_answers(
        task, rows(*["我想退款"] * 3), ["我想退款", "今天下雨", ""]
    )
    assert same == pytest.approx(1.0)
    assert other < 0.05 and empty < 0.05


@pytest.mark.parametrize(
    "metric",
    ["accuracy", "macro_f1", "exact_match", "field_f1", "json_valid", "numeric", "chrf", "rouge"],
)
def test_hostile_answers_score_nothing_and_break_nothing(metric: Metric) -> None:
    task = config(metric, "extraction")
    answers = [text[:3000] for text in HOSTILE] if metric == "chrf" else HOSTILE
    values = metrics.score_answers(task, rows(*['{"name": "Käthe"}'] * len(answers)), answers)
    assert max(values) < 0.1
    score = metrics.summarize(task, rows(*['{"name": "Käthe"}'] * len(answers)), answers)
    assert 0 <= score.low <= score.value <= score.high <= 1


def test_a_metric_from_outside_needs_its_grader() -> None:
    task = config("pass_rate", "code")
    with pytest.raises(ValueError, match="pass_rate needs a grader"):
        metrics.score_answers(task, rows("a"), ["b"])
    graded = metrics.summarize(
        task, rows("a", "b"), ["a", "x"], grader=lambda row, text: row.answer == text
    )
    assert (graded.value, graded.metric) == (0.5, "pass_rate")
    with pytest.raises(ValueError, match="measured on texts"):
        metrics.score_answers(config("bits_per_byte", "documents"), rows("a"), ["b"])


def test_bits_per_byte_weigh_texts_by_their_length() -> None:
    nats = [100 * np.log(2), 900 * np.log(2)]
    score = metrics.bits_per_byte(nats, [100, 300])
    assert score.value == pytest.approx(2.5)
    assert not score.higher_is_better
    generator = np.random.default_rng(0)
    base = generator.normal(300, 20, 80)
    better = metrics.compare_bits(list(base), list(base * 0.95), [200] * 80)
    assert better.better is True and better.value < 0
    assert metrics.compare_bits(list(base), list(base), [200] * 80).better is None
    with pytest.raises(ValueError, match="without a byte"):
        metrics.bits_per_byte([], [])


def test_a_sure_drop_on_disturbed_items_is_learned_wording() -> None:
    task, asked = config("accuracy"), rows(*["a", "b"] * 50)
    right = ["a", "b"] * 50
    fallen = metrics.robustness(task, asked, right, ["a", "b"] * 40 + ["?"] * 20)
    assert fallen.learned_the_wording
    assert (fallen.plain.value, fallen.disturbed.value) == (1.0, 0.8)
    assert not metrics.robustness(task, asked, right, ["?", "?", *right[2:]]).learned_the_wording


def test_mistakes_and_labels_are_counted() -> None:
    task, asked = config("accuracy"), rows("a", "a", "a", "b")
    assert metrics.confusion(task, asked, ["b", "B.", "a", "who knows"]) == (
        ("a", "b", 2),
        ("b", "who knows", 1),
    )
    table = metrics.per_label(task, asked, ["a", "?", "?", "b"], ["a", "a", "?", "b"])
    assert table["a"] == {"items": 3, "base": pytest.approx(1 / 3), "tuned": pytest.approx(2 / 3)}
    assert list(table) == ["a", "b"]
