"""Questions about a moment: the last seconds in a ring buffer, a conversation, an answer that streams."""

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from foveate.clock import NS_PER_MS, NS_PER_S, Span, Times, nearest, seconds_to_ns
from foveate.description.api import opened
from foveate.description.budget import view_for
from foveate.description.prompts import choose
from foveate.description.segments import moment_ns
from foveate.description.viewer import Viewer, timed_images, told
from foveate.errors import ModelError, UsageError
from foveate.gaze.correction import Correction
from foveate.geometry import Box, Camera, Size
from foveate.model.model import Answer, Model, Prompt, Turn
from foveate.recording.hands_file import with_hands
from foveate.recording.recording import Image, Recording
from foveate.view import Frame, View, ViewMaker, see
from foveate.view.sampling import check_fps

STALE_MS = 200.0
"""A newest frame older than this no longer shows what the wearer sees."""
HOLD_MS = 500.0
"""How long the last gaze point stands in where there is none."""


@dataclass
class Asker:
    """Keeps what was last seen and answers questions about it; made for live use, where frames are pushed as they come."""

    model: Model
    """Who answers."""
    maker: ViewMaker
    """What it is shown of each frame."""
    fps: float = 1.0
    """Frames kept per second; the newest is always kept. Infinite where all that are pushed shall be kept."""
    window_s: float = 5.0
    """How far back frames are shown."""
    camera: Camera | None = None
    """Calibration, for views sized in degrees."""
    max_new_tokens: int = 128
    """Longest answer."""
    history: list[Turn] = field(default_factory=list)
    """The conversation so far."""
    _seen: deque[View] = field(default_factory=deque, repr=False)
    _gaze: deque[tuple[int, tuple[float, float]]] = field(default_factory=deque, repr=False)

    def __post_init__(self) -> None:
        if not (self.fps > 0 and self.window_s > 0):
            raise UsageError(f"fps and window_s must be above 0, got {self.fps:g} and {self.window_s:g}")

    def push(
        self,
        frame: Image,
        time_ns: int,
        gaze_px: tuple[float, float] | None,
        *,
        hands_px: tuple[Box, ...] | None = None,
    ) -> None:
        """Show the newest frame; only what the view takes of it is kept.

        Args:
            frame: (height, width, 3) RGB, upright.
            time_ns: when it was taken; later than the one before.
            gaze_px: gaze point in its pixels, or None where the tracker has none.
            hands_px: boxes of the hands in view, for a view that uses them; None where nothing is known of them.

        Raises:
            UsageError: where time runs backwards.
        """
        self._check_order(time_ns)
        if gaze_px is not None and np.isfinite(gaze_px).all():
            self._gaze.append((time_ns, (float(gaze_px[0]), float(gaze_px[1]))))
        size = Size(frame.shape[1], frame.shape[0])
        self.keep(see(frame, self._known(size, time_ns, hands_px), self.maker))

    def keep(self, seen: View) -> None:
        """Keep what a view shows of the newest frame, where it is made already.

        Raises:
            UsageError: where time runs backwards.
        """
        time_ns = seen.frame.time_ns
        self._check_order(time_ns)
        # the newest frame gives way to the next one unless it is a whole slot after the one before it
        if len(self._seen) > 1 and self._seen[-1].frame.time_ns - self._seen[-2].frame.time_ns < NS_PER_S / self.fps:
            self._seen.pop()
        self._seen.append(seen)
        while self._seen[0].frame.time_ns < time_ns - seconds_to_ns(self.window_s):
            self._seen.popleft()

    def ask(self, text: str, *, now_ns: int | None = None) -> Iterator[str | Answer]:
        """Ask about the last seconds, as part of the conversation.

        Args:
            text: the question.
            now_ns: the present, in live use; an answer about a frame older than 200 ms says so.

        Yields:
            Pieces of the answer as they come, and the whole Answer last.

        Raises:
            UsageError: for an empty question, or before the first frame.
            ModelError: where the model cannot answer.
        """
        prompt, stale = self.prompt(text), self._stale(now_ns)
        for piece in self.model.stream(prompt):
            if isinstance(piece, str):
                yield piece
                continue
            self.history.append(Turn(self._question(text), piece.text))
            yield replace(piece, notes=(*piece.notes, stale)) if stale else piece
            return
        raise ModelError(f"{self.model.name} ended its stream without an answer; ask again")

    def prompt(self, text: str) -> Prompt:
        """What ``ask`` puts to the model about the last seconds.

        Raises:
            UsageError: for an empty question, or before the first frame.
        """
        if not text.strip():
            raise UsageError("the question is empty; ask something, such as: What am I holding?")
        if not self._seen:
            raise UsageError("nothing has been seen yet; push a frame before asking")
        question = self._question(text)
        images = timed_images(self._seen, self.maker, first_ns=0)
        words = told(self.maker, [seen.frame for seen in self._seen], first_ns=0)
        return Prompt(f"{words}\n{question}" if words else question, images, tuple(self.history), self.max_new_tokens)

    def _question(self, text: str) -> str:
        """The question in the model's own wording, where it understands no other."""
        return choose(text, self.model).text if self.model.instructions else text

    def _known(self, size: Size, time_ns: int, hands_px: tuple[Box, ...] | None) -> Frame:
        """What is known of a frame: the last gaze point as long as it holds, and those of the view's window."""
        window_ns = seconds_to_ns(self.maker.gaze_window_s)
        while self._gaze and time_ns - self._gaze[0][0] > max(window_ns, HOLD_MS * NS_PER_MS):
            self._gaze.popleft()
        held = bool(self._gaze) and time_ns - self._gaze[-1][0] <= HOLD_MS * NS_PER_MS
        aim_px = self._gaze[-1][1] if held else (size.width_px / 2, size.height_px / 2)
        gaze_px = np.array([point for then_ns, point in self._gaze if time_ns - then_ns < window_ns]).reshape(-1, 2)
        return Frame(size, time_ns, aim_px, self.camera, aim_known=held, gaze_px=gaze_px, hands_px=hands_px)

    def _check_order(self, time_ns: int) -> None:
        if self._seen and time_ns <= self._seen[-1].frame.time_ns:
            raise UsageError(f"frames must come in order of time, got {time_ns} ns after {self._seen[-1].frame.time_ns} ns")

    def _stale(self, now_ns: int | None) -> str | None:
        age_ms = 0.0 if now_ns is None else (now_ns - self._seen[-1].frame.time_ns) / NS_PER_MS
        return f"the newest frame is {age_ms:.0f} ms old" if age_ms > STALE_MS else None


