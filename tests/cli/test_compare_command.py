"""foveate compare as people call it."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from foveate.cli import build_app
from foveate.errors import FoveateError
from made_run import grid, make_run


def made(folder: Path, *, better: float = 0.0, **facts: object) -> Path:
    rng = np.random.default_rng(0)
    scores = {name: rng.normal(mean + better, 0.05, 12) for name, mean in (("gaze", 0.6), ("center", 0.4), ("full", 0.59))}
    return make_run(folder, grid(scores, recordings=12, spans=1), **facts).folder


def call(*arguments: object) -> Result:
    return CliRunner().invoke(build_app(), ["compare", *map(str, arguments)], catch_exceptions=True)


def said(result: Result) -> str:
    """What main() would print of an error."""
    assert isinstance(result.exception, FoveateError), result.output
    return str(result.exception)


def test_one_run_gets_its_report(tmp_path: Path) -> None:
    run = made(tmp_path / "mine")
    result = call(run)
    assert result.exit_code == 0, result.output
    assert "mock, activity: 12 samples of 12 recordings" in result.output
    assert "exact match: gaze - center  +0." in result.output
    assert f"the page is in {run / 'report.html'}" in result.output
    assert {"report.html", "compare.md", "compare.csv", "table.md", "table.csv"} <= {file.name for file in run.iterdir()}


def test_options_go_before_the_study_file(tmp_path: Path) -> None:
    run = made(tmp_path / "mine", study={"compare": {"first": "center", "against": ["full"], "as_good_as": "", "margin": {}}})
    assert "center - full" in call(run).output
    wanted = call(run, "--first", "gaze", "--against", "full, center", "--as-good-as", "full", "--margin", "exact_match=0.2")
    assert "gaze - full" in wanted.output
    assert "That gaze is as good as full within 0.2 is shown" in wanted.output


def test_two_runs_need_a_folder_of_their_own(tmp_path: Path) -> None:
    mine, theirs = made(tmp_path / "mine"), made(tmp_path / "theirs", better=0.1)
    assert "belongs to neither; give a folder for it with -o" in said(call(mine, theirs))
    result = call(mine, theirs, "-o", tmp_path / "both", "--quiet")
    assert (result.exit_code, result.output) == (0, "")
    assert (tmp_path / "both" / "report.html").exists()
    assert not (mine / "report.html").exists()


def test_a_study_names_ways_of_its_own_run_only(tmp_path: Path) -> None:
    """What gaze is compared with in one Run says nothing of which ways two Runs are compared in."""
    mine = made(tmp_path / "mine", study={"compare": {"first": "gaze", "against": ["center"]}})
    result = call(mine, made(tmp_path / "theirs"), "-o", tmp_path / "both")
    assert "gaze (mine) - gaze (theirs)" in result.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--first", "gase"), "shows nothing as 'gase'; did you mean 'gaze'"),
        (("--against", "centre"), "shows nothing as 'centre'; did you mean 'center'"),
        (("--margin", "sbert"), "takes SCORE=VALUE with a finite value above 0"),
        (("--margin", "sbert=-1"), "takes SCORE=VALUE with a finite value above 0"),
        (("--margin", "judge_truth=inf"), "takes SCORE=VALUE with a finite value above 0"),
        (("--margin", "sbert=0.1", "--as-good-as", "full"), "a margin is given for 'sbert'; scored are: exact_match"),
        (("--as-good-as", "full"), "needs margin"),
        (("--as-good-as", "gaze", "--margin", "exact_match=0.1"), "'gaze' is the first, and as good as itself"),
        (("--margin", "exact_match=0.1"), "--margin says how near --as-good-as NAME must be; give that too"),
        (("--against", "gaze,"), "'gaze' cannot be compared with itself; compare it against: center, full"),
        (("-o", __file__), "is a file; give a folder for the report with -o"),
    ],
    ids=[
        "first",
        "against",
        "no value",
        "below 0",
        "endless",
        "no score",
        "no margin",
        "itself",
        "margin alone",
        "against itself",
        "file",
    ],
)
def test_mistakes_are_told_in_one_line(tmp_path: Path, options: tuple[str, ...], message: str) -> None:
    assert message in said(call(made(tmp_path / "mine"), *options))


def test_two_runs_take_no_first(tmp_path: Path) -> None:
    runs = made(tmp_path / "mine"), made(tmp_path / "theirs")
    assert "two are compared way by way" in said(call(*runs, "-o", tmp_path / "x", "--first", "gaze"))
    assert "are the same Run" in said(call(runs[0], runs[0], "-o", tmp_path / "x"))


def test_a_folder_without_a_run(tmp_path: Path) -> None:
    assert "holds no Run" in said(call(tmp_path))


def test_two_models_of_one_run_are_compared_way_by_way(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    lines = [
        each
        for model, better in (("one", 0.3), ("two", 0.0))
        for each in grid(
            {way: rng.normal(0.4 + better, 0.05, 8) for way in ("gaze", "full")}, recordings=8, spans=1, model=model
        )
    ]
    run = make_run(tmp_path / "mine", lines).folder
    result = call(run, "--models", "one, two", "-o", tmp_path / "both")
    assert result.exit_code == 0, result.output
    assert "exact match: gaze (one) - gaze (two)  +0.3" in result.output
    assert "belongs to neither" in said(call(run, "--models", "one,two"))
    assert "has no answers of 'tow'; did you mean 'two'" in said(call(run, "--models", "one,tow", "-o", tmp_path / "x"))
    for wrong in ("one", "one,one", "one,two,three"):
        assert "--models takes two models of one Run" in said(call(run, "--models", wrong, "-o", tmp_path / "x"))
