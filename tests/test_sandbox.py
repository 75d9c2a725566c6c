"""Hostile rewards and programs against the sandbox. Skipped where the system has no means to shut code in."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Any

import pytest

from training.rewards import RewardError, named, sandbox
from training.rewards.cell import canonical
from training.rewards.programs import programs
from training.rewards.sandbox import Limits, Outcome

needs_means = pytest.mark.skipif(
    sandbox.unavailable() is not None, reason="this system cannot shut code in"
)
pytestmark = needs_means


def run(source: str, *calls: str, limits: Limits | None = None) -> Outcome:
    order = {"kind": "program", "source": source, "steps": [{"call": call} for call in calls]}
    return sandbox.run(order, limits=limits)


def value(source: str, call: str) -> Any:
    outcome = run(source, call)
    assert outcome.how == "done", outcome
    return outcome.value[0]


def test_code_runs_and_gives_its_values() -> None:
    assert value("def double(n):\n    return 2 * n", "double(21)") == canonical(42)


def test_the_home_and_the_machines_files_are_not_there(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("sk-secret")
    for place in (
        secret,
        Path.home() / ".bashrc",
        Path("/etc/passwd"),
        Path(__file__),
        Path("/proc/1"),
    ):
        assert value("import os", f"os.path.exists({str(place)!r})") == canonical(False), place


def test_nothing_outside_the_throw_away_folder_can_be_written() -> None:
    source = """
import os, sys
def written(folder):
    try:
        with open(folder + "/mark", "w") as file:
            file.write("x")
    except OSError:
        return False
    return True
"""
    for folder in ("/usr", "/usr/lib", sys.base_prefix, "/"):
        assert value(source, f"written({folder!r})") == canonical(False), folder
    assert value(source, "written('.')") == canonical(True)
    assert value(source, "os.listdir('.')") == canonical([]), (
        "the next piece starts in an empty folder"
    )


def test_the_network_is_not_there() -> None:
    outcome = run("import socket\nsocket.create_connection(('127.0.0.1', 22), 2)")
    assert outcome.how == "raised"
    assert "unreachable" in outcome.said


def test_the_environment_holds_nothing_of_the_persons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    assert value("import os", "'OPENAI_API_KEY' in os.environ") == canonical(False)


def test_an_endless_loop_is_ended() -> None:
    outcome = run("while True:\n    pass", limits=Limits(seconds=1.0))
    assert outcome.how == "too_long"


def test_a_sleeping_child_does_not_outlive_its_parent() -> None:
    source = "import os, time\nos.fork() or time.sleep(600)"
    assert run(source, "1", limits=Limits(seconds=5.0)).how == "done"
    assert _cells_alive() == []


def test_a_fork_bomb_is_contained_and_leaves_nothing() -> None:
    outcome = run("import os\nwhile True:\n    os.fork()", limits=Limits(seconds=3.0))
    assert outcome.how in {"raised", "died", "too_long"}
    assert _cells_alive() == []


def test_ten_gigabytes_are_refused() -> None:
    outcome = run("held = bytearray(10 * 2**30)")
    assert (outcome.how, outcome.said.split(":")[0]) == ("raised", "MemoryError")


def test_a_huge_file_is_cut_off() -> None:
    source = "with open('big', 'wb') as file:\n    for _ in range(1000):\n        file.write(b'x' * 2**20)"
    assert run(source, "1").how in {"raised", "died"}


def test_no_privilege_is_left_and_none_can_be_got() -> None:
    source = """
