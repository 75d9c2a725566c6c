"""PROVIDER:MODEL -> a chat model of LangChain, or an error that names what is missing. Keys come from the environment only."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from langchain_core.language_models import BaseChatModel

from agent.brain.llm.line import Patience
from agent.settings import LlmSettings
from tools.errors import PlanError
from training.text import Text

NAME = re.compile(r"[a-z0-9_]+:.+", re.IGNORECASE)
PIP = re.compile(r"pip install (?:-U )?([\w-]+)")
KEYS = {
    "openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY", "google_genai": "GOOGLE_API_KEY", "mistralai": "MISTRAL_API_KEY",
    "groq": "GROQ_API_KEY", "deepseek": "DEEPSEEK_API_KEY", "xai": "XAI_API_KEY", "openrouter": "OPENROUTER_API_KEY",
    "cohere": "COHERE_API_KEY", "fireworks": "FIREWORKS_API_KEY", "together": "TOGETHER_API_KEY", "huggingface": "HF_TOKEN",
}  # fmt: skip
"""Where the providers' packages look for their keys; others are named PROVIDER_API_KEY."""
ADDRESSES = (
    "openai_api_base", "base_url", "anthropic_api_url", "endpoint", "endpoint_url", "azure_endpoint",
)  # fmt: skip
ON_THIS_MACHINE = frozenset({"ollama", "llamacpp"})
"""Providers that serve from this machine unless an address says otherwise."""


@dataclass(frozen=True)
class Opened:
    """A chat model, and where it is."""

    name: str
    model: BaseChatModel
    local: bool
    """It answers on this machine: what is said stays here."""


def open_model(name: str, limits: LlmSettings) -> Opened:
    """Open the model. Asks nobody anything yet. Raises PlanError."""
    if not NAME.fullmatch(name):
        raise PlanError(
            Text("There is no brain called {name!r}.", name=name), where="brain",
            what_to_do=Text("Use the built-in one, rules, or name a provider and its model, such as openai:gpt-4.1-mini."),
        )  # fmt: skip
    provider, _, model_name = name.partition(":")
    provider = provider.lower()
    options: dict[str, Any] = {"max_retries": 0, "timeout": Patience.whole_s}
    if limits.base_url is not None:
        options["base_url"] = limits.base_url
    model = _made(name, provider, model_name, options)
    address = _address(model)
    local = provider in ON_THIS_MACHINE if address is None else is_here(address)
    return Opened(name, model, local)


def _address(model: BaseChatModel) -> str | None:
    """Where the model answers, as far as its package tells; some read the address from a variable of their own."""
    for holder in (model, getattr(model, "root_client", None)):
        for field in ADDRESSES:
            found = getattr(holder, field, None)
            if found:
                return str(found)
    return None


def _made(name: str, provider: str, model_name: str, options: dict[str, Any]) -> BaseChatModel:
    try:
        from langchain.chat_models import init_chat_model  # noqa: PLC0415  # not everybody has it
    except ImportError:
        raise _missing(name, "tunesmith[llm]") from None
    try:
        made: Any = init_chat_model(model_name, model_provider=provider, **options)
    except ImportError as error:
        found = PIP.search(str(error))
        package = found[1] if found else f"langchain-{provider.replace('_', '-')}"
        raise _missing(name, package) from None
    except Exception as error:  # noqa: BLE001  # said in our words, three lines below
        # What the packages write may hold the key or the address, so it is not passed on.
        if "nsupported" in str(error) and "provider" in str(error):
            raise PlanError(
                Text("There is no provider called {provider!r}.", provider=provider), where="brain",
                what_to_do=Text("Name one that LangChain knows, such as openai, anthropic, google_genai, mistralai or ollama."),
            ) from None  # fmt: skip
        variable = KEYS.get(provider, f"{provider.upper()}_API_KEY")
        raise PlanError(
            Text("The brain {name} cannot be opened ({kind}).", name=name, kind=type(error).__name__), where="brain",
            what_to_do=Text("Set its key in the environment ({variable}); for a server without keys any word will do.", variable=variable),
        ) from None  # fmt: skip
    assert isinstance(made, BaseChatModel), "a fixed model was asked for"
    return made


def _missing(name: str, package: str) -> PlanError:
    return PlanError(
        Text("The brain {name} needs a package that is not installed.", name=name), where="brain",
        what_to_do=Text('Install it with: pip install "{package}"', package=package),
    )  # fmt: skip


def is_here(address: str) -> bool:
    """Whether an address is on this machine.

    >>> is_here("http://127.0.0.1:8000/v1"), is_here("http://localhost/v1"), is_here("https://api.openai.com/v1")
    (True, True, False)
    """
    host = urlsplit(address).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
