"""The files of a Description: JSON, CSV, WebVTT and Markdown, all of them or none."""

import csv
import io
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from foveate.clock import clock_text
from foveate.description.cells import cell
from foveate.description.description import Description, SpanDescription, explained
from foveate.errors import UsageError

COLUMNS = (
    *("recording", "start_s", "stop_s", "label", "text", "reason", "frames"),
    *("measured", "predicted", "held", "center", "skipped"),
    *("share_of_pixels", "visual_tokens", "prompt_tokens", "output_tokens", "first_token_s", "total_s"),
    *("model", "view", "notice"),
)
"""Of description.csv."""


def check_folder(folder: Path) -> None:
    """Refuse a folder whose files could not be written; asked before a long run, so that its answers are not lost.

    Raises:
        UsageError: where ``folder``, or what it would lie in, is a file or not writable.
    """
    nearest = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not nearest.is_dir():
        raise UsageError(f"{nearest} is a file; give a folder with -o")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise UsageError(f"{nearest} cannot be written to; give another folder with -o")


def check_free(folder: Path) -> None:
    """Refuse a folder in which an earlier result stands, saying what it is: it is never replaced unasked.

    Raises:
        UsageError: where ``folder`` holds a description, captions, or a batch of many recordings.
    """
    for name, what in (("description.json", "a description"), ("captions.json", "captions")):
        if (folder / name).exists():
            raise UsageError(f"{folder} holds {what}{_whose(folder / name)}; give another folder with -o, or --overwrite")
    if (folder / "job" / "job.json").exists():
        raise UsageError(f"{folder} holds a batch of many recordings; give another folder with -o for this one")


def _whose(file: Path) -> str:
    """Of what and by whom, as far as a file tells."""
    try:
        told = json.loads(file.read_bytes())
        return f" of {told['recording']['name']} by {told['model']['name']}"
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def write(description: Description, folder: Path, *, also: Mapping[str, str] | None = None) -> list[Path]:
    """Write the files of a description; each appears whole or not at all, and none before all are made.

    Args:
        description: what to write.
        folder: made where it is missing; files of the same names are replaced.
        also: further files, name -> text: the report.

    Returns:
        The paths written.

    Raises:
        UsageError: where ``folder`` is a file or not writable.
        OSError: where the disk is full or not writable.
    """
    check_folder(folder)
    files = {
        "description.json": json.dumps(description.to_dict(), indent=1, ensure_ascii=False, allow_nan=False) + "\n",
        "description.csv": as_csv(description),
        "description.vtt": as_vtt(description),
        "description.md": as_markdown(description),
        **(also or {}),
    }
    return write_files(folder, files)


def write_files(folder: Path, files: Mapping[str, str]) -> list[Path]:
    """Write texts under their names; none appears before all are on the disk, and nothing else is left behind.

    Args:
        folder: made where it is missing; files of the same names are replaced.
        files: name -> text.

    Returns:
        The paths written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder))
    try:
        for name, text in files.items():
            # a name may be no UTF-8, and a broken answer may hold half of a character
            (parts / name).write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
        for name in files:
            os.replace(parts / name, folder / name)
    finally:
        shutil.rmtree(parts, ignore_errors=True)
    return [folder / name for name in files]


def as_csv(description: Description) -> str:
    """One row per span; what a spreadsheet would take for a formula has an apostrophe in front."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for span in description.spans:
        sources = span.gaze_sources
        writer.writerow(
            cell(value)
            for value in (
                description.recording["name"],
                f"{span.start_s:.3f}",
                f"{span.stop_s:.3f}",
                span.label,
                span.text,
                span.reason,
                len(span.frames),
                *(sources.get(name, 0) for name in ("measured", "predicted", "held", "center")),
                sum((span.skipped_frames or {}).values()),
                _short(span.share_of_pixels),
                span.visual_tokens,
                span.prompt_tokens,
                span.output_tokens,
                _short(span.first_token_s),
                _short(span.total_s),
                description.model["name"],
                description.view["name"],
                description.notice,
            )
        )
    return out.getvalue()


