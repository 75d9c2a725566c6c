"""Plans and measured runs as the verdict reads them, made by hand."""

from __future__ import annotations

from typing import Any

from tools.choice import Choice
from tools.judging.results import Report
from tools.plan import (
    Decision,
    Estimate,
    EvaluationPlan,
    Mixture,
    Plan,
    Source,
    StagePlan,
)
from training import statistics
from training.config import Metric
from training.measured import (
    Candidate,
    Measured,
    NamedScore,
    Retention,
)
from training.text import Text


def chosen(value: Any) -> Choice[Any]:
    return Choice[Any](value=value, because=Text("Test."))


def stage(**values: Any) -> StagePlan:
    known: dict[str, Any] = {
        "technique": "sft", "learning_rate": 1e-3, "epochs": 4.0, "batch_size": 16, "micro_batch_size": 16,
        "lora_rank": 0, "lora_alpha": 16, "schedule": "cosine", "warmup_share": 0.05, "weight_decay": 0.0,
        "max_grad_norm": 1.0, "max_seq_tokens": 128, "packing": False, "gradient_checkpointing": False,
        "checkpoints": 6,
    }  # fmt: skip
    return StagePlan(**{name: chosen(value) for name, value in (known | values).items()})


def plan(
    *,
    target: float | None = None,
    replay: float = 0.0,
    pipeline: tuple[str, ...] = ("sft",),
    **more: Any,
) -> Plan:
    sources = [Source(name="yours", share=chosen(1 - replay))]
    if replay:
        sources.append(Source(name="self-generated replay", share=chosen(replay)))
    return Plan(
        decision=Decision(pipeline=pipeline, because=Text("The data call for it.")),  # type: ignore[arg-type]
        model=chosen("practice"),
        stages=(stage(),) if pipeline else (),
        mixture=Mixture(sources=tuple(sources)),
        evaluation=EvaluationPlan(
            metric=chosen("accuracy"),
            items=chosen(400),
            dev_items=chosen(200),
            target=chosen(target),
            max_forgetting=chosen(0.05),
            probe_items=chosen(200),
        ),
        estimate=Estimate(
            peak_gib=chosen(0.5), minutes=chosen(3.0), cost_usd=chosen(0.0), fits=True
        ),
        data=("/data/my tickets.csv",),
        brief={"goal": {"value": "sort tickets; it's urgent", "origin": "said"}},  # type: ignore[dict-item]
        **more,
    )


def kept(share: float, *, items: int = 400) -> Retention:
    """Retention as measured where `share` of what a perfect base could is left."""
    right = round(share * items)
    return statistics.retention(
        {"sums": [1.0] * items}, {"sums": [1.0] * right + [0.0] * (items - right)}
    )


def measured(
    base: float = 0.3,
    tuned: float = 0.8,
    *,
    items: int = 400,
    metric: Metric = "accuracy",
    left: float | None = 0.995,
    **more: Any,
) -> Measured:
    before = [1.0] * round(base * items) + [0.0] * (items - round(base * items))
    after = [1.0] * round(tuned * items) + [0.0] * (items - round(tuned * items))
    untouched = statistics.score(metric, before)
    return Measured(**{
        "run": "test-run",
        "complete": True,
        "baselines": (NamedScore(name="zero-shot", **untouched.model_dump()),),
        "baseline_chosen": "zero-shot",
        "tuned": statistics.score(metric, after),
        "difference": statistics.difference(before, after, metric=metric),
        "retention": None if left is None else kept(left),
        **more,
    })  # fmt: skip


def simple(value: float, name: str = "simple model", items: int = 400) -> NamedScore:
    found = statistics.score(
        "accuracy", [1.0] * round(value * items) + [0.0] * (items - round(value * items))
    )
    return NamedScore(name=name, **found.model_dump())


def first_sentence(made: Report) -> str:
    return made.because.split(". ")[0]


def curve(*values: float) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(
            stage="1-sft", step=10 * (place + 1), interpolation=1.0, retention=0.99, chosen=place == 0,
            task=statistics.score_of("accuracy", value, low=value - 0.05, high=value + 0.05, items=200),
        )
        for place, value in enumerate(values)
    )  # fmt: skip
