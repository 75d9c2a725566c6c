"""The panel's tabs after the plan, without a browser: training, result, trying, voting, taking away, runs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from deciding import facts, scored

from agent import settings
from agent.approvals import Approvals
from agent.conversation import acts
from agent.engine import Standing
from agent.ui import chat, curves, press, scores, view
from agent.ui.tabs import (
    results,
    results_fields,
    results_front,
    results_labels,
    results_samples,
    runs,
    training,
    training_progress,
    try_it,
    use_it,
)
from agent.ui.tabs.results_answers import Answers, Shelf
from agent.ui.tabs.try_controls import ballot
from agent.ui.tabs.use_controls import taken
from tests.fake_engine import FakeEngine, made_up_report
from tests.test_ui import EN, SCRIPT, ZH, to_order
from tools.decide import decide
from tools.errors import RunError
from tools.facts import ATTEMPTS
from tools.jobs.another_version import names
from tools.judging.report import verdict_words
from tools.judging.results import Report
from tools.orders import export_order
from training.measured import Candidate, Sample, Score
from training.rundir import Event, Status
from training.text import Text


@pytest.fixture
def studio(tmp_path: Path) -> view.Studio:
    return view.Studio(settings.read(tmp_path), FakeEngine(tmp_path))


def trained(studio: view.Studio, tmp_path: Path) -> view.View:
    seen = to_order(studio, tmp_path)
    assert seen.reply is not None
    studio.open(seen.session, "").approve(seen.reply.order)
    run = studio.view(seen.session, "").training
    assert run is not None
    studio.engine.finish(run.id)  # type: ignore[attr-defined]
    studio.open(seen.session, "").look()
    return studio.view(seen.session, "")


def seen_with(made: Report, reading: str = "done") -> view.View:
    run = view.RunView(made.run, "train", Standing(made.run, reading), report=made)  # type: ignore[arg-type]
    return view.View(session="0" * 16, runs=(run,))


def sample(place: int, base: str, tuned: str, before: float, after: float) -> Sample:
    return Sample(id=f"i{place}", prompt=f"{SCRIPT} {place}", expected="yes", base=base, tuned=tuned, base_score=before, tuned_score=after)  # fmt: skip


def candidate(step: int, share: float, task: float, kept: float, **flags: bool) -> Candidate:
    score = Score(metric="accuracy", value=task, low=task - 0.1, high=min(1.0, task + 0.1), items=50)  # fmt: skip
    return Candidate(stage="1-sft", step=step, interpolation=share, task=score, retention=kept, **flags)  # fmt: skip


def test_every_tab_says_what_will_stand_there_in_both_languages() -> None:
    empty = view.View()
    for speak in (EN, ZH):
        shown = (
            training.drawn(empty, speak), results.drawn(empty, speak, "en"), try_it.hint(empty, speak),
            use_it.drawn(empty, speak, use_it.Taken()), runs.drawn(empty, speak),
        )  # fmt: skip
        assert all("ts-empty" in one for one in shown)
        assert bool(re.search("[a-z]{5}", use_it.drawn(empty, speak, use_it.Taken()).split(">", 1)[1])) is (speak is EN)  # fmt: skip
    assert try_it.vote(empty, EN, try_it.Ballot()) == ""


def test_a_run_that_cannot_be_judged_says_why_and_what_to_do() -> None:
    error = RunError(Text.plain(SCRIPT), where=SCRIPT, what_to_do=Text.plain("Put it back."))
    run = view.RunView(SCRIPT, "train", Standing(SCRIPT, "failed"), trouble=error)
    seen = view.View(runs=(run,))
    for shown in (results.drawn(seen, EN, "en"), training.drawn(seen, EN), runs.drawn(seen, EN)):
        assert "Put it back." in shown and "<img" not in shown and 'role="alert"' in shown


def test_examples_are_sorted_by_what_became_of_them_and_shown_as_text() -> None:
    items = [sample(at, SCRIPT, SCRIPT, 0.0, 1.0) for at in range(30)]
    items += [sample(40, "yes", "no", 1.0, 0.0), sample(41, "no", "no", 0.0, 0.0)]
    shown = results_samples.drawn(items, EN)
    assert "Got better <b>30</b>" in shown and "Got worse <b>1</b>" in shown
    assert "The first 12 of 30 are shown." in shown and "<img" not in shown
    assert shown.count("is-better") <= 12 + results_samples.SHOWN_MIXED + 1
    assert 'class="k-right" disabled' in shown.replace("  ", " ")


def test_answers_with_little_in_common_are_not_marked_and_similar_ones_are() -> None:
    assert "<mark>" not in "".join(results_samples.marked("cancel", "refund"))
    left, right = results_samples.marked("Please send us the number of the order", "Please send us the date of the order")  # fmt: skip
    assert "<mark>number</mark>" in left and "<mark>date</mark>" in right


def test_groups_taken_for_each_other_are_counted_and_every_cell_adds_up() -> None:
    cells = {"a": {"items": 4.0, "base": 0.0, "tuned": 0.5}, "b": {"items": 2.0, "base": 0.5, "tuned": 1.0}}  # fmt: skip
    made = made_up_report("r", tuned=0.8, retention=1.0).model_copy(update={"per_label": cells})
    found = results_labels.mistakes(made, (("a", "a"), ("a", "b"), ("a", "\0"), ("b", "b")))
    assert found.pairs == {("a", "b"): 1, ("a", None): 1} and found.complete
    shown = results_labels.drawn(made, found, EN)
    assert "no group at all" in shown and 'class="hit full" style="--s:0.50">2<' in shown
    many = {f"group {at}": {"items": 1.0, "base": 0.0, "tuned": at / 80} for at in range(77)}
    wide = made.model_copy(update={"per_label": many})
    assert "ts-cells" not in results_labels.drawn(wide, found, EN)
    assert "The groups it knows least" in results_labels.drawn(wide, found, EN)


def test_forms_are_scored_field_by_field() -> None:
    wanted = json.dumps({"name": "Ann", "age": 7})
    one = Sample(id="1", prompt="p", expected=wanted, base="no", tuned='{"name": "ann", "age": 8}', base_score=0.0, tuned_score=0.5)  # fmt: skip
    assert results_fields.scores([one]) == {"name": [(0.0, 1.0)], "age": [(0.0, 0.0)]}
    assert results_fields.scores([sample(1, "a", "b", 0, 1)]) == {}


def test_the_slider_names_every_version_and_begins_at_the_chosen_one() -> None:
    found = (candidate(10, 1.0, 0.8, 0.9, on_front=True), candidate(10, 0.7, 0.7, 0.97, on_front=True, chosen=True), candidate(5, 1.0, 0.5, 0.85))  # fmt: skip
    made = made_up_report("r", tuned=0.8, retention=0.97).model_copy(update={"candidates": found})
    shown = results_front.drawn(made, EN)
    assert 'max="2"' in shown and 'value="2"' in shown and shown.count("data-at=") == 6
    assert "70% of the way from the untouched model" in shown
    assert "task +10.0 points, kept -7.0 points" in shown
    assert results_front.drawn(made.model_copy(update={"candidates": found[:1]}), EN) == ""


def test_a_finished_run_fills_every_tab_and_the_vote_reaches_the_result(
    studio: view.Studio, tmp_path: Path
) -> None:
    seen = trained(studio, tmp_path)
    run = seen.training
    assert run is not None and run.report is not None
    answers = Shelf().of(studio, run)
    assert answers.samples == run.report.samples  # nothing in the folder says how to score
    assert "ts-verdict" in results.drawn(seen, EN, "en", answers)
    first = ballot(studio, run)
    assert first.next == 0 and "Pair 1 of" in try_it.vote(seen, EN, first)
    assert "tuned" not in try_it.vote(seen, EN, first).split("ts-sample")[1]
    studio.engine.vote(run.id, first.pairs[0].item, "same")
    assert ballot(studio, run).next == 1
    before = dict(studio._reports)
    studio.view(seen.session, "")
    assert len(studio._reports) == len(before) + 1


def test_a_run_over_time_leaves_out_where_it_stood_still_and_marks_what_happened() -> None:
    def event(n: int, at: str, code: str, step: int, **told: float | None) -> Event:
        return Event(n=n, at=f"2026-11-20T{at}+00:00", run="r", stage="1-sft", step=step, code=code, text=Text.plain(SCRIPT), facts=told)  # fmt: skip

    events = (
        event(1, "10:00:00", "stage_started", 0, steps=4), event(2, "10:01:00", "step", 1, loss=2.0), event(3, "10:02:00", "step", 2, loss=None),
        event(4, "19:00:00", "recovery", 2), event(5, "19:01:00", "step", 3, loss=1.0), event(6, "19:02:00", "checkpoint", 4, task=0.5, retention=0.9),
    )  # fmt: skip
    assert curves.minutes_at(events)[-1] == pytest.approx(5.0)
    run = view.RunView("r", "train", Standing("r", "stopped"), events)
    shown = training.drawn(view.View(runs=(run,)), EN)
    assert "5 minutes, 4 steps" in shown and "<img" not in shown
    assert shown.count('class="ts-flag"') == 2 and "mark 2 in the curves" in shown
    busy = tuple(event(n, "10:00:00", "step", n, loss=1.0) for n in range(9_000))
    long = view.RunView("r", "train", Standing("r", "training"), busy)
    assert len(training.drawn(view.View(runs=(long,)), EN)) < 20_000


def test_what_was_used_stands_beside_what_was_agreed(tmp_path: Path) -> None:
    (tmp_path / "phases").mkdir()
    (tmp_path / "data").mkdir()
    rows = [{"id": str(at), "messages": [{"role": "user", "content": f"{SCRIPT} {at}"}, {"role": "assistant", "content": "yes"}]} for at in range(3)]  # fmt: skip
    (tmp_path / "data/dev.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for step, said in ((5, ["no", "yes", SCRIPT]), (10, ["yes", "yes", SCRIPT])):
        (tmp_path / f"phases/dev-1-sft-{step:06d}-1.json").write_text(json.dumps({"value": said}))
    (tmp_path / "phases/dev-1-sft-000010-0.7.json").write_text("{}")
    (tmp_path / "spent.json").write_text('{"minutes": 3.0, "cost_usd": 0.5, "attempts": 2}')
    (tmp_path / "plan.json").write_text('{"order": {"max_minutes": 30, "max_cost_usd": 2.0}}')
    (tmp_path / "log.txt").write_text(f"10%\r100%\n{SCRIPT}\n")
    steps, answered = training_progress.answers_of(tmp_path, training_progress.checkpoints_of(tmp_path))  # fmt: skip
    assert steps == (5, 10) and answered[0].said == ("no", "yes")
    assert training_progress.log_of(tmp_path).startswith("100%\n")
    minutes, usd = training_progress.limits_of(tmp_path)
    progress = training_progress.Progress(training_progress.spent_of(tmp_path), minutes, usd, steps, answered, training_progress.log_of(tmp_path))  # fmt: skip
    run = view.RunView("r", "train", Standing("r", "training"))
    shown = training.drawn(view.View(runs=(run,)), EN, progress)
    assert "of at most 30 minutes" in shown and "$0.50" in shown and "2.00 dollars" in shown
    assert "<img" not in shown and "step 10" in shown
    (tmp_path / "spent.json").write_text("{")
    (tmp_path / "plan.json").write_text("[]")
    assert training_progress.spent_of(tmp_path) is None
    assert training_progress.limits_of(tmp_path) == (None, 0.0)


def test_code_to_paste_holds_hostile_examples_as_words(tmp_path: Path) -> None:
    prompt = "it's \"$(touch pwned)\" `touch pwned`\n'''"
    one = Sample(id="1", prompt=prompt, expected="a", base="b", tuned="a", base_score=0.0, tuned_score=1.0)  # fmt: skip
    made = made_up_report("r", tuned=0.8, retention=1.0).model_copy(update={"samples": (one,), "serving": {"system": "Be brief.", "max_new_tokens": 5}})  # fmt: skip
    there = use_it.Taken(folder=tmp_path / "export")
    printed = subprocess.run(["bash", "-c", use_it.curl(made, there).replace("curl ", "printf '%s\\n' ", 1)], capture_output=True, text=True, cwd=tmp_path, check=True).stdout  # fmt: skip
    body = json.loads(printed[printed.index("{") :])
    assert body["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": prompt}]  # fmt: skip
    assert body["max_tokens"] == 5 and not (tmp_path / "pwned").exists()
    for code in (use_it.openai_code(made, there), use_it.transformers_code(made, there)):
        compile(code, "pasted", "exec")
        assert prompt in [value for value in map(_literal, re.findall(r"messages ?= ?(\[.*\])", code)) for value in (value[-1]["content"],)]  # fmt: skip
    shown = use_it.drawn(seen_with(made), EN, there)
    assert "&lt;" not in shown and "<script" not in shown and "data-do=" in shown


def _literal(code: str) -> list[dict[str, str]]:
    import ast

    found: list[dict[str, str]] = ast.literal_eval(code)
    return found


def test_what_was_taken_away_is_shown_where_it_lies(studio: view.Studio, tmp_path: Path) -> None:
    seen = trained(studio, tmp_path)
    run = seen.training
    assert run is not None
    folder = tmp_path / "runs" / run.id
    assert taken(tmp_path, run).done == {} and taken(tmp_path, run).full
    (folder / "chosen").mkdir()
    (folder / "chosen/choice.json").write_text('{"kind": "adapter"}')
    (folder / "export/adapter").mkdir(parents=True)
    (folder / "export/adapter/weights").write_bytes(b"1" * 2**20)
    found = taken(tmp_path, run)
    assert not found.full and found.done == {"adapter": 2**20}
    shown = use_it.drawn(seen, EN, found)
    assert "1.0 MiB, in this folder" in shown and "export:merged" in shown and "export:adapter" not in shown  # fmt: skip
    assert f"--home {tmp_path}" in found.home


def test_a_button_that_the_page_does_not_know_is_nothing() -> None:
    assert press.pressed({"do": "vote:3:left"}) == "vote:3:left"
    assert all(press.pressed(one) is None for one in (None, {}, {"do": 3}, {"do": SCRIPT}, {"do": "a" * 999}))  # fmt: skip


def test_two_runs_stand_side_by_side_and_waiting_orders_are_shown_as_text(tmp_path: Path) -> None:
    one, two = (made_up_report(name, tuned=0.8, retention=0.97) for name in ("r-1", "r-2"))
    found = seen_with(one)
    both = replace(found, runs=(*found.runs, *seen_with(two).runs))
    assert "data-pick" not in runs.drawn(found, EN)
    order = Approvals(tmp_path).put_up(export_order(SCRIPT, "merged"), run="r-1", form="merged")
    shown = runs.drawn(both, EN, runs.Beside({"r-1": 2**30}, (order,)))
    assert shown.count("data-pick=") == 2 and "1.00 GiB" in shown and "<img" not in shown
    assert f"agree:{order.id}" in shown
    score = one.tuned.model_dump(mode="json") if one.tuned is not None else None
    row = {"verdict": "ship", "baseline": None, "tuned": score, "retention": None, "minutes": 2.0}
    beside = runs.compared({"runs": [{"run": SCRIPT} | row, {"run": "r-2"} | row], "differences": {"a": ["1", SCRIPT]}}, EN)  # fmt: skip
    assert "80.0% (75%–85%)" in beside and "<img" not in beside and "2 minutes" in beside


@pytest.mark.slow
def test_the_page_needs_no_library_of_models_to_start() -> None:
    """Torch and scikit-learn take seconds: they are for the work, not for the first sight of the page."""
    code = "import sys, agent.ui.page; print([one for one in ('torch', 'sklearn', 'transformers', 'sacrebleu') if one in sys.modules])"  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_answers_are_read_for_a_run_without_a_model(studio: view.Studio) -> None:
    run = view.RunView("r", "train", Standing("r", "training"))
    assert Shelf().of(studio, run) == Answers()


def test_another_version_is_made_the_one_to_use_and_told_as_a_second_look(
    studio: view.Studio, tmp_path: Path
) -> None:
    seen = trained(studio, tmp_path)
    first = seen.training
    assert first is not None and first.report is not None
    drawn = results.drawn(seen, EN, "en")
    assert drawn.count("Make this the one to use</button>") == 1 and "second look" in drawn
    (other,) = [one for one in first.report.candidates if not one.chosen]
    opened = studio.open(seen.session, "")
    opened.reply(opened.post_edit("Use this version", [{"name": "version", "value": names(other)}]))
    opened.look()
    again = studio.view(seen.session, "").training
    assert again is not None and again.id != first.id and again.report is not None
    assert [names(one) for one in again.report.candidates if one.chosen] == [names(other)]
    shown = results.drawn(studio.view(seen.session, ""), EN, "en")
    assert shown.index("chose this version after the result") < shown.index("What was gained")
    assert studio.engine.report(first.id).notes == first.report.notes


def test_a_version_that_was_never_measured_changes_nothing(
    studio: view.Studio, tmp_path: Path
) -> None:
    seen = trained(studio, tmp_path)
    opened = studio.open(seen.session, "")
    said = opened.reply(opened.post_edit("x", [{"name": "version", "value": "<b>"}]))
    assert "names no version" in said.text
    assert [run.id for run in studio.view(seen.session, "").runs] == [run.id for run in seen.runs]


def test_the_classifier_stands_first_where_it_is_what_to_use(tmp_path: Path) -> None:
    plan = decide(facts(baselines=(scored("commonest answer", 0.1), scored("simple model", 0.9))))
    before = view.View(session="a" * 16, plan=plan)
    shown = use_it.drawn(before, EN, use_it.Taken())
    assert "90.0%" in shown and 'data-do="classifier:give"' in shown
    script = tmp_path / "out" / "classify.py"
    given = use_it.drawn(before, EN, use_it.Taken(classifier=script))
    assert str(script) in given and "classifier:give" not in given
    worse = made_up_report("r", tuned=0.8, retention=1.0).model_copy(update={"verdict": "do_not_ship"})  # fmt: skip
    after = use_it.drawn(replace(seen_with(worse), plan=plan), EN, use_it.Taken())
    assert after.index("classifier:give") < after.index("export:merged")


def test_a_failed_run_says_what_went_wrong_once_and_offers_to_go_on() -> None:
    what = Text("The disk is full.")
    status = Status(run="r", state="failed", at="2026-11-21T00:00:00+00:00", text=Text("The run failed: {what}", what=what))  # fmt: skip
    error = RunError(what, where="1-sft, step 3", what_to_do=Text("Free some space."))
    run = view.RunView("r", "train", Standing("r", "failed", status), trouble=error)
    seen = view.View(session="a" * 16, runs=(run,))
    shown = training.drawn(seen, EN)
    assert shown.count("The disk is full.") == 1 and "Free some space." in shown
    assert set(chat.suggestions(seen)) == {"resume"}
    assert acts.what_failed(status) == "The disk is full."


def test_a_model_for_one_task_alone_is_headed_so() -> None:
    narrow = made_up_report("r", tuned=0.8, retention=0.3).model_copy(update={"verdict": "ship"})
    wide = made_up_report("r", tuned=0.8, retention=1.0).model_copy(update={"verdict": "ship"})
    assert verdict_words(narrow) == "Use the tuned model, for this task alone"
    assert verdict_words(wide) == "Use the tuned model"


def test_attempts_at_training_questions_are_no_score_on_the_test() -> None:
    shown = scores.baselines((scored("zero-shot", 0.5, items=90), scored(ATTEMPTS, 0.25, items=64)), EN)  # fmt: skip
    assert "on 90 test items" in shown and shown.count("ts-meter ") == 1
    assert "at 64 training questions 25.0% were right" in shown
