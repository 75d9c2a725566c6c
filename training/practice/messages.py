"""Customers' messages with their topic: what ordinary businesses are written about.

A topic is an object and a matter (`card` + `lost` -> `card_lost`), so that a few hundred topics come
from two short tables, and the model has to read both halves of a sentence to name one.
"""

import random

from training.practice.grammar import capitalised, expand
from training.practice.lexicon import LISTS

# object: (label, ways to say it)
_BANK_THINGS = {
    "card": "card|bank card|new card|debit card|credit card|physical card",
    "virtual_card": "virtual card|disposable card|online card|temporary card",
    "account": "account|bank account|savings account|current account|joint account",
    "transfer": "transfer|bank transfer|money transfer|wire transfer|transaction",
    "card_payment": "card payment|payment|contactless payment|purchase|payment by card",
    "direct_debit": "direct debit|standing order|monthly payment",
    "cash": "cash|cash withdrawal|ATM withdrawal|money from the ATM|cash from the machine",
    "top_up": "top up|top-up|deposit|cheque deposit",
    "pin": "PIN|PIN code|card PIN",
    "passcode": "passcode|password|login code|security code",
    "identity": "identity check|verification|identity documents|passport check|proof of identity",
    "exchange": "exchange rate|currency exchange|foreign currency|conversion rate",
    "fee": "fee|charge|extra fee|transfer fee|service charge",
    "statement": "statement|bank statement|balance|transaction history",
    "loan": "loan|mortgage|credit|overdraft",
    "wallet": "phone wallet|mobile payment|Apple Pay|Google Pay|phone payment",
}
_SHOP_THINGS = {
    "order": "order|purchase|online order|last order",
    "parcel": "parcel|package|delivery|shipment",
    "refund": "refund|money back|repayment|reimbursement",
    "invoice": "invoice|bill|receipt|VAT invoice",
    "product": "product|item|{good}|new {good}",
    "voucher": "voucher|gift card|discount code|coupon",
    "subscription": "subscription|plan|membership|monthly plan",
    "appointment": "appointment|booking|reservation|visit",
    "ticket": "ticket|train ticket|flight ticket|concert ticket",
    "internet": "internet|wifi|connection|broadband|network",
    "app": "app|website|mobile app|software",
    "phone": "phone|mobile phone|SIM card|handset",
    "address": "address|postal address|email address|phone number",
    "insurance": "insurance|policy|insurance claim|cover",
    "warranty": "warranty|guarantee|repair",
    "room": "room|hotel room|apartment|flat",
    "salary": "salary|payslip|expenses|wages",
    "holiday": "holiday|leave|day off|vacation",
}
THINGS_BY_LABEL = _BANK_THINGS | _SHOP_THINGS

