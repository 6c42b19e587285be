"""The toy kitchen's vocabulary: what there is, what can be done with it, and the sentence that says so."""

from types import MappingProxyType

KINDS = ("cup", "bowl", "plate", "jug", "jar", "bottle", "apple", "carrot", "box", "pan", "bread", "cloth")
"""What lies on the worktop."""

COLOURS = ("red", "green", "blue", "yellow", "white", "purple")
"""Every kind comes in every colour."""

SURFACES = ("board", "tray", "mat", "counter")
"""Where things are put."""

VERBS = MappingProxyType(
    {
        "look": "looks at",
        "point": "points at",
        "reach": "reaches for",
        "take": "picks up",
        "carry": "carries",
        "put": "puts",
        "pour": "pours from",
        "cut": "cuts",
        "open": "opens",
        "stir": "stirs in",
        "wash": "washes",
    }
)
"""Action name -> how a sentence says it."""

USES = MappingProxyType(
    {
        "pour": ("jug", "bottle", "cup"),
        "cut": ("apple", "carrot", "bread"),
        "open": ("jar", "bottle", "box"),
        "stir": ("bowl", "pan", "cup"),
        "wash": ("plate", "bowl", "pan", "cloth"),
    }
)
"""Action -> the kinds that it can be done with; every other action suits every kind."""


def sentence(action: str, colour: str, kind: str, surface: str | None = None) -> str:
    """The narration of an action, such as "The person puts the red cup on the tray."."""
    where = f" on the {surface}" if surface else ""
    return f"The person {VERBS[action]} the {colour} {kind}{where}."
