"""Which of the thirteen tasks the data are for, told from the rows, and by the goal where two would fit."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from statistics import median

from tools.choice import Choice
from tools.data.column_names import LANGUAGE_NAMES, plain
from tools.data.column_shapes import Columns
from tools.data.scripts import STOP_WORDS, count_scripts, row_languages
from tools.errors import DataError
from training.config import Task
from training.rows import Row
from training.text import Text

SAMPLED = 1500
MOST_LABELS = 1000
FINAL_NUMBER = re.compile(
    r"(####\s*[-+$€£]?[\d.,]+%?|\\boxed\{[^}]*\}|(the )?(final )?(answer|result) is:?\s*\**\s*[-+$€£]?[\d.,]+[^\n]{0,20}|答案[是为:：]\s*[-+]?[\d.,]+.{0,6})\s*\.?\**\s*$",
    re.IGNORECASE,
)
NUMBER = re.compile(r"[-+$€£¥]?\s?\d[\d,]*([.,]\d+)?\s?%?")
CODE = re.compile(
    r"```|^\s*(def |class |import |from \w+ import|function |public |private |#include|package |func |fn |const |let |var |SELECT\b|INSERT INTO|UPDATE \w+ SET|CREATE TABLE|WITH \w+ AS)",
    re.MULTILINE,
)
GOAL_WORDS: tuple[tuple[Task, str], ...] = (
    ("translation", r"translat|翻译"),
    ("summarization", r"summar|tl;?dr|shorten|摘要|总结|概括"),
    (
        "rewriting",
        r"rewrit|rephras|paraphras|polish|correct (the )?(spelling|grammar)|proofread|tone|改写|润色|纠错",
    ),
    ("extraction", r"extract|pull out|parse|structured|抽取|提取|解析"),
    ("code", r"\bcode\b|\bsql\b|python|program|代码|编程"),
    ("reasoning", r"\bmaths?\b|reason|word problem|solve|数学|推理|解题"),
    ("qa", r"answer (the |our |their |customers'? )?question|\bfaq\b|q&a|问答|回答.*问题"),
)


def find_task(
    rows: Sequence[Row], columns: Columns, *, goal: str = "", given: Task | None = None
) -> Choice[Task]:
    """Name the task, with the reason. What the person said wins."""
    if given is not None:
        _refuse_impossible(rows, given)
        return Choice(value=given, because=Text("You said so."), origin="user")
    step = max(1, len(rows) // SAMPLED)
    looked_at = rows[::step]
    return _by_form(looked_at, columns) or _by_answers(looked_at, columns, goal, len(rows))


def _refuse_impossible(rows: Sequence[Row], given: Task) -> None:
    """Raise DataError where the rows have not the form that the task needs."""
    pairs = bool(rows) and rows[0].chosen is not None
    texts = bool(rows) and rows[0].text is not None
    if (given == "preference") != pairs or (given == "documents") != texts:
        raise DataError(
            Text("You asked for {task}, and the rows do not have the form for it.", task=given),
            where=rows[0].id if rows else "-",
            what_to_do=Text(
                "Preference needs columns chosen and rejected, documents plain texts, every other task questions with answers."
            ),
        )


def is_final_number(answer: str) -> bool:
    """Whether an answer ends in a marked final number, such as `#### 42`."""
    return bool(FINAL_NUMBER.search(answer[-200:]))


def is_json(text: str) -> bool:
    """Whether a text is a JSON object or list."""
    if text[:1] not in "{[":
        return False
    try:
        return isinstance(json.loads(text), dict | list)
    except ValueError:
        return False


def _by_form(rows: Sequence[Row], columns: Columns) -> Choice[Task] | None:
    """Tell tasks by the form of the rows alone: pairs, documents, tool calls, conversations."""
    if not rows:
        return None
    if rows[0].chosen is not None:
        return Choice(value="preference", because=Text("Each row has a better and a worse answer."))
    if rows[0].text is not None:
        return Choice(
            value="documents", because=Text("The rows are texts without questions or answers.")
        )
    calling = sum(
        any(turn.tool_calls or turn.role == "tool" for turn in row.messages) for row in rows
    )
    if calling >= 0.2 * len(rows) or (calling and columns.many("context")):
        return Choice(
            value="tool_use",
            because=Text("{share:.0%} of the conversations call tools.", share=calling / len(rows)),
        )
    turns = median(sum(turn.role == "user" for turn in row.messages) for row in rows)
    if turns >= 2:
        return Choice(
            value="dialogue",
            because=Text(
                "Half of the conversations have {turns:g} turns of the person or more.", turns=turns
            ),
        )
    return None


def _unanswered(rows: Sequence[Row], goal: str) -> Choice[Task]:
    """Tell what questions without answers are for: by what checks them, else by the goal."""
    if any(row.facts.get("tests") for row in rows):
        return Choice(value="code", because=Text("Each question brings tests for the program that answers it."))  # fmt: skip
    return _by_goal(goal) or Choice(
        value="generation", because=Text("The rows ask, and hold no answers to go by.")
    )


def _by_answers(rows: Sequence[Row], columns: Columns, goal: str, count: int) -> Choice[Task]:
    if not any(row.has_answer for row in rows):
        return _unanswered(rows, goal)
    answers = [row.answer for row in rows]
    asked = [row.messages[-2].content if len(row.messages) > 1 else "" for row in rows]
    closed = None if _computed(asked, answers) else _closed(answers, columns, count)
    found = closed or _checked_by_program(answers, asked, columns)
    if found is not None:
        return found
    return (
        _translation(asked, answers, columns)
        or _by_goal(goal)
        or _by_lengths(asked, answers, columns)
    )


def _computed(asked: Sequence[str], answers: Sequence[str]) -> bool:
    """Whether many different numbers answer questions that hold numbers themselves: sums, not labels such as 1 to 5."""
    numbers = [answer for answer in answers if NUMBER.fullmatch(answer.strip())]
    given = sum(len(NUMBER.findall(question)) >= 2 for question in asked)
    return (
        len(numbers) >= 0.9 * max(1, len(answers))
        and given >= 0.8 * len(asked)
        and len(set(numbers)) > 12
    )


def _closed(answers: Sequence[str], columns: Columns, count: int) -> Choice[Task] | None:
    """Tell a closed set of short answers."""
    counts = Counter(" ".join(answer.casefold().split()) for answer in answers)
    lengths = sorted(map(len, answers))
    long = lengths[min(len(lengths) - 1, int(0.95 * len(lengths)))]
    again = sum(times for times in counts.values() if times > 1) / max(1, len(answers))
    named = columns.one("label") is not None
    few = len(counts) <= min(MOST_LABELS, max(2, (0.5 if named else 0.25) * len(answers)))
    if any(map(is_json, answers[:20])) or long > 60 or not few:
        return None
    if again < (0.7 if named else 0.9) and len(answers) >= 12:
        return None
    column = columns.one("label") or columns.one("answer")
    return Choice(
        value="classification",
        because=Text(
            "The answers are {labels:,} short values that come again and again{column}.",
            labels=len(counts),
            column=f" ({column})" if column else "",
        ),
    )


def _checked_by_program(
    answers: Sequence[str], asked: Sequence[str], columns: Columns
) -> Choice[Task] | None:
    """Tell JSON, tool calls, code and numbers."""
    total = max(1, len(answers))
    jsons = [answer for answer in answers if is_json(answer)]
    if len(jsons) >= 0.7 * total:
        calls = sum('"arguments"' in answer or '"parameters"' in answer for answer in jsons)
        if calls >= 0.7 * len(jsons):
            return Choice(
                value="tool_use",
                because=Text(
                    "{share:.0%} of the answers are calls of functions, written as JSON.",
                    share=calls / total,
                ),
            )
        return Choice(
            value="extraction",
            because=Text("{share:.0%} of the answers are JSON.", share=len(jsons) / total),
        )
    final = sum(map(is_final_number, answers))
    if final >= 0.5 * total:
        return Choice(
            value="reasoning",
            because=Text("{share:.0%} of the answers end in a final number.", share=final / total),
        )
    numbers = sum(NUMBER.fullmatch(answer) is not None for answer in answers)
    if (
        numbers >= 0.8 * total
        and sum(any(char.isdigit() for char in text) for text in asked) >= 0.6 * total
    ):
        return Choice(
            value="reasoning",
            because=Text(
                "{share:.0%} of the answers are numbers to work out.", share=numbers / total
            ),
        )
    code = sum(CODE.search(answer[:2000]) is not None for answer in answers)
    named = plain(columns.one("answer") or "") in {"code", "sql", "program", "patch"}
    if code >= 0.5 * total or (named and code >= 0.2 * total):
        return Choice(
            value="code", because=Text("{share:.0%} of the answers hold code.", share=code / total)
        )
    return None


def _translation(
    asked: Sequence[str], answers: Sequence[str], columns: Columns
) -> Choice[Task] | None:
    """Tell question and answer in different languages."""
    names = [plain(columns.one(role) or "") for role in ("prompt", "answer")]
    if all(name in LANGUAGE_NAMES for name in names):
        return Choice(
            value="translation", because=Text("The columns are named after two languages.")
        )
    sources = row_languages(asked, count_scripts(asked), unknown="latin")
    targets = row_languages(answers, count_scripts(answers), unknown="latin")
    both = [
        (source, target)
        for source, target in zip(sources, targets, strict=True)
        if source and target
    ]
    other = sum(
        source != target and not ("latin" in (source, target) and _both_latin(source, target))
        for source, target in both
    )
    if len(both) >= 0.3 * len(asked) and other >= 0.7 * len(both):
        return Choice(
            value="translation",
            because=Text(
                "{share:.0%} of the answers are in another language than what is asked.",
                share=other / len(both),
            ),
        )
    return None


def _both_latin(source: str, target: str) -> bool:
    """Whether two languages are written in Latin letters: then one that is not known may be the other."""
    latin = {"latin", *STOP_WORDS}
    return source in latin and target in latin


def _by_goal(goal: str) -> Choice[Task] | None:
    for task, words in GOAL_WORDS:
        found = re.search(words, goal, re.IGNORECASE)
        if found:
            return Choice(
                value=task,
                because=Text(
                    "Your goal says {word!r}, and the data do not contradict it.", word=found[0]
                ),
            )
    return None


def _by_lengths(asked: Sequence[str], answers: Sequence[str], columns: Columns) -> Choice[Task]:
    """Tell the free-text tasks by names, lengths, and the words that question and answer share."""
    name = plain(columns.one("answer") or "")
    asked_chars, answer_chars = median(map(len, asked)), median(map(len, answers))
    shared = median(
        _overlap(source, target) for source, target in zip(asked[:400], answers[:400], strict=False)
    )
    shorter = answer_chars / max(1, asked_chars)
    if re.search(r"summar|highlight|abstract|tldr|摘要|总结", name) or (
        asked_chars > 600 and shorter < 0.35 and shared > 0.5
    ):
        return Choice(
            value="summarization",
            because=Text(
                "The answers have {share:.0%} of the length of what they are about.", share=shorter
            ),
        )
    if re.search(r"rewrit|correct|改写|润色", name) or (
        shared >= 0.5 and 0.5 <= shorter <= 2 and asked_chars > 15
    ):
        return Choice(
            value="rewriting",
            because=Text(
                "The answers share {share:.0%} of their words with what is asked, at about the same length.",
                share=shared,
            ),
        )
    asking = sum(_is_question(text) for text in asked) / max(1, len(asked))
    named = re.search(r"question|query|问题|提问", plain(columns.one("prompt") or "")) or re.search(
        r"^answers?$|答案", name
    )
    if asking >= 0.4 or (named and (columns.many("context") or asking >= 0.15)):
        return Choice(
            value="qa",
            because=Text(
                "{share:.0%} of the rows ask a question, answered in free text.", share=asking
            ),
        )
    if columns.one("messages"):
        return Choice(value="dialogue", because=Text("The rows are conversations in free text."))
    return Choice(
        value="generation",
        because=Text(
            "The answers are free text of {chars:,} characters, by the median.",
            chars=round(answer_chars),
        ),
    )


def _overlap(source: str, target: str) -> float:
    """Give the share of the answer's words that stand in the question; characters where words are not spaced."""
    given, written = source.casefold().split(), target.casefold().split()
    if len(written) < 3:
        given, written = list(source), list(target)
    held = set(given)
    return sum(word in held for word in written) / max(1, len(written))


def _is_question(text: str) -> bool:
    last = text.rstrip()[-120:]
    if last.endswith(("?", "？", "吗", "呢")):
        return True
    start = text[:60].casefold().rpartition("question: ")[2].lstrip()
    return bool(
        re.match(
            r"(how|what|where|when|why|who|which|can|could|do|does|is|are|should|怎么|如何|什么|为什么|哪)",
            start,
        )
    )
