"""The account of a run survives its processes: events are mended and go on, time and attempts add up."""

import json
from dataclasses import dataclass
from pathlib import Path

from training.rundir import RunDir
from training.telemetry import Place, Telemetry
from training.text import Text


@dataclass
class Clock:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_torn_line_is_cut_and_the_numbers_go_on(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    Telemetry(run, started=0.0).event("one", Text("One."))
    with (tmp_path / "events.jsonl").open("ab") as file:
        file.write('{"n": 2, "text": "zerriß'.encode())
    Telemetry(run, started=0.0).event("two", Text("Two."), at=Place("1-sft", 3, 9), loss=0.5)
    found = list(run.events())
    assert [(event.n, event.code, event.step) for event in found] == [
        (1, "one", None),
        (2, "two", 3),
    ]
    assert found[1].facts == {"loss": 0.5}


def test_time_money_and_attempts_add_up_even_of_a_process_killed_at_once(tmp_path: Path) -> None:
    run, clock = RunDir(tmp_path), Clock()
    with Telemetry(run, started=0.0, usd_per_hour=3.0, clock=clock):
        clock.seconds = 600
    Telemetry(run, started=600, usd_per_hour=3.0, clock=clock)  # killed before its first heartbeat
    with Telemetry(run, started=600, usd_per_hour=3.0, clock=clock) as third:
        clock.seconds = 1200
        spent = third.spent()
    assert (spent.minutes, spent.cost_usd, spent.attempts) == (20, 1.0, 3)
    assert json.loads((tmp_path / "spent.json").read_text())["attempts"] == 3


def test_last_words_keep_where_the_run_had_got_to(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    telemetry = Telemetry(run, started=0.0)
    telemetry.progress("training", Text("Step {step}.", step=7), at=Place("1-sft", 7, 20))
    telemetry.fail(Text("It failed."), {"what": "a", "where": "b", "what_to_do": "c"})
    status = run.status()
    assert status is not None
    assert (status.state, status.stage, status.step, status.error) == (
        "failed", "1-sft", 7, {"what": "a", "where": "b", "what_to_do": "c"},
    )  # fmt: skip
