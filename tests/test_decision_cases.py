"""The decision benchmark, case by case: see `benchmarks/decisions`."""

import re
import tomllib
from pathlib import Path

import pytest
from decision_cases import FOLDER, Case, cases, left_out, problems

ROOT = Path(__file__).parent.parent
CASES = cases()
KINDS = tomllib.loads((FOLDER / "rules.toml").read_text(encoding="utf-8"))
RULES = {f"{kind}-{number:02}" for kind, count in KINDS.items() for number in range(1, count + 1)}
ELSEWHERE = re.compile(r"(MS|PR|SY)-\d\d")
"""Rules of other sections that a situation may rest on too."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.file}: {case.id}")
def test_each_situation_is_decided_as_the_evidence_says(case: Case) -> None:
    assert not problems(case), case.evidence


def test_there_are_enough_cases_and_each_names_its_rules() -> None:
    assert len(CASES) >= 120
    assert len({case.id for case in CASES}) == len(CASES)
    for case in CASES:
        assert case.rules and case.evidence, case.id
        assert all(rule in RULES or ELSEWHERE.fullmatch(rule) for rule in case.rules), case.id


def test_every_rule_is_exercised_or_left_out_with_a_reason() -> None:
    exercised = {rule for case in CASES for rule in case.rules}
    missing = left_out()
    assert sorted(RULES - exercised - missing.keys()) == []
    assert sorted(missing.keys() & exercised) == [], "exercised, so not left out"
    assert missing.keys() <= RULES
    assert all(len(about["reason"]) > 20 for about in missing.values())


def test_a_rule_that_is_tried_elsewhere_is_tried_there() -> None:
    for rule, about in left_out().items():
        if "tried_in" not in about:
            continue
        path, _, name = about["tried_in"].partition("::")
        text = (ROOT / path).read_text(encoding="utf-8")
        assert f"def {name}(" in text, f"{rule}: there is no {name} in {path}"
