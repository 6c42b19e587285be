"""Every format and every data set broken in more than twenty ways: a typed error of one line or a counted warning, no harm.

Each case is opened in a process of its own, every stream touched, the first frames decoded, within 30 s for each step and 2 GB.
``python -m benchmarks.mutations`` has more cases, and runs the commands on them, too.
"""

import random
import re
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from broken.client import Client
from broken.mutations import MUTATIONS, fitting
from broken.server import Outcome, judged
from broken.use import Use
from broken.whole import DATASETS, RECORDINGS
from foveate import recording
from foveate.dataset import DATASETS as ALL_DATASETS
from foveate.errors import RecordingError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork, pipes in the file system and rlimits")

EACH = 20
SLOW = {"a line of 100 MB", "bomb of lines", "bomb of zeros", "permission denied"}
"""Left to the benchmark; the last means nothing to root."""
WHOLES = {"recordings": RECORDINGS, "data sets": DATASETS}


def some() -> Iterator[tuple[str, str, str, str]]:
    """(kind, name, file, mutation): of every whole a part of the cases of its main files, the rarest so far first."""
    so_far: Counter[str] = Counter()
    for kind, wholes in WHOLES.items():
        for name, whole in wholes.items():
            found = [(file, way) for file in whole.first for way in fitting(Path(file)) if way not in SLOW]
            random.Random(name).shuffle(found)
            for file, way in sorted(found, key=lambda case: so_far[case[1]])[:EACH]:
                so_far[way] += 1
                yield kind, name, file, way


CASES = list(some())


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with Client(tmp_path_factory.mktemp("broken"), commands=False) as client:
        yield client


@pytest.mark.parametrize(("kind", "name", "file", "mutation"), CASES, ids=["-".join(case[1:]) for case in CASES])
def test_a_broken_file_does_no_harm(client: Client, kind: str, name: str, file: str, mutation: str) -> None:
    outcome = client.run(kind, name, file, mutation)
    assert outcome["ended"] in ("error", "warning", "unharmed", "other"), "\n".join(outcome["said"])


FOUND = {
    "packed with a tail of zeros": ("tobii_g3", "gazedata.gz", "50 GB", "error", "has 47,684 MiB; at most 512 MiB are read"),
    "bomb": ("tobii_g2", "**/livedata.json.gz", "bomb of lines", "error", "unpacks to more than 16777216: it is no recording"),
    "a number that overflows": ("tobii_g3", "gazedata.gz", "80 numbers odd", "warning", "gaze samples|broken: left out"),
    "a name of gigabytes": ("tobii_g3", "meta/HuSerial", "50 GB", "unharmed", ""),
    "a table of gigabytes": ("table", "gaze.csv", "50 GB", "error", "has 47,684 MiB; at most 512 MiB are read"),
    "an array of gigabytes": ("neon", "gaze_200hz.time", "50 GB", "error", "has 47,684 MiB; at most 512 MiB are read"),
    "a name of 5,000 digits": ("table", "foveate.toml", "a number of 5,000 digits", "error", r"999 \[...\] 999"),
}
"""What these cases found, and how it ends now: name, file, mutation, end, words."""
FOUND_IN_DATASETS = {
    "a table of gigabytes": ("egtea", "raw_annotations/*.csv", "50 GB", "error", "has 47,684 MiB; at most 256 MiB are read"),
    "a pipe": ("streamgaze", "qa/past*.json", "pipe that nobody writes to", "error", "is a pipe or a device"),
}


@pytest.mark.parametrize(("name", "file", "mutation", "ended", "words"), FOUND.values(), ids=FOUND.keys())
def test_what_was_found_in_recordings_stays_mended(client, name, file, mutation, ended, words) -> None:
    outcome = client.run("recordings", name, file, mutation)
    assert outcome["ended"] == ended
    assert re.search(words, " ".join(outcome["said"]))


@pytest.mark.parametrize(
    ("name", "file", "mutation", "ended", "words"), FOUND_IN_DATASETS.values(), ids=FOUND_IN_DATASETS.keys()
)
def test_what_was_found_in_data_sets_stays_mended(client, name, file, mutation, ended, words) -> None:
    outcome = client.run("data sets", name, file, mutation)
    assert outcome["ended"] == ended
    assert re.search(words, " ".join(outcome["said"]))


UNDONE: dict[str, Callable[[], object]] = {
    "another error": lambda: int("x"),
    "an error without words": lambda: raised(RecordingError("")),
    "a warning of a library": lambda: warnings.warn("odd", RuntimeWarning, stacklevel=1),
}


def raised(error: Exception) -> None:
    raise error


@pytest.mark.parametrize("does", UNDONE.values(), ids=UNDONE.keys())
def test_a_failure_is_told_as_one(does: Callable[[], object]) -> None:
    use = Use(lambda: None)
    with use.step("step"):
        does()
    assert judged(use.told(), {"warnings": [], "values": ""}, Outcome("")).ended == "failed"


@pytest.mark.parametrize(
    ("told", "peak_mb", "ended"),
    [
        ({"errors": [], "warnings": [], "values": "same"}, 100.0, "unharmed"),
        ({"errors": [], "warnings": [], "values": "else"}, 100.0, "other"),
        ({"errors": [], "warnings": ["said before", "3 lost"], "values": "else"}, 100.0, "warning"),
        ({"errors": ["no gaze"], "warnings": ["3 lost"], "values": "else"}, 100.0, "error"),
        ({"errors": ["no gaze"], "warnings": [], "values": "else"}, 2100.0, "failed"),
        ({"failed": "hangs"}, 100.0, "failed"),
    ],
)
def test_ends_are_told_apart(told, peak_mb, ended) -> None:
    unbroken = {"errors": [], "warnings": ["said before"], "values": "same"}
    assert judged(told, unbroken, Outcome("", peak_mb=peak_mb)).ended == ended


def test_every_format_and_data_set_is_broken() -> None:
    assert {re.sub("_(export|raw|parquet)$", "", name) for name in RECORDINGS} == set(recording.FORMATS)
    assert set(DATASETS) == set(ALL_DATASETS)
    assert {case[3] for case in CASES} == set(MUTATIONS) - SLOW
