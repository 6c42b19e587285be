"""Frames of a video by index, exactly, decoding only what they need; and videos written whole or not at all."""

from foveate.video.frames import Video
from foveate.video.untrusted import probe

__all__ = ["Video", "probe"]
