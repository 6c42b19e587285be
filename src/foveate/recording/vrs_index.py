"""What a VRS file tells of its images without the package ``vrs``: their times, sizes and the file's tags, but no image.

Source: the public description of the VRS file format: a header, a description record (streams and their tags), an index record
(time, size and kind of every record), then the records. Index and description are read whole, and of the records only one, the
image stream's configuration.
"""

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foveate.recording.inside import plain

HEADER = struct.Struct("<8s8xIIqqq24x8s")
"""Magic, sizes of this header and of a record's, where index, description and the first record lie, magic."""
MAGIC = (b"VisionRe", b"cordVRS2")
RECORD = struct.Struct("<I4xiIdHBBI")
"""Size with this header, stream's type, format, time, stream's number, kind, compression, size when unpacked."""
STREAM = struct.Struct("<iH")
"""A stream's type and number."""
ENTRY = np.dtype([("time_s", "<f8"), ("size", "<u4"), ("kind", "u1"), ("recordable", "<i4"), ("instance", "<u2")])
"""A record in the index."""
CONFIGURATION, DATA = 2, 3
"""Kinds of records."""
INDEX = 1
"""Type of the index's own stream."""
ZSTD = 2
MOST_BYTES = 512 * 2**20
"""Of an index or description; an hour of all of Aria's sensors has about 140 MiB."""
NUMBERS = {
    "uint32_t": "<I",
    "int32_t": "<i",
    "uint16_t": "<H",
    "uint64_t": "<Q",
    "int64_t": "<q",
    "double": "<d",
    "float": "<f",
}
TAGS = ("calib_json", "device_type", "device_serial")
CONFIGURED = ("image_width", "image_height", "nominal_rate")


@dataclass(frozen=True)
class _Content:
    """The bytes of a record, read from their start."""

    data: bytes
    packed: bool = False
    """Whether the part that is not at its start is packed still."""

    def texts(self, place: int) -> tuple[dict[str, str], int]:
        """A map of texts, and where it ends."""
        (count,), place = struct.unpack_from("<I", self.data, place), place + 4
        found: list[str] = []
        for _ in range(2 * count):
            (length,) = struct.unpack_from("<I", self.data, place)
            if length > len(self.data) - place - 4:
                raise ValueError("a text is longer than its record")
            found.append(self.data[place + 4 : place + 4 + length].decode("utf-8", errors="replace"))
            place += 4 + length
        return dict(zip(found[::2], found[1::2], strict=True)), place


def read_facts(path: Path, kind: str) -> dict[str, Any]:
    """The facts of the first stream of a type as ``vrs_child`` tells them.

    Raises:
        ValueError: where the file is no VRS file, was never finished, or is damaged.
    """
    try:
        with plain(path).open("rb") as file:
            return _facts(file, int(kind))
    except (struct.error, pa.ArrowException, OSError, OverflowError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split())[:200] or type(error).__name__) from error


def _facts(file: BinaryIO, kind: int) -> dict[str, Any]:
    head = file.read(HEADER.size)
    start, header_size, record_size, index_at, description_at, first_at, end = HEADER.unpack(head)
    if (start, end) != MAGIC or record_size != RECORD.size:
        raise ValueError("it does not start as a VRS file does")
    if index_at < header_size:
        raise ValueError("it has no index: it was never finished")
    description, index = _content(file, description_at), _content(file, index_at)
    told, tags = _described(description)
    chosen = min((stream for stream in told if stream[0] == kind), default=None)
    facts: dict[str, Any] = {
        "tags": {name: tags[name] for name in TAGS if name in tags},
        "streams": sorted(f"{recordable}-{instance}" for recordable, instance in told),
        "time_s": [], "places": [], "config": {}, "lost": 0,
    }  # fmt: skip
    if chosen is None:
        return facts
    entries = _entries(index)
    stop = first_at + np.cumsum(entries["size"], dtype=np.int64)
    there = stop <= file.seek(0, 2)
    facts["lost"] = int(np.count_nonzero(~there))
    mine = there & (entries["recordable"] == chosen[0]) & (entries["instance"] == chosen[1])
    images = np.flatnonzero(mine & (entries["kind"] == DATA))
    facts |= {"time_s": entries["time_s"][images].tolist(), "places": images.tolist()}
    for place in np.flatnonzero(mine & (entries["kind"] == CONFIGURATION))[:1]:
        facts["config"] = _configured(_content(file, int(stop[place]) - int(entries["size"][place])), told[chosen])
    layout = next((text for name, text in told[chosen].items() if name.startswith("RF:Data:")), "")
    if facts["time_s"] and "image/" in layout:
        facts["format"] = layout.partition("image/")[2].split("/")[0].split("+")[0]
    return facts


def _described(description: _Content) -> tuple[dict[tuple[int, int], dict[str, str]], dict[str, str]]:
    """What the file says of the layout of each stream's records, and its own tags."""
    (count,), place = struct.unpack_from("<I", description.data), 4
    told: dict[tuple[int, int], dict[str, str]] = {}
    for _ in range(count):
        stream = STREAM.unpack_from(description.data, place)
        _, place = description.texts(place + STREAM.size)
        told[stream], place = description.texts(place)
    return told, description.texts(place)[0]


def _content(file: BinaryIO, at: int) -> _Content:
    """What a record at a place of the file holds, unpacked."""
    file.seek(at)
    size, recordable, _, _, _, _, compression, unpacked = RECORD.unpack(file.read(RECORD.size))
    if not RECORD.size <= size <= MOST_BYTES or unpacked > MOST_BYTES:
        raise ValueError(f"a record at byte {at} claims {max(size, unpacked)} bytes")
    data = file.read(size - RECORD.size)
    if len(data) != size - RECORD.size:
        raise ValueError("it was cut")
    if compression not in (0, ZSTD):
        raise ValueError(f"a record is compressed in a way ({compression}) that is not read without the package")
    if compression and recordable != INDEX:
        return _Content(_unpacked(data, unpacked))
    return _Content(data, packed=bool(compression))


def _unpacked(data: bytes | memoryview, size: int) -> bytes:
    """So many bytes out of packed ones; what stands behind them in the file is room that was left over."""
    found: bytes = pa.CompressedInputStream(pa.BufferReader(data), "zstd").read(size)
    return found


def _entries(index: _Content) -> NDArray[Any]:
    """Every record's ENTRY; only these are packed in an index, not the streams before them."""
    (streams,) = struct.unpack_from("<I", index.data)
    place = 4 + STREAM.size * streams
    (count,) = struct.unpack_from("<I", index.data, place)
    if count * ENTRY.itemsize > MOST_BYTES:
        raise ValueError(f"its index claims {count} records")
    packed = memoryview(index.data)[place + 4 :]
    entries = _unpacked(packed, count * ENTRY.itemsize) if index.packed else packed
    if len(entries) < count * ENTRY.itemsize:
        raise ValueError("its index was cut")
    return np.frombuffer(entries, ENTRY, count)


def _configured(content: _Content, told: dict[str, str]) -> dict[str, Any]:
    """Numbers of a configuration record, which the stream's tags say where to find."""
    layout = next((text for name, text in told.items() if name.startswith("DL:Configuration:")), "{}")
    found: dict[str, Any] = {}
    for piece in json.loads(layout).get("data_layout", []):
        kind = NUMBERS.get(str(piece.get("type", "")).partition("<")[2].rstrip(">"))
        if piece.get("name") in CONFIGURED and kind and isinstance(piece.get("offset"), int) and piece["offset"] >= 0:
            (found[piece["name"]],) = struct.unpack_from(kind, content.data, piece["offset"])
    return found
