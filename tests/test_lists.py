"""Messages that are a list: techniques one after another, models to compare; and what is left of a wish without file names."""

from pathlib import Path

import pytest
from talking import Desk

from agent.brain.protocol import Context
from agent.brain.rules import RulesBrain
from agent.conversation.sessions import named_files
from agent.words.brief_words import wish

SMALL, MIDDLE = "Qwen/Qwen3-0.6B", "Qwen/Qwen3-1.7B"


@pytest.mark.parametrize("has_plan", [True, False])
@pytest.mark.parametrize(
    ("said", "what", "value"),
    [
        ("SFT and then DPO", "technique", "sft,dpo"),
        ("first sft, then rft", "technique", "sft,rft"),
        ("I want SFT followed by DPO", "technique", "sft,dpo"),
        ("sft + grpo", "technique", "sft,rft"),
        ("先做 SFT，然后 DPO", "technique", "sft,dpo"),
        ("Compare Qwen3-0.6B and Qwen3-1.7B first", "candidates", f"{SMALL},{MIDDLE}"),
        ("compare the practice model with Qwen/Qwen3-0.6B", "candidates", f"practice,{SMALL}"),
        ("先比较一下 Qwen3-0.6B 和 Qwen3-1.7B", "candidates", f"{SMALL},{MIDDLE}"),
        ("which is better on my data, ./first or /models/second?", "candidates", "./first,/models/second"),
    ],
)  # fmt: skip
def test_a_list_of_techniques_or_models_is_a_change_of_the_plan(
    said: str, what: str, value: str, has_plan: bool
) -> None:
    [intent] = RulesBrain().read(said, Context(has_goal=True, has_plan=has_plan))
    assert (intent.kind, intent.what, intent.value) == ("revise", what, value)


@pytest.mark.parametrize(
    "said", ["what is the difference between SFT and DPO?", "no dpo, sft", "SFT or DPO", "compare the two runs", "compare the base and the tuned model", "compare prices of laptops and phones"],
)  # fmt: skip
def test_what_only_mentions_them_is_no_such_list(said: str) -> None:
    found = RulesBrain().read(said, Context(has_goal=True, has_plan=True))
    assert all(one.what != "candidates" and "," not in str(one.value) for one in found)


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Sort support tickets by topic; the file is tickets.csv", "Sort support tickets by topic"),
        ("the file is support_600.csv. Answer customers in our tone", "Answer customers in our tone"),
        ("Turn mails in inbox.xlsx into JSON with name and date", "Turn mails into JSON with name and date"),
        ("我的文件是 tickets.csv，想给客户消息分类", "想给客户消息分类"),
        ("把 a.csv 里的消息分类", "把 a.csv 里的消息分类"),
        ("tickets.csv", "tickets.csv"),
    ],
)  # fmt: skip
def test_a_goal_is_kept_without_the_words_that_only_name_a_file(said: str, left: str) -> None:
    assert wish(said) == left


def test_models_named_in_chat_are_compared_instead_of_one_chosen_before(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    try:
        session = desk.session()
        desk.to_order(session)
        reply = session.say("Compare practice and Qwen3-0.6B first")
        assert "answer your rows first" in reply.text
        assert reply.plan is not None
        assert reply.plan.overrides["candidates"] == f"practice,{SMALL}"
        assert {one.model for one in reply.plan.models} >= {"practice"}
    finally:
        desk.close()


def test_the_folder_of_a_model_is_no_data(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    assert named_files(f"compare practice and {model}") == [str(model)]
    (model / "model.safetensors").write_bytes(b"")
    assert named_files(f"compare practice and {model}") == []
