"""Curriculum: short writing under a rule: a number of words, a given word, a form, a subject."""

import random
from collections.abc import Callable

from training.practice.grammar import capitalised, expand
from training.practice.item import Item, ask, plain
from training.practice.lexicon import CATEGORY_WORDS, LISTS, NOUNS, SHORT_WORDS
from training.practice.wording import fact

# subject: three words each, and whole sentences about it
_ABOUT = {
    "rain": ("rain is wet|soft rain falls", "Rain falls from the clouds and makes the streets wet.|Rain is good for plants."),
    "coffee": ("coffee is hot|hot black coffee", "Coffee is a hot drink that many people have in the morning."),
    "tea": ("tea is hot|I drink tea", "Tea is a hot drink made from leaves.|A cup of tea is nice in the evening."),
    "dogs": ("dogs are loyal|dogs like walks", "Dogs are loyal animals that like to run and play."),
    "cats": ("cats sleep often|cats are soft", "Cats are soft animals that sleep a lot."),
    "winter": ("winter is cold|cold winter days", "Winter is the cold season with snow and short days."),
    "summer": ("summer is warm|sunny summer days", "Summer is the warm season with long and sunny days."),
    "spring": ("spring brings flowers|spring is mild", "In spring the flowers bloom and the days get longer."),
    "autumn": ("autumn leaves fall|autumn is cool", "In autumn the leaves fall and the wind is cool."),
    "music": ("music is beautiful|soft music plays", "Music makes people happy and brings them together."),
    "money": ("money buys things|save your money", "Money is used to buy things and can be saved in a bank."),
    "books": ("books teach us|good books help", "Books tell stories and teach us new things."),
    "the sea": ("sea is deep|the blue sea", "The sea is deep and blue and full of fish."),
    "the sun": ("sun shines bright|the warm sun", "The sun gives us light and warm days."),
    "the moon": ("moon shines bright|the full moon", "The moon shines in the sky at night."),
    "trains": ("trains are fast|the fast train", "Trains take many people from city to city."),
    "bread": ("bread is tasty|fresh warm bread", "Bread is baked from flour and water and tastes good when it is fresh."),
    "school": ("school teaches children|I like school", "At school children learn to read and write."),
    "friends": ("friends help friends|good old friends", "Friends help each other and have fun together."),
    "work": ("work is important|hard work pays", "Work can be hard, but it pays the bills."),
    "snow": ("snow is white|snow falls softly", "Snow is cold and white and falls in winter."),
    "birds": ("birds can fly|birds sing songs", "Birds have wings and sing in the morning."),
    "food": ("food tastes good|good fresh food", "Good food is fresh and makes people happy."),
    "travel": ("travel is fun|we travel far", "Travel is a good way to see new countries."),
    "cars": ("cars drive fast|a red car", "Cars are fast, but they need a lot of space."),
    "flowers": ("flowers smell nice|red flowers bloom", "Flowers smell nice and bloom in the garden."),
    "fish": ("fish can swim|fish live underwater", "Fish live in the water and can swim very well."),
    "banks": ("banks keep money|banks lend money", "Banks keep money safe and lend it to people."),
    "phones": ("phones are useful|phones ring often", "Phones are small and let us talk to people far away."),
    "time": ("time goes fast|time is money", "Time goes fast when you are happy."),
    "sleep": ("sleep is good|I need sleep", "Sleep is good for you and gives you new strength."),
    "sport": ("sport is healthy|I like sport", "Sport is healthy and fun with friends."),
    "the weather": ("weather is nice|cold wet weather", "The weather changes every day and is hard to guess."),
    "water": ("water is life|clean cold water", "Water is clear and every plant and animal needs it."),
    "the city": ("city is loud|a big city", "The city is big and loud and has many shops."),
    "family": ("family comes first|I love family", "A family is a group of people who love each other."),
    "gardens": ("gardens are green|green quiet gardens", "Gardens are green places with trees and flowers."),
    "computers": ("computers are fast|computers help us", "Computers are machines that help us to work faster."),
    "bicycles": ("bicycles are cheap|ride bicycles daily", "A bicycle has two wheels and needs no petrol."),
    "cooking": ("cooking is fun|cooking saves money", "Cooking is fun and saves money."),
}  # fmt: skip
_MORE = {
    "animal": "A {x} is an animal that people [like|know|draw|see] in many countries.",
    "fruit": "A {x} is a fruit that tastes [sweet|good|fresh].",
    "vegetable": "A {x} is a vegetable that people [cook|eat] at home.",
    "food": "{x} is a food that many people [like|eat|buy].",
    "drink": "{x} is a drink that many people [like|have|buy].",
    "tool": "A {x} is a tool that helps you to [build|repair|make] things.",
    "vehicle": "A {x} is a vehicle that takes people [to work|to the city|from place to place].",
    "furniture": "A {x} is a piece of furniture that stands in [a room|many houses].",
    "clothing": "A {x} is a piece of clothing that people wear [every day|in the city].",
    "job": "A {x} is a person who works hard [every day|for other people].",
    "instrument": "A {x} is an instrument that makes [music|beautiful sounds].",
    "building": "A {x} is a building where people [meet|work|come together].",
    "utensil": "A {x} is a thing that we use in the kitchen.",
    "sport": "{x} is a sport that people [play|like|watch] in many countries.",
}
_COUNTED = {
    1: ["one word", "one word", "1 word"],
    2: ["two words", "two words", "2 words"],
    3: ["three words", "three words", "3 words"],
}


