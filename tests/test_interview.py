"""The interview: what is understood, what is asked, what is said beside a plan."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.conversation import outcome, terms
from prompts import FOLDER, glossary, translations
from tests.talking import MOST_QUESTIONS, Desk, handed_over

AGENT = Path(__file__).parents[1] / "agent"
SPOKEN = (
    "wording",
    "interview",
    "drafting",
    "proposal",
    "whatif",
    "revisions",
    "answers",
    "terms",
    "acts",
    "outcome",
)
EXPLAINED = (
    "LoRA", "SFT", "DPO", "RFT", "CPT", "RAG", "adapter", "checkpoint", "replay", "retention", "held-out", "learning rate", "batch size", "rank", "alpha", "warm-up", "weight decay", "packing", "seed",
    "accuracy", "macro F1", "chrF", "ROUGE", "interval", "token", "epoch", "few-shot", "zero-shot", "GGUF", "Hub", "JSON", "practice", "untouched model", "general text", "order", "plan", "run", "baseline",
    "gradient limit", "memory saving", "metric", "blind vote", "retrieval", "overfitting", "test set", "budget", "label", "near duplicates", "leakage", "field F1", "graphics card", "simple model",
)  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, simple=0.3)
    yield made
    made.close()


def test_the_first_reply_says_what_was_understood_and_what_will_not_happen(desk: Desk) -> None:
    text = desk.session().say("Sort our support tickets by topic", [desk.data()]).text
    assert "What I understood" in text and "(you said so)" in text and "(from your data)" in text
    assert "I spend nothing, upload nothing, and nothing leaves this machine" in text


def test_an_answer_is_read_back_briefly_and_remarks_on_the_data_are_said_once(desk: Desk) -> None:
    session = desk.session()
    reply = session.say("Sort our support tickets by topic", [desk.data()])
    remarks = [line for line in reply.text.splitlines() if line.startswith("- ") and "rows" in line]
    for _ in range(MOST_QUESTIONS):
        if reply.waiting_for == "answer":
            reply = session.say(reply.choices[0].label)
            assert "What I understood" not in reply.text
    said = "".join(entry["text"] for entry in session.history() if entry["text"])
    assert "I noted:" in said
    assert remarks and all(said.count(line) == 1 for line in remarks)


def test_a_limit_that_is_too_small_is_asked_for_anew_with_one_that_is_enough(desk: Desk) -> None:
    session = desk.session()
    desk.to_order(session)
    reply = session.say("it may take 0.1 minutes at most")
    assert "This cannot be done" in reply.text and reply.waiting_for == "answer"
    assert len(reply.choices) == 2 and "0.00" not in reply.text and reply.order is None
    again = session.say("train it anyway")
    assert "To learn from examples" not in again.text and again.choices == reply.choices
    assert session.say(again.choices[0].label).order is not None


def test_a_model_that_lost_most_is_never_plainly_recommended(desk: Desk) -> None:
    session = desk.session()
    order = desk.to_order(session).order
    assert order is not None
    session.approve(order)
    run = desk.engine.trained()[-1]
    desk.engine.finish(run, retention=0.04)
    allowed = desk.engine.report(run).model_copy(update={"verdict": "ship"})
    assert "for this task alone" in outcome.verdict(allowed)
    assert "within your limit" not in outcome.verdict(allowed)


@pytest.mark.parametrize(
    ("words", "lost"), [("What did it lose?", "from 90%"), ("失去了什么？", "从 90%")]
)
def test_what_it_lost_is_answered_with_the_loss_alone(desk: Desk, words: str, lost: str) -> None:
    session = desk.session()
    order = desk.to_order(session).order
    assert order is not None
    session.approve(order)
    desk.engine.finish(desk.engine.trained()[-1])
    session.look()
    reply = session.say(words)
    assert lost in reply.text and "98%" in reply.text
    assert "Use it" not in reply.text and "可以用" not in reply.text


def test_a_greeting_gets_one_and_promises_the_same(desk: Desk) -> None:
    reply = desk.session().say("hello")
    assert "spend nothing" in reply.text and reply.order is None


def test_i_do_not_know_is_a_good_answer(desk: Desk) -> None:
    session = desk.session()
    reply = desk.to_order(session)
    assert "(my assumption)" in "".join(entry["text"] for entry in session.history())
    assert reply.plan is not None


def test_what_was_left_to_us_is_not_asked_again(desk: Desk) -> None:
    session = desk.session()
    asked = []
    reply = session.say("Sort our support tickets by topic", [desk.data()])
    while reply.waiting_for == "answer":
        asked.append(reply.text.splitlines()[-1])
        reply = session.say("I don't know")
    assert len(asked) == len(set(asked)) <= 3


def test_a_question_instead_of_an_answer_is_answered_and_the_question_stays(desk: Desk) -> None:
    session = desk.session()
    first = session.say("Sort our support tickets by topic", [desk.data()])
    assert first.waiting_for == "answer"
    reply = session.say("what is LoRA?")
    assert "extra values" in reply.text
    assert reply.waiting_for == "answer" and reply.choices == first.choices


def test_a_choice_may_be_a_number_a_button_or_words(desk: Desk, tmp_path: Path) -> None:
    for number, said in enumerate(("1", "first option", None)):
        session = desk.session(f"c{number}")
        reply = session.say("Sort our support tickets by topic", [desk.data()])
        assert reply.choices
        after = session.say(said or reply.choices[0].label)
        assert not (after.waiting_for == "answer" and after.choices == reply.choices)


def test_a_correction_moves_to_the_other_column(desk: Desk) -> None:
    session = desk.session()
    session.say(
        "predict the priority of our tickets",
        [handed_over.write("support_600 + two_labels", desk.home)],
    )
    reply = session.say("no, the other column")
    assert "topic" in reply.text


def test_words_about_techniques_are_explained_and_depth_can_be_changed(desk: Desk) -> None:
    session = desk.session()
    desk.to_order(session)
    assert "Every value and its reason" in session.say("explain it like I'm an engineer").text
    assert "low-rank" in session.say("what is LoRA?").text


def test_every_term_that_our_sentences_use_has_an_entry_in_both_languages() -> None:
    for term in EXPLAINED:
        for language in ("en", "zh"):
            assert terms.meaning(term, language, "plain"), f"{term} ({language})"
    assert glossary("en").keys() == glossary("zh").keys()


def test_no_acronym_is_left_unexplained_in_our_sentences() -> None:
    found: set[str] = set()
    for name in SPOKEN:
        for node in ast.walk(
            ast.parse(next(AGENT.rglob(f"{name}.py")).read_text(encoding="utf-8"))
        ):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "Text"
                and isinstance(node.args[0], ast.Constant)
            ):
                found |= set(re.findall(r"\b[A-Z][A-Za-z]*[A-Z]\w*\b", node.args[0].value))
    for acronym in found - {"GB", "CSV", "JSON"}:
        assert terms.meaning(acronym, "en", "plain"), acronym


def test_our_sentences_shout_nowhere() -> None:
    for name in SPOKEN:
        for node in ast.walk(
            ast.parse(next(AGENT.rglob(f"{name}.py")).read_text(encoding="utf-8"))
        ):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "Text"
                and isinstance(node.args[0], ast.Constant)
            ):
                bare = re.sub(r"\{[^}]*\}", "", node.args[0].value)
                assert "!" not in bare and "！" not in translations("zh").get(
                    node.args[0].value, ""
                ), node.args[0].value
    assert (FOLDER / "glossary_en.toml").read_text(encoding="utf-8").count("!") == 0


def test_the_script_under_a_plan_is_one_that_the_command_line_and_python_take(desk: Desk) -> None:
    from typer.testing import CliRunner

    from agent import commands
    from agent.api import _options
    from agent.cli import app

    session = desk.session()
    desk.to_order(session)
    session.say("5 epochs")
    reply = session.say("keep it under 4 dollars")
    shell, code = re.findall(r"```(?:python)?\n(.*?)\n```", reply.text, re.DOTALL)
    words = shlex.split(shell)
    assert words[:2] == ["tunesmith", "auto"] and words[-1] == "--yes"
    flags = set(
        re.findall(
            r"--[\w-]+", CliRunner().invoke(app, ["auto", "--help"], env={"COLUMNS": "200"}).output
        )
    )
    assert {word for word in words if word.startswith("--")} <= flags
    call = next(
        node
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "auto"
    )
    options = {
        one.arg: ast.literal_eval(one.value)
        for one in call.keywords
        if one.arg not in {"goal", "yes"}
    }
    request = commands.request([Path(ast.literal_eval(call.args[0]))], "goal", **_options(options))
    assert request.overrides["sft.epochs"] == 5 and request.budget_usd == 4


def test_what_if_answers_without_changing_the_plan(desk: Desk) -> None:
    session = desk.session()
    before = desk.to_order(session)
    reply = session.say("what if I had 10x the rows?")
    assert reply.order == before.order and reply.plan == before.plan
    assert "My advice" in reply.text or "my advice" in reply.text


def test_a_chinese_message_is_answered_in_chinese_and_back(desk: Desk) -> None:
    session = desk.session()
    desk.to_order(session)
    assert re.search(r"[\u3400-\u9fff]", session.say("要花多少钱？").text)
    assert not re.search(r"[\u3400-\u9fff]", session.say("and how long?").text)


def test_words_of_ones_own_never_stand_where_only_closed_values_may() -> None:
    from agent.words.brief_words import brief_value

    said = "no i meant eight topics, not eighty"
    assert brief_value("task", said, free=True) is None
    assert brief_value("task", "classification", free=False) == "classification"
    assert brief_value("facts_change", said, free=True) is None
    assert brief_value("facts_change", "often", free=False) == "weekly"
