"""The page: Gradio components around the renderers. Handlers post, follow and redraw; they decide and compute nothing.

Whatever a handler is told by the browser is checked: the session against its owner, a button against the reply it
stands under. Turns are handled by the session's worker: a closed tab stops nothing.
"""

from __future__ import annotations

import os
import sys
import threading
from hashlib import sha256
from pathlib import Path
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before the import: the page asks nobody anything
# Gradio 6.31 makes a table of its last 10,000 events after each of them, for a monitoring page that is off here.
os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = "1000000000"
os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "16"

import gradio as gr

from agent import commands, settings
from agent.brain.rules import lexicon
from agent.conversation.sessions import worker_of
from agent.engine import Engine
from agent.ui import chat, look, way, welcome
from agent.ui.door import door
from agent.ui.installing import Strip
from agent.ui.launch import start
from agent.ui.lean import LeanBlocks
from agent.ui.tabs import data, understood
from agent.ui.tabs.editing import EditingTab
from agent.ui.tabs.plan_controls import PlanTab
from agent.ui.tabs.results_controls import ResultsTab
from agent.ui.tabs.runs_controls import RunsTab
from agent.ui.tabs.tab import PRIVATE, Desk, Sheet, Tab, Update, who
from agent.ui.tabs.training_controls import TrainingTab
from agent.ui.tabs.try_controls import TryTab
from agent.ui.tabs.use_controls import UseTab
from agent.ui.talking import Left, Talking
from agent.ui.view import Studio, View
from tools import training_half
from tools.install import halves
from tools.judging.report import Say, speaker
from training.practice.lessons import LESSONS
from training.practice.samples import SAMPLES
from training.text import Text

LOOK_AGAIN_S = 1.5
"""Between two looks at a run that lives. A guess; not tuned."""
UPLOADS_SWEPT = (3600, 24 * 3600)
"""Every hour, what arrived a day ago goes: sessions have their own copies."""


SCRIPT_ONLY: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


def all_tabs() -> list[Tab]:
    """The panel from left to right."""
    return [
        EditingTab("understood", Text("Understood"), understood.drawn), Sheet("data", Text("Data"), data.drawn),
        PlanTab(), TrainingTab(), ResultsTab(), TryTab(), UseTab(), RunsTab(),
    ]  # fmt: skip


