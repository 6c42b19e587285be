"""foveate render at the command line."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from drawn import drawn_recording
from foveate.cli.render import command
from foveate.errors import FoveateError
from foveate.video import Video


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("foveate.recording.open_recording", lambda path, **_: drawn_recording())
    app = typer.Typer()
    app.command()(command)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["any", *arguments])

    return run


@pytest.mark.parametrize("what", ["overlay", "crop", "side-by-side"])
def test_render_writes_a_video_and_tells_what_it_holds(run, tmp_path: Path, what: str):
    out = tmp_path / "out.mp4"
    result = run("-o", str(out), "--what", what, "--size", "40", "--start", "1", "--stop", "2")
    assert result.exit_code == 0, result.output
    video = Video(out)
    assert f"{len(video)} frames of {video.size_px[0]}x{video.size_px[1]} px" in result.output
    assert video.duration_ns == pytest.approx(1e9, rel=0.15)
    assert "gaze:" in result.output


def test_quiet_says_nothing(run, tmp_path: Path):
    result = run("-o", str(tmp_path / "out.mp4"), "--what", "crop", "--size", "40", "--stop", "1", "-q")
    assert (result.exit_code, result.output) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--what", "heat"), "rendered as overlay, crop, side-by-side"),
        (("--start", "9000"), "must stop after it starts|holds no frame"),
        (("--start", "3", "--stop", "2"), "must stop after it starts"),
    ],
    ids=["what", "start", "stop"],
)
def test_what_cannot_be_rendered_is_one_line(run, tmp_path: Path, arguments, message):
    result = run("-o", str(tmp_path / "out.mp4"), *arguments)
    assert isinstance(result.exception, FoveateError)
    with pytest.raises(FoveateError, match=message):
        raise result.exception
    assert list(tmp_path.iterdir()) == []
