"""Objects named, and those of them that are not there."""

import pytest

from foveate.errors import UsageError
from foveate.score import Score, corpus_chair, score_texts
from foveate.score.chair import Named, named
from foveate.score.names import names_of

NAMES = ("cup, mug, tea cup", "knife", "box", "berry", "hot dog", "dog", "cutting board", "woman", "glass, glasses", "tea")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("A Mug, and two cups!", ["cup", "cup"], id="synonym and plural"),
        pytest.param("tea cups", ["cup"], id="synonym of two words"),
        pytest.param("knives boxes berries women", ["knife", "box", "berry", "woman"], id="plurals by rule"),
        pytest.param("tea, a tea cup", ["tea", "cup"], id="of two that begin alike the longest counts"),
        pytest.param("a hot dog and a dog", ["hot dog", "dog"], id="the longest counts"),
        pytest.param("the cutting-board's edge, the dog's cup", ["cutting board", "dog", "cup"], id="hyphen and genitive"),
        pytest.param("cupboard, boxer, knifed", [], id="parts of words"),
        pytest.param("glasses", ["glass"], id="a plural that is listed itself"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_names_in_a_text(text, found):
    assert names_of(NAMES).found(text) == found


@pytest.mark.parametrize(
    ("names", "message"),
    [
        pytest.param([], "give at least one in names=", id="none"),
        pytest.param([" , "], "an object's name needs a word, got ' , '", id="blank"),
        pytest.param(["cup, ?"], "an object's name needs a word", id="punctuation"),
        pytest.param(["cup, mug", "jar, mug"], "'mug' is listed for both 'cup' and 'jar'; take one out", id="twice"),
        pytest.param(["cup", float("nan")], "an object's name is a text, got nan", id="NaN"),
        pytest.param("cup", r"names are a list, got the text 'cup'; write \['cup'\]", id="a text"),
    ],
)
def test_a_list_that_is_none(names, message):
    with pytest.raises(UsageError, match=message):
        names_of(names)


SAID = ["A mug, a knife and a box.", "The dog waits.", "Nothing happens.", "A cup and a cup and a knife", "a cup"]
HELD = [["cup", "boxes"], ["mug"], [], ["cup"], None]
REFERENCES = ["", "", "", "The person takes the knife.", ""]


def test_share_of_objects_that_are_not_there():
    found = score_texts("chair_i", SAID, REFERENCES, objects=HELD, names=NAMES)
    assert [score.value for score in found] == [pytest.approx(1 / 3), 1, None, 0, None]
    assert found[2].reason == "the answer names no object"
    assert found[4].reason == "nobody told which objects the clip holds"
    sentences = score_texts("chair_s", SAID, REFERENCES, objects=HELD, names=NAMES)
    assert [score.value for score in sentences] == [1, 1, 0, 0, None]


def test_every_mention_counts():
    (found,) = score_texts("chair_i", ["a cup, a mug, a cup, a knife"], objects=[["knife"]], names=NAMES)
    assert found.value == 3 / 4


@pytest.mark.parametrize(
    ("names", "value"),
    [pytest.param(["red", "blue", "cup"], 1 / 4, id="words"), pytest.param(["red cup", "blue cup"], 1 / 2, id="whole names")],
)
def test_what_a_clip_holds_may_be_told_in_more_words_than_the_names(names, value):
    (found,) = score_texts("chair_i", ["a red cup and a blue cup"], objects=[["big red cups", "jar"]], names=names)
    assert found.value == value


def test_of_all_answers_together():
    found = corpus_chair(SAID, REFERENCES, objects=HELD, names=NAMES)
    assert found.chair_i.value == pytest.approx(2 / 7), "not the mean of the answers' shares"
    assert found.chair_s.value == 2 / 4
    assert (found.mentions, found.answers, found.without_objects) == (7, 4, 1)
    nothing = corpus_chair(["silence", "a cup"], ["", ""], objects=[["cup"], None], names=NAMES)
    assert nothing.chair_i == Score.unscored(reason="no answer names an object")


def test_which_they_are():
    first, *_, last = named(SAID, REFERENCES, objects=HELD, names=NAMES)
    assert first == Named(("cup", "box"), ("knife",))
    assert last is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param({"names": NAMES}, "'chair_i' needs objects of every item", id="no objects"),
        pytest.param({"objects": [[]]}, "'chair_i' takes names; got no options", id="no names"),
        pytest.param({"objects": [[float("nan")]], "names": NAMES}, "names, got nan; where nobody told, give None", id="NaN"),
        pytest.param({"objects": ["cup"], "names": NAMES}, "list of names, got the text 'cup'", id="a text"),
    ],
)
def test_says_what_is_missing(given, message):
    with pytest.raises(UsageError, match=message):
        score_texts("chair_i", ["a cup"], **given)
