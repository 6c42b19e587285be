"""Recordings that ``oracles.py`` makes for both readers.

Where a real recording came without its scene video, one is drawn to go with it. Formats of which there is no real recording
at hand are compared on what tests/writers/ writes: that the vendor's tool takes it for its own, and reads the same of it.
"""

import json
import shutil
import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from foveate.geometry import Size

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from writers.neon import write_neon
from writers.pupil_cloud import write_pupil_cloud
from writers.pupil_core import write_pupil_core, write_pupil_export
from writers.tobii_g2 import write_tobii_g2
from writers.tobii_g3 import write_tobii_g3

FULL_HD = Size(1920, 1080)
INVISIBLE_PX = Size(1088, 1080)
AEA = "aria_everyday_activities_test_data"
"""Folder of the one Aria recording with frames."""
SEGMENT_VIDEO = "recordings/gzz7stc/segments/1/fullstream.mp4"


def draw_video(path: Path, size_px: Size, times_ms: Sequence[float]) -> None:
    """Grey frames at uneven times, some of them B-frames, so that they are not stored in the order of their times."""
    tick = Fraction(1, 90_000)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=30, options={"preset": "ultrafast", "bf": "2"})
        stream.width, stream.height, stream.pix_fmt = *size_px, "yuv420p"
        stream.time_base = stream.codec_context.time_base = tick
        for number, time_ms in enumerate(times_ms):
            grey = np.full((size_px.height_px * 3 // 2, size_px.width_px), 16 + number % 200, dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(grey, format="yuv420p")
            frame.pts, frame.time_base = round(time_ms * 90), tick
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def uneven_ms(frames: int) -> list[float]:
    return [40.0 * number + 7 * np.sin(number) * (number > 0) for number in range(frames)]


def with_video(place: str, size_px: Size) -> Callable[[Path, Path], None]:
    """A copy with a drawn video of 100 frames."""

    def make(source: Path, folder: Path) -> None:
        shutil.copytree(source, folder, dirs_exist_ok=True)
        draw_video(folder / place, size_px, uneven_ms(100))

    return make


with_g2_video = with_video(SEGMENT_VIDEO, FULL_HD)
with_g3_video = with_video("scenevideo.mp4", FULL_HD)


def with_cloud_video(source: Path, folder: Path) -> None:
    """A copy with as many drawn frames as Cloud has times of."""
    shutil.copytree(source, folder, dirs_exist_ok=True)
    frames = len((source / "world_timestamps.csv").read_text().splitlines()) - 1
    draw_video(folder / "scene.mp4", INVISIBLE_PX, uneven_ms(frames))


def without_200hz(source: Path, folder: Path) -> None:
    shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*_200hz.*"))


def with_vrs(source: Path, folder: Path) -> None:
    """Hands beside the VRS of another recording, under the name that the services give them, without a version."""
    shutil.copy(source.parents[2] / AEA / "recording.vrs", folder)
    hands = folder / "mps" / "hand_tracking"
    hands.mkdir(parents=True)
    shutil.copy(source, hands / f"{source.stem.removesuffix('_v1').removesuffix('_v2')}.csv")


def write_g3(_: Path, folder: Path) -> None:
    """The tool takes the calibration's size for that of gaze, so that the video is of that size too."""
    write_tobii_g3(folder)
    draw_video(folder / "scenevideo.mp4", FULL_HD, uneven_ms(28))


def write_g2(_: Path, folder: Path) -> None:
    write_tobii_g2(folder)
    draw_video(folder / SEGMENT_VIDEO, FULL_HD, uneven_ms(60))


def write_neon_cloud(_: Path, folder: Path) -> None:
    write_pupil_cloud(folder, videos=("scene.mp4",))


def write_player(_: Path, folder: Path) -> None:
    write_pupil_core(folder)
    write_pupil_export(folder / "exports" / "000")


def write_neon_new(_: Path, folder: Path) -> None:
    """Of a phone's program that put the wearer's offset on gaze but not on fixations."""
    write_neon(folder, version="2.5")
    info = json.loads((folder / "info.json").read_text())
    (folder / "info.json").write_text(json.dumps({**info, "app_version": "2.9.30-prod", "gaze_offset": [12.5, 7.25]}))
