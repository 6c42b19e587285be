"""Which parts of a frame are looked at, the networks' files, and the real networks where this machine has them."""

import os
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from zipfile import ZipFile

import cv2
import numpy as np
import pytest

from foveate.blaze.anchors import Found
from foveate.errors import MissingExtraError, ModelError
from foveate.faces.detect import CONFIRMS, FAR, FINDS, NEAR, OVERLAP, FaceDetector, _around, _parts
from foveate.geometry import Size
from foveate.recording import open_recording
from shared_data import shared

WHERE = "FOVEATE_HAND_NETWORKS"
"""The same wheel holds the networks of hands and of faces."""


@pytest.mark.parametrize(
    ("height", "width", "count"),
    [
        pytest.param(480, 640, 1 + 2 * 3 + 3 * 5, id="a usual clip"),
        pytest.param(640, 480, 1 + 3 * 2 + 5 * 3, id="upright"),
        pytest.param(250, 300, 1 + 2 * 2, id="no larger than a tile of the larger kind"),
        pytest.param(100, 190, 1, id="smaller than any tile"),
    ],
)
def test_tiles_cover_a_frame_and_share_what_lies_on_a_seam(height, width, count):
    parts = list(_parts(np.zeros((height, width, 3), np.uint8)))
    assert len(parts) == count
    for side in {part.shape[1] for _, _, part in parts[1:]}:
        rows = sorted({(left, left + part.shape[1]) for left, _, part in parts[1:] if part.shape[1] == side})
        assert (rows[0][0], rows[-1][1]) == (0, width)
        assert all(before[1] - after[0] >= OVERLAP * side - 1 for before, after in pairwise(rows))


def test_what_is_looked_at_from_near_is_black_beyond_the_frame():
    image = np.full((100, 200, 3), 200, np.uint8)
    left, top, square = _around(image, np.array([0.0, 40, 20, 60]))
    assert (left, top, square.shape) == (-15, 25, (50, 50, 3))
    assert (square[:, 15:] == 200).all()
    assert not square[:, :15].any()
    left, top, square = _around(image, np.array([190.0, 90, 230, 120]))
    assert (left, top, square.shape) == (160, 55, (100, 100, 3))
    assert (square[:45, :40] == 200).all()
    assert square.sum() == 45 * 40 * 3 * 200


def test_the_shapes_of_both_networks():
    assert FINDS.shapes == ((1, 2304, 16), (1, 2304, 1))
    assert CONFIRMS.shapes == ((1, 896, 16), (1, 896, 1))
    assert FINDS.middle_px[[0, 1, 48]].tolist() == [[2, 2], [6, 2], [2, 6]]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        pytest.param([FAR], f"holds no {NEAR}; wheels of mediapipe up to 0.10.21 do: pip download", id="one only"),
        pytest.param(None, r"is not there; face_models takes a wheel of mediapipe or a folder", id="no wheel"),
    ],
)
def test_networks_that_are_not_there_are_told(tmp_path, files, message):
    if files is not None:
        with ZipFile(tmp_path / "late.whl", "w") as archive:
            for name in files:
                archive.writestr(f"mediapipe/modules/face_detection/{name}", b"x")
    with pytest.raises(ModelError, match=message):
        FaceDetector(tmp_path / "late.whl", option="face_models")


@pytest.mark.skipif(find_spec("mediapipe") is not None, reason="mediapipe is installed here")
def test_without_networks_the_line_to_type_is_told():
    with pytest.raises(
        ModelError, match="that find faces do not come with foveate: name a wheel of mediapipe with face_models"
    ):
        FaceDetector(None, option="face_models")


@pytest.mark.skipif(find_spec("ai_edge_litert") is not None, reason="the extra is installed here")
def test_without_the_extra_the_line_to_type_is_told(tmp_path):
    for name in (FAR, NEAR):
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(MissingExtraError, match=r"pip install 'foveate\[hands\]'"):
        FaceDetector(tmp_path, option="face_models")


@pytest.fixture(scope="module")
def detector():
    """The real networks, or a skip that says why."""
    if find_spec("ai_edge_litert") is None:
        pytest.skip("ai_edge_litert is not installed: pip install 'foveate[hands]'")
    if WHERE not in os.environ:
        pytest.skip(f"no networks here: set {WHERE} to a wheel of mediapipe 0.10.21")
    return FaceDetector(Path(os.environ[WHERE]), option="face_models")


SKIN, DARK, LIP = (224, 180, 150), (70, 45, 35), (170, 80, 80)
FACE = [
    *[((0, 140), (45, 60), (205, 160, 132)), ((0, 220), (150, 90), (60, 70, 120))],  # neck and shoulders
    *[((0, -20), (98, 122), DARK), ((0, 10), (84, 110), SKIN), ((0, -74), (80, 40), DARK), ((0, 66), (30, 11), LIP)],
    *[((side * 36, -6), (17, 9), (250, 250, 250)) for side in (-1, 1)],
    *[((side * 36, -6), (8, 8), (40, 30, 20)) for side in (-1, 1)],
    *[((side * 36, -26), (22, 5), DARK) for side in (-1, 1)],
    *[((side * 10, 34), (6, 4), (150, 100, 85)) for side in (-1, 1)],
]
"""Middle, half axes and colour of the ellipses of a drawn face of about 170 px."""


def drawn_face(*, shrink=1):
    """(480, 640, 3) a face, drawn with ellipses; its middle is (300, 250), over ``shrink``."""
    noise = np.random.default_rng(0).normal(0, 6, (480, 640, 3))
    image = np.clip(np.full((480, 640, 3), (96, 112, 124)) + noise, 0, 255).astype(np.uint8)
    for (x, y), axes, colour in FACE:
        cv2.ellipse(image, (300 + x, 240 + y), axes, 0, 0, 360, colour, -1, cv2.LINE_AA)
    image = cv2.GaussianBlur(image, (0, 0), 2)
    small = cv2.resize(image, (640 // shrink, 480 // shrink), interpolation=cv2.INTER_AREA)
    image = np.full((480, 640, 3), (96, 112, 124), np.uint8)
    image[: small.shape[0], : small.shape[1]] = small
    return image


@pytest.mark.parametrize("shrink", [1, 2, 4])
def test_the_real_networks_find_a_drawn_face(detector, shrink):
    (found,) = detector(drawn_face(shrink=shrink))
    assert found.box_px * shrink == pytest.approx([216, 180, 384, 350], abs=20)
    assert isinstance(found, Found)


def test_the_real_networks_find_none_where_none_is(detector):
    assert detector(np.full((480, 640, 3), 127, np.uint8)) == []
    assert detector(drawn_face()[:200]) == []  # hair and eyes alone


def test_the_real_networks_find_the_painted_face(detector):
    scene = open_recording(shared("mobileGazeMapping")).scene
    for image in scene.frames([0, 25, 49], sizes_px=[Size(640, 360)] * 3):
        boxes = [found.box_px for found in detector(image)]
        middles = [(box[:2] + box[2:]) / 2 for box in boxes]
        # the face of the man in the painting is about 36 px wide
        assert any(290 < x < 345 and 105 < y < 155 for x, y in middles)


def test_other_networks_are_refused(detector, tmp_path):
    with ZipFile(os.environ[WHERE]) as wheel:
        near = wheel.read(f"mediapipe/modules/face_detection/{NEAR}")
    for name in (FAR, NEAR):
        (tmp_path / name).write_bytes(near)
    with pytest.raises(
        ModelError, match=r"the full-range network takes \(1, 128, 128, 3\) and gives .* expected \(1, 192, 192"
    ):
        FaceDetector(tmp_path, option="face_models")
