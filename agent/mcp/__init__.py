"""Tunesmith as tools for other agents (Model Context Protocol): a process of its own that talks, and never spends by itself."""
