"""600 messages to a shop's support with their topic, and what is wrong with them, as in any real export."""
# ruff: noqa: SIM905  # word lists read best as lines of words

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from training.practice.grammar import capitalised, expand

TOPICS: dict[str, tuple[str, ...]] = {
    "delivery": (
        "[where is|where's] [my {thing}|my order|the parcel|my package|order {order}]",
        "my [{thing}|order|parcel|package] [has not|hasn't|still has not|did not] [arrived|come|shown up|turned up] [yet|]",
        "[I ordered|I bought] [a|the] {thing} {days} days ago and [nothing has come|it is still not here|I am still waiting]",
        "the tracking [says|shows|page says] [delivered|out for delivery] but [there is nothing here|I have got nothing|nobody rang]",
        "[can you tell me|do you know|any idea] when [my order|the {thing}|order {order}] [will arrive|gets here|is coming]",
        "the courier [left my parcel with a neighbour I do not know|went to the wrong house|never came on {day}]",
        "[how long|how many days] does shipping [to {city}|] [take|normally take]",
        "it [was supposed to be|should have been] here on {day}, [what happened|where is it|any news]",
    ),
    "refund": (
        "[I want|I would like|I'd like] my money back for [the {thing}|order {order}|my last order]",
        "[when|how soon] [do I get|will I get|will I see] my [refund|money] [for order {order}|for the {thing}|]",
        "I [sent back|returned] the {thing} [{days} days ago|last {day}|weeks ago] and [the refund is not here|got no money|you still have not paid me back]",
        "[please|can you] refund [order {order}|the {thing}|me], [it does not fit|I changed my mind|I do not need it any more]",
        "the refund [was only|is only] {amount} euros but I paid {more}",
        "how [do I|can I] [return this {thing}|send the {thing} back] and get [a refund|my money]",
        "you [promised|said] I [would get|will get] {amount} euros back [by {day}|within {days} days]",
    ),
    "login": (
        "[I can't|I cannot|cannot|unable to] [log in|sign in|get into my account|log into the app]",
        "I [forgot|have forgotten|lost] my password [and the reset mail does not come|and cannot reset it|]",
        "[the reset link|the password link|your link] [has expired|does not work|leads to an error page]",
        "my account [is locked|was locked|has been blocked] [after three tries|since {day}|for no reason]",
        "[it says|the app says|the site says] [wrong password|unknown user|invalid e-mail] but [I am sure it is right|I changed nothing]",
        "[I never get|I do not receive] the [code|sms code|six digit code] [to sign in|for the login|on my new phone]",
        "how [do I|can I] change [my password|the e-mail I log in with|my user name]",
    ),
    "invoice": (
        "[please send me|can I have|I need] [an|the] invoice for [order {order}|the {thing}|my last order]",
        "the invoice [has|shows] [the wrong name|the old company name|the wrong amount|no VAT number]",
        "I need a [receipt|bill|proper VAT invoice] for [my accountant|my tax return|the office|my company]",
        "[where do I find|how do I download] the [invoice|bill|receipt] [in my account|for {month}|]",
        "you [charged|billed] me [twice|two times] for [order {order}|the {thing}|the same order]",
        "there is [a charge|an amount] of {amount} euros on [my card|my statement] [that I do not know|from your shop, what is it for]",
        "[why|how come] is the bill {more} euros when the {thing} costs {amount}",
    ),
    "damaged": (
        "the {thing} [arrived|came] [broken|damaged|with a crack|scratched|in pieces]",
        "[I opened|just opened] the box and the {thing} [is broken|has a big scratch|does not turn on|is bent]",
        "[one of the|a] {part} [is missing|was missing|is broken|came off after a day]",
        "my [new|] {thing} [stopped working|broke|died] after {days} days",
        "the [box|parcel] was [wet|torn open|crushed] and the {thing} [inside|] is [ruined|damaged|useless]",
        "you sent me [a faulty|a broken|a defective] {thing}",
        "there is a [strange noise|burning smell|big dent] [in|coming from] the {thing}",
    ),
    "cancel": (
        "[please cancel|I want to cancel|can I cancel|cancel] [my order|order {order}|the {thing} I ordered]",
        "I [ordered|bought] the {thing} by mistake, [please stop it|do not send it|can you cancel it]",
        "[is it too late to stop|can I still stop] order {order}",
        "I [do not need|don't want] the {thing} any more, [it has not been sent yet|please do not ship it|stop the order]",
        "[how do I|where can I] [cancel|end|stop] my [subscription|monthly box|membership|plan]",
        "[end|stop|cancel] my [subscription|membership|monthly box] [at once|from {month}|please]",
        "I [ordered two|clicked twice and have two] {thing}s, [take one off|cancel one of them]",
    ),
    "address": (
        "I [have moved|moved|am moving] to {city}, [please change my address|how do I change the address|can you update it]",
        "[please send|can you send] order {order} to [my office|another address|my new flat|my mother in {city}] [instead|]",
        "I [gave|typed|entered] the wrong [street|house number|postcode|address]",
        "[can I|how do I] change the [delivery|shipping|billing] address [of order {order}|of my order|in my account]",
        "my new phone number is [on the way, where do I enter it|different, please update it]",
        "[the house number is missing|the postcode is wrong] [on my order|on order {order}|in my account]",
        "[please|] update my [contact details|address|phone number], I [live|work] in {city} now",
    ),
    "product": (
        "[does|will] the {thing} [work with|fit|go with] [my old one|the {part}|a {thing}|an iPhone]",
        "[which|what] size [should I take|do I need|is right] for [a {thing}|a tall person|a small kitchen]",
        "[is the {thing} available in black|when will the {thing} be back in stock|is the {thing} in stock in {city}]",
        "[how do I|how can I] [set up|clean|charge|use] [the|my] {thing}",
        "what is the difference between the [small|old|cheap] and the [large|new|expensive] {thing}",
        "[how much does|what does] the {thing} [weigh|cost|need in power]",
        "[does the {thing} come with a {part}|does the {thing} have a warranty|is the {thing} made of wood]",
    ),
}  # fmt: skip
_LISTS = {
    "thing": "lamp chair kettle backpack jacket toaster bicycle desk blender heater speaker tent mixer radio camera sofa".split(),
    "part": "handle charger cable screw lid wheel battery button strap filter".split(),
    "day": "Monday Tuesday Wednesday Thursday Friday Saturday".split(),
    "month": "January March May July October December".split(),
    "city": "Bristol Leeds Cork Lyon Porto Graz Turin Ghent Malmo Leipzig".split(),
}
_ASIDES: dict[str, tuple[str, ...]] = {
    "delivery": ("the parcel came on time", "delivery was quick by the way", "the courier was friendly", "I am not asking where my parcel is"),
    "refund": ("I do not want a refund", "I do not need my money back", "a refund is not what I am after", "the refund for the other order came, thanks"),
    "login": ("I can log in fine", "my password works again", "I am logged in already", "the login is not the problem"),
    "invoice": ("I have the invoice here", "the bill is paid", "the invoice was correct", "I already got the receipt"),
    "damaged": ("nothing is broken", "the {thing} itself is fine", "it works well", "there is no damage"),
    "cancel": ("I do not want to cancel", "please do not cancel the order", "I will keep my order", "no need to cancel anything"),
    "address": ("my address is correct", "you have the right address", "I checked the address twice", "I still live in {city}"),
    "product": ("I like the {thing} otherwise", "the description was clear", "the size is right", "I know how the {thing} works"),
}  # fmt: skip
"""Remarks about another topic than the one that is asked: counting words is not enough."""
_OPENINGS = "|||||Hi, |Hello, |Hello there, |Good morning, |Hey, |Dear team, |Hi support, |Excuse me, |Sorry to bother you, ".split("|")  # fmt: skip
_MOODS = {
    "calm": ("", "", ".", ". Thanks.", ". Thank you", ". Thank you for your help.", ". Kind regards, {name}", ". Best, {name}"),
    "cross": ("!", "!!", ". This is the third time I write.", ". I am really disappointed.", ". Not good enough.", "!! ANSWER ME"),
    "hasty": (" pls", " asap", "?? need it today", ". quick please", " thx"),
}  # fmt: skip
_NAMES = "Nora Iain Petra Luca Sofie Marek Aylin Tom Chiara Joost".split()
CARDS = (
    "4111 1111 1111 1111",
    "5555 5555 5555 4444",
    "4012888888881881",
    "4242 4242 4242 4242",
    "5105 1051 0510 5100",
    "6011111111111117",
)
"""Numbers that card companies publish for tests: they pass the checksum and belong to nobody."""


