"""The distance between attention and gaze: values worked out by hand, gradients, the mistakes of the paper's released code."""

from math import log

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from beartype import beartype  # noqa: E402
from jaxtyping import TypeCheckError, jaxtyped  # noqa: E402
from torch import Tensor  # noqa: E402

from foveate.errors import UsageError  # noqa: E402
from foveate.gaze.target import target as target_on_grid  # noqa: E402
from foveate.train import loss  # noqa: E402
from foveate.train.loss import DIRECTIONS  # noqa: E402

gaze_kl = jaxtyped(loss.gaze_kl, typechecker=beartype)
ALL = torch.ones(1, 1, dtype=torch.bool)


def one_hot(patches: int, at: int = 0) -> Tensor:
    return torch.eye(patches, dtype=torch.float64)[at].reshape(1, 1, patches)


def uniform(patches: int) -> Tensor:
    return torch.full((1, 1, patches), 1 / patches, dtype=torch.float64)


def softmax(*shape: int, seed: int = 0, sharp: float = 1.0) -> Tensor:
    return (sharp * torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)).softmax(dim=-1)


@pytest.mark.parametrize(("smoothing", "nats"), [(0.1, 2.27), (0.01, 4.57), (1e-4, 9.15)])
def test_uniform_attention_against_one_patch_of_256(smoothing, nats) -> None:
    found = float(gaze_kl(uniform(256), one_hot(256), ALL, smoothing=smoothing))
    # 255 patches have 1/256 against eps/256, one has it against 1 - eps + eps/256
    by_hand = 255 / 256 * log(1 / smoothing) - log(256 * (1 - smoothing) + smoothing) / 256
    assert found == pytest.approx(by_hand, rel=1e-12)
    assert found == pytest.approx(nats, abs=0.005)


VALUES = {
    # H' = (.75 + .125, .125) at eps .25 on two patches
    "attention on gaze": ("attention_to_gaze", (1.0, 0.0), (1.0, 0.0), -log(0.875)),
    "attention beside gaze": ("attention_to_gaze", (0.0, 1.0), (1.0, 0.0), -log(0.125)),
    "half of it": ("attention_to_gaze", (0.5, 0.5), (1.0, 0.0), 0.5 * log(0.5 / 0.875) + 0.5 * log(0.5 / 0.125)),
    "reverse, half of it": ("gaze_to_attention", (0.5, 0.5), (1.0, 0.0), 0.875 * log(0.875 / 0.5) + 0.125 * log(0.125 / 0.5)),
    "reverse, equal": ("gaze_to_attention", (0.875, 0.125), (1.0, 0.0), 0.0),
    "square, half of it": ("mse", (0.5, 0.5), (1.0, 0.0), 0.375**2),
    "square, beside gaze": ("mse", (0.0, 1.0), (1.0, 0.0), 0.875**2),
    "square, two gaze points": ("mse", (1.0, 0.0), (0.5, 0.5), 0.5**2),
}


@pytest.mark.parametrize(("direction", "attention", "gaze", "value"), VALUES.values(), ids=VALUES.keys())
def test_values_on_two_patches(direction, attention, gaze, value) -> None:
    pair = (
        torch.tensor(attention, dtype=torch.float64).reshape(1, 1, 2),
        torch.tensor(gaze, dtype=torch.float64).reshape(1, 1, 2),
    )
    assert float(gaze_kl(*pair, ALL, smoothing=0.25, direction=direction)) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_it_is_least_where_attention_is_the_smoothed_gaze(direction) -> None:
    gaze = softmax(1, 1, 9, sharp=3)
    best = 0.99 * gaze + 0.01 / 9
    assert float(gaze_kl(best, gaze, ALL, direction=direction)) == pytest.approx(0, abs=1e-12)
    for seed in range(5):
        near = 0.9 * best + 0.1 * softmax(1, 1, 9, seed=seed)
        assert float(gaze_kl(near, gaze, ALL, direction=direction)) > 1e-5


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_gradients_are_those_of_finite_differences(direction) -> None:
    logits = torch.randn(2, 3, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(1), requires_grad=True)
    gaze = softmax(2, 3, 7, seed=2, sharp=4)
    valid = torch.tensor([[True, False, True], [False, True, True]])
    gaze[~valid] = torch.nan
    assert torch.autograd.gradcheck(lambda x: gaze_kl(x.softmax(dim=-1), gaze, valid, direction=direction), logits)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_frames_without_gaze_carry_no_loss(direction) -> None:
    logits = torch.randn(2, 3, 7, dtype=torch.float64, requires_grad=True)
    gaze = softmax(2, 3, 7, seed=2)
    valid = torch.tensor([[True, False, True], [False, False, False]])
    gaze[~valid] = torch.nan
    found = gaze_kl(logits.softmax(dim=-1), gaze, valid, direction=direction)
    attention = logits.detach().softmax(dim=-1)
    alone = [float(gaze_kl(attention[:1, [at]], gaze[:1, [at]], ALL, direction=direction)) for at in (0, 2)]
    assert found.item() == pytest.approx(np.mean(alone), rel=1e-12)
    found.backward()
    assert torch.isfinite(logits.grad).all()
    assert (logits.grad[~valid] == 0).all()
    assert (logits.grad[valid].abs().amax(dim=-1) > 0).all()


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_no_valid_frame_is_a_loss_of_zero_that_still_goes_backward(direction) -> None:
    logits = torch.randn(2, 3, 7, requires_grad=True)
    attention = logits.softmax(dim=-1)
    found = gaze_kl(attention, torch.full((2, 3, 7), torch.nan), torch.zeros(2, 3, dtype=torch.bool), direction=direction)
    assert found.item() == 0
    found.backward()
    assert (logits.grad == 0).all()