def ask(
    recording: Recording | Path | str,
    question: str,
    *,
    at_s: float,
    window_s: float = 5.0,
    model: Model | str | None = None,
    send: bool = False,
    view: str | ViewMaker = "gaze",
    size: str = "448",
    fps: float = 1.0,
    frames: str = "uniform",
    budget_tokens: int | None = None,
    max_new_tokens: int = 128,
    gaze: str | None = None,
    correction: Correction | None = None,
    hands: Path | str | None = None,
) -> Iterator[str | Answer]:
    """Ask about a moment of a recording.

    Args:
        recording: an open recording, or a path.
        question: what to ask.
        at_s: the moment, in seconds from the first frame; the model sees what was before it.
        window_s: how much of that.
        model: a loaded model, or its name; None only for toy kitchen recordings.
        send: whether images may leave this machine.
        view: a name of VIEWS, or a view made by ``make_view``.
        size: side of the crop.
        fps: frames shown per second, at most where gaze decides which.
        frames: which frames are shown beside the one at the moment, a name of SAMPLINGS.
        budget_tokens: greatest number of visual tokens per frame; None for the model's usual number, where it has one.
        max_new_tokens: longest answer.
        gaze: what stands in for measured gaze, see ``foveate.predict``; None to use what was measured.
        correction: what to correct of the gaze first.
        hands: a table of the hands' boxes, see ``with_hands``; None for the recording's own, where it has any.

    Yields:
        Pieces of the answer as they come, and the whole Answer last.

    Raises:
        FoveateError: where something does not fit or cannot be read.
    """
    recording, model = opened(recording, model, send=send, gaze=gaze, correction=correction)
    recording = recording if hands is None else with_hands(recording, hands)
    budget_tokens = model.usual_tokens if budget_tokens is None else budget_tokens
    view = view_for(model, view, size=size, budget_tokens=budget_tokens)
    check_fps(fps)
    moment = _window(recording, at_s=at_s, window_s=window_s)
    # the frames are chosen below: none of them gives way to the next because the camera's interval is not quite even
    asker = Asker(model, view, fps=math.inf, window_s=window_s, camera=recording.camera, max_new_tokens=max_new_tokens)
    first_ns = int(recording.scene.time_ns[0])
    viewer = Viewer(recording, view, fps=fps, frames=frames)
    indices = np.unique(nearest(recording.scene.time_ns, _instants(viewer, moment)))
    for seen in viewer.show_frames(indices).views:
        asker.keep(replace(seen, frame=replace(seen.frame, time_ns=seen.frame.time_ns - first_ns)))
    return asker.ask(question)


def _instants(viewer: Viewer, moment: Span) -> Times:
    """When frames should be shown; always the one at the moment itself, which is asked about."""
    if viewer.frames == "uniform":  # slots end at the moment, not half a slot after their frame
        return np.arange(moment.stop_ns - 1, moment.start_ns - 1, -seconds_to_ns(1 / viewer.fps))[::-1]
    return np.append(viewer.instants(moment), moment.stop_ns - 1)


def _window(recording: Recording, *, at_s: float, window_s: float) -> Span:
    at_ns, first_ns = moment_ns(recording, at_s), int(recording.scene.time_ns[0])
    if window_s <= 0:
        raise UsageError(f"--window must be above 0 s, got {window_s:g}")
    return Span(max(first_ns, at_ns - seconds_to_ns(window_s)), at_ns + 1)
