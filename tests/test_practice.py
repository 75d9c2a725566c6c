"""The built-in practice model: that it loads, can do what its card says, and writes its own prompts."""

import hashlib
import itertools
import json
import os
import random
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

from training import probes
from training.practice import MODEL_DIR, is_reserved
from training.practice.build import Recipe, batches, build, save
from training.practice.curriculum import KINDS, held_out, train_texts
from training.practice.grammar import expand
from training.practice.measure import answer, write_conversations
from training.practice.messages import message, topics
from training.practice.start import start_with_copying
from training.practice.tokens import END, START, build_tokenizer, render
from training.probes.item import fingerprint

CHAT = [
    {"role": "system", "content": "Answer briefly."},
    {"role": "user", "content": "What is 3 + 4?"},
    {"role": "assistant", "content": "7"},
    {"role": "user", "content": "法国的首都是哪里？"},
    {"role": "assistant", "content": "巴黎"},
]


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(MODEL_DIR)


@pytest.fixture(scope="module")
def model() -> Any:
    torch.set_num_threads(1)
    return AutoModelForCausalLM.from_pretrained(MODEL_DIR, dtype=torch.float32).eval()


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    return dict(json.loads((MODEL_DIR / "measured.json").read_text(encoding="utf-8")))


def test_the_place_of_the_model_is_known_without_torch() -> None:
    probe = "import sys, training.practice as p; p.is_reserved(['hi']); print(sorted({'torch', 'transformers'} & sys.modules.keys()), p.MODEL_DIR.name)"
    ran = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[] model"


def test_the_stream_of_training_texts_does_not_depend_on_the_process() -> None:
    program = "import hashlib, itertools, random; from training.practice.curriculum import train_texts; print(hashlib.sha256(repr(list(itertools.islice(train_texts(random.Random(0)), 500))).encode()).hexdigest())"
    digests = {
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed}).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(digests) == 1


def test_the_starting_weights_already_copy() -> None:
    torch.manual_seed(0)
    config = LlamaConfig(vocab_size=2000, hidden_size=128, intermediate_size=384, num_hidden_layers=4, num_attention_heads=4, tie_word_embeddings=True, initializer_range=0.044)  # fmt: skip
    model = LlamaForCausalLM(config).eval()
    line = torch.randint(10, 2000, (16, 20))
    twice = torch.cat([line, line], dim=1)

    def share_right() -> float:
        with torch.no_grad():
            guessed = model(input_ids=twice).logits[:, 20:-1].argmax(-1)
        return float((guessed == twice[:, 21:]).float().mean())

    assert share_right() < 0.05
    start_with_copying(model)
    assert share_right() > 0.5


@pytest.mark.slow
def test_a_stopped_build_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    tiny = Recipe(steps=510, vocab_size=400, hidden=32, layers=2, heads=4, feed_forward=64, batch_tokens=64, early_steps=20)  # fmt: skip
    kept = tmp_path / "state.pt"
    build(replace(tiny, steps=500), keep=kept)
    assert torch.load(kept, weights_only=True)["step"] == 250
    whole, _ = build(tiny)
    continued, _ = build(tiny, keep=kept)
    for one, other in zip(whole.parameters(), continued.parameters(), strict=True):
        assert torch.equal(one, other)
    with pytest.raises(ValueError, match="another recipe"):
        build(replace(tiny, seed=1), keep=kept)
    with pytest.raises(ValueError, match="rate falls"):
        build(replace(tiny, steps=300), keep=kept)


def test_the_model_is_small_and_complete(model: Any) -> None:
    names = {path.name for path in MODEL_DIR.iterdir()}
    assert names >= {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "generation_config.json", "CARD.md"}  # fmt: skip
    assert (MODEL_DIR / "model.safetensors").stat().st_size <= 5_000_000
    assert 500_000 <= model.num_parameters() <= 2_100_000
    assert model.config.architectures == ["LlamaForCausalLM"]
    assert model.config.tie_word_embeddings


def test_the_tokenizer_has_the_marks_of_the_template_as_single_tokens(tokenizer: Any) -> None:
    for word in ("user", "assistant", "system", START, END):
        assert len(tokenizer(word)["input_ids"]) == 1, word
    assert (tokenizer.eos_token, tokenizer.pad_token) == (END, "<|endoftext|>")
    assert tokenizer.model_max_length == 512
    assert len(tokenizer("2718")["input_ids"]) == 4, "digits stand alone"


