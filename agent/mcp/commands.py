"""What `tunesmith mcp` and its commands do, on the person's side of the terminal."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from agent import commands, settings, show
from agent.approvals import Approvals, WaitingOrder, read_private
from agent.mcp.desk import Desk
from agent.mcp.roots import allowed
from agent.settings import Settings
from agent.teachers import taught
from tools.errors import PlanError, RunError
from training.text import Text

TOKEN_BYTES = 24
LOOPBACK = "127.0.0.1"


def serve(
    *, home: Path | None, http: str | None, roots: Sequence[Path], names: Sequence[str]
) -> None:
    """Serve until the other side ends or somebody interrupts. Raises PlanError and RunError before anything is served."""
    known = settings.read(home)
    host, port = _address(http) if http is not None else (LOOPBACK, 0)
    key = _http_token(known) if http is not None else ""
    made = desk(home, roots)
    try:
        from agent.mcp import server  # noqa: PLC0415 (the package may be missing, and that is said)
    except ModuleNotFoundError as error:
        raise RunError(
            Text("The package {name} is not installed.", name=str(error.name)), where="tunesmith mcp",
            what_to_do=Text("Install it with: pip install 'mcp>=2'"),
        ) from error  # fmt: skip
    if http is None:
        if sys.stdin.isatty():
            show.plain_error(
                show.say(
                    Text(
                        "This waits for another agent's program on standard input. See: tunesmith mcp --help"
                    ),
                    None,
                )
            )
        server.serve_stdio(made)
        return
    if host not in {LOOPBACK, "localhost", "::1"}:
        show.plain_error(
            show.say(
                Text(
                    "Other machines can reach this address, and nothing is encrypted: put a server with TLS in front of it."
                ),
                None,
            )
        )
    server.serve_http(made, host=host, port=port, token=key, names=names)


def desk(home: Path | None, roots: Sequence[Path] = ()) -> Desk:
    """Everything the tools share, over this home. Raises PlanError where the folders cannot be."""
    engine = commands.engine(home)
    own = engine.settings.home
    return Desk(
        engine, own, allowed(roots, own), runs=lambda: [run.id for run in engine.runs.all()] + taught.names(own),
        delete=lambda run: engine.runs.delete(engine.runs.find(run)), approvals=Approvals(own),
        announce=lambda order: _announce(Approvals(own), order),
    )  # fmt: skip


def orders(*, home: Path | None, json_wanted: bool, language: str | None) -> None:
    """Show the orders; tokens only on a terminal, where a person reads."""
    kept = Approvals(settings.read(home).home)
    found = kept.all()
    if json_wanted:
        show.print_json(
            {"kind": "orders", "schema": 1, "orders": [_bare(order) for order in found]}
        )
        return
    waiting = [order for order in found if order.state == "waiting"]
    if not waiting:
        show.sentence(Text("No order waits for you."), language)
    for order in waiting:
        _show(kept, order, language, with_token=sys.stdout.isatty())


def approve(
    name: str, *, yes: bool, home: Path | None, json_wanted: bool, language: str | None
) -> None:
    """Ask, and carry the order out. Raises RunError where nobody agreed."""
    kept = Approvals(settings.read(home).home)
    order = kept.find(name)
    if order.state != "done" and not yes:
        _show(kept, order, language, with_token=False, to_person=True)
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise RunError(
                Text("Nobody agreed to this run."), where=f"order {name}",
                what_to_do=Text("Add --yes if you mean it: nothing starts without a clear yes."),
            )  # fmt: skip
        asked = show.say(Text("Shall I start it?"), language)
        if not typer.confirm(asked, default=False, err=True):
            raise RunError(
                Text("Nothing was started."), where=f"order {name}",
                what_to_do=Text("The order still waits. To say no for good: tunesmith mcp decline {order}", order=name),
            )  # fmt: skip
    done = kept.agreed(name, "terminal", desk(home, [Path.cwd()]).carry_out)
    show.out_json_or(
        {"kind": "order", "schema": 1, "order": _bare(done)}, json_wanted,
        lambda: show.sentence(Text("Done: {run}. Follow it with: tunesmith runs show {run}", run=done.run), language),
    )  # fmt: skip


def decline(name: str, *, home: Path | None, json_wanted: bool, language: str | None) -> None:
    """Say no to an order."""
    done = Approvals(settings.read(home).home).decline(name)
    show.out_json_or(
        {"kind": "order", "schema": 1, "order": _bare(done)}, json_wanted,
        lambda: show.sentence(Text("Declined. It can be started no more."), language),
    )  # fmt: skip


def token(*, home: Path | None, new: bool) -> None:
    """Print the HTTP token, made where there is none."""
    path = _token_file(settings.read(home))
    if new:
        path.unlink(missing_ok=True)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(TOKEN_BYTES) + "\n")
    sys.stdout.write(read_private(path, least_bytes=16).decode("utf-8").strip() + "\n")


def _http_token(known: Settings) -> str:
    """The token of the environment, else of the home. Raises RunError where there is none."""
    if known.mcp_token is not None:
        return known.mcp_token.strip()
    try:
        return read_private(_token_file(known), least_bytes=16).decode("utf-8").strip()
    except FileNotFoundError as error:
        raise RunError(
            Text("Over HTTP other agents need a token, and there is none."), where="--http",
            what_to_do=Text("Set TUNESMITH_MCP_TOKEN, or have one made with: tunesmith mcp token"),
        ) from error  # fmt: skip


def _token_file(known: Settings) -> Path:
    return known.home / "mcp" / "token"


def _address(text: str) -> tuple[str, int]:
    """Read HOST:PORT; the host may be left out. Raises PlanError."""
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise PlanError(
            Text("The address {text!r} is not HOST:PORT.", text=text[:100]), where="--http",
            what_to_do=Text("Write it like 127.0.0.1:8765."),
        )  # fmt: skip
    return host.strip("[]") or LOOPBACK, int(port)


def _announce(kept: Approvals, order: WaitingOrder) -> None:
    """Show a new order, with its token, where a person started the server on a terminal; an agent's log is no place for it."""
    if sys.stderr.isatty() and sys.stdin.isatty():
        _show(kept, order, None, with_token=True, to_person=True)


def _show(
    kept: Approvals, order: WaitingOrder, language: str | None, *, with_token: bool, to_person: bool = False
) -> None:  # fmt: skip
    rows = [
        (Text("Order"), f"{order.id} ({order.run})"),
        (Text("What will happen"), show.say(order.what, language)),
        (Text("What it costs at most"), show.say(order.at_most, language)),
        (Text("What cannot be undone"), show.say(order.cannot_be_undone, language)),
    ]
    if with_token:
        rows.append((Text("Token, for this order alone"), kept.token(order)))
    write = sys.stderr.write if to_person else sys.stdout.write
    for label, said in rows:
        write(f"{show.say(label, language)}: {printable(said)}\n")
    write("\n")


def _bare(order: WaitingOrder) -> dict[str, object]:
    return order.as_json()


def printable(said: str) -> str:
    r"""Show what a terminal would obey instead of print: names in an order come from the agent that put it up.

    >>> printable("practice" + chr(27) + "[2K")
    'practice\\x1b[2K'
    """
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in said)