@dataclass(frozen=True)
class Message:
    """One line of the table."""

    text: str
    topic: str


@dataclass(frozen=True)
class Support:
    """Both tables, and what was planted in them: places in `messages`, or in `held_out` where named so."""

    messages: list[Message]
    held_out: list[Message]
    exact_duplicates: list[tuple[int, int]]
    near_duplicates: list[tuple[int, int]]
    conflicts: list[tuple[int, int]]
    cards: list[int]
    leaked: list[tuple[int, int]]
    """(place in `held_out`, place in `messages`)."""


def build(seed: int = 0, *, rows: int = 600, held_out: int = 120) -> Support:
    """Write both tables. Equal seeds give equal tables."""
    rng = random.Random(f"support/{seed}")
    planted = {"exact": 14, "near": 16, "conflict": 2}
    fresh = _distinct(rng, rows - sum(planted.values()) + held_out - 10)
    messages = fresh[: rows - sum(planted.values())]
    apart = fresh[len(messages) :]
    cards = sorted(rng.sample(range(len(messages)), len(CARDS)))
    for place, card in zip(cards, CARDS, strict=True):
        said = rng.choice(
            [f". My card is {card}", f", I paid with card {card}", f" (card number {card})"]
        )
        messages[place] = Message(messages[place].text.rstrip(".!? ") + said, messages[place].topic)
    spare = [place for place in range(len(messages)) if place not in cards]
    chosen = rng.sample(spare, sum(planted.values()))
    exact = _repeat(messages, chosen[:14], lambda message: message)
    near = _repeat(
        messages, chosen[14:30], lambda message: Message(_nearly(rng, message.text), message.topic)
    )
    others = {topic: [name for name in TOPICS if name != topic] for topic in TOPICS}
    conflicts = _repeat(
        messages,
        chosen[30:],
        lambda message: Message(message.text, rng.choice(others[message.topic])),
    )
    leaked = []
    for place in rng.sample([place for place in spare if place not in chosen], 10):
        leaked.append((len(apart), place))
        apart.append(messages[place])
    return _shuffled(rng, Support(messages, apart, exact, near, conflicts, cards, leaked))


