"""The conversation: what a message changes, what is asked next, what is said. Begin with `graph`."""
