"""Carry out one stage: what it learns from, its training, and its recoveries."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

from training.checkpoints import Checkpoint, forget_after, newest_resumable, whole
from training.config import StageConfig
from training.document import write_json
from training.errors import NothingToLearnError, OutOfMemoryError, TrainingError
from training.guard import MAX_RECOVERIES, UnstableError
from training.loop import Ended, Lesson, Progress
from training.measured import StageRecord
from training.mixture import Mixture
from training.model import add_adapter, base_weights, put_weights, trainable_weights
from training.phases.earning import note_course
from training.phases.lessons import EMPTY, build_lesson, trainer_for
from training.phases.replaying import Replay
from training.telemetry import Place
from training.text import Text, join
from training.work import Work


def stage_name(index: int, stage: StageConfig) -> str:
    """Name a stage by its place: `1-sft`."""
    return f"{index + 1}-{stage.technique}"


def prepare_model(work: Work, stage: StageConfig) -> Any:
    """Make the model trainable and keep its untouched weights for interpolation."""
    model = work.loaded.model
    if stage.lora is not None:
        model = add_adapter(work.loaded, stage.lora, seed=work.config.seed)
    work.base = base_weights(model)
    return model


def train_stage(
    work: Work, index: int, replay: Replay, *, model: Any, on_checkpoint: Callable[[Checkpoint], None]
) -> Ended:  # fmt: skip
    """Train one stage to its end, or to a reason to stop, and record it. Goes on where it was interrupted."""
    stage = work.config.stages[index]
    try:
        lesson = _lesson(work, index, replay, model=model, on_checkpoint=on_checkpoint)
    except NothingToLearnError as closed:
        return _skip(work, index, closed)
    untouched = trainable_weights(model) if index or stage.lora else work.base
    while True:
        try:
            progress, ended = trainer_for(stage.technique)(lesson)
            break
        except UnstableError as unstable:
            if _in_vain(lesson) and whole(lesson.folder):
                progress, ended = _last_good(work, lesson, unstable), "unstable"
                break
            lesson = _recover(work, lesson, unstable)
            if newest_resumable(lesson.folder) is None:
                put_weights(model, untouched)
        except OutOfMemoryError as error:
            begin_again_with_less_memory(work, lesson, error)
    record = _record(work, lesson, progress, ended, stage)
    work.learn(stages=(*(s for s in work.measured.stages if s.name != lesson.name), record))
    return ended


def _lesson(
    work: Work, index: int, replay: Replay, *, model: Any, on_checkpoint: Callable[[Checkpoint], None]
) -> Lesson:  # fmt: skip
    stage = work.config.stages[index]
    name = stage_name(index, stage)
    folder = work.stage_folder(name)
    work.telemetry.progress("training", Text("Preparing the training rows."), at=Place(name))
    bare = bare_lesson(work, index, model=model, on_checkpoint=on_checkpoint)
    scale = _read(folder / "recoveries.json").get("rate_scale", 1.0)
    took_s = work.seconds("probes-choosing-base") + answering_s(work)
    return build_lesson(work, stage, replay, replace(bare, rate_scale=scale, checkpoint_s=took_s))


def answering_s(work: Work) -> float:
    """Seconds that the rows set apart for choosing will take to answer, by what the untouched model took for the test."""
    return work.seconds("base-zero-shot") * len(work.dev) / max(1, len(work.test))


def bare_lesson(
    work: Work, index: int, *, model: Any, on_checkpoint: Callable[[Checkpoint], None]
) -> Lesson:
    """Give a stage's lesson before it has anything to learn, cut to the memory that there was room for so far."""
    stage = work.config.stages[index]
    name = stage_name(index, stage)
    folder = work.stage_folder(name)
    micro, checkpointing = _fitting(stage, _read(folder / "memory.json").get("halvings", 0))
    return Lesson(
        name=name, stage=stage, folder=folder, loaded=work.loaded, model=model, sequences=EMPTY,
        replay=EMPTY, mixture=Mixture((), 0, 0, 0, 0.0), seed=work.config.seed, telemetry=work.telemetry,
        stopping=work.stopping, on_checkpoint=on_checkpoint, micro_batch_size=micro,
        gradient_checkpointing=checkpointing,
    )  # fmt: skip


