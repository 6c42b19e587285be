"""Which choice an answer names, and what that scores."""

import csv
import time

import pytest

from foveate.dataset.choices import choices_of
from foveate.dataset.sample import LETTERS
from foveate.errors import UsageError
from foveate.score import Score, score_texts
from foveate.score.choice import chosen
from shared_data import shared

CHOICES = ("the red cup", "the bowl", "cup", "a box")
READ = {
    # a letter
    "B": 1,
    "b": 1,
    "(b)": 1,
    " B.": 1,
    "**B**": 1,
    "**B** the bowl": 1,
    "B: the red cup": 1,
    "C)": 2,
    "D.\nThe box is open.": 3,
    "E": None,
    "E. the bowl": None,
    "A": 0,
    # said to be the answer
    "The answer is B because the cup is red.": 1,
    "Answer: c": 2,
    "The correct answer is option (C).": 2,
    "the answer should be **D**": 3,
    "First I took A as the answer. The answer is A. No: the answer is B.": 1,
    "\\boxed{D}": 3,
    "A. is wrong, so the answer is B": 1,
    "Option B shows it": 1,
    "Option B is right, since option A is not": 1,
    # several
    "The answer is A or B": None,
    "Answer: A, B": None,
    "Answer: b and c.": None,
    "Answer: B/C": None,
    "(B) or (C)": None,
    "Option B or C": None,
    "The answer is B, C is the second best": 1,
    "Answer: B or a cup": 1,
    # denied
    "The answer is not B but C": 2,
    "The answer is not A": None,
    "The answer isn't (B).": None,
    "The answer can’t be B": None,
    "Neither A nor B": None,
    "It cannot be B": None,
    "It cannot be the bowl": None,
    "B, not A": 1,
    "The answer is B, not A": 1,
    "D is wrong": None,
    "Option A is clearly wrong": None,
    "A is not visible, so C": 2,
    "It isn't the bowl": None,
    "not the bowl, but the box": 3,
    "There is no cup, there is a box": 3,
    "No, a box": 3,
    "It is the bowl, not a box": 1,
    # text of a choice
    "The bowl.": 1,
    "bowl": 1,
    "The red cup": 0,
    "the answer is a box": 3,
    "It is the red cup on the table": 0,
    "A cup": 2,
    "There is a box here": 3,
    "Ｂ": 1,
    "the bowl or the box": None,
    # a letter that stands alone
    "B because of its colour": 1,
    "I think it is B": 1,
    "I am not sure": None,
    "A because of its colour": 0,
    "I believe that A is right": 0,
    "The answer is A because the cup is red": 0,
    "the answer is a person": None,
    "A or B": None,
    "either B or C": None,
    # no letters
    "e.g. the bowl": 1,
    "A person washes": None,
    "": None,
    "nothing of the kind": None,
    # all the choices again
    "A. the red cup\nB. the bowl": None,
    # thought aloud
    "<think>A. B. the bowl</think>\nC": 2,
}


@pytest.mark.parametrize(("answer", "place"), READ.items(), ids=list(READ))
def test_the_choice_that_an_answer_names(answer, place):
    assert chosen(answer, CHOICES) == place


FORMS = (
    "{L}",
    "{l}",
    "({L})",
    "{L}. {text}",
    "**{L}**",
    "{text}",
    "{text}.",
    "Answer: {L}",
    "The answer is {L}.",
    "The answer is {L} because {text}",
    "I believe that {L} is right",
    "{L} because I see it",
    "Option {L} shows it",
    "The person means {text}",
)


@pytest.mark.parametrize("form", FORMS)
def test_no_letter_is_read_less_often_than_another(form):  # up to H; of I, which only nine choices have, prose cannot be sure
    choices = [f"the {colour} cup" for colour in ("red", "green", "blue", "white", "black", "grey", "pink", "brown")]
    said = [form.format(L=letter, l=letter.lower(), text=text) for letter, text in zip(LETTERS, choices, strict=False)]
    assert [chosen(each, choices) for each in said] == list(range(len(choices)))


@pytest.mark.parametrize("form", FORMS)
def test_choices_as_egogazevqa_publishes_them(form):
    files = sorted((shared("egogazevqa") / "qa_pairs").glob("*.csv"))
    questions = 0
    for file in files:
        with file.open(encoding="utf-8", newline="") as opened:
            for row in csv.DictReader(opened):
                choices, right = choices_of(row["Answer Options"].split("\n"), row["Correct Answer"])
                said = form.format(L=LETTERS[right], l=LETTERS[right].lower(), text=choices[right])
                assert chosen(said, choices) == right, said
                questions += 1
    assert questions > 1000


def test_choices_that_differ_by_an_article_only_need_their_letter():
    assert chosen("the cup", ("a cup", "the cup")) is None
    assert chosen("it is the cup here", ("a cup", "the cup")) is None
    assert chosen("B", ("a cup", "the cup")) == 1


@pytest.mark.parametrize("said", ["Neither A nor B", "neither A nor B.", "C", "(C)"])
def test_a_choice_that_denies_others_is_read_by_its_words(said):
    assert chosen(said, ("the cup", "the bowl", "Neither A nor B")) == 2


def test_prose_that_names_no_choice_is_wrong_and_counted():
    said = ["B", "A", "I cannot tell.", "B", "B", None]
    choices = [CHOICES] * 3 + [(), CHOICES, CHOICES]
    answers = [1, 1, 1, None, None, 1]
    right = score_texts("choice", said, choices=choices, answers=answers)
    assert [score.value for score in right] == [1, 0, 0, None, None, None]
    assert [score.reason for score in right[3:]] == [
        "the question has no choices",
        "nobody told which choice is right",
        "there is no answer",
    ]
    named = score_texts("choice_named", said, choices=choices, answers=answers)
    assert [score.value for score in named] == [1, 1, 0, None, 1, None]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param({}, "'choice' needs choices and answers of every item", id="nothing"),
        pytest.param({"choices": [CHOICES]}, "'choice' needs answers of every item", id="no answers"),
        pytest.param({"choices": [CHOICES], "answers": [1, 2]}, "1 hypotheses need as many answers, got 2", id="lengths"),
        pytest.param({"choices": [CHOICES], "answers": [4]}, "answer of item 0 .* one of its 4 choices, got 4", id="place"),
    ],
)
def test_says_what_is_missing(given, message):
    with pytest.raises(UsageError, match=message):
        score_texts("choice", ["B"], **given)


@pytest.mark.parametrize("said", ["**", "(", "not ", "A or ", "A, ", "answer ", "A is not ", "B) "])
def test_a_model_that_repeats_itself_is_read_in_linear_steps(said):
    """Twice the text takes about twice the time: by the processor's clock, and with room for noise."""
    took = []
    for times in (4_000, 16_000):
        began = time.process_time()
        chosen(said * times, CHOICES)
        took.append(time.process_time() - began)
    assert took[1] < 12 * max(took[0], 0.05)


def test_no_items_no_scores():
    assert score_texts("choice", [], choices=[], answers=[]) == []
    assert score_texts("choice", [None], choices=[CHOICES], answers=[0]) == [Score.unscored(reason="there is no answer")]
