"""General data that the untouched model writes itself, to be mixed in against forgetting (CF-10, CF-12).

The model is given nothing but the head of a user turn of its own chat template; what it continues with is a prompt as it
learnt them (after Magpie, arXiv:2406.08464). It then answers its own prompts, and what is broken, repeated or unfinished
is dropped. This works for any causal chat model, and is as good a source as any: the model's own words move it least.
Nothing of the probes or of any training generator is read here; prompts of the part that probes are drawn from are dropped.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch

from training.answers import THINKING
from training.chat import Note, render_prompts, silent
from training.document import Section, write_json
from training.identity import content_hash, hash_of, model_hash
from training.model import find_stop_id, special_ids
from training.practice import is_reserved
from training.probes.health import leaks_template, repetition, words
from training.rows import Message, Row
from training.sampling import Continuation, Sampling, continue_texts
from training.text import Text

MIN_ROWS = 500
"""Fewer conversations than this rehearse too little (CF-11: 500 to 2,000, our default)."""
NOTHING_SHIPPED: Mapping[str, str] = MappingProxyType({})
_MARK = "zebramark"
"""A word that no template contains or changes."""
_VERSION = 2
"""Raise it when the same settings would write something else: what was written before is then left alone."""
_FIRST_BLOCK = 32
"""Conversations of the first two blocks; each later one has twice as many, up to `batch_rows`."""


@dataclass(frozen=True)
class Options:
    """How the model writes. Lengths in tokens."""

    tokens: int = 0
    """Go on until this many tokens are written, even where `rows` are reached."""
    temperature: float = 1.0
    """Of the prompts: 1 samples what the model really holds."""
    top_p: float = 0.95
    top_k: int = 200
    """Words that are drawn from at most; 0 is all of them. Far quicker on a CPU, and far beyond what `top_p` leaves."""
    answer_temperature: float = 0.0
    """Of the answers: 0 takes the likeliest word always."""
    max_prompt_tokens: int = 128
    max_answer_tokens: int = 192
    min_prompt_words: int = 1
    max_repetition: float = 0.5
    """Largest share of word triples that occurred before (`probes.health.repetition`)."""
    second_turn_share: float = 0.2
    """Part of the conversations that go on with another question: memory of earlier turns is rehearsed too."""
    max_tries: float = 3.0
    """Give up after this many prompts for each row wanted."""
    batch_rows: int | None = None
    """Conversations written at once; None picks by the device."""


@dataclass(frozen=True)
class Written:
    """What came of it."""

    rows: list[Row]
    tried: int
    """Prompts the model began."""
    dropped: dict[str, int]
    """Why prompts or answers were dropped: unfinished, empty, repetitive, template, duplicate, probe."""
    tokens: int
    known: int = 0
    """Rows that were written before and only read."""
    interrupted: bool = False
    """Whether `go_on` ended it: the next time goes on from there."""

    @property
    def share_kept(self) -> float:
        """Kept rows out of those tried."""
        return len(self.rows) / self.tried if self.tried else 0.0

    @property
    def content_hash(self) -> str:
        """Hash of all rows in order."""
        return content_hash(self.rows)


def write_replay(
    model: Any,
    tokenizer: Any,
    *,
    rows: int,
    seed: int,
    options: Options = Options(),
    cache: Path | None = None,
    shipped: Mapping[str, str] = NOTHING_SHIPPED,
    go_on: Callable[[], bool] = lambda: True,
    note: Note = silent,
) -> Written:
    """Give `rows` conversations that the model wrote; `cache` is a folder that keeps them, block by block.

    `shipped` are blocks that came with the model (`training.rehearsed`). Fewer come back where `go_on` says before a block
    that it is enough for now, and, with a note that says so, where the model cannot write as many in `max_tries` times
    the prompts.
    """
    written = write(
        model, tokenizer, rows=rows, seed=seed, options=options, cache=cache, shipped=shipped, go_on=go_on
    )  # fmt: skip
    if len(written.rows) < rows and not written.interrupted:
        note(
            Text(
                "The model wrote only {count:,} usable conversations of the {rows:,} wanted: of {tried:,} tries, the rest were {why}.",
                count=len(written.rows),
                rows=rows,
                tried=written.tried,
                why=", ".join(f"{name} ({count:,})" for name, count in written.dropped.items()),
            )
        )
    return written


def write(
    model: Any,
    tokenizer: Any,
    *,
    rows: int,
    seed: int,
    options: Options = Options(),
    cache: Path | None = None,
    shipped: Mapping[str, str] = NOTHING_SHIPPED,
    go_on: Callable[[], bool] = lambda: True,
) -> Written:
    """Write conversations, keep the good ones, and say what became of the rest. Equal seeds write equal rows.

    They are written in blocks, each from a seed of its own, so that more rows begin with the very rows that fewer have:
    what a cache holds serves every smaller wish, and a larger one writes only the difference. A kill loses one block;
    where `go_on` ends it between two, nothing is lost.
    """
    kept: list[Row] = []
    dropped: Counter[str] = Counter()
    seen: set[str] = set()
    tried = tokens = known = 0
    interrupted = False
    blocks = _Blocks(model, tokenizer, seed=seed, options=options, cache=cache, shipped=shipped)
    limit = int(rows * options.max_tries) + 4 * blocks.writer.batch_rows
    while (len(kept) < rows or tokens < options.tokens) and tried < limit:
        if not blocks.is_known() and not go_on():
            interrupted = True
            break
        block, was_known = blocks.next()
        tried += block.tried
        dropped.update(block.dropped)
        for turns, length in zip(block.conversations, block.lengths, strict=True):
            problem = _known(turns, seen)
            if problem:
                dropped[problem] += 1
            elif len(kept) < rows or tokens < options.tokens:
                kept.append(Row(id=f"self:{len(kept) + 1}", messages=turns))
                tokens += length
                known += was_known
            else:
                dropped["more than wanted"] += 1
    return Written(kept, tried, dict(dropped.most_common()), tokens, known, interrupted)


def write_samples(model: Any, tokenizer: Any, *, rows: int, seed: int) -> list[Row]:
    """Sample conversations at temperature 1, finished or not: rows to measure drift on.

    The rise of the loss on them, tuned minus base, estimates KL(base || tuned) without bias (CF-22), which greedy or
    filtered text does not. Only empty ones are left out.
    """
    options = Options(top_p=1.0, top_k=0, answer_temperature=1.0, second_turn_share=0.0)
    with _seeded(seed):
        found = [turns for turns, _, _ in _Writer(model, tokenizer, options).conversations(rows)]
    whole = [turns for turns in found if len(turns) == 2 and all(turn.content for turn in turns)]
    return [Row(id=f"sample:{n}", messages=turns) for n, turns in enumerate(whole, 1)]


def user_turn(tokenizer: Any, earlier: Sequence[Message] = ()) -> tuple[str, str]:
    """Give what the chat template puts before and after what a person says, after `earlier` turns.

    Raises ValueError where the template does not show the person's words as they are.
    """
    turns = [turn.model_dump(include={"role", "content"}) for turn in earlier]
    turns.append({"role": "user", "content": _MARK})
    text = str(tokenizer.apply_chat_template(turns, tokenize=False))
    before, mark, after = text.rpartition(_MARK)
    if not mark:
        raise ValueError("the chat template does not show the user's words")
    return before, after


def cache_key(model: Any, tokenizer: Any, *, seed: int, options: Options, batch_rows: int) -> str:
    """Hash everything that decides what is written: weights, template, settings, seed. Not how many rows are wanted."""
    settings = asdict(options) | {"batch_rows": batch_rows, "tokens": 0}
    return hash_of(_VERSION, model_hash(model), user_turn(tokenizer), settings, seed)


class _Block(Section):
    """Some conversations that were written together."""

    tried: int
    conversations: tuple[tuple[Message, ...], ...]
    """The good ones, before any is known to be a repetition of another block's."""
    lengths: tuple[int, ...]
    """Tokens of each."""
    dropped: dict[str, int]

    @property
    def content_hash(self) -> str:
        """Hash of everything in it."""
        return hash_of(self.model_dump(mode="json"))


