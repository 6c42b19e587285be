"""foveate fixations on the command line: what it says and writes, and errors in one line."""

import csv
import json
import sys

import pytest
from typer.testing import CliRunner

from foveate.cli import build_app, main
from foveate.gaze.events_table import COLUMNS
from writers.pupil_cloud import write_pupil_cloud
from writers.table import write_table

RUN = CliRunner()


def run(*arguments: object):
    result = RUN.invoke(build_app(), ["fixations", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result


def test_the_table_and_what_is_said(tmp_path):
    rec, out = write_pupil_cloud(tmp_path / "rec"), tmp_path / "new" / "fixations.csv"
    said = run(rec, "-o", out, "--vendor").stdout
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert tuple(rows[0]) == COLUMNS
    assert f"{len(rows)} events are in {out}" in said
    first = rows[0]
    assert (first["kind"], first["source"], first["amplitude_deg"]) == ("fixation", "vendor", "")
    assert float(first["start_s"]) == pytest.approx(0.04)  # gaze begins 40 ms after the first frame
    assert int(first["stop_ns"]) - int(first["start_ns"]) == 50_000_000
    assert [int(row["start_ns"]) for row in rows] == sorted(int(row["start_ns"]) for row in rows)
    assert {row["kind"] for row in rows} == {"fixation", "blink"}


def test_json_has_every_event(tmp_path):
    rec = write_pupil_cloud(tmp_path / "rec")
    told = json.loads(run(rec, "--json", "--detector", "idt", "--threshold", "2").stdout)
    assert (told["threshold"], told["source"]["fixations"]) == (2.0, "idt")
    assert told["fixations"]["count"] == sum(event["kind"] == "fixation" for event in told["events"])
    assert set(told["events"][0]) == set(COLUMNS)
    assert told["blinks"]["median_s"] > 0
    assert told["saccades"]["median_amplitude_deg"] is None


def test_a_table_says_what_was_assumed_and_quiet_says_nothing(tmp_path):
    rec = write_table(tmp_path / "rec")
    said = run(rec).stdout
    assert "degrees: no calibration is used; the frame is taken to be 90 degrees wide (a usual lens)" in said
    assert "the head's turning is not removed; --head flow takes it from the video" in said
    assert "taken to be 60 degrees wide (as told)" in run(rec, "--field", "60").stdout
    assert run(rec, "-q", "-o", tmp_path / "out.csv").output == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["-o", "out.txt"], "-o takes a file that ends in .csv, got out.txt", id="file"),
        pytest.param(["--vendor", "--detector", "idt"], "leave --detector and --threshold out", id="vendor and detector"),
        pytest.param(
            ["--detector", "i-vt"], "there is no detector 'i-vt'; did you mean 'ivt'; allowed: ivt, idt", id="detector"
        ),
        pytest.param(["--head", "neck"], "head must be one of auto, imu, flow, none, got 'neck'", id="head"),
        pytest.param(["--vendor"], "has no fixations by its vendor's program (found: gaze, scene)", id="no vendor"),
    ],
)
def test_errors_are_one_line_and_exit_code_2(tmp_path, monkeypatch, capsys, arguments, message):
    rec = write_table(tmp_path / "rec")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["foveate", "fixations", str(rec), *arguments])
    with pytest.raises(SystemExit, match="2"):
        main()
    error = capsys.readouterr().err
    assert error.startswith("foveate: ")
    assert error.count("\n") == 1
    assert message in error
    assert [file.name for file in tmp_path.iterdir()] == ["rec"]
