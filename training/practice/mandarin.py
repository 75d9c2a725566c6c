# ruff: noqa: SIM905
"""Curriculum: the easy tasks again, in simple Chinese, and words between Chinese and English."""

import json
import random

from training.practice.grammar import expand
from training.practice.item import Item, Turn, plain, with_system
from training.practice.lexicon import (
    CHINESE,
    CHINESE_CATEGORIES,
    CHINESE_FAMILY_NAMES,
    CHINESE_GIVEN_NAMES,
    CHINESE_GOODS,
    CHINESE_HOBBIES,
    CHINESE_NAMES,
    CHINESE_PET_NAMES,
    LISTS,
)

_OPENERS = (
    "[||||||||||||||||请问，|你好。|请回答：|[你好|您好|早安|早上好|下午好|晚上好|大家好][，|。|！]|[请问一下|不好意思|麻烦你|打扰了|想请教一下|请帮个忙|请看题][，|：]|"
    "[再来一题|第二个问题|还有一个问题|任务|题目|新的问题|下一个问题|请听题|问一下]：]"
)
_ENGLISH = {chinese: english for english, chinese in CHINESE.items()}
_CITIES = CHINESE_CATEGORIES["城市"]
_JOBS = CHINESE_CATEGORIES["职业"]


def ask_chinese(rng: random.Random, wording: str, answer: object, **slots: object) -> Item:
    """Return a one-turn item in Chinese, sometimes with a greeting or a system turn."""
    prompt = opened_chinese(rng, expand(rng, wording, LISTS, **slots))
    return with_system(rng, plain(prompt, str(answer)))


def opened_chinese(rng: random.Random, prompt: str) -> str:
    """Return the prompt, a third of the time after a greeting or a few words that announce it."""
    return expand(rng, _OPENERS, LISTS) + prompt


def chinese_name(rng: random.Random) -> str:
    """Return a name: mostly one made of a family name and a given name, so that it has to be read."""
    if rng.random() < 0.2:
        return rng.choice(CHINESE_NAMES)
    return rng.choice(CHINESE_FAMILY_NAMES) + rng.choice(CHINESE_GIVEN_NAMES)


def translate(rng: random.Random) -> Item:
    """One to three words between English and Chinese."""
    words = rng.sample(list(CHINESE), rng.choice([1, 1, 2, 3]))
    chinese = [CHINESE[word] for word in words]
    mark = rng.choice([" ", ", "])
    if rng.random() < 0.5:
        wording = (
            "[[Translate|Put] into Chinese: {x}|[Translate|Put] [this |these words |]into Chinese: {x}|Translate to Chinese: {x}|What is {x} in Chinese?|"
            "How do you say {x} in Chinese?|[翻译成中文|把这些词翻译成中文|用中文怎么说]：{x}]"
        )
        return _ask_plain(rng, wording, mark.join(chinese), x=mark.join(words))
    wording = (
        "[[Translate|Put] into English: {x}|Translate [this |these words |]into English: {x}|Translate to English: {x}|What is {x} in English?|"
        "What does {x} mean?|[翻译成英文|把这些词翻译成英文|用英文怎么说]：{x}]"
    )
    return _ask_plain(rng, wording, mark.join(words), x=mark.join(chinese))


def _ask_plain(rng: random.Random, wording: str, answer: str, **slots: object) -> Item:
    return with_system(rng, plain(expand(rng, wording, LISTS, **slots), answer))


def arithmetic(rng: random.Random) -> Item:
    """Sums, differences and comparisons."""
    a, b = (rng.randrange(10 if rng.random() < 0.6 else 60) for _ in range(2))
    kind = rng.choice(["add", "subtract", "larger", "smaller", "story"])
    if kind == "story":
        return _story(rng)
    if kind == "add":
        return ask_chinese(
            rng,
            "[{a}[加|加上|+]{b}[等于多少|是多少|等于几|等于]？|计算：{a}+{b}|[算一算|请计算]：{a}加{b}。|{a}+{b}=？]",
            a + b,
            a=a,
            b=b,
        )
    a, b = max(a, b), min(a, b)
    if kind == "subtract":
        return ask_chinese(
            rng,
            "[{a}[减|减去|-]{b}[等于多少|是多少|等于几]？|计算：{a}-{b}|[算一算|请计算]：{a}减{b}。|{a}-{b}=？]",
            a - b,
            a=a,
            b=b,
        )
    b += a == b
    pair = [a, b]
    rng.shuffle(pair)
    word, answer = ("大", max(pair)) if kind == "larger" else ("小", min(pair))
    return ask_chinese(
        rng,
        "[{a}和{b}哪个[更|]{w}？|哪个数更{w}：{a}还是{b}？|{a}和{b}，[较|更]{w}的[数|]是哪个？]",
        answer,
        a=pair[0],
        b=pair[1],
        w=word,
    )


