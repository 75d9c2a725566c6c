"""`measured.json`: what the trainer measured, without a judgement. The tools make the report from it.

It is rewritten whenever more is known (baselines first, candidates as they are tried, the final comparison
last), so a run that was killed keeps everything it had measured.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from training.config import Metric
from training.document import Document, Section
from training.text import Text


class Score(Section):
    """A measured value with its 95 % interval. Never shown without it (ST-01)."""

    metric: Metric
    value: float
    low: float
    high: float
    items: int
    higher_is_better: bool = True


class NamedScore(Score):
    """A row of the table of baselines."""

    name: str
    """`commonest answer`, `simple model`, `zero-shot`, `few-shot`, `best prompt`, `attempts`"""
    prompt: str | None = None
    """What it was asked with, ready to copy; None where the items were asked as they stand."""
    similar_examples: int = 0
    """Training rows most like the item that stood before it, each with its answer."""
    rates: tuple[float, ...] = ()
    """Of `attempts`: for each question the share of attempts that succeeded."""


class Compared(Section):
    """What one untouched model did with the dev items that others answered too."""

    model: str
    """As `ModelConfig.name` has it."""
    score: NamedScore | None = None
    """By the way of asking that served it best; None where it could not be asked."""
    values: tuple[float, ...] = ()
    """What the metric gives each item, in the order of the items: for a paired comparison."""
    answer_ms: float | None = None
    """Milliseconds of one answer of the usual length, one question at a time, on this machine."""
    device: str = ""
    failed: Text | None = None
    """Why it could not be asked."""


class Difference(Section):
    """Tuned minus baseline on the same items."""

    value: float
    low: float
    high: float
    p: float
    test: str
    """`exact McNemar` or `paired bootstrap`."""
    better: bool | None
    """True or False where the interval excludes zero, None where it does not."""


class ProbeScore(Section):
    """One family of general probes, before and after. Shares of items right, 0 to 1."""

    base: float
    tuned: float
    items: int


class Retention(Section):
    """What is left of the general abilities: tuned / base, 1.0 = nothing lost."""

    value: float
    low: float
    high: float
    probes: dict[str, ProbeScore] = Field(default_factory=dict)
    drift_nats_per_token: float | None = None
    """Rise of the loss on text that the base wrote: an estimate of KL(base || tuned) (CF-22)."""


class Robustness(Section):
    """The same test items lightly disturbed: case, spacing, typing errors."""

    plain: Score
    disturbed: Score
    learned_the_wording: bool
    """The drop is beyond the interval."""


class InventionCounts(Section):
    """Answers to closed-book questions, judged by rule."""

    right: int
    wrong: int
    """Claimed to know, and was not right."""
    unknown: int
    """Said that it does not know, or nothing."""


class Invention(Section):
    """Closed-book questions from the data, half about things that are not there, before and after (TC-05)."""

    items: int
    base_there: InventionCounts
    base_absent: InventionCounts
    tuned_there: InventionCounts
    tuned_absent: InventionCounts
    difference: Difference
    """Of the share of wrong answers: `better=True` means more of them after training."""


class Candidate(Section):
    """One point that could be chosen: a checkpoint, at some interpolation towards the base."""

    stage: str
    step: int
    interpolation: float
    """1.0 is the checkpoint as trained; less lies nearer to the base."""
    task: Score
    """On dev."""
    retention: float
    """On the choosing probes."""
    retention_low: float | None = None
    """The low end of its 95 % interval; None where it was not worked out."""
    loss: float | None = None
    """Nats a token of the right answers on dev, of a checkpoint as trained; None where the task itself is a loss."""
    on_front: bool = False
    """No other candidate is better in both."""
    chosen: bool = False


class Sample(Section):
    """One test item: what was asked, wanted, and answered before and after."""

    id: str
    prompt: str
    expected: str
    base: str
    tuned: str
    base_score: float
    tuned_score: float


class Reading(Section):
    """The same answers to the test items, read in another way than the metric does."""

    name: Literal["number", "contains", "similar"]
    """`number`: it ends on the wanted number; `contains`: the wanted answer stands among other words; `similar`: ROUGE-L."""
    base: float
    tuned: float


class RewardGap(Section):
    """How often attempts succeed at questions that are trained on, and at others (RW-06)."""

    step: int
    rate: float
    held_out: float
    error: float
    """Standard error of the difference."""


class AttemptRecord(Section):
    """What learning from attempts earned, at its beginning and at its end."""

    stage: str
    first_reward: float = 0.0
    """Mean over the first steps."""
    last_reward: float = 0.0
    first_tokens: float = 0.0
    """Of an answer, on average."""
    last_tokens: float = 0.0
    gaps: tuple[RewardGap, ...] = ()
    """At checkpoints."""


class StageRecord(Section):
    """What one stage did."""

    name: str
    """Such as `1-sft`."""
    technique: str
    steps: int
    planned_steps: int | None = None
    """More than `steps` where the budget or a person ended the stage."""
    train_tokens: int
    replay_tokens: int
    minutes: float
    tokens_per_second: float
    first_loss: float | None = None
    last_loss: float | None = None
    best_step: int | None = None
    ended_because: Text
    recoveries: int = 0


class TrialRecord(Section):
    """One short training before the first stage."""

    round: int
    """1 or 2; trials of one round are equally long."""
    learning_rate: float
    replay_share: float
    steps: int
    task: Score | None = None
    """On a part of dev; None where the training left the rails."""
    retention: float | None = None
    """On a part of the choosing probes; None where none were asked."""
    worth: float | None = None
    """The task's score less what was forgotten beyond what a trial may forget; logarithmic where less is better."""
    planned: bool = False
    """These are the plan's own values."""
    chosen: bool = False


