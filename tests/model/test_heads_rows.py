"""Rows of attention beside the fused kernel, against the matrix written out and softmaxed whole."""

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from beartype import beartype  # noqa: E402
from jaxtyping import jaxtyped  # noqa: E402
from torch import Tensor  # noqa: E402

from foveate.model.attention import rows as module  # noqa: E402
from foveate.model.attention.frames import Spots  # noqa: E402
from foveate.model.attention.rows import Given, Rows, renormalised  # noqa: E402

BATCH, HEADS, KEY_HEADS, LENGTH, WIDTH = 2, 6, 3, 20, 8
FRAMES = [[[2, 3, 4, 5], [8, 9]], [[12, 13, 14]]]
"""Of each item; the second's frame comes after its first row."""
ASKING = [[10, 17, 18], [6, 19]]
given: Callable[..., Given] = jaxtyped(module.given, typechecker=beartype)


def draw(heads: int, seed: int) -> Tensor:
    return 2 * torch.randn(BATCH, heads, LENGTH, WIDTH, generator=torch.Generator().manual_seed(seed))


QUERY, KEY = draw(HEADS, 0), draw(KEY_HEADS, 1)
POSITION = torch.arange(LENGTH)
CAUSAL = (POSITION[:, None] >= POSITION)[None, None]
HOLED = CAUSAL & (torch.rand(BATCH, 1, LENGTH, LENGTH, generator=torch.Generator().manual_seed(2)) > 0.3)
PER_HEAD = CAUSAL & (POSITION[:, None] - POSITION < 3 + torch.arange(HEADS)[:, None, None])[None]


def places() -> tuple[Rows, Spots]:
    import numpy as np

    asking = torch.zeros(BATCH, LENGTH, dtype=torch.bool)
    for item, positions in enumerate(ASKING):
        asking[item, positions] = True
    return Rows.of(asking), Spots.of([[np.array(frame) for frame in item] for item in FRAMES], "cpu")


def whole(seen: Tensor, *, scaling: float = WIDTH**-0.5, softcap: float | None = None) -> Tensor:
    """The attention matrix: (batch, heads, queries, keys)."""
    scores = QUERY @ KEY.repeat_interleave(HEADS // KEY_HEADS, dim=1).transpose(-1, -2) * scaling
    if softcap is not None:
        scores = softcap * (scores / softcap).tanh()
    return scores.masked_fill(~seen, -1e9).softmax(dim=-1)


def by_loops(weights: Tensor, heads: range | list[int]) -> tuple[Tensor, Tensor]:
    sums, count = torch.zeros(BATCH, len(heads), 2, 4), torch.zeros(BATCH, 2)
    for item in range(BATCH):
        for frame, columns in enumerate(FRAMES[item]):
            for row in ASKING[item]:
                for index, head in enumerate(heads):
                    share = weights[item, head, row, columns]
                    if share.sum() > 0:
                        sums[item, index, frame, : len(columns)] += share / share.sum()
                count[item, frame] += int(weights[item, 0, row, columns].sum() > 0)
    return sums, count


CASES: dict[str, tuple[dict[str, Any], Tensor, dict[str, Any]]] = {
    "no mask: what came before": ({}, CAUSAL, {}),
    "a mask of padding alone": ({"mask": torch.ones(BATCH, LENGTH)}, CAUSAL, {}),
    "boolean mask": ({"mask": HOLED}, HOLED, {}),
    "mask for all items": ({"mask": CAUSAL}, CAUSAL, {}),
    "mask that is added": ({"mask": torch.where(HOLED, 0, torch.finfo(torch.float32).min)}, HOLED, {}),
    "window": ({"window": 9}, CAUSAL & (POSITION[:, None] - POSITION < 9), {}),
    "scaling": ({"scaling": 0.1}, CAUSAL, {"scaling": 0.1}),
    "softcap": ({"softcap": 1.5}, CAUSAL, {"softcap": 1.5}),
    "heads": ({"heads": [1, 4, 5]}, CAUSAL, {}),
    "heads and a mask": ({"heads": [5], "mask": HOLED}, HOLED, {}),
}


@pytest.mark.parametrize("case", CASES)
def test_rows_are_those_of_the_whole_matrix_renormalised(case: str) -> None:
    how, seen, scores = CASES[case]
    weights, heads = whole(seen, **scores), how.get("heads", range(HEADS))
    sums, count = by_loops(weights, heads)
    found = given(QUERY, KEY, *places(), **how)
    formed = renormalised(weights, *places(), heads=how.get("heads"))
    for one in (found, formed):
        torch.testing.assert_close(one.sums, sums, atol=1e-5, rtol=0)
        assert torch.equal(one.count, count)


def test_a_mask_of_its_own_for_every_head_is_taken_by_head() -> None:
    found = given(QUERY, KEY, *places(), mask=PER_HEAD, heads=[0, 5])
    torch.testing.assert_close(found.sums, by_loops(whole(PER_HEAD), [0, 5])[0], atol=1e-5, rtol=0)


def test_a_row_sees_no_frame_that_comes_after_it() -> None:
    found = given(QUERY, KEY, *places())
    assert found.count.tolist() == [[3, 3], [1, 0]]
    torch.testing.assert_close(found.sums.sum(dim=-1), found.count[:, None].expand(-1, HEADS, -1))


def test_rows_are_float32_within_autocast_and_for_half_precision() -> None:
    expected = given(QUERY.bfloat16().float(), KEY.bfloat16().float(), *places())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = given(QUERY.bfloat16(), KEY.bfloat16(), *places())
    assert torch.equal(found.sums, expected.sums)


def test_nobody_asks() -> None:
    _, spots = places()
    found = given(QUERY, KEY, Rows.of(torch.zeros(BATCH, LENGTH, dtype=torch.bool)), spots)
    assert not found.count.any()
    assert not found.sums.any()
