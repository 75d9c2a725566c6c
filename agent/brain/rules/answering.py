"""Answers to the question that waits: a choice, a value, or words of one's own."""

from __future__ import annotations

import re
from typing import Any

from agent.brain.protocol import Intent
from agent.brain.rules import figures, lexicon
from agent.brain.rules.telling import CODES, SECTION, budget, fields, is_plain_no, privacy, task
from tools import numerals

NUMBER_QUESTIONS = frozenset(
    {
        "success",
        "budget",
        "volume",
        "latency",
        "data",
        "must_not_get_worse",
        "users",
        "deadline",
        "hardware",
    }
)
PLAIN_YES = re.compile(
    r"(?:yes|yeah|yep|yup|sure|of course|definitely|often|very|constantly|会|会的|是|是的|对|有|嗯)[\s.,!。]*.{0,12}"
)
AMBIGUOUS = re.compile(
    r"(?:both|all(?: of them)?|a bit of (?:both|everything)|mixed|depends|it depends|两(?:个|者|种)都.{0,2}|都(?:要|有)|看情况)[\s.!]*"
)
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}


def choice(folded: str, question: str, *, num_choices: int = 0) -> Any:
    """The number of the option that was picked; None where it is no pick.

    A bare number that one of the `num_choices` has is that choice, also where an amount could be meant.
    """
    text = folded.strip().rstrip(".!)。")
    if re.fullmatch(r"[1-9]", text) and int(text) <= num_choices:
        return int(text)
    if AMBIGUOUS.fullmatch(text):
        return None
    bare = re.fullmatch(r"\d+(?:\.\d+)?", text)
    if bare and (question in NUMBER_QUESTIONS or float(text) > 9):
        return None
    if text in {"one", "two", "three", "four"} and question in NUMBER_QUESTIONS:
        return None
    for name, index in (("first", 1), ("second", 2), ("third", 3), ("fourth", 4)):
        if lexicon.is_all(text, "choose", name):
            return index
    if lexicon.is_all(text, "choose", "last"):
        return "last"
    loose = re.search(
        r"(?:option|number|choice|选项?|第)\s?([1-6a-f]|[一二三四五六])(?![a-z\d])|^([1-6b-f])[.)]?\s(?:i think|please|sounds|is|then)|\b(first|second|third|fourth) (?:one|option|choice)\b",
        text,
    )
    if loose and lexicon.words_in(text) <= 8 and "?" not in folded:
        picked = next(one for one in loose.groups() if one)
        if picked in ORDINALS:
            return ORDINALS[picked]
        return (
            "abcdef".index(picked) + 1 if picked in "abcdef" else int(numerals.number(picked) or 0)
        )
    if lexicon.is_all(text, "choose", "number"):
        letters = re.findall(r"(?<![a-z])[a-f](?![a-z])", text)
        digits = [numerals.number(one) for one in re.findall(r"\d+|[一二三四五六]", text)]
        if digits and digits[0]:
            return int(digits[0])
        if letters:
            return "abcdef".index(letters[-1]) + 1
    return None


WAVED_OFF = re.compile(
    r"\b(?:stop|quit|enough|no more|too many|tired of)\b.{0,16}\b(?:ask\w*|questions?)\b|\bdo(?:n't| not) ask\b|\bwhatever\b[\s.!]*$|^(?:(?:yes|ok(?:ay)?|fine|please|alright|sure|well)[\s,]*)*(?:just )?(?:start|launch|begin|go ahead|let'?s (?:go|start)|run|train)(?: (?:it|now|please|already|the (?:run|training)))*(?:$|[\s.!,]+(?:but|then|$))|\bjust (?:do|plan|go|train|start|get on with) (?:it|on|ahead|the (?:damn )?(?:thing|plan))\b"
    r"|(?:别|不要|不用|少)(?:再)?(?:问|啰嗦)|问(?:够|完)了没|问题太多|(?:都)?随便(?:你|吧)?[。!]*$|直接(?:做|来|开始|出方案)"
)
"""The person has had enough of questions: our defaults count from here on."""
TELLS_MORE = re.compile(
    r"\b(?:it|the (?:model|bot|thing|ai)|this) (?:should|must|needs? to|has to|ought to)\b|\bi(?:'d| would)? (?:want|need|like) it to\b|\bit(?:'s| is) for (?:my|our|a|the)\b|(?:它|模型)(?:应该|要能|得能|需要)|(?:希望|想)(?:它|模型)"
)
HAS_NONE = re.compile(
    r"^(?:no|none|nothing|nope)\b[\s.!]*$|^(?:no[, ]+|sorry[, ]+|well[, ]+)*not (?:yet|so far|right now|at the moment)[\s.!]*$|^(?:目前|现在|暂时)?还?没(?:有)?(?:呢|准备(?:好)?|现成的?|收集|整理)?[啊呀的了呢。!.\s]*$|\b(?:do(?:n't| not) have|have(?:n't| not)? (?:got )?(?:any|no)|there (?:is|are) no|no) (?:any )?(?:data|examples?|files?|tables?|rows?|training data)\b|没有?(?:任何)?(?:数据|例子|样本|文件|表格?)|(?:数据|例子|样本|文件)(?:都|也)?没有|^没有[啊呀的了。!]*$"
)
"""There are no examples: asking again would only annoy."""
CARD = re.compile(
    r"(?<![a-z0-9])(?:gpus?|graphics? cards?|no card|a100|h100|h200|l40s?|l4|a10|v100|t4|rtx|[2345]0[5-9]0(?: ?ti)?|laptop|macbook|vram)(?![a-z0-9])|显卡|笔记本"
)


