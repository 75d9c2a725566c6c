"""A teacher behind a server: busy, garbled, refusing, silent; what it said is kept, and its key is never written down."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from training.chat_server import Reply, sender
from training.errors import TrainingError
from training.rows import Message
from training.teacher import Answer, Answers, Limits, Question, Server, ask_server
from training.text import Text

LIMITS = Limits(requests=1_000, tokens=1_000_000)


def silent(text: Text) -> None:
    """Hear nothing."""


Script = Callable[[int, dict[str, Any]], tuple[int, dict[str, str], bytes]]


@pytest.fixture
def served() -> Iterator[Callable[[Script], tuple[str, list[str]]]]:
    """Start a server that answers its n-th request by a script; gives its address and the keys it saw."""
    running: list[ThreadingHTTPServer] = []

    def start(script: Script) -> tuple[str, list[str]]:
        keys: list[str] = []
        lock = threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    keys.append(self.headers.get("Authorization", ""))
                    number = len(keys)
                status, headers, said = script(number, body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *arguments: Any) -> None:
                return

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        running.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}/v1", keys

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def completion(text: str) -> bytes:
    choice = {"message": {"content": text}, "finish_reason": "stop"}
    return json.dumps(
        {"choices": [choice], "usage": {"prompt_tokens": 5, "completion_tokens": 2}}
    ).encode()


def questions(count: int) -> list[Question]:
    return [
        Question(id=str(n), messages=(Message(role="user", content=f"q{n}"),)) for n in range(count)
    ]


def test_a_busy_and_a_garbled_server_are_asked_again_and_the_wait_is_the_servers(
    served: Any, tmp_path: Path
) -> None:
    seen: Counter[str] = Counter()

    def script(number: int, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        asked = body["messages"][-1]["content"]
        seen[asked] += 1
        if asked == "q0" and seen[asked] == 1:
            return 429, {"Retry-After": "7"}, b"busy"
        if asked == "q1" and seen[asked] == 1:
            return 200, {}, b"<html>"
        if asked == "q2":
            return 200, {}, b'{"choices": []}'
        if asked == "q3" and seen[asked] == 1:
            return 503, {}, b""
        return 200, {}, completion(f"answer to {asked}")

    url, keys = served(script)
    answers, waits = Answers(tmp_path / "answers.jsonl"), list[float]()
    complete = ask_server(
        questions(6), answers, server=Server(sender(url, "sk-1"), "m", 8, waits.append),  limits=LIMITS,
        tell=silent,
    )  # fmt: skip
    assert complete
    assert Counter(one.state for one in answers.known.values()) == {"whole": 5, "none": 1}
    assert 7.0 in waits, "the server's own Retry-After is kept to"
    assert answers.requests == len(keys) == sum(seen.values())
    assert set(keys) == {"Bearer sk-1"}
    assert "sk-1" not in (tmp_path / "answers.jsonl").read_text()


def test_a_refused_key_stops_at_once_and_a_redirect_is_not_followed(
    served: Any, tmp_path: Path
) -> None:
    for status in (401, 302):
        url, keys = served(
            lambda number, body, status=status: (status, {"Location": "http://127.0.0.1:1/"}, b"no")
        )
        with pytest.raises(TrainingError, match=f"HTTP {status}") as refused:
            ask_server(
                questions(1), Answers(tmp_path / "a.jsonl"), server=Server(sender(url, "sk-secret"), "m", 8, lambda pause: None),
                 limits=LIMITS, tell=silent,
            )  # fmt: skip
        assert len(keys) == 1
        assert "sk-secret" not in str(refused.value)


def test_a_server_too_slow_to_answer_is_given_up_and_its_questions_stay_open(
    tmp_path: Path,
) -> None:
    def never(request: Mapping[str, Any]) -> Reply:
        raise TimeoutError("timed out")

    answers = Answers(tmp_path / "answers.jsonl")
    with pytest.raises(TrainingError, match="gives no answer"):
        ask_server(
            questions(40), answers, server=Server(never, "m", 8, lambda pause: None),  limits=LIMITS,
            tell=silent,
        )  # fmt: skip
    assert not any(map(answers.has, answers.known)), "they are asked again the next time"
    assert answers.requests == 32, "what was tried counts"


def test_a_broken_line_of_answers_names_its_number(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text(Answer(key="a", text="x").model_dump_json() + "\nnonsense\n")
    with pytest.raises(TrainingError, match="Line 2"):
        Answers(path)
