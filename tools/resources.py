"""Memory, time and money of a run, from closed forms: microseconds, so that everything can be tried.

Memory is defaults.md 2.3, step time on a GPU is defaults.md 3.3. On processors the model is one measured
figure (stack.md 2). All are estimates and are shown beside what really happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from tools.gpus import kind_of
from tools.machine import GIB, Gpu
from training.catalog import ModelCard

CUDA_CONTEXT_GIB = 1.2  # defaults.md 2.2 step 4: 1 to 1.5 GiB
ALLOCATOR_SLACK = 1.05  # defaults.md 2.2 step 4: 1.03 to 1.08
FUSED_HEAD_GIB = 0.5  # defaults.md 2.3: a 4096 x 32768 tile in bf16 plus float32 gradients
USABLE_SHARE = 0.92  # defaults.md 2.2: refuse above 92 % of the card
NF4_BYTES = 0.5625  # defaults.md 2.3: block 64, float32 absmax
PROCESS_GIB = 0.6  # stack.md 1: 440 MB for trl and peft, and room for the rows

GPU_EFFICIENCY = 0.54  # defaults.md 3.3, fitted on six published points
HOST_S_PER_LAYER = 6.8e-3  # defaults.md 3.3: launching kernels, a microbatch, forward and backward
DECODE_S_PER_LAYER = (
    0.7e-3  # our default: one tenth of the above, one token's forward without recomputing
)
DECODE_BATCH = 64

CPU_FLOPS_PER_CORE = 6.6e10
"""float32, whole weights: stack.md 2 measured 10,000 tokens a cpu-second at 1.1 M parameters, 1,550 at 8.3 M,
670 at 21 M; 6 x parameters x tokens gives 6.6, 7.7 and 8.4e10."""
CPU_CORE_EXPONENT = 0.55  # stack.md 2: two quiet cores are 1.4 to 1.7 times one
CPU_GENERATION_SHARE = 0.2
"""Reading and writing answers, as a share of the forward speed: 4,000 pairs of about 40 tokens took 20 s at
1.1 M parameters on two cores (stack.md 2a); our default elsewhere."""
START_S = 8.0  # stack.md 1: imports of trl and peft 3 to 6 s, loading a small model 1 s
LOAD_BYTES_PER_SECOND = 1e9  # our default: a local solid-state disk
WORST_CASE_ON_GPU = 2.0  # our default: recoveries repeat steps
WORST_CASE_ON_CPU = 4.0
"""Others use processors too: a run expected to take 2.8 minutes took 3.6 at load 7 on two cores, a few took five."""


@dataclass(frozen=True)
class Load:
    """One stage's training, as far as it costs memory or time."""

    card: ModelCard
    lora_rank: int
    """0: all weights."""
    micro_batch: int
    longest_tokens: int
    """Of a row, after cutting: what memory must hold."""
    row_tokens: float
    """Of a row on average: what time is spent on."""
    batch_size: int
    steps: int
    gradient_checkpointing: bool = False
    quantized: bool = False


@dataclass(frozen=True)
class Measuring:
    """What is asked of the model besides training, in items, and how long an item is in tokens."""

    test_items: int
    dev_items: int
    probe_items: int
    final_probe_items: int
    candidates: int
    """Checkpoints times interpolations."""
    arms_untouched: int
    """Ways of asking the untouched model."""
    prompt_tokens: float
    answer_tokens: float
    replay_rows: int = 0
    """Conversations the untouched model writes first."""
    robustness: bool = True


@dataclass(frozen=True)
class Minutes:
    """Where the time goes."""

    prepare: float
    train: float
    measure: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.prepare + self.train + self.measure


def lora_params(card: ModelCard, rank: int) -> float:
    """Parameters of adapters of this rank on every linear layer (LO-01)."""
    queries, keys = card.heads * card.head_dim, card.kv_heads * card.head_dim
    attention = 2 * (card.hidden + queries) + 2 * (card.hidden + keys)
    feed_forward = 3 * (card.hidden + card.intermediate) * card.experts
    return float(rank * card.layers * (attention + feed_forward))


