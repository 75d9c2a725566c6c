"""What every test runs under: one thread a process, and properties that are tried on the same examples each time."""

import os

from hypothesis import settings

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the workers share the cores
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

settings.register_profile("same", max_examples=30, deadline=None, derandomize=True, database=None)
settings.register_profile("search", max_examples=1000, deadline=None, derandomize=False)
settings.load_profile("same")
