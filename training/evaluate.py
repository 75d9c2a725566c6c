"""Ask a model and read its losses: the same way for the base, every checkpoint and the final test.

Greedy, in batches of like length, padded on the left, in the model's own dtype; the order of the questions
does not matter to the order of the answers. Whatever memory runs out on is tried again in halves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from transformers import GenerationConfig

from training.answers import THINKING
from training.chat import (
    Note,
    fold_system,
    pick_shots,
    prompts_for,
    render_prompts,
    silent,
)
from training.data import MASKED, tokenise
from training.model import find_stop_id
from training.rows import Message, Row
from training.text import Text

__all__ = [
    "Loss",
    "answer",
    "context_tokens",
    "fold_system",
    "generate",
    "nll_per_token",
    "pick_shots",
    "prompts_for",
]

BATCH_TOKENS_CPU, BATCH_TOKENS_GPU = 4_096, 65_536
"""Tokens of questions and room for answers in one batch. The practice model answers 400 bank questions on two
cores in 2.0 s at 4,096, 2.2 s at 2,048 and 4.2 s at 32,768. The GPU's is a guess; running out only halves it."""
LOGITS_AT_ONCE = 1 << 27
"""Logits held at a time when losses are read: half a GiB in float32."""

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Loss:
    """The loss of one row's answer, or of its whole text."""

    nats: float
    """Summed over the tokens."""
    tokens: int
    num_bytes: int
    """UTF-8 bytes of the answer or text itself."""

    @property
    def per_token(self) -> float:
        """Nats a token; 0 where there was none."""
        return self.nats / self.tokens if self.tokens else 0.0


def answer(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[Sequence[Message]],
    *,
    max_new_tokens: int,
    batch_tokens: int | None = None,
    note: Note = silent,
) -> list[str]:
    """Answer every conversation greedily; each answer ends where the model ends it, or at `max_new_tokens`.

    Answers come back stripped, without thinking aloud. `note` hears what the reader of the results must
    know: a system turn folded in, questions too long for the model (they are answered with ""). Raises
    ValueError where there is no chat template.
    """
    texts = render_prompts(tokenizer, prompts, note=note)
    answers = generate(
        model,
        tokenizer,
        texts,
        max_new_tokens=max_new_tokens,
        batch_tokens=batch_tokens,
        note=note,
    )
    return [THINKING.sub("", text, count=1).strip() for text in answers]


def generate(
    model: Any,
    tokenizer: Any,
    texts: Sequence[str],
    *,
    max_new_tokens: int,
    batch_tokens: int | None = None,
    note: Note = silent,
    **sampling: Any,
) -> list[str]:
    """Continue every text; greedy unless `sampling` (GenerationConfig's names) says otherwise."""
    if not texts:
        return []
    encoded = tokenizer(list(texts), add_special_tokens=False, return_attention_mask=False)[
        "input_ids"
    ]
    room = context_tokens(model) - max_new_tokens
    fitting = [index for index, ids in enumerate(encoded) if 0 < len(ids) <= room]
    if len(fitting) < len(texts):
        note(
            Text(
                "{count:,} {count:question is|questions are} longer than the {room:,} tokens this model can read, so {count:it counts|they count} as unanswered.",
                count=len(texts) - len(fitting),
                room=room,
            )
        )
    settings = _settings(model, tokenizer, max_new_tokens=max_new_tokens, sampling=sampling)
    limit = batch_tokens or _batch_tokens(model)

    def continue_batch(batch: list[list[int]]) -> list[str]:
        return _continue(model, tokenizer, batch, settings)

    done = [""] * len(texts)
    with _asking(model):
        ordered = sorted(fitting, key=lambda index: len(encoded[index]), reverse=True)
        for group in _groups([len(encoded[i]) + max_new_tokens for i in ordered], limit):
            members = [ordered[place] for place in group]
            results = in_halves(continue_batch, [encoded[index] for index in members])
            for index, text in zip(members, results, strict=True):
                done[index] = text
    return done