ECHO_FIRST = re.compile(
    r"^(?:(?:eh|uh|huh|hm+|what|sorry|pardon|er+|啊|什么|嗯)[\s,]*)+[?]+[\s,.]*(?=\w.{8})"
)


def without_echo(folded: str) -> str:
    """Drop an "eh what?" before a statement."""
    return ECHO_FIRST.sub("", folded)


def names_card(folded: str) -> bool:
    """Whether a short statement is about the machine at hand."""
    return "?" not in folded and lexicon.words_in(folded) <= 12 and CARD.search(folded) is not None


SKIPS = re.compile(
    r"\b(?:leave|skip|drop|ignore|remove|delete|throw|without|use the (?:rest|others?)|go on|continue|go ahead|yes|yeah|yep|ok(?:ay)?|sure|fine|do (?:it|that)|you decide)\b|跳过|去掉|删|不要(?:它|那些|了)|扔|忽略|用(?:剩下|其余|其他|别)|继续|好|可以|行|是|你定"
)
REPAIRS = re.compile(
    r"\b(?:no|don'?t|do not|never|not|wait|repair|fix|correct|i(?:'ll| will) (?:look|check|repair|fix)|myself|again)\b|我(?:来|去|自己)?(?:改|修)|修|别|不(?:行|可以|要跳)|等"
)


def skips(folded: str) -> bool | None:
    """Whether broken rows may be left out; None where the words do not say."""
    if "?" in folded:
        return None
    if REPAIRS.search(folded):
        return False
    if SKIPS.search(folded) or lexicon.has(folded, "dunno", "part"):
        return True
    return None


def value(folded: str, question: str, *, loose: bool) -> Any:
    """The value of the field asked for, where the words carry one."""
    if question == "success":
        return _success_answer(folded)
    if question == "budget":
        found = budget(folded)
        if isinstance(found, dict):
            return found
        if re.fullmatch(
            r"(?:nothing|zero|0|free|none)\b.*|.*\b(?:has to be|must be) free\b.*|零|免费|没有|不花钱|一分(?:钱)?(?:都)?(?:没有|不花|不想花).*",
            folded,
        ):
            return {"usd": 0.0}
        limit = figures.limit(folded)
        if limit is not None:
            return {"minutes": limit}
        bare = re.fullmatch(
            r"(?:about |around |max |maybe |say )?(\d[\d,.]*)(?: max| or so| tops)?", folded
        )
        if bare:
            return {"usd": numerals.number(bare.group(1).rstrip("."))}
        if re.search(r"\bgrand\b", folded) and numerals.numbers(folded):
            return {"usd": numerals.numbers(folded)[-1]}
        return True if found else None
    if question == "privacy":
        return _privacy_answer(folded)
    if question == "facts_change":
        return _change_answer(folded)
    if question == "language":
        found_codes = [code for code in CODES if lexicon.has(folded, "language", code)]
        if len(found_codes) > 1 and re.search(
            r"a (?:bit|little)|some|mostly|mainly|主要|少量|一点", folded
        ):
            return found_codes[0]
        return (found_codes[0] if len(found_codes) == 1 else found_codes) if found_codes else None
    if question == "task":
        return task(folded)
    if question == "base_model":
        return _model_answer(folded)
    if question == "must_not_get_worse":
        loss = re.search(r"(?:forget|lose|loss|worse|drop|忘|丢|变差|下降)[^,.;]*|[^,.;]*$", folded)
        said = loss.group() if loss else ""
        return figures.share(said) if re.search("%|percent|百分", said) else None
    if question in {
        "deadline",
        "hardware",
        "latency",
        "volume",
        "users",
        "data",
        "current_solution",
    }:
        return True if lexicon.has(folded, SECTION.get(question, question), "any") else None
    return None


def _success_answer(folded: str) -> Any:
    share = figures.share(folded)
    if share is not None and 0 < share <= 1:
        return share
    if lexicon.has(folded, "success", "perfect") or re.fullmatch(
        r"(?:all|everything|always|全部|都要对)[\s.!]*", folded
    ):
        return 1.0
    found = [one for one in numerals.numbers(folded) if 1 < one <= 100]
    if (
        found
        and (re.search(r"\d", folded) or len(folded) < 12)
        and not re.search(r"\bone\b", folded)
    ):
        return round(found[-1] / 100, 6)
    return True if lexicon.has(folded, "success", "free") else None


