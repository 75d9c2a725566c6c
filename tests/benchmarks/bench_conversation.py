"""How long a turn of the conversation takes: one session, then fifty at ten messages a second in all.

python -m tests.benchmarks.bench_conversation
"""

from __future__ import annotations

import os
import statistics
import tempfile
import threading
import time
from pathlib import Path

from tests.talking import Desk

QUESTIONS = (
    "why that learning rate?",
    "what does it cost?",
    "what is LoRA",
    "how long?",
    "what if I had 10x the rows",
    "hmm, not yet",
    "5 epochs",
    "what can go wrong",
    "为什么只训两轮",
    "多少钱",
)
TURNS = 60
SESSIONS = 50
PER_SECOND = 10.0
SECONDS = 20.0


def p95(values: list[float]) -> float:
    """The value that 95 % stay below, in milliseconds."""
    return 1000 * statistics.quantiles(values, n=20)[-1]


def one_session(desk: Desk) -> float:
    """Talk in one session on a plan; return the p95 of a turn."""
    session = desk.session("one")
    desk.to_order(session)
    times = []
    for turn in range(TURNS):
        start = time.perf_counter()
        session.say(QUESTIONS[turn % len(QUESTIONS)])
        times.append(time.perf_counter() - start)
    return p95(times)


def many_sessions(desk: Desk) -> float:
    """Post at a steady pace to fifty sessions; return the p95 from posting to reply."""
    sessions = [desk.session(f"s{number}") for number in range(SESSIONS)]
    for session in sessions:
        desk.to_order(session)
    times: list[float] = []
    threads = []

    def turn(number: int) -> None:
        start = time.perf_counter()
        sessions[number % SESSIONS].say(QUESTIONS[number % len(QUESTIONS)])
        times.append(time.perf_counter() - start)

    begin = time.perf_counter()
    for number in range(int(PER_SECOND * SECONDS)):
        time.sleep(max(0.0, begin + number / PER_SECOND - time.perf_counter()))
        threads.append(threading.Thread(target=turn, args=(number,)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return p95(times)


def main() -> int:
    """Print both; 1 where an aim is missed."""
    with tempfile.TemporaryDirectory() as home:
        desk = Desk(Path(home), simple=0.3)
        one = one_session(desk)
        many = many_sessions(desk)
        desk.close()
    print(f"one session, {TURNS} turns: p95 {one:.0f} ms (aim: 150)")
    print(
        f"{SESSIONS} sessions, {PER_SECOND:g} messages a second for {SECONDS:g} s: p95 {many:.0f} ms (aim: 500)"
    )
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return int(one > 150 or many > 500)


if __name__ == "__main__":
    raise SystemExit(main())
