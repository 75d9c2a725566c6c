"""The window of learning by trial, through the product: a start of nothing, one in the middle, one near the top.

Each is a file of fresh questions given to `tunesmith auto FILE --technique rft --model practice --yes`. The two ends must be
refused before anything is trained; from the middle the gain on held-out items must be at least 15 points with its paired interval
above zero, on every seed. Then the share of general rows alongside (`replay.share`) is compared by what is kept.

    TUNESMITH_BENCH_SEEDS=1 python -m tests.benchmarks rft     one seed instead of three
"""

import csv
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from training.practice.curriculum import KINDS

ROOT = Path(__file__).resolve().parents[2]
ROWS = 1900
ENDS_ROWS = 400
GAIN = 0.15
REHEARSAL_SHARE = 0.3
Question = Callable[[random.Random], tuple[str, str]]


def main() -> int:
    """Print the table; give 1 where a claim does not hold."""
    seeds = range(int(os.environ.get("TUNESMITH_BENCH_SEEDS", "3")))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        held = [
            refused(home, "a start of nothing", even_numbers),
            refused(home, "a start near the top", reversed_words),
            *[middle(home, "a start in the middle", smallest, seed) for seed in seeds],
            middle(home, "the middle, general rows alongside", smallest, 0, f"replay.share={REHEARSAL_SHARE}"),
        ]  # fmt: skip
    return 0 if all(held) else 1


def even_numbers(draw: random.Random) -> tuple[str, str]:
    """A kind of question that the practice model was never taught."""
    numbers = draw.sample(range(1, 30), 5)
    kept = [str(number) for number in numbers if number % 2 == 0]
    return f"Keep only the even numbers: {', '.join(map(str, numbers))}", ", ".join(kept) or "none"


def reversed_words(draw: random.Random) -> tuple[str, str]:
    """A kind of question that it nearly always answers rightly."""
    item = KINDS["reverse_letters"](draw)
    return item.turns[-1][1], item.answer


def smallest(draw: random.Random) -> tuple[str, str]:
    """Longer lists than it was taught: half of its plain answers are right, and three in ten of its attempts.

    The smallest never stands last, or saying the question back would be paid.
    """
    numbers = draw.sample(range(10, 100), 8)
    while numbers[-1] == min(numbers):
        draw.shuffle(numbers)
    return f"What is the smallest number: {', '.join(map(str, numbers))}", str(min(numbers))


def refused(home: Path, name: str, question: Question) -> bool:
    """Say whether the product trains nothing, and in which words."""
    path = write(home, question, rows=ENDS_ROWS, seed=0)
    code, report, said = auto(home, path, seed=0)
    trained = bool(report.get("stages"))
    lines = [line.strip(" ·") for line in said.splitlines() if line.strip()]
    why = next((line for line in lines if "failed" in line), lines[-1] if lines else "")
    print(f"{name}: {'trained all the same' if trained else 'refused'} (exit {code}): {report.get('because') or why}", flush=True)  # fmt: skip
    return not trained


def middle(home: Path, name: str, question: Question, seed: int, *settings: str) -> bool:
    """Say whether the gain is as large as claimed."""
    path = write(home, question, rows=ROWS, seed=seed)
    options = tuple(word for setting in settings for word in ("--set", setting))
    code, report, said = auto(home, path, seed=seed, options=options)
    if code or not report.get("tuned"):
        print(f"{name}, seed {seed}: no result (exit {code}): {said[-400:]}", flush=True)
        return False
    gain, kept = report["difference"], report["retention"]
    before, after = report["baseline"]["value"], report["tuned"]["value"]
    usable = statistics.mean(event_values(report, "usable_groups") or [0.0])
    print(
        f"{name}, seed {seed}: {before:.3f} -> {after:.3f} on {report['tuned']['items']} items, gain {gain['value']:+.3f} "
        f"[{gain['low']:+.3f}, {gain['high']:+.3f}]; retention {kept['value']:.3f} [{kept['low']:.3f}, {kept['high']:.3f}]; "
        f"usable groups {usable:.0%}; {report['stages'][0]['steps']} steps, {report['spent']['minutes']:.1f} min on the clock; {report['verdict']}",
        flush=True,
    )
    return bool(gain["value"] >= GAIN and gain["low"] > 0)


def event_values(report: dict[str, Any], fact: str) -> list[float]:
    """Give a fact of every training step that was told."""
    lines = (Path(report["folder"]) / "events.jsonl").read_text(encoding="utf-8").splitlines()
    facts = [json.loads(line).get("facts", {}) for line in lines]
    return [one[fact] for one in facts if fact in one]


def write(home: Path, question: Question, *, rows: int, seed: int) -> Path:
    """Write different questions with their answers."""
    draw = random.Random(f"{question.__name__} {seed}")
    found: dict[str, str] = {}
    while len(found) < rows:
        asked, answer = question(draw)
        found[asked] = answer
    path = home / f"{question.__name__}-{seed}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["question", "answer"])
        writer.writerows(found.items())
    return path


def auto(
    home: Path, path: Path, *, seed: int, goal: str = "answer the question", technique: str = "rft", options: tuple[str, ...] = (),
) -> tuple[int, dict[str, Any], str]:  # fmt: skip
    """Carry the whole job out from the command line; give its exit code, its report and what it said."""
    command = [sys.executable, "-m", "agent.cli", "auto", str(path), "--goal", goal, "--technique", technique, "--model", "practice", "--yes", "--json", "--set", f"seed={seed}", *options]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, check=False,
        env=os.environ | {"TUNESMITH_HOME": str(home / "home"), "OMP_WAIT_POLICY": "PASSIVE"},
    )  # fmt: skip
    try:
        report = json.loads(done.stdout)
    except ValueError:
        report = {}
    if isinstance(report, dict) and report.get("run"):
        report["folder"] = str(home / "home" / "runs" / report["run"])
    return done.returncode, report, done.stderr or done.stdout
