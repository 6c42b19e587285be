"""What views of every kind are told of frames, and what is kept of what they showed."""

from dataclasses import replace

import numpy as np
import pytest

from drawn import FRAME_PX, drawn_recording
from foveate.clock import Span
from foveate.description.ask import Asker, ask
from foveate.description.describe import telling
from foveate.description.viewer import Viewer
from foveate.errors import UsageError, ViewError
from foveate.geometry import Box
from foveate.model.mock import MockModel
from foveate.model.model import Prompt, Region
from foveate.recording.eye_events import EyeEvents
from foveate.recording.hands import Hands
from foveate.recording.recording import Recording
from foveate.report.html import description_page
from foveate.toykitchen import World
from foveate.view import VIEWS, Frame, ViewMaker, make_view
from foveate.view.view import Glimpse

SECOND = 1_000_000_000
START = 5 * SECOND


def watching(frames: list[Frame], **asks: float | bool) -> ViewMaker:
    """A view that keeps what it is told of frames."""

    def plan(frame: Frame) -> tuple[Glimpse, ...]:
        frames.append(frame)
        return make_view("full").plan(frame)

    return ViewMaker("watching", uses_gaze=True, plan=plan, **asks)  # type: ignore[arg-type]


def with_hands(recording: Recording) -> Recording:
    hands = Hands(
        np.array([START, START + 2 * SECOND]),
        np.array(["right", "right"]),
        np.array([[10.0, 20.0, 30.0, 40.0], [np.nan] * 4]),
        np.array([True, False]),
    )
    return replace(recording, loaders={**recording.loaders, "hands": lambda: hands}, _streams={})


def test_a_view_hears_of_the_gaze_before_a_frame_and_never_of_later_gaze() -> None:
    frames: list[Frame] = []
    Viewer(drawn_recording(), watching(frames, gaze_window_s=0.5)).show(Span(START + 2 * SECOND, START + 3 * SECOND))
    (frame,) = frames
    # gaze walks 200 px in 6 s, 100 samples a second
    assert frame.time_ns == START + round(2.5 * SECOND)
    assert len(frame.gaze_px) == 50
    assert frame.gaze_px[:, 0].max() == pytest.approx(200 * 2.5 / 6, abs=0.01)
    assert frame.gaze_px[:, 0].min() == pytest.approx(200 * 2.01 / 6, abs=0.01)


def test_lost_gaze_is_not_among_it_and_the_aim_is_not_known() -> None:
    frames: list[Frame] = []
    viewer = Viewer(drawn_recording(lost_s=(1.0, 4.0)), watching(frames, gaze_window_s=1.5))
    viewer.show(Span(START, START + 3 * SECOND))
    assert [frame.aim_known for frame in frames] == [True, False, False]
    assert [len(frame.gaze_px) for frame in frames] == [51, 99, 0]


def test_hands_are_told_where_a_view_asks_and_a_recording_has_them() -> None:
    frames: list[Frame] = []
    span = Span(START, START + 6 * SECOND)
    Viewer(with_hands(drawn_recording()), watching(frames, uses_hands=True), fps=10).show(span)
    known = {round((frame.time_ns - START) / SECOND, 1): frame.hands_px for frame in frames}
    assert known[0.1] == (Box(10, 20, 30, 40),)
    assert known[0.2] == ()  # farther than 100 ms from the observation
    assert known[2.0] == ()  # looked for, and not seen
    for recording, asks in ((drawn_recording(), True), (with_hands(drawn_recording()), False)):
        frames.clear()
        Viewer(recording, watching(frames, uses_hands=asks)).show(span)
        assert {frame.hands_px for frame in frames} == {None}


def test_hands_of_the_toy_kitchen_are_in_the_view() -> None:
    recording = World(7, duration_s=8).recording()
    shown = Viewer(recording, make_view("hands")).show(Span(2 * SECOND, 6 * SECOND))
    plain = Viewer(recording, make_view("gaze")).show(Span(2 * SECOND, 6 * SECOND))
    larger = [a.boxes_px[0].width_px > b.boxes_px[0].width_px for a, b in zip(shown.frames, plain.frames, strict=True)]
    assert any(larger)
    assert all(larger[k] or shown.frames[k].notes or shown.frames[k].boxes_px[0].width_px == 448 for k in range(4))


class Hearing(MockModel):
    """Keeps the prompts that it was given."""

    def answers(self, prompts):  # type: ignore[no-untyped-def]
        heard.extend(prompts)
        return super().answers(prompts)

    def stream(self, prompt: Prompt):  # type: ignore[no-untyped-def]
        heard.append(prompt)
        return super().stream(prompt)


heard: list[Prompt] = []


def test_the_view_text_tells_where_the_person_looked() -> None:
    heard.clear()
    job = telling(drawn_recording(), Hearing(), view="text", segment="3", prompt="What is it?")
    list(job.spans())
    lines = heard[0].text.splitlines()
    assert lines[0] == "At 0:00.5 the person looked at x = 0.08, y = 0.50 (0, 0 is the top left, 1, 1 the bottom right)."
    assert lines[1].startswith("At 0:01.5 the person looked at x = 0.25")
    assert lines[3] == "What is it?"
    heard.clear()
    list(ask(drawn_recording(), "What is it?", at_s=3.0, window_s=0.5, model=Hearing(), view="text"))
    assert heard[0].text.startswith("At 0:03.0 the person looked at x = 0.50")
    assert heard[0].text.endswith("\nWhat is it?")


