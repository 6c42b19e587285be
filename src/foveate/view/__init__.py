"""What a model is shown: one view per file, one line in VIEWS."""

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from inspect import signature
from typing import Any

from foveate.errors import ViewError, hint
from foveate.view.extent import Extent
from foveate.view.fit import Fit, native
from foveate.view.view import Frame, Glimpse, View, ViewMaker, see, take

__all__ = ["VIEWS", "Extent", "Fit", "Frame", "Glimpse", "View", "ViewMaker", "make_view", "see", "take", "view_names"]

VIEWS = {
    "full": "foveate.view.full",
    "center": "foveate.view.center",
    "gaze": "foveate.view.gaze",
    "random": "foveate.view.random",
    "dual": "foveate.view.dual",
    "warp": "foveate.view.warp",
    "foveated": "foveate.view.foveated",
    "mass": "foveate.view.mass",
    "hands": "foveate.view.hands",
    "mark": "foveate.view.mark",
    "text": "foveate.view.text",
}
"""Name -> the module that holds ``make(**options) -> ViewMaker``; others register under the entry point foveate.views."""


def view_names() -> Mapping[str, str]:
    """All views: our own and those of installed packages."""
    return {**{entry.name: entry.value for entry in entry_points(group="foveate.views")}, **VIEWS}


def make_view(name: str, *, size: Extent | str = "448", fit: Fit = native, **options: Any) -> ViewMaker:
    """Make a view by name.

    Args:
        name: a key of VIEWS.
        size: side of the crop, such as ``448``, ``30deg`` or ``25%``; views without a crop ignore it.
        fit: to which size a region is resampled; by default every pixel is kept.
        options: what else the view's own ``make`` takes.

    Raises:
        ViewError: for a name or an option that there is not.
    """
    known = view_names()
    if name not in known:
        raise ViewError(f"there is no view {name!r}{hint(name, known)}; allowed: {', '.join(known)}")
    make = import_module(known[name]).make
    taken = signature(make).parameters
    common = {"size": size if isinstance(size, Extent) else Extent.parse(size), "fit": fit}
    unknown = sorted(set(options) - set(taken))
    if unknown:
        allowed = ", ".join(sorted(set(taken) - set(common))) or "none"
        raise ViewError(f"the view {name!r} takes no option {unknown[0]!r}; allowed: {allowed}")
    maker: ViewMaker = make(**{key: value for key, value in common.items() if key in taken}, **options)
    return maker
