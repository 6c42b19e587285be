"""A study goes on, and is analysed, only as its raters began it."""

from collections.abc import Mapping
from typing import Any

from foveate.errors import UsageError
from foveate.study.store import Store

DESIGN = "design"


def check_begun(store: Store, now: Mapping[str, Any]) -> None:
    """Compare settings with those that raters began with.

    Args:
        store: of the study.
        now: name -> value, as JSON has it; what is not in it is not compared.

    Raises:
        UsageError: naming the settings that differ.
    """
    begun = store.fact(DESIGN)
    if begun is None or not store.raters():
        return
    if changed := [name for name in now if now[name] != begun.get(name)]:
        raise UsageError(
            f"{store.path} was begun with other values of {', '.join(changed)}; put them back, or give another place: "
            "out = ... in [raters]"
        )
