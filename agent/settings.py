"""Where things are kept and which switches are set: the one place that reads the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """What the environment says. Arguments of `TuningAgent` and the command line win over it."""

    home: Path
    """Holds sessions, runs, uploads and models."""
    language: str
    """Of the first greeting: `en` or `zh`, from the locale."""
    auth: str | None
    """`user:password` of the page, for any address but this machine's own."""
    mcp_token: str | None

    @property
    def runs(self) -> Path:
        """The folder with one folder for each run."""
        return self.home / "runs"


def read(home: str | Path | None = None) -> Settings:
    """Read the environment; `home` given by hand wins over TUNESMITH_HOME and ~/.tunesmith."""
    chosen = home or os.environ.get("TUNESMITH_HOME") or Path.home() / ".tunesmith"
    locale = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return Settings(
        home=Path(chosen).expanduser().resolve(),
        language="zh" if locale.lower().startswith("zh") else "en",
        auth=os.environ.get("TUNESMITH_AUTH"),
        mcp_token=os.environ.get("TUNESMITH_MCP_TOKEN"),
    )
