"""How LLaVA-OneVision's visual tokens lie on an image.

Several images of a prompt are padded to squares and give a square of tokens each, and one more token, the end of a line. A lone
image gives a square of tokens that show all of it; then tiles of it, put together again, without what was padding, with the
end of a line after each row. Ends of lines show nothing of an image: they are no patches.
"""

from collections.abc import Mapping, Sequence
from math import ceil, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveate.gaze.patches import Patches
from foveate.model.attention.layouts import Layout, covered, padded, side


def ends(config: Any, inputs: Mapping[str, Any], tokens: Sequence[int]) -> list[NDArray[np.bool_]]:
    """Of the tokens of every frame, which are patches."""
    if inputs.get("image_sizes") is None:  # generate() encodes images beforehand and does not hand their sizes on
        encoded = inputs["mm_encoder_outputs"]["image"].pooler_output
        return [(image != image[-1]).any(dim=-1).cpu().numpy() for image in encoded]  # an image's last token ends a line
    square = side(config.vision_config) ** 2
    found = []
    for size, count in zip(inputs["image_sizes"].tolist(), tokens, strict=False):
        if count == square + 1:
            found.append(np.arange(count) < square)
        else:
            part = _tiles(config, size)
            rows = np.tile(np.arange(part.columns + 1) < part.columns, part.rows)
            found.append(np.concatenate([np.ones(square, dtype=bool), rows]))
    return found


def layouts(config: Any, inputs: Mapping[str, Any], patches: Sequence[int]) -> list[Layout]:
    """Boxes are in shares of the image; they go beyond it where it was padded."""
    count, share = side(config.vision_config), covered(config.vision_config)
    found: list[Layout] = []
    for (height, width), number in zip(inputs["image_sizes"].tolist(), patches, strict=False):
        if number == count**2:
            left, top, longest, _ = padded((height, width))
            box = (left / width, top / height, longest * share / width, longest * share / height)
            found.append((Patches(count, count, box),))
        else:
            found.append((Patches(count, count, (0.0, 0.0, share, share)), _tiles(config, (height, width))))
    return found


def _tiles(config: Any, size_px: Sequence[int]) -> Patches:
    """The tiles of a lone image as one grid, without the rows or columns that show padding only.

    A tile's last pixels (6 of 384) belong to no patch; between tiles that is left out of account.
    """
    from transformers.image_processing_utils import select_best_resolution

    height, width = size_px
    best_height, best_width = select_best_resolution((height, width), config.image_grid_pinpoints)
    count, tile_px = side(config.vision_config), config.vision_config.image_size
    down, right = best_height // tile_px, best_width // tile_px
    rows, columns = count * down, count * right
    share = covered(config.vision_config)
    # One step between tokens in pixels of the canvas that the image is fitted into and padded to.
    step_y = best_height * (share if down == 1 else 1) / rows
    step_x = best_width * (share if right == 1 else 1) / columns
    scale = min(best_height / height, best_width / width)
    cut_rows, cut_columns = 0, 0
    if width / height > columns / rows:
        cut_rows = (rows - int(round(height * (columns / width), 7))) // 2
    else:
        cut_columns = (columns - int(round(width * (rows / height), 7))) // 2
    above = (best_height - min(ceil(height * scale), best_height)) // 2
    before = (best_width - min(ceil(width * scale), best_width)) // 2
    rows, columns = rows - 2 * cut_rows, columns - 2 * cut_columns
    box = (
        (cut_columns * step_x - before) / (scale * width),
        (cut_rows * step_y - above) / (scale * height),
        columns * step_x / (scale * width),
        rows * step_y / (scale * height),
    )
    most = int(config.vision_aspect_ratio.removeprefix("anyres_max_"))
    ratio = sqrt(rows * columns / (most * count**2))
    if ratio > 1.1:  # more tokens than the model takes are resampled
        rows, columns = int(rows // ratio), int(columns // ratio)
    return Patches(rows, columns, box)
