"""Facts about the job: wishes, tasks, data, limits; and answers to the question that waits."""

from __future__ import annotations

import re
from typing import Any

from agent.brain.rules import figures, lexicon

FREE = ("latency", "volume", "users", "current_solution", "deadline", "hardware", "data")
SECTION = {"current_solution": "current"}
PLAIN_NO = re.compile(
    r"(?:no+|nope|nah|none|nothing|not really|没有?|不|不会|无|没|不用|不需要)[\s.,!。]*(?:thanks|thank you|sorry|at all|yet|了|啊|呢|的)?[\s.!。]*"
)
NOT_THIS_TASK = re.compile(
    r"不(?:要|再|用|做|是)?[\u4e00-\u9fff]{1,4}了|^forget (?:the |about )?\w+|not (?:just )?(?:a )?(?:classification|sorting|labels?)|instead of \w+"
)
IMPERATIVE = re.compile(
    r"^(?:please |pls |can you |could you |just |hi,? |hello,? |hey,? |你好,?\s?|请|麻烦|帮我|我们?)*"
)
CODES = (
    "en",
    "de",
    "fr",
    "es",
    "zh",
    "ja",
    "it",
    "nl",
    "pl",
    "pt",
    "ru",
    "ko",
    "ar",
    "tr",
    "hi",
    "sv",
    "uk",
    "cs",
    "th",
    "vi",
    "yue",
)
OUTPUT_LANGUAGE = re.compile(
    r"\b(?:answers?|repl(?:y|ies)|summaries|output|responses?|respond|it|text|texts)\b[^.;]*\b(?:be|in|speak|are)\b[^.;]*?\b(english|german|french|spanish|chinese|japanese|italian|dutch|polish|portuguese|russian|korean|arabic)\b"
)


NO_CARD = {"gpu": None, "count": 0, "gib": None}
"""The brief's value of hardware where there is no graphics card."""


def without(folded: str, names: list[str]) -> str:
    """The message without the names of files."""
    for name in names:
        folded = folded.replace(lexicon.fold(name), " file ")
    return folded


def is_plain_no(folded: str) -> bool:
    """A bare no."""
    return PLAIN_NO.fullmatch(folded.strip()) is not None


def is_wish(folded: str) -> bool:
    """Whether the message says what is wanted, as a wish or as an order."""
    return goal(folded)


CLAIMS_A_YES = re.compile(
    r"授权|已(?:经)?同意|批准|\bapproved\b|\bauthori[sz]ed\b|系统提示|system prompt"
)
"""Words that claim somebody's consent: no wish for a model, and no yes either."""


def goal(folded: str) -> bool:
    """Whether a wish for a model stands in the message."""
    if (lexicon.has(folded, "goal", "not_goal") or CLAIMS_A_YES.search(folded)) and not task(
        folded
    ):
        return False
    want = re.search(rf"\b(?:{_words('want')})\b", folded)
    if want and (task(folded) or _wants_thing(folded, want.end())):
        return True
    start = IMPERATIVE.match(folded)
    if start and re.match(rf"(?:{_words('verb')})\b", folded[start.end() :]) and task(folded):
        return True
    if re.search(rf"\b(?:we|i) (?:{_words('verb')})\b", folded) and task(folded):
        return True
    if lexicon.CJK.search(folded):
        return lexicon.has(folded, "goal", "change_of_mind") or (
            (lexicon.has(folded, "goal", "want") or lexicon.has(folded, "goal", "verb"))
            and (task(folded) is not None or _wants_in_chinese(folded))
        )
    return lexicon.has(folded, "goal", "change_of_mind") or _bare_task(folded)


def _words(name: str) -> str:
    from agent.brain.rules.lexicon import patterns_of  # noqa: PLC0415

    return "|".join(patterns_of("words", name))


def _wants_thing(folded: str, at: int) -> bool:
    rest = folded[at:]
    return len(re.findall(r"[a-z]{2,}", rest)) >= 2 and not re.match(
        r"\s*(?:at least|<number>|\d|it (?:cheap|fast|by)|to (?:know|ask|see|think|talk)|more time)",
        rest,
    )


