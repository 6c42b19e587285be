"""How pages and tables write an interval and a p value."""

from foveate.stats.interval import Interval


def interval_text(found: Interval, *, signed: bool = False, digits: int = 2) -> str:
    """A mean with its interval, or with why it has none.

    Args:
        found: what was found.
        signed: whether it is a difference: then it bears its sign.
        digits: after the point.
    """
    sign = "+" if signed else ""
    mean = f"{found.mean:{sign}.{digits}f}"
    if found.low is None or found.high is None:
        return f"{mean} ({found.method})"
    return f"{mean} [{found.low:{sign}.{digits}f}, {found.high:{sign}.{digits}f}]"


def p_text(p: float) -> str:
    """A p value as tables write it."""
    return "< .001" if p < 0.001 else f"{p:.3f}".removeprefix("0")


def p_is(p: float) -> str:
    """A p value as sentences write it: "p = .031"."""
    told = p_text(p)
    return f"p {told}" if told.startswith("<") else f"p = {told}"
