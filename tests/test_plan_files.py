"""Plan files: whatever is wrong with one is named with the file and the field; and the same plan is run once."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.local.plan_files import check_data, read_plan, refuse_second_run
from agent.runs.directories import Runs
from agent.settings import Settings
from tests.deciding import facts
from tests.tiny_model import make_run, run_config
from tools.decide import decide
from tools.errors import DataError, PlanError, RunError
from tools.jobs.local import LocalBackend
from tools.plan import Plan
from training.document import write_json
from training.rundir import RunDir, Status, now
from training.text import Text


@pytest.fixture(scope="module")
def plan() -> Plan:
    return decide(facts(insist=("sft",)))


@pytest.fixture
def saved(plan: Plan, tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    plan.save(path)
    return path


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(Settings(tmp_path / "home", "en", None, None), LocalBackend())


def edit(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    raw = json.loads(path.read_text())
    change(raw)
    path.write_text(json.dumps(raw))


def test_a_plan_comes_back_as_it_was_saved(plan: Plan, saved: Path) -> None:
    found = read_plan(saved)
    assert found.order is not None and plan.order is not None
    assert found.order.id == plan.order.id


@pytest.mark.parametrize(
    ("change", "said", "where"),
    [
        (lambda raw: raw["stages"][0]["learning_rate"].update(value=-1), "sft.learning_rate cannot be '-1.0'", ""),
        (lambda raw: raw["stages"][0]["epochs"].update(value="many"), "stages.0.epochs.value", ""),
        (lambda raw: raw["stages"][0]["micro_batch_size"].update(value=7), "cannot be cut into pieces of 7", "sft.micro_batch_size"),
        (lambda raw: raw["decision"].update(pipeline=["dpo"]), "pipeline says dpo", "decision.pipeline"),
        (lambda raw: raw["stages"][0].update(learning_rat=1), "no setting called 'stages.0.learning_rat'", ""),
        (lambda raw: raw.pop("model"), "'model' is missing", ""),
    ],
)  # fmt: skip
def test_a_wrong_value_names_the_file_and_the_field_and_blames_no_option(
    saved: Path, change: Callable[[dict[str, Any]], Any], said: str, where: str
) -> None:
    edit(saved, change)
    with pytest.raises(PlanError) as caught:
        read_plan(saved)
    assert said in caught.value.what
    assert str(saved) in caught.value.where and where in caught.value.where
    assert "--set" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'[{"role": "user", "content": "hello"}]', "list of chat messages"),
        (b"[1, 2]", "it is a list"),
        (b'{"kind": "report", "schema": 1}', "says that it is a report"),
        (b"{}", "does not say that it is a plan"),
        (b'{"kind": "plan", "schema": 1,', "breaks off"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not text"),
        (b"", "breaks off"),
    ],
)
def test_a_file_that_is_no_plan_is_told_what_it_is(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    with pytest.raises(PlanError, match="not a plan file") as caught:
        read_plan(path)
    assert said in caught.value.what and str(path) in caught.value.where


def test_a_folder_is_no_plan(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="Is a directory"):
        read_plan(tmp_path)


def test_changed_data_are_named(plan: Plan, tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.write_text("a")
    with pytest.raises(DataError, match="changed"):
        check_data(plan.model_copy(update={"data_hashes": {str(data): "0" * 64}}))


@pytest.mark.parametrize(
    ("state", "advice"), [("done", "report tiny"), ("stopped", "resume tiny"), (None, "resume tiny")]
)  # fmt: skip
def test_the_same_plan_is_not_run_twice_by_mistake(
    runs: Runs, plan: Plan, tmp_path: Path, state: str | None, advice: str
) -> None:
    refuse_second_run(runs, plan)
    before = make_run(runs.settings.runs, run_config(tmp_path))
    plan.save(before.path / "plan.json")
    if state is not None:
        before.write_status(Status(run=before.id, state=state, at=now(), text=Text("It ended.")))  # type: ignore[arg-type]
    with pytest.raises(RunError, match="run before: tiny is") as caught:
        refuse_second_run(runs, plan)
    assert advice in caught.value.what_to_do and "--again" in caught.value.what_to_do
    assert caught.value.exit_code == 5
    refuse_second_run(runs, decide(facts(insist=("sft",), seed=7)))


@pytest.mark.parametrize(
    "name", ["run.json", "status.json", "measured.json", "events.jsonl", "plan.json"]
)
@pytest.mark.parametrize("content", ["", '{"kind": "run", "sch', "null", '{"n": 1}\n'])
def test_a_damaged_run_directory_is_said_in_three_parts(
    runs: Runs, tmp_path: Path, name: str, content: str
) -> None:
    run = make_run(runs.settings.runs, run_config(tmp_path))
    write_json(
        run.path / "measured.json",
        {"kind": "measured", "schema": 1, "run": "tiny", "complete": True},
    )
    run.write_status(Status(run=run.id, state="done", at=now(), text=Text("It ended.")))
    (run.path / name).write_text(content)

    def every_look() -> None:
        runs.describe(run)
        runs.events(run)
        runs.report(run)

    if name == "events.jsonl" and not content.endswith("\n"):
        runs.events(run)  # a last line without its end is not there yet
        return
    with pytest.raises(RunError) as caught:
        every_look()
    assert "damaged" in caught.value.what and "runs delete tiny" in caught.value.what_to_do
    assert isinstance(runs.summaries(), list)


def test_a_run_of_another_version_is_not_called_damaged(runs: Runs, tmp_path: Path) -> None:
    run = make_run(runs.settings.runs, run_config(tmp_path))
    written = json.loads((run.path / "run.json").read_text("utf-8"))
    (run.path / "run.json").write_text(json.dumps(written | {"new_setting": 1}), "utf-8")
    with pytest.raises(RunError) as caught:
        runs.describe(run)
    assert "another version of Tunesmith" in caught.value.what
    assert "version that wrote it" in caught.value.what_to_do
    assert "runs delete tiny" in caught.value.what_to_do


def test_a_run_directory_without_its_first_file_is_damaged_too(runs: Runs) -> None:
    (runs.settings.runs / "empty").mkdir(parents=True)
    with pytest.raises(RunError, match="damaged"):
        runs.describe(runs.find("empty"))


def test_a_runs_sentence_can_be_said_in_another_language(runs: Runs, tmp_path: Path) -> None:
    run = make_run(runs.settings.runs, run_config(tmp_path))
    assert isinstance(runs.describe(run)["text"], Text)
    assert json.loads(json.dumps(runs.describe(run)))["text"] == "Waiting for a free place to run."
    assert isinstance(RunDir(run.path), RunDir)
