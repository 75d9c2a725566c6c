"""English probes with one right answer: numbers, order, letters, kinds, comparison, plain facts."""

from __future__ import annotations

import random

from training.probes.item import Draft, Generator, either, say
from training.probes.words import (
    ALSO,
    CAPITALS,
    COLORS,
    DAYS,
    FAR_CAPITALS,
    KINDS,
    LONGER,
    MONTHS,
    OPPOSITES,
    PAST,
    PEOPLE,
    PLURALS,
    SHORT,
    THINGS,
)

_OPEN = "(||||Please help: |A question: |Tell me: |Quick question. |Hi. |Hello. |Next question: |Good morning. |Excuse me. )"


def arithmetic(rng: random.Random, level: int) -> Draft:
    """One to three steps with whole numbers, bare or in a story (PR-02)."""
    if rng.random() < 0.4:
        return _story(rng, level)
    top = {1: 10, 2: 60, 3: 400}[level]
    one, two = rng.randint(1, top), rng.randint(1, top)
    sign = rng.choice("++-*") if level < 3 else rng.choice("+-*m")
    if sign == "*":
        one, two = rng.randint(2, 9 if level < 3 else 25), rng.randint(2, 5 if level == 1 else 12)
        value, words = (
            one * two,
            rng.choice(["{a} times {b}", "{a} x {b}", "{a} multiplied by {b}"]),
        )
    elif sign == "m":
        three = rng.randint(2, 9)
        return _number(rng, f"({one} + {two}) * {three}", (one + two) * three)
    elif sign == "-":
        one, two = max(one, two), min(one, two)
        value, words = one - two, rng.choice(["{a} - {b}", "{a} minus {b}", "{b} less than {a}"])
    else:
        value, words = (
            one + two,
            rng.choice(["{a} + {b}", "{a} plus {b}", "the sum of {a} and {b}"]),
        )
    return _number(rng, words.format(a=one, b=two), value)


def _number(rng: random.Random, sum_: str, value: int) -> Draft:
    wording = (
        _OPEN
        + "((What is|How much is) {sum}?|(Calculate|Work out|Compute) {sum}.)(|| Give the number.| Only the result.)"
    )
    return Draft(say(rng, wording, sum=sum_), "number", [str(value)])


def _story(rng: random.Random, level: int) -> Draft:
    who, other = rng.sample(PEOPLE, 2)
    things = rng.choice(
        ["pens", "eggs", "stamps", "coins", "cards", "apples", "marbles", "tickets"]
    )
    have, more = rng.randint(2, 9 * level), rng.randint(2, 9 * level)
    slots = {"who": who, "other": other, "things": things, "a": have, "b": more}
    if level == 1 and rng.random() < 0.5:
        have, more = max(have, more) + 1, min(have, more)
        wording = (
            "{who} has {a} {things} and (gives away|loses|sells) {b}. How many {things} are left?"
        )
        return Draft(
            say(rng, _OPEN + wording, **slots | {"a": have, "b": more}),
            "number",
            [str(have - more)],
        )
    if level == 1:
        wording = "{who} has {a} {things} and (buys|gets|finds) {b} more. How many {things} does {who} have (now|in all|)?"
        return Draft(say(rng, _OPEN + wording, **slots), "number", [str(have + more)])
    if level == 2:
        wording = "{who} has {a} boxes with {b} {things} (each|in every box). How many {things} (are there in all|does {who} have)?"
        return Draft(say(rng, _OPEN + wording, **slots), "number", [str(have * more)])
    gone = rng.randint(1, have)
    wording = (
        "{who} has {a} {things}. {other} has {b} times as many. {who} then (loses|sells|gives away) {c} {things}. "
        "How many {things} do {who} and {other} have together (now|at the end)?"
    )
    return Draft(
        say(rng, _OPEN + wording, **slots, c=gone), "number", [str(have + have * more - gone)]
    )


def sorting(rng: random.Random, level: int) -> Draft:
    """Numbers or words put in order (PR-03)."""
    size = {1: 3, 2: 5, 3: 8}[level]
    separator = rng.choice([", ", ", ", " "])
    if rng.random() < 0.55:
        numbers = rng.sample(range({1: 20, 2: 100, 3: 900}[level]), size)
        down = rng.random() < 0.35
        order = (
            "(from large to small|in descending order|from highest to lowest)"
            if down
            else "(from small to large|in ascending order|from lowest to highest)"
        )
        wording = (
            _OPEN
            + "(Sort|Order|Arrange|Put) (these|the|the following) numbers "
            + order
            + ": {list}"
        )
        listed = separator.join(map(str, numbers))
        return Draft(
            say(rng, wording, list=listed),
            "sequence",
            [str(n) for n in sorted(numbers, reverse=down)],
        )
    words = _different_starts(rng, size) if level < 3 else rng.sample(THINGS, size)
    wording = (
        _OPEN
        + "(Put|Sort|Arrange|Order) (these|the|the following) words (in alphabetical order|alphabetically|from A to Z): {list}"
    )
    return Draft(say(rng, wording, list=separator.join(words)), "sequence", sorted(words))


