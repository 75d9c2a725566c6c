"""Decide: what the data are, whether and how to train, for how much, and what came of it.

Deciding modules are pure: no clock, files, network or subprocess. Those that touch the world are named for
it: `jobs/`, `fetch.py`, `machine.py`, `teachers.py`, and `dataset.py`, which reads files by `training.formats`.
"""
