"""The guard against brains that invent: mutated reports are caught, reworded ones pass."""

import random
import re

from agent.conversation import outcome
from agent.words.faithful import unsupported
from prompts import translate
from tests.fake_engine import made_up_report
from tools.judging.results import Report

FLIPS = (
    ("better", "worse"), ("kept", "lost"), ("gain", "loss"), ("lost", "gained"), ("within", "outside"), ("Use it", "Do not use it"), ("was", "was not"),
)  # fmt: skip
UNIT_FLIPS = ((" %", " points"), ("points", "%"), ("minutes", "hours"), ("nothing", "2 dollars"))


def reports(count: int) -> list[Report]:
    rng = random.Random(11)
    return [
        made_up_report(f"r{n}", tuned=round(rng.uniform(0.3, 0.95), 3), retention=round(rng.uniform(0.8, 1.0), 3), base=round(rng.uniform(0.05, 0.25), 3))
        for n in range(count)
    ]  # fmt: skip


def told(report: Report, language: str = "en") -> str:
    return "\n".join(translate(text, language) for text in outcome.paragraphs(report))


def swapped(text: str, rng: random.Random) -> str | None:
    """Exchange two different figures."""
    figures = list(re.finditer(r"\d+(?:\.\d+)?", text))
    pairs = [
        (a, b) for a in figures for b in figures if a.start() < b.start() and a.group() != b.group()
    ]
    if not pairs:
        return None
    a, b = rng.choice(pairs)
    return text[: a.start()] + b.group() + text[a.end() : b.start()] + a.group() + text[b.end() :]


def signed(text: str, rng: random.Random) -> str:
    """Turn one figure's sign."""
    figure = rng.choice(list(re.finditer(r"(?<= )\d+(?:\.\d+)?", text)))
    return text[: figure.start()] + "-" + text[figure.start() :]


def replaced(text: str, flips: tuple[tuple[str, str], ...], rng: random.Random) -> str | None:
    possible = [(old, new) for old, new in flips if old in text]
    if not possible:
        return None
    old, new = rng.choice(possible)
    at = rng.choice([match.start() for match in re.finditer(re.escape(old), text)])
    return text[:at] + new + text[at + len(old) :]


def test_the_guard_catches_mutated_reports() -> None:
    rng = random.Random(5)
    caught = tried = 0
    missed: list[str] = []
    for report in reports(200):
        source = told(report)
        for mutant in (
            swapped(source, rng),
            signed(source, rng),
            replaced(source, FLIPS, rng),
            replaced(source, UNIT_FLIPS, rng),
        ):
            if mutant is None or mutant == source:
                continue
            tried += 1
            if unsupported(mutant, source):
                caught += 1
            else:
                missed.append(mutant)
    assert tried >= 700
    assert caught / tried >= 0.99, missed[:3]


def test_the_guard_lets_reworded_reports_pass() -> None:
    rng = random.Random(6)
    alarms = 0
    sample = reports(200)
    for report in sample:
        source = told(report)
        alarms += bool(unsupported(reworded(report, rng), source)) + bool(
            unsupported(source, source)
        )
    assert alarms / (2 * len(sample)) <= 0.02


def reworded(report: Report, rng: random.Random) -> str:
    """Say parts of the report in other words and another order, as a brain would."""
    assert report.tuned is not None and report.baseline is not None and report.retention is not None
    points = {
        name: outcome.value(report.tuned, getattr(report.tuned, name))
        for name in ("value", "low", "high")
    }
    before, kept = (
        outcome.value(report.baseline, report.baseline.value),
        outcome.wording.percent(report.retention.value),
    )
    parts = [
        rng.choice([f"The tuned model reaches {points['value']}; before the training it was {before}.", f"It now scores {points['value']}. The untouched model was at {before}."]),
        rng.choice([f"General abilities: {kept} kept.", f"It kept {kept} of what it could do in general."]),
        rng.choice([f"That took {report.spent['minutes']:.0f} minutes.", f"The run took {report.spent['minutes']:.0f} minutes; I had expected {report.predicted['minutes']:.0f} minutes."]),
    ]  # fmt: skip
    rng.shuffle(parts)
    return " ".join(parts)


def test_a_swap_of_before_and_after_is_caught_in_chinese() -> None:
    report = made_up_report("r", tuned=0.85, retention=0.97)
    source = told(report, "zh")
    assert unsupported(source, source) == []
    assert unsupported(source.replace("85%", "§").replace("15%", "85%").replace("§", "15%"), source)
