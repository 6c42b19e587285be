"""foveate check: what is measured of one recording, alone or among many."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foveate.batch.entry import correction_in, open_raw
from foveate.batch.kind import Merged, nothing
from foveate.errors import UsageError
from foveate.gaze.clock_error import ClockError
from foveate.gaze.correction import Correction, corrected
from foveate.gaze.drift import clock_error, watched
from foveate.gaze.quality import Quality, measure
from foveate.job import Item, Json, Result, Work
from foveate.recording import Recording
from foveate.report.check import Row, check_page
from foveate.report.check import rows as rows_in_words

FILE, PAGE = "check.json", "check.html"
MEASURES = {
    "format": "recording.format",
    "device": "recording.device",
    "duration_s": "recording.duration_s",
    "loss_share": "loss.share",
    "samples_due": "loss.due",
    "samples_valid": "loss.valid",
    "nominal_hz": "rate.nominal_hz",
    "valid_hz": "rate.valid_hz",
    "jitter_ms": "rate.jitter_ms",
    "longest_ms": "rate.longest_ms",
    "precision_unit": "precision.unit",
    "rms_s2s": "precision.rms_s2s.median",
    "sd": "precision.sd.median",
    "blink_losses": "blinks.losses",
    "unworn_s": "unworn_s",
    "frames": "frames.timed",
    "frames_without_gaze": "frames.without_gaze",
    "start_offset_ms": "frames.start_offset_ms",
    "points_outside": "frames.outside",
    "frames_lost": "frame_clock.lost",
    "drift": "drift.kind",
    "drift_ms_per_min": "drift.ms_per_min.value",
    "lag_ms": "drift.lag_ms.value",
}
"""Column of all.csv -> where it stands in check.json."""
COLUMNS = (*MEASURES, "gaps", "gaps_s", "warnings")
SHOWN = ("loss", "rate", "precision", "drift")
"""Measures that the index page tells."""


@dataclass(frozen=True)
class Checked:
    """What was measured of a recording."""

    recording: Recording
    quality: Quality
    error: ClockError | None
    """Between the clocks of gaze and video; None where it was not asked for."""
    after: ClockError | None
    """What is left of it, where it was corrected."""

    @property
    def rows(self) -> list[Row]:
        """Every measure in words."""
        return rows_in_words(self.quality, self.error, self.after)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        clocks = {"drift": self.error, "corrected": self.after}
        return self.quality.to_dict() | {name: found.to_dict() for name, found in clocks.items() if found is not None}

    def page(self) -> str:
        """As a page with plots."""
        return check_page(self.quality, self.recording, self.error, self.after)


def examine(recording: Recording, correction: Correction, *, drift: bool) -> Checked:
    """Measure a recording's gaze as the correction leaves it.

    Args:
        recording: as it was opened.
        correction: what to do to gaze first.
        drift: whether to estimate how far the clocks of gaze and video are apart.

    Raises:
        UsageError: where a drift is asked for and gaze or video is missing.
        RecordingError: where a stream cannot be read.
    """
    if (drift or correction.fix_drift) and not {"scene", "gaze"} <= set(recording.loaders):
        where = recording.path or recording.name
        raise UsageError(f"--drift and --fix-drift compare gaze with the video, and {where} lacks one of them")
    windows = watched(recording) if drift or correction.fix_drift else []
    error = clock_error(recording.gaze, windows, recording.scene.size_px.width_px) if windows else None
    recording = corrected(recording, correction, error=error)
    after = clock_error(recording.gaze, windows, recording.scene.size_px.width_px) if correction.fix_drift else None
    return Checked(recording, measure(recording), error, after)


def make_work(settings: Mapping[str, Json]) -> Work:
    """What is measured of a recording, as check.json and a page."""

    def work(item: Item, folder: Path) -> Json:
        checked = examine(open_raw(item), correction_in(settings), drift=settings["drift"])
        told = json.dumps(checked.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)
        (folder / FILE).write_text(told + "\n", encoding="utf-8")
        (folder / PAGE).write_text(checked.page(), encoding="utf-8")
        facts = checked.quality.facts
        return {
            "device": facts["device"],
            "duration_s": facts["duration_s"],
            "told": "no gaze" if checked.quality.loss is None else f"{checked.quality.loss.share:.1%} lost",
            "text": "\n".join(f"{row.name}: {row.text}" for row in checked.rows if row.name in SHOWN),
            "remarks": facts["warnings"],
            "page": PAGE,
            "rows": [[row.name, row.text] for row in checked.rows],
        }

    return work


def rows(result: Result) -> Iterator[Mapping[str, Json]]:
    """One line."""
    told = json.loads(result.file(FILE).read_text(encoding="utf-8"))
    yield {
        **{name: _at(told, place) for name, place in MEASURES.items()},
        "gaps": len(told["gaps"]),
        "gaps_s": round(sum(gap["duration_s"] for gap in told["gaps"]), 3),
        "warnings": "; ".join(told["recording"]["warnings"]),
    }


merged: Merged = nothing
"""One table is all."""


def _at(told: Any, place: str) -> Json:
    """The value at a dotted place; None where there is none."""
    for name in place.split("."):
        told = told.get(name) if isinstance(told, dict) else None
    return told
