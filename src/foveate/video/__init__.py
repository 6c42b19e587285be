"""Frames of a video by index, exactly, decoding only what they need; and videos written whole or not at all."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from foveate.video.frames import Video as Video
    from foveate.video.untrusted import probe as probe

_PUBLIC = {"Video": "foveate.video.frames", "probe": "foveate.video.untrusted"}
"""Public name -> its module, imported when it is first used: what only resamples images gets by without PyAV."""

__all__ = sorted(_PUBLIC)  # noqa: PLE0605 - the names of _PUBLIC, written once


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'foveate.video' has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(_PUBLIC[name]), name)