_UNITS = "[本书|张纸|个橙子|支铅笔|个鸡蛋|张票|块糖|个杯子|个球|朵花]"


def _story(rng: random.Random) -> Item:
    """More or fewer things than before."""
    a, b = rng.randint(2, 12), rng.randint(1, 9)
    thing = expand(rng, _UNITS, LISTS)
    slots = {"n": chinese_name(rng), "u": thing[0], "x": thing[1:]}
    if rng.random() < 0.5:
        wording = "{n}有{a}{u}{x}，[又买了|又得到|又拿来|朋友再给了]{b}{u}，[现在有几{u}{x}|一共有几{u}|现在共有多少{u}{x}]？"
        return ask_chinese(rng, wording, a + b, a=a, b=b, **slots)
    a, b = max(a, b) + 1, min(a, b)
    wording = "{n}有{a}{u}{x}，[给了朋友|用掉|卖掉|送给别人|丢了]{b}{u}，[还有几{u}{x}|还剩几{u}|剩下多少{u}{x}]？"
    return ask_chinese(rng, wording, a - b, a=a, b=b, **slots)


def order(rng: random.Random) -> Item:
    """Numbers in order, words in reverse."""
    if rng.random() < 0.6:
        numbers = rng.sample(range(rng.choice([10, 20, 20, 30, 100])), rng.choice([3, 3, 3, 4]))
        down = rng.random() < 0.35
        how = "[从大到小|由大到小]" if down else "[从小到大|由小到大]"
        mark = rng.choice([" ", "，", ", ", "、"])
        answer = mark.join(map(str, sorted(numbers, reverse=down)))
        wording = f"[[把|将][这些|下面的|以下|几个|]数字{how}[排列|排序|排好|排一下]：{{x}}|{how}[排列|排序]：{{x}}|[请排序|排序]，{how}：{{x}}|{{x}}，[请|][按|]{how}[排列|排序|的顺序写]。]"
        return ask_chinese(rng, wording, answer, x=mark.join(map(str, numbers)))
    words = rng.sample(list(_ENGLISH), rng.randint(2, 4))
    mark = rng.choice([" ", "，"])
    return ask_chinese(
        rng,
        "[[把|将]这些词[倒过来|反过来|倒序][写|排列|]：{x}|倒序[写出|排列]：{x}]",
        mark.join(words[::-1]),
        x=mark.join(words),
    )


def copy(rng: random.Random) -> Item:
    """Repeat, count, or pick words."""
    words = rng.sample(list(_ENGLISH), rng.randint(2, 5))
    kind = rng.choice(["copy", "count", "first", "last"])
    listed = rng.choice([" ", "，"]).join(words)
    if kind == "copy":
        return ask_chinese(
            rng, "[[请|]重复[一遍|]：{x}|[请|]照着说：{x}|跟我说：{x}]", listed, x=listed
        )
    if kind == "count":
        return ask_chinese(
            rng,
            "[[这里|下面]有几个词：{x}|数一数[有几个词|词的数量]：{x}|{x}，一共有几个词？]",
            len(words),
            x=listed,
        )
    which = "第一个" if kind == "first" else "最后一个"
    answer = words[0 if kind == "first" else -1]
    return ask_chinese(
        rng,
        "[{w}词是什么：{x}|[写出|说出]{w}词：{x}|{x}，{w}词是哪个？]",
        answer,
        w=which,
        x=listed,
    )


