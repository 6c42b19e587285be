"""Hands of a whole recording, the networks' files, and the real networks where this machine has them."""

import json
import os
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from drawn import drawn_recording
from foveate.cli import build_app
from foveate.errors import MissingExtraError, ModelError, UsageError
from foveate.geometry import Box
from foveate.hands.detect import Detector, Hand, detect_hands, frames_to_look_at, summary
from foveate.hands.networks import HAND, PALM, Networks, find_networks
from foveate.recording import open_recording
from foveate.recording.hands import hand_boxes
from foveate.recording.hands_file import hands_csv, with_hands
from shared_data import shared
from writers.table import write_table

WHERE = "FOVEATE_HAND_NETWORKS"
MS = 1_000_000


def hand(left, top, right, bottom, confidence=0.75):
    return Hand(confidence, np.array([left, top, right, bottom], dtype=np.float64))


def seeing(image):
    """A detector that knows the drawn frames by their blue: two hands in the first, another two in the third."""
    return {
        0: [hand(10, 20, 40, 60), hand(100.04, 20, 130, 60)],
        2: [hand(100, 20, 130, 60), hand(150, 70, 260, 90)],
    }.get(int(image[0, 0, 2]), [])


def test_every_frame_is_told_of_and_the_table_comes_back(tmp_path):
    recording = drawn_recording(seconds=0.5)
    done = []
    found = detect_hands(recording, seeing, progress=done.append)
    assert done == [1, 2, 3, 4, 5]
    assert set(found.side.tolist()) == {""}
    assert found.valid.tolist() == [True, True, False, True, True, False, False]
    assert summary(found) == {"frames": 5, "with_hands": 2, "without_hands": 3, "hands": 4}
    file = tmp_path / "hands.csv"
    file.write_bytes(hands_csv(found))
    assert file.read_text().splitlines()[:4] == [
        "time_ns,side,left_px,top_px,width_px,height_px,valid,confidence",
        "5000000000,,10.0,20.0,30.0,40.0,true,0.75",
        "5000000000,,100.0,20.0,30.0,40.0,true,0.75",
        "5100000000,,,,,,false,",
    ]
    boxes = hand_boxes(with_hands(recording, file), recording.scene.time_ns)
    left, right = Box(10, 20, 30, 40), Box(100, 20, 30, 40)
    assert boxes == [(left, right), (), (right, Box(150, 70, 50, 20)), (), ()]


@pytest.mark.parametrize(
    ("fps", "chosen"),
    [
        pytest.param(5.0, [0, 2, 4, 6, 8], id="every-second"),
        pytest.param(10.0, list(range(10)), id="all"),
        pytest.param(1000.0, list(range(10)), id="more-than-there-are"),
        pytest.param(0.1, [0], id="one"),
        pytest.param(3.0, [0, 3, 7], id="uneven"),
    ],
)
def test_frames_to_look_at(fps, chosen):
    assert frames_to_look_at(np.arange(10) * 100 * MS, fps=fps) == chosen


@pytest.mark.parametrize("fps", [0.0, -1.0, float("nan"), float("inf")])
def test_a_rate_is_a_number_above_0(fps):
    with pytest.raises(UsageError, match=r"--fps takes a number above 0, got"):
        frames_to_look_at(np.arange(3), fps=fps)


def wheel(path, **files):
    with ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"mediapipe/modules/some/{name}.tflite", content)
    return path


def test_networks_come_out_of_a_wheel_or_a_folder(tmp_path):
    packed = find_networks(wheel(tmp_path / "a.whl", palm_detection_full=b"p", hand_landmark_full=b"h"))
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / PALM).write_bytes(b"p")
    (tmp_path / HAND).write_bytes(b"h")
    loose = find_networks(tmp_path)
    assert (packed.palm, packed.hand) == (loose.palm, loose.hand) == (b"p", b"h")
    assert packed.fingerprint == loose.fingerprint != Networks(b"h", b"p!", "").fingerprint


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param(
            "late.whl", "holds no hand_landmark_full.tflite; wheels of mediapipe up to 0.10.21 do: pip download", id="late"
        ),
        pytest.param("folder", "holds no palm_detection_full.tflite; --models takes a folder with", id="folder"),
        pytest.param(
            "text.whl",
            r"is no wheel that can be read \(File is not a zip file\); --models takes a wheel of mediapipe",
            id="no-zip",
        ),
        pytest.param("damaged.whl", r"is no wheel that can be read \(Error -3 while decompressing data", id="damaged"),
        pytest.param("lat.whl", r"is not there; did you mean .*late.whl; --models takes", id="typo"),
    ],
)
def test_networks_that_are_not_there_are_told(tmp_path, name, message):
    wheel(tmp_path / "late.whl", palm_detection_full=b"p")
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.whl").write_text("no wheel")
    with ZipFile(tmp_path / "damaged.whl", "w", ZIP_DEFLATED) as archive:
        for network in (PALM, HAND):
            archive.writestr(network, bytes(range(256)) * 9)
    packed = (tmp_path / "damaged.whl").read_bytes()
    begin = packed.index(PALM.encode()) + len(PALM)
    (tmp_path / "damaged.whl").write_bytes(packed[:begin] + b"\xff" * 8 + packed[begin + 8 :])
    with pytest.raises(ModelError, match=message):
        find_networks(tmp_path / name)


@pytest.mark.skipif(find_spec("mediapipe") is not None, reason="mediapipe is installed here")
def test_without_networks_the_line_to_type_is_told():
    with pytest.raises(ModelError, match=r"name a wheel of mediapipe with --models; pip download mediapipe==0.10.21 --no-deps"):
        find_networks(None)


