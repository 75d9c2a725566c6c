"""Asking a model: order, batches, ends, templates that lack things, memory that runs out."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tokenizers import Regex, Tokenizer, models, pre_tokenizers
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from training import evaluate
from training.chat import fold_system, takes_system, thinking_off, with_system
from training.rows import Message, Row
from training.text import Text

TEMPLATE = (
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}<end>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
SILENT_SYSTEM = (
    "{% for m in messages if m.role != 'system' %}<{{ m.role }}>{{ m.content }}<end>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
THINKING = (
    TEMPLATE + "{% if enable_thinking is defined and enable_thinking is false %}<quiet>{% endif %}"
)


def tokenizer(template: str = TEMPLATE) -> Any:
    marks = [
        "<pad>",
        "<end>",
        "<system>",
        "<user>",
        "<assistant>",
        "<quiet>",
        "<think>",
        "</think>",
    ]
    letters = [*marks[:6], *(chr(code) for code in range(32, 127)), "\n"]
    vocabulary = {piece: number for number, piece in enumerate(letters)}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token=" "))
    inner.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    from tokenizers.decoders import Fuse

    inner.decoder = Fuse()
    made = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token="<pad>",
        eos_token="<end>",
        additional_special_tokens=marks[2:6],
    )
    made.chat_template = template
    return made


@pytest.fixture(scope="module")
def model() -> Any:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=112,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        eos_token_id=1,
        pad_token_id=0,
    )
    config.initializer_range = 0.5
    return LlamaForCausalLM(config).eval()


def ask(*texts: str) -> list[list[Message]]:
    return [[Message(role="user", content=text)] for text in texts]


def row(question: str, reply: str, **fields: Any) -> Row:
    turns = (Message(role="user", content=question), Message(role="assistant", content=reply))
    return Row(id=question, messages=turns, **fields)


def one_by_one(model: Any, tok: Any, prompts: list[list[Message]], count: int) -> list[str]:
    """The plainest greedy loop: no batch, no cache, no padding."""
    answers = []
    for prompt in prompts:
        text = tok.apply_chat_template(
            [{"role": t.role, "content": t.content} for t in prompt],
            tokenize=False,
            add_generation_prompt=True,
        )
        ids = tok(text, add_special_tokens=False)["input_ids"]
        start = len(ids)
        with torch.no_grad():
            while len(ids) < start + count:
                following = int(model(torch.tensor([ids])).logits[0, -1].argmax())
                if following == tok.eos_token_id:
                    break
                ids.append(following)
        answers.append(tok.decode(ids[start:], skip_special_tokens=True).strip())
    return answers


PROMPTS = ask("a", "what is this, please?", "bb", "x" * 40, "where", "Why not?", "c", "dd ee ff")


@pytest.mark.parametrize("batch_tokens", [1, 64, 200, 100_000])
def test_batches_answer_like_one_question_at_a_time(model: Any, batch_tokens: int) -> None:
    tok = tokenizer()
    expected = one_by_one(model, tok, PROMPTS, 12)
    assert len(set(expected)) > 3
    assert evaluate.answer(model, tok, PROMPTS, max_new_tokens=12, batch_tokens=batch_tokens) == (
        expected
    )


def test_an_answer_ends_where_the_model_ends_it(model: Any) -> None:
    tok = tokenizer()
    prompts = ask(*(chr(code) * 3 for code in range(40, 120)))
    full = one_by_one(model, tok, prompts, 30)
    ended = [text for text in full if len(text) < 25]
    assert ended, "no random answer ends by itself; choose another seed"
    assert evaluate.answer(model, tok, prompts, max_new_tokens=30) == full


def test_the_models_own_sampling_settings_do_not_reach_the_measurement(model: Any) -> None:
    tok = tokenizer()
    before = model.generation_config
    plain = evaluate.answer(model, tok, PROMPTS, max_new_tokens=12)
    try:
        model.generation_config = GenerationConfig(
            do_sample=True, temperature=2.0, top_k=3, repetition_penalty=3.0, max_length=5
        )
        assert evaluate.answer(model, tok, PROMPTS, max_new_tokens=12) == plain
    finally:
        model.generation_config = before


def test_a_template_without_system_gets_the_instruction_in_the_first_question(model: Any) -> None:
    said: list[Text] = []
    tok = tokenizer(NO_SYSTEM + TEMPLATE)
    turns = [Message(role="system", content="Be brief."), Message(role="user", content="Hi")]
    got = evaluate.answer(model, tok, [turns], max_new_tokens=4, note=said.append)
    plain = evaluate.answer(model, tokenizer(), ask("Be brief.\n\nHi"), max_new_tokens=4)
    assert got == plain
    assert "no system turn" in said[0]


@pytest.mark.parametrize(
    ("template", "shown"), [(TEMPLATE, True), (NO_SYSTEM + TEMPLATE, False), (SILENT_SYSTEM, False)]
)
def test_templates_are_asked_whether_they_show_a_system_turn(template: str, shown: bool) -> None:
    assert takes_system(tokenizer(template)) is shown


def test_thinking_is_switched_off_where_the_template_has_the_switch() -> None:
    assert thinking_off(tokenizer(THINKING)) == {"enable_thinking": False}
    assert thinking_off(tokenizer()) == {}
    assert evaluate.render_prompts(tokenizer(THINKING), ask("Hi"))[0].endswith("<quiet>")


def test_thinking_aloud_is_no_part_of_the_answer(model: Any) -> None:
    class Thinker:
        def __getattr__(self, name: str) -> Any:
            return getattr(model, name)

        def train(self, mode: bool) -> None: ...

        def generate(self, input_ids: Any, **_: Any) -> Any:
            tail = tokenizer()("<think>hm, 4?</think>\n\n5", add_special_tokens=False)["input_ids"]
            return torch.cat([input_ids, torch.tensor([tail])], dim=1)

    assert evaluate.answer(Thinker(), tokenizer(), ask("2+3?"), max_new_tokens=20) == ["5"]


def test_a_question_too_long_to_read_is_unanswered_and_said(model: Any) -> None:
    said: list[Text] = []
    got = evaluate.answer(
        model, tokenizer(), ask("ok", "y" * 400), max_new_tokens=8, note=said.append
    )
    assert got[1] == ""
    assert got[0] == one_by_one(model, tokenizer(), ask("ok"), 8)[0]
    assert "1 question is longer than the 248 tokens" in said[0]


def test_running_out_of_memory_halves_the_batch() -> None:
    sizes = []

    def work(items: list[int]) -> list[int]:
        sizes.append(len(items))
        if len(items) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return [item * 2 for item in items]

    assert evaluate.in_halves(work, list(range(10))) == [item * 2 for item in range(10)]
    assert max(sizes) == 10


def test_one_item_too_much_for_memory_and_other_errors_are_raised() -> None:
    def work(items: list[int]) -> list[int]:
        raise torch.OutOfMemoryError("CUDA out of memory")

    def wrong(items: list[int]) -> list[int]:
        raise RuntimeError("shapes differ")

    with pytest.raises(torch.OutOfMemoryError):
        evaluate.in_halves(work, [1])
    with pytest.raises(RuntimeError, match="shapes"):
        evaluate.in_halves(wrong, [1, 2])


def test_the_model_is_left_as_it_was(model: Any) -> None:
    model.train()
    evaluate.answer(model, tokenizer(), ask("a"), max_new_tokens=2)
    assert model.training
    model.eval()
    evaluate.answer(model, tokenizer(), ask("a"), max_new_tokens=2)
    assert not model.training


def test_losses_count_the_answer_and_its_end_only(model: Any) -> None:
    tok = tokenizer()
    rows = [row("a", "yes"), row("what is it?", "no, never")]
    got = evaluate.nll_per_token(model, tok, rows, batch_tokens=10_000)
    single = [evaluate.nll_per_token(model, tok, [one], batch_tokens=1)[0] for one in rows]
    for found, alone, one in zip(got, single, rows, strict=True):
        text = f"<user>{one.messages[0].content}<end><assistant>{one.answer}<end>"
        ids = tok(text, add_special_tokens=False)["input_ids"]
        with torch.no_grad():
            logs = model(torch.tensor([ids])).logits[0].log_softmax(-1)
        count = len(one.answer) + 1
        places = range(len(ids) - count, len(ids))
        nats = -sum(float(logs[at - 1, ids[at]]) for at in places)
        assert found.tokens == count
        assert found.nats == pytest.approx(nats, rel=1e-4)
        assert alone.nats == pytest.approx(nats, rel=1e-4)
        assert found.num_bytes == len(one.answer)


def test_losses_of_texts_count_all_of_the_text(model: Any) -> None:
    (found,) = evaluate.nll_per_token(model, tokenizer(), [Row(id="t", text="hello there")])
    assert found.num_bytes == 11
    assert found.tokens >= 10
    assert found.per_token == pytest.approx(found.nats / found.tokens)


def test_rows_without_an_answer_have_no_loss(model: Any) -> None:
    bare = Row(id="q", messages=(Message(role="user", content="hm"),))
    assert evaluate.nll_per_token(model, tokenizer(), [bare]) == [evaluate.Loss(0.0, 0, 0)]


def test_prompts_hold_system_examples_and_the_question_but_not_the_answer() -> None:
    (prompt,) = evaluate.prompts_for([row("q", "a")], system="S", shots=[row("x", "y")])
    assert [(turn.role, turn.content) for turn in prompt] == [
        ("system", "S"),
        ("user", "x"),
        ("assistant", "y"),
        ("user", "q"),
    ]


def test_a_rows_own_system_turn_stays_and_folds() -> None:
    own = (Message(role="system", content="Mine"), Message(role="user", content="q"))
    assert with_system(own, "Other") == own
    assert fold_system(own) == (Message(role="user", content="Mine\n\nq"),)
    assert fold_system(own[:1]) == (Message(role="user", content="Mine"),)


def test_examples_show_different_answers_first() -> None:
    rows = [row(f"question {n}", "common") for n in range(8)] + [row("question x", "rare")]
    assert {shot.answer for shot in evaluate.pick_shots(rows, 2)} == {"common", "rare"}
    assert len(evaluate.pick_shots(rows, 20)) == 9
    assert evaluate.pick_shots([], 3) == []
