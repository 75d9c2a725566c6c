# ruff: noqa: SIM905
"""Curriculum: understanding a text: extraction, questions about it, its topic and its mood."""

import json
import random

from training.practice.grammar import expand
from training.practice.item import Item, ask
from training.practice.lexicon import (
    CATEGORY_WORDS,
    CITIES,
    DAYS,
    GOODS,
    HOBBIES,
    LISTS,
    NAMES,
    SURNAMES,
)

_JOBS = CATEGORY_WORDS["job"]

# A fact: field, ways to ask for it, ways to say it about {name}. The value stands for {value}.
_FACTS = {
    "city": ("Where does {name} live?|In which city does {name} live?|Which city is {name}'s home?", "{name} lives in {value}.|{name} is from {value}.|{name}'s home is in {value}.|{name} has a flat in {value}."),
    "job": ("What is {name}'s job?|What does {name} do for a living?|What does {name} work as?", "{name} works as a {value}.|{name} is a {value}.|{name} has a job as a {value}."),
    "age": ("How old is {name}?|What is {name}'s age?|What age is {name}?", "{name} is {value} years old.|{name} is {value}.|{name} turned {value} this year."),
    "hobby": ("What is {name}'s hobby?|What does {name} like?|What does {name} enjoy?", "{name} likes {value}.|{name} enjoys {value}.|{name} loves {value}.|{name}'s hobby is {value}."),
    "day": ("When does {name} come?|On which day does {name} come?|What day does {name} visit?", "{name} comes on {value}.|{name} will visit us on {value}.|{name} arrives on {value}."),
    "item": ("What did {name} buy?|Which item did {name} buy?|What has {name} bought?", "{name} bought a {value}.|{name} ordered a {value}.|{name} got a new {value}."),
    "pet": ("What pet does {name} have?|Which animal does {name} have?|What is {name}'s pet?", "{name} has a {value}.|{name} owns a {value}.|{name} has a pet {value}."),
    "color": ("What is {name}'s favourite color?|Which color does {name} like best?", "{name}'s favourite color is {value}.|{name} likes the color {value} best."),
}  # fmt: skip
_VALUES: dict[str, list[str]] = {
    "city": CITIES,
    "job": _JOBS,
    "age": [str(age) for age in range(18, 90)],
    "hobby": HOBBIES,
    "day": DAYS,
    "item": GOODS,
    "pet": CATEGORY_WORDS["animal"],
    "color": CATEGORY_WORDS["color"],
}
_PASSAGE_FRAMES = (
    "[Text: {text} Question: {question}|{text} {question}|Read the text and answer. {text} {question}|"
    "Passage: {text}\nQuestion: {question}|{text}\n{question}|Here is a text: {text} {question}|"
    "Text: {text}\nQuestion: {question}|Context: {text}\nQuestion: {question}|Answer from the text: {question} Text: {text}]"
)
_NOT_STATED_HINTS = (
    "[ If the text does not say, answer: not stated.| If it is not in the text, say not stated.| Answer from the text only, or say not stated.|"
    ' If the answer is not in the text, reply with not stated.| Say "not stated" if the text does not tell.|]'
)


def _passage(rng: random.Random, fields: list[str]) -> tuple[str, str, dict[str, str]]:
    """Return a short text about one person, the person, and the value of each field."""
    name = rng.choice(NAMES)
    values = {field: rng.choice(_VALUES[field]) for field in fields}
    sentences = []
    for position, field in enumerate(fields):
        wording = rng.choice(_FACTS[field][1].split("|"))
        subject = name if position == 0 or rng.random() < 0.4 else rng.choice(["He", "She"])
        if subject != name and "{name}'s" in wording:
            wording = wording.replace("{name}'s", "His" if subject == "He" else "Her")
        sentences.append(expand(rng, wording, LISTS, name=subject, value=values[field]))
    return " ".join(sentences), name, values


