"""The JSON contract: golden documents still load, what is made today has their shape, the vocabularies are closed.

`python -m tests.test_contract` writes the golden documents anew, where the contract was changed on purpose.
"""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError

from tests import deciding, measured_runs
from tools.brief import BriefField
from tools.choice import Choice, Origin
from tools.dataset import DataOptions, prepare
from tools.decide import decide
from tools.judging.results import Report, Verdict
from tools.plan import Order, Plan
from tools.profile import IssueCode, Profile
from tools.verdict import report
from training.config import Metric, Task
from training.measured import Candidate
from training.rundir import Event
from training.statistics import score
from training.text import Text

GOLDEN = Path(__file__).parent / "golden"
MODELS: dict[str, type[BaseModel]] = {
    "profile": Profile, "plan": Plan, "report": Report, "order": Order, "event": Event, "choice": Choice[float],
}  # fmt: skip


def a_profile() -> Profile:
    topics = ("invoice {n} is wrong,billing", "cannot sign in as user {n},login")
    lines = [topic.format(n=n) for n in range(30) for topic in topics]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tickets.csv"
        path.write_text("message,topic\n" + "\n".join([*lines, lines[0]]) + "\n")
        made = prepare([path], options=DataOptions(goal="sort tickets by topic")).profile
    return made.model_copy(update={"files": ("tickets.csv",)})


def a_plan() -> Plan:
    baselines = (deciding.scored("commonest answer", 0.1), deciding.scored("untouched", 0.3))
    facts = deciding.facts(goal="sort tickets by topic", model="practice", baselines=baselines)
    return decide(facts)


def an_event() -> Event:
    said = Text("Step {step} of {steps}.", step=3, steps=9)
    return Event(n=7, at="2026-01-02T03:04:05.678+00:00", run="r", stage="1-sft", step=3, code="step", text=said, facts={"loss": 1.5})  # fmt: skip


def a_report() -> Report:
    kept = Candidate(
        stage="1-sft", step=10, interpolation=1.0, task=score("accuracy", [1.0] * 8 + [0.0] * 2), retention=0.99, chosen=True
    )  # fmt: skip
    made = report(measured_runs.plan(replay=0.5), measured_runs.measured(candidates=(kept,)))
    assert isinstance(made, Report)
    return made


def an_order() -> Order:
    order = a_plan().order
    assert order is not None
    return order


MAKERS: dict[str, Callable[[], BaseModel]] = {
    "profile": a_profile, "plan": a_plan, "report": a_report, "order": an_order, "event": an_event,
    "choice": lambda: Choice[float](value=1e-3, because=Text("Measured."), source="LR-02", origin="measured"),
}  # fmt: skip

KEYS = {
    "profile": "kind schema rows format encoding columns task tokens issues splits sample",
    "plan": "kind schema decision brief model stages mixture evaluation baselines estimate warnings questions order",
    "report": "kind schema run verdict because baseline baselines tuned difference retention robustness checkpoint stages "
    "predicted spent serving samples diagnosis next plan",
    "order": "id kind what at_most cannot_be_undone",
    "event": "n at run stage step code text facts",
    "choice": "value because source origin",
}
INNER_KEYS = {
    ("profile", "task"): "value because source origin",
    ("profile", "tokens"): "p50 p95 max total",
    ("profile", "issues", 0): "code severity count share examples fix",
    ("plan", "decision"): "pipeline because source rules measured gates runners_up would_change_if",
    ("plan", "decision", "runners_up", 0): "pipeline because",
    ("plan", "decision", "would_change_if", 0): "fact pipeline",
    ("plan", "brief", "goal"): "value origin",
    ("plan", "stages", 0): "technique learning_rate epochs",
    ("plan", "stages", 0, "learning_rate"): "value because source origin",
    ("plan", "mixture", "sources", 0): "name share",
    ("plan", "evaluation"): "metric items",
    ("plan", "baselines", 0): "name metric value low high items higher_is_better",
    ("plan", "estimate"): "peak_gib minutes cost_usd fits alternatives",
    ("report", "baseline"): "metric value low high items higher_is_better",
    ("report", "tuned"): "metric value low high items higher_is_better",
    ("report", "difference"): "value low high p test better",
    ("report", "retention"): "value low high probes",
    ("report", "checkpoint"): "value because source origin",
}
VOCABULARIES = {
    Verdict: "ship do_not_ship inconclusive not_trained",
    Task: "classification extraction rewriting summarization qa dialogue generation code tool_use translation reasoning "
    "preference documents",
    Metric: "accuracy macro_f1 exact_match field_f1 json_valid numeric pass_rate chrf rouge judge vote bits_per_byte reward",
    BriefField: "goal data task success must_not_get_worse volume hardware budget deadline latency privacy base_model users "
    "facts_change current_solution language",
    IssueCode: "near_duplicates exact_duplicates label_conflicts leakage contamination pii secrets too_few_rows small_eval "
    "class_imbalance one_class missing_answers truncation mixed_languages encoding outlier_lengths invalid_json "
    "invalid_tool_calls refusal_imbalance injection copied_answers templates_left label_noise already_good "
    "simple_model_enough facts_change_use_rag not_measured high_stakes format_unknown",
    Origin: "rule measured user default",
}


def as_json(made: BaseModel) -> dict[str, Any]:
    return made.model_dump(mode="json", by_alias=True)


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


def shape(value: Any) -> Any:
    """The names in a document, with the first of each list for all of it; what the names hold is left out."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else None


@pytest.mark.parametrize("name", MODELS)
def test_a_golden_document_is_read_and_written_again_unchanged(name: str) -> None:
    assert as_json(MODELS[name].model_validate(golden(name))) == golden(name)


@pytest.mark.parametrize("name", MODELS)
def test_what_is_made_today_has_the_names_of_the_golden_document(name: str) -> None:
    assert shape(as_json(MAKERS[name]())) == shape(golden(name))


@pytest.mark.parametrize("name", MODELS)
def test_a_document_has_the_keys_of_the_contract(name: str) -> None:
    assert set(KEYS[name].split()) <= golden(name).keys()


@pytest.mark.parametrize("place", INNER_KEYS, ids=lambda place: ".".join(map(str, place)))
def test_a_part_of_a_document_has_the_keys_of_the_contract(place: tuple[Any, ...]) -> None:
    part = golden(place[0])
    for step in place[1:]:
        part = part[step]
    assert set(INNER_KEYS[place].split()) <= part.keys()


@pytest.mark.parametrize("vocabulary", VOCABULARIES, ids=str)
def test_a_vocabulary_is_the_one_of_the_contract(vocabulary: Any) -> None:
    assert set(get_args(vocabulary)) == set(VOCABULARIES[vocabulary].split())


@pytest.mark.parametrize("name", ["profile", "plan", "report"])
def test_a_document_says_its_kind_and_schema(name: str) -> None:
    assert (golden(name)["kind"], golden(name)["schema"]) == (name, 1)


@pytest.mark.parametrize("name", MODELS)
def test_a_misspelt_name_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        MODELS[name].model_validate(golden(name) | {"no_such_name": 1})


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for kind, make in MAKERS.items():
        text = json.dumps(as_json(make()), ensure_ascii=False, indent=1)
        (GOLDEN / f"{kind}.json").write_text(text + "\n", encoding="utf-8")