def words_about(rng: random.Random) -> Item:
    """A given number of words about a subject; any words of that number are right."""
    subject = rng.choice(list(_ABOUT))
    number = rng.choice([1, 2, 3, 3])
    words = rng.choice(_ABOUT[subject][0].split("|")).split()
    chosen = {1: words[-1:], 2: words[-2:], 3: words}[number]
    wording = (
        "[[Reply|Answer|Respond] with [exactly |]{number} about {x}.|[Write|Say|Give me] [exactly |]{number} about {x}.|"
        "Describe {x} in [exactly |]{number}.|Tell me about {x} in [exactly |]{number}.|{x} in [exactly |]{number}[.|, please.]|"
        "Use [exactly |only ]{number} to [describe|talk about] {x}.|What is {x}? [Answer|Reply] in [exactly |]{number}.]"
    )
    said = rng.choice(_COUNTED[number])
    item = ask(rng, wording, " ".join(chosen), hint="none", number=said, x=subject)
    return Item(item.turns, item.answer, lambda text: len(text.split()) == number)


def describe(rng: random.Random) -> Item:
    """A sentence about a subject; any clean sentence of four words or more that names it is right."""
    if rng.random() < 0.5:
        subject = rng.choice(list(_ABOUT))
        answer = rng.choice(_ABOUT[subject][1].split("|"))
        key = subject.removeprefix("the ").rstrip("s")
    else:
        name = rng.choice(list(_MORE))
        key = rng.choice(CATEGORY_WORDS[name])
        subject = f"{rng.choice(['a', 'the'])} {key}" if _MORE[name].startswith("A ") else key
        answer = _article(capitalised(expand(rng, _MORE[name], LISTS, x=key)))
    wording = (
        "[[Write|Give me|Say|Make] [one|a|a short] sentence about {x}.|Tell me [something|one thing|a little] about {x}.|"
        "Describe {x}[ in one sentence| in a sentence| briefly|].|What [do you know about|can you say about] {x}?|Say something about {x}.|"
        "Explain {x} in one sentence.|{x}: write [one|a short] sentence.]"
    )
    item = ask(rng, wording, answer, hint="none", x=_article(subject))

    def accepts(text: str) -> bool:
        words = text.lower().split()
        return len(words) >= 4 and key.lower() in text.lower() and len(set(words)) > len(words) / 2

    return Item(item.turns, item.answer, accepts)


_SENTENCES = "[The {a} is in the {place}.|I saw a {a} near the {place}.|My {a} is {color}.|We have a {color} {a} at home.|{name} likes the {a} very much.|A {a} can be useful.]"


