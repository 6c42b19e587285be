"""foveate view, as a user types it."""

from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from foveate.cli import build_app
from foveate.errors import FoveateError
from foveate.toykitchen import World, write_recording


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("toy") / "rec"
    write_recording(World(7, duration_s=1), folder, fps=5)
    return folder


def run(*arguments: str) -> str:
    result = CliRunner().invoke(build_app(), ["view", *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_a_sheet_is_written_and_told(toy: Path, tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    said = run(str(toy), "--at", "0.4", "--views", "gaze, dual,gaze", "--model", "mock", "--budget", "64", "-o", str(out))
    assert said.splitlines() == [
        f"{out}: the frame at 0.40 s in 2 views",
        "  gaze  224x224 px, regions: 9.7% of the frame, 64 tokens",
        "  dual  168x168 + 140x140 px, regions: 100.0% of the frame, 61 tokens",
    ]
    with Image.open(out) as picture:
        assert picture.size[0] > 700
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.png"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--views", "gase"], "there is no view 'gase'; did you mean 'gaze'", id="typo"),
        pytest.param(["--views", " , "], "--views names no view; allowed: all, full", id="no-view"),
        pytest.param(["--budget", "16"], "say which with --model", id="budget-of-nobody"),
        pytest.param(["--model", "mock", "--budget", "0"], "--budget must be 1 visual token or more, got 0", id="budget"),
        pytest.param(["--at", "9"], "--at 9 s is outside rec, whose video ends at 0.80 s", id="late"),
        pytest.param(["--size", "big"], "size 'big' is not one of", id="size"),
    ],
)
def test_mistakes_are_told_and_nothing_is_written(toy: Path, tmp_path: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(FoveateError, match=message):
        run(str(toy), *arguments, "-o", str(tmp_path / "sheet.png"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("out", "message"),
    [("sheet.gif", r"ends in .png, .jpg, .jpeg, got"), ("nowhere/sheet.png", "its folder is not there"), (".", "ends in .png")],
)
def test_a_file_that_cannot_be_written_is_told_first(tmp_path: Path, out: str, message: str) -> None:
    with pytest.raises(FoveateError, match=message):
        run("no-recording", "-o", str(tmp_path / out))
