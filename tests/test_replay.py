"""Replay: what the untouched model writes itself, filtered, repeatable, and apart from the probes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from training import probes, replay
from training.evaluate import nll_per_token
from training.identity import model_hash
from training.practice import MODEL_DIR, is_reserved
from training.probes.health import leaks_template, words
from training.rows import Message, Row
from training.text import Text

ROWS = 60


@pytest.fixture(scope="module")
def practice() -> Iterator[tuple[Any, Any]]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    model = AutoModelForCausalLM.from_pretrained(MODEL_DIR, dtype=torch.float32)
    yield model, AutoTokenizer.from_pretrained(MODEL_DIR)
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def written(practice: tuple[Any, Any]) -> replay.Written:
    return replay.write(*practice, rows=ROWS, seed=3)


def test_the_model_writes_whole_conversations_of_its_own(written: replay.Written) -> None:
    assert len(written.rows) == ROWS
    for row in written.rows:
        assert [turn.role for turn in row.messages] in (
            ["user", "assistant"],
            ["user", "assistant"] * 2,
        )
        assert all(
            words(turn.content) and not leaks_template(turn.content) for turn in row.messages
        )
    assert len({row.id for row in written.rows}) == ROWS
    assert any(len(row.messages) == 4 for row in written.rows)
    assert written.tried == len(written.rows) + sum(written.dropped.values())


def test_no_prompt_is_written_twice_and_none_is_of_the_part_that_probes_come_from(
    written: replay.Written,
) -> None:
    asked = [
        tuple(t.content.casefold() for t in row.messages if t.role == "user")
        for row in written.rows
    ]
    assert len(set(asked)) == ROWS
    assert not any(is_reserved(turns) for turns in asked)
    assert probes.overlap(probes.items(280, seed=2), written.rows) == []


def test_the_same_seed_writes_the_same_and_another_seed_something_else(
    practice: tuple[Any, Any], written: replay.Written
) -> None:
    torch.manual_seed(99)
    before = torch.get_rng_state()
    again = replay.write(*practice, rows=ROWS, seed=3)
    assert again.content_hash == written.content_hash
    assert replay.write(*practice, rows=ROWS, seed=4).content_hash != written.content_hash
    assert torch.equal(before, torch.get_rng_state()), "the caller's random state was moved"


class CannotWrite:
    """A model that has weights to be recognised by, and refuses to generate."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.device, self.training = model.device, False

    def state_dict(self) -> dict[str, torch.Tensor]:
        found: dict[str, torch.Tensor] = self._model.state_dict()
        return found

    def eval(self) -> None:
        """Stay as it is."""

    def train(self, _: bool) -> None:
        """Stay as it is."""

    def generate(self, **_: Any) -> None:
        raise AssertionError("the cache should have been enough")


def test_what_was_written_before_is_read_from_the_cache_unless_anything_differs(
    practice: tuple[Any, Any], tmp_path: Path
) -> None:
    model, tokenizer = practice
    first = replay.write_replay(model, tokenizer, rows=20, seed=1, cache=tmp_path)
    silent_model = CannotWrite(model)
    again = replay.write_replay(silent_model, tokenizer, rows=20, seed=1, cache=tmp_path)
    assert again.rows == first.rows and (first.known, again.known) == (0, 20)
    with pytest.raises(AssertionError, match="cache"):
        replay.write_replay(silent_model, tokenizer, rows=20, seed=2, cache=tmp_path)
    with pytest.raises(AssertionError, match="cache"):
        other = replay.Options(temperature=0.9)
        replay.write_replay(silent_model, tokenizer, rows=20, seed=1, options=other, cache=tmp_path)


def test_a_larger_wish_begins_with_the_rows_of_a_smaller_one_and_writes_only_the_rest(
    practice: tuple[Any, Any], tmp_path: Path
) -> None:
    options = replay.Options(batch_rows=16)
    few = replay.write(*practice, rows=20, seed=1, options=options, cache=tmp_path)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    many = replay.write(*practice, rows=50, seed=1, options=options, cache=tmp_path)
    assert few.rows == many.rows[:20] and 20 <= many.known < 50
    assert all(path.stat().st_mtime_ns == at for path, at in files.items()), "written again"
    alone = replay.write(*practice, rows=50, seed=1, options=options)
    assert alone.rows == many.rows and alone.known == 0
    fewer = replay.write(CannotWrite(practice[0]), practice[1], rows=30, seed=1, options=options, cache=tmp_path)  # fmt: skip
    assert fewer.rows == many.rows[:30]