class ProbeRecord(Section):
    """What the short trainings chose for the first stage."""

    stage: str
    trials: tuple[TrialRecord, ...]
    planned_rate: float
    planned_share: float
    learning_rate: float
    """What the stage was trained with."""
    replay_share: float
    by_loss: bool = False
    """They were compared by how likely they found the right answers: hardly any was right yet."""
    because: Text
    minutes: float = 0.0


class Spent(Section):
    """What the run used, over all its attempts."""

    minutes: float = 0.0
    peak_gib: float | None = None
    """On a GPU the allocator's peak; on a CPU the peak of the process's resident memory."""
    cost_usd: float = 0.0
    device: str = ""
    attempts: int = 1
    first_step_after_s: float | None = None
    """From the start of the process to the first optimizer step."""


class Pace(Section):
    """What work took on the machine that measured the untouched model, in seconds; None where it was not done."""

    item_s: float | None = None
    """To answer a test item as the tuned model is asked."""
    probe_s: float | None = None
    """To answer a general question."""
    conversation_s: float | None = None
    """To write a conversation to rehearse."""
    conversations: int = 0
    """That are there already for the training to come."""
    general_tokens: float | None = None
    """Of such a conversation, on average."""
    row_tokens: float | None = None
    """Of a training row as this model reads it, on average."""
    batch_rows: int = 0
    batch_tokens: float = 0.0
    batch_s: float | None = None
    """To read a batch of training rows forwards and backwards."""


class Measured(Document):
    """Everything one run has measured so far."""

    kind: Literal["measured"] = "measured"
    run: str
    complete: bool = False
    """The final comparison is in."""
    baselines: tuple[NamedScore, ...] = ()
    """The untouched model's scores on the test items, by way of asking."""
    baseline_chosen: str | None = None
    """The name of the best of them: the one the tuned model is compared with."""
    compared: tuple[Compared, ...] = ()
    """Models between which the plan has to choose, on the same dev items."""
    pace: Pace | None = None
    """How fast this machine was; of a run without stages."""
    base_retention_items: int = 0
    tuned: Score | None = None
    difference: Difference | None = None
    retention: Retention | None = None
    robustness: Robustness | None = None
    invention: Invention | None = None
    """None where the data carry no facts to ask for."""
    per_label: dict[str, dict[str, float]] = Field(default_factory=dict)
    """For classification: label -> items, base, tuned (shares right)."""
    confusion: tuple[tuple[str, str, int], ...] = ()
    """The tuned model's commonest mistakes: expected, answered, count."""
    candidates: tuple[Candidate, ...] = ()
    chosen_because: Text | None = None
    """Why that candidate was chosen."""
    versus: dict[str, Difference] = Field(default_factory=dict)
    """Tuned minus a baseline on the same items, by the baseline's name: those that need no language model."""
    probe: ProbeRecord | None = None
    """What short trainings before the first stage chose; None where there were none."""
    stages: tuple[StageRecord, ...] = ()
    attempts: tuple[AttemptRecord, ...] = ()
    """Of stages that learnt from attempts."""
    readings: tuple[Reading, ...] = ()
    """Where the metric wants answers to the letter: how they look to a kinder one."""
    samples: tuple[Sample, ...] = ()
    spent: Spent = Spent()
    notes: tuple[Text, ...] = ()
    """What the reader must know: rows cut, hashes that changed, probes left out."""
    extra: dict[str, Any] = Field(default_factory=dict)
    """Measurements of a technique that have no field of their own."""
