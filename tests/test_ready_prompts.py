"""Where there is too little to train on, a prompt is handed over that can be used as it stands, and the missing rows are counted."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.deciding import facts
from tools.dataset import DataOptions, prepare
from tools.decide import decide
from tools.deciding.ready_prompts import MOST_LETTERS, prompt_with_rows
from tools.profile import Profile

LABELS = ("refund",) * 20 + ("delivery",) * 12 + ("login",) * 6
WORDS = ["again", "please", "today", "still", "since", "here", "why", "how", "never", "now"]


def few(folder: Path, labels: tuple[str, ...]) -> Profile:
    path = folder / "few.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["text", "label"])
        for number, label in enumerate(labels):
            table.writerow(
                [f"My {label} {WORDS[number % 10]} {WORDS[number // 10]} {number}", label]
            )
    return prepare([path], options=DataOptions()).profile


def test_the_prompt_shows_every_kind_of_answer_first(tmp_path: Path) -> None:
    found = prompt_with_rows(facts(profile=few(tmp_path, LABELS)))
    assert found is not None
    prompt = str(found.facts["prompt"])
    first = [line for line in prompt.splitlines() if line.startswith("Answer: ")][:3]
    assert {line.removeprefix("Answer: ") for line in first} == {"refund", "delivery", "login"}
    assert len(prompt) <= MOST_LETTERS and prompt.endswith("Question: …\nAnswer: ")


def test_the_plan_says_how_many_rows_of_which_kind_are_missing(tmp_path: Path) -> None:
    plan = decide(facts(profile=few(tmp_path, LABELS)))
    said = str(plan.decision.because)
    assert plan.decision.pipeline == ()
    assert "login (14), delivery (8)" in said and "Answer: " in said


def test_rows_enough_to_train_on_bring_no_rows_for_a_prompt(tmp_path: Path) -> None:
    assert few(tmp_path, LABELS * 2).shots == ()
    assert len(few(tmp_path, LABELS).shots) == 10
