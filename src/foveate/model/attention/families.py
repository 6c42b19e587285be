"""FAMILIES: what is particular to a family of models: which module reads the visual tokens, and how they lie on an image."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveate.errors import ModelError, UsageError, hint
from foveate.gaze.patches import Patches
from foveate.model.attention.frames import image_token_id, runs

Layout = tuple[Patches, ...]
"""Where a frame's patches lie, in shares of what the vision encoder was shown: a box of (0, 0, 1, 1) is all of it."""
WHOLE = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class Family:
    """What ``attach`` and ``token_patches`` need to know of the models of one ``model_type``."""

    layouts: Callable[[Any, Mapping[str, Any], Sequence[int]], Sequence[Layout]]
    """From the model's config, what its processor made, and the tokens of each frame (of all rows in order): their layouts."""
    language: str = "language_model"
    """The module within the model's own ``model`` that is handed ``inputs_embeds``, the visual tokens among them."""
    tokens_each: Callable[[Any], int] | None = None
    """From the config, the tokens of every frame, where that is fixed."""
    shown: Callable[[Any, tuple[int, int]], tuple[float, float, float, float]] | None = None
    """From the processor and an image's (height, width): left, top, width and height in pixels of what the encoder is shown
    of it; None where that is always the whole image."""


def _merged_grids(config: Any, inputs: Mapping[str, Any], tokens: Sequence[int]) -> list[Layout]:
    """Qwen's kind: as many rows and columns as the image has, merged by squares."""
    merge = config.vision_config.spatial_merge_size
    return [(Patches(rows // merge, columns // merge, WHOLE),) for _, rows, columns in inputs["image_grid_thw"].tolist()]


def _squares(config: Any, inputs: Mapping[str, Any], tokens: Sequence[int]) -> list[Layout]:
    """A square of rows and columns for every image."""
    sides = [round(count**0.5) for count in tokens]
    return [(Patches(side, side, WHOLE),) for side in sides]


def _clip_square(config: Any) -> int:
    """LLaVA's tokens of an image: CLIP's patches, without its first token where the model drops that."""
    vision = config.vision_config
    extra = 0 if config.vision_feature_select_strategy == "default" else 1
    return int((vision.image_size // vision.patch_size) ** 2 + extra)


def _centre(processor: Any, size_px: tuple[int, int]) -> tuple[float, float, float, float]:
    """CLIP's: the shorter side scaled to ``size``, then the middle ``crop_size`` of it."""
    images = processor.image_processor
    height, width = size_px
    if not images.do_center_crop:
        return 0.0, 0.0, float(width), float(height)
    shortest = images.size.get("shortest_edge")
    if shortest is None:
        raise UsageError(f"this processor resizes to {dict(images.size)} and then crops: where its patches lie is not known")
    scale = min(height, width) / shortest
    crop_height, crop_width = images.crop_size["height"] * scale, images.crop_size["width"] * scale
    return (width - crop_width) / 2, (height - crop_height) / 2, crop_width, crop_height


FAMILIES: dict[str, Family] = {
    "paddleocr_vl": Family(_merged_grids),
    "qwen2_5_vl": Family(_merged_grids),
    "llava": Family(_squares, tokens_each=_clip_square, shown=_centre),
}
"""A config's ``model_type`` -> its family; add a line for a family of your own."""


def family_of(config: Any) -> Family:
    """The entry of a model.

    Raises:
        ModelError: where there is none, with what to write.
    """
    kind = str(config.model_type)
    if kind not in FAMILIES:
        raise ModelError(
            f"the model family {kind!r} is not known{hint(kind, FAMILIES)}; known are: {', '.join(FAMILIES)}. For another "
            f"write FAMILIES[{kind!r}] = Family(layouts=...) from foveate.model.attention, see docs/attention.md"
        )
    return FAMILIES[kind]


def positions_of(config: Any, family: Family, inputs: Mapping[str, Any]) -> list[list[NDArray[np.int64]]]:
    """Of every row of a batch, for each of its frames, where in the prompt its patches stand.

    Args:
        config: the model's.
        family: its entry.
        inputs: what the model is given: ``input_ids``, and what else its processor made.
    """
    each = family.tokens_each(config) if family.tokens_each else None
    found = runs(inputs["input_ids"], image_token_id(config), each=each)
    return [[np.arange(start, stop) for start, stop in row] for row in found]


def token_patches(
    processor: Any,
    config: Any,
    inputs: Mapping[str, Any],
    *,
    sizes_px: Sequence[Sequence[tuple[int, int]]] | None = None,
) -> tuple[tuple[Layout, ...], ...]:
    """Where the visual tokens of every frame lie on its image, in the order in which the language model reads them.

    It needs no weights. Targets made on these patches are on the model's own grid.

    Args:
        processor: the model's.
        config: the model's.
        inputs: what the processor made of a batch of prompts, as tensors.
        sizes_px: (height, width) of every row's images as they were given to the processor. None: boxes are in shares of the
            image, (0, 0, 1, 1) for all of it, which a family that crops images cannot tell.

    Returns:
        For each row, for each of its frames: its patches, in pixels of the image (``sizes_px``) or in shares of it. Tokens that
        show no part of the image, such as the end of a row, are left out; so they are in ``Looked``.

    Raises:
        ModelError: for an unknown family, or a prompt whose placeholders are not the processor's.
        UsageError: where sizes are needed, or do not match the images.
    """
    family = family_of(config)
    rows = positions_of(config, family, inputs)
    tokens = [len(frame) for row in rows for frame in row]
    layouts = list(family.layouts(config, inputs, tokens)) if tokens else []
    found = [sum(map(len, layout)) for layout in layouts]
    if found != tokens:
        raise ModelError(f"the prompts hold frames of {tokens} visual tokens and the processor made {found}")
    if sizes_px is None and family.shown is not None:
        raise UsageError(f"{config.model_type} crops images: give sizes_px, the (height, width) of every row's images")
    if sizes_px is not None and [len(row) for row in sizes_px] != [len(row) for row in rows]:
        raise UsageError(
            f"sizes_px must tell the images of every row, {[len(row) for row in rows]}, got {[len(row) for row in sizes_px]}"
        )
    placed = iter(layouts)
    return tuple(
        tuple(
            next(placed) if sizes_px is None else _on_image(next(placed), _shown(family, processor, sizes_px[number][index]))
            for index in range(len(row))
        )
        for number, row in enumerate(rows)
    )


def _shown(family: Family, processor: Any, size_px: tuple[int, int]) -> tuple[float, float, float, float]:
    if family.shown is None:
        return 0.0, 0.0, float(size_px[1]), float(size_px[0])
    return family.shown(processor, size_px)


def _on_image(layout: Layout, shown: tuple[float, float, float, float]) -> Layout:
    """From shares of what the encoder was shown to pixels of the image."""
    left, top, width, height = shown
    return tuple(
        Patches(
            part.rows,
            part.columns,
            (left + part.box_px[0] * width, top + part.box_px[1] * height, part.box_px[2] * width, part.box_px[3] * height),
        )
        for part in layout
    )
