"""What is given becomes one recording or many: folders, lists, names."""

from pathlib import Path

from foveate.batch.gather import Gathered, gather
from writers.neon import write_neon
from writers.table import write_table
from writers.tobii_g3 import write_tobii_g3
from writers.video import write_clip


def many(*given: Path, without: Path | None = None, **declared: str) -> Gathered:
    found = gather(given, declared=declared, taken=("start_s", "text"), without=without)
    assert isinstance(found, Gathered)
    return found


def names(*given: Path, without: Path | None = None) -> list[str]:
    return [entry.name for entry in many(*given, without=without).entries]


def test_a_folder_is_searched_to_its_recordings(tmp_path: Path) -> None:
    write_neon(tmp_path / "b" / "morning")
    write_table(tmp_path / "a" / "deep" / "er" / "rec")
    write_tobii_g3(tmp_path / "c")
    (tmp_path / "half").mkdir()
    write_clip(tmp_path / "half" / "scene.mp4", frames=3)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "diary.txt").write_text("x")
    (tmp_path / ".git").mkdir()
    found = many(tmp_path)
    assert [entry.name for entry in found.entries] == ["rec", "morning", "c", "half"]
    assert found.title == tmp_path.name
    assert found.skipped == {tmp_path / "notes": "no video and no file of an eye tracker in it"}


def test_a_recording_is_one_and_not_searched(tmp_path: Path) -> None:
    rec = write_table(tmp_path / "rec")
    write_neon(rec / "inside")
    assert gather([rec], declared={}, taken=()) == rec
    assert names(tmp_path) == ["rec"]