def _different_starts(rng: random.Random, size: int) -> list[str]:
    starts = rng.sample(sorted({word[0] for word in THINGS}), size)
    return [rng.choice([word for word in THINGS if word[0] == start]) for start in starts]


def strings(rng: random.Random, level: int) -> Draft:
    """Letters and words turned round, counted, picked, joined (PR-03)."""
    what = rng.choice(["backwards", "letter", "count", "order", "join" if level > 1 else "letter"])
    word = rng.choice({1: SHORT, 2: [*SHORT, *LONGER], 3: LONGER}[level])
    quoted = rng.choice(["{}", '"{}"', "'{}'"]).format(word)
    if what == "backwards" and word != word[::-1]:
        wording = _OPEN + "(Write|Spell) (the word |){word} backwards."
        return Draft(say(rng, wording, word=quoted), "choice", [word[::-1]])
    if what == "count":
        if level == 3:
            letter = rng.choice(word)
            wording = (
                _OPEN
                + 'How (often|many times) does the letter "{letter}" (occur|appear) in (the word |){word}?'
            )
            return Draft(
                say(rng, wording, word=quoted, letter=letter), "number", [str(word.count(letter))]
            )
        wording = (
            _OPEN
            + "(How many letters are in|How many letters are there in|Count the letters in) (the word |){word}?"
        )
        return Draft(say(rng, wording, word=quoted), "number", [str(len(word))])
    if what == "order":
        words = rng.sample([*SHORT, *COLORS], {1: 3, 2: 4, 3: 6}[level])
        wording = (
            _OPEN
            + "(Reverse the word order|Write these words in reverse order|Turn the order of these words around): {list}"
        )
        return Draft(say(rng, wording, list=" ".join(words)), "sequence", words[::-1])
    if what == "join":
        words = rng.sample(LONGER, level + 1)
        wording = (
            _OPEN
            + "(Join|Put together|Concatenate) the (first|last) letters of these words: {list}"
        )
        prompt = say(rng, wording, list=", ".join(words))
        return Draft(
            prompt,
            "choice",
            ["".join(word[0 if "first letters" in prompt else -1] for word in words)],
        )
    place, name = rng.choice([(0, "first"), (-1, "last"), *([(2, "third")] if level > 1 else [])])
    while word[place] in "ai" or len(word) < 3:  # "a" and "I" are words of an ordinary sentence too
        word = rng.choice([*SHORT, *LONGER])
    wording = (
        _OPEN
        + '(What is the {name} letter of (the word |)"{word}"?|(Tell|Give) me the {name} letter of (the word |)"{word}".)'
    )
    return Draft(say(rng, wording, name=name, word=word), "choice", [word[place]])


def categories(rng: random.Random, level: int) -> Draft:
    """What kind of thing a word names; the stranger in a list."""
    kinds = rng.sample(sorted(KINDS), {1: 3, 2: 4, 3: 6}[level])
    if rng.random() < 0.6:
        kind, word = kinds[0], rng.choice(KINDS[kinds[0]])
        rng.shuffle(kinds)
        wording = (
            _OPEN
            + "(What kind of thing is {word}: {options}?|Is {word} a kind of {options}?|Which word fits {word} best: {options}?|"
            "Choose the right kind for {word}. Options: {listed}.|Which of these describes {word}: {options}?)"
        )
        prompt = say(rng, wording, word=f'"{word}"', options=either(kinds), listed=", ".join(kinds))
        return Draft(prompt, "choice", [kind], [other for other in kinds if other != kind])
    belong, strange = kinds[:2]
    words = rng.sample(
        [word for word in KINDS[belong] if word not in KINDS[strange]], {1: 2, 2: 3, 3: 5}[level]
    )
    stranger = rng.choice([word for word in KINDS[strange] if word not in KINDS[belong]])
    listed = [*words, stranger]
    rng.shuffle(listed)
    wording = (
        _OPEN
        + "(Which (one|word) does not belong|Which (one|word) does not fit|What is the odd one out): {list}?"
    )
    return Draft(say(rng, wording, list=", ".join(listed)), "choice", [stranger], words)


