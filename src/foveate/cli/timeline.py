"""A description on the terminal."""

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from foveate.clock import clock_text
from foveate.description.description import Description, SpanDescription, explained

STOOD_IN = {"predicted": "predicted gaze point", "held": "held gaze point", "center": "centre instead of gaze"}
"""Source of an aim that was not measured -> in words."""


def print_description(description: Description, folder: Path) -> None:
    """Print the timeline, what it cost and where the files are."""
    console = Console()
    for notice, meaning in explained(description.notice):
        console.print(Text(f"{notice}: {meaning}", style="bold yellow"))
    for warning in description.recording["warnings"]:
        console.print(Text(f"! {warning}", style="yellow"))
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    for span in description.spans:
        table.add_row(f"{clock_text(span.start_s)} - {clock_text(span.stop_s)}", _text(span, description.notice))
    console.print(table)
    if not description.complete:
        console.print(Text("stopped before the last span: these are the ones that were done", style="yellow"))
    if description.summary:
        console.print(Text(f"\n{description.summary}"))
    console.print(Text(f"\n{cost(description)}", style="dim"))
    if description.sent:
        console.print(Text(f"{description.sent}; description.json lists their frames", style="yellow"))
    console.print(Text(f"wrote {folder / 'report.html'} and description.json, .csv, .vtt, .md beside it"))


def cost(description: Description) -> str:
    """What was shown and what it took, in one line."""
    totals = description.totals
    parts = [f"{totals.described} of {_count(totals.spans, 'span')}, {_count(totals.frames, 'frame')}"]
    if totals.share_of_pixels is not None:
        parts.append(f"{totals.share_of_pixels:.1%} of each frame's pixels")
    if totals.visual_tokens is not None:
        whole = f" (full frames: {totals.full_visual_tokens:,})" if totals.full_visual_tokens else ""
        parts.append(f"{totals.visual_tokens:,} visual tokens{whole}")
    parts.append(f"{totals.model_s:.1f} s in {description.model['name']}")
    stood_in = {source: count for source, count in totals.frames_by_source.items() if source in STOOD_IN}
    parts += [f"{STOOD_IN[source]} in {count}" for source, count in stood_in.items()]
    parts += [f"{note} in {count}" for note, count in totals.frame_notes.items()]
    parts += [f"{count} skipped ({reason})" for reason, count in totals.skipped_frames.items()]
    return "; ".join(parts)


def _text(span: SpanDescription, notice: str | None) -> Text:
    if span.text is None:
        return Text(f"no answer: {span.reason}", style="yellow")
    return Text(f"[{notice}] {span.text}" if notice else span.text or "(an empty answer)")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
