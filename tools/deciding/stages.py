"""One stage's values put together: each is decided from those before it, and what the person set is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import Literal, TypeVar

from tools.choice import NUMBER, WHOLE, YES_NO, Choice
from tools.deciding import feedback, hyperparams, rates
from tools.deciding.answering import answer_tokens, room_beyond
from tools.deciding.hyperparams import Job
from tools.deciding.token_counts import mean_row
from tools.dry_run import key_of
from tools.errors import PlanError
from tools.facts import Facts
from tools.plan import StagePlan
from tools.resources import USABLE_SHARE, Load, peak_gib
from training.catalog import ModelCard
from training.config import Technique
from training.text import Text, join

Value = TypeVar("Value")
SMALL_SET_ROWS, SMALL_SET_DROPOUT = 2000, 0.05  # LO-04, EP-01
CPU_MICRO_BATCH = 32
ATTEMPT_COST = 2.7
"""An attempt costs this many times a learnt row: it is also written, word by drawn word, at about a fifth
of the forward speed; 6 + 10 operations a weight and token against 6."""


@dataclass(frozen=True)
class Stage:
    """A stage's plan, what it costs, and whether its weights must be in 4 bits to fit."""

    plan: StagePlan
    load: Load
    quantization: Choice[Literal["nf4"] | None]
    fits: bool


@dataclass(frozen=True)
class Fit:
    """How a batch is cut to fit in memory."""

    micro_batch: int
    gradient_checkpointing: bool
    quantized: bool
    fits: bool


def pinned(choice: Choice[Value], facts: Facts, name: str) -> Choice[Value]:
    """The person's value where one is set, else what the budget leaves, else the choice."""
    if name in facts.overrides:
        update = {
            "value": facts.overrides[name],
            "because": Text("You set it."),
            "source": None,
            "origin": "user",
        }
        return choice.model_copy(update=update)
    if name in facts.trimmed:
        return choice.model_copy(
            update={
                "value": facts.trimmed[name],
                "because": Text("Cut down to fit your budget."),
                "source": None,
            }
        )
    return choice


def shared_rank(facts: Facts, pipeline: tuple[Technique, ...], card: ModelCard) -> Choice[int]:
    """Decide the rank of the one adapter that all stages train: the largest that any of them wants."""
    wanted = [hyperparams.lora_rank(_job(facts, step, card, pipeline)) for step in pipeline]
    rank = max(wanted, key=lambda choice: choice.value)
    return pinned(rank, facts, f"{pipeline[0]}.lora_rank")


def build(
    facts: Facts, technique: Technique, card: ModelCard, *, replay: float, pipeline: tuple[Technique, ...]
) -> Stage:  # fmt: skip
    """Decide every value of a stage. `replay` is its share of general tokens; `pipeline` holds all the stages."""
    job = _job(facts, technique, card, pipeline)

    def pin(choice: Choice[Value], name: str) -> Choice[Value]:
        return pinned(choice, facts, f"{technique}.{name}")

    rank = shared_rank(facts, pipeline, card)
    batch = pin(_cut_evenly(hyperparams.batch_size(job), facts, technique), "batch_size")
    attempts = pin(feedback.group_size(facts), "group_size") if technique == "rft" else None
    epochs = pin(hyperparams.epochs(job, batch=batch.value), "epochs")
    length = within_context(pin(hyperparams.max_seq_tokens(job), "max_seq_tokens"), technique, card)
    num_steps = hyperparams.steps(
        _pieces(facts, technique, length.value), batch.value, epochs.value
    )
    rate = rates.learning_rate(
        job, rank=rank.value, batch=batch.value, num_steps=num_steps, replay=replay
    )
    embeddings = _embeddings(facts, technique, card, pipeline) if rank.value else None
    load = replace(
        _load(facts, job, (rank.value, batch.value, length.value, num_steps), replay=replay),
        embeddings=embeddings is not None and embeddings.value and not card.tiny,
    )
    sequences = _sequences(technique, batch.value, attempts)
    fit = _fit(facts, load)
    plan = StagePlan(
        technique=Choice[Technique](value=technique, because=Text("Part of the pipeline.")),
        learning_rate=pin(rate, "learning_rate"),
        epochs=epochs,
        batch_size=batch,
        micro_batch_size=pin(_micro_batch(fit), "micro_batch_size"),
        lora_rank=rank,
        lora_alpha=pin(hyperparams.lora_alpha(rank.value), "lora_alpha"),
        lora_dropout=pin(_dropout(card, facts.rows), "lora_dropout") if rank.value else None,
        train_embeddings=embeddings,
        schedule=pin(hyperparams.schedule(job), "schedule"),
        warmup_share=pin(hyperparams.warmup_share(num_steps, technique), "warmup_share"),
        weight_decay=pin(hyperparams.weight_decay(), "weight_decay"),
        max_grad_norm=pin(hyperparams.max_grad_norm(), "max_grad_norm"),
        max_seq_tokens=length,
        packing=pin(hyperparams.packing(job), "packing"),
        gradient_checkpointing=pin(_checkpointing(fit, facts.on_gpu), "gradient_checkpointing"),
        checkpoints=pin(hyperparams.checkpoints(num_steps), "checkpoints"),
        preference_strength=pin(feedback.preference_strength(), "preference_strength")
        if technique == "dpo"
        else None,
        replay_order=pin(hyperparams.replay_order(), "replay_order")
        if technique == "cpt" and replay
        else None,
        group_size=attempts,
        kl_weight=pin(feedback.kl_weight(facts), "kl_weight") if technique == "rft" else None,
    )
    final = replace(
        load, micro_batch=plan.micro_batch_size.value, batch_size=sequences,
        gradient_checkpointing=plan.gradient_checkpointing.value, quantized=fit.quantized,
    )  # fmt: skip
    return Stage(plan, final, _quantization(fit), _has_room(facts, final))