def _wants_in_chinese(folded: str) -> bool:
    return (
        lexicon.has(folded, "goal", "want")
        and len(lexicon.CJK.findall(folded)) >= 5
        and re.search(
            r"模型|ai|gpt|自己的|机器人|助手|系统|工具|啰嗦|聪明|它|训练|微调|自动|让", folded
        )
        is not None
    )


def _bare_task(folded: str) -> bool:
    """A task named without a verb: "customer email triage"."""
    return (
        task(folded) is not None
        and lexicon.words_in(folded) <= 14
        and not re.match(r"(?:the|my|our|i|we|it|there|no|yes|all)\b", folded)
    )


def task(folded: str) -> str | None:
    """The task that the words name; not one that is turned down."""
    folded = NOT_THIS_TASK.sub(" ", folded)
    return next((name for name in lexicon.keys("task") if lexicon.has(folded, "task", name)), None)


def fields(folded: str, *, strict: bool = False) -> dict[str, Any]:
    """Read every fact of a statement. `strict`: only what carries a value of its own."""
    found: dict[str, Any] = {}
    wished = goal(folded)
    named = task(folded)
    if wished:
        found["goal"] = True
        if named:
            found["task"] = named
    for name, value in (
        ("budget", budget(folded)),
        ("success", success(folded)),
        ("privacy", privacy(folded)),
        ("facts_change", facts_change(folded)),
        ("language", language(folded)),
    ):
        if value is not None:
            found[name] = value
    model = _model_named(folded)
    if model is not None:
        found["base_model"] = model
    if re.search(
        r"^(?:only|just) (?:this|my) (?:machine|computer|laptop|pc)\b|^只有这(?:台|一台)", folded
    ):
        found["hardware"] = NO_CARD
    if lexicon.has(folded, "must", "any"):
        found["must_not_get_worse"] = True
        if "goal" in found and not named:
            found.pop("goal")
    if "facts_change" in found and not lexicon.has(folded, "facts_change", "subject"):
        found.pop("facts_change")
    if not strict:
        for name in FREE:
            if name not in found and lexicon.has(folded, SECTION.get(name, name), "any"):
                found[name] = True
        _tidy(found, folded)
    return found


def _tidy(found: dict[str, Any], folded: str) -> None:
    """Let go of readings that another reading of the same words explains."""
    if "volume" in found:
        found.pop("data", None)
        found.pop("facts_change", None)
    if (
        found.get("privacy") == "local"
        and "hardware" in found
        and not lexicon.has(folded, "hardware", "any")
    ):
        found.pop("hardware")
    if re.search(r"(?:离开|出).{0,3}(?:这台|本|我的?)(?:机|电脑)", folded):
        found.pop("hardware", None)
    limit = found.get("budget")
    if (
        "latency" in found
        and limit is not None
        and not (isinstance(limit, dict) and "usd" in limit)
    ):
        of_answers = limit is True or figures.OF_ANSWERS.search(folded)
        found.pop("budget" if of_answers else "latency")
    if (
        "deadline" in found
        and isinstance(found.get("budget"), dict)
        and set(found["budget"]) == {"minutes"}
    ):
        found.pop("budget")
    if "current_solution" in found and "goal" not in found:
        found.pop("data", None)
        found.pop("budget", None) if found.get("budget") is True else None
    if "goal" in found and "facts_change" in found and "current_solution" in found:
        found.pop("current_solution")


TRAINING_TIME = re.compile(
    r"\btrain\w*\b|\b(?:it|this|the (?:run|job|whole thing)) (?:may|can|should|must) (?:only )?(?:take|run|last)\b|训练"
)


def budget(folded: str) -> Any:
    """A limit of money or time; True where only "cheap" is said."""
    money = figures.money(folded)
    if money:
        return money
    if re.search(
        r"\b(?:has to be|must be|should be|for) free\b|\bno (?:money|budget)\b|\bcan.?t pay\b|\bcost nothing\b|免费的?才|不(?:能|想)花钱|没(?:有)?(?:钱|预算)|零预算|一分钱(?:都)?不",
        folded,
    ):
        return {"usd": 0.0}
    limit = figures.limit(folded)
    if (
        limit is not None
        and re.search(
            r"\b(?:gpu|compute|training|train|budget|at most|max|no more than)\b|显卡|算力|训练时间|预算|最多",
            folded,
        )
        and not (lexicon.has(folded, "latency", "any") and not TRAINING_TIME.search(folded))
    ):
        return {"minutes": limit}
    if re.search(
        r"\b(?:want it|as|keep it|make it|something|on the|nice and) ?(?:as )?cheap\b|\bcheap (?:and|as)\b|\btight budget\b|\bsmall budget\b|\blittle money\b|要便宜|越省越好|省钱|便宜又|预算(?:有限|不多|紧|很少)|别太贵",
        folded,
    ):
        return True
    return None