class Page:
    """One page over one studio. The components are made in `build`; the rest answers their events."""

    def __init__(self, studio: Studio, strip: Strip | None = None) -> None:
        """`strip` tells of an installation that is under way."""
        self.studio, self.strip = studio, strip
        self.tabs = all_tabs()

    def build(self) -> gr.Blocks:
        """Lay the page out and wire it."""
        say = speaker(self.studio.settings.language)
        self.studio.incoming.mkdir(parents=True, exist_ok=True)
        os.environ["GRADIO_TEMP_DIR"] = str(self.studio.incoming)
        with LeanBlocks(
            title="Tunesmith", analytics_enabled=False, fill_width=True, delete_cache=UPLOADS_SWEPT
        ) as blocks:
            self.session = gr.Textbox("", visible=False)
            self.shown = gr.State({})
            self.timer = gr.Timer(LOOK_AGAIN_S, active=False)
            with gr.Row(elem_id="ts-top"):
                self.brand = gr.HTML(_brand(say))
                self.language = gr.Radio([("English", "en"), ("中文", "zh")], value=self.studio.settings.language, show_label=False, container=False, elem_id="ts-language", label="Language / 语言")  # fmt: skip
                self.new = gr.Button(say(Text("New conversation")), size="sm", elem_id="ts-new")
            if self.strip is not None:
                self.strip.build(say)
            with gr.Row(elem_id="ts-main"):
                with gr.Column(scale=5, elem_id="ts-left"):
                    self._left(say)
                with gr.Column(scale=5, elem_id="ts-right"):
                    self._right(say)
            self._wire(blocks)
            if self.strip is not None:
                self.strip.wire(blocks, self.language)
        self.shown.value = self._as_built()
        return blocks

    def _left(self, say: Say) -> None:
        with gr.Column(elem_id="ts-welcome") as self.welcome:
            self.hello = gr.HTML(welcome.hello(say))
            with gr.Row(elem_id="ts-samples"):
                self.samples = [gr.Button(words) for words in welcome.cards(say)]
            self.lessons_head = gr.HTML(welcome.lessons_head(say))
            with gr.Row(elem_id="ts-lessons"):
                self.lessons = [gr.Button(words) for words in welcome.lessons(say)]
        self.chat = gr.Chatbot(
            visible=False, elem_id="ts-chat", label=say(Text("Conversation")), show_label=False, allow_tags=False, sanitize_html=True,
            latex_delimiters=[], feedback_options=None, buttons=[], layout="bubble", height="100%", group_consecutive_messages=False,
        )  # fmt: skip
        self.alert = gr.HTML("", visible=False, elem_id="ts-alert")
        self.echo = gr.HTML("", elem_id="ts-echo")
        self.attached = gr.HTML("", elem_id="ts-attached")
        self.box = gr.MultimodalTextbox(
            placeholder=say(PLACEHOLDER), label=say(Text("Your message")), show_label=False, container=False, elem_id="ts-box",
            file_count="multiple", sources=["upload"], max_lines=8,
        )  # fmt: skip

    def _right(self, say: Say) -> None:
        self.way = gr.HTML(way.stepper(View(), say), elem_id="ts-way")
        self.tab: dict[str, Any] = {}
        self.parts: list[Any] = []
        with gr.Tabs(selected="understood", elem_id="ts-tabs") as self.bar:
            for one in self.tabs:
                with gr.Tab(say(one.title), id=one.name) as self.tab[one.name]:
                    self.parts += one.build(say)

    def _wire(self, blocks: gr.Blocks) -> None:
        everything = [
            self.session, self.shown, self.timer, self.brand, self.language, self.new, self.welcome, self.hello, *self.samples, self.lessons_head, *self.lessons,
            self.chat, self.box, self.way, self.bar, *self.tab.values(), *self.parts,
        ]  # fmt: skip
        left = Left(
            self.session, self.welcome, self.chat, self.alert, self.box, self.timer, self.echo
        )
        talking, talk = Talking(self.studio, left), left.all
        here = [self.session, self.language, self.shown]

        def settle(event: Any) -> None:
            event.then(
                None, [self.session], [self.session], js=look.KEEP_SESSION, **SCRIPT_ONLY
            ).then(self.refresh, here, everything, **PRIVATE)

        start = blocks.load(
            self.arrive,
            [self.session, self.language],
            [self.session, self.language],
            js=look.ON_LOAD,
            **PRIVATE,
        )
        settle(start)
        # as soon as the first reply forms: a reload in its middle finds the conversation by its address
        self.chat.change(None, [self.session], None, js=look.KEEP_SESSION, **SCRIPT_ONLY)
        self.box.change(None, [self.box], [self.attached], js=look.FILE_NAMES, **SCRIPT_ONLY)
        self.box.submit(None, [self.box], [self.echo], js=look.ECHO, **SCRIPT_ONLY)
        settle(
            self.box.submit(talking.say, [self.box, self.session, self.language], talk, **PRIVATE)
        )
        settle(
            self.chat.option_select(talking.press, [self.session, self.language], talk, **PRIVATE)
        )
        starts = [talking.sampler(one.name) for one in SAMPLES]
        starts += [talking.teacher(one.name) for one in LESSONS]
        for handler, button in zip(starts, (*self.samples, *self.lessons), strict=True):
            settle(button.click(handler, [self.session, self.language], talk, **PRIVATE))
        self.timer.tick(self.refresh, here, everything, **PRIVATE)
        self.language.input(
            self.refresh,
            here,
            everything,
            js="(s, l, d) => { (" + look.KEEP_LANGUAGE.strip() + ")(l); return [s, l, d]; }",
            **PRIVATE,
        )
        self.new.click(None, None, [self.session], js=look.FORGET_SESSION, **SCRIPT_ONLY).then(
            self.refresh, here, everything, **PRIVATE
        )
        desk = Desk(
            self.studio, self.session, self.language, talk, talking.talk, talking.trouble, settle
        )
        for one in self.tabs:
            one.wire(desk)

    def arrive(self, session: str, language: str, request: gr.Request) -> tuple[Any, str]:
        """Take up the session of the address where it is this person's, else none yet.

        No name is left alone, not written as empty: whoever clicks before the page has settled has a session by then.
        """
        language = "zh" if language == "zh" else "en"
        if not session:
            return gr.skip(), language
        return session if self.studio.belongs(session, who(request)) else "", language

    def refresh(
        self, session: str, language: str, shown: dict[str, str], request: gr.Request
    ) -> Update:
        """Redraw what has changed since the last look."""
        view = self.studio.view(session or "", who(request))
        say = speaker(language)
        fresh = not view.turns
        drawn = self._drawn(view, language) | {self.chat: chat.messages(view, language)}
        seen, changes = dict(shown), dict[Any, Any]()
        for component, value in drawn.items():
            name, mark = str(component._id), _mark(value)
            if seen.get(name) != mark or (component is self.chat and not view.lives):
                seen[name], changes[component] = mark, value
        begun = "" if fresh else view.session
        if self.chat in changes and seen.get("begun") != begun:
            # only then, and not with every redraw: Gradio makes the component anew for it, 7 ms of the server
            changes[self.chat] = gr.update(value=changes[self.chat], visible=not fresh)
        seen["begun"] = begun
        if view.session != (
            session or ""
        ):  # an unchanged name is not written: a newer one may be on its way
            changes[self.session] = view.session
        changes |= {
            self.timer: gr.update(active=view.lives),
            self.welcome: gr.update(visible=fresh),
        }
        stage = f"{view.session} {way.stage(view)}"
        if seen.get("stage") != stage:
            changes[self.bar] = gr.update(selected=way.stage(view))
        if seen.get("language") != language:
            changes |= self._words(say)
        changes[self.shown] = seen | {"stage": stage, "language": language}
        return changes

    def _drawn(self, view: View, language: str) -> Update:
        """The way and every tab."""
        say = speaker(language)
        drawn: Update = {self.way: way.stepper(view, say)}
        for one in self.tabs:
            drawn |= one.draw(view, say, language)
        return drawn

    def _as_built(self) -> dict[str, str]:
        """The marks of what a new page shows already: the first look then sends only what differs from it."""
        language = self.studio.settings.language
        drawn = self._drawn(View(), language) | {self.chat: chat.messages(View(), language)}
        found = {str(part._id): _mark(value) for part, value in drawn.items() if _has(part, value)}
        return found | {"begun": "", "language": language, "stage": f" {way.stage(View())}"}

    def _words(self, say: Say) -> Update:
        cards = dict(zip(self.samples, welcome.cards(say), strict=True))
        cards |= dict(zip(self.lessons, welcome.lessons(say), strict=True))
        titles = {self.tab[one.name]: gr.update(label=say(one.title)) for one in self.tabs}
        return titles | {button: gr.update(value=words) for button, words in cards.items()} | {
            self.brand: _brand(say), self.hello: welcome.hello(say), self.lessons_head: welcome.lessons_head(say), self.new: gr.update(value=say(Text("New conversation"))),
            self.box: gr.update(placeholder=say(PLACEHOLDER), label=say(Text("Your message"))),
        }  # fmt: skip


