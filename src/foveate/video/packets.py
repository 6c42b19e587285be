"""Packets of a group, read forwards, into one decoder."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import av
import numpy as np

from foveate.errors import VideoError
from foveate.video.index import NO_TIME, Flags, PacketIndex
from foveate.video.planner import Group

MOST_PIXELS = 178_956_970
"""Of a frame, as Pillow allows: a forged header must not make the decoder take all memory."""
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
    width, height = video.codec_context.width, video.codec_context.height
    if width * height > MOST_PIXELS:
        container.close()
        raise VideoError(
            f"{path} says its frames are {width}x{height} px, more than {MOST_PIXELS:,} pixels: it is damaged or hostile"
        )
    video.codec_context.thread_count = 1  # fewest CPU seconds and least memory; spans are what runs side by side
    for stream in container.streams:
        if stream is not video:
            stream.discard = av.stream.Discard.all
    return container


class PacketReader:
    """One container and one decoder that walk forward over groups."""

    def __init__(self, path: Path, index: PacketIndex) -> None:
        self._path, self._index = path, index
        self._entries = np.flatnonzero(index.entry)
        self._open()

    def _open(self) -> None:
        self._container = open_video(self._path)
        self._stream = self._container.streams.video[0]
        self._packets = self._container.demux(self._stream)
        self._held: av.Packet | None = None  # read, but not handed out yet
        self._next = 0  # number of the packet that comes next

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
        self._stream.codec_context.flush_buffers()
        wanted = iter(self._index.pts[self._index.packet_of_frame[list(group.frames)]].tolist())
        due = next(wanted)
        for frame in self._decoded(group, needed):
            if frame.pts == due:
                yield frame
                due = next(wanted, None)
                if due is None:
                    return
            elif frame.pts is not None and frame.pts > due:
                return

    def _decoded(self, group: Group, needed: Flags) -> Iterator["av.VideoFrame"]:
        decoder = self._stream.codec_context
        try:
            for number, packet in self._read(group.first_packet, group.last_packet):
                if needed[number - group.first_packet]:
                    yield from decoder.decode(packet)
            yield from decoder.decode(None)  # what it holds back to reorder
        except av.error.FFmpegError:
            return

    def _read(self, first: int, last: int) -> Iterator[tuple[int, "av.Packet"]]:
        """Packets by number, first .. last; fewer where the container no longer gives what it gave for the index."""
        if not self._next <= first <= self._next + READ_THROUGH:
            self._seek(first)
        while self._next <= last and (packet := self._take()) is not None:
            number, self._next = self._next, self._next + 1
            if shown_at(packet) != self._index.pts[number]:
                self._next = len(self._index.pts)  # lost: whatever comes next is looked for
                return
            if number >= first:
                yield number, packet

    def _take(self) -> "av.Packet | None":
        """The next whole packet; None at the end."""
        if self._held is not None:
            packet, self._held = self._held, None
            return packet
        for packet in self._packets:
            if packet.size and not packet.is_corrupt:
                return packet
        return None

    def _seek(self, number: int) -> None:
        """Put the container at an entry, or at one before it."""
        index = self._index
        place = int(np.searchsorted(self._entries, number))
        ticks = min(int(index.pts[number]), int(index.entry_dts[place]))
        back = step = 0
        while index.entry_dts[place] != NO_TIME and ticks - back >= index.pts[0]:
            self._container.seek(ticks - back, stream=self._stream, backward=True)
            self._packets, self._held = self._container.demux(self._stream), None
            if self._at_entry() and self._next <= number:
                return
            step = max(2 * step, round(1 / self._stream.time_base))
            back += step
        if self._next > number or self._held is None:
            self._container.close()  # no usable seek index, or the first entry: read from the beginning
            self._open()

    def _at_entry(self) -> bool:
        """Read on to the first packet that is an entry, hold it and know its number; False where none comes."""
        times = self._index.pts[self._entries]
        while (packet := self._take()) is not None:
            found = self._entries[times == shown_at(packet)]
            if len(found):
                self._held, self._next = packet, int(found[0])
                return True
        return False


def shown_at(packet: "av.Packet") -> int:
    """The presentation time of a packet in ticks, as the index holds it."""
    time: int | None = packet.dts if packet.pts is None else packet.pts
    return NO_TIME if time is None else time
