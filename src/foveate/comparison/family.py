"""What is compared with what: arms of one Run that differ in how they are shown, or arms of two Runs that are shown alike."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from foveate.errors import UsageError, hint
from foveate.evaluation.group import Group, cluster_of, groups, unit_of
from foveate.evaluation.study import Comparing
from foveate.run import Run, RunLine

Lines = Mapping[str, RunLine]
"""Sample -> its line."""
NOUNS = {"shown": "way of showing", "model": "model", "instruction": "instruction"}
"""Of a line, in words."""


@dataclass(frozen=True)
class Family:
    """Pairs of arms whose p are corrected together."""

    name: str
    """How a heading calls it."""
    arms: Mapping[str, Lines]
    """Name of the arm -> its lines."""
    pairs: tuple[tuple[str, str], ...]
    """First and second arm of each comparison."""
    as_good_as: tuple[tuple[str, str], ...]
    """Pairs of which the first may be shown to be as good as the second."""
    together: tuple[str, ...]
    """Arms of which Friedman's test asks whether any differs; empty where they are fewer than three."""
    clusters: Mapping[str, str]
    """Sample -> participant or recording."""
    unit: str
    """What a cluster is."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Reason -> samples that no pair has."""
    between: tuple[str, str] | None = None
    """What two Runs are called; None where arms are of one Run."""

    @property
    def categories(self) -> list[str]:
        """Of its samples; empty where there is one at most, since that is all of them."""
        found = dict.fromkeys(line.category for lines in self.arms.values() for line in lines.values() if line.category)
        return list(found) if len(found) > 1 else []


def families_of(run: Run, comparing: Comparing) -> list[Family]:
    """One family for every model and instruction of a Run.

    Raises:
        UsageError: where a way of showing is named that the Run does not have, or there is nothing to compare.
    """
    found = [_of_group(group, comparing, run) for group in groups(run.lines)]
    if not any(family.pairs for family in found):
        ways = _ways(run)
        if len(ways) > 1:
            others = ", ".join(name for name in ways if name not in comparing.against)
            raise UsageError(f"{', '.join(comparing.against)!r} cannot be compared with itself; compare it against: {others}")
        raise UsageError(f"{run.folder} shows its samples in one way only ({', '.join(ways)}): nothing to compare")
    return found


def families_of_two(first: Run, second: Run, comparing: Comparing) -> list[Family]:
    """One family for every model and instruction of two Runs: a way of showing in the one against the same in the other.

    Where each has one model only and these differ, it is the models that are compared.

    Raises:
        UsageError: where the two have nothing in common, or one lacks a way of showing that is named.
    """
    for name in comparing.against:
        _known(name, first)
        _known(name, second)
    names = labels(first, second)
    pairs = list(_matched(groups(first.lines), groups(second.lines)))
    found = [_of_two(mine, theirs, names, comparing) for mine, theirs in pairs]
    if not any(family.pairs for family in found):
        told = "; ".join(f"{run.folder}: {', '.join(_ways(run))} by {', '.join(_models(run))}" for run in (first, second))
        raise UsageError(f"the two Runs have no way of showing, model and instruction in common ({told})")
    if not any(family.clusters for family in found):
        why = "; ".join(f"{count} {reason}" for reason, count in found[0].left_out.items())
        raise UsageError(f"the two Runs have no sample in common: {why}")
    return found


def labels(first: Run, second: Run) -> tuple[str, str]:
    """What the arms of two Runs are told apart by: titles, else names of folders, else whole paths."""
    for names in ((first.name, second.name), (first.folder.name, second.folder.name)):
        if names[0] != names[1]:
            return names
    return str(first.folder), str(second.folder)


