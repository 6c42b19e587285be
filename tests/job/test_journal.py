"""The journal: what was committed is read back, whatever the last write was torn into."""

import json
import os
from pathlib import Path

import pytest

from foveate.job.item import Outcome
from foveate.job.journal import Journal, line, parse

OUTCOMES = [
    Outcome("a", "done", result={"text": "größe 猫", "n": 1.5}, files=("x/y.txt", "z.png"), seconds=0.25),
    Outcome("b/ü", "done", result=None),
    Outcome("c", "retry", reason='says "no"\nand more', trace="Traceback\n  line"),
    Outcome("d \udcff", "failed", reason=',"crc32":"00000000"}'),
    Outcome("e", "done", result=0),
]


def write(path: Path) -> bytes:
    journal = Journal(path)
    for outcome in OUTCOMES:
        journal.append(outcome)
    journal.close()
    return path.read_bytes()


def test_what_is_written_is_read(tmp_path: Path) -> None:
    data = write(tmp_path / "journal.jsonl")
    assert parse(data) == (OUTCOMES, len(data), 0)


def test_lines_are_json_that_people_can_read(tmp_path: Path) -> None:
    lines = write(tmp_path / "journal.jsonl").decode().splitlines()
    assert len(lines) == len(OUTCOMES)
    assert "größe 猫" in lines[0]
    first = json.loads(lines[0])
    assert (first["item"], first["state"], first["files"], len(first["crc32"])) == ("a", "done", ["x/y.txt", "z.png"], 8)


def test_torn_at_every_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # no matter here, and slow
    path = tmp_path / "journal.jsonl"
    data = write(path)
    ends = [0]
    for outcome in OUTCOMES:
        ends.append(ends[-1] + len(line(outcome)))
    for cut in range(len(data) + 1):
        path.write_bytes(data[:cut])
        whole = sum(end <= cut for end in ends[1:])
        journal = Journal(path)
        assert journal.outcomes == OUTCOMES[:whole], cut
        assert journal.damaged_lines == 0
        assert path.stat().st_size == ends[whole]
        journal.append(Outcome("next", "done", result=cut))
        journal.close()
        assert parse(path.read_bytes())[0] == [*OUTCOMES[:whole], Outcome("next", "done", result=cut)]


@pytest.mark.parametrize("tail", [b"\0" * 300, b"\0\n\0\n", b"{}\n", b"\n\n", b"\xff\xfe\n half"], ids=repr)
def test_rubbish_at_the_end_is_cut_off(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "journal.jsonl"
    data = write(path)
    path.write_bytes(data + tail)
    journal = Journal(path)
    journal.close()
    assert journal.outcomes == OUTCOMES
    assert path.read_bytes() == data


def test_every_flipped_bit_is_found(tmp_path: Path) -> None:
    data = write(tmp_path / "journal.jsonl")
    second = len(line(OUTCOMES[0]))
    for at in range(second, second + len(line(OUTCOMES[1]))):
        flipped = bytes([*data[:at], data[at] ^ 1 << at % 8, *data[at + 1 :]])
        outcomes, end, damaged = parse(flipped)
        assert OUTCOMES[1] not in outcomes, at
        # the end of a line that is gone takes the next line with it
        assert outcomes[0] == OUTCOMES[0]
        assert outcomes[-2:] == OUTCOMES[-2:]
        assert end == len(data)
        assert damaged >= 1


def test_damage_in_the_middle_is_counted_and_nothing_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    data = write(path)
    path.write_bytes(data.replace(b'"n":1.5', b'"n":2.5'))
    journal = Journal(path)
    journal.close()
    assert journal.outcomes == OUTCOMES[1:]
    assert journal.damaged_lines == 1
    assert path.stat().st_size == len(data)
