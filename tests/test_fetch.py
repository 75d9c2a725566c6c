"""A model on the Hub is known by its config.json: asked for once, through a mirror where one is set."""

import json
from pathlib import Path

import pytest

from tools.fetch import ASK_AGAIN_AFTER_S, Hub
from tools.machine import model_folder

CONFIG = {"model_type": "qwen3", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128,
          "vocab_size": 1000, "max_position_embeddings": 256}  # fmt: skip


class Net:
    """Answers as the Hub would, and counts."""

    def __init__(self, status: int = 200, content: bytes | None = None) -> None:
        self.status, self.asked = status, []
        self.content = json.dumps(CONFIG).encode() if content is None else content

    def __call__(self, address: str, headers: dict[str, str]) -> tuple[int, bytes]:
        self.asked.append((address, headers))
        if self.status == 0:
            raise ConnectionError("no network")
        return self.status, self.content


def test_a_config_is_asked_for_once_and_kept(tmp_path: Path) -> None:
    net = Net()
    hub = Hub("https://mirror.example/", "secret", net, folder=tmp_path)
    assert hub.fetch_config("somebody/new-9b") is None
    assert hub.fetch_config("somebody/new-9b") is None
    assert net.asked == [
        (
            "https://mirror.example/somebody/new-9b/resolve/main/config.json",
            {"Authorization": "Bearer secret"},
        )
    ]
    card = model_folder(tmp_path / "somebody--new-9b")
    assert card.layers == 2 and "licence" in card.unverified


@pytest.mark.parametrize(
    ("status", "content", "said"),
    [(0, None, "HF_ENDPOINT"), (401, b"", "HF_TOKEN"), (404, b"", "no model named"), (500, b"", "500"), (200, b"[]", "cannot be used"), (200, b"<html>", "cannot be used")],
)  # fmt: skip
def test_what_goes_wrong_is_said_and_not_asked_again_at_once(
    tmp_path: Path, status: int, content: bytes | None, said: str
) -> None:
    net, clock = Net(status, content), [0.0]
    hub = Hub(get=net, folder=tmp_path, now=lambda: clock[0])
    first = hub.fetch_config("somebody/new-9b")
    assert first is not None and said in str(first)
    assert hub.fetch_config("somebody/new-9b") == first
    assert len(net.asked) == 1
    clock[0] += ASK_AGAIN_AFTER_S
    hub.fetch_config("somebody/new-9b")
    assert len(net.asked) == 2
    assert not list(tmp_path.rglob("config.json"))


@pytest.mark.parametrize(
    "name", ["practice", "../../etc/passwd", "a/b/c", "a b/c", "/tmp/x", "https://evil/x"]
)
def test_only_names_of_models_are_asked_for(tmp_path: Path, name: str) -> None:
    net = Net()
    Hub(get=net, folder=tmp_path).fetch_config(name)
    assert net.asked == []
