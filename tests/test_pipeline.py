"""A run from its directory to its measurement, in processes of its own, whatever happens to them on the way."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_model import (
    ROOT,
    events,
    fault,
    finish,
    make_run,
    run_config,
    weights_hash,
    write_model,
)
from training.measured import Measured
from training.rundir import RunDir

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def straight(model: Path, tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    """A run that nothing happened to."""
    run = make_run(tmp_path_factory.mktemp("straight"), config(model))
    assert finish(run) == 0
    return run


def config(model: Path, **changes: Any) -> dict[str, Any]:
    return run_config(model, **changes)


def outcome(run: RunDir) -> dict[str, Any]:
    """Everything that must not depend on what happened on the way."""
    raw = Measured.load(run.path / "measured.json").as_json()
    kept = {
        name: raw[name] for name in ("tuned", "difference", "candidates", "baselines", "complete")
    }
    return kept | {"weights": weights_hash(run.path / "chosen")}


def test_a_run_ends_measured_and_says_what_it_did(straight: RunDir) -> None:
    status = straight.status()
    assert status is not None
    assert (status.state, straight.reading()) == ("done", "done")
    measured = Measured.load(straight.path / "measured.json")
    assert measured.complete
    assert measured.tuned is not None
    assert measured.tuned.items == 16
    assert [
        candidate.step for candidate in measured.candidates if candidate.interpolation == 1.0
    ] == [5, 11, 16]
    assert sum(candidate.chosen for candidate in measured.candidates) == 1
    assert [event["facts"]["loss"] for event in events(straight, "checkpoint")] == [
        candidate.loss for candidate in measured.candidates if candidate.interpolation == 1.0
    ]
    assert measured.stages[0].ended_because == "All 16 steps were trained."
    assert measured.spent.attempts == 1
    assert [event["facts"]["task"] for event in events(straight, "checkpoint")]
    assert len(events(straight, "step")) == 16


def test_killed_at_its_worst_moments_it_ends_all_the_same(
    straight: RunDir, model: Path, tmp_path: Path
) -> None:
    run = make_run(tmp_path, config(model))
    moments = [
        ("training.evaluate:generate", 1),  # while the untouched model is measured
        ("training.guard:Guard.judge_step", 3),  # in training, before anything was saved
        ("training.checkpoints:_sync", 4),  # in a save
        ("training.guard:Guard.judge_step", 9),
        ("training.loop:prune", 1),  # saved, not yet tidied and not measured
        ("training.evaluate:generate", 2),  # while a checkpoint is measured
        ("training.phases.candidates:save_weights", 1),  # while the chosen weights are kept
        ("training.phases.final:_samples", 1),  # all asked, not yet written
    ]
    for place, call in moments:
        assert fault(run, place, call, "kill") == -9, place
        assert run.reading() in {"lost", "queued"}
        with (run.path / "events.jsonl").open("ab") as file:
            file.write(b'{"n": 99, "torn')
    assert finish(run) == 0
    assert outcome(run) == outcome(straight)
    numbers = [event.n for event in run.events()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert Measured.load(run.path / "measured.json").spent.attempts == len(moments) + 1


def test_asked_to_end_it_saves_and_goes_on_to_the_same_bits(
    straight: RunDir, model: Path, tmp_path: Path
) -> None:
    run = make_run(tmp_path, config(model))
    assert fault(run, "training.guard:Guard.judge_step", 7, "term") == 0
    status = run.status()
    assert status is not None
    assert status.state == "stopped"
    assert (run.stages / "1-sft" / "checkpoints" / "step-000007").exists()
    assert finish(run) == 0
    assert outcome(run) == outcome(straight)


def test_a_stopped_run_keeps_and_measures_its_best_checkpoint(model: Path, tmp_path: Path) -> None:
    run = make_run(tmp_path, config(model))
    assert fault(run, "training.guard:Guard.judge_step", 8, "stop") == 0
    assert run.reading() == "stopped"
    measured = Measured.load(run.path / "measured.json")
    assert measured.complete
    assert {candidate.step for candidate in measured.candidates} <= {5, 8}
    assert "stopped as asked after 8 of 16" in measured.stages[0].ended_because


def test_a_step_that_does_not_fit_begins_again_with_half(
    straight: RunDir, model: Path, tmp_path: Path
) -> None:
    run = make_run(tmp_path, config(model))
    assert fault(run, "training.sft:_Trainer.training_step", 6, "memory") == 0
    assert run.reading() == "done"
    assert [event["facts"]["micro_batch_size"] for event in events(run, "out_of_memory")] == [4]
    losses = [
        [event["facts"]["loss"] for event in events(each, "step")] for each in (run, straight)
    ]
    assert losses[0][-1] == pytest.approx(losses[1][-1], rel=1e-3)


def test_a_budget_that_measuring_used_up_trains_nothing_and_says_so(
    model: Path, tmp_path: Path
) -> None:
    run = make_run(tmp_path, config(model, budget={"minutes": 0.001}))
    assert finish(run) == 0
    status = run.status()
    assert status is not None
    assert (status.state, status.text) == (
        "stopped",
        "The budget was used up by measuring the untouched model; nothing was trained.",
    )


def test_a_run_without_stages_only_measures(model: Path, tmp_path: Path) -> None:
    run = make_run(tmp_path, config(model) | {"stages": []})
    assert finish(run) == 0
    measured = Measured.load(run.path / "measured.json")
    assert (measured.complete, measured.tuned, len(measured.baselines)) == (True, None, 1)


def test_a_model_that_is_good_enough_untouched_is_not_trained(model: Path, tmp_path: Path) -> None:
    raw = config(model)
    raw["measure"] = {**raw.get("measure", {}), "stop_if_untouched_reaches": 0.0}
    run = make_run(tmp_path, raw)
    assert finish(run) == 0
    measured = Measured.load(run.path / "measured.json")
    assert measured.complete and measured.tuned is None and not measured.stages
    status = run.status()
    assert status is not None and "nothing was trained" in status.text


def test_facts_that_the_model_does_not_know_are_not_trained_on(model: Path, tmp_path: Path) -> None:
    raw = config(model)
    raw["measure"] = {**raw.get("measure", {}), "stop_if_untouched_below": 1.1}
    run = make_run(tmp_path, raw)
    assert finish(run) == 0
    measured = Measured.load(run.path / "measured.json")
    assert measured.complete and measured.tuned is None and not measured.stages
    status = run.status()
    assert status is not None and "facts it does not know" in status.text


def test_a_rate_that_is_far_too_high_ends_with_what_there_was_to_keep(
    model: Path, tmp_path: Path
) -> None:
    stage = {"learning_rate": 30.0, "schedule": "constant", "epochs": 8}
    run = make_run(tmp_path, config(model, stage=stage))
    assert finish(run) == 0
    measured = Measured.load(run.path / "measured.json")
    assert any("Set the learning rate to" in note for note in measured.notes)
    assert "unstable again and again" in measured.stages[0].ended_because
    assert measured.tuned is not None
    assert len(events(run, "recovery")) == 3


def test_a_rate_that_is_far_too_high_from_the_start_ends_in_words(
    model: Path, tmp_path: Path
) -> None:
    stage = {"learning_rate": 1e9, "schedule": "constant", "epochs": 8, "checkpoints": 1}
    run = make_run(tmp_path, config(model, stage=stage))
    assert finish(run) == 1
    status = run.status()
    assert status is not None
    assert status.error is not None
    assert status.error["what"].startswith("Training became unstable")
    assert "Set the learning rate to" in status.error["what_to_do"]
    assert len(events(run, "recovery")) == 3


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    run = make_run(tmp_path, run_config(tmp_path / "nowhere"))
    assert finish(run) == 1
    status = run.status()
    assert status is not None
    assert status.error is not None
    assert "could not be loaded" in status.error["what"]
    assert "Traceback" in (run.path / "log.txt").read_text()


def test_changed_test_items_are_refused(model: Path, tmp_path: Path) -> None:
    run = make_run(tmp_path, config(model, hashes={"test.jsonl": "0" * 64}))
    assert finish(run) == 1
    status = run.status()
    assert status is not None
    assert status.error is not None
    assert "not the ones that were planned" in status.error["what"]


def test_only_one_process_carries_out_a_run(model: Path, tmp_path: Path) -> None:
    run = make_run(tmp_path, config(model))
    held = run.lock()
    assert finish(run) == 3
    assert held


def test_neither_a_users_folders_nor_ours_beside_it_are_needed(model: Path, tmp_path: Path) -> None:
    for name in ("training", "tools", "datasets"):
        (tmp_path / "here" / name).mkdir(parents=True)
        (tmp_path / "here" / name / "__init__.py").write_text(
            "raise SystemExit('the wrong folder')"
        )
    alone = tmp_path / "node"
    shutil.copytree(
        ROOT / "training", alone / "training", ignore=shutil.ignore_patterns("__pycache__")
    )
    run = make_run(tmp_path, config(model) | {"stages": []})
    assert finish(run, root=alone, cwd=tmp_path / "here") == 0
    assert json.loads((run.path / "measured.json").read_text())["complete"]
