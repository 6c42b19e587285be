"""Run as a script by ``probe``: decode a frame at either end of a file; print what is wrong and exit with 3.

It imports nothing of foveate, so that it starts in a tenth of a second.
"""

import sys

import av

FRAMES = 1


def fault(path: str) -> str:
    """What is wrong with a file, as the end of a sentence; empty where nothing is."""
    try:
        container = av.open(path)
    except (av.error.FFmpegError, OSError) as error:
        return (
            f"is no video that can be read ({error.strerror}): it is another kind of file, or was cut off while it was recorded"
            " or copied; export or copy it again"
        )
    with container:
        if not container.streams.video:
            kinds = ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
            return f"has no video stream (found: {kinds}); name the scene camera's video"
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        if not decoded(container, stream):
            return "has a video stream but no frame that can be decoded; record or export it again"
        # The end is where a cut file does its harm.
        end = stream.duration if stream.duration else 0
        try:
            container.seek((stream.start_time or 0) + end, stream=stream)
            decoded(container, stream)
        except av.error.FFmpegError:
            pass  # a tail that cannot be read is left out and reported by the index
    return ""


def decoded(container: "av.container.InputContainer", stream: "av.VideoStream") -> int:
    """How many frames come out from here, at least FRAMES if there are; a packet that cannot be decoded is passed over."""
    count = 0
    packets = container.demux(stream)
    while count < FRAMES:
        try:
            packet = next(packets)
            if not packet.is_corrupt:  # the last packet is an empty one that asks for what the decoder holds back
                count += len(packet.decode())
        except StopIteration:
            break
        except av.error.FFmpegError:
            continue
    return count


if __name__ == "__main__":
    if message := fault(sys.argv[1]):
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        print(message)
        sys.exit(3)
