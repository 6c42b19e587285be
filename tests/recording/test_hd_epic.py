"""HD-EPIC videos: one sample per gaze estimate at its own time, how far the held points are off, and what cannot be opened."""

import numpy as np
import pytest

from foveate import open_recording
from foveate.errors import RecordingError
from foveate.gaze.align import align
from foveate.recording.info import facts
from writers.hd_epic import FRAME_NS, NAME, frame_row, write_hd_epic


def test_every_estimate_is_one_sample_at_its_own_time(tmp_path):
    recording = open_recording(write_hd_epic(tmp_path))
    assert (recording.format, recording.name, recording.device) == ("hd_epic", NAME, "Project Aria")
    gaze = recording.gaze
    # 2 s of video: estimates at 67, 267, 467 ... ms after the first frame
    np.testing.assert_allclose(gaze.time_ns, 66_757_000 + 200_000_000 * np.arange(len(gaze)), atol=400_000)
    np.testing.assert_allclose(gaze.point_px, [[(700 + 10 * k) * 64 / 1408, 32.0] for k in range(len(gaze))])
    assert len(gaze) == 10
    assert gaze.notes == (
        "10 gaze estimates are held for 6 frames each in framewise_info.jsonl (up to 100 ms from them): "
        "each is placed at its own time",
    )


def test_how_far_each_frames_held_point_is_off_is_exposed(tmp_path):
    recording = open_recording(write_hd_epic(tmp_path))
    held = recording.stream("held")
    np.testing.assert_array_equal(held.time_ns, recording.scene.time_ns)
    off_ms = held.values["gaze_minus_frame_ms"]
    wanted = [(frame_row(k)["gaze_timestamp_ns"] - frame_row(k)["tracking_timestamp_ns"]) / 1e6 for k in range(60)]
    np.testing.assert_allclose(off_ms, wanted)
    assert np.abs(off_ms).max() > 90


def test_alignment_tells_the_age_of_every_frames_gaze(tmp_path):
    recording = open_recording(write_hd_epic(tmp_path))
    aligned = align(recording.gaze, recording.scene.time_ns, tolerance_ns=100_000_000)
    measured = aligned.age_ns[aligned.valid] / 1e6
    assert measured.min() < -60
    assert measured.max() > 60
    strict = align(recording.gaze, recording.scene.time_ns)
    # gaze at 5 Hz is near enough to one frame in six
    assert strict.valid.sum() == pytest.approx(60 / 6, abs=3)


@pytest.mark.parametrize("start", ["folder", "video"])
def test_video_and_framewise_info_find_each_other(tmp_path, start):
    folder = write_hd_epic(tmp_path)
    recording = open_recording(folder if start == "folder" else tmp_path / "Videos" / "P01" / f"{NAME}.mp4")
    assert recording.name == NAME
    assert recording.scene.size_px == (64, 64)
    assert len(recording.gaze) == 10


def test_files_that_lie_elsewhere_are_declared(tmp_path):
    folder = write_hd_epic(tmp_path)
    video = (tmp_path / "Videos" / "P01" / f"{NAME}.mp4").rename(tmp_path / "mine.mp4")
    assert "scene" not in open_recording(folder).loaders
    assert open_recording(folder, format="hd_epic", video=str(video)).scene.size_px == (64, 64)
    framewise = str(folder / "framewise_info.jsonl")
    assert len(open_recording(video, format="hd_epic", framewise=framewise).gaze) == 10
    with pytest.raises(RecordingError, match=r"nowhere.mp4 does not exist"):
        open_recording(folder, format="hd_epic", video="nowhere.mp4")


def test_frames_without_gaze_are_missing_and_not_zero(tmp_path):
    rows = [frame_row(index) for index in range(60)]
    for index in range(12, 60):
        rows[index] |= {"gaze_centre_in_pixels": None, "gaze_timestamp_ns": None}
    recording = open_recording(write_hd_epic(tmp_path, rows=rows))
    assert len(recording.gaze) == 2
    assert np.isnan(recording.stream("held").values["gaze_minus_frame_ms"][12:]).all()


def test_gaze_without_its_own_time_is_placed_at_the_frame_and_said(tmp_path):
    rows = [frame_row(index) for index in range(60)]
    for row in rows:
        del row["gaze_timestamp_ns"]
    gaze = open_recording(write_hd_epic(tmp_path, rows=rows)).gaze
    assert len(gaze) == 60
    assert gaze.notes == ("gaze of 60 frames has no gaze_timestamp_ns: placed at the frame itself",)


def test_gaze_a_second_away_is_missing_and_counted(tmp_path):
    rows = [frame_row(index) for index in range(60)]
    rows[7]["gaze_timestamp_ns"] += 5_000_000_000
    gaze = open_recording(write_hd_epic(tmp_path, rows=rows)).gaze
    assert "gaze of 1 frames was measured more than a second away from them: taken as missing" in gaze.notes


def test_broken_lines_are_left_out_and_counted(tmp_path):
    rows = [frame_row(index) for index in range(60)]
    rows[3:6] = ["{", "[1, 2]", '{"frame_index": "four"}']
    gaze = open_recording(write_hd_epic(tmp_path, rows=rows)).gaze
    assert gaze.notes[0] == "3 of 60 lines of framewise_info.jsonl are broken: left out"


@pytest.mark.parametrize(
    "point",
    [None, [1.0], [1.0, None], ["a", "b"], 3, [float("nan"), 1.0], [10**400, 1], [1e9, 1.0]],
    ids=["null", "one", "half", "text", "number", "nan", "huge", "far"],
)
def test_points_that_are_none_are_missing(tmp_path, point):
    rows = [frame_row(index) for index in range(60)]
    for row in rows[:5]:
        row["gaze_centre_in_pixels"] = point
    gaze = open_recording(write_hd_epic(tmp_path, rows=rows)).gaze
    assert (~gaze.valid).sum() == (1 if point == [1e9, 1.0] else 0)
    assert gaze.valid.sum() == (9 if point == [1e9, 1.0] else 10)


def test_without_video_what_is_known_is_told(tmp_path):
    fact = facts(open_recording(write_hd_epic(tmp_path, video=False)))
    assert (fact["width"], fact["frames_with_video"], fact["gaze_samples"]) == (1408, 0, 10)
    assert any(f"there is no video called {NAME}" in warning for warning in fact["warnings"])


BROKEN = {
    "empty": ([""], "0 of 0 lines are no frames of HD-EPIC"),
    "text": (["lorem"] * 9, "9 of 9 lines are no frames of HD-EPIC"),
    "no gaze at all": ([{"frame_index": k} for k in range(60)], "has no gaze samples"),
    "frames of another video": (
        [frame_row(k) | {"frame_index": 5000 + k} for k in range(60)],
        "samples name the frames 5000 to 5059, but the video has 60",
    ),
}


@pytest.mark.parametrize(("rows", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_broken(tmp_path, rows, message):
    with pytest.raises(RecordingError, match=message) as caught:
        _ = open_recording(write_hd_epic(tmp_path, rows=rows)).gaze
    assert "\n" not in str(caught.value)


def test_frames_out_of_order_are_sorted(tmp_path):
    rows = [frame_row(index) for index in range(60)]
    rows[10], rows[40] = rows[40], rows[10]
    recording = open_recording(write_hd_epic(tmp_path, rows=rows))
    assert len(recording.gaze) == 10
    assert np.all(np.diff(recording.stream("held").time_ns) > 0)
    assert recording.scene.time_ns[1] == pytest.approx(FRAME_NS, abs=2)
