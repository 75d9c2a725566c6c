"""The way out: take the tuned model away, serve it, call it from code. Pure: a view in, HTML out.

The commands and the code were carried out as shown; a test holds that they compile and that names are quoted.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agent.conversation import proposal, simple_way
from agent.ui import chat
from agent.ui.parts import empty, said, section
from agent.ui.press import button
from agent.ui.safe import show
from agent.ui.scores import figure
from agent.ui.view import View
from tools.classifier import command
from tools.judging.report import Say
from tools.judging.results import Report
from training.text import Text

PORT = 8000
"""The port that `tunesmith serve` takes."""
LONGEST_EXAMPLE = 160
"""Letters of a test item that stands as the example in code."""
ASK_FOR = {
    "merged": Text("Export the model."),
    "adapter": Text("Export the model as an adapter."),
}
"""What a press says in the conversation."""


@dataclass(frozen=True)
class Taken:
    """What there is to take away, and what was taken."""

    full: bool = True
    """All weights were trained: there is no adapter."""
    folder: Path = Path()
    """Where exports go, each into a folder of its form's name."""
    done: Mapping[str, int] = field(default_factory=dict)
    """Form -> bytes of what was written already."""
    home: str = ""
    """What commands need to find this home; empty where it is the usual one."""
    classifier: Path | None = None
    """The script of the word-counting classifier, where it was handed over."""


def drawn(view: View, say: Say, taken: Taken) -> str:
    """Take it away, serve it, call it."""
    run, simple = view.training, _classifier(view, say, taken)
    if run is None or run.report is None or run.report.tuned is None:
        return simple or empty(say, Text("Once there is a tuned model, you take it away from here: as files, as a server, from code."))  # fmt: skip
    made = run.report
    return (
        _caution(made, say)
        + (simple if made.verdict == "do_not_ship" else "")
        + section(said(say, Text("Take the model away")), _away(view, say, taken))
        + section(said(say, Text("Serve it")), _serve(made, say, taken))
        + section(said(say, Text("Ask it from Python")), _code(made, say, taken))
        + (simple if made.verdict != "do_not_ship" else "")
    )


def _classifier(view: View, say: Say, taken: Taken) -> str:
    """The classifier that counts words, where it was asked: as a script, or as a press that makes one."""
    score = simple_way.score(view.plan)
    if score is None:
        return ""
    text = Text(
        "It gets {value} of your test items right, is trained in seconds, and needs no language model: a saved classifier and a script of ten lines.",
        value=figure(score),
    )  # fmt: skip
    tail = f'<div data-once class="{"ts-dead" if view.busy else ""}">{button("classifier:give", said(say, simple_way.GIVE))}</div>'
    if taken.classifier is not None:
        tail = _line(command(taken.classifier, simple_way.example(view.profile)), say)
    return section(
        said(say, Text("The classifier that counts words")),
        f'<p class="ts-note">{said(say, text)}</p>{tail}',
    )


def _caution(made: Report, say: Say) -> str:
    if made.verdict == "ship":
        return ""
    text = Text("The verdict was not to use this model. You can take it away all the same, for instance to look at it.")  # fmt: skip
    if made.verdict == "inconclusive":
        text = Text("The result was not clear. Try the model on your own texts before others rely on it.")  # fmt: skip
    return f'<div class="ts-card mind"><p>{said(say, text)}</p></div>'


def _away(view: View, say: Say, taken: Taken) -> str:
    forms = {
        "merged": (Text("Whole model"), Text("Everything in one folder, for any program that loads transformers models.")),
        "adapter": (Text("Adapter only"), Text("A small file that is put on top of the untouched model.")),
    }  # fmt: skip
    order = view.reply.order if view.reply is not None else None
    waits = order if order is not None and order.kind == "export" else None
    cards = []
    for form, (name, what) in forms.items():
        if form == "adapter" and taken.full:
            continue
        if form in taken.done:
            size = Text("{mib:,.1f} MiB, in this folder:", mib=taken.done[form] / 2**20)
            tail = f"{said(say, size)}{_line(str(taken.folder / form), say)}"
        else:
            off = " ts-dead" if view.busy or waits is not None else ""
            tail = f'<div class="{off.strip()}">{button(f"export:{form}", said(say, Text("Export")), label=said(say, Text("Export: {form}", form=name)))}</div>'
        cards.append(
            f'<div class="ts-way-out"><b>{said(say, name)}</b><p class="ts-note">{said(say, what)}</p>{tail}</div>'
        )
    asked = ""
    if waits is not None and not view.busy:
        yes = button(f"yes:{waits.id}", said(say, chat.yes_words(waits)), kind="strong")
        asked = f'<div class="ts-card" data-once><p>{said(say, proposal.three_lines(waits)).replace(chr(10), "<br>")}</p><p>{yes}</p></div>'
    elif view.busy:
        asked = f'<p class="ts-note" role="status"><i class="ts-pulse" aria-hidden="true"></i>{said(say, Text("At work; you may close this page."))}</p>'
    return f'<div class="ts-ways-out" data-once>{"".join(cards)}</div>{asked}'


