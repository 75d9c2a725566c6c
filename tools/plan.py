"""The plan: all choices, each with its reason. Written to `plan.json`; a person may edit it by hand."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tools.brief import Brief
from tools.choice import Choice
from tools.profile import IssueCode
from training.config import Metric, Technique, Trial
from training.document import Document, Section
from training.measured import NamedScore
from training.text import Text


class Alternative(Section):
    """Another pipeline that was considered."""

    pipeline: tuple[Technique, ...]
    because: Text


class Gate(Section):
    """What a measurement's outcome will do. `when` and `then` are sentences; JSON calls them `if` and `then`."""

    when: Text = Field(alias="if")
    then: Text


class Counterfactual(Section):
    """A fact that, were it so, would change the pipeline: found by flipping it and deciding again."""

    fact: Text
    pipeline: tuple[Technique, ...]


class Decision(Section):
    """Whether to train, and by which sequence of techniques. An empty pipeline: do not train now."""

    pipeline: tuple[Technique, ...]
    because: Text
    source: str | None = None
    rules: tuple[str, ...] = ()
    measured: bool = False
    """The untouched model was measured before deciding."""
    gates: tuple[Gate, ...] = ()
    runners_up: tuple[Alternative, ...] = ()
    would_change_if: tuple[Counterfactual, ...] = ()


class StagePlan(Section):
    """One stage's values, each with its reason; names as in `training.config.StageConfig`."""

    technique: Choice[Technique]
    learning_rate: Choice[float]
    epochs: Choice[float]
    batch_size: Choice[int]
    micro_batch_size: Choice[int]
    lora_rank: Choice[int]
    """0: all weights are trained."""
    lora_alpha: Choice[int]
    schedule: Choice[Literal["cosine", "linear", "constant"]]
    warmup_share: Choice[float]
    weight_decay: Choice[float]
    max_grad_norm: Choice[float]
    max_seq_tokens: Choice[int]
    packing: Choice[bool]
    gradient_checkpointing: Choice[bool]
    checkpoints: Choice[int]
    lora_dropout: Choice[float] | None = None
    train_embeddings: Choice[bool] | None = None
    replay_order: Choice[Literal["even", "late"]] | None = None
    """cpt: general rows evenly spread, or ever more of them towards the end."""
    preference_strength: Choice[float] | None = None
    """dpo: how firmly the model is held to where it began."""
    group_size: Choice[int] | None = None
    """rft: attempts at each question of a step."""
    kl_weight: Choice[float] | None = None
    """rft: how firmly the model is held to where it began; 0 where a program checks."""


class Source(Section):
    """One part of the training mixture, as a share of its tokens."""

    name: Literal["yours", "self-generated replay", "your general file"]
    share: Choice[float]


class Mixture(Section):
    """What is learnt from. The shares sum to one."""

    sources: tuple[Source, ...] = ()
    min_rows: Choice[int] | None = None
    """Conversations the untouched model writes at least, where it writes its own replay."""
    replay_loss: Choice[Literal["tokens", "kl"]] | None = None
    """What is learnt from general rows: `kl`, the untouched model's judgement of every word; `tokens`, the words alone."""


class EvaluationPlan(Section):
    """How success is measured."""

    metric: Choice[Metric]
    items: Choice[int]
    """Test items."""
    dev_items: Choice[int]
    target: Choice[float | None]
    max_forgetting: Choice[float]
    probe_items: Choice[int]
    """General probes for each choice between checkpoints."""
    final_probe_items: Choice[int] | None = None
    """General probes of the final comparison."""
    few_shot_examples: Choice[int] | None = None
    prompt_variants: Choice[int] | None = None
    """Other ways of asking that are tried on the untouched model before anything is trained."""
    max_new_tokens: Choice[int] | None = None
    robustness: Choice[bool] | None = None


class TeacherStep(Section):
    """Distillation before the training: a step with a yes of its own, whose rows make the next plan."""

    teacher: str
    outside: bool
    """The questions and some of the person's rows would go to somebody else's machine."""
    rows: Choice[int]
    """Answers to ask for."""
    because: Text
    source: str | None = None
    rules: tuple[str, ...] = ()
    command: str
    """Ready to use; capital letters stand for what only the person knows."""
    then: str
    """The command that plans with the rows that passed."""


class FitAlternative(Section):
    """A change that would make the run fit, or cheaper."""

    change: Text
    settings: dict[str, Any]
    peak_gib: float
    minutes: float
    cost_usd: float


