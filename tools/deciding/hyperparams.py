"""Every training value but the rate (`tools.deciding.rates`), one function each, with the rule it follows."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log
from typing import Literal

from tools.choice import NUMBER, WHOLE, YES_NO, Choice, Origin
from tools.deciding.token_counts import most_factor
from tools.profile import TokenCounts
from tools.resources import lora_params
from training.catalog import ModelCard
from training.config import Technique
from training.text import Text

TEMPLATE_TOKENS = 32
"""Room for a chat template's marks and a short system turn: our default."""
MIN_STEPS = 100  # BS-03
EMBEDDING_RATE_SHARE = 0.2
"""Of the rate, for embeddings trained beside an adapter on texts: Unsloth's guide to continued pretraining says a half to a
tenth; not swept by us."""
CHECKPOINTS = 6  # CK-05: 5 to 10
PACK_FROM_ROWS = 20_000  # PK-01 [P]: below it there is little time to save
TINY_STEPS = 300
"""Tiny models want steps: 96 to 939 were enough on 1,000 to 10,000 rows (trials on tiny models); our default."""
ENOUGH_STEPS = 1000  # BS-03: 1000 and more are best; a second pass buys no more of them
TINY_EPOCHS = (3, 12)
TINY_BATCH = {"rft": 16, "cpt": 32}
TINY_RFT_STEPS = 100
"""Measured here: with 16 questions a step and 8 attempts at each, two tasks were learnt to .99 and 1.00 within 80 steps; what is
harder gains slowly."""
ATTEMPT_STEPS = (100, 500)  # GR-08: AWS Nova 100, TRL 200 to 500, verifiers 500
MOST_ATTEMPT_PASSES = (
    15  # managed products compared: Bedrock asks for 6 to 12 on small sets; our default
)
FEW_ROWS = 100
STEP_TOKENS = 250_000  # CP-03 [P]
LEAST_CPT_BATCH = 8  # BS-03: shrink the batch before the steps are too few
CPT_TOKENS, TINY_CPT_TOKENS = 2048, 256  # our default; trials on tiny models used 128

_SCHEDULE = Choice[Literal["cosine", "linear", "constant"]]


@dataclass(frozen=True)
class Job:
    """What the values depend on."""

    technique: Technique
    card: ModelCard
    rows: int
    tokens: TokenCounts
    on_gpu: bool
    feeds_attempts: bool = False
    """Learning from attempts follows, which wants a start that is not overfitted (TC-23)."""
    beyond: int = 0
    """Tokens that an attempt may have beyond the answers of the rows."""


def lora_rank(job: Job) -> Choice[int]:
    """Choose all weights (0) or a rank whose adapters can hold what the answers say."""
    if job.card.tiny:
        return _int(
            0, Text("A model of {millions:.1f} million parameters is trained whole: adapters of this size neither protected it nor learned words it had not seen.", millions=job.card.params / 1e6),
            "trials on tiny models", "measured",
        )  # fmt: skip
    if job.technique == "rft":
        return _int(
            16,
            Text("Rewards carry little to learn, so a small adapter holds it."),
            "LO-02, GR-11: TRL lora_without_regret.md",
        )
    if job.technique == "cpt":
        return _int(
            128,
            Text(
                "Learning a whole field needs a high rank; lower ones fall short of training all weights."
            ),
            "LO-06: Biderman 2405.09673",
        )
    answer_tokens = max(job.tokens.answer_total, 1)
    rank = next(
        (rank for rank in (16, 32, 64, 128, 256) if lora_params(job.card, rank) >= answer_tokens),
        256,
    )
    return _int(
        rank, Text("Adapters of rank {rank} on all linear layers have {params:,} values, room enough for {tokens:,} tokens of answers, and training them forgets less than training all weights.",
                   rank=rank, params=int(lora_params(job.card, rank)), tokens=answer_tokens),
        "LO-02, LO-01, CF-15: TRL lora_without_regret.md, Biderman 2405.09673",
    )  # fmt: skip