def _pieces(facts: Facts, technique: Technique, length: int) -> int:
    """Sequences of one pass: rows, or the pieces that texts are cut into."""
    tokens = facts.profile.tokens.total
    return max(facts.rows, ceil(tokens / length)) if technique == "cpt" else facts.rows


def within_context(length: Choice[int], technique: Technique, card: ModelCard) -> Choice[int]:
    """Give the length as it is. Raises PlanError where the model cannot read so much at once."""
    if length.value <= card.context:
        return length
    name = f"{technique}.max_seq_tokens"
    raise PlanError(
        Text(
            "{model} reads at most {context:,} tokens at once, and {name} is set to {value:,}.",
            model=card.id, context=card.context, name=name, value=length.value,
        ),
        where=name,
        what_to_do=Text("Set {name} to {context:,} or less, or name a model that reads more.", name=name, context=card.context),
    )  # fmt: skip


def _job(
    facts: Facts, technique: Technique, card: ModelCard, pipeline: tuple[Technique, ...]
) -> Job:
    feeds = technique == "sft" and "rft" in pipeline
    beyond = room_beyond(facts, card) if technique == "rft" else 0
    return Job(
        technique, card, facts.rows, facts.profile.tokens, facts.on_gpu, feeds_attempts=feeds, beyond=beyond
    )  # fmt: skip


def _cut_evenly(batch: Choice[int], facts: Facts, technique: Technique) -> Choice[int]:
    """Round the batch up to whole pieces where the person set the size of a piece."""
    micro = facts.overrides.get(f"{technique}.micro_batch_size")
    if not micro or batch.value % micro == 0:
        return batch
    because = join(
        [batch.because, Text("Rounded up to whole pieces of {micro} rows.", micro=micro)]
    )
    value = ceil(batch.value / micro) * micro
    return batch.model_copy(update={"value": value, "because": because, "origin": "user"})


def _sequences(technique: Technique, batch: int, attempts: Choice[int] | None) -> int:
    """Sequences whose cost a step has: both answers of a pair, every attempt with what writing it takes."""
    if attempts is not None:
        return batch * round(attempts.value * ATTEMPT_COST)
    return batch * (2 if technique == "dpo" else 1)


def room_gib(facts: Facts) -> float:
    """Memory one run may use."""
    if facts.on_gpu:
        return USABLE_SHARE * max(gpu.gib for gpu in facts.gpus)
    return USABLE_SHARE * facts.machine.ram_gib


def needed_gib(facts: Facts, load: Load) -> float:
    """Memory that a training takes: the closed form, brought to what was tried out of the same training."""
    tried = facts.dry_runs.get(key_of(load)) if facts.dry_runs else None
    return peak_gib(load, on_gpu=facts.on_gpu, factor=tried.factor if tried else 1.0)


def _has_room(facts: Facts, load: Load) -> bool:
    return needed_gib(facts, load) <= room_gib(facts)


def _load(facts: Facts, job: Job, sizes: tuple[int, int, int, int], *, replay: float) -> Load:
    """What the stage costs. `sizes`: rank, rows of a step, tokens of the longest row, steps without replay."""
    rank, batch, length, steps = sizes
    tokens = job.tokens
    rows = max(facts.profile.usable or facts.profile.rows, 1)
    mean = mean_row(job.card, tokens, rows)
    if job.technique == "rft":  # an attempt may be longer than the answer that stands in the row
        mean += max(0.0, answer_tokens(facts, job.card) - tokens.answer_total / rows)
    row_tokens = min(mean, float(length))
    with_replay = round(steps / (1 - replay)) if replay < 1 else steps
    dropout = pinned(_dropout(job.card, facts.rows), facts, f"{job.technique}.lora_dropout").value
    return Load(
        job.card, rank, 1, length, row_tokens, batch, with_replay,
        sequences_each=2 if job.technique == "dpo" else 1, dropout=bool(rank and dropout),
    )  # fmt: skip


