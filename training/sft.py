"""Supervised fine-tuning by TRL's trainer.

All rows come tokenised and in order (`training.data`, `training.mixture`): TRL prepares nothing, so what is learnt
from, where the loss falls, and what a resumed run sees next are decided in one place.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from datasets import Dataset

from training import loop
from training.loop import Ended, Lesson, Progress, Resumable, Watcher
from training.losses import TAUGHT_BY_LABEL, learnt_loss
from training.packing import Packed, inputs_of, joined, keeps_rows_apart, labels_of, pack
from training.rehearsal import positions_of
from training.telemetry import Place
from training.text import Text

with warnings.catch_warnings():  # every TRL config warns by itself (trials on tiny models)
    warnings.simplefilter("ignore", FutureWarning)
    from trl import SFTConfig, SFTTrainer
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

TAUGHT = "taught"
"""The column that names, for each token, the row of the targets that teaches it."""

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
        packed = _packed(lesson)
        padding = lesson.loaded.tokenizer.pad_token_id
        rows = _rows(lesson)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            super().__init__(
                model=lesson.model,
                args=_arguments(lesson, packed),
                train_dataset=_dataset(lesson, rows, packed),
                data_collator=_Collator(pad_token_id=padding)
                if packed is None
                else _PackedCollator(rows, packed, lesson.mixture.order, padding),
                processing_class=lesson.loaded.tokenizer,
                callbacks=[watcher],
            )

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Give the mean loss over the learnt tokens of the whole batch (`training.losses`).

        TRL's fused head knows labels only, and leaves out the masked positions only where Triton runs. On a CPU it
        projects every position onto the vocabulary and took two thirds of a step (measured: 380 ms against 130 at 1.4 M
        parameters).
        """
        taught_BT = inputs.pop(TAUGHT, None)  # noqa: N806 - B sequences, T tokens
        targets = self.lesson.targets
        if (targets is None and self.lesson.loaded.device.type != "cpu") or return_outputs:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        labels_BT = inputs["labels"]  # noqa: N806
        given = {name: value for name, value in inputs.items() if name != "labels"}
        return learnt_loss(
            model, given, labels_BT, num_items_in_batch, taught_BT=taught_BT, targets=targets
        )


@dataclass
class _Collator(DataCollatorForLanguageModeling):  # type: ignore[misc]
    """TRL's padding, and beside the labels the row of the targets that teaches each token."""

    def torch_call(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
        batch: dict[str, Any] = super().torch_call(examples)
        if TAUGHT in examples[0]:
            width = batch["labels"].shape[1]
            batch[TAUGHT] = torch.tensor(
                [
                    [*one[TAUGHT], *[TAUGHT_BY_LABEL] * (width - len(one[TAUGHT]))]
                    for one in examples
                ]
            )
        return batch


@dataclass(frozen=True)
class _PackedCollator:
    """A micro-batch of packed rows, laid out when it is due."""

    rows: dict[str, list[list[int]]]
    packed: Packed
    order: Sequence[int]
    padding: int

    def __call__(self, examples: list[dict[str, int]]) -> dict[str, torch.Tensor]:
        (example,) = examples
        packs = [
            [self.order[place] for place in one]
            for one in self.packed.micro_batches[example["micro_batch"]]
        ]

        def values(name: str) -> list[list[list[int]]]:
            return [[self.rows[name][row] for row in one] for one in packs]

        batch = inputs_of(values("input_ids"), padding=self.padding)
        batch["labels"] = labels_of(values("labels"))
        if TAUGHT in self.rows:
            batch[TAUGHT] = joined(values(TAUGHT), TAUGHT_BY_LABEL)
        return batch


def _packed(lesson: Lesson) -> Packed | None:
    """Pack the rows where the plan wants it; None where it does not, or where this model would mix packed rows up."""
    if not lesson.stage.packing:
        return None
    place = Place(lesson.name, 0, lesson.steps)
    if not keeps_rows_apart(
        lesson.model,
        lesson.sequences.input_ids,
        padding=lesson.loaded.tokenizer.pad_token_id,
    ):
        text = Text(
            "This model cannot keep packed rows apart, so every row has a sequence of its own."
        )
        if lesson.trial is None:
            lesson.telemetry.event("not_packed", text, at=place)
        return None
    lengths = lesson.lengths()
    found = pack(
        [lengths[row] for row in lesson.mixture.order], batch_size=lesson.stage.batch_size,
        at_once=lesson.micro_batch_size, most_tokens=lesson.stage.max_seq_tokens,
    )  # fmt: skip
    sequences = sum(map(len, found.micro_batches))
    text = Text(
        "Packed {rows:,} rows into {sequences:,} sequences; each row still sees only itself, and the steps are the same.",
        rows=len(lesson.mixture.order), sequences=sequences,
    )  # fmt: skip
    if lesson.trial is None:
        lesson.telemetry.event("packed", text, at=place, rows=len(lengths), sequences=sequences)
    return found


def _arguments(lesson: Lesson, packed: Packed | None) -> Any:
    at_once = lesson.micro_batch_size
    return SFTConfig(
        **loop.common_arguments(lesson),
        per_device_train_batch_size=1 if packed else at_once,
        gradient_accumulation_steps=packed.each if packed else lesson.stage.batch_size // at_once,
        num_train_epochs=1,  # the order already holds all epochs
        train_sampling_strategy="sequential",
        max_length=None,
        packing=False,  # TRL would pack anew, over the bounds of a step
        shuffle_dataset=False,
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
    )


def _rows(lesson: Lesson) -> dict[str, list[list[int]]]:
    """The person's rows, then the general ones: tokens, labels, and what teaches each token where not the label does."""
    rows = {
        "input_ids": [*lesson.sequences.input_ids, *lesson.replay.input_ids],
        "labels": [*lesson.sequences.labels, *lesson.replay.labels],
    }
    if lesson.targets is not None:
        own = [[TAUGHT_BY_LABEL] * length for length in lesson.sequences.lengths]
        rows[TAUGHT] = [*own, *positions_of(lesson.replay)]
    return rows


def _dataset(lesson: Lesson, rows: dict[str, list[list[int]]], packed: Packed | None) -> Any:
    if (
        packed is not None
    ):  # a number for each micro-batch; what stands in it is laid out when it is due
        return Dataset.from_dict({"micro_batch": list(range(len(packed.micro_batches)))})
    return Dataset.from_dict(rows).select(lesson.mixture.order)
