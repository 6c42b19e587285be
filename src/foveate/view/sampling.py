"""Which frames of a span are shown: one way in a function, one line in SAMPLINGS."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from foveate.clock import NS_PER_S, Span, Times
from foveate.errors import UsageError, hint
from foveate.recording.eye_events import EyeEvents

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


def recent(span: Span, *, fps: float) -> Times:
    """As many instants as ``uniform``, ever denser towards the end: the last quarter holds half of them.

    Args:
        span: the stretch of time; what is asked about is at its end.
        fps: frames per second, on average.

    Returns:
        (K,) instants, K as for ``uniform``; of n slots of equal share, (1 - (1 - u) ** 2) of the span for u in their middle.
    """
    count = len(uniform(span, fps=fps))
    u = (np.arange(count) + 0.5) / count
    return np.asarray(span.start_ns + (1 - (1 - u) ** 2) * (span.stop_ns - span.start_ns), dtype=np.int64)


def fixation(span: Span, *, fps: float, fixations: EyeEvents) -> Times:
    """One instant per fixation, in the middle of its part inside the span; of too many, the longest.

    Args:
        span: the stretch of time.
        fps: frames per second that may be shown, so that every way of sampling costs the same at most.
        fixations: of the recording.

    Returns:
        (K,) instants, K at most that of ``uniform``; none where no fixation lies in the span.
    """
    start_ns, stop_ns = np.maximum(fixations.start_ns, span.start_ns), np.minimum(fixations.stop_ns, span.stop_ns)
    inside = stop_ns > start_ns
    start_ns, stop_ns = start_ns[inside], stop_ns[inside]
    return _most((start_ns + stop_ns) // 2, stop_ns - start_ns, len(uniform(span, fps=fps)))


def shift(span: Span, *, fps: float, fixations: EyeEvents) -> Times:
    """The instants at which gaze has landed somewhere else, a fixation's first; of too many, those after the widest jumps.

    Args:
        span: the stretch of time.
        fps: frames per second that may be shown.
        fixations: of the recording, with their places.

    Returns:
        (K,) instants, K at most that of ``uniform``; none where no fixation begins in the span.
    """
    if fixations.point_px is None or not len(fixations):
        return np.empty(0, dtype=np.int64)
    jump_px = np.linalg.norm(np.diff(fixations.point_px, axis=0, prepend=fixations.point_px[:1]), axis=1)
    inside = (fixations.start_ns >= span.start_ns) & (fixations.start_ns < span.stop_ns)
    return _most(fixations.start_ns[inside], np.nan_to_num(jump_px[inside]), len(uniform(span, fps=fps)))


def _most(time_ns: Times, worth: np.ndarray, count: int) -> Times:
    """The instants of most worth, in order of time; of equal ones the earliest."""
    return np.sort(time_ns[np.argsort(-worth, kind="stable")[:count]])


@dataclass(frozen=True)
class Sampling:
    """A way of choosing instants."""

    times: Callable[..., Times]
    """(span, fps=) -> instants, or (span, fps=, fixations=) where it looks at them."""
    uses_fixations: bool = False
    """Whether it looks at the wearer's fixations."""


SAMPLINGS = {
    "uniform": Sampling(uniform),
    "recent": Sampling(recent),
    "fixation": Sampling(fixation, uses_fixations=True),
    "shift": Sampling(shift, uses_fixations=True),
}
"""Name -> how the frames of a span are chosen."""


def sampling(name: str) -> Sampling:
    """A way of choosing instants, by name.

    Raises:
        UsageError: for a name that there is not.
    """
    if name not in SAMPLINGS:
        raise UsageError(f"frames are chosen by {', '.join(SAMPLINGS)}, got {name!r}{hint(name, SAMPLINGS)}")
    return SAMPLINGS[name]