def reading(rng: random.Random) -> Item:
    """A question about a short text, sometimes one it does not answer."""
    fields = rng.sample(list(_FACTS), rng.choice([1, 2, 2, 3]))
    text, name, values = _passage(rng, fields)
    stated = rng.random() < 0.65
    field = rng.choice(fields if stated else [other for other in _FACTS if other not in fields])
    answer = values[field] if stated else "not stated"
    if not stated and rng.random() < 0.4:  # a question about someone else
        field, other = rng.choice(fields), rng.choice([other for other in NAMES if other != name])
        question = expand(rng, rng.choice(_FACTS[field][0].split("|")), LISTS, name=other)
    else:
        question = expand(rng, rng.choice(_FACTS[field][0].split("|")), LISTS, name=name)
    frame = _PASSAGE_FRAMES + (_NOT_STATED_HINTS if not stated or rng.random() < 0.7 else "")
    return ask(rng, frame, answer, hint="none", text=text, question=question)


def reading_two(rng: random.Random) -> Item:
    """A question about one of two people."""
    first, second = rng.sample(NAMES, 2)
    field = rng.choice(list(_FACTS))
    values = rng.sample(_VALUES[field], 2)
    text = " ".join(
        expand(rng, rng.choice(_FACTS[field][1].split("|")), LISTS, name=name, value=value)
        for name, value in zip((first, second), values, strict=True)
    )
    which = rng.randrange(2)
    question = expand(
        rng, rng.choice(_FACTS[field][0].split("|")), LISTS, name=(first, second)[which]
    )
    return ask(rng, _PASSAGE_FRAMES, values[which], hint="none", text=text, question=question)


_THING_FACTS = {
    "color": ("What color is the {x}?|Which color does the {x} have?|Name the color of the {x}.", "The {x} is {value}.|{name} has a {value} {x}.|The {x} in the shop is {value}.|{name} bought a {value} {x}.", CATEGORY_WORDS["color"]),
    "place": ("Where is the {x}?|Where can I find the {x}?|In which city is the {x}?", "The {x} is in {value}.|{name} left the {x} in {value}.|The {x} was sent to {value}.|You find the {x} in {value}.", CITIES),
    "price": ("How much does the {x} cost?|What is the price of the {x}?|How many euros is the {x}?", "The {x} costs {value} euros.|{name} paid {value} euros for the {x}.|The price of the {x} is {value} euros.|You get the {x} for {value} euros.", [str(price) for price in range(2, 200)]),
    "time": ("When does the {x} arrive?|On which day does the {x} come?|When will the {x} be here?", "The {x} arrives on {value}.|The {x} comes on {value}.|{name} gets the {x} on {value}.|The {x} will be here on {value}.", DAYS),
    "owner": ("Who has the {x}?|Who owns the {x}?|Whose {x} is it?", "The {x} belongs to {value}.|{value} has a {x}.|{value} owns the {x}.|It is {value}'s {x}.", NAMES),
    "number": ("How many {x}s are there?|How many {x}s does the shop have?|What is the number of {x}s?", "There are {value} {x}s.|The shop has {value} {x}s.|We counted {value} {x}s.", [str(number) for number in range(2, 60)]),
}  # fmt: skip
_OTHER_QUESTIONS = "[Where was {name} born?|How tall is {name}?|When was {name} born?|What is {name}'s phone number?|What did {name} eat?|Who is {name}'s boss?|What is {name}'s last name?|Is {name} married?|Which car does {name} drive?]"


def reading_thing(rng: random.Random) -> Item:
    """A question about a thing in a short text, sometimes one it does not answer."""
    thing = rng.choice([word for word in GOODS if not word.endswith("s")])
    name = rng.choice(NAMES)
    first, second = rng.sample(list(_THING_FACTS), 2)
    value = rng.choice(_THING_FACTS[first][2])
    text = expand(
        rng, rng.choice(_THING_FACTS[first][1].split("|")), LISTS, x=thing, name=name, value=value
    )
    if rng.random() < 0.4:
        text += " " + expand(
            rng,
            "[{name} is happy.|It is {day}.|The shop is closed now.|We like it.|{name} works there.]",
            LISTS,
        )
    stated = rng.random() < 0.65
    question = expand(
        rng, rng.choice(_THING_FACTS[first if stated else second][0].split("|")), LISTS, x=thing
    )
    if not stated and rng.random() < 0.5:
        question = expand(rng, _OTHER_QUESTIONS, LISTS, name=name)
    frame = _PASSAGE_FRAMES + (_NOT_STATED_HINTS if not stated or rng.random() < 0.7 else "")
    return ask(
        rng, frame, value if stated else "not stated", hint="none", text=text, question=question
    )


