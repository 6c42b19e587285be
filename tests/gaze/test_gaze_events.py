"""Fixations, saccades and blinks of recordings whose eyes are known."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from foveate.clock import Span
from foveate.errors import RecordingError, UsageError
from foveate.gaze.blink import blinks
from foveate.gaze.events import DETECTORS, calm_deg_per_s, detect
from foveate.gaze.events_agreement import agreement
from foveate.gaze.events_path import gaze_path, lens
from foveate.gaze.events_table import summary
from foveate.gaze.head_motion_imu import GYROSCOPE
from foveate.geometry import Camera, Size
from foveate.recording import open_recording
from foveate.recording.eye_events import EyeEvents
from foveate.recording.recording import GazeStream, Recording
from foveate.recording.signals import Signals
from foveate.recording.unseen import UnseenScene
from foveate.toykitchen import World
from shared_data import shared

MS = 1_000_000
START_NS = 1_700_000_000_000_000_000
SIZE = Size(1000, 800)
FOCAL_PX = 600.0
CAMERA = Camera(np.array([[FOCAL_PX, 0, 500], [0, FOCAL_PX, 400], [0, 0, 1]]), np.zeros(5), SIZE)


def recording(gaze: GazeStream, **streams: object) -> Recording:
    loaded = {"gaze": gaze, "camera": CAMERA} | {name: stream for name, stream in streams.items() if stream is not None}
    if streams.get("camera", CAMERA) is None:
        del loaded["camera"]
    return Recording("made", "made", "a tracker", None, {name: lambda s=stream: s for name, stream in loaded.items()})


def rests(*, lost: tuple[Span, ...] = (), noise_deg: float = 0.02, jump_deg: float = 6.0) -> GazeStream:
    """Four rests of 400 ms, the eyes jumping to the right between them in 34 ms, at 200 Hz."""
    time_ms = np.arange(0, 1700, 5.0)
    place = np.interp(time_ms, [400, 434, 834, 868, 1268, 1302], jump_deg * np.array([0, 1, 1, 2, 2, 3]))
    angle = np.stack([place - 9, np.full_like(place, 2.0)], axis=1)
    point = CAMERA.from_degrees(angle + np.random.default_rng(5).normal(0, noise_deg, angle.shape))
    time_ns = START_NS + np.round(time_ms * MS).astype(np.int64)
    valid = np.ones(len(time_ns), dtype=bool)
    for span in lost:
        valid[span.of(time_ns)] = False
    point[~valid] = np.nan
    return GazeStream(time_ns, point, valid)


def spans_ms(events: EyeEvents) -> list[tuple[int, int]]:
    return [
        (round((a - START_NS) / MS), round((b - START_NS) / MS)) for a, b in zip(events.start_ns, events.stop_ns, strict=True)
    ]


def span(start_ms: int, stop_ms: int) -> Span:
    return Span(START_NS + start_ms * MS, START_NS + stop_ms * MS)


@pytest.mark.parametrize("detector", list(DETECTORS))
def test_rests_and_jumps_are_found(detector):
    found = detect(recording(rests()), detector=detector)
    wanted = [(0, 400), (434, 834), (868, 1268), (1302, 1700)]
    assert np.abs(np.subtract(spans_ms(found.fixations), wanted)).max() <= 15
    assert np.abs(np.subtract(spans_ms(found.saccades), [(400, 434), (834, 868), (1268, 1302)])).max() <= 15
    assert found.source == {"fixations": detector, "saccades": "ivt", "blinks": "loss"}
    values = found.fixations.values
    assert values["x_deg"] == pytest.approx([-9, -3, 3, 9], abs=0.2)
    assert values["y_deg"] == pytest.approx([2] * 4, abs=0.05)
    assert (values["dispersion_deg"] < 1.0).all()
    assert found.saccades.values["amplitude_deg"] == pytest.approx([6] * 3, abs=0.3)
    assert found.saccades.values["peak_deg_per_s"] == pytest.approx([6 / 0.034] * 3, rel=0.15)
    assert found.fixations.point_px is not None
    assert CAMERA.degrees(found.fixations.point_px)[:, 0] == pytest.approx([-9, -3, 3, 9], abs=0.2)


def test_a_blink_of_the_vendor_cuts_a_fixation_and_a_short_loss_does_not():
    blink = span(600, 640)
    told = EyeEvents(np.array([blink.start_ns]), np.array([blink.stop_ns]), np.array([1]))
    whole = detect(recording(rests(lost=(blink,))))
    cut = detect(recording(rests(), blinks=told))
    assert (len(whole.fixations), len(whole.blinks)) == (4, 0)
    assert (len(cut.fixations), cut.blinks) == (5, told)
    assert cut.source["blinks"] == "vendor"


def test_blinks_are_losses_that_are_as_long_as_one():
    gaze = rests(lost=(span(100, 140), span(500, 700), span(900, 1450)))
    found, source = blinks(recording(gaze))
    assert source == "loss"
    assert spans_ms(found) == [(495, 700)]


def test_unsure_samples_count_as_lost():
    gaze = rests()
    sure = np.where(span(500, 700).of(gaze.time_ns).start <= np.arange(len(gaze)), 0.2, 0.9)
    sure[span(700, 9000).of(gaze.time_ns)] = 0.9
    doubtful = GazeStream(gaze.time_ns, gaze.point_px, gaze.valid, sure)
    assert len(blinks(recording(doubtful))[0]) == 0
    assert spans_ms(blinks(recording(doubtful), min_confidence=0.6)[0]) == [(495, 700)]
    assert len(detect(recording(doubtful), min_confidence=0.6).path) == len(gaze) - 40


def test_the_threshold_rises_with_noise_and_not_with_saccades():
    calm = calm_deg_per_s(gaze_path(recording(rests())))
    noisy = calm_deg_per_s(gaze_path(recording(rests(noise_deg=0.5))))
    assert calm == 30.0
    assert 60 < noisy < 300
    found = detect(recording(rests(noise_deg=0.5)))
    assert found.threshold == noisy
    assert any(note.startswith(f"threshold: {noisy:.0f} deg/s") for note in found.notes)


def test_vendor_fixations_are_the_same_noun_with_our_measures():
    told = EyeEvents(
        np.array([START_NS, START_NS + 434 * MS]), np.array([START_NS + 400 * MS, START_NS + 834 * MS]), np.array([7, 8])
    )
    found = detect(recording(rests(), fixations=told), vendor=True)
    assert found.source == {"fixations": "vendor", "saccades": "ivt", "blinks": "loss"}
    assert found.fixations.number.tolist() == [7, 8]
    assert found.fixations.values["x_deg"] == pytest.approx([-9, -3], abs=0.2)
    assert found.fixations.point_px is not None
    assert CAMERA.degrees(found.fixations.point_px)[:, 0] == pytest.approx([-9, -3], abs=0.2)


def test_vendor_saccades_and_a_fixation_without_samples():
    fixations = EyeEvents(np.array([START_NS - 500 * MS]), np.array([START_NS - 100 * MS]), np.array([1]))
    jumps = EyeEvents(np.array([START_NS + 395 * MS]), np.array([START_NS + 445 * MS]), np.array([1]))
    found = detect(recording(rests(), fixations=fixations, saccades=jumps), vendor=True)
    assert found.source["saccades"] == "vendor"
    assert found.saccades.values["amplitude_deg"] == pytest.approx([6], abs=0.3)
    assert np.isnan([found.fixations.values["x_deg"][0], found.fixations.values["dispersion_deg"][0]]).all()


@pytest.mark.parametrize(
    ("device", "field_deg", "wide"),
    [("a tracker", None, 90.0), ("Tobii Pro Glasses 3 (TG03)", None, 95.0), ("a tracker", 60.0, 60.0)],
    ids=["usual", "by its maker", "as told"],
)
def test_without_a_calibration_a_lens_is_assumed_and_told(device, field_deg, wide):
    bare = Recording("made", "made", device, None, {"unseen_scene": lambda: UnseenScene(SIZE, None)})
    camera, said = lens(bare, field_deg=field_deg)
    assert camera.degrees(np.array([[0.0, 400], [750.0, 400]]))[:, 0] == pytest.approx([-wide / 2, wide / 4])
    assert f"taken to be {wide:g} degrees wide" in said


def test_samples_that_are_doubled_few_or_none():
    empty = GazeStream(np.empty(0, np.int64), np.empty((0, 2)), np.empty(0, bool))
    found = detect(recording(empty))
    assert (len(found.fixations), len(found.saccades), len(found.blinks)) == (0, 0, 0)
    gaze = rests()
    twice = GazeStream(np.repeat(gaze.time_ns, 2), np.repeat(gaze.point_px, 2, axis=0), np.repeat(gaze.valid, 2))
    assert spans_ms(detect(recording(twice)).fixations) == spans_ms(detect(recording(gaze)).fixations)


@pytest.mark.parametrize(
    ("share", "told"), [(1.0, ()), (0.5, ("170 of 340 gaze samples lie before or after the IMU",))], ids=["all", "half"]
)
def test_gaze_beyond_the_imu_is_told(share, told):
    gaze = rests()
    time_ns = gaze.time_ns[: round(share * len(gaze))].copy()
    still = Signals(time_ns, {name: np.zeros(len(time_ns)) for name in GYROSCOPE})
    beyond = tuple(note for note in gaze_path(recording(gaze, imu=still)).notes if "before or after" in note)
    assert len(beyond) == len(told)
    assert all(note.startswith(start) for note, start in zip(beyond, told, strict=True))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"detector": "ivd"}, "there is no detector 'ivd'; did you mean 'ivt'; allowed: ivt, idt", id="detector"),
        pytest.param({"threshold": 0.0}, "the threshold of ivt is a positive number of deg/s, got 0", id="threshold"),
        pytest.param({"detector": "idt", "threshold": -1.0}, "positive number of deg, got -1", id="threshold of idt"),
        pytest.param({"head": "neck"}, "head must be one of auto, imu, flow, none, got 'neck'", id="head"),
        pytest.param({"head": "IMU"}, "got 'IMU'; did you mean 'imu'", id="head in capitals"),
        pytest.param({"head": "imu"}, "made: there is no IMU", id="no IMU"),
        pytest.param({"head": "flow"}, "needs the scene video, which made lacks", id="no video"),
        pytest.param({"field_deg": 400.0}, "between 10 and 180 degrees, got 400", id="field"),
        pytest.param({"merge_ms": -1.0}, "merge_ms must be 0 or more, got -1", id="merge"),
        pytest.param({"min_duration_ms": float("nan")}, "min_duration_ms must be 0 or more, got nan", id="duration"),
    ],
)
def test_options_that_cannot_be(options, message):
    with pytest.raises(UsageError, match=message.replace("(", r"\(")):
        detect(recording(rests()), **options)


def test_what_a_recording_lacks_is_told():
    with pytest.raises(RecordingError, match=r"made has no fixations by its vendor's program \(found: camera, gaze\)"):
        detect(recording(rests()), vendor=True)
    with pytest.raises(RecordingError, match="made has neither a calibration nor a video"):
        detect(recording(rests(), camera=None))


def test_drawn_eyes_rest_on_the_path_once_the_head_is_removed_by_the_video():
    world = World(96_001, variant="other", duration_s=5)
    drawn = world.recording(fps=15)
    stops = [stop for stop in world.fixations if stop.stop_s < 5]
    edges = np.array([[stop.start_s, stop.stop_s] for stop in stops])
    known = EyeEvents(*np.round(edges.T * 1e9).astype(np.int64).copy(), np.arange(len(stops)))
    spread, kappa = {}, {}
    for head in ("flow", "none"):
        found = detect(drawn, head=head)
        path = found.path
        assert path.head == {"flow": "flow", "none": "unknown"}[head]
        kappa[head] = agreement(found.fixations, known, path.time_ns).kappa
        inside = [
            (path.time_ns >= start) & (path.time_ns < stop) for start, stop in zip(known.start_ns, known.stop_ns, strict=True)
        ]
        spread[head] = np.median([np.ptp(path.path_deg[mine], axis=0).sum() for mine in inside if mine.sum() > 20])
    assert spread["flow"] < 0.8 * spread["none"]
    assert kappa["flow"] > 0.7


@pytest.mark.parametrize(
    ("name", "f1", "kappa"), [("pupil_invisible_glassesvalidator", 0.75, 0.7), ("pupil_invisible_trampoline_01", 0.75, 0.4)]
)
def test_recordings_of_the_cloud_agree_with_their_vendor(name, f1, kappa):
    real = open_recording(shared(name))
    found = detect(real)
    result = agreement(found.fixations, real.stream("fixations"), found.path.time_ns)
    assert result.f1 >= f1
    assert result.kappa >= kappa


@pytest.mark.parametrize(
    ("name", "head"),
    [("tobii_g3_calibration_1", "imu"), ("tobii_g2_glassesviewer", "imu"), ("neon_multi_part", "still")],
)
def test_the_imu_of_real_glasses_is_aligned_or_still(name, head):
    assert gaze_path(open_recording(Path(shared(name)))).head == head


def test_shares_are_of_the_time_with_gaze():
    gaze = rests()
    late = GazeStream(
        np.concatenate([gaze.time_ns, gaze.time_ns + 60_000 * MS]),
        np.concatenate([gaze.point_px] * 2),
        np.concatenate([gaze.valid] * 2),
    )
    told = summary(detect(recording(late)))
    assert told["gaze_s"] == pytest.approx(2 * 1.695)
    assert told["fixations"]["share_of_time"] == pytest.approx(8 * 0.395 / 3.39, abs=0.02)
    assert summary(detect(recording(gaze)))["blinks"] == {"count": 0, "share_of_time": 0.0, "median_s": None}


def test_events_stop_with_the_next_sample_and_do_not_overlap():
    gaze = rests()
    jitter = np.tile([0, 0, -2, 1], len(gaze))[: len(gaze)] * MS  # after 5, 3, 8 and 4 ms, again and again
    found = detect(recording(GazeStream(gaze.time_ns + jitter, gaze.point_px, gaze.valid)))
    edges = sorted(spans_ms(found.fixations) + spans_ms(found.saccades))
    assert len(edges) == 7
    assert all(stop <= start for (_, stop), (start, _) in pairwise(edges))
