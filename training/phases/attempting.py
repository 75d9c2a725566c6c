"""What learning from attempts begins with: a reward that was tried on bad answers, and questions inside the window."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Any

from training.alongside import lay_out
from training.attempt_writer import Writer, choose_writer, installed_vllm
from training.attempts import Window, measure_plain, measure_window
from training.chat import prompts_for, render_prompts
from training.checkpoints import Checkpoint
from training.config import StageConfig
from training.errors import NothingToLearnError
from training.loop import Lesson
from training.mixture import Mixture
from training.phases.earning import note_gap
from training.phases.lessons import (
    announce,
    general_of,
    no_row,
    note_left_out,
    rehearsed,
    values_of,
)
from training.phases.replaying import Replay
from training.phases.rewarding import reward_of
from training.rewards import Reward
from training.rewards.calibrate import calibrate, refuse_unsound
from training.rft import AttemptLesson
from training.rows import Row
from training.telemetry import Place
from training.text import Text
from training.work import Work

QUESTIONS_TRIED = 256
"""Most questions that the starting model tries beforehand; what the others are good for shows when they are asked. A share
of .5 is then known to within .06. Our default."""
HELD_OUT_TRIED, HELD_OUT_ASKED = 32, 128
"""Held-out questions that are attempted, and those that are asked plainly."""
REWARD_GAP = 0.10  # RW-06: azure reward-hacking.md
COMPARED, COMPARED_ATTEMPTS = 32, 4
"""Training questions and held-out ones that are tried at every checkpoint, and how often each. The difference of two shares is
then known to within .12. Our default."""


def attempts(work: Work, stage: StageConfig, replay: Replay, bare: Lesson) -> Lesson:
    """Fill a lesson with questions and what rewards attempts at them. Raises NothingToLearnError outside the window."""
    task, reward = work.config.task, reward_of(work)
    rows, prompts = _askable(work, stage)
    work.once(f"calibration-{bare.name}", lambda: _calibrated(work, reward, rows, bare.name))
    tried = _tried(work, bare, reward, rows)
    steps = max(1, round(len(rows) * stage.epochs / stage.batch_size))
    tokens = work.loaded.tokenizer(prompts, add_special_tokens=False)["input_ids"]
    alongside = lay_out(  # one attempt at each question is counted: how long they will be is not known
        *general_of(work, stage, replay, bare), share=work.config.replay.share, seed=work.config.seed,
        steps=steps, own_tokens=fmean(map(len, tokens)) * stage.batch_size,
    )  # fmt: skip
    mixture = Mixture(tuple(range(steps * stage.batch_size)), len(rows), 0, 0, 0.0)
    lesson = AttemptLesson(
        **values_of(bare) | {"mixture": rehearsed(mixture, alongside), "on_checkpoint": _compared(work, bare, reward, rows)},
        rows=rows, prompts=prompts, reward=reward,
        tried=tried, max_new_tokens=task.max_new_tokens, alongside=alongside, writer=_writer(work, stage, bare),
    )  # fmt: skip
    text = Text(
        "Learning from attempts at {questions:,} questions for {steps:,} steps, {group} attempts at each of {batch} a step.",
        questions=len(rows), steps=lesson.steps, group=stage.group_size, batch=stage.batch_size,
    )  # fmt: skip
    announce(work, lesson, text, questions=len(rows))
    return lesson


def _writer(work: Work, stage: StageConfig, bare: Lesson) -> Writer:
    """Choose who writes the attempts, and say so where it could have been vLLM and is not."""
    writer, why_not = choose_writer(
        work.loaded, bare.model, installed=installed_vllm(), quantized=work.config.model.quantization is not None,
        ran_out=bare.micro_batch_size < stage.micro_batch_size,
    )  # fmt: skip
    if why_not is not None:
        work.telemetry.event("attempts_without_vllm", why_not, at=Place(bare.name))
    return writer


def _askable(work: Work, stage: StageConfig) -> tuple[list[Row], list[str]]:
    """Give the questions that leave room for an answer, and the text that the model reads for each."""
    rows = [row for row in work.rows("train") if row.prompt]
    tokenizer, room = work.loaded.tokenizer, stage.max_seq_tokens - work.config.task.max_new_tokens
    texts = render_prompts(tokenizer, prompts_for(rows, system=work.config.task.system))
    encoded = tokenizer(texts, add_special_tokens=False)["input_ids"] if texts else []
    short = [len(ids) <= room for ids in encoded]
    too_long = [row.id for row, fits in zip(rows, short, strict=True) if not fits]
    note_left_out(work, too_long, max(room, 0))
    if not any(short):
        raise no_row(work, stage, Text("No question is left: all are too long or empty."))
    kept = [place for place, fits in enumerate(short) if fits]
    return [rows[place] for place in kept], [texts[place] for place in kept]


def _calibrated(work: Work, reward: Reward, rows: Sequence[Row], name: str) -> str:
    work.telemetry.progress("training", Text("Trying the reward on bad answers."), at=Place(name))
    found = calibrate(reward, rows, seed=work.config.seed)
    refuse_unsound(found)
    work.telemetry.event(
        "reward_tried", found.text, at=Place(name), references=found.references, **found.bad
    )
    return str(found.text)


def _tried(work: Work, bare: Lesson, reward: Reward, rows: Sequence[Row]) -> list[bool | None]:
    """Let the starting weights try questions, once; say of each whether it can teach something, None where not tried."""
    draw = random.Random(work.config.seed)
    places = sorted(draw.sample(range(len(rows)), min(QUESTIONS_TRIED, len(rows))))
    questions = [rows[place] for place in places]

    def window_of(some: Sequence[Row]) -> Window:
        return measure_window(
            bare.model, work.loaded, some, reward, system=work.config.task.system,
            max_new_tokens=work.config.task.max_new_tokens, seed=work.config.seed,
        )  # fmt: skip

    def measure() -> dict[str, Any]:
        work.telemetry.progress(
            "training",
            Text("Finding out which questions can teach something."),
            at=Place(bare.name),
        )
        found, held_out = window_of(questions), window_of(work.dev[:HELD_OUT_TRIED])
        plain = measure_plain(
            bare.model, work.loaded, work.dev[:HELD_OUT_ASKED], reward, system=work.config.task.system,
            max_new_tokens=work.config.task.max_new_tokens,
        )  # fmt: skip
        return {"rates": found.rates, "usable": found.usable, "held_out": held_out.rates, "plain": plain}  # fmt: skip

    stored = work.once(f"window-{bare.name}", measure)
    window = Window(tuple(stored["rates"]), tuple(stored["usable"]), stored.get("plain"))
    work.learn(extra=work.measured.extra | {f"window-{bare.name}": {
        "questions": len(questions), "mean_rate": window.mean_rate, "usable_share": window.usable_share,
    }})  # fmt: skip
    _note_learnt_by_heart(work, window.mean_rate, stored["held_out"])
    _refuse(window, where=bare.name)
    work.telemetry.event(
        "window",
        Text(
            "The model succeeds in {rate:.1%} of its attempts; {share:.0%} of the questions get both good and bad ones. The others are asked only now and then.",
            rate=window.mean_rate, share=window.usable_share,
        ),
        at=Place(bare.name), mean_rate=window.mean_rate, usable_share=window.usable_share, questions=len(questions),
    )  # fmt: skip
    known = dict(zip(places, window.usable, strict=True))
    return [known.get(place) for place in range(len(rows))]


def _refuse(window: Window, *, where: str) -> None:
    refusal = window.refusal()
    if refusal is None:
        return
    too_easy = max(window.mean_rate, window.plain or 0.0) > 0.5
    raise NothingToLearnError(
        refusal, where=where,
        what_to_do=Text("Use the model as it is, or add harder questions.") if too_easy
        else Text("Train on worked examples first (--technique sft,rft), or add easier questions."),
    )  # fmt: skip


def _compared(
    work: Work, bare: Lesson, reward: Reward, rows: Sequence[Row]
) -> Callable[[Checkpoint], None]:
    """Give what is done at a checkpoint: measure it, and see whether held-out questions keep up with those in training."""
    places = random.Random(f"compared {work.config.seed}").sample(
        range(len(rows)), min(COMPARED, len(rows))
    )
    known, others = [rows[place] for place in places], work.dev[:COMPARED]

    def on_checkpoint(checkpoint: Checkpoint) -> None:
        bare.on_checkpoint(checkpoint)
        if not others or work.has(f"by-heart-{bare.name}"):
            return
        found = [
            measure_window(
                bare.model, work.loaded, some, reward, system=work.config.task.system,
                max_new_tokens=work.config.task.max_new_tokens, seed=work.config.seed + checkpoint.step,
                samples=COMPARED_ATTEMPTS,
            )
            for some in (known, others)
        ]  # fmt: skip
        gap = note_gap(work, bare.name, step=checkpoint.step, known=found[0], others=found[1])
        rate, other = gap.rate, gap.held_out
        if rate - other > REWARD_GAP:
            text = Text(
                "At step {step:,} the model succeeds in {rate:.0%} of its attempts at training questions, but in {other:.0%} at held-out ones: it begins to know them by heart.",
                step=checkpoint.step, rate=rate, other=other,
            )  # fmt: skip
            work.once(f"by-heart-{bare.name}", lambda: str(text))
            work.note(text)
            work.telemetry.event(
                "reward_gap", text, at=Place(bare.name, checkpoint.step), rate=rate, held_out=other
            )

    return on_checkpoint


def _note_learnt_by_heart(work: Work, rate: float, held_out: Sequence[float]) -> None:
    """Warn where the start succeeds far more often on training questions than on others (RW-06)."""
    if held_out and rate - fmean(held_out) > REWARD_GAP:
        work.note(
            Text(
                "Before learning from attempts the model succeeds in {rate:.0%} of those at training questions, but in {other:.0%} at held-out ones: it knows them by heart, so little is left to learn from them. Fresh questions would teach more.",
                rate=rate, other=fmean(held_out),
            )
        )  # fmt: skip
