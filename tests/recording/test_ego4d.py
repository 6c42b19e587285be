"""Ego4D videos with gaze: origin of the coordinates, clips, tables that are called .mp4, and what cannot be opened."""

import numpy as np
import pytest

from foveate import open_recording
from foveate.errors import RecordingError
from foveate.recording.info import facts
from writers.ego4d import CLIP, UID, gaze_rows, write_ego4d, write_gaze
from writers.video import write_clip


def test_gaze_counts_from_the_bottom_in_the_file_and_from_the_top_here(tmp_path):
    recording = open_recording(write_ego4d(tmp_path))
    assert (recording.format, recording.name) == ("ego4d", UID)
    gaze = recording.gaze
    np.testing.assert_allclose(gaze.point_px[0], [0.25 * 68, 0.25 * 68])
    np.testing.assert_allclose(gaze.point_px[10], [0.25 * 68, (1 - 0.76) * 68])
    assert gaze.time_ns[30] == 1_000_000_000
    assert gaze.confidence.min() == 1.0
    assert recording.warnings == ()


@pytest.mark.parametrize("start", ["video", "table", "misnamed"])
def test_video_and_gaze_find_each_other(tmp_path, start):
    video = write_ego4d(tmp_path, suffix=".mp4" if start == "misnamed" else ".csv")
    table = next((tmp_path / "gaze").iterdir())
    recording = open_recording(video if start == "video" else table)
    assert recording.format == "ego4d"
    assert len(recording.gaze) == 60
    assert recording.scene.size_px == (68, 68)


def test_a_table_that_is_called_mp4_is_read_and_said(tmp_path):
    recording = open_recording(write_ego4d(tmp_path, suffix=".mp4"))
    assert len(recording.gaze) == 60
    assert recording.notes == (f"gaze/{UID}.mp4 is a table of gaze, not a video",)


def test_a_folder_with_one_of_each(tmp_path):
    write_clip(tmp_path / f"{UID}.mp4", frames=60)
    write_gaze(tmp_path / f"{UID}.csv")
    recording = open_recording(tmp_path)
    assert recording.format == "ego4d"
    assert len(recording.gaze) == 60


def test_a_clip_is_placed_by_its_manifest(tmp_path):
    write_ego4d(tmp_path)
    recording = open_recording(tmp_path / "clips" / f"{CLIP}.mp4")
    gaze = recording.gaze
    # half a second of margin on either side of the clip's 30 frames
    assert gaze.time_ns[0] == pytest.approx(-500_000_000, abs=2)
    assert gaze.time_ns[-1] == pytest.approx(29e9 / 30, abs=1e6)
    at_start = int(np.searchsorted(gaze.time_ns, 0))
    assert gaze.point_px[at_start, 1] == pytest.approx((1 - 0.78) * 68)
    assert recording.notes == (f"a clip of {UID} from 1 s on, by clips/manifest.csv",)
    assert gaze.notes == ("15 of 60 gaze samples of the full video lie outside the clip",)


def test_a_clip_can_be_placed_by_declaration(tmp_path):
    video = write_ego4d(tmp_path)
    clip = write_clip(tmp_path / "mine.mp4", frames=20)
    table = tmp_path / "gaze" / f"{UID}.csv"
    gaze = open_recording(clip, format="ego4d", gaze=str(table), start_s="1.5").gaze
    full = open_recording(video).gaze
    wanted = full.time_ns[full.time_ns >= 1_000_000_000] - 1_500_000_000
    np.testing.assert_array_equal(gaze.time_ns, wanted[: len(gaze)])


@pytest.mark.parametrize("confidence", [0.0, 0.59])
def test_unsure_samples_keep_their_point_but_are_not_valid(tmp_path, confidence):
    rows = [*gaze_rows(30), *gaze_rows(60, confidence=confidence)[30:]]
    gaze = open_recording(write_ego4d(tmp_path, rows=rows)).gaze
    assert gaze.valid.tolist() == [True] * 30 + [False] * 30
    assert np.isfinite(gaze.point_px).all()


