"""foveate prepare: clips for training, part by part through a job; killed at any moment, it goes on where it was."""

import hashlib
import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from foveate.batch.run import check_place, forget_unbegun
from foveate.errors import DatasetError, FoveateError, UsageError
from foveate.job import Failure, Item, Json, Result, Tally, Work, results, run_job
from foveate.job.disk import write_whole
from foveate.model import load_model
from foveate.model.hf import HfModel
from foveate.model.hf_load import WITHOUT_WEIGHTS
from foveate.train.prepare import Counts, Preparer, Recipe
from foveate.train.shard import write_shard
from foveate.train.shards import INDEX, INDEX_FORMAT
from foveate.train.source import Part, Source, source_of

JOB, SHARDS, FILE = "job", "shards", "clips.safetensors"
SAMPLE_PARTS = 3
"""Parts of which clips are really made for an estimate."""
SAMPLE_CLIPS = 4
"""Of each of them."""


@dataclass(frozen=True)
class Prepared:
    """What a preparation came to."""

    index: Mapping[str, Any]
    """What was written to index.json."""
    failures: tuple[Failure, ...]
    """Parts that could not be prepared."""


def processor_of(name: str) -> HfModel:
    """A model's processor behind the Model protocol, without its weights.

    Raises:
        ModelError: where it is not there.
        UsageError: for a model that has no processor here.
    """
    from foveate.model import MODELS

    if name.partition(":")[0] in set(MODELS) - {"hf", "builtin"}:
        raise UsageError(f"{name} cannot be trained here; shards are prepared for hf:ID-OR-FOLDER or builtin")
    model = load_model(name, device=WITHOUT_WEIGHTS)
    if not isinstance(model, HfModel):
        raise UsageError(f"{name} cannot be trained here; shards are prepared for hf:ID-OR-FOLDER or builtin")
    return model


def fingerprint(model: HfModel) -> str:
    """Pins what decides on which grid targets lie: the model's configuration and its image processor's."""
    config = {**model.maker.config.to_dict(), "transformers_version": None, "dtype": None}
    images = model.maker.processor.image_processor.to_dict()
    return hashlib.sha256(json.dumps([config, images], sort_keys=True, default=str).encode()).hexdigest()[:16]


def settings_of(source: Source, model: HfModel, recipe: Recipe) -> dict[str, Json]:
    """All that shards depend on."""
    return {
        "command": "prepare",
        "model": model.name,
        "config": fingerprint(model),
        "recipe": asdict(recipe),
        "dataset": source.told(),
    }


def make_work(settings: Mapping[str, Json]) -> Work:
    """Make the shard of a part, with the processor loaded once."""
    preparer = Preparer(processor_of(settings["model"]), Recipe(**settings["recipe"]))
    origin = source_of(settings["dataset"])

    def work(item: Item, folder: Path) -> Json:
        return shard_of(preparer, origin, Part(**item.payload), folder / FILE)

    return work


def shard_of(preparer: Preparer, origin: Source, part: Part, file: Path, *, most: int | None = None) -> dict[str, Json]:
    """Write the clips of a part; what they are, as counts."""
    samples = origin.of(part)[:most]
    if not samples:
        raise DatasetError(f"{part.recording} has no samples any more: the data set has changed; --restart begins anew")
    counts = Counts()
    clips = preparer.clips(samples, side=part.side, counts=counts)
    written = write_shard(file, clips, encoding=preparer.encoding)
    return {
        "side": part.side,
        "recording": samples[0].recording.name,
        "samples": len(samples),
        **written,
        **{name: dict(counter) for name, counter in vars(counts).items()},
    }


