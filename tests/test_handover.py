"""What the untouched model did once is done once: taken over where it fits, made again where it does not."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_model import events, finish, make_run, run_config, write_model
from tools.jobs.handover import KNOWN, hand_over
from training.config import RunConfig
from training.measured import Measured
from training.practice import MODEL_DIR
from training.rundir import RunDir

PREPARED = {
    "measure": {"dev_items": 16, "probe_items": 14, "final_probe_items": 28, "robustness": False},
    "replay": {"source": "self", "share": 0.5, "min_rows": 40},
}


def config(name: str, **changes: Any) -> dict[str, Any]:
    raw = run_config(MODEL_DIR, stage={"epochs": 1, "checkpoints": 1, "max_seq_tokens": 160})
    return raw | {"run": name} | PREPARED | changes


def pieces(run: RunDir) -> dict[str, Any]:
    return {
        path.name: json.loads(path.read_text())
        for path in (run.path / "phases").glob("*.json")
        if path.name.startswith(("base-", "probe"))
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def measured(home: Path) -> RunDir:
    """A measurement that also did what training begins with."""
    run = make_run(home / "runs", config("measured", stages=[]))
    assert finish(run) == 0
    return run


@pytest.mark.slow
def test_a_training_takes_over_what_its_measurement_did(home: Path, measured: RunDir) -> None:
    assert [event["facts"]["rows"] for event in events(measured, "replay_written")] == [40]
    run = make_run(home / "runs", config("trained"))
    hand_over(home, run, measured=measured)
    assert finish(run) == 0
    done = Measured.load(run.path / "measured.json")
    assert done.complete and done.retention is not None and done.base_retention_items == 28
    assert not events(run, "baseline") and not events(run, "base_probes")
    assert [e["text"] for e in events(run, "replay_written")] == [
        "All 40 conversations to rehearse were written before."
    ]
    (told,) = events(run, "taken_over")
    assert {"base-zero-shot", "probes-final-base", "nll-base"} <= set(told["facts"]["names"])
    before, after = pieces(measured), pieces(run)
    assert all(after[name] == before[name] for name in before)


@pytest.mark.slow
def test_another_data_set_finds_what_the_model_did_and_asks_only_its_own_questions(
    home: Path, measured: RunDir
) -> None:
    hand_over(home, make_run(home / "runs", config("first")), measured=measured)
    raw = config("second", stages=[], replay={"source": "self", "share": 0.5, "min_rows": 70})
    raw["task"] = {**raw["task"], "max_new_tokens": 5}
    run = make_run(home / "runs", raw)
    hand_over(home, run)
    assert finish(run) == 0
    assert len(events(run, "baseline")) == 1 and not events(run, "base_probes")
    (told,) = events(run, "replay_written")
    assert (
        told["text"] == "All 70 conversations to rehearse were written before."
    )  # they come with the model
    assert told["facts"]["rows"] == told["facts"]["known"] == 70


@pytest.mark.slow
def test_other_weights_under_the_same_name_are_measured_again(
    tmp_path: Path, measured: RunDir
) -> None:
    raw = config("other")
    raw["model"] = {**raw["model"], "source": str(write_model(tmp_path / "model"))}
    few = {"dev_items": 16, "probe_items": 0, "final_probe_items": 0}
    run = make_run(tmp_path / "runs", raw | {"stages": [], "replay": {}, "measure": few})
    hand_over(tmp_path, run, measured=measured)
    assert finish(run) == 0
    again = {event["facts"]["name"] for event in events(run, "measured_again")}
    assert again == {"base-zero-shot"} and len(events(run, "baseline")) == 1


def test_only_whole_pieces_of_the_same_model_are_kept_for_later_runs(tmp_path: Path) -> None:
    first = make_run(tmp_path / "runs", config("first"))
    folder = first.path / "phases"
    (folder / "replay").mkdir(parents=True)
    for name in ("base-zero-shot.json", "probe-cells.json", "replay/a-0000.json", "half.json.tmp"):
        (folder / name).write_text("{}")
    second = make_run(tmp_path / "runs", config("second"))
    hand_over(tmp_path, second, measured=first)
    assert {str(p.relative_to(second.path / "phases")) for p in (second.path / "phases").rglob("*.json")} == {
        "base-zero-shot.json", "probe-cells.json", "replay/a-0000.json",
    }  # fmt: skip
    kept = {path.name for path in (tmp_path / KNOWN).rglob("*.json")}
    assert kept == {"probe-cells.json", "a-0000.json"}, "the person's test items are nobody else's"
    third = make_run(tmp_path / "runs", config("third", seed=9))
    hand_over(tmp_path, third)
    assert not (third.path / "phases").exists()


def test_what_a_run_has_done_itself_is_not_replaced(tmp_path: Path) -> None:
    first, second = (make_run(tmp_path / "runs", config(name)) for name in ("first", "second"))
    for run, said in ((first, "1"), (second, "2")):
        (run.path / "phases").mkdir()
        (run.path / "phases" / "probe-cells.json").write_text(said)
    hand_over(tmp_path, second, measured=first)
    assert (second.path / "phases" / "probe-cells.json").read_text() == "2"
    assert isinstance(second.config(), RunConfig)
