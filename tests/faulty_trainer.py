"""Start the trainer and let something happen to it at the n-th call of one of its functions. Used by `tiny_model.fault`.

python -P tests/faulty_trainer.py RUN_DIR module:function call_number kill|term|stop|memory
"""

import importlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

RUN, PLACE, CALL, FAULT = sys.argv[1:5]


def happen() -> None:
    if FAULT == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif FAULT == "term":
        os.kill(os.getpid(), signal.SIGTERM)
    elif FAULT == "stop":
        (Path(RUN) / "stop").write_text("{}")
    elif not any(Path(RUN).glob("stages/*/memory.json")):
        raise RuntimeError(
            "DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes"
        )


def arm() -> None:
    module, path = PLACE.split(":")
    holder: Any = importlib.import_module(module)
    *outer, name = path.split(".")
    for part in outer:
        holder = getattr(holder, part)
    original, calls = getattr(holder, name), 0

    def watched(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == int(CALL):
            happen()
        return original(*args, **kwargs)

    setattr(holder, name, watched)


if __name__ == "__main__":
    os.environ |= {"HF_HUB_OFFLINE": "1", "CI": "1"}
    arm()
    from training.__main__ import main

    sys.exit(main([RUN, *sys.argv[5:]]))
