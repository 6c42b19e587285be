"""What a judge is asked about a Run: one item per text of a sample, however many lines have it, and what each line is owed."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from foveate.errors import UsageError
from foveate.evaluation.group import cluster_of
from foveate.evaluation.recording_warnings import without_warnings
from foveate.job import Item
from foveate.judge.work import Clip, judge_item
from foveate.run import Key, Run, RunLine
from foveate.score import Score
from foveate.score.judge import Case

NAME = re.compile(r"judge([_-][a-z0-9]+)*")
SAME_WORDS = Score(0.5)
"""Two descriptions of the same words are a tie, and nobody needs to be asked."""


@dataclass(frozen=True)
class Owed:
    """Where the score of a line comes from."""

    item: str
    """Of the job."""
    second: bool = False
    """Whether it is the second of two that are compared."""


@dataclass(frozen=True)
class Plan:
    """Everything that a judge will be asked, and which lines wait for it."""

    name: str
    """Of the folder in the Run's, and, with underscores, what its scores' names begin with."""
    items: tuple[Item, ...]
    """In the order of the Run's samples."""
    clusters: Mapping[str, str]
    """Item -> the participant or recording that it is of."""
    owed: Mapping[Key, Owed]
    """Line -> its item."""
    known: Mapping[Key, Score]
    """Line -> its score, where nobody needs to be asked: there is no answer, nothing to judge by, or the same words twice."""
    compared: tuple[str, str] | None = None
    """The two ways of showing, or models, of a comparison; None for grades."""
    what: str = ""
    """What is put in order: ``shown`` or ``model``; empty for grades."""

    @property
    def prefix(self) -> str:
        """What the names of its scores begin with."""
        return self.name.replace("-", "_")

    def is_about(self, line: RunLine) -> bool:
        """Whether a line may ever get its scores; of a comparison, those of the two only."""
        return self.compared is None or getattr(line, self.what) in self.compared


def plan_grades(run: Run, *, frames: bool = False, name: str = "judge") -> Plan:
    """Grade every answer of a Run.

    Args:
        run: with its lines.
        frames: whether the judge looks at the clips.
        name: ``judge``, or ``judge-...`` for a second judge of the same Run.

    Raises:
        UsageError: for another name, or where not one line can be judged.
    """
    items: dict[str, Item] = {}
    clusters: dict[str, str] = {}
    owed: dict[Key, Owed] = {}
    known: dict[Key, Score] = {}
    for group in _samples(run):
        case, clip = _case(group), _clip(run, group[0]) if frames else None
        for line in group:
            if (lack := _lack(line, case, clip)) is not None:
                known[line.key] = lack
                continue
            item = judge_item(_id(line, case, [line.text or ""]), case, grade=line.text, clip=clip)
            items[item.id], clusters[item.id], owed[line.key] = item, cluster_of(line), Owed(item.id)
    return _checked(Plan(_named(name), tuple(items.values()), clusters, owed, known))


def plan_pairs(run: Run, first: str, second: str, *, frames: bool = False, name: str = "judge") -> Plan:
    """Compare two ways of showing, or two models, sample by sample.

    Args:
        run: with its lines.
        first: a way of showing, or a model, of the Run.
        second: another.
        frames: whether the judge looks at the clips.
        name: as for ``plan_grades``; the folder's and the scores' names tell the two as well.

    Raises:
        UsageError: where the Run has not both, or not one pair can be judged.
    """
    what = _axis(run, first, second)
    items: dict[str, Item] = {}
    clusters: dict[str, str] = {}
    owed: dict[Key, Owed] = {}
    known: dict[Key, Score] = {}
    for group in _samples(run):
        case, clip = _case(group), _clip(run, group[0]) if frames else None
        for one, other in _pairs(group, what, first, second):
            if one is None or other is None:
                lacks = first if one is None else second
                alone = Score.unscored(reason=f"there is no line of {lacks} to compare it with")
                known |= {line.key: alone for line in (one, other) if line is not None}
            elif (score := _settled(one, other, case, clip)) is not None:
                known |= {one.key: score, other.key: score}
            else:
                texts = (one.text or "", other.text or "")
                item = judge_item(_id(one, case, texts), case, compare=texts, clip=clip)
                items[item.id], clusters[item.id] = item, cluster_of(one)
                owed |= {one.key: Owed(item.id), other.key: Owed(item.id, second=True)}
    full = f"{_named(name)}-{slug(first)}-or-{slug(second)}"
    return _checked(Plan(full, tuple(items.values()), clusters, owed, known, (first, second), what))


