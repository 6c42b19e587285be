"""Gaze of a study corrected before use: of all recordings or of one, pinned in the Run, and made again from it."""

from pathlib import Path
from typing import Any

import pytest

import foveate
from evaluation.studies import make_recordings, small_study
from foveate.errors import UsageError
from foveate.evaluation.remake import Remaker
from foveate.evaluation.samples import gather_samples
from foveate.evaluation.table_text import told_of
from foveate.gaze.clock_error import ClockError, Estimate, Lag
from foveate.recording.recording import Recording
from foveate.replay.replay import replay
from foveate.run import Run, read_run

LATE = ClockError((Lag(0.4, -40.0, (-45.0, -35.0)),), "test", 7, Estimate(-40, -45, -35), 0.0, None)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_recordings(tmp_path / "data")


def aims(run: Run, recording: str) -> list[tuple[float, float]]:
    return [frame.aim_px for line in run.lines if line.recording == recording for frame in line.frames]


def shown(home: Path, folder: Path, **samples: Any) -> Run:
    return foveate.evaluate(small_study(home, views=["gaze"], samples=samples), out=folder, answers=None)


def moved(then: list[tuple[float, float]], now: list[tuple[float, float]]) -> set[tuple[float, float]]:
    return {(round(x - u, 6), round(y - v, 6)) for (u, v), (x, y) in zip(then, now, strict=True)}


def test_an_offset_moves_all_gaze_is_pinned_and_made_again(home: Path, tmp_path: Path) -> None:
    plain, run = shown(home, tmp_path / "plain"), shown(home, tmp_path / "moved", offset_px=[3, -2.5])
    for name in ("anna", "ben"):
        assert moved(aims(plain, name), aims(run, name)) == {(3, -2.5)}
        assert run.facts["recordings"][name]["correction"] == {"offset_px": [3, -2.5]}
    assert replay(run).images.same == len(run.lines)
    assert "Gaze of 2 of 2 recordings was corrected before use; run.json tells how." in told_of(run)
    assert "correction" not in plain.facts["recordings"]["anna"]


def test_what_a_list_says_of_a_recording_goes_first(home: Path, tmp_path: Path) -> None:
    (home / "list.csv").write_text('recording,offset_px,fix_drift\nanna,"-4, 1",no\nben,,\n')
    plain = shown(home, tmp_path / "plain")
    run = shown(home, tmp_path / "moved", recordings=["list.csv"], offset_px=[3, 0])
    assert moved(aims(plain, "anna"), aims(run, "anna")) == {(-4, 1)}
    assert moved(aims(plain, "ben"), aims(run, "ben")) == {(3, 0)}
    assert replay(run).images.same == len(run.lines)


def test_a_clock_error_is_sought_once_and_pinned(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sought: list[str] = []

    def drift(recording: Recording) -> ClockError:
        sought.append(recording.name)
        return LATE

    monkeypatch.setattr("foveate.gaze.correction.drift", drift)
    (home / "list.csv").write_text("recording,fix_drift\nanna,yes\nben,no\n")
    plain = shown(home, tmp_path / "plain")
    run = shown(home, tmp_path / "run", recordings=["list.csv"])
    assert sought == ["anna"]
    assert all(u < x for (u, _), (x, _) in zip(aims(plain, "anna"), aims(run, "anna"), strict=True)), "gaze walks right"
    assert aims(plain, "ben") == aims(run, "ben")
    again = read_run(tmp_path / "run")
    assert Remaker(again).shown(again.lines[0]).frames == again.lines[0].frames
    samples = small_study(home, samples={"recordings": ["list.csv"]}).samples
    apart = gather_samples(samples, with_gaze=True, known=again.facts["recordings"])
    assert sought == ["anna"], "neither a replay nor another worker seeks it again"
    assert apart.places["anna"]["clock_error"] == again.facts["recordings"]["anna"]["clock_error"]
    assert apart.corrected == {"gaze times corrected: " + str(LATE) + " (from test)": 1}


def test_a_world_of_the_toy_kitchen_may_be_corrected_as_well(tmp_path: Path) -> None:
    told = {
        "samples": {"dataset": "toykitchen", "seeds": [30150], "duration_s": 12, "offset_px": [20, 0], "spans": 1},
        "show": {"views": ["gaze"], "size": 60},
        "ask": {"models": ["mock"]},
        "score": {"metrics": ["exact_match"]},
    }
    run = foveate.evaluate(told, out=tmp_path / "run", answers=None)
    plain = foveate.evaluate({**told, "samples": {**told["samples"], "offset_px": []}}, out=tmp_path / "plain", answers=None)
    name = run.lines[0].recording
    assert moved(aims(plain, name), aims(run, name)) == {(20, 0)}
    assert replay(run).ok


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ({"offset_px": [1]}, r"\[samples\] offset_px takes two numbers, right and down, such as \[12, -5\], got \[1.0\]"),
        ({"offset_px": "12,-5"}, r"\[samples\] an entry of offset_px must be a number"),
        ({"offset_px": [1, 2], "offset_deg": [1, 2]}, r"\[samples\] give an offset in pixels or in degrees, not both"),
        ({"offset_deg": [float("inf"), 0]}, r"\[samples\] an offset must be finite"),
        ({"offset_px": [1, 2], "gaze": "center"}, r"\[samples\] an offset or a drift .* gaze puts another there"),
        ({"fix_drift": "yes"}, r"\[samples\] fix_drift must be true or false"),
        ({"offset_deg": [1, 2]}, "the recording anna cannot be opened: .*needs the camera's calibration"),
    ],
    ids=["one number", "a text", "both", "endless", "with predicted gaze", "no yes", "no calibration"],
)
def test_a_correction_that_fits_nothing_is_told(home: Path, samples: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        gather_samples(small_study(home, samples=samples).samples, with_gaze=True)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("anna,12,,", "the list says of anna: offset_px takes two numbers, right and down, such as 12,-5, got '12'"),
        ("anna,,1 x,", "the list says of anna: offset_deg takes two numbers"),
        ("anna,1 2,3 4,", "the list says of anna: give an offset in pixels or in degrees, not both"),
        ("anna,,,maybe", "the list says of anna: fix_drift is one of: yes, true, 1, no, false, 0, got 'maybe'"),
    ],
    ids=["one number", "letters", "both", "neither yes nor no"],
)
def test_a_list_that_says_no_correction_is_refused(home: Path, row: str, message: str) -> None:
    (home / "list.csv").write_text(f"recording,offset_px,offset_deg,fix_drift\n{row}\n")
    with pytest.raises(UsageError, match=message):
        gather_samples(small_study(home, samples={"recordings": ["list.csv"]}).samples, with_gaze=True)
