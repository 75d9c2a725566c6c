"""Rewards by name: `named("number:0.01")`. One file each, pure, torch-free, tried before a GPU is rented.

A name may carry an argument after a colon: a number, a pattern, JSON, or a file in the run's `rewards/` folder.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from training.rewards.choice import choice
from training.rewards.constraints import constraints
from training.rewards.fields import fields
from training.rewards.judge import JudgeSettings, judge
from training.rewards.match import exact, match
from training.rewards.number import number
from training.rewards.own import own
from training.rewards.programs import programs
from training.rewards.regex import check_pattern, compares, regex
from training.rewards.reward import Reward, RewardError, Score, columns_of, grader, lacking
from training.rewards.schema import check_schema, json_schema, json_valid
from training.rewards.similar import similar
from training.rewards.weighted import weighted
from training.text import Text

__all__ = [
    "MEANINGS", "Reward", "RewardError", "columns_of", "grader", "judge_settings", "lacking", "named",
]  # fmt: skip

MEANINGS: dict[str, Text] = {
    "exact": Text("The answer is the reference, to the letter."),
    "match": Text("The answer is the reference, but for case, spaces and outer punctuation."),
    "number": Text(
        "The last number of the answer is the reference's; after the colon, the tolerance."
    ),
    "choice": Text("The answer settles on the right letter; after the colon, the letters."),
    "regex": Text(
        "The pattern after the colon is found; its group named answer must be the reference."
    ),
    "json": Text("The whole answer is JSON."),
    "json_schema": Text("The whole answer is JSON that keeps to the schema after the colon."),
    "fields": Text("The fields of the JSON answer are those of the reference."),
    "constraints": Text("The answer keeps to rules on length, words and form."),
    "similar": Text(
        "The answer is like the reference, letter by letter (chrF), and not much longer."
    ),
    "tests": Text("The program in the answer passes the tests in the column named tests."),
    "judge": Text("A chat model grades the answer by a rubric; after the colon, a settings file."),
    "python": Text("Your own function in the Python file after the colon, run shut in."),
    "sum": Text("A weighted mean of other rewards behind a gate, as JSON after the colon."),
}
"""What each reward pays for, in a person's words."""


def named(written: str, *, folder: Path | None = None, trusted: bool = False) -> Reward:
    """Give the reward that `NAME` or `NAME:ARGUMENT` names.

    Files are looked for in `folder`, and may not lie outside it. `trusted` lets a person's own code run where it
    cannot be shut in. Raises RewardError with what is wrong and what is known.

    >>> named("number:0.01")(["about 3.14"], answer=["3.1416"])
    [1.0]
    """
    name, colon, argument = written.strip().partition(":")
    build = BUILDERS.get(name.strip())
    if build is None:
        raise RewardError(
            Text("There is no reward named {name}.", name=repr(name)),
            where=written,
            what_to_do=Text("Write python: before it: python:{file}.", file=written.strip())
            if written.strip().endswith(".py")
            else Text("Use one of these: {names}.", names=", ".join(BUILDERS)),
        )
    if not colon and name in NEED_ARGUMENT:
        raise _bad_argument(written, Text("it needs something after a colon"))
    made = build(argument.strip(), folder, trusted)
    return replace(made, name=written.strip())


def _plain(score: Score) -> Callable[[str, Path | None, bool], Reward]:
    """Make the builder of a reward that compares with the reference and takes no argument."""

    def build(argument: str, folder: Path | None, trusted: bool) -> Reward:
        if argument:
            raise _bad_argument(argument, Text("this reward takes nothing after a colon"))
        return Reward("", ("answer",), score)

    return build


def _number(argument: str, folder: Path | None, trusted: bool) -> Reward:
    if not argument:
        return Reward("", ("answer",), number)
    try:
        tolerance = float(argument)
    except ValueError:
        raise _bad_argument(argument, Text("the tolerance is a number, such as 0.01")) from None
    if not 0 <= tolerance < 1:
        raise _bad_argument(argument, Text("the tolerance lies between 0 and 1"))
    return Reward("", ("answer",), partial(number, tolerance=tolerance))


def _choice(argument: str, folder: Path | None, trusted: bool) -> Reward:
    letters = argument.upper() or "ABCDE"
    if not letters.isascii() or not letters.isalpha() or len(letters) < 2:
        raise _bad_argument(argument, Text("the letters stand together, such as ABCD"))
    return Reward("", ("answer",), partial(choice, letters=letters))


def _regex(argument: str, folder: Path | None, trusted: bool) -> Reward:
    check_pattern(argument)
    columns = ("answer",) if compares(argument) else ()
    return Reward("", columns, partial(regex, pattern=argument))


def _json(argument: str, folder: Path | None, trusted: bool) -> Reward:
    if argument:
        raise _bad_argument(argument, Text("a schema goes with json_schema"))
    return Reward("", (), json_valid)