@pytest.mark.parametrize(
    "damage", [lambda text: text.replace('"tried": ', '"tried": 1'), lambda text: text[:-40]]
)
def test_a_cache_that_was_changed_or_cut_is_not_believed(
    practice: tuple[Any, Any], tmp_path: Path, damage: Callable[[str], str]
) -> None:
    model, tokenizer = practice
    first = replay.write_replay(model, tokenizer, rows=20, seed=1, cache=tmp_path)
    stored = next(tmp_path.glob("*.json"))
    stored.write_text(damage(stored.read_text("utf-8")), "utf-8")
    again = replay.write_replay(model, tokenizer, rows=20, seed=1, cache=tmp_path)
    assert again.rows == first.rows and again.known == 0


def test_other_weights_have_another_hash(practice: tuple[Any, Any]) -> None:
    model, _ = practice
    before = model_hash(model)
    weight = model.model.layers[0].mlp.up_proj.weight
    kept = weight.detach().clone()
    with torch.no_grad():
        weight.mul_(1.01)
    changed = model_hash(model)
    with torch.no_grad():
        weight.copy_(kept)
    assert changed != before == model_hash(model)


def test_a_model_that_cannot_end_its_prompts_gives_fewer_rows_and_says_so(
    practice: tuple[Any, Any],
) -> None:
    said: list[Text] = []
    options = replay.Options(max_prompt_tokens=1, batch_rows=16)
    written = replay.write_replay(*practice, rows=8, seed=0, options=options, note=said.append)
    assert written.rows == []
    assert "only 0 usable conversations of the 8 wanted" in said[0] and "unfinished" in said[0]


def test_it_goes_on_until_the_tokens_wanted_are_written(practice: tuple[Any, Any]) -> None:
    options = replay.Options(tokens=1500, batch_rows=16)
    enough = replay.write(*practice, rows=5, seed=0, options=options)
    assert enough.tokens >= 1500 and len(enough.rows) > 5


TEMPLATES = {
    "llama 3": (
        "{% for m in messages %}<|start_header_id|>{{ m.role }}<|end_header_id|>\n\n{{ m.content | trim }}<|eot_id|>{% endfor %}",
        "<|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|>",
    ),
    "llama 2": (
        "{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]{% else %} {{ m.content }}</s>{% endif %}{% endfor %}",
        "[INST] ", " [/INST]",
    ),
    "gemma": (
        "{% for m in messages %}<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n{{ m.content | trim }}<end_of_turn>\n{% endfor %}",
        "<start_of_turn>user\n", "<end_of_turn>\n",
    ),
    "a system turn of its own": (
        "<|im_start|>system\nBe kind.<|im_end|>\n{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}",
        "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\n", "<|im_end|>\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_head_of_a_user_turn_is_found_in_any_template(name: str) -> None:
    template, before, after = TEMPLATES[name]
    tokenizer = AutoTokenizer.from_pretrained(MODEL_DIR)
    tokenizer.chat_template = template
    assert replay.user_turn(tokenizer) == (before, after)
    earlier = [Message(role="user", content="Hi."), Message(role="assistant", content="Hello.")]
    head, end = replay.user_turn(tokenizer, earlier)
    assert "Hello." in head and head.endswith(before[-8:]) and end == after


def test_a_template_without_an_end_token_ends_the_prompt_at_its_text(
    practice: tuple[Any, Any],
) -> None:
    """The practice model never writes `bar`, but a turn of plain words is cut where those words begin."""
    model, _ = practice
    tokenizer = AutoTokenizer.from_pretrained(MODEL_DIR)
    tokenizer.chat_template = (
        "{% for m in messages %}{% if m.role == 'user' %}<|im_start|>user\n{{ m.content }} the"
        "{% else %}<|im_start|>assistant\n{{ m.content }}<|im_end|>{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    options = replay.Options(second_turn_share=0.0, batch_rows=64)
    found = replay.write(model, tokenizer, rows=10, seed=0, options=options)
    assert found.rows
    assert not any("the" in row.messages[0].content for row in found.rows)


def test_samples_for_drift_show_no_drift_of_the_base_and_much_of_a_disturbed_model(
    practice: tuple[Any, Any],
) -> None:
    model, tokenizer = practice
    rows = replay.write_samples(model, tokenizer, rows=24, seed=0)
    assert 12 <= len(rows) <= 24

    def loss() -> float:
        found = nll_per_token(model, tokenizer, rows)
        return sum(one.nats for one in found) / sum(one.tokens for one in found)

    before = loss()
    weight = model.model.layers[1].mlp.up_proj.weight
    kept = weight.detach().clone()
    with torch.no_grad():
        weight.zero_()
    after = loss()
    with torch.no_grad():
        weight.copy_(kept)
    assert loss() == pytest.approx(before)
    assert after > before + 0.05


def test_the_hash_of_rows_knows_their_order() -> None:
    one, two = (Row(id=name, messages=(Message(role="user", content=name),)) for name in "ab")
    assert replay.content_hash([one, two]) != replay.content_hash([two, one])
