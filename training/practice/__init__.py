"""The built-in practice model: a flight simulator for tuning.

A fresh machine may have no GPU, no network and no weights. The model in `MODEL_DIR` (about one to two
million parameters, Llama architecture, its own byte-level BPE tokenizer and ChatML template) makes a
whole tuning job real in minutes on two CPU cores. It was trained by `build.py` on text and tasks that
`curriculum.py` generates, with the loss on the whole conversation, so that it can write its own prompts.
It is a toy: for real use Tunesmith recommends a real model. Nothing here imports torch.
"""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

MODEL_DIR: Path = Path(__file__).parent / "model"
"""config.json, model.safetensors (bf16), tokenizer, chat template: loads with `from_pretrained`."""

_RESERVED_SHARE = 0.1  # our default; a tenth leaves every small task enough items on both sides
_WORD = re.compile(r"\w")


def is_reserved(user_turns: Iterable[str]) -> bool:
    """Say whether a conversation's prompt belongs to the tenth that no training item may use.

    The prompt is all user turns before the answer; only its letters and digits count, without case, so
    that a change of punctuation does not smuggle an item across. The practice model was trained only on
    prompts where this is false; its held-out items are prompts where it is true.
    """
    letters = "".join(_WORD.findall("\n".join(user_turns).lower()))
    digest = hashlib.sha256(letters.encode("utf-8")).digest()
    return int.from_bytes(digest[:4], "big") < _RESERVED_SHARE * 2**32
