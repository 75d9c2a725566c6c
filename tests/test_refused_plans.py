"""Models, lengths and rewards that could only fail later are refused while planning, before anything is loaded."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.deciding import facts, profile
from tests.tiny_model import CHATML, rows
from tools.decide import decide
from tools.errors import PlanError
from tools.machine import model_folder
from tools.marking.grading import try_out
from training.practice import MODEL_DIR

DESCRIBED = {
    "model_type": "llama", "num_attention_heads": 2, "hidden_size": 32, "num_hidden_layers": 2, "intermediate_size": 64,
    "vocab_size": 384, "max_position_embeddings": 256,
}  # fmt: skip
NAMED = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|im_end|>"}
WITHOUT_PROMPT = CHATML.split("{%- if add_generation_prompt")[0]
MISTRAL = "{% for m in messages %}{% if m['role'] == 'user' %}[INST] {{ m['content'] }} [/INST]{% else %}{{ m['content'] }}{{ eos_token }}{% endif %}{% endfor %}"


def folder_of(folder: Path, *, template: str = CHATML, tokenizer: Any = NAMED) -> Path:
    (folder / "config.json").write_text(json.dumps(DESCRIBED))
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer))
    marks = [{"content": mark, "special": True} for mark in ("<|im_start|>", "<|im_end|>", "[INST]", "[/INST]")]  # fmt: skip
    (folder / "tokenizer.json").write_text(json.dumps({"added_tokens": marks}))
    (folder / "chat_template.jinja").write_text(template)
    return folder


@pytest.mark.parametrize(
    "template", [CHATML, MISTRAL, "{{ raise_exception('no') }}", "{% broken", "plain"]
)
def test_a_model_that_can_be_asked_or_that_cannot_be_told_is_taken(
    template: str, tmp_path: Path
) -> None:
    assert model_folder(folder_of(tmp_path, template=template)).context == 256


def test_a_template_without_a_generation_prompt_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="no generation prompt"):
        model_folder(folder_of(tmp_path, template=WITHOUT_PROMPT))


def test_the_same_is_found_in_a_template_that_marks_what_the_assistant_says(tmp_path: Path) -> None:
    shipped = (MODEL_DIR / "chat_template.jinja").read_text(encoding="utf-8")
    assert "{%- generation %}" in shipped
    assert model_folder(folder_of(tmp_path, template=shipped)).context == 256
    with pytest.raises(PlanError, match="no generation prompt"):
        model_folder(folder_of(tmp_path, template=shipped.split("{%- if add_generation_prompt")[0]))


def test_a_model_without_a_chat_template_is_refused(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(PlanError, match="no chat template"):
        model_folder(folder)
    folder_of(
        tmp_path, tokenizer=NAMED | {"chat_template": [{"name": "default", "template": CHATML}]}
    )
    (folder / "chat_template.jinja").unlink()
    assert model_folder(folder).context == 256, "one of several stands in the settings"


def test_a_tokenizer_without_an_end_token_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="no end token"):
        model_folder(folder_of(tmp_path, tokenizer=NAMED | {"eos_token": None}))


def test_a_tokenizer_whose_class_brings_its_end_token_is_taken(tmp_path: Path) -> None:
    assert model_folder(folder_of(tmp_path, tokenizer={"tokenizer_class": "LlamaTokenizer"}))


def test_an_adapter_for_another_model_is_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text('{"base_model_name_or_path": "other/base-8B"}')
    with pytest.raises(PlanError, match="only an adapter for another model, other/base-8B"):
        model_folder(tmp_path)


def test_a_length_beyond_what_the_model_reads_is_refused() -> None:
    with pytest.raises(PlanError, match="at most 512 tokens at once"):
        decide(facts(profile=profile("qa"), overrides={"sft.max_seq_tokens": 100_000}, model="practice", insist=("sft",)))  # fmt: skip


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise KeyError('oops')", "it raised KeyError"),
        ("return [1.0]", "it returned 1 scores for 3 answers"),
        ("return 1.0", "not iterable"),
    ],
)
def test_a_reward_that_does_not_work_is_refused_with_what_it_did(
    body: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(f"def reward(completions, answer, **_):\n    {body}\n")
    with pytest.raises(PlanError, match=said):
        try_out(f"python:{path}", rows(8), trusted=True)


def test_a_reward_that_works_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("def reward(completions, answer, **_):\n    return [0.5] * len(completions)\n")
    try_out(f"python:{path}", rows(8), trusted=True)


def test_a_file_given_bare_as_a_reward_is_told_how_to_be_named() -> None:
    with pytest.raises(PlanError, match=r"Write python: before it: python:mine\.py"):
        try_out("mine.py", rows(8))
