"""Curriculum: talking with a person: greetings, memory, politeness, formats."""

import random

from training.practice.grammar import capitalised, expand
from training.practice.item import Item, Turn, ask, plain, with_system
from training.practice.lexicon import (
    CATEGORY_WORDS,
    CITIES,
    DAYS,
    EVERYDAY_WORDS,
    GOODS,
    HOBBIES,
    LISTS,
    NAMES,
    NOUNS,
    PET_NAMES,
    SHORT_WORDS,
)
from training.practice.messages import message, thing_of
from training.practice.wording import fact

_TALK = (
    ("[Hello|Hi|Hi there|Hey|Good morning|Good evening|Good afternoon|Hello there][!|.|,|][ how are you?| Nice to meet you.| My day was {pos}.| It is {day}.| Greetings from {city}.|]", "Hello. How can I help you?"),
    ("[How are you[ today|]?|How are you doing[ today|]?|How is it going[ this {day}|]?|Are you well[ today|]?|How do you feel[ this {day}|]?]", "I am fine, thank you. How can I help you?"),
    ("[Thank you|Thanks|Many thanks|Thank you very much|Thanks a lot|Thanks for your help][!|.|][ That was {pos}.| You are {pos}.| The {thing} works again.|]", "You are welcome."),
    ("[Goodbye|Bye|See you|See you [later|tomorrow|on {day}|in {city}|soon]|Good night|Have a nice day][!|.|]", "Goodbye. Have a nice day."),
    ("[Who are you[ really|]?|What are you?|What is your name?|Are you a [robot|person|human]?|Tell me about yourself.|Introduce yourself.][ I am {name}.| My name is {name}.| I am curious.|]", "I am a small practice model."),
    ("[What can you do[ for me|]?|How can you help me[ on a {day}|]?|What do you know about {hobby}?|What are you good at?]", "I can answer short questions and do small tasks."),
    ("[Sorry|I am sorry|I apologise|My mistake|Oops][!|.|][ I was late.| I was {neg}.| I lost the {noun}.|]", "No problem. How can I help you?"),
    ("[I am [sad|tired|sick|ill|upset][ today| this {day}| because of the {thing}|].|I feel [bad|sad|tired][ today| in {city}|].|I had a {neg} day.|My {animal} is [sick|gone].]", "I am sorry to hear that. I hope it gets better soon."),
    ("[I am [happy|glad|excited][ today| this {day}| about my {thing}|].|I [won|found|got] a {good}[!|.]|I had a {pos} day.|My {thing} was {pos}[!|.]]", "That is good to hear."),
    ("[Tell me a joke[ about a {animal}|].|Say something funny[ about {drink}|].|Do you know a joke[ about a {noun}|]?|Make me laugh.]", "Why did the book look sad? It had too many problems."),
)  # fmt: skip


def smalltalk(rng: random.Random) -> Item:
    """Greetings, thanks and small talk, each with its usual answer."""
    wording, answer = rng.choice(_TALK)
    return with_system(rng, plain(expand(rng, wording, LISTS), answer))


_REPLY_ENDS = {
    "lost": "Please block it in the app, and we will send you a new one.",
    "stolen": "Please block it at once, and we will look into it.",
    "not_arrived": "It is on its way, and you can follow it in the app.",
    "cancel": "You can cancel it in the app under settings.",
    "change": "You can change it in the app under settings.",
    "cost": "You can find all prices in the app.",
    "how_long": "It usually takes two or three working days.",
    "get": "You can order it in the app.",
}


def reply(rng: random.Random) -> Item:
    """A polite answer to a customer's message, naming its object."""
    text, topic = message(rng)
    thing = thing_of(topic)
    matter = topic[len(thing) + 1 :]
    end = _REPLY_ENDS.get(matter, "We will look into it and write to you soon.")
    answer = f"Thank you for your message about your {thing.replace('_', ' ')}. {end}"
    wording = (
        "[[Answer|Reply to] this customer[ politely|]: {text}|Write a [polite |short |]reply to: {text}|A customer writes: {text} [Answer politely.|Write a reply.]|"
        "Customer: {text}\nYour reply:|{text}\nWrite [an answer|a reply] to this customer.]"
    )
    return ask(rng, wording, answer, hint="none", text=text)


