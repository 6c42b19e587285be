"""EGTEA Gaze+ sessions and clips: both layouts of BeGaze's text, 24 fps, 1280 x 960, names, and what cannot be opened."""

import numpy as np
import pytest

from foveate import open_recording
from foveate.errors import RecordingError
from foveate.geometry import Size
from foveate.recording.info import facts
from writers.egtea import SESSION, SIZE, gaze_lines, sample, write_session, write_text
from writers.video import write_clip

KINDS = {**dict.fromkeys(range(10, 13), "Saccade"), 20: "Blink", 21: "-", 30: "Smooth Pursuit"}


@pytest.mark.parametrize("named", [True, False], ids=["header", "no header"])
@pytest.mark.parametrize("layout", ["short", "long"])
def test_both_layouts_give_the_same_gaze(tmp_path, layout, named):
    recording = open_recording(
        write_session(tmp_path, layout=layout, named=named, lines=gaze_lines(layout=layout, kinds=KINDS))
    )
    assert (recording.format, recording.name) == ("egtea", SESSION)
    gaze = recording.gaze
    assert len(gaze) == 60
    np.testing.assert_allclose(gaze.point_px[7], [(320 + 7) * 64 / 1280, 480 * 48 / 960])
    assert np.flatnonzero(~gaze.valid).tolist() == [20, 21]
    assert np.isnan(gaze.point_px[20]).all()
    assert recording.warnings == ()


def test_the_frame_is_the_clock_and_its_samples_are_spread_over_it(tmp_path):
    recording = open_recording(write_session(tmp_path))
    frame_ns, gaze = recording.scene.time_ns, recording.gaze
    # 30 samples for 24 frames: samples 0 and 1 belong to frame 0, sample 2 to frame 1
    assert gaze.time_ns[0] == frame_ns[0]
    assert gaze.time_ns[1] == pytest.approx(frame_ns[1] / 2, abs=2)
    assert gaze.time_ns[2] == frame_ns[1]
    assert gaze.rate_hz == pytest.approx(30.0, rel=0.01)
    assert len(gaze) / 2.0 == 30.0


def test_fixations_and_saccades_are_begazes_own(tmp_path):
    recording = open_recording(write_session(tmp_path, lines=gaze_lines(kinds=KINDS)))
    fixations, saccades = recording.stream("fixations"), recording.stream("saccades")
    assert (len(fixations), len(saccades)) == (4, 1)
    assert saccades.point_px is None
    np.testing.assert_allclose(fixations.point_px[0], [(320 + 4.5) * 64 / 1280, 24.0])
    assert saccades.start_ns[0] == recording.gaze.time_ns[10]


@pytest.mark.parametrize("text_name", [SESSION, SESSION.lower(), "op01-r01-PASTASALAD"])
def test_names_are_found_in_any_case(tmp_path, text_name):
    assert len(open_recording(write_session(tmp_path, text_name=text_name)).gaze) == 60


def test_op01_and_p01_are_two_people(tmp_path):
    write_session(tmp_path, session="OP01-R01-PastaSalad")
    video = write_session(tmp_path, session="P01-R01-PastaSalad", lines=[sample(0, 3, 640, 480, "Fixation", layout="short")])
    assert len(open_recording(video).gaze) == 1
    (tmp_path / "gaze_data" / "P01-R01-PastaSalad.txt").unlink()
    with pytest.raises(RecordingError, match="has no gaze stream"):
        _ = open_recording(video, format="egtea").gaze


def test_a_clip_takes_its_stretch_of_the_sessions_gaze(tmp_path):
    write_text(tmp_path / "gaze_data" / f"{SESSION}.txt")
    clip = tmp_path / "cropped_clips" / SESSION / f"{SESSION}-1000-1500-F000024-F000036.mp4"
    clip.parent.mkdir(parents=True)
    write_clip(clip, frames=12, fps=24, size_px=SIZE)
    gaze = open_recording(clip).gaze
    assert len(gaze) == 15
    np.testing.assert_allclose(gaze.point_px[0], [(320 + 30) * 64 / 1280, 24.0])
    assert gaze.time_ns[0] == 0
    assert gaze.notes == ("45 of 60 gaze samples of the session lie outside the clip",)