def lora_alpha(rank: int) -> Choice[int]:
    """Keep alpha at 32, for which the rate's formula was fitted; unused where all weights are trained."""
    if rank == 0:
        return _int(32, Text("Not used: all weights are trained."), None)
    return _int(
        32,
        Text(
            "The learning rate's formula was fitted at alpha 32; changing alpha is changing the rate."
        ),
        "LO-03: open trainers compared",
    )


def epochs(job: Job, *, batch: int) -> Choice[float]:
    """Choose the passes over the data by its size; checkpoints on the way guard against too many."""
    if job.technique == "rft" and job.card.tiny:
        passes = min(round(TINY_RFT_STEPS * batch / max(job.rows, 1), 2), TINY_EPOCHS[1])
        return _float(
            max(passes, 0.01),
            Text(
                "So small a model needs about {steps} steps of attempts, {passes:g} passes over {rows:,} questions; what can still teach is asked most.",
                steps=steps(job.rows, batch, passes),
                passes=passes,
                rows=job.rows,
            ),
            "measured here",
            "measured",
        )
    if job.technique == "rft":
        return _attempt_passes(job, batch)
    if job.technique in {"cpt", "dpo"}:
        return _float(
            1.0,
            Text("One pass is the common choice for this technique."),
            {"cpt": "EP-03: Muennighoff 2305.16264", "dpo": "DP-02: alignment-handbook"}[
                job.technique
            ],
        )
    if job.card.tiny:
        low, high = TINY_EPOCHS
        passes = min(max(ceil(TINY_STEPS * batch / max(job.rows, 1)), low), high)
        return _float(
            passes, Text("So small a model needs steps more than fresh rows: {passes} passes over {rows:,} rows are {steps:,} steps.",
                         passes=passes, rows=job.rows, steps=steps(job.rows, batch, passes)),
            "trials on tiny models", "measured",
        )  # fmt: skip
    if job.feeds_attempts and job.rows >= FEW_ROWS:
        passes = 2 if job.rows < 2000 else 1
        return _float(
            passes,
            Text(
                "{passes} over the examples, because learning from attempts follows: more would be better at once and worse after it.",
                passes=Text("Two passes") if passes == 2 else Text("One pass"),
            ),
            "TC-23: Kang 2510.01624; EP-01",
        )
    passes = _usual_passes(job)
    if _one_more(job, batch):
        return _float(
            passes + 1, Text("For {rows:,} rows the usual number of passes is {passes}; models up to about 4 billion parameters gain from one more, and the best checkpoint on the way is kept.", rows=job.rows, passes=passes),
            "EP-01, EP-04: azure-skills hyperparameters.md",
        )  # fmt: skip
    return _float(
        passes,
        Text(
            "For {rows:,} rows the usual number of passes is {passes}; more mostly repeats.",
            rows=job.rows,
            passes=passes,
        ),
        "EP-01: azure-skills hyperparameters.md",
    )


def batch_size(job: Job) -> Choice[int]:
    """Choose the largest usual batch that still leaves a hundred steps (BS-03)."""
    if job.card.tiny and job.technique in TINY_BATCH:
        size = TINY_BATCH[job.technique]
        return _int(
            size,
            Text("{size} a step: measured on models of one million parameters.", size=size),
            "trials on tiny models",
            "measured",
        )
    if job.technique == "rft":
        return _int(
            32,
            Text("32 questions a step, each answered several times."),
            "GR-02: OLMo 3, Tulu 3.1, TRL",
        )
    if job.technique == "cpt":
        piece = max(1, min(job.tokens.p50, job.card.context, CPT_TOKENS))  # longer texts are cut
        size = max(16, min(256, 2 ** round(log(STEP_TOKENS / piece, 2))))
        pieces = max(job.rows, ceil(job.tokens.total / piece))
        while size > LEAST_CPT_BATCH and pieces / size < MIN_STEPS:
            size //= 2
        return _int(
            size,
            Text(
                "{size} pieces are about {tokens:,} tokens a step; a quarter of a million is aimed at, and {steps} steps at least.",
                size=size,
                tokens=size * piece,
                steps=MIN_STEPS,
            ),
            "CP-03 [P], BS-03",
            "default",
        )
    for size in (32, 16):
        typical = 3 if job.card.tiny else _usual_passes(job) + _one_more(job, size)
        if steps(job.rows, size, typical) >= (TINY_STEPS / 2 if job.card.tiny else MIN_STEPS):
            return _int(
                size,
                Text(
                    "{size} rows a step, so that {rows:,} rows still give more than {steps} steps; adapters and small models lose with large batches.",
                    size=size,
                    rows=job.rows,
                    steps=MIN_STEPS,
                ),
                "LO-05, BS-03: TRL lora_without_regret.md, tinker hyperparams.md",
            )
    return _int(
        8,
        Text(
            "8 rows a step: with {rows:,} rows, larger steps would be fewer than {steps}.",
            rows=job.rows,
            steps=MIN_STEPS,
        ),
        "BS-03: tinker hyperparams.md",
    )


