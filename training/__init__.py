"""Carry out a run directory. Stands alone: needs nothing of `agent` or `tools` on the machine.

The torch-free half (text, document, config, rundir, formats, mixture, statistics, selection, measured,
rewards) may be imported by the tools; the rest runs only in a process of its own: `python -m training RUN_DIR`.
"""
