"""Where to look when no eye tracker was worn: GAZE_SOURCES is the visible list, ``with_gaze`` puts one into a recording."""

from foveate.predict.source import GAZE_SOURCES, check_gaze, predict, with_gaze

__all__ = ["GAZE_SOURCES", "check_gaze", "predict", "with_gaze"]