def _fit(facts: Facts, load: Load) -> Fit:
    """Cut the batch: the largest piece that fits, without recomputing if possible, in 4 bits only if needed."""
    quantization = facts.overrides.get("model.quantization")
    ways = (
        [quantization == "nf4"]
        if quantization
        else [False] + ([True] if facts.on_gpu and load.lora_rank else [])
    )
    limit = load.batch_size if facts.on_gpu else min(load.batch_size, CPU_MICRO_BATCH)
    for quantized in ways:
        for recompute in (False, True):
            for micro in (size for size in range(limit, 0, -1) if load.batch_size % size == 0):
                trial = replace(
                    load, micro_batch=micro, gradient_checkpointing=recompute, quantized=quantized
                )
                if _has_room(facts, trial) and (
                    micro >= min(4, limit) or recompute or not facts.on_gpu
                ):
                    return Fit(micro, recompute, quantized, True)
    return Fit(1, True, ways[-1], False)


def _micro_batch(fit: Fit) -> Choice[int]:
    if not fit.fits:
        return WHOLE(
            value=1,
            because=Text("Even a single row at once does not fit in memory."),
            source="published memory peaks",
        )
    return WHOLE(
        value=fit.micro_batch,
        because=Text(
            "{rows} rows at once fit in memory; the others of a step follow one after another.",
            rows=fit.micro_batch,
        ),
        source="published memory peaks",
    )


def _checkpointing(fit: Fit, on_gpu: bool) -> Choice[bool]:
    if fit.gradient_checkpointing:
        return YES_NO(
            value=True,
            because=Text("Memory would not do otherwise; it costs about a fifth of the speed."),
            source="published step times: torchtune 9,174 to 7,210 tokens a second",
        )
    return YES_NO(
        value=False,
        because=Text("Memory is large enough without computing things twice."),
        source="published step times",
    )


def _quantization(fit: Fit) -> Choice[Literal["nf4"] | None]:
    made = Choice[Literal["nf4"] | None]
    if fit.quantized:
        return made(
            value="nf4",
            because=Text("The weights are held in 4 bits, because they do not fit otherwise."),
            source="MS-05; published memory peaks",
        )
    return made(value=None, because=Text("The weights are held whole."), source="MS-05")


def _dropout(card: ModelCard, rows: int) -> Choice[float]:
    if not card.tiny and card.billions <= 13 and rows < SMALL_SET_ROWS:
        return NUMBER(
            value=SMALL_SET_DROPOUT,
            because=Text("A little helps models up to 13 billion parameters on small sets."),
            source="LO-04: QLoRA 2305.14314",
        )
    return NUMBER(value=0.0, because=Text("Not needed here."), source="LO-04: QLoRA 2305.14314")


def _embeddings(
    facts: Facts, technique: Technique, card: ModelCard, pipeline: tuple[Technique, ...]
) -> Choice[bool]:
    """Decide it once for all stages, which train one adapter; reading texts moves the embeddings more slowly."""
    choice = pinned(
        _train_embeddings(facts, card, pipeline), facts, f"{pipeline[0]}.train_embeddings"
    )
    if technique != "cpt" or not choice.value:
        return choice
    slower = Text("They learn at {share:.0%} of the rate.", share=hyperparams.EMBEDDING_RATE_SHARE)
    return choice.model_copy(update={"because": join([choice.because, slower])})


def _train_embeddings(
    facts: Facts, card: ModelCard, pipeline: tuple[Technique, ...]
) -> Choice[bool]:
    if card.tiny:
        return YES_NO(
            value=True,
            because=Text(
                "So small a model lacks many of your words; adapters alone did not learn them."
            ),
            source="trials on tiny models",
            origin="measured",
        )
    language = str(facts.language or facts.said("language") or facts.profile.language or "en")
    if "cpt" in pipeline and not card.speaks(language):
        return YES_NO(
            value=True,
            because=Text("Its documents do not claim the language of your texts ({language}), so most of their words are new to it.", language=language),
            source="LO-06: Biderman 2405.09673; open trainers compared (Unsloth's guide to continued pretraining)",
        )  # fmt: skip
    return YES_NO(value=False, because=Text("The model knows your words."), source="LO-01")
