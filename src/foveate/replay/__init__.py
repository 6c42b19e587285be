"""A Run made again: every image, score and, if asked, answer, and what differs."""
