"""The facts of foveate info, and the command."""

import json
from dataclasses import replace

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from drawn import drawn_recording
from foveate.cli.info import command
from foveate.errors import FoveateError
from foveate.gaze.quality import measure
from foveate.geometry import Camera, Size
from foveate.predict import GAZE_SOURCES
from foveate.recording import Recording, open_recording
from foveate.recording.info import facts
from shared_data import shared
from writers.neon import write_neon
from writers.table import SAMPLES, samples, write_table

KEYS = (
    "format", "device", "duration_s", "frames", "frames_with_video", "width", "height", "fps", "gaze_samples", "gaze_valid",
    "gaze_rate_hz", "video_to_gaze_offset_ms", "streams", "warnings",
)  # fmt: skip


def run(*arguments: str):
    app = typer.Typer()
    app.command()(command)
    return CliRunner().invoke(app, arguments)


def test_facts_of_a_table(tmp_path):
    values = samples() | {"valid": np.arange(SAMPLES) >= 8}
    told = facts(open_recording(write_table(tmp_path / "rec", values, toml='device = "toykitchen"\ngaze = "gaze.csv"')))
    assert tuple(told) == KEYS
    assert told | {"warnings": None} == {
        "format": "table",
        "device": "toykitchen",
        "duration_s": pytest.approx(0.795),
        "frames": 20,
        "frames_with_video": 20,
        "width": 64,
        "height": 48,
        "fps": pytest.approx(25),
        "gaze_samples": 160,
        "gaze_valid": 152,
        "gaze_rate_hz": pytest.approx(200),
        "video_to_gaze_offset_ms": 0.0,
        "streams": ["gaze", "scene"],
        "warnings": None,
    }


def test_facts_without_gaze(tmp_path):
    told = facts(open_recording(write_table(tmp_path / "rec") / "scene.mp4"))
    assert [told[key] for key in KEYS[8:12]] == [None, None, None, None]
    (warning,) = told["warnings"]
    assert "only the views full, center and random can be made; --gaze center or" in warning
    assert all(f"--gaze {source}" in warning for source in GAZE_SOURCES)


@pytest.mark.parametrize(
    ("gaze_after_ms", "offset_ms", "warning"),
    [
        pytest.param(1060, 1060, "gaze starts 1.06 s after the video", id="late"),
        pytest.param(-300, -300, "gaze starts 0.30 s before the video", id="early"),
        pytest.param(50, 50, None, id="together"),
    ],
)
def test_offset_between_video_and_gaze(tmp_path, gaze_after_ms, offset_ms, warning):
    folder = write_neon(tmp_path / "rec", frames=(40,), samples=(400,), gaze_after_ms=gaze_after_ms, whole=False)
    told = facts(open_recording(folder))
    assert told["video_to_gaze_offset_ms"] == pytest.approx(offset_ms)
    assert [said for said in told["warnings"] if said.startswith("gaze starts")] == ([warning] if warning else [])


def test_gaps_are_warned_of(tmp_path):
    values = samples() | {"valid": np.zeros(SAMPLES, dtype=bool)}
    assert "no gaze sample is valid" in facts(open_recording(write_table(tmp_path / "lost", values)))["warnings"]
    told = facts(open_recording(write_neon(tmp_path / "rec")))
    assert "gaze is missing once for longer than 500 ms, 2.5 s in all" in told["warnings"]
    assert "5 of 35 frames with video lie before the first or after the last valid gaze" in told["warnings"]


def test_json_has_exactly_the_keys(tmp_path):
    result = run(str(write_neon(tmp_path / "rec", without_video=[2])), "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert tuple(told) == KEYS
    assert (told["frames"], told["frames_with_video"]) == (35, 20)


def test_several_recordings_are_a_list(tmp_path):
    result = run(str(write_neon(tmp_path / "one")), str(write_table(tmp_path / "two")), "--json")
    assert [told["format"] for told in json.loads(result.stdout)] == ["neon", "table"]


def test_people_get_lines(tmp_path):
    shown = run(str(write_neon(tmp_path / "rec", without_video=[2]))).stdout
    for part in (
        "Pupil Labs Neon",
        "35, 20 of them with video",
        "170 samples, 200.0 Hz, 0.0% lost",
        "50.0 ms after the video",
        "imu, scene",
    ):
        assert part in shown
    assert "! Neon Scene Camera v1 ps2.mp4 is missing: 15 timed frames have no video" in shown


def test_declared_on_the_command_line(tmp_path):
    folder = write_table(tmp_path / "rec", {"when": samples()["time_ns"], "a": samples()["x_px"], "b": samples()["y_px"]})
    result = run(str(folder), "-D", "time=when", "-D", "time_unit=ns", "-D", "x=a", "-D", "y=b", "--json")
    assert json.loads(result.stdout)["gaze_samples"] == SAMPLES


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["nowhere"], "nowhere does not exist", id="missing"),
        pytest.param(["nowhere", "-D", "time"], "--declare takes NAME=VALUE", id="declaration"),
    ],
)
def test_errors_reach_the_command_line(arguments, message):
    result = run(*arguments)
    assert isinstance(result.exception, FoveateError)
    assert message in str(result.exception)


