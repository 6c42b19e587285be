"""Error, delay and loss of known size, found again in what comes out."""

import numpy as np
import pytest

from foveate.errors import UsageError
from foveate.gaze.degrade import degrade
from foveate.geometry import Camera, Size
from foveate.recording.recording import GazeStream

PINHOLE = Camera(np.array([[900.0, 0, 800], [0, 900, 600], [0, 0, 1]]), np.zeros(5), Size(1600, 1200))
STEP_NS = 5_000_000


def resting(samples: int = 20_000, *, at: tuple[float, float] = (800.0, 600.0)) -> GazeStream:
    """Gaze at 200 Hz that never moves."""
    return GazeStream(np.arange(samples) * STEP_NS, np.tile(at, (samples, 1)), np.ones(samples, dtype=np.bool_))


def test_noise_has_its_size_and_is_new_in_every_sample() -> None:
    gone = degrade(resting(), noise_px=20, seed=1).point_px - (800, 600)
    assert np.allclose(gone.std(axis=0), 20, rtol=0.03)
    assert np.allclose(gone.mean(axis=0), 0, atol=0.6)
    assert abs(np.corrcoef(gone[1:, 0], gone[:-1, 0])[0, 1]) < 0.03


def test_noise_in_degrees_goes_through_the_camera() -> None:
    gone = PINHOLE.degrees(degrade(resting(), noise_deg=2, camera=PINHOLE, seed=1).point_px)
    assert np.allclose(gone.std(axis=0), 2, rtol=0.03)


def test_a_bias_is_one_error_for_all_samples_and_another_for_another_recording() -> None:
    biases = np.array([degrade(resting(3), bias_px=30, seed=(7, k)).point_px - (800, 600) for k in range(400)])
    assert np.array_equal(biases[:, 0], biases[:, 2])
    assert np.allclose(biases[:, 0].std(axis=0), 30, rtol=0.1)


def test_twice_the_amount_is_the_same_luck() -> None:
    once, twice = (degrade(resting(100), noise_px=amount, seed=3).point_px - (800, 600) for amount in (5, 10))
    assert np.allclose(2 * once, twice)
    some, most = (degrade(resting(1000), loss=share, seed=3).valid for share in (0.2, 0.7))
    assert not np.any(most & ~some)


def test_a_delay_stamps_gaze_later() -> None:
    gaze = resting(3)
    late = degrade(gaze, delay_ms=120, seed=0)
    assert np.array_equal(late.time_ns, gaze.time_ns + 120_000_000)
    assert np.array_equal(late.point_px, gaze.point_px)


@pytest.mark.parametrize(("burst_ms", "samples"), [pytest.param(0, 1, id="single"), pytest.param(400, 80, id="bursts")])
def test_loss_takes_its_share_in_stretches_of_its_length(burst_ms: float, samples: int) -> None:
    lost = ~degrade(resting(160_000), loss=0.25, burst_ms=burst_ms, seed=5).valid
    assert abs(lost.mean() - 0.25) < 0.03
    edges = np.diff(np.concatenate([[False], lost, [False]]).astype(int))
    # whole ones only: the first and the last may be cut off by the recording's ends
    runs = (np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1))[1:-1]
    # a stretch is lost, and so is the next one in a quarter of cases: 4/3 stretches together
    assert runs.min() >= samples
    assert abs(runs.mean() / samples - 4 / 3) < 0.12


def test_what_is_lost_is_not_a_number_and_counted() -> None:
    gone = degrade(resting(1000), loss=1, seed=0)
    assert not gone.valid.any()
    assert np.isnan(gone.point_px).all()
    assert gone.notes == ("1000 of 1000 valid gaze samples taken away",)


def test_a_point_beyond_the_lens_is_lost() -> None:
    folded = Camera(PINHOLE.matrix, np.array([-0.13, 0.109, 0, 0, 0, 0.17, 0.05, 0.0256]), PINHOLE.size_px)
    far = degrade(resting(500), noise_deg=40, camera=folded, seed=0)
    assert 0 < np.count_nonzero(far.valid) < 500
    assert np.array_equal(far.valid, np.isfinite(far.point_px).all(axis=1))


def test_the_same_seed_gives_the_same_gaze_and_nothing_asked_changes_nothing() -> None:
    every = {"noise_px": 3, "bias_px": 2, "delay_ms": 10, "loss": 0.3, "burst_ms": 50}
    first, again, other = (degrade(resting(300), **every, seed=seed).point_px for seed in (1, 1, 2))
    assert np.array_equal(first, again, equal_nan=True)
    assert not np.array_equal(first, other, equal_nan=True)
    same = degrade(resting(5), seed=1)
    assert np.array_equal(same.point_px, resting(5).point_px)
    assert same.notes == ()


def test_notes_say_what_was_added() -> None:
    notes = degrade(resting(10), noise_deg=2, bias_deg=1, camera=PINHOLE, delay_ms=40, seed=0).notes
    assert notes == (
        "gaze times moved by 40 ms",
        "noise added: 2 deg on each axis",
        "error of the whole recording added: 1 deg on each axis",
    )


def test_a_recording_without_gaze_stays_one() -> None:
    empty = GazeStream(np.empty(0, np.int64), np.empty((0, 2)), np.empty(0, np.bool_))
    assert len(degrade(empty, noise_px=1, loss=0.5, burst_ms=100, seed=0)) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"noise_px": -1}, "noise_px must be 0 or more, got -1", id="negative"),
        pytest.param({"burst_ms": float("nan")}, "burst_ms must be 0 or more, got nan", id="nan"),
        pytest.param({"loss": 30}, "loss is a share of the samples from 0 to 1, got 30", id="percent"),
        pytest.param({"noise_px": 1, "bias_deg": 1}, "in pixels or in degrees, not one in each", id="both units"),
        pytest.param({"noise_deg": 1}, "needs the camera's calibration", id="no camera"),
        pytest.param({"delay_ms": float("inf")}, "delay_ms must be finite, got inf", id="endless"),
    ],
)
def test_amounts_that_are_not_allowed(options: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        degrade(resting(3), **options, seed=0)