# matter: ways a person says it about {thing}
MATTERS = {
    "lost": "I [lost|cannot find|have lost|misplaced|can not seem to find|just lost] my {thing}|my {thing} is [lost|missing|gone]|I left my {thing} [on the bus|in a taxi|in a {country} hotel|at work]|[where|what] do I [go|do] if I lost my {thing}",
    "stolen": "[someone|a thief|somebody] [stole|took] my {thing}|my {thing} [was|has been|got] stolen|I was robbed and my {thing} is gone|there is a {thing} I did not make|I do not recognise [a|this] {thing}|there is a {thing} I know nothing about|I think someone [is using|used] my {thing}|I didn't [make|do|order|approve] this {thing}|[who made|where does] this {thing} [come from|]|a {thing} that was not me",
    "not_arrived": "my {thing} [has not|hasn't|did not] [arrived|come|shown up|been delivered] [yet|]|[when|how soon] will my {thing} [arrive|come|get here|be here]|I am still waiting for my {thing}|where is my {thing}|it has been {small} [days|weeks] and [still no|I do not have my] {thing}|I expected my {thing} [last week|on {day}|days ago]|[has|was] my {thing} [been |][sent|posted|shipped]|the {thing} should have come [by now|already|on {day}]|what if my {thing} does not arrive|I haven't [got|received|seen] my {thing} [yet|so far]",
    "tracking": "can I track my {thing}|how do I [see|follow|check] where my {thing} is|is there a tracking number for my {thing}|I want to know the status of my {thing}|is my {thing} on the way|any [news|update] about my {thing}|do you have [tracking|information] for my {thing}",
    "not_working": "my {thing} [is not|isn't|does not seem to be|stopped] working|my {thing} [doesn't work|does not work|is broken|fails] [anymore|again|]|[why|how come] is my {thing} not working|I have [a problem|trouble|an issue] with my {thing}|I [can't|cannot] use my {thing}|the {thing} [keeps failing|gives an error message|does nothing]|[is something|what is] wrong with my {thing}|nothing happens with my {thing}|my {thing} will not work [in shops|online|abroad|at all]|I think my {thing} is [broken|faulty|damaged]",
    "declined": "my {thing} was [declined|rejected|refused|denied|not accepted]|why [was|has] my {thing} [been |][declined|rejected|refused]|the [shop|store|machine|system] [declined|refused|rejected] my {thing}|my {thing} did not go through|the {thing} [would not|didn't|did not] go through|[I was told|it says] my {thing} is not accepted|my {thing} keeps getting [declined|rejected]|[a shop|an ATM|a website] would not take my {thing}",
    "pending": "my {thing} is [still |][pending|being processed|not complete|waiting]|why is my {thing} [still |]pending|how long will my {thing} [stay|be] pending|the {thing} [shows as|says] pending|my {thing} has been pending [for {small} days|since {day}|all week]|when will the {thing} [clear|go through|be completed]|it still says pending for my {thing}|the {thing} is stuck",
    "failed": "my {thing} [failed|did not work|was not completed|went wrong]|why did my {thing} fail|I tried {small} times and the {thing} failed|the {thing} gives an error|my {thing} [didn't|did not|won't|can't] [go through|complete|finish]|what went wrong with my {thing}|I can't make a {thing}|the {thing} was not successful",
    "wrong_amount": "[the amount|the total|the sum] of my {thing} is [wrong|incorrect|not right|different]|I got the wrong amount [for|from] my {thing}|my {thing} [shows|has] the wrong amount|I was [given|charged] [less|more] than I [asked|expected] for my {thing}|the {thing} [shows|says] {small} {currency} [too much|too little]|why is the amount of my {thing} [different|higher|lower]|the {thing} is not the amount I [entered|agreed to|asked for]",
    "charged_twice": "I was charged [twice|two times|double] for my {thing}|my {thing} [was|has been] charged twice|there are two charges for the same {thing}|why do I see my {thing} twice|you took the money for my {thing} twice|I [paid|was billed] twice for [one|the same] {thing}|there is a double charge for my {thing}|my {thing} appears [twice|two times] [in the app|on my statement|]|one {thing} was taken [twice|two times]",
    "cancel": "[how do I|how can I|can I|I want to|I need to|I would like to|please help me] [cancel|stop|end] my {thing}|please cancel my {thing}|[cancel|stop] the {thing} [now|please|at once|]|I do not want my {thing} any more|I made a mistake with my {thing} and want to [stop|cancel] it|is it too late to [cancel|stop] my {thing}|I changed my mind about the {thing}|[close|terminate|delete] my {thing}",
    "change": "[how do I|how can I|can I|where do I|I want to|I need to|I would like to] [change|update|edit|correct] my {thing}|[my {thing} must be changed|please change my {thing}]|is it possible to change my {thing}|my {thing} [is old|is not right any more] and I want a different one|where can I [edit|change|update] my {thing}|what do I do to change my {thing}|I would like a different {thing}",
    "activate": "how do I [activate|start|turn on|switch on|set up] my {thing}|I [want|need|would like] to activate my {thing}|my {thing} needs to be activated|activating my {thing} does not work|what are the steps to activate the {thing}|how can I make my {thing} [active|ready to use]|I [got|received] my {thing} and want to [use|activate] it|my {thing} is here, what [now|next]|[link|add|connect] my {thing} [to the app|to my account]|how do I link my {thing}",
    "blocked": "my {thing} is [blocked|locked|frozen|suspended]|why is my {thing} [blocked|locked|frozen]|please unblock my {thing}|I [can't|cannot] get into my {thing} because it is locked|can you unlock my {thing}|I [entered the wrong code|tried too often] and now my {thing} is [blocked|locked]|the {thing} got [blocked|locked|frozen]|why can't I [access|open|use] my {thing} any more|how do I [unblock|unlock|unfreeze] my {thing}",
    "cost": "how much [is|does] [a|the] {thing} [cost|]|is there a [fee|cost|charge|price] for [a|the|my] {thing}|what do I pay for [a|the] {thing}|do you charge for [a|the] {thing}|why was I charged for my {thing}|are there [any |][extra |hidden |][fees|charges|costs] for [the|a|my] {thing}|is [the|a] {thing} free|why [is there|do I see] a [fee|charge] on my {thing}|how expensive is [the|a] {thing}|I was charged a fee for my {thing}",
    "limit": "[what is the|is there a] [limit|maximum|minimum] for my {thing}|how [many|much] {thing} can I [have|use|make]|I reached the limit of my {thing}|can you [raise|increase|lower] the limit of my {thing}|how often can I use my {thing}|is there [any |][a |]limit to [the|my] {thing}|how much can I put on my {thing}|what is the [most|highest amount] for my {thing}",
    "how_long": "how long does [a|the|my] {thing} take|how many days [for|until] the {thing}|when will [the|my] {thing} be [done|ready|finished|complete]|does the {thing} take [long|more than a week]|when [can I expect|should I have|do I get] [the|my] {thing}|how [fast|quick|soon] is [the|a] {thing}|how much time does [the|a|my] {thing} need|what is the [delivery time|waiting time] for [the|a|my] {thing}",
    "countries": "[which|what] countries [are supported|can I use it in] for the {thing}|can I [use|get] my {thing} in {country}|does the {thing} work [abroad|in {country}|outside the country]|do you offer the {thing} in {country}|where [can I|do you] use the {thing}|is the {thing} [available|accepted|supported] [in {country}|abroad|everywhere]|I live in {country}, can I get [the|a] {thing}|can I use my {thing} on a trip to {country}",
    "get": "[how do I|how can I|can I|where do I|I want to|I need to|I would like to] [get|order|have|request|open] [a|another|a second] {thing}|I need a {thing}|am I allowed to have a {thing}|what do I need for a {thing}|how do I go about getting a {thing}|can you [send|give|make] me a {thing}|[who|what age] can get a {thing}|I would like to apply for a {thing}|do you offer a {thing}|is it possible to [get|have] [two|more than one] {thing}|can my [son|daughter|wife|husband] have a {thing}",
    "forgot": "I [forgot|do not remember|can't remember|no longer know] my {thing}|what [do I do|happens] if I forget my {thing}|please [reset|send me] my {thing} [again|]|I need to reset my {thing}|my {thing} [slipped my mind|is not what I thought]|I need a new {thing} because I forgot [it|the old one]|where can I [see|find|look up] my {thing}|how do I [reset|recover|get back] my {thing}",
    "why_needed": "why do [I|you] need [a|the|my] {thing}|what is the {thing} for|is the {thing} [really |][necessary|required]|why do you ask [for|about] my {thing}|I do not understand the {thing}|do I [have|need] to [give|show|have] [a|the|my] {thing}|why must I [give|send|show] [a|the|my] {thing}|what happens without [a|the] {thing}|what do you do with my {thing}",
    "cancelled": "my {thing} [was|has been] [cancelled|reverted|returned|sent back]|why was my {thing} [cancelled|reverted|returned]|who cancelled my {thing}|the {thing} came back to me|my {thing} was [undone|taken back|stopped] and I do not know why|I see that my {thing} was [returned|reverted|sent back]|the {thing} got [cancelled|reversed]",
    "missing": "my {thing} is not [showing|there|in my account|visible]|I [do not|don't|can't] see my {thing}|[where did|where has] my {thing} [go|gone]|the {thing} has disappeared|I never received my {thing}|my {thing} [doesn't|does not] [show|appear] [in the app|in my account|on the list]|the {thing} [vanished|is gone] from my account|why can't I see my {thing}|the money from my {thing} is not [here|there|in my account]",
    "expired": "my {thing} [expires|is about to expire|will expire] [soon|in {month}|next month|]|my {thing} has expired|what [do I do|happens] when my {thing} expires|I need to renew my {thing}|how do I [renew|replace] my {thing} [before it expires|]|will you send me a new {thing} [before|when] the old one expires|is my {thing} still valid|when does my {thing} [expire|run out]",
    "damaged": "my {thing} [arrived|came] [damaged|broken|dirty]|the {thing} is [damaged|scratched|cracked]|there is a [crack|hole|scratch] in my {thing}|my {thing} was damaged [on the way|in the post|]|the {thing} does not look [new|right] and has a [crack|hole|scratch]|I got a [damaged|broken] {thing}",
    "return": "[how do I|how can I|can I|I want to|I would like to] [return|send back|give back] my {thing}|where do I send my {thing} back|I do not like my {thing} and want to return it|the {thing} does not fit, how do I return it|what is the return policy for [a|the] {thing}|I changed my mind and want to send the {thing} back",
    "wrong": "[you sent me|I got|I received] the wrong {thing}|this is not the {thing} I [ordered|wanted|asked for]|the {thing} is [wrong|incorrect|not mine]|my {thing} is not right|there is a mistake in my {thing}|something is wrong with the [details|data] of my {thing}|the [name|date|number] on my {thing} is wrong",
}  # fmt: skip
_MONEY_ONLY = {"wrong_amount", "charged_twice", "pending", "declined"}
_GOODS_ONLY = {"damaged", "return", "tracking"}
_GOODS = {"order", "parcel", "product", "phone", "card", "ticket", "invoice", "voucher"}
_MONEY = {
    "transfer", "card_payment", "direct_debit", "cash", "top_up", "fee", "refund", "order", "invoice",
    "subscription", "ticket", "salary", "exchange", "room", "virtual_card", "wallet", "card",
}  # fmt: skip
_OPENERS = "[||||||Hi, |Hello, |Hi there, |Good morning, |Please help: |Help, |Excuse me, |Hey, |Dear team, |Sorry, |Quick question: |Hello again, |So |Well, ]"
_CLOSERS = (
    "[|||||| Please help.| Thanks.| Thank you.| What should I do?| Can you help me?| This is urgent.|"
    " What is going on?| I am very annoyed.| I checked the app already.| I tried yesterday.|"
    " Please tell me what to do.| It was on {day}.| I live in {country}.| I am in {city} now.|"
    " Is there a way to fix this?| How does it work?| I just moved to {country}.| I am going on holiday to {country} soon.| I already asked your support team.|"
    " My [wife|husband|son|daughter|boss|friend] needs it too.| I got a [message|letter|call|code] about it.| I never had this problem before.|"
    " I do not understand why.| The app [says nothing|shows an error|does not help].| I want to [speak|talk] to [someone|a person|a manager].|"
    " I am [worried|upset|confused|disappointed].| Nobody [answers|helps|tells me anything].| I would like to know [more|soon|the reason].|"
    " It worked [fine |]before.| Should I [wait|worry|call the bank|go to the bank|try again]?| I have [waited|tried] for {small} days.|"
    " This is [the second time|not fair|strange|really bad].| It says [error|pending|not available] [on my screen|in the app].| I need it [today|tomorrow|this week|soon].|"
    " I have been a customer for {small} years.| Can you check?| My name is {name}.]"
)
_QUESTION_STARTS = (
    "how",
    "what",
    "when",
    "where",
    "why",
    "who",
    "which",
    "can",
    "is",
    "do",
    "does",
    "am",
)


