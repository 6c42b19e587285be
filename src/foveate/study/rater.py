"""Somebody who rates, and what their page tells of each thing that they do."""

from dataclasses import dataclass

ANSWER, NEXT = "answer", "next"
"""What a click can do beside being kept."""
WHATS = (ANSWER, NEXT, "shown", "played")
"""All that a page tells."""


@dataclass(frozen=True)
class Rater:
    """Someone who rates."""

    id: int
    name: str
    """What outputs call them: ``rater-003``; nothing else is known of them."""
    slot: int
    """Their row of the design."""
    finished: bool
    """Whether all their pages are done."""
    code: str
    """What they are given at the end."""


@dataclass(frozen=True)
class Click:
    """What a page tells of one thing that a rater did."""

    uid: str
    """Made by the page, so that one that is sent twice is kept once."""
    place: int
    """Of the rater's page."""
    what: str
    """One of WHATS."""
    question: str = ""
    """Its name, of an answer."""
    description: int = -1
    """Which text a point is given to, from the left; -1 where a side is chosen."""
    value: str = ""
    """left, right, tie, or a point."""
    since_ms: int = 0
    """Since the page was shown, by the rater's own clock."""
    tab: str = ""
    """Which tab of the browser."""
