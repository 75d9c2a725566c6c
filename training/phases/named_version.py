"""A version that a person chose after the result was known: kept instead of the one that the rule would keep."""

from __future__ import annotations

from collections.abc import Sequence

from training.config import Version
from training.errors import TrainingError
from training.measured import Candidate
from training.text import Text


def take(candidates: Sequence[Candidate], wanted: Version) -> tuple[list[Candidate], Text]:
    """Mark the version that was named as chosen; give all in their order, and the reason. Raises TrainingError."""
    marked = [one.model_copy(update={"chosen": is_named(one, wanted)}) for one in candidates]
    found = next((one for one in marked if one.chosen), None)
    if found is None:
        raise TrainingError(
            Text("There is no version from step {step:,} at {share:.0%} of the way.", step=wanted.step, share=wanted.interpolation),
            where="run.json: measure.version", what_to_do=Text("Choose one of the versions that the run measured."),
        )  # fmt: skip
    because = Text(
        "You chose this version yourself, by {score:.3f} on the held-out items and {kept:.1%} of the general abilities kept.",
        score=found.task.value, kept=found.retention,
    )  # fmt: skip
    return marked, because


def is_named(one: Candidate, wanted: Version) -> bool:
    """Whether the candidate is the version meant."""
    share = abs(one.interpolation - wanted.interpolation) < 1e-6
    return (one.stage, one.step) == (wanted.stage, wanted.step) and share


def second_look() -> Text:
    """What is said of a score that was measured after another version's was known."""
    return Text(
        "You chose this version after the result of another one was known. The same test items were asked a second time, so take its score as a little too good."
    )
