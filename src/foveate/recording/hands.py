"""The wearer's hands over time: boxes in the scene frame and, where a tracker tells them, landmarks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_MS, Times, nearest
from foveate.errors import RecordingError
from foveate.geometry import Box, Points, Size
from foveate.recording.recording import Recording

SIDES = ("left", "right", "")
"""Whose hand: the wearer's left or right; empty where a source does not tell them apart."""
NEAR_NS = 100 * NS_PER_MS
"""A hand is taken for seen in a frame up to this far from its observation: Aria tracks hands ten times a second."""


@dataclass(frozen=True)
class Hands:
    """The stream ``hands``: one row for each hand at each instant at which a tracker or an annotator looked for it."""

    time_ns: Times
    """(N,) sorted, on the recording's clock; two hands at one instant are two rows."""
    side: NDArray[np.str_]
    """(N,) each one of SIDES."""
    box_px: NDArray[np.float64]
    """(N, 4) left, top, width and height in pixels of the distorted, upright scene frame, beyond which a box may reach; NaN
    where the hand was not seen or is not on the frame."""
    valid: NDArray[np.bool_]
    """(N,) whether the hand was seen."""
    confidence: NDArray[np.float64] | None = None
    """(N,) in [0, 1] where the source tells it; NaN where the hand was not seen."""
    landmarks: tuple[str, ...] = ()
    """Names of the K points of a hand that are tracked: ``wrist``, ``palm``."""
    point_m: NDArray[np.float64] | None = None
    """(N, K, 3) landmarks in metres of the device's own frame of reference; NaN where not seen."""
    point_px: Points | None = None
    """(N, K, 2) the same on the scene frame; NaN where not seen or not on it; None where no calibration is known."""
    notes: tuple[str, ...] = ()
    """What a user should know: rows left out, how the boxes were made."""

    def __post_init__(self) -> None:
        n, k = len(self.time_ns), len(self.landmarks)
        shapes: dict[str, tuple[int, ...]] = {
            "side": (n,), "box_px": (n, 4), "valid": (n,), "confidence": (n,), "point_m": (n, k, 3), "point_px": (n, k, 2),
        }  # fmt: skip
        for name, wanted in shapes.items():
            values: NDArray[np.generic] | None = getattr(self, name)
            if values is not None and values.shape != wanted:
                raise RecordingError(f"{name} of hands has shape {values.shape}, expected {wanted}")
        if np.any(np.diff(self.time_ns) < 0):
            raise RecordingError("times of hands run backwards; sort the rows by time first")
        if strange := sorted(set(self.side.tolist()) - set(SIDES)):
            raise RecordingError(f"a hand is {strange[0]!r}; allowed are 'left', 'right' and '' where it is not told")
        if np.any(np.isfinite(self.box_px).all(axis=1) & ~((self.box_px[:, 2:] > 0).all(axis=1) & self.valid)):
            raise RecordingError("a hand that was not seen has a box, or a box has no width or height; missing boxes are NaN")
        for array in (self.time_ns, self.side, self.valid, *(getattr(self, name) for name in shapes)):
            if array is not None:
                array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.time_ns)


def hand_boxes(recording: Recording, time_ns: Times, *, near_ns: int = NEAR_NS) -> list[tuple[Box, ...]]:
    """The boxes of the hands that are in view at instants, in whole pixels, cut at the frame's border.

    For each side the observation nearest in time counts: where it says that the hand was not seen there is no box.

    Args:
        recording: one with the stream ``hands``.
        time_ns: (M,) instants, of frames.
        near_ns: greatest distance in time from an observation.

    Returns:
        M tuples, the left hand first; empty where no hand is in view or none was looked for nearby.

    Raises:
        RecordingError: where the recording has no hands.
    """
    hands: Hands = recording.stream("hands")
    frame_px = recording.frame_px
    found: list[list[Box]] = [[] for _ in range(len(time_ns))]
    for side in SIDES:
        rows = np.flatnonzero(hands.side == side)
        observed_ns, first, many = np.unique(hands.time_ns[rows], return_index=True, return_counts=True)
        for boxes, place in zip(found, nearest(observed_ns, time_ns, tolerance_ns=near_ns).tolist(), strict=True):
            for row in rows[first[place] : first[place] + many[place]] if place >= 0 else ():
                if (box := _whole(hands.box_px[row], frame_px)) is not None:
                    boxes.append(box)
    return [tuple(boxes) for boxes in found]


def _whole(box_px: NDArray[np.float64], frame_px: Size | None) -> Box | None:
    """The whole pixels that a box touches inside of the frame; None where there are none."""
    if not np.isfinite(box_px).all():
        return None
    start, stop = np.floor(box_px[:2]), np.ceil(box_px[:2] + box_px[2:])
    if frame_px is not None:
        start, stop = np.clip(start, 0, frame_px), np.clip(stop, 0, frame_px)
    width, height = (stop - start).astype(int).tolist()
    return Box(int(start[0]), int(start[1]), width, height) if width > 0 and height > 0 else None
