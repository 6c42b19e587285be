"""What a judge may answer, and what of it is a grade."""

import pytest

from foveate.score import Score
from foveate.score.judge import read_rubric
from foveate.score.judge.reading import UnreadableError, read_better, read_grades

RUBRIC = read_rubric()
FULL = '{"why": "mostly right", "correctness": 7, "completeness": 5, "no_hallucination": 1}'


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(FULL, id="as asked"),
        pytest.param(f"```json\n{FULL}\n```", id="in a fence"),
        pytest.param(f"Here are my grades: {FULL} I hope that helps {{really}}.", id="with prose around it"),
        pytest.param(f'<think>perhaps {{"correctness": 2}}</think>{FULL}', id="thoughts are no answer"),
        pytest.param(f'perhaps {{"correctness": 2}}</think>{FULL}', id="thoughts that the template began"),
        pytest.param(f"{FULL}\n{FULL}", id="the same twice"),
        pytest.param(f'{{"grades": {FULL}}}', id="inside another object"),
        pytest.param('{"Correctness": 7.0, " completeness ": "5", "no_hallucination": " 1 "}', id="other ways to write it"),
    ],
)
def test_grades_are_read(text: str) -> None:
    assert read_grades(text, RUBRIC) == {"correctness": Score(7), "completeness": Score(5), "no_hallucination": Score(1)}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("I would give it a 7 out of 10.", "without the JSON object", id="prose"),
        pytest.param("", "is empty", id="empty"),
        pytest.param("<think>hm</think>", "is empty", id="thoughts alone"),
        pytest.param(f"<think>perhaps {FULL}, but", "is empty", id="thoughts that were cut"),
        pytest.param(f"perhaps {FULL}</think> I cannot say.", "without the JSON object", id="a verdict in thoughts only"),
        pytest.param(FULL[:-1], "without the JSON object", id="cut"),
        pytest.param("half \ud83d", r'asked for: "half \ud83d"', id="half of a character"),
        pytest.param("[7, 5, 1]", "without the JSON object", id="a list"),
        pytest.param('{"why": "good"}', "without the JSON object", id="an object of another kind"),
        pytest.param('{"correctness": NaN}', "without the JSON object", id="NaN"),
        pytest.param(f"{FULL} no: {FULL.replace('7', '3')}", "answered twice, and differently", id="two minds"),
        pytest.param(f"{'{' * 100_000}{FULL}", r"letters; at most 100,000", id="longer than any verdict"),
        pytest.param('{"a":' * 5000, "without the JSON object", id="nested without end"),
    ],
)
def test_an_answer_without_grades_is_unscored_by_every_criterion(text: str, reason: str) -> None:
    scores = read_grades(text, RUBRIC)
    assert list(scores) == ["correctness", "completeness", "no_hallucination"]
    assert all(score.value is None and reason in score.reason for score in scores.values())


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param("11", "is 11, outside 1 to 10", id="above"),
        pytest.param("0", "is 0, outside 1 to 10", id="below"),
        pytest.param("-3", "outside", id="negative"),
        pytest.param("1e999", "no whole number", id="infinite"),
        pytest.param("7.5", "is 7.5, which is no whole number", id="half"),
        pytest.param("true", "is true, which is no whole number", id="true"),
        pytest.param('"7/10"', 'is "7/10", which is no whole number', id="a fraction in words"),
        pytest.param('"high"', "no whole number", id="a word"),
        pytest.param("[7]", "no whole number", id="a list"),
        pytest.param("null", "gave no correctness", id="null"),
        pytest.param('7, "correctness": 8', "is [7, 8], which", id="the key twice"),
        pytest.param("1" * 6000, "without the JSON object", id="a number of 6,000 digits"),
    ],
)
def test_a_grade_that_is_none_takes_no_other_with_it(value: str, reason: str) -> None:
    scores = read_grades(f'{{"correctness": {value}, "completeness": 5, "no_hallucination": 1}}', RUBRIC)
    assert scores["correctness"].value is None
    assert reason in scores["correctness"].reason
    if "JSON" not in reason:
        assert scores["completeness"] == Score(5)


def test_a_reason_stays_short() -> None:
    assert len(read_grades("word " * 1000, RUBRIC)["correctness"].reason) < 200


@pytest.mark.parametrize(
    ("text", "better"),
    [
        pytest.param('{"why": "closer", "better": "A"}', "A", id="A"),
        pytest.param('{"better": "b"}', "B", id="lower case"),
        pytest.param('```{"better": " Tie "}```', "tie", id="tie"),
    ],
)
def test_a_choice_is_read(text: str, better: str) -> None:
    assert read_better(text) == better


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("A is better.", "without the JSON object", id="prose"),
        pytest.param('{"better": "C"}', 'chose "C"', id="another"),
        pytest.param('{"better": null}', "chose null", id="null"),
        pytest.param('{"better": "A"} {"better": "B"}', "answered twice", id="both"),
    ],
)
def test_no_choice(text: str, message: str) -> None:
    with pytest.raises(UnreadableError, match=message):
        read_better(text)
