"""People compare descriptions of a clip, blind: the design, the store of clicks, the page, and what comes of it."""

from foveate.study.config import Raters, read_raters

__all__ = ["Raters", "read_raters"]
