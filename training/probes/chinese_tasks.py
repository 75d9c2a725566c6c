"""Chinese probes with one right answer: numbers, order, characters, kinds, comparison, plain facts."""

from __future__ import annotations

import random

from training.probes.item import Draft, Generator, say
from training.probes.words_zh import (
    ALSO,
    CAPITALS,
    DAYS,
    KINDS,
    OPPOSITES,
    PEOPLE,
    SHORT,
    THINGS,
)

_OPEN = "(|||||请问，|请帮忙：|你好，|您好，|问题：|下一题：|早上好，|我想问一下，|打扰一下，)"


def arithmetic(rng: random.Random, level: int) -> Draft:
    """Bare sums and short stories."""
    who = rng.choice(PEOPLE)
    top = {1: 10, 2: 60, 3: 400}[level]
    one, two = sorted((rng.randint(2, top), rng.randint(1, top)), reverse=True)
    thing = rng.choice(["支笔", "个苹果", "张邮票", "本书", "颗糖"])
    unit, noun = thing[0], thing[1:]
    cases = [
        ("{a}加{b}(等于多少？|等于几？|是多少？)", one + two),
        ("{a}减{b}(等于多少？|等于几？|是多少？)", one - two),
        ("(计算：|算一算：){a} + {b}", one + two),
        ("{who}有{a}{unit}{noun}，又买了{b}{unit}，现在一共有多少{unit}{noun}？", one + two),
        ("{who}有{a}{unit}{noun}，送出{b}{unit}，还剩多少{unit}{noun}？", one - two),
    ]
    if level > 1:
        two = rng.randint(2, 9)
        cases = [
            *cases[3:],
            ("{who}有{a}个盒子，每个盒子里有{b}{unit}{noun}，一共有多少{unit}{noun}？", one * two),
            ("{a}乘以{b}(等于多少？|是多少？)", one * two),
        ]
        cases[:2] = [(cases[0][0], one + two), (cases[1][0], one - two)]
    wording, value = rng.choice(cases)
    return Draft(
        say(rng, _OPEN + wording, a=one, b=two, who=who, unit=unit, noun=noun),
        "number",
        [str(value)],
    )


def sorting(rng: random.Random, level: int) -> Draft:
    """Numbers put in order."""
    numbers = rng.sample(range({1: 20, 2: 100, 3: 900}[level]), {1: 3, 2: 5, 3: 8}[level])
    down = rng.random() < 0.35
    listed = rng.choice(["、", "，", " ", ", "]).join(map(str, numbers))
    wording = (
        _OPEN
        + "((把|将)(这些|下面的|)数字从{order}(排序|排列|排好)：{list}|请从{order}(排列|排序)：{list}|{list}，从{order}排序。)"
    )
    prompt = say(rng, wording, order="大到小" if down else "小到大", list=listed)
    return Draft(prompt, "sequence", [str(number) for number in sorted(numbers, reverse=down)])


def strings(rng: random.Random, level: int) -> Draft:
    """Words turned round, characters counted and picked."""
    words = rng.sample(SHORT, {1: 1, 2: 2, 3: 4}[level])
    text = "".join(words)
    what = rng.choice(["backwards", "count", "first", "last", "order"])
    if what == "backwards":
        return Draft(
            say(
                rng,
                _OPEN + "(把“{x}”倒过来写。|“{x}”倒过来怎么写？|请倒着写：{x}|把{x}反过来写。)",
                x=text,
            ),
            "choice",
            [text[::-1]],
        )
    if what == "count":
        return Draft(
            say(
                rng, _OPEN + "(“{x}”有几个字？|“{x}”一共有多少个字？|数一数“{x}”有几个字。)", x=text
            ),
            "number",
            [str(len(text))],
        )
    if what == "order":
        several = rng.sample(SHORT, level + 2)
        return Draft(
            say(
                rng,
                _OPEN + "(把这些词按相反的顺序写：{x}|把词的顺序倒过来：{x})",
                x=" ".join(several),
            ),
            "sequence",
            several[::-1],
        )
    place = 0 if what == "first" else -1
    wording = (
        _OPEN + "(“{x}”的{which}个字是什么？|写出“{x}”的{which}个字。|{x}的{which}个字是哪个？)"
    )
    prompt = say(rng, wording, x=text, which="第一" if place == 0 else "最后一")
    others = sorted(set(text) - {text[place]})
    return Draft(prompt, "choice", [text[place]], others, detail={"ignore": [text, "第一", "最后"]})


