"""Ask the closed-book questions of `training.invention`, before training and after, and set the two beside each other."""

from __future__ import annotations

from typing import Any

from training import statistics
from training.evaluate import answer
from training.identity import hash_of
from training.invention import Judged, Question, counts, judge, questions
from training.measured import Invention, InventionCounts
from training.rows import Message
from training.text import Text
from training.work import Work

BASE = "invention-base"
MOST_TOKENS = 64
"""Of an answer: enough to see whether it claims to know. Our default."""


def ask_base_questions(work: Work) -> None:
    """Ask the untouched model, before training moves it, where the data carry facts and the model can be asked."""
    asked = _questions(work)
    if not asked or not work.loaded.tokenizer.chat_template:
        return
    if not work.has(BASE):
        work.telemetry.progress(
            "measuring",
            Text("Asking {count} questions, half about things that are not in your data.", count=len(asked)),
        )  # fmt: skip
    key = hash_of(
        work.model_key, *(one.asked for one in asked), work.config.task.system, _room(work)
    )
    work.once(BASE, lambda: _answers(work, work.loaded.model, asked), key=key)


def measure_invention(work: Work, model: Any, *, key: str) -> Invention | None:
    """Ask the tuned model the same questions; None where the untouched one was not asked."""
    if not work.has(BASE):
        return None
    asked = _questions(work)
    before = _judged(asked, work.once(BASE, list))
    after = _judged(asked, work.once(f"invention-{key}", lambda: _answers(work, model, asked)))
    invented = [[float(one == "wrong") for one in judged] for judged in (before, after)]
    there = [at for at, one in enumerate(asked) if one.wanted is not None]
    absent = [at for at, one in enumerate(asked) if one.wanted is None]
    return Invention(
        items=len(asked),
        base_there=_counted(before, there), base_absent=_counted(before, absent),
        tuned_there=_counted(after, there), tuned_absent=_counted(after, absent),
        difference=statistics.difference(*invented, metric="accuracy", seed=work.config.seed),
    )  # fmt: skip


def _questions(work: Work) -> list[Question]:
    if not work.config.stages:
        return []
    return questions(work.config.task.task, work.rows("train"), seed=work.config.seed)


def _answers(work: Work, model: Any, asked: list[Question]) -> list[str]:
    system = work.config.task.system
    opening = [Message(role="system", content=system)] if system else []
    prompts = [[*opening, Message(role="user", content=one.asked)] for one in asked]
    return answer(model, work.loaded.tokenizer, prompts, max_new_tokens=_room(work), note=work.note)


def _room(work: Work) -> int:
    return min(MOST_TOKENS, work.config.task.max_new_tokens)


def _judged(asked: list[Question], answers: list[str]) -> list[Judged]:
    return [judge(one, said) for one, said in zip(asked, answers, strict=True)]


def _counted(judged: list[Judged], places: list[int]) -> InventionCounts:
    return InventionCounts(**counts([judged[at] for at in places]))
