"""Ego-Exo4D takes: which video and gaze are read, how gaze is scaled and timed, and what cannot be opened."""

import numpy as np
import pytest

from foveate import open_recording
from foveate.errors import RecordingError
from foveate.recording.info import facts
from writers.egoexo4d import gaze_rows, write_take
from writers.video import number_of


def test_gaze_of_1408_px_is_scaled_to_the_downscaled_video_and_timed_at_10_hz(tmp_path):
    recording = open_recording(write_take(tmp_path / "take"))
    assert (recording.format, recording.device, recording.name) == ("egoexo4d", "Project Aria", "take")
    assert recording.scene.size_px == (64, 64)
    gaze = recording.gaze
    assert gaze.time_ns.tolist() == [k * 100_000_000 for k in range(10)]
    np.testing.assert_allclose(gaze.point_px[3], [130 * 64 / 1408, 700 * 64 / 1408])
    assert gaze.valid.all()
    assert recording.warnings == ()


def test_gaze_lies_on_every_third_frame(tmp_path):
    recording = open_recording(write_take(tmp_path / "take"))
    frame_ns = recording.scene.time_ns[::3]
    assert np.abs(frame_ns - recording.gaze.time_ns).max() < 1_000_000


def test_a_full_size_video_is_preferred_to_a_downscaled_one(tmp_path):
    folder = write_take(tmp_path / "take", downscaled=448, frames=30)
    write_take(folder, downscaled=None, frames=24, rows=gaze_rows(8))
    assert len(open_recording(folder).scene.time_ns) == 24
    image = next(iter(open_recording(folder).scene.frames([5])))
    assert number_of(image) == 5


def test_the_largest_downscaled_copy_is_taken(tmp_path):
    folder = write_take(tmp_path / "take", downscaled=448, frames=30)
    write_take(folder, downscaled=796, frames=27)
    assert len(open_recording(folder).scene.time_ns) == 27


@pytest.mark.parametrize("camera", ["aria01_214-1", "aria02_214-1", "aria03_214-1"])
def test_the_ego_camera_is_found_by_its_name(tmp_path, camera):
    folder = write_take(tmp_path / "take", camera=camera)
    for other in ("aria01_1201-1", "aria01_1201-2", "aria01_211-1"):
        (folder / "frame_aligned_videos" / "downscaled" / "448" / f"{other}.mp4").write_bytes(b"other camera")
    assert open_recording(folder).scene.size_px == (64, 64)


def test_personalized_gaze_comes_before_the_general_model_and_either_can_be_declared(tmp_path):
    folder = write_take(tmp_path / "take")
    general = folder / "eye_gaze" / "general_eye_gaze_2d.csv"
    general.write_text(general.read_text().replace(",700,", ",900,"))
    assert open_recording(folder).gaze.point_px[0, 1] == pytest.approx(700 * 64 / 1408)
    assert open_recording(folder, format="egoexo4d", gaze="general").gaze.point_px[0, 1] == pytest.approx(900 * 64 / 1408)


def test_the_general_models_gaze_is_said(tmp_path):
    recording = open_recording(write_take(tmp_path / "take", names=("general",)))
    assert recording.notes == ("there is no personalized gaze: the general model's is used",)


def test_gaze_sampled_at_30_hz_is_told_by_the_devices_clock(tmp_path):
    folder = write_take(tmp_path / "take", rows=gaze_rows(30, hz=30.0))
    gaze = open_recording(folder).gaze
    assert gaze.rate_hz == pytest.approx(30.0, rel=1e-3)
    assert gaze.time_ns[-1] == pytest.approx(29e9 / 30, abs=2)


def test_without_the_devices_clock_the_length_of_the_video_tells_the_rate(tmp_path):
    rows = [row.rpartition(",")[0] for row in gaze_rows(10)]
    slow = open_recording(write_take(tmp_path / "slow", rows=rows, header="frame_num,x,y"))
    assert slow.gaze.rate_hz == pytest.approx(10.0)
    assert "no tracking_timestamp_us: gaze is taken to be sampled at 10 Hz" in slow.gaze.notes[0]
    rows = [row.rpartition(",")[0] for row in gaze_rows(30)]
    fast = open_recording(write_take(tmp_path / "fast", rows=rows, header="frame_num,x,y"))
    assert fast.gaze.rate_hz == pytest.approx(30.0, rel=1e-3)
    assert "frame_num is taken as the video's frame" in fast.gaze.notes[0]


