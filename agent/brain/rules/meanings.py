"""Questions for the meaning of a word, however they are put: quotes, an informal frame, the word first or last."""

from __future__ import annotations

import re

OPENING = re.compile(
    r"^(?:(?:sorry|excuse me|pardon|hi|hello|hey|ok(?:ay)?|and|so|but|wait|hm+|erm?|uh|please|pls|thanks|thank you|also|now|just|quick(?:ly)?|one|stupid|dumb|question|抱歉|不好意思|请问|那个?|话说|顺便问一下)[\s,.:!-]+)+(?=\S)"
)
CLOSING = re.compile(
    r"(?:\s*(?:exactly|again|anyway|actually|please|then|even|though|here|thing|stuff|business|about|for|in (?:plain|simple|normal|everyday) (?:english|words|terms|language)|to me|(?:to me )?like i.?m (?:five|5|a (?:child|kid|beginner|dummy))|for (?:beginners|dummies|a beginner))|[\s.?!,。])+$"
)
ARTICLE = r"(?:(?:an?|the|this|that|these|those|your|all this|all that) )?(?:(?:word|term|expression|thing called) )?"
NAME = r"[\"'「『]?(?P<term>[\w][\w /.-]{0,30}?)[\"'」』]?"
FRAMES = tuple(
    re.compile(frame)
    for frame in (
        rf"(?:what|wtf|whats|what.s|what on earth|what the (?:hell|heck))(?: (?:is|are|was|were|does|do|did))?(?: (?:on earth|the hell|exactly|again))? (?:meant by |is meant by )?{ARTICLE}{NAME}(?: (?:mean|means|stands? for|is|are|do|does))?",
        rf"what (?:do|did) you mean (?:by|with|when you say) {ARTICLE}{NAME}",
        rf"(?:could you |can you |would you )?(?:please )?(?:explain|define|describe|clarify)(?: to me)?(?: what)? {ARTICLE}{NAME}(?: (?:is|are|means?))?",
        rf"(?:(?:i|we) (?:keep|kept) (?:reading|seeing|hearing)|you (?:keep saying|said|say|mention(?:ed)?)|it says) {ARTICLE}{NAME}[\s,.:-]+(?:meaning|what(?:.s| is) (?:that|it|this)|what does (?:that|it) mean|which means|huh)",
        rf"{ARTICLE}{NAME}[\s,.?:-]+(?:meaning|definition|what(?:.s| is) (?:that|it|this)|what does (?:that|it) mean|never heard(?: of (?:it|that))?|means(?: what)?|huh)",
        rf"{ARTICLE}{NAME} (?:means|is) what",
        rf"(?:the )?(?:meaning|definition) of {ARTICLE}{NAME}",
        rf"{NAME} ?(?:又|到底|究竟|这个词|这个|这东西)?(?:是|叫|算)(?:个)?(?:什么|啥|神马|干嘛|干啥|干什么|做什么|做啥|搞什么)(?:东西|玩意儿?|意思|用|概念|鬼)?(?:用)?(?:的|呢|啊|呀|来着|来的)*",
        rf"{NAME} ?(?:是)?(?:什么|啥)(?:意思|玩意儿?|东西)(?:呢|啊|呀|来着)*",
        rf"(?:什么|啥)(?:是|叫做?) ?{NAME}(?:呢|啊|呀)*",
        rf"(?:解释|说明|讲|介绍)(?:一?下|讲)? ?(?:什么是)?{NAME}(?:吧|呗|呢)?",
        rf"{NAME} ?(?:怎么理解|是指什么|指什么|指的是什么|有什么用|是干什么用的)(?:呢|啊|呀)*",
    )
)
LONGEST_QUESTION = 120
"""Letters: nobody asks for a meaning at greater length."""
NO_TERM = frozenset(
    [
        "it",
        "this",
        "that",
        "they",
        "them",
        "he",
        "she",
        "you",
        "me",
        "i",
        "we",
        "us",
        "one",
        "all",
        "these",
        "those",
        "plan",
        "the",
        "order",
        "run",
        "yes",
        "no",
        "next",
        "now",
        "wrong",
        "new",
        "here",
        "there",
        "going",
        "up",
        "data",
        "result",
        "results",
        "price",
        "cost",
        "time",
        "deal",
        "point",
        "problem",
        "status",
        "它",
        "他",
        "她",
        "这",
        "那",
        "这个",
        "那个",
        "你",
        "我",
        "这些",
        "那些",
        "数据",
        "结果",
        "问题",
        "下一步",
        "原因",
        "现在",
        "方案",
        "计划",
    ]
)
"""Words that these frames ask about too, without asking for a meaning."""


def term_in(part: str) -> str | None:
    """The words whose meaning is asked, as written; None where no frame fits the whole of the question."""
    if len(part) > LONGEST_QUESTION:
        return None
    bare = CLOSING.sub("", OPENING.sub("", part.strip()))
    for frame in FRAMES:
        found = frame.fullmatch(bare)
        if found:
            term = re.sub(
                r"^(?:an?|the|your) |\s(?:thing|things|stuff)$",
                "",
                found.group("term").strip(" \"'"),
            )
            if term and term not in NO_TERM:
                return term
    return None


def is_quoted(part: str, term: str) -> bool:
    """Whether the term stands in quotes: then it is a term, known or not."""
    return re.search(rf"[\"'「『]\s?{re.escape(term)}\s?[\"'」』]", part) is not None