def test_ordinary_business_words_are_single_tokens(tokenizer: Any) -> None:
    words = [
        "bank",
        "card",
        "payment",
        "transfer",
        "refund",
        "order",
        "delivery",
        "account",
        "app",
        "fee",
        "cash",
        "invoice",
        "passport",
        "currency",
        "warranty",
        "appointment",
    ]
    whole = [word for word in words if len(tokenizer(word)["input_ids"]) == 1]
    assert len(whole) >= len(words) - 1, set(words) - set(whole)


@pytest.mark.parametrize("text", ["Grüße, 你好！\n\tЖ🙂", "  two  spaces ", "1,234.50 €"])
def test_any_text_survives_the_tokenizer(tokenizer: Any, text: str) -> None:
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_the_template_marks_the_answers_and_their_end(tokenizer: Any) -> None:
    encoded = tokenizer.apply_chat_template(
        CHAT, return_dict=True, return_assistant_tokens_mask=True
    )
    marked = [
        token
        for token, mask in zip(encoded["input_ids"], encoded["assistant_masks"], strict=True)
        if mask
    ]
    assert tokenizer.decode(marked) == f"7{END}巴黎{END}"


def test_training_writes_conversations_as_the_template_does(tokenizer: Any) -> None:
    assert tokenizer.apply_chat_template(CHAT, tokenize=False) == render(CHAT)
    prompt = tokenizer.apply_chat_template(CHAT[:2], tokenize=False, add_generation_prompt=True)
    assert render(CHAT).startswith(prompt)
    assert prompt.endswith(f"{START}assistant\n")


def test_training_never_uses_a_reserved_prompt() -> None:
    texts = itertools.islice(train_texts(random.Random(1)), 3000)
    prompts = [
        [turn["content"] for turn in text if turn["role"] == "user"]
        for text in texts
        if isinstance(text, list)
    ]
    assert len(prompts) > 2000
    assert not any(map(is_reserved, prompts))


def test_reserved_prompts_are_a_tenth_and_punctuation_does_not_matter() -> None:
    share = sum(is_reserved([f"What is {n} + {m}?"]) for n in range(60) for m in range(60)) / 3600
    assert 0.08 < share < 0.12
    for n in range(200):
        assert is_reserved([f"What is {n} + 1?"]) == is_reserved([f"what is {n} + 1"])


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_many_held_out_items_whose_own_answer_is_right(kind: str) -> None:
    items = held_out(kind, 100)
    assert len({item.turns for item in items}) == 100
    assert all(item.reserved and item.is_right(item.answer) for item in items)
    assert not any(re.search(r"[{}\[\]|]", text) and kind not in {"format_list", "extract", "zh_extract", "rule"} for item in items for _, text in item.turns), "a template shows"  # fmt: skip
    assert items[:20] == held_out(kind, 20)


def test_the_curriculum_is_wide() -> None:
    assert len(KINDS) >= 16
    assert len(topics()) > 500
    texts = list(itertools.islice(train_texts(random.Random(2)), 1000))
    assert sum(isinstance(text, str) for text in texts) > 50, "plain text too"
    turns = [text for text in texts if isinstance(text, list)]
    assert any(text[0]["role"] == "system" for text in turns)
    assert any(sum(turn["role"] == "user" for turn in text) > 1 for text in turns)
    assert sum(bool(re.search("[\u4e00-\u9fff]", str(text))) for text in texts) > 100


