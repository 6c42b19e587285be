"""Captions: ten images at a time, numbered answers taken apart, doubtful sequences dropped and counted, samples of the rest."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from drawn import drawn_recording, torn_recording
from foveate.clock import Span
from foveate.description.caption import Caption, CaptionedSequence, caption_samples, captioning, numbered, report
from foveate.errors import ModelError, UsageError
from foveate.model.mock import MockModel
from writers.table import write_table


def lines(*texts: str) -> str:
    return "\n".join(f"{number}: {text}" for number, text in enumerate(texts, start=1))


GOOD = lines(*(f"Sentence number {number} about the knife left of the board." for number in range(1, 11)))


class Noting(MockModel):
    """A mock that keeps what it was shown."""

    def answers(self, prompts):
        shown.append(prompts)
        return super().answers(prompts)


shown: list = []


def test_ten_whole_frames_are_shown_at_once_one_a_second():
    shown.clear()
    recording = drawn_recording(seconds=25.0)
    job = captioning(recording, Noting(texts=(GOOD,)))
    sequences = list(job.sequences())
    assert [len(prompts[0].images) for prompts in shown] == [10, 10, 5]
    assert shown[0][0].images[0].size_px == recording.scene.size_px
    times_s = [image.time_s for prompts in shown for image in prompts[0].images]
    np.testing.assert_allclose(np.diff(times_s), 1.0)
    assert "15 to 20 words" in shown[0][0].text
    assert [caption.text for caption in sequences[0].captions][:2] == [
        "Sentence number 1 about the knife left of the board.",
        "Sentence number 2 about the knife left of the board.",
    ]
    assert report(job, sequences)["counts"]["captions used"] == 25


@pytest.mark.parametrize(
    ("flagged", "dropped"), [(0, ""), (2, ""), (3, "3 of 10 images are flagged"), (10, "10 of 10 images are flagged")]
)
def test_more_than_a_fifth_of_flagged_images_drops_the_sequence(flagged, dropped):
    texts = ["UNCLEAR"] * flagged + ["A hand holds a knife."] * (10 - flagged)
    job = captioning(drawn_recording(seconds=10.0), MockModel(texts=(lines(*texts),)))
    (sequence,) = job.sequences()
    assert sequence.dropped == dropped
    counts = report(job, [sequence])["counts"]
    assert counts["images flagged"] == ({"unclear": flagged} if flagged else {})
    assert counts["sequences dropped"] == bool(dropped)
    assert counts["captions used"] == (0 if dropped else 10 - flagged)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1: one\n2: two\n3: three", ["one", "two", "three"]),
        ("1: one 2: two 3: three", ["one", "two", "three"]),
        ("1. one\n2. two\n3. three", ["one", "two", "three"]),
        ("**1:** one\n**2:** two\n**3:** three", ["one", "two", "three"]),
        ("Image 1: one\nImage 2: two\nImage 3: three", ["one", "two", "three"]),
        ("Here you are:\n1: one\n\n3: three", ["one", "", "three"]),
        ("1: one of 2 hands\n2: two, at 3 cm\n3: three", ["one of 2 hands", "two, at 3 cm", "three"]),
        ("one, two, three", ["", "", ""]),
        ("", ["", "", ""]),
        ("1: one\n2: two\n3: three\n4: four", ["one", "two", "three"]),
        ("1: on shelf 2. It is red\n2: two\n3: three", ["on shelf 2. It is red", "two", "three"]),
        ("  1) one\n- 2) two\n3) three", ["one", "two", "three"]),
    ],
)
def test_numbered_answers(text, wanted):
    assert numbered(text, 3) == wanted


@pytest.mark.parametrize("text", ["UNCLEAR", "unclear.", "Blurred image of a hand", "[UNCLEAR]", "Too blurry to tell"])
def test_what_counts_as_unclear(text):
    job = captioning(drawn_recording(seconds=1.0), MockModel(texts=(f"1: {text}",)))
    (sequence,) = job.sequences()
    assert sequence.captions[0].flag == "unclear"


def test_an_image_that_is_passed_over_is_flagged():
    job = captioning(drawn_recording(seconds=2.0), MockModel(texts=("1: A hand.",)))
    (sequence,) = job.sequences()
    assert [caption.flag for caption in sequence.captions] == ["", "passed over"]
    assert sequence.dropped == "1 of 2 images are flagged"


def test_the_first_failure_stops_and_later_ones_are_told():
    with pytest.raises(ModelError, match="no memory"):
        list(captioning(drawn_recording(seconds=10.0), MockModel(faults={0: "no memory"})).sequences())

    class Tired(MockModel):
        def answers(self, prompts):
            return super().answers(prompts) if not asked.append(1) and len(asked) != 2 else [ModelError("time-out")]

    asked: list[int] = []
    job = captioning(drawn_recording(seconds=30.0), Tired(texts=(GOOD,)))
    sequences = list(job.sequences())
    assert [sequence.dropped for sequence in sequences] == ["", "the model failed: time-out", ""]
    assert report(job, sequences)["dropped"][0]["reason"] == "the model failed: time-out"


def test_a_stretch_that_cannot_be_decoded_drops_its_sequence_alone():
    job = captioning(torn_recording(seconds=25.0), MockModel(texts=(GOOD,)))
    sequences = list(job.sequences())
    assert [sequence.dropped for sequence in sequences] == ["the frame at 2.500 s cannot be decoded", "", ""]
    assert report(job, sequences)["counts"]["sequences dropped"] == 1


def test_a_model_with_its_own_instructions_is_refused():
    with pytest.raises(UsageError, match="understands only its own prompts, and captions are none of them"):
        captioning(drawn_recording(), MockModel(instructions={"activity": "What?"}))


def known(*seconds: int, dropped: str = "", flag: str = "") -> CaptionedSequence:
    captions = tuple(Caption(s, s * 10**9 + 500_000_000, f"At {s}.", flag) for s in seconds)
    return CaptionedSequence(Span(0, 10**10), captions, dropped)


def test_samples_are_windows_of_consecutive_captions():
    found = list(caption_samples(drawn_recording(), [known(*range(10))], participant="p1"))
    told = [(sample.task, sample.span.start_ns / 1e9, sample.span.stop_ns / 1e9, sample.reference) for sample in found]
    assert told == [
        ("activity", 0.0, 3.0, "At 0. At 1. At 2."),
        ("activity", 3.0, 6.0, "At 3. At 4. At 5."),
        ("activity", 6.0, 9.0, "At 6. At 7. At 8."),
        ("future", 0.0, 5.0, "At 5. At 6."),
    ]
    assert {sample.participant for sample in found} == {"p1"}


def test_samples_never_reach_over_what_was_dropped_or_flagged():
    sequences = [known(0, 1), known(2, flag="unclear"), known(3, 4), known(5, 6, dropped="many"), known(7, 8, 9)]
    found = [sample.reference for sample in caption_samples(drawn_recording(), sequences)]
    assert found == ["At 7. At 8. At 9."]


def test_the_command_writes_whole_files(tmp_path):
    from foveate.cli import build_app
    from foveate.dataset import samples

    write_table(tmp_path / "rec", toml='gaze = "gaze.csv"\ntime = "time_ns"\nx = "x_px"\ny = "y_px"')
    out = tmp_path / "rec" / "out"
    result = CliRunner().invoke(
        build_app(), ["caption", str(tmp_path / "rec"), "--model", "mock:1: A grey wall.", "--fps", "1", "-o", str(out)]
    )
    assert result.exit_code == 0, result.output
    assert {file.name for file in out.iterdir()} == {"captions.json", "captions.csv", "samples.jsonl"}
    told = json.loads((out / "captions.json").read_text())
    assert told["model"]["name"] == "mock:1: A grey wall."
    assert told["counts"]["captions used"] == 1
    assert told["complete"]
    assert (out / "captions.csv").read_text().splitlines()[1].endswith(",0,A grey wall.,,")
    assert list(samples(out)) == []
