"""BLEU beside sacrebleu itself, and where it is known by hand."""

import math

import pytest

from foveate.errors import UsageError
from foveate.score import Score, corpus_bleu, score_texts

sacrebleu = pytest.importorskip("sacrebleu")

HYPOTHESES = [
    "The person cuts the red apple on the board.",
    "Someone opens a jar, then looks away!",
    "the the the the",
    "cup",
    "",
    "Ein Mensch schält die Gurke – langsam.",
]
REFERENCES: list[list[str]] = [
    ["The person cuts the red apple.", "A person slices an apple on the board."],
    ["The person opens the jar."],
    ["the cat is on the mat"],
    ["The person takes the cup.", "cup", "a cup is taken"],
    ["The person waits."],
    ["Der Mensch schält langsam die Gurke."],
]


@pytest.mark.parametrize(
    "options", [{}, {"lowercase": True}, {"tokenize": "char"}], ids=["default", "lower case", "characters"]
)
def test_each_item_has_sacrebleus_own_value(options):
    named = {"use_effective_order": True, **options}
    expected = [sacrebleu.sentence_bleu(h, r, **named).score for h, r in zip(HYPOTHESES, REFERENCES, strict=True)]
    found = [score.value for score in score_texts("bleu", HYPOTHESES, REFERENCES, **options)]
    assert found == pytest.approx(expected, abs=1e-9)
    assert max(found) == 100, "not a rounding error more"


@pytest.mark.parametrize(
    ("hypothesis", "reference", "value"),
    [
        pytest.param("a b c d", "a b c d", 100, id="same"),
        pytest.param("a b c d", "a b c d e", 100 * math.exp(1 - 5 / 4), id="too short"),
        pytest.param("a b c d x", "a b c d", 100 * (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25, id="one word too many"),
        pytest.param("a b", "a b", 100, id="orders longer than the sentence are left out"),
        pytest.param("x y z w", "a b c d", 0, id="nothing"),
    ],
)
def test_by_hand(hypothesis, reference, value):
    (found,) = score_texts("bleu", [hypothesis], [reference])
    assert found.value == pytest.approx(value, abs=1e-9)


def test_of_a_corpus_with_any_number_of_references():
    found = corpus_bleu([*HYPOTHESES, "left out"], [*REFERENCES, ["", " "]])
    most = max(map(len, REFERENCES))
    streams = [[told[i] if i < len(told) else None for told in REFERENCES] for i in range(most)]
    assert found.score.value == pytest.approx(sacrebleu.corpus_bleu(HYPOTHESES, streams).score, abs=1e-9)
    assert (found.items, found.without_reference) == (len(HYPOTHESES), 1)
    assert found.signature == f"nrefs:var|case:mixed|eff:no|tok:13a|smooth:exp|version:{sacrebleu.__version__}"


def test_a_corpus_is_not_the_mean_of_its_sentences():
    # counts are added first: 4 of 8 words and 3 of 4 pairs match, and so on; then one geometric mean
    hypotheses, references = ["a b c d", "x x x x"], ["a b c d", "e f g h"]
    assert [score.value for score in score_texts("bleu", hypotheses, references)] == [pytest.approx(100), 0]
    assert corpus_bleu(hypotheses, references).score.value == pytest.approx(50)


def test_a_corpus_without_references_has_none():
    found = corpus_bleu(["a", "b"], ["", ""])
    assert found.score == Score.unscored(reason="no item has a reference")
    assert found.without_reference == 2


def test_an_unknown_tokenizer():
    with pytest.raises(UsageError, match=r"no tokenizer '13b'; did you mean '13a'; allowed: 13a, intl, char, zh, none"):
        score_texts("bleu", ["a"], ["a"], tokenize="13b")
