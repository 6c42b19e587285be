"""A small vision-language model that is trained in seconds, and everything it is trained and tested on.

eyes (a frozen encoder) -> clips (encoded, gaze beside them) -> base (it has words, not where to look) -> fit (one arm)
"""
