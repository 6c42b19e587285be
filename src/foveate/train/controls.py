"""CONTROLS: what a model is taught to look at, the wearer's own gaze or something else that must not help as much.

Gaze teaches something only as far as it does better than all of these with the same block, steps and tuning: no loss, a static
centre prior, another clip's gaze, the recording's mean gaze map. They are made of prepared shards while these are read. A frame
whose own gaze is not valid carries no loss in any of them, but for ``shuffled``, where it is the other clip's that counts.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from foveate.errors import UsageError, hint
from foveate.gaze.patches import Patches
from foveate.gaze.target import target_on
from foveate.predict.center import CENTER_SHARE


@dataclass(frozen=True)
class FrameTarget:
    """Where a model is taught to look on one image."""

    patches: tuple[Patches, ...]
    """Where its visual tokens lie, in pixels of the image."""
    size_px: tuple[int, int]
    """(height, width) of the image."""
    probability: NDArray[np.float32]
    """(tokens,) in the model's order; NaN where not valid."""
    valid: bool

    @property
    def masked(self) -> "FrameTarget":
        """The same without a target."""
        return replace(self, probability=np.full_like(self.probability, np.nan), valid=False)


@dataclass(frozen=True)
class ClipGaze:
    """The gaze of a clip's wearer on each of its images."""

    recording: str
    """Names the recording among all of the data set."""
    frames: tuple[FrameTarget, ...]


class Clips(Protocol):
    """What controls are made of."""

    def __len__(self) -> int: ...

    def gaze(self, clip: int) -> ClipGaze:
        """The own gaze of a clip, by its place."""
        ...


@dataclass(frozen=True)
class Control:
    """What stands for gaze in each clip; small, and can be sent to a worker process."""

    frames: Callable[[Clips, int], tuple[FrameTarget, ...]]
    """(clips, place) -> the targets of that clip's images."""
    note: str = ""
    """What could not be done; empty where nothing."""


def own(clips: Clips, seed: int) -> Control:
    """The wearer's gaze."""
    return Control(_own)


def none(clips: Clips, seed: int) -> Control:
    """No target at all: the block without the loss."""
    return Control(_none)


def center(clips: Clips, seed: int) -> Control:
    """A Gaussian in the middle of every image, its standard deviation a quarter of each side (as ``--gaze center``'s map)."""
    return Control(_center)


def shuffled(clips: Clips, seed: int) -> Control:
    """The gaze of another clip with as many images of the same grids, of another recording wherever that can be.

    Every clip's gaze is used exactly once, so that the targets are the same on the whole and only belong to other images.
    """
    rng = np.random.default_rng(seed)
    alike: dict[Hashable, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for clip in range(len(clips)):
        gaze = clips.gaze(clip)
        alike[tuple(frame.patches for frame in gaze.frames)][gaze.recording].append(clip)
    donor = np.full(len(clips), -1, dtype=np.int64)
    for of_recording in alike.values():
        names = [sorted(of_recording)[place] for place in rng.permutation(len(of_recording))]
        line = np.concatenate([rng.permutation(of_recording[name]) for name in names])
        largest = max(map(len, of_recording.values()))
        # Turned by the size of the largest recording, nobody stays within its own where that is at most half of the line.
        turn = largest if 2 * largest <= len(line) else len(line) // 2
        if len(line) > 1:
            donor[line] = np.roll(line, turn)
    alone = int(np.count_nonzero(donor < 0))
    within = sum(clips.gaze(clip).recording == clips.gaze(int(d)).recording for clip, d in enumerate(donor) if d >= 0)
    notes = [f"{alone} clips have no other with as many images of the same grids, and no target"] if alone else []
    notes += [f"{within} clips have the gaze of another clip of the same recording"] if within else []
    return Control(partial(_of_donor, donor), "; ".join(notes))


def mean(clips: Clips, seed: int) -> Control:
    """The mean of all valid targets of the recording, image by image of a clip's grids; the same in all its frames."""
    total: dict[Hashable, NDArray[np.float64]] = {}
    count: dict[Hashable, int] = defaultdict(int)
    for clip in range(len(clips)):
        gaze = clips.gaze(clip)
        for frame in gaze.frames:
            if frame.valid:
                key = gaze.recording, frame.patches
                total[key] = total.get(key, 0.0) + frame.probability.astype(np.float64)
                count[key] += 1
    return Control(partial(_mean, {key: (each / count[key]).astype(np.float32) for key, each in total.items()}))


CONTROLS: dict[str, Callable[[Clips, int], Control]] = {
    "own": own,
    "none": none,
    "center": center,
    "shuffled": shuffled,
    "mean": mean,
}
"""Name -> what makes it of all clips and a seed."""


def control(name: str, clips: Clips, *, seed: int) -> Control:
    """A control by its name.

    Raises:
        UsageError: for a name that there is not.
    """
    if name not in CONTROLS:
        raise UsageError(f"there are no targets {name!r}{hint(name, CONTROLS)}; there are: {', '.join(CONTROLS)}")
    return CONTROLS[name](clips, seed)


def _own(clips: Clips, clip: int) -> tuple[FrameTarget, ...]:
    return clips.gaze(clip).frames


def _none(clips: Clips, clip: int) -> tuple[FrameTarget, ...]:
    return tuple(frame.masked for frame in clips.gaze(clip).frames)


def _center(clips: Clips, clip: int) -> tuple[FrameTarget, ...]:
    frames = clips.gaze(clip).frames
    return tuple(replace(f, probability=_middle(f.patches, f.size_px)) if f.valid else f for f in frames)


@cache
def _middle(patches: tuple[Patches, ...], size_px: tuple[int, int]) -> NDArray[np.float32]:
    size = np.array([size_px[::-1]], dtype=np.float64)  # x, y
    return target_on(size / 2, patches, sigma_px=size * CENTER_SHARE).flat.astype(np.float32)


def _of_donor(donor: NDArray[np.int64], clips: Clips, clip: int) -> tuple[FrameTarget, ...]:
    if donor[clip] < 0:
        return _none(clips, clip)
    others = clips.gaze(int(donor[clip])).frames
    return tuple(
        replace(mine, probability=other.probability, valid=other.valid)
        for mine, other in zip(clips.gaze(clip).frames, others, strict=True)
    )


def _mean(maps: dict[Hashable, NDArray[np.float32]], clips: Clips, clip: int) -> tuple[FrameTarget, ...]:
    gaze = clips.gaze(clip)
    return tuple(
        replace(frame, probability=maps[gaze.recording, frame.patches]) if frame.valid else frame for frame in gaze.frames
    )
