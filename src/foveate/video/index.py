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

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class PacketIndex:
    """The packets of one video stream in decoding order, and its frames in the order of showing."""

    pts: Times
    """(P,) presentation times in ticks of the stream; NO_TIME where the container tells none."""
    dts: Times
    """(P,) decoding times in ticks; NO_TIME where none."""
    entry: Flags
    """(P,) decoding can start here."""
    droppable: Flags
    """(P,) no other picture refers to this one."""
    packet_of_frame: NDArray[np.int64]
    """(F,) the packet that brings each shown frame, in the order of showing."""
    notes: tuple[str, ...] = ()
    """What was left out, and why."""

    @property
    def frame_pts(self) -> Times:
        """(F,) presentation times of the shown frames in ticks, strictly increasing."""
        return self.pts[self.packet_of_frame]


class PacketLog:
    """Grows one row per packet; a few bytes each, since a four-hour video has half a million."""

    def __init__(self) -> None:
        self.pts, self.dts, self.layer, self.temporal_id = array("q"), array("q"), array("b"), array("b")
        self.entry, self.broken, self.decodable, self.discard = array("b"), array("b"), array("b"), array("b")
        self.corrupt = 0

    def add(self, packet: "av.Packet", kind: nal.PacketKind) -> None:
        self.pts.append(NO_TIME if packet.pts is None else packet.pts)
        self.dts.append(NO_TIME if packet.dts is None else packet.dts)
        self.layer.append(kind.layer)
        self.temporal_id.append(kind.temporal_id)
        self.entry.append(kind.entry)
        self.broken.append(kind.broken_leading)
        self.decodable.append(kind.decodable_leading)
        self.discard.append(packet.is_discard)


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
    # An mp4 lists its samples; what an edit list hides is not in the list.
    declared = len(stream.index_entries) if "mp4" in container.format.name else 0
    return index_of(log, path, declared_packets=declared, reorders=stream.codec_context.has_b_frames)


def next_packet(packets: Iterator["av.Packet"], log: PacketLog) -> "av.Packet | None":
    """The next whole packet; None at the end, also where the file ends inside one."""
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError:
            log.corrupt += 1
            return None
        if packet is None:
            return None
        if packet.is_corrupt:
            log.corrupt += 1
        elif packet.size:
            return packet


def index_of(log: PacketLog, path: Path, *, declared_packets: int, reorders: bool) -> PacketIndex:
    """The index of logged packets: which are shown, which are needed by others."""
    pts, dts = np.frombuffer(log.pts, np.int64), np.frombuffer(log.dts, np.int64)
    if not len(pts):
        raise VideoError(f"{path} has a video stream but no frames in it; record or export it again")
    if np.any(pts == NO_TIME) and not reorders:
        pts = dts
    if np.any(pts == NO_TIME):
        raise VideoError(f"{path} tells no presentation times; remux it first: ffmpeg -i {path.name} -c copy out.mp4")
    entry, broken, decodable, discard = (
        np.frombuffer(flags, np.int8).astype(bool) for flags in (log.entry, log.broken, log.decodable, log.discard)
    )
    if not entry.any():
        entry = np.arange(len(pts)) == 0  # no packet is marked: start where a sequential decoder starts
    layer, temporal_id = np.frombuffer(log.layer, np.int8), np.frombuffer(log.temporal_id, np.int8)
    entry_of = np.maximum.accumulate(np.where(entry, np.arange(len(pts)), -1))
    first = int(np.argmax(entry))
    undecodable = (pts < pts[entry_of]) & ~decodable & ((entry_of == first) | broken[entry_of])
    shown = ~discard & ~undecodable & (entry_of >= 0)
    numbers = np.flatnonzero(shown)
    if not len(numbers):
        raise VideoError(f"{path} has {len(pts)} packets but no frame that can be decoded; record or export it again")
    _, unique = np.unique(pts[numbers], return_index=True)
    notes = []
    if len(unique) < len(numbers):
        notes.append(f"{path.name}: {len(numbers) - len(unique)} frames have the time of another frame and are left out")
    if log.corrupt or len(pts) < declared_packets:
        whole = f"{len(pts)} of {declared_packets}" if declared_packets else f"{len(pts)}"
        notes.append(f"{path.name} is cut short or damaged: {whole} frames are whole")
    return PacketIndex(
        pts=pts,
        dts=dts,
        entry=entry,
        # A picture of a lower temporal layer may be referred to from a higher one.
        droppable=(layer >= 0) & (layer == temporal_id.max()),
        packet_of_frame=numbers[unique],
        notes=tuple(notes),
    )
