"""Heads ranked by how much of their attention lies on gaze."""

import pytest

torch = pytest.importorskip("torch")

import numpy as np  # noqa: E402

from foveate.errors import ModelError  # noqa: E402
from foveate.model.attention import Looked  # noqa: E402
from foveate.model.attention.heads import watch_heads  # noqa: E402
from foveate.train.find_heads import find_heads  # noqa: E402
from foveate.train.metrics import frame_scores  # noqa: E402
from model.answered import made  # noqa: E402

PAIRS = [(0, 0), (0, 1), (1, 0), (1, 1)]


def seen() -> tuple[torch.Tensor, torch.Tensor]:
    family = made("qwen2_5_vl")
    watched = watch_heads(family.model)
    with torch.no_grad():
        family.model(**family.batch)
    watched.detach()
    return watched.each, watched.last.present


def batch_for(pair: tuple[int, int]) -> dict:
    """Gaze where one head looks most, and some around; none in one frame of the three."""
    each, present = seen()
    attention = each[:, PAIRS.index(pair)]
    target = (40 * attention / attention.amax(dim=-1, keepdim=True)).masked_fill(~present, -torch.inf).softmax(dim=-1)
    valid = present.any(dim=-1)
    valid[0, 1] = False
    target[0, 1] = torch.nan
    return {**made("qwen2_5_vl").batch, "gaze_target": target, "gaze_valid": valid, "gaze_present": present, "ids": ["a", "b"]}


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_the_head_that_looks_at_gaze_is_the_first_and_scores_are_those_of_an_evaluation(pair: tuple[int, int]) -> None:
    model, batch = made("qwen2_5_vl").model.train(), batch_for(pair)
    found = find_heads(model, [batch, batch])
    assert model.training
    model.eval()
    assert found[0].pair == pair
    assert sorted(head.pair for head in found) == PAIRS
    each, present = seen()
    for head in found:
        looked = Looked(each[:, PAIRS.index(head.pair)], present)
        rows = frame_scores(looked, batch["gaze_target"], batch["gaze_valid"])
        assert len(rows) == 3
        for name in ("nss", "mass", "chance"):
            values = [row[name].value for row in rows if row[name].value is not None]
            assert len(values) == 2
            assert getattr(head, name).value == pytest.approx(np.mean(values), abs=1e-6)


def test_without_gaze_no_head_is_scored() -> None:
    batch = batch_for((0, 0))
    found = find_heads(made("qwen2_5_vl").model, [{**batch, "gaze_valid": torch.zeros_like(batch["gaze_valid"])}])
    assert [head.pair for head in found] == PAIRS
    assert {head.nss.reason for head in found} == {
        "no frame has valid gaze, or no patch holds more than an even share of the gaze"
    }


def test_a_batch_without_answers_is_refused_and_the_model_left_as_it_was() -> None:
    model = made("qwen2_5_vl").model
    batch = {key: value for key, value in batch_for((0, 0)).items() if key != "labels"}
    with pytest.raises(ModelError, match="had no images to look at"):
        find_heads(model, [batch])
    assert not any(module._forward_pre_hooks for module in model.modules())
