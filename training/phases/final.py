"""The comparison that counts: the chosen weights, once, on the test items and on probes that chose nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from training import metrics, statistics
from training.disturb import disturb_rows
from training.evaluate import nll_per_token
from training.figures import figure
from training.identity import content_hash, hash_of
from training.measured import Candidate, Difference, Retention, Robustness, Sample
from training.model import put_weights, tuned_weights
from training.phases.asking import Asked, ask_probes, ask_rows, compare
from training.phases.candidates import candidate_key, chosen_folder
from training.phases.inventing import measure_invention
from training.readings import readings
from training.rows import Row
from training.text import Text
from training.work import Work, check_hashes

SAMPLES = 10
"""Pairs shown in a report: half of them where something changed."""
TEXT_SHOWN = 300
"""Characters of a plain text that a sample shows."""


def measure_chosen(
    work: Work, model: Any, chosen: Candidate, *, base: Asked, base_probes: dict[str, list[float]],
    samples: Sequence[Row],
) -> None:  # fmt: skip
    """Measure the chosen weights and complete `measured.json`."""
    check_hashes(work)
    key = candidate_key(chosen)
    work.telemetry.progress(
        "evaluating",
        Text("Asking the tuned model all {items:,} test questions.", items=len(work.test)),
    )
    put_weights(model, tuned_weights(chosen_folder(work), work.loaded))
    task, seed = work.config.task, work.config.seed
    tuned = ask_rows(work, model, work.test, name=f"final-{key}", system=task.system)
    probes = ask_probes(work, model, name=f"probes-final-{key}", purpose="final")
    kept = statistics.retention(base_probes, probes, seed=seed)
    kept = kept.model_copy(update={"drift_nats_per_token": _drift(work, model, key, samples)})
    difference = compare(work, base, tuned)
    labelled = task.metric in metrics.LABEL_METRICS and task.task != "preference"
    work.learn(
        complete=True, tuned=tuned.score, difference=difference, retention=kept, versus=_versus(work, tuned),
        robustness=_robustness(work, model, key, tuned) if work.config.measure.robustness and task.metric != "bits_per_byte" else None,
        invention=measure_invention(work, model, key=key),
        per_label=metrics.per_label(task, work.test, base.answers, tuned.answers) if labelled else {},
        confusion=metrics.confusion(task, work.test, tuned.answers) if labelled else (),
        readings=readings(task, work.test, base.answers, tuned.answers),
        samples=_samples(work, base, tuned),
    )  # fmt: skip
    _say(work, tuned, kept)


def measure_drift_base(work: Work, samples: Sequence[Row]) -> None:
    """Measure the untouched model's loss on text of its own, before training moves it."""
    if samples:
        model = work.loaded.model
        key = hash_of(work.model_key, content_hash(samples))
        work.once("nll-base", lambda: _losses(work, model, samples), key=key)


def _drift(work: Work, model: Any, key: str, samples: Sequence[Row]) -> float | None:
    """Give the rise of the loss on what the base wrote, in nats per token (CF-22)."""
    if not samples:
        return None
    tuned = work.once(f"nll-{key}", lambda: _losses(work, model, samples))
    base = work.once("nll-base", lambda: None)
    return float(tuned - base) if base is not None else None


def _losses(work: Work, model: Any, rows: Sequence[Row]) -> float:
    losses = nll_per_token(model, work.loaded.tokenizer, rows)
    tokens = sum(loss.tokens for loss in losses)
    return sum(loss.nats for loss in losses) / max(1, tokens)


def _robustness(work: Work, model: Any, key: str, plain: Asked) -> Robustness:
    disturbed = ask_rows(
        work, model, disturb_rows(work.test, seed=work.config.seed), name=f"disturbed-{key}",
        system=work.config.task.system,
    )  # fmt: skip
    return Robustness(
        plain=plain.score, disturbed=disturbed.score,
        learned_the_wording=compare(work, plain, disturbed).better is False,
    )  # fmt: skip


def _versus(work: Work, tuned: Asked) -> dict[str, Difference]:
    """Compare with what needs no language model, item by item, where the tools left its results."""
    path = work.run.data / "simple.json"
    if work.config.task.metric != "accuracy" or not path.exists():
        return {}
    right: dict[str, list[float]] = json.loads(path.read_text(encoding="utf-8"))
    return {
        name: statistics.difference(values, tuned.values, metric="accuracy", seed=work.config.seed)
        for name, values in right.items()
        if len(values) == len(tuned.values)
    }


def _samples(work: Work, base: Asked, tuned: Asked) -> tuple[Sample, ...]:
    """Pick pairs, every other one where the answer's worth changed: gains and losses as they come."""
    changed = [at for at in range(len(work.test)) if base.values[at] != tuned.values[at]]
    same = [at for at in range(len(work.test)) if base.values[at] == tuned.values[at]]
    wanted = min(SAMPLES, len(work.test))
    picked = _spread(changed, max(wanted // 2, wanted - len(same)))
    picked += _spread(same, wanted - len(picked))
    return tuple(
        Sample(
            id=row.id, prompt=row.prompt[-1].content if row.prompt else (row.text or "")[:TEXT_SHOWN], expected=row.answer,
            base=base.answers[at], tuned=tuned.answers[at],
            base_score=base.values[at], tuned_score=tuned.values[at],
        )
        for at, row in ((at, work.test[at]) for at in sorted(picked))
    )  # fmt: skip


def _spread(places: Sequence[int], count: int) -> list[int]:
    count = min(count, len(places))
    return [places[at * len(places) // count] for at in range(count)]


def _say(work: Work, tuned: Asked, kept: Retention) -> None:
    work.telemetry.event(
        "measured",
        Text(
            "The tuned model scores {value} (between {low} and {high}) on the test items and keeps {kept:.1%} of the general abilities.",
            value=figure(tuned.score), low=figure(tuned.score, tuned.score.low), high=figure(tuned.score, tuned.score.high), kept=kept.value,
        ),
        **json.loads(tuned.score.model_dump_json()), retention=kept.value,
    )  # fmt: skip
