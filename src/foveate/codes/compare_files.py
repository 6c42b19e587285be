"""The tables of a comparison of coders."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from foveate.codes.compare import Compared
from foveate.description.cells import as_csv
from foveate.job.disk import write_whole
from foveate.stats.agreement import Kappa

AGREEMENT, CONFUSION, LABELS = "agreement.csv", "confusion.csv", "agreement_by_label.csv"
PAIR = ("first", "second")
COLUMNS = {
    AGREEMENT: (
        *PAIR,
        *("shared", "only_first", "only_second", "no_label_first", "no_label_second"),
        *("spans", "kappa", "kappa_low", "kappa_high", "agreement", "agreement_by_chance", "interval", "unit", "units"),
        *("kappa_with_no_label", "kappa_with_no_label_low", "kappa_with_no_label_high", "agreement_with_no_label"),
    ),
    CONFUSION: (*PAIR, "label_first", "label_second", "spans"),
    LABELS: (*PAIR, "label", "spans_first", "spans_second", "spans_both", "precision", "recall"),
}


def write_comparison(found: Sequence[Compared], folder: Path) -> list[Path]:
    """Write the tables: of pairs, of labels against labels, and of labels; each appears whole.

    Args:
        found: the pairs of coders.
        folder: made where it is missing; tables of the same names are replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = {
        AGREEMENT: [_pair(each) for each in found],
        CONFUSION: [
            {**_names(each), "label_first": a, "label_second": b, "spans": count}
            for each in found
            for (a, b), count in each.confusion.items()
        ],
        LABELS: [
            {
                **_names(each),
                "label": label.label,
                "spans_first": label.first,
                "spans_second": label.second,
                "spans_both": label.both,
                "precision": _rounded(label.precision),
                "recall": _rounded(label.recall),
            }
            for each in found
            for label in each.labels
        ],
    }
    for name, lines in rows.items():
        write_whole(folder / name, as_csv(COLUMNS[name], lines))
    return [folder / name for name in rows]


def _names(each: Compared) -> dict[str, Any]:
    return {"first": each.first, "second": each.second}


def _pair(each: Compared) -> dict[str, Any]:
    lacking = list(each.no_label.values())
    row = {
        **_names(each),
        "shared": each.shared,
        "only_first": each.only_first,
        "only_second": each.only_second,
        "no_label_first": lacking[0],
        "no_label_second": lacking[1],
        "unit": each.unit,
        **_of(each.kappa_with_no_label, "kappa_with_no_label"),
        "agreement_with_no_label": _rounded(each.kappa_with_no_label.agreement),
    }
    if each.kappa is not None:
        row |= {
            **_of(each.kappa, "kappa"),
            "spans": each.kappa.items,
            "agreement": _rounded(each.kappa.agreement),
            "agreement_by_chance": _rounded(each.kappa.by_chance),
            "interval": each.kappa.method,
            "units": each.kappa.clusters,
        }
    return row


def _of(kappa: Kappa, name: str) -> dict[str, Any]:
    return {name: _rounded(kappa.value), f"{name}_low": _rounded(kappa.low), f"{name}_high": _rounded(kappa.high)}


def _rounded(value: float | None) -> str | None:
    # NaN: both coders used one and the same label throughout, and there is no number
    return None if value is None or value != value else f"{value:.4f}"  # noqa: PLR0124
