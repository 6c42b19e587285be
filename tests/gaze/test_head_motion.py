"""The head's turning: what it does to gaze, and how it is found by the IMU and by the video."""

import numpy as np
import pytest

from foveate.errors import UsageError
from foveate.gaze.head_motion import HeadMotion, unrolled
from foveate.gaze.head_motion_flow import from_flow
from foveate.gaze.head_motion_imu import GYROSCOPE, from_imu
from foveate.recording.signals import Signals
from foveate.toykitchen import World

MS = 1_000_000
RATE_HZ = 200


def rotations(turn_deg: np.ndarray) -> np.ndarray:
    """Rotations (N, 3, 3) by vectors (N, 3) in degrees."""
    from scipy.spatial.transform import Rotation

    return Rotation.from_rotvec(np.radians(turn_deg)).as_matrix()


def head_and_gaze(seconds: float, *, seed: int = 0, saccades: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, the head's rate (N, 3) about the camera's axes, and rays (N, 3) of eyes that rest on things of a still world."""
    rng = np.random.default_rng(seed)
    time_ns = np.arange(round(seconds * RATE_HZ)) * (1_000_000_000 // RATE_HZ)
    s = time_ns / 1e9
    rate = np.stack(
        [size * np.sin(2 * np.pi * s / period + phase) for size, period, phase in ((30, 2.5, 0), (40, 4.0, 1), (20, 2.0, 2))],
        axis=1,
    )
    pose = np.eye(3)
    rays, target = [], np.array([0.0, 0.0, 1.0])
    for index, turn in enumerate(rotations(rate / RATE_HZ)):
        if saccades and index % 60 == 0:
            away = np.array([*rng.normal(0, 0.15, 2), 1.0])
            target = pose @ (away / np.linalg.norm(away))
        rays.append(pose.T @ target)
        pose = pose @ turn
    return time_ns, rate, np.array(rays)


def test_the_integral_of_the_rate():
    head = HeadMotion(np.array([0, 1000, 2000]) * MS, np.array([[0, 0, 0], [10, 0, 0], [10, 0, 0]], dtype=np.float64), "imu")
    turned = head.turned_deg(np.array([-500, 0, 1000, 1500, 2000, 9000]) * MS)
    assert turned[:, 0].tolist() == [0, 0, 5, 10, 15, 15]
    assert not turned[:, 1:].any()


def test_gaze_that_rests_in_the_world_rests_on_the_path():
    time_ns, rate, ray = head_and_gaze(0.3, saccades=False)
    moving = unrolled(ray, time_ns, None)
    still = unrolled(ray, time_ns, HeadMotion(time_ns, rate, "imu"))
    assert np.ptp(moving, axis=0).sum() > 5
    assert np.ptp(still, axis=0).sum() < 0.15


def test_a_path_starts_at_azimuth_and_elevation_and_keeps_angles():
    azimuth = np.radians([10.0, 10.0, 15.0])
    elevation = np.radians([40.0, 45.0, 45.0])
    level = np.cos(elevation)
    ray = np.stack([np.sin(azimuth) * level, np.sin(elevation), np.cos(azimuth) * level], axis=1)
    path = unrolled(ray, np.arange(3) * 5 * MS, None)
    assert path[0] == pytest.approx([10, 40])
    assert path[1] - path[0] == pytest.approx([0, 5], abs=0.01)
    # five degrees of azimuth at an elevation of 45 are an angle of 3.5
    assert path[2] - path[1] == pytest.approx([5 * np.cos(np.pi / 4), 0], abs=0.01)


def test_no_gaze_has_no_path():
    assert unrolled(np.empty((0, 3)), np.empty(0, np.int64), None).shape == (0, 2)


@pytest.mark.parametrize(
    ("times", "rates", "message"),
    [
        pytest.param([0, 1], np.zeros((3, 3)), r"finite rates \(M, 3\) for its 2 times", id="shape"),
        pytest.param([0, 1], np.full((2, 3), np.nan), "finite rates", id="NaN"),
        pytest.param([1, 1], np.zeros((2, 3)), "must increase strictly", id="times"),
    ],
)
def test_head_motion_is_checked(times, rates, message):
    with pytest.raises(UsageError, match=message):
        HeadMotion(np.array(times), rates, "imu")


def gyroscope(time_ns: np.ndarray, rate: np.ndarray) -> Signals:
    return Signals(time_ns.copy(), dict(zip(GYROSCOPE, rate.T.copy(), strict=True)))


@pytest.mark.parametrize("turn_deg", [(0, 0, 0), (180, 0, 0), (20, -65, 40), (0, 90, 45)], ids=str)
def test_a_gyroscope_that_sits_askew_is_aligned(turn_deg):
    time_ns, rate, ray = head_and_gaze(20, seed=1)
    (askew,) = rotations(np.array([turn_deg], dtype=np.float64))
    noise = np.random.default_rng(2).normal(0, 0.5, rate.shape)
    head, said = from_imu(gyroscope(time_ns, (rate + noise) @ askew + [1.5, -0.5, 0.8]), ray, time_ns)
    assert head is not None
    assert head.source == "imu"
    assert "removed by the IMU" in said
    off = np.linalg.norm(head.rate_deg_per_s[:, :2] - rate[:, :2], axis=1)
    assert np.median(off) < 0.1 * np.median(np.linalg.norm(rate, axis=1))


def test_a_gyroscope_of_another_head_is_not_used():
    time_ns, _, ray = head_and_gaze(20, seed=1)
    other = np.random.default_rng(3).normal(0, 1, (len(time_ns) // 50 + 2, 3)).repeat(50, axis=0)[: len(time_ns)] * 30
    head, said = from_imu(gyroscope(time_ns, other), ray, time_ns)
    assert head is None
    assert "the IMU is not used: the turning of the head explains" in said


def test_a_head_that_is_still_needs_nothing():
    time_ns, _, ray = head_and_gaze(5)
    head, said = from_imu(gyroscope(time_ns, np.random.default_rng(0).normal(0, 2, (len(time_ns), 3))), ray, time_ns)
    assert head is not None
    assert head.source == "still"
    assert not head.rate_deg_per_s.any()
    assert "almost still" in said


@pytest.mark.parametrize(
    ("imu", "message"),
    [
        pytest.param(Signals(np.arange(3), {"acceleration_x_m_per_s2": np.zeros(3)}), "has no gyroscope", id="no gyroscope"),
        pytest.param(gyroscope(np.arange(3), np.full((3, 3), np.nan)), "has no values", id="empty"),
        pytest.param(gyroscope(np.arange(40) * 5 * MS, np.tile([[0.0, 0, 0], [90, 0, 0]], (20, 1))), "are too few", id="short"),
    ],
)
def test_what_cannot_be_used_is_told(imu, message):
    time_ns, _, ray = head_and_gaze(0.2)
    head, said = from_imu(imu, ray, time_ns)
    assert head is None
    assert message in said


def test_the_video_tells_how_the_head_turns():
    world = World(11, duration_s=4)
    recording = world.recording(fps=15)
    seen = []
    head, said = from_flow(recording.scene, world.camera, progress=lambda done, total: seen.append((done, total)))
    assert head is not None
    assert head.source == "flow"
    assert said == "the head's turning is removed by the movement of the picture"
    assert seen == [(number, 60) for number in range(2, 61)]
    # what lies in the middle of the frame moves by (-turn about y, turn about x)
    maps = world.head.many(recording.scene.time_ns / 1e9)
    middle = np.array(world.scene_px) / 2
    world_px = np.linalg.solve(maps[:, :, :2], (middle - maps[:, :, 2])[..., None])[..., 0]
    moved = np.einsum("nij,nj->ni", maps[1:, :, :2], world_px[:-1]) + maps[1:, :, 2] - middle
    truth = np.stack([moved[:, 1], -moved[:, 0]], axis=1) / world.parameters.px_per_deg * 15
    assert np.percentile(np.linalg.norm(truth, axis=1), 90) > 8
    off = np.linalg.norm(head.rate_deg_per_s[:, :2] - truth, axis=1)
    assert np.median(off) < 1.0
