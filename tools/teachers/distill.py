"""What a teacher is asked, and which of its answers become rows (SY-01, SY-02, SY-05, SY-06). Pure.

Nothing is asked that stands in the person's dev or test rows, letter for letter or nearly, and nothing of that kind
comes out. Every answer that is turned away is counted under its reason.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tools.data.cleaning import kept
from tools.data.duplicates import near
from tools.data.origin import is_teachers
from tools.dataset import Dataset
from training.answers import LabelReader, json_in, last_number
from training.chat import pick_shots
from training.rewards.reward import Reward, columns_of, spoken
from training.rewards.similar import similar
from training.rows import Message, Row
from training.text import Text

SHOTS = 3
"""Rows of the person's own that show the teacher the form. A guess; not tuned."""
ALIKE = 0.85
"""Of two questions to ask that are more alike than this, the later one is left out (SY-06)."""
MOSTLY = 0.9
"""Share of the person's own answers that must have a form for it to be asked of the teacher's."""
PASSES = 0.8
"""Least score by the person's reward. [P]"""
SAYS_THE_SAME = 0.6
"""Likeness (chrF) from which two free answers to one question are taken to say the same. [P]"""
LEAST_ALIKE = 2
"""Attempts that must agree, where a question was asked several times."""

REASONS: dict[str, Text] = {
    "copy": Text("asked already in your own rows or in this list"),
    "held_out": Text("the same as a test row, or nearly"),
    "none": Text("no answer came"),
    "cut_off": Text("cut off at the longest length"),
    "not_a_label": Text("none of your labels, or more than one"),
    "not_json": Text("not JSON"),
    "fields": Text("a field missing, or one too many"),
    "not_a_number": Text("no number"),
    "reward": Text("turned away by the reward"),
    "disagrees": Text("the teacher contradicts itself"),
}
"""Why a question is not asked or an answer not kept."""


@dataclass(frozen=True)
class Asked:
    """The questions that are left to ask, and how many were left aside by reason."""

    rows: list[Row]
    aside: dict[str, int]


Check = Callable[[Row, str], tuple[str, str | None]]
"""Gives the answer as it is to be kept, and the reason why it is not kept, if there is one."""


def worth_asking(rows: Sequence[Row], dataset: Dataset) -> Asked:
    """Leave out what the person's own rows ask already, what is asked twice, and all that is like dev or test."""
    asked = kept(list(rows), list(range(len(rows))))
    own = set(kept(dataset.train, range(len(dataset.train))).keys)
    held = held_out_keys(dataset)
    aside: Counter[str] = Counter()
    fresh: dict[str, Row] = {}
    for key, row in zip(asked.keys, asked.rows, strict=True):
        if key in held:
            aside["held_out"] += 1
        elif key in own or key in fresh:
            aside["copy"] += 1
        else:
            fresh[key] = row
    keys = [*held, *fresh]
    close = near(keys, han=dataset.profile.language in {"zh", "ja"})
    like_held = {
        keys[max(pair)]
        for pair in zip(close.left.tolist(), close.right.tolist(), strict=True)
        if min(pair) < len(held) <= max(pair)
    }
    aside["held_out"] += len(like_held)
    alike = {
        keys[right]
        for left, right, similarity in zip(
            close.left.tolist(), close.right.tolist(), close.similarity.tolist(), strict=True
        )
        if left >= len(held) and similarity >= ALIKE
    }
    aside["copy"] += len(alike - like_held)

    return Asked([row for key, row in fresh.items() if key not in like_held | alike], dict(+aside))


def held_out_keys(dataset: Dataset) -> dict[str, None]:
    """Give what dev and test ask, normalised, in their order."""
    held = [*dataset.dev, *dataset.test]
    return dict.fromkeys(kept(held, range(len(held))).keys)


def instruction(dataset: Dataset, goal: str) -> str:
    """Write what the teacher is told before each question."""
    parts = [f"Task: {goal.strip()}"]
    labels = list(dataset.profile.labels)
    if dataset.profile.task.value == "classification":
        parts.append(
            "Answer with exactly one of these labels and nothing else:\n" + "\n".join(labels)
        )
    elif fields_of(dataset) is not None:
        parts.append(
            "Answer with one JSON object and nothing else, with the fields of the examples."
        )
    else:
        parts.append("Answer as the examples do: in their form, their length and their language.")
    return "\n\n".join(parts)


