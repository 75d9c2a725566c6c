"""Learning from preferred and rejected answers (DPO) by TRL's trainer.

Pairs come tokenised and in order. What the model found likely before the stage is computed once and kept in a file:
a run that goes on after a stop is held to the same starting point, and no second model is in memory.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from datasets import Dataset

from training import loop
from training.alongside import Alongside, Rehearsing
from training.document import write_json
from training.loop import Ended, Lesson, Progress, Watcher
from training.preferences import Pairs, log_probabilities
from training.reference import forget_reference

with warnings.catch_warnings():  # every TRL config warns by itself (trials on tiny models)
    warnings.simplefilter("ignore", FutureWarning)
    from trl import DPOConfig, DPOTrainer

REFERENCE_FILE = "reference.json"
NLL_WEIGHT = 0.2
"""Share of plain learning of the preferred answer: it keeps its likelihood from falling (DP-02: Llama 3)."""


@dataclass
class PairLesson(Lesson):
    """Pairs, and how likely both answers were at the start of the stage."""

    pairs: Pairs = field(default_factory=lambda: Pairs((), (), (), ()))
    reference: Sequence[tuple[float, float]] = ()
    """Log-probabilities in nats, summed over each answer: preferred, rejected."""
    alongside: Alongside | None = None

    def lengths(self) -> list[int]:
        """Tokens of both sequences of each pair."""
        return self.pairs.lengths


def train(lesson: Lesson) -> tuple[Progress, Ended]:
    """Train on pairs, as `training.loop.train` says."""
    return loop.train(lesson, _Trainer)


def reference_of(lesson: Lesson, pairs: Pairs) -> list[tuple[float, float]]:
    """Give the log-probabilities at the start of the stage, computed before its first step and kept in its folder."""
    path = lesson.folder / REFERENCE_FILE
    if path.exists():
        return [(first, second) for first, second in json.loads(path.read_text(encoding="utf-8"))]
    at_once = lesson.micro_batch_size
    better = log_probabilities(lesson.model, pairs.prompt_ids, pairs.chosen_ids, at_once)
    worse = log_probabilities(lesson.model, pairs.prompt_ids, pairs.rejected_ids, at_once)
    found = list(zip(better, worse, strict=True))
    write_json(path, found)
    return found


class _Trainer(Rehearsing, DPOTrainer):  # type: ignore[misc]
    """TRL's trainer on pairs that are tokenised, ordered and compared with the start already."""

    def __init__(self, lesson: PairLesson, watcher: Watcher) -> None:
        self.lesson = lesson
        self.watcher = watcher
        self.alongside = lesson.alongside
        watcher.save = self._save_whole
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            super().__init__(
                model=lesson.model,
                args=_arguments(lesson),
                train_dataset=_dataset(lesson),
                processing_class=lesson.loaded.tokenizer,
                callbacks=[watcher],
            )
        forget_reference(lesson.model)  # how likely the start found the answers is known already

    def _prepare_dataset(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
        return dataset

    def _precompute_ref_logps(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
        return dataset


def _arguments(lesson: Lesson) -> Any:
    """Every option that has a default of TRL's own is said here (trials on tiny models)."""
    stage = lesson.stage
    return DPOConfig(
        **loop.common_arguments(lesson),
        beta=stage.preference_strength,
        loss_type=["sigmoid", "sft"], loss_weights=[1.0, NLL_WEIGHT],
        precompute_ref_log_probs=True, max_length=None,
        train_sampling_strategy="sequential",
        num_train_epochs=1,  # the order already holds all epochs
        per_device_train_batch_size=lesson.micro_batch_size,
        gradient_accumulation_steps=stage.batch_size // lesson.micro_batch_size,
    )  # fmt: skip


def _dataset(lesson: PairLesson) -> Any:
    rows = {
        "prompt_ids": list(lesson.pairs.prompt_ids),
        "chosen_ids": list(lesson.pairs.chosen_ids),
        "rejected_ids": list(lesson.pairs.rejected_ids),
        "ref_chosen_logps": [better for better, _ in lesson.reference],
        "ref_rejected_logps": [worse for _, worse in lesson.reference],
    }
    return Dataset.from_dict(rows).select(lesson.mixture.order)
