"""What every test runs under: one thread a process, and properties that are tried on the same examples each time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.llm_talk import Talk

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the workers share the cores
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

settings.register_profile("same", max_examples=30, deadline=None, derandomize=True, database=None)
settings.register_profile("search", max_examples=1000, deadline=None, derandomize=False)
settings.load_profile("same")


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    """Sessions whose brain is a scripted language model."""
    from tests.llm_talk import Talk

    made = Talk(tmp_path)
    yield made
    made.desk.close()