def peak_gib(load: Load, *, on_gpu: bool) -> float:
    """Memory at the worst moment of training: weights, what is trained, activations, head, context."""
    card, tokens = load.card, load.micro_batch * load.longest_tokens
    embeddings = card.vocab * card.hidden * (1 if card.tied else 2)
    if not on_gpu:
        weights = 4 * card.params
    elif load.quantized:
        weights = NF4_BYTES * (card.params - embeddings) + 2 * embeddings
    else:
        weights = 2 * card.params
    if load.lora_rank:
        trained = 16 * lora_params(card, load.lora_rank)  # adapters, gradients, Adam: float32
    else:
        trained = (
            12 if not on_gpu else 14
        ) * card.params  # with the weights: 16 bytes a parameter (MS-05)
    layer = tokens * _activation_bytes(card) * (1 if on_gpu else 2)
    kept = card.layers * tokens * card.hidden * (2 if on_gpu else 4) + layer
    activations = kept if load.gradient_checkpointing else card.layers * layer
    head = FUSED_HEAD_GIB * GIB if on_gpu else 12 * tokens * card.vocab
    total = (weights + trained + activations + head) / GIB
    return total * ALLOCATOR_SLACK + CUDA_CONTEXT_GIB if on_gpu else total + PROCESS_GIB


def step_s(load: Load, gpus: Sequence[Gpu], *, cores: int) -> float:
    """Seconds of one optimizer step."""
    tokens = load.batch_size * load.row_tokens
    if not gpus:
        work = (4 if load.lora_rank else 6) + (2 if load.gradient_checkpointing else 0)
        return work * load.card.params * tokens / cpu_flops(cores)
    passes = (2 if load.lora_rank else 3) + (1 if load.gradient_checkpointing else 0)
    kind = kind_of(gpus[0])
    compute = (
        passes * forward_flops(load.card, load.row_tokens) * tokens / (GPU_EFFICIENCY * kind.flops)
    )
    micro_batches = ceil(load.batch_size / load.micro_batch)
    host = HOST_S_PER_LAYER * load.card.layers * micro_batches
    return sqrt(compute**2 + host**2) * (1.3 if load.quantized else 1.0)  # 1.3: our default for NF4


def forward_flops(card: ModelCard, row_tokens: float) -> float:
    """Operations of one token's forward pass (TRL's formula, causal attention halved)."""
    queries, keys = card.heads * card.head_dim, card.kv_heads * card.head_dim
    feed_forward = 6 * card.hidden * card.intermediate * card.active_experts
    attention = 2 * card.hidden * (queries + 2 * keys) + 2 * queries * card.hidden
    return (
        card.layers * (attention + feed_forward + 2 * queries * row_tokens)
        + 2 * card.vocab * card.hidden
    )


def cpu_flops(cores: int) -> float:
    """What the processors really do a second on such models."""
    return CPU_FLOPS_PER_CORE * float(max(1, min(cores, 16)) ** CPU_CORE_EXPONENT)


def minutes(
    load: Load | None, measuring: Measuring, gpus: Sequence[Gpu], *, card: ModelCard, cores: int
) -> Minutes:
    """Minutes of a whole run; without a `load`, of a run that only measures the untouched model."""
    ask = _item_s(card, measuring, gpus, cores)
    test_arms = measuring.arms_untouched + (1 if load else 0)
    asked = measuring.test_items * test_arms + measuring.final_probe_items * (2 if load else 1)
    if load:
        asked += measuring.candidates * (measuring.dev_items + measuring.probe_items)
        asked += measuring.test_items if measuring.robustness else 0
    written = measuring.replay_rows * ask * (1.5 if load else 0)  # its own prompt too
    written += (
        measuring.replay_rows * ask * CPU_GENERATION_SHARE if load else 0
    )  # one reading of it
    loading = 2 * card.params / LOAD_BYTES_PER_SECOND
    train = load.steps * step_s(load, gpus, cores=cores) if load else 0.0
    return Minutes((START_S + loading + written) / 60, train / 60, asked * ask / 60)


def _activation_bytes(card: ModelCard) -> float:
    """One layer's activations for one token in bf16: within 3 % of three published cases of defaults.md 2.2."""
    queries, keys = card.heads * card.head_dim, card.kv_heads * card.head_dim
    return 2.0 * (
        8 * card.hidden + 2 * (queries + 2 * keys) + 4 * card.intermediate * card.active_experts
    )


def _item_s(card: ModelCard, measuring: Measuring, gpus: Sequence[Gpu], cores: int) -> float:
    """Seconds to answer one item in a batch."""
    if not gpus:
        tokens = measuring.prompt_tokens + measuring.answer_tokens
        return 2 * card.params * tokens / (cpu_flops(cores) * CPU_GENERATION_SHARE)
    kind = kind_of(gpus[0])
    active = card.active_params or card.params
    token = DECODE_S_PER_LAYER * card.layers + 2 * active / kind.bytes_per_second
    read = (
        forward_flops(card, measuring.prompt_tokens) * measuring.prompt_tokens / (0.4 * kind.flops)
    )
    return read + token * measuring.answer_tokens / DECODE_BATCH
