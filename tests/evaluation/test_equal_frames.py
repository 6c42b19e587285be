"""Frames without gaze that are left out are left out of every way of showing alike; where that cannot be it is told."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import foveate
from evaluation.studies import make_recordings, small_study
from foveate.evaluation.plan import loader, plan_study
from foveate.evaluation.plan_text import plan_text
from foveate.evaluation.study import Show
from foveate.evaluation.table import make_tables
from foveate.evaluation.table_text import costs_told, markdown
from foveate.evaluation.ways import ways_of
from foveate.replay.replay import replay
from foveate.run import Run
from writers.table import samples, write_gaze

VIEWS = ["gaze", "center", "full", "full_native", "random", "shuffled gaze", "no image"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """``anna`` without gaze from 0.2 s to 0.5 s, ``ben`` with all of it, 25 frames a second each."""
    folder = make_recordings(tmp_path / "data")
    told = samples()
    lost = (told["time_ns"] > 200_000_000) & (told["time_ns"] < 500_000_000)
    write_gaze(folder / "anna" / "gaze.csv", {**told, "valid": ~lost})
    return folder


def shown(home: Path, folder: Path, **show: Any) -> Run:
    return foveate.evaluate(small_study(home, views=VIEWS, show={"fps": 25, "hold_ms": 0, **show}), out=folder, answers=None)


def frames(run: Run, recording: str) -> dict[str, tuple[int, ...]]:
    """Way of showing -> indices of the frames that were shown of a recording."""
    found: dict[str, tuple[int, ...]] = {}
    for line in run.lines:
        if line.recording == recording:
            found[line.shown] = (*found.get(line.shown, ()), *(frame.index for frame in line.frames))
    return found


def test_what_gaze_skips_no_way_shows(home: Path, tmp_path: Path) -> None:
    run = shown(home, tmp_path / "run", without_gaze="skip")
    anna, ben = frames(run, "anna"), frames(run, "ben")
    assert anna["gaze"] == (0, 1, 2, 3, 4, 5, 12, 13, 14, 15, 16, 17, 18, 19)
    assert {anna[way] for way in ("center", "full", "full_native", "random", "shuffled gaze")} == {anna["gaze"]}
    assert anna["no image"] == ()
    assert {len(ben[way]) for way in ("gaze", "center", "full", "full_native", "random")} == {20}
    skipped = Counter(
        {line.shown: line.skipped.get("no valid gaze", 0) for line in run.lines if line.sample == "anna/0.400-0.800"}
    )
    assert skipped == {"no image": 0, **dict.fromkeys(VIEWS[:-1], 2)}
    assert replay(run).ok, "the same are left out when it is made again"


def test_what_others_gaze_leaves_out_beside_is_told(home: Path, tmp_path: Path) -> None:
    run = shown(home, tmp_path / "run", without_gaze="skip")
    assert frames(run, "ben")["shuffled gaze"] == frames(run, "anna")["gaze"], "ben with anna's gaze"
    (table,) = make_tables(run)
    counts = "gaze 34; center 34; full 34; full_native 34; random 34; shuffled gaze 28"
    told = f"Not all ways were shown the same number of frames: {counts}."
    assert [text for text in costs_told(table) if "frames" in text] == [told]
    assert told in markdown(run, [table])


def test_a_stand_in_leaves_no_frame_out(home: Path, tmp_path: Path) -> None:
    run = shown(home, tmp_path / "run")
    assert {len(found) for way, found in frames(run, "anna").items() if way != "no image"} == {20}
    assert not any("frames" in text for text in costs_told(make_tables(run)[0]))


def test_it_is_told_before_the_start_and_held_only_where_gaze_is_shown(home: Path) -> None:
    def remarks(views: list[str], without_gaze: str) -> list[str]:
        study = small_study(home, views=views, show={"without_gaze": without_gaze})
        return [line for line in plan_text(plan_study(study, loader(study, send=False))) if line.startswith("frames without")]

    assert remarks(["gaze", "center"], "skip") == ["frames without gaze for over 500 ms are shown in no way"]
    assert remarks(["gaze", "center"], "center") == []
    assert remarks(["center", "full"], "skip") == []
    ways = ways_of(Show(views=("gaze", "no image"), without_gaze="skip"))
    assert [way.skips_alike for way in ways] == [True, False]
