"""`python -m agent.cli`: the same as `tunesmith`."""

from agent.cli import main

main()
