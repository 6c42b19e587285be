"""FAMILIES: what is particular to a family of models: which module reads the visual tokens, and how they lie on an image."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveate.errors import ModelError, UsageError, hint
from foveate.gaze.patches import Patches
from foveate.model.attention import layout_onevision
from foveate.model.attention.frames import Run, image_token_id, runs
from foveate.model.attention.layouts import (
    Layout,
    Place,
    centre,
    clip_tokens,
    downsampled_tokens,
    merged_grids,
    shuffled_tokens,
    squares,
)


@dataclass(frozen=True)
class Family:
    """What ``attach`` and ``token_patches`` need to know of the models of one ``model_type``."""

    layouts: Callable[[Any, Mapping[str, Any], Sequence[int]], Sequence[Layout]]
    """From the model's config, what its processor made, and the patches of each frame (of all rows in order): where they lie,
    in shares of what the vision encoder is shown."""
    language: str = "language_model"
    """The module, within the model's own ``model``, that is handed ``inputs_embeds`` with the visual tokens in their places."""
    tokens_each: Callable[[Any], int] | None = None
    """From the config, the visual tokens of a frame, where their number is fixed: frames that touch are then told apart."""
    one_tile: str | None = None
    """The processor's option that cuts an image into tiles; a frame must be one tile, so it has to be off."""
    patches: Callable[[Any, Mapping[str, Any], Sequence[int]], Sequence[NDArray[np.bool_]]] | None = None
    """From the same and the tokens of each frame: which of them are patches, where some (ends of lines) are none."""
    shown: Callable[[Any, tuple[int, int]], Place] | None = None
    """From the processor and an image's (height, width): the part of it that the encoder is shown, in pixels of the image;
    None where that is always the whole."""


FAMILIES: dict[str, Family] = {
    "paddleocr_vl": Family(merged_grids),
    "qwen2_5_vl": Family(merged_grids),
    "qwen3_vl": Family(merged_grids),
    "llava": Family(squares, tokens_each=clip_tokens, shown=centre),
    "llava_onevision": Family(layout_onevision.layouts, patches=layout_onevision.ends),
    "smolvlm": Family(squares, "text_model", tokens_each=shuffled_tokens, one_tile="do_image_splitting"),
    "idefics3": Family(squares, "text_model", tokens_each=shuffled_tokens, one_tile="do_image_splitting"),
    "internvl": Family(squares, tokens_each=downsampled_tokens, one_tile="crop_to_patches"),
    "gemma3": Family(squares, tokens_each=lambda config: int(config.mm_tokens_per_image)),
}
"""A config's ``model_type`` -> its family. For a model of your own add a line, or give a ``Family`` where one is asked for."""


def family_of(config: Any) -> Family:
    """The entry of a model.

    Raises:
        ModelError: where there is none, with what to write.
    """
    kind = str(config.model_type)
    if kind not in FAMILIES:
        raise ModelError(
            f"the model family {kind!r} is not known{hint(kind, FAMILIES)}; known are: {', '.join(FAMILIES)}. For another "
            f"write FAMILIES[{kind!r}] = Family(layouts) with both from foveate.model.attention, see docs/attention.md"
        )
    return FAMILIES[kind]


def frames_of(config: Any, family: Family, input_ids: Any) -> list[list[Run]]:
    """Of every row of a batch, where its frames stand in the prompt; see ``runs``."""
    each = family.tokens_each(config) if family.tokens_each else None
    return runs(input_ids, image_token_id(config), each=each, tiles=family.one_tile)


def positions_of(config: Any, family: Family, inputs: Mapping[str, Any]) -> list[list[NDArray[np.int64]]]:
    """Of every row of a batch, for each of its frames, where in the prompt its patches stand.

    Args:
        config: the model's.
        family: its entry.
        inputs: what the model is given: ``input_ids``, and what else its processor made.

    Raises:
        ModelError: for an image in several tiles, or a prompt whose placeholders cannot be the processor's.
    """
    rows = frames_of(config, family, inputs["input_ids"])
    found = [[np.arange(start, stop) for start, stop in row] for row in rows]
    if family.patches is None or not any(rows):
        return found
    tokens = [len(frame) for row in found for frame in row]
    kept = list(family.patches(config, inputs, tokens))
    _must_match(tokens, [len(mask) for mask in kept])
    masks = iter(kept)
    return [[frame[next(masks)] for frame in row] for row in found]


def token_patches(
    processor: Any,
    config: Any,
    inputs: Mapping[str, Any],
    *,
    sizes_px: Sequence[Sequence[tuple[int, int]]] | None = None,
    family: Family | None = None,
) -> tuple[tuple[Layout, ...], ...]:
    """Where the visual tokens of every frame lie on its image, in the order in which the language model reads them.

    It needs no weights. Targets made on these patches are on the model's own grid.

    Args:
        processor: the model's.
        config: the model's.
        inputs: what the processor made of a batch of prompts, as tensors.
        sizes_px: (height, width) of every row's images as they were given to the processor. None: boxes are in shares of the
            image, (0, 0, 1, 1) for all of it, which a family that crops images cannot tell.
        family: of a model that is not in FAMILIES.

    Returns:
        For each row, for each of its frames: its patches, in pixels of the image (``sizes_px``) or in shares of it. Boxes go
        beyond an image that was padded. Tokens that show no part of the image, such as the end of a line, are left out; so
        they are in ``Looked``.

    Raises:
        ModelError: for an unknown family, an image in several tiles, or a prompt whose placeholders are not the processor's.
        UsageError: where sizes are needed, or do not match the images.
    """
    family = family or family_of(config)
    rows = positions_of(config, family, inputs)
    patches = [len(frame) for row in rows for frame in row]
    layouts = list(family.layouts(config, inputs, patches)) if patches else []
    _must_match(patches, [sum(map(len, layout)) for layout in layouts])
    if sizes_px is None and family.shown is not None:
        raise UsageError(f"{config.model_type} may crop images: give sizes_px, the (height, width) of every row's images")
    if sizes_px is not None and [len(row) for row in sizes_px] != [len(row) for row in rows]:
        raise UsageError(
            f"sizes_px must tell the images of every row, {[len(row) for row in rows]}, got {[len(row) for row in sizes_px]}"
        )
    placed = iter(layouts)
    if sizes_px is None:
        return tuple(tuple(next(placed) for _ in row) for row in rows)
    return tuple(
        tuple(_on_image(next(placed), _shown(family, processor, (size[0], size[1]))) for size in row) for row in sizes_px
    )


def _must_match(expected: list[int], made: list[int]) -> None:
    if expected != made:
        raise ModelError(
            f"the prompts hold frames of {expected} visual tokens and the processor made {made}; are the placeholders of two "
            "images side by side, or were they cut?"
        )


def _shown(family: Family, processor: Any, size_px: tuple[int, int]) -> Place:
    if family.shown is None:
        return 0.0, 0.0, float(size_px[1]), float(size_px[0])
    return family.shown(processor, size_px)


def _on_image(layout: Layout, shown: Place) -> Layout:
    """From shares of what the encoder is shown to pixels of the image."""
    left, top, width, height = shown
    boxes = [part.box_px for part in layout]
    return tuple(
        Patches(part.rows, part.columns, (left + x * width, top + y * height, across * width, down * height))
        for part, (x, y, across, down) in zip(layout, boxes, strict=True)
    )
