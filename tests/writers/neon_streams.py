"""What Neon writes beside gaze: IMU, eye state, and in format 2.5 fixations, saccades and blinks; all of it known."""

import struct
from pathlib import Path

import numpy as np

from foveate.clock import Times

MS = 1_000_000
IMU_FIELDS = ("gyro_x", "gyro_y", "gyro_z", "accel_x", "accel_y", "accel_z", *(f"quaternion_{k}" for k in "wxyz"))
EYES = tuple(
    name
    for side in ("left", "right")
    for name in (
        f"pupil_diameter_{side}_mm",
        *(f"eyeball_center_{side}_{k}" for k in "xyz"),
        *(f"optical_axis_{side}_{k}" for k in "xyz"),
    )
)
LIDS = tuple(
    f"eyelid_{what}_{side}{unit}"
    for side in ("left", "right")
    for what, unit in (("angle_top", ""), ("angle_bottom", ""), ("aperture", "_mm"))
)
EVENT = (("event_type", "int32"), ("start_timestamp_ns", "int64"), ("end_timestamp_ns", "int64"))
FIXATION = (
    *EVENT,
    *((f"{when}_gaze_{k}", "float32") for when in ("start", "end", "mean") for k in "xy"),
    *((name, "float32") for name in ("amplitude_pixels", "amplitude_angle_deg", "mean_velocity", "max_velocity")),
)
DTYPES = {
    "gaze": (("x", "float32"), ("y", "float32")),
    "worn": (("worn", "uint8"),),
    "imu": (("timestamp_ns", "int64"), *((name, "float32") for name in IMU_FIELDS)),
    "eye_state": tuple((name, "float32") for name in EYES + LIDS),
    "fixations": FIXATION,
    "blinks": EVENT,
}
"""Stem -> the fields that format 2.5 declares for it."""


def imu_rows(samples: int, part: int) -> np.ndarray:
    """(samples, 10) by IMU_FIELDS; the first gyro x is 0, which a packet leaves out."""
    rows = np.zeros((samples, 10), "<f4")
    rows[:, 0] = np.arange(samples)
    rows[:, 1:] = [1.5, -2.5, 0.25, -0.5, 1.0, 0.5, 0.5, -0.5, part + 0.5]
    return rows


def eye_rows(samples: int, part: int, fields: int) -> np.ndarray:
    """(samples, fields): the field's number, its thousandth the part."""
    return np.tile(np.arange(fields) + part / 1024, (samples, 1)).astype("<f4")


def fixation_rows(start_ns: int) -> list[tuple[float, ...]]:
    """A fixation of 200 ms at (100, 50), a saccade of 40 ms, a fixation of 100 ms at (30.5, 40.25)."""
    ends = ((1, 0, 200, (100, 50)), (0, 200, 240, (60, 45)), (1, 240, 340, (30.5, 40.25)))
    return [
        (kind, start_ns + a * MS, start_ns + b * MS, *point, *point, *point, 3.5, 0.25, 10, 20) for kind, a, b, point in ends
    ]


def packet(time_ns: int, row: np.ndarray) -> bytes:
    """An ImuPacket of the phone's imu.proto, with its length; numbers that are 0 are left out, as proto3 does."""

    def message(field: int, numbers: np.ndarray) -> bytes:
        told = b"".join(
            bytes([place << 3 | 5]) + struct.pack("<f", number) for place, number in enumerate(numbers.tolist(), 1) if number
        )
        return bytes([field << 3 | 2, len(told)]) + told

    time, rest = b"", time_ns
    while rest > 127:
        time, rest = time + bytes([rest & 127 | 128]), rest >> 7
    turn = np.append(row[6:], np.float32(1.026e9))  # the phone fills what imu.proto calls reserved
    body = b"\x08" + time + bytes([rest]) + message(2, row[3:6]) + message(3, row[:3]) + message(4, turn)
    return struct.pack("<H", len(body)) + body


def write_streams(folder: Path, part: int, gaze_ns: Times, *, version: str) -> None:
    """Write those of a part (from 0): eye state at the instants of gaze, the IMU at every other."""
    stem, imu_ns = f"ps{part + 1}", gaze_ns[::2]
    rows = imu_rows(len(imu_ns), part)
    packets = [packet(int(time), row) for time, row in zip(imu_ns, rows, strict=True)]
    (folder / f"extimu {stem}.raw").write_bytes(b"".join(packets))
    imu_ns.astype("<i8").tofile(folder / f"extimu {stem}.time")
    eye_rows(len(gaze_ns), part, 14 if version == "2.3" else 20).tofile(folder / f"eye_state {stem}.raw")
    gaze_ns.astype("<i8").tofile(folder / f"eye_state {stem}.time")
    if version == "2.3":
        return
    items = {
        "imu": (imu_ns, [(int(time), *row) for time, row in zip(imu_ns, rows.tolist(), strict=True)]),
        "fixations": (gaze_ns[[40, 48, 68]], fixation_rows(int(gaze_ns[0]))),
        "blinks": (gaze_ns[[20]], [(4, int(gaze_ns[10]), int(gaze_ns[20]))] if part == 0 else []),
    }
    for name, (time_ns, values) in items.items():
        np.array(values, np.dtype([(field, np.dtype(kind)) for field, kind in DTYPES[name]])).tofile(
            folder / f"{name} {stem}.raw"
        )
        time_ns[: len(values)].astype("<i8").tofile(folder / f"{name} {stem}.time")
    for name, fields in DTYPES.items():
        lines = "".join(f'("{field}", "{kind}"),\n' for field, kind in fields)
        (folder / f"{name}.dtype").write_text(f"[\n{lines}]\n\n")
