"""Run directories with answers in them, as a trainer would have left them: for votes and for marks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from training import statistics
from training.measured import Candidate, Measured, NamedScore, ProbeScore, Retention
from training.rows import Message, Row, write_rows

STAGE, STEP = "1-sft", 10


def write_answers(
    folder: Path, *, items: int, same_every: int = 0, tuned: bool = True, wanted: str = "thanks"
) -> Path:
    """Write a finished run whose tuned model says please; every `same_every`-th answer is the same as before."""
    rows = [
        Row(
            id=f"mail.csv:{number}",
            messages=(
                Message(role="user", content=f"Write a line about {number}"),
                Message(role="assistant", content=f"{wanted} {number}"),
            ),
        )
        for number in range(items)
    ]
    base = [f"do {number}" for number in range(items)]
    after = [
        said if same_every and number % same_every == 0 else f"please {said}"
        for number, said in enumerate(base)
    ]
    put_answers(folder, rows, base, after if tuned else None)
    return folder


def put_answers(
    folder: Path, rows: Sequence[Row], base: Sequence[str], tuned: Sequence[str] | None
) -> None:
    """Write rows and answers where the trainer writes them, with the scores that go with them."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "phases").mkdir(exist_ok=True)
    write_rows(folder / "data" / "test.jsonl", rows)
    _piece(folder, "base-zero-shot", base)
    count = len(rows)
    before = [0.2 + 0.001 * (number % 7) for number in range(count)]
    gained = [value + 0.2 for value in before]
    first = statistics.score("chrf", before)
    measured = Measured(
        run=folder.name,
        complete=True,
        baselines=(NamedScore(name="zero-shot", **first.model_dump()),),
        baseline_chosen="zero-shot",
    )
    if tuned is not None:
        _piece(folder, f"final-{STAGE}-{STEP:06d}-1", tuned)
        score = statistics.score("chrf", gained)
        chosen = Candidate(
            stage=STAGE, step=STEP, interpolation=1.0, task=score, retention=1.0, chosen=True
        )
        kept = ProbeScore(base=0.9, tuned=0.9, items=400)
        measured = measured.model_copy(update={
            "tuned": score,
            "difference": statistics.difference(before, gained, metric="chrf"),
            "candidates": (chosen,),
            "retention": Retention(value=1.0, low=0.98, high=1.02, probes={"sorting": kept}),
        })  # fmt: skip
    measured.save(folder / "measured.json")


def _piece(folder: Path, name: str, answers: Sequence[str]) -> None:
    stored = {"seconds": 1.0, "value": list(answers)}
    (folder / "phases" / f"{name}.json").write_text(json.dumps(stored), encoding="utf-8")
