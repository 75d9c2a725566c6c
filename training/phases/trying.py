"""How often the untouched model succeeds at training questions: whether it may learn from attempts (RF-01)."""

from __future__ import annotations

import random

from training.attempts import measure_window
from training.identity import content_hash, hash_of
from training.measured import NamedScore
from training.phases.rewarding import reward_of
from training.rows import Row
from training.statistics import score
from training.text import Text
from training.work import Work

ATTEMPTS = "attempts"


def measure_attempts(work: Work) -> NamedScore | None:
    """Attempt the planned number of questions, each the planned number of times; None where none is planned."""
    rows, each = _questions(work), work.config.measure.attempts_each
    if not rows:
        return None
    task, reward = work.config.task, reward_of(work)
    loaded = work.loaded
    key = hash_of(
        work.model_key, content_hash(rows), task.system, reward.name, each, work.config.seed
    )

    def attempt() -> list[float]:
        work.telemetry.progress(
            "measuring",
            Text("Letting the untouched model attempt {questions:,} questions {each} times each.", questions=len(rows), each=each),
        )  # fmt: skip
        window = measure_window(
            loaded.model, loaded, rows, reward, system=task.system, max_new_tokens=task.max_new_tokens,
            seed=work.config.seed, samples=each,
        )  # fmt: skip
        return list(window.rates)

    known = work.has("base-attempts", key=key)
    rates = work.once("base-attempts", attempt, key=key)
    found = score("reward", rates, seed=work.config.seed)
    if not known:
        work.telemetry.event(
            "attempts",
            Text(
                "The untouched model succeeds in {rate:.1%} of its attempts at {questions:,} training questions.",
                rate=found.value, questions=len(rows),
            ),
            mean_rate=found.value, questions=len(rows), each=each,
        )  # fmt: skip
    shown = found.model_dump() | {"metric": "pass_rate"}
    return NamedScore(name=ATTEMPTS, rates=tuple(rates), **shown)


def _questions(work: Work) -> list[Row]:
    wanted = work.config.measure.attempt_questions
    rows = [row for row in work.rows("train") if row.prompt] if wanted else []
    if wanted >= len(rows):
        return rows
    places = sorted(random.Random(work.config.seed).sample(range(len(rows)), wanted))
    return [rows[place] for place in places]
