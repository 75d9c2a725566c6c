"""The word-counting classifier can be taken away: from the conversation, the page, the command line and Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from deciding import facts, scored
from typer.testing import CliRunner

from agent.brain.protocol import Context
from agent.brain.rules import RulesBrain
from agent.cli import app
from tools import classifier
from tools.decide import decide
from tools.errors import DataError
from tools.judging.next_steps import next_steps
from training.measured import Measured
from training.rows import Message, Row

GOOD_SIMPLE = (scored("commonest answer", 0.1), scored("simple model", 0.9))
TEXTS = (("my card is lost", "card"), ("where is my card", "card"), ("the transfer failed", "transfer"), ("my transfer is late", "transfer"))  # fmt: skip


def rows(pairs: tuple[tuple[str, str], ...] = TEXTS) -> list[Row]:
    return [
        Row(id=f"row:{n}", messages=(Message(role="user", content=text), Message(role="assistant", content=label)))
        for n, (text, label) in enumerate(pairs)
    ]  # fmt: skip


def ask(script: Path, *texts: str) -> str:
    told = subprocess.run([sys.executable, "-I", str(script), *texts], capture_output=True, text=True, check=True, cwd="/")  # fmt: skip
    return told.stdout


def test_the_script_sorts_texts_without_anything_of_ours(tmp_path: Path) -> None:
    script = classifier.hand_over(rows(), tmp_path / "out")
    assert ask(script, "a card", "this transfer") == "card\ta card\ntransfer\tthis transfer\n"
    assert "tunesmith" not in script.read_text("utf-8").lower()


def test_a_single_group_is_nothing_to_tell_apart(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="two different answers"):
        classifier.hand_over(rows(TEXTS[:2]), tmp_path)


def test_a_command_writes_it(tmp_path: Path) -> None:
    data = tmp_path / "mails.csv"
    lines = [f"{text} {n},{label}" for n in range(12) for text, label in TEXTS]
    data.write_text("text,topic\n" + "\n".join(lines) + "\n", "utf-8")
    told = CliRunner().invoke(app, ["classifier", str(data), "--to", str(tmp_path / "out"), "--home", str(tmp_path / "home")])  # fmt: skip
    assert told.exit_code == 0, told.output
    assert "classify.py" in told.output
    assert ask(tmp_path / "out" / "classify.py", "lost card").startswith("card\t")


@pytest.mark.parametrize(
    "words", ["Give me the classifier.", "use the classifier", "ok then I use the word-counting classifier", "给我那个分类器。", "把那个分类器给我"]
)  # fmt: skip
def test_asking_for_it_is_an_act(words: str) -> None:
    (intent,) = RulesBrain().read(words, Context(has_goal=True, has_plan=True))
    assert intent.kind == "export"


@pytest.mark.parametrize(
    "words",
    ["I want a classifier for my mails", "how do I use the classifier?", "why the classifier"],
)
def test_a_wish_or_a_question_takes_nothing(words: str) -> None:
    read = RulesBrain().read(words, Context(has_goal=True, has_plan=True))
    assert all(one.kind != "export" for one in read)


def test_a_report_whose_advice_it_is_names_the_command_that_writes_it() -> None:
    plan = decide(facts(baselines=GOOD_SIMPLE)).model_copy(update={"data": ("mails.csv",)})
    assert plan.decision.pipeline == ()
    measured = Measured(run="a-run", baselines=plan.baselines, complete=True)
    first, *_ = next_steps(plan, measured, verdict="not_trained", found=())
    assert first.command == "tunesmith classifier mails.csv --to classifier"
    insisting = decide(facts(insist=("sft",))).model_copy(update={"data": ("mails.csv",)})
    steps = next_steps(insisting, measured, verdict="not_trained", found=())
    assert all("classifier" not in str(one.command) for one in steps)
