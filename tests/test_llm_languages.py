"""Languages that nobody has translated: templates are translated, figures never, and what changes the meaning is not said."""

from __future__ import annotations

import json
import re

from tests.llm_fakes import (
    Asked,
    Says,
    pig,
    translator,
    understood,
)
from tests.llm_talk import Talk


def test_another_language_is_spoken_and_learnt_once(talk: Talk) -> None:
    talk.understands({"kind": "inform", "fields": {"goal": True}}, language="xx")
    reply = talk.desk.session().say("Zgrum frobnitz!")
    assert reply.language == "xx"
    assert pig("What examples do you have?") in reply.text
    asked = len(talk.asked("translate"))
    again = talk.desk.session("t").say("Zgrum frobnitz!")
    assert again.text == reply.text
    assert len(talk.asked("translate")) == asked > 0
    kept = json.loads((talk.desk.home / "translations" / "xx.json").read_text())
    assert all(pig(kept[source]) == source for source in kept)


def test_a_word_of_no_language_keeps_the_language(talk: Talk) -> None:
    session = talk.desk.session()
    talk.understands({"kind": "inform", "fields": {"goal": True}}, language="xx")
    session.say("Zgrum frobnitz!")
    talk.understands({"kind": "small_talk"}, language="fr")
    assert session.say("ok").language == "xx"


def test_no_figure_and_no_row_reaches_the_translator(talk: Talk) -> None:
    talk.understands({"kind": "inform", "fields": {"goal": True}}, language="xx")
    reply = talk.desk.session().say("Zgrum frobnitz!", [talk.desk.data("support_600")])
    assert "600" in reply.text
    sent = " ".join(one.text for one in talk.asked("translate") + talk.asked("check"))
    assert "support_600" not in sent
    assert "{rows:,}" in sent


def test_a_translation_that_changes_the_meaning_is_not_said(talk: Talk) -> None:
    def lies(asked: Asked) -> Says:
        if asked.purpose == "understand":
            return understood({"kind": "inform", "fields": {"goal": True}}, language="xx")
        said = json.loads(translator(asked).text)
        if asked.purpose == "translate":
            said = {number: re.sub("(?i)" + pig("nothing"), pig("something"), one) for number, one in said.items()}  # fmt: skip
        return Says(json.dumps(said))

    talk.plays(lies)
    reply = talk.desk.session().say("Zgrum frobnitz!")
    assert "nothing leaves this machine" in reply.text
    assert pig("What examples do you have?") in reply.text


def test_the_order_is_shown_in_the_persons_language(talk: Talk) -> None:
    talk.understands({"kind": "inform", "fields": {"goal": True}}, language="xx")
    reply = talk.desk.to_order(talk.desk.session())
    assert reply.language == "xx"
    assert reply.order is not None
    assert pig("minutes") in str(reply.order.at_most)
