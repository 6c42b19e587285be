"""A recording played in real time: frames and gaze come when they were captured, views are made, questions are asked."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from foveate.clock import NS_PER_S
from foveate.description.ask import Asker
from foveate.model.model import Answer, Prompt
from foveate.recording.recording import GazeStream, Image, Recording
from foveate.toykitchen import World

QUESTION = "What is the person doing?"


class Pictures(Protocol):
    """Pictures of one lap of a recording, by index."""

    def one(self, index: int) -> Image:
        """A picture, out of order."""
        ...

    def all(self, start: int) -> Iterator[Image]:
        """Pictures from an index to the end of the lap."""
        ...


@dataclass(frozen=True)
class Drawn:
    """Pictures that were drawn beforehand: what a camera hands over."""

    images: list[Image]

    def one(self, index: int) -> Image:
        return self.images[index]

    def all(self, start: int) -> Iterator[Image]:
        yield from self.images[start:]


@dataclass(frozen=True)
class Decoded:
    """Pictures out of a video, decoded while it is played."""

    recording: Recording

    def one(self, index: int) -> Image:
        return next(self.recording.scene.frames([index]))

    def all(self, start: int) -> Iterator[Image]:
        return self.recording.scene.frames(range(start, len(self.recording.scene.time_ns)))


@dataclass(frozen=True)
class Played:
    """A recording that goes on for ever: after its last frame comes its first again."""

    name: str
    pictures: Pictures
    time_ns: np.ndarray[Any, np.dtype[np.int64]]
    """(F,) of the frames of a lap, from 0."""
    gaze: GazeStream
    """Of a lap, from 0."""

    @property
    def lap_ns(self) -> int:
        return int(self.time_ns[-1]) + round(self.interval_s * NS_PER_S)

    @property
    def interval_s(self) -> float:
        """From one frame to the next."""
        return float(np.median(np.diff(self.time_ns))) / NS_PER_S

    def at_ns(self, number: int) -> int:
        """When a frame is captured, counted from the first lap's start."""
        lap, index = divmod(number, len(self.time_ns))
        return lap * self.lap_ns + int(self.time_ns[index])

    def frames(self, start: int) -> Iterator[tuple[int, Image]]:
        """Number and picture of every frame from one on."""
        number, index = start, start % len(self.time_ns)
        while True:
            for image in self.pictures.all(index):
                yield number, image
                number += 1
            index = 0

    def gaze_at(self, now_ns: int) -> tuple[int, tuple[float, float] | None]:
        """When the tracker's newest sample was taken, and where it is; None where the tracker saw no eyes."""
        lap, within_ns = divmod(now_ns, self.lap_ns)
        place = max(0, int(np.searchsorted(self.gaze.time_ns, within_ns, side="right")) - 1)
        point = tuple(map(float, self.gaze.point_px[place])) if self.gaze.valid[place] else None
        return lap * self.lap_ns + int(self.gaze.time_ns[place]), point  # type: ignore[return-value]


def drawn(world: World, *, fps: float) -> Played:
    """A world as a camera would hand it over: drawn before it is played."""
    recording = world.recording(fps)
    times, size = recording.scene.time_ns, recording.scene.size_px
    first = world.frame(0, size)  # what all frames share is painted once
    with ThreadPoolExecutor() as pool:
        rest = list(pool.map(lambda time_ns: world.frame(int(time_ns), size), times[1:]))
    return Played(f"{recording.name}, drawn beforehand", Drawn([first, *rest]), times, recording.gaze)


def decoded(recording: Recording) -> Played:
    """A recording whose video is decoded while it is played."""
    first_ns = int(recording.scene.time_ns[0])
    gaze = recording.gaze
    since = replace(gaze, time_ns=gaze.time_ns - first_ns)
    return Played(f"{recording.name}, decoded", Decoded(recording), recording.scene.time_ns - first_ns, since)


class Wall:
    """The clock on the wall, and waiting by it."""

    def now_s(self) -> float:
        return time.perf_counter()

    def wait(self, stopped: threading.Event, seconds: float) -> bool:
        """Wait; whether it was stopped meanwhile."""
        return stopped.wait(seconds)


