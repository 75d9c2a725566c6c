"""What came of a run: the verdict, its reasons, what to do next, and the report. `tools.verdict` puts them together."""
