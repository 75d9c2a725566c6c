"""The reward of a run: the one the person named, else the run's own metric."""

from __future__ import annotations

from training.config import Metric
from training.errors import TrainingError
from training.rewards import Reward, named
from training.text import Text
from training.work import Work

REWARD_OF: dict[Metric, str] = {
    "accuracy": "match", "macro_f1": "match", "exact_match": "match", "numeric": "number", "field_f1": "fields",
    "chrf": "similar", "rouge": "similar",
}  # fmt: skip
"""What is rewarded where the person named no reward: the run's own metric, item by item."""


def reward_of(work: Work) -> Reward:
    """Give the reward that the run names, or the one that goes with its metric. Raises RewardError."""
    task = work.config.task
    written = task.reward or REWARD_OF.get(task.metric)
    if written is None:
        raise TrainingError(
            Text("There is no reward: {metric} cannot score a single attempt.", metric=task.metric),
            where="run.json: task.reward",
            what_to_do=Text("Name a reward, such as --reward number:0.01."),
        )
    return named(written, folder=work.run.path / "rewards", trusted=task.trust_reward)
