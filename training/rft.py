"""Learning from rewarded attempts (GRPO) by TRL's trainer, with our rewards through one adapter.

Each step asks the questions that can still teach (`training.questions`), beginning with the window measured on the
starting weights (`training.attempts`). Every step tells the mean reward and the share of groups whose attempts differ:
nothing else moves the model. A falling reward ends the stage; which checkpoint is best is decided on held-out items,
as everywhere.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from datasets import Dataset

from training import loop
from training.alongside import Alongside, Rehearsing
from training.attempt_writer import LEAST_SHARE, Writer, arguments_for, share_of_card
from training.attempts import SAME
from training.loop import Ended, Lesson, Progress, Watcher
from training.losses import LOGITS_AT_ONCE
from training.questions import FEW_USABLE, Questions
from training.reference import forget_reference, forget_saved_reference
from training.rewards import Reward, columns_of
from training.rewards.reward import spoken
from training.rows import Row
from training.telemetry import Place
from training.text import Text

with warnings.catch_warnings():  # every TRL config warns by itself (trials on tiny models)
    warnings.simplefilter("ignore", FutureWarning)
    from trl import GRPOConfig, GRPOTrainer

CLIP_LOW, CLIP_HIGH = 0.2, 0.28  # GR-04
LAST_STEPS = 10
"""Steps over which rewards are averaged when they are told and judged."""
COLLAPSED = 0.5
"""The reward has collapsed where its mean falls below this part of the best mean so far. Our default; RW-07, GR-10."""


GREW, GAINED = 3.0, 0.05
"""Answers so many times as long as at first are suspicious (azure reward-hacking.md) unless the mean reward has risen by this
much (our default)."""


@dataclass
class AttemptLesson(Lesson):
    """Questions that can teach something, and what rewards the attempts at them."""

    rows: Sequence[Row] = ()
    prompts: Sequence[str] = ()
    """Laid out by the model's template, up to where the answer begins."""
    reward: Reward = field(default_factory=lambda: Reward("none", (), lambda completions: []))
    max_new_tokens: int = 64
    tried: Sequence[bool | None] = ()
    """Whether the starting weights got good and bad attempts at each question; None where they did not try."""
    alongside: Alongside | None = None
    writer: Writer = "transformers"
    memory: dict[str, Any] = field(default_factory=dict)
    questions: Questions = field(default_factory=Questions)

    def begin(self, progress: Progress) -> None:
        """Remember every question, and rewards, usable shares and lengths of every step, across restarts."""
        for name in ("rewards", "usable", "tokens"):
            progress.own.setdefault(name, [])
        self.memory = progress.own
        known = progress.own.get("questions")
        self.questions = Questions.from_json(known) if known else Questions.fresh(self.tried)

    def lengths(self) -> list[int]:
        """Nothing is known beforehand: the attempts' tokens are counted as they come."""
        return [0] * len(self.mixture.order)

    def ask(self, step: int) -> list[dict[str, Any]]:
        """Give the questions of a step, each as often as it is attempted, side by side."""
        places = self.questions.choose(self.stage.batch_size, step=step, seed=self.seed)
        return [
            {"prompt": self.prompts[place], "place": place}
            for place in places
            for _ in range(self.stage.group_size)
        ]

    def step_facts(self) -> dict[str, float]:
        """The mean reward, the share of usable groups and the length of the last steps."""
        return {
            name: round(fmean(self.memory[kind][-LAST_STEPS:]), 4)
            for name, kind in (
                ("reward", "rewards"),
                ("usable_groups", "usable"),
                ("tokens_per_answer", "tokens"),
            )
            if self.memory[kind]
        }

    def step_text(self, step: int, loss: float | None, minutes: int) -> Text:
        """Say how far training is, by the reward: the loss says nothing here."""
        facts = self.step_facts()
        if "reward" not in facts:
            return super().step_text(step, None, minutes)
        return Text(
            "Step {step:,} of {steps:,}: mean reward {reward:.3f}, {usable:.0%} of the groups usable; about {minutes} min left.",
            step=step, steps=self.steps, reward=facts["reward"], usable=facts["usable_groups"], minutes=minutes,
        )  # fmt: skip

    def reason_to_end(self, step: int) -> Text | None:
        """End where the reward has collapsed, or where no group has been usable for a while."""
        rewards, usable = self.memory["rewards"], self.memory["usable"]
        if len(rewards) < 2 * LAST_STEPS:
            return None
        if not any(usable[-LAST_STEPS:]):
            return Text(
                "For {steps} steps all attempts at each question were worth the same, so nothing more can be learnt; the best checkpoint is kept.",
                steps=LAST_STEPS,
            )
        now = fmean(rewards[-LAST_STEPS:])
        best = max(
            fmean(rewards[at : at + LAST_STEPS]) for at in range(len(rewards) - LAST_STEPS + 1)
        )
        if best > 0 and now < COLLAPSED * best:
            return Text(
                "The mean reward fell from {best:.3f} to {now:.3f}; training ends here and the best checkpoint is kept.",
                best=best,
                now=now,
            )
        return self._grown(now)

    def _grown(self, now: float) -> Text | None:
        """End where the answers have become much longer and none the better for it."""
        rewards, tokens = self.memory["rewards"], self.memory["tokens"]
        first, last = fmean(tokens[:LAST_STEPS]), fmean(tokens[-LAST_STEPS:])
        if last < GREW * first or now > fmean(rewards[:LAST_STEPS]) + GAINED:
            return None
        return Text(
            "The answers grew from {first:.0f} to {last:.0f} tokens without earning more; training ends here and the best checkpoint is kept.",
            first=first, last=last,
        )  # fmt: skip

    def grade(
        self, completions: Sequence[str], places: Sequence[int], tokens: Sequence[int], step: int
    ) -> list[float]:
        """Reward attempts at the rows of these places, those at one question side by side, and remember the step."""
        rows = [self.rows[place] for place in places]
        scores = self.reward([spoken(text) for text in completions], **columns_of(rows))
        size = self.stage.group_size
        groups = [scores[at : at + size] for at in range(0, len(scores), size)]
        usable = [max(group) - min(group) > SAME for group in groups]
        self.questions.learn(places[::size], usable, step=step)
        self.memory["rewards"].append(fmean(scores))
        self.memory["usable"].append(fmean(usable))
        self.memory["tokens"].append(fmean(tokens))
        self._filter(step)
        self.memory["questions"] = self.questions.as_json()
        return scores

    def _filter(self, step: int) -> None:
        """Set questions aside sooner while too few groups teach anything, and say so."""
        recent = self.memory["usable"][-LAST_STEPS:]
        if len(recent) < LAST_STEPS or not self.questions.judge(fmean(recent)):
            return
        text = Text(
            "Only {share:.0%} of the groups of the last {steps} steps had both good and bad attempts, less than {wanted:.0%}: from now on a question is set aside as soon as all attempts at it are alike; {aside:,} of {questions:,} are.",
            share=fmean(recent), steps=LAST_STEPS, wanted=FEW_USABLE,
            aside=self.questions.aside(step), questions=len(self.rows),
        )  # fmt: skip
        self.telemetry.event(
            "few_usable_groups", text, at=Place(self.name, step + 1, self.steps),
            usable_groups=fmean(recent), set_aside=self.questions.aside(step),
        )  # fmt: skip