import ctypes, os
libc = ctypes.CDLL(None)
remounted = libc.mount(None, b"/usr", None, 32 | 4096, None)
header = (ctypes.c_uint32 * 2)(0x20080522, 0)
held = (ctypes.c_uint32 * 6)()
libc.capget(header, held)
"""
    assert value(source, "remounted, list(held)") == canonical((-1, [0] * 6))


def test_printing_a_score_or_leaving_early_pays_nothing() -> None:
    tests = ["assert f(2) == 4"] * 3
    completions = [
        "print('1.0')\nimport os\nfor d in range(3, 9):\n    try: os.write(d, b'[1.0]')\n    except OSError: pass\nos._exit(0)",
        "import sys\nprint('all tests passed')\nsys.exit(0)",
        "class Yes:\n    def __eq__(self, other): return True\ndef f(n): return Yes()",
    ]
    assert programs(completions, tests=tests) == [0.0, 0.0, 0.0]


def test_what_a_call_should_give_never_enters_the_sandbox() -> None:
    peek = (
        "import gc\ndef f(n):\n    return next((o for o in gc.get_objects() if o == [1234567]), 0)"
    )
    assert programs([peek], tests=["assert f(1) == [1234567]"]) == [0.0]


def test_programs_are_paid_for_passing_their_tests() -> None:
    tests = "def near(a, b):\n    return abs(a - b) < 1e-6\n\nassert near(half(3), 1.5)\nassert half(4) == 2"
    good, bad, broken = (
        "def half(n): return n / 2",
        "def half(n): return n // 2",
        "def half(n) return",
    )
    answers = [f"Sure:\n```python\n{code}\n```\nDone." for code in (good, bad, broken)]
    assert programs(answers, tests=[tests] * 3) == [1.0, 0.0, 0.0]
    assert programs(answers, tests=[tests] * 3, partly=True) == [1.0, 0.5, 0.0]


def test_tests_in_functions_and_humaneval_style_are_run() -> None:
    pytest_like = "def test_it():\n    assert inc(1) == 2"
    humaneval = "def check(candidate):\n    assert candidate(1) == 2\n    assert candidate(-1) == 0\n\ncheck(inc)"
    good, bad = "def inc(n): return n + 1", "def inc(n): return 2"
    for tests in (pytest_like, humaneval):
        assert programs([good], tests=[tests]) == [1.0], tests
    assert programs([bad], tests=[humaneval]) == [0.0]


def test_tests_that_check_nothing_are_refused() -> None:
    with pytest.raises(RewardError, match="they check nothing"):
        programs(["x = 1"], tests=["import math"])


OWN = """
def reward(completions, answer):
    return [float(wanted in completion) for completion, wanted in zip(completions, answer)]
"""


def own_reward(tmp_path: Path, source: str) -> Any:
    (tmp_path / "mine.py").write_text(source)
    return named("python:mine.py", folder=tmp_path)


def test_a_persons_own_reward_gets_the_columns_it_names(tmp_path: Path) -> None:
    reward = own_reward(tmp_path, OWN)
    assert reward(["yes", "no"], answer=["yes", "yes"], prompt=["?", "?"]) == [1.0, 0.0]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def reward(completions): return 1 / 0", "ZeroDivisionError"),
        ("def reward(completions): return [1.0]", "1 scores for 2 answers"),
        ("def reward(completions): return [float('nan'), 1]", "returned nan"),
        ("def reward(completions): return ['a', 'b']", "ValueError"),
        ("def reward(completions): return [True, False]", "returned True"),
        ("other = 1", "no function named reward"),
        ("import sys; sys.exit(0)", "SystemExit"),
        ("open('/etc/passwd')\ndef reward(completions): return [0, 0]", "No such file"),
    ],
)
def test_a_reward_that_misbehaves_is_refused_with_words(
    tmp_path: Path, source: str, said: str
) -> None:
    with pytest.raises(RewardError, match=said):
        own_reward(tmp_path, source)(["a", "b"], answer=["a", "b"])


def test_a_reward_that_is_no_python_or_lies_outside_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RewardError, match="not Python"):
        own_reward(tmp_path, "def reward(:")
    with pytest.raises(RewardError, match="outside the run's folder"):
        named("python:../other.py", folder=tmp_path)


@pytest.mark.slow
def test_a_pattern_that_backtracks_for_ever_is_refused() -> None:
    slow = named("regex:(a+)+b")
    with pytest.raises(RewardError, match="takes too long"):
        slow(["a" * 60])


def _cells_alive() -> list[str]:
    """List processes of a sandbox that outlived the `unshare` which started them; those of other runs and of other workers have theirs."""
    lines = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = (folder / "stat").read_text().rsplit(")", 1)[1].split()[1]
            lines[folder.name] = ((folder / "cmdline").read_bytes(), parent)
    nobody = (b"", "0")
    return [
        process
        for process, (line, parent) in lines.items()
        if b"cell.py" in line
        and b"unshare" not in line
        and (parent == "1" or not _works_for_a_test(lines.get(parent, nobody)[0]))
    ]


def _works_for_a_test(command: bytes) -> bool:
    return b"cell.py" in command or b"python" in command
