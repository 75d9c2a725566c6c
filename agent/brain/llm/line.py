"""One call to the language model: streamed, with patience that ends, retries that back off, and a rest after a failure.

This is one of the five edges with a broad except: whatever a provider's package raises becomes a `Silence`, whose words
are ours. What the server wrote is neither shown nor logged: it may repeat the key.
"""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.tool import tool_call_chunk

from agent.brain.llm.purse import Purse, tokens_of
from training.text import Text

log = logging.getLogger(__name__)
PASSING = frozenset({408, 409, 425, 429})
"""HTTP states that may be over in a moment; so may all from 500."""
NO_TOOLS = frozenset({400, 404, 422, 501})
"""What servers answer that know no tools; they are asked again without."""
ENDED = ("finish_reason", "stop_reason", "done_reason", "done")
"""How the providers name why an answer ended; one of them is there unless it was cut."""


@dataclass(frozen=True)
class Patience:
    """How long is waited. Seconds."""

    first_s: float = 4.0
    """Until the first sign of life, all retries together: with a dead server the turn goes on after this."""
    whole_s: float = 60.0
    """Until the answer has ended."""
    pause_s: float = 0.3
    """Before the first retry; doubled before each further one."""
    rest_s: float = 60.0
    """After a failure nobody is asked for so long; doubled each time, up to `longest_rest_s`."""
    longest_rest_s: float = 900.0
    tries: int = 4


class Silence(Exception):  # noqa: N818  # nothing wrong happened on our side
    """No usable answer came. `why` is for the person and holds nothing that the server wrote."""

    def __init__(self, why: Text, *, status: int | None = None) -> None:
        super().__init__(str(why))
        self.why = why
        self.status = status