def category(rng: random.Random) -> Item:
    """What kind of thing a word names, freely or out of options."""
    name, words = rng.choice(list(CHINESE_CATEGORIES.items()))
    others = rng.sample(
        [other for other in CHINESE_CATEGORIES if other != name], rng.choice([1, 2])
    )
    options = [name, *others]
    rng.shuffle(options)
    wording = "[{w}是{e}？|{w}[属于哪一类|是什么类别|属于什么类别|是哪一类东西]？|{w}是{o}？|给{w}分类：{o}|{w}属于{o}？|请选择{w}的类别：{o}|类别：{o}。词：{w}。[属于哪一类|选哪个]？]"
    return ask_chinese(
        rng,
        wording,
        name,
        w=rng.choice(words),
        e="还是".join(["、".join(options[:-1]), options[-1]]),
        o=rng.choice(["还是", "、"]).join(options),
    )


_GOOD = "很好 非常好 很棒 不错 很满意 太好了 很好吃 很舒服 很干净 很方便 很快 很漂亮".split()
_BAD = "很差 太差了 很糟糕 不好 很失望 太贵了 很难吃 很脏 很慢 坏了 很无聊 太吵了".split()
_OF = "这家酒店 这部电影 这本书 服务 房间 饭菜 这个手机 快递 这家店 味道 客服 这个软件 音乐 质量 包装 环境".split()


def sentiment(rng: random.Random) -> Item:
    """Positive or negative."""
    positive = rng.random() < 0.5
    words = rng.sample(_GOOD if positive else _BAD, 2)
    text = expand(
        rng,
        "[{o}{w}。|我觉得{o}{w}。|{o}{w}，{v}。|{o}{w}！|{z}的{o}{w}。|昨天去了，{o}{w}。]",
        LISTS,
        o=rng.choice(_OF),
        w=words[0],
        v=words[1],
        z=rng.choice(_CITIES),
    )
    wording = "[这[句话|条评论]是正面还是负面[的|]？{t}|正面还是负面？{t}|判断情感[（正面或负面）|]：{t}|评论：{t}[情感是什么？|是正面还是负面？]|情感分类：{t}]"
    return ask_chinese(rng, wording, "正面" if positive else "负面", t=text)


_FACTS = {
    "城市": ("{n}住在哪里？|{n}住在哪个城市？", "{n}住在{v}。|{n}的家在{v}。|{n}在{v}生活。", _CITIES),
    "职业": ("{n}是做什么工作的？|{n}的职业是什么？", "{n}是{v}。|{n}的职业是{v}。|{n}是一名{v}。|{n}是一位{v}。|{n}当{v}。", _JOBS),
    "年龄": ("{n}多大了？|{n}几岁？|{n}的年龄是多少？", "{n}今年{v}岁。|{n}{v}岁了。", [str(age) for age in range(6, 90)]),
    "爱好": ("{n}喜欢什么？|{n}的爱好是什么？", "{n}喜欢{v}。|{n}的爱好是{v}。", CHINESE_HOBBIES),
}  # fmt: skip


def reading(rng: random.Random) -> Item:
    """A question about a short text, sometimes one it does not answer."""
    name = chinese_name(rng)
    fields = rng.sample(list(_FACTS), rng.choice([1, 2, 2]))
    values = {field: rng.choice(_FACTS[field][2]) for field in fields}
    text = "".join(
        expand(rng, rng.choice(_FACTS[field][1].split("|")), LISTS, n=name, v=values[field])
        for field in fields
    )
    stated = rng.random() < 0.65
    field = rng.choice(fields if stated else [other for other in _FACTS if other not in fields])
    question = expand(rng, rng.choice(_FACTS[field][0].split("|")), LISTS, n=name)
    hint = "[|如果没有提到，请回答未提及。|没有提到就回答未提及。|文中没有就说未提及。]"
    wording = (
        "[短文：{t}问题：{q}|{t}{q}|阅读短文，回答问题。{t}{q}|{t}\n问题：{q}|根据短文回答：{t}{q}]"
        + hint
    )
    return ask_chinese(rng, wording, values[field] if stated else "未提及", t=text, q=question)


