"""Judges whose faults are known, put to the test."""

import math
from pathlib import Path
from typing import Any

import pytest

from foveate.batch.speaker import Speaker
from foveate.errors import UsageError
from foveate.judge.run import Judging
from foveate.judge.text import told_of_validation
from foveate.judge.validation import ALL, Row, validate
from foveate.score.judge import read_rubric
from foveate.score.judge.constructed import KINDS, Pairs, construct
from foveate.stats.proportion import proportion
from judge.judges import Says, always, grades_by, same_words, the_same
from model.stub_server import Fault, StubServer

RUBRIC = read_rubric()
TEXTS = ["The person puts an apple into the red cup.", "The wearer reads a letter.", "Somebody opens the door of a shop."]
PAIRS = construct(TEXTS, objects=["apple", "cup", "letter", "door", "spoon"])


def put_to_test(folder: Path, says: Says, **how: Any) -> tuple[dict[str, Row], dict[str, Any]]:
    with StubServer(says=says, faults=how.pop("faults", ())) as server:
        rows, facts = validate(Judging(Speaker(server.name), RUBRIC, repeats=1), PAIRS, folder, engine="here", **how)
    return {row.kind: row for row in rows}, facts


def compared(rows: dict[str, Row]) -> dict[str, tuple[int, int, int, int]]:
    return {kind: (of.right, of.tie, of.wrong, of.unread) for kind, of in ((row.kind, row.compared) for row in rows.values())}


@pytest.mark.parametrize(
    ("says", "itself", "shuffled", "others"),
    [
        pytest.param(grades_by(the_same), (3, 0, 0, 0), (3, 0, 0, 0), (3, 0, 0, 0), id="one that knows"),
        pytest.param(grades_by(same_words), (3, 0, 0, 0), (0, 3, 0, 0), (3, 0, 0, 0), id="blind to the order of words"),
        pytest.param(always("A"), (0, 0, 3, 0), (0, 3, 0, 0), (0, 3, 0, 0), id="whatever stands first"),
        pytest.param(lambda _: "Both are nice.", (0, 0, 0, 3), (0, 0, 0, 3), (0, 0, 0, 3), id="prose"),
        pytest.param(
            grades_by(lambda reference, text: 1 - the_same(reference, text)),
            (3, 0, 0, 0),
            (0, 0, 3, 0),
            (0, 0, 3, 0),
            id="perverse",
        ),
    ],
)
def test_a_fault_shows_where_it_should(
    tmp_path: Path, says: Says, itself: tuple[int, ...], shuffled: tuple[int, ...], others: tuple[int, ...]
) -> None:
    rows, _ = put_to_test(tmp_path / "out", says)
    assert list(rows) == [*KINDS, ALL]
    told = compared(rows)
    assert (told["itself"], told["words shuffled"], told["another's"], told["wrong object"]) == (
        itself,
        shuffled,
        others,
        others,
    )
    assert told[ALL] == tuple(map(sum, zip(shuffled, others, others, strict=True)))


def test_grades_are_compared_with_that_of_the_reference(tmp_path: Path) -> None:
    rows, facts = put_to_test(tmp_path / "out", grades_by(same_words))
    assert rows["itself"].grades == {"correctness": 10.0, "completeness": 10.0, "no_hallucination": 10.0}
    assert rows["itself"].graded == {}
    for criterion in ("correctness", "no_hallucination"):
        assert rows["wrong object"].graded[criterion].right == 3
        assert rows["words shuffled"].graded[criterion].tie == 3
    assert rows["another's"].grades["correctness"] < rows["wrong object"].grades["correctness"] < 10
    assert rows["wrong object"].compared.share == proportion(3, 3)
    assert rows[ALL].compared.share.mean == pytest.approx(2 / 3)
    assert rows[ALL].compared.share.clusters == 3, "pairs that were made of one reference are no independent evidence"
    assert facts["rows"][-1]["compared"]["right"] == 6


def test_what_could_not_be_read_counts_neither_way_and_is_asked_again_on_request(tmp_path: Path) -> None:
    # of the first pair: one question for its grade, two for the comparison; then the second pair's grade
    faults = [Fault(status=400), None, None, Fault(status=400)]
    with StubServer(says=grades_by(the_same), faults=faults) as server:
        judging = Judging(Speaker(server.name), RUBRIC, repeats=1)
        rows, facts = validate(judging, PAIRS, tmp_path / "out", engine="here")
        assert (facts["failed"], facts["silent"], facts["fell_short"]) == (0, 2, 2)
        (shuffled,) = (row for row in rows if row.kind == "words shuffled")
        assert (shuffled.graded["correctness"].right, shuffled.graded["correctness"].unread) == (2, 1)
        assert (shuffled.compared.right, shuffled.graded["correctness"].share) == (3, proportion(2, 2))
        before = len(server.requests)
        rows, facts = validate(judging, PAIRS, tmp_path / "out", engine="here", again=True)
        assert len(server.requests) == before + 2 * 3
    assert facts["silent"] == 0
    assert rows[1].graded["correctness"].right == 3


def test_people_get_a_table(tmp_path: Path) -> None:
    with StubServer(says=grades_by(same_words)) as server:
        judging = Judging(Speaker(server.name), RUBRIC, repeats=1)
        rows, facts = validate(judging, PAIRS, tmp_path / "out", engine="here")
    lines = told_of_validation(rows, RUBRIC, facts)
    assert lines[1].split() == ["pair", "which", "is", "better", "correctness", "completeness", "no_hallucination"]
    assert "words shuffled  0% [0%, 71%] of 3" in lines[3]
    assert "10.0, 0% [0%, 71%] of 3" in lines[3]
    assert any("of the two orders: 100%" in each for each in lines)


def test_a_judge_that_says_nothing_has_no_accuracy(tmp_path: Path) -> None:
    rows, facts = put_to_test(tmp_path / "out", lambda _: "Both are nice.")
    assert math.isnan(rows[ALL].compared.share.mean)
    assert facts["silent"] == len(PAIRS.made)
    assert rows["itself"].grades == {}


def test_without_a_pair_there_is_nothing_to_ask(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no pair could be made"):
        validate(Judging(Speaker("mock"), RUBRIC), Pairs((), {}), tmp_path / "out")
