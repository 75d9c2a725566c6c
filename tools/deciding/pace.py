"""A run's minutes on processors, from what the measurement before the plan took on this very machine.

The measurement asks the same questions, writes the same kind of conversations and learns a few batches of the same rows, so
what is still to be reckoned is how often each of them comes. Pure: the seconds come in with the facts.
"""

from __future__ import annotations

from collections.abc import Sequence

from tools.deciding.core import Core
from tools.deciding.stages import Stage
from tools.resources import START_S, Load, Minutes
from training.catalog import PRACTICE
from training.measured import Pace

INTERPOLATIONS = 3  # CF-16; training.config.MeasureConfig.interpolations
SHORTLIST = 2  # training.phases.candidates
TRAINER_STEP_S = 0.012
"""A step's optimizer and account besides its batches (measured on the practice model)."""
JUDGED_COST = 1.7
"""A rehearsed token that is held to the untouched model's judgement, over one of a row of which the answer is learnt: all of
it is learnt, and the judgement is over every word (measured on the practice model: 1.4 to 2.1)."""
WORDS_COST = 1.2
"""The same, where only the words are learnt. Our default."""
NOTING_S = 1e-3
"""To note the judgement of a conversation (measured on the practice model: 21 to 28 microseconds a token)."""
PROBE_TOKENS = 40.0
"""Of a general question with its answer (measured: 3.8 ms where bank messages of 33 tokens took 2.9 to 3.6)."""
GENERAL_TOKENS = 35.0
"""Of a conversation, where none was looked at: the practice model's (measured)."""


def versions_tried(stages: Sequence[Stage]) -> int:
    """Versions of the tuned model that are measured to choose one: checkpoints, and points before the best of them."""
    return sum(stage.plan.checkpoints.value for stage in stages) + SHORTLIST * (INTERPOLATIONS - 1)


def conversations_there(core: Core) -> int:
    """Conversations to rehearse that come with the plan's model."""
    return core.facts.conversations if core.card.id == PRACTICE else 0


def is_known(core: Core) -> bool:
    """Say whether this machine was timed with the plan's own model."""
    facts, pace = core.facts, core.facts.pace
    if pace is None or facts.on_gpu:
        return False
    return facts.measured_model in (None, core.card.id)


def minutes_here(core: Core) -> Minutes | None:
    """Minutes of all stages and what is measured around them; None where the machine was not timed, or not at learning."""
    pace = core.facts.pace
    if pace is None or not core.stages or not is_known(core):
        return None
    if pace.batch_s is None or (pace.probe_s is None and pace.item_s is None):
        return None
    train_s = sum(_learning_s(core, stage, pace) for stage in core.stages)
    return Minutes(_preparing_s(core, pace) / 60, train_s / 60, _measuring_s(core, pace) / 60)


def _preparing_s(core: Core, pace: Pace) -> float:
    rows = core.mix.min_rows.value if core.mix is not None else 0
    if not rows:
        return START_S
    to_write = max(rows - max(pace.conversations, conversations_there(core)), 0)
    written_s = to_write * (pace.conversation_s or 0.0)
    noted_s = rows * NOTING_S if to_write else 0.0
    return START_S + written_s + noted_s


def _measuring_s(core: Core, pace: Pace) -> float:
    """Every checkpoint, the points nearer to the untouched model, and the final comparison; what was measured is not again."""
    how = core.evaluation
    item_s = pace.item_s or (pace.probe_s or 0.0) * (pace.row_tokens or PROBE_TOKENS) / PROBE_TOKENS
    probe_s = pace.probe_s or item_s
    tried = versions_tried(core.stages)
    final_probes = how.final_probe_items.value if how.final_probe_items else how.probe_items.value
    again = 2 if how.robustness is None or how.robustness.value else 1
    probes = tried * how.probe_items.value + final_probes * (1 if pace.probe_s else 2)
    return item_s * (tried * how.dev_items.value + again * how.items.value) + probe_s * probes


def _learning_s(core: Core, stage: Stage, pace: Pace) -> float:
    """Own tokens and rehearsed ones at the speed of the batch that was timed, and what a step takes besides."""
    load = stage.load
    assert pace.batch_s is not None and pace.batch_tokens > 0, "only where a batch was timed"
    token_s = pace.batch_s / pace.batch_tokens * _work(load)
    share = _replay_share(core)
    row_tokens = min(pace.row_tokens or load.row_tokens, float(load.longest_tokens))
    own_rows = load.steps * (1 - share) * load.batch_size
    own = own_rows * row_tokens
    general = own * share / (1 - share)
    general_rows = general / (pace.general_tokens or GENERAL_TOKENS)
    judged = core.mix is not None and core.mix.loss.value == "kl"
    steps = (own_rows + general_rows) / load.batch_size
    return (
        token_s * (own + general * (JUDGED_COST if judged else WORDS_COST)) + steps * TRAINER_STEP_S
    )


def _work(load: Load) -> float:
    """Of a token, over learning all weights: an adapter needs no gradients of the frozen ones, recomputing reads twice."""
    return ((4 if load.lora_rank else 6) + (2 if load.gradient_checkpointing else 0)) / 6


def _replay_share(core: Core) -> float:
    return core.mix.share.value if core.mix is not None else 0.0