def prepare(
    origin: Source,
    model: HfModel,
    recipe: Recipe,
    folder: Path,
    *,
    workers: int = 1,
    restart: bool = False,
    again: bool = False,
    on_commit: Callable[[Tally], None] | None = None,
) -> Prepared:
    """Prepare a data set; run the same again after a crash, a kill or Ctrl-C, and it goes on.

    Args:
        origin: the data set.
        model: for which; without weights.
        recipe: how.
        folder: for the shards; new, or this preparation's own. A preparation of more worlds goes on with one of fewer.
        workers: processes side by side; each loads the processor.
        restart: throw away what the folder's preparation has made.
        again: also try those parts again that failed.
        on_commit: called with the count after every part.

    Raises:
        JobError: where the folder holds something else, or cannot be written.
        DatasetError: where not one clip came out.
    """
    Preparer(model, recipe)  # what is wrong for every part is told once, and not by each of them
    check_place(folder)
    if restart and (folder / JOB).is_dir():
        (folder / INDEX).unlink(missing_ok=True)
        shutil.rmtree(folder / SHARDS, ignore_errors=True)
    parts = origin.parts()
    settings = settings_of(origin, model, recipe)
    fresh = not (folder / JOB).exists()
    try:
        report = run_job(
            folder / JOB,
            [Item(part.id, asdict(part)) for part in parts],
            make_work,
            settings=settings,
            workers=workers,
            files=f"../{SHARDS}",
            restart=restart,
            grow=True,
            again=again,
            on_commit=on_commit,
        )
    except FoveateError:
        if fresh:
            forget_unbegun(folder)
        raise
    index = index_of(folder, origin, settings, report.failures)
    write_whole(folder / INDEX, json.dumps(index, indent=1, ensure_ascii=False).encode() + b"\n")
    return Prepared(index, report.failures)


def index_of(folder: Path, origin: Source, settings: Mapping[str, Json], failures: tuple[Failure, ...]) -> dict[str, Json]:
    """What index.json tells."""
    done = list(results(folder / JOB))
    sums: dict[str, Counter[str]] = {name: Counter() for name in TOLD}
    sums["left_out"].update(origin.left_out)
    totals: Counter[str] = Counter()
    sides: Counter[str] = Counter()
    for each in done:
        for name, counter in sums.items():
            counter.update(each.result[name])
        totals.update({name: each.result[name] for name in COUNTED})
        sides[each.result["side"]] += each.result["clips"]
    return {
        "format": INDEX_FORMAT,
        **settings,
        "split": origin.split_by,
        "counts": {**{name: totals[name] for name in COUNTED}, "clips by side": dict(sides), "recordings": _recordings(done)},
        **{name: dict(sorted(counter.items())) for name, counter in sums.items()},
        "failures": [asdict(each) for each in failures],
        "shards": [_listed(folder, each) for each in done],
    }


TOLD = tuple(each.name for each in fields(Counts))
COUNTED = ("samples", "clips", "frames", "frames with gaze", "bytes")
"""Counts that add up."""


def _recordings(done: list[Result]) -> int:
    return len({each.result["recording"] for each in done})


def _listed(folder: Path, each: Result) -> dict[str, Json]:
    # without symbolic links: a job's own paths go through its folder
    file = f"{SHARDS}/{each.file(FILE).parent.name}/{FILE}"
    return {"file": file, **{name: each.result[name] for name in ("side", "recording", "clips", "frames", "bytes")}}


@dataclass(frozen=True)
class Estimate:
    """What a preparation will take, scaled from a few clips that were really made."""

    clips: int
    frames: int
    bytes: int
    hours: float
    """With one worker, without what starting takes."""
    sampled: int
    """Clips that were made."""
    sampled_s: float


def estimate(origin: Source, model: HfModel, recipe: Recipe) -> Estimate:
    """Make some clips of up to three parts spread over a data set, and scale.

    Raises:
        DatasetError: where not one clip came out.
        FoveateError: where a sampled recording cannot be read.
    """
    preparer, parts = Preparer(model, recipe), origin.parts()
    picks = sorted(set(np.linspace(0, len(parts) - 1, SAMPLE_PARTS).round().astype(int).tolist()))
    totals: Counter[str] = Counter()
    samples_there = 0
    began_s = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="foveate-") as name:
        for number in picks:
            part = parts[number]
            samples_there += len(origin.of(part))
            made = shard_of(preparer, origin, part, Path(name) / f"{number}.safetensors", most=SAMPLE_CLIPS)
            totals.update({key: made[key] for key in COUNTED})
    took_s = time.perf_counter() - began_s
    if not totals["clips"]:
        raise DatasetError(f"none of {totals['samples']} sampled clips could be made; prepare them to see why")
    counted = [part.count for part in parts if part.count is not None]
    samples = sum(counted) if len(counted) == len(parts) else round(samples_there / len(picks) * len(parts))
    scale = samples / totals["samples"]
    return Estimate(
        clips=round(totals["clips"] * scale),
        frames=round(totals["frames"] * scale),
        bytes=round(totals["bytes"] * scale),
        hours=took_s * scale / 3600,
        sampled=totals["clips"],
        sampled_s=took_s,
    )
