"""Curriculum: Chinese words, characters, lists, and sentences about a subject."""

import itertools
import random
from collections.abc import Callable

from training.practice.item import Item
from training.practice.lexicon import (
    CHINESE,
    CHINESE_CAPITALS,
    CHINESE_CATEGORIES,
    CHINESE_HOBBIES,
    CHINESE_NAMES,
    CHINESE_OPPOSITES,
)
from training.practice.mandarin import ask_chinese

_LISTED = sorted({*CHINESE.values(), *itertools.chain.from_iterable(CHINESE_CATEGORIES.values())})
_WORDS = list({chinese: english for english, chinese in CHINESE.items()})


def fact(rng: random.Random) -> Item:
    """Capitals and opposites."""
    if rng.random() < 0.4:
        country, city = rng.choice(list(CHINESE_CAPITALS.items()))
        wording = "[{x}的首都是[哪里|什么|哪个城市]？|{x}的首都叫什么？|说出{x}的首都。|哪个城市是{x}的首都？]"
        return ask_chinese(rng, wording + _SHORT, city, x=country)
    word, answer = rng.choice(list(CHINESE_OPPOSITES.items()))
    wording = "[{x}的反义词是什么？|{x}的反义词是？|写出{x}的反义词。|和{x}相反的词是什么？|{x}的相反是什么？]"
    return ask_chinese(rng, wording + _SHORT, answer, x=_quoted(rng, word))


def characters(rng: random.Random) -> Item:
    """Two or three characters backwards, counted, or the first and last of them."""
    word = rng.choice(
        [
            word
            for word in [
                *CHINESE.values(),
                *CHINESE_NAMES,
                *CHINESE_HOBBIES,
                *CHINESE_CATEGORIES["城市"],
            ]
            if len(word) > 1
        ]
    )
    kind = rng.choice(["reverse", "reverse", "count", "first", "last"])
    x = _quoted(rng, word)
    if kind == "reverse":
        wording = "[把{x}[倒过来|反过来|倒着]写[。|出来。]|{x}[倒过来|反过来][怎么写|是什么]？|[倒着写|反着写]：{x}]"
        return ask_chinese(rng, wording, word[::-1], x=x)
    if kind == "count":
        return ask_chinese(
            rng, "[{x}有几个字？|数一数{x}有几个字。|{x}一共几个字？]", len(word), x=x
        )
    which = "第一个" if kind == "first" else "最后一个"
    return ask_chinese(
        rng,
        "[{x}的{w}字是什么？|写出{x}的{w}字。]",
        word[0 if kind == "first" else -1],
        x=x,
        w=which,
    )


_MARKS = {"逗号": "，", "顿号": "、", "分号": "；", "斜杠": "/", "空格": " ", "加号": "+"}


def lists(rng: random.Random) -> Item:
    """Items as bullets, numbers or with marks between."""
    words = rng.sample(_LISTED, rng.choice([2, 3, 3, 3, 4]))
    given = rng.choice(["、", "、", " ", "，"]).join(words)
    draw = rng.random()
    if draw < 0.35:
        name, mark = rng.choice(list(_MARKS.items()))
        wording = "[用{s}[分开|隔开|连接|分隔][这些词|下面的词|这几个词]：{x}|把[这些词|下面的词|这几个词][用{s}分开|用{s}隔开|用{s}连起来|以{s}分隔]：{x}|[写成|改成]用{s}分开的列表：{x}|在[词|词语]之间[加|放]{s}：{x}]"
        return ask_chinese(rng, wording, mark.join(words), s=name, x=given)
    if draw < 0.7:
        shape = "[项目列表|带“- ”的列表|用“- ”开头的列表|每行有“- ”的列表|以“- ”开头的项目|项目列表，每行用“- ”开头]"
        answer = "\n".join(f"- {word}" for word in words)
    elif draw < 0.95:
        shape = "[编号列表|带数字的列表|1. 2. 3.这样的列表|编号列表，比如1. 2. 3.|有编号的列表]"
        answer = "\n".join(f"{place}. {word}" for place, word in enumerate(words, 1))
    else:
        shape, answer = "[JSON列表|JSON数组]", "[" + ", ".join(f'"{word}"' for word in words) + "]"
    wording = f"[[写成|改成|请写成|改写为|整理成|变成]{shape}：{{x}}|把[这些词|下面的词|]{{x}}[写成|改成|改写成]{shape}。|{{x}}，[写成|改成]{shape}。]"
    return ask_chinese(rng, wording, answer, x=given)


def odd_one_out(rng: random.Random) -> Item:
    """The word that does not belong."""
    first, second = rng.sample(list(CHINESE_CATEGORIES.values()), 2)
    stranger = rng.choice(second)
    listed = [*rng.sample(first, 2), stranger]
    rng.shuffle(listed)
    wording = "[哪个词[和其他的不一样|不属于同一类|不同类]：{x}？|找出不同类的词：{x}|{x}，哪一个不是同类？|{x}中哪个不一样？]"
    return ask_chinese(rng, wording, stranger, x="、".join(listed))


