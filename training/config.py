"""`run.json`: everything a GPU node needs to carry out one run, and nothing that it must look up.

The tools write it once, from a plan; the trainers read it and never change it. Values only: the reasons
stand in `plan.json` beside it.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from training.document import Document, Section

Task = Literal[
    "classification", "extraction", "rewriting", "summarization", "qa", "dialogue", "generation",
    "code", "tool_use", "translation", "reasoning", "preference", "documents",
]  # fmt: skip
Metric = Literal[
    "accuracy", "macro_f1", "exact_match", "field_f1", "json_valid", "numeric", "pass_rate",
    "chrf", "rouge", "judge", "vote", "bits_per_byte", "reward",
]  # fmt: skip
Technique = Literal["cpt", "sft", "dpo", "rft"]
BINARY_METRICS = frozenset({"accuracy", "exact_match", "json_valid", "numeric", "pass_rate"})
"""Metrics that are right or wrong for each item: Wilson intervals and McNemar's test apply (ST-01, ST-02)."""


class ModelConfig(Section):
    """Which weights, and how they are loaded."""

    name: str
    """As the person knows it: `practice`, a Hub id, or a folder."""
    source: str
    """What `from_pretrained` is given: a folder or a Hub id."""
    revision: str | None = None
    instruct: str | None = None
    """The twin of this untuned model that answers: after texts are read, what its tuning changed is added."""
    dtype: Literal["float32", "bfloat16"] = "bfloat16"
    """Of the loaded weights. Full training on a CPU wants float32."""
    quantization: Literal["nf4"] | None = None


class PromptConfig(Section):
    """One way of asking the untouched model, tried on dev items beside the plain one (TC-08)."""

    name: str
    system: str | None = None
    examples: int = Field(default=0, ge=0)
    """Training rows shown before each item: those most like it."""


class TaskConfig(Section):
    """What the model is asked, and how its answer is scored."""

    task: Task
    metric: Metric
    language: str = "en"
    system: str | None = None
    """System turn used in training, in the final evaluation, and later in serving."""
    zero_shot_system: str | None = None
    """Instruction for the untouched model: it was never shown the task, so it is told more."""
    few_shot_examples: int = Field(default=0, ge=0)
    """Examples from the training rows put before each item, for the few-shot baseline. 0: no such baseline."""
    prompts: tuple[PromptConfig, ...] = ()
    """Other ways of asking, of which the best on dev items is measured on the test items too."""
    labels: tuple[str, ...] = ()
    """The closed set of answers of a classification; empty elsewhere."""
    max_new_tokens: int = Field(default=64, ge=1)
    numeric_tolerance: float = Field(default=1e-6, ge=0)
    reward: str | None = None
    """What scores an answer where the metric is `reward`, and what rft learns from: `NAME` or `NAME:ARGUMENT`
    (`training.rewards`); files lie in the run's `rewards/`."""
    trust_reward: bool = False
    """The person vouches for their own reward code: it may run where it cannot be shut in."""


