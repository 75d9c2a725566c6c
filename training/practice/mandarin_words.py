"""Curriculum: Chinese words, characters, lists, and sentences about a subject."""

import random

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


def lists(rng: random.Random) -> Item:
    """Items as bullets, numbers or with marks between."""
    words = rng.sample(_WORDS, rng.randint(2, 3))
    shape, answer = rng.choice(
        [
            ("项目列表", "\n".join(f"- {word}" for word in words)),
            ("编号列表", "\n".join(f"{place}. {word}" for place, word in enumerate(words, 1))),
            ("用逗号分开的列表", "，".join(words)),
        ]
    )
    wording = (
        "[[写成|改成|请写成]{s}：{x}|把[这些词|下面的词|]{x}[写成|改成]{s}。|{x}，[写成|改成]{s}。]"
    )
    return ask_chinese(rng, wording, answer, s=shape, x="、".join(words))


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


KINDS = {
    "zh_fact": fact,
    "zh_characters": characters,
    "zh_lists": lists,
    "zh_odd_one_out": odd_one_out,
    "zh_member": member,
    "zh_describe": describe,
}