def as_vtt(description: Description) -> str:
    """Subtitles for a player beside the scene video; spans without an answer are left out, and counted in a note."""
    told = [span for span in description.spans if span.text]
    notice = f" Notice: {description.notice}." if description.notice else ""
    counts = f"{len(told)} of {len(description.spans)} spans"
    head = f"NOTE {description.model['name']}, view {description.view['name']}; {counts}.{notice}"
    cues = [f"{_stamp(span.start_s)} --> {_stamp(span.stop_s)}\n{_cue(span, description.notice)}" for span in told]
    return "\n\n".join(["WEBVTT", head.replace("-->", "->"), *cues]) + "\n"


def as_markdown(description: Description) -> str:
    """A page for people."""
    recording, totals = description.recording, description.totals
    lines = [f"# {_inline(recording['name'])}", ""]
    for notice, meaning in explained(description.notice):
        lines += [f"**{_inline(notice)}**: {_inline(meaning)}.", ""]
    lines += [
        f"{_inline(recording['device'])}, {_short_s(recording['duration_s'])}; told by `{description.model['name']}` from "
        f"the view `{description.view['name']}` at {description.view['fps']:g} fps.",
        "",
    ]
    if not description.complete:
        lines += ["Stopped before the last span.", ""]
    if description.summary:
        lines += ["## Summary", "", *_quoted(description.summary), ""]
    lines += ["## Timeline", ""]
    for span in description.spans:
        label = f" ({_inline(span.label)})" if span.label else ""
        lines += [f"**{clock_text(span.start_s)} to {clock_text(span.stop_s)}**{label}", ""]
        lines += [*_quoted(span.text if span.text is not None else f"no answer: {span.reason}"), ""]
    if recording["warnings"]:
        lines += ["## Warnings", "", *(f"- {_quoted(warning)[0][2:]}" for warning in recording["warnings"]), ""]
    share = "" if totals.share_of_pixels is None else f"{totals.share_of_pixels:.1%} of each frame's pixels; "
    sources = ", ".join(f"{count} {name}" for name, count in sorted(totals.frames_by_source.items())) or "none"
    lines += [
        "## How",
        "",
        f"{totals.described} of {totals.spans} spans described from {totals.frames} frames (aim: {sources}); {share}"
        f"visual tokens: {totals.visual_tokens if totals.visual_tokens is not None else 'unknown'}; "
        f"{totals.model_s:.1f} s in the model.",
        "",
        *([f"{description.sent}.", ""] if description.sent else []),
        "Asked:",
        "",
        *_quoted(description.prompt["text"]),
    ]
    return "\n".join(lines) + "\n"


def _inline(text: str) -> str:
    """A name or label as words within a line: nothing in it becomes a link, an image, HTML, code or emphasis."""
    return re.sub(r"([\\`*\[\]<>|])", r"\\\1", " ".join(text.split()))


def _quoted(text: str) -> list[str]:
    # a quotation keeps what a model wrote from becoming headings, lists or links of our page
    return [f"> {line}".rstrip() for line in text.replace("<", "&lt;").splitlines()] or ["> "]


def _cue(span: SpanDescription, notice: str | None) -> str:
    text = (span.text or "").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    lines = [line for line in text.splitlines() if line.strip()]
    return "\n".join(([f"[{notice}]"] if notice else []) + lines)


def _stamp(seconds: float) -> str:
    millis = round(max(0.0, seconds) * 1000)
    return f"{millis // 3_600_000:02d}:{millis // 60_000 % 60:02d}:{millis // 1000 % 60:02d}.{millis % 1000:03d}"


def _short_s(seconds: float | None) -> str:
    return "length unknown" if seconds is None else f"{seconds:.1f} s"


def _short(number: float | None) -> str:
    return "" if number is None else f"{number:.4g}"
