"""The gaze of the time before a frame, as points of that frame."""

import numpy as np
import pytest

from foveate import open_recording
from foveate.errors import UsageError
from foveate.gaze.aggregate import aggregate
from foveate.gaze.patches import whole
from foveate.gaze.target import target_on
from foveate.geometry import Size
from foveate.recording.recording import GazeStream
from foveate.toykitchen.scene import DrawnScene, frame_times
from gaze.pictures import texture
from shared_data import shared

SIZE = Size(360, 270)
STEP_PX = np.array([2, -1])
"""What is seen moves so from frame to frame."""
TEXTURE = texture(11)


class Panned(DrawnScene):
    """Two seconds of a texture that moves by STEP_PX a frame; remembers what was asked for."""

    def __init__(self, *, hidden_from: int | None = None) -> None:
        """With ``hidden_from`` something lies before the middle of the picture from that frame on."""
        self.asked: list[int] = []
        self._hidden_from = hidden_from
        super().__init__(self._picture, size_px=SIZE, time_ns=frame_times(2.0, 30.0))

    def _picture(self, time_ns, size_px, box_px):
        index = round(time_ns * 30 / 1e9)
        left, top = 200 - STEP_PX * index
        image = TEXTURE[top : top + 270, left : left + 360].copy()
        if self._hidden_from is not None and index >= self._hidden_from:
            image[85:185, 130:230] = texture(99)[:100, :100]
        return np.repeat(image[..., None], 3, axis=2)

    def frames(self, indices, **kwargs):
        self.asked += indices
        return super().frames(indices, **kwargs)


