"""The main job on a recording whose gaze is known, with a model that answers as told."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drawn import drawn_recording, torn_recording
from foveate.clock import Span
from foveate.description.api import describe
from foveate.description.describe import telling
from foveate.description.description import Description
from foveate.description.estimate import estimate
from foveate.description.prompts import shipped
from foveate.description.write import as_csv, as_markdown, as_vtt, write
from foveate.errors import FoveateError, ModelError, RecordingError, ServerGoneError, UsageError, VideoError, ViewError
from foveate.model.mock import MockModel
from foveate.recording.eye_events import EyeEvents
from foveate.recording.recording import Event

MOCK = MockModel(texts=("Fills the kettle.",))


def told(**how: object) -> Description:
    return describe(drawn_recording(), **{"model": MOCK, "size": "40", "segment": "2", **how})  # type: ignore[arg-type]


def test_one_answer_per_span_with_its_frames_and_costs() -> None:
    description = told()
    assert [(span.start_s, span.stop_s) for span in description.spans] == [(0, 2), (2, 4), (4, 6)]
    assert [span.text for span in description.spans] == ["Fills the kettle."] * 3
    first = description.spans[0]
    assert [frame.time_s for frame in first.frames] == [0.5, 1.5]
    # gaze walks 200 px in 6 s
    assert [frame.aim_px[0] for frame in first.frames] == pytest.approx([200 * 0.5 / 6, 200 * 1.5 / 6], abs=0.4)
    assert [frame.boxes_px[0].left_px for frame in first.frames] == [0, 30]
    assert first.visual_tokens == 2 * 4  # two 40 px images of 2 x 2 patches of 28 px
    assert description.totals.visual_tokens == 3 * 8
    assert description.totals.full_visual_tokens == 6 * (8 * 4)
    assert description.totals.share_of_pixels == pytest.approx(0.08)
    assert description.totals.frames_by_source == {"measured": 6}
    assert description.complete


@pytest.mark.parametrize(
    ("then", "sources", "skipped"),
    [
        # frames at 0.5 ... 5.5 s, gaze lost from 2.3 to 5.0 s: 2.5 is held, 3.5 and 4.5 are not
        pytest.param("center", {"measured": 3, "held": 1, "center": 2}, {}, id="center"),
        pytest.param("skip", {"measured": 3, "held": 1}, {"no valid gaze": 2}, id="skip"),
    ],
)
def test_frames_without_gaze_fall_back_and_are_counted(then: str, sources: dict[str, int], skipped: dict[str, int]) -> None:
    recording = drawn_recording(lost_s=(2.3, 5.0))
    description = describe(recording, model=MOCK, size="40", segment="3", without_gaze=then)
    assert description.totals.frames_by_source == sources
    assert description.totals.skipped_frames == skipped


def test_gaze_within_the_vendors_own_blinks_is_not_used() -> None:
    recording = drawn_recording()
    start_ns = 5_000_000_000
    edges_ns = (np.array([start_ns + 1_300_000_000]), np.array([start_ns + 1_600_000_000]))
    blinks = EyeEvents(*edges_ns, np.array([1]))
    blinking = replace(recording, loaders={**recording.loaders, "blinks": lambda: blinks}, _streams={})
    # the frame at 1.5 s falls into the blink; the point of 1.29 s is held
    assert describe(blinking, model=MOCK, size="40", segment="6").totals.frames_by_source == {"measured": 5, "held": 1}
    assert describe(recording, model=MOCK, size="40", segment="6").totals.frames_by_source == {"measured": 6}


def test_a_span_in_which_nothing_can_be_shown_is_listed_with_its_reason() -> None:
    recording = drawn_recording(lost_s=(2.1, 4.1))
    description = describe(recording, model=MOCK, size="40", segment="1", without_gaze="skip")
    assert [span.text is None for span in description.spans] == [False, False, False, True, False, False]
    assert description.spans[3].reason == "no frame could be shown (1 x no valid gaze)"
    assert description.totals.failed == 1


def test_gaze_is_not_needed_for_other_views() -> None:
    recording = drawn_recording()
    blind = replace(recording, loaders={key: load for key, load in recording.loaders.items() if key != "gaze"})
    assert describe(blind, model=MOCK, view="full", segment="6").totals.frames_by_source == {"none": 6}
    with pytest.raises(FoveateError, match="drawn has no gaze stream"):
        describe(blind, model=MOCK, view="gaze", segment="6")


def test_seconds_of_a_batch_are_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [100.0]
    monkeypatch.setattr("foveate.description.describe.time.perf_counter", lambda: now_s[0])

    class Slow(MockModel):
        def answers(self, prompts):  # type: ignore[no-untyped-def]
            now_s[0] += 0.3
            return [replace(answer, total_s=0.3) for answer in super().answers(prompts)]  # type: ignore[type-var]

    description = told(model=Slow(texts=("ok",)), batch=3, summary=False)
    assert [span.total_s for span in description.spans] == [0.3] * 3
    assert description.totals.model_s == pytest.approx(0.3)


def test_a_failing_item_loses_no_other() -> None:
    description = told(model=MockModel(texts=("ok",), faults={1: "empty answer"}), batch=3)
    assert [span.text for span in description.spans] == ["ok", None, "ok"]
    assert description.spans[1].reason == "empty answer"
    # what was shown is that of the two that were answered, in both counts
    assert description.totals.frames == sum(description.totals.frames_by_source.values()) == 4


def test_a_stretch_that_cannot_be_decoded_loses_no_other() -> None:
    torn = torn_recording()
    description = describe(torn, model=MOCK, size="40", segment="2")
    assert [span.text is None for span in description.spans] == [False, True, False]
    assert description.spans[1].reason == "the frame at 2.500 s cannot be decoded"
    with pytest.raises(VideoError, match="s cannot be decoded"):
        describe(torn, model=MOCK, size="40", start_s=2)


def test_a_stream_that_cannot_be_read_is_told_before_the_first_span() -> None:
    def broken() -> None:
        raise RecordingError("the gaze is torn")

    recording = drawn_recording()
    torn = replace(recording, loaders={**recording.loaders, "gaze": broken}, _streams={})
    with pytest.raises(RecordingError, match="the gaze is torn"):
        telling(torn, MOCK, view="full")


def test_a_model_that_fails_at_once_stops_the_job() -> None:
    with pytest.raises(ModelError, match="key refused"):
        told(model=MockModel(faults={0: "key refused"}))


class Leaving(MockModel):
    """Answers nobody from the third prompt on."""

    def answers(self, prompts):  # type: ignore[no-untyped-def]
        gone = [ServerGoneError("no server answers") for prompt in prompts if prompt.images[0].time_s >= 4]
        return [*super().answers(prompts[: len(prompts) - len(gone)]), *gone]


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_a_model_that_goes_away_leaves_what_it_told(batch: int) -> None:
    description = describe(drawn_recording(), model=Leaving(texts=("ok",)), size="40", segment="2", batch=batch)
    assert [span.text for span in description.spans] == ["ok", "ok"]
    assert (description.complete, description.summary) == (False, None)
    assert description.summary_note == "no server answers"


def test_a_model_that_was_gone_before_the_first_answer_is_an_error() -> None:
    with pytest.raises(ServerGoneError, match="no server answers"):
        describe(drawn_recording(), model=Leaving(texts=("ok",)), size="40", segment="2", start_s=4.0)


def test_a_model_that_leaves_after_a_refusal_is_gone_and_the_refusal_stops_nothing() -> None:
    """Of a batch of recordings, a refused question would have this one fail; it has only to be begun anew."""
    model = Leaving(texts=("ok",), faults={0: "bad request", 1: "bad request"})
    with pytest.raises(ServerGoneError, match="no server answers"):
        describe(drawn_recording(), model=model, size="40", segment="2", batch=3)


def test_summary_is_written_from_the_answers() -> None:
    assert told().summary == "Fills the kettle."
    assert told(summary=False).summary_note == "not asked for"
    assert told(segment="6").summary_note == "there are fewer than two described spans to sum up"


def test_a_budget_is_held() -> None:
    description = told(view="full", budget_tokens=4)
    assert description.spans[0].frames[0].sizes_px[0] == (57, 28)  # 3 x 1 patches of 28 px; the next size would be 3 x 2
    assert all(span.visual_tokens is not None and span.visual_tokens <= 2 * 4 for span in description.spans)


@pytest.mark.parametrize(
    ("given", "usual", "held"),
    [
        pytest.param(None, 4, 4, id="the model's own"),
        pytest.param(1, 4, 1, id="the user's"),
        pytest.param(None, None, None, id="none"),
    ],
)
def test_a_budget_is_the_users_or_the_models_own(given: int | None, usual: int | None, held: int | None) -> None:
    assert told(model=MockModel(texts=("ok",), usual_tokens=usual), budget_tokens=given).view["budget_tokens"] == held


def test_a_budget_that_cannot_be_met_says_so() -> None:
    class Constant(MockModel):
        def visual_tokens(self, sizes_px):  # type: ignore[no-untyped-def]
            return [576 for _ in sizes_px]

    with pytest.raises(ViewError, match=r"takes at least 576 visual tokens .* more than the budget of 64; raise --budget"):
        describe(drawn_recording(), model=Constant(), budget_tokens=64)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        pytest.param({"segment": "0"}, "--segment '0' is not one of: seconds", id="no-length"),
        pytest.param({"segment": "1e-10"}, "seconds .10; at least 0.001.", id="too-short"),
        pytest.param({"segment": "ten"}, "--segment 'ten' is not one of: seconds", id="no-number"),
        pytest.param({"segment": "events:cut"}, "has no event 'cut'; it has: no events", id="no-event"),
        pytest.param({"segment": "none.csv"}, "the segment file none.csv is not there", id="no-file"),
        pytest.param({"start_s": 7.0}, r"--start 7 s is after the end of drawn, which lasts 6.00 s", id="start-late"),
        pytest.param({"start_s": 3.0, "stop_s": 2.0}, "--stop 2 s must be after --start 3 s", id="stop-early"),
        pytest.param({"start_s": -1.0}, "--start must be 0 s or later", id="start-negative"),
        pytest.param({"fps": 0.0}, "fps must be above 0", id="fps"),
        pytest.param({"fps": float("inf")}, "at most 1000, got inf", id="fps-endless"),
        pytest.param({"stop_s": float("nan")}, "must be a number of seconds, got nan", id="stop-no-number"),
        pytest.param({"start_s": float("inf")}, "must be a number of seconds, got inf", id="start-endless"),
        pytest.param({"prompt": "activty"}, "no prompt 'activty'; did you mean 'activity'", id="prompt-typo"),
        pytest.param({"prompt": "none.txt"}, "the prompt file none.txt is not there", id="prompt-file"),
        pytest.param({"prompt": " "}, "the prompt is empty", id="prompt-empty"),
        pytest.param({"without_gaze": "guess"}, "must be one of center, skip, got 'guess'", id="fallback"),
        pytest.param({"batch": 0}, "must be 1 or more", id="batch"),
        pytest.param({"budget_tokens": 0}, "a budget must be 1 visual token or more", id="budget"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(how: dict[str, object], message: str) -> None:
    with pytest.raises(FoveateError, match=message) as error:
        told(**how)
    assert "\n" not in str(error.value)


def test_no_silent_default_model() -> None:
    with pytest.raises(UsageError, match="no model was named"):
        describe(drawn_recording())


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        pytest.param("events:cut", [("cut", 1.0, 2.0)], id="span"),
        pytest.param("events:*", [("cut", 1.0, 2.0), ("press", 3.0, 6.0)], id="all"),
        pytest.param("events:press", [("press", 3.0, 6.0)], id="an-instant-lasts-until-the-next"),
    ],
)
def test_segments_from_events(pattern: str, wanted: list[tuple[str, float, float]]) -> None:
    start_ns = 5_000_000_000
    cut = Event("cut", Span(start_ns + 1_000_000_000, start_ns + 2_000_000_000), start_ns + 1_000_000_000)
    press = Event("press", None, start_ns + 3_000_000_000)
    description = describe(drawn_recording(events=(cut, press)), model=MOCK, size="40", segment=pattern)
    assert [(span.label, span.start_s, span.stop_s) for span in description.spans] == wanted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("start_s,stop_s,label\n0,1.5,a\n2,3,b\n", None, id="good"),
        pytest.param("start,stop_s\n0,1\n", "has no column start_s .found: start, stop_s.", id="missing-column"),
        pytest.param("start_s,stop_s\n0,1\n3,2\n", "line 3 of .* must have start_s before stop_s", id="backwards"),
        pytest.param("start_s,stop_s\n0,x\n", "line 2 of .* must have start_s before stop_s", id="text"),
        pytest.param("start_s,stop_s\n1e30,1e31\n", "no segment of .* lies inside 0.00 to 6.00 s", id="far-outside"),
        pytest.param("start_s,stop_s\n70,80\n", "no segment of .* lies inside 0.00 to 6.00 s", id="outside"),
        pytest.param("", "is not a table", id="empty"),
    ],
)
def test_segments_from_a_file(text: str, message: str | None, tmp_path: Path) -> None:
    path = tmp_path / "parts.csv"
    path.write_text(text)
    if message is None:
        description = told(segment=str(path))
        assert [(span.label, span.start_s, span.stop_s) for span in description.spans] == [("a", 0, 1.5), ("b", 2, 3)]
    else:
        with pytest.raises(UsageError, match=message):
            told(segment=str(path))


@pytest.mark.parametrize(
    ("option", "name", "message"),
    [
        pytest.param("segment", "parts.csv", "parts.csv is a folder", id="segment-folder"),
        pytest.param("segment", "file/parts.csv", "is not a table", id="segment-below-a-file"),
        pytest.param("prompt", "parts.txt", "parts.txt cannot be read", id="prompt-folder"),
    ],
)
def test_a_place_that_is_no_file_is_told(option: str, name: str, message: str, tmp_path: Path) -> None:
    for folder in ("parts.csv", "parts.txt"):
        (tmp_path / folder).mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=message):
        told(**{option: str(tmp_path / name)})


def test_toy_answers_bear_their_notice_in_every_file(tmp_path: Path) -> None:
    description = told()
    assert description.notice == "toy model"
    for path in write(description, tmp_path):
        assert "toy model" in path.read_text(encoding="utf-8"), path.name
    at_home = describe(drawn_recording(device="toykitchen"), model=MOCK, size="40", segment="2")
    assert at_home.notice is None


def test_files_say_the_same(tmp_path: Path) -> None:
    description = told()
    write(description, tmp_path)
    plain = json.loads((tmp_path / "description.json").read_text(encoding="utf-8"))
    assert plain["version"] == 1
    assert plain["spans"][1]["text"] == "Fills the kettle."
    assert plain["spans"][1]["gaze_sources"] == {"measured": 2}
    assert as_csv(description).splitlines()[2].startswith("drawn,2.000,4.000,,Fills the kettle.,,2,2,0,0,0,0,0.08,8,")
    assert "00:00:02.000 --> 00:00:04.000\n[toy model]\nFills the kettle." in as_vtt(description)
    assert "**0:02.0 to 0:04.0**\n\n> Fills the kettle." in as_markdown(description)


def test_what_left_this_machine_is_told(tmp_path: Path) -> None:
    description = told(model=MockModel(texts=("ok",), is_remote=True))
    assert description.sent == "6 images of 3 spans were sent to another machine"
    write(description, tmp_path)
    assert json.loads((tmp_path / "description.json").read_text(encoding="utf-8"))["sent"] == description.sent
    assert f"{description.sent}." in (tmp_path / "description.md").read_text(encoding="utf-8")
    assert told().sent is None


@pytest.mark.parametrize("name", ["task", "activity", "next"])
def test_shipped_prompts_do_not_say_what_the_view_is(name: str) -> None:
    # the same words go with full, center and random: they must be true of each
    assert "looking" not in shipped(name)


HOSTILE = "<script>alert(1)</script> --> \n\n# heading\n00:00:09.000 --> 00:00:10.000"


def test_a_models_text_stays_text(tmp_path: Path) -> None:
    description = told(model=MockModel(texts=(HOSTILE,)))
    assert "<script" not in as_vtt(description)
    assert as_vtt(description).count("-->") == 3  # one per span, none from the text
    assert "\n# heading" not in as_markdown(description)
    assert "<script" not in as_markdown(description)


def test_names_and_answers_that_are_no_unicode_are_written(tmp_path: Path) -> None:
    """A file's name may hold bytes that are no UTF-8, and a server's broken answer half of a character."""
    description = describe(drawn_recording(name="rec\udcff"), model=MockModel(texts=("half \ud83d",)), size="40", segment="2")
    for path in write(description, tmp_path):
        assert r"\ud83d" in path.read_text(encoding="utf-8")
    assert json.loads((tmp_path / "description.json").read_text(encoding="utf-8"))["recording"]["name"] == "rec\udcff"


def test_a_label_stays_words_in_markdown() -> None:
    description = told(model=MockModel(texts=("ok",)))
    spans = [replace(span, label="[a](b) <i>\n# `c` *d*") for span in description.spans]
    assert r"** (\[a\](b) \<i\> # \`c\` \*d\*)" in as_markdown(replace(description, spans=spans))


def test_nothing_half_written_when_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_text = Path.write_text

    def full(self: Path, *args: object, **kwargs: object) -> int:
        if self.name == "description.md":
            raise OSError(28, "No space left on device")
        return write_text(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        write(told(), tmp_path / "out")
    assert os.listdir(tmp_path / "out") == []


def test_out_must_not_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(UsageError, match="out is a file; give a folder with -o"):
        write(told(), tmp_path / "out")


def test_estimate_counts_exactly() -> None:
    job = telling(drawn_recording(), MOCK, size="40", segment="1")
    guess = estimate(job)
    assert (guess.spans, guess.frames, guess.visual_tokens, guess.sampled_spans) == (6, 6, 24, 3)
    assert guess.hours > 0


def test_many_parts_are_summed_up_in_groups() -> None:
    asked: list[int] = []

    class Counting(MockModel):
        def answer(self, prompt):  # type: ignore[no-untyped-def]
            asked.append(prompt.text.count(" s: "))
            return super().answer(prompt)

    describe(drawn_recording(seconds=90), model=Counting(texts=("ok",)), size="40", segment="1")
    assert asked == [40, 40, 10, 0]
