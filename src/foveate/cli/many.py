"""What commands do that take many recordings: gather them, run a batch with progress, tell how it ended."""

import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foveate.cli.groups import Many, Speaking
from foveate.cli.models import consented
from foveate.cli.progress import progress
from foveate.errors import JobError, UsageError

if TYPE_CHECKING:
    from foveate.batch.entry import Entry
    from foveate.batch.gather import Gathered
    from foveate.batch.outputs import Standing
    from foveate.batch.speaker import Speaker
    from foveate.job import MakeWork, Tally

RECORDINGS_PER_START = 8
"""A process takes about as long to start as several recordings to be read."""
MOST_READERS = 4
"""Workers by default where no model answers: reading is bound by the disk beyond that."""
MOST_REASONS = 4
"""Reasons for no label that are told apart at the end."""


def gathered(given: Sequence[Path] | None, declared: Mapping[str, str], *, command: str, out: Path | None) -> "Gathered | Path":
    """One recording, as its path, or many.

    Args:
        given: what stands on the command line.
        declared: what the user says of every recording.
        command: a key of KINDS.
        out: where the outputs go.
    """
    from foveate.batch.gather import gather
    from foveate.batch.kind import kind_of

    # of one path that is no folder and no list nothing more needs to be known, nor loaded
    if given and len(given) == 1 and not given[0].is_dir() and given[0].suffix.lower() != ".csv":
        return given[0]
    return gather(given or (), declared=declared, taken=kind_of(command).COLUMNS, without=out)


def only_for_many(many: Many) -> None:
    """Refuse options that mean nothing for a single recording.

    Raises:
        UsageError: naming the first.
    """
    if set_ones := [name for name, value in asdict(many).items() if value]:
        raise UsageError(f"--{set_ones[0]} is for many recordings, and one was given")


def speaker_for(found: "Gathered", speaking: Speaking) -> "Speaker":
    """How the workers load the model; consent is asked here, once for all recordings.

    Raises:
        UsageError: where no model was named and not every recording has a default, or images may not leave this machine.
    """
    from foveate.batch.speaker import Speaker
    from foveate.model import may_send

    name, send = speaking.model or _default_model(found), speaking.send
    if may_send(name):
        of = f"{len(found.entries)} recordings"
        send = consented(name, of, send=send, device=speaking.device, dtype=speaking.dtype).is_remote
    return Speaker(name, send, speaking.device, speaking.dtype)


def _default_model(found: "Gathered") -> str:
    from foveate.description.api import default_model
    from foveate.errors import RecordingError
    from foveate.recording import open_recording

    names = set()
    for entry in found.entries:
        try:
            recording = open_recording(entry.path, **entry.declared)
        except RecordingError:
            continue  # told as its failure
        names.add(default_model(recording))
    if not names:
        raise UsageError("no model was named; give one with --model")
    return names.pop()


def run_many(
    command: str,
    found: "Gathered",
    folder: Path,
    make_work: "MakeWork",
    *,
    settings: Mapping[str, Any],
    many: Many,
    verb: str,
    quiet: bool,
) -> "Standing":
    """Run a batch with progress; Ctrl-C says how to go on.

    Args:
        command: a key of KINDS.
        found: the recordings.
        folder: for the outputs.
        make_work: of the command's module.
        settings: all that results depend on.
        many: workers, restart, again.
        verb: what is done, for the progress: describing.
        quiet: whether to say nothing.
    """
    from foveate.batch.outputs import JOB, standing
    from foveate.batch.run import run_batch

    count, before = len(found.entries), None
    if not many.restart and (folder / JOB / "job.json").exists():
        before = standing(folder)
    decided = 0 if before is None else before.done + (0 if many.again else len(before.failures))
    told = quiet or not decided
    with progress(verb, count - decided, quiet=quiet) as advance:

        def on_commit(tally: "Tally") -> None:
            nonlocal decided, told
            if not told:  # only now is it known that the folder holds this very batch
                print(f"going on in {folder}: {decided} of {count} recordings were decided before", file=sys.stderr)
                told = True
            now = count - tally.left
            if now > decided:
                advance(now - decided, note=f"({tally.failed + tally.quarantined} failed)" if tally.failed else "")
            decided = max(decided, now)

        try:
            return run_batch(
                command,
                found,
                folder,
                make_work,
                settings=settings,
                workers=default_workers(command, count) if many.workers is None else many.workers,
                restart=many.restart,
                again=many.again,
                on_commit=on_commit,
            )
        except KeyboardInterrupt:
            print(f"\n{decided} of {count} recordings are decided; the same command goes on", file=sys.stderr)
            raise


