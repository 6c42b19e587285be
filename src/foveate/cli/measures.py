"""foveate measures: dwell time, visits, time to first look, transitions and share of time out of labels."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foveate.cli.options import Quiet

if TYPE_CHECKING:
    from foveate.codes.measures import Group
    from foveate.codes.table import Codes


def command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of foveate describe --codebook, or a labels.csv.")],
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="COLUMNS", help="Make groups by these columns, such as participant,condition."),
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Folder for the files; default: beside the labels.")] = None,
    quiet: Quiet = False,
) -> None:
    """Measure durations by label: dwell time, visits, time to first look, transitions; untracked time apart (docs/codes.md)."""
    from foveate.codes.measures import measures
    from foveate.codes.measures_files import write_measures
    from foveate.codes.read import read_codes
    from foveate.codes.table import LABELS
    from foveate.description.write import check_folder

    codes = read_codes(run)
    columns = tuple(dict.fromkeys(name.strip() for name in by.split(",") if name.strip())) if by is not None else ()
    groups = measures(codes, columns)
    folder = out or codes.path.parent
    check_folder(folder)
    of = (codes.book.title if codes.book else "") or (codes.path.resolve().parent.name if codes.path.name == LABELS else "")
    title = f"{of}, coded by {codes.name}" if of else f"Coded by {codes.name}"
    written = write_measures(groups, folder, by=columns, title=title, notices=codes.notices)
    if not quiet:
        _print(codes, groups, columns or ("recording",))
        print(f"wrote {', '.join(str(file) for file in written)}")


def _print(codes: "Codes", groups: "Sequence[Group]", by: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from foveate.codes.figure import NOT_TOLD, name_of
    from foveate.codes.timeline import PARTICIPANT

    console = Console(highlight=False)
    for notice in codes.notices:
        console.print(Text(notice, style="bold yellow"), soft_wrap=True)
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in (*by, "label"):
        table.add_column(name, overflow="fold")
    for name in ("dwell", "share", "visits", "first look"):
        table.add_column(name, justify="right", no_wrap=True)
    for group in groups:
        for label in group.labels:
            share = "" if label.share is None else f"{label.share:.1%}"
            first = "" if label.first_look_s is None else f"{label.first_look_s:.1f} s"
            cells = (
                *(value or NOT_TOLD for value in group.key),
                label.label,
                f"{label.dwell_s:.1f} s",
                share,
                str(label.visits),
                first,
            )
            table.add_row(*(Text(each) for each in cells))
    console.print(table)
    for group in groups:
        console.print(Text(f"{name_of(group)}: {_rest(group)}", style="dim"), soft_wrap=True)
    lines = [line for group in groups for line in group.timelines]
    nobody = [line.recording for line in lines if not line.columns.get(PARTICIPANT)]
    if 0 < len(nobody) < len(lines):
        said = f"no participant is told of {_some(nobody)}: each counts as one of its own in means and intervals"
        console.print(Text(said, style="yellow"), soft_wrap=True)
    if not codes.stretches and any(span.gaze_valid is None for span in codes.spans):
        said = f"{codes.path} tells no gaze_valid of some recordings: all their time counts, untracked time too"
        console.print(Text(said, style="yellow"), soft_wrap=True)
    if lost := codes.without_spans:
        said = f"to be coded, but without a span in {codes.path}, and so in no number: {_some(lost)}"
        console.print(Text(said, style="yellow"), soft_wrap=True)
    if failed := _failed(codes.path.parent):
        console.print(Text(f"could not be coded, and so in no number: {failed}", style="yellow"), soft_wrap=True)
    if stopped := [name for name, stretch in codes.stretches.items() if not stretch.complete]:
        console.print(
            Text(f"coding of {', '.join(stopped[:3])} was stopped: what is left counts as in no span", style="yellow")
        )


def _failed(folder: Path) -> str:
    """Recordings of the batch beside the table that failed; empty where there is none."""
    from foveate.batch.kind import rows_of
    from foveate.batch.outputs import FAILURES

    names = [row["recording"] for row in rows_of(folder / FAILURES)] if (folder / FAILURES).is_file() else []
    return f"{_some(names)} ({FAILURES})" if names else ""


def _some(names: "Sequence[str]") -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _rest(group: "Group") -> str:
    """Where the time went that is in no label."""
    lost = "gaze was not measured" if group.untracked_s is None else f"untracked {group.untracked_s:.1f} s"
    if group.untracked_s is not None and group.without_gaze:
        lost += f" (and {group.without_gaze} of {len(group.timelines)} recordings whose gaze was not measured)"
    return (
        f"of {group.stretch_s:.1f} s labelled {group.labelled_s:.1f} s, without a label {group.no_label_s:.1f} s, "
        f"in no span {group.outside_s:.1f} s, {lost}"
    )
