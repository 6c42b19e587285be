"""Twenty ways to break the gaze of every data set's format: each ends in a typed error or is read, what was lost counted."""

import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from foveate import open_recording
from foveate.errors import FoveateError
from foveate.recording import Recording
from writers import ego4d, egoexo4d, egtea, hd_epic

NUMBERS = (b"nan", b"inf", b"-1", b"1e308", b"9" * 30, b"", b"\x00", b'"', b"\xff\xfe", b"abc", b"[]", b"null", b"1:2:3:4")


def shuffled(lines: list[bytes], rng: random.Random) -> bytes:
    rng.shuffle(lines)
    return b"".join(lines)


def flipped(data: bytes, rng: random.Random, *, bits: int) -> bytes:
    changed = bytearray(data)
    for _ in range(bits):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def other_numbers(data: bytes, rng: random.Random, *, count: int) -> bytes:
    found = list(re.finditer(rb"[0-9.]+", data))
    for match in sorted(rng.sample(found, min(count, len(found))), key=lambda match: -match.start()):
        data = data[: match.start()] + rng.choice(NUMBERS) + data[match.end() :]
    return data


MUTATIONS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "empty": lambda data, rng: b"",
    "one byte": lambda data, rng: data[:1],
    "half": lambda data, rng: data[: len(data) // 2],
    "last byte lost": lambda data, rng: data[:-1],
    "header only": lambda data, rng: data.splitlines(keepends=True)[0],
    "without header": lambda data, rng: b"".join(data.splitlines(keepends=True)[1:]),
    "backwards": lambda data, rng: b"".join(data.splitlines(keepends=True)[::-1]),
    "shuffled": lambda data, rng: shuffled(data.splitlines(keepends=True), rng),
    "every second line": lambda data, rng: b"".join(data.splitlines(keepends=True)[::2]),
    "twice": lambda data, rng: data * 2,
    "one line often": lambda data, rng: data + data.splitlines(keepends=True)[-1] * 5000,
    "one bit": lambda data, rng: flipped(data, rng, bits=1),
    "many bits": lambda data, rng: flipped(data, rng, bits=60),
    "one number": lambda data, rng: other_numbers(data, rng, count=1),
    "many numbers": lambda data, rng: other_numbers(data, rng, count=80),
    "all numbers": lambda data, rng: other_numbers(data, rng, count=100_000),
    "another separator": lambda data, rng: data.replace(b",", b";").replace(b"\t", b" "),
    "a line without end": lambda data, rng: data + b"7" * 300_000,
    "noise": lambda data, rng: rng.randbytes(4000),
    "zeros": lambda data, rng: bytes(4000),
}

Case = tuple[Path, Callable[[], Recording]]


def written(folder: Path) -> Iterator[tuple[str, Case]]:
    """A recording of every format without its video, and the file of its gaze."""
    take = egoexo4d.write_take(folder / "take", names=("general",))
    next(take.rglob("aria*.mp4")).unlink()
    yield "egoexo4d", (take / "eye_gaze" / "general_eye_gaze_2d.csv", lambda: open_recording(take, format="egoexo4d"))
    table = ego4d.write_gaze(folder / "ego4d" / "gaze" / f"{ego4d.UID}.csv")
    yield "ego4d", (table, lambda: open_recording(table, format="ego4d"))
    text = egtea.write_text(folder / "egtea" / f"{egtea.SESSION}.txt")
    yield "egtea", (text, lambda: open_recording(text, format="egtea"))
    video = hd_epic.write_hd_epic(folder / "hd", video=False)
    yield "hd_epic", (video / "framewise_info.jsonl", lambda: open_recording(video, format="hd_epic"))


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    return dict(written(tmp_path_factory.mktemp("mutations")))


@pytest.mark.parametrize("name", ["egoexo4d", "ego4d", "egtea", "hd_epic"])
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_mutations(cases: dict[str, Case], name: str, mutation: str) -> None:
    file, opened = cases[name]
    whole = file.read_bytes()
    assert len(MUTATIONS) == 20
    try:
        file.write_bytes(MUTATIONS[mutation](whole, random.Random(f"{name} {mutation}")))
        try:
            recording = opened()
            for stream in recording.loaders:
                recording.stream(stream)
        except FoveateError as error:
            assert "\n" not in str(error)  # noqa: PT017 - both outcomes are right; an error must be one line
            assert len(str(error)) < 2000  # noqa: PT017
        else:
            assert len(recording.gaze) > 0
    finally:
        file.write_bytes(whole)
