"""What is done to a file to break it: other bytes, or something else in its place. The table is in ``mutations.py``."""

import gzip
import os
import random
import re
import shutil
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Rng = random.Random
Harm = Callable[["Target", Rng], None]
Change = Callable[[bytes, Rng], bytes]

TEXT, JSON, LINES, GZIP, VIDEO, BINARY, NAME = KINDS = ("text", "json", "lines", "gzip", "video", "binary", "name")
"""Of files; ``lines`` are JSON, one value a line; ``gzip`` holds such lines; a ``name`` is a word or two."""
PLAIN, WRITTEN = (TEXT, JSON, LINES), (TEXT, JSON, LINES, GZIP)
LISTED, VALUES = (TEXT, LINES, GZIP), (JSON, LINES, GZIP)
KIND_OF = {
    **dict.fromkeys((".csv", ".tsv", ".txt", ".toml"), TEXT),
    **dict.fromkeys((".json", ".g3"), JSON),
    ".jsonl": LINES,
    ".gz": GZIP,
    ".mp4": VIDEO,
    "": NAME,
}
DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
SPARSE_BYTES = 50 * 10**9
LINE_BYTES = 100 * 10**6
BOMB_MEMBER_BYTES, BOMB_MEMBERS = 16 * 2**20, 200
NUMBERS = (b"nan", b"inf", b"-1", b"1e308", b"9" * 30, b"", b"\x00", b'"', b"\xff\xfe", b"abc", b"[]", b"null", b"1:2:3:4")
NUMBER = rb"-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"


@dataclass(frozen=True)
class Target:
    """The file that is broken: it was moved aside, and what takes its place is up to the mutation."""

    file: Path
    """Where it was; nothing is there now."""
    whole: Path
    """Where it is now."""
    spare: Path
    """A folder outside of the recording: files of other devices, and other videos."""


def kind_of(file: Path) -> str:
    return KIND_OF.get(file.suffix.lower(), BINARY)


def content(change: Change) -> Harm:
    """The file with other bytes."""

    def harm(target: Target, rng: Rng) -> None:
        target.file.write_bytes(change(target.whole.read_bytes(), rng))

    return harm


def unpacked(change: Change) -> Harm:
    """The file with other bytes; of a gzipped file those that it unpacks to."""

    def harm(target: Target, rng: Rng) -> None:
        data = target.whole.read_bytes()
        if target.file.suffix == ".gz":
            target.file.write_bytes(gzip.compress(change(gzip.decompress(data), rng), compresslevel=1))
        else:
            target.file.write_bytes(change(data, rng))

    return harm


# Bytes


