"""Where to look when no eye tracker was worn: GAZE_SOURCES is the visible list, ``with_gaze`` puts one into a recording."""

from foveate.predict.source import GAZE_SOURCES, files_of, from_anywhere, predict, with_gaze

__all__ = ["GAZE_SOURCES", "files_of", "from_anywhere", "predict", "with_gaze"]
