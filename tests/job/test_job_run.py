"""Jobs from beginning to end: results, failures, retries, quarantine, resume, refusal."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest

from foveate.errors import JobError, RecordingError
from foveate.job import (
    ENGINES,
    Failure,
    Item,
    Limits,
    Outcome,
    Report,
    StoppedError,
    Tally,
    Task,
    forget_undecided,
    read_job,
    results,
    run_job,
)
from foveate.job.folder import folder_name
from foveate.job.journal import Journal, parse
from foveate.job.lock import locked
from job.works import attempts_at, make_work

QUICK = Limits(pause_s=0.001)
Run = Callable[..., Report]


def items(*do: str) -> list[Item]:
    return [Item(f"{number}-{what}", {"do": what, "number": number}) for number, what in enumerate(do)]


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


@pytest.fixture
def run(tmp_path: Path, scratch: Path) -> Run:
    """Run a job in this process."""

    def run(todo: list[Item], **given: Any) -> Report:
        given = {"settings": {}, "engine": "here", "limits": QUICK, **given}
        return run_job(tmp_path / "out", todo, partial(make_work, scratch=scratch), **given)

    return run


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(each) for each in path.read_text(encoding="utf-8").splitlines()]


def test_results_come_in_the_order_of_the_items(tmp_path: Path, run: Run) -> None:
    report = run(items("flaky", "square", "file", "null", "words"), settings={"factor": 2})
    assert report == Report(Tally(5, 0, 0, 0, 0.0))
    out = tmp_path / "out"
    assert lines(out / "results.jsonl") == [
        {"item": "0-flaky", "result": 0, "files": []},
        {"item": "1-square", "result": 4, "files": []},
        {"item": "2-file", "result": {"number": 4}, "files": ["files/2-file/a.txt", "files/2-file/deep/number.txt"]},
        {"item": "3-null", "result": None, "files": []},
        {"item": "4-words", "result": {"text": "größe 猫 \udcff\n", "list": [1, 2]}, "files": []},
    ]
    found = {each.item: each for each in results(out)}
    assert found["2-file"].files[1].read_text(encoding="utf-8") == "4"
    assert found["4-words"].result["list"] == [1, 2]
    assert sorted(path.name for path in out.iterdir()) == [
        "failures.jsonl", "files", "job.json", "job.lock", "journal.jsonl", "results.jsonl",
    ]  # fmt: skip
    assert json.loads((out / "job.json").read_bytes())["items"][1] == {
        "id": "1-square",
        "payload": {"do": "square", "number": 1},
    }


@pytest.mark.parametrize(
    ("do", "state", "reason", "attempts"),
    [
        ("wrong", "failed", "rec has no gaze; export it again", 1),
        ("bug", "failed", "ZeroDivisionError: integer division or modulo by zero", 1),
        ("nan", "failed", "the result is not plain JSON: ValueError: Out of range float values are not JSON compliant", 1),
        ("refuse", "quarantined", "ConnectionError: no route (3 attempts)", 3),
        ("memory", "quarantined", "out of memory (2 attempts)", 2),
    ],
)
def test_a_bad_item_is_listed_and_never_stops_the_rest(
    tmp_path: Path, scratch: Path, run: Run, do: str, state: str, reason: str, attempts: int
) -> None:
    report = run([*items(do), *(Item(f"good{number}", {"do": "square"}) for number in range(3))])
    assert report.failures == (Failure(f"0-{do}", state, reason),)
    assert (report.tally.done, report.tally.left) == (3, 0)
    assert f"{state}: 0-{do}: {reason}" in str(report)
    assert lines(tmp_path / "out" / "failures.jsonl") == [{"item": f"0-{do}", "state": state, "reason": reason}]
    assert [each["item"] for each in lines(tmp_path / "out" / "results.jsonl")] == ["good0", "good1", "good2"]
    assert not (tmp_path / "out" / "files").exists()
    assert attempts_at(scratch, f"0-{do}") == attempts
    run([*items(do), *(Item(f"good{number}", {"do": "square"}) for number in range(3))])
    assert attempts_at(scratch, f"0-{do}") == attempts, "it is not tried again unasked"


def test_an_unforeseen_error_leaves_its_traceback(tmp_path: Path, run: Run) -> None:
    run(items("bug", "wrong"))
    bug, wrong = parse((tmp_path / "out" / "journal.jsonl").read_bytes())[0]
    assert "works.py" in bug.trace
    assert wrong.trace == ""


def test_processes_crash_hang_and_starve_alone(tmp_path: Path, scratch: Path) -> None:
    todo = items("kill", "square", "hang", "kill_once", "file", "refuse", "square", "wrong")
    tallies: list[Tally] = []
    report = run_job(
        tmp_path / "out", todo, partial(make_work, scratch=scratch), settings={"factor": 3}, workers=2,
        limits=Limits(timeout_s=2.5, pause_s=0.01, attempts=2), on_commit=tallies.append,
    )  # fmt: skip
    how = {failure.item: (failure.state, failure.reason) for failure in report.failures}
    assert how["0-kill"][0] == "quarantined"
    assert how["0-kill"][1].startswith("its process died (")
    assert how["2-hang"] == ("quarantined", "no end within 2.5 s (2 attempts)")
    assert how["5-refuse"] == ("quarantined", "ConnectionError: no route (2 attempts)")
    assert how["7-wrong"] == ("failed", "rec has no gaze; export it again")
    assert report.tally == Tally(4, 1, 3, 0, 0.0)
    assert {each.item: each.result for each in results(tmp_path / "out")} == {
        "1-square": 9, "3-kill_once": 9, "4-file": {"number": 12}, "6-square": 324,
    }  # fmt: skip
    assert not [each for each in psutil.process_iter(["cmdline"]) if str(tmp_path) in " ".join(each.info["cmdline"] or ())]
    assert attempts_at(scratch, "0-kill") == attempts_at(scratch, "2-hang") == attempts_at(scratch, "3-kill_once") == 2
    assert len(tallies) == 8 + 4, "one per item, and one for each of four attempts that were followed by another"
    assert tallies[-1] == report.tally
    assert all(a.left >= b.left for a, b in pairwise(tallies))


def test_a_worker_that_cannot_start_stops_the_job(tmp_path: Path, scratch: Path) -> None:
    with pytest.raises(JobError, match=r"^the factor is 0; give another"):
        run_job(tmp_path / "out", items("square"), partial(make_work, scratch=scratch), settings={"factor": 0})


class Watched:
    """An engine that notes which items run side by side; the item `hog` dies twice, `victim` dies once."""

    def __init__(self, task: Task, workers: int) -> None:
        self.slots = workers
        self.busy: list[Item] = []
        self.deaths = {"hog": 2, "victim": 1}
        self.together: list[set[str]] = []

    def submit(self, item: Item, folder: Path) -> None:
        self.busy.append(item)

    def wait(self, timeout_s: float | None) -> list[Outcome]:
        self.together.append({item.id for item in self.busy})
        item = self.busy.pop(0)
        self.deaths[item.id] = self.deaths.get(item.id, 0) - 1
        return [Outcome(item.id, "died" if self.deaths[item.id] >= 0 else "done", reason="gone")]

    def close(self) -> None:
        pass


def test_what_died_is_tried_again_alone(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    engines: list[Watched] = []

    def make(task: Task, workers: int) -> Watched:
        engines.append(Watched(task, workers))
        return engines[0]

    monkeypatch.setitem(ENGINES, "watched", make)
    report = run([Item(each) for each in ("hog", "a", "victim", "b", "c")], engine="watched", workers=3)
    assert engines[0].together[0] == {"hog", "a", "victim"}
    assert engines[0].together[-2:] == [{"hog"}, {"victim"}]
    assert report.failures == (Failure("hog", "quarantined", "gone (2 attempts)"),)


def test_deaths_before_a_restart_count(tmp_path: Path, scratch: Path, run: Run) -> None:
    todo = items("memory", "square")
    run(todo)
    journal = tmp_path / "out" / "journal.jsonl"
    died = next(each for each in parse(journal.read_bytes())[0] if each.state == "died")
    journal.unlink()
    rewritten = Journal(journal)
    rewritten.append(died)
    rewritten.close()
    assert run(todo).tally.quarantined == 1
    assert attempts_at(scratch, "0-memory") == 3


def test_finished_items_are_never_repeated(tmp_path: Path, scratch: Path, run: Run) -> None:
    todo = items("square", "file", "square")
    seen: list[Tally] = []

    def stop(tally: Tally) -> None:
        seen.append(tally)
        if tally.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(todo, on_commit=stop)
    assert not (tmp_path / "out" / "results.jsonl").exists()
    halfway = read_job(tmp_path / "out")
    assert (halfway.tally.done, halfway.tally.left) == (2, 1)
    assert halfway.tally.time_left_s is not None
    assert [each.item for each in results(tmp_path / "out")] == ["0-square", "1-file"]
    assert run(todo).tally.done == 3
    assert [attempts_at(scratch, item.id) for item in todo] == [1, 1, 1]


def test_an_item_whose_files_were_taken_away_is_done_again(tmp_path: Path, scratch: Path, run: Run) -> None:
    run(items("file", "file"))
    (tmp_path / "out" / "files" / "1-file" / "a.txt").unlink()
    run(items("file", "file"))
    assert (tmp_path / "out" / "files" / "1-file" / "a.txt").exists()
    assert (attempts_at(scratch, "0-file"), attempts_at(scratch, "1-file")) == (1, 2)


def test_damage_in_the_journal_is_reported_and_mended(tmp_path: Path, scratch: Path, run: Run) -> None:
    run(items("square", "square"))
    journal = tmp_path / "out" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b'"item":"0-square"', b'"item":"9-square"'))
    report = run(items("square", "square"))
    assert (report.tally.done, report.damaged_lines) == (2, 1)
    assert (attempts_at(scratch, "0-square"), attempts_at(scratch, "1-square")) == (2, 1)


def test_failed_items_are_tried_again_on_request(scratch: Path, run: Run) -> None:
    assert run(items("flaky", "wrong", "square"), limits=Limits(attempts=2, pause_s=0.001)).tally == Tally(1, 1, 1, 0, 0.0)
    report = run(items("flaky", "wrong", "square"), again=True)
    assert [failure.item for failure in report.failures] == ["1-wrong"]
    assert attempts_at(scratch, "2-square") == 1


def test_items_that_are_done_are_done_again_where_their_result_falls_short(scratch: Path, run: Run) -> None:
    run(items("square", "square", "wrong"))
    report = run(items("square", "square", "wrong"), again=lambda result: result == 1)
    assert [attempts_at(scratch, each) for each in ("0-square", "1-square", "2-wrong")] == [1, 2, 2]
    assert report.tally == Tally(2, 1, 0, 0, 0.0)


def test_a_job_that_no_worker_could_begin_is_forgotten_unless_somebody_is_at_it(tmp_path: Path, run: Run) -> None:
    out = tmp_path / "out"
    forget_undecided(out)
    with pytest.raises(RecordingError, match="the factor is 0"):
        run(items("square"), settings={"factor": 0})
    with locked(out):
        forget_undecided(out)
    assert (out / "job.json").exists()
    forget_undecided(out)
    assert not out.exists()
    run(items("wrong"))
    forget_undecided(out)
    assert (out / "job.json").exists()


def test_a_full_disk_stops_the_job_and_blames_no_item(run: Run) -> None:
    todo = items("square", "full", "square")
    with pytest.raises(
        JobError, match=r"the disk is full at item 1-full .*the video cannot be written.*run the same command again"
    ):
        run(todo)
    assert run(todo).tally == Tally(3, 0, 0, 0, 0.0)


@pytest.mark.parametrize("engine", ["here", "local"])
def test_work_that_nobody_answers_stops_the_job_and_blames_no_item(
    engine: str, tmp_path: Path, scratch: Path, run: Run
) -> None:
    todo = items("square", "wrong", "gone", "square")
    with pytest.raises(StoppedError) as stopped:
        run(todo, engine=engine)
    assert str(stopped.value) == "no server answers; start it. 1 of 4 items are done and kept; the same command goes on"
    assert stopped.value.reason == "no server answers; start it."
    assert read_job(tmp_path / "out").tally == replace(read_job(tmp_path / "out").tally, done=1, failed=1, left=2)
    assert attempts_at(scratch, "3-square") == 0
    assert run(todo).tally == Tally(3, 1, 0, 0, 0.0)
    assert attempts_at(scratch, "0-square") == 1
    assert not (tmp_path / "out" / "files").exists()


def test_a_job_that_may_grow_takes_further_items_and_no_other_change(tmp_path: Path, scratch: Path, run: Run) -> None:
    before = items("square", "file")
    run(before, settings={"factor": 2})
    more = [Item("0-first", {"do": "square", "number": 7}), *before]
    assert run(more, settings={"factor": 2}, grow=True).tally.done == 3
    assert [each.item for each in results(tmp_path / "out")] == ["0-first", "0-square", "1-file"]
    assert [attempts_at(scratch, item.id) for item in more] == [1, 1, 1]
    for todo, factor, message in ((before, 2, "1 of its 3 items gone"), (more, 3, "setting factor was 2, now 3")):
        with pytest.raises(JobError, match=message):
            run(todo, settings={"factor": factor}, grow=True)


def test_files_lie_where_the_job_says(tmp_path: Path, run: Run) -> None:
    todo = items("file", "square")
    run(todo, files="../made")
    (result,) = [each for each in results(tmp_path / "out") if each.files]
    assert {file.resolve() for file in result.files} == {
        tmp_path / "made" / "0-file" / "a.txt",
        tmp_path / "made" / "0-file" / "deep" / "number.txt",
    }
    assert '"files":["../made/0-file/a.txt"' in (tmp_path / "out" / "results.jsonl").read_text(encoding="utf-8")
    (tmp_path / "made" / "stale").mkdir()
    run(todo, files="../made", restart=True)
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["0-file"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"settings": {"factor": 5}}, "setting factor was 2, now 5; give a new folder, or --restart"),
        ({"settings": {"factor": 2, "fps": 1}}, "setting fps was 'not given', now 1"),
        ({"todo": items("square")}, r"1 of its 2 items gone \(1-file\)"),
        ({"todo": items("square", "file", "file")}, r"1 of its 2 items new \(2-file\)"),
        ({"todo": items("square", "file")[::-1]}, "its items come in another order"),
        ({"todo": [items("square")[0], Item("1-file", {"do": "null"})]}, r"1 items changed \(1-file\)"),
    ],
    ids=["setting", "new setting", "item gone", "item new", "order", "payload"],
)
def test_another_job_in_the_folder_is_refused(tmp_path: Path, run: Run, changed: dict[str, Any], message: str) -> None:
    run(items("square", "file"), settings={"factor": 2})
    before = (tmp_path / "out" / "results.jsonl").read_bytes()
    given = {"todo": items("square", "file"), "settings": {"factor": 2}, **changed}
    with pytest.raises(JobError, match=f"holds another job: {message}"):
        run(**given)
    assert (tmp_path / "out" / "results.jsonl").read_bytes() == before
    assert run(**given, restart=True).tally.done == len(given["todo"])
    assert len(lines(tmp_path / "out" / "results.jsonl")) == len(given["todo"])
    assert run(**given).tally.left == 0


def test_of_a_section_of_settings_the_value_that_differs_is_told(tmp_path: Path, run: Run) -> None:
    run(items("square"), settings={"factor": 2, "show": {"size": 448, "fps": 1}})
    with pytest.raises(JobError, match="another job: setting show, fps was 1, now 2; give"):
        run(items("square"), settings={"factor": 2, "show": {"size": 448, "fps": 2}})


def test_long_values_are_cut_to_where_they_differ(tmp_path: Path, run: Run) -> None:
    paths = [f"/home/somebody/recordings/of/the/first/pilot/in/spring/{name}" for name in ("anna", "ben", "carl")]
    run(items("square"), settings={"factor": 2, "recordings": paths[:2]})
    with pytest.raises(JobError, match=r"recordings was \.\.\. .*/spring/ben'\], now \.\.\. .*/spring/carl'\]; give"):
        run(items("square"), settings={"factor": 2, "recordings": [paths[0], paths[2]]})
    with pytest.raises(JobError, match=r"recordings was \.\.\. .*/ben'\], now \.\.\. .*/ben', '/home"):
        run(items("square"), settings={"factor": 2, "recordings": paths})


def test_a_damaged_description_is_refused(tmp_path: Path, run: Run) -> None:
    run(items("square"))
    (tmp_path / "out" / "job.json").write_text("{", encoding="utf-8")
    with pytest.raises(JobError, match=r"job\.json cannot be read .*--restart"):
        run(items("square"))
    assert run(items("square"), restart=True).tally.done == 1


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path, run: Run) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years", encoding="utf-8")
    for restart in (False, True):
        with pytest.raises(JobError, match=r"is not empty and holds no job \(found: thesis\.txt\); give a new or empty folder"):
            run(items("square"), restart=restart)
    assert (tmp_path / "out" / "thesis.txt").read_text(encoding="utf-8") == "years"


def test_one_process_at_a_time(tmp_path: Path, run: Run) -> None:
    run(items("square"))
    with locked(tmp_path / "out"), pytest.raises(JobError, match=rf"is being worked on by process {os.getpid()} on .*; wait"):
        run(items("square"))
    assert run(items("square")).tally.done == 1


def test_a_lock_file_of_a_dead_process_is_no_hindrance(tmp_path: Path, run: Run) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "job.lock").write_text("process 1 on elsewhere\n", encoding="utf-8")
    assert run(items("square")).tally.done == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"todo": [Item("a"), Item("b"), Item("a")]}, "twice or more: a"),
        ({"todo": [Item("")]}, "every item needs an id"),
        ({"todo": [Item("a", {"path": Path("x")})]}, "the payload of item a must be plain JSON"),
        ({"todo": [Item("a", float("inf"))]}, "the payload of item a must be plain JSON"),
        ({"todo": [], "settings": {"rng": object()}}, "settings must be plain JSON"),
        ({"todo": [], "workers": 0}, r"workers must be at least 1 \(got 0\)"),
        ({"todo": [], "engine": "cloud"}, "there is no engine 'cloud'; there are: local, here"),
    ],
    ids=["same id", "empty id", "payload", "infinity", "settings", "workers", "engine"],
)
def test_what_cannot_be_a_job(tmp_path: Path, run: Run, given: dict[str, Any], message: str) -> None:
    with pytest.raises(JobError, match=message):
        run(**given)
    assert not (tmp_path / "out").exists()


def test_folders_that_hold_no_job(tmp_path: Path, run: Run) -> None:
    with pytest.raises(JobError, match="holds no job"):
        read_job(tmp_path)
    (tmp_path / "out").write_text("", encoding="utf-8")
    with pytest.raises(JobError, match="out is a file; give a folder"):
        run(items("square"))


def test_no_items_are_a_finished_job(run: Run) -> None:
    assert run([]) == Report(Tally(0, 0, 0, 0, None))


@pytest.mark.parametrize(
    ("item", "plain"),
    [
        ("rec_01", True), ("p1-2.b", True), ("Rec_01", False), ("../up", False), ("a/b", False), ("con", False),
        ("nul.txt", False), ("dot.", False), (".hidden", False), ("größe", False), ("x" * 200, False), ("\udcff", False),
        ("a\nb", False), ("\\\\x", False),
    ],
)  # fmt: skip
def test_folders_of_items_are_safe_names_on_every_system(item: str, plain: bool) -> None:
    name = folder_name(item)
    assert (name == item) is plain
    assert len(name) <= 80
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-")
    assert folder_name(item + "x") != name
