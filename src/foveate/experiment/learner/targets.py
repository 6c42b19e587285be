"""What attention is told to be like: the wearer's gaze in its several forms, and controls that are not the wearer's gaze."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from foveate.experiment.learner.clips import Clips
from foveate.experiment.learner.protocol import GRID
from foveate.gaze.degrade import degrade
from foveate.gaze.target import target
from foveate.geometry import Points
from foveate.toykitchen import SCENE_PX, World
from foveate.toykitchen.parameters import Parameters
from foveate.toykitchen.world import SurfacePoint

SIGMA_PX = 90.0
"""Of the Gaussian around a gaze point, in scene pixels: about an object, and 14 of the paper's 224 (which took 20)."""
POINTED_PX = 90.0
"""The same where the base model is pointed at what was looked at."""
CENTER_PX = 290.0
"""Of the static prior around the middle of the frame, set by hand; gaze in the 33 worlds for training spreads by 220 px across
and 137 px down (standard deviation), so that a fitted prior might be a somewhat stronger control."""


@dataclass(frozen=True)
class Aim:
    """Everything that decides a training target."""

    window: str = "200 ms, occlusion"
    """How gaze is gathered: a key of WINDOWS."""
    sigma_px: float = SIGMA_PX
    control: str = "own"
    """A key of CONTROLS."""
    error_deg: float = 0.0
    """Standard deviation, on each axis, of an error that a whole recording has, such as a slipped tracker's."""
    latency_ms: float = 0.0
    """How late gaze is told."""
    loss: float = 0.0
    """Share of frames without gaze."""
    task_gaze: str = "manipulation"
    """Whose gaze: a key of TASK_GAZE."""


@dataclass(frozen=True)
class Targets:
    """A target for every frame."""

    probability: NDArray[np.float32]
    """(F, patches); zeros where not valid."""
    valid: NDArray[np.bool_]
    """(F,)"""


def make_targets(clips: Clips, aim: Aim, *, seed: int) -> Targets:
    """The targets of all frames of some clips.

    Args:
        clips: with gaze gathered in the way that is asked for.
        aim: what decides them.
        seed: of errors, losses and shuffling.
    """
    rng = np.random.default_rng([seed, 7])
    points = TASK_GAZE[aim.task_gaze](clips, aim, rng)
    points = _disturbed(points, clips, aim, rng)
    maps = [mass(point, aim.sigma_px) for point in points]
    valid = np.array([found is not None for found in maps])
    own = np.stack([np.zeros(GRID * GRID, np.float32) if found is None else found for found in maps])
    return CONTROLS[aim.control](Targets(own, valid), clips, rng)


def mass(point_px: Points, sigma_px: float) -> NDArray[np.float32] | None:
    """The mass of gaze points on the patches, (patches,); None where there is none."""
    found = target(point_px, (GRID, GRID), SCENE_PX[::-1], sigma_px=sigma_px)
    return found.ravel().astype(np.float32) if np.isfinite(found).all() else None


def pointed_at(clips: Clips) -> NDArray[np.float32]:
    """(F, patches) weights around what the wearer looked at, as the world knows it; even where it lies beyond the frame."""
    even = np.full(GRID * GRID, 1 / GRID**2, np.float32)
    maps = (mass(point[None], POINTED_PX) for point in clips.true_px)
    return np.stack([even if found is None else found for found in maps])


def _gathered(clips: Clips, aim: Aim, rng: np.random.Generator) -> list[Points]:
    if aim.latency_ms:
        return _late(clips, aim.latency_ms)
    points, starts = clips.windows[aim.window]
    return [points[start:stop] for start, stop in pairwise(starts)]


def _late(clips: Clips, latency_ms: float) -> list[Points]:
    """Where gaze was that long before each frame, in that frame's own pixels, as a tracker with a wrong clock tells it."""
    gaze = {name: degrade(world_of(name).gaze(), delay_ms=latency_ms, seed=0) for name in np.unique(clips.recording)}
    found = []
    for name, instant in zip(np.repeat(clips.recording, _frames_each(clips)), clips.frame_ns, strict=True):
        stream = gaze[name]
        at = int(np.searchsorted(stream.time_ns, instant))
        part = slice(max(0, at - 40), at + 1)  # 200 ms of 200 Hz
        found.append(stream.point_px[part][stream.valid[part]])
    return found