class _Blocks:
    """The blocks of one seed in their order: read where the cache or the model's folder has them, else written and kept."""

    def __init__(
        self, model: Any, tokenizer: Any, *, seed: int, options: Options, cache: Path | None, shipped: Mapping[str, str]
    ) -> None:  # fmt: skip
        self.writer = _Writer(model, tokenizer, options)
        self._seed, self._cache, self._shipped, self._number = seed, cache, shipped, 0
        self._ready: _Block | None = None
        self._key = ""
        if cache is not None or shipped:
            self._key = cache_key(
                model, tokenizer, seed=seed, options=options, batch_rows=self.writer.batch_rows
            )

    def is_known(self) -> bool:
        """Say whether the next block only has to be read."""
        if self._ready is None:
            name = f"{self._key[:20]}-{self._number:04d}.json"
            self._ready = _parsed(self._shipped.get(name))
            if self._cache is not None and self._ready is None:
                self._ready = _read_block(self._cache / name)
        return self._ready is not None

    def next(self) -> tuple[_Block, bool]:
        """Give the next block, and whether it was known."""
        was_known = self.is_known()
        block = self._ready or self._write()
        self._number, self._ready = self._number + 1, None
        return block, was_known

    def _write(self) -> _Block:
        number = self._number
        size = min(_FIRST_BLOCK << max(0, number - 1), self.writer.batch_rows)
        digest = hashlib.sha256(f"{self._seed}/{number}".encode()).digest()
        with _seeded(int.from_bytes(digest[:7], "big")):
            found = list(self.writer.conversations(size))
        good = [(turns, length) for turns, problem, length in found if not problem]
        block = _Block(
            tried=size, conversations=tuple(turns for turns, _ in good), lengths=tuple(n for _, n in good),
            dropped=dict(Counter(problem for _, problem, _ in found if problem)),
        )  # fmt: skip
        if self._cache is not None:
            self._cache.mkdir(parents=True, exist_ok=True)
            stored = block.model_dump(mode="json") | {"content_hash": block.content_hash}
            write_json(self._cache / f"{self._key[:20]}-{number:04d}.json", stored)
        return block