def test_even_attention_of_nan_in_a_frame_without_gaze_is_left_out() -> None:
    attention, gaze = torch.cat([uniform(4), uniform(4)], dim=1), torch.cat([one_hot(4), one_hot(4)], dim=1)
    attention[0, 1] = torch.nan
    attention.requires_grad_()
    found = gaze_kl(attention, gaze, torch.tensor([[True, False]]))
    found.backward()
    assert found.item() == pytest.approx(float(gaze_kl(uniform(4), one_hot(4), ALL)))
    assert (attention.grad[0, 1] == 0).all()


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_padded_frames_equal_the_same_frames_alone(direction) -> None:
    sizes = (5, 9, 2)
    alone = [(softmax(1, 1, size, seed=size), softmax(1, 1, size, seed=10 + size, sharp=4)) for size in sizes]
    padding = torch.nan
    attention, gaze = torch.full((1, 3, 9), padding, dtype=torch.float64), torch.full((1, 3, 9), padding, dtype=torch.float64)
    for frame, (size, (a, h)) in enumerate(zip(sizes, alone, strict=True)):
        attention[0, frame, :size], gaze[0, frame, :size] = a[0, 0], h[0, 0]
    attention.requires_grad_()
    present = torch.arange(9) < torch.tensor(sizes)[None, :, None]
    found = gaze_kl(attention, gaze, torch.ones(1, 3, dtype=torch.bool), direction=direction, present=present)
    wanted = np.mean([float(gaze_kl(a, h, ALL, direction=direction)) for a, h in alone])
    assert found.item() == pytest.approx(wanted, rel=1e-12)
    found.backward()
    assert (attention.grad[~present] == 0).all()
    assert torch.isfinite(attention.grad).all()


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_softmax_that_underflowed_to_zero_leaves_finite_gradients(direction) -> None:
    logits = torch.tensor([[[0.0, -200.0, 1.0]]], requires_grad=True)
    found = gaze_kl(logits.softmax(dim=-1), torch.tensor([[[0.0, 1.0, 0.0]]]), ALL, direction=direction)
    found.backward()
    assert torch.isfinite(found)
    assert torch.isfinite(logits.grad).all()
    assert logits.grad.abs().sum() > 0


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16], ids=str)
def test_it_is_computed_in_float32_inside_autocast(dtype) -> None:
    attention, gaze = softmax(2, 2, 256, sharp=2).to(dtype), softmax(2, 2, 256, seed=1, sharp=4)
    valid = torch.ones(2, 2, dtype=torch.bool)
    with torch.autocast("cpu", torch.bfloat16):
        found = gaze_kl(attention, gaze.float(), valid)
    assert found.dtype == torch.float32
    assert found.item() == pytest.approx(float(gaze_kl(attention.double(), gaze, valid)), rel=1e-5)