def test_the_rate_is_that_of_foveate_check(tmp_path):
    """4, 4, 4 and 8 ms again and again, as a Pupil Invisible has it, are 200 Hz; so in info and in check."""
    folder = write_neon(tmp_path / "rec", frames=(20,), samples=(100,), whole=False)
    start_ns = np.fromfile(folder / "gaze ps1.time", "<i8")[0]
    (start_ns + np.cumsum(np.tile([4, 4, 4, 8], 25)) * 1_000_000).astype("<i8").tofile(folder / "gaze ps1.time")
    recording = open_recording(folder)
    assert facts(recording)["gaze_rate_hz"] == pytest.approx(200, rel=0.01)
    assert facts(recording)["gaze_rate_hz"] == measure(recording).rate.nominal_hz
    assert facts(recording)["fps"] == measure(recording).frame_clock.fps


def test_real_invisible_has_200_hz():
    for name in ("pupil_invisible_glassesvalidator", "pupil_invisible_trampoline_01"):
        assert facts(open_recording(shared(name)))["gaze_rate_hz"] == pytest.approx(200, rel=0.01)


def test_without_video_and_gaze_no_view_is_promised(tmp_path):
    folder = write_neon(tmp_path / "rec", without_video=[1, 2], whole=False)
    for file in folder.glob("gaze *"):
        file.unlink()
    warnings = facts(open_recording(folder))["warnings"]
    assert {"scene", "unseen_scene", "gaze"}.isdisjoint(facts(open_recording(folder))["streams"])
    assert warnings[-2:] == ["there is no gaze on the frame", "there is no scene video: no view can be made"]


FITS = {
    "the same": ((200, 100), 1.0, ""),
    "resized": ((400, 200), 0.5, "calibration is for 400x200 px, frames have 200x100: scaled"),
    "resized and rounded": ((601, 301), 200 / 601, "calibration is for 601x301 px, frames have 200x100: scaled"),
    "cut": ((200, 150), None, "calibration is for 200x150 px, frames have 200x100, another shape: it is not used"),
    "turned": ((100, 200), None, "calibration is for 100x200 px, frames have 200x100, another shape: it is not used"),
}


@pytest.mark.parametrize(("size_px", "factor", "told"), FITS.values(), ids=FITS)
def test_a_camera_is_that_of_the_frames(size_px, factor, told):
    matrix = np.array([[300.0, 0.0, 99.5], [0.0, 300.0, 49.5], [0.0, 0.0, 1.0]])
    drawn = drawn_recording()
    camera = Camera(matrix, np.array([0.1]), Size(*size_px))
    recording = replace(drawn, loaders={**drawn.loaders, "camera": lambda: camera}, _streams={})
    found = recording.camera
    assert [told in warning for warning in recording.warnings if "calibration" in warning] == ([True] if told else [])
    if factor is None:
        assert found is None
        return
    assert found.size_px == (200, 100)
    # the middle of the first pixel is (0, 0): a frame of half the size has its own first pixel's middle at 0.5 of the other
    assert found.matrix[0, 0] == pytest.approx(300 * factor)
    assert found.matrix[0, 2] == pytest.approx((99.5 + 0.5) * factor - 0.5)
    assert found.px_per_deg == pytest.approx(camera.px_per_deg * factor, rel=0.01)


def test_a_camera_of_frames_of_unknown_size_is_taken_at_its_word():
    camera = Camera(np.eye(3), np.array([0.1]), Size(8, 6))
    assert Recording("a", "a", "a", None, {"camera": lambda: camera}).camera is camera