class LoraConfig(Section):
    """Low-rank adapters on every linear layer (LO-01)."""

    rank: int = Field(ge=1)
    alpha: int = Field(ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    train_embeddings: bool = False
    """Train the embeddings too: wanted when the answers use words that the base hardly knows."""


class StageConfig(Section):
    """One technique's training. All lengths are in tokens, all sizes in sequences."""

    technique: Technique
    learning_rate: float = Field(gt=0)
    epochs: float = Field(gt=0)
    batch_size: int = Field(ge=1)
    """Effective: sequences between two optimizer steps, whatever fits in memory at once."""
    micro_batch_size: int = Field(ge=1)
    """Sequences in memory at once; `batch_size` is a multiple of it."""
    lora: LoraConfig | None = None
    """None trains all weights."""
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    warmup_share: float = Field(default=0.05, ge=0, lt=1)
    weight_decay: float = Field(default=0.0, ge=0)
    max_grad_norm: float = Field(default=1.0, gt=0)
    max_seq_tokens: int = Field(ge=8)
    packing: bool = False
    replay_order: Literal["even", "late"] = "even"
    """cpt: general rows evenly spread, or ever more of them towards the end, where the rate is low (CP-02)."""
    embedding_rate_share: float = Field(default=1.0, gt=0, le=1)
    """Of the learning rate, for the embeddings where they are trained beside an adapter."""
    gradient_checkpointing: bool = False
    optimizer: Literal["adamw", "adamw_8bit"] = "adamw"
    checkpoints: int = Field(default=6, ge=1)
    """How many checkpoints to keep over the stage, evenly spaced, the last step among them (CK-05)."""
    preference_strength: float = Field(default=0.1, gt=0)
    """dpo: beta, how firmly the model is held to where it began (DP-02)."""
    group_size: int = Field(default=8, ge=2)
    """rft: attempts at each question of a step (GR-02)."""
    kl_weight: float = Field(default=0.0, ge=0)
    """rft: beta; 0 for rewards that a program checks (GR-03)."""
    temperature: float = Field(default=1.0, gt=0)
    """rft: how freely attempts are written (GR-05)."""

    @model_validator(mode="after")
    def _micro_batches_fill_the_batch(self) -> Self:
        if self.batch_size % self.micro_batch_size:
            raise ValueError(
                f"batch_size {self.batch_size} is not a multiple of micro_batch_size {self.micro_batch_size}"
            )
        return self


class ReplayConfig(Section):
    """General data mixed in against forgetting (CF-05..CF-12)."""

    source: Literal["none", "self", "file"] = "none"
    """`self`: the untouched model writes it; `file`: `data/replay.jsonl`, given by the person."""
    share: float = Field(default=0.0, ge=0, lt=1)
    """Fraction of the training tokens of a stage that are replay, not of the rows."""
    min_rows: int = Field(default=0, ge=0)
    """How many conversations to write at least, where the model writes its own."""
    loss: Literal["tokens", "kl"] = "tokens"
    """`tokens`: the words of the general rows are learnt; `kl`: the untouched model's whole distribution over the words is
    kept at each of their places (CF-02, CF-21)."""

    teacher_tokens: int | None = Field(default=None, ge=8)
    """Of a run without stages: it notes for the training to come what the untouched model holds likely in conversations
    of up to so many tokens."""
    write_until_s: float | None = Field(default=None, ge=0)
    """Of a run without stages: so many seconds after its start it begins no further conversations; those written are kept,
    and the training to come goes on from them."""

    @model_validator(mode="after")
    def _a_share_needs_a_source(self) -> Self:
        if (self.source == "none") != (self.share == 0):
            raise ValueError(f"replay share {self.share:g} does not go with source {self.source!r}")
        return self


class CandidateConfig(Section):
    """An untouched model that is asked beside others, before one of them is chosen for the plan (TC-01)."""

    model: ModelConfig
    system: str | None = None
    """What it is told before each item."""
    few_shot_examples: int = Field(default=0, ge=0)
    """Training rows that stand before each item in the second way of asking; 0: there is no second way."""


class Version(Section):
    """A checkpoint, or a point between it and the untouched model."""

    stage: str
    """Such as `1-sft`."""
    step: int
    interpolation: float = Field(gt=0, le=1)
    """1: as trained."""


class MeasureConfig(Section):
    """How much is measured, where. Sizes in items."""

    dev_items: int = Field(default=200, ge=0)
    """Held-out items that choose between checkpoints; drawn from `data/dev.jsonl`."""
    probe_items: int = Field(default=200, ge=0)
    """General probes for each choice between checkpoints."""
    final_probe_items: int = Field(default=400, ge=0)
    """General probes of the final measurement, of another seed than the choosing ones."""
    prompt_items: int = Field(default=0, ge=0)
    """Dev items that choose between the ways of asking; 0: none is tried."""
    attempt_questions: int = Field(default=0, ge=0)
    """Training questions that the untouched model attempts `attempts_each` times: may it learn from attempts (RF-01)?"""
    attempts_each: int = Field(default=16, ge=2)
    interpolations: tuple[float, ...] = (0.85, 0.93, 1.0)
    """Points between the base (0) and the tuned weights (1) that are tried (CF-16). Measured on the practice model: at
    0.7 it answered .64 of banking77 rightly instead of .83, so the points lie close to the tuned end."""
    version: Version | None = None
    """Keep this one, which a person chose after the result of another run of the same weights; None: by the rule."""
    max_forgetting: float = Field(default=0.05, ge=0, le=1)
    """Largest acceptable relative drop on the general probes."""
    stop_if_untouched_reaches: float | None = None
    """Where the untouched model already scores this on the test items, nothing is trained (TC-02)."""
    stop_if_untouched_below: float | None = None
    """Where the untouched model, even shown examples, scores less than this, the answers are facts it does not know (TC-05)."""
    robustness: bool = True
    """Also ask the test items lightly disturbed: case, spacing, typing errors."""
    candidates: tuple[CandidateConfig, ...] = ()
    """Of a run without stages: models that answer the same dev items, so that they can be compared."""
    candidate_items: int = Field(default=0, ge=0)
    """Dev items that each of them answers."""
    timed_rows: int = Field(default=0, ge=0)
    """Of a run without stages: so many training rows at once are read as in learning, to see how long that takes here."""
    timed_tokens: int | None = Field(default=None, ge=8)
    """Tokens of such a row at most."""


class Trial(Section):
    """One short training before the first stage: what it tries instead of the plan's values."""

    learning_rate: float = Field(gt=0)
    replay_share: float = Field(ge=0, lt=1)


class ProbeConfig(Section):
    """Short trainings, each with a whole schedule of its own, of which the best gives the first stage its rate and share."""

    trials: tuple[Trial, ...] = Field(min_length=2)
    """The plan's own values first."""
    first_share: float = Field(gt=0, le=1)
    """Length of a trial of the first round, as a share of the stage's passes over the person's rows."""
    last_share: float = Field(gt=0, le=1)
    """Length of a trial of the last round, in which `KEPT` of them are left (`training.halving`). With two trials
    there is only this round."""
    dev_items: int = Field(ge=1)
    """Held-out items that score a trial, of those that choose between checkpoints."""
    probe_items: int = Field(default=0, ge=0)
    """General questions that score a trial, of those that choose between checkpoints."""
    lowest_rate: float = Field(default=0.0, ge=0)
    highest_rate: float = Field(default=1.0, gt=0)
    """Between these a trial may be added beyond the outermost rate, where that one is the best of its round."""


class BudgetConfig(Section):
    """What the run may use. It stops with its best checkpoint kept when it reaches a cap."""

    minutes: float | None = Field(default=None, gt=0)
    cost_usd: float | None = Field(default=None, gt=0)
    usd_per_hour: float = Field(default=0.0, ge=0)


class RunConfig(Document):
    """One run: measure, then each stage, then choose and compare. No stages: only measure."""

    kind: Literal["run"] = "run"
    run: str
    """The run's id, also the name of its folder."""
    seed: int = 0
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int | None = Field(default=None, ge=1)
    """CPU threads; None leaves it to PyTorch."""
    model: ModelConfig
    task: TaskConfig
    stages: tuple[StageConfig, ...] = ()
    replay: ReplayConfig = ReplayConfig()
    probe: ProbeConfig | None = None
    """Trials before the first stage; None trains it with its values as they are."""
    measure: MeasureConfig = MeasureConfig()
    budget: BudgetConfig = BudgetConfig()
    hashes: dict[str, str] = Field(default_factory=dict)
    """sha256 of every file in `data/`, by name; checked before the final measurement."""
