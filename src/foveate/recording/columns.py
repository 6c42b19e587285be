"""Named columns out of a CSV, TSV or Parquet file, as text or numbers, with errors that say what the file has."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from foveate.clock import Times
from foveate.errors import RecordingError, hint
from foveate.recording.bounded import limited

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet")
"""Endings of tables; a .txt is read where it is declared, but not taken for one by itself."""
NS_PER_UNIT = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
MISSING = ("", "nan", "-nan", "na", "n/a", "null", "none", "-")
"""What programs write, in any case of letters, where there is no number."""
TRUTH = {"1": True, "1.0": True, "true": True, "0": False, "0.0": False, "false": False, "": False}


def column_names(file: Path, *, any_name: bool = False) -> list[str]:
    """The columns of a table.

    Args:
        file: the table.
        any_name: whether its name may end in anything, for text that bears another kind of file's name.

    Raises:
        RecordingError: where the file is missing, empty, no table, or larger than tables of recordings get.
    """
    if not limited(file).exists():
        raise RecordingError(f"{file} does not exist")
    if not any_name and file.suffix.lower() not in SUFFIXES:
        raise RecordingError(f"{file} is no table: its name ends in {file.suffix!r}, allowed are {', '.join(SUFFIXES)}")
    if file.stat().st_size == 0:
        raise RecordingError(f"{file} is an empty file; export it again")
    with _told_by_name(file):
        return _parquet(file).schema_arrow.names if _is_parquet(file) else list(_csv(file).collect_schema().names())


def read_columns(file: Path, wanted: dict[str, str], *, any_name: bool = False) -> dict[str, pl.Series]:
    """The columns of a table by what they mean, {meaning: column name} -> {meaning: column}, each of text or numbers.

    Raises:
        RecordingError: where one is not there, with those that are and the nearest spelling.
    """
    found = column_names(file, any_name=any_name)
    for meaning, name in wanted.items():
        if name not in found:
            raise RecordingError(f"{file} has no column {name!r} for {meaning}{hint(name, found)} (found: {listed(found)})")
    names = sorted(set(wanted.values()))
    with _told_by_name(file):
        table = pl.DataFrame(_parquet(file).read(columns=names)) if _is_parquet(file) else _csv(file).select(names).collect()
    if len(found) == 1 and not _is_parquet(file) and len(table):
        # an empty line is a row only where there is one column; at the end it is none
        last = table[found[0]].is_not_null().arg_true().max()
        table = table.head(0 if last is None else int(str(last)) + 1)
    return {meaning: _plain(table[name], file) for meaning, name in wanted.items()}


def listed(names: list[str]) -> str:
    """Names in a row, the first twenty where there are more."""
    return ", ".join(" ".join(name.split())[:80] for name in names[:20]) + (
        f" and {len(names) - 20} more" if len(names) > 20 else ""
    )


def _plain(column: pl.Series, file: Path) -> pl.Series:
    """A column of text or numbers; dates become nanoseconds since 1970."""
    if isinstance(column.dtype, pl.Datetime):
        return column.dt.epoch("ns")
    if column.dtype.is_numeric() or column.dtype in (pl.String, pl.Boolean, pl.Null):
        return column
    raise RecordingError(f"{file}: column {column.name!r} holds {column.dtype}, expected text or numbers")


def numbers(column: pl.Series, said: list[str] | None = None) -> NDArray[np.float64]:
    """A column as (N,) float64; NaN where it holds no finite number.

    Args:
        column: text or numbers.
        said: notes, to which those that hold something else are added; a cell that is empty or NaN (MISSING) is just missing.
    """
    text = column.str.strip_chars() if column.dtype == pl.String else column
    found = text.cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy().astype(np.float64)
    lost = ~np.isfinite(found)
    if said is not None and lost.any():
        cells = text.filter(pl.Series(lost)).drop_nulls().cast(pl.String)
        odd = cells.filter(~cells.str.to_lowercase().is_in(MISSING))
        if len(odd):
            said.append(f"{len(odd)} cells of {listed([column.name])!r} hold no number ({odd[0][:20]!r}): taken as missing")
    return np.where(lost, np.nan, found)


def points(x: pl.Series, y: pl.Series, said: list[str]) -> NDArray[np.float64]:
    """Two columns as (N, 2) float64; see ``numbers``."""
    return np.stack([numbers(x, said), numbers(y, said)], axis=1)


def times(column: pl.Series, *, unit: str, source: Path) -> tuple[Times, NDArray[np.bool_]]:
    """A column of times as (N,) ns, exact where they are whole numbers, and (N,) which of them are there.

    Raises:
        RecordingError: where they do not fit into 64 bits of nanoseconds.
    """
    scale = NS_PER_UNIT[unit]
    text = column.str.strip_chars() if column.dtype == pl.String else column
    whole = text.cast(pl.Int64, strict=False) if not text.dtype.is_float() else pl.Series([None] * len(text), dtype=pl.Int64)
    broken = numbers(text)
    there = np.isfinite(broken)
    if np.any(np.abs(broken[there]) > (2**63 - 1) / scale * 0.99):
        largest = np.abs(broken[there]).max()
        raise RecordingError(f"{source}: the time {largest:.6g} {unit} is out of range; is the unit {unit!r} right?")
    exact = whole.is_not_null().to_numpy()
    time_ns = np.round(np.where(there, broken, 0.0) * scale).astype(np.int64)
    time_ns[exact] = whole.fill_null(0).to_numpy()[exact] * scale
    return time_ns, there


def time_column(found: list[str], stem: str) -> tuple[str, str]:
    """The column of times of a table named our way, and its unit: ``start_ns``, or if only that is there ``start_s``."""
    unit = "s" if f"{stem}_s" in found and f"{stem}_ns" not in found else "ns"
    return f"{stem}_{unit}", unit


def truths(column: pl.Series, *, source: Path) -> NDArray[np.bool_]:
    """A column of yes and no as (N,) bool; empty cells are no.

    Raises:
        RecordingError: for anything but 1, 0, true and false.
    """
    text = column.cast(pl.String).fill_null("").str.strip_chars().str.to_lowercase()
    strange = sorted(set(text.unique().to_list()) - set(TRUTH))
    if strange:
        raise RecordingError(f"{source}: column {column.name!r} should hold 1, 0, true or false, found {strange[0]!r}")
    return np.array([TRUTH[value] for value in text.to_list()], dtype=np.bool_)


def _is_parquet(file: Path) -> bool:
    return file.suffix.lower() == ".parquet"


def _parquet(file: Path) -> pq.ParquetFile:
    # not by polars: a damaged file makes its reader panic, past every ``except Exception``
    return pq.ParquetFile(file)


def _csv(file: Path) -> pl.LazyFrame:
    # every cell as text: int64 ns would lose digits as float, and one stray word would fail the whole column
    return pl.scan_csv(file, separator=_separator(file), infer_schema=False)


@contextmanager
def _told_by_name(file: Path) -> Iterator[None]:
    try:
        yield
    except (pl.exceptions.PolarsError, pa.ArrowException, OSError, ValueError) as error:
        raise RecordingError(f"{file} cannot be read as a table: {_first_line(error)}") from error


def _separator(file: Path) -> str:
    """Tab, semicolon or comma: whichever the header has most of."""
    with file.open("rb") as opened:
        header = opened.readline(65_536).decode("utf-8", errors="replace")
    return max(",", "\t", ";", key=header.count)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
