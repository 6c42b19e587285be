"""Questions about a moment, offline and as frames come in."""

from dataclasses import replace

import numpy as np
import pytest

from drawn import FRAME_PX, DrawnScene, drawn_recording
from foveate.description.ask import Asker, ask
from foveate.errors import ModelError, UsageError
from foveate.model.mock import MockModel
from foveate.model.model import Answer, Prompt, Turn
from foveate.view import make_view

MS = 1_000_000


class Listening(MockModel):
    """Keeps the prompts that it was given."""

    def stream(self, prompt: Prompt):  # type: ignore[no-untyped-def]
        heard.append(prompt)
        return super().stream(prompt)


heard: list[Prompt] = []


@pytest.fixture
def asker() -> Asker:
    heard.clear()
    return Asker(Listening(texts=("A kettle, I think.",)), make_view("gaze", size="40"))


def image(index: int) -> np.ndarray:
    return DrawnScene(np.arange(300, dtype=np.int64)).whole(index)


def test_keeps_the_newest_frame_and_one_a_second_before_it(asker: Asker) -> None:
    for index in range(240):  # 8 s at 30 fps
        asker.push(image(index), index * 33 * MS, (100.0, 50.0))
    list(asker.ask("What is it?"))
    shown = heard[0].images
    assert shown[-1].time_s == pytest.approx(239 * 0.033)
    steps = np.diff([timed.time_s for timed in shown[:-1]])
    assert steps.min() >= 1.0
    assert steps.max() < 1.1
    assert shown[-1].time_s - shown[0].time_s <= 5.0
    assert 5 <= len(shown) <= 6
    assert shown[-1].image.shape == (40, 40, 3)
    assert shown[-1].image[0, 0].tolist() == [80, 30, 239]


def test_the_prompt_can_be_had_without_asking(asker: Asker) -> None:
    asker.push(image(1), 0, (100.0, 50.0))
    prompt = asker.prompt("What is it?")
    assert not asker.history
    assert not heard
    list(asker.ask("What is it?"))
    assert heard == [prompt]


def test_holds_gaze_for_half_a_second_then_looks_ahead(asker: Asker) -> None:
    for time_ms, gaze in ((0, (30.0, 50.0)), (400, None), (1000, None)):
        asker.fps = 100
        asker.push(image(1), time_ms * MS, gaze)
    list(asker.ask("What is it?"))
    assert [timed.image[0, 0, 0] for timed in heard[0].images] == [10, 10, 80]


def test_conversation_is_kept(asker: Asker) -> None:
    asker.push(image(0), 0, None)
    pieces = list(asker.ask("What is it?"))
    assert "".join(piece for piece in pieces if isinstance(piece, str)) == "A kettle, I think."
    assert isinstance(pieces[-1], Answer)
    list(asker.ask("And now?"))
    assert heard[1].history == (Turn("What is it?", "A kettle, I think."),)


@pytest.mark.parametrize(("age_ms", "stale"), [(200, False), (201, True)])
def test_a_frame_older_than_200_ms_is_stale(asker: Asker, age_ms: int, stale: bool) -> None:
    asker.push(image(0), 0, None)
    answer = list(asker.ask("What is it?", now_ns=age_ms * MS))[-1]
    assert isinstance(answer, Answer)
    assert answer.notes == ((f"the newest frame is {age_ms} ms old",) if stale else ())


def test_asker_says_what_is_wrong(asker: Asker) -> None:
    with pytest.raises(UsageError, match="must be above 0, got 0 and 5"):
        Asker(MockModel(), asker.maker, fps=0)
    with pytest.raises(UsageError, match="nothing has been seen yet"):
        next(asker.ask("What is it?"))
    asker.push(image(0), 5, None)
    with pytest.raises(UsageError, match="in order of time, got 5 ns after 5 ns"):
        asker.push(image(0), 5, None)
    with pytest.raises(UsageError, match="the question is empty"):
        next(asker.ask("  "))


def test_a_model_that_ends_without_an_answer_is_an_error(asker: Asker) -> None:
    class Broken(MockModel):
        def stream(self, prompt: Prompt):  # type: ignore[no-untyped-def]
            yield "half a sen"

    asker.model = Broken()
    asker.push(image(0), 0, None)
    with pytest.raises(ModelError, match="ended its stream without an answer"):
        list(asker.ask("What is it?"))


def test_ask_shows_the_moment_itself_and_the_seconds_before() -> None:
    heard.clear()
    pieces = list(ask(drawn_recording(), "What is it?", at_s=4.0, window_s=2.5, model=Listening(), size="40"))
    assert [timed.time_s for timed in heard[0].images] == [2.0, 3.0, 4.0]
    assert isinstance(pieces[-1], Answer)
    # gaze is at 4 / 6 of the width
    left_px = int(heard[0].images[-1].image[0, 0, 0])
    assert left_px + 20 == pytest.approx(FRAME_PX.width_px * 4 / 6, abs=1)


def test_ask_shows_every_slot_of_a_camera_whose_interval_wavers() -> None:
    heard.clear()
    recording = drawn_recording()
    wavering_ns = recording.scene.time_ns + np.where(np.arange(len(recording.scene.time_ns)) % 20, 0, 7 * MS)
    wavering = replace(recording, loaders={**recording.loaders, "scene": lambda: DrawnScene(wavering_ns)}, _streams={})
    list(ask(wavering, "What is it?", at_s=4.0, window_s=3.5, model=Listening(), size="40"))
    assert [round(timed.time_s) for timed in heard[0].images] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("when", "message"),
    [
        pytest.param({"at_s": 60.0}, "--at 60 s is outside drawn, whose video ends at 5.90 s", id="late"),
        pytest.param({"at_s": -1.0}, "--at -1 s is outside", id="early"),
        pytest.param({"at_s": 1.0, "window_s": 0.0}, "--window must be above 0 s", id="window"),
        pytest.param({"at_s": float("nan")}, "must be a number of seconds, got nan", id="no-number"),
        pytest.param({"at_s": 1.0, "fps": 0.0}, "fps must be above 0", id="fps"),
        pytest.param({"at_s": 1.0, "fps": float("inf")}, "at most 1000, got inf", id="fps-endless"),
    ],
)
def test_ask_says_what_does_not_fit(when: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ask(drawn_recording(), "What is it?", model=MockModel(), **when)  # type: ignore[arg-type]
