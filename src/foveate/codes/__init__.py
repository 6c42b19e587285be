"""Labels and durations in place of sentences: the user's code book, chosen from by a model or a person."""