def yes_no(rng: random.Random) -> Item:
    """Whether a statement is true according to the text."""
    field = rng.choice(list(_FACTS))
    fields = [field, *rng.sample([other for other in _FACTS if other != field], rng.choice([0, 1]))]
    text, name, values = _passage(rng, fields)
    true = rng.random() < 0.5
    value = (
        values[field]
        if true
        else rng.choice([other for other in _VALUES[field] if other != values[field]])
    )
    claim = expand(rng, _FACTS[field][1].split("|")[0], LISTS, name=name, value=value)
    question = rng.choice(
        [
            f"Is it true that {claim[:-1]}?",
            f"True or false: {claim}",
            f"Is this right? {claim}",
            f"Statement: {claim} Is it true?",
        ]
    )
    asks_truth = question.startswith("True")
    answer = ("true" if true else "false") if asks_truth else ("yes" if true else "no")
    return ask(
        rng,
        _PASSAGE_FRAMES,
        answer,
        hint="none" if asks_truth else "yes",
        text=text,
        question=question,
    )


_RECORDS = {
    "person": (
        ["name", "city", "age", "job"],
        {
            ("name", "city"): "{name} lives in {city}.|{name} from {city} called.|My name is {name} and I live in {city}.|I am {name}, I come from {city}.|{name} moved to {city}.",
            ("name", "age"): "{name} is {age} years old.|{name}, {age}, is here.|My name is {name} and I am {age}.|At {age}, {name} retired.",
            ("name", "job"): "{name} works as a {job}.|{name} is a {job}.|Our {job} is called {name}.",
            ("name", "city", "age"): "{name} from {city} is {age} years old.|{name} is {age} and lives in {city}.|At {age}, {name} moved to {city}.|I am {name}, {age}, from {city}.",
            ("name", "job", "city"): "{name} works as a {job} in {city}.|{name} is a {job} from {city}.",
            ("name", "age", "job"): "{name}, {age}, works as a {job}.|{name} is a {age} year old {job}.",
        },
    ),
    "order": (
        ["item", "quantity", "day", "price"],
        {
            ("item", "price"): "The {item} costs {price} euros.|I paid {price} dollars for the {item}.|A {item} for {price} euros, please.",
            ("item", "quantity"): "I need {quantity} of the {item}.|Please send {quantity} times the {item}.|Order: {item}, {quantity} pieces.",
            ("item", "day"): "Please deliver the {item} on {day}.|The {item} arrives on {day}.|I ordered a {item} on {day}.",
            ("item", "quantity", "price"): "{quantity} pieces of {item} for {price} euros.|I bought the {item}, {quantity} of them, for {price} dollars.",
            ("name", "item"): "{name} ordered a {item}.|{name} wants to return the {item}.|Please send the {item} to {name}.",
            ("name", "item", "day"): "{name} ordered a {item} on {day}.|On {day}, {name} bought a {item}.",
            ("name", "day"): "{name} has an appointment on {day}.|Meeting with {name} on {day}.|{name} comes on {day}.",
            ("city", "day"): "The train to {city} leaves on {day}.|We fly to {city} on {day}.|On {day} we go to {city}.",
        },
    ),
}  # fmt: skip
_ASK_JSON = (
    "[[Extract|Get|Find|Pull out] the {fields} [as|in|as a] JSON[ object|][:|from this text:|from:] {text}|"
    "[Return|Write|Give] the {fields} as JSON: {text}|Turn this into JSON with [the keys |keys |]{keys}: {text}|"
    "Text: {text} Extract {keys} as JSON.|{text}\nWrite [the |]{fields} as JSON.|JSON with {keys}: {text}|"
    "Extract the {fields} from the text and [answer|reply] with JSON. Text: {text}|"
    "Extract the {fields} as JSON with the keys {keys}. {text}]"
)


