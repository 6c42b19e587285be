"""What foveate check measures, on gaze whose noise, losses and clocks are known."""

import json
from dataclasses import replace

import numpy as np
import pytest

from drawn import DrawnScene, drawn_recording
from foveate.clock import usual_interval_ns
from foveate.errors import UsageError
from foveate.gaze.fixation import ivt
from foveate.gaze.loss import loss, missing, pauses
from foveate.gaze.precision import precision
from foveate.gaze.quality import measure
from foveate.geometry import Camera, Size
from foveate.recording import open_recording
from foveate.recording.eye_events import EyeEvents
from foveate.recording.recording import GazeStream, Recording
from writers.neon import write_neon
from writers.table import write_table

MS = 1_000_000
FRAME = Size(1600, 1200)
CAMERA = Camera(np.array([[900.0, 0, 800], [0, 900.0, 600], [0, 0, 1]]), np.zeros(5), FRAME)
SINCE_1970_NS = 1_728_546_105_870_000_001


def noisy(*, hz: float = 200.0, seconds: float = 30.0, noise_px: float = 0.0, seed: int = 5, at=(800.0, 600.0)) -> GazeStream:
    """A constant point with white noise of one deviation on both axes."""
    n = round(seconds * hz)
    time_ns = SINCE_1970_NS + np.round(np.arange(n) * 1e9 / hz).astype(np.int64)
    point = np.array(at) + np.random.default_rng(seed).normal(0, noise_px, (n, 2))
    return GazeStream(time_ns, point, np.ones(n, dtype=np.bool_))


def without(gaze: GazeStream, lost: np.ndarray) -> GazeStream:
    """The same, samples at the indices without a point."""
    valid, point = gaze.valid.copy(), gaze.point_px.copy()
    valid[lost], point[lost] = False, np.nan
    return replace(gaze, valid=valid, point_px=point)


def rows(gaze: GazeStream, kept: np.ndarray) -> GazeStream:
    return GazeStream(gaze.time_ns[kept], gaze.point_px[kept], gaze.valid[kept])


def recording(gaze: GazeStream | None, *, frame_ms=None, format: str = "drawn", **streams: object) -> Recording:
    if frame_ms is not None:
        times = SINCE_1970_NS + np.round(np.array(frame_ms) * MS).astype(np.int64)
        streams["scene"] = DrawnScene(times, FRAME)
    if gaze is not None:
        streams["gaze"] = gaze
    return Recording("made", format, "none", None, {name: lambda value=value: value for name, value in streams.items()})


@pytest.mark.parametrize("hz", [50, 100, 200])
@pytest.mark.parametrize("noise_px", [0.5, 2.0])
def test_precision_of_known_noise_in_pixels(hz, noise_px):
    measured = precision(noisy(hz=hz, noise_px=noise_px, seconds=60), camera=None, frame_size_px=FRAME)
    assert measured.unit == "px"
    assert len(measured) == pytest.approx(60 / 0.2, abs=2)
    # white noise: sample-to-sample distances have the variance 2 on either axis, the spread 1
    assert np.sqrt(np.mean(measured.rms_s2s**2)) == pytest.approx(2 * noise_px, rel=0.03)
    assert np.sqrt(np.mean(measured.sd**2)) == pytest.approx(np.sqrt(2) * noise_px, rel=0.03)


@pytest.mark.parametrize("at", [(800.0, 600.0), (1300.0, 300.0)], ids=["middle", "corner"])
def test_precision_in_degrees_is_that_of_the_rays(at):
    noise_deg = 0.1
    azimuth, elevation = CAMERA.degrees(np.array([at]))[0]
    rng = np.random.default_rng(2)
    jitter = rng.normal(0, noise_deg, (12_000, 2)) / np.array([np.cos(np.radians(elevation)), 1.0])
    gaze = noisy(seconds=60)
    gaze = replace(gaze, point_px=CAMERA.from_degrees(np.array([azimuth, elevation]) + jitter))
    measured = precision(gaze, camera=CAMERA, frame_size_px=FRAME)
    assert measured.unit == "deg"
    assert np.median(measured.rms_s2s) == pytest.approx(2 * noise_deg, rel=0.03)
    assert np.median(measured.sd) == pytest.approx(np.sqrt(2) * noise_deg, rel=0.03)


