"""The conversation in the terminal: the same session as on the page, with rich text and a line of progress."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.markdown import Markdown
from rich.panel import Panel
from rich.spinner import Spinner
from rich.table import Table

from agent import commands, settings
from agent.conversation.sessions import Reply, Session, open_session
from prompts import translate
from training.rundir import Event
from training.text import Text

LEAVE = frozenset({"quit", "exit", ":q", "bye", "退出", "再见"})
Ask = Callable[[str], str]


def talk(
    *,
    session: str | None = None,
    brain: str = "rules",
    home: Path | None = None,
    console: Console | None = None,
    ask: Ask | None = None,
) -> str:
    """Converse until the person leaves; return the session's id, by which it can be gone on with.

    Raises RunError for an unknown session and PlanError for an unknown brain.
    """
    console = console or Console()
    chosen = settings.read(home)
    held = open_session(chosen, commands.engine(home), brain=brain, id=session)
    language = chosen.language
    console.print(
        translate(
            Text(
                "This is conversation {name}. Say quit to leave; nothing is lost, and runs go on.",
                name=held.id,
            ),
            language,
        ),
        style="dim",
    )
    last = held.last_reply()
    if last is not None:
        show(console, last)
    read = ask or (lambda prompt: console.input(prompt))
    while True:
        try:
            words = read("[bold]>[/bold] ").strip()
        except (EOFError, KeyboardInterrupt):
            break
        if words.lower() in LEAVE:
            break
        if not words:
            _news(console, held, last)
            last = held.last_reply()
            continue
        last = _said(console, held, words)
        if last.waiting_for == "run":
            _follow(console, held)
            last = held.last_reply() or last
    name = translate(
        Text("Go on later with: tunesmith talk --session {name}", name=held.id), language
    )
    console.print(name, style="dim")
    return held.id


def _said(console: Console, held: Session, words: str) -> Reply:
    """Say it, and show the reply as it forms; what was looked up takes a while."""
    number, forming = held.post(words), ""
    with Live(Spinner("dots"), console=console, transient=True) as shown:
        for piece in held.follow(number):
            forming += piece
            shown.update(Markdown(forming))
    reply = held.reply(number)
    show(console, reply)
    return reply


def show(console: Console, reply: Reply) -> None:
    """Print one reply: its text, the choices with their numbers, and the order in a frame."""
    console.print(Markdown(reply.text))
    if reply.choices:
        table = Table(box=None, show_header=False)
        for number, choice in enumerate(reply.choices, 1):
            table.add_row(f"{number}", choice.label)
        console.print(table)
    if reply.order is not None:
        lines = "\n".join(
            str(line)
            for line in (reply.order.what, reply.order.at_most, reply.order.cannot_be_undone)
        )
        console.print(
            Panel(lines, title=translate(Text("Waits for your yes"), reply.language), expand=False)
        )


def _follow(console: Console, held: Session) -> None:
    """Show what happens in the run until it has ended; Ctrl-C goes back to talking while the run goes on."""
    before = held.last_reply()
    try:
        for event in held.watch():
            console.print(_line(event), style="dim", markup=False)
    except KeyboardInterrupt:
        console.print()
        return
    _news(console, held, before)


def _line(event: Event) -> str:
    return f"{event.at[11:19]} {event.text}"


def _news(console: Console, held: Session, before: Reply | None) -> None:
    """Show replies that came by themselves: a run that has ended."""
    held.look()
    last = held.last_reply()
    if last is not None and (before is None or last.n > before.n):
        show(console, last)
