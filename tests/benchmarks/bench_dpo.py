"""Learning from pairs, through `tunesmith auto FILE --technique dpo`: how often the preferred answer is the likelier one.

The pairs are the tone sample's, drawn anew for every seed: a kind answer and a curt one to the same message. Wanted: a paired
interval above zero on held-out pairs. The margin by which the preferred answers win is not shown: it rises while answers go to
pieces (trials on tiny models).

    TUNESMITH_BENCH_SEEDS=1 python -m tests.benchmarks dpo     one seed instead of three
"""

import json
import os
import tempfile
from pathlib import Path

from tests.benchmarks.bench_rft import auto
from training.practice.samples import tone

ROWS = 600


def main() -> int:
    """Print a line for each seed; give 1 where an interval reaches zero."""
    seeds = range(int(os.environ.get("TUNESMITH_BENCH_SEEDS", "3")))
    with tempfile.TemporaryDirectory() as folder:
        held = [pairs(Path(folder), seed) for seed in seeds]
    return 0 if all(held) else 1


def pairs(home: Path, seed: int) -> bool:
    """Say whether the preferred answers surely became the likelier ones."""
    path = home / f"tone-{seed}.jsonl"
    rows = tone.build(seed, rows=ROWS)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    code, report, said = auto(
        home, path, seed=seed, goal="Answer our customers in our tone", technique="dpo"
    )
    if code or not report.get("tuned"):
        print(f"seed {seed}: no result (exit {code}): {said[-400:]}", flush=True)
        return False
    gain, kept = report["difference"], report["retention"]
    before, after = report["baseline"]["value"], report["tuned"]["value"]
    print(
        f"seed {seed}: {before:.3f} -> {after:.3f} on {report['tuned']['items']} pairs, gain {gain['value']:+.3f} "
        f"[{gain['low']:+.3f}, {gain['high']:+.3f}]; kept {kept['value']:.3f} [{kept['low']:.3f}, {kept['high']:.3f}]; "
        f"{report['stages'][0]['steps']} steps; {report['spent']['minutes']:.1f} min on the clock; {report['verdict']}",
        flush=True,
    )
    return bool(gain["low"] > 0)
