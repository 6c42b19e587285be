"""One way to get 448 px crops at 1 frame per second out of a video: python decode_jobs.py JOB CLIP FRAMES_OF_CLIP.

Prints CPU seconds and peak memory since the imports as JSON. Every job decodes with one thread, converts to RGB and crops;
`foveate` decodes as its peers do; `foveate_untrusted` first probes the file in a child process, as on a first look at it.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

LEFT, TOP, SIDE = 497, 503, 448


def foveate(clip: str, wanted: list[int], *, trusted: bool = True) -> Callable[[], int]:
    from foveate.geometry import Box
    from foveate.video import Video

    box = Box(LEFT, TOP, SIDE, SIDE)
    return lambda: sum(1 for _ in Video(clip, trusted=trusted).frames(wanted, boxes_px=[box] * len(wanted)))


def foveate_untrusted(clip: str, wanted: list[int]) -> Callable[[], int]:
    return foveate(clip, wanted, trusted=False)


def foveate_every_frame(clip: str, wanted: list[int]) -> Callable[[], int]:
    from foveate.video import Video

    return lambda: sum(1 for _ in Video(clip, workers=1).decoded(range(len(Video(clip)))))


def render_crop(clip: str, wanted: list[int]) -> Callable[[], int]:
    """A 448 px video of every frame, cropped around gaze that moves all the time."""
    import numpy as np

    from foveate.recording.recording import GazeStream, Recording
    from foveate.recording.scene import ScenePart, VideoScene
    from foveate.report.render import render

    def gaze() -> GazeStream:
        time_ns = np.arange(0, 30 * (len(wanted) + 1) * 33_333_333, 5_000_000)
        x, y = (center_px(axis, time_ns / 1e9) for axis in ("x", "y"))
        return GazeStream(time_ns, np.stack([x, y], axis=1), np.ones(len(time_ns), bool))

    def run() -> int:
        out = Path(clip).with_suffix(".crop.mp4")
        loaders = {"scene": lambda: VideoScene([ScenePart(Path(clip), None)]), "gaze": gaze}
        render(Recording("clip", "table", "", Path(clip), loaders), out, what="crop")
        out.unlink()
        return len(wanted)

    return run


def center_px(axis: str, time_s: "np.ndarray") -> "np.ndarray":
    """Where the moving crop is centred; sendcmd of ffmpeg is given the same."""
    import numpy as np

    return 720 + 400 * np.sin(time_s * 1.3) if axis == "x" else 720 + 300 * np.cos(time_s * 1.7)


def opencv_read(clip: str, wanted: list[int]) -> Callable[[], int]:
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = "threads;1"
    import cv2

    def run() -> int:
        capture, asked, number, count = cv2.VideoCapture(clip), set(wanted), 0, 0
        while True:
            read, image = capture.read()
            if not read:
                return count
            if number in asked:
                cv2.cvtColor(image[TOP : TOP + SIDE, LEFT : LEFT + SIDE], cv2.COLOR_BGR2RGB)
                count += 1
            number += 1

    return run


def pyav_sequential(clip: str, wanted: list[int]) -> Callable[[], int]:
    import av

    def run() -> int:
        asked, count = set(wanted), 0
        with av.open(clip) as container:
            container.streams.video[0].codec_context.thread_count = 1
            for number, frame in enumerate(container.decode(video=0)):
                if number in asked:
                    frame.to_ndarray(format="rgb24")[TOP : TOP + SIDE, LEFT : LEFT + SIDE].copy()
                    count += 1
        return count

    return run


def pyav_seek(clip: str, wanted: list[int]) -> Callable[[], int]:
    """Seek before every wanted frame, decode up to it: what most scripts do."""
    import av

    def run() -> int:
        count = 0
        with av.open(clip) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            for number in wanted:
                pts = round(number / stream.average_rate / stream.time_base) + (stream.start_time or 0)
                container.seek(pts, stream=stream)
                for frame in container.decode(stream):
                    if frame.pts >= pts:
                        frame.to_ndarray(format="rgb24")[TOP : TOP + SIDE, LEFT : LEFT + SIDE].copy()
                        count += 1
                        break
        return count

    return run


def decord(clip: str, wanted: list[int]) -> Callable[[], int]:
    from decord import VideoReader, cpu

    def run() -> int:
        reader = VideoReader(clip, ctx=cpu(0), num_threads=1)
        return len([reader[number].asnumpy()[TOP : TOP + SIDE, LEFT : LEFT + SIDE].copy() for number in wanted])

    return run


def torchcodec(clip: str, wanted: list[int]) -> Callable[[], int]:
    import torch
    from torchcodec.decoders import VideoDecoder

    torch.set_num_threads(1)

    def run() -> int:
        decoder = VideoDecoder(clip, num_ffmpeg_threads=1, dimension_order="NHWC")
        return len([decoder.get_frame_at(number).data[TOP : TOP + SIDE, LEFT : LEFT + SIDE].clone() for number in wanted])

    return run


JOBS = {
    job.__name__: job
    for job in (
        foveate,
        foveate_untrusted,
        foveate_every_frame,
        render_crop,
        opencv_read,
        pyav_sequential,
        pyav_seek,
        decord,
        torchcodec,
    )
}


def cpu_s() -> float:
    """CPU seconds of this process and its children so far."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def resident_mb(key: str) -> float:
    """Memory of this process: VmRSS now, VmHWM at its peak. (getrusage's peak begins with that of the parent process.)"""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key)) * 1024 / 1e6


def main() -> None:
    name, clip, frames = sys.argv[1], sys.argv[2], int(sys.argv[3])
    wanted = list(range(15, frames, 30))
    try:
        run = JOBS[name](clip, wanted)
    except (ImportError, OSError, RuntimeError) as error:
        print(json.dumps({"missing": str(error).splitlines()[0]}))
        return
    start_mb = resident_mb("VmRSS")
    before = cpu_s()
    count = run()
    after = cpu_s()
    print(json.dumps({"cpu_s": after - before, "peak_mb": resident_mb("VmHWM") - start_mb, "frames": count}))


if __name__ == "__main__":
    main()