def default_workers(command: str, recordings: int) -> int:
    """One where a model answers, since every worker loads its own; else as many as the disk feeds, and as are worth a start."""
    worth = 1 + recordings // RECORDINGS_PER_START
    return 1 if command in ("describe", "caption") else min(MOST_READERS, worth, os.cpu_count() or 1)


@contextmanager
def kept_or_not(out: Path | None) -> Iterator[Path]:
    """The folder of a batch: the user's, or where none was given one that goes when all is printed."""
    if out is not None:
        yield out
        return
    with tempfile.TemporaryDirectory(prefix="foveate-") as name:
        yield Path(name)


def made(found: "Gathered", now: "Standing", file: str) -> "Iterator[tuple[Entry, Any]]":
    """Every recording that is done, with what a JSON file in its folder holds."""
    for entry in found.entries:
        if (result := now.results.get(entry.folder)) is not None:
            yield entry, json.loads(result.file(file).read_text(encoding="utf-8"))


def print_json(found: "Gathered", now: "Standing", file: str) -> None:
    """Print a list of what is known of every recording that is done, each with its name."""
    told = [{"name": entry.name, **entry.columns, **facts} for entry, facts in made(found, now, file)]
    print(json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False))


def tell_end(
    found: "Gathered",
    now: "Standing",
    folder: Path | None,
    *,
    done: str,
    quiet: bool,
    tables: str = "index.html and all.csv",
) -> None:
    """Say how many are done and where the files are.

    Args:
        found: the recordings.
        now: how far the batch is.
        folder: of the outputs; None where they were only printed, and the failures are as well.
        done: what was done to them: described.
        quiet: whether to say nothing but errors.
        tables: what over all of them is in the folder.

    Raises:
        JobError: where some failed, naming the file that says why; the exit code is 2.
    """
    from foveate.description.description import explained

    if not quiet:
        told = [each.result for each in now.results.values()]
        parts = [part for each in told for part in explained(each.get("notice"))]
        for notice, meaning in dict.fromkeys(parts):
            print(f"{notice}: {meaning}")
        print(
            f"{now.done} of {now.recordings} recordings {done}{_halves(told)}"
            + (f"; {tables} are in {folder}" if folder else "")
        )
        if lacking := _no_label(told):
            print(lacking)
        if found.skipped:
            folders = (
                "1 folder without a recording was"
                if len(found.skipped) == 1
                else f"{len(found.skipped)} folders without a recording were"
            )
            print(f"{folders} passed over: {_some(map(str, found.skipped))}")
    if not now.failures:
        return
    failed = f"{len(now.failures)} of {now.recordings} recordings failed"
    if folder is not None:
        raise JobError(f"{failed}; {folder / 'failures.csv'} says why, --again tries them again")
    names = {entry.folder: entry.name for entry in found.entries}
    for failure in now.failures:
        print(f"foveate: {names[failure.item]}: {failure.reason}", file=sys.stderr)
    raise JobError(f"{failed}, for the reasons above")


def _halves(told: Sequence[Mapping[str, Any]]) -> str:
    halves = [each for each in told if each.get("spans_failed")]
    spans = sum(each["spans_failed"] for each in halves)
    what = "1 span has" if spans == 1 else f"{spans:,} spans have"
    return f" ({len(halves)} of them in part: {what} no answer)" if halves else ""


def _no_label(told: Sequence[Mapping[str, Any]]) -> str:
    """How many spans of recordings that were coded have no label, by reason; the most frequent reasons only."""
    reasons: Counter[str] = Counter()
    for each in told:
        reasons.update(each.get("no_label", {}))
    if not reasons:
        return ""
    most = dict(reasons.most_common(MOST_REASONS))
    rest = reasons.total() - sum(most.values())
    parts = [f"{reason} ({count:,})" for reason, count in (most | ({"other reasons": rest} if rest else {})).items()]
    return f"no label in {reasons.total():,} of {sum(each['spans'] for each in told):,} spans: {'; '.join(parts)}"


def _some(names: Any) -> str:
    listed = list(names)
    return ", ".join(listed[:3]) + (" ..." if len(listed) > 3 else "")
