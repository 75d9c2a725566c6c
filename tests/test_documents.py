"""Sentences keep their templates on disk, documents are whole, run directories tell how they stand."""

import json
from pathlib import Path

import pytest

from tools.choice import Choice
from training.document import write_json
from training.rundir import Event, RunDir, Status, now
from training.text import Text, join, sentences


def test_a_sentence_remembers_its_template_and_reads_as_english() -> None:
    said = Text("{rows:,} rows have no answer.", rows=1200)
    assert said == "1,200 rows have no answer."
    assert Text.restore(json.loads(json.dumps(said.store()))).template == said.template


def test_joined_sentences_can_each_be_translated() -> None:
    both = join([Text("One {a}.", a=1), Text("Two.")])
    assert both == "One 1. Two."
    assert Text.restore(both.store()) == both
    assert [part.template for part in sentences(list(both.facts.values()))] == ["One {a}.", "Two."]


def test_a_status_gets_its_templates_back_from_disk(tmp_path: Path) -> None:
    status = Status(run="r", state="training", at=now(), text=Text("Step {step}.", step=3))
    status.save(tmp_path / "status.json")
    assert "texts" not in status.as_json()
    assert Status.load(tmp_path / "status.json").text.facts == {"step": 3}


def test_a_choice_reads_as_the_contract_says() -> None:
    choice = Choice[float](value=1e-4, because=Text("It is small."), source="LR-04")
    assert choice.model_dump(mode="json") == {
        "value": 1e-4, "because": "It is small.", "source": "LR-04", "origin": "rule",
    }  # fmt: skip


def test_a_torn_last_line_of_the_events_is_not_there_yet(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    for n in (1, 2):
        run.append_event(Event(n=n, at=now(), run="r", code="step", text=Text("Step {n}.", n=n)))
    with (tmp_path / "events.jsonl").open("ab") as file:
        file.write(b'{"n": 3, "at"')
    assert [event.n for event in run.events()] == [1, 2]
    assert [event.text.template for event in run.events(after=1)] == ["Step {n}."]


def test_a_run_lives_exactly_as_long_as_somebody_holds_its_lock(tmp_path: Path) -> None:
    import os

    run = RunDir(tmp_path)
    assert run.reading() == "queued"
    descriptor = run.lock()
    run.write_status(Status(run="r", state="training", at=now(), text=Text("Training.")))
    assert run.reading() == "training"
    with pytest.raises(BlockingIOError):
        run.lock()
    os.close(descriptor)
    assert run.reading() == "lost"


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"old": 1})
    with pytest.raises(TypeError):
        write_json(tmp_path / "a.json", {"new": object()})
    assert json.loads((tmp_path / "a.json").read_text()) == {"old": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
