"""What Neon tells beside gaze: the IMU, the eyes' state, and from format 2.4 on fixations, saccades and blinks.

Source: the files of a real recording of format 2.3 with the phone's own imu.proto in it; for 2.4 and later the .dtype files of
Pupil Labs' public sample recordings (pl-neon-recording), whose item sizes and counts fit their manifests. Units are those that
Pupil Labs documents for the same values in Cloud exports, so that their signals bear the same names.
"""

import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveate.errors import RecordingError
from foveate.recording.eye_events import EyeEvents, of_rows
from foveate.recording.neon_files import COPY_AGAIN, contents, declared, items, numbers, part_names, timed
from foveate.recording.neon_offset import fixation_offset_px
from foveate.recording.pupil_signals import STANDARD_GRAVITY_M_S2
from foveate.recording.signals import Signals
from foveate.recording.signals import of_rows as signals_of_rows

SIDES, AXES = ("left", "right"), ("x", "y", "z")
IMU_FIELDS = tuple(f"{what}_{axis}" for what in ("gyro", "accel") for axis in AXES) + tuple(f"quaternion_{k}" for k in "wxyz")
IMU_ITEM = np.dtype([("timestamp_ns", "<i8"), *((name, "<f4") for name in IMU_FIELDS)])
EYE_FIELDS = tuple(
    name
    for side in SIDES
    for name in (
        f"pupil_diameter_{side}_mm",
        *(f"{what}_{side}_{axis}" for what in ("eyeball_center", "optical_axis") for axis in AXES),
    )
)
EYE_ITEM = np.dtype([(name, "<f4") for name in EYE_FIELDS])
"""Of format 2.3; later ones add eyelids."""
FIXATION_ITEM = np.dtype(
    [("event_type", "<i4"), ("start_timestamp_ns", "<i8"), ("end_timestamp_ns", "<i8")]
    + [(f"{when}_gaze_{axis}", "<f4") for when in ("start", "end", "mean") for axis in "xy"]
    + [(name, "<f4") for name in ("amplitude_pixels", "amplitude_angle_deg", "mean_velocity", "max_velocity")]
)
BLINK_ITEM = np.dtype([("event_type", "<i4"), ("start_timestamp_ns", "<i8"), ("end_timestamp_ns", "<i8")])
SACCADE, FIXATION = 0, 1
"""Values of event_type in the file of fixations."""
MESSAGES = {3: ("gyro_x", "gyro_y", "gyro_z"), 2: ("accel_x", "accel_y", "accel_z"), 4: IMU_FIELDS[6:]}
"""Field of imu.proto's ImuPacket -> the numbers in it, by their own fields from 1 on."""
SCALE = {f"accel_{axis}": STANDARD_GRAVITY_M_S2 for axis in AXES}
NAMED = (
    {f"gyro_{axis}": f"gyro_{axis}_deg_per_s" for axis in AXES}
    | {f"accel_{axis}": f"acceleration_{axis}_m_per_s2" for axis in AXES}
    | {f"eyeball_center_{side}_{axis}": f"eye_ball_center_{side}_{axis}_mm" for side in SIDES for axis in AXES}
    | {f"eyelid_angle_{lid}_{side}": f"eyelid_angle_{lid}_{side}_rad" for lid in ("top", "bottom") for side in SIDES}
)
"""The files' names -> ours, with their unit."""


def imu_stem(path: Path) -> str | None:
    """Which files hold the IMU: "imu" of later formats, or "extimu", which those repeat; None where there is neither."""
    return next((stem for stem in ("imu", "extimu") if part_names(path, stem, ".raw")), None)


def imu(path: Path) -> Signals:
    """Rotation, acceleration and orientation of all parts."""
    if imu_stem(path) == "extimu":
        return _signals(path, "extimu", _packets)
    dtype = declared(path, "imu", IMU_ITEM, needs=IMU_FIELDS)
    return _signals(path, "imu", lambda raw, notes: items(raw, dtype))


def eye_state(path: Path) -> Signals:
    """Pupils, eyeballs, optical axes and, from format 2.4 on, lids of all parts; places from the scene camera."""
    dtype = declared(path, "eye_state", EYE_ITEM)
    return _signals(path, "eye_state", lambda raw, notes: items(raw, dtype))


