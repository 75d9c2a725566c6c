"""Curriculum: letters, words, lists and ordinary facts about words."""

import random

from training.practice.item import Item, ask
from training.practice.lexicon import (
    CAPITALS,
    CATEGORY_WORDS,
    CHINESE,
    CITIES,
    DAYS,
    GOODS,
    HOBBIES,
    MONTHS,
    NAMES,
    NEGATIVE,
    NOUNS,
    NUMBER_WORDS,
    OPPOSITES,
    PAST,
    PLURALS,
    POSITIVE,
    SHORT_WORDS,
    SURNAMES,
)
from training.practice.numeric import join

_DRILL_SOURCES = (
    [*SHORT_WORDS, *NOUNS],
    [*NAMES, *CITIES, *SURNAMES],
    [*CHINESE.values()],
    [str(number) for number in range(100)],
    [
        *NOUNS,
        *GOODS,
        *DAYS,
        *MONTHS,
        *HOBBIES,
        *NAMES,
        *POSITIVE,
        *NEGATIVE,
        *CHINESE,
        *OPPOSITES,
        *PAST.values(),
    ],
    [word.upper() for word in SHORT_WORDS],
    [word.capitalize() for word in [*SHORT_WORDS, *NOUNS]],
)
_QUOTES = ("{}", "{}", '"{}"', "'{}'")
_WORDS = sorted({*SHORT_WORDS, *NOUNS})
_LOWER_NOUNS = sorted(word for word in NOUNS if word.islower())


def _quoted(rng: random.Random, word: str) -> str:
    return rng.choice(_QUOTES).format(word)


def sort_words(rng: random.Random) -> Item:
    """Three or four words in alphabetical order; first letters differ."""
    words: list[str] = []
    size = rng.choice([3, 3, 3, 4])
    while len(words) < size:
        word = rng.choice(_WORDS)
        if word[0] not in {other[0] for other in words}:
            words.append(word)
    separator = rng.choice([", ", " "])
    wording = (
        "[[Sort|Put|Arrange|Order] [these|the|the following] words [alphabetically|in alphabetical order|from A to Z]: {list}[.|]|"
        "[Sort|Order] alphabetically: {list}[.|]|Alphabetical order, please: {list}]"
    )
    return ask(rng, wording, separator.join(sorted(words)), hint="list", list=separator.join(words))


def reverse_words(rng: random.Random) -> Item:
    """Two to five words in the opposite order."""
    words = rng.sample(_WORDS, rng.randint(2, 5))
    separator = rng.choice([" ", " ", ", "])
    wording = (
        "[[Reverse|Turn around|Flip] the [order of the words|words|word order|list]: {list}[.|]|"
        "Write [these|the] words in reverse order: {list}[.|]|[Write|Say|Repeat] [this|the list|these words] backwards, word by word: {list}[.|]|"
        "Put [these|the] words in the opposite order: {list}[.|]]"
    )
    return ask(rng, wording, separator.join(words[::-1]), hint="list", list=separator.join(words))


def reverse_letters(rng: random.Random) -> Item:
    """A short common word spelt backwards."""
    word = rng.choice(SHORT_WORDS)
    wording = (
        "[Reverse the [word|letters of|letters of the word|letters in]{colon} {word}[.|]|[Write|Spell] [the word |]{word} backwards[.|]|"
        "What is {word} [spelled|spelt|written] backwards?|What is {word} in reverse?|Reverse the string{colon} {word}|Reverse [this word]: {word}]"
    )
    colon = rng.choice(["", ":"])
    return ask(rng, wording, word[::-1], hint="word", word=_quoted(rng, word), colon=colon)


def spell(rng: random.Random) -> Item:
    """A short word letter by letter, with hyphens, spaces or commas."""
    word = rng.choice(SHORT_WORDS)
    name, mark = rng.choice([("hyphens", "-"), ("dashes", "-"), ("spaces", " "), ("commas", ", ")])
    wording = (
        "[Spell [the word |]{word} with {mark}[.| between the letters.]|Write [the word |]{word} letter by letter with {mark}.|"
        "[Separate|Split] the letters of {word} with {mark}[.|]|Spell {word} using {mark}[.|]]"
    )
    return ask(rng, wording, mark.join(word), hint="none", word=_quoted(rng, word), mark=name)


def letter(rng: random.Random) -> Item:
    """The first, second or last letter of a word."""
    word = rng.choice(_WORDS)
    which = rng.choice(["first", "first", "last", "last", "second"])
    answer = {"first": word[0], "last": word[-1], "second": word[1]}[which]
    wording = (
        "[[What is|Give me|Tell me|Write] the {which} letter [of|in] [the word |]{word}[?|.]|"
        "[Which|What] letter [comes {which} in|is {which} in] [the word |]{word}?|{which} letter of {word}[?|:]|"
        "The {which} letter of {word} is?]"
    )
    return ask(rng, wording, answer, hint="none", word=_quoted(rng, word), which=which)


