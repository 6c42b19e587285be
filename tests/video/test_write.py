"""Videos appear whole under their name, or not at all."""

import os
import subprocess
import sys

import av
import numpy as np
import pytest

from foveate.errors import UsageError, VideoError
from foveate.video import Video
from foveate.video.write import VideoWriter

SIZE = (96, 64)


def grey(level: int) -> np.ndarray:
    return np.full((64, 96, 3), level, dtype=np.uint8)


def test_what_is_written_is_read_back(tmp_path):
    path = tmp_path / "out.mp4"
    colours = np.array([[200, 40, 30], [20, 160, 60], [40, 60, 210], [128, 128, 128]], dtype=np.uint8)
    with VideoWriter(path, size_px=SIZE, fps=25, crf=4) as writer:
        for number in range(20):
            writer.write(np.broadcast_to(colours[number % 4], (64, 96, 3)))
    video = Video(path)
    assert (video.size_px, video.codec, len(video)) == (SIZE, "h264", 20)
    assert video.fps == pytest.approx(25, rel=1e-6)
    for number, image in enumerate(video.frames(range(20))):
        assert np.abs(image.astype(int) - colours[number % 4]).max() <= 4, "colours survive the round trip"


def test_format_is_what_every_player_and_browser_reads(tmp_path):
    path = tmp_path / "out.mp4"
    with VideoWriter(path, size_px=SIZE, fps=30, gop=10, b_frames=0) as writer:
        for number in range(30):
            writer.write(grey(8 * number))
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        assert (context.pix_fmt, context.colorspace, context.color_range) == ("yuv420p", 1, 1)
        assert len(container.streams) == 1
        packets = [packet for packet in container.demux(stream) if packet.size]
        assert [number for number, packet in enumerate(packets) if packet.is_keyframe] == [0, 10, 20]
        assert all(packet.pts == packet.dts for packet in packets), "no B frames were asked for"
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat"), "the sample list stands in front"


@pytest.mark.parametrize("error", [RuntimeError("stop"), KeyboardInterrupt()], ids=["error", "ctrl-c"])
def test_an_interruption_leaves_nothing_and_keeps_what_was_there(tmp_path, error):
    path = tmp_path / "out.mp4"
    path.write_bytes(b"the one before")
    writer = VideoWriter(path, size_px=SIZE, fps=30)

    def interrupted() -> None:
        with writer:
            writer.write(grey(10))
            raise error

    with pytest.raises(type(error)):
        interrupted()
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.mp4"]
    assert path.read_bytes() == b"the one before"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="/dev/full is Linux's")
def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path):
    # A file size limit, set in a process of its own, makes writing fail as a full disk does.
    script = f"""
import resource, signal, numpy as np
from foveate.errors import VideoError
from foveate.video.write import VideoWriter
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
rng = np.random.default_rng(0)
try:
    with VideoWriter({str(tmp_path / "out.mp4")!r}, size_px=(96, 64), fps=30) as writer:
        for _ in range(200):
            writer.write(rng.integers(0, 256, (64, 96, 3), dtype=np.uint8))
except VideoError as error:
    print(error)
"""
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert "out.mp4 cannot be written" in said
    assert "free some space" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "how", "kind", "message"),
    [
        ("out.mp4", {"size_px": (95, 64)}, UsageError, "even width and height, got 95x64 px"),
        ("out.mp4", {"size_px": (96, 0)}, UsageError, "even width and height"),
        ("out.gif", {}, UsageError, "written as .mp4, .mov or .mkv, got out.gif"),
        ("out.mp4", {"fps": 0}, UsageError, "must be above 0"),
        ("nowhere/out.mp4", {}, VideoError, "cannot be written: .*No such file"),
    ],
    ids=["odd", "zero", "extension", "rate", "no folder"],
)
def test_what_cannot_be_written(tmp_path, name, how, kind, message):
    with pytest.raises(kind, match=message):
        VideoWriter(tmp_path / name, **({"size_px": SIZE, "fps": 30} | how))
    assert list(tmp_path.iterdir()) == []


def test_frames_of_another_size_are_refused(tmp_path):
    with (
        pytest.raises(UsageError, match="takes frames of shape"),
        VideoWriter(tmp_path / "a.mp4", size_px=SIZE, fps=30) as writer,
    ):
        writer.write(np.zeros((96, 64, 3), dtype=np.uint8))
    assert list(tmp_path.iterdir()) == []


def test_no_frames_no_file(tmp_path):
    with pytest.raises(VideoError, match="no frames"), VideoWriter(tmp_path / "a.mp4", size_px=SIZE, fps=30):
        pass
    assert list(tmp_path.iterdir()) == []
