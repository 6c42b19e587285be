"""Two coders of the same spans: agreement beyond chance, who chose what, and how well one finds what the other found."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from foveate.codes.table import CodedSpan, Codes
from foveate.errors import UsageError
from foveate.stats.agreement import Kappa, kappa, krippendorffs_alpha

NO_LABEL = "(no label)"
"""How a span without a label counts where it counts as one of its own."""


@dataclass(frozen=True)
class OfLabel:
    """How well the second coder finds a label, the first taken for the truth."""

    label: str
    first: int
    """Spans that the first coder gave it."""
    second: int
    """Spans that the second gave it."""
    both: int
    """Spans that both gave it."""

    @property
    def precision(self) -> float | None:
        """Share of the second's that are the first's; None where the second gave none."""
        return self.both / self.second if self.second else None

    @property
    def recall(self) -> float | None:
        """Share of the first's that the second found; None where the first gave none."""
        return self.both / self.first if self.first else None


@dataclass(frozen=True)
class Compared:
    """Two coders."""

    first: str
    """Taken for the truth by precision and recall."""
    second: str
    shared: int
    """Spans that stand in both tables."""
    only_first: int
    only_second: int
    """Spans of one table alone; in no number."""
    no_label: Mapping[str, int]
    """Coder -> shared spans that have no label by it; left out of kappa."""
    kappa: Kappa | None
    """Of the spans that both gave a label; None where there is none."""
    kappa_with_no_label: Kappa
    """Of all shared spans, where having no label counts as a label of its own."""
    unit: str
    """What the interval resamples: participant or recording."""
    confusion: Mapping[tuple[str, str], int]
    """(the first's label, the second's) -> shared spans; NO_LABEL among them."""
    labels: tuple[OfLabel, ...]
    """In the order of the code book."""


def compare(first: Codes, second: Codes, *, names: tuple[str, str] | None = None) -> Compared:
    """Compare two coders on the spans that both coded.

    Args:
        first: taken for the truth by precision and recall: the person, where the other is a model.
        second: the other.
        names: how to call them.

    Raises:
        UsageError: where they share no span, or chose from different code books.
    """
    first, second = _alike([first, second])
    book = first.book
    one, two = ({span.place: span for span in codes.spans} for codes in (first, second))
    shared = [place for place in one if place in two]
    if not shared:
        raise UsageError(
            f"{first.path} and {second.path} have no span in common: the same recordings must stand in both, from the same "
            f"onset_s to the same offset_s; the first spans are {_told(first.spans[0])} and {_told(second.spans[0])}"
        )
    pairs = [(one[place], two[place]) for place in shared]
    there = sorted({span.label for codes in (first, second) for span in codes.spans if span.label})
    labels = book.names if book else tuple(there)
    called = names or names_of([first, second])
    unit, clusters = _clusters(pairs)
    chosen = [(a.label or NO_LABEL, b.label or NO_LABEL) for a, b in pairs]
    labelled = [place for place, both in enumerate(chosen) if NO_LABEL not in both]
    counts = Counter(chosen)
    agreed = None
    if labelled:
        given = [[chosen[k][side] for k in labelled] for side in (0, 1)]
        agreed = kappa(given[0], given[1], [clusters[k] for k in labelled])
    whole = kappa([a for a, _ in chosen], [b for _, b in chosen], clusters)
    return Compared(
        first=called[0],
        second=called[1],
        shared=len(shared),
        only_first=len(one) - len(shared),
        only_second=len(two) - len(shared),
        no_label={name: sum(both[side] == NO_LABEL for both in chosen) for side, name in enumerate(called)},
        kappa=agreed,
        kappa_with_no_label=whole,
        unit=unit,
        confusion={(a, b): counts[a, b] for a in (*labels, NO_LABEL) for b in (*labels, NO_LABEL) if counts[a, b]},
        labels=tuple(_of_label(name, chosen) for name in labels),
    )


