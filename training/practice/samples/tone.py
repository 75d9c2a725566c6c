"""300 pairs for tone: the same reply to a customer, once kind and once curt."""
# ruff: noqa: SIM905  # word lists read best as lines of words

from __future__ import annotations

import random

from training.practice.grammar import capitalised, expand

_LISTS = {
    "thing": "lamp chair kettle jacket toaster bicycle desk heater speaker tent radio camera".split(),
    "day": "Monday Tuesday Wednesday Thursday Friday".split(),
    "name": "Nora Iain Petra Luca Sofie Marek Aylin Tom Chiara Joost".split(),
}
# what the customer says, what is to be told, how curtly
_CASES: tuple[tuple[str, str, str], ...] = (
    ("[Where is my {thing}|My {thing} has not arrived|When will my {thing} come]", "your {thing} is on its way and will arrive on {day}", "[It comes {day}.|Wait until {day}.|{day}.]"),
    ("[I want my money back for the {thing}|Please refund the {thing}]", "we have started your refund, and you will see it by {day}", "[Done. {day}.|You get it {day}.|Refund sent.]"),
    ("[My {thing} is broken|The {thing} arrived with a crack|The {thing} stopped working]", "we are sorry about that and will send you a new {thing} on {day}", "[Send it back.|New one {day}.|That happens.]"),
    ("[I cannot log in|My password does not work|I am locked out of my account]", "we have sent you a new link, and you can sign in with it until {day}", "[Use the new link.|Check your mail.|Reset it.]"),
    ("[Can I change my address|I gave you the wrong address|I have moved]", "we have changed your address, and the {thing} will go to the new one", "[Changed.|You should have checked.|Ok, changed.]"),
    ("[Please cancel my order|I do not need the {thing} any more|Can I stop my order]", "we have cancelled your order, and nothing will be charged", "[Cancelled.|Ok.|It is cancelled now.]"),
    ("[Do you have the {thing} in black|Is the {thing} in stock|When is the {thing} back in stock]", "the {thing} will be back on {day}, and we will gladly keep one for you", "[Not now.|Maybe {day}.|Look at the website.]"),
    ("[I need an invoice|Where is my invoice|Can you send me the receipt]", "we have sent the invoice to your e-mail address", "[See your mail.|It is in your account.|Sent.]"),
    ("[You charged me twice|There is a second charge on my card|Why did I pay two times]", "you are right, and we have returned the second payment today", "[We fixed it.|It was an error.|You get it back.]"),
    ("[How do I clean the {thing}|How do I use the {thing}|How does the {thing} work]", "please follow page two of the booklet, and we will gladly help if anything is unclear", "[Read the booklet.|Page two.|It is in the manual.]"),
)  # fmt: skip
_KIND = (
    "Thank you for [your message|writing to us|getting in touch]. {told}. [Please let us know if we can help with anything else|We wish you a nice day|Do write to us again at any time].",
    "[Hello|Good day], and thank you for [your message|your question]. {told}. [Have a nice day|Kind regards].",
    "We are [happy|glad] to help. {told}. [Thank you for your patience|Please write to us if anything is unclear].",
)
_ASIDES = (
    "It was a gift for my {kin}|We have guests on {day}|I waited at home the whole {day}|My {kin} asked me twice already|I have been a customer for {years} years|"
    "I wrote to you on {day} and nobody answered|The other parts of the order were fine|I need it for a trip to {city}|The office in {city} is asking|"
    "I am writing from my phone|I tried for {years} hours|My old one lasted {years} years|We move to {city} on {day}|I paid by card on {day}|"
    "I read the page about it and did not understand|Somebody on the phone told me to write|It cost {price} euros after all|I only have time on {day}|My {kin} has the same one and is happy|"
    "I do not want to wait until {day}"
).split("|")
_MORE = {
    "kin": "sister brother mother neighbour daughter uncle boss grandmother".split(),
    "city": "Bristol Leeds Cork Lyon Porto Graz Turin Ghent".split(),
    "years": "two three four five six ten".split(),
    "price": "18 25 39 47 64 80 120".split(),
}
_OPENINGS = "|||Hello, |Hi, |Good morning, |Excuse me, |Dear team, ".split("|")
_ENDS = ("?", ".", "!", ". Thanks.", ". Please help.", "!! I am not happy.", ". It is {name}.")


def build(seed: int = 0, *, rows: int = 300) -> list[dict[str, str]]:
    """Write `{"prompt", "chosen", "rejected"}` rows. Both replies tell the same; only the tone differs."""
    rng = random.Random(f"tone/{seed}")
    found: dict[str, dict[str, str]] = {}
    while len(found) < rows:
        asked, told, curt = rng.choice(_CASES)
        slots = {name: rng.choice(words) for name, words in _LISTS.items()}
        end = expand(rng, rng.choice(_ENDS), _LISTS, **slots)
        said = expand(rng, asked, _LISTS, **slots)
        if rng.random() < 0.75:
            aside = expand(rng, rng.choice(_ASIDES), _LISTS | _MORE)
            said = rng.choice([f"{said}. {aside}", f"{aside}. {said}"])
        prompt = capitalised(rng.choice(_OPENINGS) + said + end)
        kind = expand(
            rng, rng.choice(_KIND), _LISTS, told=capitalised(expand(rng, told, _LISTS, **slots))
        )
        found.setdefault(
            prompt,
            {"prompt": prompt, "chosen": kind, "rejected": expand(rng, curt, _LISTS, **slots)},
        )
    return list(found.values())
