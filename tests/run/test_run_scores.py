"""Scores of a Run belong to the answers that were scored."""

from dataclasses import replace
from pathlib import Path

import pytest

from foveate.run import read_run, write_scores
from made_run import line, make_run


def test_scores_are_read_as_they_were_written(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [line("a:0", "gaze", text="caf\udce9"), line("a:1", "gaze", text=None)])
    scored = (replace(run.lines[0], scores={"judge_truth": 7.0}), replace(run.lines[1], unscored={"judge_truth": "no answer"}))
    write_scores(replace(run, lines=scored))
    assert read_run(run.folder).lines == scored


def test_a_score_of_an_answer_that_is_no_longer_there_is_none(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [line("a:0", "gaze", text="one"), line("a:1", "gaze", text="two")])
    write_scores(replace(run, lines=tuple(replace(each, scores={"judge_truth": 7.0}) for each in run.lines)))
    kept = (run.folder / "scores.jsonl").read_bytes()
    make_run(run.folder, [line("a:0", "gaze", text="one"), line("a:1", "gaze", text="another")])
    (run.folder / "scores.jsonl").write_bytes(kept)
    assert [dict(each.scores) for each in read_run(run.folder).lines] == [{"judge_truth": 7.0}, {}]


@pytest.mark.parametrize(
    "truth",
    [{"references": ("peels an apple",)}, {"answer": 1}, {"objects": ("apple",)}, {"choices": ("a", "b")}],
    ids=["references", "answer", "objects", "choices"],
)
def test_a_score_by_what_was_put_right_since_is_none(truth: dict[str, object], tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", [line("a:0", "gaze"), line("a:1", "gaze")])
    write_scores(replace(run, lines=tuple(replace(each, scores={"judge_truth": 7.0}) for each in run.lines)))
    kept = (run.folder / "scores.jsonl").read_bytes()
    make_run(run.folder, [line("a:0", "gaze"), line("a:1", "gaze", **truth)])
    (run.folder / "scores.jsonl").write_bytes(kept)
    assert [dict(each.scores) for each in read_run(run.folder).lines] == [{"judge_truth": 7.0}, {}]
