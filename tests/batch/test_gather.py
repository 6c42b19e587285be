"""What is given becomes one recording or many: folders, lists, names."""

from pathlib import Path

import pytest

from foveate.batch.entry import Entry, named
from foveate.batch.find import DEEPEST, find
from foveate.batch.gather import Gathered, gather
from foveate.errors import UsageError
from shared_data import FOLDER, shared
from writers.neon import write_neon
from writers.table import write_table
from writers.tobii_g2 import write_tobii_g2
from writers.tobii_g3 import write_tobii_g3
from writers.video import write_clip


def many(*given: Path, without: Path | None = None, **declared: str) -> Gathered:
    found = gather(given, declared=declared, taken=("start_s", "text"), without=without)
    assert isinstance(found, Gathered)
    return found


def names(*given: Path) -> list[str]:
    return [entry.name for entry in many(*given).entries]


def write_half(folder: Path) -> Path:
    """A video without gaze, in a folder of its own."""
    folder.mkdir(parents=True)
    write_clip(folder / "scene.mp4", frames=3)
    return folder


def test_a_folder_is_searched_to_its_recordings(tmp_path: Path) -> None:
    write_neon(tmp_path / "b" / "morning")
    write_table(tmp_path / "a" / "deep" / "er" / "rec")
    write_tobii_g3(tmp_path / "c")
    write_half(tmp_path / "half")
    for folder, file in (("notes", "diary.txt"), (".git", "gaze.csv")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / file).write_text("x")
    found = many(tmp_path)
    assert [entry.name for entry in found.entries] == ["rec", "morning", "c", "half"]
    assert found.title == tmp_path.name
    assert found.skipped == {tmp_path / "notes": "no video and no file of an eye tracker in it"}


def test_a_recording_is_one_and_is_not_searched(tmp_path: Path) -> None:
    rec = write_table(tmp_path / "rec")
    write_neon(rec / "inside")
    assert gather([rec], declared={}, taken=()) == rec
    assert names(tmp_path) == ["rec"]


@pytest.mark.parametrize("given", ["half", "empty", "not/there", "half/scene.mp4"])
def test_what_is_no_recording_stays_one_and_is_told_as_before(given: str, tmp_path: Path) -> None:
    write_half(tmp_path / "half")
    (tmp_path / "empty").mkdir()
    assert gather([tmp_path / given], declared={}, taken=()) == tmp_path / given


def test_declared_files_make_one_recording_of_a_folder(tmp_path: Path) -> None:
    rec = write_table(tmp_path / "rec")
    write_clip(rec / "eye.mp4", frames=3)
    write_neon(rec / "old")
    assert names(rec) == ["old"]
    assert gather([rec], declared={"video": "scene.mp4"}, taken=()) == rec


def test_a_card_of_several_is_opened_one_by_one(tmp_path: Path) -> None:
    write_tobii_g2(tmp_path / "card")
    first = next((tmp_path / "card" / "recordings").iterdir())
    assert gather([tmp_path / "card"], declared={}, taken=()) == tmp_path / "card"
    second = first.with_name("zzzz")
    second.mkdir()
    for path in sorted(first.rglob("*")):
        target = second / path.relative_to(first)
        target.mkdir() if path.is_dir() else target.write_bytes(path.read_bytes())
    assert names(tmp_path / "card") == [first.name, "zzzz"]


def test_links_in_a_circle_and_the_output_are_passed_over(tmp_path: Path) -> None:
    write_neon(tmp_path / "study" / "rec")
    write_neon(tmp_path / "study" / "out" / "rec")
    (tmp_path / "study" / "again").symlink_to(tmp_path / "study", target_is_directory=True)
    assert len(many(tmp_path / "study", without=tmp_path / "study" / "out").entries) == 1


def test_what_lies_too_deep_is_told(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*"abcdefghi"[: DEEPEST + 1])
    write_neon(deep)
    found = find(tmp_path, declared={})
    assert not found.entries
    assert found.skipped == {deep.parent: f"1 folders in it lie more than {DEEPEST} levels down"}


