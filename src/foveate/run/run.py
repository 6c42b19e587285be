"""A Run on disk: ``run.json`` (what was asked of whom, with what), ``lines.jsonl``, ``scores.jsonl``."""

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from foveate.errors import UsageError, hint, hint_beside
from foveate.job.disk import write_whole
from foveate.run.line import Key, RunLine

FORMAT = 1
RUN, LINES, SCORES = "run.json", "lines.jsonl", "scores.jsonl"
JOB = "job"
"""Folder of the job that makes a Run; there before its files are."""
MEND = {
    LINES: "the same foveate evaluate writes it anew, out of the job in the Run's folder",
    SCORES: "delete the file and score again",
}
"""What to do about a broken file."""
TABLES = ("study", "shown", "models", "recordings", "metrics", "left_out", "budgets")
"""Of run.json: those facts that hold others by name."""


@dataclass(frozen=True)
class Run:
    """What was asked, shown, answered and scored."""

    folder: Path
    """Where it lies."""
    facts: Mapping[str, Any]
    """Of ``run.json``: study (the file as data), shown (name -> how it was made), models (with their weights), recordings,
    versions, budgets, left_out (reason -> samples), notice (what every output must bear, or None), complete."""
    lines: tuple[RunLine, ...]
    """In the order of the samples; scores joined in."""

    @property
    def name(self) -> str:
        """What tables call it."""
        return str(self.facts.get("title") or self.folder.name)

    @property
    def versions(self) -> list[Mapping[str, Any]]:
        """Of foveate, its code, Python and packages; several where it went on with others (``RunLine.version``)."""
        return [each["pins"] for each in self.facts.get("versions", ())]

    @property
    def by_key(self) -> dict[Key, RunLine]:
        return {line.key: line for line in self.lines}

    def of_model(self, name: str) -> "Run":
        """What one of its models answered, as a Run that bears the model's name.

        Raises:
            UsageError: where it asked no such model.
        """
        models = dict.fromkeys(line.model for line in self.lines)
        if name not in models:
            raise UsageError(f"{self.folder} has no answers of {name!r}{hint(name, models)}; it has: {', '.join(models)}")
        kept = tuple(line for line in self.lines if line.model == name)
        return replace(self, facts={**self.facts, "title": name}, lines=kept)

    def scored(self, names: Iterable[str] | None = None) -> list[str]:
        """Names of the scores that any line has or lacks for a reason, in the order of their first appearance."""
        found = dict.fromkeys(name for line in self.lines for name in (*line.scores, *line.unscored))
        return [name for name in found if names is None or name in set(names)]


def read_run(folder: Path | str) -> Run:
    """Read a Run.

    Raises:
        UsageError: where the folder holds none, or a line is broken or stands there twice.
    """
    folder = Path(folder)
    if folder.name in (RUN, LINES, SCORES) and folder.is_file():
        folder = folder.parent
    if folder.is_file():
        raise UsageError(f"{folder} is a file; give the folder of a Run, which foveate evaluate STUDY.toml makes")
    if not (folder / RUN).is_file() or not (folder / LINES).is_file():
        there = ", ".join(sorted(file.name for file in folder.iterdir())[:6]) if folder.is_dir() else "nothing"
        if (folder / JOB).is_dir():
            raise UsageError(f"the study of {folder} was stopped before its Run was written; the same foveate evaluate goes on")
        raise UsageError(
            f"{folder} holds no Run (needs {RUN} and {LINES}; found: {there or 'nothing'})"
            f"{'' if folder.exists() else hint_beside(folder)}; make one with: foveate evaluate STUDY.toml"
        )
    facts = _facts(folder / RUN)
    scores = dict(_scores(folder / SCORES)) if (folder / SCORES).is_file() else {}
    lines: dict[Key, RunLine] = {}
    for number, told in _objects(folder / LINES):
        try:
            line = RunLine.from_json(told)
        except (TypeError, ValueError, KeyError) as error:
            raise UsageError(f"line {number} of {folder / LINES} is no line of a Run ({error})") from error
        if line.key in lines:
            raise UsageError(
                f"line {number} of {folder / LINES} has the same sample, view, model and instruction as one before"
            )
        known = scores.get(line.key, {})
        if any(known.get(name, pin) != pin for name, pin in _pins(line).items()):
            known = {}  # of an earlier answer, or by a reference that was put right: the Run was made again since it was scored
        lines[line.key] = replace(line, scores=known.get("scores", {}), unscored=known.get("unscored", {}))
    return Run(folder, facts, tuple(lines.values()))


