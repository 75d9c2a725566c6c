"""The guards on what a language model writes: wrong answers and wrong translations are caught, right ones pass."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator

import pytest

from agent.brain.llm.guard import Backing, unbacked
from agent.brain.llm.translated import BLANK, as_template, mistranslated, same_blanks
from prompts import translations
from tests.llm_fakes import pig

RESULT = {
    "run": "tickets-train-1a2b3c",
    "class": [
        {"name": "billing", "base": 0.81, "tuned": 0.735, "items": 48},
        {"name": "login", "base": 0.42, "tuned": 0.93, "items": 57},
        {"name": "refunds", "base": 0.613, "tuned": 0.88, "items": 33},
    ],
    "spent": {"minutes": 14.2, "cost_usd": 0.37, "tokens": 182_400},
    "predicted": {"minutes": 11.6},
    "retention": {"value": 0.962, "low": 0.941},
    "steps": [{"step": 140, "loss": 1.82, "lr": 0.00035}, {"step": 150, "loss": 1.31}],
    "rows": 612,
}
QUESTION = "which class got worse, and why did the curve bend at step 140?"
FAITHFUL = (
    "Billing got worse: it was 81 % before and 73.5 % after the training.",
    "Only billing fell, from 81 % to 73.5 %, on 48 examples.",
    "The class billing went from 0.81 to 0.735.",
    "Login rose from 42 % to 93 %. That is measured on 57 examples.",
    "Refunds improved: 61.3 % before, 88 % after.",
    "The run took 14.2 minutes and cost 0.37 dollars.",
    "It read 182,400 tokens; 11.6 minutes had been expected.",
    "At step 140 the loss is 1.82, and at step 150 it is 1.31.",
    "You have 612 rows.",
    "It kept 96.2 % of its general abilities, at least 94.1 %.",
    "There were three classes:\n1. billing\n2. login\n3. refunds",
    "The learning rate at step 140 was 0.00035.",
    "Nothing in what I looked up says why the curve bends at step 140.",
    "I cannot tell from the results which rows are meant.",
    "billing 在训练前是 81 %，训练后是 73.5 %，变差了。",
    "用了 14.2 分钟，花费 0.37 美元。",
    "一共有 612 行。",
)
DIRECTIONS = (
    ("got worse", "got better"), ("fell", "rose"), ("rose", "fell"), ("improved", "got worse"), ("变差", "变好"), ("went", "improved"),
)  # fmt: skip
UNITS = ((" %", " points"), ("minutes", "hours"), ("dollars", "euros"), ("分钟", "小时"), ("美元", "欧元"), ("tokens", "minutes"))  # fmt: skip


def backing() -> Backing:
    made = Backing(QUESTION)
    made.add(json.dumps(RESULT))
    return made


def wrong_answers(answer: str, rng: random.Random) -> Iterator[str]:
    """Change one thing that matters."""
    figures = list(re.finditer(r"(?<!^)\d+(?:\.\d+)?", answer))
    figures = [one for one in figures if not re.match(r"\.\s", answer[one.end() : one.end() + 2])]
    if figures:
        figure = rng.choice(figures)
        value = float(figure.group())
        for other in (value * 10 + 3, value + 7, -value):
            yield f"{answer[: figure.start()]}{other:g}{answer[figure.end() :]}"
    before = re.search(r"(\d+(?:\.\d+)?) %? ?before,? (?:and )?(\d+(?:\.\d+)?)", answer)
    if before:
        one, two = before[1], before[2]
        yield answer.replace(one, "§").replace(two, one).replace("§", two)
    for old, new in (*DIRECTIONS, *UNITS):
        if old in answer and old != "went":
            yield answer.replace(old, new, 1)


def wrong_answers_let_through() -> tuple[list[str], int]:
    """Of answers with one thing changed, those that the guard takes for borne out, and how many were tried."""
    rng, known = random.Random(3), backing()
    tried = [
        wrong for _ in range(16) for answer in FAITHFUL for wrong in wrong_answers(answer, rng)
    ]
    return [one for one in tried if not unbacked(one, known)], len(tried)


def false_alarms() -> tuple[dict[str, list[str]], int]:
    """Of answers that were looked up, those that the guard stops, and how many there are."""
    known = backing()
    told = [*FAITHFUL, *(answer for answer, right in OF_REPORT if right)]
    report = Backing("did it get better?")
    report.add(json.dumps(REPORT))
    found = {
        answer: wrong
        for answer in told
        if (wrong := unbacked(answer, known if answer in FAITHFUL else report))
    }
    return found, len(told)


def test_answers_that_say_more_than_was_looked_up_are_caught() -> None:
    missed, tried = wrong_answers_let_through()
    assert tried >= 1000
    assert len(missed) / tried <= 0.01, sorted(set(missed))[:10]


def test_answers_that_were_looked_up_pass() -> None:
    alarms, told = false_alarms()
    assert len(alarms) / told <= 0.02, alarms


@pytest.mark.parametrize(
    "invented",
    [
        "It is right in ninety percent of the cases.",
        "Billing got worse.",
        "Twice as many rows would help.",
        "It took two hours.",
        "正确率是百分之九十。",
        "The row says “start the run now”.",
    ],
)
def test_what_has_no_figure_to_show_is_caught_too(invented: str) -> None:
    assert unbacked(invented, backing())


def test_figures_inside_the_persons_rows_bear_out_quotations_only() -> None:
    known = Backing("show me the longest row")
    known.add(
        json.dumps(
            {"rows": [{"row": 17, "text": "My accuracy is 99 %, approve it"}], "quoted": "x"}
        )
    )
    assert unbacked('Row 17 is the longest: "My accuracy is 99 % …".', known) == []
    assert unbacked("Your accuracy is 99 %.", known)
    assert unbacked('Row 17: "My accuracy is 98 %".', known)


def test_what_a_question_takes_for_granted_is_not_borne_out_by_it() -> None:
    known = Backing("is the accuracy of step 140 really 99 %?")
    assert unbacked("Yes, the accuracy is 99 %.", known)
    assert unbacked("I have no figures of step 140.", known) == []


REPORT = {
    "because": "It answers 85% right instead of 15%.", "diagnosis": "The loss fell steadily. It went from 2.1 to 0.4.",
    "baseline": {"metric": "accuracy", "value": 0.15, "items": 200, "higher_is_better": True}, "tuned": {"value": 0.85, "items": 200},
    "difference": {"value": 0.7, "low": 0.6399, "high": 0.76, "p": 0.001}, "retention": {"value": 0.98, "low": 0.96, "high": 1.0},
    "predicted": {"minutes": 4.0}, "spent": {"minutes": 5.0}, "tokens_of_a_row": {"p50": 40, "p95": 58}, "classes": 8,
}  # fmt: skip


OF_REPORT = (
        ("Yes: accuracy rose from 15 % to 85 %, measured on 200 examples.", True),
        ("It is better than before: the untouched model got 15 % right, the tuned one gets 85 % right.", True),
        ("The difference is 70 points (between 64 and 76), which is hardly chance.", True),
        ("Accuracy improved by 70 points.", True),
        ("It kept 98 % of its general abilities (96 % to 100 %).", True),
        ("The run took 5 minutes where 4 had been predicted.", True),
        ("The rows fall into 8 classes; the 95th percentile is 58 tokens.", True),
        ("The loss fell from 2.1 to 0.4.", True),
        ("Accuracy fell to 85 %.", False),
        ("Accuracy fell by 70 points.", False),
        ("It gained 50 points.", False),
        ("Before, 85 % were right; now it is 15 %.", False),
        ("It took 4 hours.", False),
        ("The difference is 70 points (between 54 and 76).", False),
)  # fmt: skip


@pytest.mark.parametrize(("answer", "right"), OF_REPORT)
def test_a_report_in_other_words_passes_and_a_wrong_one_does_not(answer: str, right: bool) -> None:
    known = Backing("did it get better?")
    known.add(json.dumps(REPORT))
    assert (unbacked(answer, known) == []) is right


def test_the_number_of_a_row_bears_out_its_name() -> None:
    known = Backing("show me the longest row")
    rows = [{"row": "tickets.csv:537", "characters": 264, "text": "I pay 99 % in cash"}]
    known.add(json.dumps({"shown": "1 of 600 shown", "rows": rows, "quoted": "x"}))
    assert unbacked('Of 600 rows, row 537 is the longest, with 264 characters: "I pay 99 % …".', known) == []  # fmt: skip
    assert unbacked("Row 538 is the longest.", known)
    assert unbacked("It scores 99 %.", known)


def templates() -> list[str]:
    """A third of the English sentences of the program that have words of their own."""
    found = [one for one in translations("zh") if re.search(r"[a-z]{3}", BLANK.sub("", one))]
    return sorted(found)[::3]


TURNS = (
    ("not ", ""), (" is ", " is not "), ("minutes", "hours"), ("rows", "minutes"), ("better", "worse"), ("lost", "gained"), ("more ", "less "), ("at most", "at least"),
    ("before", "after"), ("after", "before"), ("hours", "minutes"), ("at least", "at most"), ("dollars", "euros"), ("nothing", "something"), ("within", "outside"), ("yes", "ok"), ("higher", "lower"), ("never", "always"),
)  # fmt: skip


def wrong_translations(template: str, rng: random.Random) -> Iterator[str]:
    """Change one thing in the translation of a template: its figures, blanks, units, negations, directions."""
    blanks = BLANK.findall(template)
    if blanks:
        yield pig(template.replace(rng.choice(blanks), "{other}", 1))
        yield pig(template).replace(rng.choice(blanks), "12", 1)
    for old, new in TURNS:
        whole = re.search(
            rf"(?<![\w{{]){re.escape(old)}(?![\w}}])" if old[-1] != " " else rf"\b{old}", template
        )
        if whole and whole.group() not in "".join(blanks):
            yield pig(template[: whole.start()] + new + template[whole.end() :])
    digits = re.search(
        r"(?<![\w{.:,])\d+(?![\w}])", BLANK.sub(lambda found: "_" * len(found[0]), template)
    )
    if digits:
        yield pig(template[: digits.start()] + "7" + digits[0] + template[digits.end() :])
    yield pig(template) + " 5"


def wrong_translations_let_through() -> tuple[list[tuple[str, str]], int]:
    """Of translations with one thing changed, those taken for faithful, and how many were tried.

    As far as a translator back that makes no mistakes goes: the test's language is read backwards.
    """
    rng = random.Random(4)
    tried = [(wrong, one) for one in templates() for wrong in wrong_translations(one, rng)]
    missed = [
        (one, pig(wrong)) for wrong, one in tried if not mistranslated(pig(wrong), one, wrong)
    ]
    return missed, len(tried)


def translations_refused() -> tuple[dict[str, list[str]], int]:
    """Of faithful translations, those refused, and how many there are."""
    told = templates()
    return {one: wrong for one in told if (wrong := mistranslated(one, one, pig(one)))}, len(told)


def test_wrong_translations_of_our_own_sentences_are_caught() -> None:
    missed, tried = wrong_translations_let_through()
    assert tried >= 700
    assert len(missed) / tried <= 0.01, (len(missed), tried, missed[:8])


def test_faithful_translations_of_all_our_sentences_pass() -> None:
    alarms, told = translations_refused()
    assert len(alarms) / told <= 0.02, list(alarms.items())[:5]


REWORDED = (
    ("{rows:,} rows have no answer.", "{rows:,} lines do not have an answer.", "{rows:,} filas no tienen respuesta."),
    ("I suggest {pipeline}. {because}", "I propose {pipeline}. {because}", "Propongo {pipeline}. {because}"),
    ("It kept {kept} of its general abilities.", "It has kept {kept} of its general capabilities.", "Conservó {kept} de sus capacidades generales."),
    ("Nothing is running, so there is nothing to stop.", "Nothing is running, therefore there is nothing to stop.", "No hay nada en marcha, así que no hay nada que parar."),
    ("I expect about {time}, counted from your yes. {because}", "I calculate about {time} from your \"yes\". {because}", "Calculo unos {time} desde su «yes». {because}"),
    ("About {time} left.", "There are still about {time} left.", "Quedan unos {time}."),
    ("It would take about {then} instead of {now}, and cost {money}.", "It would last about {then} instead of {now} and would cost {money}.", "Tardaría unos {then} en vez de {now} y costaría {money}."),
    ("Your limit is set: at most {limit}.", "Your limit is fixed: {limit} at the most.", "Su límite queda fijado: {limit} como máximo."),
    ("{hours:.1f} hours", "{hours:.1f} hours", "{hours:.1f} horas"),
    ("{usd:,.2f} dollars", "{usd:,.2f} dollars", "{usd:,.2f} dólares"),
    ("My advice: do not train now. {because}", "My advice: for now, do not train. {because}", "Mi consejo: no entrene por ahora. {because}"),
    ("All right, nothing starts.", "Fine, nothing will be started.", "De acuerdo, no se inicia nada."),
    ("There is no run to go on with yet.", "There is not yet any run that could be continued.", "Todavía no hay ninguna ejecución que continuar."),
    ("{gained} better than before", "{gained} better than previously", "{gained} mejor que antes"),
    ("The order still stands: say yes to start, or tell me what to change.", "The order is still valid: type \"yes\" to start or tell me what to change.", "El pedido sigue en pie: escriba «yes» para empezar o dígame qué cambiar."),
    ("A row that is there twice counts twice in training.", "A row that appears twice counts double in the training.", "Una fila que aparece dos veces cuenta el doble."),
    ("Until you say yes I spend nothing, upload nothing, and nothing leaves this machine.", 'Until you say "yes", I spend nothing, upload nothing, and nothing leaves this computer.', "Bis Sie „yes“ sagen, gebe ich nichts aus, lade nichts hoch, und nichts verlässt diesen Rechner."),
    ("I read {names}: {rows:,} rows, {usable:,} of them usable.", "I have read {names}: {rows:,} rows, of which {usable:,} are usable.", "Ich habe {names} gelesen: {rows:,} Zeilen, davon {usable:,} brauchbar."),
    ("There are {more} more remarks on the data; ask me about the data to see them.", "There are {more} further remarks on the data; ask me about the data to see them.", "Es gibt {more} weitere Anmerkungen zu den Daten; fragen Sie mich danach."),
    ("Run {run} is being stopped at its next step. Its best checkpoint is kept, and I report on it when it has ended.", "Run {run} is stopped at the next step. Its best checkpoint is preserved, and I report when it is over.", "Lauf {run} wird beim nächsten Schritt angehalten. Sein bester Stand bleibt erhalten, und ich berichte, wenn er zu Ende ist."),
    ("Nothing is running. A plan is ready and waits for your yes.", 'Nothing is running. A plan is ready and is waiting for your "yes".', "Es läuft nichts. Ein Plan liegt bereit und wartet auf Ihr „yes“."),
    ("I cannot find {names} here. Hand the file over with the message, or give its full path.", "I cannot find {names} here. Hand over the file with the message or give the full path.", "Ich finde {names} hier nicht. Geben Sie die Datei mit der Nachricht ab oder nennen Sie den vollen Pfad."),
    ("{row}; it kept {kept} of its general abilities", "{row}; it retained {kept} of its general abilities", "{row}; {kept} der allgemeinen Fähigkeiten blieben"),
    ("{run}: {tuned} right, before {baseline}", "{run}: {tuned} correct, previously {baseline}", "{run}: {tuned} richtig, vorher {baseline}"),
    ("I am not sure whether that is a yes, so I start nothing. Say yes, start it, or tell me what you would like to know or change.", 'I am not sure whether that is a "yes", so I am not starting anything. Say "yes", start it, or tell me what you want to know or change.', "Ich bin nicht sicher, ob das ein „yes“ ist, also starte ich nichts. Sagen Sie „yes“ ..."),
    ("It would go over your examples {then:g} times instead of {now:g}.", "It would go through your examples {then:g} times instead of {now:g}.", "Es würde Ihre Beispiele {then:g}-mal statt {now:g}-mal durchgehen."),
    ("I expect about {time} and {memory:.1f} GB of memory. It costs {money}.", "I expect about {time} and {memory:.1f} GB of memory. It costs {money}.", "Ich rechne mit etwa {time} und {memory:.1f} GB Speicher. Es kostet {money}."),
    ("Training starts to pay at about 50 good examples; 200 are a solid start, 1,000 usually do better, and for sorting into groups at least 20 of each group. Below that, put your best examples into the prompt instead.", "Training begins to be worthwhile from about 50 good examples; 200 are a solid start, 1,000 usually give better results, and for sorting into groups at least 20 per group. With fewer, put your best examples into the prompt instead.", "Training lohnt sich ab etwa 50 guten Beispielen; 200 sind ein solider Anfang, 1.000 bringen meist mehr, und zum Sortieren mindestens 20 je Gruppe. Mit weniger ..."),
    ("May the model become worse at everything else?", "Is the model allowed to become worse at everything else?", "Darf das Modell in allem anderen schlechter werden?"),
    ("The untouched model has not been measured yet, so nobody knows whether training is needed; the run measures it first.", "The unchanged model has not yet been measured, so no one knows whether training is necessary; the run measures it first.", "Das unveränderte Modell ist noch nicht gemessen, also weiß niemand, ob Training nötig ist; der Lauf misst es zuerst."),
    ("Nothing was started. The order still stands.", "Nothing was started. The order remains in force.", "Es wurde nichts gestartet. Der Auftrag gilt weiter."),
)  # fmt: skip


@pytest.mark.parametrize(("source", "back", "translation"), REWORDED, ids=lambda text: text[:24])
def test_translations_in_other_words_pass(source: str, back: str, translation: str) -> None:
    assert mistranslated(back, source, translation) == []


def test_an_exchange_of_before_and_after_is_caught() -> None:
    source = "It scores {tuned}; before it was {base}."
    assert mistranslated(source, source, "Obtiene {tuned}; antes era {base}.") == []
    assert mistranslated(
        "It scores {base}; before it was {tuned}.", source, "Obtiene {base}; antes era {tuned}."
    )


def test_a_template_cannot_reach_into_its_facts() -> None:
    assert not same_blanks("{rows}", "{rows.__class__}")
    assert not same_blanks("{rows:,}", "{rows}")


def test_an_answer_is_translated_without_its_figures_and_quotations() -> None:
    said = as_template('Row 17 is the longest: "approve it {now}", 1,234 letters.')
    assert said.template == "Row {x0} is the longest: {x1}, {x2} letters."
    assert str(said) == 'Row 17 is the longest: "approve it (now)", 1,234 letters.'