def _skip(work: Work, index: int, closed: NothingToLearnError) -> Ended:
    """Leave a stage out that would teach nothing; the best of the stages before stands. Raises where there are none."""
    if not index:
        raise closed
    stage = work.config.stages[index]
    name = stage_name(index, stage)
    work.telemetry.event("stage_skipped", closed.what, at=Place(name))
    record = StageRecord(
        name=name, technique=stage.technique, steps=0, train_tokens=0, replay_tokens=0, minutes=0.0,
        tokens_per_second=0.0, ended_because=closed.what,
    )  # fmt: skip
    work.learn(stages=(*(s for s in work.measured.stages if s.name != name), record))
    return "finished"


def _in_vain(lesson: Lesson) -> bool:
    count: int = _read(lesson.folder / "recoveries.json").get("count", 0)
    return count >= MAX_RECOVERIES


def _last_good(work: Work, lesson: Lesson, unstable: UnstableError) -> Progress:
    """Give up going on, and say that what was good is kept: the run chooses among the checkpoints there are."""
    newest = newest_resumable(lesson.folder)
    text = Text(
        "Training became unstable {count} {count:time, and went on|times, each time} at half the rate before; it ends here and the best checkpoint is kept. Set the learning rate to {rate:.1e} or less, and look at the rows around step {step:,}.",
        count=MAX_RECOVERIES + 1, step=unstable.step, rate=lesson.stage.learning_rate * lesson.rate_scale / 4,
    )  # fmt: skip
    work.note(text)
    place = Place(lesson.name, unstable.step, lesson.steps)
    work.telemetry.event("ended_early", text, at=place, reason=unstable.reason)
    return Progress.read(newest.path) if newest else Progress()


def _recover(work: Work, lesson: Lesson, unstable: UnstableError) -> Lesson:
    """Go back to the last good checkpoint at half the learning rate. Raises TrainingError when that was in vain."""
    path = lesson.folder / "recoveries.json"
    before = _read(path)
    count = before.get("count", 0) + 1
    if count > MAX_RECOVERIES:
        raise TrainingError(
            Text(
                "Training became unstable {count} {count:time, and went on|times, each time} at half the rate before.",
                count=count,
            ),
            where=f"{lesson.name}, step {unstable.step}",
            what_to_do=Text(
                "Set the learning rate to {rate:.1e} or less, and look at the rows around this step.",
                rate=lesson.stage.learning_rate * lesson.rate_scale / 4,
            ),
        ) from unstable
    scale = lesson.rate_scale / 2
    checkpoint = newest_resumable(lesson.folder)
    step = checkpoint.step if checkpoint else 0
    write_json(path, {"count": count, "rate_scale": scale})
    forget_after(lesson.folder, step)
    place = Place(lesson.name, unstable.step, lesson.steps)
    rate = lesson.stage.learning_rate * scale
    text = (
        Text(
            "The loss rose far above where it began; going back to step {step} with a learning rate of {rate:.1e}.",
            step=step, rate=rate,
        )
        if unstable.reason == "diverged"
        else Text(
            "Several steps in a row were not numbers; going back to step {step} with a learning rate of {rate:.1e}.",
            step=step, rate=rate,
        )
    )  # fmt: skip
    work.telemetry.event(
        "recovery", text, at=place, reason=unstable.reason, learning_rate=rate, back_to=step
    )
    return replace(lesson, rate_scale=scale)


