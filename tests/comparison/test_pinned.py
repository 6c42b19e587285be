"""Two Runs whose scores were not computed with the same instrument."""

import json
from pathlib import Path

import pytest

from foveate.comparison.pinned import not_alike, pinned
from foveate.run import Run
from made_run import line, make_run

MINI, OTHER = (
    "sbert|sentence-transformers:5.6.0|model:all-MiniLM-L6-v2",
    "sbert|sentence-transformers:5.6.0|model:all-mpnet-base-v2",
)


def scored(folder: Path, metrics: dict[str, str], *names: str) -> Run:
    return make_run(folder, [line("a:0", "gaze", scores=dict.fromkeys(names, 0.5))], metrics=metrics)


@pytest.mark.parametrize(
    ("mine", "theirs", "said"),
    [
        pytest.param(MINI, MINI, [], id="alike"),
        pytest.param(
            MINI, OTHER, [f"**SBERT was not computed alike (A: {MINI}; B: {OTHER}): a difference"], id="another embedder"
        ),
        pytest.param(
            MINI, "", [f"**SBERT was not computed alike (A: {MINI}; B: not told): a difference"], id="not told in one"
        ),
        pytest.param("", "", [], id="told in neither"),
    ],
)
def test_a_score_of_two_instruments_is_told(mine: str, theirs: str, said: list[str], tmp_path: Path) -> None:
    a, b = (scored(tmp_path / name, {"sbert": pin}, "sbert") for name, pin in (("a", mine), ("b", theirs)))
    found = [each.replace(str(a.folder), "A").replace(str(b.folder), "B") for each in not_alike(a, b)]
    assert [text.partition(" in it")[0] for text in found] == said


def test_scores_that_one_run_has_alone_are_not_compared(tmp_path: Path) -> None:
    assert not_alike(scored(tmp_path / "a", {"sbert": MINI}, "sbert"), scored(tmp_path / "b", {"bleu": "bleu|x"}, "bleu")) == []


def judge(run: Run, name: str, rubric: str) -> None:
    (run.folder / "judge").mkdir()
    told = {"judge": name, "dtype": "bfloat16", "repeats": 3, "frames": None, "rubric": {"name": "default", "sha256": rubric}}
    (run.folder / "judge" / "judge.json").write_text(json.dumps({**told, "scores": {"judge_correctness": [1, 10]}}))


@pytest.mark.parametrize(
    ("theirs", "alike"),
    [(("hf:a", "00aa"), True), (("hf:b", "00aa"), False), (("hf:a", "11bb"), False)],
    ids=["the same", "another judge", "another rubric"],
)
def test_two_judges_are_two_instruments(theirs: tuple[str, str], alike: bool, tmp_path: Path) -> None:
    a, b = (scored(tmp_path / name, {}, "judge_correctness") for name in "ab")
    judge(a, "hf:a", "00aa")
    judge(b, *theirs)
    assert (not_alike(a, b) == []) is alike


def test_a_damaged_file_of_a_judge_tells_nothing(tmp_path: Path) -> None:
    run = scored(tmp_path / "a", {}, "judge_correctness")
    judge(run, "hf:a", "00aa")
    assert pinned(run, "judge_correctness") == "judge:hf:a|dtype:bfloat16|repeats:3|frames:None|rubric:default 00aa"
    (run.folder / "judge" / "judge.json").write_text("{")
    assert pinned(run, "judge_correctness") == ""
