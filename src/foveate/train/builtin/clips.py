"""Clips of the toy kitchen, drawn once and kept as plain arrays, which training reads much faster than it could draw them."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_S, Times
from foveate.dataset.sample import Sample
from foveate.dataset.toykitchen import TASK_SAMPLES
from foveate.description.viewer import Viewer
from foveate.gaze.align import align
from foveate.gaze.fallback import fallback
from foveate.geometry import Box, Size, box_around
from foveate.toykitchen import SCENE_PX, World
from foveate.view import ViewMaker, make_view
from foveate.view.sampling import uniform

CROP_PX = 448
"""Side of the crops in the scene, GazeLLM's."""
MARGIN = 104 / 96
"""Crops are drawn this much larger, so that training can shift them a little."""
GAZE_TOLERANCE_NS = NS_PER_S // 60
"""Half a frame interval of the toy camera."""

BoxOf = Callable[[tuple[float, float], np.random.Generator], Box]


@dataclass(frozen=True)
class Take:
    """How one view is drawn for training."""

    size_px: int
    """Side of the stored picture."""
    every: int
    """Drawn for one world in so many."""
    box: BoxOf
    """Gaze point and randomness -> what part of the scene."""


def _crop(point_px: tuple[float, float], *, margin: float = MARGIN) -> Box:
    side = round(CROP_PX * margin)
    return box_around(point_px, Size(side, side), SCENE_PX)


def _anywhere(rng: np.random.Generator) -> Box:
    side = round(CROP_PX * MARGIN)
    return Box(int(rng.integers(0, SCENE_PX[0] - side + 1)), int(rng.integers(0, SCENE_PX[1] - side + 1)), side, side)


TAKES = {
    "gaze": Take(104, 1, lambda aim_px, rng: _crop(aim_px)),
    "center": Take(104, 1, lambda aim_px, rng: _crop((SCENE_PX[0] / 2, SCENE_PX[1] / 2))),
    "random": Take(104, 1, lambda aim_px, rng: _anywhere(rng)),
    "full": Take(96, 1, lambda aim_px, rng: Box(0, 0, *SCENE_PX)),
    "full_native": Take(288, 4, lambda aim_px, rng: Box(0, 0, *SCENE_PX)),
    "gaze_native": Take(288, 8, lambda aim_px, rng: _crop(aim_px, margin=1.0)),
}
"""View -> how it is drawn."""


class _Exact:
    """Sizes that the built-in model takes as they are: 16 tokens for one image of a frame, 9 and 4 for two."""

    def __call__(self, region_px: Size) -> Size:
        return Size(SMALL_PX, SMALL_PX)

    def together(self, regions_px: Sequence[Size], shares: Sequence[float]) -> tuple[Size, ...]:
        return tuple(Size(side, side) for side in DUAL_PX)


SMALL_PX = 96
"""Side of a picture of the views that cost the same: 16 visual tokens."""
DUAL_PX = (72, 48)
"""Sides of the two pictures of ``dual`` within those 16."""
SEEN = {"mass": 1, "hands": 1, "mark": 1, "warp": 2, "dual": 2}
"""View that is drawn as a model is shown it, by the view itself -> drawn for one world in so many."""
PICTURES = {"dual": ("dual", "dual_periphery")}
"""View -> its pictures of a frame, where it has more than the one of its name."""
SIDES_PX = {
    **{view: take.size_px for view, take in TAKES.items()},
    **dict.fromkeys(("mass", "hands", "mark", "warp"), SMALL_PX),
    **dict(zip(PICTURES["dual"], DUAL_PX, strict=True)),
}
"""Picture -> its side as it is stored."""


@dataclass(frozen=True)
class Shard:
    """Some worlds' clips."""

    first: NDArray[np.int64]
    """(C,) index of each clip's first frame."""
    frames: NDArray[np.int64]
    """(C,) frames of each clip."""
    task: tuple[str, ...]
    """(C,) activity or future."""
    text: tuple[str, ...]
    """(C,) what is right to say."""
    pictures: dict[str, NDArray[np.uint8]]
    """Picture -> (F, side, side, 3), memory-mapped; it has as many first frames as it was drawn for."""


