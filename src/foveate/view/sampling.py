"""Which frames of a span are shown."""

import numpy as np

from foveate.clock import NS_PER_S, Span, Times
from foveate.errors import UsageError

MOST_FPS = 1000.0
"""More than any scene camera has."""


def check_fps(fps: float) -> None:
    """Check a number of frames shown per second.

    Raises:
        UsageError: where it is not above 0, or more than a camera has.
    """
    if not 0 < fps <= MOST_FPS:
        raise UsageError(f"fps must be above 0 and at most {MOST_FPS:g}, got {fps:g}")


def uniform(span: Span, *, fps: float) -> Times:
    """Instants in the middle of equal slots of 1 / fps seconds, at least one; a rest of half a slot or more gets its own.

    Args:
        span: the stretch of time.
        fps: frames per second.

    Returns:
        (K,) instants.

    Source: GazeLLM (arXiv 2504.00221) shows one frame a second; which one of the second it does not say.
    """
    check_fps(fps)
    slot_ns = NS_PER_S / fps
    count = max(1, round((span.stop_ns - span.start_ns) / slot_ns))
    slot_ns = min(slot_ns, (span.stop_ns - span.start_ns) / count)
    return np.asarray(span.start_ns + (np.arange(count) + 0.5) * slot_ns, dtype=np.int64)
