"""`make chat` in two halves: what is split, what is told, who waits, and that a killed installation goes on. No network, no pip."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from agent.ui import installing
from prompts import translate
from tools import training_half
from tools.errors import RunError
from tools.install import environment, fetching, halves, parts, running
from tools.install.fetching import Clock, Wheel, progress
from tools.install.halves import READY, Half, Place
from tools.judging.report import speaker

WHEELS = (Wheel("torch", "torch.whl", "https://x/torch.whl", 100_000_000), Wheel("dill", "dill.whl", "https://x/dill.whl", 50_000_000))  # fmt: skip
FAR = Half("fetching", 61, 23, 640_000_000, 900_000_000, 120.0)


def package(site: Path, name: str, content: str = "x = 1\n") -> Path:
    """A package as pip leaves it."""
    folder = site / f"{name}-1.0.dist-info"
    folder.mkdir(parents=True)
    (site / f"{name}.py").write_text(content)
    (folder / "INSTALLER").write_text("pip\n")
    (folder / "RECORD").write_text(f"{name}.py,sha256=x,{len(content)}\n{name}-1.0.dist-info/RECORD,,\n")  # fmt: skip
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Place:
    found = Place(tmp_path / ".venv")
    found.folder.mkdir(parents=True)
    return found


@pytest.fixture
def site(place: Place) -> Path:
    found = place.venv / "lib" / "python3.11" / "site-packages"
    found.mkdir(parents=True)
    return found


def test_the_first_half_is_the_projects_own_list_without_what_only_trainers_load() -> None:
    first, everything = halves.requirements(tomllib.loads((halves.ROOT / "pyproject.toml").read_text("utf-8"))["project"])  # fmt: skip
    named = {halves.plain(one) for one in everything}
    assert named >= halves.TRAINS, "a package that trains stands in the project's list"
    assert {halves.plain(one) for one in first} == named - halves.TRAINS - {"langchain", "langchain-openai"}  # fmt: skip


@pytest.mark.slow
def test_a_page_loads_nothing_of_the_second_half() -> None:
    hidden = sorted(one.replace("-", "_") for one in halves.TRAINS)
    code = (
        "import sys\n"
        f"for name in {hidden}: sys.modules[name] = None\n"  # an import of it fails
        "import agent.ui.page, agent.local.engine, agent.teachers.teach, tools.simple, training.metrics\n"
        "import sacrebleu.metrics.chrf\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=halves.ROOT)  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_what_the_second_half_bounds_in_the_first_is_pinned_in_the_constraints() -> None:
    """The first half is chosen without the second: a bound that it cannot know would make both impossible together."""
    first, everything = halves.requirements(tomllib.loads((halves.ROOT / "pyproject.toml").read_text("utf-8"))["project"])  # fmt: skip
    lines = (halves.ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pinned = {halves.plain(line) for line in lines if "==" in line}
    early = needed(first)
    loose = {
        f"{name} wants {wanted}"
        for name in needed(everything) - early
        for wanted in requires(name)
        if any(one.operator in {"<", "<=", "==", "~="} for one in wanted.specifier)
        and halves.plain(wanted.name) in early - pinned - STEADY
    }
    assert not loose, "name its tested version in constraints.txt"


STEADY = frozenset({"anyio", "pydantic", "typing-extensions", "httpx2"})
"""Bounded only below their next major version, by packages that the first half bounds in the same way."""


def requires(name: str) -> list[Requirement]:
    """What an installed package needs here."""
    found = [Requirement(one) for one in importlib.metadata.requires(name) or []]
    return [one for one in found if one.marker is None or one.marker.evaluate({"extra": ""})]


def needed(names: list[str]) -> set[str]:
    """The packages, and all that they need here."""
    found: set[str] = set()
    left = {halves.plain(one) for one in names}
    while left:
        name = left.pop()
        found.add(name)
        left |= {halves.plain(one.name) for one in requires(name)} - found
    return found


def test_the_installer_runs_before_anything_is_installed() -> None:
    code = "import sys, tools.install.__main__; print(sorted({m.split('.')[0] for m in sys.modules} - set(sys.stdlib_module_names)))"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, cwd=halves.ROOT)  # fmt: skip
    assert json.loads(done.stdout.replace("'", '"')) == ["__main__", "tools"] or done.stdout.strip() == "['tools']"  # fmt: skip


def test_an_environment_that_make_chat_did_not_make_is_ready(place: Place) -> None:
    assert halves.read(place) == READY


def test_progress_is_told_while_its_process_holds_the_lock_and_is_cut_off_after_it(
    place: Place,
) -> None:
    place.write(FAR)
    assert halves.read(place).stage == "cut_off", "nobody is at it"
    with halves.holding(place, wait=False) as lock:
        assert lock is not None and halves.read(place) == FAR
    assert halves.read(place).stage == "cut_off"


def test_a_failure_and_the_end_stay_as_they_were_written(place: Place) -> None:
    for half in (Half("failed", reason="network", detail="no route"), READY, Half("waiting")):
        place.write(half)
        assert halves.read(place) == half


def test_one_process_at_a_time_changes_the_environment(place: Place) -> None:
    with halves.holding(place, wait=False) as mine, halves.holding(place, wait=False) as theirs:
        assert mine is not None and theirs is None
    with halves.holding(place, wait=False) as theirs:
        assert theirs is not None


def test_a_pip_that_outlives_its_installer_keeps_the_lock(place: Place) -> None:
    with halves.holding(place, wait=False) as lock:
        assert lock is not None
        pip = subprocess.Popen(["sleep", "60"], pass_fds=[lock])
    assert halves.is_held(place)
    pip.kill()
    pip.wait()
    assert not halves.is_held(place)


def test_stamps_outlive_progress_and_know_what_they_were_made_for(place: Place) -> None:
    place.write(Half("waiting"), first="abc")
    place.write(FAR)
    assert place.stamped("first") == "abc" and place.stamped("whole") is None
    assert halves.fingerprint(["a"], "x") != halves.fingerprint(["a"], "y")
    assert halves.fingerprint(["a", "b"], "x") == halves.fingerprint(["b", "a"], "x")


def test_a_damaged_state_is_no_state(place: Place) -> None:
    place.state.write_text("{")
    assert halves.read(place) == READY
    place.state.write_text(json.dumps({"half": {"stage": "fetching", "eggs": 3}, "stamps": {}}))
    assert halves.read(place).stage == "waiting", "written by another version of us"


def test_what_a_killed_pip_left_is_found_by_its_own_record(place: Place, site: Path) -> None:
    whole, torn = package(site, "whole"), package(site, "torn")
    (site / "torn.py").write_text("")  # a power cut: there, and empty
    begun = package(site, "begun")
    (begun / "INSTALLER").unlink()
    assert fetching.unfinished(site) == [begun, torn]
    assert environment.mend(place) == [] and torn.exists(), "no pip of ours was killed"
    place.changing.touch()
    assert environment.mend(place) == [begun.name, torn.name]
    assert whole.exists() and not torn.exists() and environment.mend(place) == []


def test_progress_counts_what_is_fetched_and_tells_the_time_at_the_pace_so_far() -> None:
    early = progress(WHEELS, {}, set(), Clock(1.0))
    assert (early.done, early.bytes, early.seconds_left) == (0, 150_000_000, None)
    half = progress(WHEELS, {"dill.whl": 50_000_000, "torch.whl": 25_000_000}, set(), Clock(10.0))
    assert (half.stage, half.done, half.fetched_bytes) == ("fetching", 1, 75_000_000)
    assert half.seconds_left == pytest.approx(10 + 2 * fetching.EACH_S + 150e6 / fetching.UNPACKED_PER_S)  # fmt: skip


def test_a_file_that_lies_here_already_is_not_fetched() -> None:
    here = replace(WHEELS[0], url="file:///wheels/torch.whl")
    told = progress((here, WHEELS[1]), {}, set(), Clock(5.0))
    assert (told.done, told.bytes) == (1, 50_000_000)


def test_while_unpacking_the_time_falls_with_every_package_and_every_second() -> None:
    begun = Clock(100.0, unpacking=100.0, settled=100.0)
    first = progress(WHEELS, {}, set(), begun).seconds_left or 0
    later = progress(WHEELS, {}, set(), replace(begun, now=103.0)).seconds_left or 0
    fuller = progress(WHEELS, {}, {"dill"}, replace(begun, now=105.0, settled=105.0))
    assert first - later == pytest.approx(3.0)
    assert fuller.done == 1 and (fuller.seconds_left or 0) < later
    late = progress(WHEELS, {}, {"dill"}, replace(begun, now=900.0, settled=105.0))
    assert late.seconds_left is None, "past its time nobody knows"


def test_without_sizes_only_packages_are_counted() -> None:
    untold = tuple(replace(one, bytes=None) for one in WHEELS)
    told = progress(untold, {"dill.whl": 5}, set(), Clock(60.0))
    assert (told.done, told.bytes, told.seconds_left) == (1, None, None)


def test_sizes_are_asked_of_the_disk_or_over_https_only(tmp_path: Path) -> None:
    (tmp_path / "a b.whl").write_bytes(b"12345")
    assert fetching.size_at(f"file://{tmp_path}/a%20b.whl") == 5
    assert fetching.size_at("http://127.0.0.1:9/a.whl") is None
    asked = fetching.sized(WHEELS, ask=lambda url: len(url))
    assert [one.bytes for one in asked] == [len(one.url) for one in WHEELS]


def test_pips_own_report_gives_names_and_files(tmp_path: Path) -> None:
    report = {"install": [{"metadata": {"name": "Rouge_Score"}, "download_info": {"url": "https://x/y/rouge%2Bscore.whl#sha256=1"}}]}  # fmt: skip
    (tmp_path / "report.json").write_text(json.dumps(report))
    found = fetching.wheels_of(tmp_path / "report.json")
    assert (found[0].name, found[0].file) == ("rouge-score", "rouge+score.whl")


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["WARNING: Retrying ... NewConnectionError", "ERROR: No matching distribution found for torch"], "network"),
        (["ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"], "disk"),
        (["ERROR: Cannot install a and b because these package versions have conflicting dependencies.", "ERROR: ResolutionImpossible: see"], "conflict"),
        (["Traceback", "ERROR: it broke"], "other"),
        (["killed"], "other"),
        ([], "other"),
    ],
)  # fmt: skip
def test_a_failure_has_a_reason_and_pips_own_words(lines: list[str], reason: str) -> None:
    found, detail = running.why(lines)
    assert found == reason and (detail in " ".join(lines))


def test_a_failing_pip_is_told_with_its_reason_and_a_killed_one_is_remembered(place: Place) -> None:
    said = "import sys; print('ERROR: [Errno 28] No space left on device'); sys.exit(2)"
    with halves.holding(place, wait=False) as lock:
        assert lock is not None
        with pytest.raises(running.SetupError) as failed:
            running.pip(place, [sys.executable, "-c", said], lock=lock)
        assert failed.value.reason == "disk" and not place.changing.exists()
        with pytest.raises(running.SetupError):
            running.pip(place, [sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], lock=lock)  # fmt: skip
        assert place.changing.exists()


def test_the_rest_is_left_to_whoever_is_at_it(place: Place) -> None:
    place.write(FAR)
    with halves.holding(place, wait=False):
        assert parts.install_rest(place, parts.Wanted([], [], "m")) == 0
        assert halves.read(place) == FAR


def test_a_rest_that_is_there_is_not_installed_again(place: Place) -> None:
    (place.venv / "bin").mkdir()
    (place.venv / "bin" / "python").touch()
    place.write(Half("fetching"), first="m", whole="m")
    assert parts.install_rest(place, parts.Wanted([], [], "m")) == 0
    assert halves.read(place) == READY
    assert not parts.is_whole(place, "other"), "the requirements have changed since"


def test_make_setup_counts_as_whole_until_the_requirements_change(
    place: Place, tmp_path: Path
) -> None:
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).touch()
    assert not parts.is_whole(place, "m", tmp_path)
    (place.venv / ".ready").touch()
    assert parts.is_whole(place, "m", tmp_path)
    late = (place.venv / ".ready").stat().st_mtime + 60
    os.utime(tmp_path / "constraints.txt", (late, late))
    assert not parts.is_whole(place, "m", tmp_path)


def test_a_run_waits_for_the_trainers_half_and_begins_by_itself() -> None:
    readings = iter([Half("failed", reason="network"), FAR, READY])
    slept: list[float] = []
    training_half.wait(lambda: False, lambda: next(readings), slept.append)
    assert len(slept) == 2
    training_half.wait(lambda: True, lambda: FAR, slept.append)
    assert len(slept) == 2, "nobody wants it any more"


def test_what_needs_a_model_says_what_to_do_instead_of_a_traceback() -> None:
    training_half.refuse_unready(lambda: READY)
    with pytest.raises(RunError, match="still being installed") as waits:
        training_half.refuse_unready(lambda: FAR)
    assert "do this again" in waits.value.what_to_do
    with pytest.raises(RunError) as stands:
        training_half.refuse_unready(lambda: Half("cut_off"))
    assert "make setup" in stands.value.what_to_do


def test_the_strip_tells_how_far_it_is_in_both_languages() -> None:
    said = installing.words(FAR)
    assert said == (
        "The training half is being fetched: 23 of 61 packages, 640 MB of 900 MB, about 2 minutes left. "
        "You can talk and plan meanwhile; training waits for it."
    )
    assert "61" in translate(said, "zh") and "大约还需" in translate(said, "zh")
    assert 'width:71%' in installing.drawn(FAR, speaker("en"))  # fmt: skip


@pytest.mark.parametrize("reason", ["network", "disk", "conflict", "other"])
def test_a_failed_installation_says_what_to_do_and_has_a_button(reason: str) -> None:
    half = Half("failed", reason=reason, detail="<b>ERROR</b>")  # type: ignore[arg-type]
    drawn = installing.drawn(half, speaker("en"))
    assert installing.stands(half) and "<b>ERROR" not in drawn and "ts-strip bad" in drawn
    assert not installing.stands(FAR) and installing.stands(Half("cut_off"))
    assert installing.drawn(READY, speaker("zh")) == ""


def test_the_strip_goes_when_the_half_is_there() -> None:
    readings = [FAR, Half("cut_off"), READY]
    pressed: list[str] = []
    strip = installing.Strip(lambda: readings[0], lambda: pressed.append("on"))
    import gradio as gr

    with gr.Blocks():
        strip.build(speaker("en"))
    assert strip.row.visible and not strip.button.visible
    readings.pop(0)
    assert strip.draw("en")[strip.button]["visible"]
    strip.press("zh")
    assert pressed == ["on"]
    readings.pop(0)
    gone = strip.draw("en")
    assert not gone[strip.row]["visible"] and not gone[strip.timer]["active"]
