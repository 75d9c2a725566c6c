"""Runs as their directories show them: names, damage, import, resume, comparison; and endings on the command line."""

import json
from pathlib import Path

import pytest

from agent import commands
from agent.cli.edge import guarded
from agent.local.planning import file_key
from agent.runs.directories import Runs
from agent.settings import Settings
from tests.tiny_model import make_run, run_config
from tools.errors import PlanError, RunError
from training.document import write_json
from training.rundir import RunDir, Status, now
from training.text import Text


class Recorder:
    """A back-end that only remembers what it was asked for."""

    name = "recorder"

    def __init__(self) -> None:
        self.submitted: list[str] = []

    def submit(self, run: RunDir) -> None:
        self.submitted.append(run.id)

    def stop(self, run: RunDir, *, grace_s: float = 30.0) -> None:
        raise AssertionError("nothing here is stopped")


@pytest.fixture
def backend() -> Recorder:
    return Recorder()


@pytest.fixture
def runs(tmp_path: Path, backend: Recorder) -> Runs:
    return Runs(Settings(tmp_path / "home", "en", None, None), backend)


@pytest.fixture
def tiny(runs: Runs, tmp_path: Path) -> RunDir:
    return make_run(runs.settings.runs, run_config(tmp_path / "model"))


def ended(run: RunDir, state: str) -> None:
    run.write_status(Status(run=run.id, state=state, at=now(), text=Text("It ended.")))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", ".", "..", "../..", "./tiny", "tiny/..", "../runs/tiny", "/"])
def test_a_path_names_no_run(runs: Runs, tiny: RunDir, name: str) -> None:
    with pytest.raises(RunError, match="no run called"):
        runs.find(name)
    assert runs.find("tiny") == tiny
    assert runs.find("ti") == tiny


def test_a_run_with_a_damaged_file_does_not_hide_the_others(
    runs: Runs, tiny: RunDir, tmp_path: Path
) -> None:
    other = make_run(runs.settings.runs, run_config(tmp_path) | {"run": "other"})
    (tiny.path / "status.json").write_text("{broken")
    states = {row["run"]: row["state"] for row in runs.summaries()}
    assert states == {"tiny": "damaged", other.id: "queued"}


@pytest.mark.parametrize("name", ["..", ".", "", "a/b"])
def test_an_imported_run_cannot_name_its_way_out_of_the_home(
    runs: Runs, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    write_json(folder / "run.json", run_config(tmp_path) | {"run": name})
    with pytest.raises(RunError, match="cannot be called"):
        runs.take_over(folder)


def test_an_import_that_fails_leaves_nothing_behind(runs: Runs, tmp_path: Path) -> None:
    away = make_run(tmp_path / "away", run_config(tmp_path))
    (away.path / "dangling").symlink_to(away.path / "nowhere")
    with pytest.raises(RunError, match="could not be copied"):
        runs.take_over(away.path)
    assert not (runs.settings.runs / "tiny").exists()
    (away.path / "dangling").unlink()
    assert runs.take_over(away.path).config().run == "tiny"


@pytest.mark.parametrize("state", ["stopped", "failed"])
def test_a_resumed_run_is_not_stopped_by_the_old_request(
    runs: Runs, tiny: RunDir, backend: Recorder, state: str
) -> None:
    tiny.request_stop()
    ended(tiny, state)
    runs.resume(tiny)
    assert not tiny.stop_requested()
    assert backend.submitted == ["tiny"]


def test_a_lost_run_that_was_asked_to_stop_can_go_on(
    runs: Runs, tiny: RunDir, backend: Recorder
) -> None:
    ended(tiny, "training")
    tiny.request_stop()
    assert tiny.reading() == "lost"
    runs.resume(tiny)
    assert not tiny.stop_requested()
    assert backend.submitted == ["tiny"]


def test_a_run_that_is_done_is_not_resumed(runs: Runs, tiny: RunDir, backend: Recorder) -> None:
    ended(tiny, "done")
    with pytest.raises(RunError, match="nothing to go on with"):
        runs.resume(tiny)
    assert backend.submitted == []


def test_a_lost_run_without_results_is_told_to_be_resumed(runs: Runs, tiny: RunDir) -> None:
    ended(tiny, "training")
    with pytest.raises(RunError) as caught:
        runs.report(tiny)
    assert "runs resume tiny" in caught.value.what_to_do


def test_an_export_in_no_known_format_is_refused(runs: Runs, tiny: RunDir, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="nonsense"):
        runs.export(tiny, tmp_path / "out", "nonsense")
    assert not (tmp_path / "out").exists()


def test_a_sheet_named_in_the_path_is_a_file_and_part_of_its_key(tmp_path: Path) -> None:
    book = tmp_path / "book.xlsx"
    book.write_bytes(b"PK")
    first, second = tmp_path / "book.xlsx#One", tmp_path / "book.xlsx#Two"
    assert commands.request([first], "sort").files == (first,)
    assert file_key(first) != file_key(second) != file_key(book)


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"seed": -1}, "--seed"),
        ({"seed": 2**64}, "--seed"),
        ({"model": " "}, "--model"),
        ({"techniques": "sft,sft"}, "--technique"),
    ],
)
def test_a_value_that_would_be_changed_in_silence_is_refused(
    tmp_path: Path, options: dict[str, object], where: str
) -> None:
    with pytest.raises(PlanError) as caught:
        commands.request([tmp_path], "sort", **options)
    assert caught.value.where == where


def interrupted(arguments: list[str], *, standalone_mode: bool) -> int:
    raise KeyboardInterrupt


def surprised(arguments: list[str], *, standalone_mode: bool) -> int:
    raise ZeroDivisionError("oops")


@pytest.mark.parametrize(("app", "code"), [(interrupted, 130), (surprised, 5)])
def test_every_ending_is_one_json_document(
    capsys: pytest.CaptureFixture[str], app: object, code: int
) -> None:
    assert guarded(app, ["runs", "--json"]) == code  # type: ignore[arg-type]
    document = json.loads(capsys.readouterr().out)
    assert (document["kind"], document["exit_code"]) == ("error", code)


@pytest.mark.parametrize(
    "arguments",
    [
        ["profile", "--no-such-option"], ["plan", "x.csv"], ["plan", "x.csv", "--goal", " "],
        ["compare", "one"], ["compare", "one", "one"], ["runs", "--language", "xx"], ["auto", "x.csv"],
    ],
)  # fmt: skip
def test_wrong_usage_is_one_json_document_too(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    from agent.cli import app

    assert guarded(app, [*arguments, "--json"]) == 2
    document = json.loads(capsys.readouterr().out)
    assert (document["kind"], document["exit_code"]) == ("error", 2)
    assert document["what"]
