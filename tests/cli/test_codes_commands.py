"""From a code book to measures and agreement, at the command line."""

import csv
import json
from itertools import pairwise
from pathlib import Path

import pytest

from command_line import Foveate
from foveate.job import ENGINES
from foveate.job.here import Here
from shared_data import shared
from writers.neon import write_neon
from writers.table import write_table

HOW = ("--size", "20", "--segment", "0.2", "--fps", "10")
BOOK = (
    '[[label]]\nname = "left"\nwords = ["left"]\n[[label]]\nname = "right"\ndescription = "to the right"\nwords = ["right"]\n'
)


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work of a batch is done in this process."""
    monkeypatch.setitem(ENGINES, "local", Here)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    (tmp_path / "labels.toml").write_text(BOOK, encoding="utf-8")
    return tmp_path / "labels.toml"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A list of three recordings of two participants; one has no video."""
    write_table(tmp_path / "a")
    write_neon(tmp_path / "b")
    write_neon(tmp_path / "c", without_video=(1, 2))
    rows = "recording,participant,condition,session\na,P1,sun,1\nb,P2,rain,1\nc,P2,rain,2\n"
    (tmp_path / "list.csv").write_text(rows, encoding="utf-8")
    return tmp_path / "list.csv"


def table(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def test_one_recording_is_coded(book: Path, tmp_path: Path, foveate: Foveate) -> None:
    write_table(tmp_path / "rec")
    out = tmp_path / "out"
    code, said, err = foveate("describe", tmp_path / "rec", "--codebook", book, *HOW, "--model", "mock:Left.", "-o", out)
    assert (code, err) == (0, "")
    assert "left 4 spans 0.8 s" in " ".join(said.split())
    assert "gaze tracked in 0.8 of 0.8 s (100%)" in said
    assert {path.name for path in out.iterdir()} == {
        *("labels.csv", "codes.json", "report.html"),
        *("description.json", "description.csv", "description.vtt", "description.md"),
    }
    rows = table(out / "labels.csv")
    assert [row["label"] for row in rows] == ["left"] * 4
    assert {(row["model"], row["view"], row["gaze_valid"], row["notice"]) for row in rows} == {
        ("mock:Left.", "gaze", "1.0000", "toy model")
    }
    told = json.loads((out / "description.json").read_text(encoding="utf-8"))
    assert "- right: to the right\n- unclear:" in told["prompt"]["text"]
    assert foveate("describe", tmp_path / "rec", "--codebook", book, *HOW, "--model", "mock:left", "-o", out)[0] == 2


def test_what_has_no_label_is_counted_with_its_reason(book: Path, tmp_path: Path, foveate: Foveate) -> None:
    write_table(tmp_path / "rec")
    how = ("describe", tmp_path / "rec", "--codebook", book, *HOW, "--overwrite", "-o", tmp_path / "out")
    _, said, _ = foveate(*how, "--model", "mock:left or right")
    assert "no label in 4 spans: names 2 labels (left, right)" in said
    rows = table(tmp_path / "out" / "labels.csv")
    assert {(row["label"], row["reason"]) for row in rows} == {("", "names 2 labels (left, right): 'left or right'")}
    _, said, _ = foveate(*how, "--model", "mock:unclear")
    assert "unclear 4 spans" in " ".join(said.split())
    assert "no label" not in said


def test_many_recordings_from_list_to_agreement(book: Path, study: Path, tmp_path: Path, foveate: Foveate) -> None:
    out = tmp_path / "out"
    how = ("describe", study, "--codebook", book, *HOW, "--model", "mock:left", "-o", out)
    code, said, _ = foveate(*how)
    assert code == 2  # one has no video
    assert "2 of 3 recordings coded (1 of them in part: 11 spans have no answer); index.html, labels.csv and all.csv" in said
    assert "no label in 11 of 22 spans: " in said
    rows = table(out / "labels.csv")
    assert list(dict.fromkeys((row["recording"], row["participant"], row["condition"], row["session"]) for row in rows)) == [
        ("a", "P1", "sun", "1"),
        ("b", "P2", "rain", "1"),
    ]
    assert "left 4, unclear 0" in (out / "index.html").read_text(encoding="utf-8")

    # a column of the list put right takes no new answers
    study.write_text(study.read_text(encoding="utf-8").replace("a,P1,sun", "a,P1,snow"), encoding="utf-8")
    foveate(*how)
    assert table(out / "labels.csv")[0]["condition"] == "snow"
    book.write_text(BOOK.replace("to the right", "elsewhere"), encoding="utf-8")
    assert "codes" in foveate(*how)[2]

    code, said, _ = foveate("measures", out, "--by", "participant,condition")
    assert code == 0
    assert "P1, snow: of 0.8 s labelled 0.8 s" in said
    assert "could not be coded, and so in no number: c (failures.csv)" in said
    shares = {(row["participant"], row["label"]): row["share"] for row in table(out / "measures.csv")}
    assert shares["P1", "left"] == "1.0000"
    assert foveate("measures", out, "--by", "conditon")[2].startswith("foveate: there is no column 'conditon'")

    code, said, _ = foveate("codes", "sample", out, "--n", "5", "--seed", "3")
    assert code == 0
    assert f"5 of {len(rows)} spans" in said
    page = (out / "coding.html").read_text(encoding="utf-8")
    data = json.loads(page.partition('id="data">')[2].partition("</script>")[0])
    drawn = {(item["recording"], item["onset_s"]) for item in data["items"]}
    assert drawn <= {(row["recording"], float(row["onset_s"])) for row in rows}
    assert all(item["images"] and item["images"][0].startswith("data:image/jpeg;base64,") for item in data["items"])
    assert "mock" not in page
    assert foveate("codes", "sample", out, "--n", "5", "--seed", "3")[0] == 0
    assert (out / "coding.html").read_text(encoding="utf-8") == page

    person = tmp_path / "anna.csv"
    lines = [
        f"{item['recording']},{item['onset_s']},{item['offset_s']},{'left' if k else 'right'}"
        for k, item in enumerate(data["items"])
    ]
    person.write_text("recording,onset_s,offset_s,label\n" + "\n".join(lines) + "\n", encoding="utf-8")
    code, said, _ = foveate("codes", "compare", person, out, "-o", tmp_path / "agreement")
    assert code == 0
    assert "anna (taken for the truth) and mock:left" in said
    assert f"5 spans coded by both; 0 only by the first, {len(rows) - 5} only by the second" in said
    assert "Cohen's kappa 0.000 (80.0% agree, 80.0% by chance; no interval below 6 participants, 2 participants)" in said
    assert table(tmp_path / "agreement" / "agreement.csv")[0]["shared"] == "5"
    mixed = tmp_path / "mixed.csv"
    mixed.write_text(
        "recording,onset_s,offset_s,label,participant\na,0,1,left,P1\nb,0,1,right,\nc,0,1,left,P1\n", encoding="utf-8"
    )
    said = " ".join(foveate("measures", mixed, "--by", "participant", "-o", tmp_path / "of-two")[1].split())
    assert "(not told) left 0.0 s 0.0%" in said
    assert "no participant is told of b: each counts as one of its own in means and intervals" in said
    said = foveate("measures", person, "-o", tmp_path / "of-a-person")[1]
    assert "anna.csv tells no gaze_valid of some recordings: all their time counts, untracked time too" in " ".join(
        said.split()
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("--per", "fixation"), "--per tells what gets a label of a code book", id="per alone"),
        pytest.param(("--codebook", "BOOK", "--per", "saccade"), "one of: span, fixation", id="per what"),
        pytest.param(("--codebook", "BOOK", "--prompt", "What is this here?"), "leave --prompt out", id="prompt"),
        pytest.param(("--codebook", "nothing.toml"), "there is no code book nothing.toml", id="no book"),
    ],
)
def test_wrong_options_are_told_before_anything_is_done(
    book: Path, tmp_path: Path, foveate: Foveate, arguments: tuple[str, ...], said: str
) -> None:
    write_table(tmp_path / "rec")
    given = (book if each == "BOOK" else each for each in arguments)
    code, _, err = foveate("describe", tmp_path / "rec", *given, *HOW, "--model", "mock", "-o", tmp_path / "out")
    assert code == 2
    assert said in err
    assert not (tmp_path / "out").exists()


