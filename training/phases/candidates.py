"""Which weights to keep: every checkpoint, and points between the best and the base, on dev and on the probes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training import selection, statistics
from training.checkpoints import Checkpoint, is_whole, whole, write_folder
from training.evaluate import nll_per_token
from training.figures import figure
from training.measured import Candidate
from training.model import interpolate, is_adapted, put_weights, save_weights, tuned_weights
from training.phases import named_version
from training.phases.asking import ask_probes, ask_rows
from training.phases.stages import stage_name
from training.telemetry import Place
from training.text import Text
from training.work import Work

CHOICE_FILE = "choice.json"
SHORTLIST = 2
"""Checkpoints that are also tried nearer to the base: the choice as trained, and the best at the task."""
RISEN, IN_A_ROW = 1.05, 1
"""The loss has turned where it is so much above its lowest and was above it at so many checkpoints before. Our default."""
STILL = 3
"""Checkpoints without a gain that are told as a plateau. Our default."""


def measure_checkpoint(work: Work, model: Any, stage: str, checkpoint: Checkpoint) -> Candidate:
    """Measure a checkpoint whose weights the model has now, and say how it stands."""
    known = work.has(f"dev-{_key(stage, checkpoint.step, 1.0)}")
    if not known:
        work.telemetry.progress(
            "evaluating", Text("Measuring step {step:,}.", step=checkpoint.step),
            at=Place(stage, checkpoint.step, checkpoint.step),
        )  # fmt: skip
    found = _measure(work, model, stage, checkpoint.step, share=1.0)
    _remember(work, found)
    if not known:
        work.telemetry.event(
            "checkpoint", _standing(found), at=Place(stage, checkpoint.step), task=found.task.value,
            task_low=found.task.low, task_high=found.task.high, metric=found.task.metric,
            retention=None if found.retention_low is None else found.retention, loss=found.loss,
        )  # fmt: skip
        _tell_course(work, stage)
    return found


def choose_candidate(work: Work, model: Any) -> Candidate | None:
    """Measure what is not yet, choose, and keep the chosen weights in `chosen/`. None without a checkpoint."""
    checkpoints = _all_checkpoints(work)
    if not checkpoints:
        return None
    as_trained = [_measure_saved(work, model, stage, at, 1.0) for stage, at in checkpoints]
    shares = sorted(share for share in work.config.measure.interpolations if share < 1.0)
    nearer = []
    for stage, at in _shortlist(work, as_trained, checkpoints):
        nearer += [_measure_saved(work, model, stage, at, share) for share in shares]
    wanted = work.config.measure.version
    marked, because = _chosen_of(work, [*as_trained, *nearer])
    if wanted is not None:
        marked, because = named_version.take(marked, wanted)
        work.note(named_version.second_look())
    chosen = next(candidate for candidate in marked if candidate.chosen)
    work.learn(
        candidates=tuple(marked),
        chosen_because=because,
        stages=_with_best_steps(work, marked),
    )
    _keep(work, model, chosen)
    said = [because] if not work.has(f"chosen-{_key_of(chosen)}") else []
    for text in said:
        work.telemetry.event(
            "chosen", text, at=Place(chosen.stage, chosen.step), interpolation=chosen.interpolation,
            task=chosen.task.value, retention=chosen.retention,
        )  # fmt: skip
        work.once(f"chosen-{_key_of(chosen)}", lambda: str(because))
    return chosen


def best_as_trained(work: Work, stage: str) -> Checkpoint:
    """Give the stage's checkpoint that the next stage starts from. Every one is measured already."""
    found = [c for c in work.measured.candidates if c.stage == stage and c.interpolation == 1.0]
    marked, _ = _chosen_of(work, found)
    step = next(candidate.step for candidate in marked if candidate.chosen)
    return next(at for at in whole(work.stage_folder(stage)) if at.step == step)


def has_checkpoints(work: Work) -> bool:
    """Say whether there is anything to choose from."""
    return bool(_all_checkpoints(work))


def chosen_folder(work: Work) -> Path:
    """Where the chosen weights stand."""
    return work.run.path / "chosen"


def candidate_key(candidate: Candidate) -> str:
    """Name a candidate in file names."""
    return _key_of(candidate)


def _measure_saved(
    work: Work, model: Any, stage: str, checkpoint: Checkpoint, share: float
) -> Candidate:
    key = _key(stage, checkpoint.step, share)
    if not (work.has(f"dev-{key}") and (work.has(f"probes-choosing-{key}"))):
        work.telemetry.progress(
            "evaluating",
            Text("Trying step {step:,} at {share:.0%} of the way from the base.", step=checkpoint.step, share=share),
        )  # fmt: skip
        weights = tuned_weights(checkpoint.path, work.loaded)
        put_weights(model, interpolate(work.base, weights, share))
    if share == 1.0:
        return measure_checkpoint(work, model, stage, checkpoint)
    found = _measure(work, model, stage, checkpoint.step, share=share)
    _remember(work, found)
    return found


def _measure(work: Work, model: Any, stage: str, step: int, *, share: float) -> Candidate:
    key = _key(stage, step, share)
    task = ask_rows(work, model, work.dev, name=f"dev-{key}", system=work.config.task.system)
    tuned = ask_probes(work, model, name=f"probes-choosing-{key}", purpose="choosing")
    base = ask_probes(work, None, name="probes-choosing-base", purpose="choosing")
    kept = statistics.retention(base, tuned, seed=work.config.seed)
    return Candidate(
        stage=stage, step=step, interpolation=share, task=task.score,
        retention=kept.value, retention_low=kept.low if tuned else None,
        loss=_loss(work, model, key) if share == 1.0 else None,
    )  # fmt: skip