def _privacy_answer(folded: str) -> str | None:
    found = privacy(folded)
    if found:
        return found
    if re.search(
        r"\b(?:yes|private|stays?|confidential|sensitive|local(?:ly)?|on-?prem(?:ise)?s?|offline|internal(?:ly)?)\b|本地|内部|^(?:不能|不行|不可以|保密|是|有)",
        folded,
    ) and not re.search(r"\bno\b|公开|没有", folded):
        return "local"
    if is_plain_no(folded) or lexicon.has(folded, "privacy", "public"):
        return "public"
    return "local" if re.match(r"(?:no|不)", folded) else None


def _change_answer(folded: str) -> str | None:
    if lexicon.has(folded, "facts_change", "rarely") and not lexicon.has(
        folded, "facts_change", "often"
    ):
        return "rarely"
    if (
        lexicon.has(folded, "facts_change", "often")
        or PLAIN_YES.fullmatch(folded)
        or re.search(r"\byes\b|\bdoes\b", folded)
    ):
        return "often"
    if lexicon.has(folded, "facts_change", "rarely") or is_plain_no(folded):
        return "rarely"
    return None


def _model_answer(folded: str) -> Any:
    found = [name for name in lexicon.models_named(folded) if re.search(r"[a-z]{3}|千问", name)]
    if found:
        size = re.search(r"\b\d+(?:\.\d+)?b\b", folded)
        return f"{found[0]} {size.group()}" if size and size.group() not in found[0] else found[0]
    if re.search(
        r"\b(?:small|large|big|cheap|fast|best|good)\w*\b|\b\d+(?:\.\d+)?b\b|小|大|好|便宜|快",
        folded,
    ):
        return True
    return None


NEVER = re.compile(
    r"(?:no,? )?(?:never(?: ever)?|not at all|从来?不(?:变|改)?|永远不(?:变|会)?)[\s.!。]*"
)
EVIDENCE = {
    "latency": re.compile(
        r"\d|\b(?:\w*seconds?|minutes?|hours?|instant\w*|fast|slow\w*|quick\w*|real|wait|immediate\w*|ms|overnight|blink|no|not|don'?t|doesn'?t|any|whenever|soon|phone|background|speed)\b|秒|快|慢|实时|等|马上|立刻|不|电话|后台|急"
    ),
    "hardware": re.compile(
        r"\d|\b(?:gpus?|cards?|laptop|pc|imac|mac(?:book)?|thinkpad|dell|lenovo|chromebook|surface|desktop|workstation|computers?|servers?|machines?|clusters?|cloud|rent|nvidia|amd|rtx|cpu|memory|ram|nothing|none|no|yes|one|two)\b|卡|电脑|笔记本|机器|服务器|集群|云|租|没|有|无|内存"
    ),
    "must_not_get_worse": re.compile(
        r"\b(?:forget\w*|lose|losing|loss|worse|dumb|stupid|break|keep|still|stay|abilit\w*|skills?|other|else|little|bit|hardly|slightly|some|any|only|just this|care|mind|matter|no|not|never|yes|nothing|everything|fine if|ok if|english|chat\w*)\b|忘|变差|变笨|丢|降|保|能力|别的|其他|没有|只干|只做|一点|稍微|无所谓|没关系|不在乎|不要|不能|不可以|只要|只用|可以|行|不"
    ),
}
"""What must occur in an answer of one's own words: "this is useless" says nothing about graphics cards."""


OPEN = {
    "users", "deadline", "latency", "volume", "hardware", "current_solution", "data", "goal", "must_not_get_worse", "success", "budget",
}  # fmt: skip
"""Questions that take an answer in one's own words."""


def answer(message: str, folded: str, question: str, value_read: Any) -> list[Intent]:
    """Take the message for an answer to the question; with what else it clearly says."""
    if AMBIGUOUS.fullmatch(folded.strip()):
        return []
    found: dict[str, Any] = {}
    if value_read is not None:
        found[question] = value_read
    elif question in OPEN and _speaks_of(question, folded) and _is_content(folded):
        found[question] = True
    if lexicon.words_in(folded) > 6 or not found:
        extra = fields(folded, strict=True)
        for name in ("budget", "privacy", "success", "must_not_get_worse", "task", "goal"):
            if name in extra and name not in found and (name not in {"goal", "task"} or not found):
                found[name] = extra[name]
    if question not in {"goal", "data"} and not (
        task(folded) or lexicon.has(folded, "goal", "change_of_mind")
    ):
        found.pop(
            "goal", None
        )  # what is wanted was said before; these words are about something else
    if question == "goal" and "goal" in found and task(folded):
        found["task"] = task(folded)
    return [Intent(kind="inform", words=message, fields=found)] if found else []


def _speaks_of(question: str, folded: str) -> bool:
    """Whether the words are about what was asked; words about something else must not stand for an answer."""
    evidence = EVIDENCE.get(question)
    return evidence is None or evidence.search(folded) is not None


def _is_content(folded: str) -> bool:
    if lexicon.words_in(folded) < 1 or not re.search(r"[a-z]{2,}|[\u3400-\u9fff]|\d", folded):
        return False
    filler = r"(?:hm+|uh+|er+|um+|well|so|and|asdf\w*|[a-z]{1,2}|嗯+|啊+|那个|这个)[\s.?!]*"
    return re.fullmatch(filler, folded) is None