def _serve(made: Report, say: Say, taken: Taken) -> str:
    first = Text("This starts a server on this machine that speaks the OpenAI interface. It writes the whole model first where that was not done.")  # fmt: skip
    then = Text("Then any program can ask it:")
    return (
        f'<p class="ts-note">{said(say, first)}</p>{_line(serve_command(made, taken), say)}'
        f'<p class="ts-note">{said(say, then)}</p>{_line(curl(made, taken), say)}'
    )


def _code(made: Report, say: Say, taken: Taken) -> str:
    ways = (
        (Text("With the server above, and any OpenAI client"), openai_code(made, taken)),
        (Text("Without a server"), transformers_code(made, taken)),
    )
    return "".join(
        f'<p class="ts-note">{said(say, name)}</p>{_line(code, say)}' for name, code in ways
    )


def serve_command(made: Report, taken: Taken) -> str:
    """The command that serves the run's model."""
    return f"tunesmith serve {shlex.quote(made.run)} --port {PORT}{taken.home}"


def curl(made: Report, taken: Taken) -> str:
    """One question from the terminal."""
    body = {
        "model": str(taken.folder / "merged"), "messages": messages(made), "max_tokens": most_tokens(made), "temperature": 0,
    }  # fmt: skip
    return (
        f"curl http://127.0.0.1:{PORT}/v1/chat/completions -H 'Content-Type: application/json' "
        f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))}"
    )


def openai_code(made: Report, taken: Taken) -> str:
    """The same in Python."""
    return (
        "from openai import OpenAI\n\n"
        f'client = OpenAI(base_url="http://127.0.0.1:{PORT}/v1", api_key="none")\n'
        "answer = client.chat.completions.create(\n"
        f"    model={str(taken.folder / 'merged')!r},\n"
        f"    messages={messages(made)!r},\n"
        f"    max_tokens={most_tokens(made)},\n    temperature=0,\n)\n"
        "print(answer.choices[0].message.content)"
    )


def transformers_code(made: Report, taken: Taken) -> str:
    """Load the exported folder and ask it."""
    return (
        "from transformers import AutoModelForCausalLM, AutoTokenizer\n\n"
        f"folder = {str(taken.folder / 'merged')!r}\n"
        "tokenizer = AutoTokenizer.from_pretrained(folder)\n"
        "model = AutoModelForCausalLM.from_pretrained(folder)\n"
        f"messages = {messages(made)!r}\n"
        'asked = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt", return_dict=True)\n'
        f"said = model.generate(**asked, max_new_tokens={most_tokens(made)}, do_sample=False)\n"
        'print(tokenizer.decode(said[0, asked["input_ids"].shape[1]:], skip_special_tokens=True))'
    )


def messages(made: Report) -> list[dict[str, str]]:
    """One question as in training: the system turn where there was one, and a test item or a stand-in."""
    system = made.serving.get("system")
    short = (one.prompt for one in made.samples if 0 < len(one.prompt) <= LONGEST_EXAMPLE)
    turns = [{"role": "system", "content": str(system)}] if system else []
    return [*turns, {"role": "user", "content": next(short, "your text")}]


def most_tokens(made: Report) -> int:
    """How long answers may get, as they were measured."""
    return int(made.serving.get("max_new_tokens") or 256)


def _line(text: str, say: Say) -> str:
    """Something to copy."""
    return (
        f'<div class="ts-copy"><pre class="ts-code" tabindex="0"><code>{show(text, 8000)}</code></pre>'
        f'<button type="button" class="ts-press" data-copy data-copied="{said(say, Text("Copied"))}">{said(say, Text("Copy"))}</button></div>'
    )
