"""Kill a run with `kill -9` at its worst places, go on, and compare the weights with those of a run left alone.

A small pipeline with everything in it: the untouched model measured, conversations to rehearse written, sft, then rft, a
version chosen and measured. Five strata of six runs each: in a save, in an evaluation, between stages, while replay is
written, while attempts are generated. Every run is a process that kills itself at the n-th call of a function, so the
place is exact and no clock matters; it is then started again and must end with the same bits. Processes are forked from
one that has the libraries, so a run takes seconds. Ends with 1 where one of the thirty differs.
"""

from __future__ import annotations

import importlib
import os
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.benchmarks import forked
from training.config import RunConfig
from training.practice import MODEL_DIR
from training.rows import Message, Row, write_rows
from training.rundir import RunDir

Place = tuple[str, int]
"""A function, as `module:name`, and which of its calls."""
REWARD = '''
def reward(completions, answer):
    """Share of the letters that are the wanted one."""
    return [text.count(letter) / max(len(text), 1) for text, letter in zip(completions, answer)]
'''
SYNC, ANSWER = "training.checkpoints:_sync", "training.evaluate:_continue"
GENERATION = "training.rft:_Trainer._generate_and_score_completions"
WORD = "transformers.models.llama.modeling_llama:LlamaForCausalLM.forward"
STRATA: dict[str, list[list[Place]]] = {
    "in a save": [[(SYNC, call)] for call in (1, 4, 9, 17, 25, 40)],
    "in an evaluation": [
        [(ANSWER, 1)], [("training.phases.candidates:ask_rows", 1)], [("training.phases.candidates:ask_rows", 2), (ANSWER, 1)],
        [("training.phases.candidates:save_weights", 1)], [("training.phases.final:ask_rows", 1), (ANSWER, 1)],
        [("training.phases.final:_samples", 1)],
    ],
    "between stages": [
        [("training.pipeline:best_as_trained", 1)], [("training.pipeline:tuned_weights", 1)], [("training.pipeline:put_weights", 1)],
        [("training.pipeline:train_stage", 2)], [("training.pipeline:train_stage", 2), ("training.attempts:continue_texts", 1)],
        [("training.pipeline:train_stage", 2), ("training.loop:prune", 1)],
    ],
    "while replay is written": [
        [("training.replay:continue_texts", 1)], [("training.replay:continue_texts", 2)], [("training.replay:write_json", 1)],
        [("training.replay:write_json", 2)], [("training.phases.replaying:_write_whole", 1)], [("training.phases.replaying:write_rows", 1)],
    ],
    "in a generation of attempts": [[(GENERATION, step), (WORD, word)] for step, word in ((1, 1), (1, 3), (2, 2), (3, 4), (4, 1), (5, 2))],
}  # fmt: skip


def main() -> int:
    """Print the table and N of 30; give 1 where it is not all of them."""
    forked.load()
    from tests.tiny_model import weights_hash

    with tempfile.TemporaryDirectory() as folder:
        straight = make_run(Path(folder) / "straight")
        if carry_out(straight):
            print(straight.status())
            return 1
        wanted, again = weights_hash(straight.path / "chosen"), make_run(Path(folder) / "again")
        same = carry_out(again) == 0 and weights_hash(again.path / "chosen") == wanted
        print(f"left alone twice: {'the same' if same else 'DIFFERENT'} weights ({wanted[:12]})")
        right = 0
        for stratum, places in STRATA.items():
            ended = [
                try_out(Path(folder) / "killed", place, wanted, weights_hash) for place in places
            ]
            right += ended.count("same")
            print(f"{stratum:30} {ended.count('same')} of {len(ended)}", flush=True)
            for place, said in zip(places, ended, strict=True):
                if said != "same":
                    print(f"    {place}: {said}")
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = sum(map(len, STRATA.values()))
    print(f"{right} of {total} ended with the weights of the run left alone; {spent.ru_utime + spent.ru_stime:.0f} CPU-s")  # fmt: skip
    return int(right < total or not same)


def try_out(
    folder: Path, places: list[Place], wanted: str, weights_hash: Callable[[Path], str]
) -> str:
    """Kill a run at a place and let it go on; say `same`, or what was wrong."""
    shutil.rmtree(folder, ignore_errors=True)
    run = make_run(folder)
    killed = carry_out(run, places)
    if killed != -signal.SIGKILL:
        return f"was not killed but ended with {killed}"
    if (status := carry_out(run)) != 0:
        return f"went on and ended with {status}: {run.status()}"
    return "same" if weights_hash(run.path / "chosen") == wanted else "other weights"


def carry_out(run: RunDir, places: list[Place] | None = None) -> int:
    """Carry the run out in a process of its own that kills itself at the last of the places, each after the one before."""
    return forked.train(run.path, first=partial(arm, places) if places else None)


def arm(places: list[Place]) -> None:
    """Kill this process at the n-th call of the first place; where more places follow, watch the next from then on."""
    (place, number), *rest = places
    module, path = place.split(":")
    holder: Any = importlib.import_module(module)
    *outer, name = path.split(".")
    for part in outer:
        holder = getattr(holder, part)
    original, calls = getattr(holder, name), 0

    def watched(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == number:
            if not rest:
                os.kill(os.getpid(), signal.SIGKILL)
            arm(rest)
        return original(*arguments, **named)

    setattr(holder, name, watched)


def make_run(folder: Path) -> RunDir:
    """Lay out a run of two stages on the practice model, small enough for a second or two of training."""
    run = RunDir(folder)
    run.data.mkdir(parents=True)
    for name, first, count in (("train", 0, 48), ("dev", 100, 12), ("test", 200, 12)):
        write_rows(
            run.data / f"{name}.jsonl",
            [letter_row(first + number, turned=int(name != "train")) for number in range(count)],
        )
    (run.path / "rewards").mkdir()
    (run.path / "rewards" / "letters.py").write_text(REWARD)
    stage = {"batch_size": 8, "micro_batch_size": 8, "max_seq_tokens": 96, "checkpoints": 2, "learning_rate": 6e-4}  # fmt: skip
    raw = {
        "kind": "run", "run": "kill", "device": "cpu", "threads": 1,
        "model": {"name": "practice", "source": str(MODEL_DIR), "dtype": "float32"},
        "task": {"task": "reasoning", "metric": "reward", "reward": "python:letters.py", "trust_reward": True, "max_new_tokens": 8},
        "stages": [
            stage | {"technique": "sft", "epochs": 1},
            stage | {"technique": "rft", "epochs": 1, "group_size": 4},
        ],
        "replay": {"source": "self", "share": 0.3, "min_rows": 40},
        "measure": {"dev_items": 12, "probe_items": 0, "final_probe_items": 0, "robustness": False, "interpolations": (0.9, 1.0)},
    }  # fmt: skip
    RunConfig.from_json(raw).save(run.path / "run.json")
    return run


def letter_row(number: int, *, turned: int = 0) -> Row:
    """A question whose answer is a letter; held-out ones have others, or attempts would be refused as learnt already."""
    asked = Message(role="user", content=f"Write a word with many of letter number {number % 5}.")
    return Row(id=f"letters.csv:{number + 2}", messages=(asked, Message(role="assistant", content="eaost"[(number + turned) % 5])))  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