def test_words_are_not_sent_to_a_model_that_cannot_read_them() -> None:
    model = MockModel(instructions={"activity": "What is the person doing?"})
    with pytest.raises(ViewError, match=r"mock understands only its own prompts, so the view 'text'.* tells it nothing"):
        telling(drawn_recording(), model, view="text")


def test_frames_in_which_something_stood_in_are_counted() -> None:
    job = telling(drawn_recording(lost_s=(0.0, 6.0)), MockModel(), view="mark", segment="3")
    description = job.finish(list(job.spans()))
    assert description.totals.frame_notes == {"no gaze known: no ring is drawn": 6}
    assert description.to_dict()["spans"][0]["frames"][0]["notes"] == ("no gaze known: no ring is drawn",)


@pytest.mark.parametrize("placed", [True, False], ids=["placed", "plain"])
def test_a_model_is_told_where_images_lie_if_it_can_be_and_the_record_says_which(placed: bool) -> None:
    recording = drawn_recording()
    model = MockModel(places_tokens=placed)
    job = telling(recording, model, view="foveated", size="56", segment="3")
    description = job.finish(list(job.spans()))
    told_or_not = "told to the model" if placed else "not told: the model takes plain images only"
    assert description.view["places"] == told_or_not
    assert told_or_not in description_page(description, recording)
    shown = job.viewer.show(job.segments[0].span)
    regions = [image.region for image in job.images(shown)]
    assert regions == [Region.of(box, FRAME_PX) for frame in shown.frames for box in frame.boxes_px]
    assert not any(image.region for image in telling(recording, model, view="dual", segment="3").images(shown))


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_is_described_asked_and_reported(name: str) -> None:
    recording = with_hands(drawn_recording())
    job = telling(recording, MockModel(), view=name, size="40", segment="3", fps=1, budget_tokens=8)
    description = job.finish(list(job.spans()))
    assert description.totals.described == 2
    images = sum(span.images for span in description.spans)
    assert images == 6 * {"dual": 2, "foveated": 3}.get(name, 1)
    # the budget is the frame's, however many images show it
    assert description.totals.visual_tokens is not None
    assert description.totals.visual_tokens <= 6 * 8
    page = description_page(description, recording)
    pictures = 6 + {"dual": 12, "foveated": 18, "warp": 6, "gaze": 6, "center": 6, "random": 6, "mass": 6, "hands": 6}.get(
        name, 0
    )
    assert page.count('<img src="data:image/jpeg') == pictures
    assert ('class="grid"' in page) == (name == "warp")
    assert list(ask(recording, "What is it?", at_s=3.0, model=MockModel(), view=name, size="40"))


def test_a_live_asker_hands_over_gaze_of_the_window_and_hands() -> None:
    frames: list[Frame] = []
    asker = Asker(MockModel(), watching(frames, gaze_window_s=1.0, uses_hands=True))
    image = np.zeros((100, 200, 3), dtype=np.uint8)
    for step in range(16):
        gaze = None if step == 12 else (float(step), 50.0)
        asker.push(image, step * 100_000_000, gaze, hands_px=(Box(1, 2, 3, 4),))
    assert frames[-1].gaze_px[:, 0].tolist() == [6, 7, 8, 9, 10, 11, 13, 14, 15]
    assert frames[12].aim_px == (11.0, 50.0)
    assert frames[-1].hands_px == (Box(1, 2, 3, 4),)
    assert frames[0].aim_known


def with_fixations(recording: Recording) -> Recording:
    spans = np.array([[0.4, 0.9], [1.0, 2.1], [2.2, 2.5]]) * SECOND + START
    start_ns, stop_ns = spans.T.astype(np.int64)
    point_px = np.array([[10.0, 50.0], [90.0, 50.0], [95.0, 50.0]])
    fixations = EyeEvents(start_ns, stop_ns, np.arange(3), point_px)
    return replace(recording, loaders={**recording.loaders, "fixations": lambda: fixations}, _streams={})


@pytest.mark.parametrize(
    ("frames", "shown_s"),
    [("uniform", [0.5, 1.5, 2.5]), ("recent", [0.9, 2.3, 2.9]), ("fixation", [0.6, 1.5, 2.3]), ("shift", [0.4, 1.0, 2.2])],
)
def test_frames_are_chosen_by_a_sampling(frames: str, shown_s: list[float]) -> None:
    job = telling(with_fixations(drawn_recording()), MockModel(), frames=frames, segment="3", stop_s=3.0)
    description = job.finish(list(job.spans()))
    assert [frame.time_s for frame in description.spans[0].frames] == pytest.approx(shown_s, abs=0.11)
    assert description.view["frames"] == frames
    heard.clear()
    list(ask(with_fixations(drawn_recording()), "What?", at_s=3.0, window_s=3.0, model=Hearing(), frames=frames))
    assert heard[0].images[-1].time_s == 3.0
    assert len(heard[0].images) == 4


def test_a_span_without_fixations_is_told() -> None:
    job = telling(with_fixations(drawn_recording()), MockModel(), frames="shift", segment="3")
    last = list(job.spans())[-1]
    assert last.text is None
    assert last.reason == "no frame could be shown (3 x no fixation in the span)"
    with pytest.raises(UsageError, match="frames are chosen by uniform"):
        telling(drawn_recording(), MockModel(), frames="all")