def _json_schema(argument: str, folder: Path | None, trusted: bool) -> Reward:
    schema = _read_json(argument, folder)
    check_schema(schema)
    return Reward("", (), partial(json_schema, schema=schema))


def _constraints(argument: str, folder: Path | None, trusted: bool) -> Reward:
    if not argument:
        return Reward("", ("constraints",), constraints)
    constraints(["trial"], constraints=[argument])

    def score(completions: list[str]) -> list[float]:
        return constraints(completions, constraints=[argument] * len(completions))

    return Reward("", (), score)


def _tests(argument: str, folder: Path | None, trusted: bool) -> Reward:
    if argument not in {"", "partly"}:
        raise _bad_argument(argument, Text("after the colon stands nothing, or partly"))
    return Reward("", ("tests",), partial(programs, partly=argument == "partly", trusted=trusted))


def judge_settings(argument: str, *, folder: Path | None = None) -> JudgeSettings:
    """Read what stands after `judge:`, a file's name or JSON. Raises RewardError."""
    try:
        return JudgeSettings.model_validate(_read_json(argument, folder))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise _bad_argument(
            argument, Text("{place}: {said}", place=place, said=first["msg"])
        ) from None


def _judge(argument: str, folder: Path | None, trusted: bool) -> Reward:
    settings = judge_settings(argument, folder=folder)
    return Reward("", ("prompt",), partial(judge, settings=settings), optional=("answer",))


def _python(argument: str, folder: Path | None, trusted: bool) -> Reward:
    file = _file(argument, folder)
    try:
        compile(file.read_text(encoding="utf-8"), file.name, "exec")
    except (SyntaxError, ValueError) as error:
        raise _bad_argument(
            argument, Text("it is not Python: {said}", said=str(error)[:160])
        ) from None

    def score(completions: list[str], **columns: Any) -> list[float]:
        return own(completions, file=file, columns=columns, trusted=trusted)

    return Reward("", (), score, reads_all=True)


def _sum(argument: str, folder: Path | None, trusted: bool) -> Reward:
    """Build from `{"parts": [{"reward": "match", "weight": 0.7}, ...], "gate": "json"}`."""
    settings = _read_json(argument, folder)
    parts = settings.get("parts") if isinstance(settings, dict) else None
    if not parts or not all(
        isinstance(part, dict) and {"reward", "weight"} == set(part) for part in parts
    ):
        raise _bad_argument(argument, Text("it lists parts, each with reward and weight"))
    if any(not isinstance(part["weight"], int | float) or part["weight"] <= 0 for part in parts):
        raise _bad_argument(argument, Text("a weight is a number above 0"))
    made = [
        (float(part["weight"]), named(part["reward"], folder=folder, trusted=trusted))
        for part in parts
    ]
    gate = named(settings["gate"], folder=folder, trusted=trusted) if settings.get("gate") else None
    every = [reward for _, reward in made] + ([gate] if gate else [])

    def score(completions: list[str], **columns: Any) -> list[float]:
        return weighted(completions, parts=made, gate=gate, columns=columns)

    needed = tuple(dict.fromkeys(name for reward in every for name in reward.columns))
    optional = tuple(dict.fromkeys(name for reward in every for name in reward.optional))
    return Reward("", needed, score, optional, reads_all=any(reward.reads_all for reward in every))


def _read_json(argument: str, folder: Path | None) -> Any:
    written = (
        argument
        if argument.startswith("{")
        else _file(argument, folder).read_text(encoding="utf-8")
    )
    try:
        return json.loads(written)
    except ValueError as error:
        raise _bad_argument(
            argument, Text("it is not JSON: {said}", said=str(error)[:160])
        ) from None


def _file(argument: str, folder: Path | None) -> Path:
    """Find a file in the folder of rewards; with no folder, wherever the person says it is."""
    path = (folder / argument if folder is not None else Path(argument)).resolve()
    if folder is not None and not path.is_relative_to(folder.resolve()):
        raise _bad_argument(argument, Text("the file lies outside the run's folder"))
    if not path.is_file():
        raise _bad_argument(argument, Text("there is no such file"))
    return path


def _bad_argument(argument: str, why: Text) -> RewardError:
    return RewardError(
        Text(
            "The reward cannot be set up from {argument}: {why}.",
            argument=repr(argument)[:120],
            why=why,
        ),
        where="reward",
        what_to_do=Text("Write it as NAME or NAME:ARGUMENT, such as number:0.01."),
    )


BUILDERS: dict[str, Callable[[str, Path | None, bool], Reward]] = {
    "exact": _plain(exact), "match": _plain(match), "number": _number, "choice": _choice, "regex": _regex,
    "json": _json, "json_schema": _json_schema, "fields": _plain(fields), "constraints": _constraints,
    "similar": _plain(similar), "tests": _tests, "judge": _judge, "python": _python, "sum": _sum,
}  # fmt: skip
NEED_ARGUMENT = frozenset({"regex", "json_schema", "judge", "python", "sum"})
