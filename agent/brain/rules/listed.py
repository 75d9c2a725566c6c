"""Messages that are a list: techniques one after another, or models to compare."""

from __future__ import annotations

import re

from agent.brain.protocol import Intent
from training.catalog import MODELS, PRACTICE

TECHNIQUE = re.compile(r"(?<![a-z])(sft|dpo|rft|cpt|grpo)(?![a-z])")
FILLING = re.compile(
    r"\b(?:first|and|then|afterwards?|after(?: that)?|next|finally|followed|by|plus|with|please|pls|just|do|run|use|try|train|make|plan|start|i|we|want|would|like|you|to|let'?s|lets|a|the|it|both|stages?|steps?|instead|ok(?:ay)?|in|that|this|order|pipeline)\b"
    r"|先|再|然后|之后|接着|后面?|最后|做|用|跑|请|我|想|要|来|加上?|和|跟|一个|阶段|训练|[\s,;:.!，。；、+&>→=/-]"
)
COMPARING = re.compile(
    r"\b(?:compar(?:e|ing|ison)|try (?:both|them all|all)|side by side|against each other|versus|vs|measure both|test both|which (?:one )?(?:is|does|works) (?:better|best))\b"
    r"|比较|对比|比一比|比一下|都(?:试|测|跑)"
)
OF_RUNS = re.compile(r"\b(?:runs?|results?|before and after|tuned|trained|checkpoints?)\b|运行|结果|训练前后|训练好的|检查点")  # fmt: skip
HUB_NAME = re.compile(r"(?<![\w./\\~:-])[A-Za-z0-9][\w.-]*/[A-Za-z][\w.-]*\d[\w.-]*(?![\w/\\-])")
FOLDER = re.compile(r"(?<![\w:])(?:~|\.{1,2})?/[\w./-]*\w")
PRACTICE_NAME = re.compile(r"\bpractice(?: model)?\b|练习模型", re.IGNORECASE)


def read(message: str, folded: str) -> list[Intent]:
    """Read a message that is nothing but such a list; empty where it is something else."""
    named = _techniques(folded)
    if named:
        return [Intent(kind="revise", words=message, what="technique", value=",".join(named))]
    compared = models_to_compare(message, folded)
    if compared:
        return [Intent(kind="revise", words=message, what="candidates", value=",".join(compared))]
    return []


def _techniques(folded: str) -> list[str]:
    found = list(dict.fromkeys({"grpo": "rft"}.get(name, name) for name in TECHNIQUE.findall(folded)))  # fmt: skip
    rest = FILLING.sub("", TECHNIQUE.sub("", folded))
    return found if len(found) > 1 and not rest else []


def models_to_compare(message: str, folded: str) -> list[str]:
    """Name the models that a message wants compared, as the tools know them; empty where it names fewer than two.

    >>> models_to_compare("Compare Qwen3-0.6B and the practice model first", "compare qwen3-0.6b and the practice model first")
    ['Qwen/Qwen3-0.6B', 'practice']
    """
    if not COMPARING.search(folded) or OF_RUNS.search(folded):
        return []
    places: dict[str, int] = {}
    rest = message
    for pattern in (HUB_NAME, FOLDER):
        for one in pattern.finditer(rest):
            places[one.group().rstrip(".")] = one.start()
        rest = pattern.sub(lambda found: " " * len(found.group()), rest)
    for card in sorted(MODELS, key=lambda one: -len(one.id)):
        short = re.escape(card.id.rpartition("/")[2]).replace(r"\-", r"[\s-]?")
        for one in re.finditer(rf"(?<![\w./-]){short}(?![\w-]|\.\d)", rest, re.IGNORECASE):
            if card.id != PRACTICE:
                places[card.id] = one.start()
                rest = rest[: one.start()] + " " * len(one.group()) + rest[one.end() :]
    practice = PRACTICE_NAME.search(rest)
    if practice:
        places[PRACTICE] = practice.start()
    found = sorted(places, key=lambda name: places[name])
    return found if len(found) > 1 else []
