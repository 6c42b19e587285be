"""A replayed Run as lines of text, and as data."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from foveate.replay.replay import Part, Replay

EXAMPLES = 3
"""Differences of each part that are told; all stand in the file."""
LETTERS = 160
"""Of a text that is told as an example."""


def told_of_replay(replay: Replay) -> list[str]:
    """What is as it was, what differs with examples, what could not be made again, and what is another version now."""
    run = replay.run
    lines = [f"{run.name} ({run.folder}): {len(run.lines):,} lines"]
    if not run.facts.get("complete", True):
        lines.append("the Run was stopped before its end: what it holds is replayed")
    lines += _told_of_part("images", "lines", replay.images)
    lines += _told_of_part("scores", "scores", replay.scores)
    if replay.answers is None:
        models = ", ".join(dict.fromkeys(line.model for line in run.lines))
        lines.append(f"answers   not asked again; --model asks ({models})")
    else:
        lines += _told_of_part("answers", "lines", replay.answers)
    lines.append(f"versions  {f'{len(replay.versions)} are others now' if replay.versions else 'all as they were'}")
    for each in replay.versions:
        then, now = _apart(each.then, each.now)
        lines.append(f"  {each.name}: {_short(then)} then, {_short(now)} now")
    lines.append(_verdict(replay))
    return lines


def replay_data(replay: Replay) -> dict[str, Any]:
    """The same as JSON values, with every difference."""
    parts = {"images": replay.images, "scores": replay.scores, "answers": replay.answers}
    return {
        "run": str(replay.run.folder),
        "title": replay.run.name,
        "lines": len(replay.run.lines),
        "ok": replay.ok,
        **{name: None if part is None else _data(part) for name, part in parts.items()},
        "versions": [asdict(each) for each in replay.versions],
    }


def _data(part: Part) -> dict[str, Any]:
    differing = [{**asdict(each), "line": each.line._asdict()} for each in part.differing]
    return {"same": part.same, "differing": differing, "gone": dict(part.gone), "beside": dict(part.beside)}


def _told_of_part(name: str, unit: str, part: Part) -> Iterator[str]:
    counts = [f"{part.same:,} {unit} as they were"]
    if part.differing:
        counts.append(f"{len(part.differing):,} not")
    if part.gone:
        counts.append(f"{part.gone.total():,} could not be made again")
    beside = "; ".join(f"{count:,} {what}" for what, count in part.beside.items())
    yield f"{name:<8}  {', '.join(counts)}{f' ({beside})' if beside else ''}"
    for each in part.differing[:EXAMPLES]:
        where = ", ".join(each.line)
        yield f"  {where}: {each.what} {_short(each.then)!r} then, {_short(each.now)!r} now"
    if len(part.differing) > EXAMPLES:
        yield f"  and {len(part.differing) - EXAMPLES:,} more ({_counted(part)})"
    for reason, count in part.gone.items():
        yield f"  {count:,} x {reason}"


def _counted(part: Part) -> str:
    """All differences by what and by way of showing."""
    counts: dict[str, int] = {}
    for each in part.differing:
        name = f"{each.what}, {each.line.shown}"
        counts[name] = counts.get(name, 0) + 1
    return "; ".join(f"{name}: {count:,}" for name, count in counts.items())


def _verdict(replay: Replay) -> str:
    parts: Mapping[str, Part | None] = {"images": replay.images, "scores": replay.scores, "answers": replay.answers}
    differing = [name for name, part in parts.items() if part is not None and part.differing]
    gone = [name for name, part in parts.items() if part is not None and part.gone]
    said = []
    if differing:
        said.append(f"not as they were: {', '.join(differing)}")
    if gone:
        said.append(f"could not all be made again: {', '.join(gone)}")
    return "; ".join(said) or "no difference"


def _apart(then: str, now: str) -> tuple[str, str]:
    """Of two signatures what differs; others as they are."""
    parts = then.split("|"), now.split("|")
    if len(parts[0]) != len(parts[1]):
        return then, now
    differing = [pair for pair in zip(*parts, strict=True) if pair[0] != pair[1]]
    return "|".join(pair[0] for pair in differing), "|".join(pair[1] for pair in differing)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 3]}..."
