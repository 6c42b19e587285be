"""foveate check at the command line, and its page."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from drawn import drawn_recording
from foveate.cli.check import command
from foveate.errors import FoveateError
from foveate.gaze.drift import drift
from foveate.gaze.quality import measure
from foveate.recording import open_recording
from foveate.recording.recording import GazeStream, Recording
from foveate.report.check import check_page, rows
from foveate.toykitchen import World
from shared_data import shared
from writers.neon import write_neon
from writers.pupil_cloud import write_pupil_cloud
from writers.table import samples, write_table


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(command)
    return CliRunner().invoke(app, list(arguments))


def test_people_get_a_line_per_measure(tmp_path: Path) -> None:
    shown = run(str(write_neon(tmp_path / "rec"))).stdout
    for line in (
        r"loss +0\.0% of 170 samples due\n",
        r"rate +200\.0 Hz where nothing is missing; 50\.\d samples and 50\.\d valid ones a second over the whole time\n",
        r"gaps +1 longer than 500 ms, 2\.5 s in all: 2\.5 s at 0\.5 s; 1 without any row",
        r"blinks +no losses as long as a blink",
        r"not worn +0\.0 s\n",
        r"offset +gaze starts 50\.0 ms after the video and ends",
        r"frames +8 of 35 \(22\.9%\) have no gaze within 16\.7 ms: 2 before it starts, 4 within, 2 after it ends",
        r"video clock +3\d\.\d\d fps, jitter .* 1 gaps in which \d+ frames are missing",
        r"! gaze is missing once for longer than 500 ms",
    ):
        assert re.search(line, shown), line


def test_json_is_one_object(tmp_path: Path) -> None:
    told = json.loads(run(str(write_table(tmp_path / "rec")), "--json").stdout)
    assert told["recording"]["format"] == "table"
    assert told["rate"]["nominal_hz"] == pytest.approx(200)
    assert told["precision"]["unit"] == "px"
    assert told["frames"]["timed"] == 20


def test_declared_columns_reach_the_format(tmp_path: Path) -> None:
    values = {"when": samples()["time_ns"], "a": samples()["x_px"], "b": samples()["y_px"]}
    folder = write_table(tmp_path / "rec", values)
    result = run(str(folder), "-D", "time=when", "-D", "time_unit=ns", "-D", "x=a", "-D", "y=b", "--json")
    assert json.loads(result.stdout)["loss"]["valid"] == len(samples()["time_ns"])


def test_the_page_holds_every_line_and_loads_nothing(tmp_path: Path) -> None:
    folder, out = write_neon(tmp_path / "rec"), tmp_path / "new" / "check.html"
    assert f"the page is in {out}" in run(str(folder), "-o", str(out)).stdout.replace("\n", "")
    page = out.read_text(encoding="utf-8")
    for row in rows(measure(open_recording(folder))):
        assert f">{row.name}</th><td>" in page
        assert row.text.replace("'", "&#39;") in page
    assert page.count('<svg class="plot"') == 2  # over time, and intervals: there is no precision
    assert "not estimable: gaze never rests for 200 ms" in page
    assert "no row at all: paused" in page
    assert not re.search(r"(src|href)=|url\(|<script", page)
    assert [path.name for path in out.parent.iterdir()] == ["check.html"]


def test_text_of_a_recording_is_escaped() -> None:
    recording = replace(drawn_recording(), name="<script>alert(1)</script>", device='"><img src=x>')
    page = check_page(measure(recording), recording)
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page


def test_valid_gaze_is_drawn_where_it_was(tmp_path: Path) -> None:
    recording = drawn_recording(lost_s=(2.0, 4.0))
    page = check_page(measure(recording), recording)
    strip = page[page.index('<svg class="plot"') :].split("</svg>")[0]
    drawn = [int(x) for x in re.findall(r'<rect x="(\d+)"', strip)]
    assert len(drawn) == pytest.approx(160, abs=3)
    assert not [slot for slot in drawn if 82 <= slot <= 158]


def test_the_map_has_a_cell_where_gaze_lay() -> None:
    recording = drawn_recording()  # from left to right at y = 50 of 200 x 100 px
    page = check_page(measure(recording), recording)
    cells = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" opacity', page)
    assert {y for _, y, _, _ in cells} == {"50.0"}
    assert sorted(float(x) for x, *_ in cells) == pytest.approx([200 / 32 * k for k in range(32)], abs=0.06)


def test_gaze_over_centuries_has_a_page() -> None:
    gaze = GazeStream(np.array([0, 10**16, 9 * 10**18]), np.full((3, 2), 50.0), np.ones(3, dtype=bool))
    recording = Recording("old", "drawn", "none", None, {"gaze": lambda: gaze})
    assert "Valid gaze over time" in check_page(measure(recording), recording)


def test_a_recording_without_frames_has_a_page(tmp_path: Path) -> None:
    out = tmp_path / "check.html"
    assert run(str(write_pupil_cloud(tmp_path / "rec")), "-o", str(out)).exit_code == 0
    assert "there is no scene video" in out.read_text(encoding="utf-8")


def test_drift_is_told_in_every_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foveate.recording.open_recording", lambda path, **_: World(11, duration_s=13).recording())
    out = tmp_path / "check.html"
    told = json.loads(run("any", "--drift", "--json", "-o", str(out)).stdout)["drift"]
    (window,) = told["windows"]
    assert window["at_s"] == pytest.approx(6, abs=0.05)
    assert window["interval_ms"][0] <= 0 <= window["interval_ms"][1]
    assert told["ms_per_min"] is None
    assert "whether that changes is not estimable from 1 of 1 windows" in out.read_text(encoding="utf-8")


def test_drift_of_a_picture_without_marks_is_not_estimable() -> None:
    recording = drawn_recording()
    (line,) = [row.text for row in rows(measure(recording), drift(recording, window_s=3)) if row.name == "drift"]
    assert line.startswith("not estimable in any of 1 windows: too few fixations while the picture can be followed")


def test_drift_needs_the_video(tmp_path: Path) -> None:
    with pytest.raises(FoveateError, match="--drift and --fix-drift compare gaze with the video"):
        raise run(str(write_pupil_cloud(tmp_path / "rec")), "--drift").exception or AssertionError


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["nowhere"], "nowhere does not exist", id="missing"),
        pytest.param(["nowhere", "-o", "check.txt"], "-o takes a file that ends in .html, got check.txt", id="ending"),
        pytest.param(["nowhere", "-D", "time"], "--declare takes NAME=VALUE", id="declaration"),
    ],
)
def test_errors_reach_the_command_line(arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert isinstance(result.exception, FoveateError)
    assert message in str(result.exception)


@pytest.mark.parametrize(
    ("name", "nominal_hz", "valid", "unit"),
    [
        pytest.param("neon_multi_part", 200, 2659, "deg", id="neon"),
        pytest.param("pupil_invisible_glassesvalidator", 200, 3385, "deg", id="invisible"),
        pytest.param("pupil_invisible_trampoline_01", 200, 8567, "px", id="invisible-no-camera"),
        pytest.param("tobii_g3_calibration_1", 100, 6135, "px", id="tobii-3"),
        pytest.param("tobii_g2_glassesviewer", 50, 1331, "deg", id="tobii-2"),
    ],
)
def test_real_recordings(name: str, nominal_hz: float, valid: int, unit: str) -> None:
    quality = measure(open_recording(shared(name)))
    assert quality.rate is not None
    assert quality.loss is not None
    assert quality.precision is not None
    assert quality.rate.nominal_hz == pytest.approx(nominal_hz, rel=0.005)
    assert quality.loss.valid == valid
    assert quality.loss.share < 0.1
    assert quality.precision.unit == unit
    assert len(quality.precision) >= 10
