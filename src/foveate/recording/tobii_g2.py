"""Tobii Pro Glasses 2, the project tree as it is on the SD card: recordings, each of one or more segments.

Source: the files themselves and Tobii's public answer on how to synchronise video and gaze of the glasses. A packet bears
``ts``, microseconds on the recording unit's clock, which runs on from one segment to the next and is the recording's clock
here. A packet with ``vts`` says that the scene video's own time was ``vts`` microseconds at ``ts``, and so puts the frames on
that clock. ``pts`` says the same of the live stream, whose clock no file has: it is not used. A status ``s`` other than 0
means that what the packet tells is not valid.
"""

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from foveate.errors import RecordingError
from foveate.geometry import Camera, Size
from foveate.recording import tobii_g2_tree
from foveate.recording.events import Events
from foveate.recording.json_lines import JsonLines, number, time_ns
from foveate.recording.recording import Event, GazeStream, Recording
from foveate.recording.samples import check_overlap
from foveate.recording.scene import ScenePart, VideoScene
from foveate.recording.signals import Signals
from foveate.recording.tobii import COPY_AGAIN, FRAME_PX, About, text
from foveate.recording.tobii_g2_clock import Ties, agreeing, on_clock
from foveate.recording.tobii_g2_tree import LIVE, VIDEO, Tree
from foveate.recording.tobii_rows import EYES, IMU, MOST_EVENTS, GazeRows, Rows, check_count
from foveate.recording.tobii_tslv import read_lens
from foveate.recording.unseen import UnseenScene

LOOKS_FOR = "a Tobii project with 'recordings', a recording with 'segments', or a segment with 'livedata.json.gz'"
DECLARABLE: tuple[str, ...] = ()

LENS = "et.tslv.gz"
DEVICE = "Tobii Pro Glasses 2"
NS_PER_US = 1_000

Packet = dict[str, Any]


def detect(path: Path) -> bool:
    """Whether a path is a project, a recording or a segment of the Glasses 2."""
    if not path.is_dir():
        return False
    return (
        tobii_g2_tree.is_there(path, LIVE) or bool(tobii_g2_tree.segments_of(path)) or bool(tobii_g2_tree.recordings_of(path))
    )


def open_path(path: Path) -> Recording:
    """Open a project of one recording, a recording or a segment; only small files are read until a stream is touched.

    Raises:
        RecordingError: where a project has several recordings, or a link leads out of the tree.
    """
    tree = tobii_g2_tree.find(path)
    about = tobii_g2_tree.about(tree)
    glasses = _Glasses(tree)
    streams: dict[str, tuple[bool, Callable[[], Any]]] = {
        "scene": (bool(glasses.videos), lambda: glasses.scene),
        "unseen_scene": (not glasses.videos, lambda: UnseenScene(glasses.size_px, None)),
        "gaze": (bool(glasses.lives), glasses.gaze),
        "eye_state": (bool(glasses.lives), glasses.eye_state),
        "events": (bool(glasses.lives), glasses.events),
        "imu": (bool(glasses.lives), glasses.imu),
        "camera": (glasses.lens_file is not None, glasses.camera),
        "about": (about != About(), lambda: about),
    }
    name = tree.recording.name if tree.whole else f"{tree.recording.name}-{tree.segments[0].name}"
    return Recording(
        name=name,
        format="tobii_g2",
        device=about.device(DEVICE),
        path=path,
        loaders={name: load for name, (there, load) in streams.items() if there},
        hint=f"A segment of the Glasses 2 has {LIVE}, {VIDEO} and {LENS}. {COPY_AGAIN}",
        notes=tuple(_notes(tree)),
    )


def _notes(tree: Tree) -> list[str]:
    """What is missing, and segments without a calibrated wearer."""
    said = [] if tree.told(tree.recording, "recording.json") else ["recording.json is missing: the names are not known"]
    for segment in tree.segments:
        said += [
            f"segment {segment.name}: {name} is missing" for name in (LIVE, VIDEO) if not tree.file(segment, name).is_file()
        ]
        if tree.told(segment, "segment.json").get("seg_calibrated") is False:
            said.append(f"segment {segment.name} was recorded without calibrating the glasses to the wearer")
    return said


@dataclass(frozen=True)
class _Live:
    """What one reading of the segments' packets gives to scene and gaze."""

    gaze: GazeRows
    ties: dict[Path, Ties]
    """Segment -> its ties between the clocks, in the order of the video's."""
    notes: list[str]


