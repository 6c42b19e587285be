"""Hands that Aria's services track: places in metres, pixels of the upright frame, and boxes of those in view."""

import numpy as np
import pytest

from foveate.errors import RecordingError
from foveate.recording import open_recording, vrs
from foveate.recording.hands import hand_boxes
from shared_data import shared
from writers.aria import CENTER_PX, FOCAL_PX, TRACKED, in_device, landmark_m, write_aria, write_hands

RESULTS = "mps/hand_tracking/hand_tracking_results.csv"
POSES = "mps/hand_tracking/wrist_and_palm_poses.csv"
FIRST_NS = 86_385_000_000
needs_vrs = pytest.mark.skipif(vrs.find_spec("pyvrs") is None, reason="the package vrs has no wheel for this system")


def on_frame(point_m) -> np.ndarray:
    """Where the writer's equidistant camera sees a point (left, up, forward): right and down of the centre by its angle."""
    left, up, forward = point_m
    angle = np.arctan2(np.hypot(left, up), forward)
    return CENTER_PX - FOCAL_PX * angle * np.array([left, up]) / np.hypot(left, up)


def with_hands(tmp_path, *names, **changed):
    folder = write_aria(tmp_path / "rec", **changed)
    for name in names:
        write_hands(folder / name)
    return open_recording(folder)


@needs_vrs
@pytest.mark.parametrize(("names", "points"), [((RESULTS, POSES), 21), ((POSES,), 2)], ids=["all landmarks", "wrist and palm"])
def test_places_and_pixels(tmp_path, names, points):
    hands = with_hands(tmp_path, *names).stream("hands")
    assert hands.time_ns.tolist() == [FIRST_NS + 100_000_000 * (row // 2) for row in range(12)]
    assert hands.side.tolist() == ["left", "right"] * 6
    assert hands.valid.tolist() == [True] * 2 * TRACKED + [False] * 4
    assert len(hands.landmarks) == points
    for name, number in (("wrist", 5), ("palm", 20)):
        place = hands.landmarks.index(name)
        for row in range(2 * TRACKED):
            true_m = landmark_m(["left", "right"][row % 2], row // 2, number)
            assert hands.point_m[row, place] == pytest.approx(in_device(true_m), abs=1e-9)
            assert hands.point_px[row, place] == pytest.approx(on_frame(true_m), abs=0.001)
    assert hands.confidence[0] == 0.75
    for values in (hands.confidence, hands.point_m, hands.point_px, hands.box_px):
        assert np.isnan(values[2 * TRACKED :]).all()
    assert hands.notes == ()


@needs_vrs
@pytest.mark.parametrize(
    ("name", "reach_m"), [(RESULTS, 0.012), (POSES, 0.11)], ids=["around every landmark", "around the palm"]
)
def test_boxes_hold_the_hand(tmp_path, name, reach_m):
    hands = with_hands(tmp_path, name).stream("hands")
    for row in range(2 * TRACKED):
        left, top, width, height = hands.box_px[row]
        inside = hands.point_px[row] - (left, top)
        assert ((inside > 0) & (inside < (width, height))).all()
        # the frame's right is the wearer's right, where palm and wrist reach farthest
        true_m = [landmark_m(["left", "right"][row % 2], row // 2, number) for number in (5, 20)]
        reaches = (reach_m, reach_m) if name == RESULTS else (0.03, 0.11)
        edges = [on_frame((x - reach, y, z))[0] for (x, y, z), reach in zip(true_m, reaches, strict=True)]
        assert left + width == pytest.approx(max(edges), abs=0.01)


@needs_vrs
def test_boxes_in_view_of_frames(tmp_path):
    recording = with_hands(tmp_path, RESULTS)
    found = hand_boxes(recording, np.array([FIRST_NS + 30_000_000, FIRST_NS + 500_000_000, 0]))
    assert [len(boxes) for boxes in found] == [2, 0, 0]
    left, right = found[0]
    # the left hand is on the left of the upright frame
    assert left.center_px[0] < CENTER_PX < right.center_px[0]


@needs_vrs
def test_a_hand_behind_the_camera_has_a_place_but_no_box(tmp_path):
    folder = write_aria(tmp_path / "rec")
    write_hands(folder / POSES)
    lines = (folder / POSES).read_text().splitlines()
    cells = lines[1].split(",")
    cells[2:8] = map(str, [*in_device((0.1, 0.1, -0.5)), *in_device((0.1, 0.15, -0.5))])
    (folder / POSES).write_text("\n".join([lines[0], ",".join(cells), *lines[2:]]))
    hands = open_recording(folder).stream("hands")
    assert (hands.valid[0], np.isnan(hands.box_px[0]).all()) == (True, True)
    assert hands.notes == ("1 of 8 tracked hands are not in the RGB camera's field: no box",)


def test_without_the_vrs_there_are_no_pixels(tmp_path):
    hands = with_hands(tmp_path, RESULTS, frames=0).stream("hands")
    assert (hands.point_px, np.isnan(hands.box_px).all(), hands.valid.sum()) == (None, True, 2 * TRACKED)
    assert "no pixels" in hands.notes[0]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        pytest.param("a,b\n1,2\n", "has no column 'tracking_timestamp_us'", id="another table"),
        pytest.param("", "is an empty file", id="empty"),
        pytest.param(None, "has no row with a time", id="no times"),
    ],
)
def test_broken_hands(tmp_path, lines, message):
    folder = write_aria(tmp_path / "rec", frames=0)
    write_hands(folder / POSES, rows=0)
    if lines is not None:
        (folder / POSES).write_text(lines)
    with pytest.raises(RecordingError, match=message):
        open_recording(folder).stream("hands")


def test_hands_that_are_nowhere_are_counted(tmp_path):
    folder = write_aria(tmp_path / "rec", frames=0)
    write_hands(folder / POSES)
    lines = (folder / POSES).read_text().splitlines()
    far = lines[1].split(",")
    far[2], far[12] = "nan", "1e9"
    (folder / POSES).write_text("\n".join([lines[0], ",".join(far), *lines[2:]]))
    hands = open_recording(folder).stream("hands")
    assert hands.valid.sum() == 2 * TRACKED - 2
    assert hands.notes[0] == "2 hands have no finite place within 3 m: not valid"


def test_real_hands(tmp_path):
    folder = shared("aria") / "gen1" / "mps_sample"
    hands = open_recording(folder).stream("hands")
    assert (len(hands), hands.landmarks, hands.valid.sum()) == (244, ("wrist", "palm"), 6)
    assert hands.side[hands.valid].tolist() == ["right"] * 6
    assert hands.point_m[hands.valid][0].tolist() == [[0.244013, -0.300027, -0.120015], [0.162831, -0.303017, -0.100652]]
    for version in ("v1", "v2"):
        file = tmp_path / "hand_tracking_results.csv"
        file.write_bytes((folder / "hand_tracking" / f"hand_tracking_results_{version}.csv").read_bytes())
        (tmp_path / "eyegaze.csv").write_bytes((folder / "eye_gaze" / "eyegaze.csv").read_bytes())
        hands = open_recording(tmp_path).stream("hands")
        assert hands.point_m.shape == (2 * 8, 21, 3)
        assert hands.valid.sum() == 6
        palm, wrist = (hands.point_m[hands.valid][:, hands.landmarks.index(name)] for name in ("palm", "wrist"))
        assert np.linalg.norm(palm - wrist, axis=1) == pytest.approx(0.084, abs=0.001)
