"""Texts that know nothing of the clip."""

import pytest

from foveate.errors import UsageError
from foveate.score import floors, score_texts
from foveate.score.floors import CONSTANT, OTHER

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