def compare_all(coders: Sequence[Codes]) -> tuple[list[Compared], float | None]:
    """Every pair of coders, and where there are three or more Krippendorff's alpha (nominal) over the spans that two coded.

    Args:
        coders: two or more.

    Raises:
        UsageError: for fewer than two, a table that is given twice, or a pair that cannot be compared.
    """
    if len(coders) < 2:
        raise UsageError(f"agreement takes two coders or more, got {len(coders)}; give a Run or table for each")
    files = [codes.path.resolve() for codes in coders]
    if twice := next((codes.path for codes, file in zip(coders, files, strict=True) if files.count(file) > 1), None):
        raise UsageError(f"{twice} is given twice, and a coder agrees with himself; give each coder's own table")
    coders = _with_participants(_alike(coders))
    names = names_of(coders)
    found = [compare(coders[a], coders[b], names=(names[a], names[b])) for a, b in combinations(range(len(coders)), 2)]
    if len(coders) == 2:
        return found, None
    places = dict.fromkeys(span.place for codes in coders for span in codes.spans)
    by_place = [{span.place: span.label for span in codes.spans} for codes in coders]
    return found, krippendorffs_alpha([[mine.get(place) for place in places] for mine in by_place])


def names_of(coders: Sequence[Codes]) -> list[str]:
    """What each coder is called: by whom the table says, or where two say the same by its path as well."""
    names = [codes.name for codes in coders]
    return [name if names.count(name) == 1 else f"{name} ({codes.path})" for name, codes in zip(names, coders, strict=True)]


def _told(span: CodedSpan) -> str:
    return f"{span.recording} {span.onset_s:g} to {span.offset_s:g} s"


def _clusters(pairs: Sequence[tuple[CodedSpan, CodedSpan]]) -> tuple[str, list[str]]:
    """What the interval resamples, and which one each pair of spans is of.

    Raises:
        UsageError: where a recording has two participants.
    """
    participants: dict[str, str] = {}
    for span in (span for both in pairs for span in both):
        told = span.columns.get("participant", "")
        if told and participants.setdefault(span.recording, told) != told:
            known = participants[span.recording]
            raise UsageError(f"{span.recording} has two participants, {known!r} and {told!r}; put one of the tables right")
    if len(participants) == len({one.recording for one, _ in pairs}):
        return "participant", [participants[one.recording] for one, _ in pairs]
    return "recording", [one.recording for one, _ in pairs]


def _alike(coders: Sequence[Codes]) -> list[Codes]:
    """All with the code book that one of them has, or without any with their labels written in one way."""
    for first, second in combinations(coders, 2):
        _check_books(first, second)
    book = next((codes.book for codes in coders if codes.book is not None), None)
    if book is not None:
        return [codes.chosen_from(book) for codes in coders]
    known: dict[str, str] = {}
    for codes in coders:
        known = codes.spellings | known
    return [codes.spelled(known) for codes in coders]


def _with_participants(coders: Sequence[Codes]) -> list[Codes]:
    """All with the participants that one of them tells: a person's table knows recordings, and the Run whose they are."""
    known: dict[str, str] = {}
    for span in (span for codes in coders for span in codes.spans):
        if told := span.columns.get("participant", ""):
            known.setdefault(span.recording, told)  # where two tables differ, their own words are compared

    def whole(span: CodedSpan) -> CodedSpan:
        told = span.columns.get("participant") or known.get(span.recording, "")
        return replace(span, columns={**span.columns, "participant": told})

    return [replace(codes, spans=tuple(map(whole, codes.spans))) for codes in coders] if known else list(coders)


def _check_books(first: Codes, second: Codes) -> None:
    ids = [{span.codebook for span in codes.spans if span.codebook} for codes in (first, second)]
    if ids[0] and ids[1] and ids[0] != ids[1]:
        told = " and ".join(", ".join(sorted(each)) for each in ids)
        raise UsageError(f"{first.path} and {second.path} were coded with different code books ({told}); their labels differ")


def _of_label(name: str, chosen: Sequence[tuple[str, str]]) -> OfLabel:
    return OfLabel(
        name,
        sum(a == name for a, _ in chosen),
        sum(b == name for _, b in chosen),
        sum(a == b == name for a, b in chosen),
    )
