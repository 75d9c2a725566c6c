"""Who may come in: this machine alone without a login; any other address only with one.

Passwords are kept as salted scrypt hashes in `HOME/passwords` (a line for each user, written by
`python -m agent.ui.door HOME USER`), or given as `user:password` in TUNESMITH_AUTH.
"""

from __future__ import annotations

import getpass
import hashlib
import hmac
import ipaddress
import secrets
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from agent.settings import Settings
from tools.errors import RunError
from training.text import Text

TRIES = 5
"""Wrong passwords in a row before a name has to wait. A guess; not tuned."""
WAIT_S = 30.0
SCRYPT = {"n": 2**14, "r": 8, "p": 1}
"""The parameters of RFC 7914 for logins: 16 MiB, some 50 ms."""
MOST_NAMES = 10_000
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' blob:; connect-src 'self' data: blob:; "
    "frame-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
"""Whatever slips through all escaping can still fetch nothing from elsewhere and send nothing there."""


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def passwords_file(home: Path) -> Path:
    """Where the hashed passwords of a home are."""
    return home / "passwords"


def door(host: str, settings: Settings) -> Door | None:
    """Give the login this address needs; None where only this machine can come in. Raises RunError without one."""
    known = _known(settings)
    if known:
        return Door(known)
    if is_loopback(host):
        return None
    raise RunError(
        Text("The page can be reached from other machines at this address, and there is no login."),
        where=f"--host {host}",
        what_to_do=Text(
            "Set TUNESMITH_AUTH to user:password, or add people with: python -m agent.ui.door {home} USER. Or leave --host out.",
            home=str(settings.home),
        ),
    )


class Door:
    """Checks names and passwords, slowly for whoever guesses."""

    def __init__(
        self, known: Mapping[str, str], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`known`: name -> `salt$hash`, both hexadecimal."""
        self._known = dict(known)
        self._clock = clock
        self._wrong: dict[str, tuple[int, float]] = {}
        self._guard = threading.Lock()
        self._nobody = hashed(secrets.token_hex(16))

    def __call__(self, name: str, password: str) -> bool:
        """Say whether the two belong together; a name that failed too often is refused for a while."""
        name = name.strip()
        with self._guard:
            count, last = self._wrong.get(name, (0, 0.0))
            if count >= TRIES and self._clock() - last < WAIT_S:
                return False
        right = matches(password, self._known.get(name, self._nobody)) and name in self._known
        with self._guard:
            if right:
                self._wrong.pop(name, None)
            else:
                while len(self._wrong) >= MOST_NAMES:
                    self._wrong.pop(next(iter(self._wrong)))
                self._wrong[name] = (count + 1, self._clock())
        return right


def hashed(password: str, salt: str | None = None) -> str:
    """Give `salt$hash` of a password."""
    salt = salt or secrets.token_hex(16)
    made = hashlib.scrypt(password.encode("utf-8"), salt=bytes.fromhex(salt), **SCRYPT)
    return f"{salt}${made.hex()}"


def matches(password: str, stored: str) -> bool:
    """Say whether the password is the one that was hashed."""
    return hmac.compare_digest(hashed(password, stored.partition("$")[0]), stored)


def add(home: Path, name: str, password: str) -> Path:
    """Write or replace one person's password and give the file."""
    path = passwords_file(home)
    kept = [line for line in _lines(path) if line.partition(":")[0] != name]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text("\n".join([*kept, f"{name}:{hashed(password)}"]) + "\n", encoding="utf-8")
    return path


def _known(settings: Settings) -> dict[str, str]:
    known = {}
    for line in _lines(passwords_file(settings.home)):
        name, _, stored = line.partition(":")
        known[name] = stored
    if settings.auth:
        name, colon, password = settings.auth.partition(":")
        if not (name and colon and password):
            raise RunError(
                Text("TUNESMITH_AUTH is not of the form user:password."),
                where="TUNESMITH_AUTH", what_to_do=Text("Write a name, a colon and a password."),
            )  # fmt: skip
        known[name] = hashed(password)
    return known


def _lines(path: Path) -> list[str]:
    try:
        return [
            line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()
        ]
    except FileNotFoundError:
        return []


class Headers:
    """Adds the headers that keep a page from fetching or sending anything elsewhere (an ASGI middleware)."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.added = [
            (b"content-security-policy", POLICY.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
        ]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass everything on."""

        async def sent(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *self.added]
            await send(message)

        await self.app(scope, receive, sent if scope["type"] == "http" else send)


def main() -> None:
    """Ask for a password and keep its hash: `python -m agent.ui.door HOME USER`."""
    home, name = Path(sys.argv[1]).expanduser(), sys.argv[2]
    if ":" in name or not name.strip():
        sys.exit("A name has no colon and is not empty.")
    sys.stdout.write(f"{add(home, name.strip(), getpass.getpass('Password: '))}\n")


if __name__ == "__main__":
    main()