def draw_shards(folder: Path, *, seeds: range, worlds_per_shard: int, processes: int) -> list[Path]:
    """Draw every shard that is not there yet.

    Args:
        folder: where shards are kept, one folder each.
        seeds: the worlds.
        worlds_per_shard: how many worlds go into one.
        processes: how many draw at once.

    Returns:
        The shards' folders, in order.
    """
    parts = [seeds[start : start + worlds_per_shard] for start in range(0, len(seeds), worlds_per_shard)]
    paths = [folder / f"{part[0]:06d}_{len(part)}" for part in parts]
    missing = [(part, path) for part, path in zip(parts, paths, strict=True) if not (path / "clips.json").exists()]
    folder.mkdir(parents=True, exist_ok=True)
    with get_context("spawn").Pool(processes) as pool:
        for number, path in enumerate(pool.imap_unordered(_draw_shard, missing), start=1):
            print(f"drawn {path.name} ({number} of {len(missing)})", flush=True)
    return paths


def open_shard(path: Path) -> Shard:
    """Open a drawn shard; pictures are read when they are used."""
    table = json.loads((path / "clips.json").read_text(encoding="utf-8"))
    pictures = {name: np.load(path / f"{name}.npy", mmap_mode="r") for name in SIDES_PX}
    return Shard(np.array(table["first"]), np.array(table["frames"]), tuple(table["task"]), tuple(table["text"]), pictures)


def _draw_shard(job: tuple[range, Path]) -> Path:
    import cv2

    cv2.setNumThreads(1)
    seeds, path = job
    path.mkdir(parents=True, exist_ok=True)
    table: dict[str, list[int] | list[str]] = {"first": [], "frames": [], "task": [], "text": []}
    pictures: dict[str, list[NDArray[np.uint8]]] = {name: [] for name in SIDES_PX}
    makers = {view: make_view(view, size=str(CROP_PX), fit=_Exact()) for view in SEEN}
    # Worlds with every view come first, so that a view's pictures are the first ones of the shard.
    for number, seed in enumerate(seeds):
        rng = np.random.default_rng([seed, 1])
        world = World(seed)
        for sample in _samples(world, rng):
            time_ns = uniform(sample.span, fps=1)
            first = len(pictures["full"])
            for name, value in zip(table, (first, len(time_ns), sample.task, sample.reference), strict=True):
                table[name].append(value)  # type: ignore[arg-type]
            for view, take in TAKES.items():
                if number < len(seeds) // take.every:
                    pictures[view].extend(_draw(world, time_ns, take, rng))
            for view, every in SEEN.items():
                if number * every < len(seeds):
                    _see(sample, makers[view], pictures, frames=len(time_ns))
    for name, found in pictures.items():
        side = SIDES_PX[name]
        np.save(path / f"{name}.npy", np.stack(found) if found else np.empty((0, side, side, 3), np.uint8))
    (path / "clips.json").write_text(json.dumps(table), encoding="utf-8")  # last: it says that the shard is whole
    return path


def _samples(world: World, rng: np.random.Generator) -> Iterator[Sample]:
    for make in TASK_SAMPLES.values():
        yield from make(world, rng=rng)


def _draw(world: World, time_ns: Times, take: Take, rng: np.random.Generator) -> Iterator[NDArray[np.uint8]]:
    gaze = world.gaze()
    aim = fallback(align(gaze, time_ns, tolerance_ns=GAZE_TOLERANCE_NS), gaze, frame_size_px=SCENE_PX)
    size = Size(take.size_px, take.size_px)
    for instant, (x, y) in zip(time_ns, aim.point_px, strict=True):
        yield world.frame(int(instant), size, take.box((float(x), float(y)), rng))


def _see(sample: Sample, maker: ViewMaker, pictures: dict[str, list[NDArray[np.uint8]]], *, frames: int) -> None:
    """Add what a model is shown of a sample through a view."""
    views = Viewer(sample.recording, maker).show(sample.span).views
    if len(views) != frames:
        raise ValueError(f"{maker.name} shows {len(views)} of {frames} frames of {sample.recording.name}, {sample.span}")
    for view in views:
        for name, image in zip(PICTURES.get(maker.name, (maker.name,)), view.images, strict=True):
            pictures[name].append(image)
