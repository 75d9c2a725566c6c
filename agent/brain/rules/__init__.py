"""The built-in brain: reads by patterns kept as data, words by templates. No network, no key."""

from agent.brain.rules.brain import RulesBrain

__all__ = ["RulesBrain"]