def count(rng: random.Random) -> Item:
    """How many words in a line, letters in a word, or items in a list."""
    what = rng.choice(["words", "letters", "items"])
    if what == "letters":
        word = rng.choice(SHORT_WORDS)
        wording = (
            "[How many letters [are in|are there in|does] [the word |]{word}[?| have?]|Count the letters [in|of] {word}[.|]|"
            "How long is the word {word}?|What is the number of letters in {word}?]"
        )
        return ask(rng, wording, len(word), hint="number", word=_quoted(rng, word))
    words = rng.sample(_WORDS, rng.randint(1, 7))
    listed = (" " if what == "words" else ", ").join(words)
    wording = (
        "[How many {what} are [here|there|in this list|in this line|listed]: {list}[?|]|Count the {what}: {list}[.|]|"
        "[What is the number of|How many] {what} [in|are in]: {list}[?|]|How many {what} does this [list|line] have: {list}[?|]]"
    )
    return ask(rng, wording, len(words), hint="number", what=what, list=listed)


def copy(rng: random.Random) -> Item:
    """Repeat words, or a number, exactly."""
    words = rng.sample([*_WORDS, *NUMBER_WORDS], rng.randint(1, 6))
    if rng.random() < 0.2:
        words = [str(rng.randrange(10 ** rng.randint(1, 6)))]
    wording = (
        "[[Repeat|Copy|Say|Write][ exactly| this| after me| the following| this exactly|]: {list}[|]|Repeat [these words|the words|this line|the text]: {list}|"
        "Say {quoted}[.|]|Write [exactly |]{quoted}[.|]|[Answer|Reply] with [exactly |only |][these words|this]: {list}|"
        "Reply with {quoted} and nothing else.]"
    )
    text = " ".join(words)
    return ask(rng, wording, text, hint="none", list=text, quoted=f'"{text}"')


def drill(rng: random.Random) -> Item:
    """Repeat a long line. Not a task of the exam: it teaches copying, which most other tasks stand on."""
    sources = rng.choice(_DRILL_SOURCES)
    words = [rng.choice(sources) for _ in range(rng.randint(6, 24))]
    text = rng.choice([" ", " ", ", "]).join(words)
    return ask(rng, "[Repeat|Copy|Say][:| this:| exactly:] {x}", text, hint="none", x=text)


def pick(rng: random.Random) -> Item:
    """The first, second, third or last word of a list."""
    words = rng.sample(_WORDS, rng.randint(3, 6))
    which, index = rng.choice(
        [("first", 0), ("first", 0), ("last", -1), ("last", -1), ("second", 1), ("third", 2)]
    )
    wording = (
        "[[What is|Give me|Tell me|Name|Write] the {which} word [of|in][ this list| the list|]: {list}[?|.|]|"
        "[Which|What] [word|item] is {which}[ in this list|]: {list}[?|]|The {which} word of: {list}|"
        "[What is|Give] the {which} item[ in the list|]: {list}]"
    )
    return ask(rng, wording, words[index], hint="word", which=which, list=join(rng, words))


def member(rng: random.Random) -> Item:
    """Whether a word is in a list."""
    words = rng.sample(_WORDS, rng.randint(3, 5))
    inside = rng.random() < 0.5
    word = rng.choice(words if inside else [other for other in _WORDS if other not in words])
    wording = (
        "[Is [the word |]{word} in [this|the] list[:|?] {list}[?|]|Does [this|the] list contain {word}: {list}[?|]|"
        "List: {list}. [Is {word} in it?|Does it contain {word}?|Is {word} on the list?]]"
    )
    answer = "yes" if inside else "no"
    return ask(rng, wording, answer, hint="yes", word=_quoted(rng, word), list=join(rng, words))


def sequence(rng: random.Random) -> Item:
    """What comes after or before: letters, numbers, days, months."""
    kind = rng.choice(["letter", "letter", "number", "number", "day", "month"])
    series = {
        "letter": list("abcdefghijklmnopqrstuvwxyz"),
        "number": [str(number) for number in range(100)],
        "day": [*DAYS, DAYS[0]],
        "month": [*MONTHS, MONTHS[0]],
    }[kind]
    place = rng.randrange(len(series) - 1)
    after = rng.random() < 0.6
    if after:
        given, answer = series[place], series[place + 1]
        wording = (
            "[[Which|What] {kind} [comes after|follows|comes next after|is after|comes right after] {given}?|What comes after {given}?|"
            "Name the {kind} after {given}.|What is the next {kind} after {given}?|[The {kind} after {given} is?]]"
        )
    else:
        given, answer = series[place + 1], series[place]
        wording = (
            "[[Which|What] {kind} [comes before|is before|comes right before] {given}?|What comes before {given}?|"
            "Name the {kind} before {given}.|What is the {kind} before {given}?|[The {kind} before {given} is?]]"
        )
    return ask(
        rng, wording, answer, hint="word" if kind != "number" else "number", kind=kind, given=given
    )


