"""Packets of a group, read forwards, into one decoder."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import av
import numpy as np

from foveate.errors import VideoError
from foveate.video.index import NO_TIME, Flags, PacketIndex
from foveate.video.planner import Group

READ_THROUGH = 4
"""So many unwanted packets are read past rather than seeked over."""


def open_video(path: Path) -> "av.container.InputContainer":
    """Open a file for reading; everything but its first video stream is left unread.

    Raises:
        VideoError: where it cannot be opened or has no video stream.
    """
    try:
        container = av.open(str(path))
    except (av.error.FFmpegError, OSError) as error:
        raise VideoError(f"{path} cannot be read as video: {error.strerror}") from error
    if not container.streams.video:
        kinds = sorted({stream.type for stream in container.streams}) or ["nothing"]
        container.close()
        raise VideoError(f"{path} has no video stream (found: {', '.join(kinds)}); name the scene camera's video")
    video = container.streams.video[0]
    video.codec_context.thread_count = 1  # fewest CPU seconds and least memory; spans are what runs side by side
    for stream in container.streams:
        if stream is not video:
            stream.discard = av.stream.Discard.all
    return container


class PacketReader:
    """One container and one decoder that walk forward over groups."""

    def __init__(self, path: Path, index: PacketIndex) -> None:
        self._path, self._index = path, index
        self._container = open_video(path)
        self._stream = self._container.streams.video[0]
        self._packets = self._container.demux(self._stream)
        self._next = 0  # number of the packet that comes next
        self._pending: av.Packet | None = None
        self._by_time = np.argsort(index.pts, kind="stable")

    def __enter__(self) -> "PacketReader":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._packets.close()
        self._container.close()

    def decode(self, group: Group, needed: Flags) -> Iterator["av.VideoFrame"]:
        """Yield the wanted frames of a group in order, up to the first that does not come out.

        Args:
            group: what is wanted.
            needed: (last - first + 1,) which of its packets are given to the decoder.
        """
        decoder = self._stream.codec_context
        decoder.flush_buffers()
        wanted = iter(self._index.frame_pts[list(group.frames)].tolist())
        due = next(wanted)
        for frame in self._run(group, needed):
            if frame.pts == due:
                yield frame
                due = next(wanted, None)
                if due is None:
                    return
            elif frame.pts is not None and frame.pts > due:
                return

    def _run(self, group: Group, needed: Flags) -> Iterator["av.VideoFrame"]:
        decoder = self._stream.codec_context
        try:
            for number, packet in self._read(group.first_packet, group.last_packet):
                if needed[number - group.first_packet]:
                    yield from decoder.decode(packet)
            yield from decoder.decode(None)
        except av.error.FFmpegError:
            return

    def _read(self, first: int, last: int) -> Iterator[tuple[int, "av.Packet"]]:
        """Packets by number, first .. last."""
        if not self._next <= first <= self._next + READ_THROUGH:
            self._seek(first)
        while self._next <= last and (packet := self._take()) is not None:
            number = self._next
            if shown_at(packet) != self._index.pts[number]:
                number = self._number(packet)
            self._next = number + 1
            if first <= number <= last:
                yield number, packet

    def _take(self) -> "av.Packet | None":
        """The next whole packet; None at the end."""
        if self._pending is not None:
            packet, self._pending = self._pending, None
            return packet
        for packet in self._packets:
            if packet.size and not packet.is_corrupt:
                return packet
        return None

    def _seek(self, number: int) -> None:
        """Put the container at a packet or before it."""
        index = self._index
        ticks = int(index.pts[number] if index.dts[number] == NO_TIME else min(index.dts[number], index.pts[number]))
        earliest = int(index.pts.min())
        step = back = 0
        while True:
            self._packets.close()
            self._container.seek(ticks - back, stream=self._stream, backward=True)
            self._packets, self._pending = self._container.demux(self._stream), None
            self._pending = self._take()
            if self._pending is not None:
                self._next = self._number(self._pending)
                if self._next <= number:
                    return
            if ticks - back < earliest:
                break
            step = max(2 * step, round(1 / self._stream.time_base))
            back += step
        self._reopen()  # a container without a usable index: read from its beginning

    def _reopen(self) -> None:
        self._container.close()
        self._container = open_video(self._path)
        self._stream = self._container.streams.video[0]
        self._packets, self._pending, self._next = self._container.demux(self._stream), None, 0

    def _number(self, packet: "av.Packet") -> int:
        """The number of a packet, by its times."""
        pts = self._index.pts[self._by_time]
        first, last = np.searchsorted(pts, shown_at(packet), side="left"), np.searchsorted(pts, shown_at(packet), side="right")
        same = self._by_time[first:last]
        if not len(same):
            raise VideoError(f"{self._path} has changed since it was opened; open it again")
        exact = same[self._index.dts[same] == (NO_TIME if packet.dts is None else packet.dts)]
        return int(exact[0] if len(exact) else same[0])


def shown_at(packet: "av.Packet") -> int:
    """The presentation time of a packet in ticks, as the index holds it."""
    time: int | None = packet.dts if packet.pts is None else packet.pts
    return NO_TIME if time is None else time