def categories(rng: random.Random, level: int) -> Draft:
    """What kind of thing a word names; the stranger in a list."""
    kinds = rng.sample(sorted(KINDS), {1: 3, 2: 4, 3: 6}[level])
    if rng.random() < 0.6:
        kind, word = kinds[0], rng.choice(KINDS[kinds[0]])
        rng.shuffle(kinds)
        options = f"{'、'.join(kinds[:-1])}还是{kinds[-1]}"
        wording = (
            _OPEN
            + "({word}是{options}？|{word}属于哪一类：{options}？|“{word}”是{options}？|{word}是什么？{options}？)"
        )
        return Draft(
            say(rng, wording, word=word, options=options),
            "choice",
            [kind],
            [other for other in kinds if other != kind],
        )
    belong, strange = kinds[:2]
    words, stranger = (
        rng.sample(KINDS[belong], {1: 2, 2: 3, 3: 5}[level]),
        rng.choice(KINDS[strange]),
    )
    listed = [*words, stranger]
    rng.shuffle(listed)
    wording = (
        _OPEN + "(哪个词不属于同一类：{x}？|哪一个和别的不一样：{x}？|下面哪个词不合适：{x}？)"
    )
    return Draft(say(rng, wording, x="、".join(listed)), "choice", [stranger], words)


def comparison(rng: random.Random, level: int) -> Draft:
    """Larger or smaller; in a list or not."""
    if rng.random() < 0.35:
        words = rng.sample(THINGS, {1: 3, 2: 6, 3: 10}[level])
        inside = rng.random() < 0.5
        word = rng.choice(words if inside else [other for other in THINGS if other not in words])
        wording = (
            _OPEN
            + "(“{word}”在不在这个列表里：{x}？|列表：{x}。“{word}”在里面吗？)(请回答是或不是。|回答“是”或“否”。)"
        )
        return Draft(
            say(rng, wording, word=word, x="、".join(words)), "yes_no", ["yes" if inside else "no"]
        )
    numbers = rng.sample(range(1, {1: 99, 2: 999, 3: 99999}[level]), 2 if level == 1 else 3)
    large = rng.random() < 0.6
    wanted = max(numbers) if large else min(numbers)
    wording = _OPEN + (
        "({x}哪个{much}？|{x}，哪个数{much}？|哪个数{much}：{x}？)"
        if level == 1
        else "({x}里面哪个数最{much}？|哪个数最{much}：{x}？)"
    )
    shown = [str(number) for number in numbers]
    listed = f"{'、'.join(shown[:-1])}和{shown[-1]}"
    prompt = say(rng, wording, x=listed, much="大" if large else "小")
    return Draft(
        prompt, "choice", [str(wanted)], [number for number in shown if number != str(wanted)]
    )


def facts(rng: random.Random, level: int) -> Draft:
    """Capitals, opposites, days."""
    what = rng.choice(["capital", "opposite", "day"])
    hint = rng.choice(
        ["", "", "", "只回答一个词。", "请简短回答。", "直接回答。", "只写答案。", "谢谢。"]
    )
    if what == "capital":
        country, city = rng.choice(sorted(CAPITALS.items()))
        return Draft(
            say(
                rng,
                _OPEN
                + "({x}的首都是哪里？|{x}的首都是什么城市？|哪个城市是{x}的首都？|{x}首都叫什么？)",
                x=country,
            )
            + hint,
            "choice",
            [city],
        )
    if what == "opposite":
        word, opposite = rng.choice(sorted(OPPOSITES.items()))
        return Draft(
            say(
                rng,
                _OPEN
                + "(“{x}”的反义词是什么？|{x}的反义词是什么？|写出“{x}”的反义词。|“{x}”的反义词是哪个字？)",
                x=word,
            )
            + hint,
            "choice",
            [opposite, *ALSO.get(opposite, ())],
        )
    steps, place, after = rng.randint(1, level), rng.randrange(7), rng.random() < 0.6
    gap = "一两三"[steps - 1] + "天"
    wanted = DAYS[(place + (steps if after else -steps)) % 7]
    wording = (
        _OPEN
        + "({x}的{gap}{way}是星期几？|今天是{x}，{gap}{way}是星期几？|{x}{way}{gap}是星期几？)"
    )
    wants = [
        wanted,
        wanted.replace("星期", "周"),
        *(["星期天", "周天"] if wanted == "星期日" else []),
    ]
    against = [day for day in DAYS if day not in (wanted, DAYS[place])]
    return Draft(
        say(rng, wording, x=DAYS[place], gap=gap, way="后" if after else "前") + hint,
        "choice",
        wants,
        against,
    )


FAMILIES: dict[str, Generator] = {
    "arithmetic": arithmetic,
    "sorting": sorting,
    "strings": strings,
    "categories": categories,
    "comparison": comparison,
    "facts": facts,
}
