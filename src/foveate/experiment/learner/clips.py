"""Clips of the toy kitchen as the arms read them: frames that are encoded already, gaze of every kind, what is right to say."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveate.clock import Times
from foveate.dataset.sample import Sample
from foveate.dataset.toykitchen import TASK_SAMPLES
from foveate.draw import open_ring
from foveate.experiment.learner.eyes import encode_frames
from foveate.experiment.learner.protocol import FRAME_PX, FRAMES, Worlds
from foveate.experiment.learner.windows import gather
from foveate.gaze.clean import clean_recording
from foveate.geometry import Points, Size
from foveate.job.disk import write_whole
from foveate.recording.recording import GazeStream
from foveate.toykitchen import SCENE_PX, World
from foveate.toykitchen.scene import DrawnScene
from foveate.view.sampling import uniform

COLUMNS = ("frames", "task", "text", "later", "recording")
RING_PX = 24.0
"""Radius of a ring on a frame: an object and its hand fit in."""
LATER_S = 5.0
"""Horizon of the far future: what is done so long after the clip's end."""


@dataclass(frozen=True)
class Clips:
    """Encoded clips; all of a task have as many frames."""

    features: NDArray[np.float16]
    """(F, patches, width), memory-mapped."""
    first: NDArray[np.int64]
    """(C,) each clip's first frame."""
    task: NDArray[np.str_]
    """(C,) activity or future."""
    text: NDArray[np.str_]
    """(C,) what is right to say."""
    later: NDArray[np.str_]
    """(C,) what is done LATER_S after the clip's end; empty where the recording ends before."""
    recording: NDArray[np.str_]
    """(C,) variant and seed of its world."""
    frame_ns: Times
    """(F,) instant of every frame."""
    true_px: Points
    """(F, 2) what the wearer looked at, as the world knows it."""
    windows: dict[str, tuple[Points, NDArray[np.int64]]]
    """Way of gathering gaze (windows.WINDOWS) -> points of all frames in a row, and (F + 1,) where each frame begins."""

    def rows(self, task: str, limit: int | None = None) -> NDArray[np.int64]:
        """The first clips of a task, in order of the worlds."""
        return np.flatnonzero(self.task == task)[:limit]

    def frames(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """(rows, frames) indices of the frames of clips of one task."""
        return self.first[rows][:, None] + np.arange(FRAMES[str(self.task[rows[0]])])


def drawn_clips(
    folder: Path, eyes: Any, worlds: Worlds, *, windows: Sequence[str], spans: int | None = None, ring: bool = False
) -> Clips:
    """Clips of some worlds, drawn and encoded where the folder does not hold them yet.

    Args:
        folder: of these clips.
        eyes: the encoder; not looked at where the folder holds them.
        worlds: which.
        windows: ways of gathering gaze, of ``windows.WINDOWS``.
        spans: of each task and world, evenly over its course; None for all.
        ring: whether gaze is drawn on the frames.
    """
    if not is_drawn(folder):
        folder.mkdir(parents=True, exist_ok=True)
        parts = [_draw(eyes, World(seed, variant=variant), windows, spans, ring) for variant, seeds in worlds for seed in seeds]
        _write(folder, parts, windows)
    return _read(folder)


def is_drawn(folder: Path) -> bool:
    """Whether a folder holds its clips."""
    return (folder / "clips.json").exists()


def _samples(world: World, spans: int | None) -> Iterator[Sample]:
    for task, make in TASK_SAMPLES.items():
        whole = [sample for sample in make(world) if len(uniform(sample.span, fps=1)) == FRAMES[task]]
        if spans is None:
            yield from whole
        else:
            yield from (whole[k] for k in np.unique(np.linspace(0, len(whole) - 1, spans).round().astype(int)))


def _draw(eyes: Any, world: World, windows: Sequence[str], spans: int | None, ring: bool) -> dict[str, Any]:
    """One world's clips: tables of clips and of frames."""
    recording = world.recording()
    # every way of gathering gaze asks for the same small frames
    scene = DrawnScene(cache(world.frame), size_px=SCENE_PX, time_ns=recording.scene.time_ns)
    gaze = clean_recording(recording)
    table: dict[str, Any] = {name: [] for name in COLUMNS}
    index: list[int] = []
    for sample in _samples(world, spans):
        wanted_ns = uniform(sample.span, fps=1)
        index += np.abs(scene.time_ns[None] - wanted_ns[:, None]).argmin(axis=1).tolist()
        row = (len(wanted_ns), sample.task, sample.reference, _later(world, sample), recording.name)
        for name, value in zip(table, row, strict=True):
            table[name].append(value)
    frame_ns = scene.time_ns[index]
    pictures = np.stack(list(_pictures(world, frame_ns, gaze if ring else None)))
    return {
        **table,
        "features": encode_frames(eyes, pictures),
        "frame_ns": frame_ns,
        "true_px": np.array([world.true_gaze_px(int(instant)) for instant in frame_ns]),
        "windows": {name: gather(name, gaze, scene, index) for name in windows},
    }


def _pictures(world: World, frame_ns: Times, ringed: GazeStream | None) -> Iterator[NDArray[np.uint8]]:
    for instant in frame_ns:
        picture = world.frame(int(instant), Size(FRAME_PX, FRAME_PX))
        if ringed is not None:
            nearest = int(np.abs(ringed.time_ns - instant).argmin())
            if ringed.valid[nearest]:
                x, y = ringed.point_px[nearest] * FRAME_PX / SCENE_PX[0]
                picture = open_ring(picture, (float(x), float(y)), radius_px=RING_PX)
        yield picture


def _later(world: World, sample: Sample) -> str:
    """What is done LATER_S after a sample's end."""
    at_ns = sample.span.stop_ns + round(LATER_S * 1e9)
    return next(
        (event.text for event in world.narrations if event.span and event.span.start_ns <= at_ns < event.span.stop_ns), ""
    )


def _write(folder: Path, parts: Sequence[dict[str, Any]], windows: Sequence[str]) -> None:
    np.save(folder / "features.npy", np.concatenate([part["features"] for part in parts]))
    arrays = {name: np.concatenate([part[name] for part in parts]) for name in ("frame_ns", "true_px")}
    for name in windows:
        points = [frame for part in parts for frame in part["windows"][name]]
        arrays[f"{name} points"] = np.concatenate(points)
        arrays[f"{name} starts"] = np.cumsum([0, *map(len, points)])
    np.savez(folder / "gaze.npz", allow_pickle=False, **arrays)
    table = {
        name: [value for part in parts for value in part[name]] for name in ("frames", "task", "text", "later", "recording")
    }
    write_whole(folder / "clips.json", json.dumps(table).encode())  # last: it says that the folder is whole


def _read(folder: Path) -> Clips:
    table = json.loads((folder / "clips.json").read_text(encoding="utf-8"))
    arrays = np.load(folder / "gaze.npz")
    names = {name.rsplit(" ", 1)[0] for name in arrays.files if " " in name}
    return Clips(
        np.load(folder / "features.npy", mmap_mode="r"),
        np.cumsum([0, *table["frames"]])[:-1],
        **{name: np.array(table[name]) for name in ("task", "text", "later", "recording")},
        frame_ns=arrays["frame_ns"],
        true_px=arrays["true_px"],
        windows={name: (arrays[f"{name} points"], arrays[f"{name} starts"]) for name in sorted(names)},
    )
