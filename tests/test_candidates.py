"""Several untouched models on the person's own rows: who is asked, what is chosen, and what is shown of it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from deciding import CARD_80, HERE, compared, facts, profile, scored
from stage_runs import StopAt
from tiny_model import rows, run_config, write_model

from agent import commands
from agent.local.comparing import LEAST_ITEMS, MOST_ITEMS, comparison
from agent.ui.tabs import plan_choices
from tools.decide import decide
from tools.errors import PlanError
from tools.facts import Facts
from tools.machine import Gpu
from training.config import RunConfig
from training.measured import Compared, Measured
from training.text import Text

SMALL, MIDDLE, LARGE = "Qwen/Qwen3-0.6B", "Qwen/Qwen3-1.7B", "Qwen/Qwen3-8B"


def wanting(*names: str, results: tuple[Compared, ...] = (), **known: Any) -> Facts:
    return facts(
        "extraction", gpu=CARD_80, overrides={"candidates": ",".join(names)}, compared=results, **known
    )  # fmt: skip


def test_the_smallest_of_those_as_good_as_the_best_is_chosen_and_all_figures_are_said() -> None:
    results = (compared(LARGE, 82), compared(MIDDLE, 80), compared(SMALL, 50))
    plan = decide(wanting(LARGE, MIDDLE, SMALL, results=results))
    assert plan.model.value == MIDDLE and plan.model.origin == "measured"
    said = str(plan.model.because)
    assert all(part in said for part in ("smallest", "82.0%", "80.0%", "50.0%"))


def test_a_clearly_better_model_is_chosen_although_it_is_the_largest() -> None:
    plan = decide(wanting(LARGE, SMALL, results=(compared(LARGE, 90), compared(SMALL, 60))))
    assert plan.model.value == LARGE


def test_too_slow_a_model_gives_way_only_to_one_as_good() -> None:
    slow, quick = compared(SMALL, 80, answer_ms=400.0), compared(MIDDLE, 81, answer_ms=90.0)
    here = replace(HERE, device="cuda", gpus=CARD_80)
    chosen = decide(wanting(SMALL, MIDDLE, results=(slow, quick), machine=here, said={"latency": 100.0}))  # fmt: skip
    assert chosen.model.value == MIDDLE
    worse = compared(MIDDLE, 40, answer_ms=90.0)
    kept = decide(wanting(SMALL, MIDDLE, results=(slow, worse), machine=here, said={"latency": 100.0}))  # fmt: skip
    assert kept.model.value == SMALL


def test_the_choice_shows_what_each_scored_here_and_how_fast_it_answers() -> None:
    results = (compared(MIDDLE, 80, answer_ms=33.3), compared(SMALL, 50, answer_ms=12.0))
    plan = decide(wanting(MIDDLE, SMALL, results=results))
    shown = {one.model: one for one in plan.models}
    assert set(shown) == {MIDDLE, SMALL}
    assert shown[SMALL].score is not None and shown[SMALL].score.value == 0.5
    assert shown[MIDDLE].answer_ms == 33.0 and shown[MIDDLE].answer_measured
    assert "(between 40.4%" in shown[SMALL].quality and "100 of your rows" in shown[SMALL].quality


def test_a_model_that_could_not_be_asked_shows_why_and_no_number() -> None:
    broken = Compared(model=SMALL, failed=Text("It does not fit into memory."))
    plan = decide(wanting(MIDDLE, SMALL, results=(compared(MIDDLE, 80), broken)))
    shown = next(one for one in plan.models if one.model == SMALL)
    assert plan.model.value == MIDDLE
    assert "does not fit into memory" in shown.quality and shown.score is None


def test_a_model_whose_weights_are_not_here_is_said_to_be_unmeasured() -> None:
    plan = decide(wanting(MIDDLE, SMALL))
    assert plan.model.value == SMALL and "none of them has been measured" in plan.model.because
    assert all("not on this machine" in one.quality for one in plan.models)


def test_what_another_model_scored_is_no_evidence_for_the_chosen_one() -> None:
    good = (scored("few-shot", 0.99),)
    kept = decide(wanting(MIDDLE, SMALL, baselines=good, measured_model=SMALL))
    assert kept.decision.pipeline == () and kept.decision.measured
    results = (compared(MIDDLE, 90), compared(SMALL, 60))
    left = decide(wanting(MIDDLE, SMALL, results=results, baselines=good, measured_model=SMALL))
    assert left.model.value == MIDDLE
    assert not left.decision.measured and not left.baselines and left.decision.gates


@pytest.mark.parametrize(
    ("names", "word"),
    [("practice,Qwen/Qwen9-7B", "Qwen9"), ("/no/such/folder,practice", "no model"), (",".join(f"Qwen/Qwen3-{n}B" for n in range(7)), "too many")],
)  # fmt: skip
def test_models_that_cannot_be_compared_are_refused_by_the_name_of_the_option(
    names: str, word: str
) -> None:
    with pytest.raises(PlanError, match=word) as refused:
        decide(facts(overrides={"candidates": names}))
    assert refused.value.where.startswith("--candidates")


def test_one_model_is_no_comparison(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("text,label\n")
    with pytest.raises(PlanError, match="at least two"):
        commands.request([file], "Sort them", candidates="practice")
    asked = commands.request([file], "Sort them", candidates=["practice", SMALL])
    assert asked.overrides["candidates"] == f"practice,{SMALL}"


def with_a_card(**known: Any) -> Facts:
    here = replace(HERE, device="cuda", gpus=(Gpu("H100", 80.0),), models_here=(SMALL, MIDDLE))
    return facts("extraction", profile=profile("extraction", rows=3000), machine=here, **known)


def test_what_lies_in_the_cache_is_compared_unasked_and_the_time_stays_free() -> None:
    known = with_a_card()
    plan = decide(known)
    made = comparison(plan, known.profile, known.machine, minutes_taken=0.3)
    assert [one.model.name for one in made.candidates] == [MIDDLE, SMALL]
    assert LEAST_ITEMS <= made.items <= MOST_ITEMS and 0 < made.minutes <= 1.7


def test_nothing_is_compared_where_the_person_chose_the_model_or_no_time_is_left() -> None:
    known = with_a_card(model=SMALL)
    assert not comparison(decide(known), known.profile, known.machine, minutes_taken=0.3).candidates
    known = with_a_card()
    assert not comparison(decide(known), known.profile, known.machine, minutes_taken=1.99).candidates  # fmt: skip


def test_more_minutes_by_the_persons_word_allow_what_no_yes_is_needed_for() -> None:
    named = {"candidates": f"{SMALL},{MIDDLE}"}
    slow = replace(HERE, models_here=(SMALL, MIDDLE))
    known = facts("extraction", profile=profile("extraction", rows=3000), machine=slow, overrides=named)  # fmt: skip
    assert not comparison(decide(known), known.profile, slow, minutes_taken=0.3).candidates
    more = replace(known, overrides=named | {"candidates.minutes": 60})
    made = comparison(decide(more), more.profile, slow, minutes_taken=0.3)
    assert {one.model.name for one in made.candidates} == {SMALL, MIDDLE}


@pytest.mark.slow
def test_each_candidate_answers_the_same_dev_rows_and_a_broken_one_is_told(tmp_path: Path) -> None:
    import time

    from training.phases.comparing import compare_models
    from training.rows import write_rows
    from training.rundir import RunDir
    from training.telemetry import Telemetry
    from training.work import Work

    first, second = write_model(tmp_path / "first"), write_model(tmp_path / "second", seed=1)
    broken = write_model(tmp_path / "broken")
    (broken / "model.safetensors").write_bytes(b"no weights")
    raw = run_config(first)
    model = raw["model"]
    raw["measure"] = raw.get("measure", {}) | {
        "candidate_items": 8,
        "candidates": [
            {"model": model | {"name": path.name, "source": str(path)}, "few_shot_examples": 1}
            for path in (first, second, broken)
        ],
    }
    run = RunDir(tmp_path / "run")
    run.data.mkdir(parents=True)
    write_rows(run.data / "train.jsonl", rows(12))
    write_rows(run.data / "dev.jsonl", rows(12))
    telemetry = Telemetry(run, started=time.monotonic())
    work = Work(run, RunConfig.from_json(raw), telemetry, StopAt(), Measured(run="tiny"))  # type: ignore[arg-type]
    compare_models(work)
    found = Measured.load(run.path / "measured.json").compared
    assert [one.model for one in found] == ["first", "second", "broken"]
    assert all(one.score and one.score.items == len(one.values) == 8 for one in found[:2])
    assert all(one.answer_ms and one.answer_ms > 0 and one.device == "cpu" for one in found[:2])
    assert found[2].score is None and found[2].failed
    kept = {path: path.stat().st_mtime_ns for path in (run.path / "phases").iterdir()}
    compare_models(work)
    assert kept == {path: path.stat().st_mtime_ns for path in (run.path / "phases").iterdir()}
    assert Measured.load(run.path / "measured.json").compared == found


def test_the_page_shows_the_models_side_by_side_and_the_rows_a_teacher_could_write() -> None:
    results = (compared(MIDDLE, 80, answer_ms=33.3), compared(SMALL, 50, answer_ms=12.0))
    few = facts(
        "extraction", goal="Extract the fields. GPT-4 does it today", profile=profile("extraction", rows=200),
        gpu=CARD_80, overrides={"candidates": f"{SMALL},{MIDDLE}"}, compared=results,
    )  # fmt: skip
    plan = decide(few)
    shown = plan_choices.models(plan, str)
    assert shown.index(SMALL) < shown.index(MIDDLE) and f"<b>→ {MIDDLE}</b>" in shown
    assert "33 (measured here)" in shown and "40.4%" in shown
    assert plan.teacher is not None and plan.teacher.outside and plan.teacher.rows.value == 300
    taught = plan_choices.teacher(plan, str)
    assert "tunesmith distill" in taught and "rows.jsonl" in taught and "terms" in taught


def test_a_teacher_elsewhere_is_not_proposed_where_nothing_may_leave() -> None:
    goal = "Extract the fields. GPT-4 does it today"
    known = facts("extraction", goal=goal, profile=profile("extraction", rows=200), gpu=CARD_80)
    assert decide(known).teacher is not None
    assert decide(known.with_said("privacy", "local")).teacher is None
