"""The practice model's card: what it was measured to do, how fast, and where it ends."""

import json
from pathlib import Path
from typing import Any

from training.practice.measure import Measured

_CARD = """\
# The practice model

A flight simulator for tuning: a language model of {parameters:,} parameters ({megabytes:.1f} MB in bf16) that makes a whole
tuning job real in minutes on two CPU cores. It is a toy. Do not use its answers for anything; for real use take a
real model.

- Llama architecture, {layers} layers of width {hidden}, tied embeddings, byte-level BPE of {vocab_size:,} tokens in which digits and Chinese
  characters stand alone and a space belongs to the word before it, ChatML template with generation marks, at most 512 tokens.
- Trained by `python -m training.practice.build --out DIR --steps {steps} --seed {seed}` ({cpu_minutes:.0f} CPU minutes) on generated tasks
  and generated plain text (`curriculum.py`), with loss on the whole conversation. No file of anybody was read.
- Licence: that of this repository; every text it saw was written or generated here.

## Measured

Greedy answers on {items} held-out items a task (prompts that training never used: `is_reserved`), exact match unless several answers
are right. **Mean over {kinds} tasks: {mean:.3f}.**

{table}

Conversations it writes itself from the template's start (temperature 1): {well_formed:.1%} well formed, {distinct:.1%} of those
different. Speed, batched, while measuring: {answers_per_s:.0f} short answers a second, {tokens_per_s:.0f} tokens a second.

## Limits

It knows a few thousand everyday English words and about {characters} Chinese characters; everything else is bytes to it. It has no knowledge
beyond the few facts of its curriculum, loses the thread after a few turns, and refuses only what looks like the refusals it was
taught. Weak tasks are in the table: leave them in, they are what tuning can improve. Small differences of wording that the
curriculum does not have can break an answer.

{notes}"""


def write_card(
    folder: Path, measured: Measured, recipe: dict[str, Any], *, cpu_minutes: float
) -> None:
    """Write `measured.json` and `CARD.md` beside the model; what was tried is kept from an older card."""
    figures = measured.as_json() | {"recipe": recipe, "cpu_minutes": round(cpu_minutes, 1)}
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    (folder / "measured.json").write_text(text + "\n", encoding="utf-8")
    vocabulary = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"][
        "vocab"
    ]
    notes = Path(__file__).with_name("tried.md").read_text(encoding="utf-8")
    card = _CARD.format(
        **recipe,
        parameters=measured.parameters,
        megabytes=(folder / "model.safetensors").stat().st_size / 1e6,
        cpu_minutes=cpu_minutes,
        items=measured.items,
        kinds=len(measured.accuracy),
        mean=measured.mean,
        table=_table(measured.accuracy),
        well_formed=measured.well_formed,
        distinct=measured.distinct,
        answers_per_s=measured.answers_per_s,
        tokens_per_s=measured.tokens_per_s,
        characters=_num_characters(vocabulary),
        notes=notes,
    )
    (folder / "CARD.md").write_text(card, encoding="utf-8")


def _table(accuracy: dict[str, float], columns: int = 4) -> str:
    """Return the figures as a Markdown table, several tasks to a row."""
    cells = [f"{kind} | {share:.2f}" for kind, share in accuracy.items()]
    cells += [" | "] * (-len(cells) % columns)
    rows = [
        "| " + " | ".join(cells[first : first + columns]) + " |"
        for first in range(0, len(cells), columns)
    ]
    return "\n".join(
        ["| " + " | ".join(["task | right"] * columns) + " |", "|---|---" * columns + "|", *rows]
    )


def _num_characters(vocabulary: dict[str, int]) -> int:
    """Count the tokens of three bytes that start like a Chinese character does in UTF-8."""
    return sum(len(token) == 3 and "\u00e4" <= token[0] <= "\u00e9" for token in vocabulary)
