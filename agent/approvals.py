"""Orders that another agent puts up, and the person's yes to them.

An agent that talks to Tunesmith (MCP) may ask for anything and start nothing. What it asks for waits in
`HOME/mcp/orders/` until the person agrees: on the terminal (`tunesmith mcp approve ORDER`), or by giving the agent that
order's token. A token is made from a secret of this home (0600, never shown) and one order: it is shown to the person
together with the three lines it agrees to, it opens nothing else, and it opens that once. So an agent that has seen ten
tokens still cannot start an eleventh run.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import hmac
import os
import re
import secrets
import shlex
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from tools.errors import RunError
from tools.plan import Order
from training.document import Document
from training.text import Text

Action = Literal["measure", "train", "export", "resume", "delete", "synthesize"]
State = Literal["waiting", "agreed", "done", "declined"]
ORDER_NAME = re.compile(r"[0-9a-z]{1,40}")
LIFETIME = timedelta(days=7)
"""An order that nobody answered is put up again, not carried out: data and machine have moved on. Our default."""
SECRET_BYTES = 32
TOKEN_BYTES = 10
"""80 bits: sixteen letters, which nobody guesses and a person can still type."""


class WaitingOrder(Document):
    """One thing that an agent asked for, in three lines, and how it stands."""

    kind: Literal["waiting_order"] = "waiting_order"
    id: str
    action: Action
    what: Text
    at_most: Text
    cannot_be_undone: Text
    max_minutes: float | None = None
    max_cost_usd: float = 0.0
    run: str
    """The run that will be started, or that the order is about: fixed here, so that it is started once."""
    about: str = ""
    """The plan's handle; empty where there is no plan."""
    settings: dict[str, Any] = Field(default_factory=dict)
    at: str
    """When it was put up: UTC, ISO 8601."""
    state: State = "waiting"
    agreed_by: Literal["token", "terminal", "page"] | None = None

    def shown(self) -> dict[str, Any]:
        """The order as it is put up, without anything that could agree to it."""
        return {
            "id": self.id, "kind": self.action, "what": self.what, "at_most": self.at_most, "cannot_be_undone": self.cannot_be_undone,
            "max_minutes": self.max_minutes, "max_cost_usd": self.max_cost_usd, "run": self.run, "state": self.state,
        }  # fmt: skip


CarryOut = Callable[[WaitingOrder], str]
"""Does what the order says and returns the run it is about. The same order again is the same run."""