@pytest.mark.parametrize(
    ("paths", "expected", "folders"),
    [
        pytest.param(["a/000", "b/000"], ["a/000", "b/000"], ["a-000", "b-000"], id="pupil-core"),
        pytest.param(["s/Rec 1", "s/rec-1"], ["Rec 1", "rec-1"], ["rec-1", "rec-1-2"], id="same-folder"),
        pytest.param(["x/REC", "y/rec"], ["x/REC", "y/rec"], ["x-rec", "y-rec"], id="letter-case"),
        pytest.param(["s/录音", "s/=1+1"], ["录音", "=1+1"], ["recording", "1-1"], id="no-plain-letters"),
        pytest.param(["s/" + "x" * 90, "s/" + "x" * 91], ["x" * 90, "x" * 91], ["x" * 60, "x" * 60 + "-2"], id="long"),
        pytest.param(["a/r", "a/r"], ["r", "r (2)"], ["r", "r-2"], id="one-path-declared-twice"),
    ],
)
def test_names_and_folders_are_unique_and_safe(paths: list[str], expected: list[str], folders: list[str]) -> None:
    got = named([Entry(Path("/", path)) for path in paths])
    assert [(entry.name, entry.folder) for entry in got] == list(zip(expected, folders, strict=True))


def write_list(folder: Path, text: str) -> Path:
    for name in ("p1", "p2"):
        if not (folder / name).exists():
            write_table(folder / name)
    file = folder / "list.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_list_carries_its_columns_and_declares(tmp_path: Path) -> None:
    text = "\ufeffrecording;participant;condition;declare.origin;format\np2;P 2;;top-left;table\n\np1;P 1;walk;;\n"
    found = many(write_list(tmp_path, text), coordinates="pixels")
    assert found.title == "list"
    assert found.columns == ("participant", "condition")
    assert [(entry.name, dict(entry.columns), dict(entry.declared)) for entry in found.entries] == [
        ("p2", {"participant": "P 2", "condition": ""}, {"coordinates": "pixels", "origin": "top-left", "format": "table"}),
        ("p1", {"participant": "P 1", "condition": "walk"}, {"coordinates": "pixels"}),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", r"has no column 'recording' \(found: none\)", id="nothing"),
        pytest.param("path,who\np1,a\n", r"has no column 'recording' \(found: path, who\)", id="no-column"),
        pytest.param("recordings\np1\n", r"no column 'recording'; did you mean 'recordings'", id="typo"),
        pytest.param("recording,who\n", r"lists no recording", id="no-rows"),
        pytest.param("recording,who\np1,a\n,b\n", r"line 3 of .* names no recording", id="no-path"),
        pytest.param("recording\np1\np22\n", r"line 3 of .* names p22, which is not there; did you mean .*p2", id="not-there"),
        pytest.param("recording\np1\np2\n./p1\n", r"lines 2 and 4 of .* name the same recording: \./p1", id="twice"),
        pytest.param("recording\np1,a\n", r"line 2 of .* has 2 cells, its header 1; quote texts", id="more-cells"),
        pytest.param("recording,who,who\np1,a,b\n", r"has the column 'who' twice", id="same-column"),
        pytest.param("recording,\np1,a\n", r"has a column without a name", id="nameless"),
        pytest.param("recording,text\np1,a\n", r"the column 'text' of .* is one that the outputs have", id="taken"),
        pytest.param("\x00\x01", r"has no column 'recording'", id="no-text"),
    ],
)
def test_lists_that_are_wrong_are_told_before_anything_is_done(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        many(write_list(tmp_path, text))


def test_one_recording_declared_twice_is_two(tmp_path: Path) -> None:
    found = many(write_list(tmp_path, "recording,declare.gaze\np1,a.csv\np1,b.csv\n"))
    assert len({entry.folder for entry in found.entries}) == 2


def test_several_are_named_once(tmp_path: Path) -> None:
    rec = write_neon(tmp_path / "rec")
    with pytest.raises(UsageError, match="rec is given twice; name each recording once"):
        many(rec, tmp_path)
    with pytest.raises(UsageError, match=r"nowhere does not exist"):
        many(rec, tmp_path / "nowhere")
    with pytest.raises(UsageError, match="no recording was named"):
        many()


def test_the_real_recordings_are_found() -> None:
    shared("aria")
    found = many(FOLDER)
    assert len(found.entries) == 9
    assert sorted(path.name for path in found.skipped) == ["narrations", "qa_pairs"]
