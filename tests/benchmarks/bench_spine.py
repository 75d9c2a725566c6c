"""The spine's figures: the whole job on real data, and how quick the small things are.

Needs the real public data beside the checkout (`../shared/data`); without it those parts are left out and named.
"""

import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
TUNESMITH = [sys.executable, "-m", "agent.cli"]
GOAL = "route bank customers' messages to the right topic"


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        quick(home)
        if not DATA.exists():
            print("left out: banking77 and the 1,000-row job (no real data beside the checkout)")
            return 0
        thousand(home)
        banking(home)
    return 0


def quick(home: Path) -> None:
    bare = home / "bare.py"
    bare.write_text("import typer\n\ndef main(): 'Hello.'\n\ntyper.run(main)\n")
    ratio = best([*TUNESMITH, "--help"]) / best([sys.executable, str(bare), "--help"])
    print(f"tunesmith --help takes {ratio:.2f}x a bare typer start (at most 4x wanted)")
    probe = "import sys, agent; print([m for m in ('torch', 'transformers', 'gradio', 'langgraph', 'pandas') if m in sys.modules])"
    loaded = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=ROOT
    )
    print(f"import agent loads: {loaded.stdout.strip()} (none wanted)")
    large = home / "large.csv"
    write_large(large, rows=100_000)
    began = time.perf_counter()
    found = run(["profile", str(large), "--json"], home)
    print(
        f"profile of {found['rows']:,} rows ({large.stat().st_size / 1e6:.0f} MB): {time.perf_counter() - began:.1f} s as a whole process (under 5 wanted)"
    )


def thousand(home: Path) -> None:
    part = home / "thousand.csv"
    with (DATA / "banking77" / "train.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    topics = sorted({row["category"] for row in rows})[:12]
    rows = [row for row in rows if row["category"] in topics]
    random.Random(0).shuffle(rows)
    with part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["text", "category"])
        writer.writeheader()
        writer.writerows(rows[:1000])
    plan = home / "plan.json"
    run(
        [
            "plan",
            str(part),
            "--goal",
            GOAL,
            "--model",
            "practice",
            "--technique",
            "sft",
            "-o",
            str(plan),
            "--json",
        ],
        home,
    )
    began = datetime.now(UTC)
    report = run(["run", str(plan), "--yes", "--wait", "--json"], home)
    seconds = (datetime.now(UTC) - began).total_seconds()
    print(
        f"1,000 rows: yes_to_verdict_seconds {seconds:.0f} (under 180 wanted); first_step_seconds {first_step_seconds(home, report, began):.1f} (under 8 wanted)"
    )
    print(
        f"  verdict {report['verdict']}, tuned {shown(report['tuned'])}, retention {report['retention']['value']:.3f}"
    )


def first_step_seconds(home: Path, report: dict, yes: datetime | None = None) -> float:
    """From the yes to the first training step; where the yes came with the command, from the claim of the run."""
    folder = home / "home" / "runs" / report["run"]
    said = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    step = next(event for event in said if event["code"] == "step")
    claimed = datetime.fromtimestamp((folder / "claim.lock").stat().st_mtime, UTC)
    return (datetime.fromisoformat(step["at"]) - (yes or claimed)).total_seconds()


def banking(home: Path) -> None:
    base = [
        "auto", str(DATA / "banking77" / "train.csv"), "--eval", str(DATA / "banking77" / "test.csv"), "--goal", GOAL,
        "--model", "practice", "--technique", "sft", "--yes", "--json",
    ]  # fmt: skip
    arms = {
        "no replay": ["--set", "replay.share=0", "--max-forgetting", "1"],
        "self-generated, words only": ["--set", "replay.loss=tokens"],
        "chosen (the plan as proposed)": [],
    }
    for name, settings in arms.items():
        began = time.perf_counter()
        report = run([*base, *settings], home)
        minutes = (time.perf_counter() - began) / 60
        print(
            f"banking77, {name}: accuracy {shown(report['tuned'])}, retention {report['retention']['value']:.3f}, {minutes:.1f} min; first_step_seconds {first_step_seconds(home, report):.1f} (under 8 wanted)"
        )
        if not settings:
            for row in report["baselines"]:
                print(f"  baseline {row['name']}: {shown(row)}")
            print(f"  first sentence: {report['because']}")
            leaks = [
                warning["text"]
                for warning in report["plan"]["warnings"]
                if warning["code"] == "leakage"
            ]
            print(f"  leakage: {leaks}")
            print(f"  predicted {report['predicted']}; spent {report['spent']}")


def shown(score: dict) -> str:
    return f"{score['value']:.3f} [{score['low']:.3f}, {score['high']:.3f}]"


def run(arguments: list[str], home: Path) -> dict:
    done = subprocess.run(
        [*TUNESMITH, *arguments], capture_output=True, text=True, cwd=ROOT, check=False,
        env=os.environ | {"TUNESMITH_HOME": str(home / "home")},
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(
            f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        )
    return json.loads(done.stdout)


def best(command: list[str], *, times: int = 5) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True, cwd=ROOT)
        taken.append(time.perf_counter() - began)
    return min(taken)


def write_large(path: Path, *, rows: int) -> None:
    drawn = random.Random(0)
    words = [f"word{index}" for index in range(3000)]
    topics = [f"topic_{index}" for index in range(12)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "topic"])
        for _ in range(rows):
            writer.writerow(
                [" ".join(drawn.choices(words, k=drawn.randint(6, 20))), drawn.choice(topics)]
            )


if __name__ == "__main__":
    sys.exit(main())