def _distinct(rng: random.Random, count: int) -> list[Message]:
    found: dict[str, Message] = {}
    topics = list(TOPICS)
    # Not equally many: real topics never are. The rarest has about a third of the commonest.
    weights = [18, 15, 13, 12, 12, 11, 10, 7]
    while len(found) < count:
        topic = rng.choices(topics, weights)[0]
        text = message(rng, topic)
        found.setdefault(
            "".join(sign for sign in text.casefold() if sign.isalnum()), Message(text, topic)
        )
    return list(found.values())


def message(rng: random.Random, topic: str) -> str:
    """Write one message: a wording, a mood, sometimes typing errors."""
    slots = {
        "order": rng.randint(10_000, 99_999),
        "days": rng.randint(2, 20),
        "amount": rng.randint(8, 90),
        "more": rng.randint(91, 240),
    }
    body = expand(rng, rng.choice(TOPICS[topic]), _LISTS, **slots)
    if rng.random() < 0.12:
        other = expand(rng, rng.choice(TOPICS[topic]), _LISTS, **slots)
        body = f"{body}. {capitalised(other)}"
    if rng.random() < 0.4:
        about = rng.choice([name for name in TOPICS if name != topic])
        aside = expand(rng, rng.choice(_ASIDES[about]), _LISTS)
        body = rng.choice(
            [
                f"{aside}, but {body}",
                f"{body}. {capitalised(aside)}",
                f"{aside}. {capitalised(body)}",
            ]
        )
    mood = rng.choices(list(_MOODS), [6, 2, 2])[0]
    end = rng.choice(_MOODS[mood]).format(name=rng.choice(_NAMES))
    question = body.split()[0] in {
        "where",
        "where's",
        "when",
        "how",
        "can",
        "do",
        "does",
        "is",
        "which",
        "what",
        "why",
        "will",
        "any",
    }
    if question and end in ("", "."):
        end = "?"
    text = rng.choice(_OPENINGS) + body + end
    style = rng.random()
    if style < 0.35:
        text = text.lower()
    elif style < 0.40:
        text = text.upper()
    else:
        text = capitalised(text)
    return _typo(rng, text) if rng.random() < 0.22 else text


def _typo(rng: random.Random, text: str) -> str:
    """Swap, drop or double a letter in a word or two."""
    for _ in range(rng.choice([1, 1, 2])):
        places = [
            place
            for place in range(1, len(text) - 2)
            if text[place].isalpha() and text[place + 1].isalpha()
        ]
        place = rng.choice(places)
        kind = rng.choice("sdx")
        one, two = text[place], text[place + 1]
        text = (
            text[:place]
            + {"s": two + one, "d": two, "x": one + one + two}[kind]
            + text[place + 2 :]
        )
    return text


def _nearly(rng: random.Random, text: str) -> str:
    """The same message again, as people send it: a word more, another sign, a typing error."""
    bare = text.rstrip(".!? ")
    return rng.choice(
        [
            bare + " please",
            bare + "??",
            "Hello again. " + text,
            _typo(rng, text),
            bare + ", thanks",
            _typo(rng, text) + "!",
        ]
    )


def _repeat(
    messages: list[Message], places: list[int], change: Callable[[Message], Message]
) -> list[tuple[int, int]]:
    pairs = []
    for place in places:
        pairs.append((place, len(messages)))
        messages.append(change(messages[place]))
    return pairs


def _shuffled(rng: random.Random, made: Support) -> Support:
    """Put both tables in a random order, so that what was planted does not stand at the end."""
    order, apart = list(range(len(made.messages))), list(range(len(made.held_out)))
    rng.shuffle(order)
    rng.shuffle(apart)
    now = {old: new for new, old in enumerate(order)}
    later = {old: new for new, old in enumerate(apart)}

    def moved(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
        return [(now[one], now[two]) for one, two in pairs]

    return Support(
        messages=[made.messages[old] for old in order],
        held_out=[made.held_out[old] for old in apart],
        exact_duplicates=moved(made.exact_duplicates),
        near_duplicates=moved(made.near_duplicates),
        conflicts=moved(made.conflicts),
        cards=sorted(now[place] for place in made.cards),
        leaked=[(later[one], now[two]) for one, two in made.leaked],
    )
