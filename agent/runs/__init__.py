"""The runs of a home: found, read, put to work, taken away."""
