"""Clean canonical rows: join spellings of a label, drop copies, settle contradictions, take leaks out.

Each step says what it did as an `Issue`. Nothing is dropped that is not counted there.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tools.data.duplicates import normal, same
from tools.data.findings import example, issue
from tools.profile import Issue
from training.config import Task
from training.rows import Message, Row
from training.text import Text

SETTLED: frozenset[Task] = frozenset({"classification", "extraction"})
"""Tasks where one input has one right answer, so that contradictions are settled by majority (DQ-08)."""
COVERED = 0.5
NGRAM = 8
"""CT-01: an item is contaminated where 8-word matches cover at least half of it."""


@dataclass
class Kept:
    """The rows that are left, with what was asked and answered, and what was found on the way."""

    rows: list[Row]
    numbers: list[int]
    asked: list[str]
    """All that stands before the answer."""
    answers: list[str]
    keys: list[str]
    """What the person said, normalised: rows with one key ask the same."""
    issues: list[Issue] = field(default_factory=list)
    variants: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def only(self, indexes: Sequence[int]) -> Kept:
        """Keep these rows."""
        return replace(
            self,
            rows=[self.rows[i] for i in indexes],
            numbers=[self.numbers[i] for i in indexes],
            asked=[self.asked[i] for i in indexes],
            answers=[self.answers[i] for i in indexes],
            keys=[self.keys[i] for i in indexes],
        )


def kept(rows: Sequence[Row], numbers: Sequence[int]) -> Kept:
    """Take the texts out of the rows, once."""
    asked: list[str] = []
    keys: list[str] = []
    for row in rows:
        if row.text is not None:
            asked.append(row.text)
            keys.append(normal(row.text))
            continue
        before = row.messages if row.chosen is not None else row.prompt
        if len(before) == 1:
            asked.append(before[0].content)
            keys.append(normal(before[0].content))
            continue
        asked.append("\n".join(turn.content for turn in before))
        keys.append(normal("\n".join(turn.content for turn in before if turn.role == "user")))
    return Kept(list(rows), list(numbers), asked, [answer_of(row) for row in rows], keys)


def answer_of(row: Row) -> str:
    """Give what the model should write: the last answer, the better one of a pair, or the calls of tools."""
    answer = row.answer
    if row.chosen is not None or answer or not row.has_answer or not row.messages[-1].tool_calls:
        return answer
    return json.dumps(row.messages[-1].tool_calls, ensure_ascii=False)


def join_spellings(data: Kept) -> Kept:
    """Write labels that differ in case, space, `_` or `-` only in one way: the commonest, then the first."""
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    for answer, times in Counter(data.answers).items():
        spellings[_bare(answer)][answer] = times
    several = {bare: counts for bare, counts in spellings.items() if len(counts) > 1}
    if not several:
        return data
    best = {bare: counts.most_common(1)[0][0] for bare, counts in several.items()}
    rows, answers = list(data.rows), list(data.answers)
    for index, answer in enumerate(data.answers):
        label = best.get(_bare(answer), answer)
        if label != answer:
            rows[index], answers[index] = with_answer(rows[index], label), label
    variants = {
        best[bare]: tuple(sorted(label for label in counts if label != best[bare]))
        for bare, counts in several.items()
    }
    return replace(data, rows=rows, answers=answers, variants=variants)


def with_answer(row: Row, answer: str) -> Row:
    """Give the row another last answer."""
    turns = (*row.messages[:-1], Message(role="assistant", content=answer))
    return row.model_copy(update={"messages": turns})


def spelled_as(labels: Sequence[str], data: Kept) -> Kept:
    """Write the labels of an evaluation file as the training labels are written."""
    known = {_bare(label): label for label in labels}
    rows, answers = list(data.rows), list(data.answers)
    for index, answer in enumerate(answers):
        label = known.get(_bare(answer), answer)
        if label != answer:
            rows[index], answers[index] = with_answer(rows[index], label), label
    return replace(data, rows=rows, answers=answers)


def _bare(label: str) -> str:
    return " ".join(label.casefold().replace("_", " ").replace("-", " ").split()) or label


def drop_copies(data: Kept) -> Kept:
    """Keep the first of rows that ask and answer the same (DQ-01)."""
    written = {answer: normal(answer) for answer in set(data.answers)}
    whole = [
        f"{key}\x00{written[answer]}" for key, answer in zip(data.keys, data.answers, strict=True)
    ]
    if data.rows and data.rows[0].rejected is not None:
        whole = [
            f"{key}\x00{normal(row.rejected or '')}"
            for key, row in zip(whole, data.rows, strict=True)
        ]
    copies = same(whole)
    if not copies:
        return data
    dropped = {index for indexes in copies.values() for index in indexes[1:]}
    examples = [
        example(data.numbers[indexes[1]], data.asked[indexes[1]], copy_of=data.numbers[indexes[0]])
        for indexes in list(copies.values())[:5]
    ]
    found = issue(
        "exact_duplicates",
        "warning" if len(dropped) > 0.05 * len(data.rows) else "info",
        count=len(dropped),
        of=len(data.rows),
        examples=examples,
        text=Text(
            "{count:,} {count:row repeats|rows repeat} another row, but for case and spacing.",
            count=len(dropped),
        ),
        fix=Text("One copy of each is kept."),
    )
    left = data.only([index for index in range(len(data.rows)) if index not in dropped])
    return replace(left, issues=[*data.issues, found])


def settle_conflicts(data: Kept, task: Task) -> Kept:
    """Where the same is asked and the answers differ, keep the majority's; where there is none, keep none (DQ-08)."""
    if task in {"documents", "preference", "dialogue"}:
        return data
    groups = {
        key: indexes
        for key, indexes in same(data.keys).items()
        if len({normal(data.answers[index]) for index in indexes}) > 1
    }
    if not groups:
        return data
    touched = [index for indexes in groups.values() for index in indexes]
    dropped: set[int] = set()
    if task in SETTLED:
        for indexes in groups.values():
            counts = Counter(normal(data.answers[index]) for index in indexes).most_common()
            winner = counts[0][0] if counts[0][1] > counts[1][1] else None
            dropped |= {index for index in indexes if normal(data.answers[index]) != winner}
    examples = [
        example(
            data.numbers[indexes[0]],
            data.asked[indexes[0]],
            answers=[data.answers[index][:80] for index in indexes[:4]],
            rows=[data.numbers[index] for index in indexes[:4]],
        )
        for indexes in list(groups.values())[:5]
    ]
    share = len(touched) / len(data.rows)
    if task in SETTLED:
        text = Text(
            "{count:,} {count:row asks|rows ask} the same as another row and {count:gets|get} a different answer.",
            count=len(touched),
        )
        fix = Text(
            "The majority's answer is kept; where there is none, no copy is. {dropped:,} {dropped:row was|rows were} left out. Look at the examples and decide.",
            dropped=len(dropped),
        )
    else:
        text = Text(
            "{count:,} {count:row asks|rows ask} the same as another row and {count:gets|get} a different answer; for free text that can be right.",
            count=len(touched),
        )
        fix = Text(
            "All are kept, on one side of the split. Remove answers that contradict each other."
        )
    found = issue(
        "label_conflicts",
        "warning" if task in SETTLED and share > 0.01 else "info",
        count=len(touched),
        of=len(data.rows),
        examples=examples,
        text=text,
        fix=fix,
    )
    left = data.only([index for index in range(len(data.rows)) if index not in dropped])
    return replace(left, issues=[*data.issues, found])


