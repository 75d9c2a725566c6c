"""Plain everyday text, generated: it gives ordinary words their meaning before a task needs them."""

import random

from training.practice.grammar import capitalised, expand
from training.practice.lexicon import LISTS
from training.practice.messages import message

_SENTENCES = [
    "{name} [went|came|drove|walked] to the [bank|shop|office|market|station|post office] on {day} to [pay a bill|get some cash|buy a {good}|send a parcel|meet {name}|open an account].",
    "The [bank|company|shop|office|hotel] [is open|opens|is closed|closes] [on {day}|every day|at {small} o'clock|in {month}].",
    "If you [lose your card|forget your PIN|change your address|get a new phone], [please |][call us|tell us|write to us|open the app] [at once|as soon as possible|within {small} days|].",
    "[A transfer|The transfer|An international transfer|A payment|A refund] [usually |][takes|needs] {small} [working days|days|hours] [to arrive|to reach the account|before you see the money].",
    "The [exchange rate|fee|price|limit|charge] [depends on|changes with] the [currency|country|day|amount|kind of card].",
    "To [verify your identity|prove who you are|open an account|get a card], you need [a passport|a photo of your identity card|a document|your address and date of birth].",
    "{name} [ordered|bought|returned|sold] a {color} {good} [on {day}|in {month}|last week|online], [but|and] it [arrived late|was {pos}|was {neg}|cost too much|came the next day].",
    "The {good} [is|was] {pos}, [but|and] the [service|price|delivery|staff] [is|was] [{neg}|{pos}].",
    "You can [top up|add money to] your account [by card|by bank transfer|with cash|with a cheque|automatically].",
    "[Please|You should|You must] [check|keep|read|sign|send] the [invoice|statement|contract|receipt|letter|form] [before {day}|carefully|in the app|and keep a copy|].",
    "In {month} the weather in {city} is [warm and sunny|cold and wet|often cloudy|windy|very hot].",
    "{name} is a {job} and lives in {city} with [a {animal}|two {animal}s|a brother|a friend].",
    "Every {day} {name} [drinks {drink} and eats {food}|goes {hobby}|works late|calls a friend|reads the news].",
    "We [sell|repair|deliver|clean] [{good}s|shoes|phones|laptops|bicycles] in {city} and in the whole [country|city|region].",
    "The [customer|client|manager|driver|owner] [asked|wanted|needed|waited] [for a refund|for an answer|for the invoice|for help|for {small} days].",
    "A [virtual|disposable|physical|debit|credit|lost|stolen|new] card [can be|may be|is] [ordered|blocked|frozen|cancelled|activated|used] [in the app|online|at an ATM|in every country|abroad].",
    "The ATM [gave|kept|took|returned] [the card|less cash|the wrong amount|my money], so {name} [called|wrote to|went to] the bank.",
    "It is [safe|possible|easy|not allowed|free|expensive] to [pay|withdraw cash|exchange money|send money|use the card] [abroad|in {country}|in {currency}|at night|online].",
    "Children [under|over] {small} years [pay less|travel free|cannot have an account|need a parent].",
    "[First|Then|Next|Finally|After that], [open|close|press|choose|enter|read] the [app|menu|button|password|code|page] and [wait|continue|confirm|save|try again].",
    "Our [app|website|shop|support team] [shows|lists|explains|checks] [all payments|every order|pending transfers|recent transactions|your balance|open invoices].",
    "The payment [is|was] [pending|declined|reverted|complete|rejected|cancelled] because [the account was empty|the card had expired|the limit was reached|the PIN was wrong|the bank said no].",
    "There is [no fee|a small fee|a charge of {small} {currency}|a limit of {small} payments] for [transfers|cash withdrawals|currency exchange|top ups|a second card].",
    "[Someone|A stranger|A thief|A former owner] [used|took|copied|found] my [card|phone|password|passport|details] [in {city}|without asking|last {day}|and bought a {good}].",
    "The {animal} is [in the garden|under the table|behind the {furniture}|near the river|on the road] and the {animal} is [asleep|hungry|{color}|old|fast].",
    "I [like|love|hate|prefer|do not like] {food}, [but|and] my [brother|sister|mother|father|friend] [likes|loves|hates|prefers] {food}.",
    "The {vehicle} to {city} [leaves|arrives|is late|was cancelled|costs {small} {currency}] [on {day}|in the morning|today|at night|].",
    "{name} wore a {color} {clothing} and a {color} {clothing} [to work|to the party|in {month}|because it was cold].",
    "[When|If|After|Before] the {vehicle} [arrives|leaves|stops], [we|they|you|people] [get on|get off|buy a ticket|wait|say goodbye].",
    "You will [receive|get|need|see] [an email|a message|a code|a letter|a call] [when|before|after] your [order|parcel|card|refund|appointment|claim] is [sent|ready|confirmed|done|checked].",
    "The warranty [covers|does not cover] [repairs|damage by water|a broken screen|lost parts|normal use] for {small} [months|years].",
    "To [cancel|change|move] an appointment, [call|write|use the website] at least {small} [hours|days] before.",
    "The internet [is slow|does not work|stopped working|works again], so [restart the router|check the cable|call support|wait a little].",
    "[I tried to|I wanted to|We could not|She was able to] [withdraw cash|pay at the shop|send money abroad|open the app|log in|top up|change the PIN] [in {city}|yesterday|this morning|twice|without success].",
    "[On my statement|In the app|On my account] there is a [payment|charge|withdrawal|fee|transaction|direct debit] of {small} {currency} [that I do not recognise|which was not me|from a shop in {city}|I did not expect].",
    "The rate [was better|was worse|changed|is fair] [at the weekend|yesterday|when I paid|for my purchase abroad], [so|and] I [got|paid|lost] [more|less] {currency}.",
    "[Your|The|My] [beneficiary|recipient|friend|landlord|seller] [has not received|got|is waiting for|returned] the [money|transfer|payment|deposit].",
    "[An automatic|A regular|A monthly] top up [adds|brings] {small} {currency} [to the account|to the card] when the balance is [low|below the limit].",
    "We need to [know|check|verify|prove] [the source of your funds|where the money comes from|your identity|your address] [before|because of the law|for safety].",
    "[You can|Customers can|It is easy to] [freeze|unfreeze|replace|link|add|remove|order|activate] [a card|the card|a bank account|a new device|a phone number] in [the app|the settings|a few steps].",
    "[The merchant|The shop|The hotel|The restaurant|The garage] [sent back|refunded|kept|charged] the [money|deposit|full amount|difference] [on {day}|after {small} days|by mistake|].",
    "Disposable virtual cards [are safe|can be used once|protect you] when you [shop online|buy from a new shop|pay for a trial].",
    "[Contactless|Mobile|Online|Card] payments [work|stopped working|are accepted|fail] [in most shops|on the bus|after an update|abroad|with my watch].",
    "[A teenager|A child|My son|A student] [may|can|cannot] have [a card|an account] [with the help of a parent|at the age of {small}teen|for pocket money].",
    "I would like to [edit|change|update|delete|close|terminate] my [personal details|name|address|account|phone number] because I [moved|got married|lost my phone|am not happy|am leaving the country].",
    "The [cheque|cash deposit|salary|bank transfer] [has not been added|was not credited|is not showing|arrived] [in|on|to] my [balance|account] [yet|after {small} days|this week].",
    "[Visa|Mastercard|Your bank|The machine|The other bank] [accepted|supports|refused|blocked] [the card|the payment|this currency|my request] [for safety|at once|without a reason|].",
    "My [salary|payslip|rent|bill|insurance] [is|was|comes] [late|higher than before|too low|wrong|on time] [this month|in {month}|again|].",
]  # fmt: skip
_CHINESE_SENTENCES = [
    "{zhname}住在{zhcity}，是一名{zhjob}。",
    "{zhname}喜欢{zhhobby}，也喜欢吃{zhfood}和{zhfruit}。",
    "[今天|明天|昨天|星期一|星期天]天气[很好|很冷|很热|不错]，{zhname}去{zhcity}[看朋友|旅行|工作|买东西]。",
    "如果您的银行卡丢了，请[马上|尽快][打电话|联系客服|在手机上挂失]。",
    "[转账|退款|付款]一般需要[一|两|三|五]个工作日到账。",
    "您的[订单|快递|包裹|发票][已经|还没有][发出|到达|处理|寄出]。",
    "[请问|你好]，[手续费|价格|密码|账户|余额][是多少|怎么查|在哪里看|怎么修改]？",
    "我们的[商店|银行|酒店|医院|学校][每天|星期六|早上][开门|不开门|很忙]。",
    "客服会[尽快|马上|明天][回答您的问题|处理您的退款|打电话给您]。",
    "{zhname}买了一[个手机|台电脑|本书|张桌子|件衣服]，[质量很好|价格太贵|很喜欢|想退货]。",
    "请[输入|修改|记住|保护]您的密码，不要告诉[别人|任何人]。",
    "去{zhcity}的[火车|飞机|公交车][晚了|到了|很快|不贵]。",
]


def passage(rng: random.Random) -> str:
    """Return a few sentences that could stand together; one in six is Chinese."""
    if rng.random() < 0.17:
        chosen = rng.choices(_CHINESE_SENTENCES, k=rng.randint(1, 4))
        return "".join(expand(rng, sentence, LISTS) for sentence in chosen)
    sentences = [
        message(rng)[0]
        if rng.random() < 0.3
        else capitalised(expand(rng, rng.choice(_SENTENCES), LISTS))
        for _ in range(rng.randint(1, 5))
    ]
    return " ".join(sentences)