def flipped(data: bytes, rng: Rng, *, bits: int, first: int | None = None) -> bytes:
    """So many random bits flipped, anywhere or in the first bytes."""
    changed = bytearray(data)
    for _ in range(bits if data else 0):
        changed[rng.randrange(min(len(changed), first or len(changed)))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def inside(data: bytes, rng: Rng, added: bytes) -> bytes:
    place = rng.randrange(len(data) + 1)
    return data[:place] + added + data[place + len(added) :]


# Lines and cells


def by_lines(change: Callable[[list[bytes], Rng], list[bytes]]) -> Change:
    return lambda data, rng: b"".join(change(data.splitlines(keepends=True), rng))


def shuffled(lines: list[bytes], rng: Rng) -> list[bytes]:
    rng.shuffle(lines)
    return lines


def numbers(new: Callable[[bytes, Rng], bytes], *, count: int | None = None) -> Change:
    """So many of the numbers in a text replaced; None for all."""

    def change(data: bytes, rng: Rng) -> bytes:
        found = list(re.finditer(NUMBER, data))
        chosen = set(found) if count is None else set(rng.sample(found, min(count, len(found))))
        parts, end = [], 0
        for match in found:
            if match in chosen:
                parts += [data[end : match.start()], new(match[0], rng)]
                end = match.end()
        return b"".join(parts) + data[end:]

    return change


def separator(header: bytes) -> bytes:
    return max(b",", b";", b"\t", key=header.count)


def header_line(lines: list[bytes]) -> int:
    """The line with the names of the columns: the first with most separators."""
    return max(range(len(lines)), key=lambda place: lines[place].count(separator(lines[place])), default=0)


def cells(change: Callable[[list[bytes], int, Rng], list[bytes]], *, header_only: bool = False) -> Change:
    """The cells of every line from the header on changed, given a column that is drawn once."""

    def one(data: bytes, rng: Rng) -> bytes:
        lines = data.splitlines()
        if not lines:
            return data
        first = header_line(lines)
        mark = separator(lines[first])
        column = rng.randrange(lines[first].count(mark) + 1)
        last = first + 1 if header_only else len(lines)
        lines[first:last] = [mark.join(change(line.split(mark), column, rng)) for line in lines[first:last]]
        return b"\n".join(lines) + b"\n"

    return one


def renamed(values: list[bytes], column: int, rng: Rng) -> list[bytes]:
    return [value + b"_" if place == column else value for place, value in enumerate(values)]


def first_lost(lines: list[bytes], rng: Rng) -> list[bytes]:
    return lines[:1] + [line[line.find(b",") + 1 :] for line in lines[1:]]


def without(values: list[bytes], column: int, rng: Rng) -> list[bytes]:
    return values[:column] + values[column + 1 :]


def swapped(values: list[bytes], column: int, rng: Rng) -> list[bytes]:
    return values[1:] + values[:1]


def lines_of_100_mb(target: Target, rng: Rng) -> None:
    """The file with a last line of 100 MB, written piece by piece."""
    shutil.copyfile(target.whole, target.file)
    with target.file.open("ab") as opened:
        for _ in range(LINE_BYTES // 10**6):
            opened.write(b"7" * 10**6)


# JSON


def values(new: bytes, pattern: bytes = rb'(?<=:)\s*("(?:[^"\\]|\\.)*"|' + NUMBER + rb"|true|false|null)") -> Change:
    """Every plain value of an object replaced."""
    return lambda data, rng: re.sub(pattern, lambda match: new, data)


def one_value(new: bytes) -> Change:
    """One plain value of an object replaced."""

    def change(data: bytes, rng: Rng) -> bytes:
        found = list(re.finditer(rb'(?<=:)\s*("(?:[^"\\]|\\.)*"|' + NUMBER + rb"|true|false|null)", data))
        if not found:
            return new
        match = rng.choice(found)
        return data[: match.start()] + new + data[match.end() :]

    return change


# The file itself


def sparse(target: Target, rng: Rng) -> None:
    shutil.copyfile(target.whole, target.file)
    os.truncate(target.file, SPARSE_BYTES)


def linked_out(target: Target, rng: Rng) -> None:
    """A link to the same file outside of the recording's folder."""
    outside = target.spare / f"outside{target.file.suffix}"
    shutil.copyfile(target.whole, outside)
    target.file.symlink_to(outside)


def linked_to(where: str) -> Harm:
    return lambda target, rng: target.file.symlink_to(where)


def forbidden(target: Target, rng: Rng) -> None:
    shutil.copyfile(target.whole, target.file)
    target.file.chmod(0)


def another_device(target: Target, rng: Rng) -> None:
    """A file of another device under this one's name: one of the same kind where there is one."""
    others = sorted(file for file in (target.spare / "devices").iterdir() if file.read_bytes() != target.whole.read_bytes())
    same = [file for file in others if kind_of(file) == kind_of(target.file)]
    shutil.copyfile(rng.choice(same or others), target.file)


def another_kind(target: Target, rng: Rng) -> None:
    others = sorted((target.spare / "devices").iterdir())
    shutil.copyfile(rng.choice([file for file in others if kind_of(file) != kind_of(target.file)]), target.file)


def bomb(target: Target, rng: Rng) -> None:
    """Three gigabytes of lines, packed: the same member again and again."""
    line = gzip.decompress(target.whole.read_bytes()).splitlines(keepends=True)[0]
    member = gzip.compress(line * (BOMB_MEMBER_BYTES // len(line)), compresslevel=6)
    target.file.write_bytes(member * BOMB_MEMBERS)


def zero_bomb(target: Target, rng: Rng) -> None:
    target.file.write_bytes(gzip.compress(bytes(BOMB_MEMBER_BYTES), compresslevel=6) * BOMB_MEMBERS)


# Arrays


def items(change: Callable[[list[bytes], Rng], list[bytes]], *, size: int = 8) -> Change:
    """What follows the head of an array of items of 8 bytes changed; NumPy's head is kept."""

    def one(data: bytes, rng: Rng) -> bytes:
        head = 10 + int.from_bytes(data[8:10], "little") if data.startswith(b"\x93NUMPY") else 0
        body = data[head:]
        return data[:head] + b"".join(change([body[k : k + size] for k in range(0, len(body), size)], rng))

    return one


def with_huge(found: list[bytes], rng: Rng) -> list[bytes]:
    return [*found[: len(found) // 2], b"\xff" * 7 + b"\x7f", *found[len(found) // 2 + 1 :]]


def claims_more(data: bytes, rng: Rng) -> bytes:
    """The head claims 10^15 items: NumPy's shape, or a msgpack array, or four bytes of ones where a count may be."""
    if data.startswith(b"\x93NUMPY"):
        size = int.from_bytes(data[8:10], "little")
        told = re.sub(rb"\(\d+,\)", b"(1000000000000000,)", data[10 : 10 + size]).rstrip()
        return data[:10] + told.ljust(size - 1) + b"\n" + data[10 + size :]
    return b"\xdd\xff\xff\xff\xff" + data


# Video


def box(name: bytes, new: Callable[[bytes], bytes]) -> Change:
    """The content of a video's boxes of a name, as long as it was, changed."""

    def change(data: bytes, rng: Rng) -> bytes:
        place = data.find(name)
        while place >= 4:
            (size,) = struct.unpack(">I", data[place - 4 : place])
            body = data[place + 4 : place - 4 + size]
            data = data[: place + 4] + new(body).ljust(len(body), b"\0")[: len(body)] + data[place + 4 + len(body) :]
            place = data.find(name, place + 4)
        return data

    return change


def of_frames(data: bytes, rng: Rng, *, bits: int) -> bytes:
    """Bits flipped in what is left once the index is left alone."""
    place = data.find(b"mdat")
    (size,) = struct.unpack(">I", data[place - 4 : place]) if place >= 4 else (len(data),)
    first, last = (place + 4, min(place - 4 + size, len(data))) if place >= 4 else (len(data) // 4, len(data))
    return data[:first] + flipped(data[first:last], rng, bits=bits) + data[last:]


def other_video(name: str) -> Harm:
    return lambda target, rng: (shutil.copyfile(target.spare / "videos" / name, target.file), None)[1]
