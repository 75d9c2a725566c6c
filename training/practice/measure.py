"""Measure a practice model: held-out tasks, conversations it writes itself, speed."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast

from training.practice.curriculum import KINDS, held_out
from training.practice.tokens import END, PAD, START

_BATCH = 128


@dataclass(frozen=True)
class Measured:
    """What a practice model can do; shares are 0 to 1."""

    accuracy: dict[str, float]
    items: int
    """Held-out items for each kind of task."""
    well_formed: float
    distinct: float
    answers_per_s: float
    tokens_per_s: float
    parameters: int
    examples: list[list[dict[str, str]]]

    @property
    def mean(self) -> float:
        """The mean over the kinds of tasks."""
        return sum(self.accuracy.values()) / len(self.accuracy)

    def as_json(self) -> dict[str, Any]:
        """Return plain numbers for a file."""
        return {
            "mean": round(self.mean, 4),
            "items": self.items,
            "accuracy": {kind: round(share, 3) for kind, share in self.accuracy.items()},
            "well_formed": self.well_formed,
            "distinct": self.distinct,
            "answers_per_s": round(self.answers_per_s),
            "tokens_per_s": round(self.tokens_per_s),
            "parameters": self.parameters,
            "examples": self.examples,
        }


def measure(folder: Path, *, per_kind: int = 64, conversations: int = 400) -> Measured:
    """Load the model of `folder` and measure it on held-out items and on what it writes itself."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    accuracy = {}
    for kind in KINDS:
        items = held_out(kind, per_kind, seed=1)
        answers, _ = answer(model, tokenizer, [item.messages(answered=False) for item in items])
        accuracy[kind] = sum(
            item.is_right(text) for item, text in zip(items, answers, strict=True)
        ) / len(items)
    mixed = [item for kind in KINDS for item in held_out(kind, 8, seed=2)][:400]
    started = time.perf_counter()
    _, tokens = answer(model, tokenizer, [item.messages(answered=False) for item in mixed])
    elapsed_s = time.perf_counter() - started
    written = write_conversations(model, tokenizer, conversations)
    good = [conversation for conversation in written if conversation is not None]
    prompts = {conversation[-2]["content"] for conversation in good}
    return Measured(
        accuracy=accuracy,
        items=per_kind,
        well_formed=len(good) / len(written),
        distinct=len(prompts) / max(1, len(good)),
        answers_per_s=len(mixed) / elapsed_s,
        tokens_per_s=tokens / elapsed_s,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        examples=good[:30],
    )


@torch.no_grad()  # type: ignore[untyped-decorator]
def answer(
    model: Any, tokenizer: PreTrainedTokenizerFast, chats: Sequence[list[dict[str, str]]]
) -> tuple[list[str], int]:
    """Return greedy answers in the order of `chats`, and the number of tokens written."""
    texts = [
        tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        for chat in chats
    ]
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    answers, num_tokens = [""] * len(texts), 0
    for first in range(0, len(order), _BATCH):
        places = order[first : first + _BATCH]
        encoded = tokenizer(
            [texts[place] for place in places],
            return_tensors="pt",
            padding=True,
            padding_side="left",
        )
        output = model.generate(
            input_ids=encoded["input_ids"],
            attention_mask=encoded["attention_mask"],
            do_sample=False,
            max_new_tokens=48,
        )[:, encoded["input_ids"].shape[1] :]
        num_tokens += int((output != tokenizer.pad_token_id).sum())
        for place, text in zip(
            places, tokenizer.batch_decode(output, skip_special_tokens=True), strict=True
        ):
            answers[place] = text.strip()
    return answers, num_tokens


@torch.no_grad()  # type: ignore[untyped-decorator]
def write_conversations(
    model: Any, tokenizer: PreTrainedTokenizerFast, count: int, *, seed: int = 0
) -> list[list[dict[str, str]] | None]:
    """Let the model write whole conversations from the template's start; None where one is malformed."""
    torch.manual_seed(seed)
    written: list[list[dict[str, str]] | None] = []
    start = tokenizer(f"{START}user\n", return_tensors="pt")["input_ids"]
    while len(written) < count:
        ids = start.repeat(min(200, count - len(written)), 1)
        output = model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            do_sample=True,
            temperature=1.0,
            top_k=0,
            max_new_tokens=96,
        )
        prompts = tokenizer.batch_decode(output, skip_special_tokens=False)
        asked = [
            text.split(END)[0].removeprefix(f"{START}user\n") if END in text else None
            for text in prompts
        ]
        usable = [prompt for prompt in asked if prompt is not None and _clean(prompt)]
        answers = iter(
            answer(model, tokenizer, [[{"role": "user", "content": prompt}] for prompt in usable])[
                0
            ]
        )
        for prompt in asked:
            text = next(answers) if prompt is not None and _clean(prompt) else ""
            good = prompt is not None and bool(text) and _clean(text)
            written.append(
                [{"role": "user", "content": prompt}, {"role": "assistant", "content": text}]
                if good and prompt
                else None
            )
    return written


def _clean(text: str) -> bool:
    """Whether a turn has words, no marks of the template, no broken character."""
    return bool(text.strip()) and not any(mark in text for mark in (START, END, PAD, "\ufffd"))
