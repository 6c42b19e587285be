"""Run as a script by ``vrs``: reads one image stream of a VRS file, so that a damaged file can only kill this process.

    vrs_child.py FILE KIND facts      prints one JSON object: tags, config, format, time_s, places
    vrs_child.py FILE KIND images     takes places (numbers of records) as JSON, gives each record's image as it is stored

An answer is a letter and a length of 8 bytes, then so many bytes: J a JSON object, I an image, E what is wrong (the end of a
sentence). It imports nothing of foveate.
"""

import json
import os
import struct
import sys
from typing import Any

MOST_BYTES = 3 << 29
"""Of address space: a damaged index may claim to be of any size."""
TAGS = ("calib_json", "device_type", "device_serial")


def main(path: str, kind: str, task: str) -> None:
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # the reader's own log goes elsewhere

    def answer(letter: bytes, content: bytes) -> None:
        out.write(letter + struct.pack(">Q", len(content)) + content)
        out.flush()

    try:
        _limit_memory()
        from pyvrs.reader import SyncVRSReader

        reader = SyncVRSReader(path)
        if task == "facts":
            lost = _lost(path, reader.n_records, len(reader.stream_ids))
            answer(b"J", json.dumps({**_facts(reader, kind), "lost": lost}).encode())
            return
        for place in json.load(sys.stdin):
            record = reader[place]
            if not record.n_image_blocks:
                raise ValueError(f"record {place} holds no image")
            answer(b"I", memoryview(record.image_blocks[0]).tobytes())
    except MemoryError:
        answer(b"E", f"asks for more than {MOST_BYTES} bytes of memory".encode())
    except Exception as error:  # whatever a damaged file makes of the reader is told, not shown as a trace
        answer(b"E", (" ".join(str(error).split())[:300] or type(error).__name__).encode())


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))


def _facts(reader: Any, kind: str) -> dict[str, Any]:
    """What there is to know of the first stream of a kind before any image is read."""
    streams = sorted(name for name in reader.stream_ids if name.startswith(f"{kind}-"))
    tags = {name: reader.file_tags[name] for name in TAGS if name in reader.file_tags}
    facts: dict[str, Any] = {"tags": tags, "streams": sorted(reader.stream_ids), "time_s": [], "places": [], "config": {}}
    if not streams:
        return facts
    chosen = {streams[0]}
    configured = reader.filtered_by_fields(stream_ids=chosen, record_types={"configuration"})
    records = reader.filtered_by_fields(stream_ids=chosen, record_types={"data"})
    if len(records):
        facts["places"] = [int(place) for place in records._filtered_indices]  # its public way reads every record
        facts["time_s"] = [float(time_s) for time_s in reader.get_timestamp_list(facts["places"])]
    if len(configured) and configured[0].n_metadata_blocks:
        told = dict(configured[0].metadata_blocks[0])
        facts["config"] = {key: value for key, value in told.items() if key in ("image_width", "image_height", "nominal_rate")}
    if len(records) and records[0].n_image_blocks:
        facts["format"] = str(records[0].image_specs[0].image_format).rpartition(".")[2]
    return facts


def _lost(path: str, records: int, streams: int) -> int:
    """How many records the index at the file's start promises beyond those that are there; -1 where there is no index.

    The reader goes without both, and says nothing. The index holds a count and 6 bytes a stream, a count and 19 bytes a record.
    """
    with open(path, "rb") as file:
        place = struct.unpack("<q", file.read(80)[24:32])[0]
        if place <= 0:
            return -1
        file.seek(place)
        head = file.read(32)
    if len(head) < 32:
        return -1
    size, unpacked = struct.unpack("<I24xI", head)
    promised, rest = divmod((unpacked or size - 32) - 8 - 6 * streams, 19)
    return promised - records if rest == 0 and promised > records else 0


if __name__ == "__main__":
    main(*sys.argv[1:4])
