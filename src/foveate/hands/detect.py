"""Hands in frames and in recordings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveate.blaze.anchors import Found, iou, suppress
from foveate.blaze.network import Network
from foveate.clock import NS_PER_S, Times, nearest
from foveate.errors import UsageError
from foveate.hands import landmarks
from foveate.hands.networks import Networks
from foveate.hands.palm import PALMS
from foveate.recording.hands import Hands
from foveate.recording.recording import Image, Recording

SAME_HAND_IOU = 0.5
"""Two palms whose points end in boxes that overlap more than this are one hand, as MediaPipe has it."""


@dataclass(frozen=True)
class Hand:
    """A hand in a frame."""

    confidence: float
    """How sure the network is that this is a hand, in [0, 1]."""
    box_px: NDArray[np.float64]
    """(4,) left, top, right and bottom; it may reach beyond the frame."""


class Detector:
    """Both networks, ready to look."""

    def __init__(self, networks: Networks, *, min_confidence: float = landmarks.MIN_PRESENCE) -> None:
        """Load the networks.

        Args:
            networks: as ``find_networks`` has them.
            min_confidence: hands of which the hand network is less sure are left out, in [0, 1].

        Raises:
            UsageError: where ``min_confidence`` is no such number.
            MissingExtraError: without the extra ``hands``.
            ModelError: where they are other networks.
        """
        if not 0 <= min_confidence <= 1:
            raise UsageError(f"--min-confidence takes a number from 0 to 1, got {min_confidence:g}")
        self._min_confidence = min_confidence
        self._palm = Network(networks.palm, "the palm network", side_px=PALMS.input_px, shapes=PALMS.shapes)
        self._hand = Network(networks.hand, "the hand network", side_px=landmarks.INPUT_PX, shapes=landmarks.SHAPES)

    def __call__(self, image: Image) -> list[Hand]:
        """The hands in one frame, the surest first; whoever's they are."""
        square, scale, corner_px = PALMS.letterbox(image)
        values, logits = self._palm(square)
        palms = suppress(PALMS.decode(values[0], logits[0, :, 0], scale=scale, corner_px=corner_px))
        seen = [hand for hand in (self._look(image, each) for each in palms) if hand is not None]
        once: list[Hand] = []
        for hand in sorted(seen, key=lambda hand: -hand.confidence):
            if all(iou(hand.box_px, other.box_px) <= SAME_HAND_IOU for other in once):
                once.append(hand)
        return once

    def _look(self, image: Image, found: Found) -> Hand | None:
        square = landmarks.square_of(found)
        values, presence = self._hand(landmarks.cut_out(image, square))
        if presence.item() < self._min_confidence:
            return None
        box_px = landmarks.box_around_points(landmarks.points(values[0], square))
        return Hand(min(presence.item(), 1.0), box_px)


def detect_hands(
    recording: Recording,
    detector: Callable[[Image], list[Hand]],
    *,
    fps: float = 10.0,
    progress: Callable[[int], None] | None = None,
) -> Hands:
    """The stream ``hands`` of a recording, as a detector sees it frame by frame; nothing is tracked from one to the next.

    Args:
        recording: one with scene video.
        detector: tells the hands in one frame.
        fps: frames looked at each second; all of them where the video has fewer.
        progress: called with the number of frames done.

    Returns:
        A row for every hand; where a frame shows none, a row that is not valid. Which hand it is is not told: of drawn hands
        seen from the back the network names the wrong one (docs/hands.md).
    """
    rows: list[tuple[int, Hand | None]] = []
    chosen = frames_to_look_at(recording.scene.time_ns, fps=fps)
    for done, (index, image) in enumerate(zip(chosen, recording.scene.frames(chosen), strict=True), start=1):
        time_ns = int(recording.scene.time_ns[index])
        found = [(time_ns, hand) for hand in detector(image)]
        rows += found or [(time_ns, None)]
        if progress is not None:
            progress(done)
    return _stream(rows)


def summary(hands: Hands) -> dict[str, int]:
    """How many frames were looked at, in how many of them hands were seen or not, and how many hands."""
    frames, seen = np.unique(hands.time_ns), np.unique(hands.time_ns[hands.valid])
    return {
        "frames": len(frames),
        "with_hands": len(seen),
        "without_hands": len(frames) - len(seen),
        "hands": int(np.sum(hands.valid)),
    }


def frames_to_look_at(time_ns: Times, *, fps: float) -> list[int]:
    """Indices of frames, one in each slot of 1 / fps seconds.

    Raises:
        UsageError: for what is no rate.
    """
    if not 0 < fps < np.inf:
        raise UsageError(f"--fps takes a number above 0, got {fps:g}")
    step_ns = NS_PER_S / fps
    many = int((time_ns[-1] - time_ns[0]) // step_ns) + 1
    if many >= len(time_ns):
        return list(range(len(time_ns)))
    wanted_ns = time_ns[0] + (np.arange(many) * step_ns).astype(np.int64)
    return [int(index) for index in np.unique(nearest(time_ns, wanted_ns))]


def _stream(rows: Sequence[tuple[int, Hand | None]]) -> Hands:
    box_px = np.full((len(rows), 4), np.nan)
    confidence = np.full(len(rows), np.nan)
    for place, (_, hand) in enumerate(rows):
        if hand is not None:
            box_px[place] = *hand.box_px[:2], *(hand.box_px[2:] - hand.box_px[:2])
            confidence[place] = hand.confidence
    return Hands(
        time_ns=np.array([time_ns for time_ns, _ in rows], dtype=np.int64),
        side=np.full(len(rows), "", dtype=np.str_),
        box_px=box_px,
        valid=np.isfinite(confidence),
        confidence=confidence,
    )