_CASE_WORDS = sorted({*SHORT_WORDS, *EVERYDAY_WORDS})
_ORDERS = (
    "send me the {x}|give me the {x}|close the {x}|open the {x}|bring me the {x}|call {name} about the {x}|help {name} with the {x}|"
    "check the {x}|show me the {x}|repair the {x}|move the {x}|pay for the {x}|tell {name} about the {x}|find the {x}|wait for {name}|"
    "come to {city} on {day}|clean the {x}|cancel the {x}|answer {name}|write to {name} on {day}"
)
_OBJECTS = [
    *NOUNS[:60],
    "report",
    "invoice",
    "letter",
    "door",
    "window",
    "meeting",
    "order",
    "contract",
    "file",
    "ticket",
    "room",
    "key",
    "bill",
    "list",
]


def polite(rng: random.Random) -> Item:
    """An order turned into a polite request."""
    order = expand(
        rng, f"[{_ORDERS}]", LISTS, x=rng.choice([word for word in _OBJECTS if word.islower()])
    )
    blunt = expand(
        rng,
        "[{order}[.|!| now.| now!| at once.]|{order}, [quickly|fast|now][.|!]]",
        LISTS,
        order=order,
    )
    wording = (
        "[[Rewrite|Say|Write|Rephrase|Put] [this |it |]politely: {text}|Make this [polite|more polite|friendlier]: {text}|"
        "Turn this into a polite request: {text}|{text} [Say it politely.|Make it polite.]|Polite version of: {text}]"
    )
    return ask(rng, wording, f"Could you please {order}?", hint="none", text=capitalised(blunt))


def case(rng: random.Random) -> Item:
    """A few words in capitals, in small letters, or with a capital first letter each."""
    words = rng.sample(_CASE_WORDS, rng.choice([1, 1, 2, 2, 2, 3, 4]))
    text = " ".join(words)
    what = "[this |the text |these words |the words |the following |this line |]"
    draw = rng.random()
    if draw < 0.6:
        wording = (
            f"[[Write|Put|Say|Repeat|Rewrite|Give me|Copy] {what}[in|in|only in|using] [capital letters|capitals|upper case|uppercase|all caps|uppercase letters|big letters]: {{x}}[|]|"
            f"[Convert|Change|Turn] {what}[to|into] [upper case|uppercase|capital letters|all caps]: {{x}}|{{x}} in capital letters[?|.|]|Make {what}uppercase: {{x}}|"
            "Answer in capital letters: {x}]"
        )
        return ask(rng, wording, text.upper(), hint="none", x=text)
    if draw < 0.8:
        wording = (
            f"[[Write|Put|Say|Repeat|Copy] {what}[in|using] [small letters|lower case|lowercase|lowercase letters]: {{x}}|[Convert|Change|Turn] {what}to [lower case|lowercase]: {{x}}|"
            f"Make {what}lowercase: {{x}}|{{x}} in lower case[?|.|]]"
        )
        shown = text.upper() if rng.random() < 0.6 else text.title()
        return ask(rng, wording, text, hint="none", x=shown)
    wording = (
        f"[[Write|Put|Repeat|Copy] {what}[with a capital letter at the start of each word|with every first letter big|in title case|with each word capitalised]: {{x}}|"
        "[Capitalise|Capitalize] [each|every] word: {x}|Make the first letter of [each|every] word a capital: {x}]"
    )
    return ask(rng, wording, text.title(), hint="none", x=text)


_ITEMS = [*NOUNS, *CITIES, *_CASE_WORDS, *GOODS, *HOBBIES]
_SEPARATORS = {
    "semicolons": "; ",
    "slashes": "/",
    "commas": ", ",
    "hyphens": "-",
    "dashes": " - ",
    "plus signs": " + ",
}