def _loss(work: Work, model: Any, key: str) -> float | None:
    """Read how likely the right answers of the dev rows are; None where there are none to read, or the score says just that."""
    if work.config.task.metric == "bits_per_byte" or not work.dev:
        return None

    def read() -> float | None:
        found = nll_per_token(
            model, work.loaded.tokenizer, work.dev, system=work.config.task.system
        )
        tokens = sum(one.tokens for one in found)
        return sum(one.nats for one in found) / tokens if tokens else None

    value: float | None = work.once(f"loss-{key}", read)
    return value


def _tell_course(work: Work, stage: str) -> None:
    """Say once where the loss on held-out items has turned, or where the last checkpoints gained nothing.

    Nothing is stopped by it: the best checkpoint is chosen anyway, and the last steps of a falling rate often gain most.
    """
    course = sorted(
        (c for c in work.measured.candidates if c.stage == stage and c.interpolation == 1.0),
        key=lambda c: c.step,
    )
    place = Place(stage, course[-1].step)
    losses = [(c.loss, c.step) for c in course if c.loss is not None]
    if losses and not work.has(f"turned-{stage}"):
        lowest, step = min(losses)
        now = losses[-1][0]
        if now > RISEN * lowest and len(losses) - losses.index((lowest, step)) > IN_A_ROW:
            text = Text(
                "The loss on held-out items has risen from {lowest:.3f} at step {step:,} to {now:.3f}: the model begins to learn the rows by heart. Its best checkpoint is kept.",
                lowest=lowest, step=step, now=now,
            )  # fmt: skip
            work.once(f"turned-{stage}", lambda: str(text))
            work.telemetry.event("overfitting", text, at=place, lowest=lowest, loss=now)
    goodness = [c.task.value if c.task.higher_is_better else -c.task.value for c in course]
    best = goodness.index(max(goodness))
    if len(course) - 1 - best >= STILL and not work.has(f"still-{stage}"):
        text = Text(
            "Nothing was gained on the held-out items since step {step:,}; its checkpoint is among those to choose from.",
            step=course[best].step,
        )  # fmt: skip
        work.once(f"still-{stage}", lambda: str(text))
        work.telemetry.event("plateau", text, at=place, best_step=course[best].step)


def _standing(found: Candidate) -> Text:
    if found.retention_low is None:
        return Text(
            "Step {step:,}: {value} on the held-out items.",
            step=found.step,
            value=figure(found.task),
        )
    return Text(
        "Step {step:,}: {value} on the held-out items, {kept:.1%} of the general abilities kept.",
        step=found.step, value=figure(found.task), kept=found.retention,
    )  # fmt: skip


def _chosen_of(work: Work, candidates: Sequence[Candidate]) -> tuple[list[Candidate], Text]:
    """Choose by the run's budget and by whether the rate of the last of these candidates' stages falls."""
    last = max((one.stage for one in candidates), default="")
    stages = {stage_name(at, stage): stage for at, stage in enumerate(work.config.stages)}
    falls = last not in stages or stages[last].schedule != "constant"
    return selection.choose(
        candidates, max_forgetting=work.config.measure.max_forgetting, rate_falls=falls
    )


def _shortlist(
    work: Work, as_trained: Sequence[Candidate], checkpoints: Sequence[tuple[str, Checkpoint]]
) -> list[tuple[str, Checkpoint]]:
    marked, _ = _chosen_of(work, as_trained)
    chosen = next(at for at, candidate in enumerate(marked) if candidate.chosen)
    better = {True: 1.0, False: -1.0}[marked[0].task.higher_is_better]
    best = max(
        range(len(marked)), key=lambda at: (better * marked[at].task.value, marked[at].retention)
    )
    return [checkpoints[at] for at in dict.fromkeys([chosen, best])][:SHORTLIST]


def _all_checkpoints(work: Work) -> list[tuple[str, Checkpoint]]:
    return [
        (name, checkpoint)
        for name in (stage_name(at, stage) for at, stage in enumerate(work.config.stages))
        for checkpoint in whole(work.stage_folder(name))
    ]


def _remember(work: Work, found: Candidate) -> None:
    others = [c for c in work.measured.candidates if _key_of(c) != _key_of(found)]
    work.learn(candidates=(*others, found))


def _with_best_steps(work: Work, marked: Sequence[Candidate]) -> tuple[Any, ...]:
    best = {c.stage: c.step for c in marked if c.chosen}
    return tuple(
        record.model_copy(update={"best_step": best.get(record.name)})
        for record in work.measured.stages
    )


def _keep(work: Work, model: Any, chosen: Candidate) -> None:
    target = chosen_folder(work)
    choice = {
        "stage": chosen.stage, "step": chosen.step, "interpolation": chosen.interpolation,
        "kind": "adapter" if is_adapted(model) else "full", "base": work.config.model.source,
    }  # fmt: skip
    if (
        is_whole(target)
        and json.loads((target / CHOICE_FILE).read_text(encoding="utf-8")) == choice
    ):
        return
    checkpoint = next(at for at in whole(work.stage_folder(chosen.stage)) if at.step == chosen.step)
    weights = interpolate(
        work.base, tuned_weights(checkpoint.path, work.loaded), chosen.interpolation
    )
    put_weights(model, weights)

    def fill(folder: Path) -> None:
        save_weights(model, folder)
        work.loaded.tokenizer.save_pretrained(folder)
        (folder / CHOICE_FILE).write_text(json.dumps(choice), encoding="utf-8")

    write_folder(target, fill)


def _key_of(candidate: Candidate) -> str:
    return _key(candidate.stage, candidate.step, candidate.interpolation)


def _key(stage: str, step: int, share: float) -> str:
    return f"{stage}-{step:06d}-{share:g}"