def split_pair(run: Run, told: str) -> tuple[str, str]:
    """``A,B`` as two ways of showing, or two models, of a Run; their names may hold commas themselves.

    Raises:
        UsageError: where it names not exactly two.
    """
    names = {line.shown for line in run.lines} | {line.model for line in run.lines}
    places = [place for place, letter in enumerate(told) if letter == ","]
    halves = [(told[:place].strip(), told[place + 1 :].strip()) for place in places]
    found = [(first, second) for first, second in halves if {first, second} <= names]
    if len(found) != 1:
        listed = "; ".join(sorted({line.shown for line in run.lines}))
        raise UsageError(
            f"--pairwise takes two ways of showing, or two models, of the Run as A,B; got {told!r}, it has: {listed}"
        )
    return found[0]


def _named(name: str) -> str:
    if not NAME.fullmatch(name):
        raise UsageError(f"a judge is called judge or judge-NAME, in lower-case letters and digits, got {name!r}")
    return name


def _checked(plan: Plan) -> Plan:
    """The plan, where anything can be asked or is known."""
    if not plan.items and all(score.value is None for score in plan.known.values()):
        reasons = list(dict.fromkeys(score.reason for score in plan.known.values()))
        raise UsageError(f"not one line of the Run can be judged: {'; '.join(reasons[:3]) or 'it has no lines'}")
    return plan


def _samples(run: Run) -> Iterator[Sequence[RunLine]]:
    """Lines of one sample and instruction together, in the order of the Run."""
    found: dict[tuple[str, str], list[RunLine]] = {}
    for line in run.lines:
        found.setdefault((line.sample, line.instruction), []).append(line)
    yield from found.values()


def _pairs(
    group: Sequence[RunLine], what: Literal["shown", "model"], first: str, second: str
) -> Iterator[tuple[RunLine | None, RunLine | None]]:
    """Lines that differ in nothing else."""
    found: dict[str, dict[str, RunLine]] = {}
    for line in group:
        side, rest = (line.shown, line.model) if what == "shown" else (line.model, line.shown)
        found.setdefault(rest, {})[side] = line
    for of in found.values():
        if first in of or second in of:
            yield of.get(first), of.get(second)


def _axis(run: Run, first: str, second: str) -> Literal["shown", "model"]:
    if first == second:
        raise UsageError(f"a comparison needs two that differ, got {first} twice")
    axes: tuple[Literal["shown", "model"], ...] = ("shown", "model")
    for what in axes:
        if {first, second} <= {getattr(line, what) for line in run.lines}:
            return what
    raise UsageError(f"{run.folder} has not both {first!r} and {second!r}, as ways of showing or as models")


def _case(group: Sequence[RunLine]) -> Case:
    """What the judge knows of a sample: its references, and what was asked in every view alike.

    A view may tell more in words than another, such as where the wearer looked; the shortest has only the instruction.
    """
    return Case(group[0].references, min((line.asked for line in group), key=len))


def _clip(run: Run, line: RunLine) -> Clip:
    places = run.facts.get("recordings", {})
    if line.recording not in places:
        raise UsageError(f"{run.folder} does not tell where the recording {line.recording!r} lies, so no judge can look at it")
    return Clip(without_warnings(places[line.recording]), line.start_s, line.stop_s)


def _lack(line: RunLine, case: Case, clip: Clip | None) -> Score | None:
    """Why a line cannot be judged; None where it can."""
    if line.text is None:
        return Score.unscored(reason=f"no answer: {line.reason or 'none is there'}")
    if case.lacks and clip is None:
        return Score.unscored(reason=f"there is {case.lacks}")
    return None


def _settled(one: RunLine, other: RunLine, case: Case, clip: Clip | None) -> Score | None:
    """What a comparison comes to without a question; None where the judge must be asked."""
    lack = _lack(one, case, clip) or _lack(other, case, clip)
    return lack or (SAME_WORDS if (one.text or "").split() == (other.text or "").split() else None)


def _id(line: RunLine, case: Case, texts: Sequence[str]) -> str:
    """Names what is asked by its content: lines of a sample with the same text are one item."""
    told = json.dumps([line.instruction, case.references, case.asked, list(texts)], ensure_ascii=True)
    return f"{line.sample} {hashlib.sha256(told.encode()).hexdigest()[:12]}"


def slug(name: str) -> str:
    """A way of showing, or a model, as it stands in the names of scores and folders."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "x"
