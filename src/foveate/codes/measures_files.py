"""The files of measures: a tidy table of labels, one of transitions, and the figure."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from foveate.codes.figure import draw_figure
from foveate.codes.measures import Group
from foveate.description.cells import as_csv
from foveate.job.disk import write_whole

MEASURES, TRANSITIONS, FIGURE = "measures.csv", "transitions.csv", "measures.png"
COLUMNS = (
    *("recordings", "label", "dwell_s", "share", "share_mean", "share_low", "share_high", "units"),
    *("visits", "mean_visit_s", "first_look_s", "recordings_with_label", "untracked_in_label_s"),
    *("labelled_s", "no_label_s", "outside_spans_s", "untracked_s", "stretch_s", "breaks", "recordings_without_gaze", "notice"),
)
"""Of measures.csv, after the columns of the groups: those of a label, then from labelled_s on those of its whole group."""


def write_measures(
    groups: Sequence[Group], folder: Path, *, by: Sequence[str], title: str, notices: Sequence[str] = ()
) -> list[Path]:
    """Write tables and figure; each appears whole, in the place of an earlier one.

    Args:
        groups: what was measured.
        folder: made where it is missing.
        by: the columns of the groups.
        title: what the figure is headed with.
        notices: what every output must bear.
    """
    folder.mkdir(parents=True, exist_ok=True)
    by = by or ("recording",)
    rows = [row for group in groups for row in label_rows(group, by, "; ".join(notices))]
    moves = [row for group in groups for row in move_rows(group, by)]
    files = {
        MEASURES: as_csv((*by, *COLUMNS), rows),
        TRANSITIONS: as_csv((*by, "from", "to", "count", "share"), moves),
        FIGURE: draw_figure(groups, title=title, notice="; ".join(notices)),
    }
    for name, data in files.items():
        write_whole(folder / name, data)
    return [folder / name for name in files]


def label_rows(group: Group, by: Sequence[str], notice: str) -> list[dict[str, Any]]:
    """One line per label."""
    whole = {
        "recordings": len(group.timelines),
        "labelled_s": _s(group.labelled_s),
        "no_label_s": _s(group.no_label_s),
        "outside_spans_s": _s(group.outside_s),
        "untracked_s": _s(group.untracked_s),
        "stretch_s": _s(group.stretch_s),
        "breaks": group.breaks,
        "recordings_without_gaze": group.without_gaze,
        "notice": notice,
    }
    return [
        {
            **dict(zip(by, group.key, strict=True)),
            **whole,
            "label": label.label,
            "dwell_s": _s(label.dwell_s),
            "share": _share(label.share),
            "share_mean": _share(label.mean.mean) if label.mean.clusters else None,
            "share_low": _share(label.mean.low),
            "share_high": _share(label.mean.high),
            "units": label.mean.clusters,
            "visits": label.visits,
            "mean_visit_s": _s(label.mean_visit_s),
            "first_look_s": _s(label.first_look_s),
            "recordings_with_label": label.recordings,
            "untracked_in_label_s": _s(label.lost_s),
        }
        for label in group.labels
    ]


def move_rows(group: Group, by: Sequence[str]) -> list[dict[str, Any]]:
    """One line per pair of labels of which one followed the other, with the share of all that followed the first."""
    names = [label.label for label in group.labels]
    left = {name: sum(count for (start, _), count in group.moves.items() if start == name) for name in names}
    return [
        {
            **dict(zip(by, group.key, strict=True)),
            "from": start,
            "to": end,
            "count": group.moves[start, end],
            "share": _share(group.moves[start, end] / left[start]),
        }
        for start in names
        for end in names
        if (start, end) in group.moves
    ]


def _s(seconds: float | None) -> str | None:
    return None if seconds is None else f"{seconds:.3f}"


def _share(share: float | None) -> str | None:
    return None if share is None else f"{share:.4f}"
