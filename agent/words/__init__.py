"""Words that many sentences need, what terms mean, and whether a text says only what its source says."""
