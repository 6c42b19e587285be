"""Hands out of a file: what a detector, or an annotator, found in a recording that tracks none itself."""

from pathlib import Path

from foveate.recording.hands import Hands
from foveate.recording.recording import Recording


def with_hands(recording: Recording, file: Path | str) -> Recording:
    """The recording with the stream ``hands`` out of a table, in place of its own where it has one.

    Args:
        recording: any.
        file: CSV, TSV or Parquet with ``time_ns`` (or ``time_s``) on the recording's own clock, ``left_px``,
            ``top_px``, ``width_px``, ``height_px`` and, where they are told, ``side``, ``valid`` and ``confidence``.

    Raises:
        RecordingError: where the file is not there or is no such table.
    """
    from foveate.recording.beside import read_hands  # with polars, which live use gets by without

    hands = read_hands(Path(file))  # now, so that a mistake is told before anything is decoded
    return recording.replaced({"hands": hands})


def hands_csv(hands: Hands) -> bytes:
    """The table that ``with_hands`` reads, as CSV: boxes in tenths of a pixel, what was not seen as empty cells."""
    import polars as pl

    from foveate.recording.beside import table_of_hands

    table = pl.DataFrame({name: pl.Series(values) for name, values in table_of_hands(hands).items()}).fill_nan(None)
    rounded = table.with_columns(pl.col("side").replace("", None), pl.col("^.*_px$").round(1), pl.col("^confidence$").round(3))
    return rounded.write_csv().encode("utf-8")