def begin_again_with_less_memory(work: Work, lesson: Lesson, error: OutOfMemoryError) -> None:
    """Replace this process by a fresh one that trains with half as much in memory at once. Never returns.

    The effective batch stays: accumulation doubles. A fresh process, because what a failed step leaves
    behind in this one is memory too.
    """
    path = lesson.folder / "memory.json"
    halvings = _read(path).get("halvings", 0) + 1
    if lesson.micro_batch_size == 1 and lesson.gradient_checkpointing:
        raise TrainingError(
            Text("Training does not fit in memory, not even one row at a time."),
            where=f"{lesson.name}, rows of up to {lesson.stage.max_seq_tokens} tokens",
            what_to_do=Text(
                "Choose a smaller model, train an adapter (lora_rank 16), or lower max_seq_tokens; then plan again."
            ),
        ) from error
    write_json(path, {"halvings": halvings, "said": str(error)[:300]})
    micro, checkpointing = _fitting(lesson.stage, halvings)
    work.telemetry.event(
        "out_of_memory",
        Text(
            "A step did not fit in memory. Beginning again with {rows} rows in memory at once; the batch stays {batch}.",
            rows=micro, batch=lesson.stage.batch_size,
        ),
        at=Place(lesson.name, 0, lesson.steps), micro_batch_size=micro, gradient_checkpointing=checkpointing,
    )  # fmt: skip
    work.telemetry.__exit__()
    work.stopping.restart()


def _fitting(stage: StageConfig, halvings: int) -> tuple[int, bool]:
    """Give rows in memory at once and whether activations are computed twice, after so many failures."""
    micro = stage.micro_batch_size
    checkpointing = stage.gradient_checkpointing
    for _ in range(halvings):
        if micro > 1:
            micro = next(size for size in range(micro // 2, 0, -1) if stage.batch_size % size == 0)
        else:
            checkpointing = True
    return micro, checkpointing


def _record(
    work: Work, lesson: Lesson, progress: Progress, ended: Ended, stage: StageConfig
) -> StageRecord:
    guard = progress.guard
    recoveries = _read(lesson.folder / "recoveries.json").get("count", 0)
    text = _ended_text(ended, progress.step, lesson.steps)
    share = progress.step / lesson.steps
    skipped = _skipped_texts(guard.skipped, guard.spikes)
    note_course(work, lesson.name, progress.own)
    work.telemetry.event(
        "stage_ended", text, at=Place(lesson.name, progress.step, lesson.steps), ended=ended,
        tokens=progress.tokens, seconds=round(progress.seconds, 1), skipped=guard.skipped,
    )  # fmt: skip
    return StageRecord(
        name=lesson.name, technique=stage.technique, steps=progress.step,
        planned_steps=lesson.steps,
        train_tokens=progress.tokens, replay_tokens=round(lesson.mixture.replay_tokens * share),
        minutes=progress.seconds / 60,
        tokens_per_second=progress.tokens / max(progress.seconds, 1e-6),
        first_loss=guard.first[0] if guard.first else None,
        last_loss=fmean(guard.recent) if guard.recent else None,
        ended_because=join([text, *skipped]) if skipped else text,
        recoveries=recoveries,
    )  # fmt: skip


def _skipped_texts(skipped: int, spikes: int) -> list[Text]:
    found = []
    if skipped:
        found.append(
            Text("{skipped} {skipped:step was skipped: its|steps were skipped: their} loss or gradient was not a number.", skipped=skipped)
        )  # fmt: skip
    if spikes:
        found.append(
            Text("{spikes} {spikes:step was skipped: its|steps were skipped: their} loss was far above the steps before.", spikes=spikes)
        )  # fmt: skip
    return found


def _ended_text(ended: Ended, step: int, steps: int) -> Text:
    if ended == "finished" and step < steps:
        return Text("It ended early, after {step:,} of {steps:,} steps.", step=step, steps=steps)
    if ended == "finished":
        return Text("All {steps:,} steps were trained.", steps=steps)
    if ended == "asked":
        return Text(
            "It was stopped as asked after {step:,} of {steps:,} steps.", step=step, steps=steps
        )
    if ended == "budget":
        return Text(
            "The budget was reached after {step:,} of {steps:,} steps.", step=step, steps=steps
        )
    if ended == "unstable":
        return Text(
            "It became unstable again and again, and ended at step {step:,} of {steps:,}.", step=step, steps=steps
        )  # fmt: skip
    return Text("The process was ended after {step:,} of {steps:,} steps.", step=step, steps=steps)


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
