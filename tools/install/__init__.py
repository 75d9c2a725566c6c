"""How Tunesmith gets onto a machine: `python -m tools.install`. It runs before anything is there: the standard library only."""
