"""Samples become clips: what a model is shown of each, and where the wearer looked on the model's own grid.

Frames, views and words are those of ``describe`` and ``ask`` (``description.viewer``). Gaze is that of the 200 ms up to a
frame, occluded points dropped (``gaze.aggregate``), as a distribution over the visual tokens of every image (``view.target``).
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import numpy as np

from foveate.dataset.sample import Sample
from foveate.description.budget import view_for
from foveate.description.prompts import PROMPTS, choose, shipped
from foveate.description.viewer import Shown, Viewer, timed_images
from foveate.errors import UsageError, ViewError, hint
from foveate.gaze.aggregate import WindowGaze, aggregate
from foveate.gaze.occlusion import CHECKS
from foveate.gaze.patches import Patches
from foveate.geometry import Size
from foveate.model.attention.families import token_patches
from foveate.model.hf import HfModel
from foveate.model.hf_inputs import InputMaker
from foveate.model.model import Prompt, TimedImage
from foveate.model.places import places_tokens
from foveate.train.controls import FrameTarget
from foveate.train.shard import ENCODINGS, About, Clip, ClipImage
from foveate.train.source import recording_key
from foveate.view import View
from foveate.view.sampling import check_fps, sampling
from foveate.view.target import view_target

Layout = tuple[Patches, ...]
"""Where the visual tokens of one image lie on it, in pixels."""
LOSSLESS_PX = 320
"""Images up to this long are kept as PNG where nothing else is asked for."""


@dataclass(frozen=True)
class Recipe:
    """How clips are made: all that they depend on beside the samples and the model."""

    view: str = "full"
    """A name of VIEWS."""
    size: str = "448"
    """Side of the crop of a view that crops."""
    fps: float = 1.0
    """Frames per second."""
    frames: str = "uniform"
    """Which frames, a name of SAMPLINGS."""
    budget_tokens: int | None = None
    """Most visual tokens of a frame; None for the model's usual number, where it has one, else for no limit."""
    window_ms: float = 200.0
    """The gaze of this much time up to a frame makes its target."""
    check: str | None = "local"
    """How occluded points are found, a name of CHECKS; None to drop none."""
    sigma_px: float = 20.0
    """Of the Gaussian around each point, in scene pixels."""
    encoding: str | None = None
    """How images are kept, a name of ENCODINGS; None for PNG up to LOSSLESS_PX and JPEG above."""

    def __post_init__(self) -> None:
        check_fps(self.fps)
        sampling(self.frames)
        for name, value in (("window_ms", self.window_ms), ("sigma_px", self.sigma_px)):
            if not (np.isfinite(value) and value > 0):
                raise UsageError(f"{name} must be positive and finite, got {value}")
        if self.check is not None and self.check not in CHECKS:
            raise UsageError(
                f"there is no occlusion check {self.check!r}{hint(self.check, CHECKS)}; allowed: {', '.join(CHECKS)}, none"
            )
        if self.encoding is not None and self.encoding not in ENCODINGS:
            raise UsageError(f"images are kept as {' or '.join(ENCODINGS)}, got {self.encoding!r}")


@dataclass
class Counts:
    """What came of samples: nothing is dropped without being counted."""

    left_out: Counter[str] = field(default_factory=Counter)
    """Reason -> samples that became no clip."""
    skipped: Counter[str] = field(default_factory=Counter)
    """Reason -> frames that clips lack."""
    text: Counter[str] = field(default_factory=Counter)
    """References that cannot be learnt as they stand."""
    gaze: Counter[str] = field(default_factory=Counter)
    """Frames without gaze, points dropped as occluded or beyond the frame, frames of windows without gaze."""


