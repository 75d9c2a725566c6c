"""Read a message by patterns: what waits decides first, then questions, acts, changes and facts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.brain.protocol import Asked, Context, Desk, Intent
from agent.brain.rules import (
    answering,
    approval,
    asking,
    files,
    lexicon,
    listed,
    looking,
    marking,
    revising,
    sample_data,
    taking,
    teaching,
    telling,
    trials,
    typing_errors,
)
from agent.brain.rules.at_question import at_question
from prompts import translate
from training.text import Text

WH = re.compile(
    r"(?:and |so |but |ok,? |thanks,? |hm+,? )*(?:why|what|how|when|where|which|who|is it|is there|does|will|为什么|为啥|怎么|什么|多少|哪)\b"
)
ECHO = re.compile(
    r"(?:what|huh|hm+|eh|really|sure|who|which|pardon|sorry|so|and|well|ok|什么|啥|啊|嗯|哦|是吗|真的吗|真的|确定吗|哪个|那个啥|(?:hmm? )?那个啥?|你说呢|你觉得(?:呢|怎么样|如何|可以吗|行吗)?|怎么说|行吗|该不该|要不要(?:开始)?|谁(?:来)?(?:批准|同意|决定)[^,]*|(?:so )?what do you think|should i|shall (?:i|we)(?: start)?|is (?:that|this|it) (?:ok|okay|fine|good|alright)|are you (?:really )?sure|you (?:think|sure)(?: so)?|do you think so|what would you do|who (?:approves|decides|says so|agreed)[^,]*)[\s?.!,…]*"
)
CONDITIONAL = re.compile(
    r"(?:如果|要是|假如|若是?|除非|只有|等).{1,24}(?:就|才|再)(?:会|可以|能)?(?:同意|可以|开始|批准|行|好|跑|启动|确认)|^(?:only )?(?:if|once|when|as soon as|after|unless) .{3,60}(?:then )?(?:yes|ok|okay|fine|go(?: ahead)?|approved|sure|start(?: it)?|i agree)[\s.!]*$"
)
"""A yes that waits for something else."""
REQUEST = re.compile(
    r"^(?:(?:ok(?:ay)?|no|but|and|so|hm+|hi|well|please|sorry)[\s,]+)*(?:can|could|may|would|shall) (?:we|you|i)(?: please| maybe| just| perhaps| possibly)* (?:use|take|go (?:with|for)|switch|make|do|try|bring|get|lower|reduce|raise|increase|set|keep|have|train|cut|drop|skip|add|change|start|swap|replace|leave|remove|halve|double|run (?:it|this) (?:on|tomorrow|tonight|later|for|at|with))\b"
    r"|(?:行吗|可以吗|好吗|行不行|可不可以|好不好|成吗|怎么样)[?\s]*$|^(?:能|可以|可不可以|能不能|麻烦).{0,20}(?:吗|么|[?])[\s?]*$|^(?:能不能|可不可以|能否)(?:再)?(?:少|多|快|慢|便宜|换|用|不|改|降|提高|减).{1,20}$"
)
"""A wish put as a question: "can we use a smaller one?"."""
LABEL_EDGE = re.compile(r"[\s.!,。！，]+$")
LONGEST_PICK = 6
"""Words of a message that picks an offer by its name: "the booking one, please"."""
NEUTRAL = re.compile(
    r"[\W\d_]*(?:(?:ok(?:ay)?|k|lora|sft|dpo|rft|cpt|csv|json|gguf|f1|gpu|status|eta|usd|eur|cny|min|gb)[\W\d_]*)*"
)


class RulesBrain:
    """No network, no key: the default brain."""

    name = "rules"
    outside: str | None = None

    def of(self, session: str, desk: Desk) -> RulesBrain:
        """Give itself: it remembers nothing."""
        return self

    def language(self, text: str, *, previous: str) -> str:
        """Chinese where Chinese prevails; words that belong to no language keep the previous one."""
        bare = re.sub(
            r"[\w./\\-]+\.(?:csv|tsv|jsonl?|xlsx?|txt|md|pdf|docx|parquet)\b",
            " ",
            text,
            flags=re.IGNORECASE,
        )
        folded = lexicon.fold(bare)
        chinese = len(lexicon.CJK.findall(folded))
        latin = len(re.findall(r"[a-z']{2,}", folded))
        if not chinese and NEUTRAL.fullmatch(folded):
            return previous
        return "zh" if chinese >= max(1, latin) else "en" if latin or not chinese else "zh"

    def read(self, message: str, context: Context) -> list[Intent]:
        """Say what the message wants; at least one intent. Never guesses an approval."""
        folded = typing_errors.corrected(lexicon.fold(message))
        intents = (
            _of_label(message, context)
            or _of_offer(message, folded, context)
            or _of_grader(message, folded, context)
            or teaching.read(message, folded, context)
            or sample_data.read(message, folded, context)
            or taking.read(message, folded, context)
            or listed.read(message, folded)
            or trials.read(message, folded, context)
            or self._read(message, folded, context)
        )
        if not context.has_plan and any(
            one.kind == "inform" and "goal" in one.fields for one in intents
        ):
            intents += revising.stated(folded, context)  # an expert names values with the wish
        if all(one.kind == "unclear" for one in intents):
            intents = agreed(message, folded, context) or intents
        read = intents or [unclear(folded, context)]
        return looking.marked(read, folded) if context.has_goal else read

    def prepare(self, texts: Sequence[Text], *, language: str) -> None:
        """Do nothing: the templates are there."""

    def look_up(self, asked: Asked) -> str | None:
        """Answer what the tools can answer in sentences of our own; None where they cannot."""
        from agent.brain.looked import look  # noqa: PLC0415 (the tools are loaded only where somebody asks)

        found = look(asked)
        if found is None:
            return None
        return "\n\n".join(self.write(text, language=asked.language) for text in found)

    def asides(self) -> list[Text]:
        """Say nothing about itself."""
        return []

    def write(self, text: Text, *, language: str) -> str:
        """Say the sentence by its template."""
        return translate(text, language)

    def _read(self, message: str, folded: str, context: Context) -> list[Intent]:
        if not re.search(r"\w|👍", folded) or (
            is_echo(folded) and "?" in folded + "?" * (not re.search("[a-z]", folded))
        ):
            return (
                []
                if not approval.judge(folded, refused=context.refused).is_yes
                else self._waiting(message, folded, context)
            )
        return self._waiting(message, folded, context)

    def _waiting(self, message: str, folded: str, context: Context) -> list[Intent]:
        if context.waiting_for == "approval":
            return at_approval(message, folded, context)
        if context.waiting_for == "answer" and context.question:
            return at_question(message, folded, context)
        if context.waiting_for == "run":
            return at_run(message, folded, context)
        return at_leisure(message, folded, context)


def _of_label(message: str, context: Context) -> list[Intent]:
    """The message is one of the choices on offer, word for word (a button)."""
    said = LABEL_EDGE.sub("", message.strip()).lower()
    labels = [LABEL_EDGE.sub("", label.strip()).lower() for label in context.labels]
    return (
        [Intent(kind="choose", words=message, choice=labels.index(said) + 1)]
        if said and said in labels
        else []
    )


def _of_offer(message: str, folded: str, context: Context) -> list[Intent]:
    """The message picks one of several offers beside which no question stands: by its number, or by words that it alone has."""
    if not context.num_choices or context.question or context.waiting_for or "?" in folded:
        return []
    picked = answering.choice(folded, "", num_choices=context.num_choices)
    if picked is None and lexicon.words_in(folded) <= LONGEST_PICK:
        said = set(re.findall(r"[a-z]{4,}|[\u4e00-\u9fff]{2,}", folded))
        words = [{one for one in said if one in lexicon.fold(label)} for label in context.labels]
        alone = [at for at, found in enumerate(words, 1) if found]
        picked = alone[0] if len(alone) == 1 else None
    return [] if picked is None else [Intent(kind="choose", words=message, choice=picked)]


def _of_grader(message: str, folded: str, context: Context) -> list[Intent]:
    """The message names the grader that attempts shall be paid by; its file keeps its capitals."""
    if context.question in {"marks", "disagreement", "grader", "vote"} or "?" in folded:
        return []
    name = marking.grader_named(message) if lexicon.has(folded, "act", "grade_by") else None
    return [] if name is None else [Intent(kind="revise", words=message, what="reward", value=name)]


def is_echo(folded: str) -> bool:
    """A word that asks nothing in particular: "what?", "啊？"."""
    return ECHO.fullmatch(folded.strip()) is not None


ADVICE_TAKEN = re.compile(
    r"(?:yes,? |ok(?:ay)?,? |please |then )*(?:do|plan|try|take) (?:that|this|it|so)(?: (?:then|please|that way|again))?|(?:i )?(?:follow|take) your advice|(?:就)?(?:这样|这么|照你说的|按你说的)(?:做|办|来)(?:吧)?"
)
"""What was advised is taken up, where no order waits."""


def agreed(message: str, folded: str, context: Context) -> list[Intent]:
    """A clear yes where nothing waits, after a plan: to what was advised last. It starts nothing by itself."""
    if context.waiting_for is not None or not context.has_plan:
        return []
    found = approval.judge(folded, refused=context.refused)
    taken = found.is_yes or ADVICE_TAKEN.fullmatch(folded.strip(" .!,。！"))
    return [Intent(kind="approve", words=message)] if taken else []


def unclear(folded: str, context: Context) -> Intent:
    """Give the two best readings of what was not understood. An approval is never among them."""
    found: list[Intent] = []
    if context.waiting_for == "approval":
        return Intent(kind="unclear", words=folded)
    about = asking.about(folded)
    if about and lexicon.words_in(folded) > 1:
        found.append(Intent(kind="ask", words=folded, about=about.about, topic=about.topic))
    if lexicon.words_in(folded) > 2:
        found.append(Intent(kind="inform", words=folded, fields={"goal": True}))
        if len(found) < 2:
            found.append(Intent(kind="ask", words=folded, about="what"))
    return Intent(
        kind="unclear", words=folded, readings=tuple(found[:2]) if len(found) >= 2 else ()
    )


def at_approval(message: str, folded: str, context: Context) -> list[Intent]:
    """An order waits. A clear yes, a no, a question, a change; all else is unclear."""
    handed = files.named(message, folded)
    if handed:
        return [Intent(kind="provide_data", words=message, files=tuple(handed))]
    verdict = approval.judge(folded, refused=context.refused)
    if verdict.is_yes:
        return [Intent(kind="approve", words=message, conditions=verdict.conditions)]
    if (
        lexicon.has(folded, "approval", "quoted_by")
        and (verdict.hints_yes or approval.QUOTE.search(folded))
        and not verdict.is_no
    ):
        return [Intent(kind="unclear", words=message)]
    if _only_asks_yes(folded):
        return [Intent(kind="unclear", words=message)]
    questions = asking.questions(folded)
    changes = (
        revising.changes(folded, context)
        if not questions or lexicon.has(folded, "setting", "start")
        else []
    )
    if not changes and questions and REQUEST.search(folded):
        changes = _requested(folded, questions, context)
    if changes and (changes[0].what == "start" or (questions and REQUEST.search(folded))):
        return changes
    if verdict.is_no:
        if changes and not lexicon.has(folded, "reject", "part"):
            return changes
        return [
            Intent(kind="reject", words=message),
            *[one for one in questions if "?" in folded or one.about not in {"what", "how"}],
        ]
    if questions:
        return questions
    if changes:
        return changes
    if verdict.talk_only or asking.is_small_talk(folded):
        return [Intent(kind="small_talk", words=message)]
    if verdict.hints_yes:
        return [Intent(kind="unclear", words=message)]
    acts = [
        one
        for one in asking.acts(folded)
        if one.kind in {"export", "try", "status", "compare", "resume", "mark", "vote"}
    ]
    if acts:
        return acts
    fields = telling.fields(folded, strict=True)
    if fields:
        return [Intent(kind="inform", words=message, fields=fields)]
    return []


def _requested(folded: str, questions: list[Intent], context: Context) -> list[Intent]:
    """The changes that a polite question wishes for; none where something else is asked with it."""
    if any(one.about not in {"what", "cost", "how", "time"} for one in questions):
        return []
    found = revising.changes(folded.replace("?", " ").strip(), context)
    return [one for one in found if one.value is not None or one.direction is not None]


def _only_asks_yes(folded: str) -> bool:
    """A yes with a question mark is none: "yes?", "可以吗"; nor is one on a condition."""
    if CONDITIONAL.search(folded) and "?" not in folded:
        return True
    if lexicon.has(folded, "ask", "what_next"):
        return False
    bare = re.sub(
        r"[?]+|了?吗|么(?=\s*$)|^(?:can|could|shall|may|should) (?:we|you|i)\b|^(?:我们|你)?能(?=开|跑|启|训)|^好像|^(?:maybe|perhaps|hmm*|i (?:guess|suppose|think)|也许|可能|大概)[\s,]*|(?:maybe|i (?:guess|suppose|think))(?: so)?[\s,]*$",
        " ",
        folded,
    ).strip(" ,.!")
    return bare != folded.strip(" ,.!") and (
        not bare or bare == "so" or approval.kind_of(bare) in {"yes", "ack", "filler", "talk"}
    )


def at_run(message: str, folded: str, context: Context) -> list[Intent]:
    """A run is under way."""
    acts = asking.acts(folded)
    questions = [
        one
        for one in asking.questions(folded)
        if not acts or one.about in {"why", "cost", "risk", "glossary"}
    ]
    if acts or questions:
        kinds = {one.kind for one in acts}
        if "status" in kinds and kinds & {"stop"} and len(kinds) > 1:
            acts = [one for one in acts if one.kind != "status"]
        return [*acts, *questions]
    if asking.is_small_talk(folded) or approval.judge(folded, refused=False).talk_only:
        return [Intent(kind="small_talk", words=message)]
    verdict = approval.judge(folded, refused=False)
    if verdict.is_yes or verdict.is_no:
        return [
            Intent(
                kind="small_talk" if verdict.is_yes and re.search("[a-z]", folded) else "unclear",
                words=message,
            )
        ]
    return at_leisure(message, folded, context)


def at_leisure(message: str, folded: str, context: Context) -> list[Intent]:
    """Nothing waits: greetings, data, wishes, questions, acts."""
    if asking.is_small_talk(folded):
        return [Intent(kind="small_talk", words=message)]
    handed = files.named(message, folded)
    if handed or files.is_handing_over(folded):
        return files.handed_over(message, folded, handed)
    if context.has_plan and "?" not in folded and revising.ANYWAY.search(folded):
        return revising.changes(folded, context)
    acts = asking.acts(folded)
    questions = asking.questions(folded)
    if (
        questions
        and context.has_goal
        and not acts
        and not lexicon.has(folded, "goal", "change_of_mind")
    ):
        return questions
    if context.has_plan and not acts:
        changes = revising.changes(folded, context)
        if changes:
            return changes
    wishes = telling.fields(folded)
    said = approval.judge(folded, refused=False)
    if said.is_yes and not acts and not wishes:
        heads = {approval.kind_of(part) for part in approval.SPLIT.split(folded) if part}
        return [Intent(kind="unclear" if "yes" in heads else "small_talk", words=message)]
    if said.is_no and not (questions or acts or wishes) and lexicon.words_in(folded) <= 6:
        return [Intent(kind="reject", words=message)]
    if not acts and _asks_first(questions, folded) and not _statement_after(folded):
        return questions
    if (
        acts
        and telling.task(folded)
        and lexicon.words_in(folded) >= 9
        and acts[0].kind in {"try", "status"}
    ):
        acts = []  # "customers can ask it ...": a wish, not an order to try
        wishes.setdefault("goal", True)
        wishes.setdefault("task", telling.task(folded))
    if acts and not (telling.is_wish(folded) and telling.task(folded)):
        asked = asking.questions(asking.without_payload(folded)) if questions else []
        aside = [one for one in asked if one.about in {"why", "cost", "risk", "glossary", "how"}]
        return [*acts, *aside]
    if "goal" in wishes:
        return [Intent(kind="inform", words=message, fields=wishes)]
    if questions and not (wishes and _statement_after(folded)):
        return questions
    if lexicon.has(folded, "change", "elsewhere") and "goal" not in wishes:
        changes = revising.changes(folded, context)
        if changes:
            return changes
    if wishes:
        return [Intent(kind="inform", words=message, fields=wishes)]
    if lexicon.words_in(folded) >= 9:
        return [Intent(kind="inform", words=message, fields={"goal": True})]
    return []


def _asks_first(questions: list[Intent], folded: str) -> bool:
    """Whether the message is a question before it is anything else."""
    return bool(questions) and (
        questions[0].about in {"glossary", "data_issue"}
        or all(one.about in {"compare", "what_next", "privacy"} for one in questions)
        or WH.match(asking.after_courtesy(folded)) is not None
    )


def _statement_after(folded: str) -> bool:
    """Whether a statement follows a short question: "gpu? i have a gaming pc"."""
    head, mark, tail = folded.partition("?")
    return (
        bool(mark)
        and lexicon.words_in(tail) >= 3
        and "?" not in tail
        and not asking.questions(tail)
        and lexicon.words_in(head) <= 4
    )