def extract(rng: random.Random) -> Item:
    """Name and city, age, job or hobby, or an item with its price, as JSON."""
    record: dict[str, str | int]
    if rng.random() < 0.25:
        price = rng.choice([rng.randint(1, 99), rng.randint(1, 30) * 10])
        record = {"商品": rng.choice(CHINESE_GOODS), "价格": price}
        text = expand(
            rng,
            "[{x}卖{p}元。|{x}的价格是{p}元。|这个{x}{p}元。|一个{x}要{p}元。|{x}只要{p}元。|买{x}花了{p}元。]",
            LISTS,
            x=record["商品"],
            p=price,
        )
    else:
        name = chinese_name(rng)
        fields = rng.sample(list(_FACTS), rng.choice([1, 1, 1, 2, 2, 3]))
        values = {field: rng.choice(_FACTS[field][2]) for field in fields}
        text = "".join(
            expand(rng, rng.choice(_FACTS[field][1].split("|")), LISTS, n=name, v=values[field])
            for field in fields
        )
        record = {"姓名": name}
        record |= {
            field: int(value) if field == "年龄" else value for field, value in values.items()
        }
    keys = "和".join(["、".join(list(record)[:-1]), list(record)[-1]])
    wording = (
        "[提取{k}，用JSON[回答|格式回答|]：{t}|[请|]从文中提取{k}，[输出|写成|用]JSON：{t}|把{k}写成JSON：{t}|{t}提取{k}，用JSON回答。|"
        "{t}[请|][把{k}整理成JSON|用JSON列出{k}|以JSON格式输出{k}|写出{k}，用JSON]。|[用JSON写出|用JSON列出|以JSON输出|请用JSON表示][{k}|下面的{k}]：{t}|[找到|读出|给出][{k}|文中的{k}]，[用JSON表示|JSON格式]：{t}]"
    )
    return ask_chinese(rng, wording, json.dumps(record, ensure_ascii=False), k=keys, t=text)


_TOPICS = {
    "退款": "我要退款|什么时候能退款|我的退款还没到|怎么申请退款|退款的钱去哪了",
    "快递": "我的快递在哪里|快递还没到|包裹什么时候到|快递太慢了|包裹丢了",
    "密码": "我忘记密码了|怎么改密码|密码不对|无法登录，密码错误|请帮我重置密码",
    "银行卡": "我的银行卡丢了|卡被偷了|银行卡不能用|怎么办新卡|我的卡被锁了",
    "转账": "转账失败了|转账还没到账|怎么转账|转账要多久|转错账了怎么办",
    "发票": "我需要发票|发票怎么开|发票金额不对|请把发票发给我|发票什么时候寄",
    "订单": "我想取消订单|订单在哪里看|怎么改订单|订单显示失败|我的订单有问题",
    "手续费": "为什么收手续费|手续费是多少|转账有手续费吗|手续费太高了|能不能免手续费",
}  # fmt: skip


def topic(rng: random.Random) -> Item:
    """The topic of a customer's message, freely or out of options."""
    name, wordings = rng.choice(list(_TOPICS.items()))
    text = expand(
        rng,
        "[|||你好，|请问，|客服你好，|急！|麻烦一下，]{t}[。|？|！|，谢谢。|，请帮帮我。|，我是{zhname}。|，我在{zhcity}。]",
        LISTS,
        t=rng.choice(wordings.split("|")),
    )
    options = [name, *rng.sample([other for other in _TOPICS if other != name], 2)]
    rng.shuffle(options)
    wording = "[这条消息的主题是什么？{t}|消息主题：{t}|{t}\n主题是什么？|选择主题：{o}。消息：{t}|这是关于{o}的哪一个？{t}|给这条消息分类：{t}]"
    return ask_chinese(rng, wording, name, t=text, o="、".join(options))


_TALK = (
    ("[你好|您好|早上好|下午好|晚上好|嗨][！|。|，|][我是{zhname}。|我在{zhcity}。|今天天气很好。|]", "你好，请问有什么可以帮您？"),
    ("[谢谢|多谢|非常感谢|谢谢你|感谢][！|。|][你真好。|帮了大忙。|我是{zhname}。|]", "不客气。"),
    ("[再见|拜拜|明天见|晚安|下次见][！|。|][{zhcity}见。|我去{zhhobby}了。|]", "再见，祝您愉快。"),
    ("[你是谁|你叫什么|你是机器人吗|介绍一下自己|你是什么][？|。|][我是{zhname}。|我很好奇。|]", "我是一个小小的练习模型。"),
    ("[你好吗|最近怎么样|今天好吗|你还好吗][？|][我在{zhcity}。|我很好。|]", "我很好，谢谢。"),
)  # fmt: skip