class Line:
    """A line to one model, shared by all conversations of this process. Usable from several threads."""

    def __init__(
        self,
        model: BaseChatModel,
        *,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.model = model
        self.patience = patience or Patience()
        self._clock, self._sleep = clock, sleep
        self._rests_until, self._rest_s = 0.0, self.patience.rest_s
        self._why: Text | None = None
        self.knows_tools = True
        """False where the server has refused a request with tools, and took the same without."""

    def ask(
        self,
        messages: list[BaseMessage],
        *,
        purse: Purse,
        tools: Sequence[Any] = (),
        force: str | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> AIMessageChunk:
        """Give the model's whole answer; `on_text` hears the prose as it comes. Raises Silence.

        `force`: the tool that must be called. The purse pays for every try.
        """
        if self._why is not None and self._clock() < self._rests_until:
            raise Silence(self._why)
        spent = purse.spent(tokens_of(messages))
        if spent is not None:
            raise Silence(spent)
        bound = self._bound(tools, force)
        until, pause = self._clock() + self.patience.first_s, self.patience.pause_s
        heard, alive = threading.Event(), threading.Event()

        def hear(text: str) -> None:
            alive.set()
            if text and on_text is not None:
                heard.set()
                on_text(text)

        for left in reversed(range(self.patience.tries)):
            try:
                answer = self._once(bound, messages, until, hear)
            except Exception as error:  # noqa: BLE001  # the LLM brain's edge: said and logged, never swallowed
                if alive.is_set() or isinstance(error, TimeoutError):
                    purse.pay(messages, None)  # it was at work on it
                trouble = in_words(error, self.patience.first_s)
                log.info("language model: %s (%s)", trouble.why, type(error).__name__)
                wait = max(pause, _asked_to_wait(error))
                late = self._clock() + wait >= until
                if not _is_passing(error) or left == 0 or late or heard.is_set():
                    if trouble.status not in NO_TOOLS or not tools:
                        self._rest(trouble.why)
                    raise trouble from None
                self._sleep(wait)
                pause *= 2
            else:
                purse.pay(messages, answer)
                self._why, self._rest_s = None, self.patience.rest_s
                return answer
        raise AssertionError("the last try returns or raises")

    def rests(self) -> bool:
        """Whether a failure was so lately that nobody is asked now."""
        return self._why is not None and self._clock() < self._rests_until

    def _bound(self, tools: Sequence[Any], force: str | None) -> Any:
        if not tools:
            return self.model
        if force is None:
            return self.model.bind_tools(tools)
        return self.model.bind_tools(tools, tool_choice=force)

    def _once(
        self,
        bound: Any,
        messages: list[BaseMessage],
        until: float,
        on_text: Callable[[str], None],
    ) -> AIMessageChunk:
        """Read one stream to its end. It runs on a thread of its own: not every provider's package keeps its time-outs."""
        pieces: queue.SimpleQueue[Any] = queue.SimpleQueue()
        gone = threading.Event()
        threading.Thread(
            target=_pump, args=(bound, messages, pieces, gone), daemon=True, name="language-model"
        ).start()
        whole: AIMessageChunk | None = None
        end = self._clock() + self.patience.whole_s
        try:
            while True:
                left = (until if whole is None else end) - self._clock()
                piece = pieces.get(timeout=max(left, 0.001))
                if piece is None:
                    break
                if isinstance(piece, BaseException):
                    raise piece
                whole = piece if whole is None else whole + piece
                on_text(str(piece.text))
        except queue.Empty:
            waited = self.patience.first_s if whole is None else self.patience.whole_s
            raise TimeoutError(waited) from None
        finally:
            gone.set()
        if whole is None:
            raise ConnectionError
        return whole

    def _rest(self, why: Text) -> None:
        log.info("language model: %s; the rules take over", why)
        self._why = why
        self._rests_until = self._clock() + self._rest_s
        self._rest_s = min(2 * self._rest_s, self.patience.longest_rest_s)


def is_whole(answer: AIMessageChunk) -> bool:
    """Whether the server said that its answer was complete; one cut off in the middle lacks that."""
    return any(name in answer.response_metadata for name in ENDED)


def in_words(error: Exception, patience_s: float) -> Silence:
    """Say what went wrong, in our words only."""
    if isinstance(error, Silence):
        return error
    status = _status(error)
    if status in {401, 403}:
        return Silence(Text("it refused the key (HTTP {status})", status=status), status=status)
    if status == 429:
        return Silence(Text("it has too much to do (HTTP {status})", status=status), status=status)
    if status is not None and status >= 500:
        return Silence(Text("it has a fault (HTTP {status})", status=status), status=status)
    if status is not None:
        return Silence(Text("it refused the request (HTTP {status})", status=status), status=status)
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        waited = error.args[0] if error.args and isinstance(error.args[0], float) else patience_s
        return Silence(Text("it did not answer within {seconds:g} seconds", seconds=waited))
    return Silence(Text("it cannot be reached, or broke off"))


def _pump(
    bound: Any, messages: list[BaseMessage], pieces: queue.SimpleQueue[Any], gone: threading.Event
) -> None:
    try:
        for piece in _streamed(bound, messages):
            if gone.is_set():
                return
            pieces.put(piece)
    except Exception as error:  # noqa: BLE001  # handed to whoever reads the pieces
        pieces.put(error)
    else:
        pieces.put(None)


def _streamed(bound: Any, messages: list[BaseMessage]) -> Iterator[AIMessageChunk]:
    """Yield the answer piece by piece; whole where the server does not stream, though it was asked to."""
    count = 0
    try:
        for piece in bound.stream(messages):
            count += 1
            yield piece
    except ValueError:  # LangChain's word for a stream without events
        if count:
            raise
    if not count:
        whole: AIMessage = bound.invoke(messages)
        calls: list[tuple[str | None, str | None]] = [
            (call["name"], json.dumps(call["args"])) for call in whole.tool_calls
        ]
        calls += [(call["name"], call["args"]) for call in whole.invalid_tool_calls]
        yield AIMessageChunk(
            content=whole.content, response_metadata=whole.response_metadata, usage_metadata=whole.usage_metadata,
            tool_call_chunks=[
                tool_call_chunk(name=name, args=args, id=f"call-{index}", index=index)
                for index, (name, args) in enumerate(calls)
            ],
        )  # fmt: skip


def _status(error: Exception) -> int | None:
    """The HTTP status, however the provider's package carries it."""
    for holder in (error, getattr(error, "response", None)):
        status = getattr(holder, "status_code", None)
        if isinstance(status, int):
            return status
    return None


def _is_passing(error: Exception) -> bool:
    if isinstance(error, TimeoutError):
        return False  # the patience is over
    status = _status(error)
    return status is None or status in PASSING or status >= 500


def _asked_to_wait(error: Exception) -> float:
    """Seconds that the server asks for (Retry-After); 0 where it asks for nothing readable."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        return max(0.0, float(headers.get("retry-after", 0)))
    except (TypeError, ValueError):
        return 0.0