def take_out_leaks(data: Kept, held_out: Kept) -> tuple[Kept, Issue | None]:
    """Remove the training rows that ask what an evaluation row asks (CT-01); case and spacing do not count."""
    asked = dict(zip(data.keys, data.numbers, strict=True))
    leaking = [index for index, key in enumerate(held_out.keys) if key in asked]
    if not leaking:
        return data, None
    keys = set(held_out.keys)
    left = data.only([index for index, key in enumerate(data.keys) if key not in keys])
    removed = len(data.rows) - len(left.rows)
    found = issue(
        "leakage",
        "warning",
        count=len(leaking),
        of=len(held_out.rows),
        examples=[
            example(
                held_out.numbers[index],
                held_out.asked[index],
                train_row=asked[held_out.keys[index]],
            )
            for index in leaking[:5]
        ],
        text=Text(
            "{count:,} {count:row of the evaluation file also stands in the training file, so its|rows of the evaluation file also stand in the training file, so their} score would be memory, not skill.",
            count=len(leaking),
        ),
        fix=Text(
            "{removed:,} {removed:copy was|copies were} taken out of the training rows.",
            removed=removed,
        ),
    )
    return left, found


def contaminated(training: Sequence[str], held_out: Kept) -> Issue | None:
    """Find evaluation texts of which runs of eight training words cover half or more (CT-01)."""
    wanted: dict[int, list[int]] = {}
    grams: set[int] = set()
    for index, key in enumerate(held_out.keys):
        words = key.split()
        if len(words) >= 2 * NGRAM:
            wanted[index] = [
                hash(tuple(words[at : at + NGRAM])) for at in range(len(words) - NGRAM + 1)
            ]
            grams.update(wanted[index])
    if not grams:
        return None
    seen: set[int] = set()
    exact = set(held_out.keys)
    for key in training:
        words = key.split()
        if key not in exact and len(words) >= NGRAM:
            seen.update(
                grams.intersection(
                    hash(tuple(words[at : at + NGRAM])) for at in range(len(words) - NGRAM + 1)
                )
            )
    over = [index for index, listed in wanted.items() if _coverage(listed, seen) >= COVERED]
    if not over:
        return None
    return issue(
        "contamination",
        "info" if len(over) <= 0.01 * len(held_out.rows) else "warning",
        count=len(over),
        of=len(held_out.rows),
        examples=[example(held_out.numbers[index], held_out.asked[index]) for index in over[:5]],
        text=Text(
            "{count:,} test {count:row is|rows are} made for half or more of phrases that also stand in training rows.",
            count=len(over),
        ),
        fix=Text(
            "They are kept. If the shared words are more than a form everybody uses, remove them from the training rows."
        ),
    )


def _coverage(listed: Sequence[int], seen: set[int]) -> float:
    """Give the share of words inside a matching run of eight."""
    covered = [False] * (len(listed) + NGRAM - 1)
    for at, gram in enumerate(listed):
        if gram in seen:
            covered[at : at + NGRAM] = [True] * NGRAM
    return sum(covered) / len(covered)
