"""Facts for the tests of the deciding modules: a profile, scores, machines, without reading a file."""

from __future__ import annotations

from typing import Any

from tools.brief import BriefEntry
from tools.choice import Choice
from tools.facts import Facts
from tools.machine import Gpu, Machine
from tools.profile import Issue, Profile, TokenCounts
from training.config import Metric, Task
from training.measured import Compared, NamedScore
from training.statistics import score
from training.text import Text

HERE = Machine("cpu", cores=2, ram_gib=20.0, free_disk_gib=50.0)
CARD_24 = (Gpu("24 GB card", 24.0),)
CARD_80 = (Gpu("H100", 80.0),)


def profile(
    task: Task = "classification", *, rows: int = 10_000, test: int = 1000, row_tokens: int = 30,
    answer_tokens: int = 6, num_labels: int = 10, **facts: Any,
) -> Profile:  # fmt: skip
    """A profile of rows that are all alike."""
    dev = min(rows // 10, 300)
    tokens = TokenCounts(
        p50=row_tokens, p95=2 * row_tokens, p99=3 * row_tokens, max=4 * row_tokens, total=rows * row_tokens,
        answer_p99=2 * answer_tokens, answer_total=rows * answer_tokens,
    )  # fmt: skip
    labels = (
        {f"topic {n}": rows // num_labels for n in range(num_labels)}
        if task == "classification"
        else {}
    )
    return Profile(
        rows=rows, format="csv", encoding="utf-8", columns={"prompt": "text", "answer": "answer"},
        task=Choice[Task](value=task, because=Text("It looks like it.")), tokens=tokens,
        splits={"train": max(rows - dev, 0), "dev": dev, "test": test}, usable=rows, labels=labels,
        files=("data.csv",), **facts,
    )  # fmt: skip


def scored(name: str, value: float, items: int = 1000, metric: Metric = "accuracy") -> NamedScore:
    """A baseline with its Wilson interval."""
    right = round(value * items)
    found = score("accuracy", [1.0] * right + [0.0] * (items - right))
    return NamedScore(name=name, **found.model_dump() | {"metric": metric})


def facts(
    task: Task = "classification",
    *,
    goal: str = "",
    said: dict[str, Any] | None = None,
    **known: Any,
) -> Facts:
    """Facts on this machine without a card, about a profile of this task unless one is given."""
    about = known.pop("profile", None) or profile(task)
    entries = {name: BriefEntry(value=value, origin="said") for name, value in (said or {}).items()}
    if goal:
        entries["goal"] = BriefEntry(value=goal, origin="said")
    return Facts(about, entries, known.pop("machine", HERE), **known)  # type: ignore[arg-type]


def blocking(code: str) -> Issue:
    """An issue that forbids training."""
    return Issue(
        code=code,
        severity="blocking",
        count=1,
        share=1.0,
        text=Text("There is trouble."),
        fix=Text("Mend it."),
    )  # type: ignore[arg-type]


def compared(model: str, right: int, *, of: int = 100, answer_ms: float = 20.0) -> Compared:
    """A model that got the first `right` items of all right."""
    values = (1.0,) * right + (0.0,) * (of - right)
    made = scored("few-shot", 0.0).model_copy(update=score("accuracy", values).model_dump())
    return Compared(model=model, score=made, values=values, answer_ms=answer_ms, device="cpu")
