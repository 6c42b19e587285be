"""foveate dataset: counts as lines or JSON, errors as one line."""

import json

from typer.testing import CliRunner

from foveate.cli import build_app
from foveate.errors import DatasetError
from writers.datasets import write_egtea

RUN = CliRunner()


def test_counts_as_lines(tmp_path):
    result = RUN.invoke(build_app(), ["dataset", str(write_egtea(tmp_path))])
    assert result.exit_code == 0, result.output
    lines = dict(line.rsplit("  ", 1) for line in result.stdout.splitlines())
    told = {key.strip(): value.strip() for key, value in lines.items()}
    assert (told["data set"], told["samples"], told["participants"]) == ("egtea", "3", "2")
    assert told["left out: actions without a session, span or label"] == "1"


def test_counts_as_json(tmp_path):
    result = RUN.invoke(build_app(), ["dataset", str(write_egtea(tmp_path)), "--json", "--name", "egtea"])
    told = json.loads(result.stdout)
    assert told["samples of task future"] == 1
    assert told["recordings with gaze here"] == 0


def test_a_folder_that_holds_none_is_refused(tmp_path):
    result = RUN.invoke(build_app(), ["dataset", str(tmp_path)])
    assert isinstance(result.exception, DatasetError)
    assert "holds no data set that is known" in str(result.exception)
