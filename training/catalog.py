"""The models Tunesmith knows without asking the Hub, as plain data.

Dimensions were read in a file of each project (litgpt's configurations, transformers' defaults, GGUF
metadata; `checked` says which, with the letters of the rule base, section 7). What nobody read is named in
`unverified`, and is told so wherever it decides something. Nothing here loads a model or leaves the machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from training.text import Text

Kind = Literal["base", "instruct", "hybrid", "reasoning", "practice"]
PRACTICE = "practice"
MANY = ("many",)
"""Languages of a model whose card claims over a hundred: any language is taken as covered."""


def called(model: str) -> Text:
    """Name a model inside a sentence: the practice model in words, any other by its id."""
    return Text("the practice model") if model == PRACTICE else Text.plain(model)


@dataclass(frozen=True)
class ModelCard:
    """What must be known of a causal language model to choose it, size it, and set its rates."""

    id: str
    family: str
    layers: int
    hidden: int
    intermediate: int
    """Of the feed-forward part; in a mixture of experts, of one expert."""
    heads: int
    kv_heads: int
    head_dim: int
    vocab: int
    """Embedding rows, padding included."""
    context: int
    """Tokens the model can read at once."""
    kind: Kind
    licence: str
    languages: tuple[str, ...] = MANY
    tied: bool = True
    """The embeddings are also the output layer."""
    gated: bool = False
    """The Hub asks for a token and an accepted licence."""
    base_twin: str | None = None
    experts: int = 1
    active_experts: int = 1
    stated_params: float | None = None
    """Where the count cannot be computed from the dimensions (vision parts, mixtures of experts)."""
    active_params: float | None = None
    mean_rank: float | None = None
    """Mean place among 12 models that were tuned alike on 8 tasks (MS-01); 1 is best."""
    adapter_targets: tuple[str, ...] = ("all-linear",)
    template: str = "the model's own"
    checked: str = ""
    unverified: frozenset[str] = frozenset({"licence", "languages"})

    @cached_property
    def params(self) -> float:
        """Parameters in memory."""
        return self.stated_params if self.stated_params is not None else self.computed_params

    @cached_property
    def computed_params(self) -> float:
        """Parameters by the dimensions: embeddings, attention, gated feed-forward; norms are left out."""
        queries, keys = self.heads * self.head_dim, self.kv_heads * self.head_dim
        attention = 2 * self.hidden * queries + 2 * self.hidden * keys
        feed_forward = 3 * self.hidden * self.intermediate * self.experts
        embeddings = self.vocab * self.hidden * (1 if self.tied else 2)
        return float(embeddings + self.layers * (attention + feed_forward))

    @property
    def billions(self) -> float:
        """Parameters in units of 1e9, as people say it."""
        return self.params / 1e9

    @property
    def tiny(self) -> bool:
        """A model trained from scratch in minutes, like the practice model: other rules hold for it."""
        return self.params < TINY_PARAMS

    def speaks(self, language: str) -> bool:
        """Say whether the model's documents claim this language (MS-08)."""
        return self.languages == MANY or language in self.languages

    @property
    def free_to_use(self) -> bool:
        """A licence without conditions on commercial use (MS-09)."""
        return self.licence in {"Apache-2.0", "MIT"}


TINY_PARAMS = 20e6
"""Below it the figures of trials on tiny models hold (0.5 to 21 M parameters measured there)."""


def _card(
    model_id: str, family: str, dims: str, *, context: int, kind: Kind = "instruct", **facts: Any
) -> ModelCard:
    """Read dimensions written as the rule base writes them: L / d / ff / heads / kv / head_dim / vocab."""
    layers, hidden, feed_forward, heads, kv_heads, head_dim, vocab = map(int, dims.split("/"))
    return ModelCard(
        id=model_id, family=family, layers=layers, hidden=hidden, intermediate=feed_forward, heads=heads,
        kv_heads=kv_heads, head_dim=head_dim, vocab=vocab, context=context, kind=kind,
        **{"licence": "Apache-2.0", **facts},
    )  # fmt: skip


_QWEN_3: dict[str, Any] = {
    "family": "qwen3",
    "context": 40960,
    "kind": "hybrid",
    "checked": "[L][U]",
}
_LLAMA: dict[str, Any] = {"family": "llama", "context": 131072, "licence": "Llama Community", "gated": True, "checked": "[L][U]",
          "languages": ("en", "de", "fr", "it", "pt", "hi", "es", "th")}  # fmt: skip
_GRANITE: dict[str, Any] = {"family": "granite", "context": 131072, "checked": "[O][U]",
            "languages": ("en", "de", "es", "fr", "ja", "pt", "ar", "cs", "it", "ko", "nl", "zh"),
            "unverified": frozenset({"licence"})}  # fmt: skip
