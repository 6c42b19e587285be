"""Durations of timelines that are known second by second."""

import csv
import math
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from foveate.codes.book import CodeBook, Label
from foveate.codes.figure import draw_figure
from foveate.codes.measures import Group, measures
from foveate.codes.measures_files import write_measures
from foveate.codes.read import read_codes
from foveate.codes.table import CodedSpan, Codes, Stretch
from foveate.errors import UsageError
from foveate.stats.shares import METHOD

BOOK = CodeBook((Label("cut"), Label("stir")))


def span(
    recording: str, onset_s: float, offset_s: float, label: str | None, valid: float | None = 1.0, **columns: str
) -> CodedSpan:
    return CodedSpan(recording, onset_s, offset_s, label, gaze_valid=valid, coder="mock", columns=columns)


def codes(*spans: CodedSpan, book: CodeBook | None = BOOK, **stretches: Stretch) -> Codes:
    return Codes(Path("run/labels.csv"), spans, book, "span", stretches)


def only(groups: Sequence[Group]) -> Group:
    (group,) = groups
    return group


def test_all_time_is_told() -> None:
    group = only(
        measures(
            codes(
                span("a", 0, 2, "cut"),
                span("a", 2, 4, "cut", 0.5),
                span("a", 4, 5, "stir"),
                span("a", 5, 6, None),
                span("a", 6, 7, "stir", 0.0),
                span("a", 7, 9, "cut"),
                a=Stretch(0, 10, 7.5),
            )
        )
    )
    cut, stir, unclear = group.labels
    assert (cut.dwell_s, cut.lost_s, cut.visits, cut.mean_visit_s, cut.first_look_s) == (5.0, 1.0, 2, 2.5, 0.0)
    assert (stir.dwell_s, stir.lost_s, stir.visits, stir.first_look_s) == (1.0, 1.0, 1, 4.0)
    assert (unclear.dwell_s, unclear.visits, unclear.first_look_s, unclear.mean_visit_s, unclear.recordings) == (
        0,
        0,
        None,
        None,
        0,
    )
    # untracked time is in no denominator: 5 of 6 labelled seconds, though cut was told of 6 of 10
    assert (cut.share, stir.share, unclear.share) == (5 / 6, 1 / 6, 0)
    assert (group.no_label_s, group.outside_s, group.untracked_s, group.stretch_s) == (1.0, 0.5, 2.5, 10)
    assert group.moves == {("cut", "stir"): 1}  # what followed the second without a label is not known
    assert group.breaks == 1


def test_the_parts_add_up_whatever_comes() -> None:
    rng = random.Random(5)
    for _ in range(50):
        spans, at_s, seen_s, between_s = [], 0.0, 0.0, 0.0
        for _ in range(rng.randint(1, 20)):
            gap_s, long_s, valid = rng.choice([0, 0, rng.random()]), 0.1 + rng.random(), rng.choice([0.0, 1.0, rng.random()])
            spans.append(span("a", at_s + gap_s, at_s + gap_s + long_s, rng.choice(["cut", "stir", "unclear", None]), valid))
            at_s, seen_s, between_s = at_s + gap_s + long_s, seen_s + valid * long_s, between_s + gap_s
        group = only(measures(codes(*spans, a=Stretch(0, at_s, seen_s + rng.random() * between_s))))
        assert group.untracked_s is not None
        whole_s = group.labelled_s + group.no_label_s + group.outside_s + group.untracked_s
        assert whole_s == pytest.approx(group.stretch_s)
        assert sum(label.share or 0 for label in group.labels) == pytest.approx(1 if group.labelled_s else 0)
        assert sum(group.moves.values()) <= sum(label.visits for label in group.labels)


@pytest.mark.parametrize(
    ("gap_s", "visits", "breaks"),
    [pytest.param(0.5, 1, 0, id="a blink"), pytest.param(0.6, 2, 1, id="longer")],
)
def test_a_visit_goes_on_over_a_short_gap(gap_s: float, visits: int, breaks: int) -> None:
    group = only(measures(codes(span("a", 0, 1, "cut"), span("a", 1 + gap_s, 3, "cut"), a=Stretch(0, 3, 3))))
    assert (group.labels[0].visits, group.breaks, group.moves) == (visits, breaks, {})


def test_without_measured_gaze_all_time_counts_and_untracked_is_not_known() -> None:
    group = only(measures(codes(span("a", 0, 2, "cut", None), a=Stretch(0, 3, None))))
    assert (group.labels[0].dwell_s, group.outside_s, group.untracked_s, group.without_gaze) == (2, 1, None, 1)


def test_a_table_alone_knows_nothing_of_the_time_between_its_spans() -> None:
    group = only(measures(codes(span("a", 3, 5, "b", None), span("a", 9, 10, "c", None), book=None)))
    assert [(label.label, label.first_look_s) for label in group.labels] == [("b", 0), ("c", 6)]
    assert (group.stretch_s, group.outside_s) == (3, 0)


