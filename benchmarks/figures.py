"""Draw the figures of docs/gaze.md from a toy kitchen: what the eyes did over time, and a target of the gaze before a frame.

    python benchmarks/figures.py docs/images        # seconds

The recording is the one that ``foveate demo`` draws.
"""

import argparse
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from foveate.clock import NS_PER_S
from foveate.draw import captioned, contact_sheet, open_ring
from foveate.draw.panels import fit_inside
from foveate.gaze.aggregate import WindowGaze, aggregate
from foveate.gaze.clean import clean
from foveate.gaze.events import detect
from foveate.gaze.events_path import GazePath
from foveate.gaze.target import target
from foveate.geometry import Size
from foveate.recording.eye_events import EyeEvents
from foveate.recording.recording import Image, Recording
from foveate.toykitchen import World

SEED = 70_003
"""Of the kitchen that ``foveate demo`` draws."""
EVENTS_S = (5.0, 9.0)
"""Drawn of the eyes' path: two blinks, and turns of the head after wide jumps."""
LOSS_S = 0.05
FRAME = 107
"""A frame at 30 per second in which a towel hides what was looked at just before."""
PAST = 103
"""The frame four before."""
GRID = (16, 16)
CELL_PX = 300
KEPT, GONE = (60, 220, 90), (240, 60, 60)
BLUE, ORANGE, REST, SHUT = "#2563eb", "#ea580c", "#dbeafe", "#d1d5db"


def draw_events(recording: Recording, path: Path) -> None:
    """The path of gaze with what was found in it: as gaze moves in the frame, and with the head's turning removed."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    zero_ns = int(recording.scene.time_ns[0])
    figure, axes = pyplot.subplots(2, 1, figsize=(8.6, 4.6), sharex=True)
    titles = {"none": "the head's turning not removed", "flow": "removed by the video: --head flow"}
    for axis, (head, title) in zip(axes, titles.items(), strict=True):
        found = detect(recording, head=head)
        bands(axis, found.fixations, zero_ns, facecolor=REST, label="fixation")
        bands(axis, found.saccades, zero_ns, facecolor=ORANGE, alpha=0.35, label="saccade")
        bands(axis, found.blinks, zero_ns, facecolor=SHUT, label="blink")
        draw_path(axis, found.path, zero_ns)
        axis.set_title(title, fontsize=9, loc="left")
        axis.set_ylabel("degrees", fontsize=9)
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
    axes[0].set_xlim(*EVENTS_S)
    axes[1].set_xlabel("seconds from the first frame", fontsize=9)
    axes[0].legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=5, fontsize=8, frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def draw_path(axis: Any, path: GazePath, zero_ns: int) -> None:
    """Its two axes over time; no line across a loss."""
    time_s = (path.time_ns - zero_ns) / NS_PER_S
    broken = np.flatnonzero(np.diff(time_s) > LOSS_S) + 1
    for side, (name, color) in enumerate((("right", BLUE), ("down", "#111827"))):
        line = np.insert(path.path_deg[:, side], broken, np.nan)
        axis.plot(np.insert(time_s, broken, np.nan), line, color=color, linewidth=1.2, label=name)
    shown = path.path_deg[(time_s >= EVENTS_S[0]) & (time_s < EVENTS_S[1])]
    axis.set_ylim(shown.min() - 1, shown.max() + 1)


def bands(axis: Any, events: EyeEvents, zero_ns: int, *, label: str, **look: Any) -> None:
    """One upright band for every event."""
    for number, (start_ns, stop_ns) in enumerate(zip(events.start_ns, events.stop_ns, strict=True)):
        first = {"label": label} if number == 0 else {}
        axis.axvspan((start_ns - zero_ns) / NS_PER_S, (stop_ns - zero_ns) / NS_PER_S, linewidth=0, **look, **first)


def draw_window(recording: Recording, path: Path) -> WindowGaze:
    """A frame before, the frame with what is left of the gaze before it, and the target made of that."""
    gaze = clean(recording.gaze)
    (window,) = aggregate(gaze, recording.scene, [FRAME])
    past, later = (fit_inside(image, Size(CELL_PX, CELL_PX)) for image in recording.scene.frames([PAST, FRAME]))
    scale = CELL_PX / recording.scene.size_px.width_px
    (before,) = aggregate(gaze, recording.scene, [PAST], window_ms=10.0)
    marked_past = ringed(past, before.point_px * scale, GONE)
    marked = ringed(later, window.point_px * scale, KEPT)
    size_px = recording.scene.size_px
    mass = target(window.point_px, GRID, (size_px.height_px, size_px.width_px), 40.0)
    earlier_ms = (FRAME - PAST) * 1000 / 30
    cells = [
        captioned(marked_past, [f"{earlier_ms:.0f} ms before: looked at", "ring: gaze of this frame"]),
        captioned(marked, [f"the frame: {len(window)} kept, {window.occluded} occluded", "rings: points kept, moved here"]),
        captioned(heated(later, mass), [f"target on {GRID[0]} x {GRID[1]} patches", "sigma 40 px of 1440; sum 1"]),
    ]
    sheet = contact_sheet(cells, columns=3, cell_width_px=CELL_PX)
    Picture.fromarray(sheet).save(path, "JPEG", quality=82, optimize=True)
    return window


def ringed(image: Image, points_px: NDArray[np.float64], color: tuple[int, int, int]) -> Image:
    for point in points_px:
        image = open_ring(image, point.tolist(), radius_px=9.0, color=color)
    return image


def heated(image: Image, mass: NDArray[np.float64]) -> Image:
    """A frame, its patches the brighter the more of the target they hold."""
    height, width = image.shape[:2]
    share = cv2.resize(mass / mass.max(), (width, height), interpolation=cv2.INTER_NEAREST)[..., None]
    lit = 0.35 * image * (1 - share) + share * np.array([255.0, 176.0, 0.0])
    for edge in range(1, GRID[0]):
        lit[edge * height // GRID[0]] *= 0.8
        lit[:, edge * width // GRID[1]] *= 0.8
    return np.asarray(lit.round(), dtype=np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the figures go, such as docs/images")
    folder = parser.parse_args().folder
    recording = World(SEED, duration_s=20).recording()
    draw_events(recording, folder / "gaze_events.png")
    window = draw_window(recording, folder / "gaze_window.jpg")
    print(f"{folder}: gaze_events.png, gaze_window.jpg ({len(window)} points kept, {window.occluded} occluded)")


if __name__ == "__main__":
    main()
