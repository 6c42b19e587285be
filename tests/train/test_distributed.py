"""Two ranks over gloo make the loss and the gradients that one rank makes of their joined batch."""

import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
import torch.distributed as dist  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from torch.multiprocessing import spawn  # noqa: E402

from train import ranks  # noqa: E402

pytestmark = pytest.mark.skipif(
    not (dist.is_available() and dist.is_gloo_available()) or sys.platform == "win32",
    reason="this build of torch has no gloo, over which ranks on a CPU talk",
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All cases in one pair of processes, since starting them takes longer than the cases."""
    folder = tmp_path_factory.mktemp("ranks")
    spawn(ranks.run_rank, (str(folder),), nprocs=ranks.RANKS)
    return folder


@pytest.mark.parametrize("case", ranks.CASES)
def test_loss_and_gradients_are_those_of_one_rank(case: str, found: Path) -> None:
    _, mode, valid = ranks.CASES[case]
    gaze, model, processor = ranks.make(mode)
    batch = ranks.make_batch(processor, ranks.ROWS, ranks.VALID[valid])
    assert int(batch["gaze_valid"].sum()) == sum(ranks.VALID[valid])
    assert int((batch["labels"] != -100).sum()) == sum(ranks.ANSWERED)
    # the joined batch counts its own tokens and frames: no divisor is handed in here
    loss = model(**gaze.inputs(batch)).loss + gaze.loss(batch)
    loss.backward()
    both = load_file(found / f"{case}.safetensors")
    assert both.pop("loss").item() == pytest.approx(loss.item(), rel=1e-5)
    alone = {name: parameter.grad for name, parameter in model.named_parameters() if parameter.grad is not None}
    assert both.keys() == alone.keys()
    scale = max(float(grad.abs().max()) for grad in alone.values())
    for name, grad in alone.items():
        torch.testing.assert_close(
            both[name], grad, rtol=1e-4, atol=1e-7 * scale, msg=lambda text, name=name: f"{name}: {text}"
        )


@pytest.mark.parametrize("mode", ranks.MODES)
def test_the_trainer_on_two_ranks_takes_the_steps_of_one(mode: str, found: Path, tmp_path: Path) -> None:
    alone = ranks.train(mode, str(tmp_path), batch_size=len(ranks.ROWS))
    both = load_file(found / f"trained-{mode}.safetensors")
    _, model, _ = ranks.make(mode)
    before = dict(model.named_parameters())
    assert both.keys() == alone.keys() == before.keys()
    for name, weight in alone.items():
        start = before[name].detach()
        step = weight - start
        tolerance = {"rtol": 1e-4, "atol": 1e-12 + 1e-5 * float(step.abs().max())}
        torch.testing.assert_close(both[name] - start, step, **tolerance, msg=lambda text, name=name: f"{name}: {text}")
    assert any(bool((weight != before[name]).any()) for name, weight in alone.items())


@pytest.mark.parametrize("mode", ranks.MODES)
def test_without_the_steps_count_ranks_with_fewer_frames_weigh_more(mode: str) -> None:
    """Why ``frames`` is there: the mean of two ranks' means is not the mean over all frames."""
    gaze, model, processor = ranks.make(mode)
    valid = ranks.VALID["unequal"]
    parts = [ranks.make_batch(processor, rows, valid) for rows in ((0, 1), (2, 3))]
    losses: dict[int | None, list[float]] = {None: [], sum(valid): []}
    for part in parts:
        model(**gaze.inputs(part))
        for frames, found in losses.items():
            found.append(float(gaze.loss(part, frames=frames).detach()))
    joined = ranks.make_batch(processor, ranks.ROWS, valid)
    model(**gaze.inputs(joined))
    whole = float(gaze.loss(joined).detach())
    assert sum(losses[sum(valid)]) == pytest.approx(whole, rel=1e-5)
    assert abs(sum(losses[None]) / 2 - whole) > 1e-3 * whole