def format_list(rng: random.Random) -> Item:
    """The same items as bullets, numbers, commas or lines."""
    items: list[str] = []
    while len(items) < 2:
        items = list(dict.fromkeys(rng.choices(_ITEMS, k=rng.choice([2, 3, 3, 3, 4, 4, 5]))))
    if rng.random() < 0.25:
        name, mark = rng.choice(list(_SEPARATORS.items()))
        wording = (
            "[[Write|Put|Give|Show] [these words|the words|the items|them] [with {mark} between them|with {mark} in between|divided by {mark}|joined by {mark}]: {list}|"
            "[Put|Place|Use|Set] {mark} between [these|the] [words|items]: {list}|[Join|Divide|Separate|Split up] [these|the] [words|items] [with|by] {mark}: {list}|{list}: separate [them|the words] with {mark}]"
        )
        given = rng.choice([" ", " ", ", "]).join(items)
        return ask(rng, wording, mark.join(items), hint="none", mark=name, list=given)
    shapes = {
        "bullets": ("[as|into] [a bullet list|bullet points|bullets|a bulleted list|a list with a dash before each item|a bullet list with a dash on each line|lines that begin with a dash|a dashed list]", "\n".join(f"- {item}" for item in items)),
        "numbers": ("[as|into] [a numbered list|a numbered list|a list with numbers such as 1. and 2.|a list numbered 1. 2. 3.|numbered lines]", "\n".join(f"{n}. {item}" for n, item in enumerate(items, 1))),
        "commas": ("[as|into] [a comma separated list|a list with commas|a comma list]", ", ".join(items)),
        "lines": ("[with one item per line|one per line]", "\n".join(items)),
        "json": ("[as|into] a JSON [list|array|list of strings|array with strings]", "[" + ", ".join(f'"{item}"' for item in items) + "]"),
    }  # fmt: skip
    shape, answer = shapes[
        rng.choice(
            ["bullets", "bullets", "bullets", "numbers", "numbers", "commas", "lines", "json"]
        )
    ]
    given = rng.choice([", ", ", ", ", ", " and ", "; ", " "]).join(items)
    wording = (
        f"[[Write|Put|Format|Show|Give|Give me|Rewrite] [these|this|the items|these items|the words|this list|the following|] {shape}: {{list}}|"
        f"[Make|Turn|Change] [{{list}} {shape}[.|]|this {shape}: {{list}}]|[Items|Words]: {{list}}. Write them {shape}.|{{list}}: write [this|them] {shape}]"
    )
    return ask(rng, wording, answer, hint="none", list=given)


_MEMORIES = (
    ("My name is {v}.|I am {v}.|I am called {v}.|Hello, my name is {v}.", NAMES, "Nice to meet you, {v}.", "What is my name?|Do you remember my name?|What am I called?|Tell me my name."),
    ("I live in {v}.|My home is in {v}.|I am from {v}.|My city is {v}.", CITIES, "{v} is a nice city.", "Where do I live?|Which city am I from?|What is my city?|In which city do I live?"),
    ("My favourite color is {v}.|My favorite color is {v}.|I like the color {v} best.", CATEGORY_WORDS["color"], "I will remember {v}.", "What is my favourite color?|What is my favorite color?|Which color do I like?"),
    ("I have a {v}.|My pet is a {v}.|I have a pet {v}.", CATEGORY_WORDS["animal"], "A {v} is a fine animal.", "What pet do I have?|What is my pet?|Which animal do I have?"),
    ("My favourite number is {v}.|The secret number is {v}.|Remember the number {v}.|The number is {v}.|My code is {v}.", [str(n) for n in range(100)], "I will remember {v}.", "What is the number?|Which number was it?|What number did I tell you?|What is my number?"),
    ("I work as a {v}.|I am a {v}.|My job is {v}.", CATEGORY_WORDS["job"], "That is a good job.", "What is my job?|What do I work as?|What do I do?"),
    ("My dog is called {v}.|My cat is named {v}.|My rabbit has the name {v}.|We call our dog {v}.|We call our cat {v}.|{v} is the name of my dog.|{v} is the name of my cat.|The name of my horse is {v}.", PET_NAMES, "{v} is a good name.", "What is my pet called?|What is the name of my pet?|How do we call our pet?|What is my animal's name?"),
    ("I like {v}.|My hobby is {v}.|I enjoy {v}.", HOBBIES, "That sounds nice.", "What is my hobby?|What do I like?|What do I enjoy?"),
    ("Remember the word {v}.|The secret word is {v}.|The password is {v}.|Keep this word in mind: {v}.", SHORT_WORDS, "I will remember {v}.", "What was the word?|What is the secret word?|Which word did I tell you?|Tell me the word."),
    ("My meeting is on {v}.|The appointment is on {v}.|I arrive on {v}.", DAYS, "I will remember {v}.", "When is it?|Which day was it?|On which day?|What day did I say?"),
)  # fmt: skip


def memory(rng: random.Random) -> Item:
    """Something the person said one to three turns ago."""
    count = rng.choice([1, 1, 2])
    told = rng.sample(_MEMORIES, count)
    values = [rng.choice(memory[1]) for memory in told]
    turns: list[Turn] = []
    for (says, _, answer, _), value in zip(told, values, strict=True):
        turns += [
            ("user", expand(rng, rng.choice(says.split("|")), LISTS, v=value)),
            ("assistant", answer.replace("{v}", value)),
        ]
    if rng.random() < 0.35:
        between = fact(rng)
        turns += [("user", between.turns[-1][1]), ("assistant", between.answer)]
    which = rng.randrange(count)
    turns.append(("user", rng.choice(told[which][3].split("|"))))
    return with_system(rng, Item(tuple(turns), values[which]))


KINDS = {
    "smalltalk": smalltalk,
    "reply": reply,
    "polite": polite,
    "case": case,
    "format_list": format_list,
    "memory": memory,
}
