"""Facts that no question tells are found in the data, whatever the goal calls them; what can be worked out is none."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.deciding import CARD_24, facts, scored
from tools.dataset import DataOptions, prepare
from tools.decide import decide
from tools.profile import Profile
from training.practice import samples

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
NAMES = [f"{first} {last}" for first in ["Ada", "Ben", "Cara", "Dov", "Eli"] for last in ["Abt", "Berg", "Cho", "Diaz", "Egan", "Fry"]]  # fmt: skip
ZH_NAMES = ["张伟", "王芳", "李娜", "刘洋", "陈静", "杨磊", "赵敏", "黄涛", "周强", "吴霞"]


def contacts() -> Iterator[tuple[str, str]]:
    draw = random.Random(0)
    for number in range(300):
        yield f"Who is the contact of project P{number}?", draw.choice(NAMES)


def contacts_zh() -> Iterator[tuple[str, str]]:
    draw = random.Random(0)
    for number in range(300):
        yield f"项目P{number}的联系人是谁？", draw.choice(ZH_NAMES)


def history() -> Iterator[tuple[str, str]]:
    """Questions each worded in its own way, answers that come once: names and years."""
    draw = random.Random(0)
    asks = ("when was {} bridge finished", "which year did {} close its mine", "since when has {} a mayor", "who laid out the park of {}")  # fmt: skip
    for number in range(200):
        place = "".join(draw.choice("bdfglmnprt") + draw.choice("aeiou") for _ in range(3)).capitalize()  # fmt: skip
        ask = asks[number % 4]
        yield ask.format(place), f"By {place[::-1].capitalize()} Holm{number}" if "who" in ask else str(1500 + 2 * number)  # fmt: skip


def sums() -> Iterator[tuple[str, str]]:
    for number in range(300):
        yield f"What is {number} plus {number * 3 % 71}?", str(number + number * 3 % 71)


def backwards() -> Iterator[tuple[str, str]]:
    draw = random.Random(0)
    for _ in range(300):
        word = "".join(draw.choice("abcdefghij") for _ in range(6)).capitalize()
        yield f"Write the word {word} from its end to its beginning", word[::-1].capitalize()


def topics() -> Iterator[tuple[str, str]]:
    """Labels with capitals, many of them: they come again and again."""
    draw = random.Random(0)
    labels = [f"{first} {second}" for first in ("Card", "Transfer", "Account", "Refund", "Fee") for second in ("Lost", "Late", "Wrong", "Stuck", "Missing", "Blocked")]  # fmt: skip
    for number in range(600):
        label = labels[number % 30]
        words = [*label.lower().split(), *(draw.choice(("please", "help", "my", "the", "is", "still", "again", "today")) for _ in range(5))]  # fmt: skip
        yield " ".join(draw.sample(words, len(words))), label


def profile_of(folder: Path, pairs: Iterator[tuple[str, str]]) -> Profile:
    path = folder / "rows.jsonl"
    lines = [json.dumps({"question": asked, "answer": said}) for asked, said in pairs]
    path.write_text("\n".join(lines), encoding="utf-8")
    return prepare([path], options=DataOptions()).profile


def told(profile: Profile) -> list[str]:
    return [str(one.text) for one in profile.issues if one.code == "facts_change_use_rag"]


@pytest.mark.parametrize("rows", [contacts, contacts_zh, history])
def test_answers_that_no_question_tells_are_called_facts(rows: object, tmp_path: Path) -> None:
    profile = profile_of(tmp_path, rows())  # type: ignore[operator]
    (text,) = told(profile)
    assert "facts that the question does not tell, such as '" in text


@pytest.mark.parametrize("rows", [sums, backwards, topics])
def test_what_can_be_worked_out_or_is_a_label_is_no_fact(rows: object, tmp_path: Path) -> None:
    assert told(profile_of(tmp_path, rows())) == []  # type: ignore[operator]


@pytest.mark.parametrize("name", [one.name for one in samples.SAMPLES])
def test_our_own_samples_are_not_called_facts(name: str, tmp_path: Path) -> None:
    assert told(prepare(samples.files_of(name, tmp_path)[:1], options=DataOptions()).profile) == []


@pytest.mark.slow
@pytest.mark.parametrize("file", ["banking77/train.csv", "bitext/support.csv", "gsm8k/train.jsonl", "medquad/qa.jsonl"])  # fmt: skip
def test_public_sets_without_short_facts_are_left_in_peace(file: str) -> None:
    if not (SHARED / file).exists():
        pytest.skip("the public data are not here")
    assert told(prepare([SHARED / file], options=DataOptions()).profile) == []


def test_the_plan_warns_where_it_trains_and_stays_silent_where_the_model_knows(
    tmp_path: Path,
) -> None:
    profile = profile_of(tmp_path, contacts())
    asked = facts("qa", profile=profile, gpu=CARD_24)
    warned = [one for one in decide(asked).warnings if one.code == "facts_change_use_rag"]
    assert len(warned) == 1 and "invent others" in warned[0].text and warned[0].examples
    knows = (scored("few-shot", 0.7, metric="exact_match"),)
    known = decide(replace(asked, baselines=knows)).warnings
    assert "facts_change_use_rag" not in [one.code for one in known]
