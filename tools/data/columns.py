"""Which column is what: by its name, by what it holds, and by what the person says it is.

A person's word wins. Otherwise names and contents must agree, and where several columns could be
meant the choice says so and keeps the others as candidates for the interview.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, get_args

from tools.choice import Choice
from tools.data.column_facts import ColumnFacts, facts, sample
from tools.data.column_names import LANGUAGE_NAMES, fitness, plain
from tools.data.column_rest import add_helpers, set_aside, used_names
from tools.data.column_shapes import Columns, Roles, asked_of_many, known_shape
from tools.errors import DataError
from tools.profile import ColumnRole
from training.text import Text

MANY = frozenset({"context", "group", "ignore", "id", "date"})
"""Roles that several columns may have."""
WANTS_LABEL = re.compile(
    r"classif|categor|\blabel|\bsort\b|\broute|\btriage|\bintent|\btopic|sentiment|detect|\bspam\b|分类|归类|类别|意图|情感|路由|分派",
    re.IGNORECASE,
)
READ_BY_REWARDS = frozenset({"tests", "constraints"})
"""Columns of `training.rewards`: neither what is asked nor an answer."""
OPEN_TEXT_CHARS = 120
"""A lone column of texts this long on average is a collection of documents. A guess."""


def assign(
    names: Sequence[str],
    records: Sequence[dict[str, Any]],
    *,
    where: str,
    goal: str = "",
    override: Mapping[str, Any] | None = None,
    asks_only: bool = False,
) -> Columns:
    """Give every column a role; with `asks_only` none need hold answers, because a reward says what is right.

    Raises DataError where nothing can be learnt from, or a name is wrong.
    """
    chosen = _from_person(names, override or {}, where)
    looked_at = sample(records)
    measured = {name: facts(name, looked_at) for name in names}
    if chosen.keys() & {"answer", "label", "messages", "chosen", "text"}:
        return _completed(chosen, measured, goal)
    shaped = known_shape(names, looked_at)
    if shaped is not None and not chosen:
        return shaped
    if not asks_only:
        return _by_name_and_content(measured, chosen, where=where, goal=goal)
    asked = _asked_only(measured, chosen)
    try:
        found = _by_name_and_content(measured, chosen, where=where, goal=goal)
    except DataError:
        if asked is None:
            raise
        return asked
    return asked if asked is not None and found.one("text") else found


def _asked_only(measured: dict[str, ColumnFacts], chosen: Roles) -> Columns | None:
    """Take the questions alone, where nothing else can be the answer; None where nothing is asked either."""
    free = [column for column in measured.values() if column.cells and not _for_rewards(column)]
    prompts = _prompts(free)
    if "prompt" in chosen or not prompts:
        return None
    roles: Roles = {"prompt": prompts[0].name}
    add_helpers(roles, measured, prompts[0])
    set_aside(roles, measured)
    because = Text("{column!r} holds what is asked; no column holds answers, and your reward says what is right.", column=prompts[0].name)  # fmt: skip
    return Columns(Choice(value=roles, because=because))


def _for_rewards(column: ColumnFacts) -> bool:
    """Say whether a reward reads this column, so that it is neither question nor answer."""
    return plain(column.name) in READ_BY_REWARDS


def _from_person(names: Sequence[str], override: Mapping[str, Any], where: str) -> Roles:
    """Check what the person said: role -> column, or column -> role."""
    roles: Roles = {}
    known = get_args(ColumnRole)
    for left, right in override.items():
        role, column = (left, right) if left in known else (right, left)
        if role not in known:
            raise DataError(
                Text("There is no column role {role!r}.", role=str(left)),
                where=where,
                what_to_do=Text("Use one of: {roles}.", roles=", ".join(known)),
            )
        wanted = column if isinstance(column, list | tuple) else [column]
        missing = [name for name in wanted if name not in names]
        if missing and len(wanted) == 1 and "," in str(column):
            wanted = [part.strip() for part in str(column).split(",")]
            missing = [name for name in wanted if name not in names]
        if missing:
            raise DataError(
                Text("There is no column {column!r}.", column=str(missing[0])),
                where=where,
                what_to_do=Text("The columns are: {columns}.", columns=", ".join(names)),
            )
        held = roles.get(role, [])
        joined = ([held] if isinstance(held, str) else held) + list(wanted)
        roles[role] = joined if role in MANY else joined[0]
    return roles


def _completed(chosen: Roles, measured: dict[str, ColumnFacts], goal: str) -> Columns:
    """Add to what the person said only what is plainly a prompt, a group or nothing."""
    roles = dict(chosen)
    used = used_names(roles)
    free = [column for column in measured.values() if column.name not in used and column.cells]
    if not roles.keys() & {"prompt", "messages", "text"}:
        prompts = _prompts(free)
        if prompts:
            roles["prompt"] = prompts[0].name
    set_aside(roles, measured)
    return Columns(
        Choice(value=roles, because=Text("You said which columns to use."), origin="user")
    )


def _by_name_and_content(
    measured: dict[str, ColumnFacts], chosen: Roles, *, where: str, goal: str
) -> Columns:
    free = [
        column
        for column in measured.values()
        if column.cells and column.name not in used_names(chosen) and not _for_rewards(column)
    ]
    languages = _translation_pair(free)
    if languages and not chosen:
        return _translation(languages, measured)
    asked = asked_of_many(free)
    answers = _answers([column for column in free if column not in asked], goal)
    prompts = _prompts([column for column in free if not answers or column.name != answers[0].name])
    if "prompt" in chosen:
        prompts = [measured[str(chosen["prompt"])]]
    if answers and not prompts:
        answers, prompts = _second_thoughts(answers, free)
    if not answers or not prompts:
        answers, prompts = _two_of_a_kind(free)
    if not answers or not prompts:
        return _without_answers(measured, chosen, where=where)
    answer, prompt = answers[0], prompts[0]
    role = "label" if answer.is_closed and not answer.is_text else "answer"
    roles: Roles = {**chosen, "prompt": prompt.name, role: answer.name}
    add_helpers(roles, measured, answer)
    set_aside(roles, measured)
    candidates: dict[str, tuple[str, ...]] = {}
    if len(answers) > 1:
        candidates[role] = tuple(column.name for column in answers)
    taken = used_names({role: names for role, names in roles.items() if role != "prompt"})
    others = [column for column in prompts if column.name not in taken or column is prompt]
    if len(others) > 1:
        candidates["prompt"] = tuple(column.name for column in others)
    because = Text(
        "{prompt!r} holds what is asked and {answer!r} what to answer, by name and contents.",
        prompt=prompt.name,
        answer=answer.name,
    )
    if len(answers) > 1:
        because = Text(
            "{prompt!r} holds what is asked and {answer!r} what to answer; {others} could also be the answer.",
            prompt=prompt.name,
            answer=answer.name,
            others=", ".join(repr(column.name) for column in answers[1:]),
        )
    return Columns(Choice(value=roles, because=because), candidates)


def _answers(free: list[ColumnFacts], goal: str) -> list[ColumnFacts]:
    """Order the columns that could be the answer, the likeliest first."""
    wants_label = bool(WANTS_LABEL.search(goal))
    spoken = plain(goal)
    scored: list[tuple[float, int, ColumnFacts]] = []
    for position, column in enumerate(free):
        as_answer, as_label = fitness(column.name, "answer"), fitness(column.name, "label")
        if plain(column.name) == "a" and not any(plain(other.name) == "q" for other in free):
            as_answer = 0.0
        if max(as_answer, as_label) == 0 and _is_bookkeeping(column):
            continue
        score = 0.0
        if column.is_closed and as_label:
            score = as_label + (2.5 if wants_label else 0)
        if as_answer:
            score = max(score, as_answer + 0.6)
        if score and as_label and column.is_closed and plain(column.name) in spoken.split("_"):
            score += 0.4
        if not score and column.is_closed and column.distinct > 1 and column.numeric < 0.5:
            score = 0.1
        if score and column.filled < 0.3:
            score *= 0.4
        if score and column.distinct == 1 and column.cells > 5:
            score *= 0.5
        if score:
            scored.append((-score, position, column))
    best = [column for _, _, column in sorted(scored, key=lambda entry: entry[:2])]
    if not best:
        texts = [
            column for column in free if column.is_text and fitness(column.name, "prompt") < 1.5
        ]
        asked = [column for column in free if column.is_text]
        best = texts[-1:] if len(asked) > 1 else []
    named = [
        column
        for column in best
        if max(fitness(column.name, "answer"), fitness(column.name, "label")) > 0
    ]
    return named or best


def _prompts(free: list[ColumnFacts]) -> list[ColumnFacts]:
    """Order the columns that could be what is asked: named so first, then the longest texts."""
    scored, asked = [], asked_of_many(free)
    for position, column in enumerate(free):
        named = fitness(column.name, "prompt")
        if column.dates > 0.5 or (column.identifiers > 0.7 and named < 1.5):
            continue
        if (
            column not in asked
            and not column.is_text
            and not (named >= 1 and column.numeric < 0.9 and column.distinct > 0.3 * column.cells)
            and not (named >= 1.2 and column.distinct > 2 and column.nested > 0.5)
        ):
            continue
        scored.append((-named, -min(column.mean_chars, 400) if not named else 0, position, column))
    return [column for *_, column in sorted(scored, key=lambda entry: entry[:3])]


def _second_thoughts(
    answers: list[ColumnFacts], free: list[ColumnFacts]
) -> tuple[list[ColumnFacts], list[ColumnFacts]]:
    """Short texts (words, names, sums) may be asked about too: take the most varied other column."""
    answer = answers[0]
    others = [column for column in free if column is not answer and not column.dates > 0.5]
    varied = [
        column
        for column in others
        if column.distinct > max(answer.distinct, 0.3 * column.cells) and column.identifiers < 0.7
    ]
    varied = [column for column in varied if column.numeric < 0.5]
    return answers, sorted(varied, key=lambda column: -column.distinct)[:1]


def _two_of_a_kind(free: list[ColumnFacts]) -> tuple[list[ColumnFacts], list[ColumnFacts]]:
    """Take two lone columns of words that vary as question and answer: a list of words and their plurals."""
    varied = [
        column
        for column in free
        if column.numeric < 0.5
        and not _is_bookkeeping(column)
        and column.distinct > 0.3 * column.cells
    ]
    if (
        len(free) != 2
        or len(varied) != 2
        or varied[0].identifiers > 0.5
        or varied[1].identifiers > 0.5
    ):
        return [], []
    return varied[1:], varied[:1]


def _is_bookkeeping(column: ColumnFacts) -> bool:
    if column.dates > 0.5 or (column.identifiers > 0.7 and column.distinct > 0.5 * column.cells):
        return True
    roles = ("id", "date", "group", "system")
    return any(fitness(column.name, role) >= 1 for role in roles) and not column.is_text


def _translation_pair(free: list[ColumnFacts]) -> list[tuple[str, ColumnFacts]]:
    found = [
        (LANGUAGE_NAMES[plain(column.name)], column)
        for column in free
        if plain(column.name) in LANGUAGE_NAMES
    ]
    return found if len(found) == 2 else []


def _translation(pair: list[tuple[str, ColumnFacts]], measured: dict[str, ColumnFacts]) -> Columns:
    source, target = pair[0][1].name, pair[1][1].name
    roles: Roles = {"prompt": source, "answer": target}
    set_aside(roles, measured)
    because = Text(
        "The columns are named after languages, so {source!r} is translated into {target!r}; say so if it is the other way round.",
        source=source,
        target=target,
    )
    return Columns(Choice(value=roles, because=because), {"answer": (target, source)})


def _without_answers(measured: dict[str, ColumnFacts], chosen: Roles, *, where: str) -> Columns:
    """Take a lone column of long texts as documents. Raises DataError where there is nothing to answer."""
    texts = [
        column
        for column in measured.values()
        if column.is_text or fitness(column.name, "text") >= 1.5
    ]
    texts = [
        column
        for column in texts
        if column.cells and column.numeric < 0.5 and column.mean_words >= 2
    ]
    texts.sort(key=lambda column: (-fitness(column.name, "text"), -column.mean_chars))
    if "prompt" in chosen:
        roles: Roles = dict(chosen)
        set_aside(roles, measured)
        return Columns(
            Choice(value=roles, because=Text("You said which columns to use."), origin="user")
        )
    only = len([name for name in measured if measured[name].cells]) == 1
    unfilled = [
        column.name
        for column in measured.values()
        if not column.cells
        and max(fitness(column.name, "answer"), fitness(column.name, "label")) >= 1.5
    ]
    if texts and unfilled:
        raise DataError(
            Text(
                "Column {column!r} is empty, so no column holds answers. The columns are: {columns}.",
                column=unfilled[0],
                columns=", ".join(measured),
            ),
            where=where,
            what_to_do=Text("Fill it in, or say which column is the answer."),
        )
    if texts and (
        texts[0].mean_chars >= OPEN_TEXT_CHARS or (only and fitness(texts[0].name, "text") >= 1.5)
    ):
        roles = {"text": texts[0].name}
        set_aside(roles, measured)
        because = Text(
            "{column!r} holds texts, and no other column holds answers.", column=texts[0].name
        )
        return Columns(Choice(value=roles, because=because))
    raise _nothing_to_learn(texts, measured, where=where)


def _nothing_to_learn(
    texts: Sequence[ColumnFacts], measured: Mapping[str, ColumnFacts], *, where: str
) -> DataError:
    names = ", ".join(measured) or "none"
    if texts:
        what = Text(
            "Column {column!r} holds what is asked, but no column holds answers. The columns are: {columns}.",
            column=texts[0].name,
            columns=names,
        )
    else:
        what = Text(
            "No column holds text to learn from. The columns are: {columns}.", columns=names
        )
    return DataError(
        what,
        where=where,
        what_to_do=Text(
            "Add a column with the answer or label for each row, or say which column is the answer."
        ),
    )