def conversation(row: Row, dataset: Dataset, told: str) -> tuple[Message, ...]:
    """Lay out a question: the instruction, a few of the person's own training rows, the question."""
    by_hand = [one for one in dataset.train if not is_teachers(one)]
    shots = [turn for shot in pick_shots(by_hand, SHOTS) for turn in shot.messages if turn.role != "system"]  # fmt: skip
    own = [turn.content for turn in row.prompt if turn.role == "system"]
    system = Message(role="system", content="\n\n".join([told, *own]))
    return (system, *shots, *(turn for turn in row.prompt if turn.role != "system"))


def fields_of(dataset: Dataset) -> tuple[frozenset[str], frozenset[str]] | None:
    """Give the fields that every JSON answer of the person has, and all that occur; None where answers are no objects."""
    found = [json_in(row.answer) for row in dataset.train]
    objects = [frozenset(one) for one in found if isinstance(one, dict)]
    if not objects or len(objects) < MOSTLY * len(found):
        return None
    return frozenset.intersection(*objects), frozenset.union(*objects)


def check_of(dataset: Dataset, reward: Reward | None) -> Check:
    """Give the check of this task: labels, JSON fields, numbers, then the person's reward."""
    form = _form_of(dataset)

    def check(row: Row, said: str) -> tuple[str, str | None]:
        answer, reason = form(spoken(said))
        if reason is None and reward is not None:
            score = reward([answer], **columns_of([row]))[0]
            reason = None if score >= PASSES else "reward"
        return answer, reason

    return check


def agreed(answers: Sequence[str], *, numbers: bool = False) -> str | None:
    """Give the answer that the attempts agree on; None where no two do.

    Answers agree where they are the same but for case and spaces, or end on the same number, or, where both are free
    prose, say nearly the same. Of several that agree the one most like the others is taken.
    """
    alike = [[_same(one, other, numbers=numbers) for other in answers] for one in answers]
    backed = [sum(row) for row in alike]  # itself among them
    if not answers or max(backed) < LEAST_ALIKE:
        return None
    return answers[backed.index(max(backed))]


def ends_on_number(dataset: Dataset) -> bool:
    """Whether what counts in an answer is the number that it ends on."""
    numbers = [last_number(row.answer) is not None for row in dataset.train]
    return dataset.profile.task.value == "reasoning" and sum(numbers) >= MOSTLY * max(
        1, len(numbers)
    )


def _same(one: str, other: str, *, numbers: bool) -> bool:
    if " ".join(one.casefold().split()) == " ".join(other.casefold().split()):
        return True
    if numbers:
        return last_number(one) is not None and last_number(one) == last_number(other)
    found, against = json_in(one), json_in(other)
    if isinstance(found, dict) or isinstance(against, dict):
        return bool(found == against)
    if len(one.split()) <= 1 or len(other.split()) <= 1:
        return False  # a label or a word: nearly the same is another one
    return similar([one], answer=[other])[0] >= SAYS_THE_SAME


def _form_of(dataset: Dataset) -> Callable[[str], tuple[str, str | None]]:
    if dataset.profile.task.value == "classification":
        reader = LabelReader(dataset.profile.labels)
        return lambda said: (
            (label, None) if (label := reader.read(said)) is not None else (said, "not_a_label")
        )
    fields = fields_of(dataset)
    if fields is not None:
        return lambda said: _as_object(said, *fields)
    if ends_on_number(dataset):
        return lambda said: (said, None if last_number(said) is not None else "not_a_number")
    return lambda said: (said, None if said else "none")


def _as_object(said: str, needed: frozenset[str], known: frozenset[str]) -> tuple[str, str | None]:
    found = json_in(said)
    if not isinstance(found, dict):
        return said, "not_json"
    if not needed <= set(found) <= known:
        return said, "fields"
    return json.dumps(found, ensure_ascii=False), None
