"""Work on many recordings through a job in the folder of the outputs: one after another, each as a whole or not at all."""

import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from foveate.batch.gather import Gathered
from foveate.batch.outputs import ALL, FAILURES, INDEX, JOB, RECORDINGS, SAMPLES, Standing, write_outputs
from foveate.codes.table import CODES, LABELS
from foveate.errors import FoveateError, JobError
from foveate.job import Json, MakeWork, StoppedError, Tally, forget_undecided, run_job

OVER_ALL = (INDEX, ALL, FAILURES, SAMPLES, LABELS, CODES)
"""Files over all recordings, whatever the command."""
OURS = (JOB, RECORDINGS, *OVER_ALL)
"""All that stands in the folder of a batch."""
LOOK_S = 5.0
"""Between one page and the next while the batch is at work."""
SHARE = 20
"""Pages take one part in so many of the time."""


def check_place(folder: Path) -> None:
    """Refuse a folder that holds anything but a batch: nothing that stands there is ever replaced.

    Raises:
        JobError: saying what stands there.
    """
    if folder.exists() and not folder.is_dir():
        raise JobError(f"{folder} is a file; give a folder with -o")
    inside = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    if inside and not (folder / JOB).is_dir():
        raise JobError(f"{folder} is not empty and holds no batch (found: {', '.join(inside[:4])}); give a new folder with -o")


def run_batch(
    command: str,
    gathered: Gathered,
    folder: Path,
    make_work: MakeWork,
    *,
    settings: Mapping[str, Json],
    workers: int = 1,
    restart: bool = False,
    again: bool = False,
    on_commit: Callable[[Tally], None] | None = None,
) -> Standing:
    """Do a command for every recording; run the same again after a crash, a kill or Ctrl-C, and it goes on.

    Args:
        command: a key of KINDS.
        gathered: the recordings.
        folder: of the outputs and the job; new, or this batch's own.
        make_work: of the command's module, with what results do not depend on.
        settings: all that results depend on, as JSON.
        workers: processes side by side.
        restart: throw away what the folder's batch has made.
        again: also try those again that failed.
        on_commit: called with the count after every recording.

    Returns:
        How far it is: all is decided.

    Raises:
        JobError: where the folder holds something else, or cannot be written.
        StoppedError: where the model answers nobody any more; page and tables tell what was done until then.
        KeyboardInterrupt: for Ctrl-C; likewise.
    """
    check_place(folder)
    if restart and (folder / JOB).is_dir():
        for name in OVER_ALL:
            (folder / name).unlink(missing_ok=True)
        shutil.rmtree(folder / RECORDINGS, ignore_errors=True)
    fresh = not (folder / JOB).exists()
    tell = _telling_so_far(folder, command, gathered, on_commit or (lambda tally: None))
    try:
        run_job(
            folder / JOB,
            [entry.item() for entry in gathered.entries],
            make_work,
            settings={"command": command, **settings},
            workers=workers,
            files=f"../{RECORDINGS}",
            restart=restart,
            grow=True,
            again=again,
            on_commit=tell,
        )
    except FoveateError as error:
        if fresh:
            forget_unbegun(folder)
        if isinstance(error, StoppedError) and (folder / JOB / "job.json").exists():
            now = write_outputs(folder, command, gathered)
            raise StoppedError(error.reason, f"{now.done} of {now.recordings} recordings are done") from None
        raise
    except KeyboardInterrupt:
        if (folder / JOB / "job.json").exists():
            write_outputs(folder, command, gathered)
        raise
    return write_outputs(folder, command, gathered)


def _telling_so_far(
    folder: Path, command: str, gathered: Gathered, on_commit: Callable[[Tally], None]
) -> Callable[[Tally], None]:
    """Write page and tables now and then while the batch is at work, so that who waits can look at what is done."""
    next_s = 0.0

    def tell(tally: Tally) -> None:
        nonlocal next_s
        on_commit(tally)
        began_s = time.monotonic()
        if tally.left and began_s >= next_s:
            write_outputs(folder, command, gathered)
            now_s = time.monotonic()
            next_s = now_s + max(LOOK_S, SHARE * (now_s - began_s))

    return tell


def forget_unbegun(folder: Path) -> None:
    """Leave nothing of a batch of which no worker could start."""
    forget_undecided(folder / JOB)
    if not (folder / JOB).exists():
        with suppress(OSError):
            folder.rmdir()
