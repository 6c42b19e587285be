"""I-DT on signals with known answers."""

import numpy as np
import pytest

from foveate.errors import UsageError
from foveate.gaze.idt import idt

MS = 1_000_000


def every_5_ms(count: int) -> np.ndarray:
    return np.arange(count) * 5 * MS


def at(*pieces: tuple[int, float, float]) -> np.ndarray:
    """Samples (N, 2): so many at each place."""
    return np.concatenate([np.tile([[x, y]], (count, 1)) for count, x, y in pieces]).astype(np.float64)


@pytest.mark.parametrize(
    ("point", "wanted"),
    [
        pytest.param(at((40, 0, 0)), [(0, 40)], id="one rest"),
        pytest.param(at((40, 0, 0), (40, 5, 0)), [(0, 40), (40, 80)], id="two rests"),
        pytest.param(at((40, 0, 0), (40, 0.6, 0.3)), [(0, 80)], id="both axes within the threshold"),
        pytest.param(at((40, 0, 0), (40, 0.6, 0.6)), [(0, 40), (40, 80)], id="both axes beyond it"),
        pytest.param(at((15, 0, 0), (15, 5, 0), (15, 0, 0)), [], id="too short each"),
        pytest.param(np.stack([np.arange(100) * 0.2, np.zeros(100)], axis=1), [], id="never at rest"),
        # 40 degrees a second: six samples of .2 degrees are within 1 degree, the window of 100 ms is not
    ],
)
def test_rests_are_found(point, wanted):
    found = idt(point, every_5_ms(len(point)), dispersion=1.0)
    assert [(one.start, one.stop) for one in found] == wanted


def test_a_window_grows_until_it_is_too_wide():
    # a drift of .02 degrees a sample: 51 samples are 1.00 degrees wide
    point = np.stack([np.arange(120) * 0.02, np.zeros(120)], axis=1)
    found = idt(point, every_5_ms(120), dispersion=1.0 + 1e-9)
    assert [(one.start, one.stop) for one in found] == [(0, 51), (51, 102)]


def test_a_window_never_spans_a_loss():
    time_ns = np.concatenate([every_5_ms(40), 40 * 5 * MS + 60 * MS + every_5_ms(40)])
    found = idt(at((80, 0, 0)), time_ns, dispersion=1.0)
    assert [(one.start, one.stop) for one in found] == [(0, 40), (40, 80)]


def test_it_is_the_plain_algorithm():
    rng = np.random.default_rng(4)
    for _ in range(40):
        jumps = (rng.random(150) < 0.05)[:, None] * rng.normal(0, 2, (150, 2))
        point = np.cumsum(jumps, axis=0) + rng.normal(0, 0.1, (150, 2))
        time_ns = np.cumsum(rng.integers(2, 9, 150)) * MS
        assert idt(point, time_ns, dispersion=1.0) == plain(point, time_ns)


def plain(point: np.ndarray, time_ns: np.ndarray) -> list[slice]:
    """The paper's loop, word for word."""
    found, first = [], 0
    while first < len(point):
        stop = first
        while stop < len(point) and time_ns[stop] - time_ns[first] < 100 * MS:
            stop += 1
        if stop == len(point):
            break
        if np.ptp(point[first : stop + 1], axis=0).sum() > 1.0:
            first += 1
            continue
        while stop < len(point) and np.ptp(point[first : stop + 1], axis=0).sum() <= 1.0:
            stop += 1
        found.append(slice(first, stop))
        first = stop
    return found


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_samples_rest_nowhere(count):
    assert idt(np.zeros((count, 2)), every_5_ms(count), dispersion=1.0) == []


def test_the_dispersion_is_positive():
    with pytest.raises(UsageError, match="dispersion must be positive, got 0"):
        idt(np.zeros((3, 2)), every_5_ms(3), dispersion=0)