class Preparer:
    """Makes clips for one model."""

    def __init__(self, model: HfModel, recipe: Recipe) -> None:
        """Make the view.

        Args:
            model: its processor decides on which grid; loaded on the device ``meta`` it needs no weights.
            recipe: how.

        Raises:
            ViewError: for a view that there is not, or cannot be trained on.
        """
        budget = model.usual_tokens if recipe.budget_tokens is None else recipe.budget_tokens
        self.model, self.recipe = model, recipe
        self.view = view_for(model, recipe.view, size=recipe.size, budget_tokens=budget)
        if self.view.one_picture and places_tokens(model):
            raise ViewError(
                f"{model.name} leaves out tokens of the view {recipe.view!r}, and a gaze target needs all of them; take full, "
                "gaze, dual or warp"
            )
        self._maker = InputMaker.of(model.maker.processor, model.maker.config, one_tile=True)
        self._layouts: dict[tuple[Size, ...], tuple[Layout, ...]] = {}

    def clips(self, samples: Iterable[Sample], *, side: str, counts: Counts) -> Iterator[Clip]:
        """The clips of samples.

        Args:
            samples: in the order of the clips; those of one recording beside each other.
            side: where their recordings stand.
            counts: takes what is left out.

        Raises:
            FoveateError: where a stream of a recording cannot be read.
        """
        for recording, group in groupby(samples, key=lambda sample: sample.recording):
            # a copy, so that what is read of it goes when its clips are made
            viewer = Viewer(replace(recording, _streams={}), self.view, fps=self.recipe.fps, frames=self.recipe.frames)
            for sample in group:
                if (clip := self._clip_or_why(viewer, sample, side=side, counts=counts)) is not None:
                    yield clip

    def _clip_or_why(self, viewer: Viewer, sample: Sample, *, side: str, counts: Counts) -> Clip | None:
        """A clip, or None where the reason was counted."""
        if not sample.reference.strip():
            counts.left_out["samples without a reference text"] += 1
            return None
        shown = viewer.show_if_possible(sample.span)
        counts.skipped.update(shown.skipped)
        if not shown.views:
            why = f"samples that cannot be decoded ({shown.failure})" if shown.failure else "samples without any frame"
            counts.left_out[why] += 1
            return None
        return self._clip(viewer, sample, shown, side=side, counts=counts)

    def _clip(self, viewer: Viewer, sample: Sample, shown: Shown, *, side: str, counts: Counts) -> Clip:
        recording = viewer.recording
        images = timed_images(shown.views, self.view, first_ns=int(recording.scene.time_ns[0]))
        layouts = self.layouts(tuple(image.size_px for image in images))
        windows = self._windows(viewer, [frame.index for frame in shown.frames])
        made: list[ClipImage] = []
        for view, window in zip(shown.views, windows, strict=True):
            parts = [replace(view, images=(image,), glimpses=(g,)) for image, g in zip(view.images, view.glimpses, strict=True)]
            here = slice(len(made), len(made) + len(parts))
            made += [
                self._image(part, image, layout, window)
                for part, image, layout in zip(parts, images[here], layouts[here], strict=True)
            ]
        counts.gaze.update(_told_of(windows, made))
        reference = sample.letter or sample.reference
        counts.text["references with words that the model does not know"] += self._unknown(reference)
        about = About(
            id=sample.id or f"{recording.name}/{sample.task}/{sample.span.start_ns}",
            recording=recording_key(recording),
            participant=sample.participant,
            task=sample.task,
            kind=sample.kind,
            side=side,
            prompt=shown.prompt(wording(sample, self.model)),
            reference=reference,
            start_ns=sample.span.start_ns,
            stop_ns=sample.span.stop_ns,
        )
        return Clip(about, tuple(made))

    def _windows(self, viewer: Viewer, indices: list[int]) -> list[WindowGaze]:
        """The gaze up to each frame; none where the recording has none."""
        scene = viewer.recording.scene
        if "gaze" not in viewer.recording.loaders:
            nothing = np.empty((0, 2)), np.empty(0, dtype=np.int64)
            return [WindowGaze(k, int(scene.time_ns[k]), *nothing, lost=0, occluded=0, beyond=0) for k in indices]
        recipe = self.recipe
        return list(aggregate(viewer.gaze, scene, indices, window_ms=recipe.window_ms, check=recipe.check))

    def _image(self, view: View, image: TimedImage, layout: Layout, window: WindowGaze) -> ClipImage:
        """One image, and its own share of the gaze."""
        target = view_target(view, window.point_px, [layout], sigma_px=self.recipe.sigma_px)
        height, width = image.image.shape[:2]
        made = FrameTarget(layout, (height, width), target.flat.astype(np.float32), target.valid)
        return ClipImage(image.image, image.time_s, made, view.glimpses[0].to_view(window.point_px))

    def layouts(self, sizes_px: tuple[Size, ...]) -> tuple[Layout, ...]:
        """Where the visual tokens of a prompt's images lie on them, in pixels; found once for all prompts of such images."""
        if sizes_px not in self._layouts:
            blank = tuple(TimedImage(np.zeros((s.height_px, s.width_px, 3), dtype=np.uint8), 0.0) for s in sizes_px)
            inputs = self._maker.make([Prompt("", blank)], name=self.model.name)
            heights = [[(size.height_px, size.width_px) for size in sizes_px]]
            (self._layouts[sizes_px],) = token_patches(self._maker.processor, self._maker.config, inputs, sizes_px=heights)
        return self._layouts[sizes_px]

    def _unknown(self, reference: str) -> bool:
        """Whether a text has words that the model's tokenizer has no token for; most write every word out of letters."""
        tokenizer = self._maker.processor.tokenizer
        return tokenizer.unk_token_id is not None and tokenizer.unk_token_id in tokenizer(reference)["input_ids"]

    def encoding(self, size_px: tuple[int, int]) -> str:
        """How images of a size are kept."""
        return self.recipe.encoding or ("png" if max(size_px) <= LOSSLESS_PX else "jpeg")


def wording(sample: Sample, model: HfModel) -> str:
    """A sample's instruction as it is put to a model, with its choices.

    Raises:
        UsageError: where the model understands only its own prompts.
    """
    name = sample.instruction
    own = shipped(name) if name in PROMPTS else name
    text = choose(name, model).text if model.instructions else own
    return replace(sample, instruction=text).asked


def _told_of(windows: list[WindowGaze], made: list[ClipImage]) -> dict[str, Any]:
    return {
        "images without valid gaze": sum(not image.target.valid for image in made),
        "gaze points": sum(map(len, windows)),
        "gaze points dropped as occluded": sum(window.occluded for window in windows),
        "gaze points dropped as beyond the frame": sum(window.beyond for window in windows),
        "frames of windows without gaze": sum(window.lost for window in windows),
    }