def _read_block(place: Path) -> _Block | None:
    """Read a block whose hash still fits; None where there is none, or the file was changed."""
    try:
        return _parsed(place.read_text(encoding="utf-8"))
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def _parsed(text: str | None) -> _Block | None:
    if text is None:
        return None
    try:
        stored = json.loads(text)
        block = _Block.model_validate({k: v for k, v in stored.items() if k != "content_hash"})
    except (ValueError, AttributeError):
        return None
    return block if block.content_hash == stored.get("content_hash") else None


class _Writer:
    """Writes batches of conversations; the random state is the caller's."""

    def __init__(self, model: Any, tokenizer: Any, options: Options) -> None:
        self.model, self.tokenizer, self.options = model, tokenizer, options
        self.batch_rows = options.batch_rows or (256 if model.device.type == "cpu" else 512)
        self.special = special_ids(tokenizer)
        self.answer_stops = {find_stop_id(tokenizer), tokenizer.eos_token_id}
        _, after = user_turn(tokenizer)
        ends = (
            tokenizer(after.strip(), add_special_tokens=False)["input_ids"] if after.strip() else []
        )
        marked = bool(ends) and ends[0] in self.special
        self.prompt_stops = {tokenizer.eos_token_id, *(ends[:1] if marked else [])}
        self.prompt_end = "" if marked else after.strip()
        """Plain text that ends a user turn, in templates without a token for it."""

    def conversations(self, count: int) -> Iterator[tuple[tuple[Message, ...], str, int]]:
        """Yield `count` conversations: the turns, the reason to drop them (or ""), their tokens."""
        begun: list[tuple[Message, ...]] = [()] * count
        states = self._ask(begun)
        states = self._answer(states)
        again = round(count * self.options.second_turn_share)
        # The last ones go on: whichever they are, they were written without knowing of it.
        firsts, others = states[: count - again], states[count - again :]
        good = [state for state in others if not state[1]]
        yield from firsts
        yield from (state for state in others if state[1])
        if good:
            yield from self._answer(
                self._ask([turns for turns, _, _ in good], [n for *_, n in good])
            )

    def _ask(
        self, earlier: Sequence[tuple[Message, ...]], spent: Sequence[int] = ()
    ) -> list[tuple[tuple[Message, ...], str, int]]:
        heads = [user_turn(self.tokenizer, turns)[0] for turns in earlier]
        found = self._continue(heads, self.prompt_stops, prompts=True)
        states = []
        for place, (turns, (text, finished, length)) in enumerate(zip(earlier, found, strict=True)):
            if self.prompt_end and self.prompt_end in text:
                text, finished = text.split(self.prompt_end)[0], True
            problem = self._problem(text, finished, least=self.options.min_prompt_words)
            said = (*turns, Message(role="user", content=text.strip()))
            states.append((said, problem, length + (spent[place] if spent else 0)))
        return states

    def _answer(
        self, states: list[tuple[tuple[Message, ...], str, int]]
    ) -> list[tuple[tuple[Message, ...], str, int]]:
        asked = [place for place, (_, problem, _) in enumerate(states) if not problem]
        texts = render_prompts(self.tokenizer, [states[place][0] for place in asked])
        found = self._continue(texts, self.answer_stops, prompts=False)
        for place, (text, finished, length) in zip(asked, found, strict=True):
            turns, _, spent = states[place]
            text = THINKING.sub("", text, count=1)
            said = (*turns, Message(role="assistant", content=text.strip()))
            states[place] = (said, self._problem(text, finished, least=1), spent + length)
        return states

    def _problem(self, text: str, finished: bool, *, least: int) -> str:
        if not finished:
            return "unfinished"
        if len(words(text)) < least:
            return "empty"
        if leaks_template(text):
            return "template"
        return "repetitive" if repetition(text) > self.options.max_repetition else ""

    def _continue(
        self, texts: Sequence[str], stops: set[int], *, prompts: bool
    ) -> list[Continuation]:
        options = self.options
        sampling = Sampling(
            temperature=options.temperature if prompts else options.answer_temperature,
            top_p=options.top_p,
            top_k=options.top_k,
            max_new_tokens=options.max_prompt_tokens if prompts else options.max_answer_tokens,
            stops=frozenset(stops),
            batch_rows=self.batch_rows,
        )
        return continue_texts(self.model, self.tokenizer, texts, sampling)


def _known(turns: Sequence[Message], seen: set[str]) -> str:
    """Say whether the prompts were written before, or belong to the probes' part."""
    asked = [turn.content for turn in turns if turn.role == "user"]
    if is_reserved(asked):
        return "kept for probes"
    plain = " ".join(word.casefold() for text in asked for word in words(text))
    if plain in seen:
        return "duplicate"
    seen.add(plain)
    return ""


class _seeded:  # noqa: N801 - used like a function
    """Draw from the seed inside, and leave the caller's random state as it was."""

    def __init__(self, seed: int) -> None:
        self._seed, self._fork = seed, torch.random.fork_rng()

    def __enter__(self) -> None:
        self._fork.__enter__()
        torch.manual_seed(self._seed)

    def __exit__(self, *error: Any) -> None:
        self._fork.__exit__(*error)