def _facts(file: Path) -> dict[str, Any]:
    """What ``run.json`` holds, each part of the kind that it should be of."""
    again = "make the Run again with the same foveate evaluate"
    try:
        facts: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        version = facts["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{file} is damaged ({error}); {again}") from error
    for name in TABLES:
        if not isinstance(facts.get(name, {}), dict):
            raise UsageError(f"{file} is damaged ({name} is no table); {again}")
    versions = facts.get("versions", [])
    if not isinstance(versions, list) or not all(_is_version(each) for each in versions):
        raise UsageError(f"{file} is damaged (versions is no list of versions); {again}")
    if version != FORMAT:
        raise UsageError(f"{file.parent} is a Run of format {version}, and this foveate reads format {FORMAT}; make it again")
    return facts


def _is_version(told: Any) -> bool:
    return isinstance(told, dict) and isinstance(told.get("pins"), dict) and isinstance(told.get("lines"), int)


def write_scores(run: Run) -> None:
    """Write ``scores.jsonl`` anew from the lines; answers stay as they are."""
    rows = [
        {**line.key._asdict(), **_pins(line), "scores": dict(line.scores), "unscored": dict(line.unscored)}
        for line in run.lines
        if line.scores or line.unscored
    ]
    text = "".join(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows)
    write_whole(run.folder / SCORES, text.encode("utf-8", "backslashreplace"))


def _pins(line: RunLine) -> dict[str, str | None]:
    """What a line's scores are of: its answer, and what it is held against."""
    truth = json.dumps([line.references, line.choices, line.answer, line.objects])
    return {
        "text_sha256": None if line.text is None else hashlib.sha256(line.text.encode("utf-8", "surrogatepass")).hexdigest(),
        "truth_sha256": hashlib.sha256(truth.encode()).hexdigest(),
    }


def _scores(file: Path) -> Iterator[tuple[Key, Mapping[str, Any]]]:
    for number, told in _objects(file):
        try:
            values, reasons = told.get("scores", {}), told.get("unscored", {})
            if odd := [f"{name} is {value!r:.60}" for name, value in values.items() if not _is_number(value)]:
                raise TypeError(f"{odd[0]}, which is no number")
            if odd := [name for name, reason in reasons.items() if not isinstance(reason, str)]:
                raise TypeError(f"{odd[0]} has no reason")
            yield Key(*(told[name] for name in Key._fields)), told
        except (KeyError, TypeError, AttributeError) as error:
            raise UsageError(
                f"line {number} of {file} is no line of scores ({error}); delete the file and score again"
            ) from error


def _is_number(value: object) -> bool:
    """A huge number in a file is read as infinite, or as a whole number that no score can be."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def _objects(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with file.open("rb") as opened:
        for number, row in enumerate(opened, start=1):
            try:
                told = json.loads(row, parse_constant=_refuse)
            except (ValueError, RecursionError) as error:
                raise UsageError(f"line {number} of {file} is no JSON ({error}); {MEND[file.name]}") from error
            if not isinstance(told, dict):
                raise UsageError(f"line {number} of {file} is no JSON object; {MEND[file.name]}")
            yield number, told


def _refuse(constant: str) -> float:
    """NaN and infinity, which Python reads and JSON has not: a missing score is left out, never a number."""
    raise ValueError(f"{constant} is no number of JSON")