def test_nan_points_and_times_are_missing_and_counted(tmp_path):
    rows = gaze_rows(60)
    rows[3] = "0,0.1,3.6,3,1.0,NaN,0.5"
    rows[4] = "0,,3.6,3,1.0,0.5,0.5"
    gaze = open_recording(write_ego4d(tmp_path, rows=rows)).gaze
    assert len(gaze) == 59
    assert not gaze.valid[3]
    assert gaze.notes == ("1 of 60 gaze samples have no canonical_timestamp_s: left out",)


def test_gaze_without_its_video_holds_for_the_published_frame(tmp_path):
    video = write_ego4d(tmp_path)
    video.unlink()
    fact = facts(open_recording(tmp_path / "gaze" / f"{UID}.csv"))
    assert (fact["width"], fact["height"], fact["gaze_samples"]) == (1088, 1080, 60)
    assert any("there is no video of that name" in warning for warning in fact["warnings"])


def test_a_video_without_gaze_is_no_ego4d_recording(tmp_path):
    video = write_ego4d(tmp_path)
    (tmp_path / "gaze" / f"{UID}.csv").unlink()
    assert open_recording(video).format == "table"
    recording = open_recording(video, format="ego4d")
    with pytest.raises(RecordingError, match=r"has no gaze stream .* Ego4D has gaze for a few dozen videos only"):
        _ = recording.gaze


def seconds_late(rows: list[str], late: float) -> list[str]:
    parts = [row.split(",") for row in rows]
    return [",".join([part[0], str(float(part[1]) + late), *part[2:]]) for part in parts]


BROKEN = {
    "no rows": ([], "has no gaze samples"),
    "elsewhere": (seconds_late(gaze_rows(60), 900.0), "do not overlap in time. Is the video a clip"),
    "backwards": (gaze_rows(60)[::-1], "gaze time runs backwards at 59 of 60"),
    "stands still": (seconds_late(["0,0.5,1,1,1.0,0.5,0.5"] * 60, 0.0), "60 gaze samples have only 1 different times"),
    "confidence in per cent": (
        [row.replace(",1.0,", ",100,") for row in gaze_rows(60)],
        "runs from 100 to 100; it is in .0, 1.",
    ),
    "times out of range": (["0,1e30,1,1,1.0,0.5,0.5"], "the time 1e.30 s is out of range"),
}


@pytest.mark.parametrize(("rows", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_gaze(tmp_path, rows, message):
    with pytest.raises(RecordingError, match=message) as caught:
        _ = open_recording(write_ego4d(tmp_path, rows=rows)).gaze
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"start_s": "soon"}, "start_s is where a clip starts in the full video, in seconds; got 'soon'"),
        ({"start_s": -1}, "got -1"),
        ({"start_s": 9999}, "has no gaze in the clip, which starts at 9999 s"),
        ({"gaze": "clips/manifest.csv"}, "is no table of gaze with canonical_timestamp_s"),
    ],
)
def test_wrong_declarations(tmp_path, declared, message):
    video = write_ego4d(tmp_path)
    if "gaze" in declared:
        declared = {"gaze": str(tmp_path / declared["gaze"])}
    with pytest.raises(RecordingError, match=message):
        _ = open_recording(video, format="ego4d", **declared).gaze


def test_a_missing_column_is_named(tmp_path):
    header = "canonical_timestamp_s,norm_pos_x,norm_y"
    video = write_ego4d(tmp_path)
    write_gaze(tmp_path / "gaze" / f"{UID}.csv", header=header, rows=["0.0,0.5,0.5"])
    with pytest.raises(RecordingError, match="has no column 'norm_pos_y' for y; did you mean"):
        _ = open_recording(video).gaze


def test_links_out_of_the_folder_are_refused(tmp_path):
    video = write_ego4d(tmp_path / "data")
    table = tmp_path / "data" / "gaze" / f"{UID}.csv"
    moved = table.rename(tmp_path / "elsewhere.csv")
    table.symlink_to(moved)
    with pytest.raises(RecordingError, match="leads out of the recording's folder"):
        open_recording(video)
