"""Memory, time and money of a run, from closed forms: microseconds, so that everything can be tried.

Memory is published memory peaks, step time on a GPU is published step times. On processors the model is one measured
figure (trials on tiny models). All are estimates and are shown beside what really happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from tools.gpus import kind_of
from tools.machine import GIB, Gpu
from training.catalog import ModelCard

CUDA_CONTEXT_GIB = 1.2  # published memory peaks: 1 to 1.5 GiB
ALLOCATOR_SLACK = 1.05  # published memory peaks: 1.03 to 1.08
FUSED_HEAD_GIB = 0.5  # published memory peaks: a 4096 x 32768 tile in bf16 plus float32 gradients
LAYER_WAY_BACK = 1.3  # traced: a layer computed again, with the gradients that pass through it
USABLE_SHARE = 0.92  # published memory peaks: refuse above 92 % of the card
NF4_BYTES = 0.516  # published memory peaks: blocks of 64, their scales quantised again, as the trainer loads them
EMBEDDING_BYTES = 8
"""Traced for two models with `training.dry_run`: 6 bytes a value between steps, and 2 for the gradient."""
QUERY_KEY_NORMS = frozenset({"qwen3", "qwen3_moe", "gemma3", "olmo3"})
"""Families that normalise queries and keys: both are held once more."""
PROCESS_GIB = 0.6  # trials on tiny models: 440 MB for trl and peft, and room for the rows

GPU_EFFICIENCY = 0.54  # published step times, fitted on six published points
HOST_S_PER_LAYER = (
    6.8e-3  # published step times: launching kernels, a microbatch, forward and backward
)
DECODE_S_PER_LAYER = (
    0.7e-3  # our default: one tenth of the above, one token's forward without recomputing
)
DECODE_BATCH = 64

CPU_FLOPS_PER_CORE = 6.6e10
"""float32, whole weights: trials on tiny models measured 10,000 tokens a cpu-second at 1.1 M parameters, 1,550 at 8.3 M,
670 at 21 M; 6 x parameters x tokens gives 6.6, 7.7 and 8.4e10."""
CPU_CORE_EXPONENT = 0.55  # trials on tiny models: two quiet cores are 1.4 to 1.7 times one
CPU_GENERATION_SHARE = 0.3
"""Reading and writing answers, as a share of the forward speed: 3,080 items of about 33 tokens took 9 to 12 s at
1.5 M parameters on two cores (measured here); our default elsewhere."""
START_S = 8.0  # trials on tiny models: imports of trl and peft 3 to 6 s, loading a small model 1 s
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
    sequences_each: int = 1
    """Sequences in memory for each row of the micro-batch: both answers of a pair."""
    dropout: bool = False
    """Of the adapters: what was dropped is held too."""
    embeddings: bool = False
    """Trained whole, beside adapters: a copy in 16 bits, its gradients, and Adam's two averages."""


@dataclass(frozen=True)
class Measuring:
    """What is asked of the model besides training, in items, and how long an item is in tokens."""

    test_items: int
    dev_items: int
    probe_items: int
    final_probe_items: int
    candidates: int
    """Versions of the tuned model that are measured to choose one."""
    arms_untouched: float
    """Ways of asking the untouched model; one with examples before each item counts more, by their length."""
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
    probe: float = 0.0
    """Short trainings before the long one, with their measurements."""

    @property
    def total(self) -> float:
        """All of it."""
        return self.prepare + self.train + self.measure + self.probe


def lora_params(card: ModelCard, rank: int) -> float:
    """Parameters of adapters of this rank on every linear layer (LO-01)."""
    queries, keys = card.heads * card.head_dim, card.kv_heads * card.head_dim
    attention = 2 * (card.hidden + queries) + 2 * (card.hidden + keys)
    feed_forward = 3 * (card.hidden + card.intermediate) * card.experts
    return float(rank * card.layers * (attention + feed_forward))


def peak_gib(load: Load, *, on_gpu: bool, factor: float = 1.0) -> float:
    """Memory at the worst moment of training: weights, what is trained, activations, head, context.

    `factor` is what a dry run found the tensors of a step to hold, over what the closed form says (`tools.dry_run`).
    """
    if on_gpu:
        return held_on_gpu_gib(load) * factor * ALLOCATOR_SLACK + CUDA_CONTEXT_GIB
    card, tokens = load.card, load.micro_batch * load.sequences_each * load.longest_tokens
    weights = 4 * card.params
    trained = 16 * lora_params(card, load.lora_rank) if load.lora_rank else 12 * card.params
    layer = 2 * tokens * _activation_bytes(card)
    kept = card.layers * tokens * card.hidden * 4.0 + layer
    activations = kept if load.gradient_checkpointing else card.layers * layer
    head = 12 * tokens * card.vocab
    return (weights + trained + activations + head) / GIB + PROCESS_GIB


