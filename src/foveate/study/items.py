"""What of a Run people can rate: clips, each with the descriptions that are compared."""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from operator import attrgetter

from foveate.description.cells import cell
from foveate.errors import UsageError, hint
from foveate.run import Run, RunLine
from foveate.study.config import LIKERT, Raters


@dataclass(frozen=True, kw_only=True)
class Item:
    """A clip with the descriptions of it."""

    sample: str
    """Name of the sample."""
    recording: str
    """Whose clip it is."""
    participant: str
    """Who wore it; empty where nobody told."""
    category: str
    """What tables are split by."""
    start_s: float
    """Of the clip, in seconds from the first scene frame."""
    stop_s: float
    """First instant outside."""
    texts: Mapping[str, str]
    """Condition -> its description; conditions without an answer are not in it."""
    reference: str
    """What a perfect model would say; empty where nobody told."""

    @property
    def clip(self) -> str:
        """What its files are called; tells nothing of how it was shown."""
        told = f"{self.recording}|{self.start_s!r}|{self.stop_s!r}"
        return hashlib.sha256(told.encode("utf-8", "backslashreplace")).hexdigest()[:24]

    @property
    def cluster(self) -> str:
        """The unit of every test."""
        return self.participant or self.recording

    def differ(self, pair: tuple[str, str]) -> bool:
        """Whether there are two descriptions that a person could tell apart."""
        return pair[0] in self.texts and pair[1] in self.texts and self.texts[pair[0]].strip() != self.texts[pair[1]].strip()


LeftOut = Mapping[str, Mapping[str, int]]
"""Reason -> of which conditions -> how many."""


@dataclass(frozen=True)
class Items:
    """All that can be rated, and what cannot."""

    items: tuple[Item, ...]
    """In the order of the Run."""
    conditions: tuple[str, ...]
    """What is compared."""
    pairs: tuple[tuple[str, str], ...]
    """Which of them against which."""
    left_out: LeftOut
    """What nobody is asked."""


def read_items(run: Run, raters: Raters) -> Items:
    """Gather the descriptions of each sample.

    Raises:
        UsageError: where the Run lacks what is asked for, or has it more than once.
    """
    of: Callable[[RunLine], str] = attrgetter(raters.by)
    lines = rated_lines(run, raters)
    there = list(dict.fromkeys(map(of, lines)))
    conditions = raters.compare or tuple(there)
    for name in (*conditions, *(name for pair in raters.pairs for name in pair)):
        if name not in there:
            raise UsageError(f"{run.folder} has no {raters.by} {name!r}{hint(name, there)}; it has: {', '.join(there)}")
    if len(conditions) < 2:
        raise UsageError(f"{run.folder} has one {raters.by} only, {', '.join(conditions)}: there is nothing to compare")
    pairs = tuple((pair[0], pair[1]) for pair in raters.pairs) or tuple(combinations(conditions, 2))
    left_out: dict[str, Counter[str]] = {}
    items = list(_gathered(lines, conditions, of, left_out))
    kept = tuple(item for item in items if _can_be_rated(item, raters.mode, conditions, pairs, left_out))
    if not kept:
        raise UsageError(f"{run.folder} has nothing to compare: {'; '.join(in_few_words(left_out)) or 'no lines'}")
    return Items(kept, conditions, pairs, left_out)


def in_few_words(left_out: LeftOut) -> list[str]:
    """One text for each reason; of many conditions only that with most."""
    told = []
    for reason, of in left_out.items():
        most = max(of, key=lambda name: of[name])
        which = most if len(of) == 1 else f"{most}: {of[most]}, and {len(of) - 1} more"
        told.append(f"{reason}: {sum(of.values())} ({which})")
    return told


def left_out_table(left_out: LeftOut) -> str:
    """All of it as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("reason", "of", "count"))
    writer.writerows((reason, cell(name), count) for reason, of in left_out.items() for name, count in of.items())
    return out.getvalue()


def rated_lines(run: Run, raters: Raters) -> list[RunLine]:
    """Lines of the one model (or way of showing) and instruction that raters see.

    Raises:
        UsageError: where the Run has not what is asked for, or has several of it.
    """
    if not run.lines:
        raise UsageError(f"{run.folder} has no answer yet; finish it with foveate evaluate")
    fixed = {"model": raters.model, "shown": raters.shown, "instruction": raters.instruction}
    del fixed[raters.by]
    lines = list(run.lines)
    for key, wanted in fixed.items():
        found = list(dict.fromkeys(getattr(line, key) for line in run.lines))
        if wanted not in found and (wanted or len(found) > 1):
            told = f"has no {key} {wanted!r}{hint(wanted, found)}" if wanted else f"has several of {key}"
            raise UsageError(f"{run.folder} {told}; choose one of: {', '.join(found)}")
        lines = [line for line in lines if not wanted or getattr(line, key) == wanted]
    return lines


def _gathered(
    lines: Iterable[RunLine], conditions: Sequence[str], of: Callable[[RunLine], str], left_out: dict[str, Counter[str]]
) -> Iterator[Item]:
    samples: dict[str, dict[str, RunLine]] = {}
    for line in lines:
        samples.setdefault(line.sample, {})[of(line)] = line
    for name, by in samples.items():
        one = next(iter(by.values()))
        texts = {condition: by[condition].text or "" for condition in conditions if condition in by}
        for condition in conditions:
            if not texts.get(condition, "").strip():
                _count(left_out, "descriptions missing", condition)
        yield Item(
            sample=name,
            recording=one.recording,
            participant=one.participant,
            category=one.category,
            start_s=one.start_s,
            stop_s=one.stop_s,
            texts={condition: text for condition, text in texts.items() if text.strip()},
            reference=one.references[0] if one.references else "",
        )


def _can_be_rated(
    item: Item, mode: str, conditions: Sequence[str], pairs: Iterable[tuple[str, str]], left_out: dict[str, Counter[str]]
) -> bool:
    if mode == LIKERT:
        if lacking := [name for name in conditions if name not in item.texts]:
            _count(left_out, "clips without every description", *lacking)
        return not lacking
    for first, second in pairs:
        if first in item.texts and second in item.texts and not item.differ((first, second)):
            _count(left_out, "pairs of the same words", first, second)
    return any(item.differ(pair) for pair in pairs)


def _count(left_out: dict[str, Counter[str]], reason: str, *of: str) -> None:
    left_out.setdefault(reason, Counter())[" | ".join(of)] += 1