def extract(rng: random.Random) -> Item:
    """Two or three fields of a sentence as a JSON object, in the order they are asked for."""
    _, records = rng.choice(list(_RECORDS.values()))
    keys, wordings = rng.choice(list(records.items()))
    values: dict[str, str | int] = {
        "name": rng.choice(NAMES)
        if rng.random() < 0.8
        else f"{rng.choice(NAMES)} {rng.choice(SURNAMES)}",
        "city": rng.choice(CITIES),
        "job": rng.choice(_JOBS),
        "age": rng.randint(18, 89),
        "item": rng.choice(GOODS),
        "quantity": rng.randint(2, 20),
        "price": rng.randint(3, 300),
        "day": rng.choice(DAYS),
    }
    text = expand(rng, rng.choice(wordings.split("|")), LISTS, **values)
    asked = list(keys)
    if rng.random() < 0.25:
        asked = rng.sample(asked, len(asked) - 1)
    elif rng.random() < 0.15:
        rng.shuffle(asked)
    answer = json.dumps({key: values[key] for key in asked}, ensure_ascii=False)
    fields = " and the ".join([", ".join(asked[:-1]), asked[-1]]) if len(asked) > 1 else asked[0]
    return ask(rng, _ASK_JSON, answer, hint="json", fields=fields, keys=", ".join(asked), text=text)


_REVIEWS = (
    "[The {thing} was {word}.|The {thing} is {word}.|What a {word} {thing}[!|.]|I found the {thing} {word}.|It was a {word} {thing}, I must say.|"
    "We had a {word} {thing}.|[I think|In my opinion] the {thing} was [really |very |quite |]{word}.|[Really|Very|So] {word} {thing}[!|.]|"
    "The {thing} in {city} was {word}.|My {thing} was {word} and {word2}.|The {thing} was {word} and the {thing2} was {word2}.|The {thing} and the {thing2} were {word}.|The {thing} was {word}. [I am|We are] {feeling}.|{feeling2}]"
)
_GLAD = "happy glad satisfied pleased delighted".split()
_UNHAPPY = "angry upset unhappy annoyed disappointed".split()
_LIKED = "[I love this {thing}.|I would buy it again.|I recommend this {thing}.|Best {thing} ever.|I enjoyed the {thing}.|The {thing} works well.]"
_DISLIKED = "[I hate this {thing}.|I want my money back.|Never again this {thing}.|Worst {thing} ever.|I did not enjoy the {thing}.|Do not buy this {thing}.]"


def sentiment(rng: random.Random) -> Item:
    """Positive or negative."""
    positive = rng.random() < 0.5
    words = LISTS["pos" if positive else "neg"]
    word, second = rng.sample(words, 2)
    slots = {
        "thing": rng.choice(LISTS["thing"]),
        "word": word,
        "word2": second,
        "thing2": rng.choice(LISTS["thing"]),
    }
    feeling2 = expand(rng, _LIKED if positive else _DISLIKED, LISTS, **slots)
    review = expand(
        rng,
        _REVIEWS,
        LISTS,
        **slots,
        feeling=rng.choice(_GLAD if positive else _UNHAPPY),
        feeling2=feeling2,
    )
    wording = (
        "[Positive or negative[?|:] {text}|Is this [review|text|sentence|comment|message] positive or negative[?|:] {text}|"
        "[Classify|Label] the [sentiment|review|mood] as positive or negative: {text}|What is the sentiment[?| of this review?|:] {text}|"
        "{text} [Is that positive or negative?|Positive or negative?]|Review: {text} Sentiment[?|:]|Sentiment (positive or negative): {text}]"
    )
    review = rng.choice(['"{}"', "{}", "{}"]).format(review)
    return ask(rng, wording, "positive" if positive else "negative", hint="word", text=review)


KINDS = {
    "reading": reading,
    "reading_two": reading_two,
    "reading_thing": reading_thing,
    "yes_no": yes_no,
    "extract": extract,
    "sentiment": sentiment,
}
