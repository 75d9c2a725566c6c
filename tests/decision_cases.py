"""The cases of the decision benchmark: read from `benchmarks/decisions/*.toml`, decided, and held against the plan."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Any

from tests.deciding import HERE, profile, scored
from tools.brief import BriefEntry
from tools.decide import decide, understand
from tools.deciding.models import card_of
from tools.errors import PlanError
from tools.facts import Facts
from tools.gpus import named_cards
from tools.machine import Machine
from tools.plan import Plan
from tools.profile import Issue, Profile
from training.text import Text

FOLDER = Path(__file__).parent / "benchmarks" / "decisions"
USUAL_METRIC = {"classification": "accuracy", "extraction": "field_f1", "tool_use": "field_f1", "reasoning": "numeric", "preference": "accuracy",
                "summarization": "rouge"}  # fmt: skip
EXPECTATIONS = frozenset({"accept", "forbid", "warn", "quiet", "says", "any_says", "gate_says", "values", "any_of", "same", "model", "model_kind",
                          "fits", "order", "teacher", "refuse", "refuse_or", "names"})  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A situation, the rules it rests on, and what has to come of it."""

    id: str
    rules: tuple[str, ...]
    evidence: str
    given: dict[str, Any]
    expect: dict[str, Any]
    file: str


def cases() -> list[Case]:
    """Every case, in the order of the files."""
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        for raw in tomllib.loads(path.read_text(encoding="utf-8")).get("case", []):
            given = raw.pop("given")
            about = {key: raw.pop(key) for key in ("id", "evidence")}
            rules = (*raw.pop("rules"), *raw.pop("also", ()))
            assert raw.keys() <= EXPECTATIONS, f"{about['id']}: {raw.keys() - EXPECTATIONS}"
            found.append(Case(rules=rules, given=given, expect=raw, file=path.stem, **about))
    return found


def facts_of(given: dict[str, Any]) -> Facts:
    """What is known in a situation, as a conversation would have gathered it."""
    left = dict(given)
    about = _profile(left)
    items, metric = (
        left.pop("items", about.splits["test"]),
        left.pop("metric_measured", USUAL_METRIC.get(about.task.value, "chrf")),
    )
    baselines = tuple(
        scored(name, value, items=items, metric=metric)
        for name, value in left.pop("baselines", {}).items()
    )
    said = {
        name: BriefEntry(value=value, origin="said") for name, value in left.pop("said", {}).items()
    }
    gpu = named_cards(*_card(left.pop("gpu"))) if "gpu" in left else ()
    machine = Machine("cuda", gpus=gpu, cores=8, ram_gib=64.0) if left.pop("here", False) else HERE
    machine = replace(machine, models_here=tuple(left.pop("models_here", ())))
    if "language" in left:
        about = about.model_copy(update={"language": left.pop("language")})
    insist, share = left.pop("insist", None), left.pop("budget_share", None)
    known = Facts(
        profile=about, brief=understand(left.pop("goal", ""), about, said), machine=machine, baselines=baselines,  # type: ignore[arg-type]
        pass_rates=tuple(left.pop("pass_rates", ())), gpu=gpu, overrides=left.pop("set", {}),
        insist=tuple(insist) if insist is not None else None, **left,
    )  # fmt: skip
    if share is None:
        return known
    return replace(known, budget_minutes=decide(known).estimate.minutes.value * share)


def problems(case: Case) -> list[str]:
    """What is wrong with the plan of this case; empty where it is as the evidence says."""
    facts = facts_of(case.given)
    try:
        plan = decide(facts)
    except PlanError as refusal:
        return _refused(case.expect, refusal)
    if "refuse" in case.expect:
        return [
            f"not refused: {plan.decision.pipeline}, {[str(one.text) for one in plan.warnings]}"
        ]
    return [
        *_pipelines(case.expect, plan),
        *_words(case.expect, plan),
        *_values(case.expect, plan, facts.rows),
    ]


def _profile(given: dict[str, Any]) -> Profile:
    shape = {"row_tokens": "row_tokens", "answer_tokens": "answer_tokens", "test": "test", "labels": "num_labels",
             "rows": "rows"}  # fmt: skip
    named = {shape[key]: given.pop(key) for key in [name for name in given if name in shape]}
    made = profile(given.pop("task", "classification"), **named, checkable=given.pop("checkable", False))  # fmt: skip
    issues = tuple(_issue(code) for code in given.pop("issues", ()))
    return made.model_copy(update={"issues": issues})


def _issue(code: str) -> Issue:
    return Issue(
        code=code.lstrip("!"), severity="blocking" if code.startswith("!") else "warning", count=1, share=0.1,  # type: ignore[arg-type]
        text=Text("There is trouble."), fix=Text("Mend it."),
    )  # fmt: skip


def _card(written: str) -> tuple[str, int]:
    name, _, count = written.partition(":")
    return name, int(count or 1)


