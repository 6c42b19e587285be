"""Deleting a rater, or all that shows a participant, so that nothing of it stays in the file of answers."""

import sqlite3
from collections.abc import Callable
from typing import Any

from foveate.errors import UsageError, hint
from foveate.study.store import TO_WIPE, Store, plain, sha256

MOST_TOLD = 10
"""Names of raters that an error lists."""


def forget_rater(store: Store, name: str, *, first: Callable[[], None] = lambda: None) -> int:
    """Remove a rater, their pages and clicks.

    Args:
        store: of the study.
        name: of the rater.
        first: deletes what is elsewhere; a crash on the way then leaves somebody who can be forgotten again.

    Returns:
        Clicks that were removed.

    Raises:
        UsageError: where there is nobody of that name.
    """
    known = {rater.name: rater for rater in store.raters()}
    if name not in known:
        there = [*known][:MOST_TOLD] + [f"{len(known) - MOST_TOLD} more"] * (len(known) > MOST_TOLD)
        raise UsageError(f"there is no rater {name!r}{hint(name, known)}; there are: {', '.join(there) or 'none'}")
    with store.writing() as db:
        first()
        count = _drop(db, "rater = ?", (known[name].id,))
        db.execute("DELETE FROM raters WHERE id = ?", (known[name].id,))
    store.wipe()
    return count


def forget_participant(store: Store, name: str, *, first: Callable[[list[str]], None] = lambda clips: None) -> int:
    """Remove every page that shows what a participant recorded, with the clicks on it; they are never shown again.

    Args:
        store: of the study.
        name: of the participant, or of the recording where nobody told participants.
        first: deletes what is elsewhere, such as the files of these clips; see ``forget_rater``.

    Returns:
        Pages that were removed.

    Raises:
        UsageError: where nothing is of that name.
    """
    forgotten, name = _mark(store, name), plain(name)
    with store.writing() as db:
        # pages of other clips too, where a check shows a reference of theirs
        found = db.execute(
            "SELECT rater, place FROM pages WHERE cluster = :name OR recording = :name"
            " UNION SELECT rater, place FROM lent WHERE cluster = :name OR recording = :name",
            {"name": name},
        ).fetchall()
        clips = db.execute("SELECT clip FROM clips WHERE cluster = ? OR recording = ?", (name, name)).fetchall()
        if not found and not clips:
            known = [row["cluster"] for row in db.execute("SELECT DISTINCT cluster FROM clips")]
            raise UsageError(f"there is no participant or recording {name!r} here{hint(name, known)}")
        first([row["clip"] for row in clips])
        for row in found:
            _drop(db, "rater = ? AND place = ?", (row["rater"], row["place"]))
        db.execute("DELETE FROM clips WHERE cluster = ? OR recording = ?", (name, name))
        db.execute("INSERT OR IGNORE INTO forgotten VALUES (?)", (forgotten,))
    store.wipe()
    return len(found)


def is_forgotten(store: Store, *names: str) -> bool:
    """Whether any of these names was removed."""
    known = {row["name_sha256"] for row in store.rows("SELECT name_sha256 FROM forgotten")}
    return bool(known) and any(_mark(store, name) in known for name in names)


def _mark(store: Store, name: str) -> str:
    """What is kept of a name that was removed: salted, so that nobody finds it by trying names elsewhere."""
    return sha256(store.secret("of forgotten names") + name)


def _drop(db: sqlite3.Connection, where: str, values: tuple[Any, ...]) -> int:
    """Delete clicks and pages; the trigger that keeps clicks lets these pass."""
    db.execute("INSERT OR REPLACE INTO facts VALUES (?, 'true')", (TO_WIPE,))
    db.execute("INSERT INTO forgetting DEFAULT VALUES")
    count = db.execute(f"DELETE FROM clicks WHERE {where}", values).rowcount  # noqa: S608  # texts of this file
    db.execute(f"DELETE FROM lent WHERE {where}", values)  # noqa: S608
    db.execute(f"DELETE FROM pages WHERE {where}", values)  # noqa: S608
    db.execute("DELETE FROM forgetting")
    return int(count)
