"""What is read out of a person's own words, in English and Chinese."""

from typing import Any

import pytest
from deciding import profile

from tools.brief import BriefEntry
from tools.goal import high_stakes, understand, wants_sources
from tools.numerals import number

SAID: list[tuple[str, dict[str, Any]]] = [
    ("route bank customers' messages to the right topic", {}),
    ("at least nine out of ten right, and prices change weekly", {"success": 0.9, "facts_change": "weekly"}),
    ("90 % accuracy, lose at most 2 % of general ability, one 24 GB card, $50 and two hours",
     {"success": 0.9, "must_not_get_worse": 0.02, "hardware": (1, 24.0), "budget": (120.0, 50.0)}),
    ("accuracy of 0.92 please", {"success": 0.92}),
    ("get 95% right but do not get worse at chat", {"success": 0.95, "must_not_get_worse": 0.02}),
    ("mix in 30 % general data", {}),
    ("two RTX 4090s, within half an hour", {"hardware": (2, 24.0), "budget": (30.0, None)}),
    ("an H100 for 3 hours, at most 20 dollars", {"hardware": (1, 80.0), "budget": (180.0, 20.0)}),
    ("one 8 GB laptop card is all we have", {"hardware": (1, 8.0)}),
    ("on my laptop with an RTX 4070 8GB", {"hardware": (1, 8.0)}),
    ("a box with 24 GB of VRAM", {"hardware": (1, 24.0)}),
    ("24GB card, 2 hours", {"hardware": (1, 24.0), "budget": (120.0, None)}),
    ("2x24GB cards", {"hardware": (2, 24.0)}),
    ("we only have a laptop, and the data must not leave it", {"hardware": (0, None), "privacy": "local"}),
    ("the facts never change", {"facts_change": "never"}),
    ("the catalogue is updated every day", {"facts_change": "daily"}),
    ("answer within 200 ms, about 10,000 tickets a day, by Friday", {"latency": 200.0, "volume": 10_000.0, "deadline": "by Friday"}),
    ("use Qwen3-4B-Instruct-2507", {"base_model": "Qwen/Qwen3-4B-Instruct-2507"}),
    ("tune the practice model", {"base_model": "practice"}),
    ("look at /home/ann/run7/tickets_2024.csv and data/v2.jsonl", {}),
    ("start from meta-llama/Llama-3.2-1B.", {"base_model": "meta-llama/Llama-3.2-1B"}),
    ("I don't care about forgetting", {"must_not_get_worse": 0.5}),
    ("把工单分到正确的类别，准确率至少九成五，预算两小时，50美元", {"success": 0.95, "budget": (120.0, 50.0)}),
    ("百分之九十的准确率，不能忘记其他能力", {"success": 0.9, "must_not_get_worse": 0.02}),
    ("价格每周更新，回答客户问题", {"facts_change": "weekly"}),
    ("一张24G显卡，一个半小时", {"hardware": (1, 24.0), "budget": (90.0, None)}),
    ("没有显卡，数据不能外传", {"hardware": (0, None), "privacy": "local"}),
    ("每天一万条消息", {"volume": 10_000.0}),
    ("at least 105% right", {"success": 1.05}),
    ("正确率要达到 120%", {"success": 1.2}),
    ("make it 150% faster", {}),
    ("grow sales by 200%, accuracy 90%", {"success": 0.9}),
    ("sort them for at most 30 cents", {"budget": (None, 0.3)}),
    ("分类，预算 50 美分", {"budget": (None, 0.5)}),
    ("sort the 5 cent coins", {}),
]  # fmt: skip
SHORT = {
    "success": lambda value: value["target"], "must_not_get_worse": lambda value: value["max_forgetting"],
    "hardware": lambda value: (value["count"], value["gib"]), "budget": lambda value: (value["minutes"], value["usd"]),
}  # fmt: skip


@pytest.mark.parametrize(("words", "expected"), SAID, ids=[words for words, _ in SAID])
def test_a_goal_says_what_it_says_and_nothing_else(words: str, expected: dict[str, Any]) -> None:
    brief = understand(words, None, {})
    found = {
        name: SHORT.get(name, lambda value: value)(entry.value)
        for name, entry in brief.items()
        if name not in {"goal", "users", "language"}
    }
    assert {name: value for name, value in found.items() if value is not None} == expected
    assert all(entry.origin == "said" for entry in brief.values())


def test_said_beats_data_beats_assumed() -> None:
    said = {
        "language": BriefEntry(value="fr", origin="said"),
        "task": BriefEntry(value="qa", origin="assumed"),
    }
    brief = understand("", profile(), said)  # type: ignore[arg-type]
    assert brief["language"].value == "fr"
    assert brief["task"].value == "classification" and brief["task"].origin == "data"


def test_an_answer_in_the_conversation_beats_the_first_words() -> None:
    brief = understand(
        "prices change weekly", None, {"facts_change": BriefEntry(value="never", origin="said")}
    )
    assert brief["facts_change"].value == "never"


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("1,200", 1200),
        ("ninety-five", 95),
        ("两百五十", 250),
        ("三万", 30_000),
        ("十", 10),
        ("半", 0.5),
    ],
)
def test_numbers_are_read_in_digits_words_and_characters(word: str, value: float) -> None:
    assert number(word) == value


def test_sources_and_high_stakes_are_noticed() -> None:
    assert wants_sources("answers must cite the paragraph") and wants_sources("回答要注明来源")
    assert not wants_sources("exciting answers")
    assert high_stakes("help patients") and not high_stakes("sort our tickets")
