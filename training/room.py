"""A full disk: known for one whatever library ran into it, and waited out where a checkpoint is being saved."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from training.telemetry import Place, Telemetry
from training.text import Text

if TYPE_CHECKING:
    from training.stopping import Stopping

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
FULL_WORDS = ("No space left on device", "StorageFull", "QuotaExceeded", "Disk quota exceeded")
"""How safetensors names it, whose errors carry no number."""
LOOK_EVERY_S = 2.0


def is_full(error: BaseException) -> bool:
    """Say whether an error, or one that led to it, is a full disk or a share used up."""
    return any(
        (isinstance(one, OSError) and one.errno in FULL)
        or any(word in str(one) for word in FULL_WORDS)
        for one in _chain(error)
    )


def save_when_there_is_room(save: Callable[[], None], go_on: Callable[[], bool]) -> None:
    """Save; where the disk is full, ask `go_on` and try again for as long as it says yes.

    Raises what `save` raises: a full disk once `go_on` says no, anything else at once.
    """
    while True:
        try:
            save()
        except Exception as error:
            if is_full(error) and go_on():
                continue
            raise
        return


@dataclass
class Waiting:
    """Waits while the disk is full, tells so once, and gives up where the run is to end."""

    telemetry: Telemetry
    stopping: Stopping
    at: Place
    told: bool = False

    def go_on(self) -> bool:
        """Wait a little; say whether to look again."""
        text = Text(
            "The disk is full: training waits with its checkpoint until there is room again."
        )
        self.telemetry.progress("training", text, at=self.at)
        if not self.told:
            self.telemetry.event("disk_full", text, at=self.at)
            self.told = True
        if self.stopping.reason() is not None:
            return False
        time.sleep(LOOK_EVERY_S)
        return True


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