def gaze_on(scene, start_px=(100.0, 160.0), *, hz=200, lost=(), still=False) -> GazeStream:
    """Gaze that rests on one spot of what is seen: every point of a window lies at one place of its last frame."""
    time_ns = np.arange(10**6, 2 * 10**9, 10**9 // hz)  # no sample lies midway between two frames
    frame = np.clip(np.round(time_ns * 30 / 1e9), 0, 59)[:, None]
    point = np.array(start_px) + (0 if still else 1) * frame * STEP_PX
    valid = ~np.isin(np.arange(len(time_ns)), lost)
    point[~valid] = np.nan
    return GazeStream(time_ns, point, valid)


@pytest.mark.parametrize("check", ["local", "whole_frame", None])
@pytest.mark.parametrize(("samples", "count"), [("frame", 6), ("all", 40)])
def test_points_of_one_spot_meet_where_it_is(check, samples, count):
    scene = Panned()
    gaze = gaze_on(scene)
    for window in aggregate(gaze, scene, [20, 30], check=check, samples=samples):
        assert len(window) == pytest.approx(count, abs=count // 20)
        there = np.array([100, 160]) + window.index * STEP_PX
        assert np.abs(window.point_px - there).max() < 0.3
        assert (window.lost, window.occluded, window.beyond) == (0, 0, 0)
        assert np.all(np.diff(window.age_ns) < 0), "the oldest first"
        assert window.age_ns[0] > 160e6
        assert window.age_ns[0] <= 200e6


def test_a_frame_alone_keeps_its_gaze_and_decodes_nothing():
    scene = Panned()
    (window,) = aggregate(gaze_on(scene), scene, [30], window_ms=33)
    assert window.point_px == pytest.approx(np.array([[160.0, 130.0]]))
    assert not scene.asked


def test_the_window_ends_at_the_start_of_the_video():
    (window,) = aggregate(gaze_on(scene := Panned()), scene, [2])
    assert len(window) == 3


@pytest.mark.parametrize("samples", ["frame", "all"])
def test_what_is_hidden_is_dropped_and_counted(samples):
    scene = Panned(hidden_from=28)
    # at frame 30 the point is at (180, 130): behind what came at frame 28
    windows = list(aggregate(gaze_on(scene, (120.0, 160.0)), scene, [27, 30, 50], samples=samples))
    assert [window.occluded > 0 for window in windows] == [False, True, False]
    hidden = windows[1]
    if samples == "frame":
        assert hidden.occluded == 3
        assert hidden.age_ns.max() < 80e6, "what was seen before the thing came is dropped"
    assert len(hidden) + hidden.occluded == len(windows[0])


def test_the_paper_rule_does_not_see_it_and_none_is_asked_for():
    scene = Panned(hidden_from=28)
    for check in ("whole_frame", None):
        (window,) = aggregate(gaze_on(scene, (120.0, 160.0)), scene, [30], check=check)
        assert (len(window), window.occluded) == (6, 0)


def test_lost_samples_are_counted():
    scene = Panned()
    gaze = gaze_on(scene, lost=range(177, 190))  # .886 .. .946 s: frames 27 and 28 have none near them
    (by_frame,) = aggregate(gaze, scene, [30])
    assert (len(by_frame), by_frame.lost) == (4, 2)
    (by_sample,) = aggregate(gaze, scene, [30], samples="all")
    assert (len(by_sample), by_sample.lost) == (27, 13)


def test_nothing_valid_makes_a_masked_target_and_decodes_nothing():
    scene = Panned()
    (window,) = aggregate(gaze_on(scene, lost=range(400)), scene, [30])
    assert (len(window), window.lost) == (0, 6)
    assert window.point_px.shape == (0, 2)
    assert not target_on(window.point_px, whole((9, 12), (270, 360))).valid
    assert not scene.asked


@pytest.mark.parametrize(
    ("start_px", "beyond"),
    [
        pytest.param((-60.0, 160.0), 5, id="looked at beyond the frame"),  # x = -10 .. -2 in frames 25 .. 29, then 0
        pytest.param((280.0, 160.0), 0, id="inside to the end"),  # 330 .. 340
    ],
)
def test_points_beyond_the_frame_are_counted(start_px, beyond):
    scene = Panned()
    (window,) = aggregate(gaze_on(scene, start_px), scene, [30])
    assert window.beyond == beyond
    assert len(window) + window.beyond + window.occluded == 6


@pytest.mark.parametrize("indices", [range(10, 60, 10), range(10, 60), [59]])
def test_no_frame_is_decoded_twice(indices):
    scene = Panned()
    list(aggregate(gaze_on(scene), scene, indices, check=None))
    assert len(scene.asked) == len(set(scene.asked))
    assert set(scene.asked) == {frame for index in indices for frame in range(index - 5, index + 1)}


def test_frames_without_gaze_are_not_decoded():
    scene = Panned()
    list(aggregate(gaze_on(scene, lost=range(177, 190)), scene, [30]))
    assert scene.asked == [25, 26, 29, 30]


def test_every_sample_belongs_to_a_frame_where_frames_are_uneven():
    scene = Panned()
    rng = np.random.default_rng(0)
    scene.time_ns = scene.time_ns + rng.integers(-8, 8, len(scene.time_ns)) * 10**6
    (last,) = aggregate(gaze_on(scene), scene, [30], samples="all", check=None, window_ms=500)
    assert np.all(np.diff(last.age_ns) == -5_000_000), "no sample between two frames is left out"


def test_progress_is_told():
    told = []
    list(aggregate(gaze_on(scene := Panned()), scene, [10, 20], progress=lambda done, of: told.append((done, of))))
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("indices", "options", "message"),
    [
        pytest.param([5, 5], {}, "strictly increasing", id="twice"),
        pytest.param([-1], {}, "from 0 to 59", id="before"),
        pytest.param([60], {}, "from 0 to 59", id="behind"),
        pytest.param([5], {"window_ms": 0}, "window_ms must be positive and finite, got 0", id="window"),
        pytest.param([5], {"window_ms": float("nan")}, "got nan", id="no window"),
        pytest.param([5], {"check": "locl"}, "did you mean 'local'; allowed: local, whole_frame, None", id="check"),
        pytest.param([5], {"samples": "both"}, "'frame' or 'all', got 'both'", id="samples"),
    ],
)
def test_wrong_arguments_are_told_at_once(indices, options, message):
    scene = Panned()
    with pytest.raises(UsageError, match=message):
        aggregate(gaze_on(scene), scene, indices, **options)


def test_no_frames_bring_nothing():
    assert list(aggregate(gaze_on(scene := Panned()), scene, [])) == []


def test_neon_sample():
    recording = open_recording(shared("neon_multi_part"))
    windows = list(aggregate(recording.gaze, recording.scene, [60, 120]))
    for window in windows:
        assert len(window) + window.lost + window.occluded + window.beyond == 6
        assert np.isfinite(window.point_px).all()
    assert sum(map(len, windows)) > 6
