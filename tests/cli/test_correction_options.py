"""Offsets and --fix-drift on the commands that use gaze."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from drawn import drawn_recording
from foveate.cli import build_app
from foveate.errors import UsageError
from foveate.gaze.offset import shift
from foveate.recording.recording import Recording
from foveate.toykitchen import World

RUN = CliRunner()
DESCRIBE = ["describe", "any", "--model", "mock", "--size", "40", "--segment", "6"]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every path opens the drawn recording."""
    monkeypatch.setattr("foveate.recording.open_recording", lambda path, **_: drawn_recording())


def aims(folder: Path, *more: str) -> list[tuple[float, float]]:
    assert RUN.invoke(build_app(), [*DESCRIBE, "-q", "-o", str(folder), *more], catch_exceptions=False).exit_code == 0
    told = json.loads((folder / "description.json").read_text(encoding="utf-8"))
    return [frame["aim_px"] for span in told["spans"] for frame in span["frames"] if frame["source"] == "measured"]


@pytest.mark.usefixtures("drawn")
def test_an_offset_moves_what_is_shown_and_is_written_down(tmp_path: Path) -> None:
    plain, moved = aims(tmp_path / "plain"), aims(tmp_path / "moved", "--offset-px", "-2,5.5")
    assert [(x - 2, y + 5.5) for x, y in plain] == [(pytest.approx(x), pytest.approx(y)) for x, y in moved]
    told = json.loads((tmp_path / "moved" / "description.json").read_text(encoding="utf-8"))["recording"]
    assert told["gaze_correction"]["offset_px"] == [-2, 5.5]
    page = (tmp_path / "moved" / "report.html").read_text(encoding="utf-8")
    assert "gaze moved by -2 px right and 5.5 px down" in page


@pytest.mark.usefixtures("drawn")
def test_a_drift_that_cannot_be_told_corrects_nothing_and_is_written_down(tmp_path: Path) -> None:
    assert aims(tmp_path / "fixed", "--fix-drift") == aims(tmp_path / "plain")
    told = json.loads((tmp_path / "fixed" / "description.json").read_text(encoding="utf-8"))["recording"]
    assert told["gaze_correction"]["clock_error"]["kind"] == "not estimable"
    assert any("gaze times left as they are: not estimable" in warning for warning in told["warnings"])


def test_check_tells_the_drift_before_and_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def early() -> Recording:
        recording = World(11, duration_s=13).recording()
        recording.loaders["gaze"] = lambda gaze=recording.gaze: shift(gaze, offset_ms=-150)  # type: ignore[index]
        return Recording("rec", "drawn", "toykitchen", None, recording.loaders)

    monkeypatch.setattr("foveate.recording.open_recording", lambda path, **_: early())
    out = tmp_path / "check.html"
    told = json.loads(RUN.invoke(build_app(), ["check", "any", "--fix-drift", "--json", "-o", str(out)]).stdout)
    assert told["drift"]["kind"] == "lag"
    assert told["drift"]["lag_ms"]["value"] == pytest.approx(150, abs=20)
    assert told["corrected"]["lag_ms"]["value"] == pytest.approx(0, abs=20)
    page = out.read_text(encoding="utf-8")
    assert ">corrected</th>" in page
    assert "gaze as corrected below" in page


@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param([*DESCRIBE, "--offset-px", "5"], "--offset-px takes two numbers, right and down", id="one"),
        pytest.param(["check", "any", "--offset-deg", "a,b"], "--offset-deg takes two numbers.*'a,b'", id="letters"),
        pytest.param(["check", "any", "--offset-deg", "1,1"], "needs the camera's calibration", id="no-camera"),
        pytest.param(["render", "any", "-o", "a.mp4", "--offset-px", "1,1", "--offset-deg", "1,1"], "not both", id="both"),
        pytest.param(["ask", "any", "What?", "--at", "1", "--offset-px", "inf,1"], "must be finite", id="endless"),
    ],
)
def test_offsets_that_fit_nothing_are_told(arguments: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        RUN.invoke(build_app(), arguments, catch_exceptions=False)