def train(lesson: Lesson) -> tuple[Progress, Ended]:
    """Train on attempts, as `training.loop.train` says."""
    try:
        return loop.train(lesson, _make_trainer)
    finally:
        forget_reference(lesson.model)


def _make_trainer(lesson: AttemptLesson, watcher: Watcher) -> _Trainer:
    """Make the trainer; where vLLM does not start, the library itself writes the attempts, and that is told."""
    if lesson.writer == "vllm":
        place = Place(lesson.name, watcher.progress.step, lesson.steps)
        try:
            trainer = _Trainer(lesson, watcher)
        except (ImportError, OSError, RuntimeError, ValueError) as error:
            said = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
            text = Text(
                "vLLM did not start ({said}); the attempts are written without it.", said=said
            )
            lesson.telemetry.event("attempts_without_vllm", text, at=place)
            lesson.writer = "transformers"
        else:
            text = Text("vLLM writes the attempts. After a stop they are not repeated to the bit.")
            lesson.telemetry.event("attempts_by_vllm", text, at=place)
            return trainer
    return _Trainer(lesson, watcher)


class _Trainer(Rehearsing, GRPOTrainer):  # type: ignore[misc]
    """TRL's trainer on prompts laid out already, asked in our order."""

    lesson: AttemptLesson

    def __init__(self, lesson: AttemptLesson, watcher: Watcher) -> None:
        self.lesson = lesson
        self.watcher = watcher
        self.alongside = lesson.alongside
        watcher.save = self._save_whole

        def reward(
            completions: list[str], place: list[int], completion_ids: list[list[int]], **_: Any
        ) -> list[float]:
            lengths = [len(ids) for ids in completion_ids]
            watcher.progress.tokens += sum(lengths)
            return lesson.grade(completions, place, lengths, self.state.global_step)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            super().__init__(
                model=lesson.model,
                reward_funcs=[reward],
                args=_arguments(lesson),
                train_dataset=_dataset(lesson),
                processing_class=lesson.loaded.tokenizer,
                callbacks=[watcher],
            )
        if (
            self.ref_model is not None
        ):  # TRL reads it from disk: the untouched model, not this stage's start
            self.ref_model.load_state_dict(lesson.model.state_dict())

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """Save the model, or its adapter alone."""
        super().save_model(output_dir, _internal_call)
        if output_dir is not None:
            forget_saved_reference(Path(output_dir))

    def _generate_and_score_completions(self, inputs: list[Any]) -> Any:
        """Attempt the questions that are due now; what the data loader hands over are empty places."""
        return super()._generate_and_score_completions(self.lesson.ask(self.state.global_step))

    def _tokenize_prompts(self, prompts: list[str]) -> tuple[list[list[int]], None, dict[str, Any]]:
        """Take the template's text as it is: TRL would put the tokenizer's first token before it a second time."""
        encoded = self.processing_class(text=prompts, add_special_tokens=False)
        return encoded["input_ids"], None, {}

    def _get_per_token_logps_and_entropies(
        self, model: Any, input_ids: Any, attention_mask: Any, logits_to_keep: int, *rest: Any, **options: Any
    ) -> tuple[Any, Any, None]:  # fmt: skip
        """Project only the attempts onto the vocabulary where there is no Triton: TRL projects the questions too there.

        Measured: a step of 128 short attempts of the practice model takes 1.0 CPU-s instead of 2.2.
        """
        size = input_ids.shape[0] * (logits_to_keep + 1) * model.config.get_text_config().vocab_size
        if input_ids.device.type != "cpu" or size > LOGITS_AT_ONCE:
            found: tuple[Any, Any, None] = super()._get_per_token_logps_and_entropies(
                model, input_ids, attention_mask, logits_to_keep, *rest, **options
            )
            return found
        logits_BTV = model(  # noqa: N806 - B attempts, T tokens, V vocabulary
            input_ids=input_ids, attention_mask=attention_mask, use_cache=False,
            logits_to_keep=logits_to_keep + 1,
        ).logits  # fmt: skip
        logs_BTV = (logits_BTV[:, :-1].float() / self.temperature).log_softmax(-1)  # noqa: N806
        said_BT1 = input_ids[:, -logits_to_keep:, None]  # noqa: N806
        with torch.no_grad():
            entropy_BT = -(logs_BTV.exp() * logs_BTV).sum(-1)  # noqa: N806
        return logs_BTV.gather(-1, said_BT1).squeeze(-1), entropy_BT, None


