"""Which checkpoint to keep: what is worth most at the task after what was forgotten, and of equals the most settled.

Checkpoints, and points between them and the untouched model, are judged on dev and on the choosing probes (CK-03, CF-16).
Both are few, so both are noisy. Tried on every candidate of small trainings (five tasks, chosen by 30 and 100 held-out items and
150 probes, judged by others): taking the nearest to the base of those within noise (CK-04) was worth .002 less to .003 more
than simply the last checkpoint, the furthest trained of them .008 more: at the end the rate has
fallen to nothing, so nothing else is as settled, and a step back pays only where it saves what was forgotten too much. Where the
rate stays, nothing settles: on an attempts task solved after a sixth of the steps, the rest only forgot.
"""

from __future__ import annotations

from collections.abc import Sequence

from training.figures import figure
from training.measured import Candidate
from training.text import Text

NOISE_IN_STANDARD_ERRORS = 0.5
"""Of one score of the task: candidates closer than this are not told apart. They answer the same items, so their difference has about
half the error of one score; a whole one was worth as much and kept the budget less often."""
PRICE = 2.0
"""What a point forgotten beyond the budget costs, in points of the task. As tried: at 1 fewer versions kept the budget in the
end, at 3 the task lost what was won."""


def choose(
    candidates: Sequence[Candidate], *, max_forgetting: float, rate_falls: bool = True
) -> tuple[list[Candidate], Text]:
    """Mark the front and the chosen candidate; give the candidates in their order, and the reason.

    Those that surely forgot more than allowed are out while others remain: even the high end of their retention is short. What the low
    end (`retention_low`) lacks is taken off the score at `PRICE`. Of those within noise of the best the furthest trained is
    chosen; where the rate does not fall (learning from attempts), the earliest and nearest to the base (CK-08), as of
    candidates that are the same in both figures. Raises ValueError where there is no candidate.
    """
    if not candidates:
        raise ValueError("there is no candidate to choose from")
    least = 1 - max_forgetting - 1e-9
    allowed = [c for c in candidates if _high(c) >= least] or list(candidates)
    scale = _scale(candidates)
    worths = {id(c): _task(c) / scale - PRICE * max(0.0, least - _low(c)) for c in allowed}
    best = max(allowed, key=lambda c: (worths[id(c)], c.retention))
    noise = _noise(best) / scale
    near = [c for c in allowed if worths[id(best)] - worths[id(c)] <= noise]
    furthest = max(near, key=_how_far)
    as_good = [c for c in near if _figures(c) == _figures(furthest)] if rate_falls else near
    chosen = min(as_good, key=_how_far)
    because = _reason(chosen, candidates, max_forgetting=max_forgetting, rate_falls=rate_falls)
    marked = [
        c.model_copy(update={"on_front": _on_front(c, candidates), "chosen": c is chosen})
        for c in candidates
    ]
    return marked, because


def _figures(candidate: Candidate) -> tuple[float, float]:
    return _task(candidate), candidate.retention


def _task(candidate: Candidate) -> float:
    """The task's score so that more is better."""
    return candidate.task.value if candidate.task.higher_is_better else -candidate.task.value


def _scale(candidates: Sequence[Candidate]) -> float:
    """What one is for this metric: 1 for shares, the best value where less is better (bits): a hundredth of it is a point."""
    values = [c.task.value for c in candidates if c.task.value > 0]
    return 1.0 if candidates[0].task.higher_is_better or not values else min(values)


def _low(candidate: Candidate) -> float:
    return candidate.retention if candidate.retention_low is None else candidate.retention_low


def _high(candidate: Candidate) -> float:
    """The other end of the interval, as far above as the low end is below."""
    return 2 * candidate.retention - _low(candidate)


def _noise(candidate: Candidate) -> float:
    standard_error = (candidate.task.high - candidate.task.low) / 2 / 1.96
    return NOISE_IN_STANDARD_ERRORS * standard_error


def _how_far(candidate: Candidate) -> tuple[str, int, float]:
    """How long it was trained, and how much of that was kept."""
    return candidate.stage, candidate.step, candidate.interpolation


def _on_front(candidate: Candidate, candidates: Sequence[Candidate]) -> bool:
    here = (_task(candidate), candidate.retention)
    others = [(_task(c), c.retention) for c in candidates]
    return not any(
        task >= here[0] and kept >= here[1] and (task, kept) != here for task, kept in others
    )


def _reason(
    chosen: Candidate, candidates: Sequence[Candidate], *, max_forgetting: float, rate_falls: bool
) -> Text:
    best = max(candidates, key=lambda c: (_task(c), c.retention))
    least = 1 - max_forgetting
    facts = {"count": len(candidates), "here": figure(chosen.task), "kept": chosen.retention, "least": least}  # fmt: skip
    if all(c.retention < least - 1e-9 for c in candidates):
        return Text(
            "No candidate keeps {least:.1%} of the general abilities; this one is the best compromise, "
            "keeping {kept:.1%}.",
            least=least,
            kept=chosen.retention,
        )
    if chosen.retention < least - 1e-9:
        return Text(
            "Of {count} candidates it is worth most: {here} on the held-out items, and {kept:.1%} of the general abilities kept. "
            "At least {least:.1%} was asked for; those that keep it lose more of the task than that.",
            **facts,
        )  # fmt: skip
    because = _why_this_score(
        chosen, best, facts=facts, max_forgetting=max_forgetting, rate_falls=rate_falls
    )
    if chosen.retention_low is not None and chosen.retention_low < least - 1e-9:
        return _add_doubt(because)
    return because


def _why_this_score(
    chosen: Candidate, best: Candidate, *, facts: dict[str, object], max_forgetting: float, rate_falls: bool
) -> Text:  # fmt: skip
    if _task(best) <= _task(chosen):
        return Text(
            "Of {count} candidates it scores best on the held-out items ({here}), and it keeps {kept:.1%} "
            "of the general abilities; at least {least:.1%} was asked for.",
            **facts,
        )
    if best.retention < chosen.retention and _low(best) < 1 - max_forgetting - 1e-9:
        return Text(
            "Of {count} candidates it scores best on the held-out items ({here}) after what was forgotten is taken off: "
            "it keeps {kept:.1%} of the general abilities. One that forgets more reached {best}.",
            **facts,
            best=figure(best.task),
        )
    if not rate_falls:
        return Text(
            "Of {count} candidates it is within noise of the best on the held-out items ({here} against {best}), and the least "
            "trained of those; it keeps {kept:.1%} of the general abilities.",
            **facts,
            best=figure(best.task),
        )
    return Text(
        "Of {count} candidates it is within noise of the best on the held-out items ({here} against {best}), and the furthest "
        "trained of those; it keeps {kept:.1%} of the general abilities.",
        **facts,
        best=figure(best.task),
    )


def _add_doubt(because: Text) -> Text:
    return Text(
        "{because} The choosing probes are too few to be sure of that; the final measurement decides.",
        because=because,
    )
