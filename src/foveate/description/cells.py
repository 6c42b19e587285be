"""Cells of CSV files that a spreadsheet opens: what a model or a recording says must not become a formula."""

from typing import Any

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First letters after which spreadsheets compute (OWASP, CSV injection)."""


def cell(value: Any) -> Any:
    """A value as it may stand in a CSV file: a text that would be computed gets an apostrophe in front; numbers stay."""
    if isinstance(value, str) and value.startswith(STARTS_A_FORMULA) and not _is_number(value):
        return f"'{value}"
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