def warmup_share(num_steps: int, technique: Technique = "sft") -> Choice[float]:
    """Warm up over 5 % of the steps, 10 % for pairs, at least five of them."""
    share = min(max(0.1 if technique == "dpo" else 0.05, 5 / max(num_steps, 1)), 0.2)
    return _float(
        two_digits(share),
        Text(
            "The rate rises over the first {steps} steps, so that the first ones do no damage.",
            steps=max(1, round(share * num_steps)),
        ),
        "SC-01: Tulu 3, LLaMA-Factory",
    )


def schedule(job: Job) -> Choice[Literal["cosine", "linear", "constant"]]:
    """Choose how the rate falls."""
    if job.technique == "rft":
        return _SCHEDULE(
            value="constant",
            because=Text("Learning from rewards keeps its rate."),
            source="SC-02: OLMo 3",
        )
    return _SCHEDULE(
        value="cosine",
        because=Text("The rate falls to nothing by the end; linear does as well."),
        source="SC-02: open-instruct",
    )


def weight_decay() -> Choice[float]:
    """Leave decay off."""
    return _float(0.0, Text("The sweep that tried it chose none."), "SC-03: 8B sweep, NOTE-A")


def max_grad_norm() -> Choice[float]:
    """Clip where everybody clips."""
    return _float(1.0, Text("Used everywhere; no source has swept it."), "SC-03", "default")


def max_seq_tokens(job: Job) -> Choice[int]:
    """Make room for the rows: all of them where that is cheap, else all but one in a hundred (DQ-11)."""
    tokens = job.tokens
    if job.technique == "cpt":
        length = min(job.card.context, TINY_CPT_TOKENS if job.card.tiny else CPT_TOKENS)
        return _int(
            length,
            Text(
                "Longer texts are cut into pieces of {length:,} tokens; nothing is left out.",
                length=length,
            ),
            "CP-03 [P]",
            "default",
        )
    room = most_factor(job.card, tokens)
    longest = ceil((tokens.max * room + TEMPLATE_TOKENS + job.beyond) / 32) * 32
    most = ceil((tokens.p99 * room + TEMPLATE_TOKENS + job.beyond) / 32) * 32
    if longest <= max(2 * most, 512) and longest <= job.card.context:
        because = Text("Every row fits: the longest has about {tokens:,} tokens.", tokens=tokens.max)  # fmt: skip
        return _int(longest, because, "DQ-11 [P]", "default")
    if most <= job.card.context:
        because = Text("99 of 100 rows fit whole; the longest, of about {tokens:,} tokens, are left out and named.", tokens=tokens.max)  # fmt: skip
        return _int(most, because, "DQ-11 [P]", "default")
    return _int(
        job.card.context,
        Text(
            "The model reads {context:,} tokens at once; one row in a hundred has more than about {tokens:,} and is left out and named.",
            context=job.card.context,
            tokens=tokens.p99,
        ),
        "DQ-11 [P]",
        "default",
    )


