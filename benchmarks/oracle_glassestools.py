"""Run by ``oracles.py`` in an interpreter that has glassesTools: what it reads of a recording's folder or of a video.

Its importers of whole recordings write text files of rounded numbers, so that the functions in them are called which read.
"""

import gzip
import json
import sys
import tempfile
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import cv2
from glassesTools import video_utils
from glassesTools.eyetracker import EyeTracker
from glassesTools.recording import Recording

# the package gives its importers' names to functions
tobii_g2_reader, tobii_g3_reader, pupil_reader = (
    import_module(f"glassesTools.importing.{name}") for name in ("tobii_G2", "tobii_G3", "pupilLabs")
)
FRAME_PX = (1920, 1080)
"""Of every Tobii Pro Glasses 3, where a recording lacks the file that tells it."""


def ns(times_ms) -> list[int]:
    return [round(time * 1e6) for time in times_ms]


def frame_times(video: Path) -> list[int]:
    return ns(video_utils.get_frame_timestamps_from_video(video)["timestamp"])


def columns(table, *names: str) -> list:
    """Columns as a list of rows; what the file had none of is missing."""
    return table.reindex(columns=list(names)).to_numpy(dtype=float).tolist()


def eyes(table) -> dict:
    def both(*names: str) -> list:
        return columns(table, *(f"{name.format(eye=eye)}" for eye in "lr" for name in names))

    return {
        "pupil (mm)": both("pup_diam_{eye}"),
        "gaze origin (mm)": both(*(f"gaze_ori_{{eye}}_{axis}" for axis in "xyz")),
        "gaze direction (1)": both(*(f"gaze_dir_{{eye}}_{axis}" for axis in "xyz")),
        "gazed point (mm)": columns(table, "gaze_pos_3d_x", "gaze_pos_3d_y", "gaze_pos_3d_z"),
    }


def camera(folder: Path) -> dict:
    """The calibration that an importer has put into a folder."""
    told = cv2.FileStorage(str(folder / "calibration.xml"), cv2.FILE_STORAGE_READ)
    matrix, bent = told.getNode("cameraMatrix").mat(), told.getNode("distCoeff").mat()
    told.release()
    return {"camera matrix (px)": matrix.reshape(-1).tolist(), "lens distortion (1)": bent.reshape(-1).tolist()}


def unpacked(folder: Path, names: tuple[str, ...], into: Path) -> None:
    for name in names:
        (into / name).write_bytes(gzip.decompress((folder / f"{name}.gz").read_bytes()))


def gaze(table) -> dict:
    return {"gaze time (ns)": ns(table.index), "gaze point (px)": columns(table, "gaze_pos_vid_x", "gaze_pos_vid_y")}


def tobii_g2(project: Path, work: Path) -> dict:
    """Times count from the first frame."""
    (segment,) = project.glob("recordings/*/segments/1")
    unpacked(segment, ("livedata.json", "et.tslv"), work)
    size_px = tobii_g2_reader.getCameraFromTSLV(work)
    table = tobii_g2_reader.json2df(work / "livedata.json", size_px)
    return {"frame time (ns)": frame_times(segment / "fullstream.mp4"), **gaze(table), **eyes(table), **camera(work)}


def tobii_g3(folder: Path, work: Path) -> dict:
    unpacked(folder, ("gazedata",), work)
    told = (folder / "recording.g3").is_file()
    size_px = tobii_g3_reader.getCameraFromJson(folder, work) if told else FRAME_PX
    table = tobii_g3_reader.json2df(work / "gazedata", size_px)
    lens = camera(work) if told else {}
    return {"frame time (ns)": frame_times(folder / "scenevideo.mp4"), **gaze(table), **eyes(table), **lens}


def pupil_cloud(folder: Path, work: Path) -> dict:
    """Frames count from the first; gaze since 1970."""
    table = pupil_reader.readGazeDataCloudExport(folder / "gaze.csv")
    found = {
        "gaze time (ns)": [int(time) for time in table["timestamp"]],
        "gaze point (px)": columns(table, "gaze_pos_vid_x", "gaze_pos_vid_y"),
    }
    videos = list(folder.glob("*.mp4"))
    if not videos:
        return found
    _, frames = pupil_reader.formatGazeDataCloudExport(folder, folder / "gaze.csv")
    recording = Recording(working_directory=folder, eye_tracker=EyeTracker.Pupil_Invisible)
    recording.scene_video_file = videos[0].name
    pupil_reader.getCameraCalFromCloudExport(folder, work, recording)
    return {"frame time (ns)": ns(frames["timestamp"]), **found, **camera(work)}


def pupil_core(folder: Path, work: Path) -> dict:
    """The newest export of Pupil Player in a recording's folder."""
    size_px = pupil_reader.getCameraFromMsgPack(folder, work)
    recording = Recording(source_directory=folder, eye_tracker=EyeTracker.Pupil_Core)
    export, _ = pupil_reader.checkPupilRecording(folder)
    table = pupil_reader.readGazeDataPupilPlayer(export, size_px, recording)
    return {**gaze(table.set_index("timestamp")), **camera(work)}


def video(file: Path, work: Path) -> dict:
    del work
    return {"frame time (ns)": frame_times(file)}


READERS = {read.__name__: read for read in (tobii_g2, tobii_g3, pupil_cloud, pupil_core, video)}
what, path = sys.argv[1], Path(sys.argv[2])
with tempfile.TemporaryDirectory() as temporary:
    print(json.dumps({"version": version("glassesTools"), **READERS[what](path, Path(temporary))}))
