"""Places that can carry out a run directory."""
