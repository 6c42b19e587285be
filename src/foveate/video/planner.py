"""Which packets a decoder needs for the wanted frames, and no more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foveate.video.index import Flags, PacketIndex


@dataclass(frozen=True)
class Group:
    """Wanted frames that come out of one run of the decoder, from an entry point to the last packet that is needed."""

    first_packet: int
    """Where decoding starts."""
    last_packet: int
    """The last packet that is read."""
    frames: tuple[int, ...]
    """Wanted frames, in the order of showing."""


def plan(index: PacketIndex, frames: Sequence[int]) -> Iterator[Group]:
    """Groups of strictly increasing wanted frames: no packet is decoded twice, none read after the last wanted of its group."""
    if not len(frames):
        return
    wanted = np.asarray(frames, dtype=np.int64)
    packets = index.packet_of_frame[wanted]
    starts = entry_points(index, packets)
    members: list[int] = []
    start = last = -1
    for frame, packet, entry in zip(wanted.tolist(), packets.tolist(), starts.tolist(), strict=True):
        # An entry point that this group reads anyway (for a leading picture behind it) does not start another.
        if members and entry > last:
            yield Group(start, last, tuple(members))
            members = []
        if not members:
            start, last = entry, packet
        members.append(frame)
        last = max(last, packet)
    yield Group(start, last, tuple(members))


def entry_points(index: PacketIndex, packets: NDArray[np.int32]) -> NDArray[np.int64]:
    """(W,) the packet from which decoding must start for each of some shown packets.

    A leading picture (decoded after an entry point but shown before it) may refer to what lies before that entry,
    so it is decoded from the one before; of the first entry only decodable ones are in the index.
    """
    entries = np.flatnonzero(index.entry)
    at = np.searchsorted(entries, packets, side="right") - 1
    leading = index.pts[packets] < index.pts[entries[at]]
    return entries[np.maximum(at - leading, 0)]


def needed(index: PacketIndex, group: Group) -> Flags:
    """(last - first + 1,) which packets of a group the decoder has to see."""
    span = slice(group.first_packet, group.last_packet + 1)
    need = ~index.droppable[span]
    pts = index.pts[span]
    frame_packets = index.packet_of_frame[list(group.frames)]
    if index.pts[frame_packets].min() >= pts[0]:
        need &= pts >= pts[0]  # leading pictures of the entry refer to what was not read
    need[frame_packets - group.first_packet] = True
    return need