def held_on_gpu_gib(load: Load) -> float:
    """What the tensors of one step hold at the worst moment on a card, before slack and context.

    Within 5 % of what `training.dry_run` traces for this trainer on dense models from 0.6 to 8 billion parameters.
    """
    card, full = load.card, not load.lora_rank
    tokens = load.micro_batch * load.sequences_each * load.longest_tokens
    layer = tokens * activation_bytes(load)
    linear = card.params - embedding_params(card)
    copies = 2 * linear if full else 0.0  # bfloat16, as products are computed
    if load.gradient_checkpointing:
        residual = 4.0 if full else 2.0
        kept = card.layers * tokens * card.hidden * residual
        anew = layer * (1 if full else LAYER_WAY_BACK) + copies / card.layers
        last = max(FUSED_HEAD_GIB * GIB, anew)
    else:
        kept = card.layers * layer + copies
        last = FUSED_HEAD_GIB * GIB
    if full:  # float32 weights and Adam's two averages; the gradients come while the activations go (MS-05)
        return max(12 * card.params + kept + last, 16 * card.params + layer) / GIB
    copied = EMBEDDING_BYTES * embedding_params(card) if load.embeddings else 0.0
    return (loaded_bytes(load) + 16 * lora_params(card, load.lora_rank) + copied + kept + last) / GIB  # fmt: skip


def writing_gib(load: Load, attempts: int) -> float:
    """Memory on a card while attempts are written together: the weights and what is trained stand by.

    Each attempt keeps the keys and values of its tokens in 16 bits, and two rows of scores over the vocabulary in 32.
    """
    card = load.card
    trained = 16 * lora_params(card, load.lora_rank) if load.lora_rank else 10 * card.params
    cache = load.longest_tokens * card.layers * 2 * card.kv_heads * card.head_dim * 2
    held = loaded_bytes(load) + trained + attempts * (cache + 2 * 4 * card.vocab)
    return held / GIB * ALLOCATOR_SLACK + CUDA_CONTEXT_GIB


def loaded_bytes(load: Load) -> float:
    """Bytes of the frozen weights on a card; in 4 bits, embeddings and head stay in 16, and one matrix is unpacked."""
    if not load.quantized:
        return 2 * load.card.params
    card, embeddings = load.card, embedding_params(load.card)
    unpacked = 2 * card.hidden * card.intermediate
    return NF4_BYTES * (card.params - embeddings) + 2 * embeddings + unpacked


def activation_bytes(load: Load) -> float:
    """One layer's activations for one token on a card: coefficients traced by `training.dry_run`, exact on 12 shapes.

    The last part is the attention mask of a padded batch, held in bfloat16 by every layer.
    """
    card = load.card
    queries, keys = card.heads * card.head_dim, card.kv_heads * card.head_dim
    feed_forward = card.intermediate * card.active_experts
    if not load.lora_rank:
        held = 26 * card.hidden + 8 * queries + 8 * feed_forward
        norms = 6
    elif load.dropout:
        held = 38 * card.hidden + 14 * queries + 12 * feed_forward
        norms = 4
    else:
        held = 18 * card.hidden + 10 * queries + 8 * feed_forward
        norms = 4
    if card.family in QUERY_KEY_NORMS:
        held += norms * (queries + keys)
    return float(held + 2 * load.longest_tokens)


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
    ask = item_s(card, measuring, gpus, cores)
    test_arms = measuring.arms_untouched + (1 if load else 0)
    asked = measuring.test_items * test_arms + measuring.final_probe_items * (2 if load else 1)
    if load:
        asked += measuring.candidates * (measuring.dev_items + measuring.probe_items)
        asked += measuring.test_items if measuring.robustness else 0
    written = measuring.replay_rows * ask * (2 if load else 0)  # its own prompt too, word by word
    written += (
        measuring.replay_rows * ask * CPU_GENERATION_SHARE if load else 0
    )  # one reading of it
    loading = 2 * card.params / LOAD_BYTES_PER_SECOND
    train = load.steps * step_s(load, gpus, cores=cores) if load else 0.0
    return Minutes((START_S + loading + written) / 60, train / 60, asked * ask / 60)


def embedding_params(card: ModelCard) -> float:
    """Parameters of the embeddings, and of the head where it is another matrix."""
    return float(card.vocab * card.hidden * (1 if card.tied else 2))


def _activation_bytes(card: ModelCard) -> float:
    """One layer's activations for one token in 16 bits: what processors hold twice of, in float32 (published memory peaks)."""
    queries, keys = card.heads * card.head_dim, card.kv_heads * card.head_dim
    return 2.0 * (
        8 * card.hidden + 2 * (queries + 2 * keys) + 4 * card.intermediate * card.active_experts
    )


def item_s(card: ModelCard, measuring: Measuring, gpus: Sequence[Gpu], cores: int) -> float:
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
