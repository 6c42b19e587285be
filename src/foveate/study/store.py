"""Raters, their pages and every click, in one SQLite file; clicks are only ever added."""

import hashlib
import json
import secrets
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from foveate.errors import JobError, UsageError
from foveate.study.design import Trial
from foveate.study.items import Item
from foveate.study.rater import NEXT, Click, Rater

FORMAT = 1
SCHEMA = (Path(__file__).parent / "schema.sql").read_text(encoding="utf-8")
CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""Of completion codes: no digits, of which a spreadsheet makes numbers (1234E567), and nothing that reads as something else."""
TO_WIPE = "to wipe"
"""A fact: something was deleted of which bytes may still lie in the file or its log."""


class Store:
    """The file of answers; safe to use from several threads and processes."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Open it.

        Raises:
            UsageError: where it is not there, or no such file.
            JobError: where it cannot be written.
        """
        if not create and not path.is_file():
            raise UsageError(f"{path} is not there: nobody has rated yet; begin with: foveate study serve STUDY.toml")
        self.path = path
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # answers and clips are personal
            path.touch(mode=0o600)
            self._db = sqlite3.connect(path, timeout=20, isolation_level=None, check_same_thread=False)
            self._db.row_factory = sqlite3.Row
            # every commit is on the disk before a rater is told that it is stored
            self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;")
            self._db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} COMMIT; PRAGMA foreign_keys=ON;")
        except sqlite3.OperationalError as error:
            raise JobError(f"{path} cannot be used now ({error}); close the program that holds it, or make room") from error
        except sqlite3.DatabaseError as error:
            raise UsageError(f"{path} is no file of answers that can be used ({error})") from error
        except OSError as error:
            raise JobError(f"cannot write {path}: {error.strerror}; give another place: out = ... in [raters]") from error
        weakref.finalize(self, self._db.close)
        found = self.fact("format")
        if found is None:
            self.keep_fact("format", FORMAT)
        elif found != FORMAT:
            raise UsageError(f"{path} is of format {found}, and this foveate reads format {FORMAT}")
        if self.fact(TO_WIPE):
            self.wipe()

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Whole or not at all, and nobody else meanwhile."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                if self._db.in_transaction:  # a full disk has rolled it back already
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Read."""
        with self._lock:
            return [dict(row) for row in self._db.execute(query, values)]

    # facts of the study

    def fact(self, name: str) -> Any:
        """What was kept under a name; None where nothing was."""
        found = self.rows("SELECT value FROM facts WHERE name = ?", (name,))
        return json.loads(found[0]["value"]) if found else None

    def keep_fact(self, name: str, value: Any) -> None:
        with self.writing() as db:
            db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, plain(json.dumps(value, ensure_ascii=False))))

    def secret(self, name: str) -> str:
        """An unguessable text that stays the same; made on first use."""
        if (known := self.fact(f"secret {name}")) is not None:  # every request asks, and none may wait for who writes
            return str(known)
        with self._lock:  # one statement, which may stand within a transaction
            made = json.dumps(secrets.token_urlsafe(24))
            self._db.execute("INSERT OR IGNORE INTO facts VALUES (?, ?)", (f"secret {name}", made))
        return str(self.fact(f"secret {name}"))

    # raters

    def join(self, secret: str, make: Callable[[int], Sequence[Trial]], *, consent: str, most: int) -> Rater:
        """Enter a rater who agreed, in the first free row of the design, with their pages; the same secret enters one only.

        Args:
            secret: of their link; only a hash of it is kept.
            make: the pages of a row.
            consent: what they agreed to; a hash of it is kept.
            most: how many raters there may be.

        Raises:
            UsageError: where there are as many already.
        """
        with self.writing() as db:
            if (known := self.rater(secret)) is not None:
                return known
            taken = {row["slot"] for row in db.execute("SELECT slot FROM raters")}
            if len(taken) >= most:
                raise UsageError(f"there are {most} raters already, as many as most_raters allows")
            slot = next(k for k in range(most) if k not in taken)
            added = db.execute(
                "INSERT INTO raters (secret_sha256, slot, code, joined_ms, consent_sha256) VALUES (?, ?, ?, ?, ?)",
                (sha256(secret), slot, "".join(secrets.choice(CODE_LETTERS) for _ in range(8)), now_ms(), sha256(consent)),
            )
            mine = list(enumerate(make(slot)))
            db.executemany(
                "INSERT INTO pages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(added.lastrowid, place, *_page(trial)) for place, trial in mine],
            )
            db.executemany(
                "INSERT INTO lent VALUES (?, ?, ?, ?)",
                [(added.lastrowid, place, *_names(trial.lender)) for place, trial in mine if trial.lender],
            )
        found = self.rater(secret)
        assert found is not None, "they were just entered"
        return found

    def rater(self, secret: str) -> Rater | None:
        """Whose link it is; None where it is nobody's."""
        found = self.rows("SELECT * FROM named_raters WHERE secret_sha256 = ?", (sha256(secret),))
        return _rater(found[0]) if found else None

    def raters(self) -> list[Rater]:
        return [_rater(row) for row in self.rows("SELECT * FROM named_raters ORDER BY id")]

    # pages and clicks

    def pages(self, rater: Rater) -> list[dict[str, Any]]:
        """A rater's pages in order, those that are done marked."""
        return [unpacked(row) for row in self.rows("SELECT * FROM told_pages WHERE rater = ? ORDER BY place", (rater.id,))]

    def answers(self, rater: Rater, place: int) -> list[dict[str, Any]]:
        """What stands on one of their pages now."""
        query = "SELECT question, description, value FROM answers WHERE rater = ? AND place = ?"
        return self.rows(query, (rater.id, place))

    def add(self, rater: Rater, click: Click, *, needed: int) -> bool:
        """Keep a click, at once.

        Args:
            rater: whose.
            click: what they did.
            needed: answers without which a page is not done.

        Returns:
            Whether it was taken: what comes for a page that is done, or ahead, is kept but does not count.
        """
        with self.writing() as db:
            known = db.execute("SELECT taken FROM clicks WHERE uid = ? AND rater = ?", (click.uid, rater.id)).fetchone()
            if known is not None:
                return bool(known["taken"])
            places = {
                row["place"]: row["done"]
                for row in db.execute("SELECT place, done FROM told_pages WHERE rater = ?", (rater.id,))
            }
            if click.place not in places:
                return False  # a page that was forgotten meanwhile: nothing of it is kept
            taken = click.place == min((place for place, done in places.items() if not done), default=None)
            if taken and click.what == NEXT:
                given = db.execute(
                    "SELECT count(*) AS n FROM answers WHERE rater = ? AND place = ?", (rater.id, click.place)
                ).fetchone()["n"]
                taken = given >= needed
            db.execute(
                "INSERT INTO clicks (uid, rater, place, what, question, description, value, since_ms, tab, taken, at_ms)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(click.uid, rater.id, click.place, click.what, click.question, click.description, click.value),
                    *(click.since_ms, click.tab, int(taken), now_ms()),
                ),
            )
            return taken

    def keep_clips(self, items: Iterable[Item]) -> None:
        """Keep whose clips these are, before they are cut."""
        with self.writing() as db:
            rows = [(item.clip, *_names(item)) for item in items]
            db.executemany("INSERT OR IGNORE INTO clips VALUES (?, ?, ?)", rows)

    def wipe(self) -> None:
        """Leave no byte of what was deleted, with TO_WIPE as a mark beside it, in the file or its log.

        Raises:
            JobError: where another program reads the file meanwhile; whoever opens it next does it.
        """
        with self._lock:
            try:
                self._db.execute("VACUUM")
                held = bool(self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
            except sqlite3.OperationalError:
                held = True
            if held:
                raise JobError(
                    f"what was to be forgotten is deleted, but {self.path} is held by another program, so that bytes of it may "
                    "still lie on the disk; close that program and begin any foveate study command, which removes them"
                )
            self._db.execute("DELETE FROM facts WHERE name = ?", (TO_WIPE,))


def plain(text: str) -> str:
    """A text as the file can hold it: bytes of a name that are no UTF-8, and halves of characters, as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def _rater(row: Mapping[str, Any]) -> Rater:
    return Rater(row["id"], row["name"], row["slot"], bool(row["finished"]), row["code"])


def _page(trial: Trial) -> tuple[Any, ...]:
    item = trial.item
    texts = json.dumps([plain(text) for text in trial.texts], ensure_ascii=False)
    return (
        *(trial.kind, plain(item.sample), *_names(item), plain(item.category), item.start_s, item.stop_s, item.clip),
        *(json.dumps(trial.conditions), texts, trial.expected),
    )


def _names(item: Item) -> tuple[str, str]:
    return plain(item.recording), plain(item.cluster)


def unpacked(row: Mapping[str, Any]) -> dict[str, Any]:
    """A page as read, its lists as lists."""
    return {**row, "conditions": json.loads(row["conditions"]), "texts": json.loads(row["texts"])}
