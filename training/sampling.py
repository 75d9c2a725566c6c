"""Let a model go on from texts by drawing words: many at once, quickly on a CPU too.

Any causal model of the library will do: nothing is assumed of its cache. What is written keeps its special tokens,
and says whether the model ended it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList

from training.evaluate import in_halves

_FIRST_STEP = 24


@dataclass(frozen=True)
class Sampling:
    """How words are drawn, and when to end."""

    temperature: float
    """0 takes the likeliest word always."""
    top_p: float
    top_k: int
    """0 is all of the vocabulary."""
    max_new_tokens: int
    stops: frozenset[int]
    batch_rows: int


class Continuation(NamedTuple):
    """What the model wrote."""

    text: str
    finished: bool
    """It ended by itself, with one of the stops."""
    num_tokens: int


def continue_texts(
    model: Any, tokenizer: Any, texts: Sequence[str], sampling: Sampling
) -> list[Continuation]:
    """Continue every text. Draws from torch's global random state."""
    if not texts:
        return []
    encoded = tokenizer(list(texts), add_special_tokens=False)["input_ids"]
    padding = tokenizer.pad_token_id
    writer = _Writer(model, tokenizer.eos_token_id if padding is None else padding, sampling)
    written: list[list[int]] = [[] for _ in texts]
    going = [place for place, ids in enumerate(encoded) if ids]
    done = 0
    # In steps of growing length, the finished ones left behind: else all wait for the longest of a batch.
    while going and done < sampling.max_new_tokens:
        length = min(max(_FIRST_STEP, done), sampling.max_new_tokens - done)
        begun = [encoded[place] + written[place] for place in going]
        for place, ids in zip(going, writer.step(begun, length), strict=True):
            written[place] += ids
        going = [place for place in going if sampling.stops.isdisjoint(written[place])]
        done += length
    return [_read(tokenizer, ids, sampling.stops) for ids in written]


def _read(tokenizer: Any, ids: list[int], stops: frozenset[int]) -> Continuation:
    finished = bool(ids) and ids[-1] in stops
    content = ids[:-1] if finished else ids
    text = tokenizer.decode(content, skip_special_tokens=False, clean_up_tokenization_spaces=False)
    return Continuation(str(text), finished, len(ids))


class _Writer:
    """Writes one step for a list of texts, those of like length together."""

    def __init__(self, model: Any, padding: int, sampling: Sampling) -> None:
        self.model, self.padding, self.sampling = model, padding, sampling
        draws = [_Draw(sampling)] if sampling.temperature > 0 else []
        self.processors = LogitsProcessorList(draws)

    def step(self, begun: Sequence[list[int]], length: int) -> list[list[int]]:
        """Write up to `length` tokens more for each."""
        settings = GenerationConfig(
            do_sample=False,
            max_new_tokens=length,
            eos_token_id=sorted(self.sampling.stops),
            pad_token_id=self.padding,
        )
        order = sorted(range(len(begun)), key=lambda place: len(begun[place]))
        found: dict[int, list[int]] = {}
        for chunk in _chunks(order, self.sampling.batch_rows):
            ids = in_halves(
                lambda batch: self._generate(batch, settings), [begun[place] for place in chunk]
            )
            found |= dict(zip(chunk, ids, strict=True))
        return [found[place] for place in range(len(begun))]

    def _generate(self, batch: list[list[int]], settings: GenerationConfig) -> list[list[int]]:
        longest = max(map(len, batch))
        gaps = [longest - len(ids) for ids in batch]
        ids_BT = torch.tensor(  # noqa: N806
            [[self.padding] * gap + ids for gap, ids in zip(gaps, batch, strict=True)]
        )
        mask_BT = torch.tensor([[0] * gap + [1] * (longest - gap) for gap in gaps])  # noqa: N806
        was_training = self.model.training
        self.model.eval()
        try:
            with torch.no_grad():
                written_BT = self.model.generate(  # noqa: N806
                    input_ids=ids_BT.to(self.model.device),
                    attention_mask=mask_BT.to(self.model.device),
                    generation_config=settings,
                    logits_processor=self.processors,
                )
        finally:
            self.model.train(was_training)
        return [_until(row, self.sampling.stops) for row in written_BT[:, longest:].tolist()]


def _until(ids: list[int], stops: frozenset[int]) -> list[int]:
    """Cut after the first stop: what follows is padding."""
    end = next((place for place, token in enumerate(ids) if token in stops), len(ids))
    return ids[: end + 1]


def _chunks(places: Sequence[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(places), size):
        yield list(places[start : start + size])


class _Draw(LogitsProcessor):  # type: ignore[misc]
    """Draws the next word itself and leaves only that one, so that greedy decoding takes it.

    The library's own sampling sorts the whole vocabulary and takes five times as long on a CPU.
    """

    def __init__(self, sampling: Sampling) -> None:
        self.temperature, self.top_p, self.top_k = (
            sampling.temperature,
            sampling.top_p,
            sampling.top_k,
        )

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Give scores with one finite value in each row."""
        count = min(self.top_k or scores.shape[-1], scores.shape[-1])
        best_BK, words_BK = scores.float().div(self.temperature).topk(count)  # noqa: N806
        if self.top_p < 1:
            shares_BK = best_BK.softmax(-1)  # noqa: N806
            beyond_BK = shares_BK.cumsum(-1) - shares_BK >= self.top_p  # noqa: N806
            best_BK = best_BK.masked_fill(beyond_BK, -torch.inf)  # noqa: N806
        # The largest of logit plus Gumbel noise is a draw from the softmax.
        noise_BK = torch.empty_like(best_BK).exponential_().clamp_min_(1e-30).log_()  # noqa: N806
        place_B1 = (best_BK - noise_BK).argmax(-1, keepdim=True)  # noqa: N806
        return torch.full_like(scores, -torch.inf).scatter_(-1, words_BK.gather(-1, place_B1), 0.0)
