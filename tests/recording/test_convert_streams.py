"""foveate convert on streams of any values: what hypothesis draws comes back bit by bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveate.clock import Span
from foveate.geometry import Size
from foveate.recording import Event, GazeStream, Recording, open_recording
from foveate.recording.beside import equal, table_of
from foveate.recording.convert import convert
from foveate.recording.eye_events import EyeEvents
from foveate.recording.hands import Hands
from foveate.recording.signals import Signals
from foveate.recording.unseen import UnseenScene

NS = st.integers(-(2**62), 2**62)
PX = st.floats(-99_999, 99_999, allow_nan=False)
ANY = st.floats(allow_nan=True, allow_infinity=False)
PLACE = PX | st.just(float("nan"))
NAMES = st.sampled_from(["gyro_x_deg_per_s", "pressure", "Temperature_C"])
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def ints(values: list[int]) -> np.ndarray:
    return np.array(values, dtype=np.int64)


@st.composite
def gazes(draw: st.DrawFn) -> GazeStream:
    time_ns = sorted(draw(st.sets(NS, min_size=1, max_size=12)))
    n = len(time_ns)
    point_px = np.array(draw(st.lists(st.tuples(PX, PX), min_size=n, max_size=n)), dtype=np.float64)
    valid = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    point_px[draw(st.lists(st.booleans(), min_size=n, max_size=n))] = np.nan
    # what a tracker writes for nothing is no point of an invalid sample, in any format
    point_px[~valid & (point_px == 0).all(axis=1)] = np.nan
    sure = draw(st.none() | st.lists(st.floats(0, 1) | st.just(float("nan")), min_size=n, max_size=n))
    confidence = None if sure is None else np.array(sure, dtype=np.float64)
    return GazeStream(ints(time_ns), point_px, valid & np.isfinite(point_px).all(axis=1), confidence)


@st.composite
def eye_events(draw: st.DrawFn) -> EyeEvents:
    start_ns = sorted(draw(st.lists(NS, max_size=6)))
    n = len(start_ns)
    stop_ns = [start + draw(st.integers(1, 2**60)) for start in start_ns]
    number = draw(st.lists(st.integers(-1, 2**53 - 1), min_size=n, max_size=n))
    point_px = np.array(draw(st.lists(st.tuples(PLACE, PLACE), min_size=n, max_size=n)), dtype=np.float64).reshape(n, 2)
    return EyeEvents(ints(start_ns), ints(stop_ns), ints(number), point_px if draw(st.booleans()) else None)


@st.composite
def signals(draw: st.DrawFn) -> Signals:
    time_ns = sorted(draw(st.lists(NS, max_size=6)))
    names = draw(st.lists(NAMES, unique=True, max_size=3))
    return Signals(
        ints(time_ns),
        {name: np.array(draw(st.lists(ANY, min_size=len(time_ns), max_size=len(time_ns))), dtype=np.float64) for name in names},
    )


@st.composite
def events(draw: st.DrawFn) -> tuple[Event, ...]:
    starts = sorted(draw(st.lists(NS, max_size=5)))
    spans = [
        draw(st.none() | st.integers(1, 2**60).map(lambda length, start=start: Span(start, start + length))) for start in starts
    ]
    return tuple(Event(draw(WORDS), span, start, draw(WORDS)) for start, span in zip(starts, spans, strict=True))


STREAMS = {"fixations": eye_events(), "blinks": eye_events(), "imu": signals(), "of_another": signals(), "events": events()}


def recording(gaze: GazeStream | None = None, unseen: UnseenScene | None = None, **streams: object) -> Recording:
    kept = {"gaze": gaze, "unseen_scene": unseen, **streams}
    return Recording("made", "made", "drawn", None, {name: lambda it=it: it for name, it in kept.items() if it is not None})


@settings(max_examples=60, deadline=None)
@given(gaze=gazes(), streams=st.fixed_dictionaries({}, optional=STREAMS))
def test_streams_of_any_values(tmp_path_factory, gaze, streams):
    folder = tmp_path_factory.mktemp("drawn") / "out"
    true = recording(gaze, **streams)
    done = convert(true, folder)
    told = open_recording(folder)
    assert done.left_out == ()
    assert told.warnings == ()
    assert (told.gaze.time_ns.tobytes(), told.gaze.valid.tobytes()) == (gaze.time_ns.tobytes(), gaze.valid.tobytes())
    for name in ("point_px", "confidence"):
        one, other = getattr(told.gaze, name), getattr(gaze, name)
        assert (one is None and other is None) or equal({"_": one}, {"_": other})
    for name, stream in streams.items():
        assert equal(table_of(name, told.stream(name)), table_of(name, stream))
        assert type(told.stream(name)) is type(stream)


@settings(max_examples=30, deadline=None)
@given(
    time_ns=st.none() | st.sets(NS, min_size=1, max_size=5),
    size=st.none() | st.tuples(st.integers(1, 99_999), st.integers(1, 99_999)),
)
def test_frames_without_video(tmp_path_factory, time_ns, size):
    folder = tmp_path_factory.mktemp("drawn") / "out"
    unseen = UnseenScene(None if size is None else Size(*size), None if time_ns is None else ints(sorted(time_ns)))
    convert(recording(unseen=unseen, imu=Signals(ints([0]), {"pressure": np.array([1.0])})), folder)
    told = open_recording(folder).stream("unseen_scene")
    assert told.size_px == unseen.size_px
    assert (told.time_ns is None) == (time_ns is None)
    assert time_ns is None or told.time_ns.tolist() == sorted(time_ns)


@pytest.mark.parametrize("told", ["boxes", "landmarks in metres", "landmarks in both"])
def test_hands(tmp_path, told):
    box_px = np.array([[1 / 3, -2.0, 10.5, 4.0], [np.nan] * 4, [5e-324, 7.0, 1.0, 1.0]])
    valid = np.array([True, False, True])
    point_m = np.arange(18, dtype=np.float64).reshape(3, 2, 3) / 7
    more = {
        "boxes": {},
        "landmarks in metres": {"landmarks": ("wrist", "palm"), "point_m": point_m, "confidence": np.array([0.1, np.nan, 1.0])},
        "landmarks in both": {"landmarks": ("wrist", "palm"), "point_m": point_m, "point_px": point_m[..., :2] * 100},
    }[told]
    hands = Hands(ints([5, 5, 2**61 + 1]), np.array(["left", "right", ""]), box_px, valid, **more)
    convert(recording(hands=hands), tmp_path / "out")
    back = open_recording(tmp_path / "out").stream("hands")
    assert back.landmarks == hands.landmarks
    for name in ("time_ns", "side", "box_px", "valid", "confidence", "point_m", "point_px"):
        one, other = getattr(back, name), getattr(hands, name)
        assert (one is None and other is None) or np.array_equal(one, other, equal_nan=name not in ("side", "valid", "time_ns"))
