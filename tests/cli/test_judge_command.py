"""foveate judge at the command line."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from foveate.cli.judge import command
from foveate.errors import FoveateError
from foveate.run import Run, read_run
from judge.judges import always, by_text, grades_by, same_words
from made_run import line, make_run
from model.stub_server import StubServer


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(command)
    return CliRunner().invoke(app, list(arguments))


def refused(*arguments: str) -> str:
    error = run(*arguments).exception
    assert isinstance(error, FoveateError), error
    return str(error)


@pytest.fixture
def made(tmp_path: Path) -> Run:
    texts = {"gaze": "cuts an apple", "center": "cuts a pear"}
    lines = [line(f"rec-{n}:0", shown, text=text) for n in range(7) for shown, text in texts.items()]
    return make_run(tmp_path / "made", lines)


def test_a_run_is_graded_and_people_get_means_and_agreement(made: Run) -> None:
    with StubServer(says=grades_by(same_words)) as server:
        result = run(str(made.folder), "--model", server.name, "--repeats", "2")
    assert result.exit_code == 0, result.output
    out = result.stdout
    assert "by the rubric default" in out
    assert "mock, activity, mean over recordings with its 95% interval" in out
    assert "\ngaze    10.00" in out
    assert "agreement   judge_correctness: the same in 100%" in out
    assert {each.scores["judge_correctness"] for each in read_run(made.folder).lines if each.shown == "gaze"} == {10.0}


def test_the_table_of_a_run_that_has_one_gets_the_judges_columns(made: Run) -> None:
    (made.folder / "table.md").write_text("before", encoding="utf-8")
    with StubServer(says=grades_by(same_words)) as server:
        run(str(made.folder), "--model", server.name, "--repeats", "1")
    assert "| judge correctness | judge completeness | judge no hallucination |" in (made.folder / "table.md").read_text(
        encoding="utf-8"
    )


def test_two_ways_of_showing_are_compared(made: Run) -> None:
    with StubServer(says=grades_by(same_words)) as server:
        out = run(str(made.folder), "--model", server.name, "--repeats", "1", "--pairwise", "gaze,center").stdout
    assert "gaze beside center: 7 won, 0 ties, 0 lost; preferred 100%" in out
    assert "p = .016" in out
    assert "of the two orders: 100%" in out


def test_a_judge_is_put_to_the_test_on_ones_own_texts(tmp_path: Path) -> None:
    (tmp_path / "true.txt").write_text("He eats an apple.\nShe reads a letter.\n", encoding="utf-8")
    (tmp_path / "things.txt").write_text("apple\npear\n", encoding="utf-8")
    own = ["--references", str(tmp_path / "true.txt"), "--objects", str(tmp_path / "things.txt"), "-o", str(tmp_path / "out")]
    with StubServer(says=grades_by(same_words)) as server:
        result = run("--validate", "--model", server.name, "--repeats", "1", *own)
    assert result.exit_code == 0, result.output
    assert "wrong object    100% [" in result.stdout
    assert "left out    1 x wrong object: names no object of the list" in result.stdout
    told = json.loads((tmp_path / "out" / "judge.json").read_text(encoding="utf-8"))
    assert told["rows"][1]["compared"]["tie"] == 2


def test_a_round_in_prose_is_told_and_an_item_without_any_grade_is_an_error(made: Run) -> None:
    with StubServer(says=by_text({"cuts an apple": 9, "cuts a pear": [2, 2]})) as server:
        result = run(str(made.folder), "--model", server.name, "--repeats", "1")
    assert "5 of 14 items have no grade or verdict;" in str(result.exception)
    assert "unscored    5 of 14 lines: the judge answered without the JSON object" in result.stdout
    assert "--again asks those again" in result.stdout


def test_quiet_prints_nothing(made: Run) -> None:
    with StubServer(says=always("A")) as server:
        result = run(str(made.folder), "--model", server.name, "--repeats", "1", "-q")
    assert (result.exit_code, result.stdout) == (0, "")


def test_words_leave_this_machine_only_after_a_yes(made: Run) -> None:
    elsewhere = "openai:judge@https://judge.example/v1"
    assert "answers and references leave this machine only with --send" in refused(str(made.folder), "--model", elsewhere)
    told = refused(str(made.folder), "--model", elsewhere, "--with-frames")
    assert "frames, answers and references leave this machine only with --send" in told
    assert not (made.folder / "judge").exists()


def test_a_judge_is_forgotten_and_its_columns_with_it(made: Run) -> None:
    (made.folder / "table.md").write_text("before", encoding="utf-8")
    with StubServer(says=grades_by(same_words)) as server:
        run(str(made.folder), "--model", server.name, "--repeats", "1")
    result = run(str(made.folder), "--forget", "judge")
    assert "judge is forgotten (judge_correctness, judge_completeness, judge_no_hallucination)" in result.stdout
    assert "judge" not in (made.folder / "table.md").read_text(encoding="utf-8")
    assert not (made.folder / "judge").exists()


@pytest.mark.parametrize("option", ["--quiet", "--restart"])
def test_a_model_that_cannot_judge_is_told_so_and_throws_away_nothing(made: Run, option: str) -> None:
    """Another judge's job stands in the folder: that is not what is wrong."""
    with StubServer(says=grades_by(same_words)) as server:
        run(str(made.folder), "--model", server.name, "--repeats", "1")
    before = (made.folder / "judge" / "results.jsonl").read_bytes()
    assert "builtin understands only its own prompts and cannot judge" in refused(
        str(made.folder), "--model", "builtin", option
    )
    assert (made.folder / "judge" / "results.jsonl").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["RUN"], "no judge was named", id="no model"),
        pytest.param(["--model", "mock"], "give the folder of a Run, or --validate", id="nothing to judge"),
        pytest.param(["RUN", "--validate", "--model", "mock"], "--validate takes no Run", id="both"),
        pytest.param(["--validate", "--model", "mock", "--with-frames"], "--with-frames and --name are for a Run", id="frames"),
        pytest.param(["RUN", "--model", "mock", "-o", "x"], "-o are for --validate", id="a folder of its own"),
        pytest.param(["RUN", "--model", "mock", "--rubric", "mine.toml"], "there is no rubric mine.toml", id="no rubric"),
        pytest.param(["RUN", "--model", "mock", "--pairwise", "gaze,full"], "it has: center; gaze", id="no such view"),
        pytest.param(["RUN", "--forget", "judge-two"], "has no judge 'judge-two'; it has: none", id="no such judge"),
        pytest.param(["RUN", "--forget", "../made"], "has no judge '../made'", id="a folder that is no judge's"),
        pytest.param(["--forget", "judge"], "--forget takes the folder of a Run", id="forget without a Run"),
        pytest.param(["RUN", "--forget", "judge", "--model", "mock"], "--forget takes the folder", id="forget and judge"),
        pytest.param(["RUN", "--forget", "judge", "--restart"], "of a Run and nothing else", id="forget and begin anew"),
        pytest.param(["RUNN", "--model", "mock"], "holds no Run", id="no Run"),
        pytest.param(["RUN", "--model", "mok"], "did you mean 'mock'", id="no such model"),
    ],
)
def test_what_does_not_go_together_is_told(made: Run, arguments: list[str], message: str) -> None:
    assert message in refused(*(each.replace("RUN", str(made.folder)) for each in arguments))
    assert sorted(file.name for file in made.folder.iterdir()) == ["lines.jsonl", "run.json", "scores.jsonl"]