class Approvals:
    """The orders of one home. Usable from several threads and processes."""

    def __init__(
        self, home: Path, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.folder = home / "mcp"
        self._clock = clock

    def elsewhere(self) -> str:
        """What the person adds to a command where this is not the home it would look in; empty where it is."""
        home = self.folder.parent.resolve()
        return (
            ""
            if home == (Path.home() / ".tunesmith").resolve()
            else f" --home {shlex.quote(str(home))}"
        )

    def put_up(self, order: Order, *, run: str, about: str = "", **settings: Any) -> WaitingOrder:
        """Keep a plan's order until the person answers. Put up twice it is one order, with one run."""
        return self.keep(
            WaitingOrder(
                id=order.id, action=order.kind, what=order.what, at_most=order.at_most,  # type: ignore[arg-type]
                cannot_be_undone=order.cannot_be_undone, max_minutes=order.max_minutes, max_cost_usd=order.max_cost_usd,
                run=run, about=about, settings=settings, at=self._now(),
            )
        )  # fmt: skip

    def keep(self, asked: WaitingOrder) -> WaitingOrder:
        """Keep an order; one of the same id that still stands, or that was answered, is given back as it is."""
        with self._alone():
            known = self._read(asked.id)
            if known is not None and not (known.state == "waiting" and self._is_stale(known)):
                return known
            return self._write(asked.model_copy(update={"at": self._now()}))

    def all(self) -> list[WaitingOrder]:
        """Every order, the newest first."""
        found = [WaitingOrder.load(path) for path in (self.folder / "orders").glob("*.json")]
        return sorted(found, key=lambda order: order.at, reverse=True)

    def find(self, name: str) -> WaitingOrder:
        """The order of this id. Raises RunError where there is none."""
        found = self._read(name)
        if found is None:
            raise RunError(
                Text("There is no order called {name!r}.", name=name[:60]), where="order",
                what_to_do=Text("See the orders that wait with: tunesmith mcp orders"),
            )  # fmt: skip
        return found

    def token(self, order: WaitingOrder) -> str:
        """The person's token for exactly this order. Show it to the person alone. Raises RunError."""
        body = "\n".join(
            [order.id, order.at, order.action, order.run, order.what, order.at_most, order.cannot_be_undone]
        )  # fmt: skip
        made = hmac.new(self._secret(), body.encode("utf-8"), hashlib.sha256).digest()[:TOKEN_BYTES]
        letters = base64.b32encode(made).decode("ascii").lower()
        return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))

    def approve(self, name: str, token: str, carry_out: CarryOut) -> WaitingOrder:
        """Carry the order out where the token is the person's for it. Raises RunError, and then nothing was started."""
        given = token.strip().lower().encode("utf-8", "replace")
        order = self.find(name)
        if not hmac.compare_digest(given, self.token(order).encode("ascii")):
            raise RunError(
                Text("This is not the person's token for this order. Nothing was started."), where=f"order {order.id}",
                what_to_do=Text(
                    "Ask the person: the command tunesmith mcp orders{home} shows them the order and its token on their terminal. Or they "
                    "agree there themselves: tunesmith mcp approve {order}{home}", order=order.id, home=self.elsewhere(),
                ),
            )  # fmt: skip
        return self.agreed(order.id, "token", carry_out)

    def agreed(
        self, name: str, by: Literal["token", "terminal", "page"], carry_out: CarryOut
    ) -> WaitingOrder:
        """Carry out an order that the person agreed to: once, whoever asks, however often. Raises RunError."""
        with self._alone():
            order = self.find(name)
            if order.state == "done":
                return order
            if order.state == "declined":
                raise RunError(
                    Text("The person declined this order. Nothing was started."), where=f"order {order.id}",
                    what_to_do=Text("Ask the person what they want instead, and plan that."),
                )  # fmt: skip
            if order.state == "waiting" and self._is_stale(order):
                raise RunError(
                    Text("This order is older than {days} days. Nothing was started.", days=LIFETIME.days), where=f"order {order.id}",
                    what_to_do=Text("Make the plan again and put its order up again."),
                )  # fmt: skip
            self._write(order.model_copy(update={"state": "agreed", "agreed_by": by}))
            try:
                run = carry_out(order)
            except BaseException:
                self._write(order)
                raise
            return self._write(
                order.model_copy(update={"state": "done", "agreed_by": by, "run": run})
            )

    def decline(self, name: str) -> WaitingOrder:
        """Say no: the order can be carried out no more. Raises RunError where it was carried out already."""
        with self._alone():
            order = self.find(name)
            if order.state == "done":
                raise RunError(
                    Text("This order was carried out already, as run {run}.", run=order.run), where=f"order {order.id}",
                    what_to_do=Text("Stop it with: tunesmith runs stop {run}", run=order.run),
                )  # fmt: skip
            return self._write(order.model_copy(update={"state": "declined"}))

    def _secret(self) -> bytes:
        """This home's secret, made when it is first needed. Raises RunError where others may read it."""
        path = self.folder / "secret"
        self._open_folder()
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(SECRET_BYTES))
        return read_private(path, least_bytes=SECRET_BYTES)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the orders' lock: across threads and processes, let go of by the death of its holder."""
        self._open_folder()
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self._secret()
            yield
        finally:
            os.close(descriptor)

    def _open_folder(self) -> None:
        (self.folder / "orders").mkdir(parents=True, exist_ok=True, mode=0o700)

    def _read(self, name: str) -> WaitingOrder | None:
        if not ORDER_NAME.fullmatch(name):
            return None
        try:
            return WaitingOrder.load(self.folder / "orders" / f"{name}.json")
        except FileNotFoundError:
            return None

    def _write(self, order: WaitingOrder) -> WaitingOrder:
        order.save(self.folder / "orders" / f"{order.id}.json")
        return order

    def _is_stale(self, order: WaitingOrder) -> bool:
        return self._clock() - datetime.fromisoformat(order.at) > LIFETIME

    def _now(self) -> str:
        return self._clock().isoformat(timespec="milliseconds")


def read_private(path: Path, *, least_bytes: int) -> bytes:
    """Read a secret that its owner alone may read. Raises RunError where it is open to others, or too short."""
    raw = path.read_bytes()
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise RunError(
            Text("Others on this machine may read this secret: its mode is {mode}.", mode=f"{mode:03o}"), where=str(path),
            what_to_do=Text("Delete the file, so that a new one is made; then keep its mode at 600."),
        )  # fmt: skip
    if len(raw) < least_bytes:
        raise RunError(
            Text("This secret is too short to be one: it has {found} of at least {least} characters.", found=len(raw), least=least_bytes),
            where=str(path), what_to_do=Text("Delete the file, so that a new one is made; then keep its mode at 600."),
        )  # fmt: skip
    return raw
