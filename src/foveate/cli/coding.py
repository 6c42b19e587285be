"""foveate describe --codebook: labels out of the user's code book in place of sentences."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foveate.errors import UsageError

if TYPE_CHECKING:
    from foveate.codes.coding import Coded, Coding
    from foveate.description.description import Description
    from foveate.model.model import Model
    from foveate.recording.recording import Recording


@dataclass(frozen=True)
class Labelling:
    """Whether labels are chosen in place of sentences."""

    codebook: Annotated[
        Path | None,
        typer.Option("--codebook", metavar="FILE", help="Choose a label of a code book (TOML, docs/codes.md); labels.csv."),
    ] = None
    per: Annotated[str, typer.Option("--per", help="With --codebook: what gets a label, span or fixation.")] = "span"

    def coding(self, prompt: str | None) -> "Coding | None":
        """The code book, read and checked; None where none was given.

        Args:
            prompt: which of its own prompts a model is asked that understands no other.
        """
        if self.codebook is None:
            if self.per != "span":
                raise UsageError("--per tells what gets a label of a code book; give one with --codebook labels.toml")
            return None
        from foveate.codes.coding import Coding

        return Coding.read(self.codebook, per=self.per, prompt=prompt)


def run_coding(
    recording: "Recording",
    model: "Model",
    coding: "Coding",
    how: Mapping[str, Any],
    folder: Path,
    *,
    estimate: bool,
    quiet: bool,
) -> None:
    """Code one recording and write its files.

    Args:
        recording: opened.
        model: loaded.
        coding: the code book, and what gets a label.
        how: the keywords of ``telling``.
        folder: where the files go.
        estimate: only tell what it would take.
        quiet: whether to say nothing.
    """
    from foveate.cli.describe import print_estimate, tell_and_write
    from foveate.codes.coding import coded
    from foveate.description.describe import telling
    from foveate.description.estimate import estimate as sampled
    from foveate.report.html import description_page

    whole = telling(recording, model, **how)
    job = coding.asked(whole)
    if estimate:
        print_estimate(sampled(job))
        return
    done: list[Coded] = []

    def files(description: "Description") -> dict[str, str]:
        labels = coded(description, job, coding, whole=whole)
        done.append(labels)
        pages = {"report.html": description_page(description, recording)} if labels.has_page else {}
        return {**pages, **labels.files(recording.name)}

    description, stop = tell_and_write(job, folder, summary=False, quiet=quiet, files=files)
    if not quiet:
        print_coded(description, done[0], folder)
    if stop is not None:
        raise stop


def print_coded(description: "Description", done: "Coded", folder: Path) -> None:
    """Print how often each label was chosen, why spans have none, what it cost and where the files are."""
    from rich.console import Console
    from rich.text import Text

    from foveate.cli.timeline import cost
    from foveate.description.description import explained

    console = Console(highlight=False)
    for notice, meaning in explained(description.notice):
        console.print(Text(f"{notice}: {meaning}", style="bold yellow"), soft_wrap=True)
    for warning in description.recording["warnings"]:
        console.print(Text(f"! {warning}", style="yellow"), soft_wrap=True)
    width = max(len(name) for name in done.counts)
    for name, count in done.counts.items():
        seconds = sum(span.offset_s - span.onset_s for span in done.spans if span.label == name)
        console.print(Text(f"{name:<{width}}", style="cyan") + Text(f"  {done.counted(count):>14}  {seconds:>8.1f} s"))
    for line in done.failure_lines():
        console.print(Text(line, style="yellow"), soft_wrap=True)
    console.print(Text(f"gaze {_gaze(done)}", style="dim"), soft_wrap=True)
    console.print(Text(cost(description), style="dim"), soft_wrap=True)
    if description.sent:
        console.print(Text(f"{description.sent}; description.json lists their frames", style="yellow"), soft_wrap=True)
    page = "report.html, " if done.has_page else ""
    written = f"wrote {folder / 'labels.csv'} and codes.json, {page}description.json, .csv, .vtt, .md beside it"
    console.print(Text(written), soft_wrap=True)


def _gaze(done: "Coded") -> str:
    stretch = done.stretch
    length_s = stretch.stop_s - stretch.start_s
    if stretch.tracked_s is None:
        return f"was not measured; {length_s:.1f} s"
    return f"tracked in {stretch.tracked_s:.1f} of {length_s:.1f} s ({stretch.tracked_s / length_s:.0%})"
