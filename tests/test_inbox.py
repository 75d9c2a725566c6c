"""The inbox: one line for everything that reaches a session."""

import os
import subprocess
import sys
import threading
from pathlib import Path

from agent.inbox import Inbox


def test_messages_are_numbered_without_gaps_whoever_posts(tmp_path: Path) -> None:
    boxes = [Inbox(tmp_path) for _ in range(4)]
    threads = [
        threading.Thread(
            target=lambda box=box: [box.post("s", "say", {"text": "x"}) for _ in range(25)]
        )
        for box in boxes
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [message.n for message in boxes[0].messages("s")] == list(range(1, 101))


def test_the_same_event_is_posted_once(tmp_path: Path) -> None:
    box = Inbox(tmp_path)
    assert box.post("s", "event", {"run": "r"}, key="r:done:9") == 1
    assert box.post("s", "event", {"run": "r"}, key="r:done:9") is None
    assert box.post("t", "event", {"run": "r"}, key="r:done:9") == 1
    assert len(box.messages("s")) == 1


def test_a_message_knows_which_reply_could_be_seen_when_it_was_posted(tmp_path: Path) -> None:
    box = Inbox(tmp_path)
    box.post("s", "say", {"text": "a"})
    box.post("s", "say", {"text": "b"})
    box.reply("s", 1, {"says": ["A"]})
    box.post("s", "say", {"text": "c"})
    assert [message.seen for message in box.messages("s")] == [0, 0, 1]


def test_messages_wait_in_order_until_they_are_answered(tmp_path: Path) -> None:
    box = Inbox(tmp_path)
    for text in "ab":
        box.post("s", "say", {"text": text})
    first = box.waiting("s")
    assert first is not None and first.body == {"text": "a"}
    box.reply("s", first.n, {"says": []})
    second = Inbox(tmp_path).waiting("s")
    assert second is not None and second.body == {"text": "b"}


def test_the_lock_of_a_session_holds_across_processes_and_dies_with_its_holder(
    tmp_path: Path,
) -> None:
    holder = (
        "import sys, time\nfrom pathlib import Path\nfrom agent.inbox import Inbox\n"
        "with Inbox(Path(sys.argv[1])).turn('s'):\n    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", holder, str(tmp_path)], cwd=Path(__file__).parents[1], env={**os.environ, "PYTHONPATH": "."},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    entered = threading.Event()

    def enter() -> None:
        with Inbox(tmp_path).turn("s"):
            entered.set()

    thread = threading.Thread(target=enter)
    thread.start()
    assert not entered.wait(0.2)
    with Inbox(tmp_path).turn("other"):
        pass
    child.kill()
    child.communicate()
    thread.join(10)
    assert entered.is_set()


def test_documents_are_kept_by_session(tmp_path: Path) -> None:
    box = Inbox(tmp_path)
    box.keep("s", "plan-1", {"kind": "plan", "文": "字"})
    assert Inbox(tmp_path).document("s", "plan-1") == {"kind": "plan", "文": "字"}


def test_the_owner_of_a_session_does_not_change(tmp_path: Path) -> None:
    box = Inbox(tmp_path)
    box.open_session("s", "ann")
    box.open_session("s", "bob")
    assert box.owner("s") == "ann"
    assert box.owner("unknown") is None
    assert [name for name, _ in box.sessions("bob")] == []