def test_a_clip_without_gaze_says_so(tmp_path):
    write_text(tmp_path / "gaze_data" / f"{SESSION}.txt")
    clip = write_clip(tmp_path / f"{SESSION}-90000-91000-F002160-F002184.mp4", frames=12, fps=24, size_px=SIZE)
    with pytest.raises(RecordingError, match="has no gaze in the clip, which starts at frame 2160"):
        _ = open_recording(clip).gaze


def test_gaze_without_its_video_runs_at_24_fps(tmp_path):
    text = write_text(tmp_path / f"{SESSION}.txt")
    recording = open_recording(text)
    assert recording.gaze.time_ns[2] == pytest.approx(1e9 / 24, abs=1)
    fact = facts(recording)
    assert (fact["width"], fact["height"], fact["gaze_samples"]) == (1280, 960, 60)


def test_a_folder_with_one_session(tmp_path):
    write_text(tmp_path / f"{SESSION}.txt")
    write_clip(tmp_path / f"{SESSION}.mp4", frames=48, fps=24, size_px=SIZE)
    assert open_recording(tmp_path).format == "egtea"


def test_a_video_at_another_rate_is_placed_by_seconds_and_said(tmp_path):
    video = write_session(tmp_path)
    write_clip(video, frames=60, fps=30, size_px=SIZE)
    gaze = open_recording(video).gaze
    assert gaze.time_ns[2] == pytest.approx(1e9 / 24, abs=1)
    assert gaze.notes == ("the video has 30.00 fps where 24 were published: gaze is placed by seconds",)


def test_messages_and_broken_lines_are_left_out_and_counted(tmp_path):
    lines = gaze_lines()
    lines[5] = "half a line"
    lines.insert(3, "9000000001\tMSG\t1\t# Message: start")
    gaze = open_recording(write_session(tmp_path, lines=lines)).gaze
    assert len(gaze) == 59
    assert gaze.notes == (f"1 of 60 lines of {SESSION}.txt are no gaze samples: left out",)


def test_samples_beyond_the_video_are_left_out_and_counted(tmp_path):
    recording = open_recording(write_session(tmp_path, frames=24))
    assert len(recording.gaze) == 30
    assert recording.gaze.notes == ("30 of 60 gaze samples name no frame of the video: left out",)


BROKEN = {
    "no samples": ([], "0 of 0 lines are no samples of BeGaze"),
    "other text": (["lorem ipsum dolor"] * 20, "20 of 20 lines are no samples of BeGaze"),
    "frames of another video": (
        [sample(k, 90_000 + k, 1, 1, "Fixation", layout="short") for k in range(60)],
        "samples name the frames 90000 to 90059, but the video has 48",
    ),
    "frames backwards": (gaze_lines()[::-1], "gaze time runs backwards at 47 of 60"),
}


@pytest.mark.parametrize(("lines", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_text(tmp_path, lines, message):
    with pytest.raises(RecordingError, match=message) as caught:
        _ = open_recording(write_session(tmp_path, lines=lines)).gaze
    assert "\n" not in str(caught.value)


def test_a_header_without_gaze_is_refused(tmp_path):
    video = write_session(tmp_path)
    (tmp_path / "gaze_data" / f"{SESSION}.txt").write_text("Time\tType\tTrial\tL Dia [mm]\tFrame\tL Event Info\n")
    with pytest.raises(RecordingError, match=r"has no column '.LBR. POR X .* .found: Time, Type, Trial, L Dia"):
        _ = open_recording(video).gaze


def test_a_wide_video_is_refused(tmp_path):
    video = write_session(tmp_path)
    write_clip(video, frames=48, fps=24, size_px=Size(96, 48))
    with pytest.raises(RecordingError, match="is 96x48, but its gaze holds for 1280x960"):
        _ = open_recording(video).scene
