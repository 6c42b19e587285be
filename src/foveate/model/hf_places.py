"""Prompts of Qwen2.5-VL and Qwen3-VL whose images are parts of one picture: tokens left out, and positions told.

Both families give a visual token three positions, of time, height and width, and take them from the caller, as they take
images that are encoded already. So nothing of the library is replaced: the vision encoder sees every image as it is, and the
language model gets the kept tokens of a picture as one block, such as the whole picture at its finest scale would be.
"""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foveate.errors import ModelError
from foveate.model.hf_load import Loaded
from foveate.model.model import WHOLE, Prompt
from foveate.model.places import Places, pictures, place

FAMILIES = ("qwen2_5_vl", "qwen3_vl")
"""Whose language models position visual tokens by height and width."""

Grid = tuple[int, int]


def can_place(loaded: Loaded) -> bool:
    """Whether positions and encoded images can be given to a model; older transformers encode images themselves."""
    takes = inspect.signature(loaded.model.forward).parameters
    return loaded.model.config.model_type in FAMILIES and {"position_ids", "mm_encoder_outputs"} <= set(takes)


def grids(loaded: Loaded, inputs: Any) -> list[Grid]:
    """(rows, columns) of visual tokens of every image that a processor has made ready."""
    merged = inputs["image_grid_thw"][:, 1:] // loaded.processor.image_processor.merge_size
    return [(rows, columns) for rows, columns in merged.tolist()]


@dataclass(frozen=True)
class PlacedInputs:
    """What a model is given of a batch of prompts, once tokens are left out; read by key as a processor's own output is."""

    tokens: dict[str, Any]
    """``input_ids`` and ``attention_mask`` (batch, length), padded on the left."""
    position_ids: Any
    """(4, batch, length) float32: in the text, in time, and by height and width, with fractions; never in half precision."""
    kept: tuple[NDArray[np.bool_], ...]
    """Of every image, which of its visual tokens are kept."""
    images: dict[str, Any]
    """``pixel_values`` and ``image_grid_thw``, as the processor made them."""

    def __getitem__(self, key: str) -> Any:
        return self.tokens[key]

    def encoded(self, loaded: Loaded) -> dict[str, Any]:
        """Arguments of ``generate``: images are encoded whole, and what is left out is taken from their features."""
        import torch

        features = loaded.model.get_image_features(
            self.images["pixel_values"].to(loaded.device, loaded.model.dtype),
            self.images["image_grid_thw"].to(loaded.device),
            return_dict=True,
        )
        chosen = [torch.from_numpy(kept).to(loaded.device) for kept in self.kept]
        features.pooler_output = _chosen(features.pooler_output, chosen)
        if (levels := getattr(features, "deepstack_features", None)) is not None:  # Qwen3-VL's early layers
            features.deepstack_features = [_chosen(level, chosen) for level in levels]
        return {
            **{key: value.to(loaded.device) for key, value in self.tokens.items()},
            "position_ids": self.position_ids.to(loaded.device),
            "mm_encoder_outputs": {"image": features},
        }


def _chosen(features: Sequence[Any], chosen: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(feature[kept] for feature, kept in zip(features, chosen, strict=True))


def placed_inputs(loaded: Loaded, inputs: Any, prompts: Sequence[Prompt], *, image_token_id: int) -> PlacedInputs:
    """Leave out of prompts what no model needs twice, and tell where the rest lies.

    Args:
        loaded: one of FAMILIES.
        inputs: what its processor made of the prompts, padded on the left.
        prompts: whose images tell their regions.
        image_token_id: what stands for a visual token.

    Raises:
        ModelError: where placeholders and visual tokens differ in number.
    """
    import torch

    all_grids = iter(grids(loaded, inputs))
    rows, kept = [], []
    for ids, mask, prompt in zip(inputs["input_ids"], inputs["attention_mask"], prompts, strict=True):
        groups = pictures(prompt.images)
        its_grids = [[next(all_grids) for _ in group] for group in groups]
        placed = [
            place(some, [image.region or WHOLE for image in group]) for some, group in zip(its_grids, groups, strict=True)
        ]
        rows.append(_row(ids[mask.bool()].numpy(), placed, image_token_id=image_token_id))
        kept += [one for each in placed for one in each.kept]
    longest = max(len(ids) for ids, _ in rows)
    input_ids = torch.full((len(rows), longest), loaded.processor.tokenizer.pad_token_id)
    attention_mask = torch.zeros_like(input_ids)
    position_ids = torch.zeros((4, len(rows), longest), dtype=torch.float32)
    for number, (ids, positions) in enumerate(rows):
        input_ids[number, longest - len(ids) :] = torch.from_numpy(ids)
        attention_mask[number, longest - len(ids) :] = 1
        position_ids[:, number, longest - len(ids) :] = torch.from_numpy(positions)
    images = {key: inputs[key] for key in ("pixel_values", "image_grid_thw")}
    return PlacedInputs({"input_ids": input_ids, "attention_mask": attention_mask}, position_ids, tuple(kept), images)


def _row(
    ids: NDArray[np.int64], placed: Sequence[Places], *, image_token_id: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """One prompt without what is left out, and its (4, length) positions.

    Between the images of one picture a prompt closes one, tells its time and opens the next: that goes too. All tokens of a
    picture have the time of its start, and what follows goes on where the picture at its finest scale would end.
    """
    spots = np.flatnonzero(ids == image_token_id)
    if len(spots) != (made := sum(len(kept) for picture in placed for kept in picture.kept)):
        raise ModelError(f"the prompt holds {len(spots)} places for visual tokens and the processor made {made}")
    pieces, positions = [], []
    read, start, taken = 0, 0, 0
    for picture in placed:
        kept = np.concatenate(picture.kept)
        its_spots = spots[taken : taken + len(kept)]
        text = ids[read : its_spots[0]]
        pieces += [text, ids[its_spots[kept]]]
        positions.append(np.tile(start + np.arange(len(text)), (3, 1)))
        start += len(text)
        at_row, at_column = np.concatenate(picture.row), np.concatenate(picture.column)
        positions.append(np.stack([np.full(len(at_row), start), start + at_row, start + at_column]))
        start += picture.extent
        read, taken = int(its_spots[-1]) + 1, taken + len(kept)
    pieces.append(ids[read:])
    positions.append(np.tile(start + np.arange(len(ids) - read), (3, 1)))
    whole = np.concatenate(pieces)
    return whole, np.concatenate([np.arange(len(whole))[None], np.concatenate(positions, axis=1)])
