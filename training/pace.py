"""How long a stage still takes, told from its own steps and from the measurements that come between them."""

from __future__ import annotations

from dataclasses import dataclass

WARM_UP_STEPS = 40
"""Until then steps are slower than later ones: memory is asked for and the processor's caches fill."""
WARM_UP_SLOWNESS = 1.15
"""How much slower; measured on four quiet runs of the practice model on two cores: 1.07 to 1.32 after 10 to 12 steps."""


@dataclass(frozen=True)
class Done:
    """What a stage has done at some step, over all attempts."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0


def seconds_left(done: Done, *, first: Done, steps: int, tokens: int) -> float:
    """Reckon the seconds of the steps to come, out of `steps` and `tokens` in all.

    By the pace so far and the tokens to come: general rows are longer than labels, and not spread evenly. `first` is what
    was done after this process's first step, which loads code and does not count where there are others.
    """
    begun = first if done.step > first.step else Done()
    counted = Done(done.step - begun.step, done.tokens - begun.tokens, done.seconds - begun.seconds)
    to_come = max(tokens - done.tokens, 0)
    if counted.tokens > 0:
        left = counted.seconds / counted.tokens * to_come
    else:
        left = counted.seconds / max(counted.step, 1) * (steps - done.step)
    return left * _steadier(done.step, steps)


def _steadier(step: int, steps: int) -> float:
    """By how much the steps to come are quicker than those so far, where these were the first of all."""
    if step >= WARM_UP_STEPS or step >= steps:
        return 1.0
    still_slow = min(WARM_UP_STEPS, steps) - step
    quick = steps - step - still_slow
    return (still_slow + quick / WARM_UP_SLOWNESS) / (steps - step)
