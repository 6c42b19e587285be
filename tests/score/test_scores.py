"""Scores of sentences whose overlap is known by hand."""

import pytest

from foveate import errors
from foveate.errors import MissingExtraError, UsageError
from foveate.score import SCORES, Score, make_score

NAMES = {"red", "blue", "cup", "bowl", "tray"}


@pytest.mark.parametrize(
    ("hypothesis", "reference", "value"),
    [
        pytest.param("The person cuts the red apple.", "the person cuts the red apple", 1.0, id="case and full stop"),
        pytest.param("The person cuts the red apple", "The person cuts the green apple", 0.0, id="one word off"),
        pytest.param("apple red", "red apple", 0.0, id="order counts"),
        pytest.param("", "red apple", 0.0, id="empty"),
    ],
)
def test_exact_match(hypothesis: str, reference: str, value: float) -> None:
    assert make_score("exact_match")([hypothesis], [reference]) == [Score(value)]


@pytest.mark.parametrize(
    ("hypothesis", "reference", "value"),
    [
        pytest.param("puts the red cup on the tray", "carries the red cup to the tray", 1.0, id="verbs do not count"),
        pytest.param("the red bowl", "the red cup", 0.5, id="half"),
        pytest.param("red blue cup bowl tray", "the red cup", 2 * 2 / 7, id="naming everything does not pay"),
        pytest.param("red red cup", "red cup", 2 * 2 / 5, id="nor does saying it twice"),
        pytest.param("nothing", "the red cup", 0.0, id="none named"),
    ],
)
def test_object_words(hypothesis: str, reference: str, value: float) -> None:
    (score,) = make_score("object_words", names=NAMES)([hypothesis], [reference])
    assert score.value == pytest.approx(value)


def test_a_reference_without_objects_is_unscored_not_zero() -> None:
    (score,) = make_score("object_words", names=NAMES)(["the red cup"], ["the person waits"])
    assert score == Score.unscored(reason="the reference names no object")


@pytest.mark.parametrize(
    ("hypothesis", "reference", "value"),
    [
        pytest.param("a b c d", "a b c d", 1.0, id="same"),
        pytest.param("a c", "a b c d", 2 * 1.0 * 0.5 / 1.5, id="subsequence"),
        pytest.param("d c b a", "a b c d", 0.25, id="reversed"),
        pytest.param("", "a b", 0.0, id="empty"),
    ],
)
def test_rouge_l(hypothesis: str, reference: str, value: float) -> None:
    (score,) = make_score("rouge_l")([hypothesis], [reference])
    assert score.value == pytest.approx(value)


def test_sbert_ranks_meaning_and_needs_no_network() -> None:
    reference = "The person cuts the red apple."
    hypotheses = [reference, "Someone slices a red apple.", "A train leaves the station.", ""]
    same, near, far, empty = (score.value for score in make_score("sbert")(hypotheses, [reference] * 4))
    assert same == pytest.approx(1.0, abs=1e-5)
    assert 1 > near > 0.7
    assert far < 0.3
    assert empty < near


def test_sbert_leaves_an_empty_reference_unscored() -> None:
    assert make_score("sbert")(["a cup"], [" "]) == [Score.unscored(reason="there is no reference")]


@pytest.mark.parametrize("name", sorted(set(SCORES) - {"sbert"}))
def test_every_hypothesis_needs_a_reference(name: str) -> None:
    scorer = make_score(name, names=NAMES) if name == "object_words" else make_score(name)
    with pytest.raises(UsageError, match="got 2 and 1"):
        scorer(["a", "b"], ["a"])


def test_an_unknown_score_lists_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"no score 'rouge'; did you mean 'rouge_l'; allowed: exact_match, object_words, "):
        make_score("rouge")


def test_a_missing_package_names_the_line_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "find_spec", lambda module: None)
    with pytest.raises(
        MissingExtraError, match=r"rouge_score is not installed; it comes with: pip install 'foveate\[metrics\]'"
    ):
        make_score("rouge_l")


def test_a_score_has_a_value_or_a_reason() -> None:
    with pytest.raises(UsageError, match="a value or a reason"):
        Score(None)
