"""Reading texts of a field: how many bits a byte still costs, and what is kept, through `tunesmith auto FILE --technique cpt`.

The texts are answers about illnesses (`../shared/data/medquad`, which is not ours and not in the repository: without it this says
so and ends). Wanted: at least 8 % fewer bits a byte on held-out texts with at least .90 kept, or a verdict that says do not ship.

    TUNESMITH_BENCH_SEEDS=1 python -m tests.benchmarks cpt     one seed instead of three
"""

import json
import os
import random
import tempfile
from pathlib import Path

from tests.benchmarks.bench_rft import ROOT, auto

TEXTS = 600
LETTERS = range(200, 1200)
FEWER, KEPT = 0.08, 0.90
MINUTES = 8


def main() -> int:
    """Print a line for each seed; give 1 where neither is so."""
    source = ROOT.parent / "shared" / "data" / "medquad" / "qa.jsonl"
    if not source.exists():
        print(f"there is no {source}: nothing was measured")
        return 0
    answers = [
        json.loads(line)["answer"] for line in source.read_text(encoding="utf-8").splitlines()
    ]
    texts = sorted({text for text in answers if text and len(text) in LETTERS})
    seeds = range(int(os.environ.get("TUNESMITH_BENCH_SEEDS", "3")))
    with tempfile.TemporaryDirectory() as folder:
        held = [read(Path(folder), texts, seed) for seed in seeds]
    return 0 if all(held) else 1


def read(home: Path, texts: list[str], seed: int) -> bool:
    """Say whether as much was learnt and kept as claimed, or whether the verdict says that it was not."""
    path = home / f"texts-{seed}.jsonl"
    drawn = random.Random(seed).sample(texts, TEXTS)
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in drawn), encoding="utf-8")
    code, report, said = auto(
        home, path, seed=seed, goal="Learn the language of these medical texts", technique="cpt", options=("--budget-minutes", str(MINUTES)),
    )  # fmt: skip
    if code or not report.get("tuned"):
        print(f"seed {seed}: no result (exit {code}): {said[-400:]}", flush=True)
        return False
    before, after, kept = report["baseline"], report["tuned"], report["retention"]
    change, stage = report["difference"], report["stages"][0]
    fewer = -change["value"] / before["value"]
    reached = fewer >= FEWER and change["high"] < 0 and kept["value"] >= KEPT
    print(
        f"seed {seed}: {before['value']:.3f} -> {after['value']:.3f} bits a byte on {after['items']} texts ({-fewer:.1%}, "
        f"paired {change['value']:+.3f} [{change['low']:+.3f}, {change['high']:+.3f}]); kept {kept['value']:.3f} "
        f"[{kept['low']:.3f}, {kept['high']:.3f}]; {stage['steps']} of {stage['planned_steps']} steps; "
        f"{report['spent']['minutes']:.1f} min on the clock; {report['verdict']}: {report['because']}",
        flush=True,
    )
    return reached or report["verdict"] == "do_not_ship"