def nll_per_token(
    model: Any,
    tokenizer: Any,
    rows: Sequence[Row],
    *,
    system: str | None = None,
    batch_tokens: int | None = None,
) -> list[Loss]:
    """Give the loss of every row: of its answers where it is a conversation, of all of it where it is text.

    Exactly the tokens that training would learn from count. A row without an answer, or longer than the
    model can read, has no tokens.
    """
    numbered = [row.model_copy(update={"id": str(place)}) for place, row in enumerate(rows)]
    sequences = tokenise(
        numbered,
        tokenizer,
        stop_id=find_stop_id(tokenizer),
        max_tokens=context_tokens(model),
        system=system,
    )
    limit = min(batch_tokens or _batch_tokens(model), max(1, LOGITS_AT_ONCE // _vocabulary(model)))
    pairs = list(zip(sequences.input_ids, sequences.labels, strict=True))
    found: dict[str, tuple[float, int]] = {}

    def read_batch(batch: list[tuple[list[int], list[int]]]) -> list[tuple[float, int]]:
        return _losses(model, batch)

    with _asking(model):
        order = sorted(range(len(pairs)), key=lambda index: len(pairs[index][0]), reverse=True)
        for group in _groups([len(pairs[index][0]) for index in order], limit):
            members = [order[place] for place in group]
            results = in_halves(read_batch, [pairs[index] for index in members])
            found |= dict(zip((sequences.ids[index] for index in members), results, strict=True))
    return [
        Loss(*found[row.id], num_bytes=_size(row)) if row.id in found else Loss(0.0, 0, 0)
        for row in numbered
    ]


def in_halves(work: Callable[[list[Item]], list[Result]], items: list[Item]) -> list[Result]:
    """Do the work on all items at once; where memory runs out, on each half. Raises where one is too much."""
    try:
        return work(items)
    except (torch.OutOfMemoryError, RuntimeError) as error:
        if len(items) < 2 or not _is_out_of_memory(error):
            raise
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    middle = len(items) // 2
    return in_halves(work, items[:middle]) + in_halves(work, items[middle:])


def _is_out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "not enough memory" in str(error)


def _settings(
    model: Any, tokenizer: Any, *, max_new_tokens: int, sampling: dict[str, Any]
) -> GenerationConfig:
    """Set everything that the model's own generation settings would else fill in."""
    plain = {
        "do_sample": False,
        "num_beams": 1,
        "repetition_penalty": 1.0,
        "no_repeat_ngram_size": 0,
    }
    known = model.generation_config.eos_token_id
    stops = [*(known if isinstance(known, list) else [known]), tokenizer.eos_token_id]
    stops = [find_stop_id(tokenizer), *stops]
    padding = tokenizer.pad_token_id
    return GenerationConfig(
        **(plain | sampling),
        max_new_tokens=max_new_tokens,
        eos_token_id=list(dict.fromkeys(number for number in stops if number is not None)),
        pad_token_id=padding if padding is not None else tokenizer.eos_token_id,
        use_cache=True,
    )


def _continue(
    model: Any, tokenizer: Any, batch: list[list[int]], settings: GenerationConfig
) -> list[str]:
    longest = max(map(len, batch))
    padding = settings.pad_token_id
    ids_BT = torch.tensor([[padding] * (longest - len(ids)) + ids for ids in batch])  # noqa: N806
    mask_BT = torch.tensor([[0] * (longest - len(ids)) + [1] * len(ids) for ids in batch])  # noqa: N806
    written_BT = model.generate(  # noqa: N806
        input_ids=ids_BT.to(model.device),
        attention_mask=mask_BT.to(model.device),
        generation_config=settings,
    )
    texts = tokenizer.batch_decode(
        written_BT[:, longest:], skip_special_tokens=True, clean_up_tokenization_spaces=False
    )
    return list(texts)


def _losses(model: Any, batch: list[tuple[list[int], list[int]]]) -> list[tuple[float, int]]:
    longest = max(len(ids) for ids, _ in batch)
    rows = [longest - len(ids) for ids, _ in batch]
    ids_BT = torch.tensor([ids + [0] * gap for (ids, _), gap in zip(batch, rows, strict=True)])  # noqa: N806
    mask_BT = torch.tensor(  # noqa: N806
        [[1] * len(ids) + [0] * gap for (ids, _), gap in zip(batch, rows, strict=True)]
    )
    labels_BT = torch.tensor(  # noqa: N806
        [labels + [MASKED] * gap for (_, labels), gap in zip(batch, rows, strict=True)]
    )
    device = model.device
    logits_BTV = model(  # noqa: N806
        input_ids=ids_BT.to(device), attention_mask=mask_BT.to(device), use_cache=False
    ).logits
    results = []
    for logits_TV, labels_T in zip(logits_BTV, labels_BT.to(device), strict=True):  # noqa: N806
        wanted_T = labels_T[1:]  # noqa: N806
        counted = wanted_T != MASKED
        nats = torch.nn.functional.cross_entropy(
            logits_TV[:-1][counted].float(), wanted_T[counted], reduction="sum"
        )
        results.append((float(nats), int(counted.sum())))
    return results


@contextmanager
def _asking(model: Any) -> Iterator[None]:
    """Hold the model in evaluation, without gradients, and put it back as it was."""
    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(was_training)


def _groups(sizes: Sequence[int], limit: int) -> Iterator[range]:
    """Cut a falling list of sizes into runs whose padded sum stays within the limit."""
    start = 0
    while start < len(sizes):
        count = max(1, limit // max(1, sizes[start]))
        yield range(start, min(len(sizes), start + count))
        start += count


def _batch_tokens(model: Any) -> int:
    return BATCH_TOKENS_CPU if model.device.type == "cpu" else BATCH_TOKENS_GPU


def context_tokens(model: Any) -> int:
    """Give the tokens that the model can read at once."""
    config = model.config.get_text_config()
    return int(getattr(config, "max_position_embeddings", None) or 1 << 30)


def _vocabulary(model: Any) -> int:
    return int(model.config.get_text_config().vocab_size)


def _size(row: Row) -> int:
    if row.text is not None and not row.messages:
        return len(row.text.encode())
    return sum(len(turn.content.encode()) for turn in row.messages if turn.role == "assistant")
