"""The rules of CONTRIBUTING.md that no linter knows: broad excepts, lengths of files and functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OURS = [path for folder in ("agent", "tools", "training", "prompts") for path in sorted((ROOT / folder).rglob("*.py"))]  # fmt: skip
TESTS = sorted((ROOT / "tests").rglob("*.py"))
EDGES = {
    "agent/cli/edge.py", "agent/conversation/turns.py", "agent/mcp/server.py", "agent/brain/llm/brain.py", "agent/brain/llm/line.py",
    "agent/brain/llm/opening.py", "training/__main__.py", "training/dry_run.py", "training/rewards/cell.py",
}  # fmt: skip
LONGEST_FILE, LONGEST_FUNCTION = 400, 60


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _broad_excepts(tree: ast.AST) -> Iterator[ast.ExceptHandler]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and (
            node.type is None
            or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"})
        ):
            yield node


@pytest.mark.parametrize("path", OURS, ids=_name)
def test_a_broad_except_stands_at_an_edge_or_raises_again(path: Path) -> None:
    for handler in _broad_excepts(ast.parse(path.read_text("utf-8"))):
        last = handler.body[-1]
        raises_again = isinstance(last, ast.Raise) and last.exc is None
        assert raises_again or _name(path) in EDGES, f"line {handler.lineno}"


def test_every_edge_named_here_has_its_broad_except() -> None:
    for name in EDGES:
        tree = ast.parse((ROOT / name).read_text("utf-8"))
        assert list(_broad_excepts(tree)), f"{name} is no edge any more"


@pytest.mark.parametrize("path", OURS + TESTS, ids=_name)
def test_files_and_functions_stay_short(path: Path) -> None:
    source = path.read_text("utf-8")
    assert source.count("\n") <= LONGEST_FILE, "two subjects in one file: split it"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"
