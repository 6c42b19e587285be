"""foveate convert on the command line: what it says, and errors in one line."""

import sys

import pytest
from typer.testing import CliRunner

from foveate.cli import build_app, main
from foveate.recording import open_recording
from writers.neon import write_neon
from writers.table import samples, write_table

RUN = CliRunner()


def test_says_what_it_wrote_and_what_it_left_out(tmp_path):
    rec, out = write_neon(tmp_path / "rec", without_video=(2,)), tmp_path / "out"
    result = RUN.invoke(build_app(), ["convert", str(rec), "-o", str(out)])
    assert result.exit_code == 0, result.output
    assert result.stdout == (
        f"{out}: 1 video copied, 20 frame times, 170 gaze samples, 2 events, 85 imu samples, "
        "170 eye_state samples, the camera calibration; read back and equal\n"
    )
    assert "! Neon Scene Camera v1 ps2.mp4 is missing: 15 timed frames have no video\n" in result.stderr
    assert result.stderr.endswith("left out: the times of 15 frames without video\n")


def test_declared_columns_linked_and_quiet(tmp_path):
    columns = {"when": samples()["time_ns"] // 1000, "x_px": samples()["x_px"], "y_px": samples()["y_px"]}
    rec, out = write_table(tmp_path / "rec", columns), tmp_path / "out"
    result = RUN.invoke(
        build_app(), ["convert", str(rec), "-D", "time=when", "-D", "time_unit=us", "--link", "-q", "-o", str(out)]
    )
    assert (result.exit_code, result.output) == (0, "")
    assert (out / "scene.mp4").samefile(rec / "scene.mp4")
    assert open_recording(out).gaze.time_ns.tolist() == samples()["time_ns"].tolist()


def test_a_folder_that_holds_something_is_one_line_and_exit_code_2(tmp_path, monkeypatch, capsys):
    rec = write_table(tmp_path / "rec")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("dear")
    monkeypatch.setattr(sys, "argv", ["foveate", "convert", str(rec), "-o", str(tmp_path / "out")])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert capsys.readouterr().err == (
        f"foveate: {tmp_path / 'out'} is there already and not an empty folder; choose another place or remove it\n"
    )
