"""The brain that is a language model: it reads any language, words sentences in it, and looks things up to answer.

It speaks the rules brain's protocol, and falls back to that one for a turn whenever it cannot be had. It approves nothing,
picks no number, and what it words is held against the facts (`agent.words.faithful`).

    opening.py    PROVIDER:MODEL -> a chat model, or what is missing
    line.py       one call: patience, retries, rest after a failure
    purse.py      what a conversation may use, and what it has used
    reading.py    message -> typed intents
    checking.py   which of them the message bears out
    speaking.py   sentences in languages that nobody has translated yet
    guard.py      an answer, held against what was looked up
    translated.py a translation, held against its original
    answering.py  a free question -> read-only tools -> prose that the results bear out
    brain.py      all of it behind the protocol
"""