@dataclass(frozen=True)
class _Glasses:
    """The files of a recording."""

    tree: Tree

    @cached_property
    def lives(self) -> dict[Path, Path]:
        """Segment -> its packets."""
        return self._there(LIVE)

    @cached_property
    def videos(self) -> dict[Path, Path]:
        """Segment -> its video."""
        return self._there(VIDEO)

    @cached_property
    def lens_file(self) -> Path | None:
        return next(iter(self._there(LENS).values()), None)

    def _there(self, name: str) -> dict[Path, Path]:
        files = {segment: self.tree.file(segment, name) for segment in self.tree.segments}
        return {segment: file for segment, file in files.items() if file.is_file()}

    @cached_property
    def scene(self) -> VideoScene:
        parts = []
        for segment, video in self.videos.items():
            ties = self._live.ties.get(segment)
            if ties is None or not len(ties):
                raise RecordingError(
                    f"{segment} has no packet 'vts' in {LIVE}, so that its video is not on the clock of gaze. {COPY_AGAIN}"
                )
            parts.append(ScenePart(video, None, to_clock=partial(on_clock, ties)))
        return VideoScene(parts)

    @property
    def size_px(self) -> Size:
        """Of the video; where it is missing that of the calibration, or else of the device."""
        if self.videos:
            return self.scene.size_px
        return self._known_size[0]

    @cached_property
    def _known_size(self) -> tuple[Size, str]:
        """Without a video: the frame size, and who tells it."""
        try:
            return (
                (FRAME_PX, "every Glasses 2")
                if self.lens_file is None
                else (read_lens(self.lens_file).size_px, "its calibration")
            )
        except RecordingError:
            return FRAME_PX, "every Glasses 2"

    def camera(self) -> Camera:
        assert self.lens_file is not None, "there is a loader for the camera only where there is a file"
        return read_lens(self.lens_file).camera(self.size_px)

    def _packets(self, lines: JsonLines) -> Iterator[tuple[int, bool, Packet]]:
        """Time in ns, validity and content of every packet; those without time or status are counted as broken."""
        for found in lines:
            at_ns, status = time_ns(found.get("ts"), unit_ns=NS_PER_US), number(found.get("s"))
            if at_ns is None or status is None:
                lines.strange += 1
            else:
                yield at_ns, status == 0, found

    @cached_property
    def _live(self) -> _Live:
        live = _Live(GazeRows(), {}, [])
        for segment, file in self.lives.items():
            before = len(live.gaze)
            self._read(segment, file, live)
            if 0 < before < len(live.gaze) and live.gaze.time_ns(before) <= live.gaze.time_ns(before - 1):
                raise RecordingError(
                    f"{segment} starts before the segment that it follows has ended: they have no clock in common. "
                    "Open the segments one by one."
                )
        return live

    def _read(self, segment: Path, file: Path, live: _Live) -> None:
        """Add the gaze points, ties and notes of a segment."""
        lines = JsonLines(file, holding=(b'"gp"', b'"vts"'))
        tied = array("q")
        for at_ns, valid, packet in self._packets(lines):
            if "gp" in packet:
                live.gaze.add(at_ns, packet["gp"], valid=valid)
            elif valid and (video_ns := time_ns(packet.get("vts"), unit_ns=NS_PER_US)) is not None:
                tied.extend((at_ns, video_ns))
        live.ties[segment], stray = agreeing(np.array(tied, dtype=np.int64).reshape(-1, 2))
        live.notes.extend(lines.notes)
        if stray:
            live.notes.append(
                f"segment {segment.name}: {stray} of {len(tied) // 2} packets 'vts' contradict the others: not used"
            )

    def gaze(self) -> GazeStream:
        live = self._live
        notes = list(live.notes)
        told = self.tree.told(self.tree.recording, "recording.json").get("rec_et_samples")
        if self.tree.whole and isinstance(told, int) and told != len(live.gaze):
            notes.append(f"recording.json tells of {told} gaze samples, {LIVE} has {len(live.gaze)}")
        if not self.videos:
            size_px, source = self._known_size
            notes.append(f"gaze is in pixels of {size_px.width_px}x{size_px.height_px}, the frame size of {source}")
        source_file = next(iter(self.lives.values()))
        gaze = live.gaze.stream(self.size_px, source=source_file, notes=notes)
        return check_overlap(gaze, self.scene.time_ns, source=source_file, remedy=COPY_AGAIN) if self.videos else gaze

    def eye_state(self) -> Signals:
        """Pupils and gaze rays, whose packets belong to one sample where they bear the same ``gidx``."""
        rows = Rows(EYES)
        notes: list[str] = []
        for file in self.lives.values():
            lines = JsonLines(file, holding=(b'"eye"', b'"gp3"'))
            row_of: dict[float, int] = {}
            for at_ns, valid, packet in self._packets(lines):
                side = packet.get("eye")
                told = {f"{what}_{side}": packet[key] for key, what in EYE_KEYS.items() if key in packet}
                told |= {"meeting": packet["gp3"]} if "gp3" in packet else {}
                key = number(packet.get("gidx", at_ns))
                if not told or key is None:
                    continue
                if key not in row_of:
                    row_of[key] = rows.begin(at_ns)
                for what, value in told.items():
                    if valid and what in EYES:
                        rows.put(row_of[key], what, value)
            notes += lines.notes
        return rows.signals(notes)

    def imu(self) -> Signals:
        """Acceleration and rotation, each with times of its own."""
        rows = Rows(IMU)
        notes: list[str] = []
        for file in self.lives.values():
            lines = JsonLines(file, holding=(b'"ac"', b'"gy"'))
            for at_ns, valid, packet in self._packets(lines):
                if "ac" in packet or "gy" in packet:
                    row = rows.begin(at_ns)
                    for key, what in (("ac", "acceleration"), ("gy", "rotation")):
                        rows.put(row, what, packet.get(key) if valid else None)
            notes += lines.notes
        return rows.signals(notes)

    def events(self) -> Events:
        """Events sent over the glasses' interface by their type, and changes of the sync port."""
        found: list[Event] = []
        notes: list[str] = []
        for file in self.lives.values():
            lines = JsonLines(file, holding=(b'"sig"', b'"type"'))
            for at_ns, _, packet in self._packets(lines):
                check_count(len(found), "events", most=MOST_EVENTS)
                if "sig" in packet:
                    found.append(Event(text(f"syncport {packet.get('dir')} {packet['sig']}"), None, at_ns))
                elif "type" in packet:
                    found.append(Event(text(packet["type"]), None, at_ns, text(packet.get("tag"))))
            notes += lines.notes
        return Events(found, tuple(notes))


EYE_KEYS = {"pd": "pupil", "pc": "origin", "gd": "direction"}
"""Key of a packet -> what it tells of the eye that it names."""