def comparison(rng: random.Random, level: int) -> Draft:
    """Larger or smaller, in a list or not, who has more."""
    what = rng.choice(["number", "number", "member", "people"])
    if what == "member":
        words = rng.sample(THINGS, {1: 3, 2: 6, 3: 12}[level])
        inside = rng.random() < 0.5
        word = rng.choice(words if inside else [other for other in THINGS if other not in words])
        wording = _OPEN + "Is (the word |){word} in this list: {list}? Answer yes or no."
        prompt = say(rng, wording, word=f'"{word}"', list=", ".join(words))
        return Draft(prompt, "yes_no", ["yes" if inside else "no"])
    if what == "people" and level > 1:
        people = rng.sample(PEOPLE, level + 1)
        ages = rng.sample(range(18, 80), level + 1)
        oldest = rng.random() < 0.5
        wording = "{told}. (Who is the {most}?|Which of them is the {most}?)"
        told = ", ".join(f"{name} is {age}" for name, age in zip(people, ages, strict=True))
        wanted = people[ages.index(max(ages) if oldest else min(ages))]
        return Draft(
            say(rng, _OPEN + wording, told=told, most="oldest" if oldest else "youngest"),
            "choice",
            [wanted],
            [name for name in people if name != wanted],
        )
    top = {1: 99, 2: 999, 3: 9}[level]
    numbers: list[float] = [*rng.sample(range(1, top), 2 if level < 3 else 4)]
    if level == 3:
        numbers = [
            number + rng.choice([0.1, 0.25, 0.3, 0.45, 0.5, 0.09, 0.11])
            for number in rng.choices([1, 2, 3], k=3)
        ]
        numbers = sorted(set(numbers), key=lambda number: rng.random())
        if len(numbers) < 2:
            numbers = [2.5, 2.45]
    largest = rng.random() < 0.6
    shown = [f"{number:g}" for number in numbers]
    wanted = f"{max(numbers) if largest else min(numbers):g}"
    word = (
        ("(larger|bigger|greater)" if len(shown) == 2 else "(largest|biggest)")
        if largest
        else ("smaller" if len(shown) == 2 else "smallest")
    )
    wording = _OPEN + f"(Which (number |)is {word}|What is the {word} number)" + "(:|,) {list}?"
    return Draft(
        say(rng, wording, list=either(shown)),
        "choice",
        [wanted],
        [number for number in shown if number != wanted],
    )


def facts(rng: random.Random, level: int) -> Draft:
    """Capitals, opposites, days, months, plurals, past tenses."""
    what = rng.choice(["capital", "opposite", "day", "plural", "past", "month"])
    if what == "capital":
        country, city = rng.choice(sorted((CAPITALS if level < 3 else FAR_CAPITALS).items()))
        wording = (
            _OPEN
            + "(What is the capital of {x}?|Which city is the capital of {x}?|Name the capital of {x}.|What is {x}'s capital city?)"
        )
        return Draft(say(rng, wording, x=country) + _hint(rng), "choice", [city])
    if what == "opposite":
        word, opposite = rng.choice(sorted(OPPOSITES.items()))
        wording = (
            _OPEN
            + "(What is the opposite of {x}?|Name the opposite of {x}.|Which word means the opposite of {x}?)"
        )
        return Draft(
            say(rng, wording, x=f'"{word}"') + _hint(rng),
            "choice",
            [opposite, *ALSO.get(opposite, ())],
        )
    if what in ("plural", "past"):
        word, form = rng.choice(sorted((PLURALS if what == "plural" else PAST).items()))
        name = "plural" if what == "plural" else "past tense"
        wording = (
            _OPEN
            + "(What is the {name} of {x}?|Give the {name} of {x}.|Write the {name} of {x}.|Which word is the {name} of {x}?)"
        )
        return Draft(say(rng, wording, x=f'"{word}"', name=name) + _hint(rng), "choice", [form])
    series = DAYS if what == "day" else MONTHS
    steps = rng.randint(1, level)
    place, after = rng.randrange(len(series)), rng.random() < 0.6
    wanted = series[(place + (steps if after else -steps)) % len(series)]
    gap = (
        ""
        if steps == 1
        else {"day": "two days ", "month": "two months "}[what]
        if steps == 2
        else f"three {what}s "
    )
    wording = _OPEN + "Which {what} (comes|is) {gap}{way} {x}?"
    prompt = say(
        rng, wording, what=what, gap=gap, way="after" if after else "before", x=series[place]
    )
    return Draft(
        prompt + _hint(rng),
        "choice",
        [wanted],
        [word for word in series if word not in (wanted, series[place])],
    )


def _hint(rng: random.Random) -> str:
    return rng.choice(
        [
            "",
            "",
            " Answer with one word.",
            " Only the word, please.",
            " Give only the answer.",
            " Thank you.",
            " Just the answer.",
        ]
    )


FAMILIES: dict[str, Generator] = {
    "arithmetic": arithmetic,
    "sorting": sorting,
    "strings": strings,
    "categories": categories,
    "comparison": comparison,
    "facts": facts,
}
