"""The loss falls on the answers, their end included, and nowhere else; what does not fit is counted."""

import json
from pathlib import Path

import pytest

from tests.tiny_model import CHATML, rows, write_tokenizer
from training.chat import prompts_for, render_prompts
from training.config import ModelConfig
from training.data import MASKED, tokenise
from training.errors import TrainingError
from training.model import find_stop_id, load_tokenizer
from training.rows import Message, Row

NO_SYSTEM = """{%- for message in messages %}
{%- if message['role'] == 'system' %}{{- raise_exception('System role not supported') }}{%- endif %}
{{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"""
NO_END = """{%- for message in messages %}
{{- message['role'] + ': ' + message['content'] + '\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- 'assistant: ' }}{%- endif %}"""
NO_GENERATION_PROMPT = CHATML.split("{%- if add_generation_prompt")[0]
THINKS = """{%- for message in messages %}
{{- '<|im_start|>' + message['role'] + '\\n' }}
{%- if message['role'] == 'assistant' and loop.last %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}
{{- message['content'] + '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- if enable_thinking is defined and not enable_thinking %}{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}{%- endif %}"""


def learnt(tokenizer, row: Row, **options) -> list[str]:  # type: ignore[no-untyped-def]
    """The runs of text where the loss falls."""
    found = tokenise([row], tokenizer, stop_id=find_stop_id(tokenizer), max_tokens=500, **options)
    runs: list[list[int]] = [[]]
    for label in found.labels[0]:
        if label == MASKED:
            runs.append([])
        else:
            runs[-1].append(label)
    return [tokenizer.decode(run) for run in runs if run]


def conversation(*turns: str) -> Row:
    roles = ("user", "assistant") * len(turns)
    pairs = zip(roles, turns, strict=False)
    return Row(id="talk", messages=tuple(Message(role=role, content=text) for role, text in pairs))  # type: ignore[arg-type]


def test_every_answer_of_a_conversation_is_learnt_with_its_end(tmp_path: Path) -> None:
    tokenizer = write_tokenizer(tmp_path)
    talk = conversation("Is snow red?", "white", "And the sea?", "blue")
    assert learnt(tokenizer, talk) == ["white<|im_end|>", "blue<|im_end|>"]


def test_the_composed_system_turn_stands_first_and_is_not_learnt(tmp_path: Path) -> None:
    tokenizer = write_tokenizer(tmp_path)
    row = rows(1)[0]
    assert learnt(tokenizer, row, system="Name the colour.") == [f"{row.answer}<|im_end|>"]
    found = tokenise([row], tokenizer, stop_id=2, max_tokens=500, system="Name the colour.")
    assert "Name the colour." in tokenizer.decode(found.input_ids[0])


def test_a_template_without_system_turns_gets_the_words_in_the_question(tmp_path: Path) -> None:
    tokenizer = write_tokenizer(tmp_path, NO_SYSTEM)
    found = tokenise(rows(1), tokenizer, stop_id=2, max_tokens=500, system="Name the colour.")
    assert "user\nName the colour.\n\nWhat colour" in tokenizer.decode(found.input_ids[0])


def test_an_end_is_learnt_where_the_template_writes_none(tmp_path: Path) -> None:
    tokenizer = write_tokenizer(tmp_path, NO_END)
    assert learnt(tokenizer, rows(1)[0])[-1].endswith("<|im_end|>")


def test_a_model_that_thinks_aloud_learns_to_answer_as_it_is_asked(tmp_path: Path) -> None:
    tokenizer = write_tokenizer(tmp_path, THINKS)
    assert learnt(tokenizer, rows(1)[0]) == ["red<|im_end|>"]
    talk = conversation("Is snow red?", "white", "And the sea?", "blue")
    assert learnt(tokenizer, talk)[-1] == "blue<|im_end|>"


def test_rows_that_do_not_fit_are_left_out_whole_and_named(tmp_path: Path) -> None:
    tokenizer = write_tokenizer(tmp_path)
    long = conversation("What colour is the sea?", "blue " * 400)
    found = tokenise([rows(1)[0], long], tokenizer, stop_id=2, max_tokens=100)
    assert found.too_long == ("talk",)
    assert len(found.input_ids) == 1


def test_a_row_without_an_answer_is_named_and_not_learnt(tmp_path: Path) -> None:
    tokenizer = write_tokenizer(tmp_path)
    found = tokenise([conversation("What colour?")], tokenizer, stop_id=2, max_tokens=100)
    assert (found.without_answer, found.input_ids) == (("talk",), ())