@pytest.mark.skipif(find_spec("ai_edge_litert") is not None, reason="the extra is installed here")
def test_without_the_extra_the_line_to_type_is_told():
    with pytest.raises(
        MissingExtraError, match=r"ai_edge_litert is not installed; it comes with: pip install 'foveate\[hands\]'"
    ):
        Detector(Networks(b"p", b"h", "here"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["-o", "hands.txt"], "-o takes a file that ends in .csv, got hands.txt", id="name"),
        pytest.param(["-o", "hands.csv", "--fps", "0"], "--fps takes a number above 0, got 0", id="rate"),
        pytest.param(["-o", "hands.csv", "--min-confidence", "2", "--models", "."], "a number from 0 to 1, got 2", id="sure"),
        pytest.param(["-o", "hands.csv", "--models", "gone.whl"], "gone.whl is not there", id="networks"),
    ],
)
def test_the_command_tells_mistakes_and_writes_nothing(tmp_path, monkeypatch, arguments, message):
    rec = write_table(tmp_path / "rec")
    for name in (PALM, HAND):
        (rec / name).touch()
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(build_app(), ["hands", str(rec), *arguments])
    assert message in str(result.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["rec"]


@pytest.fixture(scope="module")
def real():
    """The folder or wheel with the real networks, or a skip that says why."""
    if find_spec("ai_edge_litert") is None:
        pytest.skip("ai_edge_litert is not installed: pip install 'foveate[hands]'")
    if WHERE not in os.environ:
        pytest.skip(f"no networks here: set {WHERE} to a wheel of mediapipe 0.10.21")
    return Path(os.environ[WHERE])


FINGERS = [
    ([(0, 260), (0, 90)], 105),
    *[([(-45, 70), (-60, -60)], 60), ([(-15, 70), (-20, -70)], 60), ([(20, 70), (22, -65)], 60), ([(45, 70), (60, -45)], 60)],
    *[([(-62, -60), (-78, -170), (-84, -230)], 38), ([(-20, -70), (-24, -200), (-26, -270)], 40)],
    *[([(24, -65), (32, -190), (36, -250)], 38), ([(64, -45), (84, -130), (94, -180)], 33)],
    ([(-45, 80), (-105, 20), (-150, -50), (-165, -85)], 44),
]
"""Arm, palm, four fingers and the thumb of a left hand whose palm is seen: lines and their width in pixels."""
CREASES = [[(-70, -40), (-20, -30), (40, -50)], [(-75, 10), (0, 0), (60, 20)], [(-30, 90), (-45, 40), (-70, 0)]]


def drawn_hand():
    """(960, 1280, 3) a small hand, drawn with lines."""
    noise = np.random.default_rng(0).normal(0, 6, (960, 1280, 3))
    image = np.clip(np.full((960, 1280, 3), (90, 110, 120)) + noise, 0, 255).astype(np.uint8)
    skin, dark = (224, 172, 138), (168, 129, 103)

    def at(point):
        return int(300 + point[0] * 0.5), int(700 + point[1] * 0.5)

    for wider, color in ((8, dark), (0, skin)):
        for line, width in FINGERS:
            for start, stop in pairwise(line):
                cv2.line(image, at(start), at(stop), color, int((width + wider) * 0.5), cv2.LINE_AA)
            for point in line:
                cv2.circle(image, at(point), int((width + wider) * 0.5 / 2), color, -1, cv2.LINE_AA)
    for line in CREASES:
        for start, stop in pairwise(line):
            cv2.line(image, at(start), at(stop), dark, 3, cv2.LINE_AA)
    return cv2.GaussianBlur(image, (0, 0), 1.5)


def test_the_real_networks_find_the_hand_where_mediapipe_finds_it(real):
    detector = Detector(find_networks(real))
    (found,) = detector(drawn_hand())
    # mediapipe 0.10.14 itself puts the points into (217, 564) to (348, 746)
    assert found.box_px == pytest.approx([217 - 18, 564 - 18, 348 + 18, 746 + 18], abs=5)
    assert 0.9 < found.confidence <= 1
    assert Detector(find_networks(real), min_confidence=0.99)(drawn_hand()) == []
    assert detector(np.full((480, 640, 3), 127, np.uint8)) == []


def test_the_real_networks_find_a_hand_that_holds_a_phone(real):
    scene = open_recording(shared("neon_multi_part")).scene
    (image,) = scene.frames([127])
    (found,) = Detector(find_networks(real))(image)
    left, top, right, bottom = found.box_px  # the hand reaches from 900 to 1040 and from 960 to below the frame
    assert 850 < left < 950 < 1000 < right < 1080
    assert 930 < top < 1030 < 1150 < bottom


def test_the_command_writes_what_the_real_networks_find(real, tmp_path, capfd):
    rec = write_table(tmp_path / "rec")
    out = tmp_path / "new" / "hands.csv"
    result = CliRunner().invoke(build_app(), ["hands", str(rec), "-o", str(out), "--models", str(real), "--json"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["with_hands"], told["without_hands"]) == (0, told["frames"])
    assert len(out.read_text().splitlines()) == 1 + told["frames"]
    assert capfd.readouterr().err == ""  # LiteRT would tell of its delegate


def test_other_networks_are_refused(real):
    networks = find_networks(real)
    with pytest.raises(ModelError, match=r"the palm network takes \(1, 224, 224, 3\) and gives .* expected \(1, 192, 192, 3\)"):
        Detector(Networks(networks.hand, networks.palm, "swapped"))
    with pytest.raises(ModelError, match="the palm network is no network that LiteRT can run"):
        Detector(Networks(b"no network", networks.hand, "broken"))
