"""The mock model, and how models are opened by name."""

import numpy as np
import pytest

import foveate.model as models
from foveate.errors import ModelError, UsageError
from foveate.geometry import Size
from foveate.model import Answer, Prompt, TimedImage, Turn, load_model
from foveate.model.times import clock_text


def image(colour: tuple[int, int, int], time_s: float, size_px: tuple[int, int] = (448, 448)) -> TimedImage:
    return TimedImage(np.full((size_px[1], size_px[0], 3), colour, dtype=np.uint8), time_s)


RED, BLUE = image((200, 30, 30), 1.0), image((40, 70, 190), 62.5)
TWO = Prompt("What now?", (RED, RED, BLUE), (Turn("Before?", "Yes."),))


def test_the_mock_tells_sizes_times_and_colours() -> None:
    answer = load_model("mock").answer(TWO)
    assert answer.text == "I was shown 3 images of 448x448 pixels from 0:01.0 to 1:02.5; on average red then blue."
    assert (answer.usage.visual_tokens, answer.usage.prompt_tokens) == (768, 772)
    assert answer.usage.output_tokens == len(answer.text.split())
    assert (answer.model, load_model("mock").is_toy, load_model("mock").is_remote) == ("mock", True, False)


def test_the_mock_tells_one_image_and_none() -> None:
    model = load_model("mock")
    assert model.answer(Prompt("?", (image((0, 0, 0), 0.0, (64, 32)),))).text == (
        "I was shown one image of 64x32 pixels at 0:00.0; on average black."
    )
    assert model.answer(Prompt("Anything there?")).text == "No image was shown; the question has 2 words."


@pytest.mark.parametrize(("size", "tokens"), [((448, 448), 256), ((28, 28), 1), ((29, 28), 2), ((1440, 1440), 2704)])
def test_the_mock_takes_a_token_per_begun_square(size: tuple[int, int], tokens: int) -> None:
    assert load_model("mock").visual_tokens([Size(*size)]) == [tokens]


def test_the_mock_streams_what_it_answers() -> None:
    *pieces, answer = load_model("mock").stream(TWO)
    assert "".join(map(str, pieces)) == answer.text == load_model("mock").answer(TWO).text
    assert len(pieces) > 5


def test_the_mock_says_given_texts_and_fails_as_told() -> None:
    model = load_model("mock", texts=["first", "second"], faults={1: "told to"})
    first, failed, third = model.answers([TWO, TWO, TWO])
    assert isinstance(first, Answer)
    assert (first.text, third.text) == ("first", "first")
    assert isinstance(failed, ModelError)
    assert str(failed) == "told to"
    assert load_model("mock:just this").answer(TWO).text == "just this"


def test_the_mock_keeps_to_the_limit_of_tokens() -> None:
    assert load_model("mock").answer(Prompt("?", (RED,), max_new_tokens=3)).text == "I was shown"


@pytest.mark.parametrize(
    ("time_s", "text"),
    [(0, "0:00.0"), (12.5, "0:12.5"), (59.96, "1:00.0"), (3725, "1:02:05.0"), (-2.5, "-0:02.5")],
)
def test_times_are_minutes_and_seconds(time_s: float, text: str) -> None:
    assert clock_text(time_s) == text


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mok", "no model 'mok'; did you mean .mock.; a name starts with one of: builtin, hf, mock, openai"),
        ("Qwen/Qwen3-VL-2B-Instruct", "for one of Hugging Face's write hf:Qwen/Qwen3-VL-2B-Instruct"),
        ("", "no model ''"),
    ],
)
def test_a_name_without_scheme_is_told_what_is_allowed(name: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        load_model(name)


def test_options_that_are_none_are_defaults_and_others_are_named() -> None:
    assert load_model("mock", delay_s=None, device=None).answer(TWO).text
    with pytest.raises(UsageError, match="model 'mock' has no option device; it has: delay_s, faults"):
        load_model("mock", device="cpu")


def test_an_entry_point_brings_a_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    class Point:
        name = "mine"

        @staticmethod
        def load() -> object:
            return lambda rest, *, name: (name, rest)

    monkeypatch.setattr(models, "entry_points", lambda group: [Point] if group == "foveate.models" else [])
    assert load_model("mine:thing") == ("mine:thing", "thing")
    with pytest.raises(ModelError, match="one of: builtin, hf, mine, mock, openai"):
        load_model("nothing")
