"""Supervised fine-tuning by TRL's trainer.

All rows come tokenised and in order (`training.data`, `training.mixture`): TRL prepares nothing, so what is learnt
from, where the loss falls, and what a resumed run sees next are decided in one place.
"""

from __future__ import annotations

import warnings
from typing import Any

import torch
from datasets import Dataset

from training import loop
from training.data import MASKED
from training.loop import Ended, Lesson, Progress, Resumable, Watcher

with warnings.catch_warnings():  # every TRL config warns by itself (stack.md 2a)
    warnings.simplefilter("ignore", FutureWarning)
    from trl import SFTConfig, SFTTrainer

__all__ = ["Lesson", "Progress", "train"]


def train(lesson: Lesson) -> tuple[Progress, Ended]:
    """Train on tokenised rows, as `training.loop.train` says."""
    return loop.train(lesson, _Trainer)


class _Trainer(Resumable, SFTTrainer):  # type: ignore[misc]
    """TRL's trainer on rows that are tokenised and ordered already."""

    def __init__(self, lesson: Lesson, watcher: Watcher) -> None:
        self.lesson = lesson
        self.watcher = watcher
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

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Give the mean loss over the learnt tokens of the whole batch.

        TRL's fused head leaves out the masked positions only where Triton runs. On a CPU it projects every position
        onto the vocabulary and took two thirds of a step (measured: 380 ms against 130 at 1.4 M parameters).
        """
        if self.lesson.loaded.device.type != "cpu" or return_outputs:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        labels_BT = inputs["labels"]  # noqa: N806 - B sequences, T tokens
        return _loss_where_learnt(model, inputs, labels_BT, num_items_in_batch)


def _loss_where_learnt(model: Any, inputs: Any, labels_BT: Any, num_items: Any) -> Any:  # noqa: N803
    """Project only the positions where some sequence of the batch learns its next token."""
    learnt_BT = labels_BT[:, 1:] != MASKED  # noqa: N806
    keep_K = learnt_BT.any(dim=0).nonzero().squeeze(1)  # noqa: N806
    logits_BKV = model(  # noqa: N806
        input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"],
        use_cache=False, logits_to_keep=keep_K,
    ).logits  # fmt: skip
    total = torch.nn.functional.cross_entropy(
        logits_BKV.float().flatten(0, 1), labels_BT[:, keep_K + 1].flatten(),
        ignore_index=MASKED, reduction="sum",
    )  # fmt: skip
    count = learnt_BT.sum() if num_items is None else num_items
    return total / torch.as_tensor(count).clamp(min=1)


def _arguments(lesson: Lesson) -> Any:
    return SFTConfig(
        **loop.common_arguments(lesson),
        per_device_train_batch_size=lesson.micro_batch_size,
        gradient_accumulation_steps=lesson.stage.batch_size // lesson.micro_batch_size,
        num_train_epochs=1,  # the order already holds all epochs
        train_sampling_strategy="sequential",
        max_length=None,
        packing=False,
        shuffle_dataset=False,
        dataset_kwargs={"skip_prepare_dataset": True},
    )


def _dataset(lesson: Lesson) -> Any:
    rows = {
        "input_ids": [*lesson.sequences.input_ids, *lesson.replay.input_ids],
        "labels": [*lesson.sequences.labels, *lesson.replay.labels],
    }
    return Dataset.from_dict(rows).select(lesson.mixture.order)