def sentence_with(rng: random.Random) -> Item:
    """A sentence that contains, starts with or ends with a given word."""
    word = rng.choice([noun for noun in [*NOUNS, *SHORT_WORDS] if noun.islower()])
    kind = rng.choice(["contains", "contains", "starts", "ends"])
    about = ""
    if kind == "contains":
        answer = expand(
            rng,
            _SENTENCES,
            LISTS,
            a=word,
            place=rng.choice(["park", "house", "store", "garden", "school"]),
        )
        wording = (
            "[[Write|Give me|Make] [a|one] [short |]sentence{about} [with|that contains|that includes|containing|using|which contains] the word {x}.|"
            "Use [the word |]{x} in a [short |]sentence{about}.|[Write|Say] something{about} and use the word {x}.]"
        )
        about = rng.choice(["", "", f" about {rng.choice(list(_ABOUT))}"])
    elif kind == "starts":
        answer = expand(
            rng,
            "[{a} is [nice|useful|good|old].|{a} comes from {city}.|{a} is what {name} likes.]",
            LISTS,
            a=capitalised(word),
        )
        wording = "[[Write|Give me|Make] [a|one] [short |]sentence that [starts|begins] with [the word |]{x}.|Start your answer with the word {x}.|Begin your answer with [the word |]{x}. Say something.]"
    else:
        answer = expand(
            rng,
            "[{name} has a {a}.|I like the {a}.|We saw a {color} {a}.|Please give {name} the {a}.]",
            LISTS,
            a=word,
        )
        wording = "[[Write|Give me|Make] [a|one] [short |]sentence that ends with [the word |]{x}.|End your answer with the word {x}.[ Say something.|]|Say something and end with the word {x}.]"
    shown = capitalised(word) if kind == "starts" and rng.random() < 0.5 else word
    item = ask(rng, wording, answer, hint="none", x=rng.choice([shown, f'"{shown}"']), about=about)
    checks: dict[str, Callable[[str], bool]] = {
        "contains": lambda text: word in text.lower(),
        "starts": lambda text: text.lower().startswith(word),
        "ends": lambda text: text.lower().rstrip(".!?").endswith(word),
    }
    return Item(item.turns, item.answer, checks[kind])


_RULES: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("[Always answer in capital letters.|Answer in capital letters[ only|].|Write everything in capitals.|Answer in upper case.|Use only capital letters.]", str.upper),
    ("[Answer in lower case.|Write everything in small letters.|Use only lowercase letters.|Answer in small letters[ only|].]", str.lower),
    ("[End every answer with a full stop.|Put a full stop at the end.|Always end with a period.]", lambda text: f"{text}."),
    ("[Start every answer with: Answer:|Begin every answer with: Answer:]", lambda text: f"Answer: {text}"),
    ("[Put the answer in quotes.|Write the answer in quotation marks.|Always use quotation marks.]", lambda text: f'"{text}"'),
    ("[Say the answer twice.|Repeat the answer twice.|Always say it twice.]", lambda text: f"{text} {text}"),
    ("[Put the answer in brackets.|Write the answer in brackets.|Always use brackets.]", lambda text: f"({text})"),
    ("[End your answer with the word done.|Always end with the word done.|Finish with the word done.]", lambda text: f"{text} done"),
    ("[Start your answer with the word Well.|Always begin with the word Well.|Begin with the word Well.]", lambda text: f"Well, {text}"),
    ("[Write an exclamation mark at the end.|End with an exclamation mark.]", lambda text: f"{text}!"),
)  # fmt: skip


def rule(rng: random.Random) -> Item:
    """A rule for the answer, in the system turn or with the question."""
    base = fact(rng)
    question = base.turns[-1][1]
    wording, change = rng.choice(_RULES)
    said = expand(rng, wording, LISTS)
    if rng.random() < 0.4:
        return Item((("system", said), ("user", question)), change(base.answer))
    if rng.random() < 0.3:
        question = f"{said[:-1]}: {question}" if said.endswith(".") else f"{said} {question}"
        return plain(question, change(base.answer))
    prompt = f"{said} {question}" if rng.random() < 0.5 else f"{question} {said}"
    return plain(prompt, change(base.answer))


def greeting_without(rng: random.Random) -> Item:
    """Say a greeting or a word without a mark or a letter it could do without."""
    said = rng.choice(
        [
            "hello",
            "good morning",
            "thank you",
            "goodbye",
            "welcome",
            "good night",
            "yes",
            "no",
            *SHORT_WORDS,
        ]
    )
    without = rng.choice(
        [
            "a comma",
            "any comma",
            "commas",
            "punctuation",
            "a full stop",
            "an exclamation mark",
            "any other word",
        ]
    )
    wording = "[Say {x} without [using |]{y}.|Write {x} without {y}.|Do not use {y}. Say {x}.|Answer without {y}: say {x}.]"
    return ask(rng, wording, capitalised(said), hint="none", x=said, y=without)


def _article(text: str) -> str:
    first, _, rest = text.partition(" ")
    return f"{first}n {rest}" if first in ("a", "A") and rest[:1].lower() in "aeio" else text


KINDS = {
    "words_about": words_about,
    "describe": describe,
    "sentence_with": sentence_with,
    "rule": rule,
    "greeting_without": greeting_without,
}
