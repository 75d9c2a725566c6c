"""Learning from rewarded attempts (GRPO) by TRL's trainer, with our rewards through one adapter.

Only questions inside the window measured on the starting weights are asked (`training.attempts`), in an order laid
out beforehand. Every step tells the mean reward and the share of groups whose attempts differ: nothing else moves
the model. A falling reward ends the stage; which checkpoint is best is decided on held-out items, as everywhere.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from datasets import Dataset

from training import loop
from training.attempts import SAME
from training.loop import Ended, Lesson, Progress, Resumable, Watcher
from training.rewards import Reward, columns_of
from training.rewards.reward import spoken
from training.rows import Row
from training.text import Text

with warnings.catch_warnings():  # every TRL config warns by itself (stack.md 2a)
    warnings.simplefilter("ignore", FutureWarning)
    from trl import GRPOConfig, GRPOTrainer

CLIP_LOW, CLIP_HIGH = 0.2, 0.28  # GR-04
LAST_STEPS = 10
"""Steps over which rewards are averaged when they are told and judged."""
COLLAPSED = 0.5
"""The reward has collapsed where its mean falls below this part of the best mean so far. Our default; RW-07, GR-10."""


@dataclass
class AttemptLesson(Lesson):
    """Questions that can teach something, and what rewards the attempts at them."""

    rows: Sequence[Row] = ()
    prompts: Sequence[str] = ()
    """Laid out by the model's template, up to where the answer begins."""
    reward: Reward = field(default_factory=lambda: Reward("none", (), lambda completions: []))
    max_new_tokens: int = 64
    memory: dict[str, list[float]] = field(default_factory=dict)

    def begin(self, progress: Progress) -> None:
        """Remember rewards, usable shares and lengths of every step, across restarts."""
        for name in ("rewards", "usable", "tokens"):
            progress.own.setdefault(name, [])
        self.memory = progress.own

    def lengths(self) -> list[int]:
        """Nothing is known beforehand: the attempts' tokens are counted as they come."""
        return [0] * len(self.prompts)

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
            "Step {step} of {steps}: mean reward {reward:.3f}, {usable:.0%} of the groups usable; about {minutes} min left.",
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
        return None

    def grade(
        self, completions: Sequence[str], places: Sequence[int], tokens: Sequence[int]
    ) -> list[float]:
        """Reward attempts at the rows of these places, those at one question side by side, and remember the step."""
        rows = [self.rows[place] for place in places]
        scores = self.reward([spoken(text) for text in completions], **columns_of(rows))
        size = self.stage.group_size
        groups = [scores[at : at + size] for at in range(0, len(scores), size)]
        self.memory["rewards"].append(fmean(scores))
        self.memory["usable"].append(fmean(max(group) - min(group) > SAME for group in groups))
        self.memory["tokens"].append(fmean(tokens))
        return scores


def train(lesson: Lesson) -> tuple[Progress, Ended]:
    """Train on attempts, as `training.loop.train` says."""
    return loop.train(lesson, _Trainer)


def order_of(num_rows: int, *, epochs: float, batch_size: int, seed: int) -> tuple[int, ...]:
    """Lay out whole steps of questions: shuffled passes, none asked again before all were asked."""
    steps = max(1, round(num_rows * epochs / batch_size))
    draw = random.Random(seed)
    order: list[int] = []
    while len(order) < steps * batch_size:
        order += draw.sample(range(num_rows), num_rows)
    return tuple(order[: steps * batch_size])


class _Trainer(Resumable, GRPOTrainer):  # type: ignore[misc]
    """TRL's trainer on prompts laid out and ordered already."""

    def __init__(self, lesson: AttemptLesson, watcher: Watcher) -> None:
        self.lesson = lesson
        self.watcher = watcher
        watcher.save = self._save_whole

        def reward(
            completions: list[str], place: list[int], completion_ids: list[list[int]], **_: Any
        ) -> list[float]:
            lengths = [len(ids) for ids in completion_ids]
            watcher.progress.tokens += sum(lengths)
            return lesson.grade(completions, place, lengths)

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


def _arguments(lesson: AttemptLesson) -> Any:
    stage = lesson.stage
    attempts = stage.batch_size * stage.group_size
    return GRPOConfig(
        **loop.common_arguments(lesson),
        per_device_train_batch_size=lesson.micro_batch_size,
        gradient_accumulation_steps=attempts // lesson.micro_batch_size,
        steps_per_generation=attempts // lesson.micro_batch_size,
        num_generations=stage.group_size,
        max_completion_length=lesson.max_new_tokens,
        num_train_epochs=1,  # the order already holds all epochs
        shuffle_dataset=False,
        temperature=1.0, top_p=1.0, top_k=0,  # GR-05
        beta=stage.kl_weight, epsilon=CLIP_LOW, epsilon_high=CLIP_HIGH,
        loss_type="dapo", scale_rewards="group", num_iterations=1, mask_truncated_completions=False,
        use_vllm=False, log_completions=False, remove_unused_columns=False,
    )  # fmt: skip


def _dataset(lesson: AttemptLesson) -> Any:
    order = lesson.mixture.order
    return Dataset.from_dict(
        {"prompt": [lesson.prompts[place] for place in order], "place": list(order)}
    )
