"""What a line of a Run was shown, made again from its recording: gaze, aims, regions and pixels, without any model.

All is worked out anew but the sizes of images: these follow from a model's budget, and are taken from the line.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from foveate.clock import Span, Times, seconds_to_ns
from foveate.description.viewer import Shown, timed_images
from foveate.errors import UsageError
from foveate.evaluation.content import content_of
from foveate.evaluation.opener import Opener
from foveate.evaluation.ways import MOMENTS, Way
from foveate.geometry import Box, Size
from foveate.model.model import TimedImage
from foveate.recording.recording import Recording
from foveate.run import Run, RunLine
from foveate.view import Frame, Glimpse, ViewMaker, make_view


class Remaker:
    """Makes again what lines of one Run were shown; the last few recordings stay open."""

    def __init__(self, run: Run) -> None:
        """Nothing is opened yet.

        Args:
            run: made by ``foveate evaluate``.
        """
        self._ways = {name: Way.from_json(told) for name, told in run.facts["shown"].items()}
        donors = {name: donor for told in run.facts["shown"].values() for name, donor in told.get("donors", {}).items()}
        self._opener = Opener(run.facts["recordings"], donors)

    def recording(self, line: RunLine) -> Recording:
        """The recording of a line, with its gaze as the line's way of showing had it.

        Raises:
            RecordingError: where it is not there any more.
        """
        return self._opener.seen(line.recording, self._ways[line.shown])

    def content(self, name: str) -> dict[str, str]:
        """Checksums of what the views of a recording are made of now.

        Raises:
            RecordingError: where it is not there any more.
        """
        return content_of(self._opener.plain(name))

    def shown(self, line: RunLine) -> Shown:
        """The views of a line, and what is known of each frame.

        Raises:
            RecordingError, VideoError: where the recording is not there any more, or cannot be decoded.
            UsageError: where other frames would be shown now than then.
        """
        return self.made(line)[0]

    def images(self, line: RunLine) -> tuple[TimedImage, ...]:
        """The images of a line, in order of time, as the model was given them; empty where it was given none.

        Raises:
            RecordingError, VideoError, UsageError: as ``shown``.
        """
        return self.made(line)[1]

    def made(self, line: RunLine) -> tuple[Shown, tuple[TimedImage, ...]]:
        """Both, decoded once.

        Raises:
            RecordingError, VideoError, UsageError: as ``shown``.
        """
        maker = self._maker(line)
        if maker is None:
            return Shown((), (), {}), ()
        recording = self.recording(line)
        first_ns = int(recording.scene.time_ns[0])
        span = Span(first_ns + seconds_to_ns(line.start_s), first_ns + seconds_to_ns(line.stop_s))
        way = self._ways[line.shown]
        viewer = self._opener.viewer(line.recording, maker, way, span)
        shown = viewer.show(span) if way.frames != MOMENTS else viewer.show(span, at_ns=_moments(recording, line))
        return shown, timed_images(shown.views, maker, first_ns=first_ns)

    def _maker(self, line: RunLine) -> ViewMaker | None:
        """The view of a line, which gives every frame the sizes that it had."""
        way = self._ways[line.shown]
        if way.view is None:
            return None
        sized = [make_view(way.view, size=way.size, fit=Sizes(frame.sizes_px), **way.options) for frame in line.frames]
        # of spans of which nothing could be shown a maker is needed as well, for what it asks to know of gaze
        plain = sized[0] if sized else make_view(way.view, size=way.size, **way.options)
        first_ns = int(self.recording(line).scene.time_ns[0])
        of_time = {first_ns + seconds_to_ns(frame.time_s): each for frame, each in zip(line.frames, sized, strict=True)}

        def plan(frame: Frame) -> tuple[Glimpse, ...]:
            if frame.time_ns not in of_time:
                at_s = (frame.time_ns - first_ns) / 1e9
                raise UsageError(f"{line.sample} would now show the frame at {at_s:.3f} s, which it did not show then")
            return of_time[frame.time_ns].plan(frame)

        return replace(plain, plan=plan)


def _moments(recording: Recording, line: RunLine) -> Times:
    """When the frames of a line were.

    Raises:
        UsageError: where the recording has become shorter.
    """
    time_ns = recording.scene.time_ns
    indices = [frame.index for frame in line.frames]
    if max(indices, default=0) >= len(time_ns):
        raise UsageError(f"{line.sample} showed frame {max(indices)}, and {recording.name} has {len(time_ns)} frames now")
    return time_ns[indices]


def images_of(run: Run, line: RunLine) -> tuple[TimedImage, ...]:
    """The images of one line; for many lines keep a ``Remaker``."""
    return Remaker(run).images(line)


@dataclass(frozen=True)
class Sizes:
    """A fit that gives back the sizes that the images of one frame had."""

    sizes_px: tuple[Size, ...]
    """Of the images of the frame, in order."""

    def __call__(self, region_px: Size) -> Size:
        return self.sizes_px[0]

    def together(self, regions_px: Sequence[Size], shares: Sequence[float]) -> tuple[Size, ...]:
        return self.sizes_px

    def nested(self, boxes_px: Sequence[Box], frame_px: Size) -> tuple[Size, ...]:
        return self.sizes_px
