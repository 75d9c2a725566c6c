"""A run on this machine: claimed once, started once, found whoever was killed, and stopped without leavings."""

import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from tests.deciding import facts
from tests.tiny_model import ROOT, make_run, rows, run_config, write_model
from tools.decide import decide
from tools.errors import RunError
from tools.jobs.create import Splits, create
from tools.jobs.local import LocalBackend, environment, mark_stopped, processes
from tools.jobs.supervisor import slot_files
from tools.machine import look
from training.config import RunConfig
from training.rundir import RunDir

PATIENCE_S = 240.0


def until(true: Callable[[], object]) -> None:
    """Look until it is so; fail after the patience is over."""
    end = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while not true():
        assert time.monotonic() < end, "it did not come about"
        pause.wait(0.05)


def slots(home: Path) -> list[Path]:
    return list(slot_files(home, len(look().gpus)).values())


def is_taken(lock: Path) -> bool:
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for path in (tmp_path / "runs").glob("*"):
        for process in processes(RunDir(path)):
            process.kill()


@pytest.fixture
def queued(home: Path) -> Iterator[RunDir]:
    """A run that finds every slot taken, and so waits."""
    run = make_run(home / "runs", run_config(home / "no-model"))
    (home / "slots").mkdir()
    held = [os.open(path, os.O_RDWR | os.O_CREAT) for path in slots(home)]
    for descriptor in held:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield run
    for process in processes(run):  # before the slot is free: nothing is to be trained here
        process.kill()
    for descriptor in held:
        os.close(descriptor)


def test_two_homes_share_the_graphics_cards_of_a_machine_but_not_the_processor(
    tmp_path: Path,
) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    assert slot_files(one, 2) == slot_files(other, 2)
    assert slot_files(one, 0) != slot_files(other, 0)
    assert list(slot_files(one, 2)) == ["gpu-0", "gpu-1"]


def splits() -> Splits:
    return Splits(train=tuple(rows(40)), dev=tuple(rows(8)), test=tuple(rows(8)))


def test_many_who_claim_the_same_run_get_one_whole_directory(tmp_path: Path) -> None:
    plan, config = decide(facts()), RunConfig.from_json(run_config(tmp_path))
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: create(tmp_path, plan, config, splits()), range(8)))
    assert {run.path for run in made} == {tmp_path / "runs" / "tiny"}
    hashes = made[0].config().hashes
    assert set(hashes) == {"train.jsonl", "dev.jsonl", "test.jsonl"}
    assert not list(made[0].path.rglob("*.tmp"))


def test_a_claim_that_was_interrupted_is_taken_up_again(tmp_path: Path) -> None:
    (tmp_path / "runs" / "tiny").mkdir(parents=True)
    config = RunConfig.from_json(run_config(tmp_path))
    assert create(tmp_path, decide(facts()), config, splits()).config().run == "tiny"


def test_a_home_that_cannot_hold_runs_is_said_in_three_parts(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("not a folder")
    config = RunConfig.from_json(run_config(tmp_path))
    with pytest.raises(RunError, match="could not be written"):
        create(tmp_path, decide(facts()), config, splits())


def test_a_run_of_the_same_name_in_another_home_is_not_taken_for_this_one(tmp_path: Path) -> None:
    ours, theirs = RunDir(tmp_path / "a" / "same"), RunDir(tmp_path / "b" / "same")
    waiting = [sys.executable, "-c", "input()"]
    with subprocess.Popen(waiting, stdin=subprocess.PIPE, env=environment(ours)) as process:
        assert process.pid in [one.pid for one in processes(ours)]
        assert processes(theirs) == []
        process.communicate(b"\n")


def test_a_run_that_lives_is_not_marked_stopped(tmp_path: Path) -> None:
    run = make_run(tmp_path, run_config(tmp_path))
    lock = run.lock()
    mark_stopped(run)
    assert run.status() is None
    os.close(lock)
    mark_stopped(run)
    assert run.reading() == "stopped"


def test_a_second_submit_starts_nothing(queued: RunDir) -> None:
    LocalBackend().submit(queued)
    first = [process.pid for process in processes(queued)]
    LocalBackend().submit(queued)
    until(lambda: len(processes(queued)) < 2)  # the second one finds the first, and ends
    assert [process.pid for process in processes(queued)] == first
    assert len(first) == 1
    assert queued.reading() == "queued"


def test_a_supervisor_outlives_whoever_started_it(queued: RunDir) -> None:
    program = (
        "import sys; from pathlib import Path; from tools.jobs.local import LocalBackend; "
        "from training.rundir import RunDir; LocalBackend().submit(RunDir(Path(sys.argv[1])))"
    )
    command = [sys.executable, "-P", "-c", program, str(queued.path)]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert len(processes(queued)) == 1


def test_a_run_that_waits_is_stopped_and_leaves_no_process(queued: RunDir) -> None:
    LocalBackend().submit(queued)
    LocalBackend().stop(queued, grace_s=20)
    assert queued.reading() == "stopped"
    assert processes(queued) == []


def test_a_killed_supervisor_is_replaced_by_the_next_submit(queued: RunDir) -> None:
    LocalBackend().submit(queued)
    (first,) = processes(queued)
    first.kill()
    psutil.wait_procs([first], timeout=PATIENCE_S)
    assert processes(queued) == []
    LocalBackend().submit(queued)
    assert len(processes(queued)) == 1


def trainers(run: RunDir) -> list[psutil.Process]:
    return [process for process in processes(run) if "training" in process.cmdline()]


@pytest.mark.slow
def test_a_killed_supervisor_takes_nobody_with_it_and_its_slot_stays_taken(home: Path) -> None:
    run = make_run(home / "runs", run_config(write_model(home / "model")))
    LocalBackend().submit(run)
    until(lambda: trainers(run) and run.is_locked())
    (trainer,) = trainers(run)
    supervisors = [process for process in processes(run) if process != trainer]
    for process in supervisors:
        process.kill()
    psutil.wait_procs(supervisors, timeout=PATIENCE_S)
    assert trainer.is_running()
    assert any(is_taken(path) for path in slots(home))
    until(lambda: not processes(run))
    assert run.reading() == "done"
    until(
        lambda: not any(is_taken(path) for path in slots(home))
    )  # its files close after its memory


@pytest.mark.slow
def test_a_killed_trainer_is_started_again_and_comes_to_its_end(home: Path) -> None:
    run = make_run(home / "runs", run_config(write_model(home / "model")))
    LocalBackend().submit(run)
    until(lambda: trainers(run) and run.is_locked())
    (first,) = trainers(run)
    first.kill()
    until(lambda: not processes(run))
    assert run.reading() == "done"
