"""Which pipeline, if any, and every value in it: one rule, one function, one source each. `tools.decide` puts them together."""
