"""The versions of a trained run in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Column, Table

from agent.show import say
from tools.jobs.another_version import names
from training.measured import Candidate
from training.text import Text


def facts(found: Sequence[Candidate]) -> list[dict[str, Any]]:
    """The versions of a run as plain facts, the one in use marked."""
    return [
        {"version": names(one), "task": one.task.value, "retention": one.retention, "in_use": one.chosen}
        for one in found
    ]  # fmt: skip


def table(found: Sequence[dict[str, Any]], language: str | None) -> None:
    """Show the versions: score on the held-out items, and share of the general abilities kept."""
    heads = (Text("Version"), Text("On held-out items"), Text("Abilities kept"), Text("In use"))
    columns = (Column(say(head, language), overflow="fold") for head in heads)
    shown = Table(*columns, box=None, header_style="dim", padding=(0, 2, 0, 0))
    for one in found:
        mark = "✓" if one["in_use"] else ""
        shown.add_row(one["version"], f"{one['task']:.3f}", f"{one['retention']:.1%}", mark)
    Console(highlight=False).print(shown)