def member(rng: random.Random) -> Item:
    """Whether a word is in a list."""
    words = rng.sample(_WORDS, rng.randint(3, 4))
    inside = rng.random() < 0.5
    word = rng.choice(words if inside else [other for other in _WORDS if other not in words])
    wording = "[{w}在[这个|]列表[里|中]吗：{x}？|列表：{x}。[有{w}吗|里面有{w}吗|{w}在里面吗]？|{x}，这里有{w}吗？]"
    return ask_chinese(
        rng,
        wording + "[|回答是或否。|请回答是或否。]",
        "是" if inside else "否",
        w=_quoted(rng, word),
        x="、".join(words),
    )


_ABOUT = {
    "大海": "大海很大，里面有很多鱼。", "月亮": "月亮在晚上的天上发光。", "太阳": "太阳给我们光和热。", "猫": "猫是一种很软很可爱的动物。",
    "狗": "狗是人的好朋友，喜欢跑。", "茶": "茶是很多人喜欢的饮料。", "咖啡": "咖啡是一种热的饮料，很多人早上喝。", "春天": "春天很暖和，花都开了。",
    "夏天": "夏天很热，白天很长。", "秋天": "秋天很凉快，树叶会落下来。", "冬天": "冬天很冷，有时候会下雪。", "学校": "学校是孩子学习的地方。",
    "银行": "银行可以存钱，也可以转账。", "手机": "手机可以打电话和上网。", "火车": "火车很快，可以去很多城市。", "面条": "面条是一种好吃的食物。",
    "书": "书里有很多有意思的故事。", "音乐": "音乐让人很高兴。", "朋友": "朋友会互相帮助。", "北京": "北京是中国的首都，有很多人。", "上海": "上海是一个很大的城市。",
    "苹果": "苹果是一种好吃的水果。", "雨": "下雨的时候要带雨伞。", "雪": "雪是白色的，冬天才有。", "老师": "老师在学校教学生。", "医生": "医生在医院帮助病人。",
    "电脑": "电脑可以帮助我们工作。", "花": "花很漂亮，也很香。", "运动": "运动对身体很好。", "足球": "足球是很多人喜欢的运动。",
}  # fmt: skip


def describe(rng: random.Random) -> Item:
    """A sentence about a subject; any Chinese sentence of five characters or more that names it is right."""
    subject, answer = rng.choice(list(_ABOUT.items()))
    wording = "[[请|]用一句话[介绍|描述|说说|写写]{x}。|[请|]写一句关于{x}的话。|说说{x}。|{x}是什么？用一句话回答。|介绍一下{x}。]"
    item = ask_chinese(rng, wording, answer, x=_quoted(rng, subject))
    return Item(item.turns, item.answer, lambda text: len(text) >= 5 and subject in text)


def _quoted(rng: random.Random, word: str) -> str:
    return rng.choice(["{}", "{}", "“{}”", '"{}"', "「{}」"]).format(word)


_SHORT = "[|||只写答案。|只回答一个词。]"


def rule(rng: random.Random) -> Item:
    """A sentence about a subject that starts or ends with, or contains, what is asked for."""
    subject, sentence = rng.choice(list(_ABOUT.items()))
    kind = rng.choice(["starts", "ends", "contains"])
    if kind == "contains":
        word = rng.choice([other for other in _LISTED if other not in subject])
        answer = rng.choice(
            [
                f"我喜欢{subject}和{word}。",
                f"{sentence[:-1]}，{word}也是。",
                f"{subject}和{word}我都喜欢。",
            ]
        )
        said = "[句子里要有{w}。|要用到{w}这个词。|请用{w}。|用上词语{w}。|要包含{w}。]"
    elif kind == "starts":
        word = rng.choice(["今天", "其实", "我想", "好", "当然", "你知道吗", "大家都说", "我觉得"])
        answer = f"{word}，{sentence}"
        said = "[[用|请用|要用]{w}[开头|开始]。|第一个词是{w}。|以{w}作为开头。]"
    else:
        word = rng.choice(["谢谢", "完了", "再见", "就是这样", "好了", "说完了"])
        answer = f"{sentence}{word}。"
        said = "[[用|请用|要用]{w}[结尾|结束]。|最后的词是{w}。|以{w}作为结尾。]"
    wording = f"[说一句话，关于{{x}}。|写一个句子，讲讲{{x}}。|写{{x}}。|聊聊{{x}}。|说说{{x}}。|用一句话介绍{{x}}。]{said}"
    item = ask_chinese(rng, wording, answer, x=subject, w=_quoted(rng, word))
    checks: dict[str, Callable[[str], bool]] = {
        "starts": lambda text: text.startswith(word),
        "ends": lambda text: text.rstrip("。！").endswith(word),
        "contains": lambda text: word in text,
    }
    return Item(item.turns, item.answer, checks[kind])


KINDS = {
    "zh_rule": rule,
    "zh_fact": fact,
    "zh_characters": characters,
    "zh_lists": lists,
    "zh_odd_one_out": odd_one_out,
    "zh_member": member,
    "zh_describe": describe,
}
