"""A stronger model's help: the rows that it writes, and whether it judges as the person does."""
