"""Changes to what was proposed: which setting, to what value or in which direction."""

from __future__ import annotations

import re
from typing import Any

from agent.brain.protocol import Context, Intent
from agent.brain.rules import columns, figures, lexicon
from tools import numerals

CLAUSES = re.compile(
    r"[;!\n]|\.\s|,(?!\d{3})|\band\b|\bbut\b|\balso\b|,?\bthen\b|不过|但是|但|并且|而且|同时|然后|另外|还有"
)
SHARES = frozenset({"replay_share", "success", "max_forgetting", "warmup_share"})
NUMERIC = frozenset({
    "learning_rate", "epochs", "batch_size", "micro_batch_size", "lora_rank", "lora_alpha", "dropout", "seed", "weight_decay", "max_seq_tokens", "eval",
    "checkpoints",
})  # fmt: skip
METRICS = (
    ("macro_f1", r"macro[- ]?f1|宏平均|\bf1\b"),
    ("accuracy", r"accuracy|准确率"),
    ("exact_match", r"exact match|完全一致"),
    ("chrf", r"chrf"),
    ("rouge", r"rouge"),
)
TECHNIQUES = ("dpo", "sft", "rft", "cpt", "grpo", "rlhf")
TECHNIQUE_WORDS = (
    (
        "full",
        r"full (?:fine-?tun\w*|weights|finetune|training|model|tuning)|\b(?:all|every)(?: of)?(?: the)? (?:weights?|parameters?)|whole (?:model|network)|fine-?tune all|全量|全参|(?:全部|所有|整个)的?(?:参数|权重|模型)",
    ),
    ("rft", r"强化|reinforcement"),
    ("cpt", r"继续预训练"),
    ("sft", r"监督微调"),
    ("dpo", r"偏好优化"),
)
LEAVE_OUT = re.compile(
    r"\b(?:skip|drop|without|no|remove|leave out|not|don't|dont)\b|不要|去掉|跳过|别用|不用|删掉|不做"
)
INSTEAD = re.compile(r"\b(?:instead of|rather than|not)\b|而不是|不要|别用|不用")
DAY = re.compile(
    r"tomorrow|tonight|later|next \w+|monday|tuesday|wednesday|thursday|friday|saturday|sunday|at \d+\S*|明天|今晚|晚上|下周|晚点"
)


def changes(folded: str, context: Context) -> list[Intent]:
    """Read every change of a message; none where nothing is changed."""
    found: list[Intent] = []
    for clause in _clauses(folded):
        name = setting_of(clause)
        if not lexicon.has(clause, "change", "cues") and not (
            name == "column" and columns.named(clause)
        ):
            continue
        if name is None or (name == "budget" and figures.of_answers(clause)):
            continue
        if any(one.what == name for one in found):
            found = [_better(one, clause) if one.what == name else one for one in found]
            continue
        value = value_of(name, clause)
        direction = None if value is not None else direction_of(name, clause)
        found.append(
            Intent(kind="revise", words=clause, what=name, value=value, direction=direction)
        )
    found = _unmixed(found, folded)
    if (
        not found
        and lexicon.has(folded, "setting", "column")
        and lexicon.has(folded, "change", "cues")
    ):
        found = [
            Intent(kind="revise", words=folded, what="column", value=value_of("column", folded))
        ]
    return [
        one.model_copy(update={"value": columns.beside(folded)})
        if one.what == "column" and one.value is None
        else one
        for one in found
    ]


STATED = frozenset({"learning_rate", "epochs", "batch_size", "lora_rank", "seed", "technique"})
STATED_WORDS = re.compile(
    r"\b(?:lr|learning rate|epochs?|passes|batch(?: size)?|rank|r ?=|seed|full fine-?tun\w*|all weights)\b|学习率|轮|批|秩|种子|全量|全参"
)


INSISTS = re.compile(r"\binsist|\bdemand\b|坚持|非要|就要|一定要")


def stated(folded: str, context: Context) -> list[Intent]:
    """Read values that are named outright, whatever else is asked: "lr 2e-4, batch size 64", "train anyway"."""
    said = any(words.search(folded) for words in (STATED_WORDS, ANYWAY, INSISTS))
    if "?" in folded or not said:
        return []
    found = [
        one for one in changes(folded, context) if one.what in STATED and one.value is not None
    ]
    insists = INSISTS.search(folded) is not None
    return [
        one
        for one in found
        if one.what != "technique" or insists or one.value in {"full", "anyway"}
    ]


