"""The file of answers: nothing lost, nothing changed, and nothing left of who is forgotten."""

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from foveate.errors import JobError, UsageError
from foveate.run import read_run
from foveate.study.answers import read_answers
from foveate.study.design import make_design, trials
from foveate.study.forget import forget_participant, forget_rater, is_forgotten
from foveate.study.items import read_items
from foveate.study.rater import ANSWER
from foveate.study.store import Store
from simulated_raters import begun, click, prefers, rate

ALL = prefers("gaze", "center", "full")


def held(store: Store) -> bytes:
    return b"".join(file.read_bytes() for file in store.path.parent.glob("raters.sqlite*"))


@pytest.mark.parametrize("statement", ["DELETE FROM clicks", "UPDATE clicks SET value = 'right'"])
def test_clicks_are_only_added(tmp_path: Path, statement: str) -> None:
    raters, store = begun(tmp_path)
    rate(store, raters, ALL)
    with sqlite3.connect(store.path) as other, pytest.raises(sqlite3.IntegrityError, match="clicks are only added"):
        other.execute(statement)


def test_a_click_is_on_the_disk_once_add_returns(tmp_path: Path) -> None:
    raters, store = begun(tmp_path)
    rater = rate(store, raters, ALL, stop_before=0)
    store.close()
    script = (
        "import os, sys; from pathlib import Path\n"
        "from foveate.study.rater import Click; from foveate.study.store import Store\n"
        "store = Store(Path(sys.argv[1])); rater = store.raters()[0]\n"
        "for k in range(20):\n"
        "    assert store.add(rater, Click(f'child-{k}', 0, 'answer', 'better', -1, 'tie'), needed=1)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    assert subprocess.run([sys.executable, "-c", script, str(raters.store)], check=False).returncode == -9
    again = Store(raters.store)
    assert again.rows("SELECT count(*) AS n FROM clicks WHERE uid LIKE 'child-%'") == [{"n": 20}]
    assert again.answers(rater, 0) == [{"question": "better", "description": -1, "value": "tie"}]
    again.close()


def test_a_rater_who_is_forgotten_leaves_nothing(tmp_path: Path) -> None:
    raters, store = begun(tmp_path, 'questions = {remarkable_question = "Which?"}\n')
    first, second = rate(store, raters, ALL), rate(store, raters, ALL)
    store.add(first, click(99, ANSWER), needed=1)  # a page that is not there: nothing is kept
    odd = "a-value-of-the-first-rater-only"
    assert not store.add(first, click(0, ANSWER, "better", -1, odd), needed=1)
    assert odd.encode() in held(store)
    others = [row for row in read_answers(store) if row.rater == second.name]
    assert forget_rater(store, first.name) > 20
    assert odd.encode() not in held(store)
    assert read_answers(store) == others
    assert [rater.name for rater in store.raters()] == [second.name]
    third = rate(store, raters, ALL)
    # the free row of the design is taken again, the name is not
    assert (third.slot, third.name) == (first.slot, "rater-003")
    with pytest.raises(
        UsageError, match="there is no rater 'rater-001'; did you mean 'rater-003'; there are: rater-002, rater-003"
    ):
        forget_rater(store, "rater-001")


def test_a_participant_who_is_forgotten_leaves_nothing(tmp_path: Path) -> None:
    raters, store = begun(tmp_path, "items = 30\n", clips=6)
    items = read_items(read_run(raters.run), raters).items
    store.keep_clips(items)
    done, halfway = rate(store, raters, ALL), rate(store, raters, ALL, stop_before=6)
    name = items[2].recording
    before = len(store.pages(done))
    assert name.encode() in held(store)
    with pytest.raises(OSError, match="a disk that is not there"):
        forget_participant(store, name, first=fails)
    assert name.encode() in held(store)  # so that it can be asked for again
    gone: list[str] = []
    pages = forget_participant(store, name, first=gone.extend)
    assert gone == [items[2].clip]
    assert pages == 2 * (before - len(store.pages(done)))
    assert name.encode() not in held(store)
    assert not any(row.recording == name for row in read_answers(store))
    assert is_forgotten(store, "another", name)
    assert not is_forgotten(store, "another")
    assert store.rows("SELECT finished FROM named_raters WHERE id = ?", (done.id,)) == [{"finished": 1}]
    left = [page["place"] for page in store.pages(halfway) if not page["done"]]
    assert store.add(halfway, click(left[0], ANSWER, "better", -1, "tie"), needed=1)
    with pytest.raises(UsageError, match="there is no participant or recording 'kitchen-9' here; did you mean"):
        forget_participant(store, "kitchen-9")


def fails(clips: list[str]) -> None:
    raise OSError("a disk that is not there")


def test_a_reference_that_was_lent_to_a_check_goes_with_its_participant(tmp_path: Path) -> None:
    raters, store = begun(tmp_path, "items = 15\ntraining = 0\nchecks = 8\ncheck_by = 'other clip'\n", clips=5)
    for _ in range(3):
        rate(store, raters, ALL)
    design = make_design(read_items(read_run(raters.run), raters), raters)
    shown = [trial for slot in range(3) for trial in trials(design, slot) if trial.lender is not None]
    borrowed = [trial for trial in shown if trial.lender is not None and trial.lender.recording == "kitchen-2"]
    assert len(borrowed) > 1
    assert all(trial.item.recording != "kitchen-2" for trial in borrowed)
    text = b"Fills the kettle of clip 2."
    assert text in held(store)
    forget_participant(store, "kitchen-2")
    assert text not in held(store)
    service = pytest.importorskip("foveate.study.server").Service(store, design, {}, "yes")
    later = range(3, 9)
    assert any(item.recording == "kitchen-2" for slot in later for trial in trials(design, slot) for item in trial.items[1:])
    assert not any("of clip 2" in text for slot in later for trial in service.pages(slot) for text in trial.texts)


def test_what_is_forgotten_while_another_program_reads_goes_when_it_is_closed(tmp_path: Path) -> None:
    raters, store = begun(tmp_path)
    rater = rate(store, raters, ALL)
    odd = b"a-value-of-the-first-rater-only"
    store.add(rater, click(0, ANSWER, "better", -1, odd.decode()), needed=1)
    with store.writing() as db:
        db.execute("PRAGMA busy_timeout = 10")
    with closing(sqlite3.connect(store.path)) as other:
        other.execute("BEGIN")
        assert other.execute("SELECT count(*) FROM clicks").fetchone()[0] > 0
        with pytest.raises(JobError, match=r"is deleted, but .* is held by another program.*; close that program"):
            forget_rater(store, rater.name)
        assert store.raters() == []
        assert odd in held(store)
        other.execute("ROLLBACK")
    Store(raters.store).close()
    assert odd not in held(store)


def test_there_are_no_more_raters_than_may_be(tmp_path: Path) -> None:
    raters, store = begun(tmp_path, "most_raters = 1\n")
    rate(store, raters, ALL)
    with pytest.raises(UsageError, match="there are 1 raters already"):
        rate(store, raters, ALL)


def test_a_secret_that_is_known_waits_for_nobody(tmp_path: Path) -> None:
    _, store = begun(tmp_path)
    secret = store.secret("of links")
    with store.writing() as db:
        db.execute("PRAGMA busy_timeout = 10")
    other = Store(store.path)
    with other.writing():
        assert store.secret("of links") == secret
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            store.secret("of something new")


def test_codes_are_no_numbers_to_a_spreadsheet(tmp_path: Path) -> None:
    raters, store = begun(tmp_path)
    codes = {rate(store, raters, ALL, stop_before=0).code for _ in range(20)}
    assert len(codes) == 20
    assert all(len(code) == 8 and code.isalpha() for code in codes)


def test_two_that_join_with_one_link_are_one_rater(tmp_path: Path) -> None:
    """Two servers of one study, or a click that is sent twice: each looks before the other has entered."""
    raters, store = begun(tmp_path, "most_raters = 1\n")
    other = Store(raters.store)
    design = make_design(read_items(read_run(raters.run), raters), raters)
    meet = threading.Barrier(2)
    found: list[object] = []

    def join(mine: Store) -> None:
        meet.wait()
        found.append(mine.join("one secret", lambda slot: trials(design, slot), consent="yes", most=1))

    for _ in range(20):
        threads = [threading.Thread(target=join, args=(mine,)) for mine in (store, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 2
        assert found[0] == found[1]
        found.clear()
        forget_rater(store, store.raters()[0].name)


def test_a_file_that_another_program_holds_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, store = begun(tmp_path)
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path, **how: connect(path, **{**how, "timeout": 0.01}))
    with store.writing(), pytest.raises(JobError, match=r"raters.sqlite cannot be used now \(database is locked\)"):
        Store(store.path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "is not there: nobody has rated yet"),
        (b"no database, but long enough to be read as one" * 40, "is no file of answers"),
    ],
    ids=["missing", "something else"],
)
def test_files_that_are_none(tmp_path: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / "raters.sqlite").write_bytes(content)
    with pytest.raises(UsageError, match=message):
        Store(tmp_path / "raters.sqlite")


def test_a_store_of_another_format(tmp_path: Path) -> None:
    _, store = begun(tmp_path)
    store.keep_fact("format", 2)
    with pytest.raises(UsageError, match="is of format 2, and this foveate reads format 1"):
        Store(store.path)
