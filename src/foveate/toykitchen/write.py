"""A toy kitchen as a real recording: a video, tables, and a foveate.toml that says what is what."""

import csv
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from foveate.errors import UsageError
from foveate.geometry import Camera, Size
from foveate.recording.camera_section import camera_lines
from foveate.toykitchen.parameters import SCENE_PX
from foveate.toykitchen.scene import frame_times
from foveate.toykitchen.world import DEVICE, World

TOML = f"""\
# A toy kitchen, drawn by foveate: no person was recorded.
[table]
device = "{DEVICE}"
video = "scene.mp4"
gaze = "gaze.csv"
time = "time_ns"
time_unit = "ns"
x = "x_px"
y = "y_px"
valid = "valid"
coordinates = "pixels"
origin = "top-left"
events = "events.csv"
hands = "hands.csv"
"""


def write_recording(
    world: World,
    folder: Path | str,
    *,
    size_px: Size = SCENE_PX,
    fps: float = 30.0,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write a world as a folder that ``open_recording`` reads: scene.mp4, gaze.csv, hands.csv, events.csv, foveate.toml.

    Args:
        world: what to draw.
        folder: where; it must not exist yet, or be empty. It appears under its name only when it is whole.
        size_px: width and height of the video, both even; gaze and hands are written in its pixels.
        fps: frames per second.
        progress: called after every frame with how many are drawn, and of how many.

    Returns:
        The folder.

    Raises:
        UsageError: where the folder holds something already, or size or fps cannot be.
        VideoError: where the video cannot be written.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is there already and not an empty folder; choose another place or remove it")
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        _write_video(world, part / "scene.mp4", size_px=size_px, fps=fps, progress=progress)
        _write_gaze(world, part / "gaze.csv", size_px=size_px)
        _write_hands(world, part / "hands.csv", size_px=size_px, fps=fps)
        spans = [(event.span, event) for event in world.narrations]
        rows = [(event.time_ns, span.stop_ns if span else "", event.name, event.text) for span, event in spans]
        _write_table(part / "events.csv", ("start_ns", "stop_ns", "name", "text"), rows)
        (part / "foveate.toml").write_text(f"{TOML}\n{camera_lines(_camera(world, size_px))}", encoding="utf-8")
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def _write_video(world: World, path: Path, *, size_px: Size, fps: float, progress: Callable[[int, int], None] | None) -> None:
    from foveate.video.write import VideoWriter  # with PyAV, which a world that is only drawn gets by without

    times = frame_times(world.duration_s, fps)
    with VideoWriter(path, size_px=size_px, fps=fps) as video:
        for done, time_ns in enumerate(times.tolist(), start=1):
            video.write(world.frame(time_ns, size_px))
            if progress is not None:
                progress(done, len(times))


def _camera(world: World, size_px: Size) -> Camera:
    """The world's camera, for frames of the video's size."""
    scale = np.append(np.array(size_px) / np.array(world.scene_px), 1.0)
    return replace(world.camera, matrix=scale[:, None] * world.camera.matrix, size_px=size_px)


def _write_gaze(world: World, path: Path, *, size_px: Size) -> None:
    gaze = world.gaze()
    points = gaze.point_px * (np.array(size_px) / np.array(world.scene_px))
    rows = [
        (time_ns, f"{x:.2f}" if valid else "", f"{y:.2f}" if valid else "", int(valid))
        for time_ns, (x, y), valid in zip(gaze.time_ns.tolist(), points.tolist(), gaze.valid.tolist(), strict=True)
    ]
    _write_table(path, ("time_ns", "x_px", "y_px", "valid"), rows)


def _write_hands(world: World, path: Path, *, size_px: Size, fps: float) -> None:
    """Where both hands truly are in every frame; empty where one is off the frame."""
    hands = world.hands(fps)
    boxes = hands.box_px * np.tile(np.array(size_px) / np.array(world.scene_px), 2)
    rows = [
        (time_ns, side, *(f"{value:.2f}" if seen else "" for value in box), int(seen))
        for time_ns, side, box, seen in zip(
            hands.time_ns.tolist(), hands.side.tolist(), boxes.tolist(), hands.valid.tolist(), strict=True
        )
    ]
    _write_table(path, ("time_ns", "side", "left_px", "top_px", "width_px", "height_px", "valid"), rows)


def _write_table(path: Path, names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(rows)
