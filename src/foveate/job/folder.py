"""A job's folder: what the job is (job.json), what was decided (journal.jsonl), what came out (results.jsonl, files/)."""

import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from foveate.errors import JobError
from foveate.job.disk import naming, sync_folder, write_whole
from foveate.job.item import Failure, Item, Json, Outcome, Report, Tally, as_json, to_json
from foveate.job.journal import parse

FORMAT = 1
OURS = ("journal.jsonl", "results.jsonl", "failures.jsonl", "files", "work")
"""All that a job writes beside job.json and its lock."""
PLAIN = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}(?<![.])")
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
SHOWN = 60
FILES = "files"
"""Where the folders of items lie, relative to the job's folder, unless the job says otherwise."""
NOTHING_YET = Outcome("", "again")


@dataclass(frozen=True)
class Result:
    """A finished item."""

    item: str
    """Which."""
    result: Json
    """What the work returned."""
    files: tuple[Path, ...]
    """Files that it left."""

    def file(self, name: str) -> Path:
        """The one of its files that bears a name."""
        return next(file for file in self.files if file.name == name)


def folder_name(item_id: str) -> str:
    """The name of an item's folder under files/: its id where that is a plain name on every system, else with a hash."""
    if PLAIN.fullmatch(item_id) and not RESERVED.fullmatch(item_id):
        return item_id
    slug = re.sub(r"[^a-z0-9]+", "-", item_id.lower()).strip("-")[:40]
    return f"{slug or 'item'}-{hashlib.sha256(item_id.encode('utf-8', 'surrogatepass')).hexdigest()[:10]}"


def describe_job(items: Sequence[Item], settings: Mapping[str, Json], *, files: str = FILES) -> dict[str, Json]:
    """What makes a job this one and no other, as it stands in job.json."""
    ids = [item.id for item in items]
    if not all(isinstance(each, str) and each for each in ids):
        raise JobError("every item needs an id, which is a text that is not empty")
    if twice := [each for each, count in Counter(ids).items() if count > 1]:
        raise JobError(f"items need ids of their own; twice or more: {', '.join(twice[:3])}")
    if len({folder_name(each) for each in ids}) < len(ids):
        raise JobError("two items would share a folder; give them other ids")
    payloads = [as_json(item.payload, f"the payload of item {item.id}") for item in items]
    return {
        "format": FORMAT,
        "settings": as_json(settings, "settings"),
        **({} if files == FILES else {"files": files}),
        "items": [{"id": item, "payload": payload} for item, payload in zip(ids, payloads, strict=True)],
    }


def read_description(folder: Path) -> dict[str, Json] | None:
    """job.json; None where there is none."""
    path = folder / "job.json"
    try:
        job = json.loads(path.read_bytes())
        if job["format"] != FORMAT:
            raise JobError(f"{path} has format {job['format']}, this version reads {FORMAT}; give a new folder")
    except (FileNotFoundError, NotADirectoryError):  # the latter: a part of the path is a file
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise JobError(f"{path} cannot be read ({error}); give a new folder, or --restart to begin anew") from error
    return dict(job)


def claim(folder: Path, job: Mapping[str, Json], *, restart: bool, grow: bool = False) -> None:
    """Make the folder this job's, or find that it is so already. The caller holds its lock.

    Raises:
        JobError: where it holds another job or other files, and what to do.
    """
    if restart and (folder / "job.json").exists():
        with naming(folder):
            # job.json goes last: a crash on the way leaves a job that can be restarted again
            for name in (*OURS, str(job.get("files", FILES))):
                path = folder / name
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    elif (there := read_description(folder)) is not None:
        if there == job:
            return
        if not (grow and _is_part_of(there, job)):
            different = _difference(there, job)
            raise JobError(f"{folder} holds another job: {different}; give a new folder, or --restart to throw it away")
    elif foreign := sorted(path.name for path in folder.iterdir() if path.name not in ("job.lock", "job.json.part")):
        raise JobError(f"{folder} is not empty and holds no job (found: {', '.join(foreign[:3])}); give a new or empty folder")
    head = to_json({**job, "items": []}).removesuffix(b"]}")
    write_whole(folder / "job.json", head + b"\n" + b",\n".join(to_json(item) for item in job["items"]) + b"\n]}\n")


def _is_part_of(old: Mapping[str, Json], new: Mapping[str, Json]) -> bool:
    """Whether a job is another but for items that it lacks."""
    items = {item["id"]: item for item in new["items"]}
    return {**old, "items": None} == {**new, "items": None} and all(items.get(item["id"]) == item for item in old["items"])


def _difference(old: Mapping[str, Json], new: Mapping[str, Json]) -> str:
    """The first thing in which two jobs differ."""
    for name in {**old["settings"], **new["settings"]}:
        was, now = (job["settings"].get(name, "not given") for job in (old, new))
        if was != now:
            if isinstance(was, dict) and isinstance(now, dict):
                # of a whole section the reader wants the one value, not the first letters of all
                within = _difference({**old, "settings": was}, {**new, "settings": now})
                return within.replace("setting ", f"setting {name}, ", 1)
            told = _apart(was, now)
            return f"setting {name} was {told[0]}, now {told[1]}"
    before, after = ({item["id"]: item["payload"] for item in job["items"]} for job in (old, new))
    for ids, said in ((before.keys() - after.keys(), "gone"), (after.keys() - before.keys(), "new")):
        if ids:
            return f"{len(ids)} of its {len(before)} items {said} ({min(ids):.{SHOWN}})"
    changed = [each for each in before if before[each] != after[each]]
    return f"{len(changed)} items changed ({changed[0]:.{SHOWN}})" if changed else "its items come in another order"


