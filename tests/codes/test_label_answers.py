"""Answers of models as labels: one that is named word for word, or the reason why there is none."""

import pytest

from foveate.codes.answer import check_per, chosen, instruction, line, mapped, text_of
from foveate.codes.book import CodeBook, Label
from foveate.errors import UsageError
from foveate.model.mock import MockModel

BOOK = CodeBook(
    (
        Label("cut", "a knife divides food", ("slicing",), ("slices", "cuts")),
        Label("cut bread", words=("cuts bread",)),
        Label("stir_pot", words=("stirs",)),
        Label("other (specify)"),
        Label("cut (fine)", "into small pieces"),
        Label("etc."),
    )
)


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        pytest.param("cut", "cut", id="plain"),
        pytest.param("Cut.\n", "cut", id="full stop"),
        pytest.param('**"CUT"**', "cut", id="marks"),
        pytest.param("Label: cut", "cut", id="Label:"),
        pytest.param("**Answer:** cut", "cut", id="Answer: in bold"),
        pytest.param("- cut", "cut", id="as in the list"),
        pytest.param("cut: a knife divides food; for example slicing", "cut", id="the whole line"),
        pytest.param("cut bread", "cut bread", id="the longer name"),
        pytest.param("Stir pot", "stir_pot", id="blank for underscore"),
        pytest.param("other (specify)", "other (specify)", id="brackets"),
        pytest.param("Label: Cut (fine).", "cut (fine)", id="brackets of a label with a description"),
        pytest.param("cut (fine): into small pieces", "cut (fine)", id="its line"),
        pytest.param("etc.", "etc.", id="a name's own full stop"),
        pytest.param("Etc", "etc.", id="without it"),
        pytest.param("<think>Is it etc.? The person may stir pot.</think>\ncut", "cut", id="thoughts"),
        pytest.param("Unclear", "unclear", id="unclear"),
    ],
)
def test_one_label_word_for_word(answer: str, label: str) -> None:
    assert chosen(answer, BOOK) == (label, None)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param("", "an empty answer", id="empty"),
        pytest.param(" ... ", "an empty answer", id="dots"),
        pytest.param("slicing", "no label of the code book: 'slicing'", id="an example is no label"),
        pytest.param("cuts", "no label of the code book: 'cuts'", id="another form"),
        pytest.param("The person does not cut.", "prose around the label 'cut': 'The person does not cut.'", id="denied"),
        pytest.param("cut: but it may be something else", "prose around the label 'cut'", id="a line of its own"),
        pytest.param("<think>cut", "prose around the label 'cut'", id="thoughts that were cut off"),
        pytest.param("cut, stir pot", "names 2 labels (cut, stir_pot)", id="two"),
        pytest.param("unclear, perhaps cut", "names 2 labels (cut, unclear)", id="unclear and one"),
        pytest.param("x" * 500, "no label of the code book: '" + "x" * 80 + " ...'", id="long"),
    ],
)
def test_all_else_has_no_label_and_a_reason(answer: str, reason: str) -> None:
    choice = chosen(answer, BOOK)
    assert choice.label is None
    assert choice.reason is not None
    assert choice.reason.startswith(reason)


@pytest.mark.parametrize(
    ("sentence", "label", "reason"),
    [
        pytest.param("The person slices a tomato.", "cut", None, id="one word"),
        pytest.param("The person cuts bread.", "cut bread", None, id="the longer words decide"),
        pytest.param("The person stirs, then slices.", None, "words of 2 labels (cut, stir_pot)", id="two"),
        pytest.param("The person waits.", None, "words of no label: 'The person waits.'", id="none"),
        pytest.param("The person restirs.", None, "words of no label", id="part of a word"),
        pytest.param("", None, "an empty answer", id="empty"),
    ],
)
def test_sentences_are_mapped_by_words(sentence: str, label: str | None, reason: str | None) -> None:
    choice = mapped(sentence, BOOK)
    assert choice.label == label
    assert (choice.reason or "").startswith(reason or "")
    assert (choice.reason is None) == (reason is None)


def test_the_prompt_holds_every_label_and_the_question() -> None:
    asked = text_of(BOOK, "fixation")
    assert "What is the person looking at?" in asked
    assert [f"- {line(label)}" for label in BOOK.labels] == [each for each in asked.splitlines() if each.startswith("- ")]
    assert "What do the hands do?" in text_of(CodeBook(BOOK.labels, question="What do the hands do?"), "span")


def test_a_model_with_own_prompts_is_asked_one_of_them() -> None:
    model = MockModel(instructions={"activity": "What is done?", "next": "What comes?"})
    with pytest.raises(
        UsageError,
        match=r"understands only its own prompts .*without: other \(specify\), cut \(fine\), etc\.\), or name another",
    ):
        instruction(BOOK, "span", model)
    worded = CodeBook(BOOK.labels[:3])
    assert instruction(worded, "span", model).text == "What is done?"
    assert instruction(worded, "span", model, "next").text == "What comes?"


def test_a_prompt_beside_the_code_books_own_question_is_refused() -> None:
    with pytest.raises(UsageError, match="leave --prompt out"):
        instruction(BOOK, "span", MockModel(), "What now, my friend?")


def test_what_gets_a_label_is_checked() -> None:
    assert check_per("fixation") == "fixation"
    with pytest.raises(UsageError, match="did you mean 'fixation'"):
        check_per("fixations")