def test_groups_and_units() -> None:
    spans = [
        span(f"{who}-{run}", 0, 10, "cut" if k + run < 7 else "stir", participant=f"P{k}", condition="sun")
        for k, who in enumerate("abcdefgh")
        for run in range(2)
    ]
    group = only(measures(codes(*spans), ["condition"]))
    assert group.key == ("sun",)
    cut = group.labels[0]
    # P0 to P5 cut in both recordings, P6 in one of two, P7 in none: the participant is the unit
    assert (cut.share, cut.mean.clusters, cut.recordings) == (13 / 16, 8, 13)
    assert cut.mean.mean == pytest.approx((6 * 1 + 0.5 + 0) / 8)
    assert cut.mean.method == METHOD
    apart = measures(codes(*spans), ["participant", "condition"])
    assert [one.key for one in apart][:2] == [("P0", "sun"), ("P1", "sun")]
    assert {one.labels[0].mean.low for one in apart} == {None}
    assert len(measures(codes(*spans))) == 16


@pytest.mark.parametrize(
    ("spans", "by", "said"),
    [
        pytest.param([span("a", 0, 2, "cut"), span("a", 1, 3, "stir")], (), "two spans of a overlap at 1 s", id="overlap"),
        pytest.param(
            [span("a", 0, 1, "cut", condition="x"), span("a", 1, 2, "cut", condition="y")],
            ("condition",),
            "condition differs within a: 'x' and 'y'; a recording is in one group",
            id="two conditions",
        ),
        pytest.param(
            [span("a", 0, 1, "cut", participant="P1"), span("a", 1, 2, "cut", participant="P2")],
            (),
            "participant differs within a",
            id="two participants",
        ),
        pytest.param(
            [span("a", 0, 1, "cut", 0.5), span("a", 1, 2, "cut", None)],
            (),
            "gaze_valid is told of 1 of the 2 spans of a; fill in all of them, or none",
            id="gaze of some spans",
        ),
        pytest.param([span("a", 0, 1, "cut", condition="")], ("condition",), "'condition' of .* is empty", id="empty"),
        pytest.param([span("a", 0, 1, "cut", condition="x")], ("conditon",), "'conditon'.*did you mean 'condition'", id="typo"),
    ],
)
def test_what_cannot_be_measured_is_told(spans: list[CodedSpan], by: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        measures(codes(*spans), by)


def test_what_is_told_of_single_spans_parts_no_recording(tmp_path: Path) -> None:
    """A person's table has the seconds and the time of each choice; a data frame's has a count of rows without a name."""
    table = tmp_path / "codes-Anna.csv"
    table.write_text(
        ",recording,onset_s,offset_s,label,coder,codebook,seconds,coded_at\n"
        "0,a,0,1,cut,Anna,,1.25,2026-11-20T10:00:00Z\n1,a,1,3,stir,Anna,,2.5,2026-11-20T10:00:09Z\n",
        encoding="utf-8",
    )
    codes_of_anna = read_codes(table)
    assert "" not in codes_of_anna.columns
    assert [label.dwell_s for label in only(measures(codes_of_anna)).labels] == [1, 2]
    with pytest.raises(UsageError, match="seconds differs within a"):
        measures(codes_of_anna, ["seconds"])


def test_labels_that_differ_in_case_only_are_one(tmp_path: Path) -> None:
    table = tmp_path / "ben.csv"
    table.write_text("recording,onset_s,offset_s,label\na,0,1,Put-down\na,1,2,put down\na,2,3,PUT_DOWN\n", encoding="utf-8")
    (label,) = only(measures(read_codes(table))).labels
    assert (label.label, label.dwell_s, label.visits) == ("Put-down", 3, 1)


def test_a_table_without_a_label_is_told() -> None:
    with pytest.raises(UsageError, match=r"no span of run/labels\.csv has a label"):
        measures(codes(span("a", 0, 1, None), book=None))


def test_names_that_would_be_formulas_are_drawn_as_they_stand() -> None:
    odd = CodeBook((Label("costs $x_{2}^$ and \\bad{"), Label("a $ alone"), Label("自転車 दृष्टि \U0001f6b2")))
    spans = [span(f"rec $_{k}^$", k, k + 1, odd.names[k % 3], session="$^$") for k in range(7)]
    groups = measures(codes(*spans, book=odd), ("session",))
    assert draw_figure(groups, title="$\\frac{$", notice="$_$").startswith(b"\x89PNG")


def test_tables_and_figure(tmp_path: Path) -> None:
    many = CodeBook(tuple(Label(f"l{k}") for k in range(23)))
    spans = [
        replace(span(f"a recording with a long name {k}", t, t + 1, f"l{(k + t) % 23}", participant="=1+1"), gaze_valid=0.5)
        for k in range(50)
        for t in range(5)
    ]
    groups = measures(codes(*spans, book=many), ("recording", "participant"))
    write_measures(groups, tmp_path, by=("recording", "participant"), title="Many", notices=("toy model",))
    with (tmp_path / "measures.csv").open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert len(rows) == 50 * 24
    assert {row["participant"] for row in rows} == {"'=1+1"}
    assert {row["notice"] for row in rows} == {"toy model"}
    assert math.fsum(float(row["dwell_s"]) for row in rows) == pytest.approx(125)
    assert {(row["untracked_s"], row["stretch_s"]) for row in rows} == {("2.500", "5.000")}
    with (tmp_path / "transitions.csv").open(encoding="utf-8", newline="") as opened:
        assert sum(int(row["count"]) for row in csv.DictReader(opened)) == 50 * 4
    assert (tmp_path / "measures.png").read_bytes().startswith(b"\x89PNG")
