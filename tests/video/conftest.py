"""Small clips with motion in them, encoded once per session; and what a sequential decoder makes of them."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

WIDTH, HEIGHT = 160, 120


def picture(number: int) -> np.ndarray:
    """A textured scene that pans and turns, so that references matter and no two frames are alike."""
    rng = np.random.default_rng(5)
    texture = cv2.GaussianBlur(rng.integers(0, 256, (300, 300, 3), dtype=np.uint8), (0, 0), 2.5)
    texture = cv2.normalize(texture, None, 0, 255, cv2.NORM_MINMAX)
    turn = cv2.getRotationMatrix2D((150, 150), number * 0.8, 1 + 0.002 * number)
    turn[:, 2] -= (70 + 20 * np.sin(number / 9), 90 + 15 * np.cos(number / 7))
    image = cv2.warpAffine(texture, turn, (WIDTH, HEIGHT), borderMode=cv2.BORDER_WRAP)
    return cv2.putText(image, str(number), (8, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (255, 255, 255), 3)


def encode(path: Path, *, codec: str = "libx264", frames: int = 90, options: dict[str, str] | None = None, **how) -> Path:
    """Encode a clip. ``how``: pts (times in 1/600 s), rotation (degrees), hflip, audio, pix_fmt, color (BT.709, full range)."""
    times = how.get("pts") or [number * 20 for number in range(frames)]
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=30, options={"preset": "veryfast"} | (options or {}))
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, how.get("pix_fmt", "yuv420p")
        stream.time_base = stream.codec_context.time_base = Fraction(1, 600)
        if "rotation" in how:
            stream.set_display_rotation(how["rotation"], hflip=how.get("hflip", False))
        if how.get("color"):
            stream.codec_context.colorspace, stream.codec_context.color_range = 1, 2
        sound = out.add_stream("aac", rate=16000) if how.get("audio") else None
        for number, time in zip(range(frames), times, strict=False):
            frame = av.VideoFrame.from_ndarray(picture(number), format="rgb24")
            frame = frame.reformat(format=stream.pix_fmt)
            frame.pts, frame.time_base = time, Fraction(1, 600)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if sound is not None:
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 16000 * frames // 30), np.float32), format="fltp", layout="mono")
            silence.sample_rate, silence.pts = 16000, 0
            out.mux(sound.encode(silence))
            out.mux(sound.encode(None))
    return path


def copy(source: Path, path: Path, *, keep: Callable[[int, av.Packet], bool] = lambda number, packet: True) -> Path:
    """Copy the packets of a clip's video, without decoding, that are to be kept."""
    with av.open(str(source)) as container, av.open(str(path), "w") as out:
        target = out.add_stream_from_template(container.streams.video[0])
        for number, packet in enumerate(container.demux(video=0)):
            if packet.size and keep(number, packet):
                packet.stream = target
                out.mux(packet)
    return path


class Clips:
    """Clips by name, each encoded on first use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sequential: dict[Path, tuple[list[int], list[np.ndarray]]] = {}

    def __call__(self, name: str, **how) -> Path:
        path = self._folder / name
        return path if path.exists() else encode(path, **how)

    def copied(self, name: str, source: Path, **how) -> Path:
        path = self._folder / name
        return path if path.exists() else copy(source, path, **how)

    def trimmed(self, name: str, source: Path, *, start_ticks: int) -> Path:
        """A copy whose first packets lie before 0, so that its edit list hides them."""
        path = self._folder / name
        with av.open(str(source)) as container, av.open(str(path), "w") as out:
            target = out.add_stream_from_template(container.streams.video[0])
            for packet in container.demux(video=0):
                if packet.size:
                    packet.stream, packet.pts, packet.dts = target, packet.pts - start_ticks, packet.dts - start_ticks
                    out.mux(packet)
        return path

    def keys(self, path: Path) -> list[int]:
        """Numbers of the packets that the container calls keys."""
        with av.open(str(path)) as container:
            return [number for number, packet in enumerate(container.demux(video=0)) if packet.size and packet.is_keyframe]

    def sequential(self, path: Path) -> tuple[np.ndarray, list[np.ndarray]]:
        """(times in ns from the first frame, RGB frames) of plain decoding from start to end."""
        if path not in self._sequential:
            with av.open(str(path)) as container:
                stream = container.streams.video[0]
                frames = [(frame.pts, frame.to_ndarray(format="rgb24")) for frame in container.decode(stream)]
                first = frames[0][0]
                times = [round((pts - first) * stream.time_base * 1_000_000_000) for pts, _ in frames]
                self._sequential[path] = np.array(times), [image for _, image in frames]
        return self._sequential[path]


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    return Clips(tmp_path_factory.mktemp("clips"))
