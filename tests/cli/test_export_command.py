"""foveate export on the command line: mistakes are one line and exit code 2."""

import sys
from pathlib import Path

import pytest

from foveate.cli import main


@pytest.mark.parametrize(
    ("made", "said"),
    [
        pytest.param([], "there is no run folder {here}/run; foveate train makes one", id="nothing there"),
        pytest.param(
            ["runs/a"], "there is no run folder {here}/run; did you mean {here}/runs; foveate train makes one", id="typo"
        ),
        pytest.param(["run/model"], "{here}/run is no run folder (it has no run.toml); foveate train makes one", id="no run"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    made: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch")
    for folder in made:
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.setattr(sys, "argv", ["foveate", "export", str(tmp_path / "run"), "-o", str(tmp_path / "out")])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert capsys.readouterr().err == f"foveate: {said.format(here=tmp_path)}\n"
    assert not (tmp_path / "out").exists()
