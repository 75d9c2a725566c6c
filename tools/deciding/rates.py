"""The peak learning rate, decided after rank, batch, steps and mixture, on which it depends.

Large models follow published sweeps; models under 20 M parameters follow what was measured here on such
models, because every published rate was made for models a thousand times larger.
"""

from __future__ import annotations

from itertools import pairwise
from math import exp, log, sqrt

from tools.choice import NUMBER, Choice, Origin
from tools.deciding.hyperparams import Job, two_digits
from training.text import Text, join

GPT_OSS_LORA_LR = 1e-4  # MS-10
LORA_LR_AT_RANK_16, LORA_LR_RANK_EXPONENT, LORA_LR_BATCH = (
    3.1e-4,
    0.19,
    128,
)  # open trainers compared
PEERS_LORA_LR = (
    2e-4  # open trainers compared: 54 of 72 axolotl, 177 of 219 unsloth examples, at batch 8 to 16
)
PEERS_BATCH = 32  # up to which the peers' value is averaged in (open trainers compared)
LORA_LR_FLOOR, LORA_LR_CEILING = 1e-4, 5e-4  # open trainers compared
SHORT_RUN_STEPS, SHORT_RUN_FACTOR = 100, 1.5  # LR-01: 15 x the full rate instead of 10 x
PURE_DOMAIN_FACTOR = 0.5  # LR-07 [P]
REPLAY_ENOUGH = 0.10  # LR-07
FULL_LR_BY_BILLIONS = ((0.02, 5e-4), (0.4, 5e-5), (0.6, 1.5e-5), (1.7, 1.5e-5), (3.0, 2e-5), (8.0, 1e-5), (14.0, 5e-6), (32.0, 4e-6), (70.0, 2e-6))  # fmt: skip
"""LR-05, as in our default; the first two points are our default between LR-05 and the measured tiny models."""
TINY_FULL_LR = {"sft": 4e-4, "cpt": 2e-4, "dpo": 1e-4, "rft": 1e-4}
"""SFT as measured here on the shipped practice model; trials on tiny models: DPO 1e-4 (2e-3 collapses). CPT as measured here on 420
medical texts with seven tenths rehearsed: at 2e-4 39 % fewer bits a byte and .984 [.955, 1.011] kept, at 4e-4 36 % and .949 when
cut off halfway, at 1e-3 on more texts 54 % and .904: the gain is far more than is wanted, so it is given up for what is kept.
GRPO as measured here: on one task 1e-4 took .40 to .99 and kept 98 %, 3e-4 took it to 1.00 and kept 89 %; on another 1e-4 won
.04 and 3e-4 lost .08."""
TINY_LORA_LR = {"sft": 5e-3, "cpt": 3e-3, "dpo": 2e-3, "rft": 2e-3}
"""trials on tiny models: LoRA r16 learns sortdesc to .77, .96, .98 at 2e-3, 5e-3, 1e-2; 1e-2 forgets most."""


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
            "value": two_digits(base.value * PURE_DOMAIN_FACTOR),
            "because": join([base.because, Text("Halved, because less than {share:.0%} of what is learnt from is general: a lower rate forgets less.", share=REPLAY_ENOUGH)]),
            "source": f"{base.source}; LR-07 [P]: Lin 2509.20758, Marek 2605.26097",
        })  # fmt: skip
    return base


def _lora_rate(job: Job, *, rank: int, batch: int, num_steps: int) -> Choice[float]:
    if job.card.family == "gpt_oss":
        return _rate(
            GPT_OSS_LORA_LR,
            Text("This model wants a lower rate than others of its size."),
            "MS-10: tinker sft_sweep",
        )
    formula = LORA_LR_AT_RANK_16 * (rank / 16) ** LORA_LR_RANK_EXPONENT
    formula *= min(max(sqrt(batch / LORA_LR_BATCH), 0.25), 1.5)
    rate = sqrt(formula * PEERS_LORA_LR) if batch <= PEERS_BATCH else formula
    parts = [
        Text(
            "A sweep over 35 models gives {formula:.1e} for rank {rank} and {batch} rows a step; one vendor's pages name 1e-5, 5e-5, 1e-4 and 4e-4, without a measurement.",
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
    return _rate(
        two_digits(rate),
        join(parts),
        "LR-04, LR-01, BS-02: open trainers compared (tinker-cookbook sft_sweep.md); managed products compared",
    )


def _full_rate(job: Job) -> Choice[float]:
    rate = two_digits(_by_size(job.card.billions))
    if job.card.family == "smollm2":
        rate = 1e-3 if job.card.billions <= 0.4 else 3e-4
        return _rate(
            rate,
            Text("The rate its makers used for this model."),
            "LR-05: SmolLM2 in alignment-handbook recipes",
        )
    return _rate(
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
            value=TINY_FULL_LR["sft"], because=Text("Measured on the practice model and 77 topics, with the untouched model judging the rehearsal: at 0.0004 it got 80% right and kept 95% of what it could do, at 0.0005 83% and 94%. Learning the words of the rehearsal alone loses more at the same rate."),
            source="measured here: full weights, 3 passes, half of the tokens general; CF-14", origin="measured",
        )  # fmt: skip
    rate = TINY_LORA_LR[job.technique] if rank else TINY_FULL_LR[job.technique]
    return _rate(
        rate,
        Text(
            "Measured on models of one million parameters; rates of large models would teach them nothing."
        ),
        "trials on tiny models",
        "measured",
    )


def _other_rate(job: Job, rank: int) -> Choice[float]:
    small = job.card.billions <= 3.3
    if job.technique == "cpt":
        rate = 1e-4 if rank else 5e-5 if small else 2e-5
        return _rate(
            rate,
            Text("Between the ranges published for continued pretraining; nobody agrees on one."),
            "CP-01 [P]: open trainers compared",
            "default",
        )
    if job.technique == "dpo":
        rate = 5e-6 if rank else 1e-6 if small else 2e-7 if job.card.billions > 30 else 5e-7
        return _rate(
            rate,
            Text("Preference training breaks models at higher rates."),
            "DP-01: alignment-handbook, TRL, Tulu 3",
        )
    return _rate(
        1e-5 if rank else 1e-6,
        Text(
            "The common rate for learning from rewards in open trainers; one vendor's own pages lie a thousand times apart, from 1e-7 to 1e-4."
        ),
        "GR-01: OLMo 3, TRL, verifiers; managed products compared",
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


def _rate(
    value: float, because: Text, source: str | None, origin: Origin = "rule"
) -> Choice[float]:
    return NUMBER(value=float(value), because=because, source=source, origin=origin)
