"""A thousand random and adversarial conversations: no crash, no launch without a clear yes, no empty reply."""

from tests.test_state_machine import play_random

CONVERSATIONS = 1000


def main() -> int:
    play_random(CONVERSATIONS)
    print(f"{CONVERSATIONS:,} conversations kept every promise")
    return 0
