"""foveate prepare: a data set as clips that training reads, with gaze on the model's own grid."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foveate.cli.options import Budget, CropSize, Fps, Frames, ModelName, Quiet
from foveate.errors import JobError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from foveate.batch.prepare import Estimate, Prepared
    from foveate.train.source import Source

GB = 1_000_000_000


def command(
    dataset: Annotated[
        str, typer.Argument(metavar="DATASET", help="A data set's folder, samples.jsonl, or toykitchen (toykitchen:other ...).")
    ],
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Folder for the shards.")] = None,
    model: ModelName = None,
    view: Annotated[str, typer.Option("--view", help="What the model is shown; full: it must learn where to look.")] = "full",
    size: CropSize = "448",
    fps: Fps = 1.0,
    frames: Frames = "uniform",
    budget: Budget = None,
    window_ms: Annotated[float, typer.Option("--window-ms", help="Gaze of this much time up to a frame.")] = 200.0,
    check: Annotated[str, typer.Option("--check", help="How occluded gaze points are found: local, or none.")] = "local",
    sigma_px: Annotated[float, typer.Option("--sigma-px", help="Of the Gaussian around a gaze point, in scene pixels.")] = 20.0,
    images: Annotated[str, typer.Option("--images", help="How images are kept: png, jpeg, or auto.")] = "auto",
    split: Annotated[str, typer.Option("--split", help="Sides to prepare: train,validation,test.")] = "train,validation,test",
    shares: Annotated[
        str | None, typer.Option("--shares", help="Split anew, by participant and recording: train=.8,validation=.2")
    ] = None,
    split_seed: Annotated[int, typer.Option("--split-seed", help="Of that split.")] = 0,
    worlds: Annotated[int, typer.Option("--worlds", help="Of toykitchen: how many, over all sides.")] = 40,
    tasks: Annotated[str | None, typer.Option("--tasks", help="activity,future,question; default: all there are.")] = None,
    name: Annotated[str | None, typer.Option("--name", help="Which data set it is, where that cannot be told.")] = None,
    videos: Annotated[Path | None, typer.Option("--videos", help="Its videos, where they are not under DATASET.")] = None,
    workers: Annotated[int, typer.Option("--workers", metavar="N", help="Processes side by side.")] = 1,
    restart: Annotated[bool, typer.Option("--restart", help="Throw away what -o holds, begin anew.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also try those recordings again that failed.")] = False,
    estimate: Annotated[bool, typer.Option("--estimate", help="Tell clips, frames, disk and time, and stop.")] = False,
    quiet: Quiet = False,
) -> None:
    """Prepare clips for training: frames as the model is shown them, gaze on its own grid; killed, the same command goes on."""
    from foveate.cli.progress import working
    from foveate.errors import require

    if out is None and not estimate:
        raise UsageError("no folder for the shards was named; give one with -o")
    require("torch", "transformers", "safetensors")
    from foveate.batch import prepare as batch
    from foveate.train.prepare import Recipe
    from foveate.train.source import source

    recipe = Recipe(
        view=view,
        size=size,
        fps=fps,
        frames=frames,
        budget_tokens=budget,
        window_ms=window_ms,
        check=None if check == "none" else check,
        sigma_px=sigma_px,
        encoding=None if images == "auto" else images,
    )
    origin = source(
        dataset,
        sides=_names("--split", split),
        worlds=worlds,
        name=name,
        videos=videos,
        tasks=None if tasks is None else _names("--tasks", tasks),
        shares=None if shares is None else _shares(shares),
        seed=split_seed,
    )
    with working("reading the data set and the model's processor", quiet=quiet):
        opened = batch.processor_of(model or _default_model(dataset))
        count = len(origin.parts())
    if estimate:
        with working("making a few clips", quiet=quiet):
            guess = batch.estimate(origin, opened, recipe)
        print(_told(guess, origin))
        return
    assert out is not None
    how = {"workers": workers, "restart": restart, "again": again}
    done = _run(batch.prepare, (origin, opened, recipe, out), how, count=count, quiet=quiet)
    _tell(done, out, quiet=quiet)


def _run(
    prepare: "Callable[..., Prepared]", given: tuple[Any, ...], how: dict[str, Any], *, count: int, quiet: bool
) -> "Prepared":
    """Prepare with progress; Ctrl-C says how to go on."""
    from foveate.cli.progress import progress
    from foveate.job import Tally

    decided = None
    with progress("preparing", count, quiet=quiet) as advance:

        def on_commit(tally: Tally) -> None:
            nonlocal decided
            now = count - tally.left
            if decided is None and now > 1 and not quiet:
                print(f"going on: {now - 1} of {count} parts were decided before", file=sys.stderr)
            advance(now - (decided or 0), note=f"({tally.failed + tally.quarantined} failed)" if tally.failed else "")
            decided = now

        try:
            return prepare(*given, **how, on_commit=on_commit)
        except KeyboardInterrupt:
            print(f"\n{decided or 0} of {count} parts are decided; the same command goes on", file=sys.stderr)
            raise


def _tell(done: "Prepared", out: Path, *, quiet: bool) -> None:
    counts = done.index["counts"]
    if not quiet:
        sides = ", ".join(f"{side} {clips}" for side, clips in counts["clips by side"].items())
        print(
            f"{counts['clips']} clips of {counts['recordings']} recordings ({sides}; split by {done.index['split']}), "
            f"{counts['frames']} frames, {counts['frames with gaze']} of them with gaze, {counts['bytes'] / GB:.3f} GB in {out}"
        )
        for part, what in (("left_out", "left out"), ("skipped", "frames not shown")):
            for reason, count in done.index[part].items():
                print(f"{what}: {count} {reason}")
        for reason, count in {**done.index["text"], **done.index["gaze"]}.items():
            print(f"{reason}: {count}")
    for failure in done.failures:
        print(f"foveate: {failure.item}: {failure.reason}", file=sys.stderr)
    if done.failures:
        total = len(done.failures) + len(done.index["shards"])
        raise JobError(f"{len(done.failures)} of {total} parts failed, for the reasons above; --again tries them again")
    if not counts["clips"]:
        raise JobError("not one clip came out, for the reasons above")


def _told(guess: "Estimate", origin: "Source") -> str:
    lines = {**asdict(guess), "left_out": dict(origin.left_out)}
    minutes = guess.hours * 60
    took = f"{guess.hours:.1f} h" if guess.hours >= 1 else f"{minutes:.1f} min"
    told = [
        f"{lines['clips']} clips, {lines['frames']} frames, {guess.bytes / GB:.3f} GB, {took} with one worker "
        f"(from {guess.sampled} clips made in {guess.sampled_s:.1f} s)"
    ]
    return "\n".join([*told, *(f"left out: {count} {reason}" for reason, count in origin.left_out.items())])


def _default_model(dataset: str) -> str:
    from foveate.train.source import TOY

    if dataset.partition(":")[0] == TOY:
        return "builtin"
    raise UsageError("no model was named, and targets lie on the model's own grid; give one: --model hf:ID-OR-FOLDER")


def _names(option: str, text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise UsageError(f"{option} takes names with commas between them, got {text!r}")
    return list(dict.fromkeys(names))


def _shares(text: str) -> dict[str, float]:
    try:
        return {side.strip(): float(share) for side, share in (part.split("=") for part in text.split(","))}
    except ValueError:
        raise UsageError(
            f"--shares takes SIDE=SHARE with commas between them, such as train=.8,test=.2, got {text!r}"
        ) from None
