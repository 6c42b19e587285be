"""foveate experiment on the command line."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from foveate.cli import build_app
from foveate.errors import UsageError
from foveate.experiment import EXPERIMENTS, STUDIES


def test_an_unknown_experiment_lists_those_there_are() -> None:
    result = CliRunner().invoke(build_app(), ["experiment", "views"])
    assert isinstance(result.exception, UsageError)
    told = str(result.exception)
    assert told.startswith("there is no experiment 'views'; did you mean 'view'; allowed: view, ")
    assert all(f" {name}" in told for name in (*EXPERIMENTS, *STUDIES, "all"))


def test_an_unknown_grid_is_refused() -> None:
    result = CliRunner().invoke(build_app(), ["experiment", "strength", "--grid", "ful"])
    assert isinstance(result.exception, UsageError)
    assert str(result.exception) == "there is no grid 'ful'; did you mean 'full'; allowed: protocol, full"


def test_quick_prints_and_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(build_app(), ["experiment", "view", "--quick", "--model", "mock", "-o", "results"])
    assert result.exception is None, result.output
    assert "uninformative activity: 4 spans of 2 recordings" in result.output
    assert {path.name for path in (tmp_path / "results").iterdir()} == {"view.json", "view.md", "view.png"}
    assert len(list((tmp_path / ".cache" / "experiment").iterdir())) == 1
