"""Comparisons as Markdown, CSV and lines for a terminal."""

import csv
import io
from collections.abc import Sequence
from itertools import zip_longest
from math import ceil, log10

from foveate.comparison.asked import ALL
from foveate.comparison.compare import Compared, Difference
from foveate.comparison.equal import Equal
from foveate.comparison.same_images import same_images
from foveate.description.cells import cell
from foveate.evaluation.group import about_score, plural
from foveate.evaluation.table import Table
from foveate.evaluation.table_text import corpus_told, costs_told, rows_markdown, unscored_told
from foveate.stats import Friedman, holm, interval_text, p_is, p_text, smallest_p
from foveate.stats.interval import FEWEST_FOR_INTERVAL

HEAD = ("over", "first", "second", "first minus second [95%]", "p", "p (Holm)", "dz", "above / equal / below", "pairs")
COLUMNS = (
    *("family", "over", "score", "first", "second", "first_mean", "second_mean", "difference", "low", "high", "interval"),
    *("p", "p_holm", "test", "p_wilcoxon", "dz", "clusters_above", "clusters_equal", "clusters_below", "pairs", "clusters"),
    *("unit", "detectable", "margin", "margin_declared", "p_as_good_as", "p_not_worse", "left_out"),
)
"""Of compare.csv."""
NARROW = 0.1
"""Differences whose interval is narrower have three digits: with two it might end at 0.00."""
NO_SCORES = "Nothing is scored (no references, or stopped before its end?), so that only costs and words can be compared."
METHOD = (
    "First minus second over the means of participants or recordings. Intervals: 95%, each of its own difference alone. p by "
    "sign flips, with Holm's correction over the comparisons of one score under one heading: those over all samples together, "
    "those without stood-in gaze together, those of all categories together. Scores, models and instructions are not corrected "
    'for one another, nor are tests of "as good as" (two one-sided t tests at 5%). A large p shows no equality. dz: mean '
    "difference over its standard deviation; above, equal, below: participants or recordings in which the first is above the "
    "second, equal, below; detectable: the least true difference that such a study finds in 8 of 10 repetitions. "
    "docs/statistics.md says why."
)


def markdown(compared: Sequence[Compared], tables: Sequence[Table] = ()) -> str:
    """All comparisons as Markdown.

    Args:
        compared: families.
        tables: of each, the arms with their floors and costs; none where differences alone are wanted.
    """
    told = [_family(one, table) for one, table in zip_longest(compared, tables)]
    return "\n\n".join(part for parts in told for part in parts) + f"\n\n{METHOD}\n"