def _mark(value: Any) -> str:
    return sha256(repr(value).encode("utf-8")).hexdigest()[:16]


def _has(part: Any, value: Any) -> bool:
    """Whether the component was built with this value, or with what this update sets."""
    if not gr.utils.is_prop_update(value):
        return bool((part.value or None) == (value or None))
    wanted = {name: one for name, one in value.items() if name != "__type__"}
    return all(getattr(part, name, None) == one for name, one in wanted.items())


PLACEHOLDER = Text("Say what you want, or drop your files here")


def _brand(say: Say) -> str:
    return f'<div class="ts-brand"><h1>Tunesmith</h1><span>{say(Text("Fine-tuning, talked through and measured."))}</span></div>'


def build(
    *, engine: Engine, home: settings.Settings, brain: str = "rules", shared: bool = False
) -> gr.Blocks:
    """Give the page over an engine; nothing is started."""
    whole = training_half.is_ready()
    strip = None if whole else Strip(halves.read, training_half.go_on)
    return Page(Studio(home, engine, brain, shared), strip).build()


def serve_page(
    *, host: str = "127.0.0.1", port: int = 7860, brain: str = "rules", home: Path | None = None
) -> None:
    """Serve the page until it is interrupted.

    Raises RunError for an open address without a login and for a port in use, PlanError for a brain that cannot be opened.
    """
    found = settings.read(home)
    login = door(host, found)
    engine = commands.engine(found.home)
    worker_of(
        found, engine, brain=brain
    )  # a brain that cannot be opened is said now, not on the page
    blocks = build(engine=engine, home=found, brain=brain, shared=login is not None)
    start(blocks, host=host, port=port, login=login)
    threading.Thread(target=lexicon.warm, daemon=True).start()
    sys.stdout.write(f"Tunesmith: http://{host}:{port}\n")
    sys.stdout.flush()
    if training_half.go_on() is not None:
        sys.stdout.write("The training half is installed behind it; the page tells how far it is. It goes on when the page is closed.\n")  # fmt: skip
        sys.stdout.flush()
    blocks.block_thread()
