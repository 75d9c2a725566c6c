"""What a run leaves for those who read one file of it, and what a plan made without measuring still knows."""

from __future__ import annotations

import csv
import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from agent.cli import app
from agent.cli.edge import guarded
from agent.commands import request
from agent.local.engine import LocalEngine
from agent.settings import Settings
from tests.answered_runs import put_answers
from tests.talking import handed_over
from tests.test_engine import Recorder
from tools.simple import with_scores
from training.document import write_json
from training.rundir import Status, now
from training.text import Text


@pytest.fixture
def engine(tmp_path: Path) -> LocalEngine:
    return LocalEngine(Settings(tmp_path / "home", "en", None, None), Recorder())  # type: ignore[arg-type]


def test_the_simple_scores_are_by_the_metric_that_the_tuned_model_is_judged_by(
    engine: LocalEngine, tmp_path: Path
) -> None:
    data = tmp_path / "mails.csv"
    things = ["late parcel"] * 12 + ["wrong bill"] * 6 + ["lost card"]
    rows = [f"my {things[n % 19]} number {n},{things[n % 19].split()[1]}\n" for n in range(400)]
    data.write_text("text,label\n" + "".join(rows), encoding="utf-8")
    asked = request([data], "Sort our mails", model="practice", techniques="sft")
    known = replace(asked, profile=engine.profile(asked))
    found = engine.simple_baselines(known)
    plan = engine.plan(replace(known, baselines=found))
    assert plan.evaluation.metric.value == "macro_f1"
    assert {one.metric for one in found} == {"macro_f1"}
    old = [one.model_copy(update={"metric": "accuracy"}) for one in found]
    mended = with_scores(plan.model_copy(update={"baselines": tuple(old)}), found)
    assert mended.baselines == found


def test_a_plan_made_without_measuring_runs_with_the_simple_scores_in_it(
    engine: LocalEngine, tmp_path: Path
) -> None:
    data = tmp_path / "spam.csv"
    with data.open("w", newline="") as file:
        lines = [(f"win prize {n}", "yes") for n in range(60)]
        lines += [(f"see you at {n}", "no") for n in range(60)]
        csv.writer(file).writerows([("comment", "is_spam"), *lines])
    asked = request([data], "Tell spam", model="practice", techniques="sft")
    plan = engine.plan_unmeasured(asked)
    assert plan.baselines == ()
    stored = engine.runs.plan(engine.start_plan(plan))
    assert stored is not None
    assert [score.name for score in stored.baselines] == ["commonest answer", "simple model"]
    assert stored.order == plan.order


def test_the_baseline_and_the_samples_stand_in_files_of_their_own(
    engine: LocalEngine, tmp_path: Path
) -> None:
    data = handed_over.write("style_400", tmp_path)
    asked = request([data], "Write slogans in our house style", model="practice")
    plan = engine.plan_unmeasured(asked)
    run = engine.start_plan(plan)
    rows = engine.dataset(asked).test
    put_answers(run.path, rows, ["no idea"] * len(rows), [row.answer for row in rows])
    run.write_status(Status(run=run.id, state="done", at=now(), text=Text("It ended.")))
    made = engine.report(run.id)
    baseline = json.loads((run.path / "baseline.json").read_text(encoding="utf-8"))
    assert (baseline["kind"], baseline["run"]) == ("baseline", run.id)
    assert baseline["baselines"] == made.as_json()["baselines"]
    samples = (run.path / "samples.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in samples] == made.as_json()["samples"]


def test_a_file_that_goes_away_while_a_run_is_looked_at_is_no_damage(
    engine: LocalEngine, tmp_path: Path
) -> None:
    data = handed_over.write("style_400", tmp_path)
    asked = request([data], "Write slogans in our house style", model="practice")
    run = engine.start_plan(engine.plan_unmeasured(asked))
    over = threading.Event()

    def replace_files() -> None:
        while not over.is_set():
            write_json(run.path / "other.json", {})
            (run.path / "other.json").unlink()

    trainer = threading.Thread(target=replace_files)
    trainer.start()
    try:
        shown = [engine.runs.describe(run) for _ in range(200)]
    finally:
        over.set()
        trainer.join()
    assert all(one["state"] == "queued" and one["disk_gib"] > 0 for one in shown)


def test_an_unknown_format_of_an_export_is_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["export", "any", "--to", str(tmp_path / "out"), "--format", "zip", "--json"]
    assert guarded(app, arguments) == 2
    assert "merged" in json.loads(capsys.readouterr().out)["what"]
