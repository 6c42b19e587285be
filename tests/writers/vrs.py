"""A VRS file with one image stream, written byte by byte: the package's own writer cannot make Aria's streams."""

import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

NUMBERS = {"uint32_t": "I", "int64_t": "q", "double": "d"}
Layout = Mapping[str, tuple[str, float]]
"""Field -> its type, a key of NUMBERS, and its value."""
STATE, CONFIGURATION, DATA = 1, 2, 3
INDEX_TYPE, DESCRIPTION_TYPE = 1, 2
EVER = 1.7976931348623157e308


def write_vrs(
    file: Path,
    *,
    stream: tuple[int, int],
    tags: Mapping[str, str],
    configuration: Layout,
    images: Sequence[tuple[float, Layout, bytes]],
    image_format: str = "jpg",
) -> Path:
    """Write a file.

    Args:
        file: where.
        stream: recordable type and instance.
        tags: of the file.
        configuration: the content of the stream's configuration record.
        images: of each record its time in seconds, its numbers and its image.
        image_format: what the file calls the images.
    """
    first_numbers = images[0][1] if images else {}
    described = {
        "RF:Configuration:1": "data_layout",
        "DL:Configuration:1:0": _told(configuration),
        "RF:Data:1": f"data_layout/size={len(_packed(first_numbers))}+image/{image_format}",
        "DL:Data:1:0": _told(first_numbers),
        "VRS_Original_Recordable_Name": "RGB Camera Class",
        "VRS_Recordable_Flavor": "device/aria",
        "VRS_Serial_Number": "0123456789abcdef",
    }
    user_records = [(5e-324, CONFIGURATION, _packed(configuration))]
    user_records += [(time_s, DATA, _packed(numbers) + image) for time_s, numbers, image in images]
    description = struct.pack("<I", 1) + _id(stream) + _map({}) + _map(described) + _map(tags)
    index = struct.pack("<I", 1) + _id(stream) + struct.pack("<I", len(user_records))
    for time_s, kind, content in user_records:
        index += struct.pack("<dIB", time_s, 32 + len(content), kind) + _id(stream)
    parts = [_record(description, 0, (DESCRIPTION_TYPE, 0), EVER, STATE, version=2)]
    parts.append(_record(index, len(parts[0]), (INDEX_TYPE, 0), EVER, STATE, version=2))
    for time_s, kind, content in user_records:
        parts.append(_record(content, len(parts[-1]), stream, time_s, kind, version=1))
    places = (80 + len(parts[0]), 80, 80 + len(parts[0]) + len(parts[1]))  # of the index, the description and the first record
    header = struct.pack("<4s4sQIIqqq24x4s4s", b"Visi", b"onRe", 1_700_000_000_000_000_000, 80, 32, *places, b"cord", b"VRS2")
    file.write_bytes(header + b"".join(parts))
    return file


def _id(stream: tuple[int, int]) -> bytes:
    return struct.pack("<iH", *stream)


def _text(text: str) -> bytes:
    return struct.pack("<I", len(text.encode())) + text.encode()


def _map(texts: Mapping[str, str]) -> bytes:
    return struct.pack("<I", len(texts)) + b"".join(_text(key) + _text(value) for key, value in sorted(texts.items()))


def _packed(layout: Layout) -> bytes:
    return b"".join(struct.pack("<" + NUMBERS[kind], value) for kind, value in layout.values())


def _told(layout: Layout) -> str:
    fields, offset = [], 0
    for name, (kind, _) in layout.items():
        fields.append({"name": name, "type": f"DataPieceValue<{kind}>", "offset": offset})
        offset += struct.calcsize("<" + NUMBERS[kind])
    return json.dumps({"data_layout": fields})


def _record(content: bytes, before: int, stream: tuple[int, int], time_s: float, kind: int, *, version: int) -> bytes:
    size = 32 + len(content)
    head = struct.pack("<IIiIdHBBI", size, before, stream[0], version, time_s, stream[1], kind, 0, 0)
    return head + content
