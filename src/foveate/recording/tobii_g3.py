"""Tobii Pro Glasses 3, the folder as it is on the SD card.

Source: the files themselves and Tobii's public developer guide of the glasses. Times are seconds on the clock of the scene
video's container; points are shares of the frame's width and height from its top left corner.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from foveate.clock import NS_PER_MS, NS_PER_S
from foveate.errors import RecordingError
from foveate.geometry import Camera, Size
from foveate.recording.events import Events
from foveate.recording.inside import inside, read_json
from foveate.recording.json_lines import JsonLines, number, packed_or_not, time_ns, vector
from foveate.recording.published import head
from foveate.recording.recording import Event, GazeStream, Recording
from foveate.recording.samples import check_overlap
from foveate.recording.scene import ScenePart, VideoScene
from foveate.recording.signals import Signals
from foveate.recording.tobii import COPY_AGAIN, FRAME_PX, About, Lens, text
from foveate.recording.tobii_rows import EYES, IMU, MAGNETOMETER, MOST_EVENTS, GazeRows, Rows, check_count
from foveate.recording.unseen import UnseenScene

LOOKS_FOR = "a folder with 'recording.g3' or 'gazedata.gz'"
DECLARABLE: tuple[str, ...] = ()

MANIFEST = "recording.g3"
FILES = {"scenecamera": "scenevideo.mp4", "gaze": "gazedata.gz", "events": "eventdata.gz", "imu": "imudata.gz"}
"""What the manifest tells a file's name of -> the name that it has on every card."""
DEVICE = "Tobii Pro Glasses 3"


def detect(path: Path) -> bool:
    """Whether a path is a folder of the Glasses 3."""
    return path.is_dir() and any(packed_or_not(path / name).is_file() for name in (MANIFEST, FILES["gaze"]))


def open_path(path: Path) -> Recording:
    """Open a folder; only the manifest and the names of files are read until a stream is touched.

    Raises:
        RecordingError: where a file that it names, or a link, lies outside of it.
    """
    manifest, notes = _manifest(path)
    files = {what: _file(path, _name(manifest, what)) for what in FILES}
    about = _about(path, manifest)
    glasses = _Glasses(path, manifest, files)
    streams: dict[str, tuple[bool, Callable[[], Any]]] = {
        "scene": (files["scenecamera"].is_file(), lambda: glasses.scene),
        "unseen_scene": (not files["scenecamera"].is_file(), lambda: UnseenScene(glasses.size_px, None)),
        "gaze": (files["gaze"].is_file(), glasses.gaze),
        "eye_state": (files["gaze"].is_file(), glasses.eye_state),
        "events": (files["events"].is_file(), glasses.events),
        "imu": (files["imu"].is_file(), glasses.imu),
        "magnetometer": (files["imu"].is_file(), glasses.magnetometer),
        "camera": (_calibration(manifest) is not None, glasses.camera),
        "about": (about != About(), lambda: about),
    }
    return Recording(
        name=path.resolve().name,
        format="tobii_g3",
        device=about.device(DEVICE),
        path=path,
        loaders={name: load for name, (there, load) in streams.items() if there},
        hint=f"A Glasses 3 folder has {', '.join((MANIFEST, *FILES.values()))}. {COPY_AGAIN}",
        notes=(*notes, *_missing(manifest, files)),
    )


def _manifest(path: Path) -> tuple[dict[str, Any], list[str]]:
    """What recording.g3 tells, or nothing and a note on why."""
    file = inside(path, MANIFEST)
    if not file.is_file():
        return {}, [f"{MANIFEST} is missing: the scene camera's calibration and the names are not known"]
    try:
        return read_json(file), []
    except RecordingError as error:
        return {}, [f"{MANIFEST} is not used: {error}"]


def _section(told: dict[str, Any], name: str) -> dict[str, Any]:
    found = told.get(name)
    return found if isinstance(found, dict) else {}


def _name(manifest: dict[str, Any], what: str) -> str:
    told = _section(manifest, what).get("file")
    return told if isinstance(told, str) and told else FILES[what]


def _file(folder: Path, name: str) -> Path:
    """A file of the folder by the name that it has on the card; where it was unpacked, that."""
    packed = inside(folder, name)
    found = packed_or_not(packed)
    return packed if found == packed else inside(folder, found.relative_to(folder))


def _missing(manifest: dict[str, Any], files: dict[str, Path]) -> list[str]:
    """Of scene and gaze always, of the others where the manifest names them: old firmware did not write all of them."""
    always = ("scenecamera", "gaze")
    lost = [file for what, file in files.items() if not file.is_file() and (what in always or what in manifest)]
    return [f"{file.name} is missing" for file in lost]


def _about(path: Path, manifest: dict[str, Any]) -> About:
    folder = manifest.get("meta-folder")
    meta = folder if isinstance(folder, str) and folder else "meta"

    def line(name: str) -> str:
        file = inside(path, Path(meta) / name)
        try:
            return text(head(file)) if file.is_file() else ""
        except OSError:
            return ""

    try:
        participant = read_json(inside(path, Path(meta) / "participant")).get("name")
    except RecordingError:
        participant = line("participant")
    return About(
        name=text(manifest.get("name")),
        participant=text(participant),
        created=text(manifest.get("created")),
        serial=line("HuSerial"),
        firmware=line("RuVersion"),
    )


def _calibration(manifest: dict[str, Any]) -> dict[str, Any] | None:
    found = _section(manifest, "scenecamera").get("camera-calibration")
    return found if isinstance(found, dict) else None