def topics() -> list[str]:
    """Return every topic label, in a fixed order."""
    return [f"{thing}_{matter}" for thing, matter in _PAIRS]


def thing_of(topic: str) -> str:
    """Return the object of a topic: `card` of `card_lost`."""
    return _BY_LABEL[topic][0]


def message(rng: random.Random, topic: str | None = None) -> tuple[str, str]:
    """Return a customer's message and its topic; without `topic`, any one."""
    if topic is None:
        thing, matter = rng.choice(_PAIRS)
    else:
        thing, matter = _BY_LABEL[topic]
    wording = rng.choice(_TOP_LEVEL[matter])
    core = expand(rng, wording, LISTS, thing=expand(rng, "[" + THINGS_BY_LABEL[thing] + "]", LISTS))
    opener = expand(rng, _OPENERS, LISTS)
    if opener:
        opener += " "
    end = "?" if core.split()[0].lower() in _QUESTION_STARTS else "."
    if rng.random() < 0.15:
        end = rng.choice(["", "!", "??", "..."])
    text = opener + (core if opener and rng.random() < 0.7 else capitalised(core)) + end
    text = capitalised(text) if rng.random() < 0.93 else text
    return f"{text} {expand(rng, _CLOSERS, LISTS)}".strip(), f"{thing}_{matter}"


def split_alternatives(text: str) -> list[str]:
    """Split at the bars that stand outside every bracket."""
    parts, depth, start = [], 0, 0
    for position, letter in enumerate(text):
        depth += (letter == "[") - (letter == "]")
        if letter == "|" and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    return [*parts, text[start:]]


def _fits(thing: str, matter: str) -> bool:
    if matter in _MONEY_ONLY:
        return thing in _MONEY
    if matter in _GOODS_ONLY:
        return thing in _GOODS
    return True


_PAIRS = [
    (thing, matter) for thing in THINGS_BY_LABEL for matter in MATTERS if _fits(thing, matter)
]
_BY_LABEL = {f"{thing}_{matter}": (thing, matter) for thing, matter in _PAIRS}
_TOP_LEVEL = {matter: split_alternatives(wordings) for matter, wordings in MATTERS.items()}
