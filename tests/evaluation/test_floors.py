"""Floors: what texts score that know nothing of the clip."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from foveate.errors import UsageError
from foveate.evaluation import floors as module
from foveate.evaluation.floors import FILE, floors_of
from foveate.evaluation.group import groups
from foveate.evaluation.score_run import scoring_of
from foveate.evaluation.table import make_tables
from foveate.evaluation.table_text import write_tables
from foveate.run import Run
from foveate.score import Score
from made_run import line, make_run

SCORING = {"score": {"metrics": ["exact_match", "rouge_l"], "object_names": [], "sbert_model": ""}}


def a_run(folder: Path, **facts: object) -> Run:
    """Two recordings whose references share nothing."""
    lines = [
        line(
            f"{recording}:{n}", shown, references=(text,), scores={"exact_match": 1.0, "rouge_l": 1.0, "judge_correctness": 7.0}
        )
        for recording, text in (("a", "cuts the bread"), ("b", "pours some milk"))
        for n in range(3)
        for shown in ("gaze", "center")
    ]
    return make_run(folder, lines, study=SCORING, **facts)


def test_every_score_that_reads_references_has_its_floors(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    (group,) = groups(run.lines)
    found = floors_of(run, group, run.scored())
    assert list(found.lines) == ["another clip's reference", "constant sentence"]
    assert [each.text for each in found.lines["another clip's reference"].values()] == ["pours some milk"] * 3 + [
        "cuts the bread"
    ] * 3
    for lines in found.lines.values():
        assert all(each.scores == {"exact_match": 0.0, "rouge_l": 0.0} for each in lines.values())


def test_a_table_has_them_below_the_ways_of_showing(tmp_path: Path) -> None:
    (table,) = write_tables(a_run(tmp_path))
    assert [(row.shown, row.is_floor) for row in table.rows][-2:] == [
        ("another clip's reference", True),
        ("constant sentence", True),
    ]
    text = (tmp_path / "table.md").read_text()
    assert "| constant sentence | floor | 0.00 |" in text
    assert "| none |" in text  # the judge was not asked about floors
    assert "answers without judge" not in text


def test_accuracy_has_its_floors_too(tmp_path: Path) -> None:
    """Four choices, B is right in five of six recordings: who always says B knows nothing of the clip."""
    lines = [
        line(f"{number}:0", shown, choices=("a", "b", "c", "d"), answer=0 if number == 5 else 1, scores={"choice": 1.0})
        for number in range(6)
        for shown in ("gaze", "center")
    ]
    study = {"score": {"metrics": ["choice"], "object_names": [], "sbert_model": ""}}
    (table,) = write_tables(make_run(tmp_path, lines, study=study))
    assert [row.shown for row in table.rows] == ["gaze", "center", "chance", "constant letter"]
    assert [row.scores["choice"].mean for row in table.rows[2:]] == [0.25, pytest.approx(5 / 6)]
    assert "| constant letter | floor | 0.83 [" in (tmp_path / "table.md").read_text()


def test_they_are_scored_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = a_run(tmp_path)
    first = make_tables(run)
    assert (tmp_path / FILE).exists()
    monkeypatch.setattr(module, "score_texts", None)
    assert repr(make_tables(run)) == repr(first)


def test_other_references_are_scored_anew(tmp_path: Path) -> None:
    make_tables(a_run(tmp_path))
    other = make_run(
        tmp_path, [line(f"{n}:0", "gaze", references=("the same",), scores={"rouge_l": 0.0}) for n in "abc"], study=SCORING
    )
    (table,) = make_tables(other)
    assert [row.scores["rouge_l"].mean for row in table.rows] == [0.0, 1.0, 1.0]


SEMANTIC = {"metrics": ["sbert"], "object_names": [], "sbert_model": ""}


@pytest.mark.parametrize(
    ("changed", "scored"),
    [
        ({}, 0),
        ({"metrics": {"sbert": "sbert|weights:b"}}, 2),
        ({"study": {"score": {**SEMANTIC, "sbert_model": "other"}}}, 2),
    ],
    ids=["nothing", "weights", "model"],
)
def test_another_scorer_scores_anew(
    changed: dict[str, Any], scored: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def score(name: str, said: list[str], *_: object, **__: object) -> list[Score]:
        asked.append(name)
        return [Score(0.5)] * len(said)

    monkeypatch.setattr(module, "score_texts", score)
    lines = [line(f"{name}:0", "gaze", references=(name,), scores={"sbert": 0.0}) for name in "abc"]
    facts = {"study": {"score": SEMANTIC}, "metrics": {"sbert": "sbert|weights:a"}}
    make_tables(make_run(tmp_path, lines, **facts))
    asked.clear()
    make_tables(make_run(tmp_path, lines, **{**facts, **changed}))
    assert len(asked) == scored


def test_a_participant_that_is_put_right_has_another_floor(tmp_path: Path) -> None:
    told = [
        line(f"{name}:0", "gaze", references=(text,), scores={"exact_match": 1.0})
        for name, text in zip("abc", "xxy", strict=True)
    ]
    make_tables(make_run(tmp_path, told, study=SCORING))
    of = {"a": "P1", "b": "P1", "c": "P2"}
    right = make_run(tmp_path, [replace(each, participant=of[each.recording]) for each in told], study=SCORING)
    (table,) = make_tables(right)
    # whoever wore a and b is the same, so that neither is another clip's reference of the other
    assert [row.scores["exact_match"].mean for row in table.rows] == [1.0, 0.0, 0.0]


@pytest.mark.parametrize("damage", ["{", "[]", '{"x": 3}'])
def test_a_damaged_file_counts_as_none(tmp_path: Path, damage: str) -> None:
    run = a_run(tmp_path)
    first = make_tables(run)
    (tmp_path / FILE).write_text(damage)
    assert repr(make_tables(run)) == repr(first)


def test_a_score_whose_package_is_missing_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from foveate.errors import missing_extra

    def missing(name: str, *_: object, **__: object) -> None:
        raise missing_extra("metrics", "rouge_score")

    run = a_run(tmp_path)
    monkeypatch.setattr(module, "score_texts", missing)
    write_tables(run)
    assert (
        "ROUGE-L stands without its floor, which could not be had here: rouge_score is not installed"
        in (tmp_path / "table.md").read_text()
    )


def test_without_references_there_are_none(tmp_path: Path) -> None:
    run = make_run(tmp_path, [line("a:0", "gaze", references=(), scores={"rouge_l": 0.5})], study=SCORING)
    assert floors_of(run, groups(run.lines)[0], ["rouge_l"]).lines == {}


@pytest.mark.parametrize("told", [{}, {"score": None}, {"score": {"metrics": None}}], ids=["nothing", "no score", "no metrics"])
def test_a_run_that_does_not_tell_how_it_was_scored_has_none(told: dict[str, Any], tmp_path: Path) -> None:
    run = make_run(tmp_path, [line("a:0", "gaze", scores={"rouge_l": 0.5})], study=told)
    assert floors_of(run, groups(run.lines)[0], ["rouge_l"]).lines == {}
    with pytest.raises(UsageError, match="does not tell how it was scored; evaluate its study again"):
        scoring_of(run)
