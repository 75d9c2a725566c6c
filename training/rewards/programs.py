"""Does the program in the completion pass its tests?

Tests are assertions, as in MBPP or HumanEval. `assert f(2) == 4` becomes a call whose value is compared out here: the
expected value never enters the process of the program, so a program cannot claim to have given it. Whatever is no such
pair runs inside, as written.
"""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from training.rewards import sandbox
from training.rewards.cell import canonical_literal
from training.rewards.reward import RewardError, spoken
from training.rewards.sandbox import Limits
from training.text import Text

FENCED = re.compile(r"```[ \t]*(?:python|py)?[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL | re.IGNORECASE)
MISSING = object()


@dataclass(frozen=True)
class Tests:
    """Tests made ready: code that runs first, then steps with what each must give."""

    before: str
    steps: tuple[dict[str, str], ...]
    expected: tuple[Any, ...]


def programs(
    completions: Sequence[str],
    *,
    tests: Sequence[str | Sequence[str]],
    partly: bool = False,
    limits: Limits | None = None,
    trusted: bool = False,
) -> list[float]:
    """Score 1.0 where the program passes all its tests; with `partly`, the share of tests that it passes.

    The last fenced block is the program, else the whole completion. Raises RewardError for tests that check nothing.
    """
    ready = [read_tests(one) for one in tests]

    def rate(pair: tuple[str, Tests]) -> float:
        passed = _passed(program_in(pair[0]), pair[1], limits or Limits(), trusted)
        return sum(passed) / len(passed) if partly else float(all(passed))

    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        return list(pool.map(rate, zip(completions, ready, strict=True)))


def program_in(completion: str) -> str:
    r"""Give the last fenced block, else the whole completion.

    >>> program_in("Here:\n```python\nx = 1\n```\nDone.")
    'x = 1\n'
    """
    bare = spoken(completion)
    blocks = FENCED.findall(bare)
    return str(blocks[-1]) if blocks else bare


def read_tests(written: str | Sequence[str]) -> Tests:
    """Make tests ready from source, a list of sources, or JSON of such a list. Raises RewardError."""
    if isinstance(written, str) and written.lstrip().startswith("["):
        try:
            written = list(json.loads(written))
        except ValueError:
            raise _refused(Text("they are not a JSON list")) from None
    source = written if isinstance(written, str) else "\n".join(map(str, written))
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise _refused(
            Text("line {line}: {said}", line=error.lineno or 0, said=error.msg)
        ) from None
    before: list[str] = []
    steps: list[dict[str, str]] = []
    expected: list[Any] = []
    for statement in statements:
        pair = _pair(statement)
        if pair is not None:
            steps.append({"call": pair[0]})
            expected.append(pair[1])
        elif isinstance(
            statement, ast.Assert | ast.Expr | ast.For | ast.While | ast.With | ast.Try | ast.If
        ):
            steps.append({"check": ast.unparse(statement)})
            expected.append(True)
        else:
            before.append(ast.unparse(statement))
            if (
                isinstance(statement, ast.FunctionDef)
                and statement.name.startswith("test")
                and not statement.args.args
            ):
                steps.append({"check": f"{statement.name}()"})
                expected.append(True)
    if not steps:
        raise _refused(Text("they check nothing"))
    return Tests("\n".join(before), tuple(steps), tuple(expected))


def _pair(statement: ast.stmt) -> tuple[str, Any] | None:
    """Read `assert CALL == LITERAL`, either way round, and `assert CALL is None|True|False`."""
    if not isinstance(statement, ast.Assert) or not isinstance(statement.test, ast.Compare):
        return None
    compared = statement.test
    if len(compared.ops) != 1 or not isinstance(compared.ops[0], ast.Eq | ast.Is):
        return None
    left, right = compared.left, compared.comparators[0]
    for call, literal in ((left, right), (right, left)):
        value = _literal(literal)
        if value is not MISSING and _literal(call) is MISSING:
            return ast.unparse(call), value
    return None


def _literal(node: ast.expr) -> Any:
    try:
        return canonical_literal(ast.unparse(node))
    except (ValueError, TypeError):
        return MISSING


def _passed(program: str, tests: Tests, limits: Limits, trusted: bool) -> list[bool]:
    order = {
        "kind": "program",
        "source": f"{program}\n\n{tests.before}\n",
        "steps": list(tests.steps),
    }
    outcome = sandbox.run(order, limits=limits, trusted=trusted)
    if outcome.how != "done":
        return [False] * len(tests.steps)
    return [got == wanted for got, wanted in zip(outcome.value, tests.expected, strict=True)]


def _refused(why: Text) -> RewardError:
    return RewardError(
        Text("The tests of a row cannot be used: {why}.", why=why),
        where="tests",
        what_to_do=Text("Write Python assertions, such as: assert double(2) == 4."),
    )
