"""Texts that know nothing of the clip."""

import pytest

from foveate.errors import UsageError
from foveate.score import choice_floors, floors, score_texts
from foveate.score.floors import CHANCE, CONSTANT, LETTER, OTHER

REFERENCES = [f"The person cuts the {colour} apple." for colour in ("red", "green", "blue")] + ["A dog barks.", "Rain falls."]
CLUSTERS = ["a", "a", "b", "c", "d"]


@pytest.mark.parametrize("seed", range(20))
def test_another_clips_reference_is_of_another_recording(seed):
    told = floors(REFERENCES, CLUSTERS, seed=seed)[OTHER]
    for text, cluster in zip(told, CLUSTERS, strict=True):
        assert CLUSTERS[REFERENCES.index(text)] != cluster


def test_the_seed_decides():
    drawn = {tuple(floors(REFERENCES, CLUSTERS, seed=seed)[OTHER]) for seed in range(10)}
    assert len(drawn) > 1
    assert floors(REFERENCES, CLUSTERS, seed=3) == floors(REFERENCES, CLUSTERS, seed=3)


def test_the_constant_sentence_is_typical_of_the_others():
    told = floors(REFERENCES, CLUSTERS)[CONSTANT]
    assert told[3] == told[4]
    assert told[3] in REFERENCES[:3], "the odd ones are no typical sentence"
    assert told[2] in REFERENCES[:2], "never its own recording's"


def test_a_frequent_sentence_is_the_constant():
    references = ["a b c", "a b c", "x y", "a b d", "q"]
    assert floors(references, list("vwxyz"))[CONSTANT] == ["a b c"] * 5


def test_within_one_recording_other_items_stand_in():
    told = floors(["one", "two", "three"], ["a"] * 3)
    assert all(text != own for text, own in zip(told[OTHER], ["one", "two", "three"], strict=True))
    assert all(text != own for text, own in zip(told[CONSTANT], ["one", "two", "three"], strict=True))


@pytest.mark.parametrize(
    ("references", "count"),
    [pytest.param([], 0, id="no items"), pytest.param(["one"], 1, id="one item"), pytest.param(["", [" "]], 2, id="blank")],
)
def test_where_there_is_none(references, count):
    assert floors(references, ["a"] * count) == {OTHER: [None] * count, CONSTANT: [None] * count}


def test_the_first_reference_that_is_not_blank_is_taken():
    told = floors([["", "one"], ["two", "other"]], ["a", "b"])
    assert told[OTHER] == ["two", "one"]


def test_many_sentences_are_thinned_out_and_floors_are_scored():
    many = [f"The person takes cup {number} of shelf {number % 7}." for number in range(1200)]
    told = floors(many, [f"p{number % 40}" for number in range(1200)])
    assert set(told[CONSTANT]) <= set(many)
    values = [score.value for score in score_texts("rouge_l", told[CONSTANT][:40], many[:40])]
    assert 0.5 < sum(values) / len(values) < 1


def test_each_item_needs_a_cluster():
    with pytest.raises(UsageError, match="2 items need as many clusters, got 1"):
        floors(["a", "b"], ["c"])


FOUR = ("a", "b", "c", "d")


def test_of_choices_chance_and_the_letter_that_is_right_most_often_elsewhere():
    """An item's own participant does not count: in the last case C is all that ann is given, and B all that ben is."""
    choices = [FOUR, FOUR, FOUR, FOUR, FOUR[:2], ()]
    answers = [1, 1, 1, 2, None, None]
    clusters = ["ann", "ann", "ben", "cy", "cy", "cy"]
    found = choice_floors(choices, answers, clusters)
    assert found == {CHANCE: [0.25, 0.25, 0.25, 0.25, None, None], LETTER: [1.0, 1.0, 1.0, 0.0, None, None]}
    assert choice_floors([FOUR] * 3, [1, 1, 2], ["ann", "ann", "ben"])[LETTER] == [0.0, 0.0, 0.0]


def test_of_choices_in_one_recording_other_items_stand_in():
    assert choice_floors([FOUR] * 3, [1, 1, 2], ["a"] * 3)[LETTER] == [1.0, 1.0, 0.0]
    assert choice_floors([FOUR], [1], ["a"]) == {CHANCE: [0.25], LETTER: [None]}


def test_choices_need_answers_and_clusters():
    with pytest.raises(UsageError, match="1 items need as many answers and clusters, got 2 answers and 1 clusters"):
        choice_floors([FOUR], [1, 2], ["a"])
