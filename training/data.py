"""Rows become token sequences with labels: the loss falls on the answers only, their end included.

The model's own template is applied. What does not fit is reported, never cut in silence: a row whose answer
would lose its end is left out and counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from training.chat import as_turns, thinking_off, what_is_shown, with_system
from training.model import special_ids
from training.rows import Row, calls_as_text

MASKED = -100
"""What torch's cross-entropy ignores."""


@dataclass(frozen=True)
class Sequences:
    """Tokenised rows. `labels` are the tokens where the loss falls, `MASKED` elsewhere."""

    ids: tuple[str, ...]
    input_ids: tuple[list[int], ...]
    labels: tuple[list[int], ...]
    weights: tuple[float, ...]
    too_long: tuple[str, ...] = ()
    """Row ids left out: longer than the longest sequence allowed."""
    without_answer: tuple[str, ...] = ()
    """Row ids left out: there was nothing to learn from."""
    last_turn_only: tuple[str, ...] = ()
    """Row ids whose earlier answers the template rewrites, so that only the last one is learnt."""

    @property
    def lengths(self) -> list[int]:
        """Tokens of each row."""
        return [len(ids) for ids in self.input_ids]

    @property
    def num_learnt(self) -> list[int]:
        """Tokens of each row where the loss falls."""
        return [sum(label != MASKED for label in labels) for labels in self.labels]


@dataclass(frozen=True)
class Rendered:
    """A conversation as text, with the character spans where the loss falls."""

    text: str
    spans: tuple[tuple[int, int], ...]
    last_turn_only: bool = False


def tokenise(
    rows: Sequence[Row], tokenizer: Any, *, stop_id: int, max_tokens: int, system: str | None = None
) -> Sequences:
    """Tokenise rows for training; `system` is put before conversations that have no system turn."""
    template = Template(tokenizer, stop_id)
    rendered = [template.render(row, system=system) for row in rows]
    encoded = _encode([item.text for item in rendered], tokenizer)
    specials = special_ids(tokenizer)
    kept: list[tuple[Row, list[int], list[int]]] = []
    too_long, without_answer = [], []
    for row, item, (tokens, offsets) in zip(rows, rendered, encoded, strict=True):
        ids, labels = _label(item, tokens, offsets, stop_id=stop_id, specials=specials)
        if all(label == MASKED for label in labels):
            without_answer.append(row.id)
        elif len(ids) > max_tokens:
            too_long.append(row.id)
        else:
            kept.append((row, ids, labels))
    return Sequences(
        ids=tuple(row.id for row, _, _ in kept),
        input_ids=tuple(ids for _, ids, _ in kept),
        labels=tuple(labels for _, _, labels in kept),
        weights=tuple(row.weight for row, _, _ in kept),
        too_long=tuple(too_long),
        without_answer=tuple(without_answer),
        last_turn_only=tuple(
            row.id for row, item in zip(rows, rendered, strict=True) if item.last_turn_only
        ),
    )


class Template:
    """The model's chat template as it is used in training: exactly as it will be asked (`training.chat`)."""

    def __init__(self, tokenizer: Any, stop_id: int) -> None:
        self._tokenizer = tokenizer
        self._stop = str(tokenizer.convert_ids_to_tokens(stop_id))
        self._shown = what_is_shown(tokenizer)
        self._switches = thinking_off(tokenizer)

    def render(self, row: Row, *, system: str | None = None) -> Rendered:
        """Lay a row out as the model sees it, and find its answers. Plain text is learnt whole."""
        if row.text is not None and not row.messages:
            return Rendered(row.text, ((0, len(row.text)),))
        turns, options = as_turns(with_system(row.taught, system), row.tools, self._shown)
        answers = [index for index, turn in enumerate(turns) if turn["role"] == "assistant"]
        if not answers or turns[-1]["role"] != "assistant":
            return Rendered("", ())
        text = self._apply(turns, options)
        spans = [self._span(turns, index, text, options) for index in answers]
        if spans[-1] is None:
            return self._as_asked(turns, options)
        found = tuple(span for span in spans if span is not None)
        return Rendered(text, found, last_turn_only=len(found) < len(answers))

    def _span(
        self, turns: list[dict[str, Any]], index: int, text: str, options: dict[str, Any]
    ) -> tuple[int, int] | None:
        """Find the characters that the model writes for one answer; None where history is rewritten."""
        before = self._apply(turns[:index], options, add_generation_prompt=True)
        through = text if index == len(turns) - 1 else self._apply(turns[: index + 1], options)
        if not text.startswith(before) or not text.startswith(through):
            return None
        return len(before), len(through)

    def _as_asked(self, turns: list[dict[str, Any]], options: dict[str, Any]) -> Rendered:
        """Put the last answer behind the prompt by hand: the template writes it in some other way."""
        before = self._apply(turns[:-1], options, add_generation_prompt=True)
        said = turns[-1]["content"] or calls_as_text(turns[-1].get("tool_calls", ()))
        text = before + said + self._stop
        return Rendered(text, ((len(before), len(text)),), last_turn_only=True)

    def _apply(self, turns: list[dict[str, Any]], options: dict[str, Any], **more: Any) -> str:
        return str(
            self._tokenizer.apply_chat_template(
                turns, tokenize=False, **options, **more, **self._switches
            )
        )


def _encode(texts: list[str], tokenizer: Any) -> Iterator[tuple[list[int], list[tuple[int, int]]]]:
    if not texts:
        return
    encoded = tokenizer(
        texts, add_special_tokens=False, return_offsets_mapping=True, return_attention_mask=False
    )
    yield from zip(encoded["input_ids"], encoded["offset_mapping"], strict=True)


def _label(
    item: Rendered, tokens: list[int], offsets: list[tuple[int, int]],
    *, stop_id: int, specials: frozenset[int],
) -> tuple[list[int], list[int]]:  # fmt: skip
    """Label the tokens inside the spans, each up to and with the token that ends the answer.

    What a template writes after that token, such as a line end, belongs to nobody and is not learnt. Where no
    such token follows the last answer, it is added, so that the end is always learnt.
    """
    ids, labels = list(tokens), [MASKED] * len(tokens)
    ended = True
    for start, end in item.spans:
        inside = [
            at
            for at, (left, right) in enumerate(offsets)
            if left >= start and right <= end and right > left
        ]
        ended = False
        for at in inside:
            labels[at] = ids[at]
            if ids[at] == stop_id:
                ended = True
                break
        if not ended and inside:
            _unlabel_trailing_marks(ids, labels, inside, specials)
    if item.spans and not ended:
        ids.append(stop_id)
        labels.append(stop_id)
    return ids, labels


def _unlabel_trailing_marks(
    ids: list[int], labels: list[int], inside: list[int], specials: frozenset[int]
) -> None:
    """An answer that ends in some other mark than the stop token: the mark is learnt, what follows is not."""
    marks = [at for at in inside if ids[at] in specials]
    if marks:
        for at in inside:
            if at > marks[-1]:
                labels[at] = MASKED
