"""From measurements to the report: pure, so that the same run is always told alike.

The rules of judging are in `judgement.py`, what stands out in `diagnosis.py`, what to do in `next_steps.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.choice import Choice
from tools.judging.case import Case, shown
from tools.judging.diagnosis import diagnose
from tools.judging.judgement import judge
from tools.judging.next_steps import next_steps
from tools.judging.probed import as_carried_out
from tools.judging.results import Report, VoteTally
from tools.plan import Plan
from training.config import TaskConfig
from training.measured import Candidate, Difference, Measured, Score
from training.text import Text

CHOSEN_FOLDER = "chosen"


def report(
    plan: Plan | None,
    measured: Measured,
    *,
    task: TaskConfig | None = None,
    versus: Mapping[str, Difference] | None = None,
    votes: VoteTally | None = None,
) -> Report:
    """Judge a run. `task` adds how to ask the model when serving it; `versus` paired comparisons with baselines.

    `votes` is the blind vote: it decides where many answers are right.
    """
    plan = as_carried_out(plan, measured.probe)
    case = Case(plan, measured, versus or measured.versus, votes)
    verdict, because = judge(case)
    found = diagnose(case)
    return Report(
        run=measured.run,
        verdict=verdict,
        because=because,
        baseline=Score(**case.baseline.model_dump(include=set(Score.model_fields)))
        if case.baseline
        else None,
        baselines=case.baselines,
        tuned=measured.tuned,
        difference=measured.difference,
        retention=measured.retention,
        robustness=measured.robustness,
        invention=measured.invention,
        checkpoint=_checkpoint(measured, case.max_forgetting),
        candidates=measured.candidates,
        probe=measured.probe,
        stages=measured.stages,
        predicted=_predicted(plan),
        spent=measured.spent.model_dump(mode="json"),
        serving=_serving(plan, measured, task),
        samples=measured.samples,
        diagnosis=found,
        next=next_steps(plan, measured, verdict=verdict, found=found),
        plan=plan,
        per_label=measured.per_label,
        confusion=measured.confusion,
        notes=measured.notes,
        votes=votes,
    )


def _checkpoint(measured: Measured, max_forgetting: float) -> Choice[str] | None:
    chosen = next((candidate for candidate in measured.candidates if candidate.chosen), None)
    if chosen is None:
        return None
    return Choice(
        value=_candidate_name(chosen),
        because=_chosen_because(measured, chosen, max_forgetting),
        source="CK-03, CK-04, CF-16",
        origin="measured",
    )


def _candidate_name(candidate: Candidate) -> str:
    return f"{candidate.stage}/step-{candidate.step} x {candidate.interpolation:g}"


def _chosen_because(measured: Measured, chosen: Candidate, max_forgetting: float) -> Text:
    if measured.chosen_because is not None:
        return measured.chosen_because
    keeps = chosen.retention >= 1 - max_forgetting - 1e-9
    facts = {
        "step": chosen.step,
        "weight": f"{100 * chosen.interpolation:.0f}%",
        "count": len(measured.candidates),
        "value": shown(chosen.task),
        "kept": f"{100 * chosen.retention:.1f}%",
    }
    if keeps:
        return Text(
            "Of {count} candidates, step {step:,} at {weight} of the change from the untouched model: it scores {value} on the held-out items, and keeps {kept} of the general abilities, which is within your limit.",
            **facts,
        )
    return Text(
        "Of {count} candidates, step {step:,} at {weight} of the change from the untouched model: none kept enough of the general abilities, and this is the best compromise ({value} on the held-out items, {kept} kept).",
        **facts,
    )


def _predicted(plan: Plan | None) -> dict[str, Any]:
    if plan is None:
        return {}
    estimate = plan.estimate
    return {
        "minutes": estimate.minutes.value,
        "peak_gib": estimate.peak_gib.value,
        "cost_usd": estimate.cost_usd.value,
    }


def _serving(plan: Plan | None, measured: Measured, task: TaskConfig | None) -> dict[str, Any]:
    """Say how to use the tuned model: where it lies, and how it must be asked to be as good as measured."""
    if measured.tuned is None:
        return {}
    said: dict[str, Any] = {
        "folder": CHOSEN_FOLDER,
        "serve": f"tunesmith serve {measured.run}",
        "export": f"tunesmith export {measured.run} --to DIR --format merged",
    }
    if plan is not None:
        said["base_model"] = plan.model.value
    if task is not None:
        said |= {"system": task.system, "max_new_tokens": task.max_new_tokens, "temperature": 0}
    return said