def test_empty_cells_are_missing_not_zero(tmp_path):
    rows = gaze_rows(10)
    rows[4] = "4,,,812400000"
    gaze = open_recording(write_take(tmp_path / "take", rows=rows)).gaze
    assert not gaze.valid[4]
    assert np.isnan(gaze.point_px[4]).all()
    assert gaze.valid.sum() == 9


def test_a_take_without_video_tells_what_is_known(tmp_path):
    folder = write_take(tmp_path / "take")
    (folder / "frame_aligned_videos" / "downscaled" / "448" / "aria01_214-1.mp4").unlink()
    fact = facts(open_recording(folder))
    assert (fact["width"], fact["height"], fact["frames_with_video"], fact["gaze_samples"]) == (1408, 1408, 0, 10)
    assert any("has no frame_aligned_videos/*_214-1.mp4" in warning for warning in fact["warnings"])


def test_a_take_without_gaze_fails_by_name(tmp_path):
    recording = open_recording(write_take(tmp_path / "take", names=()))
    with pytest.raises(RecordingError, match=r"has no gaze stream .found: scene.. Download the take's parts"):
        _ = recording.gaze


BROKEN = {
    "wrong columns": ({"header": "frame,x,y,t"}, "has no column 'frame_num' for frame; did you mean 'frame'"),
    "no rows": ({"rows": []}, "has no gaze samples"),
    "another take": ({"rows": [f"{k},1,1" for k in range(200)], "header": "frame_num,x,y"}, "Is it the gaze of another take"),
    "impossible clock": ({"rows": gaze_rows(10, hz=4000.0)}, "gives 4e.03 gaze samples in a second"),
    "time backwards": ({"rows": gaze_rows(10)[::-1]}, "gaze time runs backwards at 9 of 10"),
    "one frame": ({"rows": ["3,1,1,812000000"] * 10}, "10 gaze samples have only 1 different times"),
}


@pytest.mark.parametrize(("change", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_gaze(tmp_path, change, message):
    with pytest.raises(RecordingError, match=message) as caught:
        _ = open_recording(write_take(tmp_path / "take", **change)).gaze
    assert "\n" not in str(caught.value)
    assert "eye_gaze_2d.csv" in str(caught.value)


def test_an_exo_camera_is_refused(tmp_path):
    recording = open_recording(write_take(tmp_path / "take"), format="egoexo4d", camera="cam01")
    with pytest.raises(RecordingError, match=r"is 96x54, but its gaze holds for 1408x1408 .* Is it another camera's video"):
        _ = recording.scene


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"camera": "gopro"}, "has no camera 'gopro' .found: aria01_214-1, cam01"),
        ({"gaze": "mine"}, "gaze is 'personalized' or 'general', got 'mine'"),
    ],
)
def test_wrong_declarations(tmp_path, declared, message):
    folder = write_take(tmp_path / "take")
    with pytest.raises(RecordingError, match=message):
        open_recording(folder, format="egoexo4d", **declared)


def test_two_wearers_must_be_told_apart(tmp_path):
    folder = write_take(tmp_path / "take")
    write_take(folder, camera="aria02_214-1")
    with pytest.raises(RecordingError, match=r"several cameras that a wearer looks through .aria01_214-1, aria02_214-1."):
        open_recording(folder)
    assert open_recording(folder, format="egoexo4d", camera="aria02_214-1").scene.size_px == (64, 64)


def test_links_out_of_the_take_are_refused(tmp_path):
    folder = write_take(tmp_path / "take")
    secret = tmp_path / "secret.csv"
    secret.write_text("frame_num,x,y\n0,1,1\n")
    table = folder / "eye_gaze" / "personalized_eye_gaze_2d.csv"
    table.unlink()
    table.symlink_to(secret)
    with pytest.raises(RecordingError, match="leads out of the recording's folder"):
        open_recording(folder)