def talk(rng: random.Random) -> Item:
    """Greetings and thanks, each with its usual answer."""
    wording, answer = rng.choice(_TALK)
    return plain(expand(rng, wording, LISTS), answer)


_MANY_NAMES = [
    *CHINESE_NAMES,
    *(family + given for family in CHINESE_FAMILY_NAMES for given in CHINESE_GIVEN_NAMES),
]
_MEMORIES = (
    ("我叫{v}。|我的名字是{v}。|你好，我是{v}。", _MANY_NAMES, "很高兴认识你，{v}。", "我叫什么名字？|我的名字是什么？|你记得我叫什么吗？"),
    ("我住在{v}。|我在{v}生活。|我的家在{v}。", _CITIES, "{v}是个好地方。", "我住在哪里？|我的家在哪里？|我住在哪个城市？"),
    ("我是{v}。|我的工作是{v}。|我的职业是{v}。", _JOBS, "这是一份好工作。", "我的职业是什么？|我做什么工作？"),
    ("我喜欢{v}。|我的爱好是{v}。", CHINESE_HOBBIES, "听起来很有意思。", "我喜欢什么？|我的爱好是什么？"),
    ("我的[猫|狗|兔子]名叫{v}。|我家的[小猫|小狗]叫{v}。|{v}是我的[猫|狗]的名字。", CHINESE_PET_NAMES, "{v}这个名字真好。", "我的[猫|狗|宠物]叫什么名字？|我家的宠物叫什么？|我的宠物的名字是什么？"),
    ("我最爱的颜色是{v}。|我喜欢{v}这个颜色。|{v}是我最喜欢的颜色。", CHINESE_CATEGORIES["颜色"], "我会记住{v}。", "我喜欢的颜色是什么？|我最爱什么颜色？|我喜欢哪种颜色？"),
    ("[请|]记住[数字|号码|这个数字]{v}。|密码是{v}。|我的号码是{v}。", [str(n) for n in range(100)], "我记住了{v}。", "数字是多少？|我说的是什么数字？|号码是多少？|刚才的数字是多少？|你记住的数字是什么？"),
)  # fmt: skip


def memory(rng: random.Random) -> Item:
    """Something the person said a turn or two ago."""
    told = rng.sample(_MEMORIES, rng.choice([1, 1, 2]))
    values = [rng.choice(memory[1]) for memory in told]
    turns: list[Turn] = []
    for (says, _, answer, _), value in zip(told, values, strict=True):
        turns += [
            ("user", opened_chinese(rng, _said(rng, says, value))),
            ("assistant", answer.replace("{v}", value)),
        ]
    which = rng.randrange(len(told))
    if rng.random() < 0.3:
        between, answer = rng.choice(_BETWEEN)
        turns += [("user", between), ("assistant", answer)]
    turns.append(("user", opened_chinese(rng, _said(rng, told[which][3], ""))))
    return with_system(rng, Item(tuple(turns), values[which]))


def _said(rng: random.Random, wordings: str, value: str) -> str:
    return expand(rng, f"[{wordings}]", LISTS, v=value)


_BETWEEN = (
    ("谢谢你。", "不客气。"), ("3加4等于多少？", "7"), ("你好吗？", "我很好，谢谢。"), ("大的反义词是什么？", "小"),
    ("法国的首都是哪里？", "巴黎"), ("猫是动物还是水果？", "动物"), ("今天天气很好。", "听起来很有意思。"),
)  # fmt: skip


KINDS = {
    "translate": translate,
    "zh_arithmetic": arithmetic,
    "zh_order": order,
    "zh_copy": copy,
    "zh_category": category,
    "zh_sentiment": sentiment,
    "zh_reading": reading,
    "zh_extract": extract,
    "zh_topic": topic,
    "zh_talk": talk,
    "zh_memory": memory,
}
