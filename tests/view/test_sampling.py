"""Which instants of a span are shown."""

import numpy as np
import pytest

from foveate.clock import NS_PER_S, Span
from foveate.errors import UsageError
from foveate.recording.eye_events import EyeEvents
from foveate.view.sampling import SAMPLINGS, sampling, uniform


@pytest.mark.parametrize(
    ("stop_s", "fps", "wanted_s"),
    [
        pytest.param(3.0, 1.0, [0.5, 1.5, 2.5], id="one-a-second"),
        pytest.param(2.0, 2.0, [0.25, 0.75, 1.25, 1.75], id="two-a-second"),
        pytest.param(0.2, 1.0, [0.1], id="shorter-than-a-slot"),
        pytest.param(2.4, 1.0, [0.5, 1.5], id="small-rest-left-out"),
        pytest.param(10.0, 0.5, [1, 3, 5, 7, 9], id="every-two-seconds"),
    ],
)
def test_uniform(stop_s: float, fps: float, wanted_s: list[float]) -> None:
    times_ns = uniform(Span(1_000, 1_000 + round(stop_s * 1e9)), fps=fps)
    assert np.allclose((times_ns - 1_000) / 1e9, wanted_s, atol=1e-8)


def test_instants_stay_inside_the_span() -> None:
    for length_ns in range(1, 4_000_000_000, 123_456_789):
        times_ns = uniform(Span(0, length_ns), fps=1.0)
        assert times_ns[0] >= 0
        assert times_ns[-1] < length_ns


def test_fps_must_be_positive() -> None:
    with pytest.raises(UsageError, match="fps must be above 0 and at most 1000, got 0"):
        uniform(Span(0, 1), fps=0.0)


def eye_events(spans_s: list[tuple[float, float]], x: list[float]) -> EyeEvents:
    start_ns, stop_ns = (np.array(edge) * 1e9 for edge in zip(*spans_s, strict=True))
    point_px = np.stack([np.array(x), np.zeros(len(x))], axis=1)
    return EyeEvents(start_ns.astype(np.int64), stop_ns.astype(np.int64), np.full(len(x), -1), point_px)


FIXATIONS = eye_events([(-1.0, 0.4), (0.5, 0.7), (1.0, 1.9), (2.0, 2.3), (3.5, 6.0)], [0.0, 500.0, 510.0, 100.0, 90.0])
SPAN = Span(0, 4 * NS_PER_S)


@pytest.mark.parametrize(
    ("name", "fps", "wanted_s"),
    [
        pytest.param("fixation", 2.0, [0.2, 0.6, 1.45, 2.15, 3.75], id="one-per-fixation-cut-to-the-span"),
        pytest.param("fixation", 0.5, [1.45, 3.75], id="the-longest-of-too-many"),
        pytest.param("shift", 2.0, [0.5, 1.0, 2.0, 3.5], id="each-landing-in-the-span"),
        pytest.param("shift", 0.5, [0.5, 2.0], id="after-the-widest-jumps"),
    ],
)
def test_gaze_decides(name: str, fps: float, wanted_s: list[float]) -> None:
    times_ns = sampling(name).times(SPAN, fps=fps, fixations=FIXATIONS)
    assert np.allclose(times_ns / 1e9, wanted_s)


@pytest.mark.parametrize("name", ["fixation", "shift"])
def test_where_nothing_was_fixated_there_is_nothing_to_show(name: str) -> None:
    assert not len(sampling(name).times(Span(10 * NS_PER_S, 12 * NS_PER_S), fps=1.0, fixations=FIXATIONS))
    none = EyeEvents(*(np.empty(0, dtype=np.int64) for _ in range(3)))
    assert not len(sampling(name).times(SPAN, fps=1.0, fixations=none))


def test_recent_puts_half_of_the_frames_into_the_last_quarter() -> None:
    times_ns = sampling("recent").times(SPAN, fps=10.0)
    assert len(times_ns) == 40
    assert (times_ns >= 3 * NS_PER_S).sum() == 20
    assert (np.diff(np.diff(times_ns)) < 0).all()
    assert 0 < times_ns[0] < times_ns[-1] < SPAN.stop_ns


@pytest.mark.parametrize("name", SAMPLINGS)
@pytest.mark.parametrize("fps", [0.3, 1.0, 5.0])
def test_no_sampling_shows_more_than_uniform(name: str, fps: float) -> None:
    how = sampling(name)
    looks = {"fixations": FIXATIONS} if how.uses_fixations else {}
    times_ns = how.times(SPAN, fps=fps, **looks)
    assert len(times_ns) <= len(uniform(SPAN, fps=fps))
    assert ((times_ns >= SPAN.start_ns) & (times_ns < SPAN.stop_ns)).all()
    with pytest.raises(UsageError, match="fps must be above 0"):
        how.times(SPAN, fps=0.0, **looks)


def test_a_sampling_that_there_is_not() -> None:
    with pytest.raises(
        UsageError, match="frames are chosen by uniform, recent, fixation, shift, got 'fixations'; did you mean 'fixation'"
    ):
        sampling("fixations")
