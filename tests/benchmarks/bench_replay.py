"""What replay is worth, what it costs, and how much the probes themselves waver.

Three arms of the same SFT, three seeds each: no replay; half of the tokens self-written replay whose words are learnt; the same
with the untouched model's judgement of each word kept, as the plan chooses it. The data are banking77 where it lies beside
the checkout (`../shared/data`), else the support sample of our own. The arms of a seed share what the untouched model was
asked and what it wrote. Once, with the first seed, no replay at four times the rate too, as people often train: it is shown
and is no part of the claim. Ends with 1 where the claim does not hold: at least 0.95 kept by the chosen arm, under 0.3
without replay.
"""

import csv
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.deciding.rates import TINY_FULL_LR
from training.config import RunConfig
from training.measured import Measured
from training.practice import MODEL_DIR
from training.practice.samples import support
from training.rows import Message, Row, write_rows
from training.rundir import RunDir

ROOT = Path(__file__).resolve().parents[2]
BANKING = ROOT.parent / "shared" / "data" / "banking77"
TRAIN_ROWS, DEV_ROWS, TEST_ROWS, REPLAY_ROWS = 3000, 100, 300, 3000
EPOCHS, BATCH = 3, 16
SEEDS = range(int(os.environ.get("TUNESMITH_BENCH_SEEDS", "3")))
CHOSEN, WORDS, NONE = "50 %, judgement kept (chosen)", "50 %, words only", "none"
HOT = "none, four times the rate"
HOT_FACTOR = 4.0
FALLEN = 0.8  # a family that kept less than this is named
ARMS: dict[str, dict[str, Any]] = {
    CHOSEN: {"source": "self", "share": 0.5, "min_rows": REPLAY_ROWS, "loss": "kl"},
    WORDS: {"source": "self", "share": 0.5, "min_rows": REPLAY_ROWS, "loss": "tokens"},
    NONE: {},
}
"""The first writes the replay that the second learns too."""