def _refused(expect: dict[str, Any], refusal: PlanError) -> list[str]:
    said = f"{refusal.what} ({refusal.where}) {refusal.what_to_do}"
    if "refuse_or" in expect:
        return [
            f"{word!r} is not said: {said}"
            for word in expect.get("any_says", ())
            if word not in said
        ]
    if "refuse" not in expect:
        return [f"refused: {said}"]
    found = [] if refusal.where == expect["refuse"] else [f"refused elsewhere: {said}"]
    found += [f"{word!r} is not named: {said}" for word in expect.get("names", ()) if word not in str(refusal.what_to_do)]  # fmt: skip
    return found


def _pipelines(expect: dict[str, Any], plan: Plan) -> list[str]:
    pipeline, found = list(plan.decision.pipeline), []
    accept = expect.get("accept", expect.get("refuse_or"))
    if accept is not None and pipeline not in accept:
        found.append(f"{pipeline} is not among {accept}: {plan.decision.because}")
    if pipeline in expect.get("forbid", ()):
        found.append(f"{pipeline} is forbidden: {plan.decision.because}")
    codes = {warning.code for warning in plan.warnings}
    found += [f"no warning {code}" for code in expect.get("warn", ()) if code not in codes]
    found += [f"warned of {code}" for code in expect.get("quiet", ()) if code in codes]
    if "model" in expect and plan.model.value not in expect["model"]:
        found.append(f"model {plan.model.value}")
    if "model_kind" in expect and card_of(plan.model.value).kind not in expect["model_kind"]:
        found.append(f"model {plan.model.value}")
    if "fits" in expect and plan.estimate.fits is not expect["fits"]:
        found.append(f"fits: {plan.estimate.fits}")
    teacher = plan.teacher.teacher if plan.teacher else "none"
    if "teacher" in expect and teacher not in expect["teacher"]:
        found.append(f"teacher {teacher}")
    if expect.get("order") and plan.order is None:
        found.append("no order")
    return found


def _words(expect: dict[str, Any], plan: Plan) -> list[str]:
    because = str(plan.decision.because)
    gates = " ".join(f"{gate.when} {gate.then}" for gate in plan.decision.gates)
    everything = " ".join([because, gates, str(plan.model.because), *(str(one.text) for one in plan.warnings),
                           *(str(one.because) for one in plan.decision.runners_up), *(str(one.share.because) for one in plan.mixture.sources)])  # fmt: skip
    places = (("says", because), ("gate_says", gates), ("any_says", everything))
    found = []
    for key, where in places:
        missing = [word for word in expect.get(key, ()) if word not in where]
        if missing and not (key == "any_says" and len(missing) < len(expect[key])):
            found.append(f"{missing} not in {where!r}")
    return found


def _values(expect: dict[str, Any], plan: Plan, rows: int) -> list[str]:
    found = []
    wanted = {name: [allowed] for name, allowed in expect.get("values", {}).items()}
    for name, spans in {**wanted, **expect.get("any_of", {})}.items():
        value = _value(plan, name, rows)
        if not any(_within(value, span) for span in spans):
            found.append(f"{name} = {value!r}, not {spans}")
    for one, other in expect.get("same", ()):
        if _value(plan, one, rows) != _value(plan, other, rows):
            found.append(f"{one} is not {other}")
    return found


def _within(value: Any, span: list[Any]) -> bool:
    if value is None:
        return False
    if isinstance(value, bool | str):
        return value in span
    return bool(span[0] * (1 - 1e-9) <= value <= span[-1] * (1 + 1e-9))


def _value(plan: Plan, name: str, rows: int) -> Any:
    """The plan's value of this name; None where it has none."""
    part, _, key = name.partition(".")
    if name == "quantization":
        return plan.quantization.value if plan.quantization else None
    if part == "evaluation":
        choice = getattr(plan.evaluation, key, None)
        return None if choice is None else choice.value
    if part == "replay":
        general = [source for source in plan.mixture.sources if source.name != "yours"]
        if key == "min_rows":
            return plan.mixture.min_rows.value if plan.mixture.min_rows else None
        if not general:
            return 0.0 if key == "share" else None
        return general[0].share.value if key == "share" else general[0].name
    if part == "probe":
        return _of_probe(plan, key)
    stage = next((one for one in plan.stages if one.technique.value == part), None)
    if stage is None:
        return None
    if key == "batch_tokens":
        return stage.batch_size.value * stage.max_seq_tokens.value
    if key == "steps":
        return ceil(rows * stage.epochs.value / stage.batch_size.value)
    choice = getattr(stage, key, None)
    return None if choice is None else choice.value


def _of_probe(plan: Plan, key: str) -> Any:
    """A value of the short trainings; `rates` and `shares` count the different ones that are tried."""
    if plan.probe is None:
        return None
    if key in {"rates", "shares"}:
        name = {"rates": "learning_rate", "shares": "replay_share"}[key]
        return len({getattr(trial, name) for trial in plan.probe.tried})
    choice = getattr(plan.probe, key)
    return None if choice is None else choice.value


def left_out() -> dict[str, dict[str, Any]]:
    """Rules that no case exercises: each with `reason`, and with `tried_in` where a test elsewhere does."""
    return tomllib.loads((FOLDER / "left_out.toml").read_text(encoding="utf-8"))
