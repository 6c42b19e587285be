"""Every packet of a video, from demultiplexing it once: when it is shown, where decoding starts, what can be left out."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from foveate.clock import Times
from foveate.errors import VideoError
from foveate.video import nal

NO_TIME = int(np.iinfo(np.int64).min)
KINDS = {"h264": nal.h264_kind, "hevc": nal.hevc_kind}
ENTRY, BROKEN_LEADING, DECODABLE_LEADING, HIDDEN = 1, 2, 4, 8

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class PacketIndex:
    """The packets of one video stream in decoding order, and its frames in the order of showing."""

    pts: Times
    """(P,) presentation times in ticks of the stream."""
    entry: Flags
    """(P,) decoding can start here."""
    entry_dts: Times
    """(E,) decoding times of the entries in ticks, which containers seek by; NO_TIME where the container tells none."""
    droppable: Flags
    """(P,) no other picture refers to this one."""
    packet_of_frame: NDArray[np.int32]
    """(F,) the packet that brings each shown frame, in the order of showing."""
    notes: tuple[str, ...] = ()
    """What was left out, and why."""

    @property
    def frame_pts(self) -> Times:
        """(F,) presentation times of the shown frames in ticks, strictly increasing."""
        return self.pts[self.packet_of_frame]


class PacketLog:
    """Grows one row per packet; eleven bytes each, since a four-hour video has half a million."""

    def __init__(self) -> None:
        self.pts, self.entry_dts = array("q"), array("q")
        self.layer, self.temporal_id, self.flags = array("b"), array("b"), array("b")
        self.damaged = self.untimed = 0

    def add(self, packet: "av.Packet", kind: nal.PacketKind) -> None:
        dts = NO_TIME if packet.dts is None else packet.dts
        self.untimed += packet.pts is None
        self.pts.append(dts if packet.pts is None else packet.pts)
        if kind.entry:
            self.entry_dts.append(dts)
        self.layer.append(kind.layer)
        self.temporal_id.append(kind.temporal_id)
        self.flags.append(
            ENTRY * kind.entry
            | BROKEN_LEADING * kind.broken_leading
            | DECODABLE_LEADING * kind.decodable_leading
            | HIDDEN * packet.is_discard
        )


def read_index(container: "av.container.InputContainer", stream: "av.VideoStream", path: Path) -> PacketIndex:
    """Index a video stream of a freshly opened container by reading all of its packets; nothing is decoded.

    Raises:
        VideoError: where the stream has no frame that can be decoded, or the container tells no presentation times.
    """
    codec = stream.codec_context.name
    kind_of = KINDS.get(codec)
    prefix = nal.length_bytes_of(codec, stream.codec_context.extradata) if kind_of else 0
    log = PacketLog()
    packets = container.demux(stream)
    while (packet := next_packet(packets, log)) is not None:
        if kind_of is not None:
            kind = kind_of(memoryview(packet), prefix, key=packet.is_keyframe)
        else:
            kind = nal.PacketKind(entry=packet.is_keyframe, layer=0 if packet.is_disposable else -1, temporal_id=0)
        log.add(packet, kind)
    if not log.pts:
        raise VideoError(f"{path} has a video stream but no frames in it; record or export it again")
    if log.untimed and (stream.codec_context.has_b_frames or NO_TIME in log.pts):
        raise VideoError(f"{path} tells no presentation times; remux it first: ffmpeg -i {path.name} -c copy out.mp4")
    # An mp4 lists its samples; what an edit list hides is not in the list.
    declared = len(stream.index_entries) if "mp4" in container.format.name else 0
    return index_of(log, path, declared_packets=declared)


def next_packet(packets: Iterator["av.Packet"], log: PacketLog) -> "av.Packet | None":
    """The next whole packet; None at the end, also where the file ends inside one."""
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError:
            log.damaged += 1
            return None
        if packet is None:
            return None
        if packet.is_corrupt:
            log.damaged += 1
        elif packet.size:
            return packet


def index_of(log: PacketLog, path: Path, *, declared_packets: int) -> PacketIndex:
    """The index of logged packets: which are shown, which are needed by others."""
    pts, flags = np.frombuffer(log.pts, np.int64), np.frombuffer(log.flags, np.int8)
    layer, temporal_id = np.frombuffer(log.layer, np.int8), np.frombuffer(log.temporal_id, np.int8)
    entry, entry_dts = flags & ENTRY != 0, np.frombuffer(log.entry_dts, np.int64)
    if not entry.any():  # no packet is marked: start where a sequential decoder starts
        entry[0], entry_dts = True, np.array([NO_TIME])
    numbers = shown_packets(pts, flags, entry)
    if not len(numbers):
        raise VideoError(f"{path} has {len(pts)} packets but no frame that can be decoded; record or export it again")
    _, unique = np.unique(pts[numbers], return_index=True)
    notes = []
    if len(unique) < len(numbers):
        notes.append(f"{path.name}: {len(numbers) - len(unique)} frames have the time of another frame and are left out")
    if log.damaged or len(pts) < declared_packets:
        whole = f"{len(pts)} of {declared_packets}" if declared_packets else f"{len(pts)}"
        notes.append(f"{path.name} is cut short or damaged: {whole} frames are whole")
    return PacketIndex(
        pts=pts,
        entry=entry,
        entry_dts=entry_dts,
        # A picture of a lower temporal layer may be referred to from a higher one.
        droppable=(layer >= 0) & (layer == temporal_id.max()),
        packet_of_frame=numbers[unique],
        notes=tuple(notes),
    )


def shown_packets(pts: Times, flags: NDArray[np.int8], entry: Flags) -> NDArray[np.int32]:
    """Numbers of the packets whose frames come out of a sequential decoder, in decoding order.

    Left out are what an edit list hides, what comes before the first entry, and leading pictures (decoded after an entry,
    shown before it) that refer to what is not there: those of the first entry and of a broken link.
    """
    entries = np.flatnonzero(entry).astype(np.int32)
    of_packet = np.repeat(np.arange(-1, len(entries), dtype=np.int32), np.diff(entries, prepend=0, append=len(pts)))
    own_entry = entries[of_packet]
    leading = pts < pts[own_entry]
    lost = leading & (flags & DECODABLE_LEADING == 0) & ((of_packet == 0) | (flags[own_entry] & BROKEN_LEADING != 0))
    return np.flatnonzero((flags & HIDDEN == 0) & ~lost & (of_packet >= 0)).astype(np.int32)
