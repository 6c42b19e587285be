"""Fixations, saccades and blinks as the vendor's own program found them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_MS, Times
from foveate.errors import RecordingError
from foveate.geometry import Points
from foveate.recording.samples import FARTHEST_PX, without_far


@dataclass(frozen=True)
class EyeEvents:
    """Events of one kind in order of their start: the stream ``fixations``, ``saccades`` or ``blinks`` of a recording."""

    start_ns: Times
    """(N,) sorted first instants, on the recording's clock."""
    stop_ns: Times
    """(N,) ends as the vendor tells them, each after its start."""
    number: NDArray[np.int64]
    """(N,) the vendor's own numbers, by which its other tables refer to them; -1 where it gives none."""
    point_px: Points | None = None
    """(N, 2) where a fixation rested, in pixels of the scene frame; None for events without a place."""
    notes: tuple[str, ...] = ()
    """What a user should know: rows left out."""
    values: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    """What was measured of them: name with its unit, such as ``amplitude_deg`` -> (N,); NaN where it is not known."""

    def __post_init__(self) -> None:
        n = len(self.start_ns)
        shapes: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
            "stop_ns": (self.stop_ns.shape, (n,)),
            "number": (self.number.shape, (n,)),
        }
        if self.point_px is not None:
            shapes["point_px"] = (self.point_px.shape, (n, 2))
        shapes |= {name: (values.shape, (n,)) for name, values in self.values.items()}
        for name, (got, wanted) in shapes.items():
            if got != wanted:
                raise RecordingError(f"{name} of eye events has shape {got}, expected {wanted}")
        if np.any(np.diff(self.start_ns) < 0) or np.any(self.stop_ns <= self.start_ns):
            raise RecordingError("eye events must be in order of their start, and each must stop after it starts")
        for array in (self.start_ns, self.stop_ns, self.number, self.point_px, *self.values.values()):
            if array is not None:
                array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.start_ns)


def read_eye_events(file: Path, named: Mapping[str, str], *, unit: str) -> EyeEvents:
    """Events out of a table with one row each; a table without rows has none.

    Args:
        file: the table.
        named: meaning -> column; the meanings are ``start``; ``stop`` or ``duration_ms``; and where there are any
            ``number``, and ``x`` and ``y`` in pixels.
        unit: of start and stop: s, ms, us or ns.

    Raises:
        RecordingError: where a column is missing, or most rows are no events.
    """
    from foveate.recording import columns  # with polars, which events found in gaze get by without

    table = columns.read_columns(file, dict(named))
    start_ns, there = columns.times(table["start"], unit=unit, source=file)
    if "stop" in table:
        stop_ns, ends = columns.times(table["stop"], unit=unit, source=file)
    else:
        duration_ms = columns.numbers(table["duration_ms"])
        ends = np.isfinite(duration_ms) & (np.abs(duration_ms) < 2**40)
        stop_ns = start_ns + np.round(np.where(ends, duration_ms, 0.0) * NS_PER_MS).astype(np.int64)
    number = columns.numbers(table["number"]) if "number" in table else np.full(len(start_ns), np.nan)
    notes: list[str] = []
    point_px = columns.points(table["x"], table["y"], notes) if "x" in table else None
    return of_rows(
        start_ns, stop_ns, number, point_px, there=there & ends, source=file, notes=tuple(notes),
        remedy=f"Check that {', '.join(map(repr, named.values()))} are the right columns, or export it again.",
    )  # fmt: skip


def of_rows(
    start_ns: Times,
    stop_ns: Times,
    number: NDArray[np.float64],
    point_px: Points | None,
    *,
    there: NDArray[np.bool_],
    source: Path,
    remedy: str,
    notes: tuple[str, ...] = (),
) -> EyeEvents:
    """Events out of rows in any order; those that are none are left out and counted.

    Args:
        start_ns: (N,).
        stop_ns: (N,).
        number: (N,) the vendor's own; NaN where it gives none.
        point_px: (N, 2) or None.
        there: (N,) which rows have both times.
        source: file that messages name.
        remedy: what to do where most rows are none.
        notes: what was noticed before.

    Raises:
        RecordingError: where most rows are no events.
    """
    whole = there & (stop_ns > start_ns)
    lost = int(np.sum(~whole))
    if lost > max(1.0, len(whole) / 2):
        raise RecordingError(f"{source}: {lost} of {len(whole)} rows have no start, no end, or end before they start. {remedy}")
    order = np.flatnonzero(whole)[np.argsort(start_ns[whole], kind="stable")]
    said = (f"{lost} of {len(whole)} rows of {source.name} have no start or end in order: left out",) if lost else ()
    point_px, placeless = (None, ()) if point_px is None else _placed(point_px[order])
    return EyeEvents(
        start_ns=start_ns[order],
        stop_ns=stop_ns[order],
        number=np.where(np.abs(number) < 2**53, number, -1.0)[order].astype(np.int64),
        point_px=point_px,
        notes=(*notes, *said, *placeless),
    )


def _placed(point_px: Points) -> tuple[Points, tuple[str, ...]]:
    """Where fixations rested, without those too far to be true, and a note on these."""
    point_px, far = without_far(point_px)
    return point_px, (
        f"{far} fixations lie farther than {FARTHEST_PX:,.0f} px from the frame: their place is missing",
    ) if far else ()


def of_samples(time_ns: Times, number: NDArray[np.float64], point_px: Points, *, notes: tuple[str, ...] = ()) -> EyeEvents:
    """Events out of gaze samples that bear the number of the event they belong to.

    An event starts with its first sample and stops with the first sample after its last, as Pupil Cloud has it; the last
    event of all may stop with its own last sample. Its place is the mean of those of its samples that have one.

    Args:
        time_ns: (N,) instants of the samples.
        number: (N,) their event, NaN where they belong to none.
        point_px: (N, 2).
        notes: what was noticed before.
    """
    order = np.argsort(time_ns, kind="stable")
    time_ns, number, point_px = time_ns[order], number[order], point_px[order]
    mine = np.flatnonzero(np.isfinite(number) & (np.abs(number) < 2**53))
    found, index = np.unique(number[mine].astype(np.int64), return_inverse=True)
    first, last = np.full(len(found), len(time_ns)), np.zeros(len(found), dtype=np.intp)
    np.minimum.at(first, index, mine)
    np.maximum.at(last, index, mine)
    point_px, _ = without_far(point_px)  # the gaze stream of the same samples counts them
    here = np.isfinite(point_px[mine]).all(axis=1)
    sum_px = np.stack([np.bincount(index[here], point_px[mine[here], axis], len(found)) for axis in (0, 1)], axis=1)
    many = np.bincount(index[here], minlength=len(found))[:, None]
    mean_px = np.where(many > 0, sum_px / np.maximum(many, 1), np.nan)
    start_ns, stop_ns = time_ns[first], time_ns[np.minimum(last + 1, len(time_ns) - 1)]
    whole = np.argsort(start_ns, kind="stable")
    whole = whole[stop_ns[whole] > start_ns[whole]]
    return EyeEvents(
        start_ns=start_ns[whole], stop_ns=stop_ns[whole], number=found[whole], point_px=mean_px[whole], notes=notes
    )
