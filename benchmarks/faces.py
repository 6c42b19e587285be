"""How many faces are found and blurred in clips for raters: photographs of faces, put into frames of the toy kitchen.

    python benchmarks/faces.py --models WHEEL --photos FOLDER

Takes the extra `hands` and a wheel of mediapipe (docs/raters.md). FOLDER holds photographs and `faces.csv`, a row for each
face: photo,left,top,right,bottom in pixels, from the brows to the chin. Each is put, at widths and turned by angles, at
random places into frames of 640 px, as long as raters' clips are; none is made larger than 1.6 times what it is. It counts as
found where what is blurred covers four fifths of it. The frames hold no face themselves, so that what is found in them as
they are is not one.
"""

import argparse
import csv
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveate.clock import NS_PER_MS
from foveate.faces.blur import MARGIN
from foveate.faces.detect import FaceDetector
from foveate.geometry import Size
from foveate.toykitchen import World

FIRST_SEED = 920_000
WORLDS, FRAMES = 4, 10
FRAME_PX = Size(640, 640)
WIDTHS_PX, ANGLES_DEG = (12, 16, 24, 32, 48, 96), (0, 30, 90, 180)
CONTEXT = 1.9
"""Side of what is put into a frame, in widths of the face."""
LARGEST, COVERED = 1.6, 0.8


@dataclass(frozen=True)
class Row:
    """Faces of one width."""

    faces: int
    found: dict[int, int]
    """Angle -> how many of them."""


Pixels = NDArray[np.uint8]
Box = NDArray[np.float64]


def read_faces(folder: Path) -> list[tuple[Pixels, Box]]:
    with (folder / "faces.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    corners = ("left", "top", "right", "bottom")
    return [
        (np.asarray(Image.open(folder / row["photo"]).convert("RGB")), np.array([float(row[name]) for name in corners]))
        for row in rows
    ]


def put(
    photo: Pixels, box: Box, frame: Pixels, width_px: int, angle_deg: float, rng: np.random.Generator
) -> tuple[Pixels, Box]:
    """A frame with the face in it, and where it is."""
    scale, side = width_px / (box[2] - box[0]), round(width_px * CONTEXT)
    middle = (box[:2] + box[2:]) / 2
    turn = cv2.getRotationMatrix2D(tuple(middle.tolist()), angle_deg, scale)
    turn[:, 2] += side / 2 - middle
    soft = cv2.GaussianBlur(photo, (0, 0), 0.4 / scale) if scale < 0.7 else photo
    left, top = (int(rng.integers(0, most - side)) for most in FRAME_PX)
    made = frame.copy()
    made[top : top + side, left : left + side] = cv2.warpAffine(soft, turn, (side, side), borderMode=cv2.BORDER_REPLICATE)
    at = np.array([left, top]) + side / 2
    return made, np.concatenate([at - width_px / 2, at + width_px / 2])


def covered(found: Box, true: Box) -> bool:
    reach = MARGIN * (found[2:] - found[:2])
    low, high = np.maximum(found[:2] - reach, true[:2]), np.minimum(found[2:] + reach, true[2:])
    return bool(np.prod(np.maximum(0, high - low)) >= COVERED * np.prod(true[2:] - true[:2]))


def count(detector: FaceDetector, faces: Sequence[tuple[Pixels, Box]], frames: Sequence[Pixels]) -> dict[int, Row]:
    """Width -> how many faces are found in these frames, of those that are not made much larger than they are."""
    rng = np.random.default_rng(0)
    rows = {}
    for width in WIDTHS_PX:
        small = [(photo, box) for photo, box in faces if width <= LARGEST * (box[2] - box[0])]
        found = {
            angle: sum(
                any(covered(each.box_px, true) for each in detector(made))
                for photo, box in small
                for frame in frames
                for made, true in [put(photo, box, frame, width, angle, rng)]
            )
            for angle in ANGLES_DEG
        }
        rows[width] = Row(len(small) * len(frames), found)
    return rows


def page(about: Mapping[str, Any], rows: Mapping[int, Row], faces: int) -> str:
    """The table in Markdown; ``about`` is what stands in faces.json."""
    turned = ("upright" if angle == 0 else f"turned by {angle} deg" for angle in ANGLES_DEG)
    lines = [
        f"# Faces in frames of {FRAME_PX.width_px} px: {faces} faces out of photographs",
        "",
        f"Networks {about['fingerprint']}. Shares of the faces that were found; thresholds were chosen on the same faces.",
        "",
        f"| width, px | faces | {' | '.join(turned)} |",
        f"|---|---|{'---|' * len(ANGLES_DEG)}",
        *(
            f"| {width} | {row.faces} | {' | '.join(f'{found / row.faces:.2f}' for found in row.found.values())} |"
            for width, row in rows.items()
        ),
        "",
        f"Of {about['frames']} frames of the toy kitchen without a face, {about['by_mistake']} had one by mistake.",
        "",
        f"A frame took {about['processor_ms']} ms of the processor in the median.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    detector, faces = FaceDetector(options.models, option="--models"), read_faces(options.photos)
    frames: list[Pixels] = []
    for seed in range(FIRST_SEED, FIRST_SEED + WORLDS):
        scene = World(seed, duration_s=10.0 * FRAMES).recording(fps=0.1).scene
        chosen = list(range(FRAMES))
        frames += list(scene.frames(chosen, sizes_px=[FRAME_PX] * FRAMES))
    seen, took_ms = 0, []
    for frame in frames:
        began_ns = time.process_time_ns()
        seen += bool(detector(frame))
        took_ms.append((time.process_time_ns() - began_ns) / NS_PER_MS)
    rows = count(detector, faces, frames[::FRAMES])
    about = {
        "fingerprint": detector.fingerprint,
        "frames": len(frames),
        "by_mistake": seen,
        "processor_ms": round(median(took_ms)),
        "found": {width: asdict(row) for width, row in rows.items()},
    }
    text = page(about, rows, len(faces))
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "faces.md").write_text(text, encoding="utf-8")
    (options.out / "faces.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    print(text, end="")


if __name__ == "__main__":
    main()
