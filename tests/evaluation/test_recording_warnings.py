"""What recordings warn of reaches whoever asks about them: before the asking, in run.json, with the table and the report."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

import foveate
from evaluation.studies import make_recordings, small_study
from foveate.comparison.report import write_report
from foveate.evaluation.plan import Plan, loader, plan_study
from foveate.evaluation.plan_text import plan_text
from foveate.evaluation.recording_warnings import Warned, warnings_told
from foveate.evaluation.study import Comparing, Study
from foveate.evaluation.study_file import study_of
from foveate.evaluation.table_text import MARKDOWN, told_of
from shared_data import shared
from writers.neon import write_neon

LOST = "neon: 15 of 35 frames have no video; nothing is asked about them"
LATE = "neon: gaze starts 0.30 s after the video"
"""Of a Neon whose second part has no video."""


def planned(study: Study) -> Plan:
    return plan_study(study, loader(study, send=False))


@pytest.fixture
def study(tmp_path: Path) -> Study:
    write_neon(tmp_path / "neon", without_video=(2,), gaze_after_ms=300)
    (make_recordings(tmp_path) / "refs.csv").write_text("recording,start_s,stop_s,reference\nanna,0,0.4,a\nneon,0,0.6,b\n")
    return small_study(tmp_path, samples={"recordings": ["anna", "neon"]})


def test_lost_video_and_late_gaze_are_told_before_asking(study: Study) -> None:
    told = plan_text(planned(study))
    assert f"warning: {LOST}" in told
    assert f"warning: {LATE}" in told
    assert "warning: neon: Neon Scene Camera v1 ps2.mp4 is missing: 15 timed frames have no video" in told
    assert all("assumed" in line for line in told if "anna" in line), "its table has no foveate.toml"


def test_they_stand_in_the_run_its_table_and_its_report(study: Study, tmp_path: Path) -> None:
    run = foveate.evaluate(study, out=tmp_path / "run", answers=None)
    place = json.loads((tmp_path / "run" / "run.json").read_text())["recordings"]["neon"]
    assert (place["frames"], place["frames_with_video"]) == (35, 20)
    assert "gaze starts 0.30 s after the video" in place["warnings"]
    assert "frames" not in run.facts["recordings"]["anna"]
    assert {f"Warning: {LOST}.", f"Warning: {LATE}."} <= set(told_of(run))
    write_report(run, None, Comparing(), tmp_path / "report")
    for file in (tmp_path / "run" / MARKDOWN, tmp_path / "report" / "compare.md", tmp_path / "report" / "report.html"):
        assert LOST in file.read_text(), file.name


def test_each_kind_is_told_once_with_its_recordings_and_many_kinds_are_cut() -> None:
    late = {f"r{n}": Warned((f"gaze starts 0.{n} s after the video",), 100, 90 + n) for n in range(1, 4)}
    assert warnings_told(late) == [
        "r1 and 2 more: 24 of 300 frames have no video; nothing is asked about them",
        "r1 and 2 more: gaze starts 0.1 s after the video",
    ]
    parts = Warned(("ps2.mp4 is missing", "ps3.mp4 is missing"))
    assert warnings_told({"one": parts, "two": Warned()}) == ["one: ps2.mp4 is missing (1 more like it)"]
    many = warnings_told({"one": Warned(tuple("abcdefgh"))})
    assert many[5:] == ["one: f", "2 more kinds, each with its recording in run.json"]


def test_a_run_that_was_made_before_tells_none() -> None:
    assert warnings_told({"old": Warned.from_place({"path": "somewhere", "content": {}})}) == []


def test_what_is_told_elsewhere_is_no_warning(tmp_path: Path) -> None:
    """Corrections and what stands in for gaze have lines of their own; a study that shows no gaze needs none."""
    folder = write_neon(tmp_path / "neon", frames=(20,), samples=(100,))
    for file in (*folder.glob("gaze*"), folder / "manifest.json", folder / "calibration.bin"):
        file.unlink()
    given = {"recordings": ["neon"], "segment": 10}
    told = {"samples": given, "show": {"views": "center"}, "ask": {"models": "mock", "instructions": "activity"}}
    assert planned(study_of(told, folder=tmp_path)).warned == {"neon": Warned((), 20, 20)}
    instead = {**told, "samples": {**given, "gaze": "center"}, "show": {"views": "gaze"}}
    assert planned(study_of(instead, folder=tmp_path)).warned == {"neon": Warned((), 20, 20)}


def test_a_correction_is_told_as_one_and_not_as_a_warning(study: Study) -> None:
    moved = planned(replace(study, samples=replace(study.samples, offset_px=(3.0, 0.0))))
    assert moved.gathered.corrected
    assert not set(moved.gathered.corrected) & set(moved.warned["neon"].warnings)


def test_a_drawn_world_warns_of_nothing() -> None:
    told = {"samples": {"dataset": "toykitchen", "worlds": 1, "duration_s": 10}, "ask": {"models": "mock"}}
    assert list(planned(study_of(told, folder=Path.cwd())).warned.values()) == [Warned((), 300, 300)]


def test_the_lost_parts_of_a_real_neon_are_told() -> None:
    given = {"recordings": [str(shared("neon_multi_part"))]}
    plan = planned(study_of({"samples": given, "ask": {"models": "mock", "instructions": "activity"}}, folder=Path.cwd()))
    told = warnings_told(plan.warned)
    assert told[0] == "neon_multi_part: 668 of 812 frames have no video; nothing is asked about them"
    assert "neon_multi_part: gaze starts 1.06 s after the video" in told