def packing(job: Job) -> Choice[bool]:
    """Pack short rows together only where the set is large and a GPU gains from it; the steps stay the same."""
    if job.on_gpu and job.rows >= PACK_FROM_ROWS and job.technique in {"sft", "cpt"}:
        return _bool(
            True,
            Text(
                "{rows:,} rows are many: packing them fills the card, each row still seeing only itself.",
                rows=job.rows,
            ),
            "PK-01: TRL sft_config.py",
        )
    if job.technique in {"dpo", "rft"}:
        reason = Text("Off: only examples and texts are packed.")
    elif job.on_gpu:
        reason = Text("Off: with {rows:,} rows there is little time to save.", rows=job.rows)
    else:  # measured: 512 short rows of the practice model take 1.8 CPU-s either way
        reason = Text(
            "Off: on a processor, batches of rows of like length take as little time as packed ones."
        )
    return _bool(False, reason, "PK-01 [P]", "default")


def replay_order() -> Choice[Literal["even", "late"]]:
    """Spread the general rows evenly."""
    return Choice[Literal["even", "late"]](
        value="even",
        because=Text(
            "Evenly spread. Ever more of them towards the end helped a model of 15 billion weights; on small ones it was not shown."
        ),
        source="CP-02: Parmar 2407.07263",
        origin="default",
    )


def checkpoints(num_steps: int) -> Choice[int]:
    """Keep enough checkpoints to choose from."""
    count = max(1, min(CHECKPOINTS, num_steps))
    return _int(
        count,
        Text("{count} points to choose from, evenly spaced.", count=count),
        "CK-05: AWS Nova save_top_k 5",
    )


def steps(rows: int, batch: int, passes: float) -> int:
    """Optimizer steps of this many passes, replay not counted."""
    return max(1, ceil(rows * passes / batch))


def two_digits(value: float) -> float:
    """Round to two digits that count: more would pretend."""
    return float(f"{value:.1e}")


def _usual_passes(job: Job) -> int:
    """Passes over so many rows (EP-01); one over pairs."""
    if job.technique == "dpo":
        return 1
    return 4 if job.rows < 100 else 3 if job.rows < 500 else 2 if job.rows < 2000 else 1


def _one_more(job: Job, batch: int) -> bool:
    """Whether a small model gains from one more pass (EP-04)."""
    alone = job.technique != "dpo" and not job.feeds_attempts
    return alone and job.card.billions <= 4.5 and job.rows < ENOUGH_STEPS * batch


def _attempt_passes(job: Job, batch: int) -> Choice[float]:
    """Choose the passes of attempts by their steps: enough for a verdict, no more than were tried."""
    least, most = ATTEMPT_STEPS
    source = "GR-08: AWS Nova RFT, TRL, verifiers"
    single = steps(job.rows, batch, 1.0)
    if single > most:
        share = two_digits(most * batch / job.rows)
        return _float(
            share,
            Text("{most} steps are as many as are usual; they attempt {share:.0%} of your questions once.", most=most, share=share),
            source,
        )  # fmt: skip
    if single >= least:
        return _float(
            1.0, Text("One pass attempts every question: {steps:,} steps.", steps=single), source
        )
    passes = min(ceil(least / single), MOST_ATTEMPT_PASSES)
    return _float(
        passes,
        Text("{passes} passes make {steps:,} steps; about {least} are needed before anything shows.", passes=passes, steps=steps(job.rows, batch, passes), least=least),
        source,
    )  # fmt: skip


def _int(value: int, because: Text, source: str | None, origin: Origin = "rule") -> Choice[int]:
    return WHOLE(value=value, because=because, source=source, origin=origin)


def _float(
    value: float, because: Text, source: str | None, origin: Origin = "rule"
) -> Choice[float]:
    return NUMBER(value=float(value), because=because, source=source, origin=origin)


def _bool(value: bool, because: Text, source: str | None, origin: Origin = "rule") -> Choice[bool]:
    return YES_NO(value=value, because=because, source=source, origin=origin)
