from pathlib import Path

import cv2
import numpy as np
import pytest

from foveate.errors import UsageError
from foveate.geometry import Box, Size
from foveate.recording import open_recording
from foveate.recording.hands import hand_boxes
from foveate.toykitchen import World, write_recording
from foveate.toykitchen.__main__ import main
from foveate.toykitchen.scene import frame_times

SIZE = Size(160, 160)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Path]:
    world = World(7, duration_s=5.0)
    return world, write_recording(world, tmp_path_factory.mktemp("toy") / "rec", size_px=SIZE, fps=10.0)


def test_the_drawn_recording_has_every_stream() -> None:
    world = World(7, duration_s=5.0)
    recording = world.recording(fps=30.0)
    assert (recording.format, recording.device, recording.path) == ("toykitchen", "toykitchen", None)
    assert recording.name == "toykitchen-kitchen-7"
    assert recording.scene.size_px == Size(1440, 1440)
    assert len(recording.scene.time_ns) == recording.scene.timed_frames == 150
    assert recording.events == world.narrations
    assert recording.camera is not None
    assert recording.gaze.valid.any()
    assert recording.warnings == ()


def test_drawn_frames_take_boxes_and_sizes() -> None:
    world = World(7, duration_s=5.0)
    scene = world.recording(fps=10.0).scene
    box = Box(300, 400, 64, 48)
    frames = list(scene.frames([0, 4, 9], boxes_px=[None, box, box], sizes_px=[SIZE, None, Size(32, 24)]))
    assert [frame.shape for frame in frames] == [(160, 160, 3), (48, 64, 3), (24, 32, 3)]
    np.testing.assert_array_equal(frames[1], world.frame(400_000_000, Size(64, 48), box))


@pytest.mark.parametrize(("duration_s", "fps"), [(5.0, 0.0), (5.0, -1.0), (0.0, 30.0)], ids=["no rate", "negative", "no time"])
def test_a_recording_without_frames_is_refused(duration_s: float, fps: float) -> None:
    with pytest.raises(UsageError, match="duration and frames per second above 0"):
        frame_times(duration_s, fps)


def test_the_hands_come_back_in_the_videos_pixels(written: tuple[World, Path]) -> None:
    world, folder = written
    recording, drawn = open_recording(folder), world.recording(fps=10.0)
    read, true = recording.stream("hands"), drawn.stream("hands")
    assert true.valid.any()
    assert (read.side.tolist(), read.valid.tolist()) == (true.side.tolist(), true.valid.tolist())
    np.testing.assert_allclose(read.box_px, true.box_px / 9, atol=0.006)
    small, large = (hand_boxes(one, one.scene.time_ns) for one in (recording, drawn))
    assert [len(boxes) for boxes in small] == [len(boxes) for boxes in large]


def test_the_video_shows_what_is_drawn(written: tuple[World, Path]) -> None:
    world, folder = written
    scene = open_recording(folder).scene
    assert scene.size_px == SIZE
    np.testing.assert_allclose(scene.time_ns, np.arange(50) * 100_000_000, atol=1_000_000)
    for index, frame in zip((0, 17, 49), scene.frames([0, 17, 49]), strict=True):
        drawn = world.frame(int(scene.time_ns[index]), SIZE)
        assert np.abs(frame.astype(int) - drawn).mean() < 4
        later = world.frame(int(scene.time_ns[index]) + 1_000_000_000, SIZE)
        assert np.abs(frame.astype(int) - drawn).mean() < np.abs(frame.astype(int) - later).mean()


def test_tables_hold_gaze_and_narrations(written: tuple[World, Path]) -> None:
    world, folder = written
    recording = open_recording(folder)
    assert (recording.format, recording.device) == ("table", "toykitchen")
    assert recording.warnings == ()
    assert recording.events == world.narrations
    told, true = recording.gaze, world.gaze()
    np.testing.assert_array_equal(told.time_ns, true.time_ns)
    np.testing.assert_array_equal(told.valid, true.valid)
    np.testing.assert_allclose(told.point_px, true.point_px * SIZE.width_px / 1440, atol=0.006)


def test_the_camera_is_told_for_the_video_s_size(written: tuple[World, Path]) -> None:
    world, folder = written
    told = open_recording(folder).camera
    assert told is not None
    assert told.size_px == SIZE
    assert told.px_per_deg == pytest.approx(world.camera.px_per_deg / 9)
    np.testing.assert_allclose(told.degrees(np.array([[100.0, 30.0]])), world.camera.degrees(np.array([[900.0, 270.0]])))


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("dear")
    with pytest.raises(UsageError, match="is there already and not an empty folder"):
        write_recording(World(1, duration_s=1.0), tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_nothing_is_left_of_a_recording_that_failed(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_recording(World(1, duration_s=3.0), tmp_path / "rec", size_px=Size(64, 64), fps=5.0, progress=stop)
    with pytest.raises(UsageError, match="even width and height"):
        write_recording(World(1, duration_s=1.0), tmp_path / "odd", size_px=Size(63, 64), fps=5.0)
    assert list(tmp_path.iterdir()) == []


def test_the_contact_sheet_is_drawn_by_its_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = tmp_path / "sheet.png"
    main(["--seed", "3", "--rows", "1", "--columns", "1", "-o", str(sheet)])
    assert capsys.readouterr().out.strip() == str(sheet)
    assert cv2.imread(str(sheet)).shape == (386, 720, 3)
