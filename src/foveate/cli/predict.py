"""foveate predict: how well gaze is told where no tracker was worn, or a prior fitted for it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foveate.cli.options import Declare, GazeFrom, Quiet, RecordingPaths, declared
from foveate.errors import UsageError

if TYPE_CHECKING:
    from foveate.batch.entry import Entry
    from foveate.predict.score import Comparison
    from foveate.stats import Interval

ROUNDED = {"auc_judd": ("AUC-Judd", 3), "nss": ("NSS", 2), "kl": ("KL (nats)", 2), "angular_error_deg": ("angle (deg)", 1)}
"""Metric -> how the table calls it, and its digits."""


def command(
    recordings: RecordingPaths,
    gaze: GazeFrom = None,
    fit: Annotated[bool, typer.Option("--fit", help="Fit a prior on the gaze of the recordings, and write it to -o.")] = False,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Of --fit: the file to write, such as prior.json.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the scores as JSON.")] = False,
    declare: Declare = None,
    quiet: Quiet = False,
) -> None:
    """Score a gaze source against the measured gaze of recordings, beside the middle of the frame; or fit a prior on it."""
    if fit:
        if gaze is not None or as_json:
            raise UsageError("--fit fits a prior on measured gaze; score it in a second call: --gaze center:PRIOR.json")
        _fit(recordings, declared(declare), out, quiet=quiet)
        return
    if gaze is None or out is not None:
        raise UsageError("give --gaze SOURCE to score it, or --fit -o prior.json to fit a prior")
    from foveate.predict import files_of

    files_of(gaze)
    _score(recordings, declared(declare), gaze, as_json=as_json, quiet=quiet)


def _entries(recordings: list[Path], declared: dict[str, str]) -> "list[Entry]":
    """Every recording that was named, each with a name of its own."""
    from foveate.batch.entry import Entry, named
    from foveate.cli.many import gathered

    found = gathered(recordings, declared, command="info", out=None)
    return named([Entry(found, declared=declared)]) if isinstance(found, Path) else list(found.entries)


def _fit(recordings: list[Path], declared: dict[str, str], out: Path | None, *, quiet: bool) -> None:
    from foveate.batch.entry import open_raw
    from foveate.job.disk import write_whole
    from foveate.predict.prior import fit, prior_text

    if out is None or out.suffix.lower() != ".json":
        raise UsageError(f"--fit writes a file that ends in .json; give it with -o, got {out}")
    if out.exists():
        raise UsageError(f"{out} is there already; give another file with -o")
    if not out.absolute().parent.is_dir():
        raise UsageError(f"{out} cannot be written: its folder is not there")
    prior = fit(open_raw(entry.item()) for entry in _entries(recordings, declared))
    write_whole(out, prior_text(prior).encode("utf-8"))
    if not quiet:
        (xx, _), (_, yy) = prior.covariance
        print(
            f"{out}: {prior}, {prior.samples} samples: "
            f"x {prior.mean[0]:.3f} (SD {xx**0.5:.3f}), y {prior.mean[1]:.3f} (SD {yy**0.5:.3f}), in shares of the frame"
        )


def _score(recordings: list[Path], declared: dict[str, str], spec: str, *, as_json: bool, quiet: bool) -> None:
    """Score every recording; those that cannot be are told at the end, and the exit code is 2."""
    from foveate.batch.entry import name_in_folder, open_raw
    from foveate.cli.progress import progress
    from foveate.errors import FoveateError, JobError
    from foveate.predict.score import compare

    entries = _entries(recordings, declared)
    done: list[tuple[str, Comparison]] = []
    failed: list[tuple[str, str]] = []
    with progress("scoring", len(entries), quiet=quiet or as_json) as advance:
        for entry in entries:
            item = entry.item()
            try:
                recording = open_raw(item)
                done.append((entry.name, compare(recording, spec, name=name_in_folder(recording, item))))
            except FoveateError as error:
                if len(entries) == 1:
                    raise
                failed.append((entry.name, str(error)))
            advance()
    if as_json:
        print(json.dumps(_told(spec, done, failed), indent=2, ensure_ascii=False, allow_nan=False))
    elif not quiet and done:
        _show(spec, done)
    if failed:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in failed[:3])
        raise JobError(f"{len(failed)} of {len(entries)} recordings could not be scored: {reasons}")


def _told(spec: str, done: "list[tuple[str, Comparison]]", failed: list[tuple[str, str]]) -> dict[str, Any]:
    from foveate.predict.score import BASELINE, means

    return {
        "gaze": spec,
        "baseline": BASELINE,
        "recordings": [{"name": name, **each.to_dict()} for name, each in done],
        "failed": [{"name": name, "reason": reason} for name, reason in failed],
        "mean": {
            who: {metric: _interval(found) for metric, found in each.items()}
            for who, each in means(each for _, each in done).items()
        },
    }


def _interval(found: "Interval") -> dict[str, Any]:
    return {**vars(found), "mean": None if found.mean != found.mean else found.mean}


def _show(spec: str, done: "list[tuple[str, Comparison]]") -> None:
    """A table on the terminal: two lines per recording, and the means."""
    from foveate.predict.prediction import SIGMA_SHARE
    from foveate.predict.score import BASELINE, METRICS, means

    width = max(len(name) for name, _ in done)
    width = max(width, len("mean of 00 recordings"))
    print(f"{'':<{width}}  {'':<10}" + "".join(f"{ROUNDED[metric][0]:>24}" for metric in METRICS))

    def line(name: str, who: str, cells: list[str]) -> None:
        print(f"{name:<{width}}  {who:<10}" + "".join(f"{cell:>24}" for cell in cells))

    for name, each in done:
        for who, scored in (("source", each.source), ("baseline", each.baseline)):
            scores = [(scored.scores[metric].value, ROUNDED[metric][1]) for metric in METRICS]
            cells = ["none" if value is None else f"{value:.{digits}f}" for value, digits in scores]
            line(name if who == "source" else "", who, cells)
        print(f"{'':<{width}}  {each.counts}")
    if len(done) > 1:
        for who, found in means(each for _, each in done).items():
            cells = [_cell(found[metric], ROUNDED[metric][1]) for metric in METRICS]
            line(f"mean of {len(done)} recordings" if who == "source" else "", who, cells)
        method = means(each for _, each in done)["source"]["auc_judd"].method
        print(f"[95% interval of the mean over recordings: {method}]")
    print(f"source: {spec} ({done[0][1].source.about}); baseline: {BASELINE} ({done[0][1].baseline.about})")
    print(
        f"maps: a Gaussian with a standard deviation of {SIGMA_SHARE:.0%} of the frame's longer side around a predicted or a "
        "measured point; of center a quarter of each side, of a prior its own"
    )
    reasons = {scored.scores[metric].reason for _, each in done for scored in (each.source,) for metric in METRICS}
    for reason in sorted(filter(None, reasons)):
        print(f"none: {reason}")


def _cell(found: "Interval", digits: int) -> str:
    if found.mean != found.mean:
        return "none"
    ends = "" if found.low is None or found.high is None else f" [{found.low:.{digits}f}, {found.high:.{digits}f}]"
    return f"{found.mean:.{digits}f}{ends}"
