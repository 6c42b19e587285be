"""foveate experiment on the command line."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from foveate.cli import build_app
from foveate.errors import UsageError


def test_an_unknown_experiment_lists_those_there_are() -> None:
    result = CliRunner().invoke(build_app(), ["experiment", "views"])
    assert isinstance(result.exception, UsageError)
    assert str(result.exception) == "there is no experiment 'views'; allowed: view"


def test_quick_prints_and_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(build_app(), ["experiment", "view", "--quick", "--model", "mock", "-o", "results"])
    assert result.exception is None, result.output
    assert "uninformative activity: 4 spans of 2 recordings" in result.output
    assert {path.name for path in (tmp_path / "results").iterdir()} == {"view.json", "view.md", "view.png"}
    assert len(list((tmp_path / ".cache" / "experiment").iterdir())) == 1
