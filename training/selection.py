"""Which checkpoint to keep: the best at the task among those that forgot no more than allowed.

Checkpoints, and points between them and the untouched model, are judged on dev and on the choosing probes
(CK-03, CF-16). Dev scores are noisy, so of those within noise of the best the one that keeps most wins (CK-04).
"""

from __future__ import annotations

from collections.abc import Sequence

from training.figures import figure
from training.measured import Candidate
from training.text import Text

NOISE_IN_STANDARD_ERRORS = 0.5
"""Two candidates answer the same dev items, and checkpoints of one run mostly alike: at a correlation of 7/8 their
difference has half the standard error of one score. The correlation is our assumption; not calibrated."""
WORTHWHILE_RETENTION = 0.005
"""A gain in retention below this is no reason to give up any of the task. A guess; not tuned."""


def choose(
    candidates: Sequence[Candidate], *, max_forgetting: float
) -> tuple[list[Candidate], Text]:
    """Mark the front and the chosen candidate; give the candidates in their order, and the reason.

    A candidate keeps the budget surely where the low end of its retention does (`retention_low`), and else as
    measured. One that keeps it surely is preferred where that costs no more of the task than noise: on few probes being
    sure would cost a tenth of the score and more. Where none keeps it, the best product of task and retention is chosen.
    Raises ValueError where there is no candidate.
    """
    if not candidates:
        raise ValueError("there is no candidate to choose from")
    least = 1 - max_forgetting - 1e-9
    surely = [c for c in candidates if _low(c) >= least]
    measured = [c for c in candidates if c.retention >= least]
    if measured:
        best = max(measured, key=_goodness)
        sure = [c for c in surely if _task(best) - _task(c) <= _noise(best)]
        chosen = _closest_within_noise(sure or measured, max(sure, key=_goodness) if sure else best)
        because = _reason(chosen, best, candidates, max_forgetting=max_forgetting)
        if not sure and chosen.retention_low is not None:
            because = _add_doubt(because)
    else:
        chosen = max(
            candidates, key=lambda c: (_relative(c, candidates) * c.retention, c.retention)
        )
        because = Text(
            "No candidate keeps {least:.1%} of the general abilities; this one is the best compromise, "
            "keeping {kept:.1%}.",
            least=1 - max_forgetting,
            kept=chosen.retention,
        )
    marked = [
        c.model_copy(update={"on_front": _on_front(c, candidates), "chosen": c is chosen})
        for c in candidates
    ]
    return marked, because


def _goodness(candidate: Candidate) -> tuple[float, float]:
    return _task(candidate), candidate.retention


def _task(candidate: Candidate) -> float:
    """The task's score so that more is better."""
    return candidate.task.value if candidate.task.higher_is_better else -candidate.task.value


def _low(candidate: Candidate) -> float:
    return candidate.retention if candidate.retention_low is None else candidate.retention_low


def _noise(candidate: Candidate) -> float:
    standard_error = (candidate.task.high - candidate.task.low) / 2 / 1.96
    return NOISE_IN_STANDARD_ERRORS * standard_error


def _closest_within_noise(allowed: Sequence[Candidate], best: Candidate) -> Candidate:
    """Give the best, or one within noise of it that keeps worthwhile more; of equals the nearest to the base."""
    near = [c for c in allowed if _task(best) - _task(c) <= _noise(best)]
    keeper = max(near, key=lambda c: (c.retention, _task(c)))
    if keeper.retention - best.retention < WORTHWHILE_RETENTION:
        near = [c for c in near if _task(c) >= _task(best) and c.retention >= best.retention]
        return near[0] if len(near) == 1 else _nearest_to_base(near)
    as_good = [c for c in near if keeper.retention - c.retention < WORTHWHILE_RETENTION]
    most = max(map(_task, as_good))
    return _nearest_to_base([c for c in as_good if _task(c) == most])


def _nearest_to_base(candidates: Sequence[Candidate]) -> Candidate:
    return min(candidates, key=lambda c: (c.stage, c.step, c.interpolation))


def _on_front(candidate: Candidate, candidates: Sequence[Candidate]) -> bool:
    here = (_task(candidate), candidate.retention)
    others = [(_task(c), c.retention) for c in candidates]
    return not any(
        task >= here[0] and kept >= here[1] and (task, kept) != here for task, kept in others
    )


def _relative(candidate: Candidate, candidates: Sequence[Candidate]) -> float:
    """The task's score against the best one's, 1 for the best; also right where lower is better."""
    values = [c.task.value for c in candidates]
    if candidate.task.higher_is_better:
        return candidate.task.value / max(values) if max(values) > 0 else 1.0
    return min(values) / candidate.task.value if candidate.task.value > 0 else 1.0


def _reason(
    chosen: Candidate, best: Candidate, candidates: Sequence[Candidate], *, max_forgetting: float
) -> Text:
    facts = {"count": len(candidates), "kept": chosen.retention, "least": 1 - max_forgetting}
    if chosen is not best and _task(chosen) < _task(best):
        return Text(
            "Of {count} candidates it is within noise of the best on the held-out items "
            "({here} against {best}) and keeps more of the general abilities: {kept:.1%}.",
            here=figure(chosen.task),
            best=figure(best.task),
            **facts,
        )
    overall = max(candidates, key=_goodness)
    if _task(overall) > _task(chosen):
        return Text(
            "Of {count} candidates it scores best on the held-out items ({here}) among those that keep "
            "{least:.1%} of the general abilities; it keeps {kept:.1%}. One that forgets more reached {best}.",
            here=figure(chosen.task),
            best=figure(overall.task),
            **facts,
        )
    return Text(
        "Of {count} candidates it scores best on the held-out items ({here}), and it keeps {kept:.1%} "
        "of the general abilities; at least {least:.1%} was asked for.",
        here=figure(chosen.task),
        **facts,
    )


def _add_doubt(because: Text) -> Text:
    return Text(
        "{because} The choosing probes are too few to be sure of that; the final measurement decides.",
        because=because,
    )
