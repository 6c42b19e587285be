"""A faithful table recording: a clip, a table of gaze in any of the ways that users have it, a foveate.toml."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from writers.video import SIZE, write_clip

FRAMES = 20
FPS = 25.0
SAMPLES = 160
"""At 200 Hz, as long as the clip."""


def samples() -> dict[str, np.ndarray]:
    """Times in ns on the clip's clock and points in pixels from the top left."""
    index = np.arange(SAMPLES)
    return {"time_ns": index * 5_000_000, "x_px": 4 + index * 0.25, "y_px": 40 - index * 0.125}


def write_table(
    folder: Path,
    columns: dict[str, Any] | None = None,
    *,
    gaze: str = "gaze.csv",
    toml: str | None = None,
    events: str | None = None,
) -> Path:
    """Write a folder with ``scene.mp4`` and a table.

    Args:
        folder: where.
        columns: name -> values; None for ``samples``.
        gaze: name of the table; the ending tells its format, .eu.csv one with semicolons.
        toml: lines of the section [table]; None writes no TOML.
        events: content of events.csv.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_clip(folder / "scene.mp4", frames=FRAMES, fps=FPS, size_px=SIZE)
    write_gaze(folder / gaze, columns)
    if toml is not None:
        (folder / "foveate.toml").write_text(f"[table]\n{toml}\n")
    if events is not None:
        (folder / "events.csv").write_text(events)
    return folder


def write_gaze(file: Path, columns: dict[str, Any] | None = None) -> Path:
    """Write a table of gaze only."""
    table = pl.DataFrame(samples() if columns is None else columns, strict=False)
    if file.suffix == ".parquet":
        table.write_parquet(file)
    else:
        separator = {".tsv": "\t", ".csv": ";" if file.name.endswith(".eu.csv") else ","}[file.suffix]
        table.write_csv(file, separator=separator)
    return file
