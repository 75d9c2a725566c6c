"""What this machine has, found out without torch and without trusting the driver."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.machine import Gpu, cards_here, look, nvidia_cards
from training.catalog import PRACTICE


def driver(folder: Path, script: str) -> str:
    path = folder / "nvidia-smi"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_this_machine_is_looked_at_without_torch() -> None:
    probe = "import sys; from tools.machine import look; m = look(); print(m.cores, m.ram_gib > 0, m.free_disk_gib > 0, 'torch' in sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True
    ).stdout.split()
    assert int(said[0]) >= 1 and said[1:] == ["True", "True", "False"]
    assert look().gib > 0


def test_cards_are_read_from_the_driver(tmp_path: Path) -> None:
    found, note = nvidia_cards(
        driver(tmp_path, "echo 'NVIDIA H200, 143771'; echo 'NVIDIA H200, 143771'")
    )
    assert found == (Gpu("NVIDIA H200", 143771 / 1024),) * 2 and note is None


@pytest.mark.parametrize("script", ["exit 9", "echo 'No devices were found'; exit 6"])
def test_a_driver_that_does_not_answer_is_told_and_not_taken_for_no_card(
    tmp_path: Path, script: str
) -> None:
    found, note = nvidia_cards(driver(tmp_path, script))
    assert found == () and note is not None and "does not answer" in note


def test_without_a_driver_there_is_nothing_to_tell() -> None:
    assert nvidia_cards("no-such-driver") == ((), None)


def test_only_models_that_lie_here_have_cards(tmp_path: Path) -> None:
    assert set(cards_here("somebody/unheard-of")) <= {PRACTICE}