def spoil(file: Path, path: str, value: object) -> None:
    """Put a value into a JSON file; a dot parts keys and places, and no value takes the key out."""
    told = json.loads(file.read_text(encoding="utf-8"))
    *way, last = (int(key) if key.isdigit() else key for key in path.split("."))
    at = told
    for key in way:
        at = at[key]
    if value is None:
        del at[last]
    else:
        at[last] = value
    file.write_text(json.dumps(told), encoding="utf-8")


DAMAGED = {
    "no frames": ("description.json", "spans.0.frames", None, "damaged (KeyError: 'frames')"),
    "no spans": ("description.json", "spans", None, "damaged (KeyError: 'spans')"),
    "no view": ("description.json", "view", 3, "description.json is damaged (TypeError"),
    "a path that is none": ("description.json", "recording.path", 3, "description.json is damaged (TypeError"),
    "no region": ("description.json", "spans.0.frames.0.boxes_px", [], "with 0 regions"),
    "NaN": ("description.json", "spans.0.frames.0.boxes_px", [[float("nan")] * 4], "is not finite"),
    "a frame that is a text": ("description.json", "spans.0.frames.0.index", "0", "a frame of index '0' with"),
    "another recording": ("description.json", "spans.0.frames.0.index", 10**9, "frames now, and frame 1000000000 of it was"),
    "a start that is a text": ("codes.json", "recordings.rec.start_s", "0", "codes.json is damaged (what was to be coded"),
    "an end that is NaN": ("codes.json", "recordings.rec.stop_s", float("nan"), "codes.json is damaged (what was to be coded"),
    "an end before the start": ("codes.json", "recordings.rec.stop_s", -1, "codes.json is damaged (what was to be coded"),
    "more tracked than there is": ("codes.json", "recordings.rec.tracked_s", 99, "99 s cannot be tracked of 0.8 s"),
    "a folder that is none": ("codes.json", "recordings.rec.folder", 5, "codes.json is damaged (a folder is a text"),
}


