"""What a device measures beside gaze, as numbers over time: the IMU, the eyes' state."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foveate.clock import Times
from foveate.errors import RecordingError


@dataclass(frozen=True)
class Signals:
    """Several numbers that were measured at the same instants."""

    time_ns: Times
    """(N,) sorted, on the recording's clock."""
    values: Mapping[str, NDArray[np.float64]]
    """Name with its unit, such as ``gyro_x_deg_per_s`` -> (N,); NaN where missing."""
    notes: tuple[str, ...] = ()
    """What a user should know: rows left out, columns that are empty."""

    def __post_init__(self) -> None:
        for name, values in self.values.items():
            if values.shape != self.time_ns.shape:
                raise RecordingError(f"the signal {name} has {values.shape} values for {self.time_ns.shape} instants")
        if np.any(np.diff(self.time_ns) < 0):
            raise RecordingError("the times of a signal run backwards; sort the rows by time first")
        for array in (self.time_ns, *self.values.values()):
            array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.time_ns)


def read_signals(
    file: Path,
    *,
    time: str,
    unit: str,
    names: Mapping[str, str],
    scale: Mapping[str, float] | None = None,
    empty: bool = False,
) -> Signals:
    """Columns of a table as Signals.

    Args:
        file: the table.
        time: column of the instants.
        unit: their unit: s, ms, us or ns.
        names: column -> name of the signal; columns that are all empty are left out and told.
        scale: name of a signal -> what its column is multiplied by.
        empty: keep those, and take a table without rows.

    Raises:
        RecordingError: where a column is missing, or no row has a time.
    """
    from foveate.recording import columns  # with polars, which a device's own numbers get by without

    table = columns.read_columns(file, {"time": time} | {name: column for column, name in names.items()})
    time_ns, there = columns.times(table.pop("time"), unit=unit, source=file)
    if not there.any() and not empty:
        raise RecordingError(f"{file} has no row with a time in {time!r}; export it again")
    notes = [] if there.all() else [f"{int(np.sum(~there))} of {len(there)} rows of {file.name} have no time: left out"]
    values = {name: columns.numbers(column, notes)[there] for name, column in table.items()}
    with np.errstate(over="ignore"):  # a broken number becomes infinite, and so missing
        values |= {name: values[name] * factor for name, factor in (scale or {}).items() if name in values}
    return of_rows(time_ns[there], values, source=file.name, notes=tuple(notes), empty=empty)


def of_rows(
    time_ns: Times,
    values: Mapping[str, NDArray[np.float64]],
    *,
    source: str,
    notes: tuple[str, ...] = (),
    empty: bool = False,
) -> Signals:
    """Signals out of rows in any order of time; what is all empty is left out and told.

    Args:
        time_ns: (N,).
        values: name -> (N,).
        source: what notes call the rows' file.
        notes: what was noticed before.
        empty: keep what is all empty.
    """
    said, order = list(notes), np.argsort(time_ns, kind="stable")
    if broken := sum(int(np.isinf(numbers).sum()) for numbers in values.values()):
        said.append(f"{broken} values of {source} are infinite: taken as missing")
        values = {name: np.where(np.isinf(numbers), np.nan, numbers) for name, numbers in values.items()}
    if np.any(np.diff(order) < 0):
        said.append(f"rows of {source} are not in order of time: sorted")
    lost = [] if empty else [name for name, numbers in values.items() if not np.isfinite(numbers).any()]
    if lost and len(time_ns):
        said.append(f"{source} has no values of {', '.join(lost)}")
    return Signals(
        time_ns=time_ns[order],
        values={name: numbers[order] for name, numbers in values.items() if name not in lost},
        notes=tuple(said),
    )
