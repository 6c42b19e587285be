"""A crop that the frame cuts is told with the budget, before anything is asked, with the recordings and ways that have it."""

from pathlib import Path

import pytest

from evaluation.studies import make_recordings, small_study
from foveate.evaluation.large_crops import large_crops
from foveate.evaluation.plan import loader, plan_study
from foveate.evaluation.plan_text import plan_text
from foveate.evaluation.study import Show
from foveate.evaluation.ways import ways_of
from foveate.recording import Recording, open_recording
from writers.neon import write_neon

WIDE = "a crop of {} is the whole frame (64x48) of anna and 1 more, wherever gaze is: {}"
HIGH = "a crop of {} is as high as the frame (64x48) of anna and 1 more, and moves sideways only: {}"


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recording]:
    """Two with a calibration."""
    home = tmp_path_factory.mktemp("neon")
    return {name: open_recording(write_neon(home / name)) for name in ("anna", "ben")}


@pytest.mark.parametrize(
    ("views", "size", "told"),
    [
        (["gaze"], ["20"], []),
        (["full", "no image", "mark"], ["9999"], []),
        (["gaze", "center", "full"], ["9999"], [WIDE.format("9999 px", "gaze; center")]),
        (["gaze"], ["20", "9999"], [WIDE.format("9999 px", "gaze, 9999 px")]),
        (["shuffled gaze"], ["100%"], [WIDE.format("100%", "shuffled gaze")]),
        (["gaze"], ["50"], [HIGH.format("50 px", "gaze")]),
        (["gaze"], ["170deg"], [WIDE.format("170deg", "gaze")]),
    ],
    ids=["small", "no crop", "large", "one of two sizes", "per cent", "as high", "degrees"],
)
def test_what_the_frame_cuts(recordings: dict[str, Recording], views: list[str], size: list[str], told: list[str]) -> None:
    assert large_crops(ways_of(Show(views=tuple(views), size=tuple(size))), recordings) == told


def test_it_is_told_with_the_budget(tmp_path: Path) -> None:
    study = small_study(make_recordings(tmp_path), show={"size": 448})
    told = plan_text(plan_study(study, loader(study, send=False)))
    place = next(place for place, line in enumerate(told) if line.startswith("a frame"))
    assert told[place + 1] == (
        "too large: a crop of 448 px is the whole frame (64x48) of anna and 1 more, wherever gaze is: gaze; center"
    )
