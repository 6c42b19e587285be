"""How a frame's visual tokens lie on its image, family by family: grids of the image's own shape, and squares.

A layout is in shares of what the vision encoder is shown: a box of (0, 0, 1, 1) is all of it. Where that is not the whole
image, or more than it, a family tells so beside (``centre``).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from foveate.errors import ModelError, UsageError
from foveate.gaze.patches import Patches

Layout = tuple[Patches, ...]
"""A frame's patches in the language model's order."""
Place = tuple[float, float, float, float]
"""Left, top, width and height."""


def merged_grids(config: Any, inputs: Mapping[str, Any], patches: Sequence[int]) -> list[Layout]:
    """Qwen's kind: as many rows and columns as the image has, merged by squares."""
    merge = config.vision_config.spatial_merge_size
    return [
        (Patches(rows // merge, columns // merge, (0.0, 0.0, 1.0, 1.0)),)
        for _, rows, columns in inputs["image_grid_thw"].tolist()
    ]


def squares(config: Any, inputs: Mapping[str, Any], patches: Sequence[int]) -> list[Layout]:
    """A square of rows and columns for every image, whose last pixels an encoder may leave out (27 patches of 14 in 384)."""
    share = covered(config.vision_config)
    sides = [round(count**0.5) for count in patches]
    return [(Patches(side, side, (0.0, 0.0, share, share)),) for side in sides]


def side(vision: Any) -> int:
    """Patches along a side of what an encoder of squares is shown."""
    return _first(vision.image_size) // _first(vision.patch_size)


def covered(vision: Any) -> float:
    """The share of that side which whole patches cover."""
    return side(vision) * _first(vision.patch_size) / _first(vision.image_size)


def _first(size: Any) -> int:
    return int(size[0] if isinstance(size, list | tuple) else size)


def shuffled_tokens(config: Any) -> int:
    """SmolVLM's and Idefics3's tokens of a tile: squares of ``scale_factor`` patches are one."""
    return int((side(config.vision_config) // config.scale_factor) ** 2)


def downsampled_tokens(config: Any) -> int:
    """InternVL's tokens of a tile."""
    return int((side(config.vision_config) * config.downsample_ratio) ** 2)


def clip_tokens(config: Any) -> int:
    """LLaVA's tokens of an image: CLIP's patches, without its first token that is none.

    Raises:
        ModelError: for another encoder or another choice of tokens.
    """
    kind, chosen = config.vision_config.model_type, config.vision_feature_select_strategy
    if (kind, chosen) not in (("clip_vision_model", "default"), ("siglip_vision_model", "full")):
        raise ModelError(
            f"of LLaVA, CLIP with vision_feature_select_strategy 'default' and SigLIP with 'full' are known, not {kind} with "
            f"{chosen!r}: give attach and token_patches a Family of your own, see docs/attention.md"
        )
    return side(config.vision_config) ** 2


def centre(processor: Any, size_px: tuple[int, int]) -> Place:
    """What LLaVA's encoder is shown of an image: padded to a square where the processor does so, and cut to its middle.

    Args:
        processor: the model's.
        size_px: the image's (height, width).

    Returns:
        Left, top, width and height in pixels of the image; beyond it where it was padded.
    """
    images = processor.image_processor
    left, top, width, height = padded(size_px) if getattr(images, "do_pad", False) else (0.0, 0.0, *map(float, size_px[::-1]))
    if not getattr(images, "do_center_crop", False):
        return left, top, width, height
    size, crop = dict(images.size), images.crop_size
    if "shortest_edge" not in size:
        raise UsageError(f"where the patches of a processor lie that resizes to {size} and then crops is not known")
    scale = min(height, width) / size["shortest_edge"]
    crop_width, crop_height = crop["width"] * scale, crop["height"] * scale
    return left + (width - crop_width) / 2, top + (height - crop_height) / 2, crop_width, crop_height


def padded(size_px: tuple[int, int]) -> Place:
    """The square around an image in the middle, in pixels of the image."""
    height, width = size_px
    longest = max(height, width)
    return -float((longest - width) // 2), -float((longest - height) // 2), float(longest), float(longest)