class ModelOption(Section):
    """One of up to three sizes of model, with what its plan would take and what is known of its quality."""

    model: str
    chosen: bool
    minutes: float
    cost_usd: float
    peak_gib: float
    answer_ms: float | None
    """Of one answer to one person: measured here, else an estimate for the card planned for, else None."""
    answer_measured: bool = False
    """`answer_ms` was measured on this machine, of an answer of the usual length."""
    score: NamedScore | None = None
    """Of the untouched model on rows set apart for choosing; None where it was not asked."""
    quality: Text
    source: str | None
    licence: str
    unverified: tuple[str, ...] = ()
    """What of the model's card nobody has read in a file of its makers."""


class ProbePlan(Section):
    """Short trainings before the first stage, or why there are none; the other values are there where `run` is yes."""

    run: Choice[bool]
    compute: Choice[float] | None = None
    """The share of the run's time that they may take."""
    trials: Choice[int] | None = None
    """How many begin."""
    first_share: Choice[float] | None = None
    """Length of each of these, as a share of the stage."""
    last_share: Choice[float] | None = None
    """Length of each of those that are left in the last round."""
    minutes: Choice[float] | None = None
    """Of all of them together, as far as can be reckoned."""
    dev_items: Choice[int] | None = None
    probe_items: Choice[int] | None = None
    tried: tuple[Trial, ...] = ()
    """The plan's own values first."""
    lowest_rate: float = 0.0
    highest_rate: float = 1.0
    """Between these a further rate may be tried, where the outermost is the best."""


class Estimate(Section):
    """What it will take. `value`s are the expected figures; the worst case stands in the order."""

    peak_gib: Choice[float]
    minutes: Choice[float]
    cost_usd: Choice[float]
    fits: bool
    alternatives: tuple[FitAlternative, ...] = ()


class PlanWarning(Section):
    """Something the person should know before saying yes."""

    code: (
        IssueCode
        | Literal[
            "dangerous_value", "budget", "overruled", "cannot_run_yet", "without_effect", "too_slow"
        ]
    )
    text: Text
    count: int = 0
    examples: tuple[Any, ...] = ()


class QuestionChoice(Section):
    """One answer on offer."""

    value: Any
    label: Text


class Question(Section):
    """A question whose answer would change the plan."""

    id: str
    """The brief's field that the answer fills."""
    text: Text
    why: Text
    choices: tuple[QuestionChoice, ...] = ()
    default: Any = None


class Order(Section):
    """What is put up for approval, in three lines. Nothing that costs happens without a yes to it."""

    id: str
    kind: Literal["measure", "train", "probe", "synthesize", "export"]
    what: Text
    at_most: Text
    cannot_be_undone: Text
    max_minutes: float | None = None
    max_cost_usd: float = 0.0


class Plan(Document):
    """Everything that will be done, why, and what it will take."""

    kind: Literal["plan"] = "plan"
    decision: Decision
    brief: Brief = Field(default_factory=dict)
    model: Choice[str]
    models: tuple[ModelOption, ...] = ()
    """The sizes to choose from, the smallest first, the chosen one among them."""
    stages: tuple[StagePlan, ...] = ()
    mixture: Mixture = Mixture()
    probe: ProbePlan | None = None
    """Short trainings before a long one; None where nothing is trained."""
    evaluation: EvaluationPlan
    teacher: TeacherStep | None = None
    """Rows that a stronger model should write first; None where no rule says so or none is at hand."""
    baselines: tuple[NamedScore, ...] = ()
    estimate: Estimate
    warnings: tuple[PlanWarning, ...] = ()
    questions: tuple[Question, ...] = ()
    order: Order | None = None
    data: tuple[str, ...] = ()
    """Absolute paths of the person's files, with their sha256 in `data_hashes`."""
    data_hashes: dict[str, str] = Field(default_factory=dict)
    eval_file: str | None = None
    general_file: str | None = None
    skip_broken: bool = False
    """Rows that cannot be read or have no answer are left out, as the person asked."""
    columns: dict[str, str | list[str]] = Field(default_factory=dict)
    overrides: dict[str, Any] = Field(default_factory=dict)
    """What the person set by `--set` or in words: kept when anything is decided again."""
    device: str = "cpu"
    gpus: tuple[str, ...] = ()
    """The cards planned for, by name; empty where the plan is for processors."""
    quantization: Choice[Literal["nf4"] | None] | None = None
    insist: tuple[Technique, ...] | None = None
    """The pipeline the person named; None where the advice was followed."""
    reward: str | None = None
    seed: int = 0
