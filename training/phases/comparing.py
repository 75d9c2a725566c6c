"""Which untouched model to begin with: each candidate answers the same dev items, and one answer is timed.

Dev items only: the test items are kept for the model that is chosen. One model is in memory at a time.
"""

from __future__ import annotations

import gc
import random
import statistics as plain_statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from training.chat import pick_shots, prompts_for, render_prompts
from training.config import CandidateConfig
from training.errors import TrainingError
from training.evaluate import answer, generate
from training.figures import figure
from training.identity import content_hash, hash_of
from training.measured import Compared, NamedScore
from training.model import Loaded, load
from training.phases.asking import grade
from training.phases.baselines import FEW_SHOT, ZERO_SHOT
from training.rows import Row
from training.text import Text
from training.work import Work

TIMED_QUESTIONS = 4
"""Questions asked one at a time; the first only warms up. Our default: their median moved by less than a tenth in trials."""


def compare_models(work: Work) -> None:
    """Ask every candidate and note what it scored; one that cannot be asked is told with the reason."""
    wanted, rows = work.config.measure.candidates, _rows(work)
    if not wanted or not rows:
        return
    work.let_go()
    found: list[Compared] = []
    for candidate in wanted:
        if work.stopping.reason() is not None:
            work.note(
                Text("The comparison of models was stopped before {model}.", model=candidate.model.name)
            )  # fmt: skip
            break
        work.telemetry.progress(
            "measuring", Text("Asking {model} {items:,} questions.", model=candidate.model.name, items=len(rows))
        )  # fmt: skip
        found.append(_compared(work, candidate, rows))
        work.learn(compared=tuple(found))
        _tell(work, found[-1])


def _rows(work: Work) -> list[Row]:
    rows, wanted = work.rows("dev"), work.config.measure.candidate_items
    if wanted >= len(rows):
        return rows
    places = sorted(random.Random(work.config.seed).sample(range(len(rows)), wanted))
    return [rows[place] for place in places]


def _compared(work: Work, candidate: CandidateConfig, rows: Sequence[Row]) -> Compared:
    shots = pick_shots(work.rows("train"), candidate.few_shot_examples)
    task = work.config.task
    key = hash_of(
        candidate.model_dump(), _weights_on_disk(candidate.model.source), work.config.device, content_hash(rows),
        content_hash(shots), task.task, task.metric, task.max_new_tokens,
    )  # fmt: skip
    name = f"candidate-{hash_of(candidate.model.model_dump())[:12]}"
    try:
        said = work.once(name, lambda: _ask(work, candidate, rows, shots), key=key)
    except TrainingError as error:
        return Compared(model=candidate.model.name, failed=error.what)
    except torch.OutOfMemoryError:
        return Compared(model=candidate.model.name, failed=Text("It does not fit into memory."))
    except (RuntimeError, SafetensorError) as error:  # sizes or files that do not belong together
        why = Text("Its weights cannot be loaded: {reason}.", reason=str(error).splitlines()[0])
        return Compared(model=candidate.model.name, failed=why)
    finally:
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
    asked = {way: grade(work, rows, answers) for way, answers in said["answers"].items()}
    best = max(asked, key=lambda way: asked[way].score.value)
    return Compared(
        model=candidate.model.name, score=NamedScore(name=best, **asked[best].score.model_dump()),
        values=tuple(asked[best].values), answer_ms=said["answer_ms"], device=said["device"],
    )  # fmt: skip


def _ask(
    work: Work, candidate: CandidateConfig, rows: Sequence[Row], shots: Sequence[Row]
) -> dict[str, Any]:
    loaded = load(candidate.model, device=work.config.device, threads=work.config.threads)
    ways: dict[str, Sequence[Row]] = {ZERO_SHOT: ()} | ({FEW_SHOT: shots} if shots else {})
    answers = {
        way: answer(
            loaded.model, loaded.tokenizer, prompts_for(rows, system=candidate.system, shots=shown),
            max_new_tokens=work.config.task.max_new_tokens, note=work.note,
        )
        for way, shown in ways.items()
    }  # fmt: skip
    return {
        "answers": answers, "answer_ms": _milliseconds(loaded, rows, candidate.system), "device": loaded.device.type,
    }  # fmt: skip


def _milliseconds(loaded: Loaded, rows: Sequence[Row], system: str | None) -> float:
    """Time answers of the length that the rows' own answers have: how much an untuned model rambles says nothing."""
    tokenizer = loaded.tokenizer
    lengths = [
        len(tokenizer(row.answer, add_special_tokens=False)["input_ids"]) for row in rows if row.answer
    ]  # fmt: skip
    tokens = max(1, round(plain_statistics.mean(lengths))) if lengths else 1
    taken = []
    for text in render_prompts(tokenizer, prompts_for(rows[:TIMED_QUESTIONS], system=system)):
        began = time.perf_counter()
        generate(loaded.model, tokenizer, [text], max_new_tokens=tokens, min_new_tokens=tokens)
        taken.append((time.perf_counter() - began) * 1000)
    return plain_statistics.median(taken[1:] or taken)


def _weights_on_disk(source: str) -> list[list[Any]]:
    """What changes when the files of a model's folder do; empty for a model of the Hub, which its name identifies."""
    folder = Path(source)
    if not folder.is_dir():
        return []
    found = [(path, path.stat()) for path in sorted(folder.glob("*.safetensors"))]
    return [[path.name, stat.st_size, stat.st_mtime_ns] for path, stat in found]


def _tell(work: Work, made: Compared) -> None:
    if made.score is None:
        text = Text("{model} could not be asked. {why}", model=made.model, why=made.failed)
    else:
        text = Text(
            "{model} scores {value} (between {low} and {high}) on {items:,} rows set apart for choosing.",
            model=made.model, value=figure(made.score), low=figure(made.score, made.score.low),
            high=figure(made.score, made.score.high), items=made.score.items,
        )  # fmt: skip
    work.telemetry.event("candidate", text, model=made.model)