_SMOL: dict[str, Any] = {
    "family": "smollm2",
    "context": 8192,
    "languages": ("en",),
    "checked": "[L][H]",
    "unverified": frozenset(),
}
_ENGLISH = ("en",)

MODELS: tuple[ModelCard, ...] = (
    _card(PRACTICE, "practice", "4/128/384/4/4/32/5120", context=512, kind="practice", languages=("en", "zh"),
          checked="built by training/practice/build.py", unverified=frozenset()),
    _card("HuggingFaceTB/SmolLM2-135M-Instruct", dims="30/576/1536/9/3/64/49152", base_twin="HuggingFaceTB/SmolLM2-135M", **_SMOL),
    _card("HuggingFaceTB/SmolLM2-135M", dims="30/576/1536/9/3/64/49152", **_SMOL | {"kind": "base"}),
    _card("HuggingFaceTB/SmolLM2-360M-Instruct", dims="32/960/2560/15/5/64/49152", base_twin="HuggingFaceTB/SmolLM2-360M", **_SMOL),
    _card("HuggingFaceTB/SmolLM2-1.7B-Instruct", dims="24/2048/8192/32/32/64/49152", base_twin="HuggingFaceTB/SmolLM2-1.7B", **_SMOL),
    _card("HuggingFaceTB/SmolLM3-3B", "smollm3", "36/2048/11008/16/4/128/128256", context=65536, kind="hybrid",
          languages=("en", "fr", "es", "it", "pt", "de"), base_twin="HuggingFaceTB/SmolLM3-3B-Base", checked="[T][H]", unverified=frozenset()),
    _card("Qwen/Qwen3-0.6B", dims="28/1024/3072/16/8/128/151936", mean_rank=5.11, base_twin="Qwen/Qwen3-0.6B-Base", **_QWEN_3),
    _card("Qwen/Qwen3-0.6B-Base", dims="28/1024/3072/16/8/128/151936", **_QWEN_3 | {"kind": "base", "context": 32768}),
    _card("Qwen/Qwen3-1.7B", dims="28/2048/6144/16/8/128/151936", mean_rank=4.44, base_twin="Qwen/Qwen3-1.7B-Base", **_QWEN_3),
    _card("Qwen/Qwen3-1.7B-Base", dims="28/2048/6144/16/8/128/151936", **_QWEN_3 | {"kind": "base", "context": 32768}),
    _card("Qwen/Qwen3-4B", dims="36/2560/9728/32/8/128/151936", base_twin="Qwen/Qwen3-4B-Base", **_QWEN_3),
    _card("Qwen/Qwen3-4B-Base", dims="36/2560/9728/32/8/128/151936", **_QWEN_3 | {"kind": "base", "context": 32768}),
    _card("Qwen/Qwen3-4B-Instruct-2507", dims="36/2560/9728/32/8/128/151936", mean_rank=2.25, base_twin="Qwen/Qwen3-4B-Base",
          **_QWEN_3 | {"kind": "instruct", "context": 262144, "checked": "[L][U][K]"}),
    _card("Qwen/Qwen3-4B-Thinking-2507", dims="36/2560/9728/32/8/128/151936", base_twin="Qwen/Qwen3-4B-Base",
          **_QWEN_3 | {"kind": "reasoning", "context": 262144}),
    _card("Qwen/Qwen3-8B", dims="36/4096/12288/32/8/128/151936", tied=False, mean_rank=2.75, base_twin="Qwen/Qwen3-8B-Base", **_QWEN_3),
    _card("Qwen/Qwen3-8B-Base", dims="36/4096/12288/32/8/128/151936", tied=False, **_QWEN_3 | {"kind": "base", "context": 32768}),
    _card("Qwen/Qwen3-14B", dims="40/5120/17408/40/8/128/151936", tied=False, base_twin="Qwen/Qwen3-14B-Base", **_QWEN_3),
    _card("Qwen/Qwen3-32B", dims="64/5120/25600/64/8/128/151936", tied=False, **_QWEN_3),
    _card("Qwen/Qwen3-30B-A3B-Instruct-2507", "qwen3_moe", "48/2048/768/32/4/128/151936", context=262144, tied=False, experts=128,
          active_experts=8, stated_params=30.5e9, active_params=3.3e9, base_twin="Qwen/Qwen3-30B-A3B-Base", checked="[L][K]",
          unverified=frozenset({"licence", "languages", "active_params"})),
    _card("meta-llama/Llama-3.2-1B-Instruct", dims="16/2048/8192/32/8/64/128256", base_twin="meta-llama/Llama-3.2-1B", **_LLAMA),
    _card("meta-llama/Llama-3.2-3B-Instruct", dims="28/3072/8192/24/8/128/128256", mean_rank=4.56, base_twin="meta-llama/Llama-3.2-3B", **_LLAMA),
    _card("meta-llama/Llama-3.1-8B-Instruct", dims="32/4096/14336/32/8/128/128256", tied=False, mean_rank=4.0, base_twin="meta-llama/Llama-3.1-8B", **_LLAMA),
    _card("meta-llama/Llama-3.1-70B-Instruct", dims="80/8192/28672/64/8/128/128256", tied=False, base_twin="meta-llama/Llama-3.1-70B",
          **_LLAMA | {"checked": "[M]", "unverified": frozenset({"licence", "languages", "dimensions"})}),
    _card("google/gemma-3-1b-it", "gemma3", "26/1152/6912/4/1/256/262144", context=32768, licence="Gemma terms", languages=_ENGLISH,
          gated=True, base_twin="google/gemma-3-1b-pt", checked="[L][O]", unverified=frozenset({"licence", "languages", "gated", "context"})),
    _card("google/gemma-3-4b-it", "gemma3", "34/2560/10240/8/4/256/262208", context=131072, licence="Gemma terms", gated=True,
          base_twin="google/gemma-3-4b-pt", checked="[L][T]", unverified=frozenset({"licence", "languages", "gated"})),
    _card("google/gemma-3-12b-it", "gemma3", "48/3840/15360/16/8/256/262208", context=131072, licence="Gemma terms", gated=True,
          base_twin="google/gemma-3-12b-pt", checked="[L][U]", unverified=frozenset({"licence", "languages", "gated"})),
    _card("google/gemma-3-27b-it", "gemma3", "62/5376/21504/32/16/128/262208", context=131072, licence="Gemma terms", gated=True,
          base_twin="google/gemma-3-27b-pt", checked="[L][U]", unverified=frozenset({"licence", "languages", "gated"})),
    _card("microsoft/Phi-4-mini-instruct", "phi", "32/3072/8192/24/8/128/200064", context=131072, licence="MIT", checked="[L][U]"),
    _card("microsoft/phi-4", "phi", "40/5120/17920/40/10/128/100352", context=16384, licence="MIT", languages=_ENGLISH, tied=False, checked="[L][U]"),
    _card("mistralai/Ministral-3-8B-Instruct-2512", "mistral", "34/4096/14336/32/8/128/131072", context=262144, tied=False,
          stated_params=8.9e9, base_twin="mistralai/Ministral-3-8B-Base-2512", checked="[T][B][U]"),
    _card("openai/gpt-oss-20b", "gpt_oss", "24/2880/2880/64/8/64/201088", context=131072, kind="reasoning", languages=_ENGLISH, tied=False,
          experts=32, active_experts=4, stated_params=20.9e9, active_params=3.6e9, checked="[B][T][K]",
          unverified=frozenset({"licence", "languages", "active_params"})),
    _card("ibm-granite/granite-4.0-1b", dims="40/2048/4096/16/4/128/100352", base_twin="ibm-granite/granite-4.0-1b-base", **_GRANITE),
    _card("ibm-granite/granite-4.0-micro", dims="40/2560/8192/40/8/64/100352", base_twin="ibm-granite/granite-4.0-micro-base", **_GRANITE),
    _card("allenai/Olmo-3-7B-Instruct", "olmo3", "32/4096/11008/32/32/128/100278", context=65536, languages=_ENGLISH, tied=False, checked="[O][T]"),
    _card("allenai/Olmo-3.1-32B-Instruct", "olmo3", "64/5120/27648/40/8/128/100278", context=65536, languages=_ENGLISH, tied=False, checked="[O][U]"),
)  # fmt: skip
"""Smallest first within a family. Not here: models whose dimensions nobody read (LFM2, Qwen3.5, Nemotron)."""

BY_ID: dict[str, ModelCard] = {card.id.lower(): card for card in MODELS}


@dataclass(frozen=True)
class GeneralSet:
    """A public set of general conversations, for machines that reach the Hub."""

    id: str
    licence: str
    """As the cards say."""
    languages: tuple[str, ...]


GENERAL_SETS: tuple[GeneralSet, ...] = (
    GeneralSet("OpenAssistant/oasst1", "Apache-2.0", MANY),
    GeneralSet("allenai/tulu-3-sft-mixture", "ODC-BY-1.0, parts of it not for commerce", MANY),
)
"""General data besides what the model writes itself, the freer licence first. Foreign words move a model further than its own
(CF-12), so they are a way out, not the first choice."""
