"""Cells of CSV files that a spreadsheet opens: what a model or a recording says must not become a formula."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First letters after which spreadsheets compute (OWASP, CSV injection)."""


def cell(value: Any) -> Any:
    """A value as it may stand in a CSV file: a text that would be computed gets an apostrophe in front; numbers stay."""
    if isinstance(value, str) and value.startswith(STARTS_A_FORMULA) and not _is_number(value):
        return f"'{value}"
    return value


def as_csv(columns: Sequence[str], lines: Iterable[Mapping[str, Any]]) -> bytes:
    """A table; missing is empty, and no text is a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(cell(name) for name in columns)
    writer.writerows([cell(line.get(name)) for name in columns] for line in lines)
    return out.getvalue().encode("utf-8", "backslashreplace")  # a broken answer may hold half of a character


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
