"""Coders whose agreement is known."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from foveate.codes.book import CodeBook, Label
from foveate.codes.compare import NO_LABEL, compare, compare_all
from foveate.codes.compare_files import write_comparison
from foveate.codes.table import CodedSpan, Codes
from foveate.errors import UsageError

BOOK = CodeBook((Label("cut"), Label("stir")))


def coder(
    name: str, labels: str, *, book: CodeBook | None = None, first: int = 0, per_recording: int = 100, **columns: str
) -> Codes:
    """A coder who chose by letter: c, s, u, or - for no label."""
    words = {"c": "cut", "s": "stir", "u": "unclear", "-": None}
    spans = tuple(
        CodedSpan(f"r{k // per_recording}", k, k + 1, words[letter], coder=name) for k, letter in enumerate(labels, start=first)
    )
    return Codes(Path(f"{name}.csv"), spans, book)


def test_numbers_by_hand() -> None:
    found = compare(coder("Anna", "ccccssssu-"), coder("mock", "cccsssscc-", book=BOOK))
    assert (found.shared, found.only_first, found.only_second) == (10, 0, 0)
    assert found.no_label == {"Anna": 1, "mock": 1}
    # nine labelled by both: six agree; by chance (4 x 5 + 4 x 4 + 1 x 0) / 81
    assert found.kappa is not None
    assert found.kappa.value == pytest.approx((6 / 9 - 36 / 81) / (1 - 36 / 81))
    assert found.kappa.items == 9
    # with no label as one of its own: seven of ten; (4 x 5 + 4 x 4 + 1 x 1) / 100
    assert found.kappa_with_no_label.value == pytest.approx((0.7 - 0.37) / 0.63)
    cut, stir, unclear = found.labels
    assert (cut.first, cut.second, cut.both, cut.precision, cut.recall) == (4, 5, 3, 3 / 5, 3 / 4)
    assert (stir.precision, stir.recall) == (3 / 4, 3 / 4)
    assert (unclear.precision, unclear.recall) == (None, 0)
    assert found.confusion == {
        ("cut", "cut"): 3,
        ("cut", "stir"): 1,
        ("stir", "cut"): 1,
        ("stir", "stir"): 3,
        ("unclear", "cut"): 1,
        (NO_LABEL, NO_LABEL): 1,
    }


def test_a_sample_is_compared_on_what_both_coded() -> None:
    found = compare(coder("Anna", "cscs", first=3), coder("mock", "cccccscccc"))
    assert (found.shared, found.only_first, found.only_second) == (4, 0, 6)


def test_the_participant_is_the_unit_where_all_are_told() -> None:
    labels = "cs" * 8
    one, two = (coder(name, labels, per_recording=2) for name in "ab")
    assert (compare(one, two).unit, compare(one, two).kappa_with_no_label.clusters) == ("recording", 8)
    spans = tuple(replace(span, columns={"participant": f"P{int(span.recording[1:]) // 2}"}) for span in one.spans)
    found = compare(replace(one, spans=spans), two)
    assert (found.unit, found.kappa_with_no_label.clusters) == ("participant", 4)
    others = tuple(replace(span, columns={"participant": "P9"}) for span in two.spans)
    with pytest.raises(UsageError, match="r0 has two participants, 'P0' and 'P9'; put one of the tables right"):
        compare(replace(one, spans=spans), replace(two, spans=others))


def test_people_have_the_participants_of_the_run_beside_them() -> None:
    labels = "cs" * 8
    anna, bert, model = (coder(name, labels, per_recording=2) for name in ("Anna", "Bert", "mock"))
    spans = tuple(replace(span, columns={"participant": f"P{int(span.recording[1:]) // 2}"}) for span in model.spans)
    found, _ = compare_all([anna, bert, replace(model, spans=spans)])
    assert {(each.unit, each.kappa_with_no_label.clusters) for each in found} == {("participant", 4)}
    others = tuple(replace(span, columns={"participant": "P9"}) for span in bert.spans)
    with pytest.raises(UsageError, match="r0 has two participants"):
        compare_all([anna, replace(bert, spans=others), replace(model, spans=spans)])


def test_three_coders_have_every_pair_and_alpha() -> None:
    coders = [coder("a", "ccss"), coder("b", "ccss"), coder("c", "ccsc")]
    found, alpha = compare_all(coders)
    assert [(each.first, each.second) for each in found] == [("a", "b"), ("a", "c"), ("b", "c")]
    # 7 c and 5 s: coincidences of c and s are 2 x 2 / 2 = 2 of 12, by chance 2 x 7 x 5 / 11
    assert alpha == pytest.approx(1 - 2 / (2 * 7 * 5 / 11))


def test_every_coder_is_read_by_the_code_book_that_one_has() -> None:
    def shouted(codes: Codes) -> Codes:
        return replace(codes, spans=tuple(replace(each, label=each.label and each.label.upper()) for each in codes.spans))

    model = coder("mock", "ccss", book=BOOK)
    for coders in ([shouted(coder("a", "ccss")), coder("b", "ccss"), model], [shouted(coder("a", "ccss")), coder("b", "ccss")]):
        found, alpha = compare_all(coders)
        assert [each.kappa.value for each in found if each.kappa] == [1.0] * len(found)
        assert alpha in (1.0, None)
    with pytest.raises(UsageError, match=r"'CUT' .* not in the code book"):
        compare_all(
            [shouted(coder("a", "ccss")), coder("b", "ccss"), coder("c", "ssss", book=CodeBook((Label("x"), Label("stir"))))]
        )


def test_a_table_is_not_compared_with_itself() -> None:
    with pytest.raises(UsageError, match=r"a\.csv is given twice.*give each coder's own table"):
        compare_all([coder("a", "cs"), coder("b", "cs"), coder("a", "cs")])


def test_no_kappa_where_no_span_has_two_labels() -> None:
    found = compare(coder("a", "cs--"), coder("b", "--cs"))
    assert found.kappa is None
    assert found.kappa_with_no_label.items == 4


def test_two_coders_of_one_name_are_told_apart() -> None:
    found, _ = compare_all([coder("mock", "cs"), replace(coder("mock", "cs"), path=Path("again.csv"))])
    assert (found[0].first, found[0].second) == ("mock (mock.csv)", "mock (again.csv)")


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        pytest.param(
            coder("a", "cs"),
            coder("b", "cs", first=50),
            "no span in common.*; the first spans are r0 0 to 1 s and r0 50 to 51 s",
            id="other spans",
        ),
        pytest.param(
            coder("a", "cs", book=CodeBook((Label("cuts"), Label("stir")))),
            coder("b", "cs"),
            "a.csv has the label 'cut' at 0 s of r0, which is not in the code book; did you mean 'cuts'",
            id="a label of another book",
        ),
    ],
)
def test_what_cannot_be_compared_is_told(first: Codes, second: Codes, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        compare(first, second)


def test_other_code_books_are_told() -> None:
    one, two = (
        replace(codes, spans=tuple(replace(span, codebook=book) for span in codes.spans))
        for codes, book in ((coder("a", "cs"), "11"), (coder("b", "cs"), "22"))
    )
    with pytest.raises(UsageError, match=r"different code books \(11 and 22\)"):
        compare(one, two)
    with pytest.raises(UsageError, match="two coders or more, got 1"):
        compare_all([one])


def test_tables(tmp_path: Path) -> None:
    found, _ = compare_all([coder("=a", "cccc"), coder("b", "cccc"), coder("c", "cs-u")])
    write_comparison(found, tmp_path)
    rows = {}
    for name in ("agreement", "confusion", "agreement_by_label"):
        with (tmp_path / f"{name}.csv").open(encoding="utf-8", newline="") as opened:
            rows[name] = list(csv.DictReader(opened))
    same, *others = rows["agreement"]
    assert (same["first"], same["kappa"], same["agreement"]) == ("'=a", "", "1.0000")
    assert same["interval"] == "both coders used one and the same label throughout"
    assert [row["no_label_second"] for row in others] == ["1", "1"]
    assert sum(int(row["spans"]) for row in rows["confusion"]) == 12
    assert rows["agreement_by_label"][-1]["label"] == "unclear"
