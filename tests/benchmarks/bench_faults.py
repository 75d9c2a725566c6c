"""What a run does where something goes wrong, in its own words, and what a hostile reward can do.

Eight trainings of the practice model on a few letters, through the whole trainer, each with one fault: a step that is not a
number, a streak of them, a spike, a hundred times the rate, too little memory (the process is replaced), a full disk, the end of
the process (gone on with after). Then rewards that mean harm, each asked for scores as a training asks: nothing outside may
change, no process may be left, nobody may be paid. Ends with 1 where one was not recovered, stopped or contained.
"""

from __future__ import annotations

import errno
import importlib
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.benchmarks import forked
from tests.benchmarks.bench_kill import letter_row
from tests.benchmarks.hostile import HOSTILE, IN_ENVIRONMENT, SECRET, contained
from training.config import RunConfig
from training.measured import Measured
from training.practice import MODEL_DIR
from training.rows import write_rows
from training.rundir import RunDir

LOSS, SAVE = "training.sft:learnt_loss", "training.loop:write_folder"
LATE = 80
"""A step at which enough steps have said what is usual."""
TOLD = frozenset({"step_skipped", "recovery", "ended_early", "out_of_memory", "disk_full", "stopped"})  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong, and what must be told of it."""

    name: str
    codes: frozenset[str]
    first: Callable[[], None] | None = None
    """Called in the run's process before it begins."""
    rate: float = 4e-4
    again: bool = False
    """Whether the run ends with it and is started again."""


def main() -> int:
    """Print both tables; give 1 where something was not as it should be."""
    forked.load()
    held = []
    with tempfile.TemporaryDirectory() as folder:
        for number, fault in enumerate(FAULTS):
            held.append(played(fault, Path(folder) / str(number)))
    os.environ[IN_ENVIRONMENT] = SECRET
    with tempfile.TemporaryDirectory() as folder:
        for name, source in HOSTILE.items():
            held.append(contained(name, source, Path(folder)))
    print(f"{sum(held)} of {len(held)} as they should be")
    return 0 if all(held) else 1


def played(fault: Fault, folder: Path) -> bool:
    """Play one fault and print what was told; say whether the run ended well, and told it."""
    run = make_run(folder, rate=fault.rate)
    ended = [forked.train(run.path, first=fault.first)]
    if fault.again:
        ended.append(forked.train(run.path))
    state, events = run.status(), [event for event in run.events() if event.code in TOLD]
    told = {event.code for event in events}
    measured = Measured.load(run.path / "measured.json")
    chosen = next((one.step for one in measured.candidates if one.chosen), None)
    done = ended[-1] == 0 and state is not None and state.state == "done" and chosen is not None
    right = done and fault.codes <= told
    print(f"{'ok ' if right else 'NOT'} {fault.name}: exit {ended}, {state.state if state else 'no status'}, step {chosen} kept")  # fmt: skip
    for event in {event.text: event for event in events}.values():
        print(f"      {event.step}: {event.text}", flush=True)
    return right


def make_run(folder: Path, *, rate: float) -> RunDir:
    """Lay out a run of 120 steps on a few letters."""
    run = RunDir(folder)
    run.data.mkdir(parents=True)
    for name, begin, count in (("train", 0, 48), ("dev", 100, 12), ("test", 200, 12)):
        write_rows(run.data / f"{name}.jsonl", [letter_row(begin + at) for at in range(count)])
    raw = {
        "kind": "run", "run": "faults", "device": "cpu", "threads": 1,
        "model": {"name": "practice", "source": str(MODEL_DIR), "dtype": "float32"},
        "task": {"task": "classification", "metric": "exact_match", "max_new_tokens": 8},
        "stages": [{
            "technique": "sft", "epochs": 10, "batch_size": 8, "micro_batch_size": 8, "max_seq_tokens": 96,
            "checkpoints": 4, "learning_rate": rate,
        }],
        "replay": {"source": "self", "share": 0.5, "min_rows": 48, "loss": "kl"},
        "measure": {"dev_items": 12, "probe_items": 0, "final_probe_items": 0, "robustness": False, "interpolations": (1.0,)},
    }  # fmt: skip
    RunConfig.from_json(raw).save(run.path / "run.json")
    return run


def at_calls(place: str, calls: frozenset[int], change: Callable[[Callable[[], Any]], Any]) -> None:
    """Let `change` happen to a function's calls of these numbers; it is given the call, not made yet."""
    module, name = place.split(":")
    holder = importlib.import_module(module)
    original, made = getattr(holder, name), 0

    def watched(*arguments: Any, **options: Any) -> Any:
        nonlocal made
        made += 1
        call = partial(original, *arguments, **options)
        return change(call) if made in calls else call()

    setattr(holder, name, watched)


def swollen(factor: float, call: Callable[[], Any]) -> Any:
    """Make a loss much larger, its gradient by a factor; not a number where the factor is none."""
    return call() * factor + factor


def full_disk(call: Callable[[], Any]) -> Any:
    """Find no room for a checkpoint."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def no_memory_once(call: Callable[[], Any]) -> Any:
    """Find no memory for a step; the process that replaces this one is not touched."""
    raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes")


def end_process(call: Callable[[], Any]) -> Any:
    """Be asked to end, as by a machine that is taken away."""
    os.kill(os.getpid(), signal.SIGTERM)
    return call()


def out_of_memory() -> None:
    """Arm the memory fault. The run goes on in a bare `python -m training`, as from the command line."""
    sys.orig_argv[:] = [sys.executable, "-P", "-m", "training", str(Path.cwd())]
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    at_calls(LOSS, frozenset({10}), no_memory_once)


NAN = float("nan")
FAULTS = (
    Fault("one step is not a number", frozenset({"step_skipped"}), partial(at_calls, LOSS, frozenset({20}), partial(swollen, NAN))),
    Fault("a streak of such steps", frozenset({"step_skipped", "recovery"}), partial(at_calls, LOSS, frozenset({40, 41, 42}), partial(swollen, NAN))),
    Fault("every step from the 40th on", frozenset({"recovery", "ended_early"}), partial(at_calls, LOSS, frozenset(range(40, 2000)), partial(swollen, NAN))),
    Fault("a spike", frozenset({"step_skipped"}), partial(at_calls, LOSS, frozenset({LATE}), partial(swollen, 1e3))),
    Fault("a hundred times the rate", frozenset({"recovery"}), rate=4e-2),
    Fault("too little memory", frozenset({"out_of_memory"}), out_of_memory),
    Fault("a full disk, then room again", frozenset({"disk_full"}), partial(at_calls, SAVE, frozenset({2}), full_disk)),
    Fault("the process is ended, then started again", frozenset({"stopped"}), partial(at_calls, LOSS, frozenset({50}), end_process), again=True),
)  # fmt: skip