def _better(one: Intent, clause: str) -> Intent:
    if one.value is not None or one.what is None:
        return one
    value = value_of(one.what, clause)
    return one.model_copy(update={"value": value, "direction": None}) if value is not None else one


def _unmixed(found: list[Intent], folded: str) -> list[Intent]:
    """Drop what is only the other half of another change."""
    names = [one.what for one in found]
    if "column" in names and "data" in names:
        found = [one for one in found if one.what != "data"]
    if names.count("budget") and len(found) > 1:
        found = [
            one
            for one in found
            if one.what != "budget" or one.value is not None or one.direction is not None
        ]
    if "metric" in names:
        found = [one for one in found if one.what != "success" or one.value is not None]
    if len(found) > 1 and any(one.what == "max_forgetting" and one.value is None for one in found):
        found = [one for one in found if one.what != "max_forgetting"]
    return found


def _clauses(folded: str) -> list[str]:
    text = re.sub(r"(\d)\.(\d)", r"\1<point>\2", folded)
    pieces = [
        piece.replace("<point>", ".").strip()
        for piece in CLAUSES.split(text)
        if piece and piece.strip()
    ]
    if (
        re.search(r"\bnot\b|\binstead\b|不是|不要", folded)
        and len(pieces) == 2
        and lexicon.words_in(folded) <= 12
    ):
        joined = ", ".join(pieces)
        if (
            setting_of(pieces[0]) == setting_of(pieces[1])
            or setting_of(pieces[0]) is None
            or setting_of(pieces[1]) is None
        ):
            return [joined]
    return pieces


def setting_of(clause: str) -> str | None:
    """The setting that a clause is about: the first in the order of the lists that occurs."""
    if ANYWAY.search(clause) and not any(name in clause for name in TECHNIQUES):
        return "technique"
    for name in lexicon.keys("setting"):
        if lexicon.has(clause, "setting", name) and not _is_other(name, clause):
            return name
    return None


def _is_other(name: str, clause: str) -> bool:
    if name == "start":
        return lexicon.has(clause, "hardware", "any") and DAY.search(clause) is None
    if name == "epochs":
        return re.search(
            r"train (?:it )?on\b|训练(?:数据|集)", clause
        ) is not None and not re.search(r"epoch|轮|遍", clause)
    if name == "learning_rate":
        return re.search(r"error rate|success rate|hit rate", clause) is not None
    if name == "technique" and re.search(r"\brank\b|秩", clause):
        return True
    if name == "model":
        return bool(figures.money(clause)) and not re.search(r"model|模型", clause)
    if name == "max_seq_tokens":
        return "new token" in clause
    if name == "eval":
        return re.search(r"let me test|test it|试试|试一下", clause) is not None
    return False


def value_of(name: str, clause: str) -> Any:
    """The value that a clause gives a setting; None where it gives none."""
    if name in SHARES:
        if re.search(r"\bhalf (?:as much|of|the)\b|一半的?(?:量|通用)|减半|halve", clause):
            return None
        found = figures.share(clause)
        return found if found is not None or name != "success" else _percent_number(clause)
    if name in NUMERIC:
        return _number_of(name, clause)
    if name == "budget":
        money = figures.money(clause)
        if "usd" in money:
            return money["usd"]
        if money:
            return money
        minutes = figures.limit(clause)
        if minutes is not None:
            return {"minutes": minutes}
        named = re.search(
            rf"(?:budget|limit|cap|预算|上限)(?: is| was| should be| must be| of| at| to|是|为|改成|改为|设为|定为|[:=])*\s?({numerals.PLAIN})(?![\d%])",
            clause,
        )
        return numerals.number(named.group(1)) if named else None
    if name == "model":
        return _model(clause)
    if name == "technique":
        return _technique(clause)
    if name == "metric":
        head = re.split(r"不要|而不是|instead of|\bnot\b", clause)[0]
        return next(
            (metric for metric, words in METRICS if re.search(words, head)),
            next((metric for metric, words in METRICS if re.search(words, clause)), None),
        )
    if name == "column":
        return columns.named(clause)
    if name == "hardware":
        cards = re.search(rf"({numerals.NUMBER}|both) ?(?:\w+ )?(?:gpus?|cards?|张)", clause)
        if cards is None:
            return None
        return 2 if cards.group(1) == "both" else int(numerals.number(cards.group(1)) or 0) or None
    if name == "start":
        day = DAY.search(clause)
        return day.group() if day else None
    return None