@dataclass(eq=False)
class Camera:
    """Shows an Asker every frame when it comes, within a ``with`` statement."""

    played: Played
    asker: Asker
    start: int
    """Number of the first frame that comes in real time; what is before it in the window is there at once."""
    wall: Wall = field(default_factory=Wall)
    """What real time is."""
    in_hand_s: list[float] = field(default_factory=list)
    """Of every frame: from capture until the program has it."""
    gaze_age_s: list[float] = field(default_factory=list)
    """Of every frame with gaze: how old the gaze point is when the view is made."""
    crop_s: list[float] = field(default_factory=list)
    """Of every frame: making the view."""
    late: int = 0
    """Frames that were in hand only after the next one was captured."""
    captured_s: float = 0.0
    """When the newest frame that the Asker knows was captured."""
    failure: BaseException | None = None

    def __post_init__(self) -> None:
        self.seen, self._stopped = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._play, name="camera", daemon=True)

    def __enter__(self) -> "Camera":
        """Fill the window, begin to play and wait for the first frame."""
        window = round(self.asker.window_s * NS_PER_S)
        step = round(NS_PER_S / self.asker.fps)
        began_ns = self.played.at_ns(self.start)
        for number in (self._nearest(began_ns - back) for back in range(window, 0, -step)):
            self._show(number, self.played.pictures.one(number % len(self.played.time_ns)), self.played.at_ns(number))
        self.gaze_age_s.clear()
        self._zero_s = self.wall.now_s() - began_ns / NS_PER_S
        self._thread.start()
        while not self.captured_s and self._thread.is_alive():
            time.sleep(0.001)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and raise what went wrong meanwhile."""
        self._stopped.set()
        self._thread.join()
        if self.failure is not None:
            raise self.failure

    def _nearest(self, at_ns: int) -> int:
        lap, within_ns = divmod(at_ns, self.played.lap_ns)
        return lap * len(self.played.time_ns) + int(np.abs(self.played.time_ns - within_ns).argmin())

    def _play(self) -> None:
        try:
            for number, image in self.played.frames(self.start):
                captured_s = self._zero_s + self.played.at_ns(number) / NS_PER_S
                if self.wall.wait(self._stopped, max(0.0, captured_s - self.wall.now_s())):
                    return
                in_hand_s = self.wall.now_s()
                self.in_hand_s.append(in_hand_s - captured_s)
                self.late += in_hand_s - captured_s > self.played.interval_s
                self._show(number, image, round((in_hand_s - self._zero_s) * NS_PER_S))
                self.crop_s.append(self.wall.now_s() - in_hand_s)
                self.captured_s = captured_s
        except BaseException as error:
            self.failure = error

    def _show(self, number: int, image: Image, now_ns: int) -> None:
        # of the frame's own time: for a frame that is late the newest gaze would look elsewhere
        captured_ns = self.played.at_ns(number)
        sampled_ns, gaze_px = self.played.gaze_at(captured_ns)
        if gaze_px is not None:
            self.gaze_age_s.append((now_ns - sampled_ns) / NS_PER_S)
        with self.seen:
            self.asker.push(image, captured_ns, gaze_px)


class Clocked:
    """A processor that notes how long it worked."""

    def __init__(self, processor: Any) -> None:
        self._processor = processor
        self.took_s = 0.0

    def __call__(self, *args: Any, **options: Any) -> Any:
        began_s = time.perf_counter()
        inputs = self._processor(*args, **options)
        self.took_s = time.perf_counter() - began_s
        return inputs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._processor, name)


@dataclass(frozen=True)
class Asked:
    """The times of one question, in seconds."""

    newest_s: float
    """From the capture of the newest frame that is asked about to the question."""
    prompt_s: float
    """From the question until its prompt is put together."""
    processor_s: float
    """The processor at work on words and images."""
    first_s: float
    """From the question to the first token."""
    last_s: float | None
    """From the question to the last token; None where one token was asked for."""
    images: int
    image_px: str
    """Width and height of the newest."""
    visual_tokens: int
    prompt_tokens: int
    output_tokens: int

    @property
    def seen_s(self) -> float:
        """From the capture of the newest frame to the first token."""
        return self.newest_s + self.first_s


def ask(camera: Camera, processor: Clocked, *, tokens: int) -> Asked:
    """Ask about what was just seen; the camera goes on while the model answers.

    Args:
        camera: at work.
        processor: the model's.
        tokens: longest answer; with 1 only the first token is timed.
    """
    asker = camera.asker
    asked_s = time.perf_counter()
    with camera.seen:
        prompt, captured_s = asker.prompt(QUESTION), camera.captured_s
    prompt = Prompt(prompt.text, prompt.images, prompt.history, tokens)
    ready_s = time.perf_counter()
    answer = [piece for piece in asker.model.stream(prompt) if isinstance(piece, Answer)][-1]
    before_s = ready_s - asked_s
    usage = answer.usage
    width, height = prompt.images[-1].size_px
    return Asked(
        newest_s=asked_s - captured_s,
        prompt_s=before_s,
        processor_s=processor.took_s,
        first_s=before_s + (answer.first_token_s or answer.total_s),
        last_s=before_s + answer.total_s if tokens > 1 else None,
        images=len(prompt.images),
        image_px=f"{width}x{height}",
        visual_tokens=usage.visual_tokens or 0,
        prompt_tokens=usage.prompt_tokens or 0,
        output_tokens=usage.output_tokens or 0,
    )
