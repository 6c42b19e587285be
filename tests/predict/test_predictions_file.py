"""What gaze estimators write: every form with known points, and what is refused instead of guessed."""

from pathlib import Path

import numpy as np
import pytest

from foveate.errors import FoveateError, RecordingError, UsageError
from foveate.gaze.align import align
from foveate.geometry import Size
from foveate.predict.file import files, predict
from foveate.predict.prediction import Frames

START_NS = 7_000_000_000
NAN = (np.nan, np.nan)


def frames(count: int = 4, fps: float = 10.0, size_px: Size = Size(200, 100)) -> Frames:  # noqa: B008 - a constant
    return Frames("walk", START_NS + np.round(np.arange(count) * (1e9 / fps)).astype(np.int64), size_px)


def points(frames: Frames, rest: str) -> np.ndarray:
    """The predicted point of every frame."""
    gaze = predict(frames, rest).gaze
    return align(gaze, frames.time_ns, tolerance_ns=30_000_000).point_px


@pytest.mark.parametrize(
    ("text", "unit", "wanted"),
    [
        pytest.param(
            "frame,x,y,gaze_type\n0,.5,.5,0\n1,.25,.1,1\n2,1,.5,2\n3,0,0,3\n",
            "",
            [(100, 50), (50, 10), NAN, NAN],
            id="GLC: fixation, saccade, outside, untracked",
        ),
        pytest.param("frame,x,y\n0,.5,.5\n3,.1,1\n", "", [(100, 50), NAN, NAN, (20, 100)], id="shares, two frames only"),
        pytest.param("frame,x,y\n0,100,50\n1,nan,\n", ":px", [(100, 50), NAN, NAN, NAN], id="declared pixels, a point missing"),
        pytest.param("frame,x,y\n0,32,32\n", ":64x64", [(100, 50), NAN, NAN, NAN], id="pixels of a scaled frame"),
        pytest.param("Frame_Index,X_px,Y_px\n2,1,2\n", "", [NAN, NAN, (1, 2), NAN], id="pixels by name, capitals"),
        pytest.param("time_s,x_norm,y_norm\n0.1,.5,.5\n0.3,.5,1.02\n", "", [NAN, (100, 50), NAN, (100, 102)], id="seconds"),
        pytest.param("time_s\tx\ty\n0.12\t.5\t.5\n", "", [NAN, (100, 50), NAN, NAN], id="tabs, and 20 ms beside the frame"),
    ],
)
def test_a_form_gives_known_points(tmp_path: Path, text: str, unit: str, wanted: list[tuple[float, float]]) -> None:
    (tmp_path / "p.csv").write_text(text)
    assert np.allclose(points(frames(), f"{tmp_path / 'p.csv'}{unit}"), wanted, equal_nan=True)


def test_egoexo4d_counts_at_ten_hertz_in_pixels_of_1408(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("frame_num,x,y\n" + "".join(f"{k},704,{352 + k}\n" for k in range(10)))
    video = frames(count=30, fps=30.0, size_px=Size(704, 704))
    gaze = predict(video, str(tmp_path / "p.csv")).gaze
    assert np.array_equal(gaze.time_ns, START_NS + np.arange(10) * 100_000_000)
    assert np.allclose(gaze.point_px, [(352, 176 + k / 2) for k in range(10)])


def test_confidence_is_kept_and_what_was_lost_is_told(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("frame,x,y,confidence\n0,.5,.5,.25\n9,.5,.5,.5\n")
    told = predict(frames(), str(tmp_path / "p.csv"))
    assert told.gaze.confidence is not None
    assert told.gaze.confidence.tolist() == [0.25]
    assert told.gaze.notes == ("1 of 2 predictions name no frame of the video: left out",)
    assert told.about == "the predictions in p.csv"


@pytest.mark.parametrize(
    ("text", "unit", "told"),
    [
        pytest.param(
            "frame,x,y\n0,100,50\n1,120,60\n",
            "",
            r"x runs from 100 to 120 .* nothing tells of what.*:shares.*200x100",
            id="no unit",
        ),
        pytest.param("frame,x,y\n0,300,50\n", ":px", "as pixels of a frame of 200x100 lies mostly outside", id="wrong pixels"),
        pytest.param("frame,x,y,gaze_type\n0,99,50,0\n", "", "as shares of the frame lies mostly outside", id="GLC in pixels"),
        pytest.param(
            "frame,x,y,gaze_type\n0,.5,.5,4\n", "", r"gaze_type 4 is not known; allowed: 0 \(fixation\)", id="GLC, another type"
        ),
        pytest.param("frame,x,y\n1,.5,.5\n4,.5,.5\n", "", "runs from 1 to 4, so it seems to count from 1", id="from 1"),
        pytest.param(
            "frame,x,y\n90,.5,.5\n", "", "runs from 90 to 90, but the video has the frames 0 to 3", id="another video"
        ),
        pytest.param("frame,time_s,x,y\n0,0,.5,.5\n", "", r"several columns that tell when \(frame, time_s\)", id="two clocks"),
        pytest.param(
            "timestamp,x,y\n0,.5,.5\n",
            "",
            "no column that tells when; one of frame.* is needed .found: timestamp",
            id="no clock",
        ),
        pytest.param("frame,u,v\n0,.5,.5\n", "", "no point that is known.*found: frame, u, v", id="no point"),
        pytest.param(
            "time_s,x,y\n99,.5,.5\n", "", "do not overlap in time. time_s counts from the first frame", id="another time"
        ),
        pytest.param("frame,x,y,confidence\n0,.5,.5,80\n", "", "'confidence' runs from 80 to 80", id="per cent"),
        pytest.param(
            "frame_num,x,y\n0,700,700\n", "", "the video has 10.00; where it is the index", id="Ego-Exo4D at another rate"
        ),
        pytest.param("", "", "is an empty file", id="empty"),
        pytest.param("frame,x,y\n", "", "has no gaze samples|holds no numbers", id="a head only"),
    ],
)
def test_what_has_two_meanings_or_none_is_refused(tmp_path: Path, text: str, unit: str, told: str) -> None:
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(FoveateError, match=told):
        predict(frames(), f"{tmp_path / 'p.csv'}{unit}")


def test_a_folder_has_one_file_for_each_recording(tmp_path: Path) -> None:
    (tmp_path / "Walk_frame_label.csv").write_text("frame,x,y,gaze_type\n0,.5,.5,0\n")
    (tmp_path / "run.csv").write_text("frame,x,y\n0,.1,.1\n")
    told = predict(frames(), str(tmp_path))
    assert told.gaze.point_px.tolist() == [[100, 50]]
    assert told.gaze.notes == ("predictions are those of Walk_frame_label.csv",)
    assert files(str(tmp_path)) == []
    (tmp_path / "walk.csv").write_text("frame,x,y\n0,.1,.1\n")
    with pytest.raises(RecordingError, match=r"several predictions for walk: Walk_frame_label.csv, walk.csv"):
        predict(frames(), str(tmp_path))
    (tmp_path / "walk.csv").unlink()
    (tmp_path / "Walk_frame_label.csv").unlink()
    with pytest.raises(RecordingError, match=r"no predictions for walk \(found: run.csv\); name them walk.csv, "):
        predict(frames(), str(tmp_path))


def test_a_misspelt_file_gets_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "gaze.csv").touch()
    with pytest.raises(UsageError, match=r"no such file or folder; did you mean .*gaze.csv"):
        files(str(tmp_path / "gase.csv"))
