"""Curriculum: what a customer's message is about, as a label, out of options, or as a title."""

import random

from training.practice.grammar import capitalised
from training.practice.item import Item, ask
from training.practice.messages import THINGS_BY_LABEL, message, thing_of, topics


def topic_label(rng: random.Random) -> Item:
    """The snake_case topic of a customer's message."""
    text, topic = message(rng)
    wording = (
        "[[Label|Tag|Classify] this message with [a|its] topic in snake_case: {text}|What is the topic[ of this message|]? Answer in snake_case. {text}|"
        "Topic label: {text}|Message: {text}\nTopic[ label|] (snake_case):|Name the topic of this message in snake_case: {text}|"
        "Which label fits? {text}|{text}\nTopic label?|Classify: {text}|Sort this message by topic: {text}|Intent of the message: {text}]"
    )
    return ask(rng, wording, topic, hint="none", text=text)


_ASK_TOPIC = (
    "[[Which|What] topic fits[ this message|]: {options}? [Message: |]{text}|[Choose|Pick] [one topic|the topic|a label]: {options}. Message: {text}|"
    "Topics: {options}.\nMessage: {text}\nTopic:|Classify the message as {either}: {text}|Is this message about {either}? {text}|"
    "{text}\nWhich topic: {options}?|Labels: {options}. Text: {text} Label:|"
    "What is [this|the message] about: {options}? {text}|{text} [Topic|Is it about] {either}?|Sort [this|the message] into {either}: {text}]"
)
_PLAIN_NAMES = {
    "passcode": "login|password|sign in", "parcel": "delivery|shipping|shipment", "refund": "refund|money back", "invoice": "invoice|billing|bill",
    "card_payment": "payment|payments", "internet": "internet|network|connection", "app": "app|website|software", "appointment": "appointment|booking|reservation",
    "insurance": "insurance|policy", "warranty": "warranty|repair", "room": "hotel|room", "salary": "salary|payroll", "holiday": "holiday|leave",
    "subscription": "subscription|membership", "voucher": "voucher|discount", "ticket": "ticket|travel", "phone": "phone|mobile phone",
    "identity": "identity|verification", "exchange": "exchange rate|currency", "cash": "cash|ATM", "transfer": "transfer|money transfer",
    "account": "account|bank account", "card": "card|bank card", "loan": "loan|credit", "pin": "PIN|PIN code", "address": "address|contact details",
    "product": "product|item", "order": "order|purchase", "fee": "fee|charges", "top_up": "top up|deposit",
}  # fmt: skip


def topic_plain(rng: random.Random) -> Item:
    """The topic of a message out of two to four ordinary words."""
    while True:
        text, topic = message(rng)
        thing = thing_of(topic)
        if thing in _PLAIN_NAMES:
            break
    others = [other for other in _PLAIN_NAMES if other != thing and not _related(other, thing)]
    named = {
        other: rng.choice(_PLAIN_NAMES[other].split("|"))
        for other in [thing, *rng.sample(others, rng.choice([1, 2, 2, 3]))]
    }
    options = list(named.values())
    rng.shuffle(options)
    either = " or ".join([", ".join(options[:-1]), options[-1]])
    return ask(
        rng,
        _ASK_TOPIC,
        named[thing],
        hint="none",
        options=", ".join(options),
        either=either,
        text=text,
    )


def topic_options(rng: random.Random) -> Item:
    """The topic of a message out of those named."""
    text, topic = message(rng)
    if rng.random() < 0.5:  # only the object
        thing = thing_of(topic)
        others = [
            other for other in THINGS_BY_LABEL if other != thing and not _related(other, thing)
        ]
        options, answer = [thing, *rng.sample(others, rng.choice([1, 2, 3]))], thing
    else:
        options, answer = (
            [
                topic,
                *rng.sample([other for other in topics() if other != topic], rng.choice([1, 2, 3])),
            ],
            topic,
        )
    rng.shuffle(options)
    either = " or ".join([", ".join(options[:-1]), options[-1]])
    return ask(
        rng, _ASK_TOPIC, answer, hint="none", options=", ".join(options), either=either, text=text
    )


def title(rng: random.Random) -> Item:
    """The subject line of a customer's message: its topic in words."""
    text, topic = message(rng)
    wording = (
        "[[Give|Write] a [short |]title for this message: {text}|What is this message about? {text}|Summarise [in a few words|briefly|]: {text}|"
        "[Write|Give] a subject line: {text}|{text}\nSummary in a few words:|Short summary: {text}]"
    )
    return ask(rng, wording, capitalised(topic.replace("_", " ")), hint="none", text=text)


def _related(first: str, second: str) -> bool:
    return any({first, second} <= group for group in _CONFUSABLE)


_CONFUSABLE = (
    {"card", "virtual_card", "card_payment", "pin"},
    {"order", "parcel", "product", "card_payment"},
    {"passcode", "pin", "app", "account"},
    {"transfer", "fee", "card_payment", "direct_debit"},
    {"top_up", "cash", "wallet", "card_payment"},
    {"subscription", "insurance", "loan"},
)

KINDS = {
    "topic_label": topic_label,
    "topic_options": topic_options,
    "topic_plain": topic_plain,
    "title": title,
}