def test_precision_leaves_saccades_out():
    gaze = noisy(noise_px=1.0)
    jump = (np.arange(len(gaze)) // 150 % 2)[:, None] * np.array([300.0, 0.0])  # 18 degrees, every 750 ms
    still, jumping = (
        precision(g, camera=CAMERA, frame_size_px=FRAME) for g in (gaze, replace(gaze, point_px=gaze.point_px + jump))
    )
    assert jumping.fixations == 40
    assert np.median(jumping.sd) == pytest.approx(np.median(still.sd), rel=0.05)
    assert jumping.sd.max() < 1.5 * still.sd.max()


@pytest.mark.parametrize(
    ("gaze", "camera", "size", "reason"),
    [
        pytest.param(noisy(hz=10), CAMERA, FRAME, "every 100 ms, too rarely", id="10 Hz"),
        pytest.param(noisy(), None, None, "neither the camera's calibration nor the frame's size", id="no-degrees"),
        pytest.param(without(noisy(seconds=1), np.arange(200)), CAMERA, FRAME, "too few valid samples", id="all-lost"),
        pytest.param(noisy(noise_px=400.0), CAMERA, FRAME, "never rests", id="restless"),
    ],
)
def test_precision_says_why_it_cannot_tell(gaze, camera, size, reason):
    measured = precision(gaze, camera=camera, frame_size_px=size)
    assert len(measured) == 0
    assert reason in measured.reason


def test_ivt_finds_fixations_and_never_spans_a_loss():
    time_ns = SINCE_1970_NS + np.arange(200) * 5 * MS
    time_ns[100:] += 300 * MS
    point = np.zeros((200, 2))
    point[50:] = 10.0
    found = ivt(point, time_ns, threshold_per_s=30.0)
    # within 25 ms of the jump between samples 49 and 50 it is fast
    assert [(s.start, s.stop) for s in found] == [(0, 45), (55, 100), (100, 200)]
    with pytest.raises(UsageError, match="threshold_per_s must be positive, got 0"):
        ivt(point, time_ns, threshold_per_s=0)


INTERVALS = {
    # intervals in ms -> usual one, rows missing
    "even": ([5] * 40, 5.0, 0),
    "Invisible: 4, 4, 4, 8 is 200 Hz": ([4, 4, 4, 8] * 20, 5.0, 0),
    "one missing": ([5] * 20 + [10] + [5] * 20, 5.0, 1),
    "nine missing": ([5] * 20 + [50] + [5] * 20, 5.0, 9),
    "one in ten missing": (([5] * 8 + [10]) * 10, 5.0, 10),
    "a camera that frames every 50 ms are put before": ([50] * 28 + [32, 33, 35] * 160, 100 / 3, 0),
    "one sample": ([], 0.0, 0),
}


@pytest.mark.parametrize(("interval_ms", "usual_ms", "lost"), INTERVALS.values(), ids=INTERVALS.keys())
def test_usual_interval_and_missing_rows(interval_ms, usual_ms, lost):
    time_ns = SINCE_1970_NS + np.cumsum([0, *interval_ms]).astype(np.int64) * MS
    assert usual_interval_ns(time_ns) == pytest.approx(usual_ms * MS)
    assert missing(time_ns) == lost


def test_losses_are_counted_by_reason():
    gaze = noisy(seconds=10)
    gaze = without(gaze, np.arange(100, 160))
    valid = gaze.valid.copy()
    valid[300:310] = False  # a point that the tracker does not trust
    kept = np.ones(len(gaze), dtype=np.bool_)
    kept[500:520] = False
    kept[1000:1200] = False  # a whole second without rows
    gaze = rows(replace(gaze, valid=valid), kept)
    lost = loss(gaze, tells_worn=False)
    assert (lost.due, lost.valid, lost.no_point, lost.marked, lost.not_worn, lost.no_row) == (1800, 1710, 60, 10, 0, 20)
    assert lost.share == pytest.approx(90 / 1800)
    assert lost.silent_s == pytest.approx(1.005)
    worn = loss(gaze, tells_worn=True)
    assert (worn.marked, worn.not_worn) == (0, 10)
    between = pauses(gaze)
    assert between.duration_ms.tolist() == pytest.approx([305, 55, 105, 1005])
    assert between.is_blinklike.tolist() == [True, False, True, False]
    assert between.is_long.tolist() == [False, False, False, True]
    assert between.is_silent.tolist() == [False, False, True, True]


def test_rate_and_jitter():
    gaze = noisy(seconds=20)
    time_ns = gaze.time_ns + np.round(np.random.default_rng(1).normal(0, 0.2 * MS, len(gaze))).astype(np.int64)
    gaze = without(replace(gaze, time_ns=time_ns), np.arange(1000, 2000))
    rate = measure(recording(gaze)).rate
    assert rate is not None
    assert rate.nominal_hz == pytest.approx(200, rel=1e-3)
    assert rate.samples_hz == pytest.approx(200, rel=1e-3)
    assert rate.valid_hz == pytest.approx(150, rel=1e-3)
    assert rate.jitter_ms == pytest.approx(0.2 * np.sqrt(2), rel=0.05)


def test_gaps_count_from_the_first_frame():
    gaze = without(noisy(seconds=5), np.r_[200:400, 600:680])
    quality = measure(recording(gaze, frame_ms=np.arange(-1000, 5000, 40)))
    (gap,) = quality.gaps
    assert (gap.start_s, gap.duration_s, gap.silent) == (pytest.approx(1.995), pytest.approx(1.005), False)
    assert quality.blinks is not None
    assert (quality.blinks.losses, quality.blinks.total_s) == (1, pytest.approx(0.405))


def test_frames_without_gaze_and_offsets():
    gaze = without(noisy(seconds=2), np.arange(100, 200))  # 0.5 to 1 s
    point = gaze.point_px.copy()
    point[:3] = [-1.0, 5.0], [1600.0, 5.0], [0.0, 1199.5]
    frames = measure(recording(replace(gaze, point_px=point), frame_ms=np.arange(-200, 2400, 40))).frames
    assert frames is not None
    assert (frames.timed, frames.before_gaze, frames.after_gaze) == (65, 5, 9)
    assert frames.without_gaze == 5 + 9 + 12  # of 520 to 960 ms
    assert frames.farthest_ms == 20
    assert (frames.start_offset_ms, frames.stop_offset_ms) == (pytest.approx(200), pytest.approx(-365))
    assert frames.outside == 2


def test_gaps_of_the_videos_clock():
    clock = measure(recording(None, frame_ms=[0, 40, 80, 120, 280, 320, 360, 440, 480, 520])).frame_clock
    assert clock is not None
    assert (clock.fps, clock.gaps, clock.lost, clock.longest_ms) == (pytest.approx(25), 2, 4, 160)
    assert clock.jitter_ms == 0


def test_blinks_of_the_vendor_hold_samples_that_are_no_gaze():
    start_ns = SINCE_1970_NS + np.array([100, 500]) * 5 * MS
    found = EyeEvents(start_ns, start_ns + 200 * MS, np.array([1, 2]))
    gaze = without(noisy(seconds=5), np.arange(500, 510))
    blinks = measure(recording(gaze, blinks=found)).blinks
    assert blinks is not None
    assert (blinks.found, blinks.valid_inside) == (2, 40 + 30)


@pytest.mark.parametrize(
    ("format", "notes", "unworn_s"),
    [
        pytest.param("neon", (), 0.5, id="told"),
        pytest.param("neon", ("worn ps1.raw is missing: every sample counts as worn",), None, id="its-file-is-missing"),
        pytest.param("table", (), None, id="not-told"),
    ],
)
def test_unworn_time_only_where_the_device_tells(format, notes, unworn_s):
    gaze = noisy(seconds=5)
    gaze = replace(gaze, valid=np.arange(len(gaze)) >= 100, notes=notes)
    assert measure(recording(gaze, format=format)).unworn_s == (None if unworn_s is None else pytest.approx(unworn_s))


def test_worn_is_unknown_where_a_neon_folder_lacks_it(tmp_path):
    folder = write_neon(tmp_path / "rec")
    assert measure(open_recording(folder)).unworn_s == 0.0
    for file in folder.glob("worn*"):
        file.unlink()
    assert measure(open_recording(folder)).unworn_s is None


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda _: drawn_recording(lost_s=(2.0, 3.0)), id="drawn"),
        pytest.param(lambda _: recording(noisy(seconds=1)), id="no-scene"),
        pytest.param(lambda _: recording(None, frame_ms=[0, 40, 80]), id="no-gaze"),
        pytest.param(lambda _: recording(without(noisy(seconds=1), np.arange(200)), frame_ms=[0, 40]), id="all-lost"),
        pytest.param(lambda _: recording(noisy(hz=1, seconds=1), frame_ms=[0]), id="one-of-each"),
        pytest.param(lambda folder: open_recording(write_table(folder / "rec")), id="table"),
    ],
)
def test_json_has_the_same_keys_whatever_is_missing(made, tmp_path):
    told = json.loads(json.dumps(measure(made(tmp_path)).to_dict(), allow_nan=False))
    keys = ["recording", "loss", "rate", "precision", "gaps", "blinks", "unworn_s", "frames", "frame_clock"]
    assert list(told) == keys
