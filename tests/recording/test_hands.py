"""Hands over time: what they hold, and which boxes are in view at an instant."""

import numpy as np
import pytest

from foveate.errors import RecordingError
from foveate.geometry import Size
from foveate.recording import Recording, open_recording
from foveate.recording.hands import Hands, hand_boxes
from foveate.recording.unseen import UnseenScene
from writers.table import write_table

MS = 1_000_000
NOWHERE = (np.nan,) * 4
ROWS = [
    (0, "left", (10.2, 20.7, 30.0, 40.0)),
    (0, "right", (90, 50, 20, 20)),
    (100, "left", NOWHERE),
    (100, "right", (-5, -5, 15, 10)),
    (400, "right", (200, 0, 30, 30)),
    (400, "", (1, 2, 3, 4)),
    (400, "", (5, 6, 7, 8)),
]


def hands(rows=ROWS, **changed) -> Hands:
    times, sides, boxes = zip(*rows, strict=True)
    box_px = np.array(boxes, dtype=float)
    made = {
        "time_ns": np.array(times) * MS,
        "side": np.array(sides),
        "box_px": box_px,
        "valid": np.isfinite(box_px[:, 0]),
    }
    return Hands(**made | changed)


def recorded(told: Hands) -> Recording:
    unseen = UnseenScene(Size(100, 100), None)
    return Recording("r", "x", "x", None, {"hands": lambda: told, "unseen_scene": lambda: unseen})


@pytest.mark.parametrize(
    ("time_ms", "boxes"),
    [
        pytest.param(0, [(10, 20, 31, 41), (90, 50, 10, 20)], id="both, cut at the border"),
        pytest.param(60, [(0, 0, 10, 5)], id="the nearer says that the left hand was not seen"),
        pytest.param(-100, [(10, 20, 31, 41), (90, 50, 10, 20)], id="just near enough"),
        pytest.param(-101, [], id="too early"),
        pytest.param(400, [(1, 2, 3, 4), (5, 6, 7, 8)], id="outside of the frame; two of no side"),
        pytest.param(250, [], id="between"),
    ],
)
def test_boxes_in_view(time_ms, boxes):
    assert hand_boxes(recorded(hands()), np.array([time_ms * MS])) == [tuple(boxes)]


def test_boxes_of_many_instants_without_a_frame_size():
    told = Recording("r", "x", "x", None, {"hands": hands})
    assert hand_boxes(told, np.array([100, 400]) * MS, near_ns=0) == [
        ((-5, -5, 15, 10),),
        ((200, 0, 30, 30), (1, 2, 3, 4), (5, 6, 7, 8)),
    ]
    assert hand_boxes(told, np.empty(0, np.int64)) == []


def test_no_hands_fail_by_name():
    with pytest.raises(RecordingError, match="has no hands stream"):
        hand_boxes(Recording("r", "x", "x", None, {}), np.zeros(1, np.int64))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        pytest.param({"time_ns": np.arange(7)[::-1]}, "run backwards", id="times"),
        pytest.param({"side": np.array(["up"] * 7)}, "a hand is 'up'; allowed", id="side"),
        pytest.param({"valid": np.zeros(7, bool)}, "was not seen has a box", id="unseen box"),
        pytest.param({"box_px": np.zeros((7, 4)), "valid": np.ones(7, bool)}, "no width or height", id="flat box"),
        pytest.param({"confidence": np.zeros(3)}, "confidence of hands has shape", id="shape"),
        pytest.param({"point_px": np.zeros((7, 1, 2))}, r"point_px of hands has shape \(7, 1, 2\)", id="points without names"),
    ],
)
def test_what_cannot_be(changed, message):
    with pytest.raises(RecordingError, match=message):
        hands(**changed)


@pytest.mark.parametrize(
    ("table", "boxes"),
    [
        pytest.param(
            "time_s,left_px,top_px,width_px,height_px\n0.1,1,2,3,4\n0.1,5,6,7,8\n",
            [(1, 2, 3, 4), (5, 6, 7, 8)],
            id="boxes alone",
        ),
        pytest.param(
            "time_ns,side,left_px,top_px,width_px,height_px,valid\n100000000,right,5,6,7,8,1\n100000000,left,,,,,0\n",
            [(5, 6, 7, 8)],
            id="with side and validity",
        ),
    ],
)
def test_hands_of_a_table(tmp_path, table, boxes):
    folder = write_table(tmp_path / "rec")
    (folder / "hands.csv").write_text(table)
    recording = open_recording(folder, gaze="gaze.csv", hands="hands.csv")
    assert hand_boxes(recording, np.array([120 * MS, 900 * MS])) == [tuple(boxes), ()]
