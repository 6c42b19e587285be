"""Rubric files: what ships, and what is wrong with others."""

import hashlib
from pathlib import Path

import pytest

from foveate.errors import UsageError
from foveate.score.judge import RUBRICS, read_rubric

GOOD = """
role = "You grade."
low = 1
high = 5
compare = "Which is better?"
[[criterion]]
name = "truth"
asks = "Is it true?"
low_means = "no"
high_means = "yes"
"""


def test_the_default_grades_truth_completeness_and_invention_from_1_to_10() -> None:
    rubric = read_rubric()
    assert (rubric.name, rubric.low, rubric.high) == ("default", 1, 10)
    assert [each.name for each in rubric.criteria] == ["correctness", "completeness", "no_hallucination"]
    assert "nothing is invented" in rubric.criteria[2].high_means, "the higher grade is the better one by every criterion"


def test_every_rubric_of_the_list_can_be_read() -> None:
    for name in RUBRICS:
        assert read_rubric(name).criteria


def test_a_file_of_ones_own_is_pinned_by_its_hash(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(GOOD, encoding="utf-8")
    rubric = read_rubric(file)
    assert (rubric.name, rubric.high, rubric.criteria[0].name) == ("mine.toml", 5, "truth")
    assert rubric.sha256 == hashlib.sha256(GOOD.encode()).hexdigest()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("low = 1", "low =", "is no TOML", id="no TOML"),
        pytest.param("low = 1", "", "has no low; it needs: role, low, high, compare, criterion", id="missing"),
        pytest.param('"yes"', '"yes"\nhigher_is_better = false', "unknown key 'higher_is_better'", id="another direction"),
        pytest.param("low = 1", "low = 1\nlwo = 2", "unknown key 'lwo'; did you mean 'low'", id="typo"),
        pytest.param(
            "low = 1", "low = 1.5", r"low of the rubric mine.toml must be a whole number, got 1\.5", id="no whole number"
        ),
        pytest.param("low = 1", "low = true", "must be a whole number, got True", id="true is no number"),
        pytest.param("low = 1", "low = 5", "from 0 to 1000; got 5 to 5", id="no scale"),
        pytest.param("high = 5", "high = 100000", "got 1 to 100000", id="too wide"),
        pytest.param('"truth"', '"The truth"', "lower-case letters", id="name with blanks"),
        pytest.param('"truth"', '"why"', "is not why or better", id="name that the answer needs"),
        pytest.param('"yes"', '" "', "high_means of criterion 1 of the rubric mine.toml is empty", id="empty"),
        pytest.param("[[criterion]]", "[criterion]", "criterion of the rubric mine.toml must be .* tables", id="one table"),
        pytest.param('low_means = "no"', "", "criterion 1 of the rubric mine.toml has no low_means", id="half a criterion"),
        pytest.param('"yes"', f'"yes"\n{GOOD[GOOD.index("[[") :]}', "two criteria of the name truth", id="twice"),
    ],
)
def test_what_is_wrong_with_a_rubric_is_told(tmp_path: Path, old: str, new: str, message: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        read_rubric(file)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(None, "there is no rubric", id="not there"),
        pytest.param(b"\xff\xfe", "is not text in UTF-8", id="no text"),
        pytest.param(b"#" * 200_000, "has 200,000 bytes; at most 100,000", id="huge"),
    ],
)
def test_a_file_that_is_no_rubric(tmp_path: Path, content: bytes | None, message: str) -> None:
    file = tmp_path / "mine.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError, match=message):
        read_rubric(file)


def test_a_mistyped_name_gets_a_hint() -> None:
    with pytest.raises(UsageError, match="did you mean 'default'"):
        read_rubric("defualt")
