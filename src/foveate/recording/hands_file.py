"""Hands out of a file: what a detector, or an annotator, found in a recording that tracks none itself."""

from dataclasses import replace
from pathlib import Path

from foveate.recording.beside import read_hands
from foveate.recording.recording import Recording


def with_hands(recording: Recording, file: Path | str) -> Recording:
    """The recording with the stream ``hands`` out of a table, in place of its own where it has one.

    Args:
        recording: any.
        file: CSV, TSV or Parquet with ``time_ns`` (or ``time_s`` and so on) on the recording's own clock, ``left_px``,
            ``top_px``, ``width_px``, ``height_px`` and, where they are told, ``side``, ``valid`` and ``confidence``.

    Raises:
        RecordingError: where the file is not there or is no such table.
    """
    hands = read_hands(Path(file))  # now, so that a mistake is told before anything is decoded
    return replace(recording, loaders={**recording.loaders, "hands": lambda: hands}, _streams=recording._streams.copy())
