"""Ways in which a file of a recording can be broken: one table, MUTATIONS.

Used by tests/recording/test_mutations.py and benchmarks/mutations.py. Every draw comes from a generator that is seeded with the
case's name, so that a case breaks the same way every time.
"""

import gzip
import os
from dataclasses import dataclass
from pathlib import Path

from broken.harms import (
    BINARY,
    DEEP,
    GZIP,
    KINDS,
    LINES,
    LISTED,
    NUMBERS,
    PLAIN,
    TEXT,
    VALUES,
    VIDEO,
    WRITTEN,
    Harm,
    another_device,
    another_kind,
    bomb,
    box,
    by_lines,
    cells,
    claims_more,
    content,
    first_lost,
    flipped,
    forbidden,
    header_line,
    inside,
    items,
    kind_of,
    lines_of_100_mb,
    linked_out,
    linked_to,
    numbers,
    of_frames,
    one_value,
    other_video,
    renamed,
    shuffled,
    sparse,
    swapped,
    unpacked,
    values,
    with_huge,
    without,
    zero_bomb,
)


@dataclass(frozen=True)
class Mutation:
    """One way to break a file."""

    kinds: tuple[str, ...]
    """Of files that it fits."""
    harm: Harm
    """Puts something into the file's place."""


def fitting(file: Path) -> list[str]:
    """Names of the mutations that fit a file."""
    return [name for name, mutation in MUTATIONS.items() if kind_of(file) in mutation.kinds]


