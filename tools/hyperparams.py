"""Every training value, one function each, with the rule it follows.

The rate depends on rank, batch, number of steps, size and mixture, so these are decided first. Large models
follow published sweeps; models under 20 M parameters follow what was measured here on such models, because
every published rate was made for models a thousand times larger.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import ceil, exp, log, sqrt
from typing import Literal

from tools.choice import NUMBER, WHOLE, YES_NO, Choice, Origin
from tools.profile import TokenCounts
from tools.resources import lora_params
from tools.token_counts import most_factor
from training.catalog import ModelCard
from training.config import Technique
from training.text import Text, join

TEMPLATE_TOKENS = 32
"""Room for a chat template's marks and a short system turn: our default."""
MIN_STEPS = 100  # BS-03
CHECKPOINTS = 6  # CK-05: 5 to 10
PACK_FROM_ROWS = 20_000  # PK-01 [P]: below it there would be too few steps
GPT_OSS_LORA_LR = 1e-4  # MS-10
LORA_LR_AT_RANK_16, LORA_LR_RANK_EXPONENT, LORA_LR_BATCH = 3.1e-4, 0.19, 128  # defaults.md 1.6
PEERS_LORA_LR = (
    2e-4  # defaults.md 1.1: 54 of 72 axolotl, 177 of 219 unsloth examples, at batch 8 to 16
)
PEERS_BATCH = 32  # up to which the peers' value is averaged in (defaults.md 1.6)
LORA_LR_FLOOR, LORA_LR_CEILING = 1e-4, 5e-4  # defaults.md 1.8
SHORT_RUN_STEPS, SHORT_RUN_FACTOR = 100, 1.5  # LR-01: 15 x the full rate instead of 10 x
PURE_DOMAIN_FACTOR = 0.5  # LR-07 [P]
REPLAY_ENOUGH = 0.10  # LR-07
FULL_LR_BY_BILLIONS = ((0.02, 5e-4), (0.4, 5e-5), (0.6, 1.5e-5), (1.7, 1.5e-5), (3.0, 2e-5), (8.0, 1e-5), (14.0, 5e-6), (32.0, 4e-6), (70.0, 2e-6))  # fmt: skip
"""LR-05, as in science.md 11; the first two points are our default between LR-05 and the measured tiny models."""
TINY_FULL_LR = {"sft": 3.5e-4, "cpt": 1e-3, "dpo": 1e-4, "rft": 3e-4}
"""SFT as measured here on the shipped practice model; stack.md 2 and 2a: CPT 3e-4 to 1e-3, DPO 1e-4 (2e-3 collapses), GRPO 3e-4 (1e-3 collapses)."""
TINY_LORA_LR = {"sft": 5e-3, "cpt": 3e-3, "dpo": 2e-3, "rft": 2e-3}
"""stack.md 2: LoRA r16 learns sortdesc to .77, .96, .98 at 2e-3, 5e-3, 1e-2; 1e-2 forgets most."""
TINY_STEPS = 300
"""Tiny models want steps: 96 to 939 were enough on 1,000 to 10,000 rows (stack.md 2, 2a); our default."""
TINY_EPOCHS = (3, 12)
TINY_BATCH = {"rft": 16, "cpt": 32}
TINY_RFT_STEPS = 60
"""stack.md 2: 60 steps of 16 questions with 8 attempts each took .46 to .72."""
CPT_TOKENS, TINY_CPT_TOKENS = 2048, 256  # our default; stack.md 2 used 128

_SCHEDULE = Choice[Literal["cosine", "linear", "constant"]]


@dataclass(frozen=True)
class Job:
    """What the values depend on."""

    technique: Technique
    card: ModelCard
    rows: int
    tokens: TokenCounts
    on_gpu: bool


def lora_rank(job: Job) -> Choice[int]:
    """Choose all weights (0) or a rank whose adapters can hold what the answers say."""
    if job.card.tiny:
        return _int(
            0, Text("A model of {millions:.1f} million parameters is trained whole: adapters of this size neither protected it nor learned words it had not seen.", millions=job.card.params / 1e6),
            "stack.md 2", "measured",
        )  # fmt: skip
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
        "LO-03: defaults.md 1.8",
    )


