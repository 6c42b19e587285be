"""Blinks: as the vendor's program found them, or losses of gaze that are as long as one."""

import numpy as np

from foveate.gaze.clean import clean
from foveate.gaze.loss import pauses
from foveate.recording.eye_events import EyeEvents
from foveate.recording.recording import Recording


def blinks(recording: Recording, *, min_confidence: float | None = None) -> tuple[EyeEvents, str]:
    """A recording's blinks and their source: ``vendor``, or ``loss``.

    A loss is two valid samples 75 to 500 ms apart, as ``foveate check`` counts them: from the last sample before it
    to the first after it. A tracker that goes on writing points while the lid is down hides its blinks from this.

    Args:
        recording: with gaze.
        min_confidence: samples below it count as lost.
    """
    if "blinks" in recording.loaders:
        told: EyeEvents = recording.stream("blinks")
        return told, "vendor"
    between = pauses(clean(recording.gaze, max_gap_ms=0, min_confidence=min_confidence))
    mine = between.is_blinklike
    return EyeEvents(between.start_ns[mine], between.stop_ns[mine], np.full(int(mine.sum()), -1, dtype=np.int64)), "loss"