@dataclass(frozen=True)
class _Glasses:
    """A folder, what its manifest tells, and its files."""

    folder: Path
    manifest: dict[str, Any]
    files: dict[str, Path]

    @cached_property
    def scene(self) -> VideoScene:
        scene = VideoScene([ScenePart(self.files["scenecamera"], None, to_clock=lambda container_ns: container_ns)])
        if scene.time_ns[0] > NS_PER_MS:
            late_s = scene.time_ns[0] / NS_PER_S
            name = self.files["scenecamera"].name
            scene.notes += (f"{name} begins {late_s:.3f} s after its container's zero, from which gaze is taken to count",)
        return scene

    @property
    def size_px(self) -> Size:
        """Of the video; where it is missing that of the calibration, or else of the device."""
        if self.files["scenecamera"].is_file():
            return self.scene.size_px
        return FRAME_PX if _calibration(self.manifest) is None else self.lens.size_px

    @cached_property
    def lens(self) -> Lens:
        """The calibration that the manifest tells."""
        told = _calibration(self.manifest) or {}
        focal, center, side = (vector(told.get(name), 2) for name in ("focal-length", "principal-point", "resolution"))
        radial, tangential = vector(told.get("radial-distortion"), 3), vector(told.get("tangential-distortion"), 2)
        skew = number(told.get("skew", 0.0))
        if focal is None or center is None or side is None or radial is None or tangential is None or skew is None:
            raise RecordingError(f"{self.folder / MANIFEST} has an incomplete camera-calibration. {COPY_AGAIN}")
        size_px = Size(*(int(length) if 0 < length < 2**16 else 0 for length in side))
        lens = Lens(focal, center, skew, radial, tangential, size_px)
        if problem := lens.problem():
            raise RecordingError(f"{self.folder / MANIFEST} has no usable camera-calibration: {problem}. {COPY_AGAIN}")
        return lens

    def camera(self) -> Camera:
        return self.lens.camera(self.size_px)

    def _lines(self, lines: JsonLines, *kinds: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
        """Time in ns, kind and data of the lines of some kinds; those that lack time or data are counted as broken."""
        for found in lines:
            at_ns, data = time_ns(found.get("timestamp"), unit_ns=NS_PER_S), found.get("data")
            if at_ns is None or not isinstance(data, dict):
                lines.strange += 1
            elif (kind := found.get("type")) in kinds:
                yield at_ns, kind, data

    def gaze(self) -> GazeStream:
        lines, rows = JsonLines(self.files["gaze"]), GazeRows()
        for at_ns, _, data in self._lines(lines, "gaze"):
            rows.add(at_ns, data.get("gaze2d"))
        notes = list(lines.notes)
        told = _section(self.manifest, "gaze").get("samples")
        if isinstance(told, int) and told != len(rows):
            notes.append(f"{MANIFEST} tells of {told} gaze samples, {lines.file.name} has {len(rows)}")
        size_px, seen = self.size_px, self.files["scenecamera"].is_file()
        if not seen:
            source = "every Glasses 3" if _calibration(self.manifest) is None else "its calibration"
            notes.append(f"gaze is in pixels of {size_px.width_px}x{size_px.height_px}, the frame size of {source}")
        gaze = rows.stream(size_px, source=lines.file, notes=notes)
        return check_overlap(gaze, self.scene.time_ns, source=lines.file, remedy=COPY_AGAIN) if seen else gaze

    def eye_state(self) -> Signals:
        lines, rows = JsonLines(self.files["gaze"]), Rows(EYES)
        for at_ns, _, data in self._lines(lines, "gaze"):
            row = rows.begin(at_ns)
            rows.put(row, "meeting", data.get("gaze3d"))
            for side in ("left", "right"):
                eye = _section(data, f"eye{side}")
                for what, name in (("pupil", "pupildiameter"), ("origin", "gazeorigin"), ("direction", "gazedirection")):
                    rows.put(row, f"{what}_{side}", eye.get(name))
        return rows.signals(lines.notes)

    def imu(self) -> Signals:
        """Acceleration and rotation; the magnetometer's lines between them have a stream of their own."""
        lines, rows = JsonLines(self.files["imu"]), Rows(IMU)
        for at_ns, _, data in self._lines(lines, "imu"):
            if "magnetometer" not in data:
                row = rows.begin(at_ns)
                rows.put(row, "acceleration", data.get("accelerometer"))
                rows.put(row, "rotation", data.get("gyroscope"))
        return rows.signals(lines.notes)

    def magnetometer(self) -> Signals:
        """The magnetic field, about ten times a second."""
        lines, rows = JsonLines(self.files["imu"]), Rows(MAGNETOMETER)
        for at_ns, _, data in self._lines(lines, "imu"):
            if "magnetometer" in data:
                rows.put(rows.begin(at_ns), "field", data["magnetometer"])
        return rows.signals(lines.notes)

    def events(self) -> Events:
        """Events sent over the glasses' interface by their tag, and changes of the sync port."""
        lines = JsonLines(self.files["events"])
        found: list[Event] = []
        for at_ns, kind, data in self._lines(lines, "event", "syncport"):
            check_count(len(found), "events", most=MOST_EVENTS)
            if kind == "event":
                told = data.get("object")
                content = "" if told is None else text(told) or text(json.dumps(told))
                found.append(Event(text(data.get("tag")), None, at_ns, content))
            else:
                found.append(Event(text(f"syncport {data.get('direction')} {data.get('value')}"), None, at_ns))
        return Events(found, lines.notes)
