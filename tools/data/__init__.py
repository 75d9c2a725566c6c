"""How files become canonical rows: columns, task, cleaning, split, and what is wrong with them. The door is `tools.dataset`."""