def category(rng: random.Random) -> Item:
    """What kind of thing a word names, freely or out of options."""
    name, words = rng.choice(list(CATEGORY_WORDS.items()))
    word = rng.choice(words)
    others = rng.sample([other for other in CATEGORY_WORDS if other != name], rng.choice([1, 2, 3]))
    options = [name, *others]
    rng.shuffle(options)
    either = " or ".join([", ".join(options[:-1]), options[-1]])
    wording = rng.choice(
        [
            "[What kind of thing is [a |]{word}?|What is [a |]{word}? Name the kind of thing.|To which category does [the word |]{word} belong?|"
            "Name the category of {word}.|What type of thing is {word}?|Which category [is|fits] {word}?|Category of {word}?]",
            "[Is [a |]{word} a {either}?|Which category fits {word}: {either}?|[Classify|Sort] {word} as {either}.|"
            "What is {word}: {either}?|Choose the category of {word}: {options}.|Categories: {options}. Word: {word}. Which category?|"
            "[Choose|Pick] the right category for {word}. Options: {options}.]",
        ]
    )
    return ask(
        rng,
        wording,
        name,
        hint="text",
        word=_quoted(rng, word),
        either=either,
        options=", ".join(options),
    )


def odd_one_out(rng: random.Random) -> Item:
    """The word that does not belong."""
    (_, words), (_, strangers) = rng.sample(list(CATEGORY_WORDS.items()), 2)
    stranger = rng.choice(strangers)
    listed = [
        *rng.sample([word for word in words if word not in strangers], rng.choice([2, 3, 3])),
        stranger,
    ]
    rng.shuffle(listed)
    wording = (
        "[Which [word|one|of these] does not [belong|fit]: {list}?|[Find|Name|Pick] the odd one out: {list}[.|]|"
        "Odd one out: {list}|Which word is different from the others: {list}?]"
    )
    return ask(rng, wording, stranger, hint="word", list=", ".join(listed))


def filter_list(rng: random.Random) -> Item:
    """Those words of a list that belong to a category."""
    (name, words), (_, strangers) = rng.sample(list(CATEGORY_WORDS.items()), 2)
    wanted = rng.sample([word for word in words if word not in strangers], rng.choice([1, 2, 2]))
    listed = [*wanted, *rng.sample(strangers, 2)]
    rng.shuffle(listed)
    answer = ", ".join(word for word in listed if word in wanted)
    wording = (
        "[Which of these are a {name}: {list}?|Write only the words that are a {name}: {list}[.|]|"
        "[Keep only|Pick out] [each {name}|what is a {name}]: {list}[.|]|List every {name} in: {list}[.|]]"
    )
    return ask(rng, wording, answer, hint="list", name=name, list=", ".join(listed))


def fact(rng: random.Random) -> Item:
    """Capitals, opposites, plurals, past tenses, number words."""
    kind = rng.choice(["capital", "opposite", "plural", "past", "number_word", "digits"])
    if kind == "capital":
        country, city = rng.choice(list(CAPITALS.items()))
        if rng.random() < 0.7:
            wording = "[What is the capital [city |]of {x}?|Name the capital of {x}.|The capital of {x} is?|Which city is the capital of {x}?]"
            return ask(rng, wording, city, hint="word", x=country)
        wording = "[{x} is the capital of which country?|Which country has the capital {x}?|In which country is {x}?]"
        return ask(rng, wording, country, hint="word", x=city)
    if kind == "opposite":
        word, answer = rng.choice(list(OPPOSITES.items()))
        wording = "[What is the opposite of {x}?|Name the opposite of {x}.|Give the opposite of {x}[.|]|Opposite of {x}[?|]|What word means the opposite of {x}?]"
    elif kind == "plural":
        word, answer = rng.choice(list(PLURALS.items()))
        wording = "[What is the plural of {x}?|Write the plural [form |]of {x}[.|]|Plural of {x}[?|]|Give the plural of {x}.|Make {x} plural.]"
    elif kind == "past":
        word, answer = rng.choice(list(PAST.items()))
        wording = "[What is the past tense of {x}?|Write {x} in the past tense[.|]|Past tense of {x}[?|]|Give the past tense of {x}.]"
    else:
        value = rng.randrange(len(NUMBER_WORDS))
        if kind == "digits":
            wording = "[Write [the number |]{x} [as digits|in digits|in figures|as a number][.|]|What is {x} as a number?]"
            return ask(rng, wording, value, hint="number", x=NUMBER_WORDS[value])
        wording = "[Write [the number |]{x} [as a word|in words|in letters][.|]|How do you write {x} in words?|Spell out the number {x}[.|]]"
        word, answer = str(value), NUMBER_WORDS[value]
    return ask(rng, wording, answer, hint="word", x=_quoted(rng, word))


KINDS = {
    "sort_words": sort_words,
    "reverse_words": reverse_words,
    "reverse_letters": reverse_letters,
    "spell": spell,
    "letter": letter,
    "count": count,
    "copy": copy,
    "pick": pick,
    "member": member,
    "sequence": sequence,
    "category": category,
    "odd_one_out": odd_one_out,
    "filter_list": filter_list,
    "fact": fact,
}
