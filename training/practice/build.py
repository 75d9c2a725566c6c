# ruff: noqa: N806, N815 -- tensor names end in their axes: B conversations, T tokens, D width, V vocabulary
"""Build the practice model: tokenizer, training, measuring, card.

    python -m training.practice.build --out DIR [--minutes N] [--seed 0]

Steps, not the clock, decide the schedule: `--minutes` is turned into a number of steps by a fixed rate
measured on two quiet cores, so that a seed gives the same weights on a busy machine, only later. Loss is
on the whole conversation, so that the model can also write prompts; the person's turns weigh less.
"""

import argparse
import itertools
import logging
import random
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from training.practice.card import write_card
from training.practice.curriculum import train_texts
from training.practice.measure import measure
from training.practice.muon import Muon
from training.practice.start import start_with_copying
from training.practice.tokens import END, MAX_TOKENS, START, build_tokenizer, render

_log = logging.getLogger(__name__)

_FALLING = 0.5  # the part of the steps, at the end, in which the learning rate falls to zero
_REPORT_STEPS = 250
STEPS_PER_MINUTE = (
    270  # default size, two threads on two busy cores; quiet ones do about twice that
)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights."""

    steps: int = 9000
    seed: int = 0
    vocab_size: int = 5120
    hidden: int = 128
    layers: int = 4
    heads: int = 4
    feed_forward: int = 384
    batch_tokens: int = 2048
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    muon_learning_rate: float = 0.006
    """For the matrices of the layers; embeddings and norms take AdamW at `learning_rate`. 0: AdamW for all."""
    basics_share: float = 0.7
    """Share of conversations in the first `early` part of the steps that teach copying."""
    early_steps: int = 250
    """Steps at the start that are heavy in copying and light in the person's turns."""
    early_prompt_share: float = 0.15
    late_steps: int = 3000
    """Steps after which the kinds that need many repetitions are drawn more often."""
    prompt_share: float = 0.2
    """Share of the tokens of the person's turns that are learnt from; of an answer's tokens all are."""


@dataclass(frozen=True)
class Batch:
    """Token ids and how often each is learnt from; B conversations by T tokens, padded on the right."""

    ids_BT: torch.Tensor
    shares_BT: torch.Tensor


def build(
    recipe: Recipe, *, keep: Path | None = None
) -> tuple[LlamaForCausalLM, PreTrainedTokenizerFast]:
    """Return the trained model (float32) and its tokenizer; a recipe gives the same weights again.

    With a file to `keep` the state in, a build that was stopped goes on where it last wrote it.
    """
    torch.manual_seed(recipe.seed)
    tokenizer = build_tokenizer(vocab_size=recipe.vocab_size, seed=recipe.seed)
    # On a CPU, flash attention costs 24 ms a layer at these lengths; the plain one halves a step.
    model = LlamaForCausalLM._from_config(_config(recipe, tokenizer), attn_implementation="eager")
    start_with_copying(model)
    model.generation_config = GenerationConfig(
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id, max_new_tokens=64
    )
    _train(model, batches(tokenizer, recipe), recipe, keep)
    return model.eval(), tokenizer


def batches(tokenizer: PreTrainedTokenizerFast, recipe: Recipe) -> Iterator[Batch]:
    """Yield batches of similar lengths, each of about `batch_tokens` padded tokens, without end."""
    rng = random.Random(f"train {recipe.seed}")
    early_texts = train_texts(rng, basics_share=recipe.basics_share)
    texts, late_texts = train_texts(rng), train_texts(rng, late=True)
    num_batches = 0
    while True:
        early, late = num_batches < recipe.early_steps, num_batches >= recipe.late_steps
        source = early_texts if early else late_texts if late else texts
        rows = tokenizer([render(text) for text in itertools.islice(source, 2048)])["input_ids"]
        groups = _groups(rows, recipe.batch_tokens)
        rng.shuffle(groups)
        for group in groups:
            yield _batch(
                group, tokenizer, recipe.early_prompt_share if early else recipe.prompt_share
            )
        num_batches += len(groups)