@pytest.mark.parametrize(("file", "path", "value", "said"), DAMAGED.values(), ids=DAMAGED)
def test_damaged_files_are_told(
    book: Path, tmp_path: Path, foveate: Foveate, file: str, path: str, value: object, said: str
) -> None:
    write_table(tmp_path / "rec")
    foveate("describe", tmp_path / "rec", "--codebook", book, *HOW, "--model", "mock:left", "-o", tmp_path / "out")
    spoil(tmp_path / "out" / file, path, value)
    code, _, err = foveate("codes", "sample", tmp_path / "out", "--n", "4")
    assert code == 2
    assert said in err
    assert not (tmp_path / "out" / "coding.html").exists()


def test_a_recording_whose_lines_were_taken_out_is_told(book: Path, tmp_path: Path, foveate: Foveate) -> None:
    write_table(tmp_path / "rec")
    foveate("describe", tmp_path / "rec", "--codebook", book, *HOW, "--model", "mock:left", "-o", tmp_path / "out")
    spoil(tmp_path / "out" / "codes.json", "recordings.lost", {"start_s": 0, "stop_s": 9, "tracked_s": 5})
    code, said, _ = foveate("measures", tmp_path / "out", "--by", "recording,recording")
    assert code == 0
    assert "and so in no number: lost" in " ".join(said.split())
    assert list(table(tmp_path / "out" / "measures.csv")[0])[:2] == ["recording", "recordings"]


def test_a_folder_that_was_only_described_is_told(tmp_path: Path, foveate: Foveate) -> None:
    write_table(tmp_path / "rec")
    foveate("describe", tmp_path / "rec", *HOW, "--model", "mock", "-o", tmp_path / "out")
    for command in (("measures",), ("codes", "sample"), ("codes", "compare", tmp_path / "out")):
        code, _, err = foveate(*command, tmp_path / "out")
        assert code == 2
        assert "holds no labels.csv; make one with: foveate describe REC... --codebook labels.toml" in err


def test_a_real_neon_by_fixation(book: Path, tmp_path: Path, foveate: Foveate) -> None:
    out = tmp_path / "out"
    how = (
        "describe",
        shared("neon_multi_part"),
        "--codebook",
        book,
        "--per",
        "fixation",
        "--stop",
        "2",
        "--model",
        "mock:left",
    )
    assert foveate(*how, "-o", out)[0] == 0
    rows = table(out / "labels.csv")
    assert {row["label"] for row in rows} == {"left"}
    assert all(float(before["offset_s"]) <= float(after["onset_s"]) for before, after in pairwise(rows))
    code, said, _ = foveate(*how, "--estimate")
    assert (code, said.split()[:2]) == (0, ["spans", str(len(rows))])
    _, said, _ = foveate("measures", out)
    assert "of 2.0 s labelled" in said
    assert "untracked 1.1 s" in said  # gaze starts 1.06 s after the video
    assert foveate("codes", "sample", out)[0] == 0
