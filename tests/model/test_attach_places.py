"""A bright square lights the right patch of the right frame: what a block is taught on some images holds on others."""

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from foveate.gaze.patches import Patches  # noqa: E402
from foveate.model.attention import FAMILIES, Attached, attach, token_patches  # noqa: E402
from foveate.train.loss import gaze_kl  # noqa: E402
from model.attached import HEIGHT, SIDE, WIDTH, bright, make, prompts, shares, wanted  # noqa: E402


def middles(patches: tuple[Patches, ...]) -> np.ndarray:
    """(tokens, 2) x and y."""
    grids = [np.meshgrid(_middle(part.x_edges_px), _middle(part.y_edges_px)) for part in patches]
    return np.concatenate([np.stack([x.ravel(), y.ravel()], axis=1) for x, y in grids])


def _middle(edges: np.ndarray) -> np.ndarray:
    return (edges[1:] + edges[:-1]) / 2


def see(family: str, processor: Any, model: Any, attached: Attached, rows: list[int], *, seed: int) -> Any:
    """What the block is handed of images, and where their squares are."""
    pictures, squares = bright(rows, seed=seed)
    inputs = prompts(family, processor, pictures)
    placed = token_patches(processor, model.config, inputs, sizes_px=[[(HEIGHT, WIDTH)] * n for n in rows])
    handed = {}
    hook = attached.block.register_forward_pre_hook(lambda _, args: handed.update(tokens=args[0], present=args[1]))
    with torch.no_grad():
        model(**inputs)
    hook.remove()
    return handed["tokens"], handed["present"], wanted(placed, squares), placed, squares


@pytest.mark.parametrize("family", FAMILIES)
def test_attention_that_was_taught_to_follow_a_bright_square_finds_it_in_other_images(family: str) -> None:
    processor, model = make(family, larger=1.0)
    torch.manual_seed(1)
    attached = attach(model, heads=2, blocks=1)
    tokens, present, target, _, _ = see(family, processor, model, attached, [3, 3, 3, 3], seed=1)
    valid = present.any(dim=-1)
    optimiser = torch.optim.Adam(attached.block.parameters(), lr=0.8 / attached.block.options["width"])
    for _ in range(60):
        optimiser.zero_grad()
        loss = gaze_kl(attached.block(tokens, present).attention, target, valid, present=present, direction="gaze_to_attention")
        loss.backward()
        optimiser.step()
    _, present, _, placed, squares = see(family, processor, model, attached, [2, 1], seed=2)
    attention = attached.last.attention.detach().numpy()
    for row, frames in enumerate(placed):
        for index, patches in enumerate(frames):
            share = shares(patches, squares[row][index])
            on = attention[row, index, : len(share)]
            assert on[share > 0].sum() > 0.85, "a square is a twelfth of its image"
            left, top = squares[row][index]
            x, y = (on @ middles(patches)) / on.sum()
            step_px = max(patches[0].box_px[2] / patches[0].columns, patches[0].box_px[3] / patches[0].rows)
            assert abs(x - left - SIDE / 2) < step_px / 2
            assert abs(y - top - SIDE / 2) < step_px / 2