def _searching(clips: Clips, aim: Aim, rng: np.random.Generator) -> list[Points]:
    """Somebody who looks for something: gaze on any thing in view, whatever the hands do."""
    found = []
    for name, instant in zip(np.repeat(clips.recording, _frames_each(clips)), clips.frame_ns, strict=True):
        world = world_of(name)
        thing = int(rng.integers(len(world.script.things)))
        found.append(np.array([world.project(SurfacePoint(f"thing {thing}", (0.0, 0.0)), int(instant))]))
    return found


def _viewing(clips: Clips, aim: Aim, rng: np.random.Generator) -> list[Points]:
    """Somebody who watches without a task of their own: spread and dwelling of a wearer's gaze, independent of what is done."""
    other = {name: World(world_of(name).seed, variant="uninformative") for name in np.unique(clips.recording)}
    repeated = np.repeat(clips.recording, _frames_each(clips))
    return [np.array([other[name].true_gaze_px(int(instant))]) for name, instant in zip(repeated, clips.frame_ns, strict=True)]


TASK_GAZE: dict[str, Callable[[Clips, Aim, np.random.Generator], list[Points]]] = {
    "manipulation": _gathered,
    "search": _searching,
    "passive viewing": _viewing,
}
"""Whose gaze it is: the wearer's own while doing, somebody's who searches, somebody's who watches."""


def _disturbed(points: list[Points], clips: Clips, aim: Aim, rng: np.random.Generator) -> list[Points]:
    """Points with a recording's constant error; none in lost frames."""
    frames = _frames_each(clips)
    names, number = np.unique(clips.recording, return_inverse=True)
    error_px = rng.normal(0, 1, (len(names), 2)) * aim.error_deg * Parameters().px_per_deg
    lost = rng.random(len(points)) < aim.loss
    shifts = error_px[np.repeat(number, frames)]
    return [point[:0] if gone else point + shift for point, shift, gone in zip(points, shifts, lost, strict=True)]


def _own(own: Targets, clips: Clips, rng: np.random.Generator) -> Targets:
    return own


def _center(own: Targets, clips: Clips, rng: np.random.Generator) -> Targets:
    """The same blob around the middle of every frame."""
    middle = mass(np.array([[SCENE_PX[0] / 2, SCENE_PX[1] / 2]]), CENTER_PX)
    assert middle is not None, "the middle of a frame is in it"
    return Targets(np.tile(middle, (len(own.valid), 1)), np.ones_like(own.valid))


def _shuffled(own: Targets, clips: Clips, rng: np.random.Generator) -> Targets:
    """Another recording's gaze: that of the clip of the same task which stands some recordings further on."""
    order = np.arange(len(own.valid))
    names, number = np.unique(clips.recording, return_inverse=True)
    step = 1 + int(rng.integers(max(1, len(names) - 1)))
    for task in np.unique(clips.task):
        rows = clips.rows(str(task))
        for name in range(len(names)):
            mine, theirs = rows[number[rows] == name], rows[number[rows] == (name + step) % len(names)]
            order[clips.frames(mine)] = clips.frames(rng.choice(theirs, len(mine)))
    return Targets(own.probability[order], own.valid[order])


def _mean(own: Targets, clips: Clips, rng: np.random.Generator) -> Targets:
    """The mean of each recording's own maps, in all of its frames."""
    of_frame = np.repeat(clips.recording, _frames_each(clips))
    means = np.zeros_like(own.probability)
    for name in np.unique(of_frame):
        mine = of_frame == name
        means[mine] = own.probability[mine & own.valid].mean(axis=0)
    return Targets(means, np.ones_like(own.valid))


CONTROLS: dict[str, Callable[[Targets, Clips, np.random.Generator], Targets]] = {
    "own": _own,
    "center": _center,
    "shuffled": _shuffled,
    "mean": _mean,
}
"""The wearer's gaze, and three targets that are made like it and are not."""


def _frames_each(clips: Clips) -> NDArray[np.int64]:
    return np.diff(np.append(clips.first, len(clips.frame_ns)))


@cache
def world_of(recording: str) -> World:
    """The world of a recording by its name, undrawn."""
    variant, seed = recording.split("-")[1:]
    return World(int(seed), variant=variant)
