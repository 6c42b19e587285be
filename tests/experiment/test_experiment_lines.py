"""Answers are kept line by line, and a stopped experiment goes on where it was."""

from pathlib import Path

import pytest

from foveate.errors import UsageError
from foveate.experiment.lines import Line, LineFile, fingerprint


def line(item: str, arm: str = "gaze") -> Line:
    return Line("kitchen activity", arm, "rec-1", item, "truth", "guess", 48, 0.5)


def test_lines_are_there_again_after_opening(tmp_path: Path) -> None:
    LineFile(tmp_path / "new" / "lines.jsonl").add([line("a"), line("b")])
    again = LineFile(tmp_path / "new" / "lines.jsonl")
    assert list(again.lines.values()) == [line("a"), line("b")]
    again.add([line("c")])
    assert len(LineFile(again.path).lines) == 3


def test_a_line_that_a_crash_cut_off_is_dropped_and_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    LineFile(path).add([line("a"), line("b")])
    path.write_bytes(path.read_bytes()[:-20])
    opened = LineFile(path)
    assert [found.item for found in opened.lines.values()] == ["a"]
    opened.add([line("b")])
    assert [found.item for found in LineFile(path).lines.values()] == ["a", "b"]


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_text('{"something": "else"}\n', encoding="utf-8")
    with pytest.raises(UsageError, match=r"line 1 of .* is no answer of an experiment; delete the file"):
        LineFile(path)


def test_another_protocol_has_another_fingerprint() -> None:
    assert fingerprint("a", 1) == fingerprint("a", 1)
    assert fingerprint("a", 1) != fingerprint("a", 2)
