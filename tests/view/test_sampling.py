"""Which instants of a span are shown."""

import numpy as np
import pytest

from foveate.clock import Span
from foveate.errors import UsageError
from foveate.view.sampling import uniform


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
