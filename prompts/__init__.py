"""Say it: templates and translations. Imports nothing of ours."""