def epochs(job: Job, *, batch: int) -> Choice[float]:
    """Choose the passes over the data by its size; checkpoints on the way guard against too many."""
    if job.technique == "rft" and job.card.tiny:
        passes = min(max(ceil(TINY_RFT_STEPS * batch / max(job.rows, 1)), 1), TINY_EPOCHS[1])
        return _float(
            passes,
            Text("So small a model needs about {steps} steps of attempts.", steps=TINY_RFT_STEPS),
            "stack.md 2",
            "measured",
        )
    if job.technique in {"cpt", "dpo", "rft"}:
        return _float(
            1.0,
            Text("One pass is the common choice for this technique."),
            {
                "cpt": "EP-03: Muennighoff 2305.16264",
                "dpo": "DP-02: alignment-handbook",
                "rft": "GR-08: AWS Nova RFT",
            }[job.technique],
        )
    if job.card.tiny:
        low, high = TINY_EPOCHS
        passes = min(max(ceil(TINY_STEPS * batch / max(job.rows, 1)), low), high)
        return _float(
            passes, Text("So small a model needs steps more than fresh rows: {passes} passes over {rows:,} rows are {steps:,} steps.",
                         passes=passes, rows=job.rows, steps=steps(job.rows, batch, passes)),
            "stack.md 2, 2a", "measured",
        )  # fmt: skip
    passes = 4 if job.rows < 100 else 3 if job.rows < 500 else 2 if job.rows < 2000 else 1
    if job.card.billions <= 4.5:
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
            "stack.md 2",
            "measured",
        )
    if job.technique == "rft":
        return _int(
            32,
            Text("32 questions a step, each answered several times."),
            "GR-02: OLMo 3, Tulu 3.1, TRL",
        )
    if job.technique == "cpt":
        size = max(16, min(256, 2 ** round(log(250_000 / max(job.tokens.p50, 1), 2))))
        return _int(
            size,
            Text("{size} pieces are about a quarter of a million tokens a step.", size=size),
            "CP-03 [P]",
            "default",
        )
    typical = 3 if job.card.tiny else 2
    for size in (32, 16):
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


def learning_rate(
    job: Job, *, rank: int, batch: int, num_steps: int, replay: float
) -> Choice[float]:
    """Choose the peak rate from size, rank, batch, length of the run and mixture."""
    if job.card.tiny:
        base = _tiny_rate(job, rank)
    elif job.technique != "sft":
        base = _other_rate(job, rank)
    elif rank:
        base = _lora_rate(job, rank=rank, batch=batch, num_steps=num_steps)
    else:
        base = _full_rate(job)
    if job.technique == "sft" and replay < REPLAY_ENOUGH:
        return base.model_copy(update={
            "value": _round(base.value * PURE_DOMAIN_FACTOR),
            "because": join([base.because, Text("Halved, because less than {share:.0%} of what is learnt from is general: a lower rate forgets less.", share=REPLAY_ENOUGH)]),
            "source": f"{base.source}; LR-07 [P]: Lin 2509.20758, Marek 2605.26097",
        })  # fmt: skip
    return base