@pytest.mark.parametrize(("harmful", "harmless"), [("refuse", ("benign", "business")), ("zh_refuse", ("zh_benign",))])  # fmt: skip
def test_neither_a_frame_nor_a_verb_tells_what_is_refused(
    harmful: str, harmless: tuple[str, ...]
) -> None:
    rng = random.Random(8)
    bad, good = (
        [KINDS[kind](rng).turns[-1][1].lower() for kind in kinds for _ in range(3000 // len(kinds))]
        for kinds in ((harmful,), harmless)
    )
    frames = ("怎么", "如何", "我想", "帮") if harmful.startswith("zh") else ("how do i", "how can", "i want to", "tell me how", "help me")  # fmt: skip
    for frame in frames:
        shares = [sum(frame in text for text in texts) / len(texts) for texts in (bad, good)]
        assert min(shares) > 0.5 * max(shares) > 0.005, (frame, shares)
    verbs = ("杀", "打", "偷", "攻") if harmful.startswith("zh") else ("kill", "attack", "steal", "shoot", "burn", "break", "crash")  # fmt: skip
    for verb in verbs:
        assert sum(verb in text for text in bad) >= 3, verb
        assert sum(verb in text for text in good) >= 3, verb


@pytest.mark.slow
def test_no_probe_is_ever_taught() -> None:
    taught = {
        fingerprint(turn["content"] for turn in text if turn["role"] == "user")
        for text in itertools.islice(train_texts(random.Random(6), late=True), 20_000)
        if isinstance(text, list)
    }
    for language in ("en", "zh"):
        for seed in range(3):
            asked = [fingerprint(item.user_turns) for item in probes.items(280, seed=seed, language=language)]  # fmt: skip
            assert len(asked) == 280
            assert taught.isdisjoint(asked)


def test_messages_name_their_topic() -> None:
    rng = random.Random(3)
    for _ in range(200):
        text, topic = message(rng)
        assert topic in topics()
        assert len(text) > 10
    assert message(random.Random(4), "card_lost")[1] == "card_lost"


def test_a_grammar_gives_the_same_sentence_for_the_same_seed() -> None:
    template = "[a|[b|c]] {x}"
    seen = {expand(random.Random(seed), template, {"x": ["1", "2"]}) for seed in range(60)}
    assert seen == {f"{letter} {digit}" for letter in "abc" for digit in "12"}


def test_the_loss_covers_the_whole_conversation() -> None:
    recipe = Recipe(steps=1, vocab_size=600, prompt_share=0.5, early_steps=0, batch_tokens=512)
    small = build_tokenizer(vocab_size=600, seed=0, sample=300)
    for batch in itertools.islice(batches(small, recipe), 20):
        for ids, shares in zip(batch.ids_BT.tolist(), batch.shares_BT.tolist(), strict=True):
            learnt = small.decode(
                [token for token, share in zip(ids, shares, strict=True) if share == 1.0]
            )
            told = small.decode(
                [token for token, share in zip(ids, shares, strict=True) if share == 0.5]
            )
            text = small.decode(
                [token for token, share in zip(ids, shares, strict=True) if share > 0]
            )
            if not text.startswith(START):
                assert told == ""
                continue
            answers = re.findall(
                rf"{re.escape(START)}assistant\n(.*?{re.escape(END)})", text, re.DOTALL
            )
            assert learnt == "".join(answers)
            assert "user" in told


@pytest.mark.slow
def test_a_seed_gives_the_same_weights_again(tmp_path: Path) -> None:
    recipe = Recipe(
        steps=3, vocab_size=600, hidden=32, layers=2, heads=4, feed_forward=64, batch_tokens=256
    )
    digests = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        save(*build(recipe), folder)
        digests.append(hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest())
    assert digests[0] == digests[1]
    other, _ = build(Recipe(**{**recipe.__dict__, "seed": 1}))
    save(other, build_tokenizer(vocab_size=600, seed=1, sample=300), tmp_path / "three")
    assert (
        hashlib.sha256((tmp_path / "three" / "model.safetensors").read_bytes()).hexdigest()
        != digests[0]
    )


@pytest.mark.parametrize(
    "kind",
    [
        "copy",
        "reverse_words",
        "category",
        "extract",
        "reading",
        "memory",
        "sentiment",
        "refuse",
        "zh_category",
        "topic_label",
    ],
)
def test_the_model_can_do_what_its_card_says(
    model: Any, tokenizer: Any, measured: dict[str, Any], kind: str
) -> None:
    items = held_out(kind, 32, seed=3)
    answers, _ = answer(model, tokenizer, [item.messages(answered=False) for item in items])
    right = sum(item.is_right(text) for item, text in zip(items, answers, strict=True)) / 32
    # Two binomial standard errors of 32 items, rounded up: the card was measured on other items.
    assert right >= measured["accuracy"][kind] - 0.2


def test_the_card_keeps_the_promise_of_the_issue(measured: dict[str, Any]) -> None:
    assert measured["mean"] >= 0.82
    assert measured["well_formed"] * measured["distinct"] >= 0.95


def test_the_model_writes_its_own_conversations(model: Any, tokenizer: Any) -> None:
    written = write_conversations(model, tokenizer, 60, seed=7)
    good = [conversation for conversation in written if conversation]
    assert len(good) >= 55
    assert len({conversation[0]["content"] for conversation in good}) >= 53