def success(folded: str) -> Any:
    """A target as a share; True where it is said without a number."""
    share = figures.share(folded)
    other = r"\b(?:general|replay|forget|gpu|rows|data are|of the (?:data|rows|tickets)|discount)\b|通用|遗忘"
    about_it = lexicon.has(folded, "success", "yes") and not re.search(other, folded)
    if share is not None and 0.3 <= share <= 1 and about_it and not _loose_fraction(folded):
        return share
    if (
        share is None
        and lexicon.has(folded, "success", "perfect")
        and not re.search(r"final number|每次(?:都)?要问", folded)
    ):
        return 1.0
    if lexicon.has(folded, "success", "free"):
        return True
    return None


def _loose_fraction(folded: str) -> bool:
    """Whether "half" or "a third" is said of something else than right answers."""
    return (
        re.search(r"\bhalf\b|一半|quarter|third", folded) is not None
        and re.search(r"%|percent|right|correct|对", folded) is None
    )


def privacy(folded: str) -> str | None:
    """`local` or `public`."""
    if lexicon.has(folded, "privacy", "local"):
        return (
            "public"
            if re.search(
                r"\bno secrets|nothing (?:secret|sensitive|confidential|private)|not (?:secret|sensitive|confidential|private)|no (?:personal|sensitive|confidential)|没(?:有|什么)?.{0,3}(?:机密|秘密|敏感|隐私)|不(?:敏感|涉密|保密)|不涉及",
                folded,
            )
            else "local"
        )
    if lexicon.has(folded, "privacy", "public") and re.search(
        r"\bdata\b|\bit\b|public|website|secret|personal|cloud|数据|公开|资料|机密|网上", folded
    ):
        return "public"
    return None


def facts_change(folded: str) -> str | None:
    """`often` or `rarely`."""
    if lexicon.has(folded, "facts_change", "rarely") and not re.match(
        r"^(?:no|nope|nah|不会|不|没有)\b", folded
    ):
        return "rarely"
    if lexicon.has(folded, "facts_change", "often") and re.search(
        r"chang|updat|new |revis|edit|differ|refresh|改|变|更新|换|调|上新|修订|出新", folded
    ):
        return "often"
    return (
        "rarely"
        if re.search(r"not changed|haven't changed|hasn't changed|没变|没改|不变", folded)
        else None
    )


def language(folded: str) -> Any:
    """The language that the model must write, as ISO code; a list where several are named."""
    if re.search(r"translat|翻译|\bfrom \w+ (?:in)?to\b|译", folded):
        return None
    if re.search(r"don't break|keep its|english must|中文能力|英语能力|英语水平", folded):
        return None
    wanted = OUTPUT_LANGUAGE.search(folded)
    if wanted:
        return next(code for code in CODES if lexicon.has(wanted.group(1), "language", code))
    found = [code for code in CODES if lexicon.has(folded, "language", code)]
    if not found or not re.search(
        r"\b(?:in|speak|also|support|only|mostly|language|be|all|handle)\b|要|用|支持|都是|语言|回答|也|做|的",
        folded,
    ):
        return None
    return found[0] if len(found) == 1 else found


def _model_named(folded: str) -> str | None:
    """A base model named in a statement; not one that is in use somewhere else."""
    practice = lexicon.PRACTICE_MODEL.search(folded) is not None
    named = [
        name
        for name in lexicon.models_named(folded)
        if re.search(r"[a-z]{3}|千问", name)
        and (practice if name == "practice" else name not in {"bert", "yi"})
        and (practice or re.search(rf"(?<![a-z]){re.escape(name)}", folded))
    ]
    if not named or lexicon.has(folded, "current", "any"):
        return None
    size = re.search(r"\b\d+(?:\.\d+)?b\b", folded)
    return f"{named[0]} {size.group()}" if size and size.group() not in named[0] else named[0]
