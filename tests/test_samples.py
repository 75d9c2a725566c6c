"""The sample data: ours, repeatable, with troubles where the generator says, and answers that are right."""

import csv
import json
import re
import subprocess
import sys
from collections import Counter
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from tests.sample_truth import support_lines
from tools.dataset import DataOptions, prepare
from training.practice import samples
from training.practice.samples import forms, mandarin, maths, support, tone


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("samples")
    samples.write(place)
    return place


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def luhn(digits: str) -> bool:
    doubled = [int(sign) * (2 if place % 2 else 1) for place, sign in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def test_every_registered_file_is_written_and_nothing_else(folder: Path) -> None:
    named = {name for sample in samples.SAMPLES for name in sample.files}
    assert named == {path.name for path in folder.iterdir()}
    assert len({sample.name for sample in samples.SAMPLES}) == len(samples.SAMPLES)
    for sample in samples.SAMPLES:
        assert sample.goal and sample.says
        assert sample.eval_file is None or sample.eval_file in sample.files
        assert samples.find(sample.name) is sample


def test_the_same_seed_writes_the_same_bytes_and_another_seed_other_ones(
    folder: Path, tmp_path: Path
) -> None:
    again, other = tmp_path / "again", tmp_path / "other"
    samples.write(again)
    samples.write(other, seed=1)
    for path in folder.iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes()
        if path.suffix != ".md":
            assert (other / path.name).read_bytes() != path.read_bytes()


def test_the_tables_have_the_rows_that_their_names_promise(folder: Path) -> None:
    assert len(table(folder / "support_600.csv")) == 600
    assert len(table(folder / "support_eval.csv")) == 120
    assert len(table(folder / "messages_zh_600.csv")) == 600
    for name, count in {"forms_400": 400, "maths_150": 150, "tone_pairs_300": 300}.items():
        assert len((folder / f"{name}.jsonl").read_text("utf-8").splitlines()) == count


def test_eight_topics_in_uneven_parts(folder: Path) -> None:
    for name, column in {"support_600.csv": "topic", "messages_zh_600.csv": "主题"}.items():
        counts = Counter(row[column] for row in table(folder / name))
        assert len(counts) == 8
        assert min(counts.values()) >= 25
        assert max(counts.values()) > 1.7 * min(counts.values())


def test_what_was_planted_stands_where_the_truth_says(folder: Path) -> None:
    rows = [None, None, *table(folder / "support_600.csv")]
    apart = [None, None, *table(folder / "support_eval.csv")]
    truth = support_lines()
    assert {code: len(lines) for code, lines in truth.items()} == {
        "exact_duplicates": 14, "near_duplicates": 16, "label_conflicts": 2, "leakage": 10, "pii": 6,
    }  # fmt: skip

    def at(line: int) -> tuple[str, str]:
        row = rows[line]
        assert row is not None
        return row["message"], row["topic"]

    for one, two in truth["exact_duplicates"]:
        assert at(one) == at(two)
    for one, two in truth["near_duplicates"]:
        (text, topic), (other, same) = at(one), at(two)
        assert text != other and topic == same
        assert SequenceMatcher(None, text.lower(), other.lower()).ratio() > 0.75
    for one, two in truth["label_conflicts"]:
        assert at(one)[0] == at(two)[0] and at(one)[1] != at(two)[1]
    for held_out, line in truth["leakage"]:
        row = apart[held_out]
        assert row is not None and (row["message"], row["topic"]) == at(line)
    for (line,) in truth["pii"]:
        digits = re.sub(r"\D", "", re.findall(r"\d[\d ]{12,}", at(line)[0])[-1])
        assert luhn(digits)


def test_nothing_else_is_doubled_and_no_other_card_number_stands_in_the_tables(
    folder: Path,
) -> None:
    rows = table(folder / "support_600.csv")
    counts = Counter(row["message"] for row in rows)
    assert sum(count - 1 for count in counts.values()) == 14 + 2
    cards = [row for row in rows if re.search(r"\d[\d ]{12,}\d", row["message"])]
    assert len(cards) == 6
    seen = {row["message"] for row in rows}
    assert sum(row["message"] in seen for row in table(folder / "support_eval.csv")) == 10


def test_every_form_says_what_the_record_holds_and_leaves_out_what_is_null() -> None:
    words = "zero one two three four five six seven eight nine ten".split()  # noqa: SIM905
    nulls = 0
    for row in forms.build(0):
        record = json.loads(row["output"])
        assert tuple(record) == forms.FIELDS
        text = row["input"]
        assert str(record["name"]) in text
        for field in ("phone", "room"):
            assert (
                record[field] is None or str(record[field]) in text.lower() or record[field] in text
            )
        for field in ("guests", "nights"):
            value = record[field]
            assert value is None or str(value) in text or words[value] in text.lower()
        nulls += sum(value is None for value in record.values())
    assert nulls > 50


def test_word_problems_have_whole_answers_that_can_be_computed_again() -> None:
    rows = maths.build(0)
    assert len({row["question"] for row in rows}) == 150
    assert all(row["answer"].isdigit() for row in rows)
    checked = 0
    for row in rows:
        numbers = [int(found) for found in re.findall(r"\d+", row["question"])]
        if "in each" in row["question"] or "pages" in row["question"]:
            assert int(row["answer"]) == numbers[0] * numbers[1]
            checked += 1
        elif "are left over" in row["question"]:
            assert int(row["answer"]) == numbers[0] % numbers[1]
            checked += 1
    assert checked > 20


def test_the_better_reply_is_longer_and_the_prompts_differ() -> None:
    rows = tone.build(0)
    assert len({row["prompt"] for row in rows}) == 300
    assert all(len(row["chosen"]) > len(row["rejected"]) for row in rows)


def test_the_chinese_messages_are_chinese_and_all_different() -> None:
    rows = mandarin.build(0)
    assert len({text for text, _ in rows}) == 600
    assert all(re.search(r"[\u4e00-\u9fff]", text) for text, _ in rows)
    assert {topic for _, topic in rows} == set(mandarin.TOPICS)


def test_the_manual_has_twelve_pages_and_says_that_it_changes_monthly(folder: Path) -> None:
    text = (folder / "manual_12p.md").read_text("utf-8")
    assert re.findall(r"\*Page (\d+) of 12\*", text) == [str(page) for page in range(1, 13)]
    assert "change every month" in text
    pages = text.split("\n---\n")
    assert min(len(page.split()) for page in pages[:12]) > 120


def test_messages_are_written_in_many_ways() -> None:
    made = support.build(0)
    plain = {re.sub(r"\d+", "#", message.text.casefold()) for message in made.messages}
    assert len(plain) > 500
    assert sum(message.text.islower() for message in made.messages) > 100
    assert len({message.text.split()[0].casefold() for message in made.messages}) > 30


@pytest.mark.parametrize(
    ("name", "task"),
    {
        "support": "classification", "forms": "extraction", "maths": "reasoning", "tone": "preference", "manual": "documents",
        "chinese": "classification",
    }.items(),
)  # fmt: skip
def test_the_profiler_takes_every_sample_for_what_it_is(name: str, task: str, folder: Path) -> None:
    sample = samples.find(name)
    options = DataOptions(
        goal=str(sample.goal), eval_file=folder / sample.eval_file if sample.eval_file else None
    )
    found = prepare([folder / file for file in sample.data_files], options=options)
    assert found.profile.task.value == task


def test_the_profiler_finds_what_was_planted(folder: Path) -> None:
    options = DataOptions(eval_file=folder / "support_eval.csv")
    issues = prepare([folder / "support_600.csv"], options=options).profile.issues
    counts = {issue.code: issue.count for issue in issues}
    for code, planted in support_lines().items():
        assert counts.get(code, 0) >= len(planted), code


def test_the_samples_need_no_torch() -> None:
    code = "import sys, training.practice.samples; print(sorted({'torch', 'transformers', 'datasets', 'pandas'} & sys.modules.keys()))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "[]"
