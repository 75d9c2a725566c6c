"""The untouched model on the test items and on the general probes, before anything is changed."""

from __future__ import annotations

from typing import Any

from training.chat import pick_shots
from training.figures import figure
from training.measured import NamedScore
from training.phases.asking import (
    Asked,
    ask_rows,
    base_choosing,
    base_final,
    base_probes_known,
    questions_key,
    share_right,
)
from training.phases.prompts import BEST_PROMPT, ask_best_prompt
from training.phases.trying import measure_attempts
from training.prompting import written_out
from training.text import Text
from training.work import Work

ZERO_SHOT, FEW_SHOT = "zero-shot", "few-shot"


def measure_baselines(work: Work) -> Asked:
    """Measure the untouched model by each way of asking; give the best, which tuning has to beat."""
    asked = {ZERO_SHOT: _ask(work, ZERO_SHOT, shots=0)}
    if work.config.task.few_shot_examples:
        asked[FEW_SHOT] = _ask(work, FEW_SHOT, shots=work.config.task.few_shot_examples)
    how = {name: _how_asked(work, name) for name in asked}
    found = ask_best_prompt(work)
    if found is not None:
        asked[BEST_PROMPT], how[BEST_PROMPT] = found
    best = max(asked, key=lambda name: asked[name].score.value)
    scores = [
        NamedScore(name=name, **one.score.model_dump(), **how[name]) for name, one in asked.items()
    ]
    attempts = measure_attempts(work)
    work.learn(
        baselines=(*scores, attempts) if attempts is not None else tuple(scores),
        baseline_chosen=best,
    )
    return asked[best]


def _how_asked(work: Work, name: str) -> dict[str, Any]:
    """What a person needs to ask the same way: the instruction and the examples, as one text."""
    task = work.config.task
    shots = pick_shots(work.rows("train"), task.few_shot_examples) if name == FEW_SHOT else ()
    system = task.zero_shot_system or task.system
    return {"prompt": written_out(system, shots, language=task.language) or None}


def ask_base_probes(work: Work) -> None:
    """Ask the untouched model the general probes, those of the end and those that choose, where that is not done yet."""
    if base_probes_known(work):
        return
    values, choosing = base_final(work), base_choosing(work)
    if not choosing:
        return
    share, items = share_right(values), sum(len(family) for family in values.values())
    work.telemetry.event(
        "base_probes",
        Text(
            "The untouched model answers {share:.1%} of {items:,} general questions rightly.",
            share=share, items=items,
        ),
        share=share, items=items,
    )  # fmt: skip


def _ask(work: Work, name: str, *, shots: int) -> Asked:
    task = work.config.task
    system = task.zero_shot_system or task.system
    shown = pick_shots(work.rows("train"), shots) if shots else ()
    key = questions_key(work, work.test, system=system, shots=shown)
    known = work.has(f"base-{name}", key=key)
    if not known:
        work.telemetry.progress(
            "measuring",
            Text("Asking the untouched model all {items:,} test questions.", items=len(work.test)),
        )
    asked = ask_rows(
        work, work.loaded.model, work.test, name=f"base-{name}", system=system, shots=shown, key=key
    )
    if not known:
        text = _without_examples(asked) if not shots else _with_examples(asked, shots)
        work.telemetry.event("baseline", text, name=name, **asked.score.model_dump())
    return asked


def _without_examples(asked: Asked) -> Text:
    return Text(
        "The untouched model scores {value} (between {low} and {high}) on {items:,} test items.",
        value=figure(asked.score), low=figure(asked.score, asked.score.low), high=figure(asked.score, asked.score.high), items=asked.score.items,
    )  # fmt: skip


def _with_examples(asked: Asked, shots: int) -> Text:
    return Text(
        "Shown {shots} examples, the untouched model scores {value} (between {low} and {high}).",
        shots=shots, value=figure(asked.score), low=figure(asked.score, asked.score.low), high=figure(asked.score, asked.score.high),
    )  # fmt: skip