def _groups(rows: list[list[int]], batch_tokens: int) -> list[list[list[int]]]:
    """Put rows of similar lengths together, as many as `batch_tokens` padded tokens hold."""
    groups: list[list[list[int]]] = [[]]
    for row in sorted(rows, key=len):
        assert len(row) <= MAX_TOKENS, (
            f"a text of {len(row)} tokens is longer than the model's {MAX_TOKENS}"
        )
        if len(row) * (len(groups[-1]) + 1) > batch_tokens:
            groups.append([])
        groups[-1].append(row)
    return groups


def save(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write the model as bf16 safetensors with its tokenizer; `model` keeps its own precision."""
    folder.mkdir(parents=True, exist_ok=True)
    half = LlamaForCausalLM(model.config).to(torch.bfloat16)
    half.load_state_dict(model.state_dict())
    half.generation_config = model.generation_config
    half.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _config(recipe: Recipe, tokenizer: PreTrainedTokenizerFast) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=recipe.hidden,
        intermediate_size=recipe.feed_forward,
        num_hidden_layers=recipe.layers,
        num_attention_heads=recipe.heads,
        num_key_value_heads=recipe.heads,
        max_position_embeddings=MAX_TOKENS,
        tie_word_embeddings=True,
        rms_norm_eps=1e-5,
        initializer_range=recipe.hidden**-0.5 * 0.5,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
    )


def _batch(rows: list[list[int]], tokenizer: PreTrainedTokenizerFast, prompt_share: float) -> Batch:
    width = max(map(len, rows))
    pad = tokenizer.pad_token_id
    start, end = tokenizer.convert_tokens_to_ids([START, END])
    assistant = tokenizer.convert_tokens_to_ids("assistant")
    ids_BT = torch.tensor([row + [pad] * (width - len(row)) for row in rows])
    shares = []
    for row in rows:
        share = prompt_share if row[0] == start else 1.0
        line = []
        for place, token in enumerate(row):
            # The answer begins after "<|im_start|>assistant\n" and ends with "<|im_end|>".
            if place >= 3 and row[place - 3] == start and row[place - 2] == assistant:
                share = 1.0
            line.append(share)
            if token == end:
                share = prompt_share
        shares.append(line + [0.0] * (width - len(row)))
    return Batch(ids_BT, torch.tensor(shares))


def _train(
    model: LlamaForCausalLM, data: Iterator[Batch], recipe: Recipe, keep: Path | None
) -> None:
    optimizers = _optimizers(model, recipe)
    parts = {"model": model} | {f"optimizer {n}": part for n, (part, _) in enumerate(optimizers)}
    first = _restore(parts, keep, recipe) if keep and keep.exists() else 0
    model.train()
    started, tokens, recent = time.perf_counter(), 0, 0.0
    for step, batch in enumerate(itertools.islice(data, first, recipe.steps), first):
        loss = _loss(model, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer, peak in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = peak * _schedule(step, recipe.steps)
            optimizer.step()
            optimizer.zero_grad()
        tokens += batch.ids_BT.numel()
        recent = 0.98 * recent + 0.02 * loss.item() if step > first + 50 else loss.item()
        last = step == recipe.steps - 1
        if (step + 1) % _REPORT_STEPS == 0 or last:
            speed = tokens / (time.perf_counter() - started)
            _log.info("step %d loss %.3f, %.0f tokens/s", step + 1, recent, speed)
            if keep and not last:
                _keep(parts, keep, recipe, step + 1)


def _keep(parts: dict[str, Any], file: Path, recipe: Recipe, step: int) -> None:
    """Replace the state file in one move."""
    states = {name: part.state_dict() for name, part in parts.items()}
    draft = file.with_suffix(".draft")
    torch.save(
        states | {"step": step, "recipe": asdict(recipe), "random": torch.get_rng_state()}, draft
    )
    draft.replace(file)


def _restore(parts: dict[str, Any], file: Path, recipe: Recipe) -> int:
    """Put back the state of `file` and return the number of steps done; `steps` may have grown since.

    Only while the learning rate stands still do more steps give what one longer build would have given.
    """
    state = torch.load(file, weights_only=True)
    step = int(state["step"])
    if state["recipe"] | {"steps": recipe.steps} != asdict(recipe):
        raise ValueError(
            f"{file} was kept by another recipe: {state['recipe']}. Remove it to start anew."
        )
    if (
        step > (1 - _FALLING) * min(state["recipe"]["steps"], recipe.steps)
        and state["recipe"]["steps"] != recipe.steps
    ):
        raise ValueError(
            f"{file} is at step {step:,}, where the learning rate falls: keep --steps {state['recipe']['steps']}."
        )
    for name, part in parts.items():
        part.load_state_dict(state[name])
    torch.set_rng_state(state["random"])
    return step


def _optimizers(
    model: LlamaForCausalLM, recipe: Recipe
) -> list[tuple[torch.optim.Optimizer, float]]:
    """Return the optimizers with their peak learning rates."""
    matrices = [
        weight
        for name, weight in model.named_parameters()
        if weight.ndim == 2 and ".layers." in name
    ]
    if not recipe.muon_learning_rate:
        matrices = []
    taken = {id(weight) for weight in matrices}
    others = [weight for weight in model.parameters() if id(weight) not in taken]
    adam = torch.optim.AdamW(
        others,
        lr=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        betas=(0.9, 0.98),
        fused=True,
    )
    chosen: list[tuple[torch.optim.Optimizer, float]] = [(adam, recipe.learning_rate)]
    if matrices:
        muon = Muon(matrices, lr=recipe.muon_learning_rate, weight_decay=recipe.weight_decay)
        chosen.append((muon, recipe.muon_learning_rate))
    return chosen


def _schedule(step: int, steps: int) -> float:
    """Warm up for 100 steps, stay, and fall in a line to zero over the second half."""
    left = (steps - step) / (steps * _FALLING)
    return min(1.0, (step + 1) / 100, left)


def _loss(model: LlamaForCausalLM, batch: Batch) -> torch.Tensor:
    """Mean loss over the tokens drawn to be learnt from; the head, the dearest layer, runs on no other."""
    shares_BT = batch.shares_BT[:, 1:]
    drawn = torch.rand(shares_BT.shape) < shares_BT
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden_BTD = model.model(input_ids=batch.ids_BT, use_cache=False).last_hidden_state
        logits_NV = model.lm_head(hidden_BTD[:, :-1][drawn])
    return functional.cross_entropy(logits_NV.float(), batch.ids_BT[:, 1:][drawn])


def main() -> None:
    """Build into `--out`, measure, and write the card."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--minutes", type=float, help="sets --steps, at a fixed rate; it is not a clock"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="file for the state, to go on after a stop")
    for field in fields(Recipe):
        option = f"--{field.name.replace('_', '-')}"
        parser.add_argument(option, type=type(field.default), default=field.default)
    chosen = vars(parser.parse_args())
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    out, minutes, keep = chosen.pop("out"), chosen.pop("minutes"), chosen.pop("keep")
    torch.set_num_threads(chosen.pop("threads"))
    if minutes:
        chosen["steps"] = round(minutes * STEPS_PER_MINUTE)
    recipe = Recipe(**chosen)
    started = time.process_time()
    model, tokenizer = build(recipe, keep=keep)
    save(model, tokenizer, out)
    cpu_minutes = (time.process_time() - started) / 60
    measured = measure(out)
    write_card(out, measured, asdict(recipe), cpu_minutes=cpu_minutes)
    _log.info(
        "mean %.3f over %d tasks, %.1f CPU minutes",
        measured.mean,
        len(measured.accuracy),
        cpu_minutes,
    )


if __name__ == "__main__":
    main()
