"""What a stage learns from, technique by technique: rows become a lesson, and whatever is left out is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from math import ceil
from statistics import fmean
from typing import TYPE_CHECKING, Any

from training.config import StageConfig, Technique
from training.data import Sequences, tokenise
from training.errors import TrainingError
from training.loop import Ended, Lesson, Progress
from training.losses import Targets
from training.mixture import Mixture, mix
from training.phases.rehearsing import with_teacher
from training.phases.replaying import Replay
from training.rows import Row
from training.telemetry import Place
from training.text import Text
from training.work import Work

if TYPE_CHECKING:
    from training.alongside import Alongside

EMPTY = Sequences((), (), (), ())


def trainer_for(technique: Technique) -> Callable[[Lesson], tuple[Progress, Ended]]:
    """Give the technique's training function; the others' libraries stay unloaded."""
    if technique == "dpo":
        from training.dpo import train  # noqa: PLC0415 - a second of imports, only for pairs
    elif technique == "rft":
        from training.rft import train  # noqa: PLC0415 - seconds of imports, only for attempts
    else:
        from training.sft import train  # noqa: PLC0415 - as the others
    return train


def build_lesson(work: Work, stage: StageConfig, replay: Replay, bare: Lesson) -> Lesson:
    """Fill a bare lesson with what its technique learns from. Raises TrainingError where that is nothing."""
    build = {"cpt": _texts, "sft": _examples, "dpo": _pairs, "rft": _attempts}[stage.technique]
    return build(work, stage, replay, bare)


def _examples(work: Work, stage: StageConfig, replay: Replay, bare: Lesson) -> Lesson:
    """Examples with replay. After continued pretraining on texts, what the untouched model wrote is the example."""
    rows, general = work.rows("train"), list(replay.rows)
    if all(row.text for row in rows):
        rows, general = general, []
    own = _tokenised(work, rows, stage, system=work.config.task.system, noted=True)
    return _mixed(
        work, stage, bare, own, _tokenised(work, general, stage, system=None, noted=False)
    )


def _texts(work: Work, stage: StageConfig, replay: Replay, bare: Lesson) -> Lesson:
    """Plain texts, cut where they are too long, with conversations as replay."""
    from training.cpt import tokenise_texts  # noqa: PLC0415 - only for texts

    loaded = work.loaded
    own = tokenise_texts(
        work.rows("train"),
        loaded.tokenizer,
        stop_id=loaded.stop_id,
        max_tokens=stage.max_seq_tokens,
    )
    if not own.input_ids:
        raise no_row(work, stage, Text("There is no plain text to learn from."))
    return _mixed(
        work, stage, bare, own, _tokenised(work, list(replay.rows), stage, system=None, noted=False)
    )


def _pairs(work: Work, stage: StageConfig, replay: Replay, bare: Lesson) -> Lesson:
    """Pairs, and general rows alongside where the plan wants some: those have no rejected answers."""
    from training.alongside import lay_out  # noqa: PLC0415 - as the others
    from training.dpo import PairLesson, reference_of  # noqa: PLC0415 - a second of imports
    from training.preferences import tokenise_pairs  # noqa: PLC0415

    loaded = work.loaded
    pairs = tokenise_pairs(
        work.rows("train"), loaded.tokenizer, stop_id=loaded.stop_id, max_tokens=stage.max_seq_tokens,
        system=work.config.task.system,
    )  # fmt: skip
    note_left_out(work, pairs.too_long, stage.max_seq_tokens)
    if pairs.unusable:
        work.note(
            Text(
                "{rows:,} training {rows:row is no pair of two different answers and was|rows are no pairs of two different answers and were} left out, for example {example}.",
                rows=len(pairs.unusable), example=pairs.unusable[0],
            )
        )  # fmt: skip
    if not pairs.ids:
        raise no_row(work, stage, Text("No pair of a preferred and a rejected answer is left."))
    mixture = mix(
        pairs.lengths,
        [],
        share=0,
        epochs=stage.epochs,
        batch_size=stage.batch_size,
        seed=work.config.seed,
    )
    alongside = lay_out(
        *general_of(work, stage, replay, bare), share=work.config.replay.share, seed=work.config.seed,
        steps=ceil(len(mixture.order) / stage.batch_size), own_tokens=fmean(pairs.lengths) * stage.batch_size,
    )  # fmt: skip
    lesson = PairLesson(
        **values_of(bare) | {"mixture": rehearsed(mixture, alongside)}, pairs=pairs,
        reference=reference_of(bare, pairs), alongside=alongside,
    )  # fmt: skip
    text = Text(
        "Learning from {pairs:,} pairs of answers for {steps:,} steps.",
        pairs=len(pairs.ids),
        steps=lesson.steps,
    )
    announce(work, lesson, text, pairs=len(pairs.ids))
    return lesson


def _attempts(work: Work, stage: StageConfig, replay: Replay, bare: Lesson) -> Lesson:
    """Questions to attempt, and what rewards the attempts."""
    from training.phases.attempting import attempts  # noqa: PLC0415 - seconds of imports

    return attempts(work, stage, replay, bare)


def general_of(
    work: Work, stage: StageConfig, replay: Replay, bare: Lesson
) -> tuple[Sequences, Targets | None]:
    """Give the general rows and their teacher for a technique whose loss has no place for them; none where none are wanted."""
    if not work.config.replay.share or not replay.rows:
        return EMPTY, None
    general = _tokenised(work, list(replay.rows), stage, system=None, noted=False)
    return with_teacher(work, bare, general)


def rehearsed(mixture: Mixture, alongside: Alongside | None) -> Mixture:
    """Count the general rows that are learnt alongside."""
    if alongside is None:
        return mixture
    return replace(mixture, replay_tokens=alongside.total_tokens, replay_passes=alongside.passes)


def _tokenised(
    work: Work, rows: Sequence[Row], stage: StageConfig, *, system: str | None, noted: bool
) -> Sequences:
    sequences = tokenise(
        rows, work.loaded.tokenizer, stop_id=work.loaded.stop_id, max_tokens=stage.max_seq_tokens, system=system
    )  # fmt: skip
    if not noted:
        return sequences
    note_left_out(work, sequences.too_long, stage.max_seq_tokens)
    if sequences.without_answer:
        work.note(
            Text(
                "{rows:,} training {rows:row has no answer to learn and was|rows have no answer to learn and were} left out, for example {example}.",
                rows=len(sequences.without_answer), example=sequences.without_answer[0],
            )
        )  # fmt: skip
    if sequences.last_turn_only:
        work.note(
            Text(
                "In {rows:,} {rows:conversation|conversations} only the last answer is learnt: the model's template rewrites earlier ones.",
                rows=len(sequences.last_turn_only),
            )
        )
    if not sequences.input_ids:
        raise no_row(
            work, stage, Text("No training row is left: all are too long or have no answer.")
        )
    return sequences


def note_left_out(work: Work, too_long: Sequence[str], tokens: int) -> None:
    """Tell the reader of the report how many rows were too long, and name one."""
    if too_long:
        work.note(
            Text(
                "{rows:,} training {rows:row is|rows are} longer than {tokens:,} tokens and {rows:was|were} left out, for example {example}.",
                rows=len(too_long), tokens=tokens, example=too_long[0],
            )
        )  # fmt: skip


def no_row(work: Work, stage: StageConfig, what: Text) -> TrainingError:
    """Make the error for a stage that is left without a row."""
    return TrainingError(
        what,
        where="data/train.jsonl",
        what_to_do=Text(
            "Raise max_seq_tokens above {tokens:,}, or shorten the rows.",
            tokens=stage.max_seq_tokens,
        ),
    )


def _mixed(
    work: Work, stage: StageConfig, bare: Lesson, own: Sequences, general: Sequences
) -> Lesson:
    share = work.config.replay.share if general.input_ids else 0.0
    mixture = mix(
        own.lengths, general.lengths, share=share, epochs=stage.epochs, batch_size=stage.batch_size,
        seed=work.config.seed, weights=own.weights, replay_late=stage.replay_order == "late" and share > 0,
        by_length=not stage.packing,
    )  # fmt: skip
    general, taught = with_teacher(work, bare, general) if share else (general, None)
    lesson = Lesson(
        **values_of(bare)
        | {"sequences": own, "replay": general, "mixture": mixture, "targets": taught}
    )
    text = Text(
        "Training on {rows:,} rows for {steps:,} steps; {share:.1%} of the tokens are rehearsal.",
        rows=len(own.input_ids), steps=lesson.steps, share=mixture.replay_share,
    )  # fmt: skip
    announce(work, lesson, text, rows=len(own.input_ids))
    return lesson


def announce(work: Work, lesson: Lesson, text: Text, **counts: int) -> None:
    """Say that the stage begins, on what and for how long."""
    place, mixture = Place(lesson.name, 0, lesson.steps), lesson.mixture
    work.telemetry.progress("training", lesson.named(text), at=place)
    if lesson.trial is not None:
        return
    work.telemetry.event(
        "stage_started", text, at=place, steps=lesson.steps,
        own_tokens=mixture.own_tokens, replay_tokens=mixture.replay_tokens,
        replay_share=mixture.replay_share, replay_passes=mixture.replay_passes,
        micro_batch_size=lesson.micro_batch_size, batch_size=lesson.stage.batch_size, **counts,
    )  # fmt: skip


def values_of(lesson: Lesson) -> dict[str, Any]:
    """Give a lesson's values, to make a technique's own lesson of them."""
    return {field.name: getattr(lesson, field.name) for field in fields(lesson)}
