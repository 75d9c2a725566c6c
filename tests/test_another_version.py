"""Another version of a trained run: kept by a person's word, measured a second time, and said to be so."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.cli import show_versions
from tests.tiny_model import events, finish, make_run, run_config, weights_hash, write_model
from tools.errors import RunError
from tools.jobs.another_version import derive, names, read
from training.measured import Candidate, Measured
from training.rundir import RunDir

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    model = write_model(tmp_path_factory.mktemp("model"))
    run = make_run(tmp_path_factory.mktemp("home"), run_config(model))
    assert finish(run) == 0
    return run


def measured(run: RunDir) -> Measured:
    return Measured.load(run.path / "measured.json")


def another(run: RunDir) -> Candidate:
    return next(one for one in measured(run).candidates if not one.chosen)


def test_another_version_is_measured_without_training_again(trained: RunDir) -> None:
    before, wanted = measured(trained), another(trained)
    kept = weights_hash(trained.path / "chosen")
    made = derive(trained, read(names(wanted)))
    assert derive(trained, read(names(wanted))).path == made.path
    assert finish(made) == 0
    found = measured(made)
    assert found.complete and found.tuned is not None and found.tuned.items == 16
    (chosen,) = [one for one in found.candidates if one.chosen]
    assert names(chosen) == names(wanted)
    assert found.chosen_because is not None and "You chose this version" in str(
        found.chosen_because
    )
    assert any("a second time" in str(note) for note in found.notes)
    assert not events(made, "step")
    assert weights_hash(made.path / "chosen") != kept
    assert measured(trained) == before and weights_hash(trained.path / "chosen") == kept


def test_the_terminal_lists_the_versions_and_marks_the_one_in_use(
    trained: RunDir, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = show_versions.facts(measured(trained).candidates)
    assert [row["version"] for row in rows if row["in_use"]] == [
        names(one) for one in measured(trained).candidates if one.chosen
    ]
    show_versions.table(rows, "en")
    assert rows[0]["version"] in capsys.readouterr().out


def test_what_cannot_be_taken_is_refused_with_the_reason(trained: RunDir, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="names no version"):
        read("the best one")
    with pytest.raises(RunError, match="measured no such version"):
        derive(trained, read("1-sft@99999@1"))
    used = next(one for one in measured(trained).candidates if one.chosen)
    with pytest.raises(RunError, match="in use already"):
        derive(trained, read(names(used)))


def test_weights_that_were_deleted_are_not_trained_again_in_silence(
    trained: RunDir, tmp_path: Path
) -> None:
    import shutil

    copy = tmp_path / trained.id
    shutil.copytree(trained.path, copy)
    shutil.rmtree(copy / "stages")
    with pytest.raises(RunError, match="no longer here"):
        derive(RunDir(copy), read(names(another(trained))))