def test_plain_text_is_learnt_whole(tmp_path: Path) -> None:
    tokenizer = write_tokenizer(tmp_path)
    assert (
        learnt(tokenizer, Row(id="doc", text="The sea is blue."))[0] == "The sea is blue.<|im_end|>"
    )


@pytest.mark.parametrize(
    ("template", "said"),
    [(None, "no chat template"), (NO_GENERATION_PROMPT, "no generation prompt")],
)
def test_a_model_that_cannot_be_asked_is_refused_before_training(
    tmp_path: Path, template: str | None, said: str
) -> None:
    write_tokenizer(tmp_path, template)
    with pytest.raises(TrainingError, match=said):
        load_tokenizer(ModelConfig(name="bare", source=str(tmp_path)))


WITH_TOOLS = """{%- if tools %}{{- '<|im_start|>system\\nTools:' }}{%- for tool in tools %}{{- '\\n' + (tool | tojson) }}{%- endfor %}{{- '<|im_end|>\\n' }}{%- endif %}
{%- for message in messages %}
{{- '<|im_start|>' + message['role'] + '\\n' + (message['content'] or '') }}
{%- if message['tool_calls'] %}{%- for call in message['tool_calls'] %}{{- '<call>' + (call['function'] | tojson) + '</call>' }}{%- endfor %}{%- endif %}
{{- '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"""
FIND = {"type": "function", "function": {"name": "find", "parameters": {"type": "object", "properties": {"id": {"type": "integer"}}}}}  # fmt: skip


def called(tools: object = None) -> Row:
    call = {"function": {"name": "find", "arguments": '{"id": 7}'}}
    turns = (
        Message(role="user", content="Where is parcel 7?"),
        Message(role="assistant", content="", tool_calls=[call]),
        Message(role="tool", name="find", content="in Bonn"),
        Message(role="assistant", content="It is in Bonn."),
    )
    return Row(id="calls", messages=turns, facts={"tools": [FIND] if tools is None else tools})


def test_a_call_is_learnt_as_the_template_writes_it_with_the_tools_on_offer(
    tmp_path: Path,
) -> None:
    tokenizer = write_tokenizer(tmp_path, WITH_TOOLS)
    assert learnt(tokenizer, called()) == [
        '<call>{"name": "find", "arguments": {"id": 7}}</call><|im_end|>',
        "It is in Bonn.<|im_end|>",
    ]
    (asked,) = render_prompts(tokenizer, prompts_for([called()]))
    assert asked.startswith("<|im_start|>system\nTools:\n{") and '"name": "find"' in asked
    assert asked.endswith("in Bonn<|im_end|>\n<|im_start|>assistant\n")


@pytest.mark.parametrize("template", [CHATML, NO_SYSTEM], ids=["without tools", "without system"])
def test_a_template_without_tools_is_told_of_them_in_words_and_learns_calls_as_json(
    tmp_path: Path, template: str
) -> None:
    tokenizer = write_tokenizer(tmp_path, template)
    assert learnt(tokenizer, called()) == [
        '{"name": "find", "arguments": {"id": 7}}<|im_end|>',
        "It is in Bonn.<|im_end|>",
    ]
    heard: list[str] = []
    (asked,) = render_prompts(
        tokenizer, prompts_for([called()]), note=lambda text: heard.append(str(text))
    )
    assert '"name": "find", "parameters"' in asked
    assert "find: in Bonn" in asked
    assert any("no place for tools" in note for note in heard)


def test_what_is_asked_is_what_was_learnt_before_the_answer(tmp_path: Path) -> None:
    for number, template in enumerate((WITH_TOOLS, CHATML, NO_SYSTEM)):
        tokenizer = write_tokenizer(tmp_path / str(number), template)
        row = called(json.dumps([FIND]))
        (asked,) = render_prompts(tokenizer, prompts_for([row]))
        found = tokenise([row], tokenizer, stop_id=find_stop_id(tokenizer), max_tokens=900)
        assert tokenizer.decode(found.input_ids[0]).startswith(asked)


def test_a_call_at_the_end_is_the_answer_to_measure_by() -> None:
    row = called()
    last = row.model_copy(update={"messages": row.messages[:2]})
    assert last.answer == '{"name": "find", "arguments": {"id": 7}}'
    two = [{"name": "a", "arguments": {}}, {"name": "b", "arguments": "not json"}]
    several = Message(role="assistant", content="", tool_calls=two)
    row = Row(id="two", messages=(row.messages[0], several))
    assert json.loads(row.answer) == two