def warmup_share(num_steps: int) -> Choice[float]:
    """Warm up over 5 % of the steps, at least five of them."""
    share = min(max(0.05, 5 / max(num_steps, 1)), 0.2)
    return _float(
        _round(share),
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
    longest = ceil((tokens.max * room + TEMPLATE_TOKENS) / 32) * 32
    most = ceil((tokens.p99 * room + TEMPLATE_TOKENS) / 32) * 32
    if longest <= max(2 * most, 512) and longest <= job.card.context:
        return _int(
            longest,
            Text("Every row fits: the longest has about {tokens:,} tokens.", tokens=tokens.max),
            "DQ-11 [P]",
            "default",
        )
    if most <= job.card.context:
        return _int(
            most,
            Text(
                "99 of 100 rows fit whole; the longest, of about {tokens:,} tokens, are left out and named.",
                tokens=tokens.max,
            ),
            "DQ-11 [P]",
            "default",
        )
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
    """Pack short rows together only where the set is large and a GPU gains from it."""
    if job.on_gpu and job.rows >= PACK_FROM_ROWS and job.technique in {"sft", "cpt"}:
        return _bool(
            True,
            Text(
                "{rows:,} rows are many: packing them fills the card, each row still seeing only itself.",
                rows=job.rows,
            ),
            "PK-01: TRL sft_config.py",
        )
    return _bool(
        False,
        Text("Off: on a set of this size packing would leave too few steps."),
        "PK-01 [P]",
        "default",
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


def _lora_rate(job: Job, *, rank: int, batch: int, num_steps: int) -> Choice[float]:
    if job.card.family == "gpt_oss":
        return _float(
            GPT_OSS_LORA_LR,
            Text("This model wants a lower rate than others of its size."),
            "MS-10: tinker sft_sweep",
        )
    formula = LORA_LR_AT_RANK_16 * (rank / 16) ** LORA_LR_RANK_EXPONENT
    formula *= min(max(sqrt(batch / LORA_LR_BATCH), 0.25), 1.5)
    rate = sqrt(formula * PEERS_LORA_LR) if batch <= PEERS_BATCH else formula
    parts = [
        Text(
            "A sweep over 35 models gives {formula:.1e} for rank {rank} and {batch} rows a step.",
            formula=formula,
            rank=rank,
            batch=batch,
        )
    ]
    if batch <= PEERS_BATCH:
        parts.append(
            Text(
                "Most open tools use {peers:.0e} at this size; I take the middle of the two.",
                peers=PEERS_LORA_LR,
            )
        )
    if job.card.billions <= 3.3 and job.card.kind == "base":
        rate *= 2
        parts.append(
            Text("Doubled: untuned models up to 3 billion parameters were still improving there.")
        )
    if num_steps < SHORT_RUN_STEPS:
        rate *= SHORT_RUN_FACTOR
        parts.append(Text("Raised by half, because {steps} steps are few.", steps=num_steps))
    rate = min(max(rate, LORA_LR_FLOOR), LORA_LR_CEILING)
    return _float(
        _round(rate),
        join(parts),
        "LR-04, LR-01, BS-02: defaults.md 1.6 and 1.8 (tinker-cookbook sft_sweep.md)",
    )


def _full_rate(job: Job) -> Choice[float]:
    rate = _round(_by_size(job.card.billions))
    if job.card.family == "smollm2":
        rate = 1e-3 if job.card.billions <= 0.4 else 3e-4
        return _float(
            rate,
            Text("The rate its makers used for this model."),
            "LR-05: SmolLM2 in alignment-handbook recipes",
        )
    return _float(
        rate,
        Text(
            "The usual rate for training all of {billions:.1f} billion weights; the best one differs between models of equal size by up to twenty times.",
            billions=job.card.billions,
        ),
        "LR-05: Tulu 3, OLMo 2, torchtune",
    )


def _tiny_rate(job: Job, rank: int) -> Choice[float]:
    if job.technique == "sft" and not rank:
        return NUMBER(
            value=TINY_FULL_LR["sft"], because=Text("Measured on the practice model and 77 topics: the slower it learns, the more it keeps of what it could do (70 % at 0.002, 87 % at 0.0007, 94 % at 0.00035), and it learns nearly as much (0.85, 0.83, 0.81 right)."),
            source="measured here: full weights, 3 passes, half of the tokens general; CF-14", origin="measured",
        )  # fmt: skip
    rate = TINY_LORA_LR[job.technique] if rank else TINY_FULL_LR[job.technique]
    return _float(
        rate,
        Text(
            "Measured on models of one million parameters; rates of large models would teach them nothing."
        ),
        "stack.md 2, 2a",
        "measured",
    )


def _other_rate(job: Job, rank: int) -> Choice[float]:
    small = job.card.billions <= 3.3
    if job.technique == "cpt":
        rate = 1e-4 if rank else 5e-5 if small else 2e-5
        return _float(
            rate,
            Text("Between the ranges published for continued pretraining; nobody agrees on one."),
            "CP-01 [P]: defaults.md 1.3",
            "default",
        )
    if job.technique == "dpo":
        rate = 5e-6 if rank else 1e-6 if small else 2e-7 if job.card.billions > 30 else 5e-7
        return _float(
            rate,
            Text("Preference training breaks models at higher rates."),
            "DP-01: alignment-handbook, TRL, Tulu 3",
        )
    return _float(
        1e-5 if rank else 1e-6,
        Text("The common rate for learning from rewards."),
        "GR-01: OLMo 3, TRL, verifiers",
    )


def _by_size(billions: float) -> float:
    """Interpolate LR-05 in logarithms; beyond the ends the end value holds."""
    points = FULL_LR_BY_BILLIONS
    if billions <= points[0][0]:
        return points[0][1]
    for (low, low_rate), (high, high_rate) in pairwise(points):
        if billions <= high:
            share = log(billions / low) / log(high / low)
            return exp(log(low_rate) + share * log(high_rate / low_rate))
    return points[-1][1]


def _round(value: float) -> float:
    """Two digits that count: more would pretend."""
    return float(f"{value:.1e}")


def _int(value: int, because: Text, source: str | None, origin: Origin = "rule") -> Choice[int]:
    return WHOLE(value=value, because=because, source=source, origin=origin)


def _float(
    value: float, because: Text, source: str | None, origin: Origin = "rule"
) -> Choice[float]:
    return NUMBER(value=float(value), because=because, source=source, origin=origin)


def _bool(value: bool, because: Text, source: str | None, origin: Origin = "rule") -> Choice[bool]:
    return YES_NO(value=value, because=because, source=source, origin=origin)
