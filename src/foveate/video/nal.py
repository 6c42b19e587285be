"""What the headers of an h264 or HEVC packet tell without decoding it: can decoding start here, does anything refer to it.

A container's flags are not enough: encoders with periodic intra refresh mark packets as keys that are whole only many frames
later, and most muxers do not mark the B frames that are no references.

Sources: ITU-T H.264 (7.3.1, 7.4.1, D.1.8), ITU-T H.265 (7.3.1.2, table 7-1).
"""

from collections.abc import Iterator
from typing import NamedTuple

H264_IDR, H264_SEI = 5, 6
HEVC_RADL, HEVC_RASL, HEVC_CRA = (6, 7), (8, 9), 21
HEVC_BLA = (16, 17, 18)
HEVC_IRAP = range(16, 24)
SEI_RECOVERY_POINT = 6


class PacketKind(NamedTuple):
    """What one packet is to a decoder."""

    entry: bool
    """Decoding may start here: every frame shown after this one comes out whole."""
    layer: int
    """Temporal layer of a picture that no picture of its own layer refers to; -1 for a reference."""
    temporal_id: int
    """Temporal layer; 0 in h264."""
    broken_leading: bool = False
    """Pictures shown before this one and decoded after it can never be decoded."""
    skipped_leading: bool = False
    """Such a picture: it refers to what lies before the entry point (HEVC RASL)."""
    decodable_leading: bool = False
    """Shown before the entry point, and decodable from it (HEVC RADL)."""


def units(packet: memoryview, length_bytes: int) -> Iterator[memoryview]:
    """The NAL units of a packet, by length prefix (mp4, mkv), or by start codes where ``length_bytes`` is 0."""
    if length_bytes:
        at = 0
        while at + length_bytes < len(packet):
            size = int.from_bytes(packet[at : at + length_bytes], "big")
            at += length_bytes
            yield packet[at : at + size]
            at += size
        return
    data = bytes(packet)
    at = data.find(b"\0\0\1")
    while at >= 0:
        following = data.find(b"\0\0\1", at + 3)
        yield packet[at + 3 : following if following >= 0 else len(packet)]
        at = following


def length_bytes_of(codec: str, extradata: bytes | None) -> int:
    """Bytes of a NAL unit's length prefix, from the decoder configuration record; 0 where units have start codes."""
    if not extradata or extradata[0] != 1:
        return 0
    at = {"h264": 4, "hevc": 21}[codec]
    return (extradata[at] & 3) + 1 if len(extradata) > at else 0


def h264_kind(packet: memoryview, length_bytes: int, *, key: bool) -> PacketKind:
    """The kind of an h264 packet."""
    recovery_frames = None
    for unit in units(packet, length_bytes):
        if not len(unit):
            continue
        kind = unit[0] & 31
        if kind == H264_SEI:
            recovery_frames = recovery_frame_count(bytes(unit[1:]))
        elif 1 <= kind <= H264_IDR:
            reference = unit[0] >> 5 & 3
            # An intra picture that the container calls a key but that has no recovery point is an entry too: older encoders.
            entry = kind == H264_IDR or (key and recovery_frames in (None, 0))
            return PacketKind(entry=entry, layer=-1 if reference else 0, temporal_id=0)
    return PacketKind(entry=key, layer=-1, temporal_id=0)


def hevc_kind(packet: memoryview, length_bytes: int, *, key: bool) -> PacketKind:
    """The kind of an HEVC packet."""
    for unit in units(packet, length_bytes):
        if len(unit) < 2:
            continue
        kind, temporal_id = unit[0] >> 1 & 63, (unit[1] & 7) - 1
        if kind < 32:
            return PacketKind(
                entry=kind in HEVC_IRAP,
                layer=temporal_id if kind < 16 and kind % 2 == 0 else -1,
                temporal_id=temporal_id,
                broken_leading=kind in HEVC_BLA,
                skipped_leading=kind in HEVC_RASL,
                decodable_leading=kind in HEVC_RADL,
            )
    return PacketKind(entry=key, layer=-1, temporal_id=0)


def recovery_frame_count(sei: bytes) -> int | None:
    """recovery_frame_cnt of an h264 SEI unit's recovery point message; None where it has none."""
    data = sei.replace(b"\0\0\3", b"\0\0")
    at = 0
    while at + 2 < len(data):
        kind = size = 0
        while at < len(data) and data[at] == 255:
            kind, at = kind + 255, at + 1
        kind, at = kind + data[at], at + 1
        while at < len(data) and data[at] == 255:
            size, at = size + 255, at + 1
        if at >= len(data):
            return None
        size, at = size + data[at], at + 1
        if kind == SEI_RECOVERY_POINT:
            return exp_golomb(data[at : at + size])
        at += size
    return None


def exp_golomb(data: bytes) -> int:
    """The first unsigned Exp-Golomb number of some bytes; 0 where they end before it does."""
    bits = "".join(f"{byte:08b}" for byte in data[:9])
    zeros = len(bits) - len(bits.lstrip("0"))
    code = bits[zeros : 2 * zeros + 1]
    return int(code, 2) - 1 if code else 0
