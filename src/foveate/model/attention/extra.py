"""One more place per frame in a prompt, right behind the frame's own, for the block's output ``token``.

The place is held by a text token whose embedding is never read. So a family's own count of placeholders and its positions hold:
to them it is a word after the image.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from foveate.errors import ModelError, UsageError

FILLED = {"attention_mask": 1, "labels": -100, "token_type_ids": 0, "mm_token_type_ids": 0}
"""What stands at the new place in what goes along with ``input_ids``."""
PADDED = {"attention_mask": 0, "labels": -100, "token_type_ids": 0, "mm_token_type_ids": 0}


def extra_token_id(model: Any) -> int:
    """The token that holds the place: one that ends a text, which no image is followed by.

    Raises:
        ModelError: for a model that names none.
    """
    holders = (model.config.get_text_config(), getattr(model, "generation_config", None))
    for key in ("eos_token_id", "pad_token_id"):
        for holder in holders:
            found = getattr(holder, key, None)
            found = found[0] if isinstance(found, list) and found else found
            if isinstance(found, int) and found >= 0:
                return found
    raise ModelError(
        f"the config of {model.config.model_type} names no token that ends a text (eos_token_id), and output='token' needs one "
        "to hold its place; set it, or use the output pooled or scaled"
    )


def with_extra(inputs: Mapping[str, Any], ends: Sequence[Sequence[int]], token_id: int) -> dict[str, Any]:
    """Inputs with a place behind every frame; rows are padded on the side on which they were.

    Args:
        inputs: what a processor made, (batch, length) tensors among them, with labels or without.
        ends: for every row, the position after the last token of each of its frames.
        token_id: what holds the place.

    Raises:
        UsageError: for a tensor that goes along with the tokens and is not known.
    """
    ids = inputs["input_ids"]
    mask = inputs.get("attention_mask")
    left = mask is None or not bool((mask[:, -1] == 0).any())
    most = max(map(len, ends))
    made = dict(inputs)
    filled, padding = {"input_ids": token_id, **FILLED}, {"input_ids": _padding(ids, mask, token_id), **PADDED}
    if mask is None:
        made["attention_mask"] = mask = torch.ones_like(ids)
    for key, value in made.items():
        along = isinstance(value, Tensor) and (value.shape[:2] == ids.shape or key == "position_ids")
        if along and key not in filled:
            raise UsageError(f"output='token' adds places to the prompt and cannot tell what {key} is there: leave it out")
    for key in filled.keys() & made.keys():
        rows = [
            _row(row, [*at], most - len(at), filled[key], padding[key], left=left)
            for row, at in zip(made[key].cpu().numpy(), ends, strict=True)
        ]
        made[key] = torch.from_numpy(np.stack(rows)).to(ids.device)
    return made


def _padding(ids: Tensor, mask: Tensor | None, token_id: int) -> int:
    """The token that rows are padded with already."""
    if mask is None or bool(mask.all()):
        return token_id
    return int(ids[mask == 0][0])


def _row(row: NDArray[Any], at: list[int], missing: int, filled: int, padding: int, *, left: bool) -> NDArray[Any]:
    longer = np.insert(row, at, filled)
    return np.pad(longer, (missing, 0) if left else (0, missing), constant_values=padding)