def test_descent_on_it_brings_attention_to_gaze() -> None:
    points_px = np.array([[170.0, 60.0]])
    gaze = torch.from_numpy(target_on_grid(points_px, (16, 16), (224, 224))).reshape(1, 1, 256)
    logits = torch.zeros(1, 1, 256, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([logits], lr=0.3)
    for _ in range(60):
        optimizer.zero_grad()
        gaze_kl(logits.softmax(dim=-1), gaze, ALL).backward()
        optimizer.step()
    attention = logits.softmax(dim=-1)
    assert gaze_kl(attention, gaze, ALL).item() < 0.05
    assert int(attention.argmax()) == int(gaze.argmax())


# The released code's mistakes (its KL; the others lie in data and scores)


def test_distributions_are_not_fed_through_a_softmax_again() -> None:
    again = gaze_kl(uniform(256).softmax(dim=-1), one_hot(256).softmax(dim=-1), ALL)
    assert float(again) < 0.01  # what the released code sees of attention that is all wrong
    assert float(gaze_kl(uniform(256), one_hot(256), ALL)) > 4.5


def test_attention_in_another_row_or_another_column_costs_alike() -> None:
    def at(row: int, column: int) -> Tensor:
        return one_hot(256, at=16 * row + column)

    here = float(gaze_kl(at(5, 7), at(5, 7), ALL))
    other_row, other_column = float(gaze_kl(at(9, 7), at(5, 7), ALL)), float(gaze_kl(at(5, 9), at(5, 7), ALL))
    assert other_row == pytest.approx(other_column)
    assert other_row > here + 9  # log(256 / .01) = 10.2 against -log(.99)


@pytest.mark.parametrize("name", ["attention", "target"])
@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda p: 3 * p, r"they sum to 3 "),
        (lambda p: p.log(), r"the least is -"),
        (
            lambda p: torch.cat([p[..., :1] - 0.5, p[..., 1:2] + 0.5, p[..., 2:]], dim=-1),
            r"they sum to 1 and the least is -0\.",
        ),
    ],
    ids=["not normalised", "logarithms", "negative"],
)
def test_what_is_no_distribution_is_refused(name, change, told) -> None:
    given = {"attention": softmax(2, 3, 5), "target": softmax(2, 3, 5, seed=1)}
    given[name][1, 2] = change(given[name][1, 2])
    valid = torch.ones(2, 3, dtype=torch.bool)
    with pytest.raises(UsageError, match=rf"{name} must hold probabilities .* in frame 2 of item 1 .*{told}"):
        gaze_kl(**given, valid=valid)
    valid[1, 2] = False
    assert torch.isfinite(gaze_kl(**given, valid=valid))


def test_a_target_of_nan_behind_valid_is_refused() -> None:
    with pytest.raises(UsageError, match=r"target must hold probabilities .* frame 0 of item 0 they sum to nan"):
        gaze_kl(uniform(4), torch.full((1, 1, 4), torch.nan, dtype=torch.float64), ALL)


def test_attention_of_nan_makes_a_loss_of_nan() -> None:
    assert gaze_kl(torch.full((1, 1, 4), torch.nan, dtype=torch.float64), one_hot(4), ALL).isnan()


REFUSED = {
    "patches": ({"target": torch.ones(1, 1, 5) / 5}, r"attention \(1, 1, 4\), target \(1, 1, 5\), valid \(1, 1\); all must be"),
    "frames": ({"valid": torch.ones(1, 2, dtype=torch.bool)}, r"valid \(1, 2\)"),
    "padding": ({"present": torch.ones(1, 4, dtype=torch.bool)}, r"present \(1, 4\)"),
    "valid as numbers": ({"valid": torch.ones(1, 1)}, r"valid must be boolean, got torch.float32"),
    "typing mistake": ({"direction": "attention_to_gaz"}, r"no direction 'attention_to_gaz'; did you mean 'attention_to_gaze'"),
    "no smoothing": ({"smoothing": 0.0}, r"more than 0 and less than 1 for attention_to_gaze, got 0.0"),
    "all smoothing": ({"smoothing": 1.0, "direction": "mse"}, r"at least 0 and less than 1 for mse, got 1.0"),
    "smoothing of nan": ({"smoothing": float("nan")}, r"got nan"),
}


@pytest.mark.parametrize(("change", "told"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused(change, told) -> None:
    given = {"attention": uniform(4), "target": one_hot(4), "valid": ALL} | change
    with pytest.raises(UsageError, match=told):
        loss.gaze_kl(**given)


def test_without_smoothing_the_reverse_direction_is_a_cross_entropy() -> None:
    attention = softmax(1, 1, 5)
    found = float(gaze_kl(attention, one_hot(5, at=3), ALL, smoothing=0.0, direction="gaze_to_attention"))
    assert found == pytest.approx(-log(float(attention[0, 0, 3])), rel=1e-12)


def test_shapes_are_types() -> None:
    with pytest.raises(TypeCheckError):
        gaze_kl(uniform(4), one_hot(5), ALL)