def passed_over(first: Run, second: Run) -> list[str]:
    """What one of two Runs has alone, so that it is not compared; two models that are compared with each other are none."""
    names, found = labels(first, second), []
    for what in ("shown", "model", "instruction"):
        mine, theirs = (list(dict.fromkeys(getattr(line, what) for line in run.lines)) for run in (first, second))
        if what == "model" and len(mine) == len(theirs) == 1:
            continue
        for name, own, others in zip(names, (mine, theirs), (theirs, mine), strict=True):
            if alone := [each for each in own if each not in others]:
                found.append(f"Not compared, since it is only in {name}: {NOUNS[what]} {', '.join(alone)}.")
    return found


def _of_group(group: Group, comparing: Comparing, run: Run) -> Family:
    shown = list(group.shown)
    for name in (*comparing.against, *([comparing.as_good_as] if comparing.as_good_as else [])):
        _known(name, run)
    first = comparing.first if comparing.first in shown else shown[0]
    against = [name for name in (comparing.against or shown) if name in shown and name != first]
    equal = comparing.as_good_as if comparing.as_good_as in shown and comparing.as_good_as != first else ""
    together = (first, *against) if len(against) > 1 else ()
    pairs = tuple((first, second) for second in against)
    return Family(group.name, group.shown, pairs, ((first, equal),) if equal else (), together, group.clusters, group.unit)


def _of_two(mine: Group, theirs: Group, names: tuple[str, str], comparing: Comparing) -> Family:
    """Two groups, their common samples only; a sample that is told differently in the two is none."""
    left_out: Counter[str] = Counter()
    common: list[str] = []
    for name in mine.clusters:
        if name not in theirs.clusters:
            left_out[f"only in {names[0]}"] += 1
        elif _differs(_any(mine, name), _any(theirs, name)):
            left_out["another span, recording, reference or participant in the two Runs"] += 1
        else:
            common.append(name)
    left_out[f"only in {names[1]}"] += sum(name not in mine.clusters for name in theirs.clusters)
    both = [shown for shown in mine.shown if shown in theirs.shown and shown in (comparing.against or (shown,))]
    arms = {
        f"{shown} ({label})": {name: line for name, line in group.shown[shown].items() if name in set(common)}
        for shown in both
        for group, label in zip((mine, theirs), names, strict=True)
    }
    pairs = tuple((f"{shown} ({names[0]})", f"{shown} ({names[1]})") for shown in both)
    name = mine.name if mine.model == theirs.model else f"{mine.model} against {theirs.model}, {mine.instruction}"
    # where only one of the two tells who wore it, that holds: with recordings for persons there would seem to be more evidence
    told = [max(_any(mine, name), _any(theirs, name), key=lambda line: line.participant) for name in common]
    clusters = {line.sample: cluster_of(line) for line in told}
    equal = pairs if comparing.margin else ()
    return Family(name, arms, pairs, equal, (), clusters, unit_of(told), +left_out, names)


def _matched(first: Sequence[Group], second: Sequence[Group]) -> Iterator[tuple[Group, Group]]:
    one_each = len({group.model for group in first}) == len({group.model for group in second}) == 1
    for mine in first:
        for theirs in second:
            if mine.instruction == theirs.instruction and (one_each or mine.model == theirs.model):
                yield mine, theirs


def _any(group: Group, sample: str) -> RunLine:
    return next(lines[sample] for lines in group.shown.values() if sample in lines)


def _differs(mine: RunLine, theirs: RunLine) -> bool:
    times = (mine.start_s - theirs.start_s, mine.stop_s - theirs.stop_s)
    persons = {line.participant for line in (mine, theirs) if line.participant}
    others = mine.recording != theirs.recording or mine.references != theirs.references or len(persons) > 1
    return others or max(map(abs, times)) > 1e-3


def _ways(run: Run) -> list[str]:
    return list(dict.fromkeys(line.shown for line in run.lines))


def _models(run: Run) -> list[str]:
    return list(dict.fromkeys(line.model for line in run.lines))


def _known(name: str, run: Run) -> None:
    ways = _ways(run)
    if name not in ways:
        raise UsageError(f"{run.folder} shows nothing as {name!r}{hint(name, ways)}; it has: {', '.join(ways)}")
