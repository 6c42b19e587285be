"""Rendered videos: gaze where it was, crops of the right pixels, times kept, nothing half-written."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from foveate.clock import Span
from foveate.description.viewer import Viewer
from foveate.errors import RecordingError, UsageError
from foveate.geometry import Size
from foveate.recording.recording import GazeStream, Recording
from foveate.report.render import Rendered, plan, render, timetable
from foveate.video import Video
from foveate.view import make_view

FRAME = Size(160, 120)
INTERVAL_NS = 40_000_000


def ground(index: int) -> np.ndarray:
    """A frame whose level tells its number, with a bright square of 20 px at (100, 60)."""
    image = np.full((120, 160, 3), 30 + 6 * index, dtype=np.uint8)
    image[50:70, 90:110] = (250, 250, 250)
    return image


class DrawnScene:
    """Frames drawn on request; knows how far ahead it was asked."""

    size_px = FRAME
    notes: tuple[str, ...] = ()

    def __init__(self, time_ns: Sequence[int]) -> None:
        self.time_ns = np.array(time_ns, dtype=np.int64)
        self.timed_frames = len(self.time_ns)
        self.drawn = 0

    def frames(self, indices, *, boxes_px=None, sizes_px=None) -> Iterator[np.ndarray]:
        for place, index in enumerate(indices):
            self.drawn += 1
            image = ground(index)
            box = boxes_px[place] if boxes_px is not None else None
            if box is not None:
                image = image[box.top_px : box.top_px + box.height_px, box.left_px : box.left_px + box.width_px]
            yield image


def recording(time_ns: Sequence[int], *, lost: slice = slice(0, 0), point: tuple[float, float] = (100.0, 60.0)) -> Recording:
    """Gaze at 100 Hz on the bright square, lost in a stretch of samples."""
    scene = DrawnScene(time_ns)
    gaze_ns = np.arange(time_ns[0], time_ns[-1] + 1, 10_000_000)
    points, valid = np.tile(point, (len(gaze_ns), 1)), np.ones(len(gaze_ns), dtype=bool)
    points[lost], valid[lost] = np.nan, False
    loaders = {"scene": lambda: scene, "gaze": lambda: GazeStream(gaze_ns, points, valid)}
    return Recording("drawn", "test", "none", None, loaders)


EVEN = [number * INTERVAL_NS for number in range(25)]


def shown(path: Path) -> list[np.ndarray]:
    video = Video(path)
    return list(video.frames(range(len(video))))


def levels(images: Sequence[np.ndarray]) -> list[int]:
    """The number of the scene frame that each image shows, by the level of a corner."""
    return [round((float(image[-12:, -12:].mean()) - 30) / 6) for image in images]


def test_a_crop_holds_what_lies_around_gaze(tmp_path):
    done = render(recording(EVEN), tmp_path / "crop.mp4", what="crop", size_px=64)
    images = shown(done.path)
    assert done == Rendered(done.path, Size(64, 64), 25.0, 25, 0, 0, {"measured": 25})
    assert levels(images) == list(range(25))
    for image in images:
        assert image[32, 32].min() > 235, "the gazed square is in the middle"
        assert image[24:40, 24:40].min() > 220
        assert image[:16].max() < 215


@pytest.mark.parametrize(
    ("what", "size", "shape"),
    [
        ("overlay", 64, (120, 160)),
        ("side-by-side", 64, (120, 160 + 8 + 120)),
        ("crop", 1000, (120, 120)),
        ("crop", 61, (60, 60)),
    ],
)
def test_sizes_are_even_and_hold_their_panels(tmp_path, what, size, shape):
    done = render(recording(EVEN[:3]), tmp_path / "a.mp4", what=what, size_px=size)
    assert {image.shape for image in shown(done.path)} == {(*shape, 3)}
    assert done.size_px == shape[::-1]


def test_an_overlay_marks_gaze_and_crop(tmp_path):
    images = shown(render(recording(EVEN[:5]), tmp_path / "a.mp4", size_px=64).path)
    for number, image in enumerate(images):
        changed = np.abs(image.astype(int) - ground(number)).max(axis=2) > 60
        rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
        assert (columns[0], columns[-1]) == pytest.approx((68, 131), abs=2), "the box around (100, 60)"
        assert (rows[0], rows[-1]) == pytest.approx((28, 91), abs=2)
        assert changed[58:63, 98:103].any(), "the dot of the gaze"


def test_side_by_side_shows_the_crop_on_the_right(tmp_path):
    image = shown(render(recording(EVEN[:3]), tmp_path / "a.mp4", what="side-by-side", size_px=60).path)[0]
    right = image[:, 168:]
    assert right[45:75, 45:75].min() > 220, "the square of 20 px, twice as large"
    assert right[:30].max() < 100


def test_lost_gaze_is_held_then_the_centre_and_is_told(tmp_path):
    # lost from 0.2 s on: held for half a second, then the centre
    done = render(recording(EVEN, lost=slice(20, None)), tmp_path / "a.mp4", what="crop", size_px=64)
    assert sum(done.aims.values()) == 25
    assert done.aims["measured"] == pytest.approx(5, abs=1)
    assert done.aims["held"] == pytest.approx(13, abs=1)
    images = shown(done.path)
    assert images[-1][32, 32].min() < 220, "around the centre, (80, 60) ..."
    assert images[-1][40, 52].min() > 200, "... the square lies to the right"
    words = shown(render(recording(EVEN, lost=slice(20, None)), tmp_path / "b.mp4", size_px=64).path)
    assert words[-1][2, 2].max() < 40, "the words 'no gaze' on their plate"
    assert words[3][2, 2].min() > 40, "no words where gaze was measured"


def test_sparse_gaze_is_aimed_as_it_is_shown_to_a_model():
    time_ns = np.arange(30) * 33_333_333
    made = recording(time_ns)
    gaze_ns = np.arange(0, 10**9, 10**8)
    points = np.stack([np.linspace(40, 120, 10), np.full(10, 60.0)], axis=1)
    sparse = GazeStream(gaze_ns, points, np.ones(10, dtype=bool))
    made = replace(made, loaders={**made.loaders, "gaze": lambda: sparse}, _streams={})
    index, far = np.arange(30), np.zeros(30, dtype=bool)
    shots = plan(made, Size(64, 64), index, far)
    assert [shot.point_px for shot in shots] == [
        frame.aim_px for frame in Viewer(made, make_view("gaze", size="64")).show_frames(index).frames
    ]
    # the last sample is older than half a gaze interval in the frames after 0.95 s
    assert [shot.source for shot in shots] == ["measured"] * 29 + ["held"]


def test_times_are_kept_at_constant_rate(tmp_path):
    # frames 5 and 6 are missing, and one comes in between two others
    times = sorted([number * INTERVAL_NS for number in range(20) if number not in (5, 6)] + [10 * INTERVAL_NS + 5_000_000])
    done = render(recording(times), tmp_path / "a.mp4", what="crop", size_px=64)
    assert (done.fps, done.frames, done.repeated, done.left_out) == (25.0, 20, 2, 1)
    seen = levels(shown(done.path))
    instants = np.arange(20) * INTERVAL_NS
    off = np.abs(np.array(times)[seen] - instants)
    assert off.max() <= INTERVAL_NS
    assert (off == 0).sum() == 18


def test_an_instant_without_video_says_so(tmp_path):
    times = [number * INTERVAL_NS for number in (*range(10), *range(60, 70))]
    done = render(recording(times), tmp_path / "a.mp4", size_px=64)
    assert (done.frames, done.repeated, done.left_out) == (70, 50, 0)
    plate = [image[2, 2].max() < 60 and image[110, 10].max() > 80 for image in shown(done.path)]
    assert [number for number, told in enumerate(plate) if told] == list(range(22, 48)), (
        "more than half a second from any frame"
    )


def test_a_span_is_all_that_is_shown(tmp_path):
    counts = []
    done = render(
        recording(EVEN), tmp_path / "a.mp4", what="crop", span=Span(5 * INTERVAL_NS, 9 * INTERVAL_NS), progress=counts.append
    )
    assert levels(shown(done.path)) == [5, 6, 7, 8]
    assert sum(counts) == done.frames == 4


def test_frames_are_drawn_as_they_are_written(tmp_path):
    """Memory does not grow: a frame is asked for only when the one before is written."""
    made = recording(EVEN)
    ahead: list[int] = []
    written = 0

    def progress(count: int) -> None:
        nonlocal written
        written += count
        ahead.append(made.scene.drawn - written)

    render(made, tmp_path / "a.mp4", progress=progress)
    assert max(ahead) == 0
    assert written == 25


def test_ctrl_c_leaves_nothing(tmp_path):
    def stop(count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render(recording(EVEN), tmp_path / "a.mp4", progress=stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("how", "kind", "message"),
    [
        ({"what": "heat"}, UsageError, "rendered as overlay, crop, side-by-side, got 'heat'"),
        ({"size_px": 1}, UsageError, "at least 2 px"),
        ({"span": Span(10**12, 10**12 + 1)}, UsageError, r"span holds no frame; the scene has frames from 0.000 s to 0.960 s"),
    ],
    ids=["what", "size", "span"],
)
def test_what_cannot_be_rendered(tmp_path, how, kind, message):
    with pytest.raises(kind, match=message):
        render(recording(EVEN), tmp_path / "a.mp4", **how)
    assert list(tmp_path.iterdir()) == []


def test_a_recording_without_gaze_says_so_and_writes_nothing(tmp_path):
    made = recording(EVEN)
    blind = Recording("blind", "test", "none", None, {"scene": made.loaders["scene"]})
    with pytest.raises(RecordingError, match="no gaze stream"):
        render(blind, tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []


def test_one_frame_is_a_video_too(tmp_path):
    _, index, far = timetable(np.array([7]), None)
    assert (index.tolist(), far.tolist()) == ([0], [False])
    assert render(recording([7]), tmp_path / "a.mp4").frames == 1
