"""What a stage learns from, technique by technique: rows become a lesson, and whatever is left out is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from statistics import fmean
from typing import Any

from training.config import StageConfig, Technique
from training.data import Sequences, tokenise
from training.errors import TrainingError
from training.loop import Ended, Lesson, Progress
from training.mixture import Mixture, mix
from training.phases.rehearsing import teacher_of
from training.phases.replaying import Replay
from training.phases.rewarding import reward_of
from training.rewards import Reward
from training.rewards.calibrate import calibrate, refuse_unsound
from training.rows import Row
from training.telemetry import Place
from training.text import Text
from training.work import Work

EMPTY = Sequences((), (), (), ())
QUESTIONS_TRIED = 256
"""Most questions that the starting model tries before learning from attempts. Our default."""

HELD_OUT_TRIED = 32
REWARD_GAP = 0.10  # RW-06: azure reward-hacking.md


class NothingToLearnError(TrainingError):
    """The stage would teach nothing: a gate before it is closed."""


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
        raise _no_row(work, stage, Text("There is no plain text to learn from."))
    return _mixed(
        work, stage, bare, own, _tokenised(work, list(replay.rows), stage, system=None, noted=False)
    )


def _pairs(work: Work, stage: StageConfig, replay: Replay, bare: Lesson) -> Lesson:
    """Pairs alone: the loss is held to the starting point, and general data have no rejected answers."""
    from training.dpo import PairLesson, reference_of  # noqa: PLC0415 - a second of imports
    from training.preferences import tokenise_pairs  # noqa: PLC0415

    loaded = work.loaded
    pairs = tokenise_pairs(
        work.rows("train"), loaded.tokenizer, stop_id=loaded.stop_id, max_tokens=stage.max_seq_tokens,
        system=work.config.task.system,
    )  # fmt: skip
    _note_left_out(work, pairs.too_long, stage.max_seq_tokens)
    if pairs.unusable:
        work.note(
            Text(
                "{rows:,} training rows are no pairs of two different answers and were left out, for example {example}.",
                rows=len(pairs.unusable), example=pairs.unusable[0],
            )
        )  # fmt: skip
    if not pairs.ids:
        raise _no_row(work, stage, Text("No pair of a preferred and a rejected answer is left."))
    mixture = mix(
        pairs.lengths,
        [],
        share=0,
        epochs=stage.epochs,
        batch_size=stage.batch_size,
        seed=work.config.seed,
    )
    lesson = PairLesson(
        **_values(bare) | {"mixture": mixture}, pairs=pairs, reference=reference_of(bare, pairs)
    )
    text = Text(
        "Learning from {pairs:,} pairs of answers for {steps:,} steps.",
        pairs=len(pairs.ids),
        steps=lesson.steps,
    )
    _say(work, lesson, text, pairs=len(pairs.ids))
    return lesson


def _attempts(work: Work, stage: StageConfig, replay: Replay, bare: Lesson) -> Lesson:
    """Questions that the starting weights get right and wrong. Raises NothingToLearnError where there are none."""
    from training.chat import prompts_for, render_prompts  # noqa: PLC0415 - as the others
    from training.rft import AttemptLesson, order_of  # noqa: PLC0415 - seconds of imports

    task, loaded = work.config.task, work.loaded
    reward = reward_of(work)
    rows = _askable(work, stage)
    work.once(f"calibration-{bare.name}", lambda: _calibrated(work, reward, rows, bare.name))
    usable = _usable(work, bare, reward, rows)
    order = order_of(
        len(usable),
        epochs=stage.epochs * len(rows) / len(usable),
        batch_size=stage.batch_size,
        seed=work.config.seed,
    )
    lesson = AttemptLesson(
        **_values(bare) | {"mixture": Mixture(order, len(usable), 0, 0, 0.0)}, rows=usable,
        prompts=render_prompts(loaded.tokenizer, prompts_for(usable, system=task.system)),
        reward=reward, max_new_tokens=task.max_new_tokens,
    )  # fmt: skip
    text = Text(
        "Learning from attempts at {questions:,} questions for {steps:,} steps, {group} attempts at each of {batch} a step.",
        questions=len(usable), steps=lesson.steps, group=stage.group_size, batch=stage.batch_size,
    )  # fmt: skip
    _say(work, lesson, text, questions=len(usable))
    return lesson


def _askable(work: Work, stage: StageConfig) -> list[Row]:
    """Give the questions that leave room for an answer, at most as many as are tried."""
    rows = [row for row in work.rows("train") if row.prompt]
    loaded, room = work.loaded, stage.max_seq_tokens - work.config.task.max_new_tokens
    own = [row for row in rows if _prompt_tokens(loaded, row, work.config.task.system) <= room]
    _note_left_out(work, tuple(row.id for row in rows if row not in own), max(room, 0))
    if not own:
        raise _no_row(work, stage, Text("No question is left: all are too long or empty."))
    return own


def _prompt_tokens(loaded: Any, row: Row, system: str | None) -> int:
    from training.chat import prompts_for, render_prompts  # noqa: PLC0415 - as the others

    text = render_prompts(loaded.tokenizer, prompts_for([row], system=system))[0]
    return len(loaded.tokenizer(text, add_special_tokens=False)["input_ids"])


def _calibrated(work: Work, reward: Reward, rows: Sequence[Row], name: str) -> str:
    work.telemetry.progress("training", Text("Trying the reward on bad answers."), at=Place(name))
    found = calibrate(reward, rows, seed=work.config.seed)
    refuse_unsound(found)
    work.telemetry.event(
        "reward_tried", found.text, at=Place(name), references=found.references, **found.bad
    )
    return str(found.text)


def _usable(work: Work, bare: Lesson, reward: Reward, rows: Sequence[Row]) -> list[Row]:
    """Let the starting weights try the questions, once, and give those that can teach something."""
    from training.attempts import Window, measure_window  # noqa: PLC0415 - as the others

    tried = rows[:QUESTIONS_TRIED] if len(rows) > QUESTIONS_TRIED else rows

    def window_of(questions: Sequence[Row]) -> Window:
        return measure_window(
            bare.model, work.loaded, questions, reward, system=work.config.task.system,
            max_new_tokens=work.config.task.max_new_tokens, seed=work.config.seed,
        )  # fmt: skip

    def measure() -> dict[str, Any]:
        work.telemetry.progress(
            "training",
            Text("Finding out which questions can teach something."),
            at=Place(bare.name),
        )
        found, held_out = window_of(tried), window_of(work.dev[:HELD_OUT_TRIED])
        return {"rates": found.rates, "usable": found.usable, "held_out": held_out.rates}

    stored = work.once(f"window-{bare.name}", measure)
    window = Window(tuple(stored["rates"]), tuple(stored["usable"]))
    work.learn(extra=work.measured.extra | {f"window-{bare.name}": {
        "questions": len(tried), "mean_rate": window.mean_rate, "usable_share": window.usable_share,
    }})  # fmt: skip
    _note_learnt_by_heart(work, window.mean_rate, stored["held_out"])
    refusal = window.refusal()
    if refusal is not None:
        too_easy = window.mean_rate > 0.5
        raise NothingToLearnError(
            refusal, where=bare.name,
            what_to_do=Text("Use the model as it is, or add harder questions.") if too_easy
            else Text("Train on worked examples first (--technique sft,rft), or add easier questions."),
        )  # fmt: skip
    work.telemetry.event(
        "window",
        Text(
            "The model succeeds in {rate:.1%} of its attempts; {share:.0%} of the questions get both good and bad ones, and only these are asked.",
            rate=window.mean_rate, share=window.usable_share,
        ),
        at=Place(bare.name), mean_rate=window.mean_rate, usable_share=window.usable_share, questions=len(tried),
    )  # fmt: skip
    return [row for row, usable in zip(tried, window.usable, strict=True) if usable]


def _note_learnt_by_heart(work: Work, rate: float, held_out: Sequence[float]) -> None:
    """Warn where the start succeeds far more often on training questions than on others (RW-06)."""
    if held_out and rate - fmean(held_out) > REWARD_GAP:
        work.note(
            Text(
                "Before learning from attempts the model succeeds in {rate:.0%} of those at training questions, but in {other:.0%} at held-out ones: it knows them by heart, so little is left to learn from them. Fresh questions would teach more.",
                rate=rate, other=fmean(held_out),
            )
        )  # fmt: skip


def _tokenised(
    work: Work, rows: Sequence[Row], stage: StageConfig, *, system: str | None, noted: bool
) -> Sequences:
    sequences = tokenise(
        rows, work.loaded.tokenizer, stop_id=work.loaded.stop_id, max_tokens=stage.max_seq_tokens, system=system
    )  # fmt: skip
    if not noted:
        return sequences
    _note_left_out(work, sequences.too_long, stage.max_seq_tokens)
    if sequences.without_answer:
        work.note(
            Text(
                "{rows:,} training rows have no answer to learn and were left out, for example {example}.",
                rows=len(sequences.without_answer), example=sequences.without_answer[0],
            )
        )  # fmt: skip
    if sequences.last_turn_only:
        work.note(
            Text(
                "In {rows:,} conversations only the last answer is learnt: the model's template rewrites earlier ones.",
                rows=len(sequences.last_turn_only),
            )
        )
    if not sequences.input_ids:
        raise _no_row(
            work, stage, Text("No training row is left: all are too long or have no answer.")
        )
    return sequences


def _note_left_out(work: Work, too_long: Sequence[str], tokens: int) -> None:
    if too_long:
        work.note(
            Text(
                "{rows:,} training rows are longer than {tokens:,} tokens and were left out, for example {example}.",
                rows=len(too_long), tokens=tokens, example=too_long[0],
            )
        )  # fmt: skip


def _no_row(work: Work, stage: StageConfig, what: Text) -> TrainingError:
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
        seed=work.config.seed, weights=own.weights,
    )  # fmt: skip
    taught = teacher_of(work, bare, general) if share else None
    lesson = Lesson(
        **_values(bare)
        | {"sequences": own, "replay": general, "mixture": mixture, "targets": taught}
    )
    text = Text(
        "Training on {rows:,} rows for {steps:,} steps; {share:.1%} of the tokens are rehearsal.",
        rows=len(own.input_ids), steps=lesson.steps, share=mixture.replay_share,
    )  # fmt: skip
    _say(work, lesson, text, rows=len(own.input_ids))
    return lesson


def _say(work: Work, lesson: Lesson, text: Text, **counts: int) -> None:
    place, mixture = Place(lesson.name, 0, lesson.steps), lesson.mixture
    work.telemetry.event(
        "stage_started", text, at=place, steps=lesson.steps,
        own_tokens=mixture.own_tokens, replay_tokens=mixture.replay_tokens,
        replay_share=mixture.replay_share, replay_passes=mixture.replay_passes,
        micro_batch_size=lesson.micro_batch_size, batch_size=lesson.stage.batch_size, **counts,
    )  # fmt: skip
    work.telemetry.progress("training", text, at=place)


def _values(lesson: Lesson) -> dict[str, Any]:
    return {field.name: getattr(lesson, field.name) for field in fields(lesson)}
