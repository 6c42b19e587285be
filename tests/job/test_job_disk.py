"""Full disks and I/O errors at every write point: one clear line, nothing half-written, and the next run completes."""

import errno
import os
import re
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from foveate.errors import JobError
from foveate.job import Item, run_job
from foveate.job.disk import RefusedError, write_whole
from job.works import attempts_at, make_work

ITEMS = [Item(f"item{number}", {"do": "page" if number % 2 else "square", "number": number}) for number in range(6)]
CALLS = ("open", "write", "fsync", "replace", "rename", "mkdir", "ftruncate")


class Disk:
    """The system's calls, of which one, or all from one on, fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, fail_at: int | None, number: int, mode: str) -> None:
        self.calls = 0
        self.fail_at, self.number, self.mode = fail_at, number, mode
        for name in CALLS:
            monkeypatch.setattr(os, name, self.wrap(name, getattr(os, name)))

    def wrap(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            at, self.calls = self.calls, self.calls + 1
            if self.fail_at is None or at < self.fail_at or (self.mode != "stays" and at > self.fail_at):
                return real(*given, **named)
            if name == "write" and self.mode != "once":
                real(given[0], bytes(given[1])[: len(given[1]) // 2])
            raise OSError(self.number, os.strerror(self.number), str(given[0]))

        return call


def outputs(folder: Path) -> dict[str, bytes]:
    kept = [folder / "results.jsonl", folder / "failures.jsonl", *sorted((folder / "files").rglob("*"))]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in kept if path.is_file()}


def run(folder: Path, scratch: Path) -> None:
    run_job(folder, ITEMS, partial(make_work, scratch=scratch), settings={}, engine="here")


@pytest.mark.parametrize(
    ("number", "mode"),
    [(errno.ENOSPC, "stays"), (errno.EIO, "once"), (errno.ENOSPC, "torn")],
    ids=["full and stays so", "one error", "one torn write"],
)
def test_errors_at_every_write_point(tmp_path: Path, number: int, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # slow, and this disk does keep what it took
    (tmp_path / "scratch").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk(patch, fail_at=None, number=0, mode=mode)
        run(tmp_path / "whole", tmp_path / "scratch")
    points, expected = disk.calls, outputs(tmp_path / "whole")
    assert points >= 50
    assert len(expected) == 2 + 3
    failed = 0
    for point in range(points):
        folder, scratch = tmp_path / str(point), tmp_path / f"scratch{point}"
        scratch.mkdir()
        error = None
        with pytest.MonkeyPatch.context() as patch:
            Disk(patch, fail_at=point, number=number, mode=mode)
            try:
                run(folder, scratch)
            except JobError as caught:
                error = str(caught)
        there = outputs(folder)
        if error is None:
            assert there == expected, point
        else:
            failed += 1
            kept = ": finished items are kept" if folder.exists() else ""  # of a folder that cannot be made, none are
            assert re.fullmatch(rf"cannot write .+: {os.strerror(number)}; .+ the same command again{kept}", error), error
        for name in ("results.jsonl", "failures.jsonl"):
            assert there.get(name) in (None, expected[name]), (point, name)
        assert mode == "stays" or not list(folder.glob("*.part"))
        run(folder, scratch)
        assert outputs(folder) == expected, point
        attempts = [attempts_at(scratch, item.id) for item in ITEMS]
        assert all(attempts), point
        assert sum(attempts) <= len(ITEMS) + 1, (point, "at most the one in flight is repeated")
    # what the result does not need may fail in silence: whom the lock file names, and tidying up
    assert failed >= points - 10


def test_what_is_no_job_keeps_no_items_and_says_so_of_none(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        Disk(patch, fail_at=0, number=errno.ENOSPC, mode="stays")
        with pytest.raises(RefusedError, match=r"make room or make it writable, then run the same command again$"):
            write_whole(tmp_path / "report.html", b"a page")


def test_a_place_below_a_file_is_told_as_that(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("years of work")
    for write in (
        lambda place: write_whole(place, b"a page"),
        lambda place: run_job(place, ITEMS, partial(make_work, scratch=tmp_path), settings={}, engine="here"),
        lambda place: run_job(place, ITEMS, partial(make_work, scratch=tmp_path), settings={}, engine="here", restart=True),
    ):
        with pytest.raises(RefusedError, match=r"notes.run: a part of it is a file, not a folder; give another place$"):
            write(tmp_path / "notes" / "run")


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    for point in range(10):
        path.write_bytes(b"old" * 1000)
        with pytest.MonkeyPatch.context() as patch:
            disk = Disk(patch, fail_at=point, number=errno.ENOSPC, mode="torn")
            with nullcontext() if point >= 6 else pytest.raises(JobError, match=r"cannot write .*No space left"):
                write_whole(path, b"new" * 1000)
        replaced = point >= 4  # open, write, fsync, replace; then the folder is put on the disk: open, fsync
        assert path.read_bytes() == (b"new" if replaced else b"old") * 1000, point
        assert list(tmp_path.iterdir()) == [path]
    assert disk.calls == 6


@pytest.mark.skipif(os.name == "nt", reason="limits on the size of files are a POSIX matter")
def test_a_limit_that_the_system_sets(tmp_path: Path) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    (tmp_path / "scratch").mkdir()
    run(tmp_path / "whole", tmp_path / "scratch")
    whole = (tmp_path / "whole" / "journal.jsonl").stat().st_size
    described = (tmp_path / "whole" / "job.json").stat().st_size
    # seconds stand in the journal with more or fewer digits: another run may be a little shorter
    for limit in range(described, whole * 9 // 10, 37):
        folder, scratch = tmp_path / str(limit), tmp_path / f"scratch{limit}"
        scratch.mkdir()
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
        try:
            with pytest.raises(JobError, match=r"cannot write .*journal\.jsonl: File too large"):
                run(folder, scratch)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        run(folder, scratch)
        assert outputs(folder) == outputs(tmp_path / "whole")