def _model(clause: str) -> str | None:
    """The model that is wanted; not the one that is turned down."""
    named = [name for name in lexicon.models_named(clause) if re.search(r"[a-z]{3}", name)]
    turned_down = r"(?:instead of|not|rather than|而不是|不要) "
    wanted = [one for one in named if not re.search(turned_down + re.escape(one), clause)]
    return wanted[-1] if wanted else None


def _percent_number(clause: str) -> float | None:
    found = numerals.numbers(clause)
    return round(found[0] / 100, 6) if found and 1 < found[0] <= 100 else None


def _number_of(name: str, clause: str) -> float | int | None:
    if name == "epochs":
        if re.search(r"\btwice\b", clause):
            return 2
        if re.search(r"\bonce\b", clause):
            return 1
        near = re.search(
            rf"({numerals.NUMBER}) ?(?:more )?(?:epochs?|passes|pass\b|rounds?|轮|遍|个?epoch)|(?:epochs?|轮数|轮次|passes)\D{{0,8}}({numerals.PLAIN}|{numerals.CHINESE}(?![点些下]))",
            clause,
        )
        if near is None:
            return None
        found = numerals.number(near.group(1) or near.group(2))
        if found is None or re.search(r"\b(?:one|two|\d) more\b|再(?:加|多|训)", clause):
            return None
        return int(found) if found == int(found) else found
    if name == "learning_rate":
        near = re.search(r"\d+(?:\.\d+)?e-?\d+|0?\.\d+", clause)
        return float(near.group()) if near else None
    if name == "eval":
        found_all = [one for one in numerals.numbers(clause) if one >= 2]
        return int(found_all[0]) if found_all else None
    found_all = numerals.numbers(re.sub(r"\b(?:a|an|one)\b", " ", clause))
    if not found_all:
        return None
    value = found_all[-1]
    return int(value) if value == int(value) else value


ANYWAY = re.compile(
    r"\b(?:train|do|tune|run|start|go) (?:it |them |the model |ahead |with it )?(?:anyway|anyways|all the same|regardless|nevertheless|nonetheless)\b|\banyway\b.{0,12}\btrain\b|(?:还是|照样|无论如何|就是|偏)(?:想)?要?(?:训练|训|练)|照样(?:训|练|来)|(?:还是|就)(?:训|练)吧"
)
"""Training is wanted against the advice; which technique is left to us."""


def _technique(clause: str) -> str | None:
    if ANYWAY.search(clause):
        return "anyway"
    named = [name for name in TECHNIQUES if re.search(rf"(?<![a-z]){name}(?![a-z])", clause)]
    wanted = [
        name
        for name in named
        if not re.search(
            rf"(?:{INSTEAD.pattern}|{LEAVE_OUT.pattern})\s?(?:the |an? )?{name}", clause
        )
    ]
    for name, words in TECHNIQUE_WORDS:
        if re.search(words, clause) and not re.search(
            rf"(?:{INSTEAD.pattern}|别)\s?(?:the |an? )?(?:{words})", clause
        ):
            return name
    if wanted and not (
        LEAVE_OUT.search(clause)
        and not INSTEAD.search(clause)
        and len(named) == 1
        and len(wanted) == 1
        and re.search(rf"(?:{LEAVE_OUT.pattern})", clause.split(wanted[0])[0])
    ):
        return wanted[0]
    return None


def direction_of(name: str, clause: str) -> Any:
    """`up`, `down`, or None where no direction is said."""
    if name in {
        "technique",
        "column",
        "metric",
        "data",
        "plan",
        "quantization",
        "start",
        "seed",
        "eval",
    }:
        return None
    up, down = lexicon.has(clause, "direction", "up"), lexicon.has(clause, "direction", "down")
    if name == "budget":
        return (
            "up"
            if re.search(
                r"\b(?:raise|increase|more money|spend more|higher)\b|提高预算|加预算|预算(?:加|提)",
                clause,
            )
            else "down"
            if down or not up
            else "up"
        )
    if name == "model":
        return (
            "down"
            if re.search(r"small|tin(?:y|ier)|light|小|cheap", clause)
            else "up"
            if re.search(r"big|larg|strong|more power|大|强", clause)
            else None
        )
    if re.search(r"\btoo (?:high|big|many|much|large|long)|太(?:高|大|多)", clause):
        return "down"
    if re.search(r"\btoo (?:low|small|few|little|short)|太(?:低|小|少)", clause):
        return "up"
    if down and not (up and re.search(r"\b(?:more|double|increase|raise)\b", clause)):
        return "down"
    return "up" if up else None