def _apart(was: Json, now: Json) -> tuple[str, str]:
    """Two values, cut to where they differ: long paths and lists begin alike."""
    texts = repr(was), repr(now)
    alike = next((place for place, (one, other) in enumerate(zip(*texts, strict=False)) if one != other), min(map(len, texts)))
    skipped = alike - SHOWN // 2 if max(map(len, texts)) > SHOWN else 0
    told = [f"... {text[skipped:]}" if skipped > 0 else text for text in texts]
    first, second = (text if len(text) <= SHOWN else f"{text[: SHOWN - 4]} ..." for text in told)
    return first, second


@dataclass
class Standing:
    """Where an item stands; follows from its lines in the journal."""

    state: str = "left"
    """left, done, failed or quarantined."""
    tries: int = 0
    """Attempts that ended in an error worth another."""
    deaths: int = 0
    """Attempts that hung or took their process with them."""
    last: Outcome = NOTHING_YET
    """What was decided last."""


class Standings(dict[str, Standing]):
    """Where all items stand, in their order."""

    def __init__(self, ids: Iterable[str], outcomes: Iterable[Outcome]) -> None:
        super().__init__((item, Standing()) for item in ids)
        self._counts = Counter(left=len(self))
        self._spent_s = 0.0
        for outcome in outcomes:
            if outcome.item in self:
                self.apply(outcome)

    def apply(self, outcome: Outcome) -> None:
        """Take in one more line of the journal."""
        standing = self[outcome.item]
        self._counts[standing.state] -= 1
        self._spent_s += outcome.seconds
        standing.last = outcome
        if outcome.state in ("done", "failed", "quarantined"):
            standing.state = outcome.state
        elif outcome.state == "again":
            standing.state, standing.tries, standing.deaths = "left", 0, 0
        elif outcome.state == "retry":
            standing.tries += 1
        else:
            standing.deaths += 1
        self._counts[standing.state] += 1

    def tally(self, workers: int = 1) -> Tally:
        """Counts, and the time left if the rest takes as long as what is decided."""
        count = self._counts
        decided = len(self) - count["left"]
        time_left_s = self._spent_s / decided * count["left"] / workers if decided else None
        return Tally(count["done"], count["failed"], count["quarantined"], count["left"], time_left_s)

    def report(self, damaged_lines: int) -> Report:
        """Counts, and the items that failed."""
        failed = (each for each in self.values() if each.state in ("failed", "quarantined"))
        return Report(self.tally(), tuple(Failure(e.last.item, e.state, e.last.reason) for e in failed), damaged_lines)


def files_of(files: Path, outcome: Outcome) -> tuple[Path, ...]:
    """Where an item's files lie, in the folder of all items' folders."""
    return tuple(files / folder_name(outcome.item) / name for name in outcome.files)


def keep_files(files: Path, outcome: Outcome, made_in: Path) -> None:
    """Move the files of an attempt to where they stay; they count once the journal says so."""
    place = files / folder_name(outcome.item)
    with naming(place):
        if place.exists():  # of an attempt that a crash kept from the journal, or that was put back
            shutil.rmtree(place)
        if outcome.files:
            place.parent.mkdir(exist_ok=True)
            made_in.rename(place)
            sync_folder(place.parent)
    shutil.rmtree(made_in, ignore_errors=True)


def write_results(folder: Path, found: Standings, *, files: str = FILES) -> None:
    """Write what came out, in the order of the items: the same bytes however often the job was interrupted."""
    done = []
    for each in _results(Path(files), found):
        files_there = [file.as_posix() for file in each.files]
        done.append(to_json({"item": each.item, "result": each.result, "files": files_there}))
    failed = [to_json({"item": each.item, "state": each.state, "reason": each.reason}) for each in found.report(0).failures]
    for name, lines in (("failures.jsonl", failed), ("results.jsonl", done)):
        write_whole(folder / name, b"".join(line + b"\n" for line in lines))


def read_job(folder: Path | str) -> Report:
    """How far a job is, even while another process works on it.

    Raises:
        JobError: where the folder holds no job.
    """
    found, damaged, _ = _read(Path(folder))
    return found.report(damaged)


def results(folder: Path | str) -> Iterator[Result]:
    """Finished items, in the order of the items, even while the job is under way."""
    found, _, files = _read(Path(folder))
    return _results(files, found)


def _results(files: Path, found: Standings) -> Iterator[Result]:
    for standing in found.values():
        if standing.state == "done":
            yield Result(standing.last.item, standing.last.result, files_of(files, standing.last))


def _read(folder: Path) -> tuple[Standings, int, Path]:
    if (job := read_description(folder)) is None:
        raise JobError(f"{folder} holds no job (no job.json); give the folder that was given as output")
    journal = folder / "journal.jsonl"
    outcomes, _, damaged = parse(journal.read_bytes() if journal.exists() else b"")
    return Standings((item["id"] for item in job["items"]), outcomes), damaged, folder / job.get("files", FILES)
