"""Whole recordings and data sets, one of each kind, to break; and other videos and devices' files to put in their place."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import numpy as np
from PIL import Image

from foveate.geometry import Size
from writers import aria, datasets, ego4d, egoexo4d, egtea, hd_epic, neon, pupil_cloud, pupil_core, table, tobii_g2, tobii_g3
from writers.video import write_clip


@dataclass(frozen=True)
class Whole:
    """How a recording or a data set is written, and what of it is opened."""

    write: Callable[[Path], object]
    """Writes it into a folder that it makes."""
    opened: str = "."
    """What a user names, relative to that folder."""
    first: tuple[str, ...] = ()
    """Patterns of the files that matter most, gaze before video; the tests break these."""


def told(root: Path) -> None:
    """A table with everything that may be declared."""
    lines = 'video = "scene.mp4"\ngaze = "gaze.csv"\nevents = "events.csv"\nframes = "frames.csv"'
    table.write_table(root, toml=lines, events="start_ns,name,stop_ns\n0,begin,\n200000000,look,400000000\n")
    (root / "frames.csv").write_text("time_ns\n" + "".join(f"{40_000_000 * k}\n" for k in range(table.FRAMES)))


def lines_of_ones_own(root: Path) -> None:
    table.write_table(root / "rec")
    sample = {"recording": "rec", "task": "activity", "instruction": "activity", "reference": "The person waits."}
    lines = [json.dumps({**sample, "start_s": 0.1 * k, "stop_s": 0.1 * k + 0.1}) for k in range(6)]
    (root / "samples.jsonl").write_text("\n".join(lines) + "\n")


RECORDINGS: dict[str, Whole] = {
    "neon": Whole(neon.write_neon, first=("gaze_200hz.raw", "gaze_200hz.time", "*Scene*ps1.mp4")),
    "pupil_cloud": Whole(partial(pupil_cloud.write_pupil_cloud, videos=("scene.mp4",)), first=("gaze.csv", "scene.mp4")),
    "pupil_core_export": Whole(pupil_core.write_pupil_export, first=("gaze_positions.csv", "world.mp4")),
    "pupil_core_raw": Whole(pupil_core.write_pupil_core, first=("gaze.pldata", "world.mp4", "world_timestamps.npy")),
    "tobii_g3": Whole(tobii_g3.write_tobii_g3, first=("gazedata.gz", "scenevideo.mp4", "recording.g3")),
    "tobii_g2": Whole(tobii_g2.write_tobii_g2, first=("**/livedata.json.gz", "**/fullstream.mp4")),
    "egoexo4d": Whole(egoexo4d.write_take, first=("eye_gaze/personalized_eye_gaze_2d.csv", "**/aria*.mp4")),
    "aria": Whole(aria.write_aria, first=("**/general_eye_gaze.csv", "recording.vrs")),
    "ego4d": Whole(ego4d.write_ego4d, f"full_scale/{ego4d.UID}.mp4", ("gaze/*.csv", "full_scale/*.mp4")),
    "egtea": Whole(egtea.write_session, f"videos/{egtea.SESSION}.mp4", ("gaze_data/*.txt", "videos/*.mp4")),
    "hd_epic": Whole(hd_epic.write_hd_epic, f"HD-EPIC Intermediate Data/P01/{hd_epic.NAME}", ("**/*.jsonl", "Videos/**/*.mp4")),
    "table": Whole(told, first=("gaze.csv", "scene.mp4", "foveate.toml")),
    "table_parquet": Whole(lambda root: table.write_table(root, gaze="gaze.parquet"), first=("gaze.parquet", "scene.mp4")),
}
"""Name -> a recording of every format; two where a format has two kinds."""

DATASETS: dict[str, Whole] = {
    "ego4d": Whole(datasets.write_ego4d, first=("v2/annotations/narration.json",)),
    "egoexo4d": Whole(datasets.write_egoexo4d, first=("annotations/*.json",)),
    "egtea": Whole(datasets.write_egtea, first=("raw_annotations/*.csv",)),
    "epic_kitchens": Whole(datasets.write_epic_kitchens, first=("*.csv",)),
    "activitynet": Whole(datasets.write_activitynet, first=("*.json",)),
    "streamgaze": Whole(datasets.write_streamgaze, first=("qa/*.json",)),
    "egogazevqa": Whole(datasets.write_egogazevqa, first=("qa_pairs/*.json",)),
    "jsonl": Whole(lines_of_ones_own, "samples.jsonl", ("samples.jsonl",)),
}
"""Name -> the annotation files of every data set."""


def write_spare(folder: Path) -> Path:
    """Files that take the place of others: ``videos`` unlike the one that belongs there, ``devices`` with files of devices."""
    (folder / "videos").mkdir(parents=True)
    write_clip(folder / "videos" / "longer.mp4", frames=90)
    write_clip(folder / "videos" / "shorter.mp4", frames=3)
    write_clip(folder / "videos" / "one.mp4", frames=1)
    write_clip(folder / "videos" / "wide.mp4", frames=30, size_px=Size(160, 40))
    write_sound(folder / "videos" / "sound.mp4")
    devices = folder / "devices"
    devices.mkdir()
    wholes = folder / "whole"
    for name in ("pupil_cloud", "tobii_g3", "tobii_g2", "ego4d", "egtea", "hd_epic", "pupil_core_raw", "neon"):
        RECORDINGS[name].write(wholes / name)
        for pattern in RECORDINGS[name].first[:2]:
            file = next(wholes.joinpath(name).glob(pattern))
            shutil.copyfile(file, devices / f"{name}{file.suffix}")
    shutil.copyfile(next(wholes.glob("pupil_cloud/scene_camera.json")), devices / "pupil_cloud.json")
    shutil.rmtree(wholes)
    Image.new("RGB", (64, 48)).save(devices / "picture.jpg")
    return folder


def write_sound(file: Path) -> None:
    """A second of silence, without any picture."""
    with av.open(str(file), "w") as container:
        stream = container.add_stream("aac", rate=48_000, layout="mono")
        for start in range(0, 48_000, 1024):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, start, Fraction(1, 48_000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