def _signals(path: Path, stem: str, read: Callable[[Path, list[str]], NDArray[Any]]) -> Signals:
    notes: list[str] = []
    parts = [timed(raw, read(raw, notes), notes) for raw in part_names(path, stem, ".raw")]
    rows = np.concatenate([samples for _, samples in parts])
    values = {
        NAMED.get(name, name): numbers(rows[name]) * SCALE.get(name, 1.0)
        for name in rows.dtype.names or ()
        if name != "timestamp_ns"
    }
    time_ns = np.concatenate([time_ns for time_ns, _ in parts])
    return signals_of_rows(time_ns, values, source=f"{stem} of {path.name}", notes=tuple(notes))


def _packets(raw: Path, notes: list[str]) -> NDArray[Any]:
    """The packets of an extimu file: two bytes of length, then a protobuf message; a number that is 0 is left out of it."""
    data, place, rows = contents(raw), 0, []
    while place + 2 <= len(data):
        stop = place + 2 + int.from_bytes(data[place : place + 2], "little")
        if stop > len(data):
            break
        rows.append(_packet(data, place + 2, stop, raw))
        place = stop
    if place < len(data):
        notes.append(f"{raw.name} was cut: after {len(rows)} packets, {len(data) - place} bytes are left out")
    made = np.zeros(len(rows), IMU_ITEM)
    for name in IMU_FIELDS:
        made[name] = [row.get(name, 0.0) for row in rows]
    return made


def _packet(data: bytes, place: int, stop: int, raw: Path) -> dict[str, float]:
    numbers: dict[str, float] = {}
    for field, start, end in _fields(data, place, stop, raw):
        names = MESSAGES.get(field, ())
        for number, first, last in _fields(data, start, end, raw) if names else ():
            if 1 <= number <= len(names) and last - first == 4:
                numbers[names[number - 1]] = struct.unpack_from("<f", data, first)[0]
    return numbers


def _fields(data: bytes, place: int, stop: int, raw: Path) -> list[tuple[int, int, int]]:
    """Number of each field of a protobuf message, and where its value starts and stops.

    Source: Protocol Buffers' public description of the wire format; groups, which proto3 has not, are refused.
    """
    found = []
    while place < stop:
        tag, place = _varint(data, place)
        kind, start = tag & 7, place
        if kind == 2:
            length, start = _varint(data, place)
            place = start + length
        elif kind == 0:
            _, place = _varint(data, place)
        else:
            place += {1: 8, 5: 4}.get(kind, stop + 1)
        if place > stop:
            raise RecordingError(
                f"{raw}: what should be a packet of the IMU ends at byte {stop}, inside of a number. {COPY_AGAIN}"
            )
        found.append((tag >> 3, start, place))
    return found


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it stops; one that runs past the end stops there."""
    value, at, most = 0, place, min(place + 10, len(data))
    while at < most:
        value |= (data[at] & 127) << 7 * (at - place)
        at += 1
        if data[at - 1] < 128:
            break
    return value, at


def fixations(path: Path) -> EyeEvents:
    """Fixations as the phone found them; each rests at the mean of its gaze."""
    found = _events(path, "fixations", FIXATION_ITEM, kind=FIXATION, point=True)
    offset_px, notes = fixation_offset_px(path)
    assert found.point_px is not None, "asked for above"
    return replace(found, point_px=found.point_px + offset_px, notes=(*found.notes, *notes))


def saccades(path: Path) -> EyeEvents:
    """Saccades as the phone found them."""
    return _events(path, "fixations", FIXATION_ITEM, kind=SACCADE, point=False)


def blinks(path: Path) -> EyeEvents:
    """Blinks as the phone found them."""
    return _events(path, "blinks", BLINK_ITEM, kind=None, point=False)


def _events(path: Path, stem: str, default: np.dtype[Any], *, kind: int | None, point: bool) -> EyeEvents:
    """Events of one kind of all parts; the phone gives them no numbers."""
    needs = ("start_timestamp_ns", "end_timestamp_ns", *(("event_type",) if kind is not None else ()))
    dtype = declared(path, stem, default, needs=needs + (("mean_gaze_x", "mean_gaze_y") if point else ()))
    rows = np.concatenate([items(raw, dtype) for raw in part_names(path, stem, ".raw")])
    if kind is not None:
        rows = rows[rows["event_type"] == kind]
    start_ns, stop_ns = (rows[name].astype(np.int64) for name in needs[:2])
    point_px = numbers(np.stack([rows["mean_gaze_x"], rows["mean_gaze_y"]], axis=1)) if point else None
    return of_rows(
        start_ns, stop_ns, np.full(len(rows), np.nan), point_px,
        there=np.ones(len(rows), np.bool_), source=path / f"{stem} ps1.raw", remedy=COPY_AGAIN,
    )  # fmt: skip
