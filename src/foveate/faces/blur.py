"""Found faces blurred in a row of frames; each is held for a while, so that a frame in which it is missed does not show it."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from foveate.blaze.anchors import Found
from foveate.recording.recording import Image

HOLD_NS = 300_000_000
"""A face is blurred where it was found, so long before and after."""
MARGIN = 0.35
"""How much further than its box a face is blurred on each side, in sides of the box: the box ends at brows and chin."""
GRAIN = 4
"""What is left of a face and its margin: so many patches of colour in a row, and so many rows."""
FRAMES, WITH_FACES, BOXES = "frames", "frames with faces", "boxes"
"""What is counted: frames looked at, those in which anything was found, and how much was."""

Box = NDArray[np.float64]


def blurred(
    frames: Iterable[tuple[int, Image]],
    detect: Callable[[Image], Sequence[Found]],
    count: Counter[str],
    *,
    hold_ns: int = HOLD_NS,
) -> Iterator[Image]:
    """The frames with their faces blurred; few are held in memory at a time.

    Args:
        frames: each with its time in nanoseconds, in order.
        detect: tells the faces of one frame.
        count: is added to.
        hold_ns: how long a face is held.
    """
    waiting: deque[tuple[int, Image]] = deque()
    seen: deque[tuple[int, list[Box]]] = deque()
    for time_ns, image in frames:
        while waiting and waiting[0][0] + hold_ns < time_ns:
            yield _covered(*waiting.popleft(), seen, hold_ns)
        boxes = [found.box_px for found in detect(image)]
        count.update({FRAMES: 1, WITH_FACES: int(bool(boxes)), BOXES: len(boxes)})
        waiting.append((time_ns, image))
        seen.append((time_ns, boxes))
        while seen[0][0] + hold_ns < waiting[0][0]:
            seen.popleft()
    while waiting:
        yield _covered(*waiting.popleft(), seen, hold_ns)


def _covered(time_ns: int, image: Image, seen: Iterable[tuple[int, list[Box]]], hold_ns: int) -> Image:
    return blur(image, [box for at_ns, boxes in seen if abs(at_ns - time_ns) <= hold_ns for box in boxes])


def blur(image: Image, boxes_px: Iterable[Box]) -> Image:
    """An image of which some boxes, with a margin, are a few patches of colour.

    Args:
        image: (height, width, 3); it stays as it is.
        boxes_px: (4,) left, top, right and bottom; they may reach beyond it.
    """
    done = image.copy()
    most = np.array(image.shape[1::-1])
    for box in boxes_px:
        reach = MARGIN * (box[2:] - box[:2])
        low = np.clip(np.floor(box[:2] - reach), 0, most).astype(int)
        high = np.clip(np.ceil(box[2:] + reach), 0, most).astype(int)
        if (high > low).all():
            part = (slice(low[1], high[1]), slice(low[0], high[0]))
            # out of what is blurred already: where boxes overlap none gives back what another took
            patches = cv2.resize(done[part], (GRAIN, GRAIN), interpolation=cv2.INTER_AREA)
            done[part] = cv2.resize(patches, tuple((high - low).tolist()), interpolation=cv2.INTER_LINEAR)
    return done