def _arguments(lesson: AttemptLesson) -> Any:
    stage = lesson.stage
    attempts, at_once = stage.batch_size * stage.group_size, lesson.micro_batch_size
    return GRPOConfig(
        **loop.common_arguments(lesson),
        per_device_train_batch_size=at_once,
        gradient_accumulation_steps=attempts // at_once,
        steps_per_generation=attempts // at_once,
        num_generations=stage.group_size,
        max_completion_length=lesson.max_new_tokens,
        num_train_epochs=1,  # the order already holds all epochs
        shuffle_dataset=False,
        temperature=stage.temperature, top_p=1.0, top_k=0,  # GR-05
        beta=stage.kl_weight, epsilon=CLIP_LOW, epsilon_high=CLIP_HIGH,
        loss_type="dapo", scale_rewards="group", num_iterations=1, mask_truncated_completions=False,
        log_completions=False, remove_unused_columns=False,
        **arguments_for(lesson.writer, share=_share(lesson), most_tokens=stage.max_seq_tokens),
    )  # fmt: skip


def _share(lesson: AttemptLesson) -> float:
    if lesson.writer != "vllm" or lesson.loaded.device.type != "cuda":
        return LEAST_SHARE
    return share_of_card(lesson.model, *torch.cuda.mem_get_info()) or LEAST_SHARE


def _dataset(lesson: AttemptLesson) -> Any:
    """Lay out as many empty places as questions will be asked: which ones is decided step by step."""
    return Dataset.from_dict({"prompt": [""] * len(lesson.mixture.order)})