def main() -> int:
    """Print the tables; give 1 where a claim does not hold."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    probe_figures()
    replay_figures()
    return retention_table()


def probe_figures() -> None:
    """Time 400 items, and show how the score moves from exam to exam with the weights held."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from training import probes
    from training.evaluate import answer

    model = AutoModelForCausalLM.from_pretrained(MODEL_DIR, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(MODEL_DIR)

    def ask(prompts: Sequence[Sequence[Message]]) -> list[str]:
        return answer(model, tokenizer, prompts, max_new_tokens=probes.MAX_NEW_TOKENS)

    for language in ("en", "zh"):
        selection = probes.adapt(ask, seed=0, language=language)
        print(f"{language}: kept {len(selection.cells)} of {len(selection.base)} cells; left out: {', '.join(selection.left_out) or 'no family'}")  # fmt: skip
        if not selection.cells:
            continue
        means, seconds, cpu = [], [], []
        for seed in range(5):
            exam = probes.items(400, seed=seed, language=language, cells=selection.cells)
            began, spent = time.monotonic(), time.process_time()
            marks = probes.measure(exam, ask)
            seconds.append(time.monotonic() - began)
            cpu.append(time.process_time() - spent)
            means.append(sum(map(sum, marks.values())) / 400)
        print(f"{language}: 400 items in {min(seconds):.1f}-{max(seconds):.1f} s ({statistics.mean(cpu):.1f} CPU-s); mean right on 5 exams {', '.join(f'{m:.3f}' for m in means)}; standard deviation {statistics.stdev(means):.3f}")  # fmt: skip


def replay_figures() -> None:
    """Time 2,000 self-written conversations, and show what was dropped and why."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from training import replay

    model = AutoModelForCausalLM.from_pretrained(MODEL_DIR, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(MODEL_DIR)
    began, spent = time.monotonic(), time.process_time()
    made = replay.write(model, tokenizer, rows=REPLAY_ROWS, seed=0)
    bad = sum(count for why, count in made.dropped.items() if why not in ("kept for probes", "more than wanted"))  # fmt: skip
    print(f"{len(made.rows):,} conversations, {made.tokens:,} tokens in {time.monotonic() - began:.1f} s ({time.process_time() - spent:.1f} CPU-s)")  # fmt: skip
    print(f"well formed and new: {1 - bad / made.tried:.3f} of {made.tried:,}; dropped: {json.dumps(made.dropped)}")  # fmt: skip


def retention_table() -> int:
    """Run the arms and print one line each; give 1 where the claim does not hold."""
    rows = _banking() if BANKING.exists() else _support()
    print(f"SFT on {'banking77' if BANKING.exists() else 'our support sample'}: {len(rows['train']):,} rows, {len(rows['test'])} test items")  # fmt: skip
    found = [run_seed(rows, seed) for seed in SEEDS]
    arms = [*ARMS, HOT]
    print(
        "| replay | accuracy | retention | drift nats/token | minutes of training |\n|---|---|---|---|---|"
    )
    kept = {arm: [one[arm].retention.value for one in found if arm in one and one[arm].retention] for arm in arms}  # fmt: skip
    for arm in arms:
        ran = [one[arm] for one in found if arm in one]
        task = [one.tuned.value for one in ran if one.tuned]
        drifts = [one.retention.drift_nats_per_token for one in ran if one.retention and one.retention.drift_nats_per_token is not None]  # fmt: skip
        minutes = statistics.mean(stage.minutes for one in ran for stage in one.stages)
        print(
            f"| {arm} | {_spread(task)} | {_spread(kept[arm])} | {_spread(drifts) if drifts else '-'} | {minutes:.1f} |"
        )
    none, chosen = (statistics.mean(kept[arm] or [0.0]) for arm in (NONE, CHOSEN))
    holds = chosen >= 0.95 and none < 0.3
    print(f"claim: at least 0.95 with the chosen replay ({chosen:.3f}), under 0.3 without ({none:.3f}): {'holds' if holds else 'does not hold'}")  # fmt: skip
    return 0 if holds else 1


def run_seed(rows: dict[str, list[Row]], seed: int) -> dict[str, Measured]:
    """Carry out all arms of a seed; what was found out about the untouched model is found out once."""
    with tempfile.TemporaryDirectory() as place:
        known: Path | None = None
        found = {}
        arms = ARMS | ({HOT: {}} if seed == SEEDS[0] else {})
        for number, (arm, replay) in enumerate(arms.items()):
            run = RunDir(Path(place) / str(number))
            config = _config(rows, replay, seed)
            config["stages"][0]["learning_rate"] *= HOT_FACTOR if arm == HOT else 1.0
            found[arm] = _run(run, rows, config, known=known)
            known = known or run.path / "phases"
            print(f"  seed {seed}, {arm}: {_sentence(found[arm])}", flush=True)
        return found


def _sentence(one: Measured) -> str:
    """Say the score, what was kept, and which families fell from where to where."""
    assert one.retention and one.tuned
    refusal = one.retention.probes.get("refusal")
    fell = [
        f"{family} {score.base:.2f} to {score.tuned:.2f}"
        for family, score in sorted(one.retention.probes.items())
        if score.tuned < FALLEN * score.base
    ]
    said = f", refusal {refusal.base:.2f} to {refusal.tuned:.2f} ({refusal.items} items)" if refusal else ""  # fmt: skip
    return f"accuracy {one.tuned.value:.3f}, kept {one.retention.value:.3f}{said}; under {FALLEN}: {', '.join(fell) or 'no family'}"


def _run(
    run: RunDir, rows: dict[str, list[Row]], config: dict[str, Any], *, known: Path | None
) -> Measured:
    """Carry out one run as the product does, in a process of its own."""
    run.data.mkdir(parents=True)
    for name, split in rows.items():
        write_rows(run.data / f"{name}.jsonl", split)
    if known is not None:
        (run.path / "phases").mkdir()
        for piece in known.iterdir():
            if piece.is_file() and "1-sft" not in piece.name:
                shutil.copy(piece, run.path / "phases")
    RunConfig.from_json(config).save(run.path / "run.json")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "training", str(run.path)], cwd=run.path,
        env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"the run failed: {(run.path / 'status.json').read_text('utf-8')}\n{done.stderr[-2000:]}")  # fmt: skip
    return Measured.load(run.path / "measured.json")


def _config(rows: dict[str, list[Row]], replay: dict[str, Any], seed: int) -> dict[str, Any]:
    return {
        "kind": "run", "run": "bench", "seed": seed, "device": "cpu", "threads": 2,
        "model": {"name": "practice", "source": str(MODEL_DIR), "dtype": "float32"},
        "task": {"task": "classification", "metric": "accuracy", "labels": sorted({row.answer for row in rows["train"]}), "max_new_tokens": 24},
        "stages": [{"technique": "sft", "learning_rate": TINY_FULL_LR["sft"], "epochs": EPOCHS, "batch_size": BATCH, "micro_batch_size": BATCH, "max_seq_tokens": 192, "checkpoints": 1}],
        "replay": replay,
        "measure": {"dev_items": DEV_ROWS, "probe_items": 140, "final_probe_items": 400, "interpolations": [1.0], "robustness": False, "max_forgetting": 1.0},
    }  # fmt: skip


def _banking() -> dict[str, list[Row]]:
    def read(name: str) -> list[Row]:
        with (BANKING / name).open(encoding="utf-8", newline="") as file:
            return [_row(f"{name}:{place}", one["text"], one["category"]) for place, one in enumerate(csv.DictReader(file), 2)]  # fmt: skip

    train, test = read("train.csv"), read("test.csv")
    random.Random(0).shuffle(train)
    random.Random(1).shuffle(test)
    return {
        "train": train[:TRAIN_ROWS],
        "dev": train[TRAIN_ROWS : TRAIN_ROWS + DEV_ROWS],
        "test": test[:TEST_ROWS],
    }


def _support() -> dict[str, list[Row]]:
    made = support.build(rows=TRAIN_ROWS + DEV_ROWS, held_out=TEST_ROWS)
    train = [_row(f"train:{place}", one.text, one.topic) for place, one in enumerate(made.messages)]
    test = [_row(f"test:{place}", one.text, one.topic) for place, one in enumerate(made.held_out)]
    return {"train": train[DEV_ROWS:], "dev": train[:DEV_ROWS], "test": test}


def _row(name: str, asked: str, answer: str) -> Row:
    turns = (Message(role="user", content=asked), Message(role="assistant", content=answer))
    return Row(id=name, messages=turns)


def _spread(values: Sequence[float]) -> str:
    each = " ".join(f"{value:.3f}" for value in values)
    return f"{statistics.mean(values):.3f} ({each})" if values else "not measured"