def _family(one: Compared, table: Table | None) -> list[str]:
    family = one.family
    parts = [
        f"## {family.name}",
        f"{plural('sample', len(family.clusters))} of {plural(family.unit, len(set(family.clusters.values())))}.",
    ]
    parts += [f"{plural('sample', count)} left out: {reason}." for reason, count in family.left_out.items()]
    parts += same_images(family)
    if table is not None:
        parts += [rows_markdown(table.rows, table.scores), *costs_told(table), *corpus_told(table), *unscored_told(table)]
    parts += without_scores(one)
    for score in one.scores:
        about = about_score(score)
        rows = [each for each in one.differences if each.score == score]
        parts.append(f"### {about.title} ({'higher' if about.higher_is_better else 'lower'} is better)")
        parts.append("\n".join([f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|", *map(_row, rows)]))
        parts += remarks(one, score)
    return parts


def _row(one: Difference) -> str:
    cells = [one.part, one.first, one.second, *difference_cells(one), str(one.pairs)]
    return f"| {' | '.join(each.replace('|', '/') for each in cells)} |"


def difference_cells(one: Difference) -> list[str]:
    """Difference with interval, p, p corrected, dz and clusters, as tables write them."""
    if one.found is None or one.effect is None:
        return ["no pair", "", "", "", ""]
    test, counts = one.found.test, one.effect
    gap = test.difference
    narrow = gap.low is not None and gap.high is not None and gap.high - gap.low < NARROW
    return [
        interval_text(gap, signed=True, digits=3 if narrow else 2),
        p_text(test.p),
        p_text(one.found.p_holm),
        "none" if counts.dz is None else f"{counts.dz:+.2f}",
        f"{counts.above} / {counts.equal} / {counts.below}",
    ]


def remarks(one: Compared, score: str) -> list[str]:
    """What must be said of a score beside its table: Friedman, as good as, too few clusters, what was not paired."""
    found = []
    if score in one.any_differs:
        found.append(any_differs(one.any_differs[score], one.family.unit))
    found += [as_good_as(each) for each in one.equal if each.score == score]
    rows = one.of(ALL, score)
    found += few_clusters(rows, one.family.unit)
    return found + detectable_told(rows) + _not_paired(rows)


def without_scores(one: Compared) -> list[str]:
    """What nothing can be said of, since nothing is scored by it."""
    return ([] if one.scores else [NO_SCORES]) + [
        f"The study file declares a margin of {margin:g} for {about_score(score).title}, by which nothing is scored so far: "
        '"as good as" is not tested by it.'
        for score, margin in one.margins_not_yet.items()
    ]


def any_differs(test: Friedman, unit: str) -> str:
    """What Friedman's test says."""
    noun = unit.partition(" ")[0]
    if test.statistic is None:
        why = f"all are equal in every {noun}" if test.clusters else f"no {noun} has a score under every one"
        return f"Whether any of the {test.conditions} differs cannot be tested: {why}."
    p = f"no p below {FEWEST_FOR_INTERVAL} clusters" if test.p is None else p_is(test.p)
    return (
        f"Whether any of the {test.conditions} differs: chi-square {test.statistic:.2f}, {p} "
        f"(Friedman, {plural(unit, test.clusters)})."
    )


def detectable_told(rows: Sequence[Difference]) -> list[str]:
    """How large true differences must be to be found; those that no score can have are told as such."""
    found, beyond = [], []
    for each in rows:
        if each.detectable is None:
            continue
        about = about_score(each.score)
        if about.low is not None and about.high is not None and each.detectable > about.high - about.low:
            beyond.append(each.second)
        else:
            least = f"{each.detectable:.2f}" if each.detectable >= NARROW else f"{each.detectable:.2g}"
            found.append(f"{least} against {each.second}")
    told = [f"8 of 10 such studies find a true difference of {', '.join(found)}."] if found else []
    return told + (
        [f"Against {', '.join(beyond)} no difference that this score can have is found in 8 of 10."] if beyond else []
    )


def _not_paired(rows: Sequence[Difference]) -> list[str]:
    """On what each two are compared, where it is not on all samples; said once where the same holds of several."""
    said: dict[tuple[int, str, str], list[str]] = {}
    for each in rows:
        reasons = "; ".join(f"{count} {reason}" for reason, count in each.unpaired.items())
        if not each.pairs:  # such as a judge's comparison of two others: said once of all of them
            reasons = reasons.replace(f"not scored in {each.second}", "not scored in the other")
        if reasons:
            said.setdefault((each.pairs, each.first, reasons), []).append(each.second)
    return [
        f"{first} and {'each of ' if others[1:] else ''}{', '.join(others)} are compared on the "
        f"{plural('sample', pairs)} scored in both ({reasons})."
        for (pairs, first, reasons), others in said.items()
    ]


def as_good_as(one: Equal) -> str:
    """What two one-sided tests say of "as good as"."""
    test, claim = one.test, f"{one.first} is as good as {one.second} within {one.test.margin:g}"
    if test.p is None or test.p_not_worse is None or test.low is None or test.high is None:
        return f"Whether {claim} cannot be tested: {test.why_not}."
    digits = max(2, ceil(-log10(test.margin)) + 1)  # one more than the margin needs
    interval = f"90% interval {test.low:+.{digits}f} to {test.high:+.{digits}f}"
    worse = f"that it is not worse by {test.margin:g}: {p_is(test.p_not_worse)}"
    shown = "shown" if test.is_shown else "not shown"
    late = "" if one.declared else " The margin was given when comparing, not declared in the study file."
    return f"That {claim} is {shown} (two one-sided tests, {p_is(test.p)}; {interval}; {worse}).{late}"


def few_clusters(rows: Sequence[Difference], unit: str) -> list[str]:
    """A warning where no difference could be found, however large."""
    made = [each for each in rows if each.found is not None]
    if not made:
        return []
    least = holm([smallest_p(each.clusters) for each in made])
    out = [each for each, p in zip(made, least, strict=True) if p > 0.05]
    if not out:
        return []
    most = max(each.clusters for each in out)
    corrected = f" after correction over {len(made)} comparisons" if len(made) > 1 else ""
    smallest = min(p for p in least if p > 0.05)
    can = f"With {plural(unit, most)} the smallest p that there can be{corrected} is {p_text(smallest)}"
    if len(out) == len(made):
        return [f"{can}: no difference can reach .05."]
    return [f"{can}: {', '.join(f'{each.first} - {each.second}' for each in out)} cannot reach .05."]


def compare_csv(compared: Sequence[Compared]) -> str:
    """Tidy: one line for every family, part, score and pair."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in compared:
        for each in one.differences:
            writer.writerow(cell(value) for value in _cells(one, each))
    return out.getvalue()


def _cells(one: Compared, each: Difference) -> list[object]:
    test = None if each.found is None else each.found.test
    equal = [
        found
        for found in one.equal
        if each.part == ALL and (found.score, found.first, found.second) == (each.score, each.first, each.second)
    ]
    return [
        *(one.family.name, each.part, each.score, each.first, each.second),
        *(each.means if test else (None, None)),
        *((test.difference.mean, test.difference.low, test.difference.high, test.difference.method) if test else (None,) * 4),
        *((test.p, each.found.p_holm, test.method) if test and each.found else (None,) * 3),
        each.p_wilcoxon,
        *((each.effect.dz, each.effect.above, each.effect.equal, each.effect.below) if each.effect else (None,) * 4),
        *(each.pairs, each.clusters, one.family.unit, each.detectable),
        *(_equal_cells(equal[0]) if equal else (None,) * 4),
        "; ".join(f"{count} {reason}" for reason, count in each.unpaired.items()),
    ]


def _equal_cells(one: Equal) -> tuple[object, ...]:
    return one.test.margin, "yes" if one.declared else "no", one.test.p, one.test.p_not_worse


def lines(compared: Sequence[Compared]) -> list[str]:
    """The comparisons over all samples, for a terminal."""
    found = []
    for one in compared:
        clusters = plural(one.family.unit, len(set(one.family.clusters.values())))
        found.append(f"{one.family.name}: {plural('sample', len(one.family.clusters))} of {clusters}")
        found += [f"  {plural('sample', count)} left out: {reason}" for reason, count in one.family.left_out.items()]
        found += [f"  {text}" for text in same_images(one.family)]
        found += [f"  {text}" for text in without_scores(one)]
        heads = [head for score in one.scores for head in map(_head, one.of(ALL, score))]
        width = max(map(len, heads), default=0)
        for score in one.scores:
            for each in one.of(ALL, score):
                difference, _, p_holm, dz, _ = difference_cells(each)
                tail = (
                    "no pair"
                    if each.found is None
                    else f"{difference:<24} p (Holm) {p_holm:<7} dz {dz:<6} {plural('pair', each.pairs)}"
                )
                found.append(f"  {_head(each):<{width}}  {tail}")
            found += [f"    {text}" for text in remarks(one, score)]
    return found


def _head(one: Difference) -> str:
    return f"{about_score(one.score).title}: {one.first} - {one.second}"
