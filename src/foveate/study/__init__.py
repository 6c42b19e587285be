"""People: raters compare descriptions of a clip, blind; one SQLite file."""