MUTATIONS: dict[str, Mutation] = {
    # the file itself
    "missing": Mutation(KINDS, lambda target, rng: None),
    "a folder in its place": Mutation(KINDS, lambda target, rng: target.file.mkdir()),
    "50 GB": Mutation(KINDS, sparse),
    "link out of the folder": Mutation(KINDS, linked_out),
    "link to nothing": Mutation(KINDS, linked_to("nowhere")),
    "link to itself": Mutation(KINDS, lambda target, rng: target.file.symlink_to(target.file.name)),
    "link to an endless device": Mutation(KINDS, linked_to("/dev/zero")),
    "pipe that nobody writes to": Mutation(KINDS, lambda target, rng: os.mkfifo(target.file)),
    "permission denied": Mutation(KINDS, forbidden),
    "file of another device": Mutation(KINDS, another_device),
    "file of another kind": Mutation(KINDS, another_kind),
    # its bytes
    "empty": Mutation(KINDS, content(lambda data, rng: b"")),
    "first byte only": Mutation(KINDS, content(lambda data, rng: data[:1])),
    "first quarter": Mutation(KINDS, content(lambda data, rng: data[: len(data) // 4])),
    "first half": Mutation(KINDS, content(lambda data, rng: data[: len(data) // 2])),
    "cut at random": Mutation(KINDS, content(lambda data, rng: data[: rng.randrange(len(data))])),
    "last byte lost": Mutation(KINDS, content(lambda data, rng: data[:-1])),
    "one bit flipped": Mutation(KINDS, content(lambda data, rng: flipped(data, rng, bits=1))),
    "60 bits flipped": Mutation(KINDS, content(lambda data, rng: flipped(data, rng, bits=60))),
    "bits of its head flipped": Mutation(KINDS, content(lambda data, rng: flipped(data, rng, bits=8, first=64))),
    "zeros": Mutation(KINDS, content(lambda data, rng: bytes(len(data)))),
    "zeros inside": Mutation(KINDS, content(lambda data, rng: inside(data, rng, bytes(64)))),
    "noise": Mutation(KINDS, content(lambda data, rng: rng.randbytes(4000))),
    "noise after its end": Mutation(KINDS, content(lambda data, rng: data + rng.randbytes(4000))),
    "twice": Mutation(KINDS, content(lambda data, rng: data * 2)),
    # lines and cells, also of gzipped files
    "header only": Mutation(LISTED, unpacked(by_lines(lambda lines, rng: lines[: header_line(lines) + 1]))),
    "without header": Mutation((TEXT,), content(by_lines(lambda lines, rng: lines[header_line(lines) + 1 :]))),
    "lines backwards": Mutation(LISTED, unpacked(by_lines(lambda lines, rng: lines[:1] + lines[:0:-1]))),
    "lines shuffled": Mutation(LISTED, unpacked(by_lines(lambda lines, rng: lines[:1] + shuffled(lines[1:], rng)))),
    "every second line": Mutation(LISTED, unpacked(by_lines(lambda lines, rng: lines[::2]))),
    "last line 5,000 times": Mutation(LISTED, unpacked(by_lines(lambda lines, rng: lines + lines[-1:] * 5000))),
    "a number odd": Mutation(WRITTEN, unpacked(numbers(lambda old, rng: rng.choice(NUMBERS), count=1))),
    "80 numbers odd": Mutation(WRITTEN, unpacked(numbers(lambda old, rng: rng.choice(NUMBERS), count=80))),
    "all numbers odd": Mutation(WRITTEN, unpacked(numbers(lambda old, rng: rng.choice(NUMBERS)))),
    "all numbers NaN": Mutation(WRITTEN, unpacked(numbers(lambda old, rng: b"NaN"))),
    "all numbers infinite": Mutation(WRITTEN, unpacked(numbers(lambda old, rng: b"1e999"))),
    "all numbers negative": Mutation(WRITTEN, unpacked(numbers(lambda old, rng: b"-" + old.lstrip(b"-")))),
    "all numbers one": Mutation(WRITTEN, unpacked(numbers(lambda old, rng: b"1"))),
    "a number of 5,000 digits": Mutation(WRITTEN, unpacked(numbers(lambda old, rng: b"9" * 5000, count=1))),
    "a column renamed": Mutation((TEXT,), content(cells(renamed, header_only=True))),
    "a column missing": Mutation((TEXT,), content(cells(without))),
    "first cells missing": Mutation((TEXT,), content(by_lines(first_lost))),
    "columns under other names": Mutation((TEXT,), content(cells(swapped, header_only=True))),
    "another separator": Mutation((TEXT,), content(lambda data, rng: data.translate(bytes.maketrans(b",\t;", b"| |")))),
    "a quote that never ends": Mutation((TEXT,), content(lambda data, rng: inside(data, rng, b'"'))),
    "times with a zone": Mutation((TEXT, LINES), content(numbers(lambda old, rng: b"2024-05-01T12:00:00+02:00", count=80))),
    "a line of 100 MB": Mutation(PLAIN, lines_of_100_mb),
    "UTF-16": Mutation(PLAIN, content(lambda data, rng: data.decode("latin-1").encode("utf-16"))),
    "another encoding": Mutation(PLAIN, content(lambda data, rng: data.replace(b"e", b"\xe9"))),
    "byte order mark": Mutation(PLAIN, content(lambda data, rng: b"\xef\xbb\xbf" + data)),
    "Windows line ends": Mutation(PLAIN, content(lambda data, rng: b"\r\n".join(data.splitlines()) + b"\r\n")),
    # JSON
    "nested 100,000 deep": Mutation(VALUES, unpacked(lambda data, rng: DEEP + b"\n" + data)),
    "a value nested 100,000 deep": Mutation(VALUES, unpacked(one_value(b"[" * 100_000 + b"]" * 100_000))),
    "a list": Mutation(VALUES, unpacked(lambda data, rng: b"[1, 2, 3]\n")),
    "all values null": Mutation(VALUES, unpacked(values(b" null"))),
    "all values text": Mutation(VALUES, unpacked(values(b' "\\ud800\\u001b[31m"'))),
    "all values lists": Mutation(VALUES, unpacked(values(b" [[]]"))),
    "a value null": Mutation(VALUES, unpacked(one_value(b" null"))),
    "a value a list": Mutation(VALUES, unpacked(one_value(b" [{}, 1]"))),
    # gzip
    "bomb of lines": Mutation((GZIP,), bomb),
    "bomb of zeros": Mutation((GZIP,), zero_bomb),
    "not packed": Mutation((GZIP,), content(lambda data, rng: gzip.decompress(data))),
    # arrays
    "items backwards": Mutation((BINARY,), content(items(lambda found, rng: found[::-1]))),
    "items shuffled": Mutation((BINARY,), content(items(shuffled))),
    "all items the first": Mutation((BINARY,), content(items(lambda found, rng: found[:1] * len(found)))),
    "all items NaN": Mutation((BINARY,), content(items(lambda found, rng: [b"\xff" * 7 + b"\x7f"] * len(found)))),
    "all items -1": Mutation((BINARY,), content(items(lambda found, rng: [b"\xff" * 8] * len(found)))),
    "an item huge": Mutation((BINARY,), content(items(with_huge))),
    "claims 10^15 items": Mutation((BINARY,), content(claims_more)),
    # video
    "head zeroed": Mutation((VIDEO,), content(lambda data, rng: bytes(64) + data[64:])),
    "index lost": Mutation((VIDEO,), content(lambda data, rng: data.replace(b"moov", b"lost"))),
    "claims 2^32 frames": Mutation((VIDEO,), content(box(b"stsz", lambda body: body[:8] + b"\xff" * 4 + body[12:]))),
    "frames of negative size": Mutation((VIDEO,), content(box(b"stsz", lambda body: body[:12] + b"\xff" * len(body)))),
    "times of frames huge": Mutation((VIDEO,), content(box(b"stts", lambda body: body[:8] + b"\x7f\xff\xff\xff" * 4))),
    "times of frames zero": Mutation((VIDEO,), content(box(b"stts", lambda body: body[:12] + bytes(4)))),
    "ticks of zero length": Mutation((VIDEO,), content(box(b"mdhd", lambda body: body[:12] + bytes(4) + body[16:]))),
    "codec's head damaged": Mutation((VIDEO,), content(box(b"avcC", lambda body: bytes(len(body))))),
    "a bit of its frames flipped": Mutation((VIDEO,), content(lambda data, rng: of_frames(data, rng, bits=1))),
    "200 bits of its frames flipped": Mutation((VIDEO,), content(lambda data, rng: of_frames(data, rng, bits=200))),
    "cut at nine tenths": Mutation((VIDEO,), content(lambda data, rng: data[: len(data) * 9 // 10])),
    "more frames": Mutation((VIDEO,), other_video("longer.mp4")),
    "fewer frames": Mutation((VIDEO,), other_video("shorter.mp4")),
    "one frame": Mutation((VIDEO,), other_video("one.mp4")),
    "frames of another size": Mutation((VIDEO,), other_video("wide.mp4")),
    "sound only": Mutation((VIDEO,), other_video("sound.mp4")),
}  # fmt: skip
"""Name -> what is done."""
