"""Where things are kept and which switches are set: the one place that reads the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tools.errors import PlanError
from training.text import Text


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
    hub: str | None = None
    """A mirror of the Hub, by HF_ENDPOINT, which the training heeds too."""
    hub_token: str | None = None

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
        hub=os.environ.get("HF_ENDPOINT") or None,
        hub_token=os.environ.get("HF_TOKEN") or None,
    )


def teacher_key() -> str | None:
    """Read the key of a teacher's server, where one is set."""
    return os.environ.get("TUNESMITH_TEACHER_KEY") or None


def teacher_url() -> str | None:
    """The server that other agents may ask to teach; None: only those on this machine."""
    return os.environ.get("TUNESMITH_TEACHER_URL") or None


def teacher_price() -> tuple[float, float] | None:
    """Dollars for a million tokens read and written by a teacher, where that is set. Raises PlanError."""
    price = _numbers("TUNESMITH_TEACHER_PRICE", 2)
    return (price[0], price[1]) if price else None


@dataclass(frozen=True)
class LlmSettings:
    """What a language model as brain may use. Keys are not among it: the provider's package reads its own variable."""

    base_url: str | None = None
    """An OpenAI-compatible or other server's address, for every provider that takes one."""
    tokens: int = 200_000
    """Of one conversation, read and written together. About 60 turns; a guess; not tuned."""
    usd: float | None = None
    """Of one conversation; needs the price."""
    usd_per_million: tuple[float, float] = (0.0, 0.0)
    """Price of a million tokens, read and written."""
    patience_s: float = 4.0
    """Until the first sign of life; then the rules take the turn."""


def read_llm() -> LlmSettings:
    """Read the switches of a language model as brain. Raises PlanError for one that is no number."""
    usd = _numbers("TUNESMITH_LLM_USD", 1)
    price = _numbers("TUNESMITH_LLM_PRICE", 2)
    if usd and not price:
        raise PlanError(
            Text("A limit in dollars needs the model's price."), where="TUNESMITH_LLM_USD",
            what_to_do=Text("Set TUNESMITH_LLM_PRICE to the dollars for a million tokens read and written, such as 0.15,0.60."),
        )  # fmt: skip
    tokens = _numbers("TUNESMITH_LLM_TOKENS", 1)
    patience = _numbers("TUNESMITH_LLM_PATIENCE_S", 1)
    return LlmSettings(
        base_url=os.environ.get("TUNESMITH_LLM_BASE_URL") or None,
        tokens=int(tokens[0]) if tokens else LlmSettings.tokens,
        usd=usd[0] if usd else None,
        usd_per_million=(price[0], price[1]) if price else LlmSettings.usd_per_million,
        patience_s=patience[0] if patience else LlmSettings.patience_s,
    )


def _numbers(name: str, count: int) -> tuple[float, ...]:
    """Read so many numbers, separated by commas, of one variable; nothing where it is not set. Raises PlanError."""
    said = os.environ.get(name, "").strip()
    if not said:
        return ()
    try:
        found = tuple(float(part) for part in said.split(","))
    except ValueError:
        found = ()
    if len(found) != count or not all(0 <= value < float("inf") for value in found):
        raise PlanError(
            Text("{name} is {said!r}, which cannot be read.", name=name, said=said[:60]), where=name,
            what_to_do=Text("Give it a number of at least 0; prices are two, with a comma between them."),
        )  # fmt: skip
    return found
